//! Gradient flow with a constant kernel, in linear time and memory.

use crate::math::lanczos::largest_eigenvalue;
use crate::math::semiseparable::{ChainFactor, Smoothed};
use crate::math::sum::{Sum, sum};
use crate::problem::Samples;

use super::KernelError;
use super::kernels::{Kernel, Regime};
use super::limit::{Norm, affine_cost};
use super::line::{Line, Moved, STATE, moved};

/// Where pivots are lost the limit is that of a ridge of this share of the fastest rate: what the dense code cannot tell
/// from rounding either.
const LOST: f64 = 64.0 * f64::EPSILON;
/// Extreme eigenvalues are found to this, or with so many products at most.
const RATES: f64 = 1e-4;
const PRODUCTS: usize = 60;

/// As [`GradientFlow`](super::GradientFlow), for any number of samples: the kernel is a chain from sample to sample, of rank
/// 4 (mathematics, section 17), and everything costs time and memory linear in samples and points.
///
/// * The limit is solved for by a square-root factor that loses no modes to rounding where samples are close. Where the
///   kernel has fewer modes than there are samples, the limit is that of a ridge of `64 eps` times the fastest rate.
/// * Times go by eight complex shifts each (a rational approximation of the exponential that is good to 3e-14).
/// * Of the rates the extremes are known, by the Lanczos process.
///
/// ```
/// use reluflow::kernel::{BiasLaw, Kernel, LinearFlow, Regime, SlopeLaw, StartLaw, WeightLaw};
/// use reluflow::problem::Samples;
/// let weights = WeightLaw::Independent {
///     a: SlopeLaw::Sign { size: 1.0 },
///     b: BiasLaw::Uniform { low: -1.0, high: 1.0 },
/// };
/// let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
/// let samples = Samples::new(&[0.0, 1.0], &[0.0, 0.0])?;
/// let flow = LinearFlow::new(&kernel, Regime::RandomFeatures, &samples, &[0.5])?;
/// // Moves to the minimum-norm interpolant of (0, 1), (1, 2): c_0 K(x, 0) + c_1 K(x, 1).
/// let limit = flow.limit(&[1.0, 2.0]);
/// let value = |x| (0..2).map(|j| limit.coefficients[j] * kernel.features(x, j as f64)).sum::<f64>();
/// assert!((value(1.0) - 2.0).abs() < 1e-12);
/// assert!((limit.at_points[0] - value(0.5)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct LinearFlow {
    regime: Regime,
    line: Line,
    x: Vec<f64>,
    /// `1 / n_j` along the chain, infinite where there is no sample.
    inverse_weight: Vec<f64>,
    factor: ChainFactor<STATE>,
    /// The ridge that the limit has; 0 where it interpolates.
    ridge: f64,
    lost: usize,
    /// Least and largest.
    rates: [f64; 2],
}

/// How a function has moved: by `Sum_j coefficient_j K(x, x_j)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    /// One per sample.
    pub coefficients: Vec<f64>,
    /// At the samples.
    pub at_samples: Vec<f64>,
    /// At the points.
    pub at_points: Vec<f64>,
}

/// What a ridge makes of residuals.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// The motion.
    pub motion: Motion,
    /// `tr K (K + lambda N^-1)^-1`: how many parameters it uses.
    pub parameters: f64,
    /// `ln det (N^1/2 K N^1/2 / lambda + 1)`.
    pub log_determinant: f64,
}

impl LinearFlow {
    /// * `points`: where functions are evaluated, ascending.
    ///
    /// # Errors
    /// No neuron of the law is active at any sample, or the kernel is not finite.
    pub fn new(
        kernel: &Kernel,
        regime: Regime,
        samples: &Samples,
        points: &[f64],
    ) -> Result<LinearFlow, KernelError> {
        let line = Line::new(kernel, regime, samples.x(), points);
        let mut inverse_weight = vec![f64::INFINITY; line.chain.len()];
        for (to, n) in inverse_weight[line.before..].iter_mut().zip(samples.weight()) {
            *to = 1.0 / n;
        }
        let mut flow = LinearFlow {
            regime,
            x: samples.x().to_vec(),
            inverse_weight,
            factor: ChainFactor::default(),
            ridge: 0.0,
            lost: 0,
            rates: [0.0; 2],
            line,
        };
        flow.check(samples)?;
        let root: Vec<f64> = samples.weight().iter().map(|n| n.sqrt()).collect();
        let scaled = |v: &[f64]| -> Vec<f64> { v.iter().zip(&root).map(|(v, root)| v * root).collect() };
        let largest =
            largest_eigenvalue(samples.len(), RATES, PRODUCTS, |v| scaled(&flow.product(&scaled(v))));
        if largest <= 0.0 {
            return Err(KernelError::Zero);
        }
        flow.factor.refactor(&flow.line.chain, &flow.diagonal(0.0));
        flow.lost = flow.factor.lost();
        flow.rates = [LOST * largest, largest];
        if flow.lost > 0 {
            flow.ridge = LOST * largest;
            flow.factor.refactor(&flow.line.chain, &flow.diagonal(flow.ridge));
        } else {
            let divided = |v: &[f64]| -> Vec<f64> { v.iter().zip(&root).map(|(v, root)| v / root).collect() };
            let inverse = largest_eigenvalue(samples.len(), RATES, PRODUCTS, |v| {
                let mut b = flow.padded(&divided(v));
                flow.factor.solve(&flow.line.chain, &mut b);
                divided(flow.of_samples(&b))
            });
            flow.rates[0] = 1.0 / inverse;
        }
        Ok(flow)
    }

