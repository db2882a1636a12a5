//! Frames, ticks, labels, titles, and bars of colours.

use plotters::element::PathElement;

use crate::plot::axis::{Scale, ZERO_GAP};
use crate::plot::color::{BLACK, WHITE};
use crate::plot::font::{LABEL, SMALL, text_width};
use crate::plot::layout::{BAR, GAP, LINE, Placed, TICK};
use crate::plot::raster::Map;
use crate::plot::rect::POINT;

use super::marks::embed;
use super::page::Image;
use super::text::{Anchor, write};
use super::{Area, Drawn, stroke, whole};

/// Width of the frame (points).
const FRAME: f64 = 0.6;

/// Draws all that is around the data but the legend.
pub(super) fn draw(area: &Area, placed: &Placed, images: &mut Vec<Image>) -> Drawn {
    let frame = &placed.frame;
    let pen = stroke(BLACK, 1.0, FRAME);
    let (middle_x, middle_y) = (0.5 * (frame.left + frame.right), 0.5 * (frame.top + frame.bottom));
    let path = |points: &[[f64; 2]]| -> Drawn {
        area.draw(&PathElement::new(points.iter().copied().map(whole).collect::<Vec<_>>(), pen))?;
        Ok(())
    };
    let corners = [
        [frame.left, frame.top],
        [frame.right, frame.top],
        [frame.right, frame.bottom],
        [frame.left, frame.bottom],
        [frame.left, frame.top],
    ];
    path(&corners)?;
    let length = |minor: bool| if minor { 0.55 * TICK * POINT } else { TICK * POINT };
    for tick in &placed.x_ticks {
        let x = placed.across(tick.at);
        path(&[[x, frame.bottom], [x, frame.bottom + length(tick.minor)]])?;
        let at = [x, frame.bottom + (TICK + 0.6 * GAP) * POINT];
        write(area, &tick.label, at, SMALL, BLACK, Anchor::TOP)?;
    }
    for tick in &placed.y_ticks {
        let y = placed.up(tick.at);
        path(&[[frame.left - length(tick.minor), y], [frame.left, y]])?;
        let at = [frame.left - (TICK + GAP) * POINT, y];
        write(area, &tick.label, at, SMALL, BLACK, Anchor::RIGHT)?;
    }
    if !placed.x_label.is_empty() {
        let at = [middle_x, frame.bottom + (TICK + GAP + LINE) * POINT];
        write(area, &placed.x_label, at, LABEL, BLACK, Anchor::TOP)?;
    }
    if !placed.y_label.is_empty() {
        let widest = placed.y_ticks.iter().map(|tick| text_width(&tick.label, SMALL)).fold(0.0, f64::max);
        let at = [frame.left - (TICK + 2.0 * GAP + 0.5 * LABEL) * POINT - widest, middle_y];
        write(area, &placed.y_label, at, LABEL, BLACK, Anchor::UPWARD)?;
    }
    for (row, line) in placed.title.iter().rev().enumerate() {
        let legend = if placed.legend_first { 0 } else { placed.legend.len() };
        let above = ((legend + row) as f64 + 0.5) * LINE + 2.0;
        let at = [frame.left, frame.top - above * POINT];
        write(area, line, at, LABEL, BLACK, Anchor::LEFT)?;
    }
    // A logarithmic axis does not reach 0: it is broken before it.
    if let Scale::Log { zero: Some(zero) } = placed.panel.x.scale {
        let x = placed.across(zero * 10f64.powf(0.5 * ZERO_GAP));
        if x > frame.left && x < frame.right {
            for (side, color, width) in [(0.0, WHITE, 2.6), (-1.3, BLACK, FRAME), (1.3, BLACK, FRAME)] {
                let (x, slant, y) = (x + side * POINT, 1.1 * POINT, frame.bottom);
                let stroke = [[x - slant, y + 2.4 * POINT], [x + slant, y - 2.4 * POINT]];
                area.draw(&PathElement::new(stroke.map(whole), self::stroke(color, 1.0, width)))?;
            }
        }
    }
    bar(area, placed, images)
}

/// Steps of colour in a bar.
const STEPS: usize = 64;

fn bar(area: &Area, placed: &Placed, images: &mut Vec<Image>) -> Drawn {
    let (Some((span, ticks)), Some(coloring)) = (&placed.bar, placed.panel.bar()) else { return Ok(()) };
    let frame = &placed.frame;
    let (left, width) = (frame.right + GAP * POINT, BAR * POINT);
    let right = left + width;
    let value = |step: usize| span.value(1.0 - (step as f64 + 0.5) / STEPS as f64);
    let place = [left, frame.top, width, frame.height()];
    // Both signs side by side.
    let (columns, pixels) = match coloring.map {
        Map::Signs => {
            let pair = |step| [coloring.color(value(step), 0.0), coloring.color(0.0, value(step))];
            (2, (0..STEPS).flat_map(pair).collect())
        }
        _ => (1, (0..STEPS).map(|step| coloring.color(value(step), 0.0)).collect()),
    };
    embed(area, Image { place, size: [columns, STEPS], pixels }, images)?;
    let pen = stroke(BLACK, 1.0, FRAME);
    let corners = [
        [left, frame.top],
        [right, frame.top],
        [right, frame.bottom],
        [left, frame.bottom],
        [left, frame.top],
    ];
    area.draw(&PathElement::new(corners.map(whole), pen))?;
    let mut widest = 0.0f64;
    for tick in ticks.iter().filter(|tick| !tick.minor) {
        let y = frame.bottom - span.position(tick.at) * frame.height();
        area.draw(&PathElement::new([[right, y], [right + TICK * POINT, y]].map(whole), pen))?;
        write(area, &tick.label, [right + (TICK + GAP) * POINT, y], SMALL, BLACK, Anchor::LEFT)?;
        widest = widest.max(text_width(&tick.label, SMALL));
    }
    let at = [right + (TICK + 2.0 * GAP + 0.5 * LABEL) * POINT + widest, 0.5 * (frame.top + frame.bottom)];
    write(area, &coloring.label, at, LABEL, BLACK, Anchor::UPWARD)
}
