//! The kernels against adaptive quadrature of their definition, and Monte Carlo.

use std::f64::consts::TAU;

use reluflow::kernel::*;
use reluflow::math::normal;
use reluflow::math::quadrature::integrate;
use reluflow::math::random::{Purpose, Stream};

use crate::common::Draw;

fn kernel(weights: WeightLaw) -> Kernel {
    Kernel::new(StartLaw { weights, output_second_moment: 0.7 })
}

fn uniform(a: [f64; 2], b: [f64; 2]) -> WeightLaw {
    WeightLaw::Independent {
        a: SlopeLaw::Uniform { low: a[0], high: a[1] },
        b: BiasLaw::Uniform { low: b[0], high: b[1] },
    }
}

/// Laws of every kind, with random bounds.
fn laws(draw: &mut Draw) -> Vec<WeightLaw> {
    let mut interval = |most: f64| {
        let ends = draw.list(2, -most, most);
        [ends[0].min(ends[1]), ends[0].max(ends[1])]
    };
    let (a, b, c) = (interval(3.0), interval(2.0), interval(4.0));
    let d = draw.uniform(0.3, 2.0);
    let e = draw.uniform(0.3, 2.0);
    vec![
        uniform(a, b),
        uniform([-d, d], [-e, e]),
        WeightLaw::Independent {
            a: SlopeLaw::Sign { size: d },
            b: BiasLaw::Uniform { low: c[0], high: c[1] },
        },
        WeightLaw::Isotropic { second_moment: d },
        WeightLaw::Normal { a_deviation: d, b_deviation: e },
        WeightLaw::Independent { a: SlopeLaw::Sign { size: d }, b: BiasLaw::Normal { deviation: e } },
        WeightLaw::Independent {
            a: SlopeLaw::Uniform { low: a[0], high: a[1] },
            b: BiasLaw::Normal { deviation: e },
        },
        WeightLaw::Independent {
            a: SlopeLaw::Normal { deviation: d },
            b: BiasLaw::Uniform { low: b[0], high: b[1] },
        },
    ]
}

/// The average of `f(a, b)` over the law by nested adaptive quadrature, straight from the
/// definition: `f` is zero unless `a x > b` and `a y > b`.
fn average(law: &WeightLaw, x: f64, y: f64, f: &dyn Fn(f64, f64) -> f64) -> f64 {
    let inner = |b: BiasLaw, a: f64| -> f64 {
        let (density, from, to): (Box<dyn Fn(f64) -> f64>, f64, f64) = match b {
            BiasLaw::Uniform { low, high } => (Box::new(move |_| 1.0 / (high - low)), low, high),
            BiasLaw::Normal { deviation } => (
                Box::new(move |b| normal::density(b / deviation) / deviation),
                -11.0 * deviation,
                11.0 * deviation,
            ),
        };
        let kinks = [a * x, a * y, 0.0, from / 3.0, to / 3.0];
        integrate(|b| density(b) * f(a, b), from, to, &kinks, 1e-16, 1e-14).value
    };
    match *law {
        WeightLaw::Isotropic { second_moment } => {
            let angle = |theta: f64| {
                let (sin, cos) = theta.sin_cos();
                f(second_moment.sqrt() * cos, second_moment.sqrt() * sin) / TAU
            };
            // a x = b at theta = atan x and opposite.
            let kinks: Vec<f64> =
                [x, y].iter().flat_map(|x| [-0.5, 0.0, 0.5, 1.0].map(|turn| x.atan() + turn * TAU)).collect();
            integrate(angle, 0.0, TAU, &kinks, 1e-16, 1e-14).value
        }
        WeightLaw::Normal { a_deviation, b_deviation } => {
            let outer = |z: f64| {
                normal::density(z) * inner(BiasLaw::Normal { deviation: b_deviation }, a_deviation * z)
            };
            integrate(outer, -11.0, 11.0, &[-3.0, 0.0, 3.0], 1e-16, 1e-13).value
        }
        WeightLaw::Independent { a: SlopeLaw::Sign { size }, b } => 0.5 * (inner(b, size) + inner(b, -size)),
        WeightLaw::Independent { a, b } => {
            let mut kinks = vec![0.0];
            if let BiasLaw::Uniform { low, high } = b {
                kinks.extend([low / x, high / x, low / y, high / y]);
            }
            match a {
                SlopeLaw::Uniform { low, high } => {
                    integrate(|a| inner(b, a), low, high, &kinks, 1e-16, 1e-13).value / (high - low)
                }
                SlopeLaw::Normal { deviation } => {
                    kinks.extend([-3.0 * deviation, 3.0 * deviation]);
                    let outer = |a: f64| normal::density(a / deviation) / deviation * inner(b, a);
                    integrate(outer, -11.0 * deviation, 11.0 * deviation, &kinks, 1e-16, 1e-13).value
                }
                SlopeLaw::Sign { .. } => unreachable!(),
            }
        }
        WeightLaw::ZeroBias { .. } | WeightLaw::Particles(_) => unreachable!(),
    }
}

