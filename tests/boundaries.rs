//! Particles at boundaries: at the start, after a release that is not unique, and against
//! gradient descent, which knows nothing of boundaries.

use std::f64::consts::{FRAC_PI_2, TAU};

use reluflow::problem::{PlaceKind, Regions};

use crate::common::{Draw, Problem, angle_distance, short, slope, worst};

/// Speeds `-r <g, n>` normal to boundary `b` just clockwise and just anticlockwise of it.
fn normal_speeds(problem: &Problem, b: usize, r: f64) -> [f64; 2] {
    let samples = problem.samples();
    let regions = Regions::new(&samples);
    let measure = problem.measure();
    let rho: Vec<f64> = samples.x().iter().zip(samples.y()).map(|(&x, y)| measure.value_at(x) - y).collect();
    let n = regions.normal(b);
    [b, regions.above(b)].map(|k| {
        let pull: f64 =
            regions.active(k).map(|j| samples.weight()[j] * rho[j] * (samples.x()[j] * n[0] + n[1])).sum();
        -r * pull
    })
}

/// Every boundary of many problems, a particle exactly on it: pinned, dead, or off to the right side.
#[test]
fn particles_on_boundaries_obey_the_rule_from_the_start() {
    let mut draw = Draw(8);
    let mut seen = [0; 5];
    for case in 0..200 {
        let s = 1 + draw.below(6);
        let (x, y) = (draw.list(s, -2.0, 2.0), draw.list(s, -2.0, 2.0));
        let regions = Regions::new(&Problem::new(&x, &y, &[0.0], &[0.0]).samples());
        for b in 0..2 * s {
            let r = draw.uniform(0.1, 2.0) * if draw.below(2) == 0 { 1.0 } else { -1.0 };
            let theta = if case % 2 == 0 { regions.angle(b) } else { regions.angle(b).rem_euclid(TAU) };
            let others = [draw.uniform(-2.0, 2.0), draw.uniform(-2.0, 2.0)];
            let problem = Problem::new(&x, &y, &[r, others[0], others[1]], &[theta, 1.4, 1.7])
                .with_mass(&[0.2, 0.3, 0.5]);
            let [low, high] = normal_speeds(&problem, b, r);
            let start = problem.start(1e-9);
            let (place, above) = (start.place()[0], regions.above(b));
            let (out_low, out_high) = (b != 0 && low < 0.0, above != 0 && high > 0.0);
            let (expected, which) = match (out_low, out_high) {
                (false, false) if b == 0 || above == 0 => ((PlaceKind::Dead, 0), 0),
                (false, false) => ((PlaceKind::Pinned, b), 1),
                (true, false) => ((PlaceKind::Free, b), 2),
                (false, true) => ((PlaceKind::Free, above), 3),
                (true, true) => ((PlaceKind::Free, if high > -low { above } else { b }), 4),
            };
            seen[which] += 1;
            assert_eq!((place.kind(), place.index()), expected, "boundary {b}: {low} {high}");
            assert_eq!(start.counters().ambiguous_mass, if which == 4 { 0.2 } else { 0.0 });
            let run = problem.run(1e-9, 1e-5 / problem.stiffness());
            let after = run.place()[0];
            assert_eq!((after.kind(), after.index()), expected, "boundary {b} a little later");
            let moved = angle_distance(run.theta()[0], regions.angle(b));
            assert!((which < 2) == (moved == 0.0), "boundary {b}: moved by {moved}");
        }
    }
    assert!(seen.iter().all(|&count| count > 20), "{seen:?}");
}

/// A direction within rounding of a boundary, but not on it, is next to it and not a turn away.
#[test]
fn a_start_within_rounding_of_a_boundary_is_in_place() {
    let mut draw = Draw(9);
    for _ in 0..2000 {
        let s = 1 + draw.below(4);
        let (x, y) = (draw.list(s, -1.5, 1.5), draw.list(s, -2.0, 2.0));
        let regions = Regions::new(&Problem::new(&x, &y, &[0.0], &[0.0]).samples());
        let b = draw.below(2 * s);
        let mut theta = regions.angle(b);
        for _ in 0..draw.below(4) {
            theta = if draw.below(2) == 0 { theta.next_up() } else { theta.next_down() };
        }
        let problem = Problem::new(&x, &y, &[1.0], &[theta]);
        let start = problem.start(1e-6);
        let (place, found) = (start.state.place()[0], start.state.theta()[0]);
        if place.kind() == PlaceKind::Free {
            let (low, high) = (regions.angle(place.index() - 1), regions.angle(place.index()));
            assert!(
                found >= low - 1e-14 && found <= high + 1e-14,
                "theta = {theta:?} given, {found} kept, in the region [{low}, {high}] of x = {x:?}"
            );
        }
    }
}

