//! Problems whose solution can be written down.

use std::f64::consts::{FRAC_PI_2, PI};

use reluflow::problem::PlaceKind;

use crate::common::{Draw, Problem, short, worst};

/// `s = 1`, `x = 0`, `theta = pi/2`: `f = r`, so `dr/dt = -n (r - y)` and `theta` stays.
#[test]
fn one_particle_above_one_sample_is_linear() {
    for weight in [1, 3] {
        let problem = Problem::new(&vec![0.0; weight], &vec![1.5; weight], &[-0.5], &[FRAC_PI_2]);
        for tolerance in [1e-4, 1e-7, 1e-10] {
            let run = problem.run(tolerance, 2.0);
            let exact = 1.5 - 2.0 * (-2.0 * weight as f64).exp();
            assert!((run.r()[0] - exact).abs() < 20.0 * tolerance, "{} {exact}", run.r()[0]);
            assert!((run.residual()[0] - (exact - 1.5)).abs() < 20.0 * tolerance);
            assert!((run.theta()[0] - FRAC_PI_2).abs() < 1e-14);
        }
    }
}

/// With the penalty, `dr/dt = -(r - y) - lambda sign(r)`: `r` runs to `y - lambda`, or sticks at 0,
/// or passes through 0 and runs to `y + lambda`.
#[test]
fn one_particle_under_the_penalty() {
    let end = 3.0f64;
    let decay = (-end).exp();
    let (r0, lambda) = (2.0, 0.5);
    let at = |y: f64, tolerance: f64| {
        let run = Problem::new(&[0.0], &[y], &[r0], &[FRAC_PI_2]).with_tv(lambda).run(tolerance, end);
        (run.r()[0], run.place()[0].kind(), run.counters())
    };
    for tolerance in [1e-4, 1e-7, 1e-10] {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 20.0 * tolerance, "{a} {b} {tolerance:e}");
        let (r, _, counters) = at(1.0, tolerance);
        near(r, 0.5 + (r0 - 0.5) * decay);
        assert_eq!(counters.events(), 0);
        let (r, kind, counters) = at(0.2, tolerance);
        assert_eq!((r, kind, counters.sticks), (0.0, PlaceKind::Stuck, 1));
        let (r, _, counters) = at(-1.0, tolerance);
        // r = 0 at exp(-t) = 0.5 / ... : (y - lambda) + (r0 - y + lambda) exp(-t) = 0.
        let zero = (1.5f64 / 3.5).ln().abs();
        near(r, -0.5 + 0.5 * (zero - end).exp());
        assert_eq!((counters.sign_changes, counters.sticks), (1, 0));
    }
}

/// With one sample, `rho` is a factor of time alone, so that `|sin psi| exp(r^2/2)` is constant
/// for every living particle of any measure (section 5).
#[test]
fn one_sample_keeps_the_invariant_of_every_particle() {
    let mut draw = Draw(11);
    for case in 0..20 {
        let m = 1 + draw.below(30);
        let x = if case % 4 == 0 { 0.0 } else { draw.uniform(-3.0, 3.0) };
        let problem =
            Problem::new(&[x], &draw.list(1, -3.0, 3.0), &draw.list(m, -2.0, 2.0), &draw.list(m, -PI, PI));
        let invariant = |r: f64, theta: f64| {
            let psi = theta - 1f64.atan2(x);
            psi.sin().abs().ln() + 0.5 * r * r
        };
        let tolerances = [1e-5, 1e-8, 1e-11];
        let worst = tolerances.map(|tolerance| {
            let run = problem.run(tolerance, 4.0 / (1.0 + x * x));
            let (r, theta) = (run.r(), run.theta());
            (0..m).fold(0.0, |most: f64, i| {
                let change = invariant(r[i], theta[i]) - invariant(problem.r[i], problem.theta[i]);
                // An error of theta changes ln |sin psi| by its product with cot psi.
                most.max(change.abs() * (theta[i] - 1f64.atan2(x)).tan().abs().min(1.0))
            })
        });
        let bounded = worst.iter().zip(tolerances).all(|(&worst, tolerance)| worst <= 300.0 * tolerance);
        assert!(bounded, "case {case}: {}", short(&worst));
    }
}