#[test]
fn they_agree_with_quadrature_of_the_definition() {
    let mut draw = Draw(11);
    for round in 0..6 {
        for law in laws(&mut draw) {
            let kernel = kernel(law.clone());
            // Inside and far outside the range of the knots.
            let reach = [1.0, 3.0, 30.0][round % 3];
            let (x, y) = (draw.uniform(-reach, reach), draw.uniform(-reach, reach));
            for (x, y) in [(x, y), (x, x), (-reach, reach)] {
                let product = average(&law, x, y, &|a, b| (a * x - b).max(0.0) * (a * y - b).max(0.0));
                let found = kernel.features(x, y);
                let scale = (kernel.features(x, x) * kernel.features(y, y)).sqrt();
                let error = (found - product).abs() / scale.max(1e-300);
                assert!(error < 1e-12, "{law:?} K({x}, {y}) = {found}, {product}: {error:e}");
                let off = kernel.features_error(x, y);
                assert!(
                    off <= 1e-12 * scale && (scale == 0.0 || off > 0.0 || found == 0.0),
                    "{law:?}: {off:e}"
                );
                let both = average(&law, x, y, &|a, b| f64::from(u8::from(a * x > b && a * y > b)));
                let found = kernel.activation_term(x, y);
                let expected = (x * y + 1.0) * 0.7 * both;
                assert!(
                    (found - expected).abs() < 1e-12 * (1.0 + (x * y).abs()),
                    "{law:?}: {found} {expected}"
                );
                assert_eq!(kernel.tangent(x, y), kernel.features(x, y) + found);
            }
        }
    }
}

#[test]
fn they_agree_with_monte_carlo_within_its_error() {
    let mut draw = Draw(3);
    let x = [-2.5, -0.4, 0.3, 1.9];
    let mut deviations = vec![];
    for (k, law) in laws(&mut draw).into_iter().enumerate() {
        let kernel = kernel(law);
        let found = MonteCarlo::new(&kernel, &x, 40_000, k as u64).unwrap();
        for regime in Regime::ALL {
            let (mean, error) = found.gram(regime);
            let exact = kernel.gram(regime, &x);
            for i in 0..4 {
                for j in 0..=i {
                    assert!(error[[i, j]] < 0.1 * (exact[[i, i]] * exact[[j, j]]).sqrt() + 1e-300);
                    if error[[i, j]] > 0.0 {
                        deviations.push((mean[[i, j]] - exact[[i, j]]) / error[[i, j]]);
                    }
                }
            }
        }
    }
    let worst = deviations.iter().fold(0.0, |most: f64, d| most.max(d.abs()));
    let square = deviations.iter().map(|d| d * d).sum::<f64>() / deviations.len() as f64;
    // Student's law with 31 degrees of freedom; entries of one law are correlated.
    assert!(worst < 5.0 && (0.4..2.0).contains(&square), "worst {worst}, mean square {square}");
}

