//! What theory says of the fluctuations of finite networks at the start.

/// Covariance of `sqrt(m) rho(0)` over independent draws: that of `r <xt_j, d>_+` under the law,
/// from the start measure of the limit: amplitudes, directions and masses of its points.
///
/// ```text
/// C_jk = E z_j z_k - E z_j E z_k,    z_j = r <xt_j, d>_+
/// ```
pub(crate) fn start_covariance(x: &[f64], (r, theta, mass): (&[f64], &[f64], &[f64])) -> Vec<f64> {
    let s = x.len();
    let mut z = vec![0.0; s];
    let (mut mean, mut second) = (vec![0.0; s], vec![0.0; s * s]);
    for (i, &mass) in mass.iter().enumerate() {
        let (sin, cos) = libm::sincos(theta[i]);
        for j in 0..s {
            z[j] = r[i] * (x[j] * cos + sin).max(0.0);
            mean[j] += mass * z[j];
        }
        for j in (0..s).filter(|&j| z[j] != 0.0) {
            for k in 0..s {
                second[j * s + k] += mass * z[j] * z[k];
            }
        }
    }
    for j in 0..s {
        for k in 0..s {
            second[j * s + k] -= mean[j] * mean[k];
        }
    }
    second
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Law, LawKind};
    use std::f64::consts::FRAC_PI_2;

    /// `r ~ N(0, 1)`, `theta` uniform: `E z_j z_k = E <xt_j, d>_+ <xt_k, d>_+`, half the order-1
    /// arc-cosine kernel of section 12 with `C = 1`; at `(-1, 0.5)` it is 0.194668.
    #[test]
    fn the_covariance_at_the_start_is_the_arc_cosine_kernel() {
        let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
        let drawn = law.draw(400_000, 0).unwrap();
        let covariance = start_covariance(&[-1.0, 0.5], (drawn.r(), drawn.theta(), drawn.mass()));
        // Var z^2 is of order 1: four standard errors are 0.008.
        assert!((covariance[1] - 0.194668).abs() < 0.008, "{covariance:?}");
        assert_eq!(covariance[1], covariance[2]);
        // Two vertical neurons, r = 1 and r = 3: z = r at every sample, mean 2, variance 1.
        let by_hand = start_covariance(&[-1.0, 0.5], (&[1.0, 3.0], &[FRAC_PI_2; 2], &[0.5; 2]));
        assert!(by_hand.iter().all(|c| (c - 1.0).abs() < 1e-15), "{by_hand:?}");
        // E <xt, d>_+^2 = |xt|^2 / 4.
        assert!((covariance[0] - 0.5).abs() < 0.016 && (covariance[3] - 1.25 / 4.0).abs() < 0.012);
    }
}
