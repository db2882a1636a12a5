//! Gradient flow with a constant kernel, solved by one eigen-decomposition.

use ndarray::{Array1, Array2, ArrayView1};
use ndarray_linalg::{Eigh, UPLO};

use super::KernelError;

/// Eigenvalues below this share of the largest are lost: LAPACK gets them to a few `eps` of the
/// largest, so that what is kept is known to a few per cent at worst, and refined in the limit.
const LOST: f64 = 64.0 * f64::EPSILON;

/// The flow `d rho/dt = -K N rho` of the residuals of `s` samples and, with them, of the whole
/// function (section 12), in mean-field time for `kappa = 1`; for another `kappa` divide times by
/// `kappa^2`.
///
/// With `N^(1/2) K N^(1/2) = V Lambda V^T`, from residuals `rho(0)`,
///
/// ```text
/// rho(t)   = N^(-1/2) V exp(-Lambda t) V^T N^(1/2) rho(0)
/// f(x, t)  = f(x, 0) - k(x)^T alpha(t)
/// alpha(t) = N^(1/2) V [(1 - exp(-Lambda t)) / Lambda] V^T N^(1/2) rho(0),   alpha(inf) = K^-1 rho(0)
/// ```
///
/// Eigenvalues below `64 eps` times the largest are not told from rounding. Their directions are left as they
/// are at the start, at all times and in the limit, and [`dropped`](GradientFlow::dropped) says
/// how many there are: such a limit is a regularised one, which does not quite interpolate.
///
/// ```
/// use ndarray::array;
/// use reluflow::kernel::GradientFlow;
/// let flow = GradientFlow::new(array![[2.0, 0.0], [0.0, 1.0]], &[1.0, 3.0])?;
/// let rho = flow.residual(&[1.0, -1.0], 0.5);
/// assert!((rho[0] - (-1.0f64).exp()).abs() < 1e-15);  // rate 2 . 1
/// assert!((rho[1] + (-1.5f64).exp()).abs() < 1e-15);  // rate 1 . 3
/// assert!((flow.condition_number() - 1.5).abs() < 1e-15);
/// # Ok::<(), reluflow::kernel::KernelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct GradientFlow {
    kernel: Array2<f64>,
    root_weight: Array1<f64>,
    /// Ascending.
    eigenvalues: Array1<f64>,
    modes: Array2<f64>,
    /// Eigenvalues at least this large are kept.
    cutoff: f64,
}

