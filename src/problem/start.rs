//! What a run starts from.

use super::{Measure, Neurons};

/// The start of a run: canonical particles, or neurons with all their parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Particles `(r, theta)`, for the canonical flow.
    Canonical(Measure),
    /// Neurons `(c, a, b)`, for the lifted flow, its limits, and gradient descent.
    Lifted(Neurons),
}

impl Start {
    /// Number of particles, `m`.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.mass().len()
    }

    /// The canonical particles, if that is what they are.
    pub fn canonical(&self) -> Option<&Measure> {
        match self {
            Start::Canonical(measure) => Some(measure),
            Start::Lifted(_) => None,
        }
    }

    /// The neurons, if that is what they are.
    pub fn lifted(&self) -> Option<&Neurons> {
        match self {
            Start::Canonical(_) => None,
            Start::Lifted(neurons) => Some(neurons),
        }
    }

    /// Masses.
    pub fn mass(&self) -> &[f64] {
        match self {
            Start::Canonical(measure) => measure.mass(),
            Start::Lifted(neurons) => neurons.mass(),
        }
    }

    /// `Int abs(r) mu` of canonical particles, `Int abs(c) abs(w) mu` of neurons.
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
                let lengths = neurons.a().iter().zip(neurons.b()).map(|(a, b)| a.hypot(*b));
                neurons
                    .mass()
                    .iter()
                    .zip(neurons.c())
                    .zip(lengths)
                    .map(|((mass, c), w)| mass * c.abs() * w)
                    .sum()
            }
        }
    }
}

impl From<Measure> for Start {
    fn from(measure: Measure) -> Start {
        Start::Canonical(measure)
    }
}

impl From<Neurons> for Start {
    fn from(neurons: Neurons) -> Start {
        Start::Lifted(neurons)
    }
}
