//! Functions of the kernel: minimum-norm interpolants, their curvature and their norms.

use crate::math::quadrature::{Integral, integrate};

use super::kernels::{Kernel, Regime};

/// Relative accuracy asked of norms.
const RELATIVE: f64 = 1e-10;

/// The function `-Sum_j alpha_j K(x, x_j)`, by which gradient flow has moved the network.
///
/// With `alpha = K^-1 rho(0)` and a start function that is zero it is the minimum-norm
/// interpolant.
#[derive(Debug, Clone)]
pub struct KernelFunction<'a> {
    kernel: &'a Kernel,
    regime: Regime,
    x: &'a [f64],
    alpha: &'a [f64],
}

/// The norm of a [`KernelFunction`] and what it is made of (section 12).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// `|f|^2 = alpha^T K alpha`.
    pub square: f64,
    /// `Int |f''|^2 / nu` over the whole range of the knots, of a random-features function.
    pub curvature: Option<f64>,
}

impl Norm {
    /// The share of the squared norm that the affine part of the function costs.
    pub fn affine_share(&self) -> Option<f64> {
        self.curvature.map(|curvature| 1.0 - curvature / self.square)
    }
}

impl<'a> KernelFunction<'a> {
    /// With coefficients `alpha` at the samples `x`, ascending.
    pub fn new(kernel: &'a Kernel, regime: Regime, x: &'a [f64], alpha: &'a [f64]) -> KernelFunction<'a> {
        assert_eq!(x.len(), alpha.len(), "samples and coefficients");
        KernelFunction { kernel, regime, x, alpha }
    }

    /// The value at any `x`, in `O(s)`.
    pub fn value(&self, x: f64) -> f64 {
        -self.x.iter().zip(self.alpha).map(|(&xj, a)| a * self.kernel.value(self.regime, x, xj)).sum::<f64>()
    }

    /// `f''(x)` of a random-features function:
    /// `-Sum_j alpha_j (nu_+(x) (x_j - x)_+ + nu_-(x) (x - x_j)_+)`. Where the density of the knots
    /// is constant this is linear between samples, and `f` a cubic.
    ///
    /// `None` for the tangent kernel, whose functions have kinks, and for particles.
    pub fn second_derivative(&self, x: f64) -> Option<f64> {
        if self.regime == Regime::Tangent {
            return None;
        }
        let [right, left] = self.kernel.knot_density(x)?;
        let mut sum = 0.0;
        for (&xj, a) in self.x.iter().zip(self.alpha) {
            sum -= a * (right * (xj - x).max(0.0) + left * (x - xj).max(0.0));
        }
        Some(sum)
    }

    /// The squared norm, given the kernel matrix of the samples.
    pub fn norm(&self, gram: &ndarray::Array2<f64>) -> Norm {
        let alpha = ndarray::ArrayView1::from(self.alpha);
        let square = alpha.dot(&gram.dot(&alpha));
        let second = |x| self.second_derivative(x);
        let curvature = (self.second_derivative(self.x[0]).is_some())
            .then(|| curvature_norm(self.kernel, self.x, |x| second(x).unwrap_or(0.0)))
            .flatten()
            .map(|integral| integral.value);
        Norm { square, curvature }
    }
}

/// `Int |f''|^2 / nu` over all of the line: infinite where `f''` is not zero and there are no
/// knots, `None` if the knots have no density.
///
/// * `breaks`: where `f''` is not smooth.
pub fn curvature_norm(kernel: &Kernel, breaks: &[f64], second: impl Fn(f64) -> f64) -> Option<Integral> {
    kernel.knot_density(0.0)?;
    let mut ends = breaks.to_vec();
    ends.extend(kernel.knot_bounds());
    ends.sort_by(f64::total_cmp);
    ends.dedup();
    let reach = 2.0 * ends.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    let mut without_knots = false;
    let mut at = |x: f64| {
        let [right, left] = kernel.knot_density(x).expect("asked above");
        let (bend, nu) = (second(x), right + left);
        match (bend == 0.0, nu > 0.0) {
            (true, _) => 0.0,
            (false, true) => bend * (bend / nu),
            (false, false) => {
                without_knots = true;
                0.0
            }
        }
    };
    // Each piece to its own accuracy relative to the sum of all would need the sum first: once
    // roughly, then well.
    let mut total = Integral { value: 0.0, error: 0.0 };
    let rough = integrate(&mut at, -reach, reach, &ends, 0.0, 1e-2).value.abs();
    let absolute = RELATIVE * rough / (ends.len() + 1) as f64;
    let mut edges = vec![-reach];
    edges.extend(ends);
    edges.push(reach);
    for edge in edges.windows(2) {
        total = total + integrate(&mut at, edge[0], edge[1], &[], absolute, RELATIVE);
    }
    // Beyond, in v = 1/x: what is left there decays like a power of x.
    for side in [-1.0, 1.0] {
        let inverse = |v: f64| at(side / v) / (v * v);
        total = total + integrate(inverse, 0.0, 1.0 / reach, &[], absolute, RELATIVE);
    }
    Some(if without_knots { Integral { value: f64::INFINITY, error: 0.0 } } else { total })
}

