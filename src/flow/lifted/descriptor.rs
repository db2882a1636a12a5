//! What the rest of the program needs to know of the lifted flow and its two limits.

use crate::flow::{Conserved, Descriptor, Flow, Layers, ParticleKind};

/// The lifted flow with this factor before the mean over neurons.
pub fn lifted(kappa: f64) -> Descriptor {
    Descriptor {
        name: "lifted",
        words: "gradient flow of all weights",
        meaning: "This run trains all weights. Which way it learns depends on how *r* is shared by the layers \
                  (*\u{3b4} = c\u{b2} \u{2212} |w|\u{b2}*, which every neuron keeps: far below 0 the outer weight does \
                  the learning, far above 0 the hidden ones do) and on the scaling of the network.",
        particles: ParticleKind::Neuron,
        trains: Layers::Both,
        conserves: Some(Conserved::Delta),
        tv: None,
        kappa: Some(kappa),
        learning_rate: None,
        plain: true,
        breaks: &[],
        parameters: &[],
        build: |kappa, _, _| Some(Flow::Lifted { kappa }),
        bytes_per_sample: 16_500,
    }
}

/// The limit `delta -> -inf`.
pub fn kernel(kappa: f64) -> Descriptor {
    Descriptor {
        name: "kernel",
        words: "only the output weights train (kernel limit)",
        meaning: "This run trains the output weights alone: no neuron can turn, the kernel cannot change, and this is \
                  kernel learning by construction.",
        trains: Layers::Output,
        conserves: Some(Conserved::HiddenWeights),
        build: |kappa, _, _| Some(Flow::Kernel { kappa }),
        bytes_per_sample: 13_000,
        ..lifted(kappa)
    }
}

/// The limit `delta -> +inf`.
pub fn adaptive(kappa: f64) -> Descriptor {
    Descriptor {
        name: "adaptive",
        words: "only the hidden weights train (adaptive limit)",
        meaning: "This run trains the hidden weights alone: fitting is possible only by moving kinks.",
        trains: Layers::Hidden,
        conserves: Some(Conserved::OutputWeights),
        build: |kappa, _, _| Some(Flow::Adaptive { kappa }),
        bytes_per_sample: 13_000,
        ..lifted(kappa)
    }
}
