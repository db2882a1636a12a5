//! A small canvas: shapes by tiny-skia, text from the shipped font.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Mask, Paint, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

use super::gif::Rgb;
use crate::plot::FONT;

/// Where text stands against its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Left,
    /// It is centred there.
    Center,
    /// It ends there.
    Right,
}

/// A colour and how much it covers.
#[derive(Debug, Clone, Copy)]
pub struct Ink(pub Rgb, pub f32);

/// A picture in the making.
pub struct Canvas {
    pixels: Pixmap,
    font: FontRef<'static>,
    clip: Option<Mask>,
}

impl Canvas {
    /// An empty picture.
    pub fn new(width: u32, height: u32, paper: Rgb) -> Canvas {
        let mut pixels = Pixmap::new(width, height).expect("a size above 0");
        pixels.fill(Color::from_rgba8(paper[0], paper[1], paper[2], 255));
        let font = FontRef::try_from_slice(FONT).expect("the shipped font is a font");
        Canvas { pixels, font, clip: None }
    }

    /// Draws only inside this rectangle, `[left, top, right, bottom]`, until told otherwise.
    pub fn clip(&mut self, inside: Option<[f32; 4]>) {
        self.clip = inside.and_then(|[left, top, right, bottom]| {
            let mut mask = Mask::new(self.pixels.width(), self.pixels.height())?;
            let path = PathBuilder::from_rect(Rect::from_ltrb(left, top, right, bottom)?);
            mask.fill_path(&path, FillRule::Winding, false, Transform::identity());
            Some(mask)
        });
    }

    fn paint(ink: Ink) -> Paint<'static> {
        let Ink([r, g, b], alpha) = ink;
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color_rgba8(r, g, b, (255.0 * alpha.clamp(0.0, 1.0)) as u8);
        paint
    }

    fn fill(&mut self, path: Option<tiny_skia::Path>, ink: Ink) {
        if let Some(path) = path {
            let (paint, none) = (Canvas::paint(ink), Transform::identity());
            self.pixels.fill_path(&path, &paint, FillRule::Winding, none, self.clip.as_ref());
        }
    }

    fn stroke(&mut self, path: Option<tiny_skia::Path>, ink: Ink, width: f32, dash: Option<[f32; 2]>) {
        if let Some(path) = path {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                dash: dash.and_then(|dash| StrokeDash::new(dash.to_vec(), 0.0)),
                ..Stroke::default()
            };
            let (paint, none) = (Canvas::paint(ink), Transform::identity());
            self.pixels.stroke_path(&path, &paint, &stroke, none, self.clip.as_ref());
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: &[[f32; 2]], ink: Ink) {
        let mut path = PathBuilder::new();
        trace(&mut path, points);
        path.close();
        self.fill(path.finish(), ink);
    }

    /// A line through points.
    pub fn line(&mut self, points: &[[f32; 2]], ink: Ink, width: f32, dash: Option<[f32; 2]>) {
        let mut path = PathBuilder::new();
        trace(&mut path, points);
        self.stroke(path.finish(), ink, width, dash);
    }

    /// A disc, and its rim.
    pub fn disc(&mut self, [x, y]: [f32; 2], radius: f32, fill: Option<Ink>, rim: Option<(Ink, f32)>) {
        if let Some(ink) = fill {
            self.fill(PathBuilder::from_circle(x, y, radius), ink);
        }
        if let Some((ink, width)) = rim {
            self.stroke(PathBuilder::from_circle(x, y, radius), ink, width, None);
        }
    }

    /// Text whose middle height is at the point. Signs that the font lacks show as a box.
    pub fn text(&mut self, text: &str, [x, y]: [f32; 2], size: f32, ink: Ink, align: Align) {
        let scale = PxScale::from(size);
        let font = self.font.clone();
        let scaled = font.as_scaled(scale);
        let width = self.width(text, size);
        let mut pen = match align {
            Align::Left => x,
            Align::Center => x - width / 2.0,
            Align::Right => x - width,
        };
        // The middle of a capital letter, which is about 0.73 of the height of the em.
        let baseline = y + 0.31 * size;
        for c in text.chars() {
            let id = font.glyph_id(c);
            let advance = scaled.h_advance(id);
            if let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, point(pen, baseline)))
            {
                let bounds = outline.px_bounds();
                outline.draw(|column, row, coverage| {
                    let at = [bounds.min.x as i32 + column as i32, bounds.min.y as i32 + row as i32];
                    self.blend(at, ink, coverage);
                });
            }
            pen += advance;
        }
    }

    /// Width of a text.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        let scaled = self.font.as_scaled(PxScale::from(size));
        text.chars().map(|c| scaled.h_advance(self.font.glyph_id(c))).sum()
    }

    fn blend(&mut self, [x, y]: [i32; 2], Ink(colour, alpha): Ink, coverage: f32) {
        let (width, height) = (self.pixels.width() as i32, self.pixels.height() as i32);
        if !(0..width).contains(&x) || !(0..height).contains(&y) {
            return;
        }
        let part = (alpha * coverage).clamp(0.0, 1.0);
        let at = 4 * (y * width + x) as usize;
        // The picture is opaque throughout.
        for (channel, colour) in self.pixels.data_mut()[at..at + 3].iter_mut().zip(colour) {
            *channel = (f32::from(*channel) * (1.0 - part) + f32::from(colour) * part).round() as u8;
        }
    }

    /// The pixels, row by row.
    pub fn into_pixels(self) -> Vec<Rgb> {
        self.pixels.data().chunks(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    }
}

fn trace(path: &mut PathBuilder, points: &[[f32; 2]]) {
    for (i, [x, y]) in points.iter().enumerate() {
        if i == 0 { path.move_to(*x, *y) } else { path.line_to(*x, *y) }
    }
}
