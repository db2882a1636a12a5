//! Densities of knots of laws with independent `a` and `b`, in closed form.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::math::normal;
use crate::math::quadrature::gauss_legendre;

use super::law::{BiasLaw, SlopeLaw};

/// A rule that is exact to rounding for `a^3` times a normal density over two deviations.
static RULE: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(16));

/// `Int_(a > 0, or a < 0) |a|^power p_b(a x) p_a(da)`: see [`Kernel::knot_density`](super::Kernel::knot_density), which has
/// the power 3.
///
/// * `power`: 1 or 3.
pub(super) fn knot_density(a: SlopeLaw, b: BiasLaw, x: f64, right_facing: bool, power: i32) -> f64 {
    match (a, b) {
        (SlopeLaw::Sign { size }, b) => {
            0.5 * size.powi(power) * b.density(if right_facing { size * x } else { -size * x })
        }
        (SlopeLaw::Uniform { low, high }, BiasLaw::Uniform { low: from, high: to }) => {
            let [p, q] = within(sizes([low, high], right_facing), [from, to], x, right_facing);
            if q <= p {
                return 0.0;
            }
            (q.powi(power + 1) - p.powi(power + 1)) / f64::from(power + 1) / ((high - low) * (to - from))
        }
        (SlopeLaw::Uniform { low, high }, BiasLaw::Normal { deviation }) => {
            let [p, q] = sizes([low, high], right_facing);
            moment(p, q, x / deviation, power) / (deviation * (high - low))
        }
        (SlopeLaw::Normal { deviation }, BiasLaw::Uniform { low, high }) => {
            let [p, q] = within([0.0, f64::INFINITY], [low / deviation, high / deviation], x, right_facing);
            deviation.powi(power) * moment(p, q, 1.0, power) / (high - low)
        }
        (SlopeLaw::Normal { deviation: of_a }, BiasLaw::Normal { deviation: of_b }) => {
            let square = 1.0 + (of_a / of_b * x).powi(2);
            let integral = if power == 1 { 1.0 / square } else { 2.0 / (square * square) };
            of_a.powi(power) * integral / (2.0 * PI * of_b)
        }
    }
}

impl BiasLaw {
    fn density(self, b: f64) -> f64 {
        match self {
            BiasLaw::Uniform { low, high } if (low..=high).contains(&b) => 1.0 / (high - low),
            BiasLaw::Uniform { .. } => 0.0,
            BiasLaw::Normal { deviation } => normal::density(b / deviation) / deviation,
        }
    }
}

/// The sizes of the slopes of one facing in an interval; an empty interval if there are none.
fn sizes([low, high]: [f64; 2], right_facing: bool) -> [f64; 2] {
    if right_facing { [low.max(0.0), high.max(0.0)] } else { [(-high).max(0.0), (-low).max(0.0)] }
}

/// Those sizes `|a|` of `[p, q]` for which `a x` lies in an interval.
fn within([p, q]: [f64; 2], [low, high]: [f64; 2], x: f64, right_facing: bool) -> [f64; 2] {
    let x = if right_facing { x } else { -x };
    if x == 0.0 {
        return if low <= 0.0 && 0.0 <= high { [p, q] } else { [0.0, 0.0] };
    }
    let (one, other) = (low / x, high / x);
    [p.max(one.min(other)), q.min(one.max(other))]
}

/// `Int_p^q a^power phi(s a) da` with the standard normal density `phi`, `0 <= p`; 0 if `q <= p`.
fn moment(p: f64, q: f64, s: f64, power: i32) -> f64 {
    if q <= p {
        return 0.0;
    }
    let s = s.abs();
    // Differences of the closed form cancel over short intervals.
    if s * (q - p) <= 2.0 && s * p < 10.0 {
        let (middle, half) = (0.5 * (p + q), 0.5 * (q - p));
        let (nodes, weights) = &*RULE;
        let at = |z: f64| {
            let a = middle + half * z;
            a.powi(power) * normal::density(s * a)
        };
        return half * nodes.iter().zip(weights).map(|(&z, w)| w * at(z)).sum::<f64>();
    }
    let primitive = |a: f64| {
        let z = s * a;
        let factor = if power == 1 { 1.0 } else { z * z + 2.0 };
        if z < 38.0 { factor * normal::density(z) } else { 0.0 }
    };
    (primitive(p) - primitive(q)) / s.powi(power + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::quadrature::integrate;

    #[test]
    fn densities_are_their_integrals() {
        let slopes = [
            SlopeLaw::Uniform { low: -1.0, high: 2.0 },
            SlopeLaw::Uniform { low: 0.5, high: 2.0 },
            SlopeLaw::Normal { deviation: 0.7 },
        ];
        let biases = [
            BiasLaw::Uniform { low: -1.5, high: 1.0 },
            BiasLaw::Uniform { low: 0.3, high: 1.0 },
            BiasLaw::Normal { deviation: 1.2 },
        ];
        for (a, b) in slopes.into_iter().flat_map(|a| biases.map(|b| (a, b))) {
            for x in [0.0, 0.01, -0.4, 1.0, 3.0, -20.0, 300.0] {
                for (right, power) in [(true, 1), (true, 3), (false, 1), (false, 3)] {
                    let density = |slope: f64| match a {
                        SlopeLaw::Uniform { low, high } if (low..=high).contains(&slope) => {
                            1.0 / (high - low)
                        }
                        SlopeLaw::Normal { deviation } => normal::density(slope / deviation) / deviation,
                        _ => 0.0,
                    };
                    let sign = if right { 1.0 } else { -1.0 };
                    let f = |size: f64| size.powi(power) * density(sign * size) * b.density(sign * size * x);
                    let mut breaks: Vec<f64> =
                        [-1.5, -1.0, 0.3, 1.0].iter().map(|b: &f64| (b / x).abs()).collect();
                    breaks.extend([0.5, 1.0, 2.0, 3.0 / x.abs(), 10.0 / x.abs()]);
                    breaks.retain(|at| at.is_finite());
                    let expected = integrate(f, 0.0, 12.0, &breaks, 0.0, 1e-13).value;
                    let found = knot_density(a, b, x, right, power);
                    let off = (found - expected).abs();
                    assert!(
                        off <= 1e-12 * expected.abs(),
                        "{a:?} {b:?} {x} {right} {power}: {found:e} {expected:e}"
                    );
                }
            }
        }
    }
}
