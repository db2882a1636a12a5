//! The velocity field of one particle (W Fig. 9), with attractors and repulsors.

use std::f64::consts::{FRAC_PI_2, TAU};

use crate::flow::{Flow, Vec2, gradients};

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREEN, GREY, NEGATIVE, POSITIVE, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Mark, Shape};
use super::super::source::RunSource;
use super::super::ticks::number;
use super::time::moment;
use super::{plane, scatter};

/// Arrows along either side of the plane.
const ARROWS: usize = 17;
/// The longest arrow, as a share of their distance.
const LONGEST: f64 = 0.95;

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    let snapshot = &run.snapshots[index];
    let samples = &run.description.samples;
    let mut g = vec![[0.0; 2]; 2 * samples.len()];
    gradients(samples, snapshot.residual.as_slice().expect("vectors are contiguous"), &mut g);
    let limit = match run.scatter(index, "field") {
        Ok(scatter) => 1.04 * scatter::reach(scatter.particles.r.iter().copied(), plane::OUTSIDE),
        // The field needs no particles; without them its window shows one unit.
        Err(PlotError::Lacks { .. }) => 1.5,
        Err(error) => return Err(error),
    };
    let metric = Metric::of(run);
    let mut figure = Figure::new("field").grid(2, PAGE);
    for (sign, name, color) in [(0, "r > 0", POSITIVE), (1, "r < 0", NEGATIVE)] {
        let mut panel = Panel {
            name: format!("plane, {name}"),
            title: format!("particles with {name}, {}", moment(snapshot.time)),
            ..plane::empty(&run.regions, limit)
        };
        for layer in &mut panel.layers {
            layer.label.clear();
        }
        panel = panel
            .with_all(lines(run, index, sign, limit))
            .with(arrows(run, &g, &metric, sign, limit).color(color));
        figure = figure.with(panel);
    }
    let note = match metric.delta {
        Some(delta) if run.description.flow.moves() == (true, true) => {
            format!(" of neurons with δ = {}, the median,", number(delta))
        }
        _ => String::new(),
    };
    figure = figure.with(circle(run, index, &g));
    Ok(figure.note(format!("Length of arrows: cube root of the speed{note} as a share of the greatest.")))
}

/// How fast `|r|` and `theta` follow the gradient.
struct Metric {
    flow: Flow,
    /// The median of the neurons' `c^2 - |w|^2`; `None` of canonical particles.
    delta: Option<f64>,
}

impl Metric {
    fn of(run: &RunSource) -> Metric {
        let mut delta = run.description.delta.clone();
        delta.sort_by(f64::total_cmp);
        Metric { flow: run.description.flow, delta: delta.get(delta.len() / 2).copied() }
    }

    /// Velocity in the plane at radius `size` of a particle of `sign`, with `d` and `t` there:
    /// `-sign kappa ((c^2 + |w|^2) <g,d> d + c^2 <g,t> t)`, canonical `-sign (<g,d> d + r^2 <g,t> t)`
    /// (section 5).
    fn velocity(&self, g: Vec2, size: f64, theta: f64, sign: f64) -> Vec2 {
        let (sin, cos) = theta.sin_cos();
        let (radial, angular) = (g[0] * cos + g[1] * sin, g[1] * cos - g[0] * sin);
        let (along, across) = match self.delta {
            None => (1.0, size * size),
            Some(delta) => {
                let kappa = self.flow.kappa();
                let c2 = 0.5 * (delta + (delta * delta + 4.0 * size * size / (kappa * kappa)).sqrt());
                let w2 = c2 - delta;
                match self.flow.moves() {
                    (true, false) => (kappa * w2, 0.0),
                    (false, true) => (kappa * c2, kappa * c2),
                    _ => (kappa * (c2 + w2), kappa * c2),
                }
            }
        };
        let (radial, angular) = (-sign * along * radial, -sign * across * angular);
        [radial * cos - angular * sin, radial * sin + angular * cos]
    }
}

