//! What the tolerance promises.

use std::f64::consts::TAU;

use reluflow::problem::PlaceKind;

use crate::common::{Draw, Problem, short, slope, worst};

/// Tolerances 1e-3, 1e-4, ..., 1e-11.
fn tolerances() -> Vec<f64> {
    (3..=11).map(|p| 10f64.powi(-p)).collect()
}

/// Errors of the residuals against a tight run, and the residual ODE's distance from the
/// particles, as root mean squares over drawn problems in units of the tolerance's own unit.
#[test]
fn errors_follow_the_tolerance() {
    let tolerances = tolerances();
    let mut error = vec![0.0; tolerances.len()];
    let mut particles = vec![0.0; tolerances.len()];
    let mut defect = vec![0.0; tolerances.len()];
    let (mut count, mut events) = (0.0, 0);
    // Seeds that are multiples of 3 have the penalty.
    for seed in (0..80).chain(490..492) {
        let (problem, end) = Problem::drawn(seed);
        let exact = problem.run(1e-13, end);
        events += exact.counters().events();
        count += 1.0;
        for (i, &tolerance) in tolerances.iter().enumerate() {
            let run = problem.run(tolerance, end);
            let unit = run.state.scale;
            let ode = run.ode_difference() / unit;
            assert!(ode < 1e3 * tolerance, "seed {seed}: residual ODE off by {ode:e} at {tolerance:e}");
            let found = run.residual_difference(&exact) / unit;
            assert!(found < 300.0 * tolerance, "seed {seed}: residual off by {found:e} at {tolerance:e}");
            error[i] += found * found;
            particles[i] += run.particle_difference(&exact).powi(2);
            defect[i] += ode * ode;
        }
    }
    assert!(events > 100);
    for (name, sum) in [("residual", error), ("particles", particles), ("residual ODE", defect)] {
        let root: Vec<f64> = sum.iter().map(|sum| (sum / count).sqrt()).collect();
        // slope() takes base-2 logarithms per halving; a decade is log2(10) halvings.
        let slope = slope(&root) / 10f64.log2();
        println!("{name}: slope {slope:.2} in the tolerance, errors {}", short(&root));
        // Each step may err by the tolerance, and there are about tolerance^(-1/5) of them: 0.8.
        assert!(slope > 0.65 && slope < 1.3, "{name}: slope {slope}, {}", short(&root));
        for pair in root.windows(2) {
            assert!(pair[1] < 0.7 * pair[0], "{name} does not fall: {}", short(&root));
        }
    }
}

#[test]
fn at_1e_9_the_residual_ode_is_good_to_1e_6() {
    for seed in 100..160 {
        let (problem, end) = Problem::drawn(seed);
        let run = problem.run(1e-9, 2.0 * end);
        let ode = run.ode_difference();
        assert!(ode < 1e-6 * run.state.scale.min(1.0), "seed {seed}: {ode:e}");
    }
}

/// W Proposition 1 has no term for mass on boundaries: it agrees until some is pinned.
#[test]
fn the_printed_residual_ode_fails_once_mass_is_pinned() {
    let mut compared = 0;
    for seed in (1..120).filter(|seed| seed % 3 != 0) {
        let (problem, end) = Problem::drawn(seed);
        let mut run = problem.start(1e-9);
        let mut pinned_for = 0.0;
        let unit = run.state.scale;
        let printed = |run: &crate::common::Run| {
            worst(&run.state.residual_ode, &run.state.residual_ode_uncorrected) / unit
        };
        while run.state.time < end {
            let before = run.state.time;
            if run.counters().pins == 0 {
                assert_eq!(printed(&run), 0.0, "seed {seed}");
            }
            run.step(end).unwrap();
            if run.count(PlaceKind::Pinned) > 0 {
                pinned_for += run.state.time - before;
            }
        }
        if pinned_for > 0.3 * end {
            compared += 1;
            let corrected = run.ode_difference() / unit;
            let printed = worst(run.residual(), &run.state.residual_ode_uncorrected) / unit;
            assert!(
                printed > 1e3 * corrected && printed > 1e-4,
                "seed {seed}: printed {printed:e}, corrected {corrected:e}, pinned for {pinned_for}"
            );
        }
    }
    assert!(compared >= 5, "{compared}");
}

/// Stopping at a given time only shortens steps: the path stays the same to the tolerance.
#[test]
fn snapshots_do_not_change_the_path() {
    let (problem, end) = Problem::drawn(163);
    let straight = problem.run(1e-10, end);
    let mut stopped = problem.start(1e-10);
    for i in 1..=100 {
        stopped.advance(end * f64::from(i) / 100.0).unwrap();
        if i < 100 {
            assert!(stopped.state.time == end * f64::from(i) / 100.0);
        }
    }
    assert!(stopped.residual_difference(&straight) < 1e-8);
    assert!(stopped.state.step < 2 * straight.state.step + 200);
}

/// Tolerances looser and tighter by a decade differ in cost by about `10^(1/5)`: never by more than 4.
#[test]
fn cost_grows_slowly_with_the_tolerance() {
    for seed in [2, 7, 16, 37, 91, 163] {
        let (problem, end) = Problem::drawn(seed);
        let pushes: Vec<u64> = tolerances().iter().map(|&tol| problem.run(tol, end).pushes).collect();
        println!("seed {seed}: pushes {pushes:?}");
        for pair in pushes.windows(2) {
            assert!(pair[1] < 4 * pair[0] + 40, "seed {seed}: {pushes:?}");
        }
    }
}

/// Data and start function vanish up to rounding: there is nothing to follow, and no step is asked to be
/// more exact than rounding is.
#[test]
fn nothing_to_learn_takes_few_steps() {
    let x: Vec<f64> = (0..5).map(|j| 0.5 * f64::from(j) - 1.0).collect();
    let y: Vec<f64> = x.iter().map(|x| (TAU * x).sin()).collect();
    assert!(y.iter().all(|y| y.abs() < 1e-15) && y.iter().any(|&y| y != 0.0));
    let mut draw = Draw(3);
    let (r, theta) = (draw.list(300, -2.0, 2.0), draw.list(300, 0.0, TAU));
    let opposite: Vec<f64> = r.iter().map(|r| -r).collect();
    let mut run = Problem::new(&x, &y, &[r, opposite].concat(), &theta.repeat(2)).start(1e-6);
    let mut steps = 0;
    while run.state.time < 5.0 {
        run.step(5.0).unwrap();
        steps += 1;
        assert!(steps < 200, "at time {} after {steps} steps", run.state.time);
    }
}
