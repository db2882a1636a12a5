//! The transport in `q` of a whole slice.

use std::ops::Range;

use rayon::prelude::*;

use crate::flow::interface::leaves_zero;

use super::grid::Grid;
use super::parabola::{LANES, Lanes};
use super::shift::{Displacement, TOGETHER, shift};
use super::slice::Slice;
use super::split::{Scratch, Split, place, transport};

/// Rows on either side of a face that its parabola is made of, and one for the part of a row.
const STENCIL: usize = 4;

/// What moves the columns of a slice along `q`.
#[derive(Debug, Clone, Copy)]
pub struct Motion<'a> {
    /// How far each column moves, in rows: those of the grid, then lines.
    pub rows: &'a [f64],
    /// How far the total-variation term pushes towards `r = 0`, in rows; 0 where there is none.
    pub towards_zero: f64,
    /// How far what is stuck at `r = 0` would have to move to be free of it beyond doubt, in rows.
    pub margin: f64,
}

/// Moves all columns; what is caught at `r = 0` is added to `stuck`, what is set free there taken from it.
///
/// Where the speed or the density jumps at `q = 0`, both parts of a column still move as wholes but for some rows next to 0:
/// these are moved column by column. The density of lines jumps there: what a boundary attracts with one sign of `r` it
/// repels with the other.
///
/// * `columns`: scratch.
pub fn move_all(
    grid: &Grid,
    (slice, from): (&Slice, &[Lanes]),
    motion: Motion<'_>,
    stuck: &mut [f64],
    columns: &mut Vec<f64>,
    to: &mut [Lanes],
) {
    let (all, tv) = (grid.all(), motion.towards_zero);
    let moves = |push: f64| -> Vec<Displacement> {
        motion.rows.iter().map(|rows| Displacement::new(rows + push)).collect()
    };
    if tv == 0.0 {
        shift_all(from, 0, &moves(0.0), to);
    } else {
        let below = slice.zero() / LANES;
        let (low, high) = to.split_at_mut(below * all);
        shift_all(from, 0, &moves(tv), low);
        shift_all(from, below, &moves(-tv), high);
    }
    let near = Near::new(slice, motion);
    if slice.coordinate.has_origin() {
        near.through_origin(grid, from, motion, columns, to);
    } else if tv > 0.0 {
        near.of_columns(0..all, (grid, from), motion, stuck, columns, to);
    } else if slice.coordinate.has_both_signs() && slice.coordinate.turns() {
        let lines = grid.columns()..grid.columns() + grid.regions();
        near.of_columns(lines, (grid, from), motion, &mut vec![0.0; grid.regions()], columns, to);
    }
}

/// Shifts whole columns.
///
/// * `first`: which block is the first of `to`.
fn shift_all(from: &[Lanes], first: usize, moves: &[Displacement], to: &mut [Lanes]) {
    to.par_chunks_mut(TOGETHER * moves.len())
        .enumerate()
        .for_each(|(chunk, to)| shift(from, first + TOGETHER * chunk, moves, to));
}

/// The rows next to `q = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Near {
    /// The first block above 0.
    zero: usize,
    /// Blocks on either side that something may reach from across 0, or whose parabolas would be drawn across it.
    reached: usize,
    /// Blocks below and above 0 from which what reaches these may come.
    sources: [usize; 2],
}

impl Near {
    fn new(slice: &Slice, motion: Motion<'_>) -> Near {
        let farthest =
            motion.rows.iter().fold(0.0f64, |most, rows| most.max(rows.abs())) + motion.towards_zero;
        let blocks = (farthest.ceil() as usize + STENCIL).div_ceil(LANES);
        let zero = slice.zero() / LANES;
        // All of a short column.
        let sides =
            if slice.coordinate.has_origin() { [slice.blocks; 2] } else { [zero, slice.blocks - zero] };
        Near {
            zero,
            reached: blocks.min(sides[0]).min(sides[1]),
            sources: sides.map(|side| side.min(2 * blocks)),
        }
    }

    /// Rows that are looked at, those of them that are below 0, and which are kept.
    fn rows(self) -> (usize, usize, Range<usize>) {
        let ([below, above], reached) = (self.sources.map(|blocks| blocks * LANES), self.reached * LANES);
        (below + above, below, below - reached..below + reached)
    }

    /// Copies the rows of one column in some blocks.
    fn read(from: &[Lanes], all: usize, column: usize, first: usize, into: &mut [f64]) {
        for (block, into) in into.chunks_mut(LANES).enumerate() {
            into.copy_from_slice(&from[(first + block) * all + column]);
        }
    }

