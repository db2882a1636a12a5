//! Text.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, TextStyle};

use crate::plot::color::Color;
use crate::plot::font::font;

use super::{Area, Drawn, rgba, whole};

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

/// Writes a line.
pub(super) fn write(area: &Area, text: &str, at: [f64; 2], size: f64, color: Color, anchor: Anchor) -> Drawn {
    let mut font = font(size);
    if anchor.2 {
        font = font.transform(FontTransform::Rotate270);
    }
    let color = rgba(color, 1.0);
    let style = TextStyle::from(font).color(&color).pos(Pos::new(anchor.0, anchor.1));
    area.draw_text(text, &style, whole(at))?;
    Ok(())
}
