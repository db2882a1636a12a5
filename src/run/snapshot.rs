//! What is stored of one moment of a run, beside the particles.

use ndarray::{Array1, Array2};

use crate::flow::Counters;
use crate::problem::Risk;

use super::Ending;

/// Everything a run file stores of one moment, but for the particles themselves, which are read
/// from the [`State`](super::State). `s` samples, `2 s` regions and `2 s` boundaries.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// Mean-field time.
    pub time: f64,
    /// Accepted steps so far.
    pub step: u64,
    /// The output bias; 0 where there is none.
    pub output_bias: f64,
    /// `rho_j = f(x_j) - y_j` of the particles and the output bias, shape `(s)`.
    pub residual: Array1<f64>,
    /// The residual ODE with pinned mass counted without the angular part (section 7), `(s)`.
    pub residual_ode: Array1<f64>,
    /// The residual ODE as W Proposition 1 prints it, `(s)`.
    pub residual_ode_uncorrected: Array1<f64>,
    /// `L = 1/2 Sum_j n_j rho_j^2`, without the constant of merged ties.
    pub loss: f64,
    /// What is descended besides the loss: `lambda Int |r| mu` of the total-variation term, or
    /// `lambda / 2 Int (c^2 + |w|^2) mu` of weight decay, of the layers that train; else zero.
    pub penalty: f64,
    /// `-d(loss + penalty)/dt = Int |velocity|^2 mu`, from the particles, and `rate (Sum_j n_j rho_j)^2` of an output
    /// bias.
    pub energy_dissipation: f64,
    /// `|K_t - K_0| / |K_0|` in the Frobenius norm.
    pub tangent_kernel_change: f64,
    /// Mass of free particles in each region (dead mass in region 0), `(2 s)`.
    pub region_mass: Array1<f64>,
    /// `Sigma_k` of free particles: xx, xy, yy, `(2 s, 3)`.
    pub region_covariance: Array2<f64>,
    /// Mass pinned on each boundary with `r > 0` and `r < 0`, `(2 s, 2)`; of `r = 0`, by the sign
    /// with which it sets off.
    pub pinned_mass: Array2<f64>,
    /// Class of each boundary for `r > 0` and `r < 0`, `(2 s, 2)`: see [`crate::flow`].
    pub attractor: Array2<i8>,
    /// Mass stuck at `r = 0`.
    pub stuck_mass: f64,
    /// The tangent kernel `K_t`, `(s, s)`, when asked for.
    pub tangent_kernel: Option<Array2<f64>>,
    /// Eigenvalues of `N^(1/2) K_t N^(1/2)`, ascending, `(s)`, when asked for.
    pub tangent_kernel_eigenvalues: Option<Array1<f64>>,
    /// Largest difference of a residual to the run beside it, when asked for: that with twice the nodes of a
    /// quadrature, or with half as many cells of a density.
    pub error_estimate: Option<f64>,
    /// How far the function is from the truth, inside the range of the samples and outside, where it is known.
    pub risk: Option<[Risk; 2]>,
    /// The function at the points of [`Description::grid_point`](super::Description::grid_point), output bias included,
    /// when asked for.
    pub function: Option<Array1<f64>>,
    /// The criterion that ends the run here, if one does.
    pub ending: Option<Ending>,
    /// Events since the start of the run.
    pub counters: Counters,
}
