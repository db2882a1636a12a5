//! The font of figures, and how wide a text is in it.

use std::sync::Once;

use plotters::style::{FontDesc, FontStyle, IntoFont, register_font};

use super::rect::POINT;

/// The font shipped with the program, which has the signs of mathematics.
pub(crate) const FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");
/// What the SVG asks a viewer for.
const FAMILY: &str = "DejaVu Sans, Verdana, Helvetica, sans-serif";
/// Height of small text: ticks, legends (points).
pub(crate) const SMALL: f64 = 7.0;
/// Height of labels and titles (points).
pub(crate) const LABEL: f64 = 8.0;

/// plotters sizes a font by 1.24 times its em, and measures it as if by the distance from
/// descender to ascender, 1.164 em in this font.
const PLOTTERS_EM: f64 = 1.24;
const LINE_HEIGHT: f64 = 1.164;

/// Makes the font known to plotters, once.
fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = register_font(FAMILY, FontStyle::Normal, FONT);
    });
}

/// The font at that height of text (points).
pub(crate) fn font(size: f64) -> FontDesc<'static> {
    register();
    (FAMILY, size * POINT * PLOTTERS_EM).into_font()
}

/// Width of a text (drawing units) of that height (points).
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    let width = font(size).box_size(text).map_or(0, |(width, _)| width);
    f64::from(width) * LINE_HEIGHT / PLOTTERS_EM
}
