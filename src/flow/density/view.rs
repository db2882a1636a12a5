//! A density on a grid that stays the same for a whole run, as run files and figures have it.
//!
//! The solver's rows are cells of its own coordinate and grow in number. Here they become rows of equal width in
//! `r`: each takes what the parabolas of the solver's cells have between its faces, so that no mass is lost.

use std::ops::Range;

use rayon::prelude::*;

use crate::flow::Flow;
use crate::math::sum::sum;
use crate::problem::{DensityStart, Regions};

use super::columns::Density;
use super::grid::Grid;
use super::layout::parts;
use super::nodes::{Nodes, at_zero, columns as places};
use super::parabola::{LANES, Lanes, Parabola, faces};
use super::slice::Slice;
use super::start::TAIL;

/// A face this close to one of the solver's, in rows, is that one.
const SAME: f64 = 1e-9;

/// The cells of a run that solves for its density, and the rows that are stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensityGrid {
    /// Cells per turn of the circle, and across the amplitudes of the start.
    pub cells: [usize; 2],
    /// Rows of equal width in `r`, from `-limit` to `limit`: an even number.
    pub rows: usize,
    /// Largest amplitude that is stored.
    pub limit: f64,
    /// Into how many slices a law of `(c, a, b)` is divided; 1 of other laws.
    pub slices: usize,
}

impl DensityGrid {
    /// For this start: rows are as wide as the start's cells would be in `r`, and reach twice as far.
    ///
    /// * `kappa`: factor before the mean over neurons.
    /// * `limit`: instead of twice the start's largest amplitude.
    pub fn of(start: &DensityStart, kappa: f64, limit: Option<f64>) -> DensityGrid {
        let limit = limit.unwrap_or_else(|| 2.0 * start.law.canonical(kappa).amplitude_beyond(TAIL));
        DensityGrid { cells: start.cells, rows: 2 * start.cells[1], limit, slices: start.law.slices() }
    }

    /// The faces of the stored rows, ascending.
    pub fn amplitude_faces(&self) -> Vec<f64> {
        let half = (self.rows / 2) as f64;
        (0..=self.rows).map(|i| self.limit * ((i as f64 - half) / half)).collect()
    }

    /// The faces of the columns (rad), ascending over one turn; no column crosses a boundary.
    pub fn theta_faces(&self, regions: &Regions) -> Vec<f64> {
        Grid::new(regions, self.cells[0]).faces()
    }
}

/// Densities at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Densities {
    /// Per unit `r` and radian, `[row][column]`.
    pub density: Vec<f64>,
    /// What is pinned on each boundary, per unit `r`, `[boundary][row]`.
    pub line_density: Vec<f64>,
    /// What lies dead on the boundaries 0 and `2 s - 1`, per unit `r`, `[edge][row]`.
    pub dead_line_density: Vec<f64>,
    /// What is stuck at `r = 0` off boundaries, per radian, `[column]`.
    pub stuck_density: Vec<f64>,
    /// Mass stuck at `r = 0` on each boundary, that dead on the edges of the dead region included.
    pub stuck_line_mass: Vec<f64>,
    /// Mass with larger amplitudes than are stored.
    pub mass_outside: f64,
}

/// Turns the cells of a state into [`Densities`].
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    flow: Flow,
    grid: Grid,
    amplitude_faces: Vec<f64>,
}

impl View {
    /// Of a run with this grid.
    pub fn new(grid: &DensityGrid, regions: &Regions, flow: Flow) -> View {
        View { flow, grid: Grid::new(regions, grid.cells[0]), amplitude_faces: grid.amplitude_faces() }
    }

    /// The densities of a state of the run.
    pub fn densities(&self, density: &Density) -> Densities {
        let (columns, count) = (self.grid.columns(), self.grid.regions());
        let (all, rows) = (self.grid.all(), self.amplitude_faces.len() - 1);
        let mut masses = vec![vec![0.0; rows]; all];
        let mut outside = vec![0.0; all];
        let slices = parts(&density.layout, &density.cells, self.flow, all);
        for (slice, cells) in &slices {
            let ranges = Ranges::new(slice, &self.amplitude_faces);
            masses.par_iter_mut().zip(&mut outside).enumerate().for_each(|(column, (masses, outside))| {
                ranges.add(&column_of(cells, column, all), masses, outside);
            });
        }
        for [slice, k, q, theta, mass] in density.released() {
            let column = self.grid.column_at(k as usize, theta);
            match self.row_at(slices[slice as usize].0.coordinate.row(q).r) {
                Some(row) => masses[column][row] += mass,
                None => outside[column] += mass,
            }
        }
        let height = self.amplitude_faces[1] - self.amplitude_faces[0];
        let line = |masses: &Vec<f64>| masses.iter().map(move |mass| mass / height).collect::<Vec<_>>();
        let stuck = |column: usize| density.stuck.get(column).copied().unwrap_or(0.0);
        let mut stuck_line_mass: Vec<f64> = (columns..columns + count).map(stuck).collect();
        stuck_line_mass[0] += stuck(columns + count);
        stuck_line_mass[count - 1] += stuck(columns + count + 1);
        let mut stuck_density = vec![0.0; columns];
        for k in 0..count {
            self.grid.of(k).for_each(|column| stuck_density[column] = stuck(column) / self.grid.width(k));
        }
        let mut density = vec![0.0; rows * columns];
        for k in 0..count {
            let area = height * self.grid.width(k);
            for column in self.grid.of(k) {
                for row in 0..rows {
                    density[row * columns + column] = masses[column][row] / area;
                }
            }
        }
        Densities {
            density,
            line_density: masses[columns..columns + count].iter().flat_map(line).collect(),
            dead_line_density: masses[columns + count..].iter().flat_map(line).collect(),
            stuck_density,
            stuck_line_mass,
            mass_outside: sum(outside),
        }
    }

