//! Mass and second moment of each activation region over time.

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, Color, GREY, ORANGE, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Mark};
use super::super::raster::Raster;
use super::super::source::RunSource;
use super::function::labels;
use super::time::{over, time_axis, time_edges};
use crate::run::Snapshot;

/// Where there is nothing.
const NOTHING: Color = Color(238, 238, 238);

/// A quantity of a region at a snapshot.
type Of<'a> = &'a dyn Fn(&Snapshot, usize) -> f64;

/// Regions whose knots are between two samples lie between these, those that face right and left apart; the dead region and
/// the one in which all samples are active are lines below.
pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let time = time_axis(&times);
    let edges = time_edges(&times, &time);
    let s = run.description.samples.len();
    let mut figure = Figure::new("regions").grid(2, PAGE);
    if s > 1 {
        let mass: Of = &|snapshot, k| snapshot.region_mass[k];
        let moment: Of =
            &|snapshot, k| snapshot.region_covariance[[k, 0]] + snapshot.region_covariance[[k, 2]];
        for (name, title, of, label) in
            [("mass", "free mass", mass, "mass"), ("covariance", "second moment", moment, "trace of Σₖ")]
        {
            for panel in maps(run, (name, title, label), of, &over(&time, &edges), &edges) {
                figure = figure.with(panel);
            }
        }
    }
    let each = |of: &dyn Fn(&Snapshot) -> f64| -> Vec<f64> { run.snapshots.iter().map(of).collect() };
    let line = |name: &str, of: &dyn Fn(&Snapshot) -> f64| {
        Layer::line(name, times.clone(), each(of)).width(1.2).label(name)
    };
    let shares = Panel::new("shares", over(&time, &edges), Axis::new("mass").range(-0.03, 1.03))
        .height(1.1)
        .span(2)
        .with(line("free", &|s| s.region_mass.iter().skip(1).sum()).color(BLUE))
        .with(line("of these with all samples active", &|at| at.region_mass[s]).color(BLUE).dotted())
        .with(line("pinned", &|s| s.pinned_mass.sum()).color(VERMILION))
        .with(line("dead", &|s| s.region_mass[0]).color(GREY).dashed());
    let stuck = line("stuck", &|s| s.stuck_mass).color(ORANGE).dotted();
    let shares = if run.description.flow.tv() > 0.0 { shares.with(stuck) } else { shares };
    Ok(figure.with(shares))
}

/// Two maps over time and `x`, of regions that face right and left, with the same colours.
fn maps(
    run: &RunSource,
    (name, title, label): (&str, &str, &str),
    of: Of,
    time: &Axis,
    edges: &[f64],
) -> [Panel; 2] {
    let samples = run.description.samples.x();
    let s = samples.len();
    // The region with knots between samples i - 1 and i.
    let region = |right: bool, i: usize| if right { s - i } else { 2 * s - i };
    let cells = |right: bool| -> Vec<f64> {
        let row = |i: usize| run.snapshots.iter().map(move |snapshot| of(snapshot, region(right, i)));
        (1..s).flat_map(row).collect()
    };
    let both = [cells(true), cells(false)].concat();
    let coloring = Raster::map(vec![], vec![], both, true, label).coloring;
    [true, false].map(|right| {
        let facing = if right { "right-facing" } else { "left-facing" };
        let mut raster = Raster::map(edges.to_vec(), samples.to_vec(), cells(right), true, "");
        raster.coloring = coloring.clone();
        if right {
            raster.coloring.label.clear();
        }
        let up = Axis::new(if right { labels(&run.description).0 } else { "" });
        let ends = (vec![edges[0]], vec![edges[edges.len() - 1]]);
        let nothing = Layer::new("nothing", Mark::Strips { from: ends.0, to: ends.1 }).color(NOTHING);
        let first = right && name == "mass";
        let mut panel = Panel::new(
            format!("{name}, {facing}"),
            time.clone().bare(),
            up.range(samples[0], samples[s - 1]),
        )
        .title(format!("{title}, {facing}"))
        .height(if s > 40 { 2.0 } else { 1.35 })
        .with(if first { nothing.label("none") } else { nothing })
        .with(Layer::raster(name, raster));
        if s <= 30 {
            panel = panel.with(Layer::horizontal("samples", samples.to_vec()).color(BLACK).width(0.25));
        }
        panel
    })
}
