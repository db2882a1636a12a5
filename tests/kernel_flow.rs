//! Gradient flow with a constant kernel.

use ndarray::{Array1, Array2};
use reluflow::kernel::*;
use reluflow::problem::Samples;
use serde_json::Value;

use crate::common::{Draw, worst};
use crate::kernel_limit::two_sided;

/// `exp(A)` by its series and repeated squaring.
fn expm(a: &Array2<f64>) -> Array2<f64> {
    let n = a.nrows();
    let norm = a.iter().map(|v| v.abs()).fold(0.0, f64::max) * n as f64;
    let squarings = norm.log2().ceil().max(0.0) as i32 + 4;
    let small = a / 2f64.powi(squarings);
    let (mut sum, mut term) = (Array2::eye(n), Array2::eye(n));
    for k in 1..16 {
        term = term.dot(&small) / f64::from(k);
        sum += &term;
    }
    for _ in 0..squarings {
        sum = sum.dot(&sum);
    }
    sum
}

/// Samples with unequal weights, a law, and its flow.
fn example(regime: Regime) -> (Samples, Kernel, GradientFlow) {
    let samples = Samples::from_merged(
        vec![-0.9, -0.2, 0.1, 0.7],
        vec![1.0, -0.5, 0.3, 0.8],
        vec![1.0, 3.0, 2.0, 1.0],
        0.0,
    )
    .unwrap();
    let kernel = two_sided(1.3);
    let flow = GradientFlow::new(kernel.gram(regime, samples.x()), samples.weight()).unwrap();
    (samples, kernel, flow)
}

#[test]
fn residuals_are_the_matrix_exponential() {
    for regime in Regime::ALL {
        let (samples, kernel, flow) = example(regime);
        let start = [0.4, -1.0, 0.2, 0.9];
        let mut generator = -kernel.gram(regime, samples.x());
        for (i, n) in samples.weight().iter().enumerate() {
            generator.column_mut(i).mapv_inplace(|v| v * n);
        }
        for t in [0.0, 0.01, 1.0, 30.0] {
            let expected = expm(&(&generator * t)).dot(&Array1::from(start.to_vec()));
            let found = flow.residual(&start, t);
            assert!(worst(&found.to_vec(), &expected.to_vec()) < 1e-12, "{regime:?} {t}: {found} {expected}");
        }
        assert_eq!(flow.residual(&start, 0.0).to_vec(), start);
    }
}

#[test]
fn the_function_moves_with_the_residuals() {
    for regime in Regime::ALL {
        let (samples, kernel, flow) = example(regime);
        // From a start function that is not zero.
        let f0 = |x: f64| 0.3 + 0.5 * (2.0 * x).sin();
        let start: Vec<f64> = samples.x().iter().zip(samples.y()).map(|(&x, y)| f0(x) - y).collect();
        let f = |x: f64, t: f64| {
            let alpha = flow.coefficients(&start, t).to_vec();
            f0(x) + KernelFunction::new(&kernel, regime, samples.x(), &alpha).value(x)
        };
        for t in [0.0, 0.2, 5.0, 200.0, f64::INFINITY] {
            let rho = flow.residual(&start, t);
            for j in 0..samples.len() {
                assert!((f(samples.x()[j], t) - samples.y()[j] - rho[j]).abs() < 1e-10, "{regime:?} {t} {j}");
            }
        }
        assert!(flow.residual(&start, f64::INFINITY).iter().all(|rho| rho.abs() < 1e-10));
        // df/dt = -Sum_i n_i K(x, x_i) rho_i, also away from the samples.
        for x in [-1.7, 0.4, 2.0] {
            let (t, h) = (0.3, 1e-4);
            let rho = flow.residual(&start, t);
            let expected: f64 = (0..samples.len())
                .map(|i| -samples.weight()[i] * kernel.value(regime, x, samples.x()[i]) * rho[i])
                .sum();
            let found = (f(x, t + h) - f(x, t - h)) / (2.0 * h);
            assert!((found - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{found} {expected}");
        }
        let many = flow.coefficients_at(&start, &[0.2, 5.0]);
        assert!(worst(&many.column(1).to_vec(), &flow.coefficients(&start, 5.0).to_vec()) < 1e-12);
    }
}

/// A weight of 3 is three samples at one place; their kernel is singular, which is reported.
#[test]
fn a_merged_sample_is_as_many_as_were_merged() {
    let (samples, kernel, flow) = example(Regime::RandomFeatures);
    let x = [-0.9, -0.2, -0.2, -0.2, 0.1, 0.1, 0.7];
    let from = [0, 1, 1, 1, 2, 2, 3];
    let apart = GradientFlow::new(kernel.gram(Regime::RandomFeatures, &x), &[1.0; 7]).unwrap();
    assert_eq!((apart.dropped(), flow.dropped()), (3, 0));
    let start = [0.4, -1.0, 0.2, 0.9];
    for t in [0.3, 10.0, f64::INFINITY] {
        let merged = flow.residual(&start, t);
        let found = apart.residual(&from.map(|j| start[j]), t);
        for (i, j) in from.into_iter().enumerate() {
            assert!((found[i] - merged[j]).abs() < 1e-12, "{t} {i}: {} {}", found[i], merged[j]);
        }
    }
    let _ = samples;
}

/// Nearly coincident samples with different values: no interpolant that f64 could hold, but an
/// answer that is finite, says so, and fits what can be fitted.
#[test]
fn an_ill_conditioned_system_is_regularised_and_says_so() {
    let kernel = two_sided(1.0);
    let x = [-0.5, 0.0, 1e-9, 0.6];
    let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, &x), &[1.0; 4]).unwrap();
    assert_eq!(flow.dropped(), 1);
    assert!(flow.condition_number() > 1e14);
    let start = [1.0, 1.0, -1.0, 2.0];
    let alpha = flow.coefficients(&start, f64::INFINITY).to_vec();
    let f = KernelFunction::new(&kernel, Regime::RandomFeatures, &x, &alpha);
    for (x, value) in [(-0.5, -1.0), (0.0, 0.0), (1e-9, 0.0), (0.6, -2.0)] {
        assert!((f.value(x) - value).abs() < 1e-6, "{x}: {}", f.value(x));
    }
    assert!((flow.residual(&start, 1e300)[1] - 1.0).abs() < 1e-6);
    let error = GradientFlow::new(Array2::zeros((2, 2)), &[1.0; 2]).unwrap_err();
    assert_eq!(error, KernelError::Zero);
}