    /// Columns in which both signs of `r` meet.
    ///
    /// * `stuck`: of these columns.
    fn of_columns(
        self,
        range: Range<usize>,
        (grid, from): (&Grid, &[Lanes]),
        motion: Motion<'_>,
        stuck: &mut [f64],
        columns: &mut Vec<f64>,
        to: &mut [Lanes],
    ) {
        let (all, tv) = (grid.all(), motion.towards_zero);
        let (seen, zero, kept) = self.rows();
        let rows = kept.len();
        columns.resize(range.len() * rows, 0.0);
        columns.par_chunks_mut(rows).zip(range.clone()).zip(stuck).for_each_init(
            || (vec![0.0; seen], vec![0.0; seen], Scratch::default()),
            |(mass, moved, scratch), ((to, column), stuck)| {
                Near::read(from, all, column, self.zero - self.sources[0], mass);
                let split = Split { below: motion.rows[column] + tv, above: motion.rows[column] - tv };
                let caught = transport(mass, zero, split, scratch, moved);
                if tv > 0.0 {
                    let free = std::mem::take(stuck);
                    match leaves_zero(split.below, split.above, motion.margin) {
                        0.0 => *stuck = free,
                        side if side > 0.0 => place(moved, zero as f64 + split.above, free, zero..seen),
                        _ => place(moved, zero as f64 + split.below, free, 0..zero),
                    }
                    *stuck += caught[0] + caught[1];
                } else {
                    // Nothing is caught but by rounding.
                    moved[zero] += caught[0] + caught[1];
                }
                to.copy_from_slice(&moved[kept.clone()]);
            },
        );
        let first = self.zero - self.reached;
        let blocks = &mut to[first * all..(self.zero + self.reached) * all];
        blocks.par_chunks_mut(all).enumerate().for_each(|(block, to)| {
            for (i, to) in to[range.clone()].iter_mut().enumerate() {
                to.copy_from_slice(&columns[i * rows + block * LANES..][..LANES]);
            }
        });
    }

