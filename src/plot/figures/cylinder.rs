//! Particles on the cylinder: `r` against `theta`.

use std::f64::consts::{FRAC_PI_2, TAU};

use super::super::axis::Axis;
use super::super::color::GREY;
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Mark};
use super::super::source::RunSource;
use super::density_signs::SignMap;
use super::scatter;
use super::time::moment;

/// Cells of a density.
const CELLS: [usize; 2] = [400, 240];

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    if let Some(map) = SignMap::of(run, index)? {
        let limit = map.limit();
        let window = [[-FRAC_PI_2, TAU - FRAC_PI_2], [-limit, limit]];
        let back = |theta: f64, r: f64| {
            [[r.abs(), theta, f64::from(r >= 0.0)], [-r.abs(), theta, f64::from(r < 0.0)]]
        };
        let layers = map.layers(window, CELLS, back, scatter::cylinder, "per unit r and rad");
        let panel = empty(run, limit).title(moment(run.snapshots[index].time)).with_all(layers);
        return Ok(Figure::new("cylinder").with(panel));
    }
    let scatter = run.scatter(index, "cylinder")?;
    let limit = 1.04 * scatter::reach(scatter.particles.r.iter().copied(), super::plane::OUTSIDE);
    let window = [[-FRAC_PI_2, TAU - FRAC_PI_2], [-limit, limit]];
    let (layers, note) = scatter::layers(&scatter, scatter::cylinder, window, CELLS);
    let panel = empty(run, limit).title(moment(run.snapshots[index].time)).with_all(layers);
    let far = scatter.particles.r.iter().filter(|r| r.abs() > limit).count();
    let far = if far > 0 { format!("{far} particles are farther out.") } else { String::new() };
    Ok(Figure::new("cylinder").with(panel).note(note).note(far))
}

/// The cylinder with its boundaries, `r` from `-limit` to `limit`.
pub(super) fn empty(run: &RunSource, limit: f64) -> Panel {
    let regions = &run.regions;
    let (count, s) = (regions.boundaries(), regions.samples());
    let angles = |range: std::ops::Range<usize>| range.map(|b| regions.angle(b)).collect::<Vec<f64>>();
    let dead = Mark::Strips {
        from: vec![-FRAC_PI_2, regions.angle(count - 1)],
        to: vec![regions.angle(0), TAU - FRAC_PI_2],
    };
    let (width, opacity) = if s > 30 { (0.25, 0.5) } else { (0.5, 1.0) };
    let theta = Axis::new("θ (rad)").range(-FRAC_PI_2, TAU - FRAC_PI_2).in_pi();
    Panel::new("cylinder", theta, Axis::new("r").range(-limit, limit))
        .height(1.9)
        .with(Layer::new("dead region", dead).color(GREY).opacity(0.22).label("dead region"))
        .with(
            Layer::vertical("samples switch on", angles(0..s))
                .color(GREY)
                .width(width)
                .opacity(opacity)
                .label("xⱼ on, off"),
        )
        .with(
            Layer::vertical("samples switch off", angles(s..count)).color(GREY).width(width).opacity(opacity),
        )
        .with(Layer::horizontal("r = 0", vec![0.0]).color(GREY))
}
