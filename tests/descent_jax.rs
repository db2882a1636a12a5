//! Gradient descent against automatic differentiation: JAX, in double precision on the processor.

use reluflow::flow::{Descent, Layers};
use serde_json::{Value, json};

use crate::common::worst;
use crate::descent_naive::{Network, PLAIN, drawn};
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

/// A case as the oracle reads it.
fn described((network, descent): &(Network, Descent)) -> Value {
    let layers = match descent.layers {
        Layers::Both => "both",
        Layers::Output => "output",
        Layers::Hidden => "hidden",
    };
    json!({
        "x": network.x, "y": network.y, "n": network.n,
        "c": network.z[0], "a": network.z[1], "b": network.z[2],
        "alpha": network.alpha, "learning_rate": descent.learning_rate,
        "momentum": descent.momentum, "layers": layers, "steps": STEPS,
    })
}
