//! Gradient flow with a constant kernel, in linear time and memory.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::math::semiseparable::{ChainFactor, Smoothed};
use crate::math::sum::{Sum, sum};
use crate::problem::Samples;

use super::KernelError;
use super::kernels::{Kernel, Regime};
use super::limit::{Norm, affine_cost};
use super::line::{Gather, Line, Motion, RoughMotions, STATE, moved};

/// As [`GradientFlow`](super::GradientFlow), for any number of samples: the kernel is a chain from sample to sample, of rank
/// 4 (mathematics, section 17), and everything costs time and memory linear in samples and points.
///
/// * Times go by eight complex shifts each (a rational approximation of the exponential that is good to 3e-14).
/// * The limit, and the extremes of the rates, are those of [`LinearLimit`](super::LinearLimit).
///
/// ```
/// use reluflow::kernel::{BiasLaw, Kernel, LinearFlow, Regime, SlopeLaw, StartLaw, WeightLaw};
/// use reluflow::problem::Samples;
/// let weights = WeightLaw::Independent {
///     a: SlopeLaw::Sign { size: 1.0 },
///     b: BiasLaw::Uniform { low: -1.0, high: 1.0 },
/// };
/// let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
/// let samples = Samples::new(&[1.0], &[0.0])?;
/// let flow = LinearFlow::new(&kernel, Regime::RandomFeatures, &samples, &[0.5])?;
/// // One sample, K(1, 1) = 2/3: of a residual of 3 the part 3 (1 - exp(-2/3 t)) is gone.
/// let moved = flow.at(&[3.0], 1.5);
/// assert!((moved.at_samples[0] - 3.0 * (1.0 - (-1.0f64).exp())).abs() < 1e-12);
/// let share = kernel.features(0.5, 1.0) / kernel.features(1.0, 1.0);
/// assert!((moved.at_points[0] - share * moved.at_samples[0]).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LinearFlow {
    regime: Regime,
    pub(super) line: Line,
    x: Vec<f64>,
    /// `1 / n_j` along the chain, infinite where there is no sample.
    inverse_weight: Vec<f64>,
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
        let diagonal = line.chain.diagonal();
        let of_samples = &diagonal[line.before..][..samples.len()];
        match of_samples.iter().position(|value| !value.is_finite()) {
            Some(i) => Err(KernelError::NonFinite { i, j: i, value: of_samples[i] }),
            None if of_samples.iter().all(|&value| value == 0.0) => Err(KernelError::Zero),
            None => Ok(LinearFlow { regime, x: samples.x().to_vec(), inverse_weight, line }),
        }
    }

    /// How many samples there are.
    pub(super) fn samples(&self) -> usize {
        self.x.len()
    }

    /// Multiplicities of the samples, as `1 / n_j`.
    pub(super) fn inverse_weight(&self) -> &[f64] {
        self.of_samples(&self.inverse_weight)
    }

    /// Samples along the chain, with nothing where there are none.
    pub(super) fn padded(&self, of_samples: &[f64]) -> Vec<f64> {
        let mut b = vec![0.0; self.line.chain.len()];
        b[self.line.before..][..of_samples.len()].copy_from_slice(of_samples);
        b
    }

    pub(super) fn of_samples<'a, T>(&self, along: &'a [T]) -> &'a [T] {
        &along[self.line.before..][..self.line.samples]
    }

    /// `ridge / n_j` along the chain.
    pub(super) fn diagonal(&self, ridge: f64) -> Vec<f64> {
        let entry = |&inverse: &f64| if inverse == f64::INFINITY { inverse } else { ridge * inverse };
        self.inverse_weight.iter().map(entry).collect()
    }

    /// `K v`.
    pub fn product(&self, v: &[f64]) -> Vec<f64> {
        self.of_samples(&self.line.chain.product(&self.padded(v))).to_vec()
    }

    /// What a factor makes of residuals.
    pub(super) fn smooth(&self, factor: &ChainFactor<STATE>, rho: &[f64]) -> Motion {
        let Smoothed { weights, states, pulls } = factor.smooth(&self.line.chain, &self.padded(rho));
        let mut motion = Motion::default();
        let mut gather = Gather::new(&self.line, &mut motion);
        for i in (0..weights.len()).rev() {
            gather.place(i, &states[i], &pulls[i], weights[i]);
        }
        motion
    }

    /// How the function has moved at a finite time `t` from residuals `rho(0)` (with the sign of `rho`: the function is
    /// `f_0 - motion`).
    pub fn at(&self, rho: &[f64], t: f64) -> Motion {
        if t == 0.0 {
            let zero = vec![0.0; self.x.len()];
            let at_points = vec![0.0; self.line.points()];
            return Motion { coefficients: zero.clone(), at_samples: zero, at_points };
        }
        moved(&self.line, &self.inverse_weight, &self.padded(rho), t)
    }

    /// The path from these residuals, to be looked at at many times.
    pub fn rough_path(&self, rho: &[f64]) -> RoughPath<'_> {
        RoughPath { flow: self, rho: self.padded(rho), memory: Mutex::default() }
    }

    /// The minimiser of `1/2 Sum_j n_j (f_0 - motion - y)_j^2 + lambda/2 |motion|^2`: kernel ridge regression.
    ///
    /// * `lambda > 0`.
    pub fn ridge(&self, rho: &[f64], lambda: f64) -> Ridge {
        let diagonal = self.diagonal(lambda);
        let factor = ChainFactor::new(&self.line.chain, &diagonal);
        let motion = self.smooth(&factor, rho);
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

    /// `K(x_j, x_j)`.
    pub(super) fn diagonal_of_samples(&self) -> Vec<f64> {
        self.of_samples(&self.line.chain.diagonal()).to_vec()
    }
}

/// Gradient flow from some residuals, four shifts a time: good to 2.4e-8 of the way.
#[derive(Debug)]
pub struct RoughPath<'a> {
    flow: &'a LinearFlow,
    rho: Vec<f64>,
    /// That no thread is using.
    memory: Mutex<Vec<RoughMotions>>,
}

impl RoughPath<'_> {
    /// `map` of what [`LinearFlow::at`] has at these times, all above 0, in parallel.
    pub fn at<T: Send>(&self, times: &[f64], map: impl Fn(&Motion) -> T + Sync) -> Vec<T> {
        let idle = || self.memory.lock().expect("no holder panics");
        let of = |times: &[f64]| -> Vec<T> {
            let mut motions = idle().pop().unwrap_or_default();
            let LinearFlow { line, inverse_weight, .. } = self.flow;
            let found = motions.at(line, inverse_weight, &self.rho, times).iter().map(&map).collect();
            idle().push(motions);
            found
        };
        // Two at once take less than one after the other.
        let found: Vec<Vec<T>> = times.par_chunks(2).with_max_len(1).map(of).collect();
        found.into_iter().flatten().collect()
    }
}
