//! Sine and cosine without branches, so that a loop over particles becomes vector instructions.
//!
//! The library's `sin_cos` is a call per particle; these inline into the push (which spends most
//! of its time here) and give the same bits whatever the vector width. The coefficients are the
//! minimax ones of the Cephes library (S. Moshier, `sin.c`).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4};

/// `pi/2` minus its nearest double.
const FRAC_PI_2_LOW: f64 = 6.123_233_995_736_766e-17;
/// Adding and subtracting this rounds to the nearest whole number (for `|x| < 2^51`).
const ROUND: f64 = 6_755_399_441_055_744.0;

/// `(sin, cos)` of `x` with `|x| <= pi/4`, from even polynomials; error below 1.2 ulp.
#[inline(always)]
fn octant(x: f64) -> (f64, f64) {
    let z = x * x;
    let sin = 1.589_623_015_765_465_7e-10;
    let sin = sin * z - 2.505_074_776_285_780_7e-8;
    let sin = sin * z + 2.755_731_362_138_572_2e-6;
    let sin = sin * z - 1.984_126_982_958_954e-4;
    let sin = sin * z + 8.333_333_333_322_118e-3;
    let sin = sin * z - 1.666_666_666_666_663e-1;
    let cos = -1.135_853_652_138_768_2e-11;
    let cos = cos * z + 2.087_570_084_197_473e-9;
    let cos = cos * z - 2.755_731_417_929_674e-7;
    let cos = cos * z + 2.480_158_728_885_171e-5;
    let cos = cos * z - 1.388_888_888_887_306_6e-3;
    let cos = cos * z + 4.166_666_666_666_66e-2;
    (x + x * z * sin, 1.0 - 0.5 * z + z * z * cos)
}

/// `(sin x, cos x)` for `|x| <= 1000`, within 2 ulp of 1.
///
/// ```
/// let (sin, cos) = reluflow::math::trig::sin_cos(2.0);
/// assert!((sin - 2f64.sin()).abs() < 3e-16 && (cos - 2f64.cos()).abs() < 3e-16);
/// ```
#[inline(always)]
pub fn sin_cos(x: f64) -> (f64, f64) {
    let quadrant = (x * FRAC_2_PI + ROUND) - ROUND;
    let (sin, cos) = octant((x - quadrant * FRAC_PI_2) - quadrant * FRAC_PI_2_LOW);
    // quadrant mod 4 as a double in {-2, -1, 0, 1, 2}.
    let q = quadrant - 4.0 * ((quadrant * 0.25 + ROUND) - ROUND);
    let odd = q * q == 1.0;
    let (a, b) = if odd { (cos, -sin) } else { (sin, cos) };
    // Quadrants 0 and 1 keep the sign, 2 and 3 (= -2 and -1) turn it.
    let turned = q == -1.0 || q * q == 4.0;
    if turned { (-a, -b) } else { (a, b) }
}

/// `(sin x, cos x)` for `|x| <= 1/8` to full precision.
#[inline(always)]
pub fn sin_cos_small(x: f64) -> (f64, f64) {
    let z = x * x;
    let sin = -1.0 / 39_916_800.0;
    let sin = sin * z + 1.0 / 362_880.0;
    let sin = sin * z - 1.0 / 5040.0;
    let sin = sin * z + 1.0 / 120.0;
    let sin = sin * z - 1.0 / 6.0;
    let cos = -1.0 / 3_628_800.0;
    let cos = cos * z + 1.0 / 40_320.0;
    let cos = cos * z - 1.0 / 720.0;
    let cos = cos * z + 1.0 / 24.0;
    let cos = cos * z - 0.5;
    (x + x * z * sin, 1.0 + z * cos)
}

/// `atan x`, without branches, within 2 ulp.
///
/// The rational function and the ranges are those of the Cephes library (S. Moshier, `atan.c`).
///
/// ```
/// use reluflow::math::trig::atan;
/// assert!((atan(1.0) - std::f64::consts::FRAC_PI_4).abs() < 2e-16);
/// ```
#[inline(always)]
pub fn atan(x: f64) -> f64 {
    atan_ratio(x, 1.0)
}

