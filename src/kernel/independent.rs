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

    /// The density of `b`.
    fn density(self, b: f64) -> f64 {
        match self {
            BiasLaw::Uniform { low, high } if (low..=high).contains(&b) => 1.0 / (high - low),
            BiasLaw::Uniform { .. } => 0.0,
            BiasLaw::Normal { deviation } => normal::density(b / deviation) / deviation,
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

/// `Int_(a > 0, or a < 0) |a|^3 p_b(a x) p_a(da)`: see
/// [`Kernel::knot_density`](super::Kernel::knot_density).
pub(super) fn knot_density(a: SlopeLaw, b: BiasLaw, x: f64, right_facing: bool) -> f64 {
    if let (SlopeLaw::Uniform { low, high }, BiasLaw::Uniform { low: b_low, high: b_high }) = (a, b) {
        return uniform_knot_density([low, high], [b_low, b_high], x, right_facing);
    }
    let breaks = || {
        let mut breaks = vec![0.0];
        if x != 0.0 {
            breaks.extend(b.bounds().into_iter().map(|bound| bound / x));
        }
        breaks
    };
    let facing = |a: f64| if (a > 0.0) == right_facing { a.abs().powi(3) } else { 0.0 };
    over_slopes(a, false, breaks, |a| facing(a) * b.density(a * x)).value
}

/// As [`knot_density`], in closed form: the slopes whose knot may be `x` are an interval.
fn uniform_knot_density(a: [f64; 2], b: [f64; 2], x: f64, right_facing: bool) -> f64 {
    let [mut from, mut to] = if right_facing { [a[0].max(0.0), a[1]] } else { [a[0], a[1].min(0.0)] };
    if x == 0.0 {
        if !(b[0]..=b[1]).contains(&0.0) {
            return 0.0;
        }
    } else {
        let (one, other) = (b[0] / x, b[1] / x);
        (from, to) = (from.max(one.min(other)), to.min(one.max(other)));
    }
    if to <= from {
        return 0.0;
    }
    let fourth = |a: f64| 0.25 * a.powi(4) * a.signum();
    (fourth(to) - fourth(from)) / ((a[1] - a[0]) * (b[1] - b[0]))
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