/// W Corollary 6: the norm is the sum of those of the parts, each in the space of its own kernel.
#[test]
fn the_norm_of_the_tangent_kernel_has_three_parts() {
    let (samples, kernel, flow) = example(Regime::Tangent);
    let alpha = flow.coefficients(&[0.4, -1.0, 0.2, 0.9], f64::INFINITY);
    let coefficients = alpha.to_vec();
    let f = KernelFunction::new(&kernel, Regime::Tangent, samples.x(), &coefficients);
    let norm = f.norm(flow.kernel());
    let parts = norm.parts.unwrap();
    let square = |part: &dyn Fn(f64, f64) -> f64| -> f64 {
        let x = samples.x();
        let gram = Array2::from_shape_fn((4, 4), |(i, j)| part(x[i], x[j]));
        alpha.dot(&gram.dot(&alpha))
    };
    let active = |x: f64, y: f64| kernel.activation_term(x, y) / (x * y + 1.0);
    let expected =
        [square(&|x, y| kernel.features(x, y)), square(&active), square(&|x, y| x * y * active(x, y))];
    assert!(worst(&parts, &expected) < 1e-10 * norm.square, "{parts:?} {expected:?}");
    assert!(parts.iter().all(|&part| part > 0.0));
}

/// Early stopping smooths: the loss falls while the norm of what is learnt grows.
#[test]
fn the_loss_decreases_and_the_norm_grows() {
    for regime in Regime::ALL {
        let (_, _, flow) = example(regime);
        let start = [0.4, -1.0, 0.2, 0.9];
        let (mut loss, mut norm) = (f64::INFINITY, -1.0);
        for k in -4..8 {
            let t = 2f64.powi(k);
            let alpha = flow.coefficients(&start, t);
            let (next_loss, next_norm) =
                (flow.loss(&flow.residual(&start, t)), alpha.dot(&flow.kernel().dot(&alpha)));
            assert!(next_loss < loss && next_norm > norm, "{regime:?} {t}");
            (loss, norm) = (next_loss, next_norm);
        }
    }
}

/// Forty neurons of which only `c` learns, followed by an independent integrator to 1e-9.
#[test]
fn finitely_many_neurons_follow_their_own_kernel() {
    let path = format!("{}/tests/reference/kernel_limit.json", env!("CARGO_MANIFEST_DIR"));
    let json: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let list = |value: &Value| -> Vec<f64> {
        value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    let [c, a, b] = ["c", "a", "b"].map(|name| list(&json["initial"][name]));
    let x = list(&json["x"]);
    let neurons = (0..c.len()).map(|i| (a[i], b[i], c[i]));
    let weights = WeightLaw::Particles(Particles::uniform(neurons));
    let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
    let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, &x), &vec![1.0; x.len()]).unwrap();
    let start = list(&json["residual"][0]);
    for (i, time) in list(&json["times"]).into_iter().enumerate() {
        let difference = worst(&flow.residual(&start, time).to_vec(), &list(&json["residual"][i]));
        assert!(difference < 1e-9, "t = {time}: {difference:e}");
    }
}

/// The kernels of `m` random neurons, and so their limits, approach those of infinitely many like
/// `m^(-1/2)`.
#[test]
fn limits_of_finite_networks_approach_the_infinite_one() {
    let (samples, kernel, flow) = example(Regime::RandomFeatures);
    let start: Vec<f64> = samples.y().iter().map(|y| -y).collect();
    let value = |flow: &GradientFlow, kernel: &Kernel, x: f64| {
        let alpha = flow.coefficients(&start, 20.0).to_vec();
        KernelFunction::new(kernel, Regime::RandomFeatures, samples.x(), &alpha).value(x)
    };
    let at = [-0.6, 0.3, 0.9];
    let exact = at.map(|x| value(&flow, &kernel, x));
    let mut errors = vec![];
    for m in [100, 1600, 25_600] {
        let mut square = 0.0;
        for seed in 0..40 {
            let mut draw = Draw(1000 * seed + m as u64);
            let neurons = (0..m).map(|_| {
                let a = if draw.uniform(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
                (a, draw.uniform(-1.3, 1.3), 0.0)
            });
            let weights = WeightLaw::Particles(Particles::uniform(neurons));
            let finite = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
            let gram = finite.gram(Regime::RandomFeatures, samples.x());
            let flow = GradientFlow::new(gram, samples.weight()).unwrap();
            for (x, exact) in at.into_iter().zip(exact) {
                square += (value(&flow, &finite, x) - exact).powi(2);
            }
        }
        errors.push((square / 120.0).sqrt());
    }
    let slope = (errors[2] / errors[0]).ln() / 256f64.ln();
    assert!((slope + 0.5).abs() < 0.06, "{slope}: {errors:?}");
}