    /// Directions in pairs: what passes `w = 0` goes on in the opposite one.
    fn through_origin(
        self,
        grid: &Grid,
        from: &[Lanes],
        motion: Motion<'_>,
        columns: &mut Vec<f64>,
        to: &mut [Lanes],
    ) {
        let (count, all) = (grid.regions(), grid.all());
        let (seen, zero, kept) = self.rows();
        let rows = kept.len();
        let half = count / 2;
        let pairs: Vec<[usize; 2]> = (1..=half)
            .flat_map(|k| grid.of(k).zip(grid.of((k + half) % count)))
            .map(|(here, there)| [here, there])
            .chain((0..half).map(|b| [grid.columns() + b, grid.columns() + b + half]))
            .collect();
        columns.resize(pairs.len() * rows, 0.0);
        columns.par_chunks_mut(rows).zip(&pairs).for_each_init(
            || (vec![0.0; seen], vec![0.0; seen], Scratch::default()),
            |(mass, moved, scratch), (to, &[here, there])| {
                Near::read(from, all, there, 0, &mut mass[..zero]);
                mass[..zero].reverse();
                Near::read(from, all, here, 0, &mut mass[zero..]);
                let split = Split { below: -motion.rows[there], above: motion.rows[here] };
                let caught = transport(mass, zero, split, scratch, moved);
                moved[zero - 1] += caught[0];
                // Beyond is nothing that moves: there it rests.
                moved[if grid.is_dead(there) { zero - 1 } else { zero }] += caught[1];
                to.copy_from_slice(&moved[kept.clone()]);
                to[..rows / 2].reverse();
            },
        );
        for (moved, [here, there]) in columns.chunks(rows).zip(pairs) {
            for (column, moved) in [(there, &moved[..rows / 2]), (here, &moved[rows / 2..])] {
                for (block, moved) in moved.chunks(LANES).enumerate() {
                    to[block * all + column].copy_from_slice(moved);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::density::coordinate::Coordinate;
    use crate::problem::{Regions, Samples};

    /// Numbers that are as good as random.
    fn noise(i: usize) -> f64 {
        (1.0 + i as f64 * 0.618).sin().powi(2) + 0.1 * (i as f64 * 12.9898).sin().powi(2)
    }

    fn grid() -> Grid {
        let samples = Samples::new(&[-1.0, 0.2, 0.3], &[0.0; 3]).unwrap();
        Grid::new(&Regions::new(&samples), 16)
    }

    fn column(cells: &[Lanes], all: usize, column: usize) -> Vec<f64> {
        cells.iter().skip(column).step_by(all).flatten().copied().collect()
    }

    fn apart(a: &[f64], b: &[f64]) -> f64 {
        a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
    }

    /// Cells that are empty in three blocks at the ends `low` (if there are any) and `high`.
    fn cells(blocks: usize, all: usize, low: bool) -> Vec<Lanes> {
        let full = |block: usize| (!low || block >= 3) && block < blocks - 3;
        let rows =
            |i: usize| std::array::from_fn(|lane| if full(i / all) { noise(8 * i + lane) } else { 0.0 });
        (0..blocks * all).map(rows).collect()
    }

    /// The whole column, moved by itself, is the same.
    #[test]
    fn parts_that_move_as_wholes_are_those_of_the_whole_column() {
        let (grid, blocks) = (grid(), 18);
        let all = grid.all();
        let slice = Slice::new(Coordinate::Canonical, -72, blocks, 0.1);
        let from = cells(blocks, all, true);
        for tv in [0.3, 1.7, 6.0] {
            let rows: Vec<f64> = (0..all).map(|i| 5.0 * (noise(3 * i) - 0.5)).collect();
            let motion = Motion { rows: &rows, towards_zero: tv, margin: 0.0 };
            let before: Vec<f64> = (0..all).map(noise).collect();
            let (mut stuck, mut to) = (before.clone(), vec![[0.0; LANES]; from.len()]);
            move_all(&grid, (&slice, &from), motion, &mut stuck, &mut vec![], &mut to);
            for i in 0..all {
                let mut expected = vec![0.0; blocks * LANES];
                let split = Split { below: rows[i] + tv, above: rows[i] - tv };
                let mass = column(&from, all, i);
                let caught = transport(&mass, 72, split, &mut Scratch::default(), &mut expected);
                let held = match leaves_zero(split.below, split.above, 0.0) {
                    0.0 => before[i],
                    side => {
                        let (at, range) =
                            if side > 0.0 { (split.above, 72..144) } else { (split.below, 0..72) };
                        place(&mut expected, 72.0 + at, before[i], range);
                        0.0
                    }
                };
                assert!((stuck[i] - held - caught[0] - caught[1]).abs() < 1e-13);
                assert!(apart(&column(&to, all, i), &expected) < 1e-13, "tv {tv}, column {i}");
            }
        }
    }

    #[test]
    fn through_the_origin_as_well() {
        let (grid, blocks) = (grid(), 9);
        let all = grid.all();
        let slice = Slice::new(Coordinate::Positive { delta: 0.5, sign: 1.0, kappa: 1.0 }, 0, blocks, 0.1);
        let from = cells(blocks, all, false);
        // Nothing moves in the dead region, nor on its edges.
        let still = |i: usize| grid.is_dead(i);
        let rows: Vec<f64> =
            (0..all).map(|i| if still(i) { 0.0 } else { 9.0 * (noise(3 * i) - 0.5) }).collect();
        let motion = Motion { rows: &rows, towards_zero: 0.0, margin: 0.0 };
        let mut to = vec![[0.0; LANES]; from.len()];
        move_all(&grid, (&slice, &from), motion, &mut [], &mut vec![], &mut to);
        let total = |cells: &[Lanes]| cells.iter().flatten().sum::<f64>();
        assert!((total(&to) / total(&from) - 1.0).abs() < 1e-13);
        // Region 1 is opposite to region 4, region 3 to the dead one.
        for (k, beyond) in [(1, 4), (3, 0)] {
            for (here, there) in grid.of(k).zip(grid.of(beyond)) {
                let mut mass = column(&from, all, there);
                mass.reverse();
                mass.extend(column(&from, all, here));
                let (zero, mut expected) = (mass.len() / 2, vec![0.0; mass.len()]);
                let split = Split { below: -rows[there], above: rows[here] };
                let caught = transport(&mass, zero, split, &mut Scratch::default(), &mut expected);
                expected[zero - 1] += caught[0];
                expected[if beyond == 0 { zero - 1 } else { zero }] += caught[1];
                assert!(apart(&column(&to, all, here), &expected[zero..]) < 1e-13, "{k}");
                expected[..zero].reverse();
                assert!(apart(&column(&to, all, there), &expected[..zero]) < 1e-13, "{k}");
            }
        }
    }
}
