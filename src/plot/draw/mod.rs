//! Draws figures with plotters, as SVG with real text.
//!
//! plotters counts in whole numbers, so the page is drawn [`POINT`] units to the point and scaled
//! by its view box: nothing is rounded that an eye could see.

mod axes;
mod clip;
mod legend;
mod marks;
mod page;
mod text;

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea, SVGBackend};
use plotters::style::{RGBAColor, ShapeStyle, WHITE};

use super::color::Color;
use super::error::PlotError;
use super::figure::Figure;
use super::font::{LABEL, SMALL};
use super::layout::{GAP, LINE, Layout};
use super::rect::POINT;

/// Where plotters draws.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The figure as SVG: lines as vectors, text as text, cells as one embedded image.
///
/// Its width and height are in inches. Text is in DejaVu Sans where the viewer has it, and in
/// another sans-serif font where not.
///
/// # Errors
/// [`PlotError::Drawing`] if plotters fails.
pub fn to_svg(figure: &Figure) -> Result<String, PlotError> {
    let layout = Layout::new(figure);
    let size = layout.size.map(|length| length.ceil() as u32);
    let (mut svg, mut images) = (String::new(), vec![]);
    {
        let area = SVGBackend::with_string(&mut svg, (size[0], size[1])).into_drawing_area();
        draw(&area, &layout, &mut images)
            .map_err(|error| PlotError::Drawing { figure: figure.name.clone(), found: error.to_string() })?;
    }
    // Names that a file brings along must not turn the order of a text, or break the SVG.
    Ok(page::finish(&crate::system::text::lines(&svg), size, figure.scale, &images))
}

/// What plotters says when it fails.
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(area: &Area, layout: &Layout, images: &mut Vec<page::Image>) -> Drawn {
    area.fill(&WHITE)?;
    for (i, line) in layout.title.iter().enumerate() {
        let at = [0.5 * layout.size[0], POINT * (GAP + LINE * i as f64)];
        text::write(area, line, at, LABEL, super::color::BLACK, text::Anchor::TOP)?;
    }
    for placed in &layout.panels {
        for layer in &placed.panel.layers {
            marks::draw(area, placed, layer, images)?;
        }
        axes::draw(area, placed, images)?;
        legend::draw(area, placed)?;
    }
    for (i, line) in layout.note.iter().rev().enumerate() {
        let y = layout.size[1] - POINT * (3.0 + 10.0 * i as f64);
        let at = [POINT * 3.0, y];
        text::write(area, line, at, SMALL, super::color::GREY, text::Anchor::LEFT_BOTTOM)?;
    }
    area.present()?;
    Ok(())
}

fn rgba(color: Color, opacity: f64) -> RGBAColor {
    RGBAColor(color.0, color.1, color.2, opacity)
}

/// A stroke of a width in points.
fn stroke(color: Color, opacity: f64, width: f64) -> ShapeStyle {
    let width = (width * POINT).round().max(1.0) as u32;
    ShapeStyle { color: rgba(color, opacity), filled: false, stroke_width: width }
}

fn fill(color: Color, opacity: f64) -> ShapeStyle {
    ShapeStyle { color: rgba(color, opacity), filled: true, stroke_width: 0 }
}

fn whole([x, y]: [f64; 2]) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}
