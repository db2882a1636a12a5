//! Lengths on the page.

/// Drawing units in a point (1/72 inch).
pub(crate) const POINT: f64 = 20.0;

/// A rectangle in drawing units, `top` smaller than `bottom`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rect {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}
