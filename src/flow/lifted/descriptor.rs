//! What the rest of the program needs to know of the lifted flow and its two limits.

use crate::flow::parameter::WEIGHT_DECAY;
use crate::flow::{Conserved, Descriptor, Flow, Layers, Parameter, ParticleKind, Value};

static PARAMETERS: [Parameter; 1] = [WEIGHT_DECAY];

/// Values of `PARAMETERS`.
pub fn values(decay: f64) -> [Option<Value>; PARAMETERS.len()] {
    [(decay > 0.0).then_some(Value::Number(decay))]
}

/// `lambda` from the values of `PARAMETERS`.
fn decay_of(values: &[Option<Value>]) -> Option<f64> {
    match values {
        [None] => Some(0.0),
        [Some(Value::Number(decay))] => Some(*decay),
        _ => None,
    }
}

/// The lifted flow with this factor before the mean over neurons, and this `lambda` of weight decay.
pub fn lifted(kappa: f64, decay: f64) -> Descriptor {
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
        decay,
        kappa: Some(kappa),
        learning_rate: None,
        plain: decay == 0.0,
        breaks: &[],
        parameters: &PARAMETERS,
        build: |kappa, _, values| Some(Flow::Lifted { kappa, decay: decay_of(values)? }),
        bytes_per_sample: 16_500,
    }
}

/// The limit `delta -> -inf`.
pub fn kernel(kappa: f64, decay: f64) -> Descriptor {
    Descriptor {
        name: "kernel",
        words: "only the output weights train (kernel limit)",
        meaning: "This run trains the output weights alone: no neuron can turn, the kernel cannot change, and this is \
                  kernel learning by construction.",
        trains: Layers::Output,
        conserves: Some(Conserved::HiddenWeights),
        build: |kappa, _, values| Some(Flow::Kernel { kappa, decay: decay_of(values)? }),
        bytes_per_sample: 13_000,
        ..lifted(kappa, decay)
    }
}

/// The limit `delta -> +inf`.
pub fn adaptive(kappa: f64, decay: f64) -> Descriptor {
    Descriptor {
        name: "adaptive",
        words: "only the hidden weights train (adaptive limit)",
        meaning: "This run trains the hidden weights alone: fitting is possible only by moving kinks.",
        trains: Layers::Hidden,
        conserves: Some(Conserved::OutputWeights),
        build: |kappa, _, values| Some(Flow::Adaptive { kappa, decay: decay_of(values)? }),
        bytes_per_sample: 13_000,
        ..lifted(kappa, decay)
    }
}
