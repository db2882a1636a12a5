//! The tangent kernel of a run: its spectrum, and how far it has changed.

use super::super::axis::Axis;
use super::super::color::{BLUE, sequential};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::Layer;
use super::super::source::RunSource;
use super::time::time_axis;

/// Eigenvalues below this share of the largest are rounding.
const ROUNDING: f64 = 1e-16;

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let change: Vec<f64> = run.snapshots.iter().map(|s| s.tangent_kernel_change).collect();
    let panel = Panel::new("change", time_axis(&times), Axis::new("|Kₜ − K₀| / |K₀|"))
        .height(1.3)
        .title("change of the tangent kernel")
        .with(Layer::line("change", times.clone(), change).color(BLUE).width(1.4));
    let Some(first) = run.snapshots[0].tangent_kernel_eigenvalues.as_ref() else {
        return Ok(Figure::new("kernel").with(panel));
    };
    let count = first.len();
    let largest = run.snapshots.iter().filter_map(|s| s.tangent_kernel_eigenvalues.as_ref()?.last().copied());
    let least = ROUNDING * largest.fold(0.0, f64::max);
    let mut spectrum = Panel::new("spectrum", time_axis(&times).bare(), Axis::new("eigenvalue").log())
        .height(1.8)
        .title("spectrum of the tangent kernel");
    for mode in 0..count {
        let values = run.snapshots.iter().map(|s| {
            let value = s.tangent_kernel_eigenvalues.as_ref().map_or(f64::NAN, |values| values[mode]);
            if value > least { value } else { f64::NAN }
        });
        let share = if count > 1 { 1.0 - 0.85 * (count - 1 - mode) as f64 / (count - 1) as f64 } else { 1.0 };
        let line = Layer::line(format!("eigenvalue {mode}"), times.clone(), values.collect());
        spectrum = spectrum.with(line.color(sequential(share)).width(0.9));
    }
    Ok(Figure::new("kernel").with(spectrum).with(panel))
}
