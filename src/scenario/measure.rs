//! The section `[measure]`.

use std::ops::Range;
use std::path::Path;

use crate::problem::{Measure, ProblemError};

use super::ScenarioError;
use super::error::split;
use super::law::{Law, LawKind, OutputLaw};
use super::memory;
use super::section::Section;
use super::source::Source;
use super::table::Table;

/// More particles than this are refused: 120 GB while running.
const MAX_PARTICLES: u64 = 1_000_000_000;

/// Where the start measure comes from, checked but not yet drawn.
#[derive(Debug, Clone)]
pub(super) struct MeasureForm {
    origin: Origin,
    span: Range<usize>,
}

#[derive(Debug, Clone)]
enum Origin {
    File { file: String, span: Range<usize> },
    Law { law: Law, name: &'static str, particles: usize, seed: u64 },
}

/// A start measure ready for a run.
pub(super) struct ReadMeasure {
    pub measure: Measure,
    /// In words.
    pub source: String,
    pub seed: Option<u64>,
}

/// All keys of the section.
pub(super) const KEYS: [&str; 9] =
    ["file", "particles", "law", "scale", "seed", "antisymmetric", "a_bound", "b_bound", "c_law"];

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
    /// Understands the section.
    pub fn read(mut section: Section) -> Result<MeasureForm, ScenarioError> {
        let span = section.span();
        let example = "particles = 10000 (a law, normal-uniform unless told) or file = \"particles.csv\"";
        if section.exactly_one(&["particles", "file"], example)? == "file" {
            let file = section.text("file")?.expect("it is present");
            section.finish("measure.file")?;
            return Ok(MeasureForm { origin: Origin::File { file: file.value, span: file.span }, span });
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
        let scale = section.positive_or("scale", 1.0)?;
        let antisymmetric = section.flag_or("antisymmetric", false)?;
        if antisymmetric && particles.value % 2 == 1 {
            return Err(particles.refuse(
                "is odd, but antisymmetric particles come in pairs",
                format_args!("give an even number, for example {}", particles.value + 1),
            ));
        }
        let seed = section.seed()?;
        section.finish(format_args!("measure.law = \"{name}\""))?;
        let law = Law { kind, scale, antisymmetric };
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

    /// The law, unless a file is read.
    pub fn law(&self) -> Option<Law> {
        match self.origin {
            Origin::Law { law, .. } => Some(law),
            Origin::File { .. } => None,
        }
    }

    /// Draws or reads the measure. `folder` is what file names are relative to.
    pub fn build(&self, source: Source, folder: &Path) -> Result<ReadMeasure, ScenarioError> {
        match &self.origin {
            Origin::Law { law, name, particles, seed } => {
                let refused = |error: ProblemError| {
                    let (problem, _) = split(&error);
                    source.error(
                        &self.span,
                        format_args!("the law drew a measure in which {problem}"),
                        "lower measure.scale",
                    )
                };
                memory::check(*particles, memory::available())
                    .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))?;
                Ok(ReadMeasure {
                    measure: law.draw(*particles, *seed).map_err(refused)?,
                    source: describe(law, name, *particles, *seed),
                    seed: Some(*seed),
                })
            }
            Origin::File { file, span } => {
                let table = Table::read(&folder.join(file)).map_err(|error| source.blame(span, error))?;
                let [r, theta, mass] = table.numbers([("r", true), ("theta", true), ("mass", false)])?;
                let (r, theta) = (r.expect("it is required"), theta.expect("it is required"));
                let words = format!("file {file}, {} particles", r.len());
                let measure = match mass {
                    Some(mass) => Measure::new(r, theta, mass),
                    None => Measure::uniform(r, theta),
                };
                Ok(ReadMeasure {
                    measure: measure.map_err(|error| table.refuse(&error))?,
                    source: words,
                    seed: None,
                })
            }
        }
    }
}

/// A drawn measure in words.
fn describe(law: &Law, name: &str, particles: usize, seed: u64) -> String {
    let mut text = format!("law {name}, {particles} particles, scale {}", law.scale);
    let output = |c| OUTPUT_LAWS.iter().find(|(_, law)| *law == c).map_or("", |(name, _)| name);
    match law.kind {
        LawKind::Uniform { a_bound, b_bound, c } => {
            text += &format!(", a_bound {a_bound}, b_bound {b_bound}, c_law {}", output(c));
        }
        LawKind::TwoSided { b_bound, c } => text += &format!(", b_bound {b_bound}, c_law {}", output(c)),
        _ => {}
    }
    if law.antisymmetric {
        text += ", antisymmetric";
    }
    text + &format!(", seed {seed}")
}
