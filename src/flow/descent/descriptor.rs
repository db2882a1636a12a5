//! What the rest of the program needs to know of gradient descent.

use crate::flow::parameter::{WEIGHT_DECAY, labelled};
use crate::flow::{
    Adam, Allowed, Conserved, Descent, Descriptor, Flow, Law, Layers, Optimizer, Parameter, ParticleKind,
    Value,
};

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
        // AdamW descends no energy.
        decay: match descent.optimizer {
            Optimizer::AdamW(_) => 0.0,
            _ => descent.weight_decay,
        },
        kappa: Some(kappa),
        learning_rate: Some(descent.learning_rate),
        plain: descent.weight_decay == 0.0 && !descent.is_unsteady(),
        breaks: breaks(descent),
        parameters: &PARAMETERS,
        build,
        bytes_per_sample: 2_500,
    }
}

/// The laws that these settings break.
fn breaks(descent: &Descent) -> &'static [(Law, &'static str)] {
    if descent.temperature > 0.0 {
        &BROKEN_BY_HEAT
    } else if descent.optimizer.adam().is_some() {
        &BROKEN_BY_ADAM
    } else if descent.momentum > 0.0 {
        &BROKEN_BY_MOMENTUM
    } else if descent.weight_decay > 0.0 {
        &BROKEN_BY_DECAY
    } else {
        &BROKEN_BY_DECAY[..BY_STEPS]
    }
}

/// How many of [`BROKEN_BY_DECAY`] finite steps alone break.
const BY_STEPS: usize = 5;

/// The laws that finite steps break, then two of the dead region that other causes break, and why.
const fn broken(frozen: &'static str, dead: &'static str) -> [(Law, &'static str); 7] {
    [
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
        (Law::Frozen, frozen),
        (Law::DeadMass, dead),
    ]
}

const BROKEN_BY_MOMENTUM: [(Law, &str); 7] = broken(
    "not a law of descent with momentum, which moves dead neurons on",
    "not a law of descent with momentum, which carries neurons out of the dead region",
);

const BROKEN_BY_ADAM: [(Law, &str); 7] = broken(
    "not a law of Adam, whose means of past gradients move dead neurons on",
    "not a law of Adam, whose means of past gradients carry neurons out of the dead region",
);

const BROKEN_BY_HEAT: [(Law, &str); 7] = broken(
    "not a law of descent with Langevin noise, which moves dead neurons, too",
    "not a law of descent with Langevin noise, which carries neurons out of the dead region",
);

const BROKEN_BY_DECAY: [(Law, &str); 6] = {
    let [a, b, c, d, e, f, _] = broken(
        "not a law of descent with weight decay, whose finite steps shrink dead neurons by 1 - dt lambda each",
        "",
    );
    [a, b, c, d, e, f]
};

static PARAMETERS: [Parameter; 12] = [
    Parameter {
        name: "learning_rate",
        about: "eta of gradient descent; a step advances time by eta / m, of adam and adamw by eta",
        allowed: Allowed::Number(|rate| rate > 0.0),
        words: |value| labelled("learning rate", value),
    },
    Parameter {
        name: "optimizer",
        about: "formula of the steps of gradient descent, as in torch.optim: sgd, nesterov (SGD with nesterov=True), adam, adamw",
        allowed: Allowed::Name(&["sgd", "nesterov", "adam", "adamw"]),
        words: |value| match value {
            Some(Value::Name("nesterov")) => "Nesterov's step".to_string(),
            Some(Value::Name("adam")) => "Adam".to_string(),
            Some(Value::Name("adamw")) => "AdamW".to_string(),
            _ => String::new(),
        },
    },
    Parameter {
        name: "momentum",
        about: "factor on the last displacement, in gradient descent without Adam",
        allowed: Allowed::Number(|momentum| (0.0..1.0).contains(&momentum)),
        words: |value| labelled("momentum", value),
    },
    Parameter {
        name: "beta1",
        about: "what is left of Adam's mean gradient after a step",
        allowed: Allowed::Number(|beta| (0.0..1.0).contains(&beta)),
        words: |value| labelled("beta1", value),
    },
    Parameter {
        name: "beta2",
        about: "what is left of Adam's mean square of the gradient after a step",
        allowed: Allowed::Number(|beta| beta > 0.0 && beta < 1.0),
        words: |value| labelled("beta2", value),
    },
    Parameter {
        name: "epsilon",
        about: "added by Adam to the root of the mean square, in units of a framework's gradient, m times smaller than in mean-field time",
        allowed: Allowed::Number(|epsilon| epsilon > 0.0),
        words: |value| labelled("epsilon", value),
    },
    WEIGHT_DECAY,
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

/// A strength that is stored if it is not 0.
fn positive(value: f64) -> Option<Value> {
    (value > 0.0).then_some(Value::Number(value))
}

/// Values of `PARAMETERS`.
pub fn values(descent: &Descent) -> [Option<Value>; PARAMETERS.len()] {
    let adam = descent.optimizer.adam();
    let of_adam = |value: fn(Adam) -> f64| adam.map(|adam| Value::Number(value(adam)));
    [
        Some(Value::Number(descent.learning_rate)),
        Some(Value::Name(descent.optimizer.name())),
        adam.is_none().then_some(Value::Number(descent.momentum)),
        of_adam(|adam| adam.beta[0]),
        of_adam(|adam| adam.beta[1]),
        of_adam(|adam| adam.epsilon),
        positive(descent.weight_decay),
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
        Some(Value::Name(optimizer)),
        momentum,
        beta1,
        beta2,
        epsilon,
        weight_decay,
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
    let weight_decay = strength(weight_decay)?;
    let (_, optimizer) = *Optimizer::NAMES.iter().find(|(name, _)| *name == optimizer)?;
    let (optimizer, momentum) = match (optimizer.adam(), momentum, [beta1, beta2, epsilon]) {
        (None, Some(Value::Number(momentum)), [None, None, None]) => (optimizer, momentum),
        (
            Some(_),
            None,
            [Some(Value::Number(beta1)), Some(Value::Number(beta2)), Some(Value::Number(epsilon))],
        ) => (optimizer.with_adam(Adam { beta: [beta1, beta2], epsilon }), 0.0),
        _ => return None,
    };
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
    let descent = Descent {
        learning_rate,
        optimizer,
        momentum,
        weight_decay,
        batch,
        seed,
        label_noise,
        temperature,
        layers,
    };
    Some(Flow::Descent { kappa, descent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steps_alone_break_comes_first() {
        let of_dead = |(law, _): &(Law, &str)| matches!(law, Law::Frozen | Law::DeadMass);
        assert!(!BROKEN_BY_DECAY[..BY_STEPS].iter().any(of_dead));
        for (broken, cause) in
            [(&BROKEN_BY_MOMENTUM, "momentum"), (&BROKEN_BY_ADAM, "Adam"), (&BROKEN_BY_HEAT, "Langevin")]
        {
            assert!(broken[BY_STEPS..].iter().all(|law| of_dead(law) && law.1.contains(cause)));
        }
        assert!(of_dead(&BROKEN_BY_DECAY[BY_STEPS]) && BROKEN_BY_DECAY[BY_STEPS].1.contains("decay"));
    }
}
