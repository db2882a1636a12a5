//! The cells of a density at the start of a run.

use crate::flow::Flow;
use crate::problem::{DensityStart, Regions};

use super::columns::Density;
use super::coordinate::Coordinate;
use super::grid::Grid;
use super::parabola::LANES;
use super::slice::Slice;

/// Mass beyond the cells of the start, which is put into the outermost.
const TAIL: f64 = 1e-11;
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
        (Flow::Lifted { kappa }, Some(0.0)) => {
            Some([1.0, -1.0].map(|sign| Coordinate::Zero { sign, kappa }).to_vec())
        }
        _ => None,
    }
}

/// The cells of a law: empty where its mass ends, and as many rows as were asked for where it lies.
pub fn start(grid: &Grid, regions: &Regions, start: &DensityStart, coordinates: &[Coordinate]) -> Density {
    let all = grid.columns() + regions.boundaries() + 2;
    let faces = grid.faces();
    let largest = start.law.amplitude_beyond(TAIL);
    let mut layout = vec![start.cells[0] as f64];
    let mut cells = vec![];
    for &coordinate in coordinates {
        let high = coordinate.of_amplitude(largest);
        let low =
            if coordinate.has_both_signs() { -high } else { coordinate.of_amplitude(SMALLEST * largest) };
        let rows = start.cells[1] / coordinates.len();
        let width = (high - low) / rows as f64;
        let block = |q: f64| q / (width * LANES as f64);
        let (from, to) = (block(low).floor() as isize, block(high).ceil() as isize);
        let margin = MARGIN as isize;
        let slice = Slice::new(
            coordinate,
            (from - margin) * LANES as isize,
            (to - from + 2 * margin) as usize,
            width,
        );
        let mut amplitudes: Vec<f64> = slice.faces().iter().map(|&q| coordinate.row(q).r).collect();
        let (inner, outer) = (MARGIN * LANES, amplitudes.len() - 1 - MARGIN * LANES);
        // What lies beyond goes into the outermost rows that are not margin.
        if coordinate.has_both_signs() {
            (amplitudes[inner], amplitudes[outer]) = (f64::NEG_INFINITY, f64::INFINITY);
        } else if amplitudes[outer] > 0.0 {
            (amplitudes[inner], amplitudes[outer]) = (0.0, f64::INFINITY);
        } else {
            (amplitudes[inner], amplitudes[outer]) = (0.0, f64::NEG_INFINITY);
        }
        let amplitudes = &amplitudes[inner..=outer];
        let first = cells.len();
        cells.resize(first + slice.blocks * all * LANES, 0.0);
        for (column, pair) in faces.windows(2).enumerate() {
            let masses = if amplitudes[1] < amplitudes[0] || amplitudes[0] > amplitudes[amplitudes.len() - 1]
            {
                let mirrored: Vec<f64> = amplitudes.iter().map(|r| -r).collect();
                start.law.masses([pair[0], pair[1]], &mirrored)
            } else {
                start.law.masses([pair[0], pair[1]], amplitudes)
            };
            for (i, mass) in masses.into_iter().enumerate() {
                let row = inner + i;
                cells[first + ((row / LANES) * all + column) * LANES + row % LANES] = mass;
            }
        }
        let parameter = start.delta.unwrap_or(0.0);
        layout.extend([parameter, slice.first as f64, slice.blocks as f64, width]);
    }
    let total = crate::math::sum::sum(cells.iter().copied());
    cells.iter_mut().for_each(|mass| *mass /= total);
    Density { layout, cells, moments: vec![] }
}
