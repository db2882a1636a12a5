//! The marginals of the measure: where knots are along `x`, and how large amplitudes are.

use std::f64::consts::PI;

use crate::flow::{Densities, DensityGrid};
use crate::math::even;
use crate::problem::{PlaceKind, Regions, knot_of};

use super::super::axis::Axis;
use super::super::color::{BLACK, Color, GREEN, GREY, NEGATIVE, ORANGE, POSITIVE, PURPLE};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::Layer;
use super::super::source::{RunSource, Scatter};
use super::super::ticks::number;
use super::function::{labels, window};
use super::time::moment;
use super::{density, scatter};

/// Bins of particles, in either marginal.
const BINS: usize = 96;
/// Largest amplitudes that may lie outside where some are very far out.
const OUTSIDE: f64 = 2e-3;

/// Kinds of mass that have a density along `x`, in the order of their columns.
const ALONG_X: [(&str, &str, Color); 4] = [
    ("free, r >= 0", "free, r ≥ 0", POSITIVE),
    ("free, r < 0", "free, r < 0", NEGATIVE),
    ("stuck", "stuck at r = 0", ORANGE),
    ("dead", "dead", GREY),
];
/// And along `r`, in colours that are not those of signs.
const ALONG_R: [(&str, &str, Color); 3] =
    [("free", "free", GREEN), ("pinned", "pinned", PURPLE), ("dead", "dead", GREY)];

/// Means over intervals of densities, column by column.
struct Marginal<const N: usize> {
    /// Ends of the intervals, ascending.
    edges: Vec<f64>,
    /// Densities of each kind on each interval.
    density: [Vec<f64>; N],
}

/// Both marginals of a moment.
struct Marginals {
    knots: Marginal<4>,
    amplitudes: Marginal<3>,
    /// Mass stuck at `r = 0`.
    stuck: f64,
    /// By boundary: what is both stuck and pinned, and what has come to lie dead there.
    held: Vec<[f64; 2]>,
    /// Mass with knots, and with amplitudes, beyond the picture.
    beyond: [f64; 2],
    /// How many of all particles were counted.
    share: String,
}

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    let (window, limit) = (window(&run.description.samples), limit(run, index)?);
    let now = Marginals::of(run, index, window, limit)?;
    let start = if index > 0 { Some(Marginals::of(run, 0, window, limit)?) } else { None };
    let time = run.snapshots[index].time;
    let mut figure = Figure::new("marginals")
        .with(now.knots_panel(run, window, start.as_ref()).title(moment(time)))
        .with(pinned_panel(run, index, window, &now.held))
        .with(now.amplitudes_panel(limit, start.as_ref()));
    for (beyond, what) in now.beyond.into_iter().zip(["has its knot", "has an amplitude"]) {
        if beyond > 5e-4 {
            figure =
                figure.note(format!("{} of the mass {what} beyond the picture.", density::share(beyond)));
        }
    }
    if !now.share.is_empty() {
        figure = figure.note(format!("Of {}.", now.share));
    }
    Ok(figure)
}

/// The amplitude beyond which there is nothing to see.
fn limit(run: &RunSource, index: usize) -> Result<f64, PlotError> {
    if let Some((grid, densities)) = stored(run, index)? {
        let most = densities.density.iter().copied().fold(0.0, f64::max);
        return Ok(density::limit(&densities, &grid.amplitude_faces(), most));
    }
    let scatter = run.scatter(index, "marginals")?;
    Ok(1.04 * scatter::reach(scatter.particles.r.iter().copied(), OUTSIDE))
}

fn stored(run: &RunSource, index: usize) -> Result<Option<(DensityGrid, Densities)>, PlotError> {
    Ok(run.description.density.zip(run.file().densities(index)?))
}

impl Marginals {
    fn of(run: &RunSource, index: usize, window: [f64; 2], limit: f64) -> Result<Marginals, PlotError> {
        match stored(run, index)? {
            Some((grid, densities)) => Ok(of_density(&grid, &densities, &run.regions, window, limit)),
            None => {
                let scatter = run.scatter(index, "marginals")?;
                Ok(of_particles(&scatter, &run.regions, window, limit))
            }
        }
    }

