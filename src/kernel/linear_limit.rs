//! The limit of gradient flow and the extremes of its rates, in linear time.

use crate::math::lanczos::largest_eigenvalue;
use crate::math::semiseparable::ChainFactor;

use super::KernelError;
use super::line::{Motion, STATE};
use super::linear_flow::LinearFlow;

/// Where pivots are lost the limit is that of a ridge of this share of the fastest rate: what the dense code cannot tell
/// from rounding either.
const LOST: f64 = 64.0 * f64::EPSILON;
/// The Lanczos process stops where a step changes an eigenvalue by less than this share, or after so many.
const RATES: f64 = 2e-3;
const PRODUCTS: usize = 60;

/// The limit of a [`LinearFlow`]: it is solved for by a square-root factor that loses no modes to rounding where samples are
/// close. Where the kernel has fewer modes than there are samples, the limit is that of a ridge of `64 eps` times the
/// fastest rate.
///
/// ```
/// use reluflow::kernel::{BiasLaw, Kernel, LinearFlow, LinearLimit, Regime, SlopeLaw, StartLaw, WeightLaw};
/// use reluflow::problem::Samples;
/// let weights = WeightLaw::Independent {
///     a: SlopeLaw::Sign { size: 1.0 },
///     b: BiasLaw::Uniform { low: -1.0, high: 1.0 },
/// };
/// let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
/// let samples = Samples::new(&[0.0, 1.0], &[0.0, 0.0])?;
/// let flow = LinearFlow::new(&kernel, Regime::RandomFeatures, &samples, &[0.5])?;
/// // Moves to the minimum-norm interpolant of (0, 1), (1, 2): c_0 K(x, 0) + c_1 K(x, 1).
/// let limit = LinearLimit::new(&flow)?.of(&[1.0, 2.0]);
/// let value = |x| (0..2).map(|j| limit.coefficients[j] * kernel.features(x, j as f64)).sum::<f64>();
/// assert!((value(1.0) - 2.0).abs() < 1e-12);
/// assert!((limit.at_points[0] - value(0.5)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct LinearLimit<'a> {
    flow: &'a LinearFlow,
    factor: ChainFactor<STATE>,
    extremes: Extremes,
}

/// The extremes of the rates of a flow whose other rates are not known, by the Lanczos process: within a few per cent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extremes {
    /// The least rate; that of the ridge where modes are lost.
    pub least: f64,
    /// The largest.
    pub largest: f64,
    /// How many samples follow from those before, by rounding, so that the limit has a ridge.
    pub lost: usize,
}

impl Extremes {
    /// Their ratio; infinite where modes are lost.
    pub fn condition_number(&self) -> f64 {
        if self.lost > 0 { f64::INFINITY } else { self.largest / self.least }
    }
}

impl LinearLimit<'_> {
    /// Factors.
    ///
    /// # Errors
    /// The kernel is zero at the samples.
    pub fn new(flow: &LinearFlow) -> Result<LinearLimit<'_>, KernelError> {
        let root: Vec<f64> = flow.inverse_weight().iter().map(|n| n.sqrt()).collect();
        let divided = |v: &[f64]| -> Vec<f64> { v.iter().zip(&root).map(|(v, root)| v / root).collect() };
        let scaled = |v: &[f64]| -> Vec<f64> { v.iter().zip(&root).map(|(v, root)| v * root).collect() };
        let chain = &flow.line.chain;
        let (largest, (mut factor, inverse)) = rayon::join(
            || largest_eigenvalue(flow.samples(), RATES, PRODUCTS, |v| divided(&flow.product(&divided(v)))),
            || {
                let factor = ChainFactor::new(chain, &flow.diagonal(0.0));
                let solve = |v: &[f64]| {
                    let mut b = flow.padded(&scaled(v));
                    factor.solve(chain, &mut b);
                    scaled(flow.of_samples(&b))
                };
                let inverse =
                    (factor.lost() == 0).then(|| largest_eigenvalue(flow.samples(), RATES, PRODUCTS, solve));
                (factor, inverse)
            },
        );
        if largest <= 0.0 {
            return Err(KernelError::Zero);
        }
        let lost = factor.lost();
        let least = inverse.map_or(LOST * largest, |inverse| 1.0 / inverse);
        if lost > 0 {
            factor.refactor(chain, &flow.diagonal(least));
        }
        Ok(LinearLimit { flow, factor, extremes: Extremes { least, largest, lost } })
    }

    /// How the function moves in all time from residuals `rho(0)`, with the sign of `rho`.
    pub fn of(&self, rho: &[f64]) -> Motion {
        self.flow.smooth(&self.factor, rho)
    }

    /// The extremes of the rates.
    pub fn extremes(&self) -> Extremes {
        self.extremes
    }
}
