//! A law of `[measure]` becomes particles.

use std::ops::Range;

use crate::flow::ParticleKind;
use crate::problem::{DrawnLaw, ParticleLaw, ProblemError, Sampling, Start};
use crate::system::text::number;

use super::ScenarioError;
use super::error::split;
use super::flow::FlowForm;
use super::laws;
use super::needs::Need;
use super::sampling::{Nodes, SamplingForm};
use super::source::Source;

/// A law and how it becomes particles.
#[derive(Debug, Clone)]
pub(super) struct Sampled {
    pub law: ParticleLaw,
    pub name: &'static str,
    /// The key `particles`: how many are drawn, or the width that a quadrature stands for.
    pub particles: Option<usize>,
    pub seed: u64,
    /// Whether the scenario has a seed.
    pub seeded: bool,
    pub sampling: SamplingForm,
    /// Whether the flow tells signs of `r` apart.
    pub kink: bool,
    /// Of the section.
    pub span: Range<usize>,
}

/// A start measure ready for a run.
pub(super) struct ReadMeasure {
    pub start: Start,
    /// What it was drawn from; `None` for files and lifts.
    pub law: Option<DrawnLaw>,
    /// In words.
    pub source: String,
    pub seed: Option<u64>,
    pub sampling: Sampling,
    /// The output bias.
    pub output_bias: f64,
    /// The `m` of `alpha(m)`: the number of particles, unless a quadrature stands for others.
    pub width: usize,
    /// The quadrature with twice the nodes, or the density with half as many cells, when its error is to be
    /// estimated.
    pub beside: Option<Start>,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl Sampled {
    /// Draws the particles, or places the nodes.
    ///
    /// * `x`: positions of the samples.
    /// * `nodes`: of a quadrature, where they were searched for.
    pub fn build(
        &self,
        source: Source,
        flow: &FlowForm,
        x: &[f64],
        nodes: Option<usize>,
    ) -> Result<ReadMeasure, ScenarioError> {
        if flow.particles() == ParticleKind::Canonical {
            flow.refuse_scaling(source)?;
        }
        let mut notices = vec![];
        let (start, beside, sampling) = match &self.sampling {
            SamplingForm::Quadrature { nodes: form, estimate_error } => {
                let nodes = match nodes {
                    Some(nodes) => nodes,
                    None => self.nodes(source, form, x)?,
                };
                // No error: sweeps over samplings have a seed.
                if self.seeded {
                    notices.push("a quadrature draws nothing: measure.seed is of no use".to_string());
                }
                let start = self.quadrature(source, flow, x, nodes)?;
                // Nor is this: a sweep over nodes may begin with a scenario of draws.
                if let (false, Some(count)) = (matches!(form, Nodes::Particles(_)), self.particles)
                    && !self.law.depends_on_width()
                    && !flow.depends_on_width()
                {
                    notices.push(format!(
                        "measure.particles = {count} is of no use: nodes decide, and make {} particles",
                        start.len()
                    ));
                }
                let beside = match estimate_error {
                    true => Some(self.quadrature(source, flow, x, 2 * nodes)?),
                    false => None,
                };
                (start, beside, Sampling::Quadrature { nodes, estimate_error: *estimate_error })
            }
            drawn => {
                let count = self.particles.expect("only a quadrature does without");
                let sobol = matches!(drawn, SamplingForm::Sobol);
                if sobol {
                    notices.extend(uneven(count, self.law.antisymmetric()));
                }
                self.check_memory(source, flow, count)?;
                let kappa = flow.kappa(source, count)?;
                let start = self.refused(source, self.law.draw(count, self.seed, sobol, kappa))?;
                (start, None, if sobol { Sampling::Sobol } else { Sampling::Iid })
            }
        };
        let width = self.particles.unwrap_or(start.len());
        let balance = flow.balance_entry().map_or(1.0, |balance| balance.value);
        let beside = beside.map(|beside| flow.balanced(source, beside)).transpose()?;
        Ok(ReadMeasure {
            start: flow.balanced(source, start)?,
            law: self.law.drawn(width, balance),
            source: self.describe(sampling, flow),
            seed: (!self.sampling.is_quadrature()).then_some(self.seed),
            sampling,
            output_bias: 0.0,
            width,
            beside,
            notices,
        })
    }

    /// The quadrature of a law with this many nodes.
    fn quadrature(
        &self,
        source: Source,
        flow: &FlowForm,
        x: &[f64],
        nodes: usize,
    ) -> Result<Start, ScenarioError> {
        let size = self.law.quadrature_size(x, nodes);
        self.check_memory(source, flow, size)?;
        let width = self.particles.unwrap_or(size);
        let kappa = flow.kappa(source, width)?;
        let start = self.law.quadrature(x, nodes, self.kink, kappa, width);
        self.refused(source, start)
    }

    /// How many nodes a quadrature has that need no search.
    fn nodes(&self, source: Source, form: &Nodes, x: &[f64]) -> Result<usize, ScenarioError> {
        match form {
            Nodes::Number(nodes) => Ok(*nodes),
            Nodes::Error(target) => Err(target.on(source).refuse(
                "asks for a search of nodes, which is made of whole runs",
                "give measure.nodes, or read the scenario by study::read_scenario, which searches",
            )),
            Nodes::Particles(particles) => self.law.nodes_within(x, particles.value).ok_or_else(|| {
                const FEWEST: usize = Sampling::FEWEST_NODES;
                particles.on(source).refuse(
                    format_args!(
                        "are too few for a quadrature with {FEWEST} nodes in each direction and region"
                    ),
                    format_args!(
                        "give {} or more, or nodes, which then decide",
                        self.law.quadrature_size(x, FEWEST)
                    ),
                )
            }),
        }
    }

    /// Of the particles alone: those of a run and its samples together are looked at when it is whole.
    fn check_memory(&self, source: Source, flow: &FlowForm, particles: usize) -> Result<(), ScenarioError> {
        Need::of_run(particles, 0, flow.unscaled(), false)
            .check()
            .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))
    }

    fn refused(&self, source: Source, start: Result<Start, ProblemError>) -> Result<Start, ScenarioError> {
        start.map_err(|error| {
            let (problem, _) = split(&error);
            let problem = format_args!("the law drew a measure in which {problem}");
            let remedy = match self.law {
                ParticleLaw::Neurons(_) => "lower measure.hidden_scale or measure.output_scale",
                _ => "lower measure.scale",
            };
            source.error(&self.span, problem, remedy)
        })
    }

    /// A drawn measure in words.
    fn describe(&self, sampling: Sampling, flow: &FlowForm) -> String {
        let Sampled { law, name, seed, .. } = self;
        let particles = match (sampling, self.particles) {
            (Sampling::Quadrature { nodes, .. }, Some(width))
                if law.depends_on_width() || flow.depends_on_width() =>
            {
                format!("quadrature with {nodes} nodes in each direction and region for width {width}")
            }
            (Sampling::Quadrature { nodes, .. }, _) => {
                format!("quadrature with {nodes} nodes in each direction and region")
            }
            (Sampling::Sobol, count) => format!("{} Sobol' points", count.unwrap_or(0)),
            (_, count) => format!("{} particles", count.unwrap_or(0)),
        };
        let mut text = laws::describe(law, name, &particles);
        if flow.balance() != 1.0 {
            text += &format!(", balance {}", number(flow.balance()));
        }
        if self.sampling.is_quadrature() {
            return text;
        }
        text + &format!(", seed {seed}")
    }
}

/// A word about counts that leave the boxes of Sobol' points half filled.
fn uneven(count: usize, antisymmetric: bool) -> Option<String> {
    let (points, each) = if antisymmetric { (count / 2, 2) } else { (count, 1) };
    (!points.is_power_of_two()).then(|| {
        let above = points.next_power_of_two();
        format!(
            "sampling = \"sobol\" is most even where {} a power of two: measure.particles = {} or {} rather than {count}",
            if antisymmetric { "the number of pairs is" } else { "the number of particles is" },
            each * above / 2,
            each * above
        )
    })
}
