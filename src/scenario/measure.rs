//! The section `[measure]`.

use std::ops::Range;
use std::path::Path;

use crate::problem::{ProblemError, Start};
use crate::run::Sampling;

use super::drawn::Drawn;
use super::entry::Kept;
use super::error::split;
use super::flow::FlowForm;
use super::law::{Law, LawKind, OutputLaw};
use super::measure_file::MeasureFile;
use super::quadrature::{FEWEST, MOST};
use super::sampling::{Nodes, SamplingForm};
use super::section::Section;
use super::source::Source;
use super::{DrawnLaw, NeuronLaw, ScenarioError, memory};

/// More particles than this are refused: 120 GB while running.
const MAX_PARTICLES: u64 = 1_000_000_000;
/// Invariants `c^2 - |w|^2` beyond which one layer loses the other's digits.
const DELTA: f64 = 1e12;

/// Where the start measure comes from, checked but not yet drawn.
#[derive(Debug, Clone)]
pub(super) struct MeasureForm {
    origin: Origin,
    span: Range<usize>,
}

#[derive(Debug, Clone)]
enum Origin {
    File(MeasureFile),
    Law(Sampled),
}

/// A law and how it becomes particles.
#[derive(Debug, Clone)]
pub(super) struct Sampled {
    law: Drawn,
    name: &'static str,
    /// The key `particles`: how many are drawn, or the width that a quadrature stands for.
    particles: Option<usize>,
    seed: u64,
    /// Whether the scenario has a seed.
    seeded: bool,
    sampling: SamplingForm,
    /// Whether the flow tells signs of `r` apart.
    kink: bool,
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
    /// The `m` of `alpha(m)`: the number of particles, unless a quadrature stands for others.
    pub width: usize,
    /// The quadrature with twice the nodes, when its error is to be estimated.
    pub finer: Option<Start>,
    /// What the user should know.
    pub notices: Vec<String>,
}

/// All keys of the section.
pub(super) const KEYS: [&str; 16] = [
    "file",
    "particles",
    "law",
    "scale",
    "hidden_scale",
    "output_scale",
    "delta",
    "seed",
    "antisymmetric",
    "a_bound",
    "b_bound",
    "c_law",
    "sampling",
    "nodes",
    "quadrature_error",
    "estimate_error",
];

const LAWS: [(&str, LawKind); 8] = [
    ("normal-uniform", LawKind::NormalUniform),
    ("uniform-uniform", LawKind::UniformUniform),
    ("normal", LawKind::Normal),
    ("he", LawKind::He),
    ("glorot", LawKind::Glorot),
    ("pytorch", LawKind::Pytorch),
    ("uniform", LawKind::Uniform { a_bound: 1.0, b_bound: 1.0, c: OutputLaw::Uniform }),
    ("two-sided", LawKind::TwoSided { b_bound: 1.0, c: OutputLaw::Uniform }),
];

const OUTPUT_LAWS: [(&str, OutputLaw); 3] =
    [("uniform", OutputLaw::Uniform), ("normal", OutputLaw::Normal), ("sign", OutputLaw::Sign)];

