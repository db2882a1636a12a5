//! What is done with a density after a step: lines that are no longer held, and room for what moves outward.

use std::ops::AddAssign;

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, Margins};
use crate::problem::Regions;

use super::grid::Grid;
use super::parabola::{LANES, Lanes};
use super::released::Released;
use super::rows::MARGIN;
use super::slice::Slice;

/// Rows at the ends with less mass than this are emptied into the next.
const NEGLIGIBLE: f64 = 1e-19;

/// A line with less mass than this is a matter of rounding: nothing is carried or counted.
pub const LEAST: f64 = 1e-13;
/// Most parts of released lines that are carried; lines beyond go into cells.
pub const MOST: usize = 1 << 16;

/// What was released after a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Releases {
    /// Lines: what one boundary holds of one sign.
    pub lines: u64,
    /// Of these, those that could have left to the other side as well.
    pub ambiguous_lines: u64,
    /// Their mass.
    pub ambiguous_mass: f64,
    /// Whether any mass moved.
    pub any: bool,
}

impl AddAssign for Releases {
    fn add_assign(&mut self, other: Releases) {
        self.lines += other.lines;
        self.ambiguous_lines += other.ambiguous_lines;
        self.ambiguous_mass += other.ambiguous_mass;
        self.any |= other.any;
    }
}

/// How far from `q = 0` the mass of a line may be at the end of a step, of `r > 0` and of `r < 0`.
pub type Reach = [f64; 2];

/// Of every boundary: how far lines have come from `q = 0` that held nothing at the start of the step. What a boundary
/// attracts with one sign of `r` it repels with the other, so that what passes `r = 0` is released at once; without a
/// bound it would be put in the middle of a row in which it has just begun to arrive, an error of first order.
///
/// * `before`: cells at the start of the step.
/// * `moved`: how far each line has moved in the step on its side of 0, in `q`.
pub fn reaches(
    grid: &Grid,
    slice: &Slice,
    before: &[Lanes],
    moved: impl Fn(usize, f64) -> f64,
) -> Vec<Reach> {
    let all = grid.all();
    let one = |b: usize, sign: f64| {
        let of = (0..slice.blocks).filter(|&block| slice.sign(block) == sign);
        let crossable = slice.coordinate.has_both_signs() || slice.coordinate.has_origin();
        let empty = of.clone().all(|block| before[block * all + grid.columns() + b] == [0.0; LANES]);
        let outward = if slice.coordinate.has_origin() { 1.0 } else { sign };
        if crossable && empty { (outward * moved(b, outward)).max(0.0) } else { f64::INFINITY }
    };
    (0..grid.regions()).map(|b| [one(b, 1.0), one(b, -1.0)]).collect()
}

/// The middle of the part of a row that is not farther from 0 than this.
fn within(slice: &Slice, row: usize, reach: f64) -> f64 {
    let middle = slice.middle(row);
    let inner = middle.abs() - 0.5 * slice.width;
    let outer = (inner + slice.width).min(reach);
    if outer > inner { (0.5 * (inner + outer)).copysign(middle) } else { middle }
}

/// Sets lines free that their boundary does not hold (section 6): each row is carried on as a particle. Rows with next
/// to no mass go to the column on the side to which they leave.
///
/// * `index`: of the slice.
/// * `reach`: of every boundary.
pub fn release(
    grid: &Grid,
    regions: &Regions,
    (index, slice, reach): (usize, &Slice, &[Reach]),
    cells: &mut [Lanes],
    (g, margins): (&[Vec2], &Margins),
    parts: &mut Vec<Released>,
) -> Releases {
    let all = grid.all();
    let mut releases = Releases::default();
    for b in 0..grid.regions() {
        for sign in [1.0, -1.0] {
            let line = grid.columns() + b;
            let of = (0..slice.blocks).filter(|&block| slice.sign(block) == sign);
            let mass: f64 = of.clone().map(|block| cells[block * all + line].iter().sum::<f64>()).sum();
            if mass == 0.0 {
                continue;
            }
            let boundary = Interface::new(regions, b, sign, |k| g[k], |k| margins.of(k));
            let (region, beside, ambiguous) = match boundary.on_line() {
                Fate::Pinned => continue,
                Fate::Dies => (0, all - if b == 0 { 2 } else { 1 }, false),
                Fate::Enters { upward: true, ambiguous } => {
                    (regions.above(b), grid.of(regions.above(b)).start, ambiguous)
                }
                Fate::Enters { upward: false, ambiguous } => (b, grid.of(b).end - 1, ambiguous),
            };
            let carried = region != 0 && mass > LEAST && parts.len() + slice.blocks * LANES <= MOST;
            for block in of {
                let leaving = std::mem::take(&mut cells[block * all + line]);
                for (i, mass) in leaving.into_iter().enumerate() {
                    if carried && mass > LEAST / (slice.blocks * LANES) as f64 {
                        let q = within(slice, block * LANES + i, reach[b][usize::from(sign < 0.0)]);
                        parts.push(Released { slice: index, region, q, theta: regions.angle(b), mass });
                    } else {
                        cells[block * all + beside][i] += mass;
                    }
                }
            }
            let counted = mass > LEAST && region != 0;
            releases += Releases {
                lines: u64::from(counted),
                ambiguous_lines: u64::from(counted && ambiguous),
                ambiguous_mass: if counted && ambiguous { mass } else { 0.0 },
                any: true,
            };
        }
    }
    releases
}

/// Sees to it that the outermost blocks are empty: empties rows of next to no mass into the next, and adds blocks.
/// Whether anything changed.
///
/// * `reach`: least and largest `q` of what boundaries have released.
pub fn extend_rows(slice: &mut Slice, cells: &mut Vec<Lanes>, all: usize, reach: [f64; 2]) -> bool {
    let occupied = |cells: &[Lanes], block: usize| {
        cells[block * all..(block + 1) * all].iter().any(|mass| *mass != [0.0; LANES])
    };
    let origin = slice.coordinate.has_origin();
    let row = |q: f64| q / slice.width - slice.first as f64;
    let ends = [LANES as f64, ((slice.blocks - 1) * LANES) as f64];
    let beyond = [!slice.coordinate.has_origin() && row(reach[0]) < ends[0], row(reach[1]) > ends[1]];
    let crowded = |cells: &[Lanes], blocks: usize| {
        let low = beyond[0] || !origin && (0..MARGIN - 1).any(|block| occupied(cells, block));
        let high = beyond[1] || (blocks + 1 - MARGIN..blocks).any(|block| occupied(cells, block));
        [low, high]
    };
    if crowded(cells, slice.blocks) == [false; 2] {
        return false;
    }
    fold(cells, slice, all);
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
fn fold(cells: &mut [Lanes], slice: &Slice, all: usize) {
    let rows = slice.blocks * LANES;
    let ends: &[bool] = if slice.coordinate.has_origin() { &[false] } else { &[true, false] };
    for &upward in ends {
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
