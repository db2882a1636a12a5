//! Weight decay (mathematics, section 21): neurons, residuals and their ODE, and where runs end.

use reluflow::flow::Flow;
use reluflow::kernel::tv_measure;
use reluflow::problem::Samples;
use serde_json::{Value, json};

use crate::common::lifted::{LiftedProblem, LiftedRun};
use crate::common::{Draw, worst};
use crate::oracles::{oracle, python};

const DECAY: f64 = 0.3;

fn flows(kappa: f64) -> [Flow; 3] {
    [
        Flow::Lifted { kappa, decay: DECAY },
        Flow::Kernel { kappa, decay: DECAY },
        Flow::Adaptive { kappa, decay: DECAY },
    ]
}

/// `dz/dt = -kappa (B z) - lambda z` of the layers that train, from the definition of the loss.
fn velocity(problem: &LiftedProblem, z: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let (kappa, (output, hidden)) = (problem.flow.kappa(), problem.flow.moves());
    let active = |[_, a, y]: [f64; 3], x: f64| a * x + y;
    let rho: Vec<f64> = problem
        .x
        .iter()
        .zip(&problem.y)
        .map(|(&x, y)| {
            let f: f64 = z.iter().zip(&problem.mass).map(|(&z, m)| m * z[0] * active(z, x).max(0.0)).sum();
            kappa * f - y
        })
        .collect();
    z.iter()
        .map(|&z| {
            let mut rate = [0.0; 3];
            for (rho, &x) in rho.iter().zip(&problem.x).filter(|(_, x)| active(z, **x) > 0.0) {
                rate[0] -= kappa * rho * active(z, x);
                rate[1] -= kappa * rho * z[0] * x;
                rate[2] -= kappa * rho * z[0];
            }
            let train = [output, hidden, hidden];
            std::array::from_fn(|i| if train[i] { rate[i] - problem.flow.decay() * z[i] } else { 0.0 })
        })
        .collect()
}

/// The classical Runge-Kutta method on the neurons as they are.
fn integrated(problem: &LiftedProblem, end: f64, steps: u32) -> Vec<[f64; 3]> {
    let h = end / f64::from(steps);
    let mut z: Vec<[f64; 3]> =
        (0..problem.c.len()).map(|i| [problem.c[i], problem.a[i], -problem.b[i]]).collect();
    let along = |z: &[[f64; 3]], v: &[[f64; 3]], h: f64| -> Vec<[f64; 3]> {
        z.iter().zip(v).map(|(z, v)| std::array::from_fn(|i| z[i] + h * v[i])).collect()
    };
    for _ in 0..steps {
        let first = velocity(problem, &z);
        let second = velocity(problem, &along(&z, &first, 0.5 * h));
        let third = velocity(problem, &along(&z, &second, 0.5 * h));
        let fourth = velocity(problem, &along(&z, &third, h));
        for (i, z) in z.iter_mut().enumerate() {
            for k in 0..3 {
                let inner = second[i][k] + third[i][k];
                z[k] += h / 6.0 * (first[i][k] + 2.0 * inner + fourth[i][k]);
            }
        }
    }
    z
}

/// Neurons that no line meets: nothing but the maps and the factor is at work.
#[test]
fn neurons_between_lines_are_those_of_plain_integration() {
    for flow in flows(1.3) {
        let problem = LiftedProblem {
            x: vec![-1.0, 0.2, 1.1],
            y: vec![0.4, 0.3, 0.6],
            // Two are dead, or nearly: active on none, on two and on all samples.
            c: vec![0.7, 0.4, -1.0, 0.4],
            a: vec![0.6, 0.9, -0.2, 0.2],
            b: vec![-1.0, -0.5, 0.3, 0.3],
            mass: vec![0.2, 0.3, 0.1, 0.4],
            flow,
        };
        // Past several times 1 / lambda, so that factors have been applied to the neurons.
        let end = 12.0;
        let run = problem.run(1e-11, end);
        assert_eq!(run.counters().events(), 0, "{flow:?}");
        let expected = integrated(&problem, end, 40_000);
        let error = worst(run.neurons().as_flattened(), expected.as_flattened());
        let ode = run.ode_difference();
        println!("{}: {error:.1e}, its residual ODE {ode:.1e}, {} steps", flow.name(), run.state.step);
        assert!(error < 1e-9 && ode < 1e-9, "{flow:?}: {error:e} {ode:e}");
    }
}

