//! How a law becomes particles: `measure.sampling` and the keys that go with it.

use crate::problem::Sampling;

use super::ScenarioError;
use super::entry::Kept;
use super::flow::FlowForm;
use super::section::Section;

/// Nodes of a quadrature that is told nothing else.
const DEFAULT_NODES: usize = 12;

/// How a law becomes particles.
#[derive(Debug, Clone)]
pub(super) enum SamplingForm {
    /// Independent draws.
    Iid,
    /// Scrambled Sobol' points.
    Sobol,
    /// Weighted nodes of a quadrature rule.
    Quadrature { nodes: Nodes, estimate_error: bool },
}

/// How many nodes a quadrature has.
#[derive(Debug, Clone)]
pub(super) enum Nodes {
    /// As told, or by default.
    Number(usize),
    /// As many as this number of particles allows.
    Particles(Kept<usize>),
    /// As few as keep the estimated error of the residuals below this.
    Error(Kept<f64>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Name {
    Iid,
    Sobol,
    Quadrature,
}

impl SamplingForm {
    /// Reads `sampling`, `nodes`, `quadrature_error` and `estimate_error`.
    ///
    /// * `particles`: that key, if it is there; only a quadrature can do without.
    pub fn read(
        section: &mut Section,
        flow: &FlowForm,
        particles: Option<Kept<usize>>,
    ) -> Result<SamplingForm, ScenarioError> {
        let Some(entry) = section.text("sampling")? else { return Ok(SamplingForm::Iid) };
        let names = [("iid", Name::Iid), ("sobol", Name::Sobol), ("quadrature", Name::Quadrature)];
        match entry.one_of(&names)? {
            Name::Iid => return Ok(SamplingForm::Iid),
            Name::Sobol => return Ok(SamplingForm::Sobol),
            Name::Quadrature => {}
        }
        if flow.learning_rate().is_some() {
            return Err(entry.refuse(
                "is of no use to gradient descent, whose steps are those of a finite network",
                "give \"iid\" or \"sobol\", or flow.kind = \"lifted\", to which it converges",
            ));
        }
        let note = " (on each piece of direction, and in each amplitude)";
        let nodes =
            section.count("nodes", Sampling::FEWEST_NODES as u64, Sampling::MOST_NODES as u64, note)?;
        let target = section.number("quadrature_error")?;
        if let Some(target) = &target {
            if target.value <= 0.0 {
                return Err(target.refuse(
                    "is not positive",
                    "give the largest error of a residual that you accept, in units of y, for example 1e-4",
                ));
            }
            if nodes.is_some() {
                return Err(target
                    .refuse("is given and measure.nodes, too", "remove one: nodes follow from the error"));
            }
        }
        let nodes = match (nodes, target, particles) {
            (Some(nodes), ..) => Nodes::Number(nodes.value),
            (_, Some(target), _) => Nodes::Error(target.keep()),
            (_, _, Some(particles)) => Nodes::Particles(particles),
            _ => Nodes::Number(DEFAULT_NODES),
        };
        let estimate_error = section.flag_or("estimate_error", false)?;
        Ok(SamplingForm::Quadrature { nodes, estimate_error })
    }

    /// Whether it is one of a quadrature.
    pub fn is_quadrature(&self) -> bool {
        matches!(self, SamplingForm::Quadrature { .. })
    }
}
