//! The section `[measure]`.

use std::ops::Range;
use std::path::Path;

use crate::problem::{Neurons, Start};

use super::entry::Kept;
use super::error::split;
use super::flow::FlowForm;
use super::law::{Law, LawKind, OutputLaw};
use super::measure_file::MeasureFile;
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
    Law { law: Drawn, name: &'static str, particles: usize, seed: u64 },
}

/// What a law is drawn into.
#[derive(Debug, Clone)]
enum Drawn {
    /// Canonical particles.
    Canonical(Law),
    /// Neurons that have the function of canonical particles and this invariant.
    Lift { law: Law, delta: f64 },
    /// Neurons.
    Neurons(NeuronLaw),
}

/// A start measure ready for a run.
pub(super) struct ReadMeasure {
    pub start: Start,
    /// What it was drawn from; `None` for files and lifts.
    pub law: Option<DrawnLaw>,
    /// In words.
    pub source: String,
    pub seed: Option<u64>,
}

/// All keys of the section.
pub(super) const KEYS: [&str; 12] = [
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
        if section.exactly_one(&["particles", "file"], example)? == "file" {
            let delta = delta(&mut section, flow)?;
            let file = MeasureFile::read(&mut section, delta)?;
            section.finish(form("measure.file", flow))?;
            return Ok(MeasureForm { origin: Origin::File(file), span });
        }
        let note = format!(
            " ({MAX_PARTICLES} need {})",
            memory::text(memory::for_particles(MAX_PARTICLES as usize))
        );
        let particles = section.count("particles", 1, MAX_PARTICLES, &note)?.expect("it is present");
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
        if law.antisymmetric() && particles.value % 2 == 1 {
            return Err(particles.refuse(
                "is odd, but antisymmetric particles come in pairs",
                format_args!("give an even number, for example {}", particles.value + 1),
            ));
        }
        let seed = section.seed()?;
        section.finish(form(&format!("measure.law = \"{name}\""), flow))?;
        Ok(MeasureForm { origin: Origin::Law { law, name, particles: particles.value, seed }, span })
    }

    /// Number of particles of a law; 0 for a file, which is not yet read.
    #[cfg(test)]
    pub fn particles(&self) -> usize {
        match self.origin {
            Origin::Law { particles, .. } => particles,
            Origin::File { .. } => 0,
        }
    }

    /// Draws or reads the measure. `folder` is what file names are relative to.
    pub fn build(
        &self,
        source: Source,
        folder: &Path,
        flow: &FlowForm,
    ) -> Result<ReadMeasure, ScenarioError> {
        match &self.origin {
            Origin::File(file) => {
                let (start, words) = file.build(source, folder, flow)?;
                Ok(ReadMeasure {
                    start: balanced(start, source, flow)?,
                    law: None,
                    source: words,
                    seed: None,
                })
            }
            Origin::Law { law, name, particles, seed } => {
                if !flow.is_lifted() {
                    flow.refuse_scaling(source)?;
                }
                memory::check(*particles, memory::available())
                    .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))?;
                let drawn = match law {
                    Drawn::Canonical(law) => law.draw(*particles, *seed).map(Start::from),
                    Drawn::Lift { law, delta } => {
                        let kappa = flow.kappa(source, *particles)?;
                        law.draw(*particles, *seed)
                            .and_then(|measure| Neurons::lifted(&measure, kappa, *delta))
                            .map(Start::from)
                    }
                    Drawn::Neurons(law) => law.draw(*particles, *seed).map(Start::from),
                };
                let start = drawn.map_err(|error| {
                    let (problem, _) = split(&error);
                    source.error(
                        &self.span,
                        format_args!("the law drew a measure in which {problem}"),
                        law.remedy(),
                    )
                })?;
                let words = describe(law, name, *particles, *seed, flow);
                let start = balanced(start, source, flow)?;
                let balance = flow.balance_entry().map_or(1.0, |balance| balance.value);
                let law = law.drawn(*particles, balance);
                Ok(ReadMeasure { start, law, source: words, seed: Some(*seed) })
            }
        }
    }
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

impl Drawn {
    fn antisymmetric(&self) -> bool {
        match self {
            Drawn::Canonical(law) | Drawn::Lift { law, .. } => law.antisymmetric,
            Drawn::Neurons(law) => law.antisymmetric,
        }
    }

    /// The law of `m` neurons after `w` is multiplied by `balance` and `c` divided; `None` for a
    /// lift, in which `c` and `w` depend on each other.
    fn drawn(&self, m: usize, balance: f64) -> Option<DrawnLaw> {
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

    fn remedy(&self) -> &'static str {
        match self {
            Drawn::Neurons(_) => "lower measure.hidden_scale or measure.output_scale",
            _ => "lower measure.scale",
        }
    }
}

/// A drawn measure in words.
fn describe(law: &Drawn, name: &str, particles: usize, seed: u64, flow: &FlowForm) -> String {
    let (kind, scales) = match law {
        Drawn::Canonical(law) | Drawn::Lift { law, .. } => (law.kind, format!("scale {}", law.scale)),
        Drawn::Neurons(law) => {
            (law.kind, format!("hidden_scale {}, output_scale {}", law.hidden_scale, law.output_scale))
        }
    };
    let mut text = format!("law {name}, {particles} particles, {scales}");
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
    text + &format!(", seed {seed}")
}