    fn knots_panel(&self, run: &RunSource, window: [f64; 2], start: Option<&Marginals>) -> Panel {
        let axis = Axis::new("").range(window[0], window[1]);
        let panel = Panel::new("knots", axis, Axis::new("knots per unit x")).height(1.5);
        let x = run.description.samples.x().to_vec();
        let opacity = if x.len() > 30 { 0.35 } else { 1.0 };
        let samples = Layer::vertical("samples", x).color(GREY).width(0.3).opacity(opacity);
        panel
            .with(samples)
            .with_all(self.knots.layers(&ALONG_X))
            .with_all(start.map(|start| start.knots.sum("start")))
    }

    fn amplitudes_panel(&self, limit: f64, start: Option<&Marginals>) -> Panel {
        let panel =
            Panel::new("amplitudes", Axis::new("r").range(-limit, limit), Axis::new("mass per unit r"))
                .height(1.5)
                .with(Layer::vertical("r = 0", vec![0.0]).color(GREY))
                .with_all(self.amplitudes.layers(&ALONG_R));
        let panel = panel.with_all(start.map(|start| start.amplitudes.sum("start")));
        if self.stuck == 0.0 {
            return panel;
        }
        let label = format!("stuck at r = 0: {}", density::share(self.stuck));
        panel.with(Layer::vertical("stuck", vec![0.0]).color(ORANGE).width(1.6).label(label))
    }
}

/// What the lines of samples hold, as stems: pinned of both signs of `r`, stuck at `r = 0`, and dead, upon each other.
fn pinned_panel(run: &RunSource, index: usize, window: [f64; 2], held: &[[f64; 2]]) -> Panel {
    let samples = run.description.samples.x();
    let mut parts = vec![[0.0; 4]; samples.len()];
    for ((b, side), mass) in run.snapshots[index].pinned_mass.indexed_iter() {
        parts[run.regions.sample(b)][side] += mass;
    }
    for (b, masses) in held.iter().enumerate() {
        (0..2).for_each(|k| parts[run.regions.sample(b)][2 + k] += masses[k]);
    }
    let most = parts.iter().map(|parts| parts.iter().sum::<f64>()).fold(0.0, f64::max);
    let high = if most > 0.0 { 1.08 * most } else { 1.0 };
    let x = Axis::new(labels(&run.description).0).range(window[0], window[1]);
    let mut panel = Panel::new("pinned", x, Axis::new("on lines").range(0.0, high)).height(0.7);
    let width = if samples.len() > 40 { 1.0 } else { 2.4 };
    for (k, (name, _, color)) in ALONG_X.into_iter().enumerate() {
        let (mut x, mut y) = (vec![], vec![]);
        for (at, parts) in samples.iter().zip(&parts).filter(|(_, parts)| parts[k] > 0.0) {
            let below: f64 = parts[..k].iter().sum();
            x.extend([*at, *at, f64::NAN]);
            y.extend([below, below + parts[k], f64::NAN]);
        }
        panel = panel.with(Layer::line(name.replace("free", "pinned"), x, y).color(color).width(width));
    }
    panel
}

impl<const N: usize> Marginal<N> {
    /// All mass between the outermost edges.
    fn mass(&self) -> f64 {
        let width = |i: usize| self.edges[i + 1] - self.edges[i];
        self.density.iter().flat_map(|column| column.iter().enumerate().map(|(i, d)| d * width(i))).sum()
    }

    /// A line of steps for each kind that has mass.
    fn layers(&self, kinds: &[(&str, &str, Color); N]) -> Vec<Layer> {
        let mut layers = vec![];
        for (column, (name, label, color)) in self.density.iter().zip(kinds) {
            if column.iter().any(|density| *density > 0.0) {
                let [x, y] = self.steps(column);
                let line = Layer::line(*name, x, y).color(*color).width(1.2).label(*label);
                layers.push(if *name == "dead" { line.dashed() } else { line });
            }
        }
        layers
    }

