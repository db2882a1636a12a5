//! The laws of section 8 step by step, on random problems full of corner cases.

use proptest::prelude::*;
use reluflow::flow::Flow;
use reluflow::problem::{Place, PlaceKind};

use crate::common::corners::{problem, shapes};
use crate::common::lifted::LiftedRun;
use crate::common::random::cases;
use crate::common::worst;

fn places(run: &LiftedRun) -> Vec<Place> {
    (0..run.state.place().len()).map(|i| run.state.place()[run.state.position_of(i)]).collect()
}

/// Every neuron lies in the region, on the half-line or at the origin that its place names, as far as
/// rounding in its frame allows.
fn all_in_place(run: &LiftedRun) {
    let regions = run.stepper.regions();
    for (i, (place, [c, x, y])) in places(run).into_iter().zip(run.neurons()).enumerate() {
        assert!(c.is_finite() && x.is_finite() && y.is_finite(), "neuron {i}");
        let (k, size) = (place.index(), 1e-11 * (c.abs() + x.abs() + y.abs()));
        let across = |b: usize| regions.normal(b)[0] * x + regions.normal(b)[1] * y;
        match place.kind() {
            PlaceKind::Pinned => {
                assert!(k != 0 && k + 1 != regions.boundaries(), "neuron {i} pinned on the edge of region 0");
                let d = regions.direction(k);
                assert!(across(k).abs() <= size && d[0] * x + d[1] * y >= -size, "neuron {i} off its line");
                assert!(if place.is_negative() { c <= size } else { c >= -size }, "neuron {i}: c = {c}");
            }
            PlaceKind::Free => {
                let (low, high) = (across(k - 1), across(k));
                assert!(low >= -size && high <= size, "neuron {i}: {low:e} {high:e} of {size:e}");
            }
            PlaceKind::Stuck => assert_eq!((x, y), (0.0, 0.0), "neuron {i}"),
            PlaceKind::Dead => {
                for &xt in run.stepper.samples().x() {
                    assert!(xt * x + y <= size * xt.hypot(1.0), "neuron {i} sees {xt}");
                }
            }
            PlaceKind::StuckPinned => panic!("neuron {i}"),
        }
    }
}

/// `Sigma_k`, weights and masses of clusters and residuals against sums over neurons by definition.
fn moments_agree(run: &LiftedRun) {
    let (flow, regions) = (run.stepper.flow(), run.stepper.regions());
    let (alpha, beta) = (f64::from(u8::from(flow.moves().0)), f64::from(u8::from(flow.moves().1)));
    let square = flow.kappa() * flow.kappa();
    let mut sigma = vec![[0.0; 3]; regions.boundaries()];
    let mut weight = vec![0.0; regions.boundaries()];
    let mut pinned = vec![[0.0; 2]; regions.boundaries()];
    let mut size = 0.0;
    for ((place, [c, x, y]), mass) in places(run).into_iter().zip(run.neurons()).zip(run.mass()) {
        let (k, share) = (place.index(), square * mass);
        size += share * (c * c + x * x + y * y);
        if place.kind() == PlaceKind::Free {
            let parts = [beta * c * c + alpha * x * x, alpha * x * y, beta * c * c + alpha * y * y];
            (0..3).for_each(|i| sigma[k][i] += share * parts[i]);
        } else if place.kind() == PlaceKind::Pinned {
            weight[k] += share * (beta * c * c + alpha * (x * x + y * y));
            pinned[k][usize::from(place.is_negative())] += mass;
        }
    }
    let moments = run.stepper.moments();
    for k in 0..sigma.len() {
        let off = worst(&moments.sigma(k), &sigma[k]).max((moments.weight[k][0] - weight[k]).abs());
        assert!(off <= 1e-11 * size, "region or boundary {k} off by {off:e} of {size:e}");
        let found = [moments.boundary[k][0], moments.boundary[k][2]];
        assert!(worst(&found, &pinned[k]) <= 1e-13, "mass on boundary {k}: {found:?} {:?}", pinned[k]);
    }
    let (rho, size) = run.naive_residual();
    let off = worst(&rho, run.stepper.residual());
    assert!(off <= 1e-11 * size, "residual off by {off:e} of {size:e}");
}

/// What stays of each neuron, relative to its size: `w`, `c` or `c^2 - |w|^2`.
fn drift(flow: Flow, before: &[[f64; 3]], now: &[[f64; 3]]) -> f64 {
    let delta = |z: &[f64; 3]| z[0] * z[0] - z[1] * z[1] - z[2] * z[2];
    let one = |(old, z): (&[f64; 3], &[f64; 3])| {
        let size = z.iter().map(|v| v * v).sum::<f64>().max(old.iter().map(|v| v * v).sum());
        match flow {
            _ if size == 0.0 => 0.0,
            Flow::Kernel { .. } => worst(&z[1..], &old[1..]),
            // Without c nothing moves.
            Flow::Adaptive { .. } if old[0] == 0.0 => worst(z, old) / size.sqrt(),
            Flow::Adaptive { .. } => (z[0] - old[0]).abs(),
            _ => (delta(z) - delta(old)).abs() / size,
        }
    };
    before.iter().zip(now).map(one).fold(0.0, f64::max)
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_step_obeys_the_laws(shape in shapes(), digits in 3i32..10) {
        let tolerance = 10f64.powi(-digits);
        let (problem, end) = problem(&shape);
        let mut run = problem.start(tolerance);
        let (first, mass, scale) = (run.neurons(), run.mass(), run.state.scale);
        prop_assert_eq!(&mass, &problem.neurons().mass().to_vec());
        let unit = scale * scale * problem.x.len() as f64;
        let (start, mut loss, mut dead) = (run.loss(), run.loss(), run.dead_mass());
        while run.state.time < end {
            run.stepper.step(&mut run.state, end).unwrap_or_else(|error| panic!("{error}"));
            let (loss_now, dead_now) = (run.loss(), run.dead_mass());
            prop_assert!(
                loss_now <= loss + 3.0 * tolerance * unit + 1e-13 * start,
                "loss rose by {:e} of {:e}", loss_now - loss, unit
            );
            prop_assert!(dead_now >= dead * (1.0 - 1e-14), "dead mass fell");
            (loss, dead) = (loss_now, dead_now);
            all_in_place(&run);
            prop_assert!(run.state.step < 20_000, "{} steps", run.state.step);
        }
        prop_assert_eq!(run.mass(), mass);
        let drift = drift(problem.flow, &first, &run.neurons());
        // Though neurons here grow by up to exp(30).
        prop_assert!(drift < 1e-12, "invariant off by {:e}", drift);
        if !problem.flow.moves().1 {
            prop_assert_eq!(run.counters().events(), 0);
        }
        let ode = run.ode_difference();
        prop_assert!(ode < 1e3 * tolerance * scale, "residual ODE off by {:e}", ode);
        moments_agree(&run);
    }
}
