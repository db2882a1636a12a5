//! What a run starts from.

use super::{DensityLaw, DensityStart, Measure, Neurons, ProblemError};

/// Nodes in each direction and region of the particles that stand for a density: its moments to rounding.
const NODES: usize = 32;

/// The start of a run: canonical particles, neurons with all their parameters, or a law whose density is solved for.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Particles `(r, theta)`, for the canonical flow.
    Canonical(Measure),
    /// Neurons `(c, a, b)`, for the lifted flow, its limits, and gradient descent.
    Lifted(Neurons),
    /// No particles: the density of a law.
    Density(DensityStart),
}

impl Start {
    /// Number of particles, `m`; 0 of a density.
    #[allow(clippy::len_without_is_empty)] // a density has none
    pub fn len(&self) -> usize {
        self.mass().len()
    }

    /// The canonical particles, if that is what they are.
    pub fn canonical(&self) -> Option<&Measure> {
        match self {
            Start::Canonical(measure) => Some(measure),
            Start::Lifted(_) | Start::Density(_) => None,
        }
    }

    /// The neurons, if that is what they are.
    pub fn lifted(&self) -> Option<&Neurons> {
        match self {
            Start::Canonical(_) | Start::Density(_) => None,
            Start::Lifted(neurons) => Some(neurons),
        }
    }

    /// The law whose density is solved for, if that is what it is.
    pub fn density(&self) -> Option<&DensityStart> {
        match self {
            Start::Canonical(_) | Start::Lifted(_) => None,
            Start::Density(density) => Some(density),
        }
    }

    /// Masses; none of a density.
    pub fn mass(&self) -> &[f64] {
        match self {
            Start::Canonical(measure) => measure.mass(),
            Start::Lifted(neurons) => neurons.mass(),
            Start::Density(_) => &[],
        }
    }

    /// With particles, those of a quadrature, in the place of a density.
    ///
    /// * `x`: positions of the samples.
    /// * `kappa`: factor before the mean over neurons.
    ///
    /// # Errors
    /// As [`Law::quadrature`](super::Law::quadrature).
    pub fn with_particles(self, x: &[f64], kappa: f64) -> Result<Start, ProblemError> {
        match self {
            Start::Density(DensityStart { law, .. }) => match law {
                DensityLaw::Canonical(law) => law.quadrature(x, NODES, false).map(Start::from),
                DensityLaw::Lift { law, delta } => {
                    law.quadrature_lifted(x, NODES, kappa, delta).map(Start::from)
                }
                DensityLaw::Neurons { law, .. } => law.quadrature(x, NODES).map(Start::from),
            },
            particles => Ok(particles),
        }
    }

    /// `Int abs(r) mu` of canonical particles, `Int abs(c) abs(w) mu` of neurons; of a density the scale of its law,
    /// which is of that size.
    ///
    /// ```
    /// use reluflow::problem::{Measure, Start};
    /// let start: Start = Measure::uniform(vec![1.0, -2.0], vec![0.0, 1.0])?.into();
    /// assert_eq!(start.total_variation(), 1.5);
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    pub fn total_variation(&self) -> f64 {
        match self {
            Start::Canonical(measure) => {
                measure.mass().iter().zip(measure.r()).map(|(mass, r)| mass * r.abs()).sum()
            }
            Start::Lifted(neurons) => {
                let lengths = neurons.a().iter().zip(neurons.b()).map(|(a, b)| libm::hypot(*a, *b));
                neurons
                    .mass()
                    .iter()
                    .zip(neurons.c())
                    .zip(lengths)
                    .map(|((mass, c), w)| mass * c.abs() * w)
                    .sum()
            }
            Start::Density(density) => density.law.canonical(1.0).scale,
        }
    }
}

impl From<Measure> for Start {
    fn from(measure: Measure) -> Start {
        Start::Canonical(measure)
    }
}

impl From<DensityStart> for Start {
    fn from(density: DensityStart) -> Start {
        Start::Density(density)
    }
}

impl From<Neurons> for Start {
    fn from(neurons: Neurons) -> Start {
        Start::Lifted(neurons)
    }
}
