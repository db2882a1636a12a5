//! The section `[measure]`.

use std::path::Path;

use crate::flow::DensityGrid;
use crate::problem::{ParticleLaw, Sampling};
use crate::system::text;

use super::ScenarioError;
use super::delta::delta;
use super::density::DensityForm;
use super::entry::Kept;
use super::flow::FlowForm;
use super::laws;
use super::measure_file::{FromTable, MeasureFile};
use super::needs::Need;
use super::sampled::{ReadMeasure, Sampled};
use super::sampling::{Nodes, SamplingForm};
use super::section::Section;
use super::source::Source;
use super::target::Resolution;

/// More particles than this are refused: 120 GB while running.
const MAX_PARTICLES: u64 = 1_000_000_000;

/// Where the start measure comes from, checked but not yet drawn.
#[derive(Debug, Clone)]
pub(super) struct MeasureForm {
    origin: Origin,
    /// The output bias at the start, unless a table tells it.
    output_bias: Option<Kept<f64>>,
}

#[derive(Debug, Clone)]
enum Origin {
    File(MeasureFile),
    Law(Sampled),
    Density(DensityForm),
}

/// All keys of the section.
pub(super) const KEYS: [&str; 21] = [
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
    "representation",
    "cells",
    "density_error",
    "slices",
    "output_bias",
];

/// Largest output bias, as of the values of samples.
const MOST_BIAS: f64 = 1e50;

