//! A density in the places of particles: the plane and the cylinder, by the sign of `r`.

use crate::flow::{Densities, DensityGrid};

use super::super::color::{NEGATIVE, POSITIVE};
use super::super::error::PlotError;
use super::super::layer::Layer;
use super::super::raster::{Coloring, Map, Raster};
use super::super::source::RunSource;
use super::scatter::{self, Place};

/// The faintest colour is at this share of the strongest.
const FAINTEST: f64 = 1e-4;
/// Share of a line that its bar covers.
const COVERED: f64 = 0.9;

/// The densities of a moment, as a map needs them.
pub(super) struct SignMap<'a> {
    run: &'a RunSource,
    grid: DensityGrid,
    densities: Densities,
    theta: Vec<f64>,
    rows: Vec<f64>,
}

impl<'a> SignMap<'a> {
    /// Of a snapshot; `None` if the run has particles.
    pub fn of(run: &'a RunSource, index: usize) -> Result<Option<SignMap<'a>>, PlotError> {
        let Some((grid, densities)) = run.description.density.zip(run.file().densities(index)?) else {
            return Ok(None);
        };
        let (theta, rows) = (grid.theta_faces(&run.regions), grid.amplitude_faces());
        Ok(Some(SignMap { run, grid, densities, theta, rows }))
    }

    /// The amplitude beyond which there is nothing to see.
    pub fn limit(&self) -> f64 {
        let (count, columns) = (self.grid.rows, self.theta.len() - 1);
        let most = self.densities.density.iter().copied().fold(0.0, f64::max);
        let seen = |row: usize| {
            let cells = &self.densities.density[row * columns..(row + 1) * columns];
            cells.iter().any(|value| *value > FAINTEST.sqrt() * most)
        };
        let lines = self.lines().into_iter().flat_map(|(_, ends)| ends.map(f64::abs));
        let far =
            (0..count).filter(|&row| seen(row)).map(|row| self.rows[row].abs().max(self.rows[row + 1].abs()));
        far.chain(lines).fold(self.rows[count] / count as f64, f64::max)
    }

    /// The density at a point, per unit `r` and radian.
    fn at(&self, r: f64, theta: f64) -> f64 {
        let columns = self.theta.len() - 1;
        let theta = self.run.regions.unwrapped(theta);
        let cell = |faces: &[f64], value: f64| faces.partition_point(|face| *face <= value).checked_sub(1);
        match (cell(&self.rows, r), cell(&self.theta, theta)) {
            (Some(row), Some(column)) if row < self.grid.rows && column < columns => {
                self.densities.density[row * columns + column]
            }
            _ => 0.0,
        }
    }

    /// Layers of a map in a window.
    ///
    /// * `label`: what the colours say, with its unit.
    /// * `back`: from a point of the window to `[r, theta, weight]` of the positive amplitude there, and of the negative one.
    pub fn layers(
        &self,
        window: [[f64; 2]; 2],
        [columns, rows]: [usize; 2],
        back: impl Fn(f64, f64) -> [[f64; 3]; 2],
        place: Place,
        label: &str,
    ) -> Vec<Layer> {
        let edges = |[low, high]: [f64; 2], count: usize| -> Vec<f64> {
            (0..=count).map(|i| low + (high - low) * i as f64 / count as f64).collect()
        };
        let (x, y) = (edges(window[0], columns), edges(window[1], rows));
        let (mut values, mut negative) = (vec![], vec![]);
        for row in 0..rows {
            for column in 0..columns {
                let middle = |edges: &[f64], i: usize| 0.5 * (edges[i] + edges[i + 1]);
                let [up, down] = back(middle(&x, column), middle(&y, row));
                values.push(self.at(up[0], up[1]) * up[2]);
                negative.push(self.at(down[0], down[1]) * down[2]);
            }
        }
        let most = values.iter().zip(&negative).map(|(a, b)| a + b).fold(0.0, f64::max);
        let least = FAINTEST * most;
        for (value, negative) in values.iter_mut().zip(&mut negative) {
            if *value + *negative < least {
                (*value, *negative) = (0.0, 0.0);
            }
        }
        let coloring =
            Coloring { map: Map::Signs, range: [least, most], log: true, label: label.to_string() };
        let mut layers = vec![Layer::raster("density", Raster { x, y, values, negative, coloring })];
        layers.extend(scatter::sign_entries());
        let mut bars = [[vec![], vec![]], [vec![], vec![]]];
        for (b, ends) in self.lines() {
            let bar = &mut bars[usize::from(ends[1] < 0.0 || ends[0] < 0.0)];
            for r in ends {
                let [x, y] = place(r, self.run.regions.angle(b));
                bar[0].push(x);
                bar[1].push(y);
            }
            bar.iter_mut().for_each(|column| column.push(f64::NAN));
        }
        for ([x, y], (sign, color)) in bars.into_iter().zip([("r >= 0", POSITIVE), ("r < 0", NEGATIVE)]) {
            if !x.is_empty() {
                layers.push(Layer::line(format!("rim of lines, {sign}"), x.clone(), y.clone()).width(3.2));
                layers.push(Layer::line(format!("lines, {sign}"), x, y).color(color).width(2.0));
            }
        }
        if let Some(first) = layers.iter_mut().find(|layer| layer.name.starts_with("rim")) {
            first.label = "pinned, 90 % of each line".to_string();
        }
        layers
    }

    /// Boundaries that hold mass of one sign, with the amplitudes between which most of it is.
    fn lines(&self) -> Vec<(usize, [f64; 2])> {
        let (count, zero) = (self.grid.rows, self.grid.rows / 2);
        let total: f64 = self.densities.line_density.iter().sum();
        let mut lines = vec![];
        for b in 0..self.run.regions.boundaries() {
            let line = &self.densities.line_density[b * count..(b + 1) * count];
            for range in [0..zero, zero..count] {
                let mass: f64 = line[range.clone()].iter().sum();
                // Less than a billionth of all mass is rounding.
                if mass <= (1e-3 * total).max(1e-9 / (self.rows[1] - self.rows[0])) {
                    continue;
                }
                let quantile = |share: f64| {
                    let mut sum = 0.0;
                    let row = range.clone().find(|&row| {
                        sum += line[row];
                        sum >= share * mass
                    });
                    let row = row.unwrap_or(range.end - 1);
                    0.5 * (self.rows[row] + self.rows[row + 1])
                };
                lines.push((b, [quantile(0.5 - 0.5 * COVERED), quantile(0.5 + 0.5 * COVERED)]));
            }
        }
        lines
    }
}
