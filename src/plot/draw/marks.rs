//! The layers of a panel.

use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::BLACK;

use crate::plot::layer::{Dash, Layer, Mark, Shape, Style};
use crate::plot::layout::Placed;
use crate::plot::raster::Raster;
use crate::plot::rect::{POINT, Rect};

use super::clip::{Point, polygon, polylines};
use super::page::Image;
use super::text::{Anchor, write};
use super::{Area, Drawn, fill, stroke, whole};

impl Placed<'_> {
    /// From numbers to drawing units.
    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        [self.across(x), self.up(y)]
    }

    pub(super) fn across(&self, x: f64) -> f64 {
        self.frame.left + self.x.position(x) * self.frame.width()
    }

    pub(super) fn up(&self, y: f64) -> f64 {
        self.frame.bottom - self.y.position(y) * self.frame.height()
    }
}

fn inside(frame: &Rect, [x, y]: Point) -> bool {
    // A hair of tolerance: data at the end of a range belong to the figure.
    let hair = 1.0;
    (frame.left - hair..=frame.right + hair).contains(&x)
        && (frame.top - hair..=frame.bottom + hair).contains(&y)
}

/// Draws one layer.
pub(super) fn draw(area: &Area, placed: &Placed, layer: &Layer, images: &mut Vec<Image>) -> Drawn {
    let (frame, style) = (&placed.frame, &layer.style);
    let pairs =
        |x: &[f64], y: &[f64]| -> Vec<Point> { x.iter().zip(y).map(|(&x, &y)| placed.at(x, y)).collect() };
    match &layer.mark {
        Mark::Line { x, y } => {
            let points = pairs(x, y);
            // One point alone, as of a run that is its start.
            let mut seen = points.iter().filter(|point| point.iter().all(|at| at.is_finite()));
            if let (Some(&only), None) = (seen.next(), seen.next())
                && inside(frame, only)
            {
                return symbol(
                    area,
                    only,
                    Shape::Disc,
                    &Style { size: (2.0 * style.width).max(2.5), ..*style },
                );
            }
            line(area, points.into_iter(), frame, style)
        }
        Mark::Points { x, y, shape } => {
            let shown = pairs(x, y).into_iter().filter(|&point| inside(frame, point));
            shown.into_iter().try_for_each(|point| symbol(area, point, *shape, style))
        }
        Mark::Band { x, low, high } => {
            // Bands break where either edge does.
            let edges: Vec<[Point; 2]> =
                (0..x.len()).map(|i| [placed.at(x[i], low[i]), placed.at(x[i], high[i])]).collect();
            for run in edges.split(|pair| pair.iter().flatten().any(|v| !v.is_finite())) {
                let around = run.iter().map(|pair| pair[0]).chain(run.iter().rev().map(|pair| pair[1]));
                filled(area, around.collect(), frame, style)?;
            }
            Ok(())
        }
        Mark::Bars { x, low, high } => {
            let cap = 1.5 * POINT;
            for i in 0..x.len() {
                let [a, b] = [placed.at(x[i], low[i]), placed.at(x[i], high[i])];
                let across = |[x, y]: Point| [[x - cap, y], [x + cap, y]];
                for piece in [[a, b], across(a), across(b)] {
                    line(area, piece.into_iter(), frame, style)?;
                }
            }
            Ok(())
        }
        Mark::Vertical { x } => x.iter().try_for_each(|&x| {
            let x = placed.across(x);
            line(area, [[x, frame.top], [x, frame.bottom]].into_iter(), frame, style)
        }),
        Mark::Horizontal { y } => y.iter().try_for_each(|&y| {
            let y = placed.up(y);
            line(area, [[frame.left, y], [frame.right, y]].into_iter(), frame, style)
        }),
        Mark::Strips { from, to } => from.iter().zip(to).try_for_each(|(&from, &to)| {
            let (a, b) = (placed.across(from), placed.across(to));
            let corners = vec![[a, frame.top], [b, frame.top], [b, frame.bottom], [a, frame.bottom]];
            filled(area, corners, frame, style)
        }),
        Mark::Polygon { x, y } => filled(area, pairs(x, y), frame, style),
        Mark::Arrows { x, y, dx, dy } => (0..x.len()).try_for_each(|i| {
            let (from, to) = (placed.at(x[i], y[i]), placed.at(x[i] + dx[i], y[i] + dy[i]));
            arrow(area, from, to, frame, style)
        }),
        Mark::Raster(raster) => image(area, placed, raster, images),
        Mark::Text { x, y, text, centred } => {
            for (point, text) in pairs(x, y).into_iter().zip(text).filter(|(point, _)| inside(frame, *point))
            {
                let (at, anchor) = match centred {
                    true => (point, Anchor::CENTRE),
                    false => ([point[0] + 3.0 * POINT, point[1]], Anchor::LEFT),
                };
                write(area, text, at, style.size, style.color, anchor)?;
            }
            Ok(())
        }
    }
}

