//! The loss, and where its energy goes.

use super::super::axis::Axis;
use super::super::color::{BLUE, GREEN, ORANGE, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::time::time_axis;

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let each = |of: fn(&crate::run::Snapshot) -> f64| -> Vec<f64> { run.snapshots.iter().map(of).collect() };
    let loss = each(|s| s.loss);
    let mut panel = Panel::new("loss", time_axis(&times).bare(), Axis::new("loss").log()).height(1.35).with(
        Layer::line("loss", times.clone(), loss.clone()).color(BLUE).width(1.4).label("L = ½ Σ nⱼ ρⱼ²"),
    );
    let penalty = each(|s| s.total_variation_penalty);
    let energy: Vec<f64> = loss.iter().zip(&penalty).map(|(loss, penalty)| loss + penalty).collect();
    if run.description.flow.tv() > 0.0 {
        panel = panel
            .with(
                Layer::line("penalty", times.clone(), penalty)
                    .color(ORANGE)
                    .width(1.0)
                    .dashed()
                    .label("λ ∫ |r| dμ"),
            )
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
    let note = "E is the loss with the penalty. Where snapshots are far apart, the difference quotient is a mean \
                over the time between them.";
    Ok(Figure::new("loss").with(panel).with(balance).note(note))
}