#[test]
fn isotropic_is_half_the_arc_cosine_kernel_of_order_1() {
    let mut draw = Draw(2);
    for _ in 0..100 {
        let (x, y) = (draw.uniform(-5.0, 5.0), draw.uniform(-5.0, 5.0));
        // Cho and Saul 2009, eq. 3: |u| |v| (sin phi + (pi - phi) cos phi) / pi.
        let (u, v) = (x.hypot(1.0), y.hypot(1.0));
        let phi = ((x * y + 1.0) / (u * v)).clamp(-1.0, 1.0).acos();
        let arc = u * v / TAU * 2.0 * (phi.sin() + (TAU / 2.0 - phi) * phi.cos());
        // It averages over standard normal weights, for which E|w|^2 = 2, and doubles.
        let ours = kernel(WeightLaw::Isotropic { second_moment: 1.0 }).features(x, y);
        assert!((ours - 0.25 * arc).abs() < 1e-8 * arc, "{x} {y}: {ours} {arc}");
        let normal = kernel(WeightLaw::Normal { a_deviation: 1.0, b_deviation: 1.0 }).features(x, y);
        assert!((normal - 2.0 * ours).abs() < 1e-14 * arc);
    }
}

#[test]
fn they_are_positive_semi_definite() {
    let mut draw = Draw(8);
    for law in laws(&mut draw) {
        let kernel = kernel(law);
        let mut x = draw.list(30, -3.0, 3.0);
        x.sort_by(f64::total_cmp);
        for regime in Regime::ALL {
            let flow = GradientFlow::new(kernel.gram(regime, &x), &[1.0; 30]).unwrap();
            let least = flow.rates()[0];
            assert!(least > -1e-14 * flow.largest_rate(), "{:?}: {least:e}", kernel.law());
        }
    }
}

#[test]
fn particles_are_summed_as_the_definition_says() {
    let mut draw = Draw(4);
    let neurons: Vec<(f64, f64, f64)> = (0..50)
        .map(|_| (draw.uniform(-1.0, 1.0), draw.uniform(-1.0, 1.0), draw.uniform(-2.0, 2.0)))
        .collect();
    let kernel = Kernel::new(StartLaw {
        weights: WeightLaw::Particles(Particles::uniform(neurons.iter().copied())),
        output_second_moment: f64::NAN, // not used
    });
    for (x, y) in [(0.3, -2.0), (5.0, 5.0), (-0.2, 0.9), (-30.0, 40.0), (0.0, 0.0)] {
        let (mut features, mut tangent) = (0.0, 0.0);
        for &(a, b, c) in &neurons {
            features += (a * x - b).max(0.0) * (a * y - b).max(0.0) / 50.0;
            if a * x > b && a * y > b {
                tangent += c * c * (x * y + 1.0) / 50.0;
            }
        }
        assert!((kernel.features(x, y) - features).abs() < 1e-12 * (1.0 + features), "{x} {y}");
        assert!((kernel.tangent(x, y) - features - tangent).abs() < 1e-12 * (1.0 + tangent.abs()), "{x} {y}");
    }
    assert_eq!(kernel.knot_density(0.0), None);
}

/// `nu` integrates to the same as the definition's average of `|a|^3 delta(a x - b)`.
#[test]
fn the_density_of_knots_is_that_of_draws() {
    let mut draw = Draw(21);
    for (k, law) in laws(&mut draw).into_iter().enumerate() {
        let kernel = kernel(law.clone());
        for facing in 0..2 {
            let nu = |x: f64| kernel.knot_density(x).unwrap()[facing];
            let exact = integrate(nu, -0.5, 0.8, &kernel.knot_bounds(), 0.0, 1e-10).value;
            let m = 200_000;
            let (mut sum, mut squares) = (0.0, 0.0);
            for i in 0..m {
                let (a, b) = law.draw(&mut Stream::new(k as u64, Purpose::Particles, i)).unwrap();
                // delta(a x - b) has weight 1 / |a| at the knot.
                let hit = (a > 0.0) == (facing == 0) && (-0.5..0.8).contains(&(b / a));
                // Isotropic draws have constant length: E|w|^2 is all that counts.
                let value = if hit { a * a } else { 0.0 };
                (sum, squares) = (sum + value, squares + value * value);
            }
            let mean = sum / m as f64;
            let error = ((squares / m as f64 - mean * mean) / m as f64).sqrt();
            assert!((mean - exact).abs() < 5.0 * error + 1e-12, "{law:?} {facing}: {mean} {exact} {error}");
        }
    }
}