impl GradientFlow {
    /// Decomposes.
    ///
    /// * `kernel`: shape `(s, s)`, symmetric, positive semi-definite but for rounding.
    /// * `weight`: multiplicities `n_j > 0`.
    ///
    /// # Errors
    /// Values that are not finite, a kernel that is zero, or LAPACK gives up.
    pub fn new(kernel: Array2<f64>, weight: &[f64]) -> Result<GradientFlow, KernelError> {
        let s = weight.len();
        assert_eq!(kernel.dim(), (s, s), "shape of the kernel matrix");
        if let Some(((i, j), value)) = kernel.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(KernelError::NonFinite { i, j, value: *value });
        }
        let root_weight: Array1<f64> = weight.iter().map(|n| n.sqrt()).collect();
        let symmetric =
            Array2::from_shape_fn((s, s), |(i, j)| root_weight[i] * kernel[[i, j]] * root_weight[j]);
        let (eigenvalues, modes) =
            symmetric.eigh(UPLO::Lower).map_err(|error| KernelError::Eigen { found: error.to_string() })?;
        let largest = eigenvalues[s - 1];
        if largest <= 0.0 {
            return Err(KernelError::Zero);
        }
        let cutoff = LOST * largest;
        Ok(GradientFlow { kernel, root_weight, eigenvalues, modes, cutoff })
    }

    /// Eigenvalues of `N^(1/2) K N^(1/2)`, the rates of the flow, ascending. The least may be
    /// negative by rounding.
    pub fn rates(&self) -> &Array1<f64> {
        &self.eigenvalues
    }

    /// The largest rate.
    pub fn largest_rate(&self) -> f64 {
        self.eigenvalues[self.eigenvalues.len() - 1]
    }

    /// The least rate that is not rounding.
    pub fn least_rate(&self) -> f64 {
        self.eigenvalues[self.dropped()]
    }

    /// The ratio of the largest to the least eigenvalue; infinite when that is not positive.
    pub fn condition_number(&self) -> f64 {
        if self.eigenvalues[0] > 0.0 { self.largest_rate() / self.eigenvalues[0] } else { f64::INFINITY }
    }

    /// How many directions are lost in rounding and left as they are at the start.
    pub fn dropped(&self) -> usize {
        self.eigenvalues.iter().take_while(|&&rate| rate < self.cutoff).count()
    }

    /// The kernel matrix.
    pub fn kernel(&self) -> &Array2<f64> {
        &self.kernel
    }

    /// `V g(Lambda) V^T N^(1/2) rho`, where `g` is asked for each kept eigenvalue, 0 elsewhere.
    fn apply(&self, rho: ArrayView1<f64>, kept: impl Fn(f64) -> f64) -> Array1<f64> {
        let mut spectral = self.modes.t().dot(&(&self.root_weight * &rho));
        for (value, &rate) in spectral.iter_mut().zip(&self.eigenvalues) {
            *value *= if rate < self.cutoff { 0.0 } else { kept(rate) };
        }
        self.modes.dot(&spectral)
    }

    /// `rho(t)` from `rho(0)`.
    pub fn residual(&self, start: &[f64], t: f64) -> Array1<f64> {
        let start = ArrayView1::from(start);
        // What is gone, so that directions left alone keep every bit of their start.
        let gone = self.apply(start, |rate| -(-rate * t).exp_m1());
        &start - &(gone / &self.root_weight)
    }

    /// `rho(t)` from `rho(0)` under weight decay of the output layer, `d rho/dt = -K N rho - lambda (rho + y)`: mode by mode
    ///
    /// ```text
    /// rho(t) = exp(-q t) rho(0) - lambda y (1 - exp(-q t)) / q,    q = rate + lambda
    /// ```
    ///
    /// * `decay`: `lambda > 0`.
    pub fn decaying_residual(&self, start: &[f64], y: &[f64], decay: f64, t: f64) -> Array1<f64> {
        let spectral = |values: &[f64]| self.modes.t().dot(&(&self.root_weight * &ArrayView1::from(values)));
        let (mut rho, y) = (spectral(start), spectral(y));
        for ((rho, y), &rate) in rho.iter_mut().zip(&y).zip(&self.eigenvalues) {
            let q = rate.max(0.0) + decay;
            let gone = -(-q * t).exp_m1();
            *rho -= gone * (*rho + decay * y / q);
        }
        self.modes.dot(&rho) / &self.root_weight
    }

    /// `alpha(t)`: the function has moved by `-Sum_j alpha_j K(x, x_j)`.
    ///
    /// * `t >= 0`; infinity gives the limit, refined against the kernel matrix.
    pub fn coefficients(&self, start: &[f64], t: f64) -> Array1<f64> {
        let start = ArrayView1::from(start);
        if t < f64::INFINITY {
            return self.apply(start, |rate| -(-rate * t).exp_m1() / rate) * &self.root_weight;
        }
        let solve = |rho: ArrayView1<f64>| self.apply(rho, |rate| 1.0 / rate) * &self.root_weight;
        let mut alpha = solve(start);
        for _ in 0..3 {
            let left = &start - &self.kernel.dot(&alpha);
            alpha = alpha + solve(left.view());
        }
        alpha
    }

    /// Coefficients at many times, shape `(s, times)`.
    pub fn coefficients_at(&self, start: &[f64], times: &[f64]) -> Array2<f64> {
        let spectral = self.modes.t().dot(&(&self.root_weight * &ArrayView1::from(start)));
        let s = spectral.len();
        let scaled = Array2::from_shape_fn((s, times.len()), |(k, i)| {
            let rate = self.eigenvalues[k];
            if rate < self.cutoff { 0.0 } else { -(-rate * times[i]).exp_m1() / rate * spectral[k] }
        });
        let mut alpha = self.modes.dot(&scaled);
        for (mut row, root) in alpha.outer_iter_mut().zip(&self.root_weight) {
            row *= *root;
        }
        alpha
    }

    /// `1/2 Sum_j n_j rho_j^2`.
    pub fn loss(&self, rho: &Array1<f64>) -> f64 {
        0.5 * (rho * &self.root_weight).mapv(|v| v * v).sum()
    }
}
