//! How right- and left-facing neurons bend the function in the random-features regime, over time and `x`.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{GREY, sequential};
use super::super::error::PlotError;
use super::super::figure::{Figure, Panel};
use super::super::layer::Layer;
use super::super::raster::{Map, Raster, edges};
use super::time::{moment, over, time_axis, time_edges};

/// Times of which the sum is drawn.
const SHOWN: usize = 5;

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    if !file.has("curvature_density") {
        return Err(PlotError::Lacks {
            path: file.path().to_owned(),
            figure: "curvature",
            needed: "the density of curvature".to_string(),
            remedy: "make the file again from a law of (a, b): the knots of particles have no density"
                .to_string(),
        });
    }
    let [times, grid, x] = [file.numbers("time")?, file.numbers("grid")?, file.numbers("x")?];
    let values = file.numbers("curvature_density")?;
    let (low, high) = x.iter().fold((f64::MAX, f64::MIN), |(low, high), &x| (low.min(x), high.max(x)));
    let inside: Vec<usize> = (0..grid.len()).filter(|&i| low <= grid[i] && grid[i] <= high).collect();
    let at = |time: usize, facing: usize, i: usize| values[(time * 2 + facing) * grid.len() + i];
    let most = values_inside(&inside, times.len(), at);
    let axis = time_axis(&times);
    let (along, across) =
        (time_edges(&times, &axis), edges(&inside.iter().map(|&i| grid[i]).collect::<Vec<_>>()));
    let range = [across[0], across[across.len() - 1]];
    let opacity = if x.len() > 30 { 0.35 } else { 0.8 };
    let mut figure = Figure::new("curvature");
    for (facing, name, title) in
        [(0, "right-facing", "h₊, of right-facing neurons"), (1, "left-facing", "h₋, of left-facing neurons")]
    {
        let cells = inside.iter().flat_map(|&i| (0..times.len()).map(move |time| at(time, facing, i)));
        let raster = Raster::map(along.clone(), across.clone(), cells.collect(), false, "per unit x²");
        let panel = Panel::new(name, over(&axis, &along), Axis::new("x").range(range[0], range[1]))
            .height(1.3)
            .title(title)
            .with(Layer::raster(name, raster.colored(Map::Diverging, -most, most)))
            .with(Layer::horizontal("samples", x.clone()).color(GREY).width(0.4).opacity(opacity));
        figure = figure.with(panel);
    }
    let mut sum = Panel::new("sum", Axis::new("x").range(range[0], range[1]), Axis::new("f″ − f₀″"))
        .height(1.6)
        .title("curvature of the function")
        .with(Layer::vertical("samples", x.clone()).color(GREY).width(0.4).opacity(opacity));
    for k in 0..SHOWN.min(times.len()) {
        let time = (k + 1) * times.len() / SHOWN.min(times.len()) - 1;
        let both = inside.iter().map(|&i| at(time, 0, i) + at(time, 1, i)).collect();
        let points = inside.iter().map(|&i| grid[i]).collect();
        let line = Layer::line(moment(times[time]), points, both).label(moment(times[time]));
        sum = sum.with(line.color(sequential(0.2 + 0.8 * k as f64 / SHOWN as f64)).width(1.1));
    }
    Ok(figure.with(sum))
}

/// The largest magnitude of what is drawn.
fn values_inside(inside: &[usize], times: usize, at: impl Fn(usize, usize, usize) -> f64) -> f64 {
    let mut most: f64 = 0.0;
    for time in 0..times {
        for &i in inside {
            most = most.max(at(time, 0, i).abs()).max(at(time, 1, i).abs());
        }
    }
    if most > 0.0 { most } else { 1.0 }
}
