//! Runs of neurons that can be worked out by hand.

use reluflow::flow::{Flow, gradients};
use reluflow::problem::PlaceKind;

use crate::common::lifted::LiftedProblem;

const KAPPA: f64 = 1.7;
const LIFTED: Flow = Flow::Lifted { kappa: KAPPA, decay: 0.0 };

/// One neuron `(c, a, b)` of mass 1.
fn alone(x: &[f64], y: &[f64], [c, a, b]: [f64; 3]) -> LiftedProblem {
    let (x, y) = (x.to_vec(), y.to_vec());
    LiftedProblem { x, y, c: vec![c], a: vec![a], b: vec![b], mass: vec![1.0], flow: LIFTED }
}

/// The value at time `t` of a neuron that one sample alone acts on: `f = k c q` with
/// `c' = -k (f - y) q`, `q' = -k (f - y) c`, so that `D = c^2 - q^2` stays and
///
/// ```text
/// f' = -k (f - y) sqrt(k^2 D^2 + 4 f^2)
/// ```
///
/// With `A = k |D|` and `2 f = A sinh v` that is `dv / (A sinh v - 2 y) = -k dt`, in `u = exp(v)` a
/// rational integrand: `(A u - 2 y - R) / (A u - 2 y + R)`, `R = sqrt(A^2 + 4 y^2)`, decays like
/// `exp(-k R t)`.
fn value(k: f64, y: f64, [c, q]: [f64; 2], t: f64) -> f64 {
    let a = k * (c * c - q * q).abs();
    let r = a.hypot(2.0 * y);
    let u = (2.0 * k * c * q / a).asinh().exp();
    let ratio = (a * u - 2.0 * y - r) / (a * u - 2.0 * y + r) * (-k * r * t).exp();
    let u = (2.0 * y + r * (1.0 + ratio) / (1.0 - ratio)) / a;
    0.5 * a * u.ln().sinh()
}

/// When that value is zero.
fn zero_at(k: f64, y: f64, [c, q]: [f64; 2]) -> f64 {
    let a = k * (c * c - q * q).abs();
    let r = a.hypot(2.0 * y);
    let share = |u: f64| (a * u - 2.0 * y - r) / (a * u - 2.0 * y + r);
    (share((2.0 * k * c * q / a).asinh().exp()) / share(1.0)).ln() / (k * r)
}

#[test]
fn one_sample_and_one_neuron() {
    let (x, y) = (0.7f64, 1.3);
    let (size, mut dead) = (x.hypot(1.0), 0);
    let neurons = [[0.8, 1.1, -0.3], [2.0, 0.4, 0.1], [-0.6, 0.9, -0.9], [-2.0, 0.5, 0.2], [1e-3, 1.5, 0.0]];
    for [c, a, b] in neurons {
        let mut run = alone(&[x], &[y], [c, a, b]).start(1e-11);
        let (k, q) = (KAPPA * size, (a * x - b) / size);
        // It dies when q becomes zero before c does.
        let dies = y * c < 0.0 && c.abs() > q;
        for i in 1..=20 {
            let t = 0.05 * f64::from(i);
            run.advance(t);
            if dies && t > zero_at(k, y, [c, q]) {
                assert_eq!(run.state.place()[0].kind(), PlaceKind::Dead);
                assert_eq!(run.stepper.residual()[0], -y);
                dead += 1;
                continue;
            }
            let off = (run.stepper.residual()[0] + y - value(k, y, [c, q], t)).abs();
            assert!(off < 1e-9, "({c}, {a}, {b}) at {t}: off by {off:e}");
            let [_, w_x, w_y] = run.neurons()[0];
            // Across xt nothing moves.
            assert!((w_x - x * w_y - (a + x * b)).abs() < 1e-13);
        }
    }
    assert!(dead > 5, "{dead}");
}

/// A neuron on the line of the middle one of `x = -3, -1, 2`, `w = l (1, 1) / sqrt 2`: only the last
/// sample sees it, and pulls `l` to zero because `y_2 < 0 < c`. The middle one holds it there.
fn sliding(y_0: f64) -> LiftedProblem {
    let l = START[1] * 0.5f64.sqrt();
    alone(&[-3.0, -1.0, 2.0], &[y_0, -3.0, -1.0], [START[0], l, -l])
}

