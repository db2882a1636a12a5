//! Symmetries of section 8, and `dL/dt = -Int |velocity|^2 mu` by differences, on random problems full of
//! corner cases.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reluflow::flow::gradients;

use crate::common::Draw;
use crate::common::corners::{Shape, problem, shapes};
use crate::common::lifted::{LiftedProblem, LiftedRun};
use crate::common::random::cases;

const TOLERANCE: f64 = 1e-9;

/// A run over a time in which what differs by rounding stays small: nothing grows by more than `exp(3)`.
/// (Errors grow likewise: over `exp(6)` one of thousands of problems was off by 5000 tolerances.)
fn short_run(problem: &LiftedProblem, end: f64) -> LiftedRun {
    problem.run(TOLERANCE, end / 10.0)
}

/// Largest difference of residuals, in tolerances, where `map` makes the residuals of the second run
/// what those of the first should be.
fn off(run: &LiftedRun, other: &LiftedRun, map: impl Fn(Vec<f64>) -> Vec<f64>) -> f64 {
    let expected = map(other.stepper.residual().to_vec());
    let size = run.state.scale;
    let differences = run.stepper.residual().iter().zip(&expected).map(|(a, b)| (a - b).abs() / size);
    differences.fold(0.0, f64::max) / TOLERANCE
}

fn reordered(problem: &LiftedProblem, seed: u64) -> LiftedProblem {
    let mut order: Vec<usize> = (0..problem.c.len()).collect();
    let mut draw = Draw(seed);
    (1..order.len()).for_each(|i| order.swap(i, draw.below(i + 1)));
    let pick = |v: &[f64]| order.iter().map(|&i| v[i]).collect::<Vec<f64>>();
    let (c, a, b) = (pick(&problem.c), pick(&problem.a), pick(&problem.b));
    LiftedProblem { c, a, b, mass: pick(&problem.mass), ..problem.clone() }
}

fn split(problem: &LiftedProblem) -> LiftedProblem {
    let twice = |v: &[f64]| [v, v].concat();
    let mass = twice(&problem.mass).iter().map(|mass| 0.5 * mass).collect();
    let (c, a, b) = (twice(&problem.c), twice(&problem.a), twice(&problem.b));
    LiftedProblem { c, a, b, mass, ..problem.clone() }
}

fn negated(v: &[f64]) -> Vec<f64> {
    v.iter().map(|v| -v).collect()
}

/// The neurons with mass that start on a line, to rounding, which drives them away to both sides: rounding, or
/// a rule that no symmetry respects, chooses the side.
fn balanced_on_a_line(problem: &LiftedProblem) -> Vec<usize> {
    let start = problem.start(TOLERANCE);
    let regions = start.stepper.regions();
    let mut g = vec![[0.0; 2]; regions.boundaries()];
    gradients(start.stepper.samples(), start.stepper.residual(), &mut g);
    let dot = |v: [f64; 2], w: [f64; 2]| v[0] * w[0] + v[1] * w[1];
    let balanced = |i: usize| {
        let (c, w) = (problem.c[i], [problem.a[i], -problem.b[i]]);
        (0..regions.boundaries()).any(|b| {
            let (n, d) = (regions.normal(b), regions.direction(b));
            let on_line = dot(n, w).abs() <= 1e-12 * dot(w, w).sqrt() && dot(d, w) > 0.0;
            on_line && c * dot(g[b], n) >= 0.0 && c * dot(g[regions.above(b)], n) <= 0.0
        })
    };
    (0..problem.c.len()).filter(|&i| problem.mass[i] > 0.0 && balanced(i)).collect()
}

/// The problem with the mass of those taken away, so that it does not matter where they go; `None` if
/// that leaves next to nothing, or changes what is balanced again and again.
fn with_unique_flow(mut problem: LiftedProblem) -> Option<LiftedProblem> {
    for _ in 0..10 {
        let balanced = balanced_on_a_line(&problem);
        if balanced.is_empty() {
            return Some(problem);
        }
        balanced.into_iter().for_each(|i| problem.mass[i] = 0.0);
        let total: f64 = problem.mass.iter().sum();
        if total < 0.1 {
            return None;
        }
        problem.mass.iter_mut().for_each(|mass| *mass /= total);
    }
    None
}

