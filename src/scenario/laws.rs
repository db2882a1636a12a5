//! Names of laws, and the keys that go with them.

use crate::flow::ParticleKind;
use crate::problem::{Law, LawKind, NeuronLaw, OutputLaw, ParticleLaw};
use crate::system::text::number;

use super::ScenarioError;
use super::delta::delta;
use super::flow::FlowForm;
use super::section::Section;

/// Names of laws of an output weight.
const OUTPUT_LAWS: [(&str, OutputLaw); 3] =
    [("uniform", OutputLaw::Uniform), ("normal", OutputLaw::Normal), ("sign", OutputLaw::Sign)];

/// Names of laws; the bounds are defaults.
const LAWS: [(&str, LawKind); 9] = [
    ("normal-uniform", LawKind::NormalUniform),
    ("uniform-uniform", LawKind::UniformUniform),
    ("normal", LawKind::Normal),
    ("he", LawKind::He),
    ("he-zero-bias", LawKind::HeZeroBias),
    ("glorot", LawKind::Glorot),
    ("pytorch", LawKind::Pytorch),
    ("uniform", LawKind::Uniform { a_bound: 1.0, b_bound: 1.0, c: OutputLaw::Uniform }),
    ("two-sided", LawKind::TwoSided { b_bound: 1.0, c: OutputLaw::Uniform }),
];

/// Reads `law`, and `a_bound`, `b_bound`, `c_law` where it has them; also says its name.
pub(super) fn read(section: &mut Section) -> Result<(&'static str, LawKind), ScenarioError> {
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
    Ok((name, kind))
}

/// Reads `delta` and the scales of a law: what particles a flow has of it.
pub(super) fn of_particles(
    section: &mut Section,
    flow: &FlowForm,
    (name, kind): (&str, LawKind),
) -> Result<ParticleLaw, ScenarioError> {
    let delta = delta(section, flow)?.map(|delta| delta.value);
    let canonical = flow.particles() == ParticleKind::Canonical;
    if canonical || delta.is_some() {
        let law = Law { kind, scale: section.positive_or("scale", 1.0)?, antisymmetric: false };
        return Ok(match delta {
            Some(delta) if !canonical => ParticleLaw::Lift { law, delta },
            _ => ParticleLaw::Canonical(law),
        });
    }
    if kind.is_canonical() {
        return Err(section.missing(
            format_args!("draws (r, theta) by law = \"{name}\", which says nothing about c and |w|"),
            "add delta = 0 (c^2 - |w|^2 of every neuron), or choose a law of (a, b, c), for example law = \"pytorch\"",
        ));
    }
    Ok(ParticleLaw::Neurons(NeuronLaw {
        kind,
        hidden_scale: section.positive_or("hidden_scale", 1.0)?,
        output_scale: section.positive_or("output_scale", 1.0)?,
        antisymmetric: false,
    }))
}

/// A law in words: its scales and parameters after its name and what was made of it.
pub(super) fn describe(law: &ParticleLaw, name: &str, made: &str) -> String {
    let scales = match law {
        ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => format!("scale {}", number(law.scale)),
        ParticleLaw::Neurons(law) => {
            let (hidden, output) = (number(law.hidden_scale), number(law.output_scale));
            format!("hidden_scale {hidden}, output_scale {output}")
        }
    };
    let mut text = format!("law {name}, {made}, {scales}{}", parameters(law.kind()));
    if law.antisymmetric() {
        text += ", antisymmetric";
    }
    if let ParticleLaw::Lift { delta, .. } = law {
        text += &format!(", lifted with delta {}", number(*delta));
    }
    text
}

/// The parameters of a law in words, each after a comma.
fn parameters(kind: LawKind) -> String {
    let output = |c| OUTPUT_LAWS.iter().find(|(_, law)| *law == c).map_or("", |(name, _)| name);
    match kind {
        LawKind::Uniform { a_bound, b_bound, c } => {
            let [a_bound, b_bound] = [a_bound, b_bound].map(number);
            format!(", a_bound {a_bound}, b_bound {b_bound}, c_law {}", output(c))
        }
        LawKind::TwoSided { b_bound, c } => {
            format!(", b_bound {}, c_law {}", number(b_bound), output(c))
        }
        _ => String::new(),
    }
}
