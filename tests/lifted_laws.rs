//! Laws that every run of neurons obeys (section 8), on random problems.

use reluflow::flow::Flow;
use reluflow::problem::PlaceKind;

use crate::common::lifted::LiftedProblem;
use crate::common::{Draw, worst};

fn flows(seed: u64) -> Flow {
    let kappa = 10f64.powf(Draw(seed).uniform(-1.0, 1.5));
    match seed % 4 {
        0 => Flow::Kernel { kappa, decay: 0.0 },
        1 => Flow::Adaptive { kappa, decay: 0.0 },
        _ => Flow::Lifted { kappa, decay: 0.0 },
    }
}

/// Conservation, energy, the residual ODE and moments against sums over the neurons.
#[test]
fn laws_hold_on_random_problems() {
    let (mut events, mut worst_delta, mut worst_ode) = (0, 0f64, 0f64);
    for seed in 1..=120 {
        let flow = flows(seed);
        let problem = LiftedProblem::wild(seed, flow);
        let tolerance = 1e-6;
        let mut run = problem.start(tolerance);
        let scale = run.state.scale;
        let end = 8.0 / problem.stiffness();
        let before = run.neurons();
        let (mut loss, mut dead) = (run.loss(), 0.0);
        for part in 1..=4 {
            run.advance(end * f64::from(part) / 4.0);
            let (rho, size) = run.naive_residual();
            let off = worst(&rho, run.stepper.residual());
            assert!(off <= 1e-11 * size, "seed {seed}: residual off by {off:e} of {size:e}");
            let now = run.loss();
            let unit = scale * scale * problem.x.len() as f64;
            assert!(now <= loss + 10.0 * tolerance * unit, "seed {seed}: loss grew from {loss} to {now}");
            assert!(run.dead_mass() >= dead, "seed {seed}: dead mass fell");
            (loss, dead) = (now, run.dead_mass());
        }
        for (i, (z, old)) in run.neurons().iter().zip(&before).enumerate() {
            let delta = |z: &[f64; 3]| z[0] * z[0] - z[1] * z[1] - z[2] * z[2];
            let size = z.iter().chain(old).map(|v| v * v).sum::<f64>();
            let off = match flow {
                Flow::Kernel { .. } => (z[1] - old[1]).abs().max((z[2] - old[2]).abs()) / size.sqrt(),
                Flow::Adaptive { .. } => (z[0] - old[0]).abs() / size.sqrt(),
                _ => (delta(z) - delta(old)).abs() / size,
            };
            if size > 0.0 {
                worst_delta = worst_delta.max(off);
                assert!(off < 1e-14, "seed {seed}, neuron {i}: invariant off by {off:e}");
            }
        }
        let ode = run.ode_difference() / scale;
        worst_ode = worst_ode.max(ode);
        assert!(ode < 100.0 * tolerance, "seed {seed}: residual ODE off by {ode:e}");
        events += run.counters().events();
    }
    println!("{events} events, invariants {worst_delta:.1e}, residual ODE {worst_ode:.1e}");
    assert!(events > 1000);
}

