//! Minimum-norm interpolants of infinitely wide networks against splines.

use reluflow::kernel::*;
use reluflow::math::cubic_spline::CubicSpline;

use crate::common::Draw;

const INTERPOLANT: Regime = Regime::RandomFeatures;

pub fn two_sided(bound: f64) -> Kernel {
    let b = BiasLaw::Uniform { low: -bound, high: bound };
    let weights = WeightLaw::Independent { a: SlopeLaw::Sign { size: 1.0 }, b };
    Kernel::new(StartLaw { weights, output_second_moment: 1.0 / 3.0 })
}

fn uniform(a: [f64; 2], b: [f64; 2]) -> Kernel {
    let weights = WeightLaw::Independent {
        a: SlopeLaw::Uniform { low: a[0], high: a[1] },
        b: BiasLaw::Uniform { low: b[0], high: b[1] },
    };
    Kernel::new(StartLaw { weights, output_second_moment: 1.0 / 3.0 })
}

/// Coefficients of the minimum-norm interpolant.
fn interpolate(kernel: &Kernel, x: &[f64], y: &[f64]) -> (Vec<f64>, GradientFlow) {
    let flow = GradientFlow::new(kernel.gram(INTERPOLANT, x), &vec![1.0; x.len()]).unwrap();
    let start: Vec<f64> = y.iter().map(|y| -y).collect();
    (flow.coefficients(&start, f64::INFINITY).to_vec(), flow)
}

fn square_wave() -> ([f64; 10], [f64; 10]) {
    let x = std::array::from_fn(|i| (2.0 * i as f64 - 9.0) / 9.0);
    (x, [-1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0])
}

/// The table of section 12: `a = +-1`, `b` uniform on `[-B, B]`, ten samples of a square wave.
#[test]
fn the_distance_to_the_natural_spline_decays_like_one_over_the_knot_range() {
    let (x, y) = square_wave();
    let spline = CubicSpline::natural(&x, &y);
    let mut shares = vec![];
    for (bound, expected) in
        [(1.0, "7.1e-3"), (2.0, "2.5e-3"), (4.0, "1.1e-3"), (10.0, "4.0e-4"), (100.0, "3.8e-5")]
    {
        let kernel = two_sided(bound);
        let (alpha, flow) = interpolate(&kernel, &x, &y);
        let f = KernelFunction::new(&kernel, INTERPOLANT, &x, &alpha);
        let distance = |i: i32| (f.value(f64::from(i) / 1000.0) - spline.value(f64::from(i) / 1000.0)).abs();
        let worst = (-1000..=1000).map(distance).fold(0.0, f64::max);
        assert_eq!(format!("{worst:.1e}"), expected, "B = {bound}");
        shares.push(bound * f.norm(flow.kernel()).affine_share().unwrap());
    }
    // The affine share of the norm decays like 1 / B, too.
    assert!((shares[4] / shares[3] - 1.0).abs() < 0.15, "{shares:?}");
}

/// The norm is curvature, with `nu = E[|a|^3 delta(a x - b)]`, and the affine part. Also for
/// bounds at which W's printed `nu`, with `|a|`, is off by the square of the scale.
#[test]
fn the_norm_is_weighted_curvature_and_an_affine_part() {
    let (x, y) = square_wave();
    let normal = |b_deviation| {
        let weights = WeightLaw::Normal { a_deviation: 2.0, b_deviation };
        Kernel::new(StartLaw { weights, output_second_moment: 1.0 })
    };
    let mixed = Kernel::new(StartLaw {
        weights: WeightLaw::Independent {
            a: SlopeLaw::Sign { size: 1.0 },
            b: BiasLaw::Normal { deviation: 1.5 },
        },
        output_second_moment: 1.0,
    });
    let kernels = [
        two_sided(1.0),
        two_sided(3.0),
        uniform([-1.0, 1.0], [-1.0, 1.0]),
        uniform([-3.0, 3.0], [-2.0, 2.0]),
        uniform([-2.0, 1.0], [-1.5, 2.5]),
        uniform([0.5, 2.0], [-5.0, 1.0]),
        normal(1.0),
        normal(3.0),
        mixed,
    ];
    for (k, kernel) in kernels.iter().enumerate() {
        let (alpha, flow) = interpolate(kernel, &x, &y);
        let f = KernelFunction::new(kernel, INTERPOLANT, &x, &alpha);
        let norm = f.norm(flow.kernel());
        let mut breaks = x.to_vec();
        breaks.extend(kernel.knot_bounds());
        let curvature = curvature_norm(kernel, &breaks, |x| f.second_derivative(x).unwrap()).unwrap();
        let expected = norm.curvature().unwrap();
        assert!((curvature.value - expected).abs() < 1e-8 * norm.square, "{k}: {curvature:?} {norm:?}");
        let share = norm.affine_share().unwrap();
        assert!((0.0..0.1).contains(&share), "{k}: {norm:?}");
        assert_eq!(share == 0.0, k == 5, "neurons that all face right have no affine part to choose: {k}");
    }
}

