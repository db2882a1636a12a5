//! Sobol' points and quadrature of the start measure have the moments of the law.

use std::f64::consts::{PI, TAU};

use proptest::prelude::*;
use reluflow::math::quadrature::integrate;
use reluflow::problem::{Law, LawKind, NeuronLaw, Neurons, OutputLaw, Regions, Samples};

use crate::common::random::cases;

const X: [f64; 4] = [-1.3, -0.2, 0.45, 2.0];
const LAWS: [LawKind; 9] = [
    LawKind::NormalUniform,
    LawKind::UniformUniform,
    LawKind::Normal,
    LawKind::He,
    LawKind::Glorot,
    LawKind::Pytorch,
    LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal },
    LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Sign },
    LawKind::TwoSided { b_bound: 0.7, c: OutputLaw::Uniform },
];

fn regions() -> Regions {
    Regions::new(&Samples::new(&X, &[0.0; 4]).unwrap())
}

/// `Int g(w) law(dw)` over directions of `w` in `[from, to]`, by adaptive quadrature in polar
/// coordinates.
fn over(kind: LawKind, from: f64, to: f64, g: &dyn Fn(f64, f64) -> f64) -> f64 {
    let inner = |f: &dyn Fn(f64) -> f64, end: f64| integrate(f, 0.0, end, &[1.0, 4.0], 1e-15, 1e-13).value;
    let mut breaks = vec![];
    let density: Box<dyn Fn(f64) -> f64> = match kind {
        LawKind::NormalUniform | LawKind::UniformUniform => Box::new(|t: f64| g(t.cos(), t.sin()) / TAU),
        LawKind::Normal | LawKind::He | LawKind::Glorot => {
            let s = if kind == LawKind::Normal { 1.0 } else { 2f64.sqrt() };
            Box::new(move |t: f64| {
                let (sin, cos) = t.sin_cos();
                inner(&|p| p * (-0.5 * p * p).exp() * g(s * p * cos, s * p * sin), 12.0) / TAU
            })
        }
        LawKind::Pytorch | LawKind::Uniform { .. } => {
            let [a, b] = match kind {
                LawKind::Uniform { a_bound, b_bound, .. } => [a_bound, b_bound],
                _ => [1.0, 1.0],
            };
            let corner = b.atan2(a);
            breaks.extend((-1..3).flat_map(|k| [f64::from(k) * PI - corner, f64::from(k) * PI + corner]));
            Box::new(move |t: f64| {
                let (sin, cos) = t.sin_cos();
                let edge = (a / cos.abs()).min(b / sin.abs());
                inner(&|p| p * g(p * cos, p * sin), edge) / (4.0 * a * b)
            })
        }
        LawKind::HeZeroBias => unreachable!("it has a test of its own"),
        LawKind::TwoSided { b_bound, .. } => {
            let end = b_bound.atan();
            breaks.extend((-1..3).flat_map(|k| [f64::from(k) * PI - end, f64::from(k) * PI + end]));
            Box::new(move |t: f64| {
                let (tan, side) = (t.tan(), t.cos().signum());
                if tan.abs() >= b_bound {
                    return 0.0;
                }
                g(side, side * tan) * (1.0 + tan * tan) / (4.0 * b_bound)
            })
        }
    };
    integrate(density, from, to, &breaks, 1e-15, 1e-13).value
}

/// Angles of region `k`, from its first boundary to its last.
fn ends(regions: &Regions, k: usize) -> [f64; 2] {
    match k {
        0 => [regions.angle(7), regions.angle(0) + TAU],
        k => [regions.angle(k - 1), regions.angle(k)],
    }
}

/// `E c^2`.
fn second(kind: LawKind) -> f64 {
    match kind {
        LawKind::UniformUniform
        | LawKind::Pytorch
        | LawKind::Uniform { c: OutputLaw::Uniform, .. }
        | LawKind::TwoSided { c: OutputLaw::Uniform, .. } => 1.0 / 3.0,
        LawKind::He | LawKind::Glorot => 2.0,
        _ => 1.0,
    }
}

/// `Int f(i) mu` over the particles of each region.
fn sums<const N: usize>(theta: &[f64], mass: &[f64], f: impl Fn(usize) -> [f64; N]) -> Vec<[f64; N]> {
    let regions = regions();
    let mut sums = vec![[0.0; N]; 8];
    for i in 0..mass.len() {
        let sum = &mut sums[regions.region_of(theta[i])];
        let values = f(i);
        (0..N).for_each(|q| sum[q] += mass[i] * values[q]);
    }
    sums
}

