//! Several runs in one figure.

use super::super::axis::Axis;
use super::super::color::{BLACK, CURVES, Color};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::function::{labels, values, window};
use super::loss::losses;
use super::time::time_axis;
use crate::problem::Samples;

/// Figures that show several runs at once.
const FIGURES: [&str; 3] = ["function", "loss", "kernel"];

/// A run and what the legend calls it.
pub(crate) struct Named<'a> {
    pub name: String,
    pub run: &'a RunSource,
}

/// The figure of that name, with a line in a colour of its own for each run.
///
/// * `time`: of the function; the last of each run unless it is given.
pub(crate) fn figure(runs: &[Named], figure: Option<&str>, time: Option<f64>) -> Result<Figure, PlotError> {
    if runs.len() > CURVES.len() {
        return Err(PlotError::TooMany { count: runs.len(), most: CURVES.len() });
    }
    let name = figure.unwrap_or(FIGURES[0]);
    if time.is_some() && name != "function" && FIGURES.contains(&name) {
        let figure = FIGURES.into_iter().find(|one| *one == name).unwrap_or_default();
        return Err(PlotError::NoTime { figure, allowed: vec!["function"] });
    }
    let panel = match name {
        "function" => functions(runs, time)?,
        "loss" => over_time(runs, Axis::new("loss").log(), losses)?,
        "kernel" => over_time(runs, Axis::new("|Kₜ − K₀| / |K₀|"), |run| {
            let change = run.snapshots.iter().map(|snapshot| snapshot.tangent_kernel_change).collect();
            Ok((run.times(), change))
        })?
        .title("change of the tangent kernel"),
        _ => {
            let allowed = FIGURES.to_vec();
            return Err(PlotError::Several { figure: name.to_string(), allowed });
        }
    };
    Ok(Figure::new(name).with(panel))
}

fn colored<'a>(runs: &'a [Named<'a>]) -> impl Iterator<Item = (&'a Named<'a>, Color)> {
    runs.iter().zip(CURVES)
}

fn functions(runs: &[Named], time: Option<f64>) -> Result<Panel, PlotError> {
    let windows = runs.iter().map(|named| window(&named.run.description.samples));
    let [low, high] =
        windows.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], [a, b]| [low.min(a), high.max(b)]);
    let (x_label, y_label) = labels(&runs[0].run.description);
    let mut panel =
        Panel::new("function", Axis::new(x_label).range(low, high), Axis::new(y_label)).height(2.0);
    for (named, color) in colored(runs) {
        let index = named.run.at(time)?;
        let scatter = named.run.measure(index, "function")?;
        let [x, y] = values(&scatter, named.run.description.samples.x(), [low, high]);
        panel = panel.with(Layer::line(named.name.clone(), x, y).color(color).width(1.3).label(&named.name));
    }
    // Once where all runs have the same, else in the colour of their run.
    let samples: Vec<&Samples> = runs.iter().map(|named| &named.run.description.samples).collect();
    let same = samples.iter().all(|this| this.x() == samples[0].x() && this.y() == samples[0].y());
    let shown = if same { 1 } else { runs.len() };
    for ((named, color), of_run) in colored(runs).zip(samples).take(shown) {
        let layer = format!("samples of {}", named.name);
        let points = Layer::points(layer, of_run.x().to_vec(), of_run.y().to_vec(), Shape::Disc)
            .color(if same { BLACK } else { color })
            .size(if of_run.len() > 40 { 2.2 } else { 3.6 });
        panel = panel.with(if same { points.label("samples") } else { points });
    }
    Ok(panel)
}

/// Times, and a number at each.
type Series = (Vec<f64>, Vec<f64>);

fn over_time(
    runs: &[Named],
    y: Axis,
    of: impl Fn(&RunSource) -> Result<Series, PlotError>,
) -> Result<Panel, PlotError> {
    let mut times: Vec<f64> = runs.iter().flat_map(|named| named.run.times()).collect();
    times.sort_by(f64::total_cmp);
    let mut panel = Panel::new("over time", time_axis(&times), y).height(1.8);
    for (named, color) in colored(runs) {
        let (times, values) = of(named.run)?;
        panel = panel
            .with(Layer::line(named.name.clone(), times, values).color(color).width(1.3).label(&named.name));
    }
    Ok(panel)
}
