//! The unit in which errors of residuals are measured.

use crate::problem::Samples;

/// A residual is known to this part of the sum of the absolute values that it is the sum of: some twenty roundings.
const ROUNDING: f64 = 4e-15;

/// The unit of `tolerance`: the larger of the root mean squares of `y` and of the residual.
pub fn residual_scale(samples: &Samples, rho: &[f64]) -> f64 {
    let n: f64 = samples.weight().iter().sum();
    let mean_square = |values: &[f64]| {
        values.iter().zip(samples.weight()).map(|(value, weight)| weight * value * value).sum::<f64>() / n
    };
    let scale = mean_square(samples.y()).max(mean_square(rho)).sqrt();
    if scale > 0.0 { scale } else { 1.0 }
}

/// Tolerances below this do not enlarge the unit any further: such runs end with the message that the step would have
/// to be too short.
const LEAST_TOLERANCE: f64 = 1e-13;

/// How small the unit of `tolerance` may be: below this, steps would have to err by less than rounding does.
///
/// Residuals are sums of terms of the size of `Int abs(r) mu max_j abs(xt_j)`. Where data and start
/// function vanish but neurons do not, residuals are nothing but the rounding of these terms.
///
/// * `total_variation`: `Int abs(r) mu` at the start.
pub fn least_scale(samples: &Samples, total_variation: f64, tolerance: f64) -> f64 {
    let farthest = samples.x().iter().fold(0.0_f64, |far, x| far.max(libm::hypot(*x, 1.0)));
    ROUNDING * total_variation * farthest / tolerance.max(LEAST_TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_no_finer_than_rounding() {
        let samples = Samples::new(&[0.0, 0.75], &[0.0, 0.0]).unwrap();
        // abs(xt) = 1.25.
        assert!((least_scale(&samples, 6.0, 1e-6) / (ROUNDING * 7.5e6) - 1.0).abs() < 1e-12);
    }
}
