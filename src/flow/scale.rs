//! The unit in which errors of residuals are measured.

use crate::problem::Samples;

/// The unit of `tolerance`: the larger of the root mean squares of `y` and of the residual.
pub fn residual_scale(samples: &Samples, rho: &[f64]) -> f64 {
    let n: f64 = samples.weight().iter().sum();
    let mean_square = |values: &[f64]| {
        values.iter().zip(samples.weight()).map(|(value, weight)| weight * value * value).sum::<f64>() / n
    };
    let scale = mean_square(samples.y()).max(mean_square(rho)).sqrt();
    if scale > 0.0 { scale } else { 1.0 }
}
