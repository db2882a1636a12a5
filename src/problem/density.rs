//! The start of a run that solves for the density of the measure.

use super::law::Law;

/// A law, and into how many cells its density is divided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensityStart {
    /// The law of `(r, theta)`.
    pub law: Law,
    /// `c^2 - |w|^2` of all neurons, for flows of neurons.
    pub delta: Option<f64>,
    /// Cells per turn of the circle, and across the amplitudes.
    pub cells: [usize; 2],
}