fn assert_close<const N: usize>(what: &str, found: &[[f64; N]], expected: impl Fn(usize) -> [f64; N]) -> f64 {
    let mut worst = 0.0f64;
    for (k, found) in found.iter().enumerate() {
        let expected = expected(k);
        for q in 0..N {
            let off = (found[q] - expected[q]).abs();
            assert!(off < 5e-14, "{what}, region {k}, moment {q}: {} {}", found[q], expected[q]);
            worst = worst.max(off);
        }
    }
    worst
}

#[test]
fn canonical_quadrature_has_the_moments_of_the_law() {
    let regions = regions();
    for kind in LAWS {
        let law = Law { kind, scale: 0.7, antisymmetric: false };
        let variance = 0.49 * second(kind);
        for (nodes, kink) in [(8, false), (12, true), (20, false)] {
            let measure = law.quadrature(&X, nodes, kink).unwrap();
            assert_eq!(measure.len(), law.quadrature_size(&X, nodes), "{kind:?}");
            let (r, theta) = (measure.r(), measure.theta());
            // Mass, F, Int d d^T, Int r^2 t t^T.
            let found = sums(theta, measure.mass(), |i| {
                let (sin, cos) = theta[i].sin_cos();
                let rr = r[i] * r[i];
                [
                    1.0,
                    r[i] * cos,
                    r[i] * sin,
                    cos * cos,
                    cos * sin,
                    sin * sin,
                    rr * sin * sin,
                    -rr * sin * cos,
                    rr * cos * cos,
                ]
            });
            let worst = assert_close(&format!("{kind:?}, {nodes}"), &found, |k| {
                let [from, to] = ends(&regions, k);
                let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
                let d = |x: f64, y: f64| 1.0 / (x * x + y * y);
                [
                    e(&|_, _| 1.0),
                    0.0,
                    0.0,
                    e(&|x, y| x * x * d(x, y)),
                    e(&|x, y| x * y * d(x, y)),
                    e(&|x, y| y * y * d(x, y)),
                    variance * e(&|_, y| y * y),
                    -variance * e(&|x, y| x * y),
                    variance * e(&|x, _| x * x),
                ]
            });
            println!("{kind:?}, {nodes} nodes: {} particles, {worst:.1e}", measure.len());
            // The residuals at the start are those of f = 0, to the last bit.
            assert!(X.iter().all(|&x| measure.value_at(x).abs() < 1e-15));
        }
    }
}

#[test]
fn quadrature_of_neurons_has_the_moments_of_the_law() {
    let regions = regions();
    for kind in &LAWS[2..] {
        let law = NeuronLaw { kind: *kind, hidden_scale: 1.5, output_scale: 0.5, antisymmetric: false };
        let neurons = law.quadrature(&X, 8, 100).unwrap();
        assert_eq!(neurons.len(), law.quadrature_size(&X, 8), "{kind:?}");
        let (h, o) = match kind {
            LawKind::Pytorch | LawKind::He => (1.5, 0.05),
            LawKind::Glorot => (1.5 / 101f64.sqrt(), 0.5 / 101f64.sqrt()),
            _ => (1.5, 0.5),
        };
        let found = moments_of(&neurons);
        let worst = assert_close(&format!("{kind:?}"), &found, |k| {
            let [from, to] = ends(&regions, k);
            let e = |g: &dyn Fn(f64, f64) -> f64| over(*kind, from, to, g);
            let mass = e(&|_, _| 1.0);
            let ww = [e(&|x, _| x * x), e(&|x, y| x * y), e(&|_, y| y * y)].map(|v| h * h * v);
            [mass, 0.0, 0.0, ww[0], ww[1], ww[2], o * o * second(*kind) * mass]
        });
        println!("{kind:?}: {} neurons, {worst:.1e}", neurons.len());
    }
}

/// Mass, `Int c w`, `Int w w^T`, `Int c^2` of each region.
fn moments_of(neurons: &Neurons) -> Vec<[f64; 7]> {
    let (a, b, c) = (neurons.a(), neurons.b(), neurons.c());
    let theta: Vec<f64> = (0..a.len()).map(|i| (-b[i]).atan2(a[i])).collect();
    sums(&theta, neurons.mass(), |i| {
        [1.0, c[i] * a[i], -c[i] * b[i], a[i] * a[i], -a[i] * b[i], b[i] * b[i], c[i] * c[i]]
    })
}

