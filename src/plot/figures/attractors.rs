//! Which samples attract and repel over time (W Lemma 2; S Fig. 3 and 7).

use super::super::axis::Axis;
use super::super::color::{BLACK, Color, GREEN, GREY, ORANGE, WHITE};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::raster::Raster;
use super::super::source::RunSource;
use super::time::{over, time_axis, time_edges};

/// Classes in the order of their colours, from the code of the run file.
const CLASSES: [(i8, &str, Color); 4] = [
    (-1, "repulsor", ORANGE),
    (0, "passthrough", Color(236, 236, 236)),
    (1, "attractor", GREEN),
    (2, "edge of the dead region", Color(170, 170, 170)),
];

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let times = run.times();
    let time = time_axis(&times);
    let (s, regions) = (run.description.samples.len(), &run.regions);
    let (x, y): (Vec<f64>, Vec<f64>) = (time_edges(&times, &time), (0..=s).map(|j| j as f64 - 0.5).collect());
    let mut figure = Figure::new("attractors").grid(2, PAGE);
    for (facing, facing_name) in [(true, "right-facing"), (false, "left-facing")] {
        for (sign, sign_name) in [(0, "r > 0"), (1, "r < 0")] {
            // The boundary at which sample j switches on is that of right-facing particles.
            let boundary = |j: usize| if facing { s - 1 - j } else { 2 * s - 1 - j };
            let class = |i: usize, j: usize| {
                let code = run.snapshots[i].attractor[[boundary(j), sign]];
                CLASSES.iter().position(|class| class.0 == code).map_or(f64::NAN, |at| at as f64)
            };
            debug_assert!((0..s).all(|j| regions.sample(boundary(j)) == j));
            let cells = (0..s).flat_map(|j| (0..times.len()).map(move |i| (i, j)));
            let values = cells.clone().map(|(i, j)| class(i, j)).collect();
            let colors = CLASSES.map(|class| class.2).to_vec();
            let raster = Raster::classes(x.clone(), y.clone(), values, colors);
            let held = |(i, j): &(usize, usize)| run.snapshots[*i].pinned_mass[[boundary(*j), sign]] > 0.0;
            let (at, sample) = cells.filter(held).map(|(i, j)| (times[i], j as f64)).unzip();
            let name = format!("{facing_name}, {sign_name}");
            let axis = Axis::new("sample j").range(-0.5, s as f64 - 0.5);
            let mut panel =
                Panel::new(name.clone(), if facing { over(&time, &x).bare() } else { over(&time, &x) }, axis)
                    .title(format!("{facing_name} particles with {sign_name}"))
                    .height(1.5)
                    .with(Layer::raster("class", raster));
            if figure.panels.is_empty() {
                for (_, word, color) in CLASSES {
                    let entry = Layer::points(format!("entry of {word}"), vec![], vec![], Shape::Square);
                    panel = panel.with(entry.color(color).size(5.0).label(word));
                }
            }
            let size = if s > 40 { 1.0 } else { 2.4 };
            let pinned = Layer::points("pinned", at, sample, Shape::Disc).color(BLACK).size(size);
            panel = panel.with(if figure.panels.is_empty() { pinned.label("pinned mass") } else { pinned });
            if s <= 30 {
                let lines =
                    Layer::horizontal("between samples", y[1..s].to_vec()).color(WHITE.mixed(GREY, 0.3));
                panel.layers.insert(1, lines.width(0.3));
            }
            figure = figure.with(panel);
        }
    }
    Ok(figure)
}
