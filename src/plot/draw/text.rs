//! Text, and how wide it is.

use std::sync::Once;

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, FontTransform, IntoFont, TextStyle, register_font};

use crate::plot::color::Color;

use super::{Area, Drawn, POINT, rgba, whole};

/// The font shipped with the program, which has the signs of mathematics.
pub(crate) const FONT: &[u8] = include_bytes!("../font/DejaVuSans.ttf");
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
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = register_font(FAMILY, FontStyle::Normal, FONT);
    });
}

/// Which point of the text is put at its place.
#[derive(Clone, Copy)]
pub(crate) struct Anchor(HPos, VPos, bool);

impl Anchor {
    pub const LEFT: Anchor = Anchor(HPos::Left, VPos::Center, false);
    pub const RIGHT: Anchor = Anchor(HPos::Right, VPos::Center, false);
    pub const CENTRE: Anchor = Anchor(HPos::Center, VPos::Center, false);
    pub const TOP: Anchor = Anchor(HPos::Center, VPos::Top, false);
    pub const LEFT_BOTTOM: Anchor = Anchor(HPos::Left, VPos::Bottom, false);
    /// Centred, to be read from below to above.
    pub const UPWARD: Anchor = Anchor(HPos::Center, VPos::Center, true);
}

/// Width of a text (drawing units) of that height (points).
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    register();
    let font = (FAMILY, size * POINT * PLOTTERS_EM).into_font();
    let width = font.box_size(text).map_or(0, |(width, _)| width);
    f64::from(width) * LINE_HEIGHT / PLOTTERS_EM
}

/// Writes a line.
pub(super) fn write(area: &Area, text: &str, at: [f64; 2], size: f64, color: Color, anchor: Anchor) -> Drawn {
    let mut font = (FAMILY, size * POINT * PLOTTERS_EM).into_font();
    if anchor.2 {
        font = font.transform(FontTransform::Rotate270);
    }
    let color = rgba(color, 1.0);
    let style = TextStyle::from(font).color(&color).pos(Pos::new(anchor.0, anchor.1));
    area.draw_text(text, &style, whole(at))?;
    Ok(())
}
