//! Order of convergence of the lifted flow and its limits with a fixed step size, one test per
//! regime, as `orders` does for the canonical flow.

use reluflow::flow::{Counters, Flow};

use crate::common::lifted::LiftedProblem;
use crate::common::{short, slope};

const LIFTED: Flow = Flow::Lifted { kappa: 1.0, decay: 0.0 };
const ADAPTIVE: Flow = Flow::Adaptive { kappa: 1.0, decay: 0.0 };
const KERNEL: Flow = Flow::Kernel { kappa: 1.0, decay: 0.0 };

/// Slopes of the errors of residuals and neurons over four halvings from `coarsest` steps: root mean
/// squares over a family of problems, in which `c` grows by up to `spread`, so that events fall at different
/// times.
fn slopes(
    name: &str,
    (problem, end): (LiftedProblem, f64),
    (coarsest, spread, members): (u32, f64, u32),
    regime: impl Fn(&Counters) -> bool,
) -> (f64, f64) {
    let (mut residual, mut neurons) = ([0f64; 5], [0f64; 5]);
    for member in 0..members {
        let mut problem = problem.clone();
        let factor = 1.0 + spread * f64::from(member) / f64::from(members);
        problem.c.iter_mut().for_each(|c| *c *= factor);
        let exact = problem.run(1e-12, end);
        assert!(regime(&exact.counters()), "{name}, member {member}: {:?}", exact.counters());
        for i in 0..5 {
            let run = problem.fixed(end, coarsest << i);
            assert_eq!(run.counters().counts(), exact.counters().counts(), "{name}, member {member}");
            residual[i] += run.residual_difference(&exact).powi(2);
            neurons[i] += run.neuron_difference(&exact).powi(2);
        }
    }
    let root = |sum: f64| (sum / f64::from(members)).sqrt();
    let (residual, neurons) = (residual.map(root), neurons.map(root));
    let found = (slope(&residual), slope(&neurons));
    println!("{name}: slopes {found:.2?}, residual {}, neurons {}", short(&residual), short(&neurons));
    assert!(residual[0] > 1e-10 && neurons[0] > 1e-10, "{name}: nothing to measure");
    found
}

/// Counts with everything zero but for what `only` sets.
fn only(counters: &Counters, names: &[&str]) -> bool {
    counters.counts().iter().all(|(name, count)| (*count > 0) == names.contains(name))
}

/// At least second order, up to the scatter that is left in the fit. Each error depends on where in its
/// step an event falls, by chance, so that the slopes scatter: those of adaptive crossing, for example, by
/// 0.1 with 32 members; with 128 they are 2.00 and 1.96.
fn second_order(name: &str, problem: (LiftedProblem, f64), events: &[&str]) {
    let (residual, neurons) = slopes(name, problem, (128, 0.1, 64), |counters| only(counters, events));
    assert!(residual > 1.9 && neurons > 1.9, "{name}: slopes {residual} and {neurons}");
}

fn smooth(name: &str, flow: Flow) {
    let problem = LiftedProblem {
        x: vec![-1.0, 0.2, 0.9],
        y: vec![0.5, -0.4, 0.8],
        c: vec![0.7, -0.5, 0.9, 1.1],
        a: vec![0.4, -0.9, 1.0, -0.1],
        b: vec![-0.9, -0.3, -0.2, -1.2],
        mass: vec![0.25; 4],
        flow,
    };
    let (residual, neurons) = slopes(name, (problem, 0.6), (8, 0.02, 32), |counters| only(counters, &[]));
    assert!(residual > 3.7 && neurons > 3.7, "{name}: slopes {residual} and {neurons}");
}

#[test]
fn crossing_is_second_order() {
    second_order("crossing", LiftedProblem::drawn(52, LIFTED), &["crossings"]);
}

#[test]
fn dying_is_second_order() {
    second_order("dying", LiftedProblem::drawn(59, LIFTED), &["deaths"]);
}

#[test]
fn pinning_is_second_order() {
    second_order("pinning", LiftedProblem::drawn(42, LIFTED), &["pins"]);
}

#[test]
fn releasing_is_second_order() {
    second_order("releasing", LiftedProblem::drawn(91, LIFTED), &["pins", "releases"]);
}

#[test]
fn ambiguous_release_is_second_order() {
    second_order(
        "ambiguous release",
        LiftedProblem::drawn(510, LIFTED),
        &["pins", "releases", "ambiguous_releases"],
    );
}

#[test]
fn flip_is_second_order() {
    second_order("flip", LiftedProblem::flat(135, LIFTED), &["pins", "flips", "ambiguous_releases"]);
}

#[test]
fn flip_release_is_second_order() {
    second_order(
        "flip-release",
        LiftedProblem::flat(6889, LIFTED),
        &["pins", "flips", "releases", "ambiguous_releases"],
    );
}

#[test]
fn adaptive_crossing_is_second_order() {
    second_order("adaptive crossing", LiftedProblem::drawn(13, ADAPTIVE), &["crossings"]);
}

#[test]
fn adaptive_dying_is_second_order() {
    second_order("adaptive dying", LiftedProblem::drawn(44, ADAPTIVE), &["deaths"]);
}

#[test]
fn adaptive_pinning_is_second_order() {
    second_order("adaptive pinning", LiftedProblem::drawn(22, ADAPTIVE), &["pins"]);
}

#[test]
fn adaptive_releasing_is_second_order() {
    second_order("adaptive releasing", LiftedProblem::drawn(263, ADAPTIVE), &["pins", "releases"]);
}

#[test]
fn adaptive_flip_is_second_order() {
    second_order(
        "adaptive flip",
        LiftedProblem::flat(135, ADAPTIVE),
        &["pins", "flips", "ambiguous_releases"],
    );
}

#[test]
fn adaptive_flip_release_is_second_order() {
    second_order(
        "adaptive flip-release",
        LiftedProblem::flat(6965, ADAPTIVE),
        &["pins", "flips", "releases", "ambiguous_releases"],
    );
}

#[test]
fn smooth_lifted_is_fourth_order() {
    smooth("smooth lifted", LIFTED);
}

#[test]
fn smooth_adaptive_is_fourth_order() {
    smooth("smooth adaptive", ADAPTIVE);
}

#[test]
fn kernel_is_fourth_order() {
    smooth("kernel", KERNEL);
}
