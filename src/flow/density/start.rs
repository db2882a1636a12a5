//! The cells of a density at the start of a run.

use crate::flow::Flow;
use crate::math::sum::sum;
use crate::problem::DensityStart;

use super::columns::Density;
use super::coordinate::Coordinate;
use super::grid::Grid;
use super::parabola::LANES;
use super::slice::Slice;

/// Mass beyond the cells of the start, which is put into the outermost.
pub const TAIL: f64 = 1e-11;
/// `exp(2 q)` below this share of the largest amplitude is as good as 0.
const SMALLEST: f64 = 1e-10;
/// Empty blocks on both sides, for mass that moves outward.
pub const MARGIN: usize = 3;

/// The coordinates of the slices of a flow; `None` for flows that have none yet.
pub fn coordinates(flow: Flow, delta: Option<f64>) -> Option<Vec<Coordinate>> {
    match (flow, delta) {
        (Flow::Canonical { .. }, _) => Some(vec![Coordinate::Canonical]),
        (Flow::Lifted { kappa }, Some(delta)) if delta < 0.0 => {
            Some(vec![Coordinate::Negative { delta, kappa }])
        }
        (Flow::Lifted { kappa }, Some(delta)) if delta > 0.0 => {
            Some([1.0, -1.0].map(|sign| Coordinate::Positive { delta, sign, kappa }).to_vec())
        }
        (Flow::Lifted { kappa }, Some(0.0)) => {
            Some([1.0, -1.0].map(|sign| Coordinate::Zero { sign, kappa }).to_vec())
        }
        _ => None,
    }
}

/// The cells of a law: as many rows as were asked for where it lies, and empty ones around them.
///
/// * `tv`: whether there is a total-variation term.
pub fn start(grid: &Grid, start: &DensityStart, coordinates: &[Coordinate], tv: bool) -> Density {
    let all = grid.all();
    let faces = grid.faces();
    let largest = start.law.amplitude_beyond(TAIL);
    let mut layout = vec![start.cells[0] as f64];
    let mut cells = vec![];
    for &coordinate in coordinates {
        let (slice, inner) = rows(coordinate, largest, start.cells[1] / coordinates.len());
        let outer = slice.blocks * LANES - MARGIN * LANES;
        let mut amplitudes: Vec<f64> =
            slice.faces()[inner..=outer].iter().map(|&q| coordinate.row(q).r).collect();
        // Laws are symmetric: slices of either sign have the masses of `|r|`. What lies beyond goes into the outermost
        // rows.
        if !coordinate.has_both_signs() {
            amplitudes.iter_mut().for_each(|r| *r = r.abs());
        }
        amplitudes[0] = if coordinate.has_both_signs() { f64::NEG_INFINITY } else { 0.0 };
        *amplitudes.last_mut().expect("rows have faces") = f64::INFINITY;
        let first = cells.len();
        cells.resize(first + slice.blocks * all * LANES, 0.0);
        for (column, pair) in faces.windows(2).enumerate() {
            for (i, mass) in start.law.masses([pair[0], pair[1]], &amplitudes).into_iter().enumerate() {
                let row = inner + i;
                cells[first + ((row / LANES) * all + column) * LANES + row % LANES] = mass;
            }
        }
        layout.extend([start.delta.unwrap_or(0.0), slice.first as f64, slice.blocks as f64, slice.width]);
    }
    let total = sum(cells.iter().copied());
    cells.iter_mut().for_each(|mass| *mass /= total);
    Density { layout, cells, stuck: vec![0.0; if tv { all } else { 0 }], released: vec![], moments: vec![] }
}

/// About `count` rows up to the largest amplitude, with empty blocks beyond; also the first that is not empty.
fn rows(coordinate: Coordinate, largest: f64, count: usize) -> (Slice, usize) {
    let high = coordinate.of_amplitude(largest);
    let low = match coordinate {
        Coordinate::Positive { .. } => 0.0,
        Coordinate::Zero { .. } => coordinate.of_amplitude(SMALLEST * largest),
        Coordinate::Canonical | Coordinate::Negative { .. } => -high,
    };
    let width = (high - low) / count as f64;
    let block = |q: f64| q / (width * LANES as f64);
    let (from, to) = (block(low).floor() as isize, block(high).ceil() as isize);
    // There is nothing below the origin.
    let below = if coordinate.has_origin() { 0 } else { MARGIN };
    let first = (from - below as isize) * LANES as isize;
    let blocks = (to - from) as usize + below + MARGIN;
    (Slice::new(coordinate, first, blocks, width), below * LANES)
}
