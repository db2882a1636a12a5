//! Integrals on an interval: Gauss-Legendre rules, and an adaptive rule that knows its error.

use std::f64::consts::PI;

/// Nodes and weights of the Gauss-Legendre rule with `n` points on `[-1, 1]`, nodes ascending.
///
/// Exact for polynomials up to degree `2 n - 1`. Roots of the Legendre polynomial by Newton's
/// method from Tricomi's estimate; good to a few units in the last place for any `n`.
///
/// ```
/// let (nodes, weights) = reluflow::math::quadrature::gauss_legendre(2);
/// assert!((nodes[1] - 1.0 / 3f64.sqrt()).abs() < 1e-15);
/// assert!((weights[0] - 1.0).abs() < 1e-15);
/// ```
pub fn gauss_legendre(n: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut nodes, mut weights) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n.div_ceil(2) {
        let mut z = libm::cos(PI * (i as f64 + 0.75) / (n as f64 + 0.5));
        let mut slope = 1.0;
        for _ in 0..20 {
            let (value, derivative) = legendre(n, z);
            slope = derivative;
            let step = value / derivative;
            z -= step;
            if step.abs() < 1e-16 {
                slope = legendre(n, z).1;
                break;
            }
        }
        if 2 * i + 1 == n {
            z = 0.0;
        }
        let weight = 2.0 / ((1.0 - z * z) * slope * slope);
        (nodes[i], nodes[n - 1 - i]) = (-z, z);
        (weights[i], weights[n - 1 - i]) = (weight, weight);
    }
    (nodes, weights)
}

/// The Legendre polynomial of degree `n` and its derivative, inside `(-1, 1)`.
fn legendre(n: usize, z: f64) -> (f64, f64) {
    let (mut value, mut before) = (1.0, 0.0);
    for k in 0..n {
        let k = k as f64;
        (value, before) = (((2.0 * k + 1.0) * z * value - k * before) / (k + 1.0), value);
    }
    (value, n as f64 * (z * value - before) / (z * z - 1.0))
}

/// Abscissae of the Kronrod rule with 15 points, from the outermost to the middle; every second
/// one belongs to the Gauss rule with 7 points (QUADPACK, `qk15`).
const KRONROD: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_4,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
const KRONROD_WEIGHT: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_55,
    0.104_790_010_322_250_18,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_89,
    0.209_482_141_084_727_82,
];
const GAUSS_WEIGHT: [f64; 4] =
    [0.129_484_966_168_869_7, 0.279_705_391_489_276_64, 0.381_830_050_505_118_9, 0.417_959_183_673_469_4];

/// An integral and how far off it may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Integral {
    /// The value.
    pub value: f64,
    /// Estimate of the absolute error; an upper one where the integrand is smooth.
    pub error: f64,
}

impl std::ops::Add for Integral {
    type Output = Integral;

    fn add(self, other: Integral) -> Integral {
        Integral { value: self.value + other.value, error: self.error + other.error }
    }
}

/// The Gauss-Kronrod rule (7, 15) on `[from, to]`; the error estimate is QUADPACK's.
fn kronrod(f: &mut impl FnMut(f64) -> f64, from: f64, to: f64) -> Integral {
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    let centre = f(middle);
    let mut kronrod = KRONROD_WEIGHT[7] * centre;
    let mut gauss = GAUSS_WEIGHT[3] * centre;
    let mut absolute = KRONROD_WEIGHT[7] * centre.abs();
    let mut values = [(0.0, 0.0); 7];
    for k in 0..7 {
        let (left, right) = (f(middle - half * KRONROD[k]), f(middle + half * KRONROD[k]));
        values[k] = (left, right);
        kronrod += KRONROD_WEIGHT[k] * (left + right);
        absolute += KRONROD_WEIGHT[k] * (left.abs() + right.abs());
        if k % 2 == 1 {
            gauss += GAUSS_WEIGHT[k / 2] * (left + right);
        }
    }
    let mean = 0.5 * kronrod;
    let mut spread = KRONROD_WEIGHT[7] * (centre - mean).abs();
    for k in 0..7 {
        spread += KRONROD_WEIGHT[k] * ((values[k].0 - mean).abs() + (values[k].1 - mean).abs());
    }
    let difference = ((kronrod - gauss) * half).abs();
    let spread = spread * half.abs();
    let mut error = difference;
    if spread > 0.0 && difference > 0.0 {
        error = spread * libm::pow(200.0 * difference / spread, 1.5).min(1.0);
    }
    // No rule is better than the rounding of its sum.
    error = error.max(50.0 * f64::EPSILON * absolute * half.abs());
    Integral { value: kronrod * half, error }
}

