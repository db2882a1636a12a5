//! Paths of some particles in the plane and on the cylinder (W Fig. 6).

use super::super::color::{NEGATIVE, POSITIVE};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::source::RunSource;
use super::scatter::{self, Place};
use super::{cylinder, plane};

/// Paths drawn at most.
const PATHS: usize = 100;

pub(super) fn figure(run: &RunSource) -> Result<Figure, PlotError> {
    let first = run.stored(0, "trajectories")?;
    let stored = first.len();
    let count = stored.min(PATHS);
    // Evenly over the particle numbers, which say nothing about where particles are.
    let chosen: Vec<usize> = (0..count).map(|i| i * stored / count).collect();
    let mut paths = vec![vec![]; count];
    for index in 0..run.snapshots.len() {
        let scatter = run.stored(index, "trajectories")?;
        for (path, &i) in paths.iter_mut().zip(&chosen) {
            path.push([scatter.particles.r[i], scatter.particles.theta[i]]);
        }
    }
    let all = paths.iter().flatten().map(|[r, _]| *r);
    let limit = 1.04 * scatter::reach(all, 0.01);
    let panel = |panel: Panel, place: Place| panel.with_all(layers(&paths, place));
    let note = if count < first.all { format!("{count} of {} particles.", first.all) } else { String::new() };
    Ok(Figure::new("trajectories")
        .grid(2, PAGE)
        .with(panel(plane::empty(&run.regions, limit), scatter::plane))
        .with(panel(cylinder::empty(run, limit), scatter::cylinder).height(2.72))
        .note(note))
}

/// Lines by sign of `r`; where the sign changes, both reach the point between.
fn layers(paths: &[Vec<[f64; 2]>], place: Place) -> Vec<Layer> {
    let mut lines = [[vec![], vec![]], [vec![], vec![]]];
    for path in paths {
        for pair in path.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            // The jump of theta where the cylinder is cut open, or where w passes through 0.
            let (mut from, mut to) = (place(a[0], a[1]), place(b[0], b[1]));
            let turned = (b[1] - a[1]).rem_euclid(std::f64::consts::TAU);
            if turned.min(std::f64::consts::TAU - turned) > 2.0 {
                continue;
            }
            if (to[0] - from[0]).abs() > 4.0 && place(1.0, 0.5)[0] == 0.5 {
                continue;
            }
            let mut add = |negative: bool, from: [f64; 2], to: [f64; 2]| {
                let [x, y] = &mut lines[usize::from(negative)];
                x.extend([from[0], to[0], f64::NAN]);
                y.extend([from[1], to[1], f64::NAN]);
            };
            if (a[0] < 0.0) != (b[0] < 0.0) {
                let share = a[0] / (a[0] - b[0]);
                let zero = place(0.0, a[1] + share * (b[1] - a[1]));
                add(a[0] < 0.0, from, zero);
                (from, to) = (zero, to);
            }
            add(b[0] < 0.0, from, to);
        }
    }
    let ends = |last: bool| -> [Vec<f64>; 2] {
        let of = |path: &Vec<[f64; 2]>| if last { path[path.len() - 1] } else { path[0] };
        let (x, y) = paths.iter().map(of).map(|[r, theta]| place(r, theta)).map(|[x, y]| (x, y)).unzip();
        [x, y]
    };
    let [[positive_x, positive_y], [negative_x, negative_y]] = lines;
    let [[start_x, start_y], [end_x, end_y]] = [ends(false), ends(true)];
    vec![
        Layer::line("r >= 0", positive_x, positive_y).color(POSITIVE).width(0.8).label("r ≥ 0"),
        Layer::line("r < 0", negative_x, negative_y).color(NEGATIVE).width(0.8).label("r < 0"),
        // Rings around discs: what has not moved shows both.
        Layer::points("end", end_x, end_y, Shape::Disc).size(2.0).label("end"),
        Layer::points("start", start_x, start_y, Shape::Ring).size(3.2).width(0.4).label("start"),
    ]
}
