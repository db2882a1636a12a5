//! The output bias of a network, S eq. 1 (mathematics, section 21).
//!
//! ```text
//! f(x) = b + kappa Int c <xt, w>_+ mu,      db/dt = -rate Sum_j n_j rho_j
//! ```
//!
//! Residuals contain it, so that no particle's velocity knows of it. The tangent kernel gains `rate 1 1^T`: that is what
//! `Sigma = (0, 0, rate)` of the region where all samples are active adds, as a neuron `[0 x + 1]_+` does whose `c`
//! alone moves. Moments are those of the measure, without it.

use crate::problem::Samples;

use super::path::Path;

/// The output bias of a run. It has no weight decay, and neither `kappa` nor the total-variation term know of it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OutputBias {
    /// Its value at the start, in units of `y`.
    pub start: f64,
    /// The rate at which it moves, in mean-field time; 0 keeps it fixed, and `m` trains it as gradient descent trains
    /// the weights of `m` neurons.
    pub rate: f64,
}

impl OutputBias {
    /// Whether there is any.
    pub fn is_some(&self) -> bool {
        *self != OutputBias::default()
    }
}

/// Adds an output bias of this rate to the `Sigma_k` of all regions.
pub fn add_rate<'a>(
    sigma: impl IntoIterator<Item = &'a mut [f64; 3], IntoIter: ExactSizeIterator>,
    rate: f64,
) {
    let mut sigma = sigma.into_iter();
    // Of 2 s regions the one where all samples are active is region s.
    let s = sigma.len() / 2;
    if let Some(sum) = sigma.nth(s).filter(|_| rate > 0.0) {
        sum[2] += rate;
    }
}

/// `Sum_j n_j Int_0^1 rho_j(u) du` and `Sum_j n_j Int_0^1 (1 - u) rho_j(u) du` of a path. Times `-rate h` the first is the way of
/// the output bias over the step, the second the difference of its mean over the step to its start.
pub fn integrals(samples: &Samples, path: &Path) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for (c, n) in path.cubic.iter().zip(samples.weight()) {
        sums[0] += n * (c[0] + c[1] / 2.0 + c[2] / 3.0 + c[3] / 4.0);
        sums[1] += n * (c[0] / 2.0 + c[1] / 6.0 + c[2] / 12.0 + c[3] / 20.0);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::field::rate;

    #[test]
    fn the_rate_of_residuals_gains_a_constant() {
        let samples = Samples::new(&[-2.0, -0.5, 0.7, 0.7, 3.0], &[0.0; 5]).unwrap();
        let rho = [0.3, -1.2, 2.0, 0.9];
        let mut sigma: Vec<[f64; 3]> = (0..8).map(|k| [1.0 + k as f64, 0.3, 2.0]).collect();
        let before = rate(&samples, &sigma, &[], &rho);
        add_rate(&mut sigma, 0.75);
        let total = 0.3 - 1.2 + 2.0 * 2.0 + 0.9;
        for (after, before) in rate(&samples, &sigma, &[], &rho).iter().zip(before) {
            assert!((after - (before - 0.75 * total)).abs() < 1e-13);
        }
    }

    #[test]
    fn integrals_are_those_of_the_polynomial() {
        let samples = Samples::new(&[0.0, 1.0, 1.0], &[0.0; 3]).unwrap();
        let path = Path { h: 0.5, cubic: vec![[1.0, 2.0, -3.0, 4.0], [0.5, 0.0, 0.0, 0.0]] };
        // 1 + 1 - 1 + 1 + 2 (1/2), and 1/2 + 1/3 - 1/4 + 1/5 + 2 (1/4).
        let [whole, mean] = integrals(&samples, &path);
        assert!((whole - 3.0).abs() < 1e-15 && (mean - (0.5 + 47.0 / 60.0)).abs() < 1e-15, "{whole} {mean}");
    }
}