/// A broken line, cut at the frame.
pub(super) fn line(area: &Area, points: impl Iterator<Item = Point>, frame: &Rect, style: &Style) -> Drawn {
    let pen = stroke(style.color, style.opacity, style.width);
    for piece in polylines(points, frame) {
        let pieces = match style.dash {
            Dash::Solid => vec![piece],
            Dash::Dashed => dashes(&piece, 4.0 * POINT, 2.0 * POINT),
            Dash::Dotted => dashes(&piece, POINT, 1.5 * POINT),
        };
        for piece in pieces {
            let mut points: Vec<(i32, i32)> = piece.into_iter().map(whole).collect();
            points.dedup();
            if points.len() > 1 {
                area.draw(&PathElement::new(points, pen))?;
            }
        }
    }
    Ok(())
}

/// Cuts a broken line into strokes and gaps.
fn dashes(piece: &[Point], on: f64, off: f64) -> Vec<Vec<Point>> {
    let (mut strokes, mut current) = (vec![], vec![piece[0]]);
    let (mut drawing, mut left) = (true, on);
    for pair in piece.windows(2) {
        let [mut from, to] = [pair[0], pair[1]];
        let mut length = (to[0] - from[0]).hypot(to[1] - from[1]);
        while length > left {
            let t = left / length;
            from = [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
            length -= left;
            if drawing {
                current.push(from);
                strokes.push(std::mem::take(&mut current));
            } else {
                current = vec![from];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= length;
        if drawing {
            current.push(to);
        }
    }
    if drawing && current.len() > 1 {
        strokes.push(current);
    }
    strokes
}

fn filled(area: &Area, points: Vec<Point>, frame: &Rect, style: &Style) -> Drawn {
    if points.iter().flatten().any(|v| !v.is_finite()) {
        return Ok(());
    }
    let points: Vec<(i32, i32)> = polygon(points, frame).into_iter().map(whole).collect();
    if points.len() > 2 {
        area.draw(&Polygon::new(points, fill(style.color, style.opacity)))?;
    }
    Ok(())
}

/// A point of any shape.
pub(super) fn symbol(area: &Area, [x, y]: Point, shape: Shape, style: &Style) -> Drawn {
    let r = 0.5 * style.size * POINT;
    let solid = fill(style.color, style.opacity);
    let pen = stroke(style.color, style.opacity, style.width);
    match shape {
        Shape::Disc => area.draw(&Circle::new(whole([x, y]), r.round() as i32, solid))?,
        Shape::Ring => area.draw(&Circle::new(whole([x, y]), r.round() as i32, pen))?,
        Shape::Square => {
            let corners = [[x - r, y - r], [x + r, y - r], [x + r, y + r], [x - r, y + r]];
            area.draw(&Polygon::new(corners.map(whole), solid))?;
        }
        Shape::Triangle => {
            let corners = [[x, y - 1.2 * r], [x + 1.1 * r, y + 0.8 * r], [x - 1.1 * r, y + 0.8 * r]];
            area.draw(&Polygon::new(corners.map(whole), solid))?;
        }
        Shape::Cross => {
            for ends in [[[x - r, y - r], [x + r, y + r]], [[x - r, y + r], [x + r, y - r]]] {
                area.draw(&PathElement::new(ends.map(whole), pen))?;
            }
        }
    }
    Ok(())
}

fn arrow(area: &Area, from: Point, to: Point, frame: &Rect, style: &Style) -> Drawn {
    if !inside(frame, from) || to.iter().any(|v| !v.is_finite()) {
        return Ok(());
    }
    line(area, [from, to].into_iter(), frame, style)?;
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy);
    let head = (0.45 * length).min(2.4 * POINT);
    if head < 0.3 * POINT {
        return Ok(());
    }
    let (ux, uy) = (head * dx / length, head * dy / length);
    let side = |s: f64| [to[0] - ux - s * 0.5 * uy, to[1] - uy + s * 0.5 * ux];
    filled(area, vec![to, side(1.0), side(-1.0)], frame, style)
}

/// Pixels of an image to the point, where cells are not pixels themselves.
const SHARP: f64 = 2.8;

fn image(area: &Area, placed: &Placed, raster: &Raster, images: &mut Vec<Image>) -> Drawn {
    let (columns, rows) = (raster.columns(), raster.rows());
    if columns == 0 || rows == 0 {
        return Ok(());
    }
    let x: Vec<f64> = raster.x.iter().map(|&x| placed.across(x)).collect();
    let y: Vec<f64> = raster.y.iter().map(|&y| placed.up(y)).collect();
    let frame = &placed.frame;
    let (left, right) = (x[0].max(frame.left), x[columns].min(frame.right));
    let (top, bottom) = (y[rows].max(frame.top), y[0].min(frame.bottom));
    if !(left < right && top < bottom) {
        return Ok(());
    }
    // Equal cells are pixels; others are looked up pixel by pixel.
    let pixels = |edges: &[f64], length: f64, count: usize| {
        let mean = (edges[count] - edges[0]) / count as f64;
        let equal = edges.windows(2).all(|pair| (pair[1] - pair[0] - mean).abs() < 0.02 * mean.abs());
        let all = (edges[count] - edges[0]).abs() <= length * (1.0 + 1e-9);
        if equal && all { count } else { ((length / POINT * SHARP) as usize).max(1) }
    };
    let size = [pixels(&x, right - left, columns), pixels(&y, bottom - top, rows)];
    let column = |pixel: usize| {
        let at = left + (pixel as f64 + 0.5) * (right - left) / size[0] as f64;
        x.partition_point(|&edge| edge <= at).clamp(1, columns) - 1
    };
    let row = |pixel: usize| {
        let at = top + (pixel as f64 + 0.5) * (bottom - top) / size[1] as f64;
        y.partition_point(|&edge| edge > at).clamp(1, rows) - 1
    };
    let column: Vec<usize> = (0..size[0]).map(column).collect();
    let mut pixels = Vec::with_capacity(size[0] * size[1]);
    for pixel in 0..size[1] {
        let row = row(pixel);
        for &column in &column {
            let cell = row * columns + column;
            pixels.push(raster.coloring.color(raster.values[cell], raster.negative_of(cell)));
        }
    }
    let place = [left, top, right - left, bottom - top];
    embed(area, Image { place, size, pixels }, images)
}

/// Draws a pixel in the place of an image and keeps the image.
pub(super) fn embed(area: &Area, image: Image, images: &mut Vec<Image>) -> Drawn {
    area.draw_pixel(whole([image.place[0], image.place[1]]), &BLACK)?;
    images.push(image);
    Ok(())
}
