//! Gradient descent against automatic differentiation: JAX, in double precision on the processor.

use reluflow::flow::{Adam, Descent, Layers, Optimizer, OutputBias};
use reluflow::problem::{Neurons, Samples};
use serde_json::{Value, json};

use crate::common::worst;
use crate::descent_naive::{Network, PLAIN, drawn, generic};
use crate::oracles::{oracle, python};

const STEPS: usize = 200;

/// A number as Python's `float.hex` writes it: `-0x1.8p+1`.
fn from_hex(text: &str) -> f64 {
    let (sign, digits) = text.strip_prefix('-').map_or((1.0, text), |rest| (-1.0, rest));
    let (mantissa, exponent) = digits.strip_prefix("0x").and_then(|rest| rest.split_once('p')).unwrap();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let number = u64::from_str_radix(&format!("{whole}{fraction}"), 16).unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    // 53 bits and a power of two: both steps are exact for numbers that are not subnormal.
    sign * number as f64 * 2f64.powi(exponent - 4 * fraction.len() as i32)
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| from_hex(v.as_str().unwrap())).collect()
}

#[test]
fn hexadecimal_numbers_are_read_exactly() {
    for (text, value) in [("0x0.0p+0", 0.0), ("-0x1.8000000000000p+1", -3.0), ("0x1.999999999999ap-4", 0.1)] {
        assert_eq!(from_hex(text), value);
    }
}

#[test]
fn two_hundred_steps_are_those_of_automatic_differentiation() {
    let Some(python) = python("jax") else { return };
    let mut cases: Vec<(Network, Descent)> = vec![];
    for (name, layers) in [("both", Layers::Both), ("output", Layers::Output), ("hidden", Layers::Hidden)] {
        for (momentum, alpha) in [(0.0, 60.0), (0.9, 60.0), (0.0, 60f64.sqrt())] {
            // In the scaling of the tangent kernel the gradients are larger.
            let learning_rate = if alpha < 10.0 { 0.01 } else { 0.3 } * (1.0 - momentum);
            let network = drawn(cases.len() as u64 + name.len() as u64, 20, 60, alpha);
            cases.push((network, Descent { learning_rate, momentum, layers, ..PLAIN }));
        }
    }
    let results = oracle(python, "jax_gd.py", Some(&Value::from_iter(cases.iter().map(described))));
    assert_eq!(results.as_array().unwrap().len(), cases.len());
    for ((network, descent), result) in cases.iter().zip(results.as_array().unwrap()) {
        let (mut descender, mut state) = network.descender(descent);
        let start = network.distance(&state);
        for _ in 0..STEPS {
            descender.step(&mut state, f64::INFINITY).unwrap();
        }
        let oracle = Network { z: ["c", "a", "b"].map(|key| numbers(&result[key])), ..network.clone() };
        let distance = oracle.distance(&state);
        let residual = worst(descender.residual(), &numbers(&result["residual"]));
        let changes = result["changes"].as_u64().unwrap();
        println!(
            "{:?}, momentum {}: {distance:.1e}, residual {residual:.1e}; {changes} changes of active samples, {:?}",
            descent.layers, descent.momentum, state.counters
        );
        assert_eq!(start, 0.0);
        assert!(distance < 3e-15, "{descent:?}: parameters differ by {distance:e}, relative");
        assert!(residual < 3e-15, "{descent:?}: residuals differ by {residual:e}");
        // The neurons moved, and over kinks.
        assert!(network.distance(&state) > 1e-2, "{descent:?}");
        assert!(changes >= state.counters.events() && (changes > 10) == (descent.layers != Layers::Output));
    }
}

