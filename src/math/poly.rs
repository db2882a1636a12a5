//! Cubic and quartic polynomials on the unit interval: values, integrals, first roots.

/// Value at `u` of the polynomial `c[0] + c[1] u + ...` (Horner).
///
/// ```
/// assert_eq!(reluflow::math::poly::value(&[1.0, 0.0, 2.0], 3.0), 19.0);
/// ```
#[inline(always)]
pub fn value(coefficients: &[f64], u: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * u + c)
}

/// Derivative at `u`.
#[inline(always)]
pub fn derivative(coefficients: &[f64], u: f64) -> f64 {
    let degree = coefficients.len() - 1;
    (1..=degree).rev().fold(0.0, |sum, p| sum * u + p as f64 * coefficients[p])
}

/// Coefficients of the cubic with values `y0, y1` and slopes `d0, d1` at 0 and 1.
///
/// ```
/// // u^3 has values 0, 1 and slopes 0, 3.
/// assert_eq!(reluflow::math::poly::hermite(0.0, 0.0, 1.0, 3.0), [0.0, 0.0, 0.0, 1.0]);
/// ```
#[inline(always)]
pub fn hermite(y0: f64, d0: f64, y1: f64, d1: f64) -> [f64; 4] {
    let rise = y1 - y0;
    [y0, d0, 3.0 * rise - 2.0 * d0 - d1, d0 + d1 - 2.0 * rise]
}

/// The antiderivative that is 0 at 0.
pub fn integral(c: &[f64; 4]) -> [f64; 5] {
    [0.0, c[0], c[1] / 2.0, c[2] / 3.0, c[3] / 4.0]
}

/// The first `u` in `(from, 1]` at which the polynomial (degree at most 4) becomes positive,
/// given that it is not positive just after `from`; exactly `from` when it is positive there
/// already or rises from zero there. `None` when it stays non-positive.
///
/// Double roots, where it only touches zero, do not count.
///
/// ```
/// use reluflow::math::poly::first_positive;
/// let u = first_positive(&[-0.25, 0.0, 1.0], 0.0).unwrap(); // u^2 > 1/4
/// assert!((u - 0.5).abs() < 1e-15);
/// assert_eq!(first_positive(&[-1.0, 1.0], 0.0), None);
/// assert_eq!(first_positive(&[0.0, 1.0], 0.0), Some(0.0));
/// ```
pub fn first_positive(coefficients: &[f64], from: f64) -> Option<f64> {
    let at_from = value(coefficients, from);
    if at_from > 0.0 || (at_from == 0.0 && derivative(coefficients, from) > 0.0) {
        return Some(from);
    }
    // Cheap exclusion: |p(u) - p(0)| <= sum of |c_1..| on [0, 1].
    let spread: f64 = coefficients[1..].iter().map(|c| c.abs()).sum();
    if coefficients[0] + spread <= 0.0 {
        return None;
    }
    // Between neighbouring stationary points the polynomial is monotone.
    let mut knots = [0.0; 6];
    let count = stationary_points(coefficients, from, &mut knots);
    let mut low = from;
    for &high in &knots[..count] {
        if value(coefficients, high) > 0.0 {
            return Some(bisect_newton(coefficients, low, high));
        }
        low = high;
    }
    None
}

/// Stationary points in `(from, 1)`, ascending, followed by 1; returns how many.
fn stationary_points(coefficients: &[f64], from: f64, out: &mut [f64; 6]) -> usize {
    let mut slope = [0.0; 4];
    let degree = coefficients.len() - 1;
    for p in 1..=degree {
        slope[p - 1] = p as f64 * coefficients[p];
    }
    let mut count = 0;
    let mut push = |u: f64, count: &mut usize| {
        if u > from && u < 1.0 {
            out[*count] = u;
            *count += 1;
        }
    };
    // Roots of the slope, found between the roots of its own derivative in turn.
    let [c0, c1, c2, c3] = slope;
    if c3 == 0.0 {
        for u in quadratic_roots(c2, c1, c0).into_iter().flatten() {
            push(u, &mut count);
        }
    } else {
        let mut low = from;
        let turns = quadratic_roots(3.0 * c3, 2.0 * c2, c1);
        for high in turns.into_iter().flatten().filter(|&u| u > from && u < 1.0).chain([1.0]) {
            let (at_low, at_high) = (value(&slope, low), value(&slope, high));
            if at_low < 0.0 && at_high >= 0.0 {
                push(bisect_newton(&slope, low, high), &mut count);
            } else if at_low > 0.0 && at_high <= 0.0 {
                push(bisect_newton(&slope.map(|c| -c), low, high), &mut count);
            }
            low = high;
        }
    }
    out[count] = 1.0;
    count + 1
}

/// Real roots of `a u^2 + b u + c`, ascending, without cancellation.
fn quadratic_roots(a: f64, b: f64, c: f64) -> [Option<f64>; 2] {
    if a == 0.0 {
        return [(b != 0.0).then(|| -c / b), None];
    }
    let discriminant = b * b - 4.0 * a * c;
    if discriminant < 0.0 {
        return [None, None];
    }
    let q = -0.5 * (b + discriminant.sqrt().copysign(b));
    let (u, v) = (q / a, if q == 0.0 { 0.0 } else { c / q });
    [Some(u.min(v)), Some(u.max(v))]
}

/// The root in `[low, high]` of a polynomial that is `<= 0` at `low` and `>= 0` at `high`:
/// Newton steps, kept inside a shrinking bracket.
fn bisect_newton(coefficients: &[f64], mut low: f64, mut high: f64) -> f64 {
    let mut u = 0.5 * (low + high);
    for _ in 0..100 {
        let f = value(coefficients, u);
        if f > 0.0 {
            high = u;
        } else {
            low = u;
        }
        let newton = u - f / derivative(coefficients, u);
        // The negated comparison also turns a NaN (slope 0) into a bisection.
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - u).abs() <= 1e-16 || high - low <= 1e-16 {
            return next;
        }
        u = next;
    }
    u
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_first_of_three_roots() {
        // (u - 0.2)(u - 0.5)(u - 0.9): positive on (0.2, 0.5).
        let c = [-0.09, 0.73, -1.6, 1.0];
        assert!((first_positive(&c, 0.0).unwrap() - 0.2).abs() < 1e-14);
        assert_eq!(first_positive(&c, 0.3), Some(0.3));
        assert!((first_positive(&c, 0.6).unwrap() - 0.9).abs() < 1e-14);
    }

    #[test]
    fn agrees_with_a_fine_scan() {
        let mut seed = 1u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        for _ in 0..20_000 {
            let c = [draw() - 0.5, 4.0 * draw(), 8.0 * draw(), 8.0 * draw(), 4.0 * draw()];
            let scan = (0..=2000).map(|i| f64::from(i) / 2000.0).find(|&u| value(&c, u) > 0.0);
            match (first_positive(&c, 0.0), scan) {
                (Some(u), Some(v)) => {
                    assert!(u <= v && value(&c, u).abs() < 1e-10 || u == 0.0, "{c:?} {u} {v}")
                }
                // A scan can miss a short positive stretch, never the other way round.
                (None, Some(v)) => panic!("{c:?}: missed a root before {v}"),
                _ => {}
            }
        }
    }
}