    /// The stored row that holds an amplitude, if there is one.
    fn row_at(&self, r: f64) -> Option<usize> {
        let above = self.amplitude_faces.partition_point(|&face| face <= r);
        above.checked_sub(1).filter(|&row| row + 1 < self.amplitude_faces.len())
    }
}

impl Densities {
    /// As weighted points: the middles of the stored cells, without the mass beyond them.
    pub fn nodes(&self, grid: &DensityGrid, regions: &Regions) -> Nodes {
        let columns = Grid::new(regions, grid.cells[0]);
        let places = places(&columns, regions);
        let r = grid.amplitude_faces();
        let mut nodes = Nodes::default();
        for (row, r) in r.windows(2).enumerate() {
            let (middle, height) = (0.5 * (r[0] + r[1]), r[1] - r[0]);
            for (i, &(theta, place)) in places.iter().enumerate() {
                let per_height = match i.checked_sub(columns.columns()) {
                    None => {
                        let k = place.index();
                        self.density[row * columns.columns() + i] * columns.width(k)
                    }
                    Some(b) if b < columns.regions() => self.line_density[b * grid.rows + row],
                    Some(b) => self.dead_line_density[(b - columns.regions()) * grid.rows + row],
                };
                nodes.push(middle, theta, per_height * height, place);
            }
        }
        for k in 0..columns.regions() {
            for column in columns.of(k) {
                let (theta, place) = places[column];
                nodes.push(0.0, theta, self.stuck_density[column] * columns.width(k), at_zero(place));
            }
        }
        for (mass, &(theta, place)) in self.stuck_line_mass.iter().zip(&places[columns.columns()..]) {
            nodes.push(0.0, theta, *mass, at_zero(place));
        }
        nodes
    }
}

/// The cells of a column, in the order of rows.
fn column_of(cells: &[Lanes], column: usize, all: usize) -> Vec<f64> {
    cells.iter().skip(column).step_by(all).flatten().copied().collect()
}

/// Between which of the solver's rows each stored row lies, as numbers of rows from the lowest face.
struct Ranges {
    rows: usize,
    stored: Vec<Range<f64>>,
    outside: [Range<f64>; 2],
}

impl Ranges {
    fn new(slice: &Slice, amplitude_faces: &[f64]) -> Ranges {
        let rows = slice.blocks * LANES;
        let place = |r: f64| {
            // The other sign of `r` lies below all rows.
            if slice.coordinate.sign().is_some_and(|sign| sign * r <= 0.0) {
                return 0.0;
            }
            let place = slice.coordinate.of_amplitude(r) / slice.width - slice.first as f64;
            let near = place.round();
            (if (place - near).abs() < SAME { near } else { place }).clamp(0.0, rows as f64)
        };
        let places: Vec<f64> = amplitude_faces.iter().map(|&r| place(r)).collect();
        let stored = places.windows(2).map(|pair| pair[0].min(pair[1])..pair[0].max(pair[1])).collect();
        let (first, last) = (places[0], places[places.len() - 1]);
        let outside = match slice.coordinate.has_both_signs() {
            true => [0.0..first, last..rows as f64],
            false => [0.0..0.0, first.max(last)..rows as f64],
        };
        Ranges { rows, stored, outside }
    }