    /// The sum of all kinds, thin.
    fn sum(&self, name: &str) -> Layer {
        let count = self.edges.len() - 1;
        let sum: Vec<f64> = (0..count).map(|i| self.density.iter().map(|column| column[i]).sum()).collect();
        let [x, y] = self.steps(&sum);
        Layer::line(name, x, y).color(BLACK).width(0.7).dotted().label("all, at the start")
    }

    fn steps(&self, column: &[f64]) -> [Vec<f64>; 2] {
        let x = self.edges.windows(2).flatten().copied().collect();
        [x, column.iter().flat_map(|density| [*density; 2]).collect()]
    }
}

/// Means over intervals, between any two neighbouring knots of faces of columns.
///
/// Right-facing particles have their knot at `x = -tan theta`, left-facing ones too, half a turn on:
/// `dtheta = dx / (1 + x^2)`, and a column of constant density per radian has the mass `density (atan x1 - atan x0)`
/// between two knots.
fn of_density(
    grid: &DensityGrid,
    densities: &Densities,
    regions: &Regions,
    window: [f64; 2],
    limit: f64,
) -> Marginals {
    let (faces, rows) = (grid.theta_faces(regions), grid.amplitude_faces());
    let (columns, height) = (faces.len() - 1, rows[1] - rows[0]);
    let dead = |column: usize| regions.region_of(0.5 * (faces[column] + faces[column + 1])) == 0;
    // Per radian, by kind.
    let mut per_radian = vec![[0.0; 4]; columns];
    for (i, density) in densities.density.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let kind = if dead(column) { 3 } else { usize::from(row < grid.rows / 2) };
        per_radian[column][kind] += density * height;
    }
    for (column, stuck) in densities.stuck_density.iter().enumerate() {
        per_radian[column][if dead(column) { 3 } else { 2 }] += stuck;
    }
    let mut edges: Vec<f64> = faces.iter().filter_map(|theta| knot_of(*theta)).collect();
    edges.retain(|x| window[0] < *x && *x < window[1]);
    edges.extend(window);
    edges.sort_by(f64::total_cmp);
    // Faces of both facings that are one knot but for rounding.
    edges.dedup_by(|b, a| *b - *a <= 1e-12 * (window[1] - window[0]));
    let mut along_x: [Vec<f64>; 4] = Default::default();
    for ends in edges.windows(2) {
        let angle = ends[1].atan() - ends[0].atan();
        let middle = 0.5 * (ends[0].atan() + ends[1].atan());
        for (kind, column) in along_x.iter_mut().enumerate() {
            let of = |theta: f64| {
                let at = faces.partition_point(|face| *face <= regions.unwrapped(theta));
                per_radian[at.clamp(1, columns) - 1][kind]
            };
            column.push((of(-middle) + of(PI - middle)) * angle / (ends[1] - ends[0]));
        }
    }
    let mut along_r = [vec![0.0; grid.rows], vec![0.0; grid.rows], vec![0.0; grid.rows]];
    for (i, density) in densities.density.iter().enumerate() {
        let (row, column) = (i / columns, i % columns);
        along_r[if dead(column) { 2 } else { 0 }][row] += density * (faces[column + 1] - faces[column]);
    }
    let width = |i: usize| faces[i + 1] - faces[i];
    // What the total-variation term has brought to r = 0 is dead in the dead region, stuck elsewhere.
    let at_zero = |is_dead: bool| -> f64 {
        let columns = (0..columns).filter(|&i| dead(i) == is_dead);
        columns.map(|i| densities.stuck_density[i] * width(i)).sum()
    };
    for row in [grid.rows / 2 - 1, grid.rows / 2] {
        along_r[2][row] += 0.5 * at_zero(true) / height;
    }
    for (kind, lines) in [(1, &densities.line_density), (2, &densities.dead_line_density)] {
        lines.iter().enumerate().for_each(|(i, density)| along_r[kind][i % grid.rows] += density);
    }
    // Whole rows, from the first that reaches into the picture to the last.
    let from = rows.partition_point(|face| *face <= -limit).max(1) - 1;
    let to = rows.partition_point(|face| *face < limit).min(grid.rows);
    let off_lines: f64 = (0..columns).map(|i| per_radian[i].iter().sum::<f64>() * width(i)).sum();
    let in_rows: f64 = along_r.iter().flatten().map(|density| density * height).sum();
    let mut held: Vec<[f64; 2]> = densities.stuck_line_mass.iter().map(|mass| [*mass, 0.0]).collect();
    let last = held.len() - 1;
    for (line, b) in densities.dead_line_density.chunks(grid.rows).zip([0, last]) {
        held[b][1] += line.iter().sum::<f64>() * height;
    }
    let knots = Marginal { edges, density: along_x };
    let amplitudes = Marginal {
        edges: rows[from..=to].to_vec(),
        density: along_r.map(|column| column[from..to].to_vec()),
    };
    Marginals {
        beyond: [off_lines - knots.mass(), in_rows - amplitudes.mass() + densities.mass_outside],
        stuck: densities.stuck_line_mass.iter().sum::<f64>() + at_zero(false),
        knots,
        amplitudes,
        held,
        share: String::new(),
    }
}

