//! One canonical measure lifted with invariants `delta` to both sides: the flows tend to the kernel
//! and the adaptive limit.
//!
//! With `|delta|` large and `r = kappa c |w|` given, one of `c^2`, `|w|^2` is near `|delta|` and the
//! other near `r^2 / (kappa^2 |delta|)`. The residuals then move at rates of order `kappa^2 |delta|`: in
//! the time `|delta| t` the lifted flow differs from its limit, which starts from the same neurons, by
//! what the layer that is frozen there moves, relative to its size. The small layer is of size
//! `|delta|^(-1/2)`; times a field of order one and a time of order `1 / |delta|` it moves the large one, of
//! size `|delta|^(1/2)`, by a share of order `1 / delta^2`.

use reluflow::flow::Flow;
use reluflow::problem::{Measure, Neurons};

use crate::common::lifted::LiftedProblem;
use crate::common::worst;

fn problem(delta: f64, flow: Flow) -> LiftedProblem {
    let measure = Measure::uniform(vec![0.9, -0.7, 0.5, -1.1, 0.8], vec![0.4, 1.9, 2.7, 1.2, 5.9]).unwrap();
    let (c, a, b, mass) = Neurons::lifted(&measure, 1.0, delta).unwrap().into_columns();
    LiftedProblem { x: vec![-0.8, 0.1, 0.7], y: vec![0.3, -0.5, 0.6], c, a, b, mass, flow }
}

/// Residuals at the time `stretch / |delta|` of the lifted flow and of a limit.
fn differences(sign: f64, limit: Flow) -> Vec<f64> {
    [1e1, 1e2, 1e3, 1e4]
        .map(|size| {
            let (delta, end) = (sign * size, 1.5 / size);
            let lifted = problem(delta, Flow::Lifted { kappa: 1.0, decay: 0.0 }).run(1e-11, end);
            let limit = problem(delta, limit).run(1e-11, end);
            worst(lifted.stepper.residual(), limit.stepper.residual())
        })
        .to_vec()
}

fn second_order(differences: &[f64]) {
    println!("{differences:?}");
    for pair in differences.windows(2) {
        let rate = (pair[0] / pair[1]).log10();
        assert!((rate - 2.0).abs() < 0.05, "rate {rate} in 1/delta: {differences:?}");
    }
}

#[test]
fn negative_invariants_lead_to_the_kernel_limit() {
    second_order(&differences(-1.0, Flow::Kernel { kappa: 1.0, decay: 0.0 }));
}

#[test]
fn positive_invariants_lead_to_the_adaptive_limit() {
    second_order(&differences(1.0, Flow::Adaptive { kappa: 1.0, decay: 0.0 }));
}

/// Between -100 and 100 the path moves as little as the invariant does.
#[test]
fn the_path_is_continuous_in_the_invariant() {
    for delta in [-100.0, -10.0, -1.0, -0.1, 0.0, 0.1, 1.0, 10.0, 100.0] {
        let end = 1.0 / f64::abs(delta).max(1.0);
        let at = |delta: f64| problem(delta, Flow::Lifted { kappa: 1.0, decay: 0.0 }).run(1e-11, end);
        let middle = at(delta);
        let moved: Vec<f64> =
            [1e-2, 1e-3, 1e-4].iter().map(|step| at(delta + step).residual_difference(&middle)).collect();
        assert!(
            moved[0] < 0.02 && moved[1] < 0.3 * moved[0] && moved[2] < 0.3 * moved[1],
            "{delta}: {moved:?}"
        );
    }
}
