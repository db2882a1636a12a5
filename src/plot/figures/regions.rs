//! Mass and second moment of each activation region over time.

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREY, ORANGE, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::Layer;
use super::super::raster::Raster;
use super::super::source::RunSource;
use super::time::{over, time_axis, time_edges};

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let time = time_axis(&times);
    let count = run.regions.boundaries();
    let x = time_edges(&times, &time);
    let y: Vec<f64> = (0..=count).map(|k| k as f64 - 0.5).collect();
    // Row by row from region 0 on.
    let cells = |of: &dyn Fn(&crate::run::Snapshot, usize) -> f64| -> Vec<f64> {
        (0..count).flat_map(|k| run.snapshots.iter().map(move |s| of(s, k))).collect()
    };
    let panel = |name: &str, title: &str, values: Vec<f64>, label: &str| {
        let raster = Raster::map(x.clone(), y.clone(), values, true, label);
        Panel::new(name, over(&time, &x).bare(), Axis::new("region k").range(-0.5, count as f64 - 0.5))
            .title(title)
            .height(1.35)
            .with(Layer::raster(name, raster))
    };
    let mass = panel("mass", "free particles; region 0 is dead", cells(&|s, k| s.region_mass[k]), "mass");
    let moment = cells(&|s, k| s.region_covariance[[k, 0]] + s.region_covariance[[k, 2]]);
    let moment = panel("covariance", "their second moment", moment, "trace of Σₖ");
    let each =
        |of: &dyn Fn(&crate::run::Snapshot) -> f64| -> Vec<f64> { run.snapshots.iter().map(of).collect() };
    let line = |name: &str, of: &dyn Fn(&crate::run::Snapshot) -> f64| {
        Layer::line(name, times.clone(), each(of)).width(1.2).label(name)
    };
    let shares = Panel::new("shares", over(&time, &x), Axis::new("mass").range(-0.03, 1.03))
        .height(1.1)
        .with(line("free", &|s| s.region_mass.iter().skip(1).sum()).color(BLUE))
        .with(line("pinned", &|s| s.pinned_mass.sum()).color(VERMILION))
        .with(line("dead", &|s| s.region_mass[0]).color(GREY).dashed());
    let stuck = line("stuck", &|s| s.stuck_mass).color(ORANGE).dotted();
    let shares = if run.description.flow.tv() > 0.0 { shares.with(stuck) } else { shares };
    let boundary = Layer::horizontal("dead region", vec![0.5]).color(BLACK).width(0.4);
    Ok(Figure::new("regions").with(mass.with(boundary.clone())).with(moment.with(boundary)).with(shares))
}