/// Two particles that point at one sample each and see only that one: `dr/dt = -n l rho` with
/// `rho = mass l r - y`, `l = |xt|`, each on its own; `theta` stays.
#[test]
fn two_particles_facing_apart() {
    let (x, y, r0, mass) = ([-2.0, 2.0], [1.0, -3.0], [0.4, 1.2], [0.3, 0.7]);
    let l = 5f64.sqrt();
    let theta = [1f64.atan2(-2.0), 1f64.atan2(2.0)];
    let problem = Problem::new(&[-2.0, 2.0, 2.0], &[1.0, -2.5, -3.5], &r0, &theta).with_mass(&mass);
    let end = 0.8;
    let exact: Vec<f64> = (0..2)
        .map(|j| {
            let (n, rest) = ([1.0, 2.0][j], y[j] / (mass[j] * l));
            rest + (r0[j] - rest) * (-n * mass[j] * l * l * end).exp()
        })
        .collect();
    assert_eq!(problem.samples().x(), &x);
    for tolerance in [1e-4, 1e-7, 1e-10] {
        let run = problem.run(tolerance, end);
        assert!(worst(&run.r(), &exact) < 100.0 * tolerance, "{:?} {exact:?}", run.r());
        assert!(worst(&run.theta(), &[theta[0], theta[1]]) < 1e-12);
        assert_eq!(run.counters().events(), 0);
    }
}

/// Nothing is active, nothing moves: `rho = -y` for ever.
#[test]
fn a_dead_measure_stays() {
    let mut draw = Draw(3);
    for s in [1, 2, 7, 40] {
        let (x, y) = (draw.list(s, -2.0, 2.0), draw.list(s, -1.0, 1.0));
        let regions = reluflow::problem::Regions::new(&Problem::new(&x, &y, &[0.0], &[0.0]).samples());
        let (low, high) = (regions.angle(2 * s - 1), regions.angle(0) + 2.0 * PI);
        let theta: Vec<f64> = (1..10).map(|i| low + (high - low) * f64::from(i) / 10.0).collect();
        let problem = Problem::new(&x, &y, &draw.list(9, -3.0, 3.0), &theta);
        let run = problem.run(1e-8, 1e6);
        assert_eq!(run.count(PlaceKind::Dead), 9);
        assert!(run.state.step < 200, "{} steps for nothing", run.state.step);
        let expected: Vec<f64> = run.stepper.samples().y().iter().map(|y| -y).collect();
        assert_eq!(run.residual(), expected);
        assert_eq!(run.state.residual_ode, expected);
        assert_eq!(run.r(), problem.r);
    }
}

/// Samples fitted at the start: nothing moves but by rounding.
#[test]
fn a_fitted_measure_stays() {
    let mut draw = Draw(4);
    for s in [1, 3, 20] {
        let x = draw.list(s, -2.0, 2.0);
        let mut problem =
            Problem::new(&x, &vec![0.0; s], &draw.list(15, -2.0, 2.0), &draw.list(15, 0.0, 6.0));
        let measure = problem.measure();
        problem.y = x.iter().map(|&x| measure.value_at(x)).collect();
        let start = problem.start(1e-8);
        let run = problem.run(1e-8, 10.0);
        // The controller lets steps grow until they add errors near the tolerance.
        assert!(run.particle_difference(&start) < 1e-8);
        assert!(run.residual().iter().all(|rho| rho.abs() < 1e-8));
        assert!(run.state.step < 200, "{} steps for nothing", run.state.step);
    }
}

/// Symmetric facing pair on symmetric samples: stays symmetric.
#[test]
fn mirror_images_stay_mirror_images() {
    let problem = Problem::new(
        &[-1.0, -0.4, 0.4, 1.0],
        &[0.3, -0.8, -0.8, 0.3],
        &[0.9, 0.9, -0.7, -0.7],
        &[0.7, PI - 0.7, 2.0, PI - 2.0],
    );
    let run = problem.run(1e-9, 5.0);
    assert!(run.counters().events() > 0);
    for pair in [0, 2] {
        assert!((run.r()[pair] - run.r()[pair + 1]).abs() < 1e-9);
        let mirrored = PI - run.theta()[pair + 1];
        assert!((run.theta()[pair] - mirrored).sin().abs() < 1e-9);
    }
}
