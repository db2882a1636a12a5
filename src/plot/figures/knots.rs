//! Where the function has its knots, against the logarithm of time.

use crate::problem::knot_of;

use super::super::axis::Axis;
use super::super::color::{BLACK, GREY, NEGATIVE, POSITIVE};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::{Layer, Shape};
use super::super::raster::Raster;
use super::super::source::RunSource;
use super::function::{labels, window};
use super::scatter;
use super::time::{log_time_axis, over, time_edges};

/// Up to so many particles each knot has a line of its own.
const FEW: usize = 1000;
/// Rows of the density.
const ROWS: usize = 240;

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let window = window(&run.description.samples);
    let times = run.times();
    let time = log_time_axis(&times);
    let edges = time_edges(&times, &time);
    let first = run.stored(0, "knots")?;
    let few = first.len() <= FEW;
    let across = if few { over(&time, &times) } else { over(&time, &edges) };
    let end = if few { times[times.len() - 1] } else { edges[edges.len() - 1] };
    let mut panel =
        Panel::new("knots", across, Axis::new(labels(&run.description).0).range(window[0], window[1]));
    panel = panel.height(2.2);
    let samples = run.description.samples.x();
    if few {
        panel = panel.with_all(lines(run, &times, window)?);
    } else {
        panel = panel.with(density(run, &edges, window)?).with_all(scatter::sign_entries());
    }
    // Samples on the right edge, where their clusters end.
    let edge = vec![end; samples.len()];
    let marks = Layer::points("samples", edge, samples.to_vec(), Shape::Disc).color(BLACK);
    panel = panel.with(marks.size(if samples.len() > 40 { 1.8 } else { 3.0 }).label("samples"));
    if samples.len() <= 30 {
        let lines = Layer::horizontal("lines of the samples", samples.to_vec()).color(GREY).width(0.35);
        panel.layers.insert(1, lines);
    }
    let share = first.share();
    let share = if share.is_empty() { share } else { format!("{share} are drawn.") };
    Ok(Figure::new("knots").with(panel).note(share))
}

fn lines(run: &RunSource, times: &[f64], window: [f64; 2]) -> Result<Vec<Layer>, PlotError> {
    let stored = (0..times.len()).map(|i| run.stored(i, "knots")).collect::<Result<Vec<_>, _>>()?;
    let width = if stored[0].len() > 300 { 0.35 } else { 0.6 };
    let mut lines = [[vec![], vec![]], [vec![], vec![]]];
    for particle in 0..stored[0].len() {
        for i in 1..times.len() {
            let at = |i: usize| knot_of(stored[i].particles.theta[particle]).unwrap_or(f64::INFINITY);
            let (from, to) = (at(i - 1), at(i));
            // When a knot was caught between snapshots, or let go, is not known: a chord would have all of them arrive together.
            let pinned = |i: usize| scatter::is_pinned(stored[i].particles.place[particle].kind());
            if pinned(i - 1) != pinned(i) {
                continue;
            }
            // Knots that leave to one side and come back from the other pass through infinity.
            if (to - from).abs() > 2.0 * (window[1] - window[0]) || !(to - from).is_finite() {
                continue;
            }
            let [x, y] = &mut lines[usize::from(stored[i].particles.r[particle] < 0.0)];
            x.extend([times[i - 1], times[i], f64::NAN]);
            y.extend([from, to, f64::NAN]);
        }
    }
    let [[positive_x, positive_y], [negative_x, negative_y]] = lines;
    Ok(vec![
        Layer::line("r >= 0", positive_x, positive_y)
            .color(POSITIVE)
            .width(width)
            .opacity(0.6)
            .label("r ≥ 0"),
        Layer::line("r < 0", negative_x, negative_y).color(NEGATIVE).width(width).opacity(0.6).label("r < 0"),
    ])
}

/// The mass of knots in each cell, a column for each snapshot.
fn density(run: &RunSource, edges: &[f64], window: [f64; 2]) -> Result<Layer, PlotError> {
    let columns = run.snapshots.len();
    let mut raster = Raster::density([0.0, 1.0], window, [columns, ROWS], std::iter::empty());
    for column in 0..columns {
        let scatter = run.stored(column, "knots")?;
        let p = &scatter.particles;
        let knots = (0..scatter.len())
            .filter_map(|i| Some((0.5, knot_of(p.theta[i])?, scatter.mass[i], p.r[i] < 0.0)));
        let one = Raster::density([0.0, 1.0], window, [1, ROWS], knots);
        for row in 0..ROWS {
            raster.values[row * columns + column] = one.values[row];
            raster.negative[row * columns + column] = one.negative[row];
        }
    }
    raster.x = edges.to_vec();
    let sums = raster.values.iter().zip(&raster.negative).map(|(a, b)| a + b).filter(|sum| *sum > 0.0);
    let (least, most) = sums.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), s| (a.min(s), b.max(s)));
    raster.coloring.range = [least, most];
    raster.coloring.label = "mass in a cell".to_string();
    Ok(Layer::raster("density", raster))
}