/// `atan(y / x)` for `x > 0`, with one division less.
///
/// ```
/// use reluflow::math::trig::{atan, atan_ratio};
/// assert!((atan_ratio(-1.0, 3.0) - atan(-1.0 / 3.0)).abs() < 3e-16);
/// ```
#[inline(always)]
pub fn atan_ratio(y: f64, x: f64) -> f64 {
    // tan(3 pi / 8)
    let (size, far, middle) = (y.abs(), y.abs() > 2.414_213_562_373_095 * x, y.abs() > 0.66 * x);
    let (over, under) = if far {
        (-x, size)
    } else if middle {
        (size - x, size + x)
    } else {
        (size, x)
    };
    let base = if far {
        FRAC_PI_2
    } else if middle {
        FRAC_PI_4
    } else {
        0.0
    };
    let low = if far {
        FRAC_PI_2_LOW
    } else if middle {
        0.5 * FRAC_PI_2_LOW
    } else {
        0.0
    };
    let t = over / under;
    let z = t * t;
    let p = -8.750_608_600_031_904e-1;
    let p = p * z - 1.615_753_718_733_365_2e1;
    let p = p * z - 7.500_855_792_314_705e1;
    let p = p * z - 1.228_866_684_490_136_1e2;
    let p = p * z - 6.485_021_904_942_025e1;
    let q = z + 2.485_846_490_142_306_4e1;
    let q = q * z + 1.650_270_098_316_988_6e2;
    let q = q * z + 4.328_810_604_912_902_6e2;
    let q = q * z + 4.853_903_996_359_137e2;
    let q = q * z + 1.945_506_571_482_614e2;
    (base + (t + (t * z * (p / q) + low))).copysign(y)
}

/// Where [`atan_small`] may be used.
pub const SMALL: f64 = 0.2;

/// `atan x` for `|x| <= `[`SMALL`], by its series, within 2 ulp: a third of the work of [`atan`].
#[inline(always)]
pub fn atan_small(x: f64) -> f64 {
    let z = x * x;
    let p = -1.0 / 23.0;
    let p = p * z + 1.0 / 21.0;
    let p = p * z - 1.0 / 19.0;
    let p = p * z + 1.0 / 17.0;
    let p = p * z - 1.0 / 15.0;
    let p = p * z + 1.0 / 13.0;
    let p = p * z - 1.0 / 11.0;
    let p = p * z + 1.0 / 9.0;
    let p = p * z - 1.0 / 7.0;
    let p = p * z + 1.0 / 5.0;
    let p = p * z - 1.0 / 3.0;
    x + x * z * p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for i in -100_000..100_000 {
            let x = f64::from(i) * 7.3e-5;
            let ((sin, cos), (s, c)) = (sin_cos(x), x.sin_cos());
            assert!((sin - s).abs() <= 2.3e-16 && (cos - c).abs() <= 2.3e-16, "x = {x}");
        }
    }

    #[test]
    fn arc_tangents_agree_with_the_library() {
        for i in -200_000..=200_000 {
            let x = (f64::from(i) * 1e-4).sinh() * 1e-3;
            let (found, expected) = (atan(x), x.atan());
            assert!((found - expected).abs() <= 5e-16 * expected.abs(), "x = {x}: {found} {expected}");
        }
        assert_eq!((atan(f64::INFINITY), atan(0.0)), (FRAC_PI_2, 0.0));
        for i in -2000..=2000 {
            let x = f64::from(i) * 1e-4;
            let (found, expected) = (atan_small(x), x.atan());
            assert!((found - expected).abs() <= 5e-16 * expected.abs(), "x = {x}: {found} {expected}");
        }
    }

    #[test]
    fn small_angles_agree_with_the_library() {
        for i in -1250..=1250 {
            let x = f64::from(i) * 1e-4;
            let ((sin, cos), (s, c)) = (sin_cos_small(x), x.sin_cos());
            assert!((sin - s).abs() <= 3e-17 && (cos - c).abs() <= 1.2e-16, "x = {x}");
        }
    }
}
