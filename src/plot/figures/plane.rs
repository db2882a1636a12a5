//! Particles in the plane of W eq. 6, with the lines of the samples and the activation regions.

use crate::problem::Regions;

use super::super::axis::Axis;
use super::super::color::{GREY, SKY, WHITE};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Mark};
use super::super::source::RunSource;
use super::density_signs::SignMap;
use super::scatter;
use super::time::moment;

/// Height of a frame that is about square beside a bar of colours (inches).
const BESIDE_BAR: f64 = 2.15;
/// Cells of a density along either side.
pub(super) const CELLS: usize = 320;
/// The share of particles that may lie outside the window, where some are very far out.
pub(super) const OUTSIDE: f64 = 2e-3;

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    if let Some(map) = SignMap::of(run, index)? {
        let limit = map.limit();
        // Per area of the plane, `du dv = |r| dr dtheta`.
        let back = |u: f64, v: f64| {
            let (size, theta) = (u.hypot(v), v.atan2(u));
            [[size, theta, 1.0 / size], [-size, theta, 1.0 / size]]
        };
        let window = [[-limit, limit]; 2];
        let layers = map.layers(window, [CELLS; 2], back, scatter::plane, "per unit area");
        let panel = empty(&run.regions, limit).title(moment(run.snapshots[index].time)).with_all(layers);
        return Ok(Figure::new("plane").with(panel.height(BESIDE_BAR)));
    }
    let scatter = run.scatter(index, "plane")?;
    let reach = scatter::reach(scatter.particles.r.iter().copied(), OUTSIDE);
    let limit = 1.04 * reach;
    let (layers, note) = scatter::layers(&scatter, scatter::plane, [[-limit, limit]; 2], [CELLS; 2]);
    let mut panel = empty(&run.regions, limit).title(moment(run.snapshots[index].time)).with_all(layers);
    if panel.bar().is_some() {
        panel = panel.height(BESIDE_BAR);
    }
    let far = scatter.particles.r.iter().filter(|r| r.abs() > limit).count();
    let far = if far > 0 { format!("{far} particles are farther out.") } else { String::new() };
    Ok(Figure::new("plane").with(panel).note(note).note(far))
}

/// The plane with regions and lines, from `-limit` to `limit`.
pub(super) fn empty(lines_of: &Regions, limit: f64) -> Panel {
    let axis = |label: &str| Axis::new(label).range(-limit, limit);
    let panel = Panel::new("plane", axis("u = |r| cos θ"), axis("v = |r| sin θ")).height(2.72).equal();
    panel.with_all(regions(lines_of, limit)).with(lines(lines_of, limit))
}

/// A wedge for each region, darker the more samples are active; the dead region grey.
fn regions(regions: &Regions, limit: f64) -> Vec<Layer> {
    let (count, s) = (regions.boundaries(), regions.samples());
    let far = 3.0 * limit;
    let wedge = |k: usize| {
        let from = if k == 0 { regions.angle(count - 1) } else { regions.angle(k - 1) };
        let to = if k == 0 { regions.angle(0) + std::f64::consts::TAU } else { regions.angle(k) };
        let steps = ((to - from) / 0.4).ceil().max(1.0) as usize;
        let angles = (0..=steps).map(|i| from + (to - from) * i as f64 / steps as f64);
        let (mut x, mut y) = (vec![0.0], vec![0.0]);
        for angle in angles {
            x.push(far * angle.cos());
            y.push(far * angle.sin());
        }
        let share = regions.active(k).len() as f64 / s as f64;
        let color = if k == 0 { GREY.mixed(WHITE, 0.75) } else { WHITE.mixed(SKY, 0.3 * share) };
        let name = if k == 0 { "dead region".to_string() } else { format!("region {k}") };
        let layer = Layer::new(name, Mark::Polygon { x, y }).color(color);
        if k == 0 { layer.label("dead region") } else { layer }
    };
    (0..count).map(wedge).collect()
}

/// The lines `u x_j + v = 0`.
fn lines(regions: &Regions, limit: f64) -> Layer {
    let far = 3.0 * limit;
    let (mut x, mut y) = (vec![], vec![]);
    for b in 0..regions.samples() {
        let [dx, dy] = regions.direction(b);
        x.extend([-far * dx, far * dx, f64::NAN]);
        y.extend([-far * dy, far * dy, f64::NAN]);
    }
    let (width, opacity) = if regions.samples() > 30 { (0.25, 0.5) } else { (0.5, 1.0) };
    Layer::line("sample lines", x, y).color(GREY).width(width).opacity(opacity).label("u xⱼ + v = 0")
}
