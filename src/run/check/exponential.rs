//! The kernel flow in closed form (section 12): `rho(t) = expm(-K N t) rho(0)`.

use ndarray::{Array1, Array2};
use ndarray_linalg::{EighInto, UPLO};

use crate::flow::tangent_kernel::tangent_kernel;
use crate::problem::Samples;

/// Most samples whose kernel is taken apart: seconds.
const MOST: usize = 1500;

/// The residuals of a kernel that stands still, by its eigenvectors:
/// `N^(1/2) rho(t) = Q exp(-Lambda t) Q^T N^(1/2) rho(0)` with `N^(1/2) K N^(1/2) = Q Lambda Q^T`.
#[derive(Debug)]
pub(super) struct Exponential {
    root: Array1<f64>,
    values: Array1<f64>,
    vectors: Array2<f64>,
    /// `Q^T N^(1/2) rho(0)`.
    start: Array1<f64>,
    time: f64,
}

impl Exponential {
    /// From the residuals at a time and `kappa^2 Sigma_k`; `None` for very many samples, or if
    /// LAPACK fails.
    pub fn new(samples: &Samples, sigma: &[[f64; 3]], rho: &[f64], time: f64) -> Option<Exponential> {
        if samples.len() > MOST {
            return None;
        }
        let kernel = tangent_kernel(samples, sigma);
        let root = Array1::from_iter(samples.weight().iter().map(|n| n.sqrt()));
        let scaled = Array2::from_shape_fn(kernel.dim(), |(i, j)| root[i] * kernel[[i, j]] * root[j]);
        let (values, vectors) = scaled.eigh_into(UPLO::Lower).ok()?;
        let weighted = Array1::from_iter(rho.iter().zip(&root).map(|(rho, root)| rho * root));
        let start = vectors.t().dot(&weighted);
        Some(Exponential { root, values, vectors, start, time })
    }

    /// The residuals at a later time.
    pub fn at(&self, time: f64) -> Array1<f64> {
        let elapsed = time - self.time;
        // Rounding may make the least eigenvalues negative; they are not.
        let decayed = Array1::from_shape_fn(self.start.len(), |i| {
            self.start[i] * (-self.values[i].max(0.0) * elapsed).exp()
        });
        self.vectors.dot(&decayed) / &self.root
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One sample at x = 2 of weight 3: K = <xt, Sigma xt> = 4 xx + 4 xy + yy, rate 3 K.
    #[test]
    fn one_sample_decays_by_its_rate() {
        let samples = Samples::new(&[2.0; 3], &[0.0; 3]).unwrap();
        let sigma = [[9.0; 3], [0.5, 0.25, 1.0]];
        let exponential = Exponential::new(&samples, &sigma, &[0.7], 1.0).unwrap();
        let expected = 0.7 * (-3.0 * (4.0 * 0.5 + 4.0 * 0.25 + 1.0) * 0.1f64).exp();
        assert!((exponential.at(1.1)[0] - expected).abs() < 1e-15);
    }

    /// Against a Taylor series of the matrix exponential.
    #[test]
    fn several_samples_follow_the_matrix_exponential() {
        let samples = Samples::new(&[-1.0, 0.0, 0.0, 2.0], &[0.0; 4]).unwrap();
        let sigma: Vec<[f64; 3]> = (0..6).map(|k| [0.5, 0.1 * k as f64 - 0.2, 0.4]).collect();
        let rho = [1.0, -0.5, 0.25];
        let exponential = Exponential::new(&samples, &sigma, &rho, 0.0).unwrap();
        let kernel = tangent_kernel(&samples, &sigma);
        let (mut term, mut sum) = (Array1::from(rho.to_vec()), Array1::from(rho.to_vec()));
        for order in 1..60 {
            let weighted = Array1::from_iter(term.iter().zip(samples.weight()).map(|(v, n)| v * n));
            term = kernel.dot(&weighted) * (-0.3 / f64::from(order));
            sum += &term;
        }
        assert!((&exponential.at(0.3) - &sum).iter().all(|d| d.abs() < 1e-13));
    }
}