/// Mass of particles in equal bins over the width of a bin.
fn of_particles(scatter: &Scatter, regions: &Regions, window: [f64; 2], limit: f64) -> Marginals {
    let bins = |[low, high]: [f64; 2]| even::points(low, high, BINS + 1);
    let at = |value: f64, [low, high]: [f64; 2]| {
        let at = (value - low) / (high - low) * BINS as f64;
        (0.0..=BINS as f64).contains(&at).then(|| (at as usize).min(BINS - 1))
    };
    let across = [-limit, limit];
    let widths = [window, across].map(|[low, high]| (high - low) / BINS as f64);
    let mut knots: [Vec<f64>; 4] = std::array::from_fn(|_| vec![0.0; BINS]);
    let mut amplitudes: [Vec<f64>; 3] = std::array::from_fn(|_| vec![0.0; BINS]);
    let (mut stuck, mut held, mut beyond) = (0.0, vec![[0.0; 2]; regions.boundaries()], [0.0; 2]);
    let p = &scatter.particles;
    for (i, &mass) in scatter.mass.iter().enumerate() {
        let place = p.place[i];
        let (along_x, along_r) = match place.kind() {
            PlaceKind::Free => (Some(usize::from(p.r[i] < 0.0)), Some(0)),
            PlaceKind::Pinned => (None, Some(1)),
            PlaceKind::Dead => (Some(3), Some(2)),
            PlaceKind::Stuck => (Some(2), None),
            PlaceKind::StuckPinned => (None, None),
        };
        // What has fallen into the dead region lies on its edge.
        let edge = (place.kind() == PlaceKind::Dead).then(|| regions.boundary_at(p.theta[i])).flatten();
        match (place.kind(), edge, along_x) {
            (PlaceKind::StuckPinned, ..) => held[place.index()][0] += mass,
            (_, Some(b), _) => held[b][1] += mass,
            (_, None, Some(kind)) => match knot_of(p.theta[i]).and_then(|x| at(x, window)) {
                Some(bin) => knots[kind][bin] += mass / widths[0],
                None => beyond[0] += mass,
            },
            (_, None, None) => {}
        }
        match along_r.map(|kind| (kind, at(p.r[i], across))) {
            Some((kind, Some(bin))) => amplitudes[kind][bin] += mass / widths[1],
            Some((_, None)) => beyond[1] += mass,
            None => stuck += mass,
        }
    }
    let share = scatter.share();
    Marginals {
        knots: Marginal { edges: bins(window), density: knots },
        amplitudes: Marginal { edges: bins(across), density: amplitudes },
        stuck,
        held,
        beyond,
        share: if share.is_empty() { share } else { format!("{share}, in {} bins", number(BINS as f64)) },
    }
}
