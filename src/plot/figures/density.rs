//! The density on the cylinder as a map, and what boundaries hold as curves beside it.

use std::f64::consts::{FRAC_PI_2, TAU};
use std::path::Path;

use crate::flow::{Densities, DensityGrid};
use crate::problem::Regions;
use crate::system::text;

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, Color, GREY, ORANGE, PURPLE, VERMILION, WHITE, YELLOW};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::raster::{Map, Raster};
use super::super::source::RunSource;
use super::super::ticks::number;
use super::scatter::cylinder;
use super::time::moment;

/// The lightest colour is at this share of the darkest.
const DECADES: f64 = 1e-3;
/// Lines with less than this share of the pinned mass have no colour of their own.
const NOTABLE: f64 = 0.01;
/// Less mass than this is rounding, and no line.
const ROUNDING: f64 = 1e-9;
/// Colours of lines, none of which is one of the map's.
const COLORS: [Color; 5] = [VERMILION, BLACK, ORANGE, PURPLE, BLUE];
/// Particles of another run that are drawn.
const OVER: usize = 2000;

pub(super) fn figure(run: &RunSource, index: usize) -> Result<Figure, PlotError> {
    let lacks = || PlotError::Lacks {
        path: run.file().path().to_owned(),
        figure: "density",
        needed: "a density".to_string(),
        remedy: "run again with measure.representation = \"density\"".to_string(),
    };
    let grid = run.description.density.ok_or_else(lacks)?;
    let densities = run.file().densities(index)?.ok_or_else(lacks)?;
    let rows = grid.amplitude_faces();
    let most = densities.density.iter().copied().fold(0.0, f64::max);
    let limit = limit(&densities, &rows, most);
    let lines = lines(run, &densities, &rows);
    let time = run.snapshots[index].time;
    let mut map = Panel {
        name: "density".to_string(),
        layers: vec![Layer::raster("density", raster(&grid, &densities, &run.regions, most))],
        ..super::cylinder::empty(run, limit)
    }
    .title(format!("density at {}", moment(time)))
    .height(2.6)
    .span(3)
    .with_all(boundaries(&run.regions))
    .with_all(lines.iter().flat_map(|line| line.on_map(&run.regions)));
    let mut pinned =
        Panel::new("pinned", Axis::new("pinned mass per unit r"), Axis::new("r").range(-limit, limit))
            .title("pinned")
            .height(2.6)
            .with(Layer::horizontal("r = 0", vec![0.0]).color(GREY));
    for line in &lines {
        pinned = pinned.with(line.curve());
    }
    let mut note = format!(
        "Coloured lines: boundaries that hold mass, with its density in r beside the map. Pinned {}, dead {}.",
        share(run.snapshots[index].pinned_mass.sum()),
        share(run.snapshots[index].region_mass[0]),
    );
    if let Some(over) = run.over() {
        let (layers, words) = particles(over, time)?;
        map = map.with_all(layers);
        note = format!("{note} {words}");
    }
    Ok(Figure::new("density").grid(4, PAGE).with(map).with(pinned).note(note))
}

/// A share of the mass, to a tenth of a percent.
pub(super) fn share(mass: f64) -> String {
    format!("{} %", number((1e3 * mass).round() / 10.0))
}

/// The amplitude beyond which there is nothing to see.
pub(super) fn limit(densities: &Densities, rows: &[f64], most: f64) -> f64 {
    let (count, lines) = (rows.len() - 1, &densities.line_density);
    let highest = lines.iter().copied().fold(0.0, f64::max);
    let columns = densities.density.len() / count;
    let seen = |row: usize| {
        let cells = &densities.density[row * columns..(row + 1) * columns];
        cells.iter().any(|value| *value > DECADES * most)
            || lines.iter().skip(row).step_by(count).any(|value| *value > DECADES * highest)
    };
    let far = |row: usize| rows[row].abs().max(rows[row + 1].abs());
    (0..count).filter(|&row| seen(row)).map(far).fold(rows[count] / count as f64, f64::max)
}

/// Columns from `-pi/2` to `3 pi/2`: the one that is cut there, in the dead region, is drawn at both ends.
fn raster(grid: &DensityGrid, densities: &Densities, regions: &Regions, most: f64) -> Raster {
    let (faces, rows) = (grid.theta_faces(regions), grid.amplitude_faces());
    let (columns, end) = (faces.len() - 1, TAU - FRAC_PI_2);
    let cut = (0..columns).find(|&i| faces[i + 1] > end).unwrap_or(columns);
    let mut x = vec![-FRAC_PI_2];
    x.extend(faces[cut + 1..].iter().map(|theta| theta - TAU));
    x.extend(&faces[1..=cut]);
    x.push(end);
    // Both ends of the turn are one face.
    let order: Vec<usize> = (cut..columns).chain(0..=cut).filter(|&i| i < columns).collect();
    let values = (0..rows.len() - 1)
        .flat_map(|row| order.iter().map(move |&i| densities.density[row * columns + i]))
        .collect();
    Raster::map(x, rows, values, true, "per unit r and rad").colored(Map::Fading, DECADES * most, most)
}

