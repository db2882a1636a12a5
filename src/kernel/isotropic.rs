//! Kernels of laws whose directions are uniform on the circle, in closed form.

use std::f64::consts::{PI, TAU};

/// `Int <xt,w>_+ <xt',w>_+ mu0` for an isotropic `w` with `E|w|^2 = 1` (section 12; W eq. 26 with
/// the sign of its middle bracket corrected): half the arc-cosine kernel of order 1.
///
/// With `phi` the angle between `xt` and `xt'`,
///
/// ```text
/// K = (|xt| |xt'| sin phi + (pi - phi) <xt, xt'>) / (4 pi),    |xt| |xt'| sin phi = |x - x'|
/// ```
///
/// ```
/// use reluflow::kernel::isotropic::features;
/// assert!((features(-1.0, 0.5) - 0.194668).abs() < 5e-7);
/// assert!((features(1.0, 1.0) - 0.5).abs() < 1e-15); // half of E <xt,w>^2 = |xt|^2 / 2
/// ```
pub fn features(x: f64, y: f64) -> f64 {
    ((x - y).abs() + (PI - angle(x, y)) * (x * y + 1.0)) / (4.0 * PI)
}

/// The probability that a neuron is active at both points.
///
/// ```
/// use reluflow::kernel::isotropic::both_active;
/// assert_eq!(both_active(3.0, 3.0), 0.5);
/// assert!((both_active(-1.0, 1.0) - 0.25).abs() < 1e-15); // xt and xt' are orthogonal
/// ```
pub fn both_active(x: f64, y: f64) -> f64 {
    (PI - angle(x, y)) / TAU
}

/// The density `nu` of [`Kernel::knot_density`](super::Kernel::knot_density) for the neurons of
/// one facing, `E|w|^2 = 1`: `E[|a|^3 delta(a x - b); a > 0] = 1 / (2 pi (1 + x^2)^2)`.
pub fn knot_density(x: f64) -> f64 {
    let square = 1.0 + x * x;
    1.0 / (TAU * square * square)
}

/// The density of the knots of one facing: `P[a x - b in dx; a > 0] = 1 / (2 pi (1 + x^2))`.
pub fn plain_knot_density(x: f64) -> f64 {
    1.0 / (TAU * (1.0 + x * x))
}

/// The angle between `xt` and `yt`, in `[0, pi)`, accurate also when it is small.
fn angle(x: f64, y: f64) -> f64 {
    (x - y).abs().atan2(x * y + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Section 12, as printed there, with `C = 1` and `x <= x'`.
    fn printed(x: f64, y: f64) -> f64 {
        let (u, v) = (1.0 + x * x, 1.0 + y * y);
        ((PI - y.atan() + x.atan()) * (x * y + 1.0)
            + (x / u - y / v) * (x * y - 1.0)
            + (x + y) * (y * y / v - x * x / u))
            / (4.0 * PI)
    }

    #[test]
    fn it_is_the_formula_of_section_12() {
        for (x, y) in [(-1.0, 0.5), (-3.0, 7.0), (0.0, 0.0), (0.2, 0.200001), (-40.0, -2.0), (5.0, 5.0)] {
            let (a, b) = (features(x, y), printed(x, y));
            assert!((a - b).abs() < 1e-14 * (1.0 + (x * y).abs()), "{x} {y}: {a} {b}");
            assert_eq!(features(y, x), a);
        }
    }
}
