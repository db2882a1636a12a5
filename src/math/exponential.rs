//! `exp x - 1` without branches, so that a loop over rows becomes vector instructions with the same bits whatever their
//! width.

use std::f64::consts::LOG2_E;

/// `ln 2` in two parts, of which the first has trailing zeros: whole multiples of it are exact.
const LN_2: [f64; 2] = [0.693_145_751_953_125, 1.428_606_820_309_417_2e-6];
/// Adding this rounds to the nearest whole number, which then is in the low bits (for `|x| < 2^51`).
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this the result is -1, above that as large as a double can be.
const RANGE: [f64; 2] = [-60.0, 709.0];

/// `exp x - 1` within 3 ulp; `exp 709 - 1` for all larger `x`.
///
/// The rational function is that of the Cephes library (S. Moshier, `unity.c`).
///
/// ```
/// use reluflow::math::exponential::exp_m1;
/// assert_eq!((exp_m1(0.0), exp_m1(1e-20)), (0.0, 1e-20));
/// assert!((exp_m1(1.0) - 1.718_281_828_459_045).abs() < 5e-16);
/// ```
#[inline(always)]
pub fn exp_m1(x: f64) -> f64 {
    let x = x.clamp(RANGE[0], RANGE[1]);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    // exp x = 2^n exp r, |r| <= ln(2) / 2.
    let r = (x - n * LN_2[0]) - n * LN_2[1];
    let z = r * r;
    let p = 1.261_771_930_748_105_9e-4;
    let p = p * z + 3.029_944_077_074_419_6e-2;
    let p = r * (p * z + 1.0);
    let q = 3.001_985_051_386_644_6e-6;
    let q = q * z + 2.524_483_403_496_841e-3;
    let q = q * z + 2.272_655_482_081_550_3e-1;
    let q = q * z + 2.0;
    let rest = p / (q - p);
    // Half of 2^n, and twice the result: 2^1024 is not a double.
    let half = f64::from_bits(shifted.to_bits().wrapping_add(1022) << 52);
    2.0 * (half * (rest + rest) + (half - 0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_library() {
        for i in -400_000..=400_000 {
            let x = (f64::from(i) * 2e-5).sinh() * 0.4755;
            let (found, expected) = (exp_m1(x), x.exp_m1());
            assert!((found - expected).abs() <= 7e-16 * expected.abs(), "x = {x}: {found} {expected}");
        }
        for x in [-40.0, -59.0, -61.0, -709.0, -800.0, f64::NEG_INFINITY] {
            assert_eq!(exp_m1(x), -1.0, "x = {x}");
        }
        assert!(exp_m1(f64::INFINITY) > 8e307 && exp_m1(f64::NAN).is_nan());
    }
}
