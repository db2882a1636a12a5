//! The trained function over random starts: closed forms, draws, and linear time against dense.

use ndarray::Array1;
use reluflow::kernel::*;
use reluflow::math::random::{Purpose, Stream};
use reluflow::problem::Samples;

fn kernel() -> Kernel {
    Kernel::new(StartLaw {
        weights: WeightLaw::Normal { a_deviation: 1.0, b_deviation: 0.7 },
        output_second_moment: 0.6,
    })
}

fn request(linear: bool, kappa: f64, width: usize, times: &[f64]) -> Request {
    Request { kappa, width, linear, points: 41, times: Some(times.to_vec()), ..Request::default() }
}

fn starts(report: &Report, k: usize) -> &RandomStarts {
    report.regimes[k].random_starts.as_ref().unwrap()
}

/// One sample of multiplicity 2: `u = (1 - exp(-2 kappa^2 k t)) / k k(x)`, by hand.
#[test]
fn one_sample_has_a_closed_form() {
    let (kernel, samples) = (kernel(), Samples::new(&[0.4, 0.4], &[1.0, 2.0]).unwrap());
    let (kappa, width, t) = (3.0, 50, 0.07);
    for linear in [false, true] {
        let report = Report::new(&samples, kernel.clone(), &request(linear, kappa, width, &[t])).unwrap();
        let variance = kappa * kappa * 0.6 / 50.0;
        for (k, regime) in Regime::ALL.into_iter().enumerate() {
            let found = starts(&report, k);
            assert_eq!(found.times, [0.0, t, f64::INFINITY]);
            let own = kernel.value(regime, 0.4, 0.4);
            for (i, &x) in found.points.iter().enumerate() {
                for (row, &t) in found.times.iter().enumerate() {
                    let gone = -(-2.0 * kappa * kappa * own * t).exp_m1();
                    let u = gone / own * kernel.value(regime, x, 0.4);
                    let s = |x: f64, y: f64| variance * kernel.features(x, y);
                    let expected = s(x, x) - 2.0 * u * s(x, 0.4) + u * u * s(0.4, 0.4);
                    let deviation = found.deviation[[row, i]];
                    assert!(
                        (deviation.powi(2) - expected).abs() < 1e-13 * s(x, x),
                        "{linear} {regime:?} {x} {t}"
                    );
                    assert!((found.mean[[row, i]] - 1.5 * u).abs() < 1e-12, "{linear} {regime:?} {x} {t}");
                }
            }
        }
    }
}

fn data() -> Samples {
    let x = [-1.3, -0.8, -0.1, 0.0, 0.35, 1.2, 1.2];
    Samples::new(&x, &[0.5, -0.4, 0.3, 0.9, -0.2, 0.4, 0.6]).unwrap()
}

/// With random features the variance of the trained function is what is left of `S` after twice the time, and training
/// from zero is the mean; in linear time as with all eigenvalues.
#[test]
fn random_features_lose_their_variance_at_twice_the_rates() {
    let (kernel, samples) = (kernel(), data());
    let (kappa, width) = (2.0, 300);
    let times = [1e-3, 0.1, 5.0, 400.0];
    let [dense, linear] = [false, true]
        .map(|linear| Report::new(&samples, kernel.clone(), &request(linear, kappa, width, &times)).unwrap());
    let regime = Regime::RandomFeatures;
    let flow = GradientFlow::new(kernel.gram(regime, samples.x()), samples.weight()).unwrap();
    let found = starts(&dense, 0);
    let q = kappa * kappa * 0.6 / 300.0;
    for (i, &x) in found.points.iter().enumerate() {
        let column: Vec<f64> = samples.x().iter().map(|&xj| kernel.features(x, xj)).collect();
        let whole = kernel.features(x, x);
        for (row, &t) in found.times.iter().enumerate() {
            let u = flow.coefficients(&column, 2.0 * kappa * kappa * t);
            let expected = q * (whole - u.dot(&Array1::from(column.clone())));
            assert!((found.deviation[[row, i]].powi(2) - expected).abs() < 1e-11 * q * whole, "{x} {t}");
            if row > 0 && row < found.times.len() - 1 {
                let k = dense.grid.iter().position(|&at| at == x).unwrap();
                let path = dense.regimes[0].on_grid[[row - 1, k]];
                assert!((found.mean[[row, i]] - path).abs() < 1e-11, "{x} {t}");
            }
        }
    }
    for k in 0..2 {
        let (a, b) = (starts(&dense, k), starts(&linear, k));
        for (table, other) in [(&a.mean, &b.mean), (&a.deviation, &b.deviation)] {
            for (a, b) in table.iter().zip(other) {
                assert!((a - b).abs() < 1e-10, "{k}: {a} {b}");
            }
        }
    }
}