impl MeasureForm {
    /// Understands the section; what it may hold depends on the flow.
    pub fn read(mut section: Section, flow: &FlowForm) -> Result<MeasureForm, ScenarioError> {
        if section.has("representation")
            && let Some(asked) = section.text("representation")?
            && asked.one_of(&[("particles", false), ("density", true)])?
        {
            let output_bias = output_bias(&mut section)?;
            let density = DensityForm::read(&asked, section, flow)?;
            return Ok(MeasureForm { origin: Origin::Density(density), output_bias });
        }
        let span = section.span();
        let example = "particles = 10000 (a law, normal-uniform unless told) or file = \"particles.csv\"";
        // A quadrature counts nodes.
        let alone = section.has("sampling") && !section.has("particles") && !section.has("file");
        if !alone && section.exactly_one(&["particles", "file"], example)? == "file" {
            let delta = delta(&mut section, flow)?;
            let file = MeasureFile::read(&mut section, delta)?;
            let output_bias = output_bias(&mut section)?;
            section.finish(flow.form("measure.file"))?;
            return Ok(MeasureForm { origin: Origin::File(file), output_bias });
        }
        let note = format!(
            " ({MAX_PARTICLES} need {})",
            text::bytes(Need::of_run(MAX_PARTICLES as usize, 0, flow.unscaled(), false).bytes)
        );
        let particles = section.count("particles", 1, MAX_PARTICLES, &note)?;
        let (name, kind) = laws::read(&mut section)?;
        let mut law = laws::of_particles(&mut section, flow, (name, kind))?;
        let antisymmetric = section.flag_or("antisymmetric", false)?;
        match &mut law {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => law.antisymmetric = antisymmetric,
            ParticleLaw::Neurons(law) => law.antisymmetric = antisymmetric,
        }
        let seeded = section.has("seed");
        let seed = section.seed()?;
        let count = particles.as_ref().map(|particles| particles.value);
        let sampling = SamplingForm::read(&mut section, flow, particles.clone().map(|entry| entry.keep()))?;
        let output_bias = output_bias(&mut section)?;
        match (&sampling, &particles) {
            (SamplingForm::Quadrature { .. }, None) if law.depends_on_width() || flow.depends_on_width() => {
                return Err(section.missing(
                    format_args!("has no `particles`, but the start depends on the width (by law = \"{name}\", flow.scaling or flow.output_bias_rate)"),
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
        let of_density = ["cells", "density_error", "slices"].iter().any(|key| section.has(key));
        let without = match (alone && !sampling.is_quadrature(), of_density) {
            (true, _) => " without measure.sampling = \"quadrature\"",
            (_, true) => " without measure.representation = \"density\"",
            _ => "",
        };
        section.finish(flow.form(&format!("measure.law = \"{name}\"{without}")))?;
        let kink = flow.tv() > 0.0;
        let sampled = Sampled { law, name, particles: count, seed, seeded, sampling, kink, span };
        Ok(MeasureForm { origin: Origin::Law(sampled), output_bias })
    }

    /// The cells of a density and what is stored of them.
    ///
    /// * `amplitude`: the largest one, where the scenario says so.
    /// * `found`: cells, where they were searched for.
    pub fn grid(&self, amplitude: Option<f64>, found: Option<[usize; 2]>) -> Option<DensityGrid> {
        match &self.origin {
            Origin::Density(density) => density.grid(amplitude, found),
            Origin::File(_) | Origin::Law(_) => None,
        }
    }

    /// Number of particles of a law; 0 for a file, which is not yet read, and for a density.
    pub fn particles(&self) -> usize {
        match self.origin {
            // Nodes are bounded, and so is what they make of a law.
            Origin::Law(ref sampled) => sampled.particles.unwrap_or(0),
            Origin::File(_) | Origin::Density(_) => 0,
        }
    }

    /// The law, and the width that was given with it; `None` of a file.
    pub fn law(&self) -> Option<(ParticleLaw, Option<usize>)> {
        match &self.origin {
            Origin::Law(sampled) => Some((sampled.law, sampled.particles)),
            Origin::Density(density) => Some((density.law(), Some(density.width()))),
            Origin::File(_) => None,
        }
    }

    /// What is scaled twice with `alpha = m`, in words: weights that a framework starts with, or has trained.
    pub fn literal(&self) -> Option<String> {
        match &self.origin {
            Origin::File(_) => Some("weights of a trained network are read as they are".to_string()),
            Origin::Law(sampled) if sampled.law.depends_on_width() => Some(format!(
                "law = \"{}\" draws weights as frameworks do, smaller in wider networks",
                sampled.name
            )),
            Origin::Law(_) | Origin::Density(_) => None,
        }
    }

    /// Whether it is a density.
    pub fn is_density(&self) -> bool {
        matches!(self.origin, Origin::Density(_))
    }

    /// The error that a quadrature or a density is to keep, where it stands.
    pub fn target(&self) -> Option<&Kept<f64>> {
        match &self.origin {
            Origin::Law(Sampled {
                sampling: SamplingForm::Quadrature { nodes: Nodes::Error(target), .. },
                ..
            }) => Some(target),
            Origin::Density(density) => density.target(),
            _ => None,
        }
    }

    /// Draws or reads the measure.
    ///
    /// * `folder`: what file names are relative to.
    /// * `x`: positions of the samples.
    /// * `found`: how finely it is resolved, where that was searched for.
    pub fn build(
        &self,
        source: Source,
        folder: &Path,
        flow: &FlowForm,
        x: &[f64],
        found: Option<Resolution>,
    ) -> Result<ReadMeasure, ScenarioError> {
        let sampled = match &self.origin {
            Origin::File(file) => {
                let FromTable { start, words, output_bias, left_out } =
                    file.build(source, folder, flow, self.output_bias.as_ref())?;
                return Ok(ReadMeasure {
                    width: start.len(),
                    output_bias,
                    start: flow.balanced(source, start)?,
                    law: None,
                    source: words,
                    seed: None,
                    sampling: Sampling::File,
                    beside: None,
                    notices: left_out.into_iter().collect(),
                });
            }
            Origin::Law(sampled) => sampled,
            Origin::Density(density) => {
                let read = density.build(source, flow, x.len(), found.and_then(Resolution::cells))?;
                return Ok(ReadMeasure { output_bias: self.told_bias(), ..read });
            }
        };
        let read = sampled.build(source, flow, x, found.and_then(Resolution::nodes))?;
        Ok(ReadMeasure { output_bias: self.told_bias(), ..read })
    }

    /// The output bias that the section tells.
    fn told_bias(&self) -> f64 {
        self.output_bias.as_ref().map_or(0.0, |bias| bias.value)
    }
}

/// `output_bias`: of the network at the start.
fn output_bias(section: &mut Section) -> Result<Option<Kept<f64>>, ScenarioError> {
    let Some(bias) = section.number("output_bias")? else { return Ok(None) };
    if bias.value.abs() > MOST_BIAS {
        return Err(bias.refuse(
            "is out of range",
            format_args!(
                "give at most {MOST_BIAS:e} either way: it is in the units of y as the flow sees them"
            ),
        ));
    }
    Ok(Some(bias.keep()))
}
