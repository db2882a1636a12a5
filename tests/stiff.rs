//! Particles that align with the field faster than anything else moves: the number of steps does not follow
//! the rate of the alignment, and what they end as is right.

use crate::common::{Draw, Problem};

const X: f64 = 0.5;
const R: f64 = 0.1;
const THETA: f64 = 1.5;

/// One sample above which one particle aligns: after `1/y` it points along `-g` and relaxes at rate
/// `r |g|`, about `y^2`, while its residual falls at rate `1 + x^2`.
fn aligning(y: f64) -> Problem {
    Problem::new(&[X], &[y], &[R], &[THETA])
}

/// Amplitude and direction of that particle at `end`.
///
/// With `psi` the angle from the sample's own direction, `sin(psi) exp(r^2 / 2)` stays what it is (section 5),
/// and one equation is left, in which nothing is stiff: `dr/dt = (y - |xt| r cos psi) |xt| cos psi`. Classical
/// Runge-Kutta steps, each compared with two of half its length.
fn exact(y: f64, end: f64) -> (f64, f64) {
    let (norm, own) = (X.hypot(1.0), 1f64.atan2(X));
    let sine = |r: f64| (THETA - own).sin() * (0.5 * (R * R - r * r)).exp();
    let rate = |r: f64| {
        let cos = (1.0 - sine(r).powi(2)).sqrt();
        (y - norm * r * cos) * norm * cos
    };
    let step = |r: f64, h: f64| {
        let a = rate(r);
        let b = rate(r + 0.5 * h * a);
        let c = rate(r + 0.5 * h * b);
        let d = rate(r + h * c);
        r + h / 6.0 * (a + 2.0 * (b + c) + d)
    };
    let (mut t, mut r, mut h) = (0.0, R, 1e-3 / y);
    while t < end {
        h = f64::min(h, end - t);
        let halves = step(step(r, 0.5 * h), 0.5 * h);
        let error = (halves - step(r, h)).abs() / (1e-11 * halves.abs().max(1.0));
        if error <= 1.0 {
            t = if h == end - t { end } else { t + h };
            r = halves;
        }
        h *= (0.9 * error.max(1e-9).powf(-0.2)).clamp(0.2, 3.0);
    }
    (r, own + sine(r).asin())
}

#[test]
fn an_aligned_particle_costs_few_steps() {
    for y in [1.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4, 1e5, 1e6] {
        for (tolerance, most) in [(1e-6, 300), (1e-8, 1000)] {
            for end in [0.7, 10.0] {
                let run = aligning(y).run(tolerance, end);
                let (r, theta) = exact(y, end);
                let (r_error, theta_error) = ((run.r()[0] - r) / y, run.theta()[0] - theta);
                println!("y {y:e}: {} steps, {r_error:.1e} {theta_error:.1e}", run.state.step);
                assert!(r_error.abs() < 2.0 * tolerance, "y {y:e}, t {end}, {tolerance:e}: r {r_error:e}");
                let theta_error = theta_error.abs();
                assert!(
                    theta_error < 2.0 * tolerance,
                    "y {y:e}, t {end}, {tolerance:e}: theta {theta_error:e}"
                );
                // At 1e6 the direction's rounding, times r^2 |g|, is no longer below the finer one.
                let counted = tolerance > 1e-7 || y < 1e6;
                assert!(
                    !counted || run.state.step < most,
                    "y {y:e}: {} steps at {tolerance:e}",
                    run.state.step
                );
            }
        }
    }
}

/// Calendar years against figures of a thousand, not standardised: all samples lie in almost the same
/// direction, most particles align with it at once, and whatever is left between the samples moves slowly.
#[test]
fn raw_years_cost_few_steps() {
    let x: Vec<f64> = (1990..=2020).map(f64::from).collect();
    let y: Vec<f64> = x.iter().map(|year| 1000.0 + 50.0 * (year / 3.0).sin()).collect();
    let mut draw = Draw(1);
    let (r, theta) = (draw.list(100, -2.0, 2.0), draw.list(100, 0.0, std::f64::consts::TAU));
    let problem = Problem::new(&x, &y, &r, &theta);
    let run = problem.run(1e-6, 1.0);
    println!("{} steps, {} pushes, {:?}", run.state.step, run.pushes, run.counters());
    assert!(run.state.step < 2000, "{} steps", run.state.step);
    let finer = problem.run(1e-8, 1.0);
    let (difference, ode) = (run.residual_difference(&finer), run.ode_difference());
    println!("residual {difference:.1e}, ODE {ode:.1e}, {} steps", finer.state.step);
    assert!(difference < 0.05 && ode < 0.01, "residuals differ by {difference:e}, the ODE's by {ode:e}");
}
