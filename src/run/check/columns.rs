//! The stored particles that a check reads.

use crate::problem::Place;

/// Stored particles of one snapshot, in the order of their numbers.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// Numbers among all particles.
    pub index: &'a [usize],
    /// Amplitudes.
    pub r: &'a [f64],
    /// Directions.
    pub theta: &'a [f64],
    /// Output weights of neurons; empty for canonical particles, as `a` and `b` are.
    pub c: &'a [f64],
    /// Slopes.
    pub a: &'a [f64],
    /// Offsets.
    pub b: &'a [f64],
    /// Places.
    pub place: &'a [Place],
}

impl Columns<'_> {
    /// `(c, w)` of neuron `i`, `w = (a, -b)`.
    pub(super) fn neuron(&self, i: usize) -> [f64; 3] {
        [self.c[i], self.a[i], -self.b[i]]
    }
}
