//! What theory says of the fluctuations of finite networks at the start.

use crate::problem::Start;
use crate::run::Description;

/// Covariance of `sqrt(m) rho(0)` over independent draws: that of `r <xt_j, d>_+` under the law,
/// from the start measure of the limit.
///
/// ```text
/// C_jk = E z_j z_k - E z_j E z_k,    z_j = r <xt_j, d>_+    (kappa c <xt_j, w>_+ for neurons)
/// ```
pub(crate) fn start_covariance(d: &Description, start: &Start) -> Vec<f64> {
    let (x, s) = (d.samples.x(), d.samples.len());
    let kappa = d.flow.kappa();
    let hinge = |i: usize| -> (f64, f64, f64) {
        match start {
            Start::Canonical(measure) => {
                let (sin, cos) = measure.theta()[i].sin_cos();
                (measure.r()[i], cos, sin)
            }
            Start::Lifted(neurons) => (kappa * neurons.c()[i], neurons.a()[i], -neurons.b()[i]),
            // It has none of which this could be one.
            Start::Density(_) => (0.0, 1.0, 0.0),
        }
    };
    let mut z = vec![0.0; s];
    let (mut mean, mut second) = (vec![0.0; s], vec![0.0; s * s]);
    for (i, &mass) in start.mass().iter().enumerate() {
        let (factor, a, b) = hinge(i);
        for j in 0..s {
            z[j] = factor * (x[j] * a + b).max(0.0);
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
    use crate::problem::Measure;
    use crate::scenario::Scenario;
    use std::f64::consts::FRAC_PI_2;

    /// `r ~ N(0, 1)`, `theta` uniform: `E z_j z_k = E <xt_j, d>_+ <xt_k, d>_+`, half the order-1
    /// arc-cosine kernel of section 12 with `C = 1`; at `(-1, 0.5)` it is 0.194668.
    #[test]
    fn the_covariance_at_the_start_is_the_arc_cosine_kernel() {
        let text = "[samples]\nx = [-1.0, 0.5]\ny = [0.0, 0.0]\n[measure]\nparticles = 400000\n\
                    law = \"normal-uniform\"\n[time]\nend = 1\n";
        let scenario = Scenario::parse(text, "s.toml".as_ref()).unwrap();
        let covariance = start_covariance(&scenario.description, &scenario.start);
        // Var z^2 is of order 1: four standard errors are 0.008.
        assert!((covariance[1] - 0.194668).abs() < 0.008, "{covariance:?}");
        assert_eq!(covariance[1], covariance[2]);
        // Two vertical neurons, r = 1 and r = 3: z = r at every sample, mean 2, variance 1.
        let pair = Measure::new(vec![1.0, 3.0], vec![FRAC_PI_2; 2], vec![0.5; 2]).unwrap();
        let by_hand = start_covariance(&scenario.description, &pair.into());
        assert!(by_hand.iter().all(|c| (c - 1.0).abs() < 1e-15), "{by_hand:?}");
        // E <xt, d>_+^2 = |xt|^2 / 4.
        assert!((covariance[0] - 0.5).abs() < 0.016 && (covariance[3] - 1.25 / 4.0).abs() < 0.012);
    }
}
