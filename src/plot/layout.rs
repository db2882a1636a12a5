//! Where panels, labels and legends go on the page.

use super::axis::Span;
use super::figure::{Figure, Panel};
use super::font::{LABEL, SMALL, text_width};
use super::layer::{Layer, Mark};
use super::rect::{POINT, Rect};
use super::ticks::Tick;

/// Gaps and lengths (points).
pub(crate) const TICK: f64 = 3.0;
pub(crate) const GAP: f64 = 3.0;
pub(crate) const LINE: f64 = 10.0;
/// Length of a sample of a line in a legend, and the gap between entries.
pub(crate) const SWATCH: f64 = 14.0;
pub(crate) const ENTRY_GAP: f64 = 8.0;
/// Width of a bar of colours with its gap.
pub(crate) const BAR: f64 = 8.0;

/// A panel on the page. Lengths are in drawing units.
pub(crate) struct Placed<'f> {
    pub panel: &'f Panel,
    /// Between the axes.
    pub frame: Rect,
    pub x: Span,
    pub y: Span,
    pub x_ticks: Vec<Tick>,
    pub y_ticks: Vec<Tick>,
    pub x_label: String,
    pub y_label: String,
    /// The title, in lines.
    pub title: Vec<String>,
    /// Rows of the legend: numbers of layers.
    pub legend: Vec<Vec<usize>>,
    /// Whether the legend is above the title, which then stands beside those of the other panels of the row.
    pub legend_first: bool,
    /// Ticks of the bar of colours.
    pub bar: Option<(Span, Vec<Tick>)>,
}

/// All panels and the size of the page.
pub(crate) struct Layout<'f> {
    pub panels: Vec<Placed<'f>>,
    pub size: [f64; 2],
    /// The title above all, in lines.
    pub title: Vec<String>,
    /// The note, in lines.
    pub note: Vec<String>,
}

