//! The cells of a density at the start of a run.

use crate::flow::Flow;
use crate::math::sum::sum;
use crate::problem::{DensityLaw, DensityStart, Law};

use super::columns::Density;
use super::coordinate::Coordinate;
use super::grid::Grid;
use super::layout;
use super::neuron_slices;
use super::parabola::LANES;
use super::slice::Slice;

/// Mass beyond the cells of the start, which is put into the outermost.
pub const TAIL: f64 = 1e-11;
/// `exp(2 q)` below this share of the largest amplitude is as good as 0.
const SMALLEST: f64 = 1e-10;
/// Empty blocks on both sides, for mass that moves outward.
pub const MARGIN: usize = 3;

/// Rows of a slice, and which of them are not empty at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// All rows.
    pub slice: Slice,
    /// The first that is not empty.
    pub inner: usize,
    /// The first empty one after them.
    pub outer: usize,
}

impl Rows {
    /// About `count` rows for `q` between two numbers, with empty blocks beyond.
    pub fn new(coordinate: Coordinate, [low, high]: [f64; 2], count: usize) -> Rows {
        let width = (high - low) / count as f64;
        let block = |q: f64| q / (width * LANES as f64);
        // An end on a face is not beyond it by rounding.
        let (from, to) = ((block(low) + 1e-9).floor() as isize, (block(high) - 1e-9).ceil() as isize);
        // There is nothing below the origin.
        let below = if coordinate.has_origin() { 0 } else { MARGIN };
        let first = (from - below as isize) * LANES as isize;
        let inner = (to - from) as usize;
        let slice = Slice::new(coordinate, first, inner + below + MARGIN, width);
        Rows { slice, inner: below * LANES, outer: (below + inner) * LANES }
    }

    /// The faces of the rows that are not empty.
    pub fn faces(&self) -> Vec<f64> {
        self.slice.faces()[self.inner..=self.outer].to_vec()
    }

    /// Empty cells.
    pub fn cells(&self, grid: &Grid) -> Vec<f64> {
        vec![0.0; self.slice.blocks * grid.all() * LANES]
    }

    /// Where the cell of a column in the `i`-th row that is not empty is among the cells of the slice.
    pub fn place(&self, grid: &Grid, column: usize, i: usize) -> usize {
        let row = self.inner + i;
        (row / LANES * grid.all() + column) * LANES + row % LANES
    }
}

/// The cells of a law: as many rows in every slice as were asked for where it lies, and empty ones around them.
pub fn start(grid: &Grid, start: &DensityStart, flow: Flow) -> Density {
    let (slices, mut cells): (Vec<Slice>, Vec<Vec<f64>>) = match &start.law {
        DensityLaw::Canonical(law) => one_invariant(grid, law, None, flow, start.cells[1]),
        DensityLaw::Lift { law, delta } => one_invariant(grid, law, Some(*delta), flow, start.cells[1]),
        DensityLaw::Neurons { law, slices } => neuron_slices::fill(grid, law, *slices, flow, start.cells[1]),
    }
    .into_iter()
    .unzip();
    let total = sum(cells.iter().flatten().copied());
    cells.iter_mut().flatten().for_each(|mass| *mass /= total);
    let stuck = vec![0.0; if flow.tv() > 0.0 { grid.all() } else { 0 }];
    let layout = layout::write(start.cells[0] as f64, &slices);
    Density { layout, cells: cells.concat(), stuck, released: vec![], moments: vec![] }
}

/// The slices of a law of `(r, theta)`, of which all neurons have one invariant if they have any.
fn one_invariant(
    grid: &Grid,
    law: &Law,
    delta: Option<f64>,
    flow: Flow,
    count: usize,
) -> Vec<(Slice, Vec<f64>)> {
    let parameters = match delta {
        Some(delta) if delta >= 0.0 => vec![delta; 2],
        delta => vec![delta.unwrap_or(0.0)],
    };
    let coordinates = layout::coordinates(flow, &parameters).unwrap_or_default();
    let largest = law.amplitude_beyond(TAIL);
    coordinates
        .iter()
        .map(|&coordinate| {
            let high = coordinate.of_amplitude(largest);
            let low = match coordinate {
                Coordinate::Zero { .. } => coordinate.of_amplitude(SMALLEST * largest),
                _ if coordinate.has_origin() => 0.0,
                _ => -high,
            };
            let rows = Rows::new(coordinate, [low, high], count / coordinates.len());
            let mut amplitudes: Vec<f64> = rows.faces().iter().map(|&q| coordinate.row(q).r).collect();
            // Laws are symmetric: slices of either sign have the masses of `|r|`. What lies beyond goes into the
            // outermost rows.
            if !coordinate.has_both_signs() {
                amplitudes.iter_mut().for_each(|r| *r = r.abs());
            }
            amplitudes[0] = if coordinate.has_both_signs() { f64::NEG_INFINITY } else { 0.0 };
            *amplitudes.last_mut().expect("rows have faces") = f64::INFINITY;
            let mut cells = rows.cells(grid);
            for (column, pair) in grid.faces().windows(2).enumerate() {
                let masses = law.masses([pair[0], pair[1]], &amplitudes);
                masses
                    .into_iter()
                    .enumerate()
                    .for_each(|(i, mass)| cells[rows.place(grid, column, i)] = mass);
            }
            (rows.slice, cells)
        })
        .collect()
}
