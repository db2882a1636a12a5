//! How far learning has come at a snapshot.

use std::fmt;

use crate::problem::Samples;
use crate::system::text::digits;

use super::{Ending, Losses, Snapshot};

/// How many times `eps` residuals may be off where samples count as interpolated.
const INTERPOLATED: f64 = 10.0;
/// A loss that falls by less than this share while the time doubles hardly falls.
const HARDLY: f64 = 0.01;

/// How far learning has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Convergence {
    /// All samples are fitted to ten times the error that the tolerance admits.
    Interpolation,
    /// At rest to the tolerance, at this loss.
    Rest {
        /// `1/2 Sum_j n_j rho_j^2`.
        loss: f64,
    },
    /// The loss hardly falls any more: by less than 1 % while the time doubles.
    Slow {
        /// `1/2 Sum_j n_j rho_j^2`.
        loss: f64,
        /// What the least-squares line and a network that is zero have.
        beside: Losses,
    },
    /// The loss falls; at the present rate it is half of what it is after this time.
    Falling {
        /// `L ln 2 / (-dL/dt)`.
        half_life: f64,
    },
}

impl Convergence {
    /// At a snapshot.
    ///
    /// * `eps`: the error that is admitted in a residual.
    pub fn of(samples: &Samples, last: &Snapshot, eps: f64) -> Convergence {
        if last.residual.iter().all(|rho| rho.abs() <= INTERPOLATED * eps) {
            return Convergence::Interpolation;
        }
        if last.ending == Some(Ending::Rest) {
            return Convergence::Rest { loss: last.loss };
        }
        let energy = last.loss + last.penalty;
        let half_life = energy * std::f64::consts::LN_2 / last.energy_dissipation;
        // A loss like t^-p falls by the share 1 - 2^-p while the time doubles, p = t D / L.
        if last.time > 0.0 && last.energy_dissipation * last.time < HARDLY * energy {
            return Convergence::Slow { loss: last.loss, beside: Losses::of(samples) };
        }
        Convergence::Falling { half_life }
    }

    /// In a few words, after a verdict on the regime.
    pub fn in_short(&self) -> &'static str {
        match self {
            Convergence::Interpolation => "interpolating",
            Convergence::Rest { .. } => "at rest above interpolation",
            Convergence::Slow { .. } => "the loss at a standstill",
            Convergence::Falling { .. } => "not yet converged",
        }
    }

    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Convergence::Interpolation => "interpolation",
            Convergence::Rest { .. } => "rest",
            Convergence::Slow { .. } => "slow",
            Convergence::Falling { .. } => "falling",
        }
    }
}

impl fmt::Display for Convergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Convergence::Interpolation => write!(f, "All samples are interpolated to the tolerance."),
            Convergence::Rest { loss } => {
                write!(f, "It is at rest above interpolation, at a loss of {}.", digits(*loss, 3))
            }
            Convergence::Slow { loss, beside } => write!(
                f,
                "The loss hardly falls any more: by less than 1 % while the time doubles. It is {}; the least-squares \
                 line has {}, a network that is zero {}.",
                digits(*loss, 3),
                digits(beside.line, 3),
                digits(beside.zero, 3)
            ),
            Convergence::Falling { half_life } => {
                write!(f, "At its present rate the loss halves within a time of {}.", digits(*half_life, 3))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Counters;
    use ndarray::{Array1, Array2};

    fn snapshot(rho: f64, at: f64, dissipation: f64) -> Snapshot {
        Snapshot {
            time: at,
            step: 1,
            output_bias: 0.0,
            residual: Array1::from(vec![rho]),
            residual_ode: Array1::zeros(1),
            residual_ode_uncorrected: Array1::zeros(1),
            loss: 0.5 * rho * rho,
            penalty: 0.0,
            energy_dissipation: dissipation,
            tangent_kernel_change: 0.0,
            region_mass: Array1::zeros(2),
            region_covariance: Array2::zeros((2, 3)),
            pinned_mass: Array2::zeros((2, 2)),
            attractor: Array2::zeros((2, 2)),
            stuck_mass: 0.0,
            tangent_kernel: None,
            tangent_kernel_eigenvalues: None,
            error_estimate: None,
            risk: None,
            function: None,
            ending: None,
            counters: Counters::default(),
        }
    }

    #[test]
    fn it_is_told_how_far_learning_has_come() {
        let samples = Samples::new(&[0.0], &[1.0]).unwrap();
        let of = |snapshot: &Snapshot| Convergence::of(&samples, snapshot, 1e-6);
        assert_eq!(of(&snapshot(9e-6, 1.0, 1.0)), Convergence::Interpolation);
        // L = 2, -dL/dt = 4: half after ln 2 / 2.
        assert_eq!(
            of(&snapshot(2.0, 1.0, 4.0)),
            Convergence::Falling { half_life: 0.5 * std::f64::consts::LN_2 }
        );
        let slow = of(&snapshot(2.0, 1.0, 0.01));
        assert_eq!(slow, Convergence::Slow { loss: 2.0, beside: Losses { zero: 0.5, line: 0.0 } });
        assert!(
            slow.to_string()
                .contains("It is 2.00; the least-squares line has 0, a network that is zero 0.500"),
            "{slow}"
        );
        let rest = Snapshot { ending: Some(Ending::Rest), ..snapshot(2.0, 1.0, 0.01) };
        assert_eq!(of(&rest).in_short(), "at rest above interpolation");
        // At the start there is no time to double.
        assert!(matches!(of(&snapshot(2.0, 0.0, 1e-3)), Convergence::Falling { .. }));
    }
}
