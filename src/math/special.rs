//! Special functions of start laws.

/// `exp(x) K_0(x)` with the modified Bessel function of the second kind, `x > 0`.
///
/// `K_0(x) = Int_0^inf exp(-x cosh t) dt` by the trapezoidal rule, which converges geometrically: the integrand is
/// even and entire, and falls doubly exponentially.
///
/// ```
/// // Abramowitz and Stegun, table 9.8: K_0(1) = 0.421024438240708.
/// let scaled = reluflow::math::special::bessel_k0_scaled(1.0);
/// assert!((scaled * (-1f64).exp() - 0.421_024_438_240_708).abs() < 1e-15);
/// ```
pub fn bessel_k0_scaled(x: f64) -> f64 {
    const STEP: f64 = 0.0625;
    let mut sum = 0.5;
    for k in 1.. {
        // cosh t - 1 = 2 sinh^2(t / 2)
        let half = libm::sinh(0.5 * STEP * f64::from(k));
        let exponent = 2.0 * x * half * half;
        if exponent > 740.0 || exponent.is_nan() {
            break;
        }
        sum += libm::exp(-exponent);
    }
    // Of a narrow integrand the rule sees only the middle: its series there.
    if x > 40.0 { (std::f64::consts::FRAC_PI_2 / x).sqrt() * asymptotic(x) } else { STEP * sum }
}

/// `Int_x^inf K_0`, `x >= 0`; `pi / 2` at 0.
///
/// `Int_0^inf exp(-x cosh t) / cosh t dt` by the trapezoidal rule, good to 1e-15.
///
/// ```
/// use std::f64::consts::FRAC_PI_2;
/// let beyond = reluflow::math::special::bessel_k0_beyond;
/// assert!((beyond(0.0) - FRAC_PI_2).abs() < 1e-15);
/// // Its derivative is -K_0(1) = -0.421024438240708.
/// let slope = (beyond(1.0 + 1e-4) - beyond(1.0 - 1e-4)) / 2e-4;
/// assert!((slope + 0.421_024_438_240_708).abs() < 1e-8);
/// ```
pub fn bessel_k0_beyond(x: f64) -> f64 {
    const STEP: f64 = 0.125;
    let term = |k: u32| {
        let cosh = libm::cosh(STEP * f64::from(k));
        libm::exp(-x * cosh) / cosh
    };
    STEP * (0.5 * term(0) + (1..=320).map(term).sum::<f64>())
}

/// `sqrt(2 x / pi) exp(x) K_0(x)` of a large argument (DLMF 10.40.2).
fn asymptotic(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..12 {
        let odd = f64::from(2 * k - 1);
        term *= -odd * odd / (8.0 * x * f64::from(k));
        sum += term;
    }
    sum
}

/// The exponential integral `E_1(x) = Int_x^inf exp(-t) / t dt`, `x > 0`: its series below 1, its continued fraction
/// above (DLMF 6.6.2, 6.9.1).
///
/// ```
/// // Abramowitz and Stegun, table 5.1: E_1(1) = 0.219383934.
/// assert!((reluflow::math::special::exponential_integral(1.0) - 0.219_383_934_395_520_3).abs() < 1e-15);
/// ```
pub fn exponential_integral(x: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if x < 1.0 {
        let (mut term, mut sum) = (1.0, 0.0);
        for k in 1..30 {
            term *= -x / f64::from(k);
            sum -= term / f64::from(k);
        }
        return sum - EULER - libm::log(x);
    }
    // From the tail of the fraction exp(-x) / (x + 1 - 1 / (x + 3 - 4 / (x + 5 - ...))).
    let mut fraction = 0.0;
    for k in (1..120).rev() {
        let k = f64::from(k);
        fraction = k * k / (x + 2.0 * k + 1.0 - fraction);
    }
    libm::exp(-x) / (x + 1.0 - fraction)
}

/// `ln n! - n ln n + n`: what is left of the factorial beside its largest part, so that nothing large cancels.
///
/// ```
/// // 1! = 1 and 1 ln 1 - 1 = -1.
/// assert!((reluflow::math::special::stirling_rest(1.0) - 1.0).abs() < 1e-15);
/// ```
pub fn stirling_rest(n: f64) -> f64 {
    if n == 0.0 {
        return 0.0;
    }
    if n < 30.0 {
        return libm::lgamma(n + 1.0) - n * libm::log(n) + n;
    }
    let square = n * n;
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / n;
    0.5 * libm::log(std::f64::consts::TAU * n) + series
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::quadrature::integrate;

    #[test]
    fn both_functions_are_their_integrals() {
        for x in [1e-30, 1e-8, 0.03, 0.7, 0.999, 1.0, 1.7, 9.0, 39.0, 41.0, 700.0] {
            let end = (1480.0 / x + 2.0f64).acosh();
            let f = |t: f64| (-2.0 * x * (0.5 * t).sinh().powi(2)).exp();
            let expected = integrate(f, 0.0, end, &[0.1, 0.3, 1.0, 0.5 * end], 0.0, 1e-14).value;
            let found = bessel_k0_scaled(x);
            assert!((found / expected - 1.0).abs() < 2e-14, "K0({x}): {found} {expected}");
            // With t = x e^s.
            let f = |s: f64| (x - x * s.exp()).exp();
            let end = (1.0 + 740.0 / x).ln();
            let expected = integrate(f, 0.0, end, &[0.01 * end, 0.1 * end, 0.5 * end], 0.0, 1e-14).value;
            let found = exponential_integral(x) * x.exp();
            assert!((found / expected - 1.0).abs() < 5e-14, "E1({x}): {found} {expected}");
        }
    }

    #[test]
    fn factorials_are_products() {
        let mut ln = 0.0;
        for n in 1..100 {
            let n = f64::from(n);
            ln += n.ln();
            assert!((stirling_rest(n) - (ln - n * n.ln() + n)).abs() < 1e-12, "{n}");
        }
    }
}