/// `count` networks of `m` random neurons that only train their output weights, each with the kernel of its own neurons,
/// at `kappa = sqrt(m)`; and linearised ones, whose tangent kernel is taken as that of the law.
#[test]
fn they_are_the_moments_of_networks() {
    let (kernel, samples) = (kernel(), data());
    let (m, count) = (4000, 400);
    let kappa = f64::from(m).sqrt();
    let times = [0.3 / f64::from(m), 20.0 / f64::from(m)];
    let report = Report::new(&samples, kernel.clone(), &request(false, kappa, m as usize, &times)).unwrap();
    let points = &starts(&report, 0).points;
    let tangent = GradientFlow::new(kernel.gram(Regime::Tangent, samples.x()), samples.weight()).unwrap();
    let tangent_columns = kernel.matrix(Regime::Tangent, points, samples.x());
    let mut sums = vec![[0.0; 2]; 4 * points.len()];
    for draw in 0..count {
        let mut stream = Stream::new(11, Purpose::Particles, draw);
        let neurons: Vec<(f64, f64, f64)> = (0..m)
            .map(|_| {
                let (a, b) = kernel.law().weights.draw(&mut stream).unwrap();
                (a, b, 0.6f64.sqrt() * stream.normal())
            })
            .collect();
        let value =
            |x: f64| -> f64 { neurons.iter().map(|(a, b, c)| c * (a * x - b).max(0.0)).sum::<f64>() / kappa };
        let own = Kernel::new(StartLaw {
            weights: WeightLaw::Particles(Particles::uniform(neurons.iter().copied())),
            output_second_moment: 0.0,
        });
        let flow =
            GradientFlow::new(own.gram(Regime::RandomFeatures, samples.x()), samples.weight()).unwrap();
        let columns = own.matrix(Regime::RandomFeatures, points, samples.x());
        let rho: Vec<f64> = samples.x().iter().zip(samples.y()).map(|(&x, y)| value(x) - y).collect();
        for (k, (flow, columns)) in [(&flow, &columns), (&tangent, &tangent_columns)].into_iter().enumerate()
        {
            for (row, t) in times.iter().enumerate() {
                let by = columns.dot(&flow.coefficients(&rho, kappa * kappa * t));
                for (i, &x) in points.iter().enumerate() {
                    let f = value(x) - by[i];
                    let sum = &mut sums[(2 * k + row) * points.len() + i];
                    *sum = [sum[0] + f, sum[1] + f * f];
                }
            }
        }
    }
    let n = count as f64;
    for k in 0..2 {
        let found = starts(&report, k);
        for row in 0..2 {
            for i in 0..points.len() {
                let [first, second] = sums[(2 * k + row) * points.len() + i];
                let mean = first / n;
                let deviation = (second / n - mean * mean).sqrt();
                let expected = found.deviation[[row + 1, i]];
                // Five standard errors, and what the neurons' own kernels add: shares of order 1 / sqrt(m).
                let error = 5.0 * expected / n.sqrt() + 2e-3;
                let off = mean - found.mean[[row + 1, i]];
                assert!(off.abs() < error, "{k} {row} {}: mean {mean}, off {off}", points[i]);
                let bound = 5.0 * expected / (2.0 * n).sqrt() + 5e-3;
                assert!(
                    (deviation - expected).abs() < bound,
                    "{k} {row} {}: {deviation} {expected}",
                    points[i]
                );
            }
        }
    }
}