    fn check(&self, samples: &Samples) -> Result<(), KernelError> {
        let diagonal = self.line.chain.diagonal();
        let of_samples = &diagonal[self.line.before..][..samples.len()];
        match of_samples.iter().position(|value| !value.is_finite()) {
            Some(i) => Err(KernelError::NonFinite { i, j: i, value: of_samples[i] }),
            None if of_samples.iter().all(|&value| value == 0.0) => Err(KernelError::Zero),
            None => Ok(()),
        }
    }

    /// The largest rate.
    pub fn largest_rate(&self) -> f64 {
        self.rates[1]
    }

    /// The least rate; that of the ridge where modes are lost.
    pub fn least_rate(&self) -> f64 {
        self.rates[0]
    }

    /// Their ratio; infinite where modes are lost.
    pub fn condition_number(&self) -> f64 {
        if self.lost > 0 { f64::INFINITY } else { self.rates[1] / self.rates[0] }
    }

    /// How many samples follow from those before, by rounding, so that the limit has a ridge.
    pub fn dropped(&self) -> usize {
        self.lost
    }

    /// Samples along the chain, with nothing where there are none.
    fn padded(&self, of_samples: &[f64]) -> Vec<f64> {
        let mut b = vec![0.0; self.line.chain.len()];
        b[self.line.before..][..of_samples.len()].copy_from_slice(of_samples);
        b
    }

