//! Motion of one free particle inside one region (mathematics, section 5; W eq. 12 and 16):
//!
//! ```text
//! dr/dt = -<g, d> - lambda sign(r),      dtheta/dt = -r <g, t>
//! ```
//!
//! Time here is `u` in `[0, 1]` over the step, and `g` and `lambda` are multiplied by the step
//! size. Angles are measured from the particle's own direction at the start, where
//! `<g, d> = pull` and `<g, t> = turn`: only sines of small angles are needed then.

use crate::flow::field::Vec2;
use crate::flow::moments::{RegionMoments, SIGMA, SIGMA_RATE, SIGN, SIGN_RATE};
use crate::math::trig::sin_cos_small;

/// The largest angle one Runge-Kutta step may turn by: [`sin_cos_small`] is exact up to here.
pub const MAX_TURN: f64 = 0.125;

/// Over an explicit substep the faster one of both modes ([`growth`]) decays or grows by this many times the largest turn
/// at most. The error is a fifth power of that times the angle in the mode, and the angle is a largest turn at most.
pub const STEEP: f64 = 2.5;
/// The same for the growing mode alone, whose error is relative to a deviation however small.
pub const GROWTH: f64 = 2.0;
/// A particle is integrated implicitly if its motion decays, over the rest of the step, by more than this many largest
/// turns: as many explicit substeps would cost more.
const STIFF: f64 = 30.0;

/// `g` in the frame of a particle: `(<g, d>, <g, t>)` with `d = (cos, sin)`, `t = (-sin, cos)`.
#[inline(always)]
pub fn seen(g: Vec2, sin: f64, cos: f64) -> Vec2 {
    [g[0] * cos + g[1] * sin, g[1] * cos - g[0] * sin]
}

/// `(dr/du, dphi/du)` at amplitude `r` and angle `phi` from the direction in which `g` was seen.
#[inline(always)]
pub fn rates(r: f64, sin: f64, cos: f64, g: Vec2, tv: f64) -> Vec2 {
    [-(g[0] * cos + g[1] * sin) - tv, r * (g[0] * sin - g[1] * cos)]
}

/// The rate (per `u`) at which deviations from the motion of a particle grow.
///
/// With `along = r <g, d>` and `across = <g, t>` the Jacobian of the rates is
/// `[[0, -across], [-across, along]]`: of its eigenvalues `(along +- sqrt(along^2 + 4 across^2)) / 2` one is not
/// negative, and one not positive.
#[inline(always)]
pub fn growth(r: f64, [pull, across]: Vec2) -> f64 {
    let along = r * pull;
    0.5 * (along + (along * along + 4.0 * across * across).sqrt())
}

/// An explicit substep may be as long as the largest turn divided by this: the angle turned per `u`, or `|r <g, d>|`, about
/// the rate of the faster mode, over [`STEEP`], or the rate of the growing mode over [`GROWTH`], whichever is largest.
#[inline(always)]
pub fn demand(r: f64, g: Vec2) -> f64 {
    let steepness = (r * g[0]).abs();
    (r * g[1]).abs().max(steepness * (1.0 / STEEP)).max(growth(r, g) * (1.0 / GROWTH))
}

/// Whether the motion decays so fast that it is integrated implicitly over the rest `left` of the step.
#[inline(always)]
pub fn is_stiff(r: f64, [pull, _]: Vec2, left: f64, turn: f64) -> bool {
    -r * pull * left > STIFF * turn
}

/// A classical fourth-order Runge-Kutta step of length `du`.
///
/// * `g`: the field seen from the start direction, at the start, middle and end of the step.
/// * `tv`: `h lambda sign(r)`.
///
/// Returns the new `r`, the angle turned, and the largest angle of any stage: above [`MAX_TURN`]
/// the result is not to be used.
#[inline(always)]
pub fn runge_kutta(r: f64, g: [Vec2; 3], tv: f64, du: f64) -> (f64, f64, f64) {
    let half = 0.5 * du;
    let k1 = [-g[0][0] - tv, -r * g[0][1]];
    let phi2 = half * k1[1];
    let (sin, cos) = sin_cos_small(phi2);
    let k2 = rates(r + half * k1[0], sin, cos, g[1], tv);
    let phi3 = half * k2[1];
    let (sin, cos) = sin_cos_small(phi3);
    let k3 = rates(r + half * k2[0], sin, cos, g[1], tv);
    let phi4 = du * k3[1];
    let (sin, cos) = sin_cos_small(phi4);
    let k4 = rates(r + du * k3[0], sin, cos, g[2], tv);
    let sixth = du / 6.0;
    let r1 = r + sixth * (k1[0] + 2.0 * (k2[0] + k3[0]) + k4[0]);
    let phi = sixth * (k1[1] + 2.0 * (k2[1] + k3[1]) + k4[1]);
    (r1, phi, phi2.abs().max(phi3.abs()).max(phi4.abs()).max(phi.abs()))
}