/// The smallest case of the test above: one unit of rounding below the first boundary. It
/// must not jump.
#[test]
fn a_start_just_below_the_first_boundary_runs() {
    let theta = 0.266_538_953_688_856_33;
    let mut run = Problem::new(&[-0.273_035_541_401_619_7], &[1.7], &[1.9], &[theta]).start(1e-6);
    assert!(theta < run.stepper.regions().angle(0));
    run.advance(1e-6).unwrap();
    let moved = angle_distance(run.theta()[0], theta);
    assert!(moved < 1e-3, "moved by {moved} in no time");
}

/// A particle whose rotation stops within rounding of a boundary is no endless loop.
#[test]
fn a_turn_at_a_boundary_is_passed() {
    let mut draw = Draw(10);
    for case in 0..4000 {
        let s = 1 + draw.below(3);
        let (x, y) = (draw.list(s, -1.5, 1.5), draw.list(s, -2.0, 2.0));
        let regions = Regions::new(&Problem::new(&x, &y, &[0.0], &[0.0]).samples());
        let offset = [1e-3, 1e-6, 1e-9, 1e-13, 1e-15][draw.below(5)] * draw.uniform(-1.0, 1.0);
        let theta = regions.angle(draw.below(2 * s)) + offset;
        let r = [1.0, 1e-3, 1e-6, 1e-12, 1e-200, 0.0][draw.below(6)] * draw.uniform(-1.0, 1.0);
        let problem = Problem::new(&x, &y, &[r], &[theta]);
        let mut run = problem.start(1e-3);
        if let Err(error) = run.advance(20.0 / problem.stiffness()) {
            panic!("case {case}: {error} {problem:?}");
        }
    }
}

/// At rest beside a boundary, in a field that pulls it out exponentially: `theta = 1e-9 cosh t`,
/// `r = 1e-9 sinh t` while both are small. A step as long as the residuals alone would allow
/// (they hardly move) must not be taken in one Runge-Kutta step.
#[test]
fn slow_departure_from_a_saddle_is_followed() {
    let problem = Problem::new(&[0.0], &[1.0], &[0.0], &[1e-9]);
    for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
        let run = problem.run(tolerance, 15.0);
        let (r, exact) = (run.r()[0], 1e-9 * 15f64.sinh());
        assert!((r / exact - 1.0).abs() < 0.05, "r = {r:e} instead of {exact:e} at {tolerance:e}");
    }
}

/// The residual alone would allow one step to the end (almost nothing is active); along its path
/// the particle then spins without end. The step must be shortened, not the run given up.
#[test]
fn a_step_tried_too_long_is_shortened() {
    let problem = Problem::new(
        &[-0.12346434007681895],
        &[1.2339454374721153],
        &[-5.862616418142352e-7],
        &[3.263605920124355],
    );
    let mut run = problem.start(1e-3);
    assert_eq!(run.advance(23.639650331230712), Ok(()));
}

/// A particle pinned with `r > 0` while the other sample needs `r < 0`: when `r` passes through
/// zero the attractor repels it, and it leaves to the side where it is faster.
#[test]
fn ambiguous_releases_follow_the_steepest_side() {
    let mut found = 0;
    for seed in (0..4000).filter(|seed| seed % 3 != 0) {
        let (problem, end) = Problem::drawn(seed);
        if problem.run(1e-4, end).counters().ambiguous_releases == 0 {
            continue;
        }
        let mut run = problem.start(1e-9);
        while run.state.time < end {
            let (before, counters) = (run.place(), run.counters());
            let (r_before, mass_before) = (run.r(), counters.ambiguous_mass);
            run.step(end).unwrap();
            if run.counters().ambiguous_releases != counters.ambiguous_releases + 1 {
                continue;
            }
            let (after, r_after) = (run.place(), run.r());
            let Some(i) = (0..before.len()).find(|&i| {
                before[i].kind() == PlaceKind::Pinned
                    && after[i].kind() == PlaceKind::Free
                    && r_before[i] * r_after[i] <= 0.0
            }) else {
                continue;
            };
            found += 1;
            let b = before[i].index();
            let regions = run.stepper.regions();
            assert!((run.counters().ambiguous_mass - mass_before - problem.mass[i]).abs() < 1e-15);
            let n = regions.normal(b);
            let samples = run.stepper.samples();
            let speed = |k: usize| -> f64 {
                let along = |j: usize| samples.x()[j] * n[0] + n[1];
                regions.active(k).map(|j| samples.weight()[j] * run.residual()[j] * along(j)).sum()
            };
            let (low, high) = (-r_after[i] * speed(b), -r_after[i] * speed(regions.above(b)));
            assert!(low < 0.0 && high > 0.0, "seed {seed}: not a repulsor after all, {low} {high}");
            let upward = after[i].index() == regions.above(b);
            assert!(upward || after[i].index() == b);
            assert_eq!(upward, high > -low, "seed {seed}: {low} {high}");
        }
    }
    println!("{found} ambiguous releases");
    assert!(found >= 8, "{found}");
}

