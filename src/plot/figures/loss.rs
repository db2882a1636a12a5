//! The loss, and where its energy goes.

use super::super::axis::Axis;
use super::super::color::{BLUE, GREEN, GREY, ORANGE, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::time::time_axis;
use crate::flow::residual_scale;

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let each = |of: fn(&crate::run::Snapshot) -> f64| -> Vec<f64> { run.snapshots.iter().map(of).collect() };
    let loss = each(|s| s.loss);
    let (fine_times, fine_loss) = losses(run)?;
    let mut panel = Panel::new("loss", time_axis(&times).bare(), Axis::new("loss").log())
        .height(1.35)
        .with(Layer::line("loss", fine_times, fine_loss).color(BLUE).width(1.4).label("L = ½ Σ nⱼ ρⱼ²"));
    let floor = floor(run);
    let reached = floor > 0.0 && loss.iter().any(|&loss| loss < floor);
    if reached {
        let line = Layer::horizontal("floor", vec![floor]).color(GREY).width(0.7).dashed();
        panel = panel.with(line.label("what the tolerance leaves"));
    }
    let penalty = each(|s| s.penalty);
    let energy: Vec<f64> = loss.iter().zip(&penalty).map(|(loss, penalty)| loss + penalty).collect();
    if run.description.flow.is_penalized() {
        panel = panel
            .with(Layer::line("penalty", times.clone(), penalty).color(ORANGE).width(1.0).dashed().label(
                match run.description.flow.decay() > 0.0 {
                    true => "½ λ ∫ |w|² + c² dμ (of what trains)",
                    false => "λ ∫ |r| dμ",
                },
            ))
            .with(Layer::line("energy", times.clone(), energy.clone()).color(GREEN).width(1.0).label("sum"));
    }
    // -dE/dt between snapshots, beside the dissipation at them.
    let (mut middle, mut slope) = (vec![], vec![]);
    for i in 1..times.len() {
        let step = times[i] - times[i - 1];
        middle.push(0.5 * (times[i] + times[i - 1]));
        slope.push((energy[i - 1] - energy[i]) / step);
    }
    let dissipation = each(|s| s.energy_dissipation);
    let balance = Panel::new("balance", time_axis(&times), Axis::new("energy / time").log())
        .height(1.35)
        .with(Layer::line("dissipation", times, dissipation).color(BLUE).width(1.2).label("∫ |velocity|² dμ"))
        .with(
            Layer::points("rate", middle, slope, Shape::Ring)
                .color(VERMILION)
                .size(3.0)
                .width(0.7)
                .label("−ΔE/Δt between snapshots"),
        );
    Ok(Figure::new("loss").with(panel).with(balance))
}

/// A step is drawn if time or loss differ by more than this share from those of the last one drawn.
const NOTICEABLE: f64 = 0.005;

/// Times and losses of the start and of all steps that make a difference: the first snapshots may have the whole transient
/// between them. Of a recovered file, in which steps are lost, those of the snapshots as well.
pub(super) fn losses(run: &RunSource) -> Result<(Vec<f64>, Vec<f64>), PlotError> {
    let mut all: Vec<[f64; 2]> =
        run.snapshots.iter().map(|snapshot| [snapshot.time, snapshot.loss]).collect();
    let mut last = all[0];
    run.file().each_step(|step| {
        let now = [step.time, step.loss];
        if (0..2).any(|i| (now[i] - last[i]).abs() > NOTICEABLE * now[i].abs().max(last[i].abs())) {
            all.push(now);
            last = now;
        }
    })?;
    all.sort_by(|a, b| a[0].total_cmp(&b[0]));
    all.dedup_by_key(|point| point[0]);
    Ok(all.into_iter().map(|[time, loss]| (time, loss)).unzip())
}

/// The loss of residuals that err as the tolerance admits: `1/2 Sum_j n_j eps^2`; 0 where no tolerance is kept.
fn floor(run: &RunSource) -> f64 {
    let description = &run.description;
    if description.flow.given_step(description.mass.len()).is_some() {
        return 0.0;
    }
    let eps =
        description.tolerance * residual_scale(&description.samples, &run.snapshots[0].residual.to_vec());
    0.5 * description.samples.weight().iter().sum::<f64>() * eps * eps
}