/// `(c, l)` at the start.
const START: [f64; 2] = [1.5, 0.6];
/// `kappa <xt_2, d>` before, `kappa <xt_0, -d>` after the flip.
const BEFORE: f64 = KAPPA * 3.0 * std::f64::consts::FRAC_1_SQRT_2;
const AFTER: f64 = KAPPA * 2.0 * std::f64::consts::FRAC_1_SQRT_2;

#[test]
fn a_pinned_neuron_flips_through_the_origin_and_slides_on() {
    let y_0 = 1.0;
    let mut run = sliding(y_0).start(1e-11);
    assert_eq!(run.state.place()[0].kind(), PlaceKind::Pinned);
    let boundary = run.state.place()[0].index();
    let flip = zero_at(BEFORE, -1.0, START);
    let delta: f64 = 1.5 * 1.5 - 0.6 * 0.6;
    run.advance(0.6 * flip);
    let off = run.stepper.residual()[2] - 1.0 - value(BEFORE, -1.0, START, 0.6 * flip);
    assert!(off.abs() < 1e-9, "off by {off:e}");
    assert_eq!(run.stepper.residual()[0], -y_0);
    run.advance((1.0 - 1e-7) * flip);
    assert_eq!(run.counters().flips, 0);
    run.advance((1.0 + 1e-7) * flip);
    assert_eq!(run.counters().flips, 1);
    for t in [0.1, 0.3, 1.0] {
        run.advance(flip + t);
        let place = run.state.place()[0];
        assert_eq!((place.kind(), place.index()), (PlaceKind::Pinned, (boundary + 3) % 6));
        let rho = run.stepper.residual();
        // The active set has become its complement: sample 0 in place of sample 2.
        let off = (rho[0] + y_0 - value(AFTER, y_0, [delta.sqrt(), 0.0], t)).abs();
        assert!(off < 1e-9, "{t}: off by {off:e}");
        assert!((rho[1] - 3.0).abs() < 1e-14 && (rho[2] - 1.0).abs() < 1e-14, "{rho:?}");
        let [c, w_x, w_y] = run.neurons()[0];
        assert!(w_x < 0.0 && (w_x - w_y).abs() < 1e-14, "{w_x} {w_y}");
        assert!((c * c - w_x * w_x - w_y * w_y - delta).abs() < 1e-13);
    }
    // Gradient descent dies here with some 6 of 10 step sizes, however small: <xt_0, xt_1> > 0.
    assert_eq!((run.counters().events(), run.counters().ambiguous_mass), (1, 1.0));
}