/// Order of neurons, splitting, reflection, change of sign.
fn symmetries(shape: &Shape) -> Result<(), TestCaseError> {
    let (problem, end) = problem(shape);
    let Some(problem) = with_unique_flow(problem) else { return Ok(()) };
    let run = short_run(&problem, end);
    if run.counters().ambiguous_mass > 0.0 {
        return Ok(());
    }
    SEEN.fetch_add(1, Ordering::Relaxed);
    let check = |name: &str, other: LiftedProblem, map: &dyn Fn(Vec<f64>) -> Vec<f64>| {
        let other = short_run(&other, end);
        let off = off(&run, &other, map);
        prop_assert!(off < 2e3, "{}: off by {:e} tolerances", name, off);
        Ok(())
    };
    check("order", reordered(&problem, shape.seed), &|rho| rho)?;
    check("splitting", split(&problem), &|rho| rho)?;
    let reflected = LiftedProblem { x: negated(&problem.x), a: negated(&problem.a), ..problem.clone() };
    check("reflection", reflected, &|rho| rho.into_iter().rev().collect())?;
    let opposite = LiftedProblem { y: negated(&problem.y), c: negated(&problem.c), ..problem.clone() };
    check("sign", opposite, &|rho| negated(&rho))
}

fn dissipation(run: &LiftedRun) -> f64 {
    let squares = run.velocities().into_iter().map(|v| v.iter().map(|v| v * v).sum::<f64>());
    squares.zip(run.mass()).map(|(square, mass)| mass * square).sum()
}

/// The loss falls over a short step by the mean of the dissipation before and after it, from the start, with
/// all its corner cases, on. Returns how often that was seen.
fn energy(shape: &Shape) -> Result<u32, TestCaseError> {
    let (problem, end) = problem(shape);
    let mut run = problem.start(TOLERANCE);
    let h = 1e-5 * end;
    let mut seen = 0;
    for part in 0..6 {
        run.advance(f64::from(part) * 0.04 * end);
        let (loss, before, counters) = (run.loss(), dissipation(&run), run.counters());
        let taken = h.min(0.01 * loss / before.max(f64::MIN_POSITIVE));
        run.advance(run.state.time + taken);
        if run.counters() != counters || before == 0.0 {
            continue;
        }
        let (fallen, mean) = ((loss - run.loss()) / taken, 0.5 * (before + dissipation(&run)));
        // The loss is known to rounding, which the short step magnifies; the rate moves by its part.
        let allowed = 1e-14 * loss / taken + 1e-4 * mean;
        prop_assert!(
            (fallen - mean).abs() < allowed,
            "part {}: {:e} {:e}, allowed {:e}",
            part,
            fallen,
            mean,
            allowed
        );
        seen += u32::from(allowed < 1e-2 * mean);
    }
    Ok(seen)
}

static SEEN: AtomicUsize = AtomicUsize::new(0);

#[test]
fn corner_cases_keep_the_symmetries() {
    let config = cases(100);
    let asked = config.cases as usize;
    let result = TestRunner::new(config).run(&shapes(), |shape| symmetries(&shape));
    result.unwrap_or_else(|error| panic!("{error}"));
    let seen = SEEN.load(Ordering::Relaxed);
    println!("{seen} of {asked} problems have a unique flow");
    assert!(2 * seen > asked, "{seen} of {asked}");
}

#[test]
fn corner_cases_lose_energy_by_the_dissipation() {
    let mut runner = TestRunner::new(cases(100));
    let seen = std::cell::Cell::new([0u32; 3]);
    let result = runner.run(&shapes(), |shape| {
        let found = energy(&shape)?;
        let mut counts = seen.get();
        counts[shape.kind.min(2)] += found;
        seen.set(counts);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    println!("kernel, adaptive, lifted: {:?} differences compared", seen.get());
    assert!(seen.get().iter().all(|&count| count > 20), "{:?}", seen.get());
}
