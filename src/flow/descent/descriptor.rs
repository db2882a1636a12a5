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
        decay: 0.0,
        kappa: Some(kappa),
        learning_rate: Some(descent.learning_rate),
        plain: descent.momentum == 0.0 && descent.batch.is_none() && !descent.is_noisy(),
        breaks: match (descent.temperature > 0.0, descent.momentum > 0.0) {
            (true, _) => &BROKEN_BY_HEAT,
            (false, true) => &BROKEN,
            (false, false) => &BROKEN[..BY_STEPS],
        },
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

const BROKEN_BY_HEAT: [(Law, &str); 7] = {
    let mut broken = BROKEN;
    broken[BY_STEPS].1 =
        "not a law of descent with Langevin noise, which carries neurons out of the dead region";
    broken[BY_STEPS + 1].1 = "not a law of descent with Langevin noise, which moves dead neurons, too";
    broken
};

static PARAMETERS: [Parameter; 7] = [
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
        about: "seed of the batches and of the noise",
        allowed: Allowed::Count,
        words: |_| String::new(),
    },
    Parameter {
        name: "label_noise",
        about: "standard deviation of the noise on labels at every step of gradient descent, if there is any",
        allowed: Allowed::Number(|noise| noise > 0.0),
        words: |value| labelled("label noise", value),
    },
    Parameter {
        name: "temperature",
        about: "temperature of the Langevin noise of gradient descent in mean-field time, if there is any",
        allowed: Allowed::Number(|temperature| temperature > 0.0),
        words: |value| labelled("temperature", value),
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

/// A strength that is stored if it is not 0.
fn positive(value: f64) -> Option<Value> {
    (value > 0.0).then_some(Value::Number(value))
}

/// Values of `PARAMETERS`.
pub fn values(descent: &Descent) -> [Option<Value>; PARAMETERS.len()] {
    [
        Some(Value::Number(descent.learning_rate)),
        Some(Value::Number(descent.momentum)),
        descent.batch.map(|samples| Value::Count(samples as u64)),
        (descent.batch.is_some() || descent.is_noisy()).then_some(Value::Count(descent.seed)),
        positive(descent.label_noise),
        positive(descent.temperature),
        Some(Value::Name(descent.layers.name())),
    ]
}

fn build(kappa: f64, _tv: f64, values: &[Option<Value>]) -> Option<Flow> {
    let &[
        Some(Value::Number(learning_rate)),
        Some(Value::Number(momentum)),
        batch,
        seed,
        label_noise,
        temperature,
        Some(Value::Name(layers)),
    ] = values
    else {
        return None;
    };
    let strength = |value| match value {
        None => Some(0.0),
        Some(Value::Number(value)) => Some(value),
        Some(_) => None,
    };
    let (label_noise, temperature) = (strength(label_noise)?, strength(temperature)?);
    let batch = match batch {
        None => None,
        Some(Value::Count(samples)) => Some(samples as usize),
        Some(_) => return None,
    };
    let draws = batch.is_some() || label_noise > 0.0 || temperature > 0.0;
    let seed = match seed {
        Some(Value::Count(seed)) if draws => seed,
        None if draws => return None,
        _ => 0,
    };
    let (_, layers) = *Layers::NAMES.iter().find(|(name, _)| *name == layers)?;
    let descent = Descent { learning_rate, momentum, batch, seed, label_noise, temperature, layers };
    Some(Flow::Descent { kappa, descent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn momentum_comes_last_among_the_causes() {
        let of_momentum = |(_, why): &(Law, &str)| why.contains("momentum");
        assert!(!BROKEN[..BY_STEPS].iter().any(of_momentum));
        assert!(BROKEN[BY_STEPS..].iter().all(of_momentum));
        // Those of Langevin noise are the same laws.
        let laws = |list: &[(Law, &str)]| list.iter().map(|(law, _)| *law).collect::<Vec<_>>();
        assert_eq!(laws(&BROKEN_BY_HEAT), laws(&BROKEN));
        assert!(!BROKEN_BY_HEAT.iter().any(of_momentum));
    }
}