/// `E sqrt(d^2 + (z c)^2)` for `c ~ N(0, 1)`: the trapezoidal rule, whose error is exponentially small
/// for what is analytic in a strip; `z c = d sinh(t)` where the strip would be narrow.
fn normal_mean_of_root(d: f64, z: f64) -> f64 {
    let density = |c: f64| (-0.5 * c * c).exp() / TAU.sqrt();
    if d == 0.0 {
        return z * (2.0 / PI).sqrt();
    }
    let f = |c: f64| density(c) * d.hypot(z * c);
    if z <= d {
        let h = 0.1;
        return h * (f(0.0) + 2.0 * (1..100).map(|k| f(h * f64::from(k))).sum::<f64>());
    }
    let h = 0.1;
    let g = |t: f64| f(d / z * t.sinh()) * d / z * t.cosh();
    let steps = ((12.0 * z / d).asinh() / h) as i32 + 1;
    h * (g(0.0) + 2.0 * (1..steps).map(|k| g(h * f64::from(k))).sum::<f64>())
}

#[test]
fn the_mean_of_the_root_is_that_of_adaptive_quadrature() {
    for (d, z) in [(1.0, 0.01), (1.0, 0.99), (1.0, 1.01), (0.001, 7.0), (50.0, 3.0), (0.0, 2.0)] {
        let f = |c: f64| (-0.5 * c * c).exp() * f64::hypot(d, z * c);
        let breaks = [1e-4, 1e-3, 1e-2, 0.1, 1.0];
        let expected = integrate(f, 0.0, 14.0, &breaks, 1e-16, 1e-14).value * 2.0 / TAU.sqrt();
        let found = normal_mean_of_root(d, z);
        assert!((found / expected - 1.0).abs() < 2e-14, "{d}, {z}: {found} {expected}");
    }
}

/// `E sqrt(delta^2 + (2 scale c p / kappa)^2)` over `c`, for `|w| = p`.
fn mean_of_root(kind: LawKind, delta: f64, z: f64) -> f64 {
    let d = delta.abs();
    match kind {
        LawKind::NormalUniform | LawKind::Normal | LawKind::Uniform { c: OutputLaw::Normal, .. } => {
            normal_mean_of_root(d, z)
        }
        LawKind::He | LawKind::Glorot => normal_mean_of_root(d, 2f64.sqrt() * z),
        LawKind::TwoSided { c: OutputLaw::Sign, .. } | LawKind::Uniform { c: OutputLaw::Sign, .. } => {
            d.hypot(z)
        }
        _ if d == 0.0 => 0.5 * z,
        _ => 0.5 * d.hypot(z) + 0.5 * d * d / z * (z / d).asinh(),
    }
}

/// `E c^2 = (delta + E sqrt(delta^2 + 4 r^2 / kappa^2)) / 2`, and `E w w^T` alike, for every law.
#[test]
fn lifted_quadrature_has_the_moments_of_both_layers() {
    let regions = regions();
    let (scale, kappa) = (0.8, 3.0);
    let sign = LawKind::Uniform { a_bound: 0.5, b_bound: 1.0, c: OutputLaw::Sign };
    for kind in LAWS.into_iter().chain([sign]) {
        for delta in [0.0, 1e-3, -0.2, 1.0, -50.0] {
            let law = Law { kind, scale, antisymmetric: false };
            let neurons = law.quadrature_lifted(&X, 10, kappa, delta).unwrap();
            assert!(neurons.delta().iter().all(|found| (found - delta).abs() < 1e-12 * (1.0 + delta.abs())));
            let root = |p: f64| mean_of_root(kind, delta, 2.0 * scale * p / kappa);
            // Of isotropic laws the mean over the radius is the same in all directions.
            let isotropic = matches!(kind, LawKind::Normal | LawKind::He | LawKind::Glorot).then(|| {
                let s = if kind == LawKind::Normal { 1.0 } else { 2f64.sqrt() };
                let f = |p: f64| p * (-0.5 * p * p).exp() * root(s * p);
                integrate(f, 0.0, 12.0, &[1e-3, 1e-2, 0.1, 1.0], 1e-16, 1e-14).value
            });
            let root = |x: f64, y: f64| isotropic.unwrap_or_else(|| root(x.hypot(y)));
            let found = moments_of(&neurons);
            let worst = assert_close(&format!("{kind:?}, delta {delta}"), &found, |k| {
                let [from, to] = ends(&regions, k);
                let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
                // |w|^2 = (root - delta) / 2 of the lift, in the direction of w.
                let hidden = |x: f64, y: f64| 0.5 * (root(x, y) - delta) / (x * x + y * y);
                [
                    e(&|_, _| 1.0),
                    0.0,
                    0.0,
                    e(&|x, y| hidden(x, y) * x * x),
                    e(&|x, y| hidden(x, y) * x * y),
                    e(&|x, y| hidden(x, y) * y * y),
                    e(&|x, y| 0.5 * (root(x, y) + delta)),
                ]
            });
            println!("{kind:?}, delta {delta}: {worst:.1e}");
        }
    }
}

