//! W Prop. 4: in `(r, theta)` the lifted flow is the canonical one in another metric.

use reluflow::flow::{Flow, gradients};
use reluflow::problem::PlaceKind;

use crate::common::lifted::LiftedProblem;

/// Differences of `(r, theta)` along runs against
///
/// ```text
/// dr/dt = -kappa^2 sqrt(delta^2 + 4 r^2/kappa^2) V_r,    dtheta/dt = -V_theta / |w|^2
/// ```
///
/// with `V_r = <g, d>`, `V_theta = r <g, t>` and `2 |w|^2 = sqrt(delta^2 + 4 r^2/kappa^2) - delta`, all
/// from `(r, theta)` and the invariant alone.
#[test]
fn the_canonical_velocity_through_the_metric() {
    let (mut compared, mut most, kappa) = (0, 0.0f64, 1.4);
    for seed in 0..60 {
        let (problem, end) = LiftedProblem::drawn(seed, Flow::Lifted { kappa, decay: 0.0 });
        let (delta, h) = (problem.neurons().delta(), 1e-4 * end);
        for t in [0.05 * end, 0.3 * end] {
            let mut run = problem.start(1e-12);
            let mut at = |t: f64| {
                run.advance(t);
                let polar = |z: &[f64; 3]| [kappa * z[0] * z[1].hypot(z[2]), z[2].atan2(z[1])];
                let polar: Vec<[f64; 2]> = run.neurons().iter().map(polar).collect();
                let place: Vec<_> =
                    (0..delta.len()).map(|i| run.state.place()[run.state.position_of(i)]).collect();
                (polar, place, run.stepper.residual().to_vec())
            };
            let (before, now, after) = (at(t - h), at(t), at(t + h));
            let regions = run.stepper.regions();
            let mut g = vec![[0.0; 2]; regions.boundaries()];
            gradients(run.stepper.samples(), &now.2, &mut g);
            for i in 0..delta.len() {
                let ([r, theta], place) = (now.0[i], now.1[i]);
                let [dr, dtheta] = [0, 1].map(|p| (after.0[i][p] - before.0[i][p]) / (2.0 * h));
                let stays = before.1[i] == place && after.1[i] == place;
                if place.kind() != PlaceKind::Free || !stays || (dtheta * h).abs() > 1.0 {
                    continue;
                }
                let root = delta[i].hypot(2.0 * r / kappa);
                let ((sin, cos), g) = (theta.sin_cos(), g[place.index()]);
                let (v_r, v_theta) = (g[0] * cos + g[1] * sin, r * (g[1] * cos - g[0] * sin));
                let expected = [-kappa * kappa * root * v_r, -2.0 * v_theta / (root - delta[i])];
                for (found, expected) in [dr, dtheta].into_iter().zip(expected) {
                    let off = (found - expected).abs() / expected.abs().max(1.0);
                    assert!(off < 1e-5, "seed {seed}, neuron {i}: {found} {expected}");
                    most = most.max(off);
                }
                compared += 1;
            }
        }
    }
    println!("{compared} neurons, off by {most:.1e}");
    assert!(compared > 100, "{compared}");
}
