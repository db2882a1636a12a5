//! What a report of the kernel regime is asked for.

use crate::problem::Measure;

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `m / alpha(m)`, the factor before the mean over neurons.
    pub kappa: f64,
    /// Start function: that of these particles, or zero; with the output bias added.
    pub start: Option<Measure>,
    /// The output bias at the start.
    pub output_bias: f64,
    /// A path has reached a function when what is left of the way is at most this share.
    pub bound: f64,
    /// `lambda` of the smoothing spline; chosen by generalised cross-validation if not given.
    pub smoothing: Option<f64>,
    /// `lambda` of kernel ridge regression; none if not given.
    pub ridge: Option<f64>,
    /// Neurons of the random starts whose mean and deviation are told; 0: none.
    pub width: usize,
    /// Linear time and memory: extremes of the rates alone, no kernel matrices.
    pub linear: bool,
    /// `lambda` of the fit with penalised total variation; 0: none.
    pub tv: f64,
    /// Points of the grid on which functions are stored.
    pub points: usize,
    /// Times at which the path is stored; chosen if not given.
    pub times: Option<Vec<f64>>,
    /// Factors by which the range of the knots is widened.
    pub knot_factors: Vec<f64>,
    /// Positions `x0` of the slices `K(x0, .)`.
    pub slices: Vec<f64>,
    /// Neurons drawn to check the kernels by Monte Carlo; 0: none.
    pub draws: usize,
    /// Seed of those.
    pub seed: u64,
    /// Most pieces of the piecewise linear fits; 0: none.
    pub pieces: usize,
}

impl Default for Request {
    /// The path from the function 0 with `kappa = 1` to within a hundredth of the limit and of the splines, on 101 points:
    /// nothing that takes time of its own.
    ///
    /// ```
    /// use reluflow::kernel::Request;
    /// let request = Request { points: 11, ..Request::default() };
    /// assert_eq!((request.points, request.kappa, request.bound), (11, 1.0, 0.01));
    /// ```
    fn default() -> Request {
        Request {
            kappa: 1.0,
            start: None,
            output_bias: 0.0,
            bound: 0.01,
            smoothing: None,
            ridge: None,
            width: 0,
            linear: false,
            tv: 0.0,
            points: 101,
            times: None,
            knot_factors: vec![],
            slices: vec![],
            draws: 0,
            seed: 0,
            pieces: 0,
        }
    }
}
