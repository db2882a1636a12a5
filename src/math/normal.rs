//! The standard normal law.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// The density `exp(-z^2 / 2) / sqrt(2 pi)`.
pub fn density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / TAU.sqrt()
}

/// The probability of a value below `z`, accurate in both tails.
///
/// ```
/// use reluflow::math::normal::below;
/// assert_eq!(below(0.0), 0.5);
/// assert!((below(-1.0) - 0.158655253931457).abs() < 1e-15);
/// ```
pub fn below(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// The value `z` with `below(z) = p`, for `0 < p < 1`, to rounding.
///
/// A rational start (Abramowitz and Stegun 26.2.23, error below 4.5e-4), then Halley's method in
/// the smaller tail, where probabilities keep all their digits: twice would do, three are taken.
///
/// ```
/// use reluflow::math::normal::quantile;
/// assert_eq!(quantile(0.5), 0.0);
/// assert!((quantile(0.975) - 1.959963984540054).abs() < 1e-14);
/// assert!((quantile(1e-300) + 37.0471).abs() < 1e-4);
/// ```
pub fn quantile(p: f64) -> f64 {
    let tail = p.min(1.0 - p);
    let t = (-2.0 * libm::log(tail)).sqrt();
    let numerator = 2.515517 + t * (0.802853 + t * 0.010328);
    let denominator = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let mut z = -(t - numerator / denominator).max(0.0);
    for _ in 0..3 {
        // f = below - tail, f' = density, f'' = -z density.
        let step = (below(z) - tail) / density(z);
        z -= step / (1.0 + 0.5 * z * step);
    }
    if p < 0.5 { z } else { 0.0 - z }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_probabilities() {
        for k in 1..4000 {
            let z = -37.0 + f64::from(k) * 0.01;
            // Beyond 0 the probability itself has lost digits.
            let found = quantile(below(z));
            let lost = 2.0 * f64::EPSILON * below(z) / density(z);
            assert!((found - z).abs() <= 4e-16 * z.abs() + lost, "{z}: {found}");
        }
        for p in [0.3, 0.49, 0.4999999] {
            // 1 - p rounds.
            assert!((quantile(1.0 - p) + quantile(p)).abs() < 1e-15, "{p}");
        }
    }
}
