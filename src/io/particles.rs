//! Particles as a run file stores them.

use crate::problem::Place;

/// The stored particles of a snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Particles {
    /// Their numbers among all particles.
    pub index: Vec<usize>,
    /// Signed amplitudes.
    pub r: Vec<f64>,
    /// Directions (rad), in `[0, 2 pi)`.
    pub theta: Vec<f64>,
    /// Output weights `c`; empty for canonical particles, as `a` and `b` are.
    pub c: Vec<f64>,
    /// Slopes `a`.
    pub a: Vec<f64>,
    /// Offsets `b`.
    pub b: Vec<f64>,
    /// Places.
    pub place: Vec<Place>,
}
