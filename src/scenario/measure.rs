//! The section `[measure]`.

use std::path::Path;

use crate::flow::ParticleKind;
use crate::problem::{Law, NeuronLaw, ParticleLaw, Sampling};
use crate::system::text;

use super::ScenarioError;
use super::entry::Kept;
use super::flow::FlowForm;
use super::laws;
use super::measure_file::MeasureFile;
use super::needs::Need;
use super::sampled::{ReadMeasure, Sampled};
use super::sampling::{Nodes, SamplingForm};
use super::section::Section;
use super::source::Source;

/// More particles than this are refused: 120 GB while running.
const MAX_PARTICLES: u64 = 1_000_000_000;
/// Invariants `c^2 - |w|^2` beyond which one layer loses the other's digits.
const DELTA: f64 = 1e12;

/// Where the start measure comes from, checked but not yet drawn.
#[derive(Debug, Clone)]
pub(super) struct MeasureForm {
    origin: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    File(MeasureFile),
    Law(Sampled),
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
            return Ok(MeasureForm { origin: Origin::File(file) });
        }
        let note = format!(
            " ({MAX_PARTICLES} need {})",
            text::bytes(Need::of_run(MAX_PARTICLES as usize, 0, flow.unscaled(), false).bytes)
        );
        let particles = section.count("particles", 1, MAX_PARTICLES, &note)?;
        let (name, kind) = laws::read(&mut section)?;
        let delta = delta(&mut section, flow)?;
        let mut law = match (flow.particles(), delta) {
            (ParticleKind::Canonical, _) => {
                ParticleLaw::Canonical(Law { kind, scale: 1.0, antisymmetric: false })
            }
            (ParticleKind::Neuron, Some(delta)) => {
                ParticleLaw::Lift { law: Law { kind, scale: 1.0, antisymmetric: false }, delta: delta.value }
            }
            (ParticleKind::Neuron, None) if !kind.is_canonical() => ParticleLaw::Neurons(NeuronLaw {
                kind,
                hidden_scale: 1.0,
                output_scale: 1.0,
                antisymmetric: false,
            }),
            (ParticleKind::Neuron, None) => {
                return Err(section.missing(
                    format_args!("draws (r, theta) by law = \"{name}\", which says nothing about c and |w|"),
                    "add delta = 0 (c^2 - |w|^2 of every neuron), or choose a law of (a, b, c), for example law = \"pytorch\"",
                ));
            }
        };
        match &mut law {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => {
                law.scale = section.positive_or("scale", 1.0)?;
                law.antisymmetric = section.flag_or("antisymmetric", false)?;
            }
            ParticleLaw::Neurons(law) => {
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
        let sampled = Sampled { law, name, particles: count, seed, seeded, sampling, kink, span };
        Ok(MeasureForm { origin: Origin::Law(sampled) })
    }

    /// Number of particles of a law; 0 for a file, which is not yet read.
    pub fn particles(&self) -> usize {
        match self.origin {
            // Nodes are bounded, and so is what they make of a law.
            Origin::Law(ref sampled) => sampled.particles.unwrap_or(0),
            Origin::File { .. } => 0,
        }
    }

    /// The law, and the width that was given with it; `None` of a file.
    pub fn law(&self) -> Option<(ParticleLaw, Option<usize>)> {
        match &self.origin {
            Origin::Law(sampled) => Some((sampled.law, sampled.particles)),
            Origin::File(_) => None,
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
                let (start, words, left_out) = file.build(source, folder, flow)?;
                return Ok(ReadMeasure {
                    width: start.len(),
                    start: flow.balanced(source, start)?,
                    law: None,
                    source: words,
                    seed: None,
                    sampling: Sampling::File,
                    finer: None,
                    notices: left_out.into_iter().collect(),
                });
            }
            Origin::Law(sampled) => sampled,
        };
        sampled.build(source, flow, x, nodes)
    }
}

/// What a section turned out to be, for messages about keys it does not use.
fn form(origin: &str, flow: &FlowForm) -> String {
    // Of canonical particles are scenarios without [flow], which need not be told.
    match flow.particles() {
        ParticleKind::Canonical => origin.to_string(),
        ParticleKind::Neuron => format!("{origin} with flow.kind = \"{}\"", flow.name()),
    }
}

/// `delta`, asked for by flows of neurons only.
fn delta(section: &mut Section, flow: &FlowForm) -> Result<Option<Kept<f64>>, ScenarioError> {
    if flow.particles() != ParticleKind::Neuron {
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
            format_args!("is given and flow.balance = {}, too", text::number(balance.value)),
            "remove one: each says how c |w| is shared by the layers",
        ));
    }
    Ok(Some(delta.keep()))
}