fn arrows(run: &RunSource, g: &[Vec2], metric: &Metric, sign: usize, limit: f64) -> Layer {
    let spacing = 2.0 * limit / ARROWS as f64;
    let at = |i: usize| -limit + (i as f64 + 0.5) * spacing;
    let (mut x, mut y, mut velocity) = (vec![], vec![], vec![]);
    for (i, j) in (0..ARROWS).flat_map(|i| (0..ARROWS).map(move |j| (i, j))) {
        let (u, v) = (at(i), at(j));
        let theta = v.atan2(u);
        let region = run.regions.region_of(theta);
        x.push(u);
        y.push(v);
        velocity.push(metric.velocity(g[region], u.hypot(v), theta, if sign == 0 { 1.0 } else { -1.0 }));
    }
    let speed = |v: &Vec2| v[0].hypot(v[1]);
    let fastest = velocity.iter().map(speed).fold(f64::MIN_POSITIVE, f64::max);
    let length = |v: &Vec2| LONGEST * spacing * (speed(v) / fastest).cbrt() / speed(v).max(f64::MIN_POSITIVE);
    let (dx, dy): (Vec<f64>, Vec<f64>) =
        velocity.iter().map(|v| (length(v) * v[0], length(v) * v[1])).unzip();
    // Each arrow has its place in its middle, if both ends are in the same region.
    let shift = |x: Vec<f64>, dx: &[f64]| x.iter().zip(dx).map(|(x, dx)| x - 0.5 * dx).collect::<Vec<f64>>();
    let (x, y) = (shift(x, &dx), shift(y, &dy));
    Layer::new("velocity", Mark::Arrows { x, y, dx, dy }).width(0.6)
}

const CLASSES: [(i8, &str); 2] = [(1, "attractor"), (-1, "repulsor")];

/// The half-lines of samples that attract, and of those that repel.
fn lines(run: &RunSource, index: usize, sign: usize, limit: f64) -> Vec<Layer> {
    let classes = &run.snapshots[index].attractor;
    let of = |(class, name): (i8, &str)| {
        let (mut x, mut y) = (vec![], vec![]);
        for b in (0..run.regions.boundaries()).filter(|&b| classes[[b, sign]] == class) {
            let [dx, dy] = run.regions.direction(b);
            x.extend([0.0, 3.0 * limit * dx, f64::NAN]);
            y.extend([0.0, 3.0 * limit * dy, f64::NAN]);
        }
        let layer = Layer::line(name, x.clone(), y);
        let layer = if x.is_empty() { layer } else { layer.label(name) };
        if class == 1 { layer.color(GREEN).width(1.6) } else { layer.color(BLACK).width(1.2).dashed() }
    };
    CLASSES.map(of).into()
}

/// The angular force `-<g, t>` on particles with `r > 0`, which vanishes through a jump at attractors
/// and repulsors.
fn circle(run: &RunSource, index: usize, g: &[Vec2]) -> Panel {
    let regions = &run.regions;
    let count = regions.boundaries();
    let (mut x, mut y) = (vec![-FRAC_PI_2, regions.angle(0)], vec![0.0, 0.0]);
    for k in 1..count {
        let (from, to) = (regions.angle(k - 1), regions.angle(k));
        let steps = ((to - from) / 0.02).ceil().max(1.0) as usize;
        for i in 0..=steps {
            let theta = from + (to - from) * i as f64 / steps as f64;
            let (sin, cos) = theta.sin_cos();
            x.push(theta);
            y.push(-(g[k][1] * cos - g[k][0] * sin));
        }
    }
    x.extend([regions.angle(count - 1), TAU - FRAC_PI_2]);
    y.extend([0.0, 0.0]);
    let classes = &run.snapshots[index].attractor;
    let marks = |class: i8, sign: usize| -> [Vec<f64>; 2] {
        let x: Vec<f64> =
            (0..count).filter(|&b| classes[[b, sign]] == class).map(|b| regions.angle(b)).collect();
        let zero = vec![0.0; x.len()];
        [x, zero]
    };
    let theta = Axis::new("θ (rad)").range(-FRAC_PI_2, TAU - FRAC_PI_2).in_pi();
    let mut panel = Panel::new("circle", theta, Axis::new("−⟨g, t⟩"))
        .title("angular force on particles with r > 0; on those with r < 0 its opposite")
        .height(1.3)
        .span(2)
        .with(Layer::horizontal("zero", vec![0.0]).color(GREY))
        .with(Layer::line("angular force", x, y).color(BLACK).width(1.0));
    for (class, shape, what) in [(1, Shape::Disc, "attracts"), (-1, Shape::Ring, "repels")] {
        for (sign, name, color) in [(0, "r > 0", BLUE), (1, "r < 0", VERMILION)] {
            let [x, y] = marks(class, sign);
            let size = if class == 1 { 4.0 } else { 5.5 };
            if !x.is_empty() {
                let words = format!("{what} {name}");
                let layer = Layer::points(words.clone(), x, y, shape).color(color).size(size);
                panel = panel.with(layer.label(words));
            }
        }
    }
    panel
}