impl MeasureForm {
    /// Understands the section; what it may hold depends on the flow.
    pub fn read(mut section: Section, flow: &FlowForm) -> Result<MeasureForm, ScenarioError> {
        let span = section.span();
        let example = "particles = 10000 (a law, normal-uniform unless told) or file = \"particles.csv\"";
        // A quadrature counts nodes.
        let alone = section.has("sampling") && !section.has("particles") && !section.has("file");
        if !alone && section.exactly_one(&["particles", "file"], example)? == "file" {
            let delta = delta(&mut section, flow)?;
            let file = MeasureFile::read(&mut section, delta)?;
            section.finish(form("measure.file", flow))?;
            return Ok(MeasureForm { origin: Origin::File(file), span });
        }
        let note = format!(
            " ({MAX_PARTICLES} need {})",
            memory::text(memory::for_particles(MAX_PARTICLES as usize))
        );
        let particles = section.count("particles", 1, MAX_PARTICLES, &note)?;
        let named = LAWS.map(|(name, kind)| (name, (name, kind)));
        let (name, kind) = section.choice("law", &named)?;
        let kind = match kind {
            LawKind::Uniform { .. } => LawKind::Uniform {
                a_bound: section.positive_or("a_bound", 1.0)?,
                b_bound: section.positive_or("b_bound", 1.0)?,
                c: section.choice("c_law", &OUTPUT_LAWS)?,
            },
            LawKind::TwoSided { .. } => LawKind::TwoSided {
                b_bound: section.positive_or("b_bound", 1.0)?,
                c: section.choice("c_law", &OUTPUT_LAWS)?,
            },
            kind => kind,
        };
        let delta = delta(&mut section, flow)?;
        let of_weights = !matches!(kind, LawKind::NormalUniform | LawKind::UniformUniform);
        let mut law = match (flow.is_lifted(), delta) {
            (false, _) => Drawn::Canonical(Law { kind, scale: 1.0, antisymmetric: false }),
            (true, Some(delta)) => {
                Drawn::Lift { law: Law { kind, scale: 1.0, antisymmetric: false }, delta: delta.value }
            }
            (true, None) if of_weights => {
                Drawn::Neurons(NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false })
            }
            (true, None) => {
                return Err(section.missing(
                    format_args!("draws (r, theta) by law = \"{name}\", which says nothing about c and |w|"),
                    "add delta = 0 (c^2 - |w|^2 of every neuron), or choose a law of (a, b, c), for example law = \"pytorch\"",
                ));
            }
        };
        match &mut law {
            Drawn::Canonical(law) | Drawn::Lift { law, .. } => {
                law.scale = section.positive_or("scale", 1.0)?;
                law.antisymmetric = section.flag_or("antisymmetric", false)?;
            }
            Drawn::Neurons(law) => {
                law.hidden_scale = section.positive_or("hidden_scale", 1.0)?;
                law.output_scale = section.positive_or("output_scale", 1.0)?;
                law.antisymmetric = section.flag_or("antisymmetric", false)?;
            }
        }
        let seeded = section.has("seed");
        let seed = section.seed()?;
        let count = particles.as_ref().map(|particles| particles.value);
        let sampling = SamplingForm::read(&mut section, flow, particles.clone().map(|entry| entry.keep()))?;
        match (&sampling, &particles) {
            (SamplingForm::Quadrature { .. }, None) if law.depends_on_width() || flow.depends_on_width() => {
                return Err(section.missing(
                    format_args!("has no `particles`, but the start depends on the width (by law = \"{name}\", or by flow.scaling)"),
                    "give particles = m, the width that is meant; nodes says how many nodes stand for it",
                ));
            }
            (SamplingForm::Quadrature { .. }, _) => {}
            (_, None) => {
                // Refused as without the key.
                section.exactly_one(&["particles", "file"], example)?;
            }
            (_, Some(particles)) if law.antisymmetric() && particles.value % 2 == 1 => {
                return Err(particles.refuse(
                    "is odd, but antisymmetric particles come in pairs",
                    format_args!("give an even number, for example {}", particles.value + 1),
                ));
            }
            _ => {}
        }
        // Keys of a quadrature alone deserve to be told so.
        let alone = ["nodes", "quadrature_error", "estimate_error"].iter().any(|key| section.has(key));
        let without = match alone && !sampling.is_quadrature() {
            true => " without measure.sampling = \"quadrature\"",
            false => "",
        };
        section.finish(form(&format!("measure.law = \"{name}\"{without}"), flow))?;
        let kink = flow.tv() > 0.0;
        let sampled = Sampled { law, name, particles: count, seed, seeded, sampling, kink };
        Ok(MeasureForm { origin: Origin::Law(sampled), span })
    }

    /// Number of particles of a law; 0 for a file, which is not yet read.
    #[cfg(test)]
    pub fn particles(&self) -> usize {
        match self.origin {
            // Nodes are bounded, and so is what they make of a law.
            Origin::Law(ref sampled) => sampled.particles.unwrap_or(0),
            Origin::File { .. } => 0,
        }
    }

    /// The error that a quadrature is to keep, where it stands.
    pub fn target(&self) -> Option<&Kept<f64>> {
        match &self.origin {
            Origin::Law(Sampled {
                sampling: SamplingForm::Quadrature { nodes: Nodes::Error(target), .. },
                ..
            }) => Some(target),
            _ => None,
        }
    }

    /// Draws or reads the measure.
    ///
    /// * `folder`: what file names are relative to.
    /// * `x`: positions of the samples.
    /// * `nodes`: of a quadrature, where they were searched for.
    pub fn build(
        &self,
        source: Source,
        folder: &Path,
        flow: &FlowForm,
        x: &[f64],
        nodes: Option<usize>,
    ) -> Result<ReadMeasure, ScenarioError> {
        let sampled = match &self.origin {
            Origin::File(file) => {
                let (start, words) = file.build(source, folder, flow)?;
                return Ok(ReadMeasure {
                    width: start.len(),
                    start: balanced(start, source, flow)?,
                    law: None,
                    source: words,
                    seed: None,
                    sampling: Sampling::File,
                    finer: None,
                    notices: vec![],
                });
            }
            Origin::Law(sampled) => sampled,
        };
        if !flow.is_lifted() {
            flow.refuse_scaling(source)?;
        }
        let mut notices = vec![];
        let (start, finer, sampling) = match &sampled.sampling {
            SamplingForm::Quadrature { nodes: form, estimate_error } => {
                let nodes = match nodes {
                    Some(nodes) => nodes,
                    None => self.nodes(source, form, sampled, x)?,
                };
                // No error: sweeps over samplings have a seed.
                if sampled.seeded {
                    notices.push("a quadrature draws nothing: measure.seed is of no use".to_string());
                }
                let start = self.quadrature(source, sampled, flow, x, nodes)?;
                let finer = match estimate_error {
                    true => Some(self.quadrature(source, sampled, flow, x, 2 * nodes)?),
                    false => None,
                };
                (start, finer, Sampling::Quadrature { nodes, estimate_error: *estimate_error })
            }
            drawn => {
                let count = sampled.particles.expect("only a quadrature does without");
                let sobol = matches!(drawn, SamplingForm::Sobol);
                if sobol {
                    notices.extend(uneven(count, sampled.law.antisymmetric()));
                }
                self.check_memory(source, count)?;
                let kappa = flow.kappa(source, count)?;
                let start =
                    self.refused(source, sampled, sampled.law.draw(count, sampled.seed, sobol, kappa))?;
                (start, None, if sobol { Sampling::Sobol } else { Sampling::Iid })
            }
        };
        let width = sampled.particles.unwrap_or(start.len());
        let balance = flow.balance_entry().map_or(1.0, |balance| balance.value);
        let finer = finer.map(|finer| balanced(finer, source, flow)).transpose()?;
        Ok(ReadMeasure {
            start: balanced(start, source, flow)?,
            law: sampled.law.drawn(width, balance),
            source: describe(sampled, sampling, flow),
            seed: (!sampled.sampling.is_quadrature()).then_some(sampled.seed),
            sampling,
            width,
            finer,
            notices,
        })
    }

    /// The quadrature of a law with this many nodes.
    fn quadrature(
        &self,
        source: Source,
        sampled: &Sampled,
        flow: &FlowForm,
        x: &[f64],
        nodes: usize,
    ) -> Result<Start, ScenarioError> {
        let size = sampled.law.quadrature_size(x, nodes);
        self.check_memory(source, size)?;
        let width = sampled.particles.unwrap_or(size);
        let kappa = flow.kappa(source, width)?;
        let start = sampled.law.quadrature(x, nodes, sampled.kink, kappa, width);
        self.refused(source, sampled, start)
    }

    /// How many nodes a quadrature has that need no search.
    fn nodes(
        &self,
        source: Source,
        form: &Nodes,
        sampled: &Sampled,
        x: &[f64],
    ) -> Result<usize, ScenarioError> {
        match form {
            Nodes::Number(nodes) => Ok(*nodes),
            // Found by a search; without one, as few as there may be.
            Nodes::Error(_) => Ok(FEWEST),
            Nodes::Particles(particles) => {
                let fits = |nodes: &usize| sampled.law.quadrature_size(x, *nodes) <= particles.value;
                let even = (FEWEST / 2..MOST / 2 + 1).map(|half| 2 * half);
                even.rev().find(fits).ok_or_else(|| {
                    particles.on(source).refuse(
                        format_args!(
                            "are too few for a quadrature with {FEWEST} nodes in each direction and region"
                        ),
                        format_args!(
                            "give {} or more, or leave it out and give nodes",
                            sampled.law.quadrature_size(x, FEWEST)
                        ),
                    )
                })
            }
        }
    }

    fn check_memory(&self, source: Source, particles: usize) -> Result<(), ScenarioError> {
        memory::check(particles, memory::available())
            .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))
    }

    fn refused(
        &self,
        source: Source,
        sampled: &Sampled,
        start: Result<Start, ProblemError>,
    ) -> Result<Start, ScenarioError> {
        start.map_err(|error| {
            let (problem, _) = split(&error);
            let problem = format_args!("the law drew a measure in which {problem}");
            source.error(&self.span, problem, sampled.law.remedy())
        })
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

/// What a section turned out to be, for messages about keys it does not use.
fn form(origin: &str, flow: &FlowForm) -> String {
    // The canonical flow is what scenarios without [flow] have.
    if flow.is_lifted() {
        format!("{origin} with flow.kind = \"{}\"", flow.name())
    } else {
        origin.to_string()
    }
}

/// `delta`, asked for by flows of neurons only.
fn delta(section: &mut Section, flow: &FlowForm) -> Result<Option<Kept<f64>>, ScenarioError> {
    if !flow.is_lifted() {
        return Ok(None);
    }
    let Some(delta) = section.number("delta")? else { return Ok(None) };
    if delta.value.abs() > DELTA {
        return Err(delta.refuse(
            "is out of range",
            format_args!("give c^2 - |w|^2 from {:e} to {DELTA:e}; the limits are flow.kind = \"kernel\" and \"adaptive\"", -DELTA),
        ));
    }
    if let Some(balance) = flow.balance_entry() {
        return Err(delta.refuse(
            format_args!("is given and flow.balance = {}, too", balance.value),
            "remove one: each says how c |w| is shared by the layers",
        ));
    }
    Ok(Some(delta.keep()))
}

/// Multiplies `w` by `flow.balance` and divides `c`.
fn balanced(start: Start, source: Source, flow: &FlowForm) -> Result<Start, ScenarioError> {
    match (start, flow.balance_entry()) {
        (Start::Lifted(neurons), Some(balance)) => {
            let balanced = neurons.balanced(balance.value).map_err(|error| {
                let (problem, _) = split(&error);
                balance.on(source).refuse(format_args!("makes {problem}"), "give a factor nearer to 1")
            })?;
            Ok(balanced.into())
        }
        (start, _) => Ok(start),
    }
}

/// A drawn measure in words.
fn describe(sampled: &Sampled, sampling: Sampling, flow: &FlowForm) -> String {
    let Sampled { law, name, seed, .. } = sampled;
    let particles = match (sampling, sampled.particles) {
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
    let (kind, scales) = match law {
        Drawn::Canonical(law) | Drawn::Lift { law, .. } => (law.kind, format!("scale {}", law.scale)),
        Drawn::Neurons(law) => {
            (law.kind, format!("hidden_scale {}, output_scale {}", law.hidden_scale, law.output_scale))
        }
    };
    let mut text = format!("law {name}, {particles}, {scales}");
    let output = |c| OUTPUT_LAWS.iter().find(|(_, law)| *law == c).map_or("", |(name, _)| name);
    match kind {
        LawKind::Uniform { a_bound, b_bound, c } => {
            text += &format!(", a_bound {a_bound}, b_bound {b_bound}, c_law {}", output(c));
        }
        LawKind::TwoSided { b_bound, c } => text += &format!(", b_bound {b_bound}, c_law {}", output(c)),
        _ => {}
    }
    if law.antisymmetric() {
        text += ", antisymmetric";
    }
    if let Drawn::Lift { delta, .. } = law {
        text += &format!(", lifted with delta {delta}");
    }
    if flow.balance() != 1.0 {
        text += &format!(", balance {}", flow.balance());
    }
    if sampled.sampling.is_quadrature() {
        return text;
    }
    text + &format!(", seed {seed}")
}
