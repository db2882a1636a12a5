//! What is done with a density after a step: lines that are no longer held, and room for what moves outward.

use std::ops::AddAssign;

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, Margins};
use crate::problem::Regions;

use super::grid::Grid;
use super::parabola::{LANES, Lanes};
use super::slice::Slice;
use super::start::MARGIN;

/// Rows at the ends with less mass than this are emptied into the next.
const NEGLIGIBLE: f64 = 1e-19;

/// What was released after a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Released {
    /// Lines: what one boundary holds of one sign.
    pub lines: u64,
    /// Of these, those that could have left to the other side as well.
    pub ambiguous_lines: u64,
    /// Their mass.
    pub ambiguous_mass: f64,
}

impl AddAssign for Released {
    fn add_assign(&mut self, other: Released) {
        self.lines += other.lines;
        self.ambiguous_lines += other.ambiguous_lines;
        self.ambiguous_mass += other.ambiguous_mass;
    }
}

/// Gives lines that their boundary does not hold to the column on the side to which they leave (section 6).
pub fn release(
    grid: &Grid,
    regions: &Regions,
    slice: &Slice,
    cells: &mut [Lanes],
    (g, margins): (&[Vec2], &Margins),
) -> Released {
    let all = grid.columns() + grid.regions() + 2;
    let mut released = Released::default();
    for b in 0..grid.regions() {
        for sign in [1.0, -1.0] {
            let line = grid.columns() + b;
            let of = (0..slice.blocks).filter(|&block| slice.sign(block) == sign);
            let mass: f64 = of.clone().map(|block| cells[block * all + line].iter().sum::<f64>()).sum();
            if mass == 0.0 {
                continue;
            }
            let boundary = Interface::new(regions, b, sign, |k| g[k], |k| margins.of(k));
            let Fate::Enters { upward, ambiguous } = boundary.on_line() else { continue };
            let beside = if upward { grid.of(regions.above(b)).start } else { grid.of(b).end - 1 };
            for block in of {
                let leaving = std::mem::take(&mut cells[block * all + line]);
                cells[block * all + beside].iter_mut().zip(leaving).for_each(|(to, mass)| *to += mass);
            }
            released += Released {
                lines: 1,
                ambiguous_lines: u64::from(ambiguous),
                ambiguous_mass: if ambiguous { mass } else { 0.0 },
            };
        }
    }
    released
}

/// Sees to it that the outermost blocks are empty: empties rows of next to no mass into the next, and adds blocks.
/// Whether anything changed.
pub fn make_room(slice: &mut Slice, cells: &mut Vec<Lanes>, all: usize) -> bool {
    let occupied = |cells: &[Lanes], block: usize| {
        cells[block * all..(block + 1) * all].iter().any(|mass| *mass != [0.0; LANES])
    };
    let crowded = |cells: &[Lanes], blocks: usize| {
        let low = (0..MARGIN - 1).any(|block| occupied(cells, block));
        let high = (blocks + 1 - MARGIN..blocks).any(|block| occupied(cells, block));
        [low, high]
    };
    if crowded(cells, slice.blocks) == [false; 2] {
        return false;
    }
    fold(cells, slice.blocks, all);
    let [low, high] = crowded(cells, slice.blocks);
    let more = (slice.blocks / 8).max(MARGIN);
    let (below, above) = (if low { more } else { 0 }, if high { more } else { 0 });
    if below + above > 0 {
        let mut larger = vec![[0.0; LANES]; (slice.blocks + below + above) * all];
        larger[below * all..(below + slice.blocks) * all].copy_from_slice(cells);
        *cells = larger;
        let first = slice.first - (below * LANES) as isize;
        *slice = Slice::new(slice.coordinate, first, slice.blocks + below + above, slice.width);
    }
    true
}

/// Empties the rows at both ends, as long as they have next to no mass, into the next.
fn fold(cells: &mut [Lanes], blocks: usize, all: usize) {
    let rows = blocks * LANES;
    for upward in [true, false] {
        let at = |i: usize| if upward { i } else { rows - 1 - i };
        for i in 0..rows - 1 {
            let (row, next) = (at(i), at(i + 1));
            let cell = |row: usize, column: usize| (row / LANES * all + column, row % LANES);
            let mass: f64 = (0..all)
                .map(|column| {
                    let (block, lane) = cell(row, column);
                    cells[block][lane]
                })
                .sum();
            if mass > NEGLIGIBLE {
                break;
            }
            if mass == 0.0 {
                continue;
            }
            for column in 0..all {
                let ((block, lane), (to, onto)) = (cell(row, column), cell(next, column));
                let mass = std::mem::take(&mut cells[block][lane]);
                cells[to][onto] += mass;
            }
        }
    }
}
