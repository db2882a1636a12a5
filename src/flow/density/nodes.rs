//! A density as weighted points, for what is computed of particles.

use crate::flow::Flow;
use crate::problem::{Place, PlaceKind, Regions};

use super::columns::Density;
use super::grid::Grid;
use super::layout::parts;
use super::slice::weight;

/// The middles of cells with their masses, and of pinned and dead lines. Cells without mass are left out.
///
/// Sums over them err by the second order of the width of columns, and by the fourth of that of rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nodes {
    /// Amplitudes.
    pub r: Vec<f64>,
    /// Directions (rad), unwrapped as in [`Regions`].
    pub theta: Vec<f64>,
    /// Masses.
    pub mass: Vec<f64>,
    /// Free in a region, pinned on a boundary, or dead.
    pub place: Vec<Place>,
}

impl Nodes {
    /// Of the cells of a state.
    pub fn of(density: &Density, regions: &Regions, flow: Flow) -> Nodes {
        let grid = Grid::new(regions, density.layout[0] as usize);
        let columns = columns(&grid, regions);
        let mut nodes = Nodes::default();
        let slices = parts(&density.layout, &density.cells, flow, columns.len());
        for (slice, cells) in &slices {
            for (block, cells) in cells.chunks(columns.len()).enumerate() {
                for (cell, &(theta, place)) in cells.iter().zip(&columns) {
                    for (mass, r) in cell.iter().zip(&slice.weights[block][weight::R]) {
                        nodes.push(*r, theta, *mass, place);
                    }
                }
            }
        }
        for [slice, k, q, theta, mass] in density.released() {
            let r = slices[slice as usize].0.coordinate.row(q).r;
            nodes.push(r, theta, mass, Place::new(PlaceKind::Free, k as usize));
        }
        for (mass, &(theta, place)) in density.stuck.iter().zip(&columns) {
            nodes.push(0.0, theta, *mass, at_zero(place));
        }
        nodes
    }

    /// Adds one that has mass.
    pub(super) fn push(&mut self, r: f64, theta: f64, mass: f64, place: Place) {
        if mass > 0.0 {
            self.r.push(r);
            self.theta.push(theta);
            self.mass.push(mass);
            self.place.push(place);
        }
    }
}

/// A neuron that stands for a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuronNode {
    /// `c`.
    pub c: f64,
    /// `w = (a, -b)`.
    pub w: [f64; 2],
    /// Its mass.
    pub mass: f64,
    /// Free in a region, pinned on a boundary, or dead.
    pub place: Place,
}

/// The cells of a state of neurons as neurons at their middles: unlike [`Nodes`], and unlike what snapshots store, with `c` and
/// `w` apart, whatever `delta` their slices have.
pub fn neuron_nodes(density: &Density, regions: &Regions, flow: Flow) -> Vec<NeuronNode> {
    let grid = Grid::new(regions, density.layout[0] as usize);
    let columns = columns(&grid, regions);
    let mut nodes = vec![];
    let mut push = |[c, norm]: [f64; 2], theta: f64, mass: f64, place: Place| {
        if mass > 0.0 {
            let (sin, cos) = libm::sincos(theta);
            nodes.push(NeuronNode { c, w: [norm * cos, norm * sin], mass, place });
        }
    };
    let slices = parts(&density.layout, &density.cells, flow, columns.len());
    for (slice, cells) in &slices {
        for (block, cells) in cells.chunks(columns.len()).enumerate() {
            for (cell, &(theta, place)) in cells.iter().zip(&columns) {
                for (i, mass) in cell.iter().enumerate() {
                    let q = slice.middle(block * cell.len() + i);
                    push(slice.coordinate.weights(q), theta, *mass, place);
                }
            }
        }
    }
    for [slice, k, q, theta, mass] in density.released() {
        let weights = slices[slice as usize].0.coordinate.weights(q);
        push(weights, theta, mass, Place::new(PlaceKind::Free, k as usize));
    }
    nodes
}

/// Where mass of this place is that is stuck at `r = 0`.
pub(super) fn at_zero(place: Place) -> Place {
    match place.kind() {
        PlaceKind::Pinned => Place::new(PlaceKind::StuckPinned, place.index()),
        PlaceKind::Free => Place::new(PlaceKind::Stuck, place.index()),
        _ => place,
    }
}

/// Direction and place of every column, of every boundary, and of both edges of the dead region.
pub(super) fn columns(grid: &Grid, regions: &Regions) -> Vec<(f64, Place)> {
    let count = grid.regions();
    let kind = |k: usize| if k == 0 { PlaceKind::Dead } else { PlaceKind::Free };
    let mut columns = vec![];
    for k in (1..count).chain([0]) {
        columns.extend((0..grid.of(k).len()).map(|i| (grid.middle(k, i), Place::new(kind(k), k))));
    }
    columns.extend((0..count).map(|b| (regions.angle(b), Place::new(PlaceKind::Pinned, b))));
    columns.extend([0, count - 1].map(|b| (regions.angle(b), Place::new(PlaceKind::Dead, 0))));
    columns
}
