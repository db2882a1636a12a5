//! The function at the start and at a time, with samples and knots.

use crate::math::even;
use crate::problem::{Affine, Samples, add_bias, function_values, knot_of};
use crate::run::Description;

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREEN};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::{RunSource, Scatter};
use super::time::moment;

/// Points at which the function is drawn, besides samples and knots.
const POINTS: usize = 600;
/// Margin on either side of the samples, as a share of their range.
const MARGIN: f64 = 0.12;
/// Up to so many knots are drawn on the function one by one, as W Fig. 1 has them.
const FEW: usize = 250;
/// Bins of the histogram of knots.
const BINS: usize = 120;

/// A function with the particles that make it.
pub(super) struct Drawn<'a> {
    /// What the legend says.
    pub label: String,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub scatter: &'a Scatter,
}

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    let samples = &run.description.samples;
    let window = window(samples);
    let scatters = [run.measure(0, "function")?, run.measure(index, "function")?];
    let drawn = |k: usize| {
        let scatter = &scatters[k];
        let (time, share) = (moment(run.snapshots[[0, index][k]].time), scatter.share());
        let label = if share.is_empty() { time } else { format!("{time} ({share})") };
        let [x, y] = values(scatter, samples.x(), window);
        Drawn { label, x, y, scatter }
    };
    let start = (index > 0).then(|| drawn(0));
    let [curve, density] = panels(&run.description, window, start.as_ref(), &drawn(1));
    let figure = Figure::new("function").with(curve);
    // Knots of cells would show the columns.
    Ok(if run.description.density.is_some() { figure } else { figure.with(density) })
}

/// The function now, beside that of the start if it is another, and the mass of their knots below.
pub(super) fn panels(
    description: &Description,
    window: [f64; 2],
    start: Option<&Drawn>,
    now: &Drawn,
) -> [Panel; 2] {
    let samples = &description.samples;
    let (x_label, y_label) = labels(description);
    // That of the panel below serves both.
    let label = if description.density.is_some() { x_label } else { "" };
    let mut curve =
        Panel::new("function", Axis::new(label).range(window[0], window[1]), Axis::new(y_label)).height(1.75);
    let mut density =
        Panel::new("knots", Axis::new(x_label).range(window[0], window[1]), Axis::new("mass").log())
            .height(0.75)
            .title("mass of the knots in each bin");
    // Bars at the time that is shown, a line for the start.
    let [x, mass] = histogram(now.scatter, window);
    let before = start.map(|start| histogram(start.scatter, window));
    // Bars stand on the axis, which begins at a power of ten.
    let all = mass.iter().chain(before.iter().flat_map(|[_, mass]| mass)).copied();
    let (least, most) = all
        .filter(|mass| *mass > 0.0)
        .fold((f64::INFINITY, 0.0f64), |(least, most), mass| (least.min(mass), most.max(mass)));
    if least <= most {
        let floor = 10f64.powf(least.log10().ceil() - 1.0);
        density.y = density.y.range(floor, 1.3 * most);
        let floor = vec![floor; x.len()];
        let bars = Layer::band("knots, function", x, floor, mass).color(BLUE).opacity(0.55);
        density = density.with(bars.label(now.label.clone()));
    }
    if let Some((start, [x, mass])) = start.zip(before) {
        let line = Layer::line("start", start.x.clone(), start.y.clone()).color(BLACK).width(0.8);
        curve = curve.with(line.label(start.label.clone()).dashed());
        let line = Layer::line("knots, start", x, mass).color(BLACK).width(0.8);
        density = density.with(line.label(start.label.clone()));
    }
    let line = Layer::line("function", now.x.clone(), now.y.clone()).color(BLUE).width(1.5);
    curve = curve.with(line.label(now.label.clone()));
    let [x, y] = knots_on(now.scatter, window);
    if x.len() <= FEW {
        let knots = Layer::points("knots", x, y, Shape::Ring).color(GREEN).size(3.4).width(0.7);
        curve = curve.with(knots.label("knots"));
    }
    let points = Layer::points("samples", samples.x().to_vec(), samples.y().to_vec(), Shape::Disc);
    curve = curve.with(points.color(BLACK).size(if samples.len() > 40 { 2.2 } else { 3.6 }).label("samples"));
    [curve, density]
}

/// Labels of `x` and `f`, told where the run standardized them.
pub(super) fn labels(description: &Description) -> (&'static str, &'static str) {
    let plain = |map: &Affine| *map == Affine::IDENTITY;
    (
        if plain(&description.x_map) { "x" } else { "x (standardized)" },
        if plain(&description.y_map) { "f(x)" } else { "f(x) (standardized)" },
    )
}

/// The range of the samples with a margin.
pub(super) fn window(samples: &Samples) -> [f64; 2] {
    let x = samples.x();
    let (low, high) = (x[0], x[x.len() - 1]);
    let margin = if high > low { MARGIN * (high - low) } else { 1.0 };
    [low - margin, high + margin]
}

/// The function on a grid that holds every sample.
pub(super) fn values(scatter: &Scatter, samples: &[f64], window: [f64; 2]) -> [Vec<f64>; 2] {
    let mut x = even::points(window[0], window[1], POINTS + 1);
    x.extend(samples);
    if scatter.len() <= 2 * POINTS {
        x.extend(knots(scatter).map(|(x, _)| x).filter(|x| (window[0]..=window[1]).contains(x)));
    }
    x.sort_by(f64::total_cmp);
    x.dedup();
    let y = function(scatter, &x);
    [x, y]
}

/// The function at ascending points.
fn function(scatter: &Scatter, x: &[f64]) -> Vec<f64> {
    let mut y = function_values(x, &scatter.particles.r, &scatter.particles.theta, &scatter.mass);
    add_bias(&mut y, scatter.bias);
    y
}

/// Knots and their masses.
pub(super) fn knots(scatter: &Scatter) -> impl Iterator<Item = (f64, f64)> + '_ {
    (0..scatter.len()).filter_map(|i| Some((knot_of(scatter.particles.theta[i])?, scatter.mass[i])))
}

fn knots_on(scatter: &Scatter, window: [f64; 2]) -> [Vec<f64>; 2] {
    let x: Vec<f64> =
        knots(scatter).map(|(x, _)| x).filter(|x| (window[0]..=window[1]).contains(x)).collect();
    let y = function(scatter, &x);
    [x, y]
}

/// The mass of knots in each bin as a line of steps.
fn histogram(scatter: &Scatter, [low, high]: [f64; 2]) -> [Vec<f64>; 2] {
    let mut mass = vec![0.0; BINS];
    for (knot, weight) in knots(scatter) {
        let at = (knot - low) / (high - low) * BINS as f64;
        if (0.0..BINS as f64).contains(&at) {
            mass[at as usize] += weight;
        }
    }
    let x = even::points(low, high, BINS + 1).windows(2).flatten().copied().collect();
    // A logarithmic axis has no place for nothing.
    let shown = |mass: f64| if mass > 0.0 { mass } else { f64::NAN };
    [x, mass.into_iter().flat_map(|mass| [shown(mass); 2]).collect()]
}