/// `Int_from^to f`, halving the worst piece until the estimated error is below
/// `max(absolute, relative |value|)` or 2000 pieces are used; the error returned says which.
///
/// * `breaks`: where `f` or its derivatives jump, in any order; those outside are ignored. Between
///   them `f` should be smooth, or it costs pieces.
///
/// ```
/// use reluflow::math::quadrature::integrate;
/// let third = integrate(|x| x * x, 0.0, 1.0, &[], 0.0, 1e-12);
/// assert!((third.value - 1.0 / 3.0).abs() < 1e-15 && third.error < 1e-13);
/// let kink = integrate(|x| (x - 0.3f64).abs(), 0.0, 1.0, &[0.3], 0.0, 1e-12);
/// assert!((kink.value - 0.29).abs() < 1e-15);
/// ```
pub fn integrate(
    mut f: impl FnMut(f64) -> f64,
    from: f64,
    to: f64,
    breaks: &[f64],
    absolute: f64,
    relative: f64,
) -> Integral {
    if from == to {
        return Integral { value: 0.0, error: 0.0 };
    }
    let (low, high) = (from.min(to), from.max(to));
    let mut ends: Vec<f64> = breaks.iter().copied().filter(|&at| at > low && at < high).collect();
    ends.extend([low, high]);
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let mut pieces: Vec<(f64, f64, Integral)> =
        ends.windows(2).map(|w| (w[0], w[1], kronrod(&mut f, w[0], w[1]))).collect();
    let zero = Integral { value: 0.0, error: 0.0 };
    let total = |pieces: &[(f64, f64, Integral)]| pieces.iter().fold(zero, |sum, piece| sum + piece.2);
    while pieces.len() < 2000 {
        let sum = total(&pieces);
        let enough = absolute.max(relative * sum.value.abs());
        if sum.error <= enough || sum.error.is_nan() {
            break;
        }
        let worst = (0..pieces.len())
            .max_by(|&i, &j| pieces[i].2.error.total_cmp(&pieces[j].2.error))
            .expect("there is a piece");
        let (a, b, whole) = pieces[worst];
        let middle = 0.5 * (a + b);
        let halves = [(a, middle), (middle, b)].map(|(a, b)| (a, b, kronrod(&mut f, a, b)));
        let split = halves[0].2 + halves[1].2;
        // At the floor of rounding, halving gains nothing any more.
        if middle <= a || middle >= b || (split.error >= whole.error && whole.error < 1e-13 * sum.value.abs())
        {
            break;
        }
        pieces[worst] = halves[0];
        pieces.insert(worst + 1, halves[1]);
    }
    let sum = total(&pieces);
    if from <= to { sum } else { Integral { value: -sum.value, ..sum } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_rules_are_exact_up_to_their_degree_and_not_beyond() {
        for n in 1..=40 {
            let (nodes, weights) = gauss_legendre(n);
            let integral = |degree: usize| -> f64 {
                nodes.iter().zip(&weights).map(|(z, w)| w * z.powi(degree as i32)).sum()
            };
            for degree in 0..2 * n {
                let exact = if degree % 2 == 0 { 2.0 / (degree + 1) as f64 } else { 0.0 };
                assert!((integral(degree) - exact).abs() < 2e-14, "{n} points, degree {degree}");
            }
            if n <= 10 {
                assert!((integral(2 * n) - 2.0 / (2 * n + 1) as f64).abs() > 1e-7, "{n} points");
            }
        }
    }

    #[test]
    fn the_error_estimate_bounds_the_error() {
        type Case = (fn(f64) -> f64, f64, f64, f64);
        let cases: [Case; 5] = [
            (|x| x.exp(), 0.0, 1.0, std::f64::consts::E - 1.0),
            (|x| 1.0 / (1.0 + x * x), -20.0, 20.0, 2.0 * 20f64.atan()),
            (|x| x.abs().sqrt(), -1.0, 2.0, (2.0 + 2.0 * 2f64.powf(1.5)) / 3.0),
            (|x| (50.0 * x).sin(), 0.0, 1.0, (1.0 - 50f64.cos()) / 50.0),
            (|x| (x - 0.123_f64).max(0.0), 0.0, 1.0, 0.5 * 0.877 * 0.877),
        ];
        for (k, (f, a, b, exact)) in cases.into_iter().enumerate() {
            for relative in [1e-4, 1e-8, 1e-12] {
                let found = integrate(f, a, b, &[], 0.0, relative);
                let error = (found.value - exact).abs();
                assert!(error <= found.error.max(1e-15), "case {k}: {error:e} {found:?}");
                assert!(
                    found.error <= 1.01 * relative * exact.abs() + 1e-14,
                    "case {k} at {relative:e}: {found:?}"
                );
            }
        }
        let there = integrate(|x| x, 1.0, 0.0, &[], 0.0, 1e-12);
        assert_eq!(there.value, -0.5);
    }
}
