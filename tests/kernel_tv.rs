//! Runs with a total-variation term against the convex minimiser over all measures.

use reluflow::kernel::tv_measure;
use reluflow::problem::Samples;

use crate::common::{Draw, Problem};

#[test]
fn the_minimiser_satisfies_the_optimality_conditions() {
    let mut draw = Draw(31);
    for round in 0..10 {
        let s = 1 + draw.below(12);
        let samples = Samples::new(&draw.list(s, -2.0, 2.0), &draw.list(s, -1.0, 1.0)).unwrap();
        let lambda = [0.01, 0.1, 0.5][round % 3];
        let found = tv_measure(&samples, lambda).unwrap();
        assert!(found.gap < 1e-7 * (1.0 + found.energy), "{found:?}");
        // The potential V(theta) = Sum n_j rho_j <xt_j, d>_+ is nowhere beyond +-lambda, and
        // -lambda sign(r) where there are particles.
        let potential = |theta: f64| -> f64 {
            let (sin, cos) = theta.sin_cos();
            (0..samples.len())
                .map(|j| {
                    let rho = found.at_samples[j] - samples.y()[j];
                    samples.weight()[j] * rho * (samples.x()[j] * cos + sin).max(0.0)
                })
                .sum()
        };
        for i in 0..2000 {
            let v = potential(f64::from(i) * std::f64::consts::TAU / 2000.0);
            assert!(v.abs() < lambda * (1.0 + 1e-4) + 1e-6, "{round}: {v} beyond {lambda}");
        }
        for &(r, theta) in &found.particles {
            assert!((potential(theta) + lambda * r.signum()).abs() < 1e-3 * lambda, "{round}: {r} {theta}");
        }
    }
}

/// A run of many particles ends near the minimum, never below it, with its mass in the same
/// directions.
#[test]
fn runs_end_at_the_minimiser() {
    let (x, y) = ([-1.0, -0.3, 0.2, 0.9], [0.5, -0.8, 0.4, 1.0]);
    let lambda = 0.1;
    let m = 2000i32;
    let mut draw = Draw(5);
    let theta: Vec<f64> =
        (0..m).map(|i| std::f64::consts::TAU * (f64::from(i) + 0.5) / f64::from(m)).collect();
    let r = draw.list(m as usize, -1.0, 1.0);
    let samples = Samples::new(&x, &y).unwrap();
    let least = tv_measure(&samples, lambda).unwrap();
    let mut run = Problem::new(&x, &y, &r, &theta).with_tv(lambda).start(1e-7);
    let mut before = f64::INFINITY;
    for end in [2.0, 10.0, 60.0, 300.0] {
        run.advance(end).unwrap();
        let above = run.energy() - least.energy;
        assert!(above > -1e-8 && above < before, "t = {end}: {above:e}");
        before = above;
    }
    println!("{before:.1e} above {}", least.energy);
    assert!(before < 5e-6, "{before:e} above {}", least.energy);
    for (j, f) in least.at_samples.iter().enumerate() {
        let found = run.residual()[j] + samples.y()[j];
        assert!((found - f).abs() < 0.02, "sample {j}: {found} {f}");
    }
    // The mass that is left has gathered where the minimiser has its particles, and nowhere else.
    let (r, theta) = (run.r(), run.theta());
    let mut left: Vec<(f64, f64)> = theta.into_iter().zip(r).filter(|(_, r)| r.abs() > 1e-3).collect();
    left.sort_by(|a, b| a.0.total_cmp(&b.0));
    let groups: Vec<f64> = left
        .chunk_by(|a, b| b.0 - a.0 < 0.05)
        .map(|group| group.iter().map(|(_, r)| r / f64::from(m)).sum())
        .collect();
    let mut expected = least.particles.clone();
    expected.sort_by(|a, b| a.1.total_cmp(&b.1));
    assert_eq!(groups.len(), expected.len(), "{groups:?} {expected:?}");
    for (found, (r, _)) in groups.iter().zip(&expected) {
        assert!((found - r).abs() < 0.02 * r.abs(), "{groups:?} {expected:?}");
    }
}
