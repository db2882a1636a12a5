//! A start law: the density of knots and delta-slopes as a map, the marginals along its edges.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLACK, BLUE, GREY, YELLOW};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};
use super::super::raster::{Map, Raster, edges};
use super::super::ticks::number;

/// The lightest colour is at this share of the darkest.
const FAINT: f64 = 1e-3;
/// Drawn neurons that are shown.
const SHOWN: usize = 5000;

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    let (x, knot) = (file.numbers("x")?, file.numbers("knot")?);
    // Knots that all lie at one place have a share below and no density.
    let (shown, name, label) = match file.has("knot_density") {
        true => ("knot_density", "density of knots", "per unit x"),
        false => ("knot_below", "share of knots below", "share below"),
    };
    let knots = file.numbers(shown)?;
    let window = [knot[0], knot[knot.len() - 1]];
    let opacity = if x.len() > 30 { 0.35 } else { 0.8 };
    let samples = |name: &str| Layer::vertical(name, x.clone()).color(GREY).width(0.4).opacity(opacity);
    let across = |label: &str| Axis::new(label).range(window[0], window[1]);
    let highest = knots.iter().copied().fold(0.0, f64::max);
    let along = Panel::new("knots", across(""), Axis::new(label).range(0.0, 1.08 * highest))
        .height(0.9)
        .span(3)
        .with(samples("samples"))
        .with(Layer::line(name, knot.clone(), knots).color(BLUE).width(1.3));
    let inside = file.numbers("share_in_range")?.first().copied().unwrap_or(f64::NAN);
    let share =
        format!("{} % of the knots lie in the range of the samples", number((1e3 * inside).round() / 10.0));
    let note = file.attribute("start_law").map_or(String::new(), |law| format!("Start: {law}."));
    if !file.has("density") {
        let figure = Figure::new("law").with(Panel { span: 1, ..along }.title(share));
        if !file.has("delta_slope") {
            return Ok(figure.note("Delta-slopes have two values, and no density.").note(note));
        }
        let [slopes, heights] = [file.numbers("delta_slope")?, file.numbers("delta_slope_density")?];
        let panel = Panel::new("delta-slopes", Axis::new("delta-slope"), Axis::new("per unit"))
            .height(1.3)
            .with(Layer::line("density of delta-slopes", slopes, heights).color(BLUE).width(1.3));
        return Ok(figure.with(panel).note("All knots lie at 0.").note(note));
    }
    let [slopes, heights] = [file.numbers("delta_slope")?, file.numbers("delta_slope_density")?];
    let reach = slopes[slopes.len() - 1];
    let upward = |label: &str| Axis::new(label).range(-reach, reach);
    let joint = file.numbers("density")?;
    let count = slopes.len();
    let turned: Vec<f64> = (0..count)
        .flat_map(|row| joint.iter().skip(row).step_by(count).copied().collect::<Vec<_>>())
        .collect();
    let most = turned.iter().copied().fold(0.0, f64::max);
    let raster = Raster::map(edges(&knot), edges(&slopes), turned, true, "density").colored(
        Map::Fading,
        FAINT * most,
        most,
    );
    let mut map = Panel::new("law", across("knot b/a"), upward("delta-slope"))
        .height(2.6)
        .span(3)
        .with(Layer::raster("density", raster))
        .with(samples("samples, over the map"))
        .with(Layer::horizontal("no change of slope", vec![0.0]).color(GREY).width(0.4));
    let mut words = String::new();
    if file.has("drawn_knot") {
        let drawn = [file.numbers("drawn_knot")?, file.numbers("drawn_delta_slope")?];
        let all = drawn[0].len();
        let step = all.div_ceil(SHOWN).max(1);
        let [at, mu] = drawn.map(|values| values.into_iter().step_by(step).collect::<Vec<f64>>());
        let within = |i: &usize| window[0] <= at[*i] && at[*i] <= window[1] && mu[*i].abs() <= reach;
        let chosen: Vec<usize> = (0..at.len()).filter(within).collect();
        words = format!("Dots: drawn neurons, {} of {} within the picture.", chosen.len(), at.len());
        let pick = |values: &[f64]| -> Vec<f64> { chosen.iter().map(|i| values[*i]).collect() };
        let size = if chosen.len() > 1000 { 1.1 } else { 1.6 };
        // Seen on dark and on white.
        let dots = |name: &str| Layer::points(name, pick(&at), pick(&mu), Shape::Disc);
        map = map
            .with(dots("rims of drawn neurons").color(BLACK).size(size + 0.5))
            .with(dots("drawn neurons").color(YELLOW).size(size));
    }
    let beside = Panel::new("delta-slopes", Axis::new("per unit"), upward(""))
        .height(2.6)
        .with(Layer::line("density of delta-slopes", heights, slopes).color(BLUE).width(1.3));
    let figure = Figure::new("law").grid(4, PAGE).with(along.title(share)).with(map).with(beside);
    Ok(figure.note(words).note(note))
}
