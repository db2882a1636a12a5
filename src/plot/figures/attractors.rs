//! Which samples attract and repel over time (W Lemma 2; S Fig. 3 and 7).

use super::super::axis::Axis;
use super::super::color::{BLACK, Color, GREEN, ORANGE};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::function::labels;
use super::time::{over, time_axis, time_edges};

/// Classes in the order in which they are drawn, with the code of the run file, and the width of their lines as a share.
const CLASSES: [(i8, &str, Color, f64); 4] = [
    (0, "passthrough", Color(200, 200, 200), 0.3),
    (2, "edge of the dead region", Color(120, 120, 120), 1.0),
    (-1, "repulsor", ORANGE, 1.0),
    (1, "attractor", GREEN, 1.0),
];
/// Margin on either side of the samples, as a share of their range.
const MARGIN: f64 = 0.05;

/// A line for each sample at its `x`, as in the figure `knots`, in the colour of its class.
pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let time = time_axis(&times);
    let (samples, edges) = (run.description.samples.x(), time_edges(&times, &time));
    let s = samples.len();
    let margin = if s > 1 { MARGIN * (samples[s - 1] - samples[0]) } else { 1.0 };
    // Widths of lines (points): neighbours touch where there are few, and are told apart where there are many.
    let (width, dot, height) = match s {
        0..=12 => (4.0, 2.4, 1.5),
        13..=40 => (2.2, 1.6, 1.8),
        _ => (1.3, 1.0, 2.4),
    };
    let mut figure = Figure::new("attractors").grid(2, PAGE);
    for (facing, facing_name) in [(true, "right-facing"), (false, "left-facing")] {
        for (sign, sign_name) in [(0, "r > 0"), (1, "r < 0")] {
            // The boundary at which sample j switches on is that of right-facing particles.
            let boundary = |j: usize| if facing { s - 1 - j } else { 2 * s - 1 - j };
            debug_assert!((0..s).all(|j| run.regions.sample(boundary(j)) == j));
            let code = |i: usize, j: usize| run.snapshots[i].attractor[[boundary(j), sign]];
            let first = figure.panels.is_empty();
            let across = if facing { over(&time, &edges).bare() } else { over(&time, &edges) };
            let up = Axis::new(if sign == 0 { labels(&run.description).0 } else { "" });
            let up = up.range(samples[0] - margin, samples[s - 1] + margin);
            let mut panel = Panel::new(format!("{facing_name}, {sign_name}"), across, up)
                .title(format!("{facing_name} particles with {sign_name}"))
                .height(height);
            for (class, word, color, share) in CLASSES {
                let (mut x, mut y) = (vec![], vec![]);
                for (j, &at) in samples.iter().enumerate() {
                    let within: Vec<bool> = (0..times.len()).map(|i| code(i, j) == class).collect();
                    for (from, to) in stretches(&within) {
                        x.extend([edges[from], edges[to], f64::NAN]);
                        y.extend([at, at, f64::NAN]);
                    }
                }
                let line = Layer::line(word, x, y).color(color).width((share * width).max(0.4));
                panel = panel.with(if first { line.label(word) } else { line });
            }
            let cells = (0..s).flat_map(|j| (0..times.len()).map(move |i| (i, j)));
            let held = |(i, j): &(usize, usize)| run.snapshots[*i].pinned_mass[[boundary(*j), sign]] > 0.0;
            let (x, y) = cells.filter(held).map(|(i, j)| (times[i], samples[j])).unzip();
            let pinned = Layer::points("pinned", x, y, Shape::Disc).color(BLACK).size(dot);
            figure = figure.with(panel.with(if first { pinned.label("pinned mass") } else { pinned }));
        }
    }
    Ok(figure)
}

/// Where it is true: first index, and the one after the last.
fn stretches(within: &[bool]) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = vec![];
    for (i, _) in within.iter().enumerate().filter(|(_, within)| **within) {
        match found.last_mut() {
            Some(last) if last.1 == i => last.1 = i + 1,
            _ => found.push((i, i + 1)),
        }
    }
    found
}
