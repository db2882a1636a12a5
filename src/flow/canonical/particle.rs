//! Canonical particles within a step.

use crate::problem::Place;

/// A particle on its way through a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Particle {
    /// Mass.
    pub mass: f64,
    /// Signed amplitude.
    pub r: f64,
    /// Direction (rad), unwrapped.
    pub theta: f64,
    /// What it is doing.
    pub place: Place,
}

/// The particles before and after a push, in structure-of-arrays form.
pub struct Particles<'a> {
    /// Masses.
    pub mass: &'a [f64],
    /// Amplitudes before.
    pub r: &'a [f64],
    /// Directions before.
    pub theta: &'a [f64],
    /// Places before.
    pub place: &'a [Place],
    /// Amplitudes after.
    pub r_end: &'a mut [f64],
    /// Directions after.
    pub theta_end: &'a mut [f64],
    /// Places after.
    pub place_end: &'a mut [Place],
}
