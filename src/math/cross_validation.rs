//! How much to smooth: generalised cross-validation.

use super::banded;
use super::cubic_spline::{CubicSpline, r_matrix, smoothing_matrix};

/// Steps per decade of the first look.
const PER_DECADE: f64 = 8.0;

/// The `lambda` of [`CubicSpline::smoothing`] with the least score of generalised
/// cross-validation (Craven and Wahba 1979),
///
/// ```text
/// G(lambda) = s Sum_j weight_j (y_j - f(x_j))^2 / (s - tr A)^2,   f(x) = A y,
/// ```
///
/// where `tr A` counts the parameters that the smooth curve uses, from `s` down to 2. Looks for the
/// least value on a grid of `lambda` and then closer. Where smoothing never helps, or a straight
/// line is best, the end of the grid is the answer: nearly an interpolant, nearly a line.
///
/// # Panics
/// With fewer than 3 samples, which leave nothing to choose.
pub fn smoothing_parameter(x: &[f64], y: &[f64], weight: &[f64]) -> f64 {
    let s = x.len();
    assert!(s > 2, "{s} samples leave nothing to smooth");
    let least_gap = x.windows(2).map(|gap| gap[1] - gap[0]).fold(f64::INFINITY, f64::min);
    let (length, mean) = (x[s - 1] - x[0], weight.iter().sum::<f64>() / s as f64);
    // R is of the size of a gap h, Q^T W^-1 Q of 1 / (w h^2): from hardly to wholly smoothed.
    let low = libm::log10(1e-4 * mean * least_gap.powi(3));
    let high = libm::log10(10.0 * mean * s as f64 * length.powi(3));
    let score = |log: f64| score(x, y, weight, libm::pow(10f64, log));
    let count = ((high - low) * PER_DECADE).ceil() as usize;
    let at = |i: usize| low + (high - low) * i as f64 / count as f64;
    let scores: Vec<f64> = (0..=count).map(|i| score(at(i))).collect();
    let best = (0..=count).min_by(|&i, &j| scores[i].total_cmp(&scores[j])).expect("the grid has points");
    if best == 0 || best == count {
        return libm::pow(10f64, at(best));
    }
    // Golden section between the neighbours.
    let ratio = 0.5 * (5f64.sqrt() - 1.0);
    let (mut a, mut b) = (at(best - 1), at(best + 1));
    let (mut c, mut d) = (b - ratio * (b - a), a + ratio * (b - a));
    let (mut score_c, mut score_d) = (score(c), score(d));
    while b - a > 1e-7 {
        if score_c < score_d {
            (b, d, score_d) = (d, c, score_c);
            c = b - ratio * (b - a);
            score_c = score(c);
        } else {
            (a, c, score_c) = (c, d, score_d);
            d = a + ratio * (b - a);
            score_d = score(d);
        }
    }
    libm::pow(10f64, 0.5 * (a + b))
}

/// `tr A = 2 + tr((R + lambda Q^T W^-1 Q)^-1 R)`: how many parameters the smoothing spline uses.
pub fn parameters_used(x: &[f64], weight: &[f64], lambda: f64) -> f64 {
    let (r, inverse) = (r_matrix(x), banded::inverse_bands(smoothing_matrix(x, weight, 1.0, lambda)));
    2.0 + r.iter().zip(&inverse).map(|(r, inverse)| r[0] * inverse[0] + 2.0 * r[1] * inverse[1]).sum::<f64>()
}

fn score(x: &[f64], y: &[f64], weight: &[f64], lambda: f64) -> f64 {
    let spline = CubicSpline::smoothing(x, y, weight, lambda);
    let s = x.len() as f64;
    let square: f64 = (0..x.len()).map(|j| weight[j] * (y[j] - spline.values()[j]).powi(2)).sum();
    s * square / (s - parameters_used(x, weight, lambda)).powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_used_are_the_trace_of_the_smoother() {
        let x = [0.0, 0.3, 0.4, 1.0, 1.7, 2.0];
        let weight = [1.0, 2.0, 0.5, 1.0, 3.0, 1.0];
        for lambda in [1e-6, 1e-2, 1.0, 1e4] {
            let trace: f64 = (0..6)
                .map(|j| {
                    let unit: Vec<f64> = (0..6).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
                    CubicSpline::smoothing(&x, &unit, &weight, lambda).values()[j]
                })
                .sum();
            assert!((parameters_used(&x, &weight, lambda) - trace).abs() < 1e-9, "{lambda}");
        }
    }
}
