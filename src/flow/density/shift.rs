//! The transport in `q`: every column moves as a whole, by a distance of its own.

use multiversion::multiversion;

use super::parabola::{LANES, Lanes, Parabola, face, lanes};

/// How far a column moves, in rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Displacement {
    /// Whole rows.
    rows: isize,
    /// What is left, in `[0, 1)`.
    part: f64,
}

impl Displacement {
    /// By `distance` rows, which is finite.
    pub fn new(distance: f64) -> Displacement {
        let rows = distance.floor();
        Displacement { rows: rows as isize, part: distance - rows }
    }
}

/// Cells of a window: those of a block, one more below, and two on both sides for the faces.
const WINDOW: usize = LANES + 5;

/// One block of rows after the shift.
///
/// The mass above the face that moves into a cell leaves the cell below: what one cell loses is, to the last bit,
/// what the next one gains. Rows outside the blocks are empty; what moves there is lost, and the caller sees to it
/// that nothing does.
///
/// * `from`: all blocks, `[block][column][row]`.
/// * `block`: which one `to`, `[column][row]`, is.
/// * `moves`: of each column.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn shift(from: &[Lanes], block: usize, moves: &[Displacement], to: &mut [Lanes]) {
    let columns = moves.len();
    let rows = (from.len() / columns * LANES) as isize;
    for (column, (moves, to)) in moves.iter().zip(to).enumerate() {
        if *moves == (Displacement { rows: 0, part: 0.0 }) {
            *to = from[block * columns + column];
            continue;
        }
        // Rows `start .. start + WINDOW`; `start + 3` moves to row 0 of the block but for the part.
        let start = (block * LANES) as isize - moves.rows - 3;
        let mut mass = [0.0; WINDOW];
        for (i, mass) in mass.iter_mut().enumerate() {
            let row = start + i as isize;
            if (0..rows).contains(&row) {
                let row = row as usize;
                *mass = from[row / LANES * columns + column][row % LANES];
            }
        }
        if mass == [0.0; WINDOW] {
            *to = [0.0; LANES];
            continue;
        }
        // The face at the lower end of cell `i + 2`.
        let mut faces = [0.0; LANES + 2];
        for i in 0..LANES + 2 {
            faces[i] = face(mass[i], mass[i + 1], mass[i + 2], mass[i + 3]).max(0.0);
        }
        // What cell `i + 2` hands on.
        let mut passed = [0.0; LANES + 1];
        for i in 0..LANES + 1 {
            let cell = Parabola::new(mass[i + 2], faces[i], faces[i + 1]);
            passed[i] = cell.mass - cell.head(1.0 - moves.part);
        }
        *to = lanes(|i| (mass[i + 3] - passed[i + 1]) + passed[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One column of a Gaussian, moved by this many rows of a width such that its deviation is `deviation` rows.
    fn moved(deviation: f64, distance: f64, times: usize) -> (Vec<f64>, Vec<f64>) {
        let rows = 48 * LANES;
        let middle = 0.5 * rows as f64;
        let at = |row: usize, shift: f64| {
            let z = (row as f64 + 0.5 - middle - shift) / deviation;
            (-0.5 * z * z).exp() / deviation
        };
        let mut cells: Vec<Lanes> =
            (0..48).map(|block| std::array::from_fn(|i| at(block * LANES + i, 0.0))).collect();
        let moves = [Displacement::new(distance)];
        for _ in 0..times {
            let from = cells.clone();
            for (block, to) in cells.chunks_mut(1).enumerate() {
                shift(&from, block, &moves, to);
            }
        }
        let exact = (0..rows).map(|row| at(row, distance * times as f64)).collect();
        (cells.as_flattened().to_vec(), exact)
    }

    #[test]
    fn mass_and_two_moments_are_kept_and_shapes_are_of_third_order() {
        let mut errors = vec![];
        for deviation in [4.0, 8.0, 16.0] {
            let (found, exact) = moved(deviation, 0.3 * deviation / 4.0, 20);
            let moment = |cells: &[f64], p: i32| -> f64 {
                cells.iter().enumerate().map(|(i, m)| m * ((i as f64 - 192.0) / deviation).powi(p)).sum()
            };
            for p in 0..3 {
                assert!((moment(&found, p) - moment(&exact, p)).abs() < 1e-9, "{deviation}, {p}");
            }
            assert!(found.iter().all(|mass| *mass >= 0.0));
            errors.push(found.iter().zip(&exact).map(|(a, b)| (a - b).abs()).sum::<f64>());
        }
        assert!(errors[1] < errors[0] / 7.0 && errors[2] < errors[1] / 7.0, "{errors:?}");
    }

    #[test]
    fn whole_rows_are_exact_and_both_ways_are_mirror_images() {
        let (found, exact) = moved(3.0, -5.0, 3);
        assert!(found.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 1e-17 + 1e-12 * b));
        let (up, _) = moved(3.0, 0.37, 7);
        let (down, _) = moved(3.0, -0.37, 7);
        assert!(up.iter().zip(down.iter().rev()).all(|(a, b)| (a - b).abs() < 1e-15));
    }
}
