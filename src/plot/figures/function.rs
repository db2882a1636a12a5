//! The function at the start and at a time, with samples and knots.

use crate::math::even;
use crate::problem::{function_values, knot_of};

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREEN};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::{Cloud, RunSource};
use super::time::moment;

/// Points at which the function is drawn, besides samples and knots.
const POINTS: usize = 600;
/// Margin on either side of the samples, as a share of their range.
const MARGIN: f64 = 0.12;
/// Up to so many knots are drawn on the function one by one, as W Fig. 1 has them.
const FEW: usize = 250;
/// Bins of the histogram of knots.
const BINS: usize = 120;

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    let samples = &run.description.samples;
    let window = window(run);
    let clouds = [run.cloud(0, "function")?, run.cloud(index, "function")?];
    let names = [moment(run.snapshots[0].time), moment(run.snapshots[index].time)];
    let (x_label, y_label) = labels(run);
    let mut curve =
        Panel::new("function", Axis::new("").range(window[0], window[1]), Axis::new(y_label)).height(1.75);
    let density =
        Panel::new("knots", Axis::new(x_label).range(window[0], window[1]), Axis::new("mass").log())
            .height(0.75)
            .title("mass of the knots in each bin");
    let (same, mut histograms) = (index == 0, vec![]);
    for (k, cloud) in clouds.iter().enumerate().skip(usize::from(same)) {
        let name = if k == 0 { "start" } else { "function" };
        let (color, width) = if k == 0 { (BLACK, 0.8) } else { (BLUE, 1.5) };
        let share = cloud.share();
        let label = if share.is_empty() { names[k].clone() } else { format!("{} ({share})", names[k]) };
        let [x, y] = values(cloud, samples.x(), window);
        let line = Layer::line(name, x, y).color(color).width(width).label(label);
        curve = curve.with(if k == 0 { line.dashed() } else { line });
        let [x, mass] = histogram(cloud, window);
        // Bars at the time that is shown, a line for the start.
        let name = format!("knots, {name}");
        histograms.push(if k == 0 {
            Layer::line(name, x, mass).color(color).width(width)
        } else {
            let least = mass.iter().copied().filter(|mass| *mass > 0.0).fold(f64::INFINITY, f64::min);
            let floor = vec![0.5 * least; x.len()];
            Layer::band(name, x, floor, mass).color(BLUE).opacity(0.55)
        });
    }
    let density = density.with_all(histograms.into_iter().rev());
    let [x, y] = knots_on(&clouds[1], window);
    if x.len() <= FEW {
        let knots = Layer::points("knots", x, y, Shape::Ring).color(GREEN).size(3.4).width(0.7);
        curve = curve.with(knots.label("knots"));
    }
    let points = Layer::points("samples", samples.x().to_vec(), samples.y().to_vec(), Shape::Disc);
    curve = curve.with(points.color(BLACK).size(if samples.len() > 40 { 2.2 } else { 3.6 }).label("samples"));
    Ok(Figure::new("function").with(curve).with(density))
}

/// Labels of `x` and `f`, told where the run standardized them.
pub(super) fn labels(run: &RunSource) -> (&'static str, &'static str) {
    let plain = |map: &crate::problem::Affine| *map == crate::problem::Affine::IDENTITY;
    (
        if plain(&run.description.x_map) { "x" } else { "x (standardized)" },
        if plain(&run.description.y_map) { "f(x)" } else { "f(x) (standardized)" },
    )
}

/// The range of the samples with a margin.
pub(super) fn window(run: &RunSource) -> [f64; 2] {
    let x = run.description.samples.x();
    let (low, high) = (x[0], x[x.len() - 1]);
    let margin = if high > low { MARGIN * (high - low) } else { 1.0 };
    [low - margin, high + margin]
}

/// The function on a grid that holds every sample.
fn values(cloud: &Cloud, samples: &[f64], window: [f64; 2]) -> [Vec<f64>; 2] {
    let mut x = even::points(window[0], window[1], POINTS + 1);
    x.extend(samples);
    if cloud.len() <= 2 * POINTS {
        x.extend(knots(cloud).map(|(x, _)| x).filter(|x| (window[0]..=window[1]).contains(x)));
    }
    x.sort_by(f64::total_cmp);
    x.dedup();
    let y = function_values(&x, &cloud.particles.r, &cloud.particles.theta, &cloud.mass);
    [x, y]
}

/// Knots and their masses.
pub(super) fn knots(cloud: &Cloud) -> impl Iterator<Item = (f64, f64)> + '_ {
    (0..cloud.len()).filter_map(|i| Some((knot_of(cloud.particles.theta[i])?, cloud.mass[i])))
}

fn knots_on(cloud: &Cloud, window: [f64; 2]) -> [Vec<f64>; 2] {
    let x: Vec<f64> = knots(cloud).map(|(x, _)| x).filter(|x| (window[0]..=window[1]).contains(x)).collect();
    let y = function_values(&x, &cloud.particles.r, &cloud.particles.theta, &cloud.mass);
    [x, y]
}

/// The mass of knots in each bin as a line of steps.
fn histogram(cloud: &Cloud, [low, high]: [f64; 2]) -> [Vec<f64>; 2] {
    let mut mass = vec![0.0; BINS];
    for (knot, weight) in knots(cloud) {
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
