//! Of which flows and laws there is a density.

use crate::flow::Flow;
use crate::problem::{DensityLaw, DrawnLaw, Law, LawKind};

/// Whether the density of a law can be solved for in a flow.
///
/// ```
/// use reluflow::flow::{Flow, density_is_possible};
/// use reluflow::problem::{DensityLaw, DrawnLaw, Law, LawKind};
/// let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
/// assert!(density_is_possible(Flow::Canonical { tv: 0.0 }, &DensityLaw::Canonical(law)).is_ok());
/// let kernel = Flow::Kernel { kappa: 1.0, decay: 0.0 };
/// assert!(density_is_possible(kernel, &DensityLaw::Lift { law, delta: 0.0 }).is_err());
/// let law = DrawnLaw { kind: LawKind::Pytorch, hidden_scale: 1.0, output_scale: 1.0 };
/// assert!(density_is_possible(kernel, &DensityLaw::Neurons { law, slices: 8 }).is_ok());
/// ```
///
/// # Errors
/// Of what it can be, in words.
pub fn density_is_possible(flow: Flow, law: &DensityLaw) -> Result<(), &'static str> {
    let (DensityLaw::Canonical(Law { kind, .. })
    | DensityLaw::Lift { law: Law { kind, .. }, .. }
    | DensityLaw::Neurons { law: DrawnLaw { kind, .. }, .. }) = *law;
    let neurons = matches!(law, DensityLaw::Neurons { law, .. } if !law.kind.is_canonical());
    match (flow, law) {
        _ if kind == LawKind::HeZeroBias => Err("laws whose knots do not all lie at one place"),
        _ if flow.decay() > 0.0 => Err("flows without weight decay"),
        (Flow::Canonical { .. }, DensityLaw::Canonical(_)) => Ok(()),
        (Flow::Lifted { .. }, DensityLaw::Lift { .. }) => Ok(()),
        (Flow::Lifted { .. } | Flow::Kernel { .. } | Flow::Adaptive { .. }, _) if neurons => Ok(()),
        _ => Err("the canonical flow; the lifted one with a delta, or with a law of (a, b, c); \
                  the kernel and the adaptive one with a law of (a, b, c)"),
    }
}
