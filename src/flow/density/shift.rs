//! The transport in `q`: every column moves as a whole, by a distance of its own.

use crate::math::instructions::vectorized;

use super::parabola::{LANES, Lanes, Parabola, face};

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

/// Blocks that are shifted together: what is known of a face serves both its sides.
pub const TOGETHER: usize = 4;
/// Rows of so many blocks.
const ROWS: usize = TOGETHER * LANES;
/// Cells of a window: those of the blocks, one more below, and two on both sides for the faces.
const WINDOW: usize = ROWS + 5;
/// Blocks that hold a window, wherever it begins.
const SOURCES: usize = TOGETHER + 2;

vectorized! {
    /// Up to [`TOGETHER`] blocks of rows after the shift.
    ///
    /// The mass above the face that moves into a cell leaves the cell below: what one cell loses is, to the last bit,
    /// what the next one gains. Rows outside the blocks are empty; what moves there is lost, and the caller sees to it
    /// that nothing does.
    ///
    /// * `from`: all blocks, `[block][column][row]`.
    /// * `first`: which block is the first of `to`, `[block][column][row]`.
    /// * `moves`: of each column.
    pub fn shift(from: &[Lanes], first: usize, moves: &[Displacement], to: &mut [Lanes]) {
        shift_lanes(from, first, moves, to)
    }
}

#[inline(always)]
fn shift_lanes(from: &[Lanes], first: usize, moves: &[Displacement], to: &mut [Lanes]) {
    let columns = moves.len();
    let (blocks, all) = (to.len() / columns, (from.len() / columns) as isize);
    for (column, moves) in moves.iter().enumerate() {
        if *moves == (Displacement { rows: 0, part: 0.0 }) {
            for block in 0..blocks {
                to[block * columns + column] = from[(first + block) * columns + column];
            }
            continue;
        }
        // Rows `start .. start + WINDOW`; `start + 3` moves to the first row of `to` but for the part.
        let start = (first * LANES) as isize - moves.rows - 3;
        let (source, offset) = (start.div_euclid(LANES as isize), start.rem_euclid(LANES as isize) as usize);
        let mut sources = [[0.0; LANES]; SOURCES];
        for (i, rows) in sources.iter_mut().enumerate() {
            let block = source + i as isize;
            if (0..all).contains(&block) {
                *rows = from[block as usize * columns + column];
            }
        }
        let moved = if sources == [[0.0; LANES]; SOURCES] {
            [[0.0; LANES]; TOGETHER]
        } else {
            let window = &sources.as_flattened()[offset..offset + WINDOW];
            part_of_a_row(window.try_into().expect("a window"), moves.part)
        };
        for block in 0..blocks {
            to[block * columns + column] = moved[block];
        }
    }
}

/// The rows of `to` from a window, moved by a part of a row.
#[inline(always)]
fn part_of_a_row(mass: &[f64; WINDOW], part: f64) -> [Lanes; TOGETHER] {
    // The face at the lower end of cell `i + 2`.
    let mut faces = [0.0; ROWS + 2];
    for i in 0..ROWS + 2 {
        faces[i] = face(mass[i], mass[i + 1], mass[i + 2], mass[i + 3]).max(0.0);
    }
    let cell = |i: usize| Parabola { mass: mass[i + 2], left: faces[i], right: faces[i + 1] };
    // What cell `i + 2` hands on.
    let mut passed = [0.0; ROWS + 1];
    let mut dip = false;
    for i in 0..ROWS + 1 {
        dip |= cell(i).dips();
        passed[i] = mass[i + 2] - cell(i).head(1.0 - part);
    }
    if dip {
        for i in 0..ROWS + 1 {
            let (one, drawn) = (cell(i), cell(i).drawn());
            let dips = one.dips();
            let left = if dips { drawn.left } else { one.left };
            let right = if dips { drawn.right } else { one.right };
            passed[i] = one.mass - Parabola { mass: one.mass, left, right }.head(1.0 - part);
        }
    }
    let mut to = [[0.0; LANES]; TOGETHER];
    for (i, to) in to.as_flattened_mut().iter_mut().enumerate() {
        *to = (mass[i + 3] - passed[i + 1]) + passed[i];
    }
    to
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
            for (chunk, to) in cells.chunks_mut(TOGETHER).enumerate() {
                shift(&from, TOGETHER * chunk, &moves, to);
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