/// Between two samples the fourth differences of the interpolant vanish where `nu` is constant.
#[test]
fn the_interpolant_is_cubic_between_samples_where_the_knots_are_uniform() {
    let (x, y) = square_wave();
    for (kernel, cubic) in [
        (two_sided(1.0), true),
        (two_sided(7.0), true),
        (uniform([-1.0, 1.0], [-1.0, 1.0]), true),
        (uniform([-1.0, 1.0], [-0.5, 0.5]), false),
        (
            Kernel::new(StartLaw {
                weights: WeightLaw::Isotropic { second_moment: 1.0 },
                output_second_moment: 1.0,
            }),
            false,
        ),
    ] {
        let (alpha, _) = interpolate(&kernel, &x, &y);
        let f = KernelFunction::new(&kernel, INTERPOLANT, &x, &alpha);
        let mut worst = 0.0f64;
        for gap in x.windows(2) {
            let at = |u: f64| f.value(gap[0] + u * (gap[1] - gap[0]));
            worst = worst.max((at(0.0) - 4.0 * at(0.25) + 6.0 * at(0.5) - 4.0 * at(0.75) + at(1.0)).abs());
        }
        assert_eq!(worst < 1e-8, cubic, "{:?}: {worst:e}", kernel.law());
        // The second derivative is that of the values.
        let at = 0.3;
        let h = 1e-3;
        let difference = (f.value(at + h) - 2.0 * f.value(at) + f.value(at - h)) / (h * h);
        let exact = f.second_derivative(at).unwrap();
        assert!((difference - exact).abs() < 1e-3 * exact.abs(), "{difference} {exact}");
    }
}

/// Against the definition: neurons on a fine grid of knots, least squares of minimum norm.
#[test]
fn it_is_the_interpolant_with_the_least_output_weights() {
    let mut draw = Draw(5);
    let x: Vec<f64> = vec![-0.9, -0.5, 0.0, 0.2, 0.8];
    let y = draw.list(5, -1.0, 1.0);
    // b at the midpoints of 4000 equal cells of [-1.5, 1.5], both facings: an O(h^2) rule.
    let m = 4000;
    let neurons: Vec<(f64, f64)> = (0..m)
        .flat_map(|i| [1.0, -1.0].map(|a| (a, -1.5 + 3.0 * (f64::from(i) + 0.5) / f64::from(m))))
        .collect();
    let discrete = Kernel::new(StartLaw {
        weights: WeightLaw::Particles(Particles::uniform(neurons.iter().map(|&(a, b)| (a, b, 0.0)))),
        output_second_moment: 0.0,
    });
    let kernel = two_sided(1.5);
    let (alpha, flow) = interpolate(&kernel, &x, &y);
    let (other, _) = interpolate(&discrete, &x, &y);
    let (f, g) = (
        KernelFunction::new(&kernel, INTERPOLANT, &x, &alpha),
        KernelFunction::new(&discrete, INTERPOLANT, &x, &other),
    );
    for i in -12..=12 {
        let at = f64::from(i) / 10.0;
        assert!((f.value(at) - g.value(at)).abs() < 1e-5, "{at}: {} {}", f.value(at), g.value(at));
    }
    // Its output weights, from their definition c_i = -Sum_j alpha_j [a_i x_j - b_i]_+, have the
    // norm that is claimed, and any other weights that interpolate have a larger one.
    let mass = 1.0 / neurons.len() as f64;
    let output = |alpha: &[f64]| -> Vec<f64> {
        let one = |&(a, b): &(f64, f64)| -> f64 {
            -x.iter().zip(alpha).map(|(x, alpha)| alpha * (a * x - b).max(0.0)).sum::<f64>()
        };
        neurons.iter().map(one).collect()
    };
    let c = output(&other);
    let square = |c: &[f64]| mass * c.iter().map(|c| c * c).sum::<f64>();
    let claimed = f.norm(flow.kernel()).square;
    assert!((square(&c) - claimed).abs() < 1e-4 * claimed, "{} {claimed}", square(&c));
    let function = |c: &[f64], x: f64| -> f64 {
        mass * neurons.iter().zip(c).map(|(&(a, b), c)| c * (a * x - b).max(0.0)).sum::<f64>()
    };
    // A random change, made harmless at the samples.
    let change = draw.list(neurons.len(), -1.0, 1.0);
    let off: Vec<f64> = x.iter().map(|&x| function(&change, x)).collect();
    let (correction, _) = interpolate(&discrete, &x, &off);
    let changed: Vec<f64> =
        c.iter().zip(&change).zip(output(&correction)).map(|((c, d), e)| c + d - e).collect();
    for (x, y) in x.iter().zip(&y) {
        assert!((function(&changed, *x) - y).abs() < 1e-9);
    }
    assert!(square(&changed) > square(&c) + 0.1, "{} {}", square(&changed), square(&c));
}