    fn of_samples<'a, T>(&self, along: &'a [T]) -> &'a [T] {
        &along[self.line.before..][..self.line.samples]
    }

    fn diagonal(&self, ridge: f64) -> Vec<f64> {
        let entry = |&inverse: &f64| if inverse == f64::INFINITY { inverse } else { ridge * inverse };
        self.inverse_weight.iter().map(entry).collect()
    }

    /// `K v`.
    pub fn product(&self, v: &[f64]) -> Vec<f64> {
        self.of_samples(&self.line.chain.product(&self.padded(v))).to_vec()
    }

    fn motion(&self, Moved { coefficients, states, pulls }: Moved) -> Motion {
        Motion {
            coefficients: self.of_samples(&coefficients).to_vec(),
            at_samples: self.of_samples(&states).iter().map(|state| state[0]).collect(),
            at_points: self.line.at_points(&states, &pulls),
        }
    }

    /// How the function moves in all time from residuals `rho(0)` (with the sign of `rho`: the function is
    /// `f_0 - motion`).
    pub fn limit(&self, rho: &[f64]) -> Motion {
        self.motion(from(self.factor.smooth(&self.line.chain, &self.padded(rho))))
    }

    /// How it has moved at the time `t`.
    pub fn at(&self, rho: &[f64], t: f64) -> Motion {
        if t == f64::INFINITY {
            return self.limit(rho);
        }
        if t == 0.0 {
            let zero = vec![0.0; self.x.len()];
            let at_points = vec![0.0; self.line.points()];
            return Motion { coefficients: zero.clone(), at_samples: zero, at_points };
        }
        self.motion(moved(&self.line.chain, &self.inverse_weight, &self.padded(rho), t))
    }

    /// The minimiser of `1/2 Sum_j n_j (f_0 - motion - y)_j^2 + lambda/2 |motion|^2`: kernel ridge regression.
    ///
    /// * `lambda > 0`.
    pub fn ridge(&self, rho: &[f64], lambda: f64) -> Ridge {
        let diagonal = self.diagonal(lambda);
        let factor = ChainFactor::new(&self.line.chain, &diagonal);
        let motion = self.motion(from(factor.smooth(&self.line.chain, &self.padded(rho))));
        let inverse = factor.inverse_diagonal(&self.line.chain);
        let (own, inverse) = (self.of_samples(&diagonal), self.of_samples(&inverse));
        let parameters = sum(own.iter().zip(inverse).map(|(d, inverse)| 1.0 - d * inverse));
        let log_determinant = factor.log_determinant() - own.iter().map(|d| d.ln()).sum::<f64>();
        Ridge { motion, parameters, log_determinant }
    }

    /// The squared norm of a motion.
    pub fn norm(&self, kernel: &Kernel, motion: &Motion) -> Norm {
        let (mut square, mut rounding) = (Sum::default(), 0.0);
        for (c, moved) in motion.coefficients.iter().zip(&motion.at_samples) {
            square.add(c * moved);
            rounding += 4.0 * f64::EPSILON * (c * moved).abs();
        }
        let square = square.value().max(0.0);
        if self.regime == Regime::Tangent {
            let activity = |of: &dyn Fn(usize) -> f64| self.activity_norm(of);
            let second = activity(&|j| motion.coefficients[j]);
            let third = activity(&|j| motion.coefficients[j] * self.x[j]);
            let parts = Some([(square - second - third).max(0.0), second, third]);
            return Norm { square, rounding, affine: None, parts };
        }
        // Sums of coefficients cancel: where rounding is all that is left of them there is no figure.
        let total = sum(motion.coefficients.iter().copied());
        let moment = sum(motion.coefficients.iter().zip(&self.x).map(|(c, x)| c * x));
        let terms = motion.coefficients.iter().map(|c| c.abs()).sum::<f64>() * f64::EPSILON;
        let affine = affine_cost(kernel, total, moment);
        let lost = affine_cost(kernel, terms, 0.0);
        let affine = affine.filter(|&cost| lost.is_some_and(|lost| lost < 1e-3 * cost));
        Norm { square, rounding, affine, parts: None }
    }

    /// `Int c^2 (Sum_(j active) v_j)^2`, over the law: a sum of squares.
    fn activity_norm(&self, v: &dyn Fn(usize) -> f64) -> f64 {
        let (line, n) = (&self.line, self.line.chain.len());
        let at = |place: usize| match place.checked_sub(line.before) {
            Some(j) if j < line.samples => v(j),
            _ => 0.0,
        };
        let mut norm = Sum::default();
        let mut before = Sum::default();
        for place in 0..n {
            before.add(at(place));
            let cost = line.activity.get(place).map_or(line.active_ends[1], |activity| activity[1]);
            norm.add(cost * before.value().powi(2));
        }
        let mut after = Sum::default();
        for place in (0..n).rev() {
            after.add(at(place));
            let cost = if place == 0 { line.active_ends[0] } else { line.activity[place - 1][0] };
            norm.add(cost * after.value().powi(2));
        }
        norm.value()
    }

    /// `f''` of the function `-motion` just inside the gaps between samples, at their left and right ends; `None` where it has
    /// none (see [`KernelFunction::second_derivative`](super::KernelFunction::second_derivative)).
    pub fn second_derivative(&self, kernel: &Kernel, motion: &Motion) -> Option<Vec<[f64; 2]>> {
        if self.regime == Regime::Tangent {
            return None;
        }
        kernel.knot_density(0.0)?;
        let (x, c) = (&self.x, &motion.coefficients);
        // Sum_(j beyond) c_j |x_j - x|, on either side.
        let reach = |order: &mut dyn Iterator<Item = usize>| {
            let mut out = vec![0.0; x.len()];
            let (mut zeroth, mut first, mut last): (f64, f64, Option<usize>) = (0.0, 0.0, None);
            for i in order {
                if let Some(last) = last {
                    first += zeroth * (x[i] - x[last]).abs();
                }
                out[i] = first;
                zeroth += c[i];
                last = Some(i);
            }
            out
        };
        let right = reach(&mut (0..x.len()).rev());
        let left = reach(&mut (0..x.len()));
        let gap = |i: usize| {
            let inside = 1e-9 * (x[i + 1] - x[i]);
            [(i, x[i] + inside), (i + 1, x[i + 1] - inside)].map(|(j, at)| {
                let [nu_right, nu_left] = kernel.knot_density(at).expect("asked above");
                -(nu_right * right[j] + nu_left * left[j])
            })
        };
        Some((0..x.len() - 1).map(gap).collect())
    }
}

fn from(Smoothed { weights, states, pulls }: Smoothed<STATE>) -> Moved {
    Moved { coefficients: weights, states, pulls }
}
