//! Residuals of the particles and of their own ODE, corrected and as printed.

use super::super::axis::Axis;
use super::super::color::{BLUE, CURVES, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::super::ticks::subscript;
use super::time::time_axis;

/// Samples whose residuals are drawn at most.
const CURVES_DRAWN: usize = 5;
/// Points of the ODE on a curve, about.
const POINTS: usize = 14;

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let s = run.description.samples.len();
    let count = s.min(CURVES_DRAWN);
    // From the first sample to the last, evenly.
    let chosen: Vec<usize> =
        (0..count).map(|i| if count == 1 { 0 } else { i * (s - 1) / (count - 1) }).collect();
    let column = |of: fn(&crate::run::Snapshot) -> &ndarray::Array1<f64>, j: usize| -> Vec<f64> {
        run.snapshots.iter().map(|snapshot| of(snapshot)[j]).collect()
    };
    let mut paths = Panel::new("residuals", time_axis(&times).bare(), Axis::new("residual ρⱼ")).height(1.6);
    // Of every step, where they are stored.
    let of_particles = |j: usize| match run.path() {
        Some((times, path)) => (times.clone(), path.iter().map(|rho| rho[j]).collect()),
        None => (times.clone(), column(|s| &s.residual, j)),
    };
    for (k, &j) in chosen.iter().enumerate() {
        let color = CURVES[k];
        let (at, rho) = of_particles(j);
        let line = Layer::line(format!("particles, sample {j}"), at, rho);
        paths = paths.with(line.color(color).width(1.0).label(format!("ρ{}", subscript(j))));
        let printed = column(|s| &s.residual_ode_uncorrected, j);
        let line = Layer::line(format!("ODE as printed, sample {j}"), times.clone(), printed);
        paths = paths.with(line.color(color).width(0.8).dashed());
        let every = (times.len() / POINTS).max(1);
        let (x, y) =
            (0..times.len()).step_by(every).map(|i| (times[i], run.snapshots[i].residual_ode[j])).unzip();
        let ode =
            Layer::points(format!("ODE, sample {j}"), x, y, Shape::Ring).color(color).size(3.0).width(0.6);
        paths = paths.with(ode);
    }
    let entry = |name: &str| Layer::line(name, vec![], vec![]);
    paths = paths
        .with(entry("entry of the particles").label("particles"))
        .with(Layer::points("entry of the ODE", vec![], vec![], Shape::Ring).width(0.6).label("ODE"))
        .with(entry("entry of the printed ODE").dashed().width(0.8).label("ODE as printed"));
    let difference = |of: fn(&crate::run::Snapshot) -> &ndarray::Array1<f64>| -> Vec<f64> {
        let largest = |snapshot: &crate::run::Snapshot| {
            (of(snapshot) - &snapshot.residual).iter().fold(0.0, |most: f64, d| most.max(d.abs()))
        };
        run.snapshots.iter().map(largest).collect()
    };
    let corrected = Layer::line("ODE", times.clone(), difference(|s| &s.residual_ode));
    let printed = Layer::line("ODE as printed", times.clone(), difference(|s| &s.residual_ode_uncorrected));
    let differences = Panel::new("differences", time_axis(&times), Axis::new("difference").log())
        .title("largest difference to the particles")
        .height(1.2)
        .with(corrected.color(BLUE).width(1.2).label("ODE"))
        .with(printed.color(VERMILION).width(1.2).dashed().label("ODE as printed (W Prop. 1)"));
    paths.title = if count < s { format!("{count} of {s} samples") } else { "all samples".to_string() };
    Ok(Figure::new("residuals").with(paths).with(differences))
}