/// Through crossings, pins and releases: residuals and their ODE agree with the neurons, and what the decay leaves of
/// the invariants is exact.
#[test]
fn invariants_and_residuals_hold_through_events() {
    let mut events = 0;
    for seed in 0..150 {
        let flow = flows(1.0)[seed as usize % 3];
        let (problem, end) = LiftedProblem::drawn(seed, flow);
        let before = problem.start(1e-9).neurons();
        let run = problem.run(1e-9, end);
        events += run.counters().events();
        let (naive, size) = run.naive_residual();
        assert!(worst(run.stepper.residual(), &naive) < 1e-12 * size, "seed {seed}");
        assert!(run.ode_difference() < 1e-6 * size, "seed {seed}: {:e}", run.ode_difference());
        let left = (-2.0 * DECAY * end).exp();
        for (old, new) in before.iter().zip(run.neurons()) {
            let delta = |z: &[f64; 3]| z[0] * z[0] - z[1] * z[1] - z[2] * z[2];
            let size = |z: &[f64; 3]| z.iter().map(|v| v * v).sum::<f64>();
            let off = match flow {
                Flow::Kernel { .. } => (new[1] - old[1]).abs().max((new[2] - old[2]).abs()),
                Flow::Adaptive { .. } => (new[0] - old[0]).abs(),
                _ => (delta(&new) - left * delta(old)).abs() / (size(&new) + size(old)),
            };
            assert!(off < 1e-13, "seed {seed}, {flow:?}: {off:e}");
        }
    }
    println!("{events} events");
    assert!(events > 100);
}

/// Without frames, and with a run that is interrupted after every step: the same.
#[test]
fn frames_and_restarts_change_nothing() {
    for (seed, flow) in flows(1.0).into_iter().enumerate() {
        let (problem, _) = LiftedProblem::drawn(7 + seed as u64, flow);
        let end = 15.0;
        let (run, mut plain, mut resumed) =
            (problem.run(1e-9, end), problem.start(1e-9), problem.start(1e-9));
        plain.stepper = plain.stepper.without_frames();
        plain.advance(end);
        assert!(run.neuron_difference(&plain) < 1e-10, "{flow:?}");
        while resumed.state.time < end {
            let (samples, mass) = (resumed.stepper.samples().clone(), problem.mass.clone());
            resumed.stepper =
                reluflow::flow::Stepper::resume(samples, mass, flow, 1e-9, &resumed.state).unwrap();
            resumed.stepper.step(&mut resumed.state, end).unwrap();
        }
        assert!(run.state == resumed.state, "{flow:?}");
    }
}