/// Gradient descent, that is explicit Euler with a neuron active where `<xt, d> > 0`, chatters
/// about an attractor and converges to the run with the first power of the step.
#[test]
fn gradient_descent_converges_to_the_run() {
    for seed in [91, 500, 163] {
        let (problem, end) = Problem::drawn(seed);
        let exact = problem.run(1e-11, end);
        let counters = exact.counters();
        assert!(counters.pins > 0 && counters.ambiguous_releases == 0);
        let samples = problem.samples();
        let (x, n) = (samples.x(), samples.weight());
        let residual = |r: &[f64], theta: &[f64]| -> Vec<f64> {
            (0..x.len())
                .map(|j| {
                    let value =
                        |i: usize| problem.mass[i] * r[i] * (x[j] * theta[i].cos() + theta[i].sin()).max(0.0);
                    (0..r.len()).map(value).sum::<f64>() - samples.y()[j]
                })
                .collect()
        };
        let mut errors = vec![];
        for halving in 0..5 {
            let steps = 4000 << halving;
            let h = end / f64::from(steps);
            let (mut r, mut theta) = (problem.r.clone(), problem.theta.clone());
            for _ in 0..steps {
                let rho = residual(&r, &theta);
                for i in 0..r.len() {
                    let (sin, cos) = theta[i].sin_cos();
                    let (mut pull, mut turn) = (0.0, 0.0);
                    for j in (0..x.len()).filter(|&j| x[j] * cos + sin > 0.0) {
                        pull += n[j] * rho[j] * (x[j] * cos + sin);
                        turn += n[j] * rho[j] * (cos - x[j] * sin);
                    }
                    (r[i], theta[i]) = (r[i] - h * pull, theta[i] - h * r[i] * turn);
                }
            }
            errors.push(worst(&residual(&r, &theta), exact.residual()));
        }
        let order = slope(&errors);
        println!("seed {seed}: gradient descent, slope {order:.2}, errors {}", short(&errors));
        // Where in its chatter a particle stops scatters single errors.
        assert!(order > 0.8 && order < 1.6, "seed {seed}: slope {order}, {}", short(&errors));
    }
}

/// `r = 0` on a boundary: the sign with which `r` sets off decides, and nothing is lost on the way.
#[test]
fn a_start_at_zero_on_a_boundary_keeps_its_accuracy() {
    let mut draw = Draw(12);
    for _ in 0..300 {
        let s = 2 + draw.below(4);
        let (x, y) = (draw.list(s, -1.5, 1.5), draw.list(s, -2.0, 2.0));
        let regions = Regions::new(&Problem::new(&x, &y, &[0.0], &[0.0]).samples());
        let theta = regions.angle(1 + draw.below(2 * s - 2));
        let problem = Problem::new(&x, &y, &[0.0, 0.7], &[theta, FRAC_PI_2]);
        let h = 1e-3 / problem.stiffness();
        let run = problem.run(1e-11, h);
        let ambiguous = run.counters().ambiguous_releases > 0 || run.counters().ambiguous_mass > 0.0;
        if ambiguous || run.counters().crossings > 0 {
            continue;
        }
        // r = -h <g, d> whatever happens to theta, up to h^2 times the rate of <g, d>, which is at most
        // `stiffness` times the size of g: one part in a thousand of it.
        let (sin, cos) = theta.sin_cos();
        let measure = problem.measure();
        let rho = |j: usize| measure.value_at(x[j]) - y[j];
        let pull: f64 = (0..s).map(|j| rho(j) * (x[j] * cos + sin).max(0.0)).sum();
        let size: f64 = (0..s).map(|j| rho(j).abs() * x[j].hypot(1.0)).sum();
        let found = run.r()[0];
        assert!((found + h * pull).abs() < 1e-3 * h * size, "{found} {}", -h * pull);
    }
}
