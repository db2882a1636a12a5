//! Where panels, labels and legends go on the page.

use super::axis::Span;
use super::draw::text::{SMALL, text_width};
use super::draw::{POINT, Rect};
use super::figure::{Figure, Panel};
use super::layer::Mark;
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
    /// Rows of the legend: numbers of layers.
    pub legend: Vec<Vec<usize>>,
    /// Ticks of the bar of colours.
    pub bar: Option<(Span, Vec<Tick>)>,
}

/// All panels and the size of the page.
pub(crate) struct Layout<'f> {
    pub panels: Vec<Placed<'f>>,
    pub size: [f64; 2],
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
        let mut placed: Vec<(Placed, Margins)> =
            figure.panels.iter().zip(&at).map(|(panel, at)| place(panel, cell * at.2 as f64)).collect();
        // Frames that stand above each other begin at the same x.
        for i in 0..placed.len() {
            let same = (0..placed.len()).filter(|&k| at[k].1 == at[i].1);
            let left = same.map(|k| placed[k].1.left).fold(0.0, f64::max);
            let same_right = (0..placed.len()).filter(|&k| at[k].1 + at[k].2 == at[i].1 + at[i].2);
            let right = same_right.map(|k| placed[k].1.right).fold(0.0, f64::max);
            let (panel, margins) = &mut placed[i];
            let x = cell * at[i].1 as f64;
            panel.frame.left = x + left;
            panel.frame.right = (x + cell * at[i].2 as f64 - right).max(panel.frame.left + points(20.0));
            margins.left = left;
            finish(panel);
        }
        let mut top = 0.0;
        for row in 0..=at.iter().map(|at| at.0).max().unwrap_or(0) {
            let members: Vec<usize> = (0..placed.len()).filter(|&k| at[k].0 == row).collect();
            let most = |of: &dyn Fn(&(Placed, Margins)) -> f64| {
                members.iter().map(|&k| of(&placed[k])).fold(0.0, f64::max)
            };
            let above = most(&|p| p.1.top);
            let height = most(&|p| points(72.0 * p.0.panel.height));
            let below = most(&|p| p.1.bottom);
            for k in members {
                let panel = &mut placed[k].0;
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
        let note = wrap(&figure.note, width - points(2.0 * GAP));
        let bottom = if note.is_empty() { 0.0 } else { points(LINE * note.len() as f64 + GAP) };
        Layout {
            panels: placed.into_iter().map(|(panel, _)| panel).collect(),
            size: [width, top + bottom],
            note,
        }
    }
}

/// Ranges, legend and margins; the frame is not known yet.
fn place(panel: &Panel, width: f64) -> (Placed<'_>, Margins) {
    let x = Span::new(&panel.x, panel.layers.iter().flat_map(|layer| reach(&layer.mark, 0)));
    let y = Span::new(&panel.y, panel.layers.iter().flat_map(|layer| reach(&layer.mark, 1)));
    let (y_ticks, factor) = y.ticks(&panel.y.ticks, y_count(panel));
    let y_label = format!("{}{factor}", panel.y.label);
    let widest = y_ticks.iter().map(|tick| text_width(&tick.label, SMALL)).fold(0.0, f64::max);
    let label = |label: &str| if label.is_empty() { 0.0 } else { points(LINE + GAP) };
    let mut margins = Margins {
        left: points(TICK + GAP + 2.0) + widest + label(&y_label),
        right: points(9.0),
        top: points(GAP + 2.0),
        bottom: points(TICK + GAP + LINE) + label(&panel.x.label),
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
    let room = width - margins.left - margins.right;
    let legend = legend_rows(panel, room);
    margins.top += points(LINE) * (legend.len() + usize::from(!panel.title.is_empty())) as f64;
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
        legend,
        bar,
    };
    (placed, margins)
}

fn y_count(panel: &Panel) -> usize {
    ((panel.height * 72.0 / 22.0) as usize).clamp(2, 9)
}

/// Ticks of the x axis, as many as have room.
fn finish(placed: &mut Placed) {
    let width = placed.frame.right - placed.frame.left;
    let axis = &placed.panel.x;
    for count in (2..=9).rev() {
        let (ticks, factor) = placed.x.ticks(&axis.ticks, count);
        let needed: f64 = ticks.iter().map(|tick| text_width(&tick.label, SMALL) + points(7.0)).sum();
        if needed <= width || count == 2 {
            placed.x_ticks = ticks;
            placed.x_label = format!("{}{factor}", axis.label);
            return;
        }
    }
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

/// The numbers of a mark that its axis must reach.
fn reach(mark: &Mark, axis: usize) -> Box<dyn Iterator<Item = f64> + '_> {
    let columns: Vec<&[f64]> = match mark {
        Mark::Line { x, y } | Mark::Points { x, y, .. } | Mark::Polygon { x, y } => vec![[x, y][axis]],
        Mark::Band { x, low, high } | Mark::Bars { x, low, high } if axis == 0 => {
            let _ = (low, high);
            vec![x]
        }
        Mark::Band { low, high, .. } | Mark::Bars { low, high, .. } => vec![low, high],
        Mark::Arrows { x, y, .. } => vec![[x, y][axis]],
        Mark::Raster(raster) => vec![[&raster.x, &raster.y][axis]],
        Mark::Text { .. } | Mark::Vertical { .. } | Mark::Horizontal { .. } | Mark::Strips { .. } => vec![],
    };
    Box::new(columns.into_iter().flatten().copied())
}

/// Width of the entry of a layer in the legend.
pub(crate) fn entry_width(label: &str) -> f64 {
    points(SWATCH + GAP + ENTRY_GAP) + text_width(label, SMALL)
}

fn legend_rows(panel: &Panel, room: f64) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = vec![];
    let mut used = f64::INFINITY;
    for (i, layer) in panel.layers.iter().enumerate().filter(|(_, layer)| !layer.label.is_empty()) {
        let width = entry_width(&layer.label);
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
fn wrap(text: &str, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), SMALL) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
