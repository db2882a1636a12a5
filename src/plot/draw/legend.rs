//! Legends: in rows above the frame, where no data are.

use crate::plot::color::BLACK;
use crate::plot::font::SMALL;
use crate::plot::layer::{Layer, Mark, Style};
use crate::plot::layout::{GAP, LINE, Placed, entry_width, swatch as length};
use crate::plot::rect::{POINT, Rect};

use super::marks::{line, symbol};
use super::text::{Anchor, write};
use super::{Area, Drawn, fill, whole};

/// Draws the legend.
pub(super) fn draw(area: &Area, placed: &Placed) -> Drawn {
    let frame = &placed.frame;
    for (row, entries) in placed.legend.iter().enumerate() {
        let title = if placed.legend_first { placed.title.len() } else { 0 };
        let y = frame.top - POINT * (2.0 + LINE * ((placed.legend.len() + title) as f64 - row as f64 - 0.5));
        let mut x = frame.left;
        for &i in entries {
            let layer = &placed.panel.layers[i];
            swatch(area, layer, [x, y])?;
            let at = [x + (length(&layer.mark) + GAP) * POINT, y];
            write(area, &layer.label, at, SMALL, BLACK, Anchor::LEFT)?;
            x += entry_width(layer);
        }
    }
    Ok(())
}

/// A sample of the layer, its left end in the middle of a line of text.
fn swatch(area: &Area, layer: &Layer, [x, y]: [f64; 2]) -> Drawn {
    let style = &layer.style;
    let width = length(&layer.mark) * POINT;
    let around = Rect { left: x, right: x + width, top: y - 4.0 * POINT, bottom: y + 4.0 * POINT };
    let middle = [x + 0.5 * width, y];
    let strip = |low: f64, high: f64, style: &Style| -> Drawn {
        let corners = [[x, y + low], [x + width, y + low], [x + width, y + high], [x, y + high]];
        let corners: Vec<(i32, i32)> = corners.into_iter().map(whole).collect();
        area.draw(&plotters::element::Polygon::new(corners, fill(style.color, style.opacity)))?;
        Ok(())
    };
    let across = || line(area, [[x, y], [x + width, y]].into_iter(), &around, style);
    match &layer.mark {
        Mark::Points { shape, .. } => {
            // Points too small or too faint to be told apart by their colour are shown larger.
            let seen = Style { size: style.size.max(3.0), opacity: style.opacity.max(0.6), ..*style };
            symbol(area, middle, *shape, &seen)
        }
        Mark::Line { .. } | Mark::Horizontal { .. } | Mark::Vertical { .. } | Mark::Arrows { .. } => across(),
        Mark::Bars { .. } => {
            line(area, [[middle[0], around.top], [middle[0], around.bottom]].into_iter(), &around, style)
        }
        Mark::Band { .. } | Mark::Polygon { .. } | Mark::Strips { .. } => {
            strip(-2.5 * POINT, 2.5 * POINT, style)
        }
        Mark::Raster(_) => strip(-2.5 * POINT, 2.5 * POINT, &Style { opacity: 1.0, ..*style }),
        Mark::Text { .. } => Ok(()),
    }
}
