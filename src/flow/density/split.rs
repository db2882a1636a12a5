//! The transport in `q` where its speed jumps at `q = 0`: the total-variation term pushes both signs of `r` towards 0,
//! and a neuron that passes through `w = 0` goes on in the opposite direction, in another region.

use std::ops::Range;

use super::parabola::{LANES, Parabola, faces};
use super::slice::Slice;

/// A column that is cut at `q = 0`, and how far both parts move, in rows (upward is positive).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    /// Of the part below 0.
    pub below: f64,
    /// Of the part above.
    pub above: f64,
}

/// Scratch of one column.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    faces: Vec<f64>,
    cells: Vec<Parabola>,
}

/// A place within the column: rows from its lower end, and the mass of that row below it.
#[derive(Debug, Clone, Copy)]
struct Foot {
    row: usize,
    head: f64,
}

/// The column after the transport, and what was caught at 0 from below and from above: all that arrives there where
/// the other part does not lead on.
///
/// * `mass`: of the rows, ascending; at least three on each side.
/// * `zero`: how many of them are below 0.
pub fn transport(mass: &[f64], zero: usize, split: Split, scratch: &mut Scratch, to: &mut [f64]) -> [f64; 2] {
    let rows = mass.len();
    if mass.iter().all(|mass| *mass == 0.0) {
        to.fill(0.0);
        return [0.0; 2];
    }
    let Scratch { faces: ends, cells } = scratch;
    cells.clear();
    for part in [&mass[..zero], &mass[zero..]] {
        ends.clear();
        ends.resize(part.len() + 1, 0.0);
        faces(part, ends);
        let pairs = part.iter().zip(ends.windows(2));
        cells.extend(pairs.map(|(mass, ends)| Parabola::new(*mass, ends[0].max(0.0), ends[1].max(0.0))));
    }
    let foot = |at: f64| -> Foot {
        let at = at.clamp(0.0, rows as f64);
        let row = (at as usize).min(rows - 1);
        Foot { row, head: cells[row].head(at - row as f64) }
    };
    let (middle, Split { below, above }) = (zero as f64, split);
    // Where what is at `face` comes from; at 0 itself, what comes to its upper or its lower side.
    let source = |face: usize, upper: bool| -> f64 {
        let at = face as f64 - middle;
        let from = if upper {
            let from = at - above;
            // From the other side: slower or faster there.
            if from >= 0.0 {
                from
            } else if below > 0.0 {
                from * below / above
            } else {
                0.0
            }
        } else {
            let from = at - below;
            if from <= 0.0 {
                from
            } else if above < 0.0 {
                from * above / below
            } else {
                0.0
            }
        };
        middle + from
    };
    let origin = Foot { row: zero, head: 0.0 };
    let mut low = foot(source(0, zero == 0));
    let mut caught = [0.0; 2];
    for row in 0..rows {
        if row == zero {
            // What both sides of 0 see come through is not caught: their feet are one.
            let [lower, upper] = [source(zero, false), source(zero, true)];
            let next = foot(upper);
            if lower < middle {
                caught[0] = between(cells, low, if upper < middle { next } else { origin });
            }
            if upper > middle {
                caught[1] = between(cells, if lower > middle { low } else { origin }, next);
            }
            low = next;
        }
        let high = foot(source(row + 1, row + 1 > zero));
        to[row] = between(cells, low, high);
        low = high;
    }
    caught
}

fn between(cells: &[Parabola], low: Foot, high: Foot) -> f64 {
    if low.row == high.row {
        return (high.head - low.head).max(0.0);
    }
    if low.row > high.row {
        return 0.0;
    }
    let inner: f64 = cells[low.row + 1..high.row].iter().map(|cell| cell.mass).sum();
    (cells[low.row].mass - low.head) + inner + high.head
}

/// Puts a mass at `at` rows from the lower end into the two nearest rows of `range`, so that its mean is there.
pub fn place(to: &mut [f64], at: f64, mass: f64, range: Range<usize>) {
    for (row, share) in nearest(at, range) {
        to[row] += mass * share;
    }
}