/// What a panel needs around its frame.
#[derive(Default, Clone, Copy)]
struct Margins {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn points(length: f64) -> f64 {
    length * POINT
}

impl<'f> Layout<'f> {
    pub fn new(figure: &'f Figure) -> Layout<'f> {
        let width = points(72.0 * figure.width);
        let columns = figure.columns.max(1);
        let cell = width / columns as f64;
        // Which row and column each panel begins in.
        let (mut at, mut row, mut column) = (vec![], 0, 0);
        for panel in &figure.panels {
            let span = panel.span.min(columns);
            if column + span > columns {
                (row, column) = (row + 1, 0);
            }
            at.push((row, column, span));
            column += span;
        }
        let mut placed: Vec<(Placed, Margins)> = figure.panels.iter().map(place).collect();
        // All frames have the same margins, so that they stand above each other and are equally wide.
        let left = placed.iter().map(|panel| panel.1.left).fold(0.0, f64::max);
        let right = placed.iter().map(|panel| panel.1.right).fold(0.0, f64::max);
        for ((panel, margins), at) in placed.iter_mut().zip(&at) {
            let x = cell * at.1 as f64;
            panel.frame.left = x + left;
            panel.frame.right = (x + cell * at.2 as f64 - right).max(panel.frame.left + points(20.0));
            panel.legend = legend_rows(panel.panel, panel.frame.width());
            panel.title = wrap(&panel.panel.title, panel.frame.width(), LABEL);
            margins.top += points(LINE) * (panel.legend.len() + panel.title.len()) as f64;
            finish(panel);
        }
        let title = wrap(&figure.title, width - points(2.0 * GAP), LABEL);
        let mut top = if title.is_empty() { 0.0 } else { points(LINE * title.len() as f64 + GAP) };
        for row in 0..=at.iter().map(|at| at.0).max().unwrap_or(0) {
            let members: Vec<usize> = (0..placed.len()).filter(|&k| at[k].0 == row).collect();
            let rows = |k: &usize| placed[*k].0.legend.len();
            let legend_first = members.iter().map(rows).min() != members.iter().map(rows).max();
            let most = |of: &dyn Fn(&(Placed, Margins)) -> f64| {
                members.iter().map(|&k| of(&placed[k])).fold(0.0, f64::max)
            };
            let above = most(&|p| p.1.top);
            let height = most(&|p| points(72.0 * p.0.panel.height));
            let below = most(&|p| p.1.bottom);
            for k in members {
                let panel = &mut placed[k].0;
                panel.legend_first = legend_first;
                panel.frame.top = top + above;
                panel.frame.bottom = panel.frame.top + points(72.0 * panel.panel.height);
                if panel.panel.equal {
                    equalise(panel);
                    finish(panel);
                }
                finish_y(panel);
            }
            top += above + height + below;
        }
        let note = wrap(&figure.note, width - points(2.0 * GAP), SMALL);
        let bottom = if note.is_empty() { 0.0 } else { points(LINE * note.len() as f64 + GAP) };
        Layout {
            panels: placed.into_iter().map(|(panel, _)| panel).collect(),
            size: [width, top + bottom],
            title,
            note,
        }
    }
}

/// Ranges and margins; the frame is not known yet, nor what depends on its width.
fn place(panel: &Panel) -> (Placed<'_>, Margins) {
    let x = Span::new(&panel.x, panel.layers.iter().flat_map(|layer| widths(&layer.mark)));
    // What lies beside the frame does not stretch its height.
    let y = Span::new(&panel.y, panel.layers.iter().flat_map(|layer| heights(&layer.mark, &x)));
    let (y_ticks, factor) = y.ticks(&panel.y.ticks, y_count(panel));
    let y_label = format!("{}{factor}", panel.y.label);
    let widest = y_ticks.iter().map(|tick| text_width(&tick.label, SMALL)).fold(0.0, f64::max);
    let label = |label: &str| if label.is_empty() { 0.0 } else { points(LINE + GAP) };
    let mut margins = Margins {
        left: points(TICK + 2.0 * GAP) + widest + label(&y_label),
        right: points(11.0),
        top: points(GAP + 2.0),
        bottom: points(TICK + GAP + LINE) + label(&x_label(panel, &x.ticks(&panel.x.ticks, MOST_TICKS).1)),
    };
    let bar = panel.bar().map(|coloring| {
        let mut axis = super::axis::Axis::new("").range(coloring.range[0], coloring.range[1]);
        if coloring.log {
            axis = axis.log();
        }
        let span = Span::new(&axis, coloring.range.into_iter());
        let (ticks, _) = span.ticks(&axis.ticks, y_count(panel));
        let widest = ticks.iter().map(|tick| text_width(&tick.label, SMALL)).fold(0.0, f64::max);
        margins.right = points(GAP + BAR + TICK + 2.0 * GAP + LINE) + widest;
        (span, ticks)
    });
    let frame = Rect { left: 0.0, right: 0.0, top: 0.0, bottom: 0.0 };
    let placed = Placed {
        panel,
        frame,
        x,
        y,
        x_ticks: vec![],
        y_ticks,
        x_label: panel.x.label.clone(),
        y_label,
        title: vec![],
        legend: vec![],
        legend_first: false,
        bar,
    };
    (placed, margins)
}

fn y_count(panel: &Panel) -> usize {
    ((panel.height * 72.0 / 16.0) as usize).clamp(3, 8)
}

/// Ticks of the x axis, as many as have room.
fn finish(placed: &mut Placed) {
    let width = placed.frame.right - placed.frame.left;
    let axis = &placed.panel.x;
    for count in (2..=MOST_TICKS).rev() {
        let (ticks, factor) = placed.x.ticks(&axis.ticks, count);
        let needed: f64 = ticks.iter().map(|tick| text_width(&tick.label, SMALL) + points(7.0)).sum();
        if needed <= width || count == 2 {
            placed.x_ticks = ticks;
            placed.x_label = x_label(placed.panel, &factor);
            return;
        }
    }
}

/// Ticks of a horizontal axis at most.
const MOST_TICKS: usize = 9;

/// What is below the ticks. A factor of the numbers is part of them, also where the axis below has the words.
fn x_label(panel: &Panel, factor: &str) -> String {
    format!("{}{factor}", panel.x.label).trim().to_string()
}

fn finish_y(placed: &mut Placed) {
    placed.y_ticks = placed.y.ticks(&placed.panel.y.ticks, y_count(placed.panel)).0;
}

/// Grows one range until a unit is as long on both axes.
fn equalise(placed: &mut Placed) {
    let per_x = (placed.frame.right - placed.frame.left) / (placed.x.high - placed.x.low);
    let per_y = (placed.frame.bottom - placed.frame.top) / (placed.y.high - placed.y.low);
    if per_x > per_y {
        placed.x.grow(per_x / per_y);
    } else {
        placed.y.grow(per_y / per_x);
    }
}

/// The `x` that the horizontal axis must reach.
fn widths(mark: &Mark) -> Vec<f64> {
    match mark {
        Mark::Line { x, .. }
        | Mark::Points { x, .. }
        | Mark::Polygon { x, .. }
        | Mark::Band { x, .. }
        | Mark::Bars { x, .. }
        | Mark::Arrows { x, .. } => x.clone(),
        Mark::Raster(raster) => raster.x.clone(),
        Mark::Text { .. } | Mark::Vertical { .. } | Mark::Horizontal { .. } | Mark::Strips { .. } => vec![],
    }
}

/// The `y` that the vertical axis must reach, of what is within the horizontal one.
fn heights(mark: &Mark, across: &Span) -> Vec<f64> {
    let within = |x: &f64| (-1e-9..=1.0 + 1e-9).contains(&across.position(*x));
    let of = |x: &[f64], y: &[f64]| -> Vec<f64> {
        x.iter().zip(y).filter(|(x, _)| within(x)).map(|(_, y)| *y).collect()
    };
    match mark {
        Mark::Line { x, y } | Mark::Points { x, y, .. } | Mark::Arrows { x, y, .. } => of(x, y),
        Mark::Band { x, low, high } | Mark::Bars { x, low, high } => [of(x, low), of(x, high)].concat(),
        Mark::Polygon { y, .. } => y.clone(),
        Mark::Raster(raster) => raster.y.clone(),
        Mark::Text { .. } | Mark::Vertical { .. } | Mark::Horizontal { .. } | Mark::Strips { .. } => vec![],
    }
}

/// Length of the sample of a layer in the legend (points); a point needs less than a line.
pub(crate) fn swatch(mark: &Mark) -> f64 {
    if matches!(mark, Mark::Points { .. } | Mark::Bars { .. }) { 0.5 * SWATCH } else { SWATCH }
}

/// Width of the entry of a layer in the legend.
pub(crate) fn entry_width(layer: &Layer) -> f64 {
    points(swatch(&layer.mark) + GAP + ENTRY_GAP) + text_width(&layer.label, SMALL)
}

fn legend_rows(panel: &Panel, room: f64) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = vec![];
    let mut used = f64::INFINITY;
    for (i, layer) in panel.layers.iter().enumerate().filter(|(_, layer)| !layer.label.is_empty()) {
        let width = entry_width(layer);
        if used + width > room + points(ENTRY_GAP) {
            rows.push(vec![]);
            used = 0.0;
        }
        used += width;
        rows.last_mut().expect("pushed above").push(i);
    }
    rows
}

/// Lines of at most that width.
fn wrap(text: &str, width: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
