//! What the amplitude of neurons on a line tells of them, whichever slice they are in.

use crate::flow::Flow;

use super::columns::Density;
use super::coordinate::Coordinate;
use super::layout;

/// The coordinates of all slices of a density.
///
/// ```
/// use reluflow::flow::{Density, Flow, Invariants};
/// // One slice with delta = -0.5: c = sqrt(0.5) sinh q, |w| = sqrt(0.5) cosh q, kappa = 1.
/// let layout = vec![64.0, -0.5, -8.0, 2.0, 0.1];
/// let density = Density { layout, ..Density::default() };
/// let invariants = Invariants::of(&density, Flow::Lifted { kappa: 1.0, decay: 0.0 }).unwrap();
/// // In a field whose integral is 0.3 it is q that moves by 0.3: r = sinh(2 q) / 4.
/// assert!((invariants.keep_sign_beyond(0.3) - 0.25 * 0.6f64.sinh()).abs() < 1e-15);
/// // |w|^2 + c^2 = cosh(2 q) / 2 = sqrt(1/4 + 4 r^2).
/// assert!((invariants.largest_weight(0.6) - (0.25f64 + 1.44).sqrt()).abs() < 1e-14);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Invariants(Vec<Coordinate>);

impl Invariants {
    /// Of a state; `None` if its layout is not one of this flow.
    pub fn of(density: &Density, flow: Flow) -> Option<Invariants> {
        let slices = layout::read(&density.layout, flow)?;
        Some(Invariants(slices.into_iter().map(|slice| slice.coordinate).collect()))
    }

    /// The least `|r|` from which on neurons keep their sign of `r`, and their weights, while they slide along a boundary.
    ///
    /// * `pull`: `Int |<g, d>| dt` at most, what the total-variation term adds included.
    pub fn keep_sign_beyond(&self, pull: f64) -> f64 {
        let one = |coordinate: &Coordinate| {
            // With delta = 0 neither layer ever vanishes.
            let vanishes = coordinate.has_both_signs() || coordinate.has_origin();
            if vanishes { coordinate.row(coordinate.speed().abs() * pull).r.abs() } else { 0.0 }
        };
        self.0.iter().map(one).fold(0.0, f64::max)
    }

    /// The largest weight in the second moments that a pinned neuron with this `r` may have: `|w|^2 + c^2` with `kappa^2`,
    /// without the layer that stands still; 1 of canonical particles.
    pub fn largest_weight(&self, r: f64) -> f64 {
        let one = |coordinate: &Coordinate| coordinate.row(coordinate.of_amplitude(r)).radial;
        self.0.iter().map(one).fold(0.0, f64::max)
    }
}