/// The largest excursion within unit time of a quantity whose rate changes linearly from `before` to `after`, where
/// these have opposite signs; else 0.
#[inline(always)]
pub fn overshoot(before: f64, after: f64) -> f64 {
    if before * after < 0.0 { 0.5 * before * before / (before.abs() + after.abs()) } else { 0.0 }
}

/// What a free particle of this mass contributes to its region's moments; `TV` says whether the
/// sign moments are wanted.
///
/// With `dtheta/dt = omega` and `dr/dt = v`,
/// `d/dt (d d^T + r^2 t t^T) = omega (1 - r^2) (t d^T + d t^T) + 2 r v t t^T`.
/// Rates are per `u`, not per time.
#[inline(always)]
pub fn contribution<const TV: bool>(mass: f64, r: f64, sin: f64, cos: f64, rate: Vec2) -> RegionMoments {
    let [v, omega] = rate;
    let mut out = [0.0; crate::flow::moments::REGION];
    let (ss, sc, cc) = (sin * sin, sin * cos, cos * cos);
    let rr = r * r;
    let (across, along) = (mass * omega * (1.0 - rr), mass * 2.0 * r * v);
    out[0] = mass * r * cos;
    out[1] = mass * r * sin;
    out[SIGMA] = mass * (cc + rr * ss);
    out[SIGMA + 1] = mass * (1.0 - rr) * sc;
    out[SIGMA + 2] = mass * (ss + rr * cc);
    out[SIGMA_RATE] = along * ss - 2.0 * across * sc;
    out[SIGMA_RATE + 1] = across * (cc - ss) - along * sc;
    out[SIGMA_RATE + 2] = along * cc + 2.0 * across * sc;
    if TV {
        let signed = mass.copysign(r);
        out[SIGN] = signed * cos;
        out[SIGN + 1] = signed * sin;
        out[SIGN_RATE] = -signed * omega * sin;
        out[SIGN_RATE + 1] = signed * omega * cos;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|sin psi| exp(r^2/2)` is constant inside a region while `g` is (section 5).
    #[test]
    fn frozen_field_keeps_the_invariant_to_fourth_order() {
        let (g, theta0, r0) = ([0.7f64, -1.1f64], 0.3f64, 1.2f64);
        let invariant = |r: f64, theta: f64| (theta - g[1].atan2(g[0])).sin().abs() * (0.5 * r * r).exp();
        let error = |steps: usize| {
            let (mut r, mut theta) = (r0, theta0);
            for _ in 0..steps {
                let (sin, cos) = theta.sin_cos();
                let (r1, phi, turn) = runge_kutta(r, [seen(g, sin, cos); 3], 0.0, 0.4 / steps as f64);
                assert!(turn < MAX_TURN);
                (r, theta) = (r1, theta + phi);
            }
            (invariant(r, theta) / invariant(r0, theta0) - 1.0).abs()
        };
        let errors: Vec<f64> = [8, 16, 32, 64].map(error).to_vec();
        for pair in errors.windows(2) {
            let order = (pair[0] / pair[1]).log2();
            assert!(order > 3.8 && order < 5.2, "order {order}, errors {errors:?}");
        }
    }

    /// The rates of the moments against finite differences of the moments.
    #[test]
    fn moment_rates_are_derivatives() {
        let (r, theta, v, omega) = (0.8, 0.6, -0.3, 1.7);
        let at = |t: f64| {
            let (sin, cos) = (theta + omega * t).sin_cos();
            contribution::<true>(0.5, r + v * t, sin, cos, [v, omega])
        };
        let (before, now, after) = (at(-1e-5), at(0.0), at(1e-5));
        for (value, rate) in [(2, 5), (3, 6), (4, 7), (8, 10), (9, 11)] {
            let difference = (after[value] - before[value]) / 2e-5;
            assert!((difference - now[rate]).abs() < 1e-9, "{value}: {difference} {}", now[rate]);
        }
    }
}
