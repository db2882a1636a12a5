//! Order of convergence with a fixed step size, one test per regime.
//!
//! The error of a step with an event depends on where in the step the event falls, so that single
//! errors scatter by a factor of several around the line. Each error is therefore the root mean
//! square over a family of problems whose events fall at different times.

use reluflow::flow::Counters;

use crate::common::{Problem, short, slope};

const MEMBERS: u32 = 32;

/// Slopes of the errors of residuals and particles over four halvings from `coarsest` steps.
///
/// Every member of the family, at every step size, must pass `regime` on its events.
fn slopes(
    name: &str,
    (problem, end): (Problem, f64),
    coarsest: u32,
    regime: impl Fn(&Counters) -> bool,
) -> (f64, f64) {
    let (mut residual, mut particles) = ([0f64; 5], [0f64; 5]);
    for member in 0..MEMBERS {
        let mut problem = problem.clone();
        let factor = 1.0 + 0.1 * f64::from(member) / f64::from(MEMBERS);
        problem.r.iter_mut().for_each(|r| *r *= factor);
        let exact = problem.run(1e-12, end);
        assert!(regime(&exact.counters()), "{name}, member {member}: {:?}", exact.counters());
        for i in 0..5 {
            let run = problem.fixed(end, coarsest << i);
            assert_eq!(run.counters().counts(), exact.counters().counts(), "{name}, member {member}");
            residual[i] += run.residual_difference(&exact).powi(2);
            particles[i] += run.particle_difference(&exact).powi(2);
        }
    }
    let root = |sum: f64| (sum / f64::from(MEMBERS)).sqrt();
    let (residual, particles) = (residual.map(root), particles.map(root));
    let found = (slope(&residual), slope(&particles));
    println!("{name}: slopes {found:.2?}, residual {}, particles {}", short(&residual), short(&particles));
    assert!(residual[0] > 1e-10 && particles[0] > 1e-10, "{name}: nothing to measure");
    found
}

/// Counts with everything zero but for what `only` sets.
fn only(counters: &Counters, names: &[&str]) -> bool {
    counters.counts().iter().all(|(name, count)| (*count > 0) == names.contains(name))
}

/// At least second order, up to the scatter that is left in the fit.
fn second_order(name: &str, seed: u64, coarsest: u32, events: &[&str]) {
    let (residual, particles) =
        slopes(name, Problem::drawn(seed), coarsest, |counters| only(counters, events));
    assert!(residual > 1.93 && particles > 1.93, "{name}: slopes {residual} and {particles}");
}

#[test]
fn smooth_is_fourth_order() {
    let problem =
        Problem::new(&[-1.0, 0.2, 0.9], &[0.5, -0.4, 0.8], &[0.7, -0.5, 0.9, 1.1], &[1.2, 2.8, 0.3, 1.6]);
    let (residual, particles) = slopes("smooth", (problem, 0.8), 8, |counters| only(counters, &[]));
    assert!(residual > 3.7 && particles > 3.7, "slopes {residual} and {particles}");
}

#[test]
fn crossing_is_second_order() {
    second_order("crossing", 37, 128, &["crossings"]);
}

#[test]
fn dying_is_second_order() {
    second_order("dying", 23, 64, &["deaths"]);
}

#[test]
fn pinning_is_second_order() {
    second_order("pinning", 91, 64, &["pins"]);
}

#[test]
fn releasing_is_second_order() {
    second_order("releasing", 500, 64, &["pins", "releases"]);
}

#[test]
fn ambiguous_release_is_second_order() {
    second_order("ambiguous release", 490, 64, &["pins", "releases", "ambiguous_releases"]);
}

#[test]
fn changing_sign_is_second_order() {
    second_order("changing sign", 117, 64, &["sign_changes"]);
}

#[test]
fn sticking_is_second_order() {
    second_order("sticking", 501, 64, &["sticks", "unsticks"]);
}
