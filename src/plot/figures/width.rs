//! Distance to the limit of infinite width against the width.

use crate::io::ArrayFile;

use super::super::axis::Axis;
use super::super::color::{BLUE, GREY, VERMILION};
use super::super::error::PlotError;
use super::super::figure::{Figure, PAGE, Panel};
use super::super::layer::{Layer, Shape};

pub(super) fn figure(file: &ArrayFile) -> Result<Figure, PlotError> {
    let names = file.texts("quantity")?.unwrap_or_default();
    let width = file.numbers("width")?;
    let [mean, error] = [file.numbers("deviation_mean")?, file.numbers("deviation_error")?];
    let [slope, margin] = [file.numbers("slope")?, file.numbers("slope_margin")?];
    let own = file.numbers("limit_error")?;
    // The columns that leave the fewest cells empty; the last panel fills the row.
    let n = names.len();
    let columns = if n.div_ceil(3) * 3 - n <= n % 2 { 3 } else { 2 };
    let mut figure = Figure::new("width").grid(columns, PAGE);
    for (q, name) in names.iter().enumerate() {
        let row = q * width.len()..(q + 1) * width.len();
        let (mean, error) = (&mean[row.clone()], &error[row]);
        let low = mean.iter().zip(error).map(|(m, e)| if m > e { m - e } else { f64::NAN }).collect();
        let high = mean.iter().zip(error).map(|(m, e)| m + e).collect();
        let points = Layer::points("mean over seeds", width.clone(), mean.to_vec(), Shape::Disc);
        let bars = Layer::bars("standard error", width.clone(), low, high);
        let across = Axis::new(if q + columns < n { "" } else { "width m" }).log();
        let up = Axis::new(if q % columns == 0 { "distance" } else { "" }).log();
        let mut panel = Panel::new(name.clone(), across, up).title(name.clone()).height(1.4);
        if q + 1 == n {
            panel = panel.span(columns - q % columns);
        }
        // One legend serves all.
        let labelled = |layer: Layer, label: &str| if q == 0 { layer.label(label) } else { layer };
        if let Some(guide) = guide(&width, mean, error) {
            let line = Layer::line("slope of independent draws", width.clone(), guide);
            panel = panel.with(labelled(line.color(GREY).width(0.8).dotted(), "slope −½"));
        }
        if let Some([x, line, below, above]) = law(&width, mean, error, slope[q], margin[q]) {
            let band = Layer::band("95 % band of the slope", x.clone(), below, above).color(BLUE);
            panel = panel.with(labelled(band, "its 95 % band"));
            let line = Layer::line("slope", x, line).color(BLUE).width(1.0);
            panel = panel.with(labelled(line, "fit; slope in title"));
            let sign = if slope[q] < 0.0 { "−" } else { "" };
            // Short enough for a third of a page.
            panel.title = format!("{name}, {sign}{:.2} ± {:.2}", slope[q].abs(), margin[q]);
        }
        let line = Layer::horizontal("error of the limit", vec![own[q]]).color(GREY).width(0.8).dashed();
        if own[q] > 0.0 {
            // A line alone does not make room for itself.
            let room =
                Layer::points("room for the error", vec![width[0]], vec![own[q]], Shape::Disc).opacity(0.0);
            panel = panel.with(room).with(labelled(line, "error of the limit"));
        }
        panel = panel.with(bars.color(VERMILION).width(0.8));
        figure = figure.with(panel.with(labelled(points.color(VERMILION).size(3.6), "mean over seeds")));
    }
    let limit = file.attribute("limit").unwrap_or_default();
    let limit = if limit.is_empty() { limit } else { format!("The limit: {limit}.") };
    Ok(figure.note(limit))
}

/// The middle of the points in the logarithms of width and mean, weighted as they are fitted.
fn middle(width: &[f64], mean: &[f64], error: &[f64]) -> Option<[f64; 2]> {
    let (mut weight, mut x, mut y) = (0.0, 0.0, 0.0);
    for i in (0..width.len()).filter(|&i| mean[i] > 0.0 && error[i] > 0.0) {
        let w = (mean[i] / error[i]).powi(2);
        weight += w;
        x += w * width[i].ln();
        y += w * mean[i].ln();
    }
    let (x, y) = (x / weight, y / weight);
    (x.is_finite() && y.is_finite()).then_some([x, y])
}

/// Through the middle of the points, with the slope -1/2 of means over independent draws.
fn guide(width: &[f64], mean: &[f64], error: &[f64]) -> Option<Vec<f64>> {
    let [x, y] = middle(width, mean, error)?;
    Some(width.iter().map(|m| (y - 0.5 * (m.ln() - x)).exp()).collect())
}

/// The line of that slope through the middle of the points, and the lines of the slopes at the ends of its interval through
/// the same point.
fn law(width: &[f64], mean: &[f64], error: &[f64], slope: f64, margin: f64) -> Option<[Vec<f64>; 4]> {
    if !slope.is_finite() {
        return None;
    }
    let [x, y] = middle(width, mean, error)?;
    let line = |slope: f64| -> Vec<f64> { width.iter().map(|m| (y + slope * (m.ln() - x)).exp()).collect() };
    let [a, b] = [line(slope - margin), line(slope + margin)];
    let least = a.iter().zip(&b).map(|(a, b)| a.min(*b)).collect();
    let most = a.iter().zip(&b).map(|(a, b)| a.max(*b)).collect();
    Some([width.to_vec(), line(slope), least, most])
}
