//! The limits of infinite width in the kernel regime beside splines.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLACK, CURVES, GREY};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};

/// The curve from which the others are subtracted.
const REFERENCE: &str = "natural_spline";

/// The curve that is drawn between the samples alone.
const INTERPOLANT: &str = "linear_interpolant";
/// Margin on either side of the samples, as a share of their range.
const MARGIN: f64 = 0.06;

/// Two standard deviations over random starts to either side of their mean, in the limits of both regimes.
fn deviations(file: &ArrayFile) -> Result<Vec<Layer>, PlotError> {
    if !file.has("starts_x") {
        return Ok(vec![]);
    }
    let [x, times] = [file.numbers("starts_x")?, file.numbers("starts_time")?];
    let [mean, deviation] = [file.numbers("starts_mean")?, file.numbers("starts_deviation")?];
    let names = ["random features", "tangent kernel"];
    let of = |(regime, name): (usize, &str)| {
        let from = (regime * times.len() + times.len() - 1) * x.len();
        let edge = |sign: f64| (from..from + x.len()).map(|i| mean[i] + sign * 2.0 * deviation[i]).collect();
        Layer::band(format!("random starts, {name}"), x.clone(), edge(-1.0), edge(1.0))
            .color(CURVES[regime])
            .label(format!("2 deviations over starts, {name}"))
    };
    Ok(names.into_iter().enumerate().map(of).collect())
}

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    let names = file.texts("curve")?.unwrap_or_default();
    let (grid, values) = (file.numbers("grid")?, file.numbers("f")?);
    let [x, y] = [file.numbers("x")?, file.numbers("y")?];
    let inside =
        |x_at: f64| x.first().is_some_and(|low| *low <= x_at) && x.last().is_some_and(|high| x_at <= *high);
    // An interpolant ends at the last sample.
    let curve = |i: usize| -> Vec<f64> {
        let values = grid.iter().zip(&values[i * grid.len()..(i + 1) * grid.len()]);
        values.map(|(&at, &f)| if names[i] == INTERPOLANT && !inside(at) { f64::NAN } else { f }).collect()
    };
    let reference = names.iter().position(|name| name == REFERENCE);
    // Far from the samples the curves part, and nothing else could be seen.
    let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    let margin = if high > low { MARGIN * (high - low) } else { 1.0 };
    let axis = |label: &str| Axis::new(label).range(low - margin, high + margin);
    let mut functions = Panel::new("functions", axis(""), Axis::new("f(x)")).height(2.0);
    let mut differences = Panel::new("differences", axis("x"), Axis::new("difference"))
        .height(1.2)
        .title("difference to the natural spline")
        .with(Layer::horizontal("zero", vec![0.0]).color(GREY));
    for layer in deviations(file)? {
        functions = functions.with(layer);
    }
    let mut next = 0;
    for (i, name) in names.iter().enumerate() {
        let line = Layer::line(name.clone(), grid.clone(), curve(i)).label(name.replace('_', " "));
        let line = if name == "start" {
            line.color(GREY).width(0.8).dashed()
        } else {
            let color = CURVES[next % CURVES.len()];
            next += 1;
            // Where curves coincide, the wider ones below are seen on either side.
            let line = line.color(color).width((3.1 - 0.6 * next as f64).max(0.7));
            if next % 2 == 0 { line.dashed() } else { line }
        };
        if let Some(reference) = reference.filter(|&reference| reference != i && name != "start") {
            let subtracted = curve(i).iter().zip(curve(reference)).map(|(a, b)| a - b).collect();
            let mut difference = Layer { label: String::new(), ..line.clone() };
            difference.mark = super::super::layer::Mark::Line { x: grid.clone(), y: subtracted };
            differences = differences.with(difference);
        }
        functions = functions.with(line);
    }
    functions =
        functions.with(Layer::points("samples", x, y, Shape::Disc).color(BLACK).size(3.6).label("samples"));
    let figure = Figure::new("splines").with(functions);
    Ok(if reference.is_some() { figure.with(differences) } else { figure })
}