/// A pinned line that is worth a colour.
struct Line {
    boundary: usize,
    name: String,
    color: Color,
    mass: f64,
    r: Vec<f64>,
    density: Vec<f64>,
}

/// The lines of a moment, those with most mass first.
fn lines(run: &RunSource, densities: &Densities, rows: &[f64]) -> Vec<Line> {
    let (regions, count) = (&run.regions, rows.len() - 1);
    let height = rows[1] - rows[0];
    let middles: Vec<f64> = rows.windows(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect();
    let mut lines: Vec<Line> = (0..regions.boundaries())
        .map(|boundary| {
            let density = densities.line_density[boundary * count..(boundary + 1) * count].to_vec();
            let j = regions.sample(boundary);
            let side = if regions.switches_on(boundary) { "on" } else { "off" };
            Line {
                boundary,
                name: format!("x = {} {side}", number(run.description.samples.x()[j])),
                color: GREY,
                mass: height * density.iter().sum::<f64>(),
                r: middles.clone(),
                density,
            }
        })
        .collect();
    let total = mass(&lines);
    lines.retain(|line| line.mass > (NOTABLE * total).max(ROUNDING));
    lines.sort_by(|a, b| b.mass.total_cmp(&a.mass).then(a.boundary.cmp(&b.boundary)));
    lines.iter_mut().zip(COLORS).for_each(|(line, color)| line.color = color);
    lines
}

fn mass(lines: &[Line]) -> f64 {
    lines.iter().map(|line| line.mass).sum()
}

impl Line {
    /// On the map, where it holds mass: with a rim, so that it is seen on every colour.
    fn on_map(&self, regions: &Regions) -> [Layer; 2] {
        let most = self.density.iter().copied().fold(0.0, f64::max);
        let theta = regions.angle(self.boundary);
        let held = self.density.iter().map(|density| *density > 0.02 * most);
        let x: Vec<f64> = held.map(|held| if held { theta } else { f64::NAN }).collect();
        let line = |name: &str| Layer::line(format!("{name}, {}", self.name), x.clone(), self.r.clone());
        [
            line("rim").color(WHITE).width(4.0),
            line("holds").color(self.color).width(2.4).label(self.name.clone()),
        ]
    }

    /// Its density against `r`.
    fn curve(&self) -> Layer {
        Layer::line(self.name.clone(), self.density.clone(), self.r.clone()).color(self.color).width(1.2)
    }
}

/// All boundaries, thin.
fn boundaries(regions: &Regions) -> Vec<Layer> {
    let all: Vec<f64> = (0..regions.boundaries()).map(|b| regions.angle(b)).collect();
    let (width, opacity) = if all.len() > 60 { (0.25, 0.4) } else { (0.4, 0.8) };
    vec![
        Layer::vertical("boundaries", all).color(GREY).width(width).opacity(opacity),
        Layer::horizontal("r = 0, over the map", vec![0.0]).color(GREY).width(0.4),
    ]
}

/// Particles of another run at the snapshot next to this time.
fn particles(over: &RunSource, time: f64) -> Result<(Vec<Layer>, String), PlotError> {
    let times = over.times();
    let distance = |i: &usize| (times[*i] - time).abs();
    let index = (0..times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
    let scatter = over.scatter(index, "density")?;
    let p = &scatter.particles;
    let step = scatter.len().div_ceil(OVER).max(1);
    let chosen = (0..scatter.len()).step_by(step).map(|i| cylinder(p.r[i], p.theta[i]));
    let (x, y) = chosen.map(|[x, y]| (x, y)).unzip();
    // Seen on dark and on white.
    let rims = Layer::points("rims of particles", Vec::clone(&x), Vec::clone(&y), Shape::Disc);
    let dots = Layer::points("particles", x, y, Shape::Disc).color(YELLOW).size(1.5).label("particles");
    let layers = vec![rims.color(BLACK).size(2.1), dots];
    let words = format!(
        "Dots: {} of {} particles of {} at {}.",
        number(scatter.len().div_ceil(step) as f64),
        number(scatter.all as f64),
        text::path(Path::new(over.file().path().file_name().unwrap_or_default())),
        moment(times[index])
    );
    Ok((layers, words))
}
