//! The law of the particles that a flow starts from.

use crate::problem::{Neurons, ProblemError, Start};

use super::canonical::Law;
use super::kind::LawKind;
use super::neurons::{DrawnLaw, NeuronLaw};
use super::sampling::Sampling;

/// The law of the particles that a flow starts from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParticleLaw {
    /// Canonical particles.
    Canonical(Law),
    /// Neurons that have the function of canonical particles and the invariant
    /// `c^2 - |w|^2 = delta`.
    Lift {
        /// Of the canonical particles.
        law: Law,
        /// Invariant.
        delta: f64,
    },
    /// Neurons.
    Neurons(NeuronLaw),
}

impl ParticleLaw {
    /// `count` independent draws, or as many Sobol' points.
    ///
    /// * `kappa`: factor before the mean over neurons, which a lift needs.
    ///
    /// # Errors
    /// As [`Law::draw`] and [`NeuronLaw::draw`].
    pub fn draw(&self, count: usize, seed: u64, sobol: bool, kappa: f64) -> Result<Start, ProblemError> {
        let particles = |law: &Law| if sobol { law.sobol(count, seed) } else { law.draw(count, seed) };
        match self {
            ParticleLaw::Canonical(law) => particles(law).map(Start::from),
            ParticleLaw::Lift { law, delta } => {
                particles(law).and_then(|measure| Neurons::lifted(&measure, kappa, *delta)).map(Start::from)
            }
            ParticleLaw::Neurons(law) if sobol => law.sobol(count, seed).map(Start::from),
            ParticleLaw::Neurons(law) => law.draw(count, seed).map(Start::from),
        }
    }

    /// The nodes of a quadrature; see [`Law::quadrature`] and [`NeuronLaw::quadrature`].
    ///
    /// * `x`: positions of the samples.
    /// * `kink`: whether the flow tells the signs of `r` apart.
    /// * `kappa`: factor before the mean over neurons, which a lift needs.
    /// * `width`: the `m` of laws that depend on it.
    ///
    /// # Errors
    /// As [`Law::quadrature`] and [`NeuronLaw::quadrature`].
    pub fn quadrature(
        &self,
        x: &[f64],
        nodes: usize,
        kink: bool,
        kappa: f64,
        width: usize,
    ) -> Result<Start, ProblemError> {
        match self {
            ParticleLaw::Canonical(law) => law.quadrature(x, nodes, kink).map(Start::from),
            ParticleLaw::Lift { law, delta } => {
                law.quadrature_lifted(x, nodes, kappa, *delta).map(Start::from)
            }
            ParticleLaw::Neurons(law) => law.quadrature(x, nodes, width).map(Start::from),
        }
    }

    /// How many particles a quadrature has.
    pub fn quadrature_size(&self, x: &[f64], nodes: usize) -> usize {
        match self {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => law.quadrature_size(x, nodes),
            ParticleLaw::Neurons(law) => law.quadrature_size(x, nodes),
        }
    }

    /// The largest even number of nodes with at most this many particles; `None` if even the fewest
    /// nodes have more.
    pub fn nodes_within(&self, x: &[f64], particles: usize) -> Option<usize> {
        let even = (Sampling::FEWEST_NODES / 2..Sampling::MOST_NODES / 2 + 1).map(|half| 2 * half);
        even.rev().find(|nodes| self.quadrature_size(x, *nodes) <= particles)
    }

    /// What is drawn.
    pub fn kind(&self) -> LawKind {
        match self {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => law.kind,
            ParticleLaw::Neurons(law) => law.kind,
        }
    }

    /// Whether the law depends on the width.
    pub fn depends_on_width(&self) -> bool {
        matches!(self, ParticleLaw::Neurons(law) if law.depends_on_width())
    }

    /// Whether particles come in pairs of opposite sign.
    pub fn antisymmetric(&self) -> bool {
        match self {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => law.antisymmetric,
            ParticleLaw::Neurons(law) => law.antisymmetric,
        }
    }

    /// The law of `m` neurons after `w` is multiplied by `balance` and `c` divided; `None` for a
    /// lift, in which `c` and `w` depend on each other.
    pub fn drawn(&self, m: usize, balance: f64) -> Option<DrawnLaw> {
        match self {
            ParticleLaw::Canonical(law) => {
                Some(DrawnLaw { kind: law.kind, hidden_scale: 1.0, output_scale: law.scale })
            }
            ParticleLaw::Lift { .. } => None,
            ParticleLaw::Neurons(law) => {
                let [h, o] = law.factors(m as f64);
                Some(DrawnLaw { kind: law.kind, hidden_scale: h * balance, output_scale: o / balance })
            }
        }
    }
}
