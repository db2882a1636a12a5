//! The two kernels of infinitely wide networks, as functions of two points.

use ndarray::{Array2, parallel::prelude::*};

use crate::math::quadrature::Integral;

use super::independent::{self, Average};
use super::isotropic;
use super::knot_density::knot_density;
use super::law::{BiasLaw, SlopeLaw, StartLaw, WeightLaw};

/// Which layers learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regime {
    /// Only the output weights `c`: the random-features kernel `K_RF`.
    RandomFeatures,
    /// All weights, linearised around the start: the tangent kernel `K_NTK`.
    Tangent,
}

impl Regime {
    /// Both.
    pub const ALL: [Regime; 2] = [Regime::RandomFeatures, Regime::Tangent];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Regime::RandomFeatures => "random_features",
            Regime::Tangent => "tangent",
        }
    }
}

/// The kernels of a start law (section 12):
///
/// ```text
/// K_RF(x, x')  = Int <xt,w>_+ <xt',w>_+ mu0
/// K_NTK(x, x') = K_RF(x, x') + (x x' + 1) Int c^2 1{<xt,w> > 0} 1{<xt',w> > 0} mu0
/// ```
///
/// Both gain a constant where the network has an [output bias](Kernel::with_output_bias) that learns.
///
/// ```
/// use reluflow::kernel::{BiasLaw, Kernel, SlopeLaw, StartLaw, WeightLaw};
/// // a = +-1, b uniform on [-1, 1]: at x = x' = 1 half the neurons face the point, all active.
/// let weights = WeightLaw::Independent {
///     a: SlopeLaw::Sign { size: 1.0 },
///     b: BiasLaw::Uniform { low: -1.0, high: 1.0 },
/// };
/// let kernel = Kernel::new(StartLaw { weights, output_second_moment: 2.0 });
/// assert!((kernel.features(1.0, 1.0) - 2.0 / 3.0).abs() < 1e-15); // 1/2 . 1/2 Int_-1^1 (1-b)^2
/// assert!((kernel.tangent(1.0, 1.0) - (2.0 / 3.0 + 2.0 * 2.0 * 0.5)).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    law: StartLaw,
    /// What an output bias adds.
    constant: f64,
}

impl Kernel {
    /// The kernels of this law.
    pub fn new(law: StartLaw) -> Kernel {
        Kernel { law, constant: 0.0 }
    }

    /// Those of networks whose output bias learns.
    ///
    /// * `constant`: `rate / kappa^2` of `db/dt = -rate Sum_j n_j rho_j`, which both kernels gain.
    pub fn with_output_bias(self, constant: f64) -> Kernel {
        Kernel { constant, ..self }
    }

    /// What both kernels have gained by an output bias.
    pub fn output_bias(&self) -> f64 {
        self.constant
    }

    /// The same law without an output bias.
    pub fn without_output_bias(&self) -> Kernel {
        Kernel { constant: 0.0, ..self.clone() }
    }

    /// The law.
    pub fn law(&self) -> &StartLaw {
        &self.law
    }

    /// `K_RF(x, y)`, with the constant of an output bias.
    pub fn features(&self, x: f64, y: f64) -> f64 {
        self.average(Average::Features, x, y).value + self.constant
    }

    /// `Int c^2 1{<xt,w> > 0} 1{<yt,w> > 0} mu0`.
    pub fn both_active(&self, x: f64, y: f64) -> f64 {
        let c2 = match self.law.weights {
            WeightLaw::Particles(_) => 1.0,
            _ => self.law.output_second_moment,
        };
        c2 * self.average(Average::BothActive, x, y).value
    }

    /// The second term of the tangent kernel, without `K_RF`.
    pub fn activation_term(&self, x: f64, y: f64) -> f64 {
        (x * y + 1.0) * self.both_active(x, y)
    }

    /// `K_NTK(x, y)`.
    pub fn tangent(&self, x: f64, y: f64) -> f64 {
        self.features(x, y) + self.activation_term(x, y)
    }

    /// The kernel of a regime.
    pub fn value(&self, regime: Regime, x: f64, y: f64) -> f64 {
        match regime {
            Regime::RandomFeatures => self.features(x, y),
            Regime::Tangent => self.tangent(x, y),
        }
    }

    /// How far off [`features`](Kernel::features) may be: rounding where there is a closed form,
    /// else the estimate of the quadrature.
    pub fn features_error(&self, x: f64, y: f64) -> f64 {
        self.average(Average::Features, x, y).error
    }

    /// Whether values come from an adaptive quadrature, not from a closed form.
    pub fn is_quadrature(&self) -> bool {
        matches!(
            self.law.weights,
            WeightLaw::Independent { a: SlopeLaw::Normal { .. }, .. }
                | WeightLaw::Independent { a: SlopeLaw::Uniform { .. }, b: BiasLaw::Normal { .. } }
        )
    }