/// Moments at the start converge spectrally in the nodes of a direction: each two more gain two digits
/// at least, down to rounding.
#[test]
fn moments_converge_spectrally() {
    let regions = regions();
    for kind in LAWS {
        let law = Law { kind, scale: 1.0, antisymmetric: false };
        let moments = |nodes: usize| {
            let measure = law.quadrature(&X, nodes, false).unwrap();
            let theta = measure.theta();
            sums(theta, measure.mass(), |i| {
                let (sin, cos) = theta[i].sin_cos();
                [cos * cos, sin * cos, sin * sin]
            })
        };
        // Against adaptive quadrature.
        let d = |x: f64, y: f64| 1.0 / (x * x + y * y);
        let limit: Vec<[f64; 3]> = (0..8)
            .map(|k| {
                let [from, to] = ends(&regions, k);
                let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
                [e(&|x, y| x * x * d(x, y)), e(&|x, y| x * y * d(x, y)), e(&|x, y| y * y * d(x, y))]
            })
            .collect();
        let error = |nodes: usize| {
            let found = moments(nodes);
            let off = found
                .iter()
                .zip(&limit)
                .map(|(f, l)| (0..3).fold(0.0, |m: f64, q| m.max((f[q] - l[q]).abs())));
            off.fold(0.0, f64::max)
        };
        let errors = [2, 4, 6, 8].map(error);
        println!("{kind:?}: {errors:?}");
        assert!(errors[0] > 1e-8, "{kind:?}: {errors:?} tell nothing");
        for pair in errors.windows(2) {
            assert!(pair[1] < 1e-2 * pair[0] || pair[1] < 1e-14, "{kind:?}: {errors:?}");
        }
    }
}

/// Knots far out and samples close together.
#[test]
fn extreme_laws_are_still_exact() {
    let x = [-40.0, -1e-9, 0.0, 1e-9, 90.0];
    let kind = LawKind::TwoSided { b_bound: 1000.0, c: OutputLaw::Sign };
    let measure = Law { kind, scale: 1.0, antisymmetric: false }.quadrature(&x, 8, false).unwrap();
    let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
        (0..measure.len()).map(|i| measure.mass()[i] * f(measure.theta()[i])).sum()
    };
    // E cos^2 = E 1 / (1 + b^2) = atan(B) / B.
    assert!((mean(&|theta| theta.cos().powi(2)) - 1000f64.atan() / 1000.0).abs() < 1e-14);
    assert!((mean(&|_| 1.0) - 1.0).abs() < 1e-12);
    assert!((mean(&|theta| theta.tan().powi(2)) / (1e6 / 3.0) - 1.0).abs() < 1e-12);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn sobol_points_of_width_m_are_a_prefix_too(seed: u64, m in 1usize..200, kind in 0usize..9, antisymmetric: bool) {
        let law = Law { kind: LAWS[kind], scale: 1.0, antisymmetric };
        let (narrow, wide) = (law.sobol(m, seed).unwrap(), law.sobol(2 * m, seed).unwrap());
        prop_assert_eq!(narrow.r(), &wide.r()[..m]);
        prop_assert_eq!(narrow.theta(), &wide.theta()[..m]);
        if antisymmetric {
            let even = law.sobol(2 * m, seed).unwrap();
            prop_assert!(even.value_at(0.3).abs() < 1e-14);
        }
    }
}

/// The law of Sobol' points is the law: moments within the error that is left at 2^14.
#[test]
fn sobol_points_have_the_moments_of_the_law() {
    let regions = regions();
    for kind in LAWS {
        let measure = Law { kind, scale: 1.0, antisymmetric: false }.sobol(1 << 14, 3).unwrap();
        let (r, theta) = (measure.r(), measure.theta());
        let found = sums(theta, measure.mass(), |i| [1.0, r[i], r[i] * r[i]]);
        for (k, found) in found.iter().enumerate() {
            let [from, to] = ends(&regions, k);
            let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
            let expected = [e(&|_, _| 1.0), 0.0, second(kind) * e(&|x, y| x * x + y * y)];
            let expected = if matches!(kind, LawKind::NormalUniform | LawKind::UniformUniform) {
                [expected[0], 0.0, second(kind) * expected[0]]
            } else {
                expected
            };
            // In standard errors of as many independent draws. The square has heavy tails.
            let each = sums(theta, measure.mass(), |i| [1.0, r[i] * r[i], r[i].powi(4)])[k];
            for (q, bound) in [0.1, 0.3, 0.9].into_iter().enumerate() {
                let off = (found[q] - expected[q]).abs();
                // A region may be empty.
                let error = (each[q] / f64::from(1 << 14)).sqrt();
                assert!(off <= bound * error + 1e-12, "{kind:?}, region {k}, moment {q}: {off:e} {error:e}");
            }
        }
    }
}