/// `dL/dt = -Int |velocity|^2 mu` against a difference of losses over a short step without events.
#[test]
fn energy_falls_by_the_dissipation() {
    let mut seen = 0;
    for seed in 1..=60 {
        let problem = LiftedProblem::wild(seed, flows(seed));
        let mut run = problem.start(1e-9);
        run.advance(0.5 / problem.stiffness());
        let (loss, counters) = (run.loss(), run.counters());
        let dissipation: f64 = run
            .velocities()
            .iter()
            .zip(run.mass())
            .map(|(v, mass)| mass * v.iter().map(|v| v * v).sum::<f64>())
            .sum();
        let h = 1e-5 / problem.stiffness();
        run.advance(run.state.time + h);
        if run.counters() != counters || dissipation == 0.0 {
            continue;
        }
        let fallen = (loss - run.loss()) / h;
        // The loss is known to rounding, which the short step magnifies; the rate moves by its part.
        let allowed = 4e-16 * loss / h + 1e-4 * dissipation;
        assert!((fallen - dissipation).abs() < allowed, "seed {seed}: {fallen} {dissipation}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

/// Reflection, change of sign, order and splitting of neurons.
#[test]
fn symmetries() {
    for seed in 1..=24 {
        let flow = flows(seed);
        let problem = LiftedProblem::drawn(seed, flow).0;
        let end = 4.0 / problem.stiffness();
        let run = problem.run(1e-8, end);
        let allowed = 3e-6 * run.state.scale;
        let reflected = LiftedProblem {
            x: problem.x.iter().map(|x| -x).collect(),
            a: problem.a.iter().map(|a| -a).collect(),
            ..problem.clone()
        };
        let mut mirrored = reflected.run(1e-8, end).stepper.residual().to_vec();
        mirrored.reverse();
        assert!(worst(run.stepper.residual(), &mirrored) < allowed, "seed {seed}: reflection");
        let negative = LiftedProblem {
            y: problem.y.iter().map(|y| -y).collect(),
            c: problem.c.iter().map(|c| -c).collect(),
            ..problem.clone()
        };
        let negated: Vec<f64> = negative.run(1e-8, end).stepper.residual().iter().map(|rho| -rho).collect();
        assert!(worst(run.stepper.residual(), &negated) < allowed, "seed {seed}: sign");
        let twice = |v: &[f64]| v.iter().rev().chain(v).copied().collect::<Vec<f64>>();
        let split = LiftedProblem {
            c: twice(&problem.c),
            a: twice(&problem.a),
            b: twice(&problem.b),
            mass: twice(&problem.mass).iter().map(|mass| 0.5 * mass).collect(),
            ..problem.clone()
        };
        assert!(run.residual_difference(&split.run(1e-8, end)) < allowed, "seed {seed}: splitting");
    }
}

/// The tolerance promises the path of the residuals, from 1e-3 to 1e-11.
#[test]
fn tolerances_mean_what_they_say() {
    for seed in [22, 53, 120, 399, 2035] {
        let (problem, end) = LiftedProblem::flat(seed, Flow::Lifted { kappa: 1.0, decay: 0.0 });
        let exact = problem.run(1e-13, end);
        assert!(exact.counters().events() > 0, "seed {seed}");
        for digits in [3, 5, 7, 9, 11] {
            let tolerance = 10f64.powi(-digits);
            let run = problem.run(tolerance, end);
            let off = run.residual_difference(&exact) / exact.state.scale;
            assert!(off < 10.0 * tolerance, "seed {seed}, tolerance {tolerance:e}: off by {off:e}");
        }
    }
}

/// A pinned neuron with `delta > 0` passes through the origin and goes on along the opposite line.
#[test]
fn flips_turn_the_direction_by_pi() {
    let (problem, end) = LiftedProblem::flat(120, Flow::Lifted { kappa: 1.0, decay: 0.0 });
    let run = problem.run(1e-9, end);
    assert_eq!(run.counters().flips, 1);
    // A neuron that flipped is pinned on a line of its sample with c^2 > |w|^2, as before.
    let pinned = (0..problem.c.len()).filter(|&i| {
        let place = run.state.place()[run.state.position_of(i)];
        place.kind() == PlaceKind::Pinned
    });
    let flipped = pinned.filter(|&i| {
        let ([c, x, y], place) = (run.state.neuron(i), run.state.place()[run.state.position_of(i)]);
        let d = run.stepper.regions().direction(place.index());
        let start = [problem.a[i], -problem.b[i]];
        let turned = start[0] * x + start[1] * y < 0.0;
        assert!(x * d[0] + y * d[1] > 0.0, "neuron {i} faces away from its line");
        turned && c * c > x * x + y * y
    });
    assert_eq!(flipped.count(), 1);
}