    /// Adds what a column has in each stored row, and beyond all of them.
    fn add(&self, column: &[f64], masses: &mut [f64], outside: &mut f64) {
        if column.iter().all(|mass| *mass == 0.0) {
            return;
        }
        let mut ends = vec![0.0; self.rows + 1];
        faces(column, &mut ends);
        let cell = |i: usize| Parabola::new(column[i], ends[i].max(0.0), ends[i + 1].max(0.0));
        let between = |range: &Range<f64>| {
            let last = self.rows - 1;
            let (from, to) = ((range.start as usize).min(last), (range.end as usize).min(last));
            let (low, high) =
                (cell(from).head(range.start - from as f64), cell(to).head(range.end - to as f64));
            if from == to {
                return (high - low).max(0.0);
            }
            (column[from] - low) + column[from + 1..to].iter().sum::<f64>() + high
        };
        masses.iter_mut().zip(&self.stored).for_each(|(mass, range)| *mass += between(range));
        *outside += self.outside.iter().map(between).sum::<f64>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::density::begin;
    use crate::problem::{DensityLaw, Law, LawKind, Samples};

    fn law() -> Law {
        Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false }
    }

    /// Flow, delta, and the largest error of the density in units of its largest value.
    const FLOWS: [(Flow, Option<f64>, f64); 4] = [
        (Flow::Canonical { tv: 0.0 }, None, 1e-4),
        (Flow::Lifted { kappa: 1.5, decay: 0.0 }, Some(-0.5), 1e-2),
        (Flow::Lifted { kappa: 1.0, decay: 0.0 }, Some(0.0), 1e-2),
        (Flow::Lifted { kappa: 0.7, decay: 0.0 }, Some(0.8), 1e-2),
    ];

    /// At the start `mu = exp(-r^2 / 2) / sqrt(2 pi) / (2 pi) dr dtheta`.
    #[test]
    fn all_mass_is_there_and_the_density_is_that_of_the_law() {
        let samples = Samples::new(&[-1.0, 0.2, 0.3], &[0.5, -1.0, 0.4]).unwrap();
        let regions = Regions::new(&samples);
        for (flow, delta, bound) in FLOWS {
            let start = DensityStart { law: DensityLaw::of(law(), delta), cells: [32, 128] };
            let state = begin(&samples, &regions, &start, flow).unwrap();
            for limit in [None, Some(9.0), Some(1.0)] {
                let grid = DensityGrid::of(&start, flow.kappa(), limit);
                let found = View::new(&grid, &regions, flow).densities(&state);
                let (r, theta) = (grid.amplitude_faces(), grid.theta_faces(&regions));
                let height = r[1] - r[0];
                let columns = theta.len() - 1;
                let mut mass = found.mass_outside;
                for (i, density) in found.density.iter().enumerate() {
                    assert!(*density >= 0.0);
                    mass += density * height * (theta[i % columns + 1] - theta[i % columns]);
                }
                let nodes = found.nodes(&grid, &regions);
                let of_nodes: f64 = nodes.mass.iter().sum();
                assert!((of_nodes + found.mass_outside - 1.0).abs() < 1e-12, "{flow:?}, {limit:?}");
                let lines = found.line_density.iter().chain(&found.dead_line_density);
                mass += lines.map(|line| line * height).sum::<f64>();
                assert!((mass - 1.0).abs() < 1e-13, "{flow:?}, {limit:?}: {mass}");
                let exact = |r: f64| (-0.5 * r * r).exp() / std::f64::consts::TAU.powf(1.5);
                for (i, density) in found.density.iter().enumerate() {
                    let row = i / columns;
                    let middle = 0.5 * (r[row] + r[row + 1]);
                    // Means over rows, to fourth order.
                    let mean = (exact(r[row]) + 4.0 * exact(middle) + exact(r[row + 1])) / 6.0;
                    let error = (density - mean).abs() / exact(0.0);
                    assert!(error < bound, "{flow:?}, {limit:?}, r = {middle}: {error:e}");
                }
            }
        }
    }

    #[test]
    fn masses_by_place_are_those_of_the_cells() {
        let samples = Samples::new(&[-1.0, 0.2, 0.3], &[0.5, -1.0, 0.4]).unwrap();
        let regions = Regions::new(&samples);
        for (flow, delta, _) in FLOWS {
            let start = DensityStart { law: DensityLaw::of(law(), delta), cells: [64, 192] };
            let state = begin(&samples, &regions, &start, flow).unwrap();
            let places = super::super::places::Places::of(&state, &regions, flow);
            let angle = |k: usize| {
                let grid = Grid::new(&regions, 64);
                (grid.high(k) - grid.low(k)) / std::f64::consts::TAU
            };
            for (k, mass) in places.region.iter().enumerate() {
                assert!((mass - angle(k)).abs() < 1e-13, "{flow:?}, {k}");
            }
            assert!(places.pinned.iter().all(|mass| *mass == [0.0; 2]));
            // E |r| = sqrt(2 / pi), to second order in the rows: the kink is between two of them.
            let error = (places.absolute - (2.0 / std::f64::consts::PI).sqrt()).abs();
            assert!(error < 1e-3, "{flow:?}: {error:e}");
        }
    }
}