/// The two rows on one side of `q = 0` between which a place is, with shares that have their mean there.
///
/// * `at`: rows from the lower end.
pub fn rows_at(at: f64, slice: &Slice) -> [(usize, f64); 2] {
    let (zero, rows) = (slice.zero(), slice.blocks * LANES);
    let below = slice.coordinate.has_both_signs() && at < zero as f64;
    nearest(
        at,
        if below {
            0..zero
        } else if slice.coordinate.has_both_signs() {
            zero..rows
        } else {
            0..rows
        },
    )
}

fn nearest(at: f64, range: Range<usize>) -> [(usize, f64); 2] {
    let (first, last) = (range.start, range.end - 1);
    let lower = ((at - 0.5).floor().max(0.0) as usize).clamp(first, last);
    let share = (at - 0.5 - lower as f64).clamp(0.0, 1.0);
    [(lower, 1.0 - share), ((lower + 1).min(last), share)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Density 1 per row below 0, 2 above, on `[-8, 8]`.
    fn step(below: f64, above: f64) -> (Vec<f64>, [f64; 2]) {
        let mut mass = vec![0.0; 32];
        mass[8..16].fill(1.0);
        mass[16..24].fill(2.0);
        let mut to = vec![0.0; 32];
        let caught = transport(&mass, 16, Split { below, above }, &mut Scratch::default(), &mut to);
        (to, caught)
    }

    #[test]
    fn what_moves_to_0_from_both_sides_is_caught() {
        let (to, caught) = step(1.5, -2.5);
        assert!((caught[0] - 1.5).abs() < 1e-14 && (caught[1] - 5.0).abs() < 1e-14, "{caught:?}");
        assert!((to[15] - 1.0).abs() < 1e-14 && (to[16] - 2.0).abs() < 1e-14);
    }

    #[test]
    fn what_passes_0_is_stretched() {
        // Four rows of density 1 pass and become two of density 2.
        let (to, caught) = step(4.0, 2.0);
        assert_eq!(caught, [0.0; 2]);
        assert!((to[16] - 2.0).abs() < 1e-14 && (to[17] - 2.0).abs() < 1e-14 && (to[18] - 2.0).abs() < 1e-13);
        assert!((to.iter().sum::<f64>() - 24.0).abs() < 1e-13);
        // And the mirror image.
        let (to, caught) = step(-2.0, -4.0);
        assert_eq!(caught, [0.0; 2]);
        assert!((to[15] - 4.0).abs() < 1e-13 && (to[14] - 4.0).abs() < 1e-13 && (to[13] - 1.0).abs() < 1e-13);
    }

    #[test]
    fn what_leaves_0_on_both_sides_leaves_it_empty() {
        let (to, caught) = step(-2.0, 3.0);
        assert_eq!(caught, [0.0; 2]);
        assert_eq!([to[14], to[15], to[16], to[17], to[18]], [0.0; 5]);
        assert!((to.iter().sum::<f64>() - 24.0).abs() < 1e-13);
    }

    #[test]
    fn a_placed_mass_has_its_mean() {
        let mut to = vec![0.0; 8];
        place(&mut to, 5.25, 2.0, 4..8);
        let mean: f64 = to.iter().enumerate().map(|(i, mass)| mass * (i as f64 + 0.5)).sum::<f64>() / 2.0;
        assert!((mean - 5.25).abs() < 1e-14);
    }

    proptest! {
        #[test]
        fn mass_is_kept(below in -5.0..5.0, above in -5.0..5.0, seed in 0u64..1000) {
            let mut mass = vec![0.0; 32];
            for (i, mass) in mass[8..24].iter_mut().enumerate() {
                *mass = ((seed as f64 + 1.0) * (i as f64 + 0.3)).sin().powi(2);
            }
            let mut to = vec![0.0; 32];
            let caught = transport(&mass, 16, Split { below, above }, &mut Scratch::default(), &mut to);
            let (before, after) = (mass.iter().sum::<f64>(), to.iter().chain(&caught).sum::<f64>());
            prop_assert!((before - after).abs() < 1e-13 && to.iter().all(|mass| *mass >= 0.0));
        }
    }
}
