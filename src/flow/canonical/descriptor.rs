//! What the rest of the program needs to know of the canonical flow.

use crate::flow::{Descriptor, Flow, Layers, ParticleKind};

/// The canonical flow with this weight of the total-variation term.
pub fn descriptor(tv: f64) -> Descriptor {
    Descriptor {
        name: "canonical",
        words: "gradient flow in (r, \u{3b8})",
        meaning: "This run moves amplitude *r* and direction *\u{3b8}* of every neuron (the papers' reduced model): \
                  the larger the amplitudes at the start, the more neurons turn.",
        particles: ParticleKind::Canonical,
        trains: Layers::Both,
        conserves: None,
        tv: Some(tv),
        decay: 0.0,
        kappa: None,
        learning_rate: None,
        plain: tv == 0.0,
        breaks: &[],
        parameters: &[],
        build: |_, tv, _| Some(Flow::Canonical { tv }),
        bytes_per_sample: 5_600,
    }
}