/// Gradient descent by automatic differentiation with a framework's decay `lambda / m` comes to the flow like its step.
/// Neurons that descent carries to and fro across lines make the error of single runs uneven: that of two problems is
/// fitted, without events at which the flow is not unique.
#[test]
fn descent_with_decay_converges_to_the_flow() {
    let Some(python) = python("jax") else { return };
    let (m, end, steps) = (40, 2.0, [400u32, 800, 1600, 3200]);
    let problems = [1, 2].map(|seed| {
        let mut draw = Draw(seed);
        let mut problem = LiftedProblem {
            x: draw.list(6, -1.0, 1.0),
            y: draw.list(6, -1.0, 1.0),
            c: draw.list(m, -1.0, 1.0),
            a: draw.list(m, -1.0, 1.0),
            b: draw.list(m, -1.0, 1.0),
            mass: vec![1.0 / m as f64; m],
            flow: flows(1.0)[0],
        };
        // In order, as residuals come.
        let mut pairs: Vec<(f64, f64)> = problem.x.iter().copied().zip(problem.y.iter().copied()).collect();
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        (problem.x, problem.y) = pairs.into_iter().unzip();
        problem
    });
    let mut cases = vec![];
    for (layers, flow) in ["both", "output", "hidden"].into_iter().zip(flows(1.0)) {
        for problem in &problems {
            let problem = LiftedProblem { flow, ..problem.clone() };
            cases.extend(steps.map(|steps| (layers, problem.clone(), steps)));
        }
    }
    let described = |(layers, problem, steps): &(&str, LiftedProblem, u32)| {
        json!({
            "x": problem.x, "y": problem.y, "n": vec![1.0; problem.x.len()],
            "c": problem.c, "a": problem.a, "b": problem.b,
            "alpha": m, "learning_rate": end * m as f64 / f64::from(*steps), "momentum": 0.0,
            "weight_decay": DECAY / m as f64, "layers": layers, "steps": steps,
        })
    };
    let results = oracle(python, "jax_gd.py", Some(&Value::from_iter(cases.iter().map(described))));
    let errors = cases.iter().zip(results.as_array().unwrap()).map(|((_, problem, _), result)| {
        let run = problem.run(1e-10, end);
        assert_eq!(run.counters().ambiguous_releases, 0);
        worst(run.stepper.residual(), &crate::descent_jax::numbers(&result["residual"])).ln()
    });
    let errors: Vec<f64> = errors.collect();
    for (flow, errors) in flows(1.0).iter().zip(errors.chunks(2 * steps.len())) {
        let mean: Vec<f64> = (0..steps.len()).map(|i| 0.5 * (errors[i] + errors[i + steps.len()])).collect();
        // Least squares over equal ratios of the step.
        let slope = (3.0 * (mean[0] - mean[3]) + mean[1] - mean[2]) / (10.0 * 2f64.ln());
        let shown: Vec<String> = mean.iter().map(|error| format!("{:.1e}", error.exp())).collect();
        println!("{}: {shown:?}, slope {slope:.2}", flow.name());
        let most = if flow.moves() == (true, false) { 0.02 } else { 0.3 };
        assert!((slope - 1.0).abs() < most, "{}: {slope}", flow.name());
    }
}

/// `L + lambda / 2 Int (c^2 + |w|^2) mu`.
fn energy(run: &LiftedRun) -> f64 {
    let (mass, decay) = (run.mass(), run.stepper.flow().decay());
    let squares = run.neurons().iter().map(|z| z.iter().map(|v| v * v).sum::<f64>()).collect::<Vec<_>>();
    run.loss() + 0.5 * decay * mass.iter().zip(squares).map(|(m, square)| m * square).sum::<f64>()
}

/// At rest neurons are balanced, and no measure has less energy.
#[test]
fn networks_at_rest_are_balanced_and_minimal() {
    let mut highest = 0f64;
    let angle = |i: usize, m: usize| std::f64::consts::TAU * (i as f64 + 0.5) / m as f64;
    for seed in 0..10 {
        let mut draw = Draw(1000 + seed);
        let (s, m) = (3 + draw.below(6), 1000);
        let decay = [0.02, 0.1][seed as usize % 2];
        let problem = LiftedProblem {
            x: draw.list(s, -1.5, 1.5),
            y: draw.list(s, -1.0, 1.0),
            // In all directions with both signs: drawn ones may leave a direction out that the minimiser needs.
            c: (0..m).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect(),
            a: (0..m).map(|i| angle(i, m).cos()).collect(),
            b: (0..m).map(|i| -angle(i, m).sin()).collect(),
            mass: vec![1.0 / m as f64; m],
            flow: Flow::Lifted { kappa: 1.0, decay },
        };
        let samples = Samples::new(&problem.x, &problem.y).unwrap();
        let least = tv_measure(&samples, decay).unwrap();
        let run = problem.run(1e-8, 200.0 / decay);
        let above = energy(&run) - least.energy;
        let unbalanced =
            run.neurons().iter().map(|[c, x, y]| (c.abs() - x.hypot(*y)).abs()).fold(0.0, f64::max);
        println!(
            "{seed}: {above:.1e} above {:.6}, |c| - |w| up to {unbalanced:.1e}, {} steps",
            least.energy, run.state.step
        );
        assert!(above > -1e-8 - least.gap, "{seed}: {above:e}");
        assert!(unbalanced < 1e-6, "{seed}: {unbalanced:e}");
        highest = highest.max(above);
    }
    assert!(highest < 1e-6, "{highest:e}");
}
