//! Limits side by side.

use super::limit::LimitKind;

/// Quantities in which limits are compared: residual, function, tangent kernel and pinned mass.
pub const COMPARED: usize = 4;

/// One limit, or another beside it.
#[derive(Debug, Clone)]
pub struct LimitReport {
    /// How it is made.
    pub kind: LimitKind,
    /// The same in words.
    pub about: String,
    /// Its own error in residual, function, tangent kernel and pinned mass, from a coarser one; NaN where that is not
    /// known.
    pub error: [f64; COMPARED],
    /// How far it is from each of the limits in these: an independent check of both.
    pub apart: Vec<[f64; COMPARED]>,
}
