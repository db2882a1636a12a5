//! The spectrum of the Hessian of a run over time: bulk, others, signs.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLUE, CURVES, GREY, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::time::time_axis;

/// Eigenvalues below this part of the largest are not drawn.
const LEAST: f64 = 1e-12;

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    if !file.has("eigenvalue") {
        return Err(PlotError::Lacks {
            path: file.path().to_owned(),
            figure: "spectrum",
            needed: "a Hessian".to_string(),
            remedy: "its run is one of canonical particles; run the scenario with flow.kind = \"lifted\""
                .to_string(),
        });
    }
    let (times, values) = (file.numbers("time")?, file.numbers("eigenvalue")?);
    let (bulk, neurons) = (file.numbers("bulk_eigenvalue")?, file.numbers("region_neurons")?);
    let zero = file.numbers("zero_below")?;
    let count = values.len() / times.len().max(1);
    let regions = bulk.len() / times.len().max(1);
    let largest = values.iter().filter(|value| value.is_finite()).fold(0.0, |most: f64, v| most.max(v.abs()));
    let mut figure = Figure::new("spectrum");
    for (sign, name, color) in [(1.0, "positive", BLUE), (-1.0, "negative", VERMILION)] {
        let axis = Axis::new(if sign > 0.0 { "eigenvalue" } else { "−eigenvalue" }).log();
        let across = time_axis(&times).bare();
        let mut panel = Panel::new(name, across, axis).height(1.7).title(format!("{name} eigenvalues"));
        let shown = |i: usize, value: f64| {
            let size = sign * value;
            size > zero[i].max(LEAST * largest)
        };
        let (mut x, mut y) = (vec![], vec![]);
        for (i, time) in times.iter().enumerate() {
            for k in (0..regions).filter(|k| neurons[i * regions + k] > 2.0) {
                if shown(i, sign * bulk[i * regions + k]) {
                    x.push(*time);
                    y.push(bulk[i * regions + k]);
                }
            }
        }
        panel = panel.with(
            Layer::points("bulk", x, y, Shape::Disc).color(GREY).size(3.2).label("bulk, ±|g| of regions"),
        );
        let (mut x, mut y) = (vec![], vec![]);
        for (i, time) in times.iter().enumerate() {
            for value in values[i * count..(i + 1) * count].iter().filter(|value| shown(i, **value)) {
                x.push(*time);
                y.push(sign * value);
            }
        }
        let size = if x.len() > 5000 { 0.8 } else { 1.8 };
        panel =
            panel.with(Layer::points("others", x, y, Shape::Disc).color(color).size(size).label("others"));
        figure = figure.with(panel);
    }
    let mut counts = Panel::new("counts", time_axis(&times), Axis::new("eigenvalues").log()).height(1.1);
    for (name, color) in ["negative", "zero", "positive"].into_iter().zip([VERMILION, CURVES[2], BLUE]) {
        let column = file.numbers(name)?.into_iter().map(|count| if count > 0.0 { count } else { f64::NAN });
        let column: Vec<f64> = column.collect();
        let layer = match times.len() {
            1 => Layer::points(name, times.clone(), column, Shape::Disc),
            _ => Layer::line(name, times.clone(), column),
        };
        counts = counts.with(layer.color(color).width(1.2).label(name));
    }
    Ok(figure.with(counts))
}
