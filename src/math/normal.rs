//! The standard normal law.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// The density `exp(-z^2 / 2) / sqrt(2 pi)`.
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / TAU.sqrt()
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
