//! The start of a run that solves for the density of the measure.

use super::law::{DrawnLaw, Law};

/// The law of which the density is solved for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DensityLaw {
    /// Of `(r, theta)`, for the canonical flow.
    Canonical(Law),
    /// Neurons that have the function of canonical particles and one invariant.
    Lift {
        /// Of `(r, theta)`.
        law: Law,
        /// `c^2 - |w|^2` of all neurons.
        delta: f64,
    },
    /// Of `(c, a, b)`.
    Neurons {
        /// All factors applied.
        law: DrawnLaw,
        /// Into how many slices it is divided, for each sign of `c^2 - |w|^2` where that is what they differ in.
        slices: usize,
    },
}

impl DensityLaw {
    /// A law of `(r, theta)`, as it is or lifted.
    pub fn of(law: Law, delta: Option<f64>) -> DensityLaw {
        match delta {
            None => DensityLaw::Canonical(law),
            Some(delta) => DensityLaw::Lift { law, delta },
        }
    }

    /// The law of `(r, theta)`.
    ///
    /// * `kappa`: factor before the mean over neurons.
    ///
    /// ```
    /// use reluflow::problem::{DensityLaw, DrawnLaw, LawKind};
    /// let law = DrawnLaw { kind: LawKind::Pytorch, hidden_scale: 0.5, output_scale: 2.0 };
    /// assert_eq!(DensityLaw::Neurons { law, slices: 4 }.canonical(3.0).scale, 3.0); // r = kappa c |w|
    /// ```
    pub fn canonical(&self, kappa: f64) -> Law {
        match *self {
            DensityLaw::Canonical(law) | DensityLaw::Lift { law, .. } => law,
            DensityLaw::Neurons { law, .. } => Law {
                kind: law.kind,
                scale: kappa * law.hidden_scale * law.output_scale,
                antisymmetric: false,
            },
        }
    }

    /// Slices; 1 where all neurons have one invariant.
    pub fn slices(&self) -> usize {
        match self {
            DensityLaw::Canonical(_) | DensityLaw::Lift { .. } => 1,
            DensityLaw::Neurons { slices, .. } => *slices,
        }
    }
}

/// A law, and into how many cells its density is divided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensityStart {
    /// The law.
    pub law: DensityLaw,
    /// Cells per turn of the circle, and across the amplitudes.
    pub cells: [usize; 2],
}