/// Nesterov's momentum, weight decay, Adam and AdamW in both layers and one, with an output bias and without.
#[test]
fn two_hundred_steps_of_every_optimizer_are_those_of_automatic_differentiation() {
    let Some(python) = python("jax") else { return };
    let own = Adam { beta: [0.8, 0.95], epsilon: 1e-6 };
    let nesterov = |momentum| Descent { optimizer: Optimizer::Nesterov, momentum, ..PLAIN };
    let adam = |optimizer, learning_rate| Descent { optimizer, learning_rate, ..PLAIN };
    let decay = |descent, weight_decay| Descent { weight_decay, ..descent };
    let settings = [
        Descent { learning_rate: 0.03, ..nesterov(0.9) },
        Descent { learning_rate: 0.05, layers: Layers::Hidden, ..nesterov(0.5) },
        decay(PLAIN, 0.3),
        decay(Descent { momentum: 0.9, learning_rate: 0.03, ..PLAIN }, 0.3),
        decay(Descent { learning_rate: 0.03, layers: Layers::Output, ..nesterov(0.9) }, 0.3),
        adam(Optimizer::Adam(Adam::DEFAULT), 1e-3),
        adam(Optimizer::Adam(own), 2e-3),
        decay(Descent { layers: Layers::Hidden, ..adam(Optimizer::Adam(Adam::DEFAULT), 1e-3) }, 0.3),
        decay(adam(Optimizer::AdamW(Adam::DEFAULT), 1e-3), 0.5),
        decay(Descent { layers: Layers::Output, ..adam(Optimizer::AdamW(own), 1e-3) }, 0.5),
    ];
    // A step of Adam divides gradients by their size: of a neuron on its kink only rounding is left of them.
    let network = |seed, descent: &Descent| match descent.optimizer.adam() {
        Some(_) => generic(seed, 20, 60, 60.0),
        None => drawn(seed, 20, 60, 60.0),
    };
    let cases: Vec<(Network, Descent)> =
        (40..).zip(settings).map(|(seed, descent)| (network(seed, &descent), descent)).collect();
    // Without an output bias, and with one, which takes shorter steps: its rate is the sum of all weights `n`.
    let mut all: Vec<((Network, Descent), Option<f64>)> =
        cases.iter().cloned().map(|case| (case, None)).collect();
    all.extend(cases.into_iter().map(|(network, mut descent)| {
        if descent.optimizer.adam().is_none() {
            descent.learning_rate = descent.learning_rate.min(0.03);
        }
        ((network, descent), Some(-0.4))
    }));
    let described = all.iter().map(|(case, bias)| {
        let mut described = described(case);
        if let Some(bias) = bias {
            described.as_object_mut().unwrap().insert("output_bias".into(), json!([bias]));
        }
        described
    });
    let results = oracle(python, "jax_gd.py", Some(&Value::from_iter(described)));
    for (((network, descent), start), result) in all.iter().zip(results.as_array().unwrap()) {
        let (mut descender, mut state) = match start {
            None => network.descender(descent),
            Some(start) => {
                network.biased(descent, OutputBias { start: *start, rate: network.z[0].len() as f64 })
            }
        };
        for _ in 0..STEPS {
            descender.step(&mut state, f64::INFINITY).unwrap();
        }
        if let Some(start) = start {
            let [expected] = numbers(&result["output_bias"])[..] else { panic!("one bias") };
            let bias = state.output_bias.unwrap();
            println!("output bias {bias:.3}, off by {:.1e}", (bias - expected).abs());
            assert!((bias - expected).abs() < 1e-12 && (bias - start).abs() > 1e-2, "{descent:?}: {bias}");
        }
        let oracle = Network { z: ["c", "a", "b"].map(|key| numbers(&result[key])), ..network.clone() };
        let distance = oracle.distance(&state);
        let residual = worst(descender.residual(), &numbers(&result["residual"]));
        println!(
            "{descent:?}: {distance:.1e}, residual {residual:.1e}, moved {:.1e}",
            network.distance(&state)
        );
        assert!(distance < 1e-12 && residual < 1e-12, "{descent:?}: {distance:e}, {residual:e}");
        assert!(network.distance(&state) > 1e-2, "{descent:?}");
    }
}

