//! The cells of a density at the start of a run.

use crate::flow::Flow;
use crate::math::sum::sum;
use crate::problem::{DensityLaw, DensityStart, Law};

use super::columns::Density;
use super::coordinate::Coordinate;
use super::grid::Grid;
use super::layout;
use super::neuron_slices;
use super::rows::Rows;
use super::slice::Slice;

/// Mass beyond the cells of the start, which is put into the outermost.
pub const TAIL: f64 = 1e-11;
/// `exp(2 q)` below this share of the largest amplitude is as good as 0.
const SMALLEST: f64 = 1e-10;
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
