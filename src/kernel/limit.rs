//! Functions of the kernel: minimum-norm interpolants, their curvature and their norms.

use crate::math::quadrature::{Integral, integrate};
use crate::math::sum::Sum;

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

/// The squared norm of a [`KernelFunction`] and what it is made of (section 12).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// `|f|^2 = alpha^T K alpha`; what rounding makes negative is 0.
    pub square: f64,
    /// What rounding may change in `square` and its parts: they are sums of terms of both signs,
    /// which cancel where samples are close. Parts below it are not told from 0.
    pub rounding: f64,
    /// What the affine part of a random-features function costs.
    ///
    /// Its neurons are `c = |a| h_+(b / a)` facing right and `c = |a| h_-(b / a)` facing left, with
    /// `h_+(u) = -Sum alpha_j (x_j - u)_+`, `h_-(u) = -Sum alpha_j (u - x_j)_+`. Only
    /// `f'' = nu_+ h_+ + nu_- h_-` bends the function; the rest of the norm,
    ///
    /// ```text
    /// |f|^2 - Int |f''|^2 / nu = Int nu_+ nu_- / nu (h_+ - h_-)^2,   h_+ - h_- = -Sum alpha_j (x_j - u),
    /// ```
    ///
    /// is paid for the value and the slope that `f` has beside its curvature. An output bias, which moves by its constant
    /// `q` times `-Sum alpha_j`, adds `q (Sum alpha_j)^2`.
    pub affine: Option<f64>,
    /// Of the tangent kernel (W Corollary 6): the squared norms of the parts `f_1`, `f_2`, `f_3` that
    /// `K_RF` (with an output bias), `Int c^2 1 1` and `x x' Int c^2 1 1` contribute; they add up to `square`.
    pub parts: Option<[f64; 3]>,
}

impl Norm {
    /// `Int |f''|^2 / nu` over the whole range of the knots.
    pub fn curvature(&self) -> Option<f64> {
        self.affine.map(|affine| (self.square - affine).max(0.0))
    }

    /// The share of the squared norm that the affine part costs; 0 of a norm of 0.
    pub fn affine_share(&self) -> Option<f64> {
        self.affine.map(|affine| if affine == 0.0 { 0.0 } else { affine / self.square })
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
        // Entries of the kernel and their sums err by a few roundings of the largest terms.
        let terms = alpha.mapv(f64::abs);
        let rounding = 4.0 * f64::EPSILON * terms.dot(&gram.mapv(f64::abs).dot(&terms));
        let square = alpha.dot(&gram.dot(&alpha)).max(0.0);
        if self.regime == Regime::Tangent {
            let (mut second, mut third) = (Sum::default(), Sum::default());
            for (i, &x) in self.x.iter().enumerate() {
                for (j, &y) in self.x[..=i].iter().enumerate() {
                    let twice = if i == j { 1.0 } else { 2.0 };
                    let term = twice * self.alpha[i] * self.alpha[j] * self.kernel.both_active(x, y);
                    second.add(term);
                    third.add(x * y * term);
                }
            }
            let (second, third) = (second.value(), third.value());
            let parts = Some([square - second - third, second, third].map(|part| part.max(0.0)));
            return Norm { square, rounding, affine: None, parts };
        }
        let total: f64 = self.alpha.iter().sum();
        let moment: f64 = self.alpha.iter().zip(self.x).map(|(a, x)| a * x).sum();
        let affine = affine_cost(self.kernel, total, moment);
        Norm { square, rounding, affine, parts: None }
    }
}

/// `Int nu_+ nu_- / nu (moment - total x)^2`, and what an output bias costs: see [`Norm::affine`]. `None` if the knots have no density.
pub(super) fn affine_cost(kernel: &Kernel, total: f64, moment: f64) -> Option<f64> {
    let affine = over_knots(kernel, &kernel.knot_bounds(), |x, [right, left]| {
        if right == 0.0 || left == 0.0 {
            return 0.0;
        }
        right * (left / (right + left)) * (moment - total * x).powi(2)
    });
    affine.map(|integral| integral.value.max(0.0) + kernel.output_bias() * total * total)
}

/// `Int |f''|^2 / nu` over all of the line: infinite where `f''` is not zero and there are no
/// knots, `None` if the knots have no density.
///
/// * `breaks`: where `f''` is not smooth.
pub fn curvature_norm(kernel: &Kernel, breaks: &[f64], second: impl Fn(f64) -> f64) -> Option<Integral> {
    let mut ends = breaks.to_vec();
    ends.extend(kernel.knot_bounds());
    let mut without_knots = false;
    let integral = over_knots(kernel, &ends, |x, [right, left]| {
        let (bend, nu) = (second(x), right + left);
        if bend != 0.0 && nu == 0.0 {
            without_knots = true;
        }
        if bend == 0.0 || nu == 0.0 { 0.0 } else { bend * (bend / nu) }
    })?;
    Some(if without_knots { Integral { value: f64::INFINITY, error: 0.0 } } else { integral })
}

/// `Int f(x, [nu_+, nu_-]) dx` over all of the line; `None` if the knots have no density.
fn over_knots(kernel: &Kernel, breaks: &[f64], mut f: impl FnMut(f64, [f64; 2]) -> f64) -> Option<Integral> {
    kernel.knot_density(0.0)?;
    let mut at = |x: f64| f(x, kernel.knot_density(x).expect("asked above"));
    let mut edges = breaks.to_vec();
    let reach = 2.0 * edges.iter().fold(1.0, |most: f64, x| most.max(x.abs()));
    edges.extend([-reach, reach]);
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    // Each piece must be good relative to the sum of all, which takes a rough look first.
    let rough = integrate(&mut at, -reach, reach, &edges, 0.0, 1e-2).value.abs();
    let absolute = RELATIVE * rough / edges.len() as f64;
    let mut total = Integral { value: 0.0, error: 0.0 };
    for edge in edges.windows(2) {
        total = total + integrate(&mut at, edge[0], edge[1], &[], absolute, RELATIVE);
    }
    // Beyond, in v = 1/x: what is left there decays like a power of x.
    for side in [-1.0, 1.0] {
        let inverse = |v: f64| at(side / v) / (v * v);
        total = total + integrate(inverse, 0.0, 1.0 / reach, &[], absolute, RELATIVE);
    }
    Some(total)
}
