//! From plotters' SVG to the page: the size in inches, and images in their places.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use resvg::tiny_skia::{ColorU8, Pixmap};

use crate::plot::color::{Color, WHITE};
use crate::plot::rect::POINT;

/// An image to be stretched over a rectangle of the page.
pub(super) struct Image {
    /// Left, top, width, height, in drawing units.
    pub place: [f64; 4],
    /// Columns and rows of pixels.
    pub size: [usize; 2],
    /// Row by row from above; white is transparent.
    pub pixels: Vec<Color>,
}

impl Image {
    /// As an element of SVG; nothing if it has no pixels.
    fn element(&self) -> String {
        let Some(mut map) = Pixmap::new(self.size[0] as u32, self.size[1] as u32) else {
            return String::new();
        };
        for (pixel, &color) in map.pixels_mut().iter_mut().zip(&self.pixels) {
            let alpha = if color == WHITE { 0 } else { 255 };
            *pixel = ColorU8::from_rgba(color.0, color.1, color.2, alpha).premultiply();
        }
        let Ok(png) = map.encode_png() else { return String::new() };
        let [left, top, width, height] = self.place.map(|length| (10.0 * length).round() / 10.0);
        format!(
            "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" preserveAspectRatio=\"none\" \
             image-rendering=\"optimizeSpeed\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
            STANDARD.encode(png)
        )
    }
}

/// How plotters writes the single pixel that holds the place of an image; nothing else is drawn
/// by single pixels.
fn placeholder() -> [&'static str; 2] {
    ["<rect x=\"", "\" width=\"1\" height=\"1\""]
}

/// Sets what plotters cannot: the size of the page in inches, round joins of lines, and images.
///
/// * `size`: of the page, in drawing units; `scale`: how many times as large it comes out.
/// * `images`: in the order in which their places were drawn.
pub(super) fn finish(svg: &str, size: [u32; 2], scale: f64, images: &[Image]) -> String {
    let inches = size.map(|length| scale * f64::from(length) / (72.0 * POINT));
    let (_, body) = svg.split_once('>').unwrap_or(("", svg));
    let mut page = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}in\" height=\"{}in\" viewBox=\"0 0 {} {}\" \
         stroke-linejoin=\"round\">",
        inches[0], inches[1], size[0], size[1]
    );
    let [start, one] = placeholder();
    let mut images = images.iter();
    for line in body.split_inclusive('\n') {
        if line.starts_with(start) && line.contains(one) {
            page.push_str(&images.next().map_or(String::new(), Image::element));
            page.push('\n');
        } else {
            page.push_str(line);
        }
    }
    page
}