/// Full-batch normalisation before the ReLU standardizes the samples: `(a x - b - mean) / deviation` is
/// `sign(a) (x - mean) / deviation` of the samples, so that `(c, sign(a) gamma, -beta)` train as a network on standardized
/// samples does, and `a`, `b` not at all.
#[test]
fn batch_normalisation_is_training_on_standardized_samples() {
    let Some(python) = python("jax") else { return };
    let network = generic(7, 20, 60, 60.0);
    let m = network.z[0].len();
    let gamma: Vec<f64> = (0..m).map(|i| 1.0 + 0.3 * (i as f64).sin()).collect();
    let beta: Vec<f64> = (0..m).map(|i| 0.5 * (1.7 * i as f64).cos()).collect();
    // Of a constant there is no deviation.
    let mut network = network;
    network.z[1].iter_mut().filter(|a| **a == 0.0).for_each(|a| *a = 0.25);
    let mut case = described(&(network.clone(), PLAIN));
    case.as_object_mut().unwrap().extend([("gamma".into(), json!(gamma)), ("beta".into(), json!(beta))]);
    let result = &oracle(python, "jax_gd.py", Some(&json!([case])))[0];
    let total: f64 = network.n.iter().sum();
    let mean = |of: &dyn Fn(f64) -> f64| {
        network.x.iter().zip(&network.n).map(|(x, n)| n * of(*x) / total).sum::<f64>()
    };
    let center = mean(&|x| x);
    let deviation = mean(&|x| (x - center).powi(2)).sqrt();
    let x = network.x.iter().map(|x| (x - center) / deviation).collect();
    let samples = Samples::from_merged(x, network.y.clone(), network.n.clone(), 0.0).unwrap();
    let a: Vec<f64> = network.z[1].iter().zip(&gamma).map(|(a, gamma)| a.signum() * gamma).collect();
    let b = beta.iter().map(|beta| -beta).collect();
    let neurons = Neurons::uniform(network.z[0].clone(), a.clone(), b).unwrap();
    let (mut descender, mut state) =
        reluflow::flow::descent::Descender::start(samples, neurons, m as f64 / network.alpha, &PLAIN)
            .unwrap();
    for _ in 0..STEPS {
        descender.step(&mut state, f64::INFINITY).unwrap();
    }
    let residual = worst(descender.residual(), &numbers(&result["residual"]));
    let [c, gamma, beta] = ["c", "gamma", "beta"].map(|key| numbers(&result[key]));
    let own = |q: usize| (0..m).map(|i| state.neuron(i)[q]).collect::<Vec<f64>>();
    let signed: Vec<f64> = gamma.iter().zip(&a).map(|(gamma, a)| gamma * a.signum()).collect();
    let apart = [worst(&own(0), &c), worst(&own(1), &signed), worst(&own(2), &beta)];
    let still =
        worst(&numbers(&result["a"]), &network.z[1]).max(worst(&numbers(&result["b"]), &network.z[2]));
    println!("residual {residual:.1e}, c, gamma, beta {apart:?}, a and b move by {still:.1e}");
    assert!(residual < 1e-12 && apart.iter().all(|apart| *apart < 1e-12) && still < 1e-12);
    assert!(worst(&c, &network.z[0]) > 1e-2);
}

/// A case as the oracle reads it.
fn described((network, descent): &(Network, Descent)) -> Value {
    let layers = match descent.layers {
        Layers::Both => "both",
        Layers::Output => "output",
        Layers::Hidden => "hidden",
    };
    let mut case = json!({
        "x": network.x, "y": network.y, "n": network.n,
        "c": network.z[0], "a": network.z[1], "b": network.z[2],
        "alpha": network.alpha, "learning_rate": descent.learning_rate,
        "momentum": descent.momentum, "layers": layers, "steps": STEPS,
        "optimizer": descent.optimizer.name(),
    });
    // A framework's, whose gradient is 1 / m of that in mean-field time.
    let m = network.z[0].len() as f64;
    let (map, adam) = (case.as_object_mut().unwrap(), descent.optimizer.adam());
    let unit = if matches!(descent.optimizer, Optimizer::AdamW(_)) { 1.0 } else { m };
    map.insert("weight_decay".into(), json!(descent.weight_decay / unit));
    if let Some(Adam { beta: [beta1, beta2], epsilon }) = adam {
        map.extend(
            [("beta1", beta1), ("beta2", beta2), ("epsilon", epsilon)].map(|(key, v)| (key.into(), json!(v))),
        );
    }
    case
}
