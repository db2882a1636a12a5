//! Gradient descent converges to the flows of which it is the algorithm, in first order.

use reluflow::flow::{Descent, Layers};
use reluflow::problem::Samples;
use serde_json::Value;

use crate::common::{short, slope, worst};
use crate::descent_naive::{Network, PLAIN, generic};

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// Distances in the residuals to a reference trajectory, over all its times, for steps `dt`,
/// `dt / 2`, ..., `dt / 16` of the flow's time.
fn distances(name: &str, layers: Layers, dt: f64, momentum: f64) -> Vec<f64> {
    let path = format!("{}/tests/reference/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let weights = numbers(&json["weights"]);
    let m = weights.len() as f64;
    assert!(weights.iter().all(|weight| (weight - 1.0 / m).abs() < 1e-15));
    let samples = Samples::new(&numbers(&json["x"]), &numbers(&json["y"])).unwrap();
    let initial = ["c", "a", "b"].map(|key| numbers(&json["initial"][key]));
    let network = Network::new(&samples, initial, m / json["kappa"].as_f64().unwrap());
    let times = numbers(&json["times"]);
    (0..5)
        .map(|halving| {
            let dt = dt / f64::from(1 << halving);
            // Momentum makes every gradient act 1 / (1 - momentum) times in the end.
            let learning_rate = m * dt * (1.0 - momentum);
            let descent = Descent { learning_rate, momentum, layers, ..PLAIN };
            let (mut descender, mut state) = network.descender(&descent);
            let mut squares = 0.0;
            for (i, &time) in times.iter().enumerate() {
                let steps = (time / dt).round();
                assert!((time - steps * dt).abs() < 1e-12, "the times are multiples of the steps");
                while state.step < steps as u64 {
                    descender.step(&mut state, f64::INFINITY).unwrap();
                }
                let error = worst(descender.residual(), &numbers(&json["residual"][i]));
                squares += error * error;
            }
            (squares / times.len() as f64).sqrt()
        })
        .collect()
}

/// Four halvings of the learning rate divide the distance by 16, more or less: where neurons
/// chatter on an attractor, the error depends on the phase of their jumps too. Measured over
/// `dt` = 0.02 to 0.0025 for the coarsest step, the slopes of runs with attractors are between 0.93
/// and 1.12; without, between 1.000 and 1.002.
fn first_order(name: &str, layers: Layers, dt: f64, momentum: f64, allowed: f64) {
    let distances = distances(name, layers, dt, momentum);
    let slope = slope(&distances);
    println!("{name}, momentum {momentum}: {} slope {slope:.3}", short(&distances));
    assert!((slope - 1.0).abs() < allowed, "{name}: {distances:?}, slope {slope}");
    assert!(distances[0] > 8.0 * distances[4] && distances[4] < 2e-4, "{name}: {distances:?}");
}

#[test]
fn all_parameters_with_crossings_and_pinning() {
    first_order("lifted_mixed", Layers::Both, 0.01, 0.0, 0.15);
    first_order("lifted_large_delta", Layers::Both, 0.01, 0.0, 0.15);
}

#[test]
fn all_parameters_with_the_scaling_of_the_tangent_kernel() {
    first_order("lifted_sqrt_m", Layers::Both, 0.001, 0.0, 0.15);
}

#[test]
fn the_output_layer_alone() {
    first_order("kernel_limit", Layers::Output, 0.01, 0.0, 0.01);
}

#[test]
fn the_hidden_layer_alone() {
    first_order("adaptive_limit", Layers::Hidden, 0.01, 0.0, 0.15);
}

#[test]
fn momentum_changes_the_clock_but_not_the_limit() {
    first_order("kernel_limit", Layers::Output, 0.01, 0.5, 0.05);
    first_order("lifted_mixed", Layers::Both, 0.01, 0.5, 0.2);
}

/// Against a Runge-Kutta integration of `dc/dt = -m dL/dc` and so on, on a network whose kinks stay
/// outside the samples.
#[test]
fn without_events_it_is_explicit_euler_of_the_lifted_flow() {
    let mut network = generic(3, 8, 24, 24.0);
    for i in 0..24 {
        network.z[2][i] = if i % 2 == 0 { 1.7 } else { -1.7 } * (network.z[1][i].abs() + 0.2);
    }
    let end = 0.4;
    let mut exact = network.clone();
    let steps = 400;
    for _ in 0..steps {
        exact = runge_kutta(&exact, end / f64::from(steps));
    }
    let errors: Vec<f64> = (0..5)
        .map(|halving| {
            let dt = 0.02 / f64::from(1 << halving);
            let (mut descender, mut state) =
                network.descender(&Descent { learning_rate: 24.0 * dt, ..PLAIN });
            while state.time < end {
                descender.step(&mut state, end).unwrap();
            }
            assert_eq!((state.step, state.counters.events()), (20 << halving, 0));
            exact.distance(&state)
        })
        .collect();
    println!("{} slope {:.3}", short(&errors), slope(&errors));
    assert!((slope(&errors) - 1.0).abs() < 0.03, "{errors:?}");
}

/// One classical step of the flow `d(c, a, b)/dt = -m grad L`.
fn runge_kutta(network: &Network, h: f64) -> Network {
    let m = network.z[0].len() as f64;
    let at = |slope: &[Vec<f64>; 3], h: f64| {
        let mut moved = network.clone();
        for q in 0..3 {
            moved.z[q].iter_mut().zip(&slope[q]).for_each(|(z, slope)| *z -= h * m * slope);
        }
        moved
    };
    let slope = |network: &Network| network.gradient(&network.full()).0;
    let k1 = slope(network);
    let k2 = slope(&at(&k1, h / 2.0));
    let k3 = slope(&at(&k2, h / 2.0));
    let k4 = slope(&at(&k3, h));
    let mean = [0, 1, 2].map(|q| {
        (0..k1[q].len()).map(|i| (k1[q][i] + 2.0 * k2[q][i] + 2.0 * k3[q][i] + k4[q][i]) / 6.0).collect()
    });
    at(&mean, h)
}
