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
    let chords = chords(run)?;
    let of_particles = |j: usize| match run.path() {
        Some((times, path)) => noticeable(times, &path.iter().map(|rho| rho[j]).collect::<Vec<f64>>()),
        None => broken(&times, &column(|s| &s.residual, j), &chords),
    };
    for (k, &j) in chosen.iter().enumerate() {
        let color = CURVES[k];
        let (at, rho) = of_particles(j);
        let line = Layer::line(format!("particles, sample {j}"), at, rho);
        paths = paths.with(line.color(color).width(1.0).label(format!("ρ{}", subscript(j))));
        let (at, printed) = broken(&times, &column(|s| &s.residual_ode_uncorrected, j), &chords);
        let line = Layer::line(format!("ODE as printed, sample {j}"), at, printed);
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

/// How far the loss of a step may be from that of the line between the snapshots around it, as a share of the larger loss of
/// the two; what is below `UNSEEN` of the largest loss of all does not show.
const ASTRAY: f64 = 0.3;
const UNSEEN: f64 = 1e-4;

/// For every two snapshots that follow each other, whether a line from one to the next is near the path of the residuals: the
/// loss of the steps tells, also where the path itself is not stored.
fn chords(run: &RunSource) -> Result<Vec<bool>, PlotError> {
    let (snapshots, samples) = (&run.snapshots, &run.description.samples);
    let mut near = vec![true; snapshots.len() - 1];
    let mut at = 0;
    let unseen = UNSEEN * snapshots.iter().fold(0.0, |most: f64, snapshot| most.max(snapshot.loss));
    run.file().each_step(|step| {
        while at < near.len() && snapshots[at + 1].time <= step.time {
            at += 1;
        }
        if at < near.len() {
            let (start, end) = (&snapshots[at], &snapshots[at + 1]);
            let u = (step.time - start.time) / (end.time - start.time);
            let between = (1.0 - u) * &start.residual + u * &end.residual;
            let off = (step.loss - samples.loss(&between.to_vec())).abs();
            near[at] &= off <= unseen.max(ASTRAY * start.loss.max(end.loss));
        }
    })?;
    Ok(near)
}

/// A line through values at these times, broken between two of them where it would lead astray.
fn broken(times: &[f64], values: &[f64], near: &[bool]) -> (Vec<f64>, Vec<f64>) {
    let mut line: Vec<(f64, f64)> = vec![];
    for i in 0..times.len() {
        if i > 0 && !near[i - 1] {
            line.push((f64::NAN, f64::NAN));
        }
        line.push((times[i], values[i]));
    }
    line.into_iter().unzip()
}

/// A step is drawn if its time or its residual differ from those of the last one drawn by more than this share of the time, or
/// of the largest residual.
const NOTICEABLE: f64 = 0.003;

/// Those of the start, of the steps that make a difference, and of the last one.
fn noticeable(times: &[f64], values: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let size = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let (mut line, mut last) = (vec![(times[0], values[0])], 0);
    for i in 1..times.len() {
        let moved = (values[i] - values[last]).abs() > NOTICEABLE * size;
        if moved || times[i] - times[last] > NOTICEABLE * times[i] || i + 1 == times.len() {
            line.push((times[i], values[i]));
            last = i;
        }
    }
    line.into_iter().unzip()
}
