//! Names of laws, and the keys that go with them.

use crate::problem::{LawKind, OutputLaw};
use crate::system::text::number;

use super::ScenarioError;
use super::section::Section;

/// Names of laws of an output weight.
const OUTPUT_LAWS: [(&str, OutputLaw); 3] =
    [("uniform", OutputLaw::Uniform), ("normal", OutputLaw::Normal), ("sign", OutputLaw::Sign)];

/// Names of laws; the bounds are defaults.
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

/// The parameters of a law in words, each after a comma.
pub(super) fn parameters(kind: LawKind) -> String {
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
