//! What the tolerance promises for flows of neurons.

use reluflow::flow::{Flow, Stepper};

use crate::common::lifted::LiftedProblem;
use crate::common::{short, slope, worst};

/// Errors of residuals, neurons and the residual ODE over drawn problems, at tolerances 1e-3 ... 1e-11,
/// against runs at 1e-12.
fn errors_follow(flow: Flow) {
    let tolerances: Vec<f64> = (3..=11).map(|p| 10f64.powi(-p)).collect();
    let mut sums = vec![[0.0; 3]; tolerances.len()];
    let (mut count, mut events, mut most) = (0.0, 0, 0.0f64);
    for seed in 0..110 {
        let draw = if seed % 2 == 0 { LiftedProblem::drawn } else { LiftedProblem::flat };
        let (problem, end) = draw(seed, flow);
        let exact = problem.run(1e-12, end);
        if exact.counters().ambiguous_mass > 0.0 {
            // Where the flow is not unique, the error may choose.
            continue;
        }
        events += exact.counters().events();
        count += 1.0;
        for (i, &tolerance) in tolerances.iter().enumerate() {
            let run = problem.run(tolerance, end);
            let unit = run.state.scale;
            let (ode, found) = (run.ode_difference() / unit, run.residual_difference(&exact) / unit);
            assert!(ode < 100.0 * tolerance, "seed {seed}: residual ODE off by {ode:e} at {tolerance:e}");
            assert!(found < 100.0 * tolerance, "seed {seed}: residual off by {found:e} at {tolerance:e}");
            most = most.max(found / tolerance);
            let neurons = run.neuron_difference(&exact);
            for (sum, value) in sums[i].iter_mut().zip([found, neurons, ode]) {
                *sum += value * value;
            }
        }
    }
    println!("{}: {events} events, residual off by at most {most:.1} tolerances", flow.name());
    for (at, name) in ["residual", "neurons", "residual ODE"].into_iter().enumerate() {
        let root: Vec<f64> = sums.iter().map(|sum| (sum[at] / count).sqrt()).collect();
        // slope() takes base-2 logarithms per halving; a decade is log2(10) halvings.
        let slope = slope(&root) / 10f64.log2();
        println!("{name}: slope {slope:.2} in the tolerance, errors {}", short(&root));
        // Each step may err by the tolerance, and there are about tolerance^(-1/5) of them: 0.8.
        assert!(slope > 0.65 && slope < 1.3, "{name}: slope {slope}, {}", short(&root));
    }
}

#[test]
fn errors_of_the_lifted_flow_follow_the_tolerance() {
    errors_follow(Flow::Lifted { kappa: 1.3, decay: 0.0 });
}

#[test]
fn errors_of_the_adaptive_limit_follow_the_tolerance() {
    errors_follow(Flow::Adaptive { kappa: 1.3, decay: 0.0 });
}

#[test]
fn errors_of_the_kernel_limit_follow_the_tolerance() {
    errors_follow(Flow::Kernel { kappa: 1.3, decay: 0.0 });
}

/// Some neurons, or all, start at the origin, where nothing tells how fast they will be: the tolerance is
/// kept all the same. Some rest there until the others have changed what is downhill.
#[test]
fn neurons_that_start_at_the_origin_keep_the_tolerance() {
    let (mut set_off, mut rested) = (0, 0);
    for flow in [Flow::Lifted { kappa: 1.3, decay: 0.0 }, Flow::Adaptive { kappa: 1.3, decay: 0.0 }] {
        for seed in 0..40 {
            let (mut problem, end) = LiftedProblem::drawn(seed, flow);
            let at_origin = if seed % 2 == 0 { problem.c.len() } else { problem.c.len() / 2 + 1 };
            for i in 0..at_origin {
                (problem.a[i], problem.b[i]) = (0.0, 0.0);
            }
            let exact = problem.run(1e-13, end);
            if exact.counters().ambiguous_mass > 0.0 {
                continue;
            }
            rested += exact.counters().unsticks;
            set_off += exact.neurons().iter().take(at_origin).filter(|z| z[1] != 0.0 || z[2] != 0.0).count();
            for digits in [3, 5, 7, 9, 11] {
                let tolerance = 10f64.powi(-digits);
                let run = problem.run(tolerance, end);
                let off = run.residual_difference(&exact) / exact.state.scale;
                assert!(off < 20.0 * tolerance, "{flow:?} {seed}, {tolerance:e}: off by {off:e}");
            }
        }
    }
    println!("{set_off} neurons set off, {rested} after a rest");
    assert!(set_off > 50, "{set_off}");
}

/// A tolerance below rounding cannot be kept: the controller says so, and leaves the state as it was.
#[test]
fn an_impossible_tolerance_ends_with_a_message() {
    for flow in [Flow::Lifted { kappa: 1.0, decay: 0.0 }, Flow::Adaptive { kappa: 1.0, decay: 0.0 }] {
        let (problem, end) = LiftedProblem::drawn(42, flow);
        let samples = problem.start(1e-3).stepper.samples().clone();
        let (mut stepper, mut state) = Stepper::start(samples, problem.neurons(), flow, 1e-22).unwrap();
        let mut steps = 0;
        let error = loop {
            let before = state.clone();
            match stepper.step(&mut state, end) {
                Ok(_) => assert!(state.time < end, "1e-22 was kept"),
                Err(error) => {
                    assert!(state == before);
                    break error.to_string();
                }
            }
            steps += 1;
            assert!(steps < 100_000);
        };
        assert!(error.contains("raise time.tolerance") && error.contains("t = "), "{error}");
    }
}

/// Steps near rest may be a million times longer than the fastest modes need: the residual ODE then stays beside
/// the particles. (Its iteration diverged, and its residuals grew to infinity.)
#[test]
fn near_rest_the_residual_ode_stays_beside_the_particles() {
    for (seed, until) in [(92, 4e6), (102, 1e9)] {
        let (samples, neurons, flow, tolerance) = crate::lifted_skipping::drawn(seed);
        let (mut stepper, mut state) = Stepper::start(samples, neurons, flow, tolerance).unwrap();
        while state.time < until {
            stepper.step(&mut state, until).unwrap();
            let ode = worst(stepper.residual(), &state.residual_ode);
            assert!(ode < 100.0 * tolerance * state.scale, "seed {seed}, t = {}: off by {ode:e}", state.time);
            assert!(state.residual_ode_uncorrected.iter().all(|rho| rho.abs() < 10.0 * state.scale));
            assert!(state.step < 3000, "seed {seed}: t = {}", state.time);
        }
    }
}
