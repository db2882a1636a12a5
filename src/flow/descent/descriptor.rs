//! What the rest of the program needs to know of gradient descent.

use crate::flow::{
    Allowed, Conserved, Descent, Descriptor, Flow, Law, Layers, Parameter, ParticleKind, Value,
};
use crate::system::text::number;

/// Gradient descent with these settings.
pub fn descriptor(kappa: f64, descent: &Descent) -> Descriptor {
    Descriptor {
        name: "gd",
        words: match descent.layers {
            Layers::Both => "gradient descent",
            Layers::Output => "gradient descent of the output layer",
            Layers::Hidden => "gradient descent of the hidden layer",
        },
        meaning: "This run is gradient descent itself. Its finite steps carry neurons a little to and fro across the \
                  line of a sample instead of pinning them to it, so that its pinned mass is zero.",
        particles: ParticleKind::Neuron,
        trains: descent.layers,
        conserves: Some(match descent.layers {
            Layers::Both => Conserved::Delta,
            Layers::Output => Conserved::HiddenWeights,
            Layers::Hidden => Conserved::OutputWeights,
        }),
        tv: None,
        kappa: Some(kappa),
        learning_rate: Some(descent.learning_rate),
        plain: descent.momentum == 0.0 && descent.batch.is_none(),
        breaks: if descent.momentum > 0.0 { &BROKEN } else { &BROKEN[..BY_STEPS] },
        parameters: &PARAMETERS,
        build,
        bytes_per_sample: 2_500,
    }
}

/// How many of [`BROKEN`] finite steps alone break; the rest needs momentum.
const BY_STEPS: usize = 5;

const BROKEN: [(Law, &str); 7] = [
    (
        Law::ResidualOde,
        "not a law of gradient descent, whose steps are finite: its residual ODE is another curve",
    ),
    (
        Law::PrintedOde,
        "not a law of gradient descent, whose corrected ODE counts crossings that W Prop. 1 does not",
    ),
    (Law::EnergyDecreases, "not a law of gradient descent, whose steps are finite: its loss may grow"),
    (Law::Held, "not a law of gradient descent, whose finite steps hold nothing on a boundary"),
    (Law::Delta, "not a law of gradient descent, which conserves c^2 - |w|^2 only as its steps go to 0"),
    (Law::DeadMass, "not a law of descent with momentum, which carries neurons out of the dead region"),
    (Law::Frozen, "not a law of descent with momentum, which moves dead neurons on"),
];

static PARAMETERS: [Parameter; 5] = [
    Parameter {
        name: "learning_rate",
        about: "eta of gradient descent; a step advances time by eta / m",
        allowed: Allowed::Number(|rate| rate > 0.0),
        words: |value| labelled("learning rate", value),
    },
    Parameter {
        name: "momentum",
        about: "factor on the last displacement, in gradient descent",
        allowed: Allowed::Number(|momentum| (0.0..1.0).contains(&momentum)),
        words: |value| labelled("momentum", value),
    },
    Parameter {
        name: "batch",
        about: "samples per step of gradient descent, when not all",
        allowed: Allowed::Count,
        words: |value| match value {
            Some(Value::Count(samples)) => format!("batches of {samples}"),
            _ => "full batch".to_string(),
        },
    },
    Parameter {
        name: "batch_seed",
        about: "seed of the batches",
        allowed: Allowed::Count,
        words: |_| String::new(),
    },
    Parameter {
        name: "layers",
        about: "which layers gradient descent trains: both, output, hidden",
        allowed: Allowed::Name(&["both", "output", "hidden"]),
        words: |value| match value {
            Some(Value::Name("both")) => "both layers train".to_string(),
            Some(Value::Name(layer)) => format!("the {layer} layer trains"),
            _ => String::new(),
        },
    },
];

fn labelled(label: &str, value: Option<Value>) -> String {
    match value {
        Some(Value::Number(value)) => format!("{label} {}", number(value)),
        _ => String::new(),
    }
}

/// Values of `PARAMETERS`.
pub fn values(descent: &Descent) -> [Option<Value>; PARAMETERS.len()] {
    [
        Some(Value::Number(descent.learning_rate)),
        Some(Value::Number(descent.momentum)),
        descent.batch.map(|samples| Value::Count(samples as u64)),
        descent.batch.map(|_| Value::Count(descent.seed)),
        Some(Value::Name(descent.layers.name())),
    ]
}

fn build(kappa: f64, _tv: f64, values: &[Option<Value>]) -> Option<Flow> {
    let &[
        Some(Value::Number(learning_rate)),
        Some(Value::Number(momentum)),
        batch,
        seed,
        Some(Value::Name(layers)),
    ] = values
    else {
        return None;
    };
    let (batch, seed) = match (batch, seed) {
        (None, _) => (None, 0),
        (Some(Value::Count(samples)), Some(Value::Count(seed))) => (Some(samples as usize), seed),
        _ => return None,
    };
    let (_, layers) = *Layers::NAMES.iter().find(|(name, _)| *name == layers)?;
    Some(Flow::Descent { kappa, descent: Descent { learning_rate, momentum, batch, seed, layers } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn momentum_comes_last_among_the_causes() {
        let of_momentum = |(_, why): &(Law, &str)| why.contains("momentum");
        assert!(!BROKEN[..BY_STEPS].iter().any(of_momentum));
        assert!(BROKEN[BY_STEPS..].iter().all(of_momentum));
    }
}
