//! Problems made to hurt: each must end, in a bounded number of steps, and stay accurate.

use std::f64::consts::TAU;

use crate::common::{Draw, Problem};

/// Runs at loose and tight tolerances; at most so many pushes at the tightest.
fn survives(name: &str, problem: &Problem, end: f64, most_pushes: u64) {
    for tolerance in [1e-3, 1e-6, 1e-9, 1e-11] {
        let run = problem.run(tolerance, end);
        let ode = run.ode_difference() / run.state.scale;
        println!("{name}, {tolerance:e}: {} steps, {} pushes, ODE {ode:.1e}", run.state.step, run.pushes);
        assert!(run.pushes < most_pushes, "{name}: {} pushes at {tolerance:e}", run.pushes);
        assert!(ode < 100.0 * tolerance, "{name}: residual ODE off by {ode:e} at {tolerance:e}");
    }
}

fn drawn(s: usize, m: usize, r: f64, seed: u64) -> Problem {
    let mut draw = Draw(seed);
    let (x, y) = (draw.list(s, -1.5, 1.5), draw.list(s, -2.0, 2.0));
    Problem::new(&x, &y, &draw.list(m, -r, r), &draw.list(m, 0.0, TAU))
}

#[test]
fn large_amplitudes() {
    let problem = drawn(6, 30, 50.0, 77);
    survives("|r| = 50", &problem, 20.0 / problem.stiffness(), 2000);
}

#[test]
fn far_samples() {
    let mut problem = drawn(40, 100, 2.0, 78);
    problem.x.iter_mut().for_each(|x| *x *= 1e3 / 1.5);
    survives("|x| = 1e3", &problem, 50.0 / problem.stiffness(), 2500);
}

#[test]
fn samples_closer_than_angles_resolve() {
    for width in [1e-6, 1e-10, 1e-15] {
        let mut problem = drawn(40, 100, 2.0, 79);
        problem.x = (0..40).map(|j| f64::from(j % 8) / 4.0 - 1.0 + width * f64::from(j)).collect();
        survives(&format!("clusters of {width:e}"), &problem, 50.0 / problem.stiffness(), 6000);
    }
}

#[test]
fn tiny_masses() {
    for tiny in [0.0, 1e-300, 1e-12] {
        let mut problem = drawn(5, 200, 1.0, 80);
        problem.theta[0] = 1.4;
        problem.mass = (0..200).map(|i| if i == 0 { 1.0 } else { tiny }).collect();
        survives(&format!("masses of {tiny:e}"), &problem, 3.0, 3000);
    }
}

/// A thousand copies of each particle, all meeting their events at one instant, run as the few do.
#[test]
fn copies_run_as_one() {
    for seed in [91, 163, 500, 501] {
        let (few, end) = Problem::drawn(seed);
        let copies = 1000;
        let repeat = |values: &[f64]| (0..copies).flat_map(|_| values).copied().collect::<Vec<f64>>();
        let many = Problem::new(&few.x, &few.y, &repeat(&few.r), &repeat(&few.theta)).with_tv(few.tv);
        for tolerance in [1e-5, 1e-9] {
            let (few, many) = (few.run(tolerance, end), many.run(tolerance, end));
            assert!(few.counters().events() > 0);
            for ((name, few), (_, many)) in few.counters().counts().iter().zip(many.counters().counts()) {
                assert_eq!(many, copies as u64 * few, "seed {seed}: {name}");
            }
            assert!(few.residual_difference(&many) < 100.0 * tolerance * few.state.scale);
            // Each copy's jump is below what a step may pass over, so that none is fenced in.
            println!("seed {seed}, {tolerance:e}: pushes {} and {}", few.pushes, many.pushes);
            assert!(many.pushes < 3 * few.pushes + 100);
        }
    }
}

/// After the transient a run is limited by stability alone: about as many steps as `T` times the
/// fastest rate, and not several rejected attempts for each.
#[test]
fn long_after_the_transient() {
    let problem = drawn(5, 100, 1.0, 81);
    for tolerance in [1e-3, 1e-6, 1e-9] {
        let (early, late) = (problem.run(tolerance, 50.0), problem.run(tolerance, 100.0));
        let (steps, pushes) = (late.state.step - early.state.step, late.pushes - early.pushes);
        let events = late.counters().events() - early.counters().events();
        println!("{tolerance:e}: {steps} steps, {pushes} pushes, {events} events from t = 50 to 100");
        assert!(late.ode_difference() < 100.0 * tolerance * late.state.scale);
        assert!((steps as f64) < 100.0 * problem.stiffness(), "{steps} steps");
    }
}

/// Large residuals turn the particles fast: `h |g|`, not only `h trace(K)`, must be small.
#[test]
fn large_residuals() {
    let mut problem = drawn(10, 20, 1.0, 82);
    problem.y.iter_mut().for_each(|y| *y *= 1e6);
    let mut run = problem.start(1e-3);
    assert_eq!(run.step(1.0), Ok(()));
}
