//! Kernels of laws with independent `a` and `b`.
//!
//! The average over `b` is in closed form. For `b` uniform and `a` uniform or `+-1` the rest is
//! piecewise polynomial in `a` and done exactly by Gauss points on each piece; nothing is
//! subtracted, so that the relative error stays at rounding however far `x` lies outside the
//! range of the knots. Other laws are integrated adaptively, and say how far off they may be.

use crate::math::normal;
use crate::math::quadrature::{Integral, integrate};

use super::law::{BiasLaw, SlopeLaw};

/// Gauss-Legendre rule with two points on `[-1, 1]`: exact for cubic polynomials.
const GAUSS: f64 = 0.577_350_269_189_625_7;
/// Relative accuracy asked of adaptive integrals.
const RELATIVE: f64 = 1e-13;
/// Normal weights are integrated over this many standard deviations: beyond lie 1e-32 of them.
const TAIL: f64 = 12.0;

/// Either of the two averages over `b` that kernels are made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum Average {
    /// `E (u - b)_+ (v - b)_+`.
    Features,
    /// `P(b < u, b < v)`.
    BothActive,
}

impl BiasLaw {
    /// The average over `b` at `u = a x`, `v = a x'`.
    fn average(self, average: Average, u: f64, v: f64) -> f64 {
        let least = u.min(v);
        match (self, average) {
            (BiasLaw::Uniform { low, high }, Average::Features) => {
                let top = least.min(high);
                if top <= low {
                    return 0.0;
                }
                let (middle, half) = (0.5 * (low + top), 0.5 * (top - low));
                let at = |b: f64| (u - b) * (v - b);
                half * (at(middle - GAUSS * half) + at(middle + GAUSS * half)) / (high - low)
            }
            (BiasLaw::Uniform { low, high }, Average::BothActive) => {
                ((least - low) / (high - low)).clamp(0.0, 1.0)
            }
            (BiasLaw::Normal { deviation }, Average::Features) => {
                let z = least / deviation;
                let (below, density) = (normal::below(z), normal::density(z));
                let sum = u * v * below
                    + (u + v) * deviation * density
                    + deviation * deviation * (below - z * density);
                sum.max(0.0)
            }
            (BiasLaw::Normal { deviation }, Average::BothActive) => normal::below(least / deviation),
        }
    }

    /// Where the average over `b` changes its formula.
    fn bounds(self) -> Vec<f64> {
        match self {
            BiasLaw::Uniform { low, high } => vec![low, high],
            BiasLaw::Normal { .. } => vec![],
        }
    }
}

/// The average over `a` and `b` of the product that `average` names.
pub(super) fn kernel(a: SlopeLaw, b: BiasLaw, average: Average, x: f64, y: f64) -> Integral {
    // Formulas change where a x or a y meets a bound of b, and where a x and a y change order.
    let breaks = || {
        let mut breaks = vec![0.0];
        for bound in b.bounds() {
            breaks.extend([x, y].into_iter().filter(|&x| x != 0.0).map(|x| bound / x));
        }
        breaks
    };
    over_slopes(a, matches!(b, BiasLaw::Uniform { .. }), breaks, |a| b.average(average, a * x, a * y))
}

/// The average of `f` over `a`, whose formula changes at `breaks`.
///
/// * `cubic`: between the breaks `f` is a polynomial of degree 3 at most.
fn over_slopes(a: SlopeLaw, cubic: bool, breaks: impl Fn() -> Vec<f64>, f: impl Fn(f64) -> f64) -> Integral {
    match a {
        SlopeLaw::Sign { size } => exact(0.5 * (f(-size) + f(size))),
        SlopeLaw::Uniform { low, high } if cubic => {
            let mut ends = breaks();
            ends.retain(|&at| at > low && at < high);
            ends.extend([low, high]);
            ends.sort_by(f64::total_cmp);
            let piece = |ends: &[f64]| {
                let (middle, half) = (0.5 * (ends[0] + ends[1]), 0.5 * (ends[1] - ends[0]));
                if half > 0.0 { half * (f(middle - GAUSS * half) + f(middle + GAUSS * half)) } else { 0.0 }
            };
            exact(ends.windows(2).map(piece).sum::<f64>() / (high - low))
        }
        SlopeLaw::Uniform { low, high } => {
            let sum = integrate(f, low, high, &breaks(), 0.0, RELATIVE);
            Integral { value: sum.value / (high - low), error: sum.error / (high - low) }
        }
        SlopeLaw::Normal { deviation } => {
            let weighted = |z: f64| normal::density(z) * f(deviation * z);
            let mut scaled: Vec<f64> = breaks().into_iter().map(|at| at / deviation).collect();
            scaled.extend([-3.0, -1.0, 1.0, 3.0]);
            integrate(weighted, -TAIL, TAIL, &scaled, 0.0, RELATIVE)
        }
    }
}

fn exact(value: f64) -> Integral {
    Integral { value, error: 16.0 * f64::EPSILON * value.abs() }
}