    /// The average over the law; particles bring their `c^2` with them.
    fn average(&self, average: Average, x: f64, y: f64) -> Integral {
        let closed = |value: f64| Integral { value, error: 16.0 * f64::EPSILON * value.abs() };
        match (&self.law.weights, average) {
            (WeightLaw::Isotropic { second_moment }, Average::Features) => {
                closed(second_moment * isotropic::features(x, y))
            }
            (WeightLaw::Isotropic { .. }, Average::BothActive) => closed(isotropic::both_active(x, y)),
            // Half of them are active on either side of 0, and none at 0.
            (WeightLaw::ZeroBias { second_moment }, Average::Features) => {
                closed(0.5 * second_moment * (x * y).max(0.0))
            }
            (WeightLaw::ZeroBias { .. }, Average::BothActive) => closed(if x * y > 0.0 { 0.5 } else { 0.0 }),
            // <xt, w> = b_deviation <(ratio x, 1), standard normal>.
            (&WeightLaw::Normal { a_deviation, b_deviation }, Average::Features) => {
                let ratio = a_deviation / b_deviation;
                closed(2.0 * b_deviation * b_deviation * isotropic::features(ratio * x, ratio * y))
            }
            (&WeightLaw::Normal { a_deviation, b_deviation }, Average::BothActive) => {
                let ratio = a_deviation / b_deviation;
                closed(isotropic::both_active(ratio * x, ratio * y))
            }
            (&WeightLaw::Independent { a, b }, average) => independent::kernel(a, b, average, x, y),
            (WeightLaw::Particles(particles), Average::Features) => closed(particles.features(x, y)),
            (WeightLaw::Particles(particles), Average::BothActive) => closed(particles.both_active(x, y)),
        }
    }

    /// `nu_+(x)` and `nu_-(x)`, for the neurons that face right (`a > 0`) and left:
    /// `E[|a|^3 delta(a x - b)]` over either facing. `None` for particles and where all knots lie at 0: those have no
    /// density.
    ///
    /// The sum `nu` weighs curvature in the norm of the random-features kernel,
    /// `|f|^2 >= Int |f''|^2 / nu`. (W Theorem 5 prints `|a|` for `|a|^3`, which is the same only
    /// for `a = +-1`: doubling all weights divides the squared norm by 4, but leaves the printed
    /// `nu` as it is.)
    ///
    /// ```
    /// use reluflow::kernel::{Kernel, StartLaw, WeightLaw};
    /// let weights = WeightLaw::Isotropic { second_moment: 1.0 };
    /// let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
    /// let [right, left] = kernel.knot_density(1.0).unwrap();
    /// assert!((right - 1.0 / (8.0 * std::f64::consts::PI)).abs() < 1e-15 && left == right);
    /// ```
    pub fn knot_density(&self, x: f64) -> Option<[f64; 2]> {
        match self.law.weights {
            WeightLaw::Isotropic { second_moment } => Some([second_moment * isotropic::knot_density(x); 2]),
            WeightLaw::Normal { a_deviation, b_deviation } => {
                let ratio = a_deviation / b_deviation;
                let standard = 2.0 * isotropic::knot_density(ratio * x);
                Some([b_deviation * b_deviation * ratio.powi(3) * standard; 2])
            }
            WeightLaw::Independent { a, b } => {
                Some([true, false].map(|right| knot_density(a, b, x, right, 3)))
            }
            WeightLaw::ZeroBias { .. } | WeightLaw::Particles(_) => None,
        }
    }

    /// The density of the knots of either facing, times `E c^2`: `E[c^2 |a| delta(a x - b)]`.
    pub(super) fn activity_density(&self, x: f64) -> Option<[f64; 2]> {
        let c2 = self.law.output_second_moment;
        let density = match self.law.weights {
            WeightLaw::Isotropic { .. } => [isotropic::plain_knot_density(x); 2],
            WeightLaw::Normal { a_deviation, b_deviation } => {
                let ratio = a_deviation / b_deviation;
                [ratio * isotropic::plain_knot_density(ratio * x); 2]
            }
            WeightLaw::Independent { a, b } => [true, false].map(|right| knot_density(a, b, x, right, 1)),
            WeightLaw::ZeroBias { .. } | WeightLaw::Particles(_) => return None,
        };
        Some(density.map(|density| c2 * density))
    }

    /// Where the density of the knots is not smooth.
    pub fn knot_bounds(&self) -> Vec<f64> {
        let WeightLaw::Independent { a, b: BiasLaw::Uniform { low, high } } = self.law.weights else {
            return vec![];
        };
        match a {
            SlopeLaw::Sign { size } => [low, high, -low, -high].map(|b| b / size).to_vec(),
            SlopeLaw::Uniform { low: from, high: to } => {
                let slopes = [from, to].into_iter().filter(|&a| a != 0.0);
                slopes.flat_map(|a| [low / a, high / a]).chain([0.0]).collect()
            }
            SlopeLaw::Normal { .. } => vec![0.0],
        }
    }

    /// The matrix `K(rows_i, columns_j)`, rows computed in parallel.
    pub fn matrix(&self, regime: Regime, rows: &[f64], columns: &[f64]) -> Array2<f64> {
        let mut matrix = Array2::zeros((rows.len(), columns.len()));
        matrix.outer_iter_mut().into_par_iter().enumerate().for_each(|(i, mut row)| {
            for (j, entry) in row.iter_mut().enumerate() {
                *entry = self.value(regime, rows[i], columns[j]);
            }
        });
        matrix
    }

    /// The symmetric matrix `K(x_i, x_j)`, each pair computed once.
    pub fn gram(&self, regime: Regime, x: &[f64]) -> Array2<f64> {
        let s = x.len();
        let mut matrix = Array2::zeros((s, s));
        matrix.outer_iter_mut().into_par_iter().enumerate().for_each(|(i, mut row)| {
            for j in 0..=i {
                row[j] = self.value(regime, x[i], x[j]);
            }
        });
        for i in 0..s {
            for j in i + 1..s {
                matrix[[i, j]] = matrix[[j, i]];
            }
        }
        matrix
    }
}
