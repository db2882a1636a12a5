//! What a law of `[measure]` is drawn into.

use crate::problem::{Neurons, ProblemError, Start};

use super::law::Law;
use super::{DrawnLaw, NeuronLaw};

/// What a law is drawn into.
#[derive(Debug, Clone)]
pub(super) enum Drawn {
    /// Canonical particles.
    Canonical(Law),
    /// Neurons that have the function of canonical particles and this invariant.
    Lift { law: Law, delta: f64 },
    /// Neurons.
    Neurons(NeuronLaw),
}

impl Drawn {
    /// Draws independent particles, or Sobol' points.
    pub fn draw(&self, count: usize, seed: u64, sobol: bool, kappa: f64) -> Result<Start, ProblemError> {
        let particles = |law: &Law| if sobol { law.sobol(count, seed) } else { law.draw(count, seed) };
        match self {
            Drawn::Canonical(law) => particles(law).map(Start::from),
            Drawn::Lift { law, delta } => {
                particles(law).and_then(|measure| Neurons::lifted(&measure, kappa, *delta)).map(Start::from)
            }
            Drawn::Neurons(law) if sobol => law.sobol(count, seed).map(Start::from),
            Drawn::Neurons(law) => law.draw(count, seed).map(Start::from),
        }
    }

    /// Nodes of a quadrature.
    pub fn quadrature(
        &self,
        x: &[f64],
        nodes: usize,
        kink: bool,
        kappa: f64,
        width: usize,
    ) -> Result<Start, ProblemError> {
        match self {
            Drawn::Canonical(law) => law.quadrature(x, nodes, kink).map(Start::from),
            Drawn::Lift { law, delta } => law.quadrature_lifted(x, nodes, kappa, *delta).map(Start::from),
            Drawn::Neurons(law) => law.quadrature(x, nodes, width).map(Start::from),
        }
    }

    pub fn quadrature_size(&self, x: &[f64], nodes: usize) -> usize {
        match self {
            Drawn::Canonical(law) | Drawn::Lift { law, .. } => law.quadrature_size(x, nodes),
            Drawn::Neurons(law) => law.quadrature_size(x, nodes),
        }
    }

    pub fn depends_on_width(&self) -> bool {
        matches!(self, Drawn::Neurons(law) if law.depends_on_width())
    }

    pub fn antisymmetric(&self) -> bool {
        match self {
            Drawn::Canonical(law) | Drawn::Lift { law, .. } => law.antisymmetric,
            Drawn::Neurons(law) => law.antisymmetric,
        }
    }

    /// The law of `m` neurons after `w` is multiplied by `balance` and `c` divided; `None` for a
    /// lift, in which `c` and `w` depend on each other.
    pub fn drawn(&self, m: usize, balance: f64) -> Option<DrawnLaw> {
        match self {
            Drawn::Canonical(law) => {
                Some(DrawnLaw { kind: law.kind, hidden_scale: 1.0, output_scale: law.scale })
            }
            Drawn::Lift { .. } => None,
            Drawn::Neurons(law) => {
                let [h, o] = law.factors(m as f64);
                Some(DrawnLaw { kind: law.kind, hidden_scale: h * balance, output_scale: o / balance })
            }
        }
    }

    pub fn remedy(&self) -> &'static str {
        match self {
            Drawn::Neurons(_) => "lower measure.hidden_scale or measure.output_scale",
            _ => "lower measure.scale",
        }
    }
}