/// With all residuals positive nothing is downhill for `c > 0`: the neuron stays at the origin.
#[test]
fn a_neuron_comes_to_rest_at_the_origin() {
    let mut run = sliding(-0.5).start(1e-10);
    run.advance(0.999 * zero_at(BEFORE, -1.0, START));
    assert_eq!(run.state.place()[0].kind(), PlaceKind::Pinned);
    run.advance(10.0);
    assert_eq!(run.state.place()[0].kind(), PlaceKind::Stuck);
    let counters = run.counters();
    assert_eq!((counters.flips, counters.sticks, counters.unsticks), (1, 1, 0));
    // Going straight on was uphill, so the way out was a choice.
    assert_eq!(counters.ambiguous_mass, 1.0);
    let [c, w_x, w_y] = run.neurons()[0];
    assert_eq!((w_x, w_y), (0.0, 0.0));
    assert!((c - 1.89f64.sqrt()).abs() < 1e-12);
    assert!(run.stepper.residual().iter().zip([0.5, 3.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-14));
}

/// Neurons at rest have nothing downhill around them, and set off as soon as they have: at the end of
/// every step, the least `c h(e)`, `h(e) = Sum_j n_j rho_j <xt_j, e>_+` over all directions, is not
/// negative. Each rest ends once: no flicker of rests and departures.
#[test]
fn neurons_rest_while_nothing_is_downhill() {
    let (mut rests, mut left) = (0, 0);
    for seed in 0..3000 {
        let (problem, end) = LiftedProblem::flat(seed, LIFTED);
        let coarse = problem.run(1e-4, end);
        if coarse.counters().sticks == 0 {
            continue;
        }
        let mut run = problem.start(1e-9);
        while run.state.time < end {
            run.stepper.step(&mut run.state, end).unwrap();
            for i in 0..problem.c.len() {
                if run.state.place()[run.state.position_of(i)].kind() != PlaceKind::Stuck {
                    continue;
                }
                rests += 1;
                let (samples, rho, c) = (run.stepper.samples(), run.stepper.residual(), run.neurons()[i][0]);
                for step in 0..500 {
                    let (sin, cos) = (f64::from(step) * std::f64::consts::TAU / 500.0).sin_cos();
                    let term =
                        |j: usize| samples.weight()[j] * rho[j] * (samples.x()[j] * cos + sin).max(0.0);
                    let slope = c * (0..rho.len()).map(term).sum::<f64>();
                    assert!(slope > -1e-12, "seed {seed}, neuron {i}: rests though {slope:e} is downhill");
                }
            }
        }
        let counters = run.counters();
        left += counters.unsticks;
        assert!(counters.sticks <= counters.flips, "seed {seed}: {counters:?}");
        let resting =
            run.state.place().iter().filter(|place| place.kind() == PlaceKind::Stuck).count() as u64;
        assert_eq!(counters.sticks, counters.unsticks + resting, "seed {seed}");
    }
    println!("{rests} rests, {left} of them ended");
    assert!(rests > 100 && left > 2, "{rests} {left}");
}

/// One sample, `w = 0`: the whole half-plane is downhill or none of it.
#[test]
fn a_neuron_at_the_origin_with_one_sample() {
    let leaves = alone(&[0.5], &[1.0], [0.8, 0.0, 0.0]).run(1e-11, 0.7);
    let k = KAPPA * 0.5f64.hypot(1.0);
    let off = leaves.stepper.residual()[0] + 1.0 - value(k, 1.0, [0.8, 0.0], 0.7);
    assert!(off.abs() < 1e-10, "off by {off:e}");
    // It never rests: it starts as one that has set off.
    assert_eq!(leaves.counters().events(), 0);
    let stays = alone(&[0.5], &[1.0], [-0.8, 0.0, 0.0]).run(1e-11, 0.7);
    assert_eq!((stays.stepper.residual()[0], stays.counters().events()), (-1.0, 0));
    // In the kernel limit w never moves, whatever would be downhill.
    let still = LiftedProblem {
        flow: Flow::Kernel { kappa: KAPPA, decay: 0.0 },
        ..alone(&[-1.0, 0.5], &[1.0, 2.0], [0.8, 0.0, 0.0])
    };
    let still = still.run(1e-9, 3.0);
    assert_eq!((still.neurons()[0], still.counters().events()), ([0.8, 0.0, 0.0], 0));
}

/// `c = 0` on a line: whatever sign the zero has at the start, `c` moves as the field says, and the
/// neuron stays on the line only if that holds the sign it then has.
#[test]
fn a_neuron_on_a_line_with_c_zero() {
    let mut seen = [0; 2];
    for seed in 0..60 {
        let (mut problem, _) = LiftedProblem::drawn(seed, LIFTED);
        let regions = problem.start(1e-6).stepper.regions().clone();
        for b in 1..regions.boundaries() - 1 {
            let (d, n) = (regions.direction(b), regions.normal(b));
            (problem.a[0], problem.b[0], problem.c[0]) = (d[0], -d[1], 0.0);
            let start = problem.start(1e-9);
            let mut g = vec![[0.0; 2]; regions.boundaries()];
            gradients(start.stepper.samples(), start.stepper.residual(), &mut g);
            let along = |k: usize, v: [f64; 2]| g[k][0] * v[0] + g[k][1] * v[1];
            let pull = along(regions.inactive_side(b), d);
            let (low, high) = (pull.signum() * along(b, n), pull.signum() * along(regions.above(b), n));
            if pull.abs() < 0.05 || low.abs() < 0.05 || high.abs() < 0.05 {
                continue;
            }
            let held = low > 0.0 && high < 0.0;
            let ends = [0.0, -0.0].map(|zero| {
                problem.c[0] = zero;
                let run = problem.run(1e-10, 1e-4);
                let (place, c) = (run.state.place()[run.state.position_of(0)], run.neurons()[0][0]);
                let expected = -KAPPA * pull * 1e-4;
                assert!((c - expected).abs() < 0.05 * expected.abs(), "seed {seed}: {c} {expected}");
                assert_eq!(
                    place.kind() == PlaceKind::Pinned,
                    held,
                    "seed {seed}, boundary {b}: {low} {high}"
                );
                assert!(!held || place.is_negative() == (pull > 0.0), "seed {seed}, boundary {b}");
                c
            });
            assert!((ends[0] - ends[1]).abs() < 1e-13, "seed {seed}, boundary {b}: {ends:?}");
            seen[usize::from(held)] += 1;
        }
    }
    assert!(seen.iter().all(|&count| count > 10), "{seen:?}");
}
