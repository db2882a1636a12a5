//! How likely it is that no two samples share a piece of a random start (S Remark 1; mathematics, section 19).

use std::f64::consts::TAU;

use crate::math::special::stirling_rest;

/// The probability that each of these gaps between neighbouring samples holds at least one of `knots` independent
/// knots: then no piece of the function has two samples, and the start is *lonely*.
///
/// * `gaps`: probabilities `p_j` that a knot falls into each gap; their sum is at most 1.
///
/// ```text
/// P = H! [z^H] exp((1 - Sum p_j) z) Prod_j (exp(p_j z) - 1) = H! [z^H] exp(z) Prod_j (1 - exp(-p_j z))
/// ```
///
/// The coefficient is Cauchy's integral on the circle through the saddle, by the trapezoidal rule. All
/// coefficients are positive and fall like a normal density around the saddle, so that with points for twelve of its
/// deviations nothing but rounding is left. `O(s sqrt(H))`, for any number of knots.
///
/// ```
/// use reluflow::problem::lonely_probability;
/// // Two gaps, three knots: 1 - 2 (2/3)^3 + (1/3)^3.
/// let found = lonely_probability(&[1.0 / 3.0, 1.0 / 3.0], 3);
/// assert!((found - 12.0 / 27.0).abs() < 1e-14);
/// assert_eq!(lonely_probability(&[0.5, 0.5], 1), 0.0); // one knot cannot be in two gaps
/// ```
pub fn lonely_probability(gaps: &[f64], knots: usize) -> f64 {
    if gaps.is_empty() {
        return 1.0;
    }
    if knots < gaps.len() || gaps.iter().any(|p| *p <= 0.0) {
        return 0.0;
    }
    let count = knots as f64;
    if knots == gaps.len() {
        // H! Prod p_j
        let product: f64 = gaps.iter().map(|p| libm::log(p * count)).sum();
        return libm::exp(stirling_rest(count) - count + product);
    }
    let radius = saddle(gaps, count);
    let variance: f64 = radius * (1.0 + gaps.iter().map(|p| p * slope(p * radius)).sum::<f64>());
    // ln(H! g(R) / R^H): the first two are of the size of H and are taken apart from each other.
    let off = radius / count - 1.0;
    let level: f64 = stirling_rest(count) + count * (off - libm::log1p(off));
    let level = level + gaps.iter().map(|p| libm::log(-libm::expm1(-p * radius))).sum::<f64>();
    let points = (12.0 * variance.max(0.0).sqrt()).ceil() as usize + 64;
    let mut mean = 1.0;
    for k in 1..=points / 2 {
        let angle = TAU * k as f64 / points as f64;
        let weight = if 2 * k == points { 1.0 } else { 2.0 };
        mean += weight * relative(gaps, count, radius, angle);
    }
    (libm::exp(level) * mean / points as f64).clamp(0.0, 1.0)
}

/// `R` with `R + Sum_j p_j R / (exp(p_j R) - 1) = H`, the least of `g(R) / R^H`.
fn saddle(gaps: &[f64], count: f64) -> f64 {
    let above =
        |radius: f64| radius + gaps.iter().map(|p| p * radius / libm::expm1(p * radius)).sum::<f64>() - count;
    let (mut low, mut high) = (0.0, count);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if above(middle) > 0.0 { high = middle } else { low = middle }
    }
    high
}

/// The derivative of `u / (exp(u) - 1)`.
fn slope(u: f64) -> f64 {
    if u < 1e-4 {
        return -0.5 + u / 6.0;
    }
    let m = libm::expm1(u);
    if m.is_infinite() { 0.0 } else { (1.0 - u * (1.0 + 1.0 / m)) / m }
}

/// The real part of `g(z) / g(R) exp(-i H angle)`, `z = R exp(i angle)`.
fn relative(gaps: &[f64], count: f64, radius: f64, angle: f64) -> f64 {
    let (sin, cos) = libm::sincos(angle);
    // R cos - R, without cancellation.
    let mut size = -2.0 * radius * libm::sin(0.5 * angle).powi(2);
    let mut phase = radius * sin - count * angle;
    for p in gaps {
        let (x, y) = (p * radius * cos, p * radius * sin);
        // 1 - exp(-u) = -exp(-u) (1 - exp(u)): the one whose exponential is small.
        let (re, im) = if x >= 0.0 { one_less(x, y) } else { one_less(-x, -y) };
        size += 0.5 * libm::log(re * re + im * im) - libm::log(-libm::expm1(-p * radius));
        phase += libm::atan2(im, re);
        if x < 0.0 {
            size -= x;
            phase += std::f64::consts::PI - y;
        }
    }
    libm::exp(size) * libm::cos(phase)
}

/// `1 - exp(-(x + i y))`, `x >= 0`.
fn one_less(x: f64, y: f64) -> (f64, f64) {
    let small = libm::exp(-x);
    (2.0 * small * libm::sin(0.5 * y).powi(2) - libm::expm1(-x), small * libm::sin(y))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};

    /// Sum over sets of gaps that are empty.
    fn by_inclusion(gaps: &[f64], knots: usize) -> f64 {
        (0..1usize << gaps.len())
            .map(|set| {
                let of = |j: &usize| set >> j & 1 == 1;
                let empty: f64 = (0..gaps.len()).filter(of).map(|j| gaps[j]).sum();
                let sign = if set.count_ones() % 2 == 0 { 1.0 } else { -1.0 };
                sign * (1.0 - empty).powi(knots as i32)
            })
            .sum()
    }

    #[test]
    fn it_is_inclusion_and_exclusion() {
        let mut stream = Stream::new(3, Purpose::Drawing, 0);
        for trial in 0..200 {
            let s = 1 + trial % 12;
            let mut gaps: Vec<f64> = (0..s).map(|_| stream.unit()).collect();
            let total: f64 = gaps.iter().sum::<f64>() / if trial % 2 == 0 { 1.0 } else { stream.unit() };
            gaps.iter_mut().for_each(|p| *p /= total);
            for knots in [s, s + 1, 2 * s, 10 * s, 100 * s, 3000] {
                let (found, expected) = (lonely_probability(&gaps, knots), by_inclusion(&gaps, knots));
                // The sum cancels: 2^12 terms of size 1.
                assert!((found - expected).abs() < 4e-13, "{gaps:?} {knots}: {found} {expected}");
            }
        }
    }

    /// Averaged over uniform samples: `binom(H+1, s) / binom(H+s, s)` (section 19), here for `s = 2`, one gap of length
    /// `g` with density `2 (1 - g)`: `1 - Int 2 (1 - g)^(H+1) dg = 1 - 2 / (H + 2)`.
    #[test]
    fn the_mean_over_two_uniform_samples_is_that_of_section_19() {
        for knots in [1, 5, 1000, 1_000_000] {
            let f = |g: f64| 2.0 * (1.0 - g) * lonely_probability(&[g], knots);
            let breaks: Vec<f64> = (1..12).map(|k| 0.5f64.powi(2 * k)).collect();
            let mean = crate::math::quadrature::integrate(f, 0.0, 1.0, &breaks, 0.0, 1e-12).value;
            let h = knots as f64;
            let expected = h * (h + 1.0) / ((h + 2.0) * (h + 1.0));
            assert!((mean / expected - 1.0).abs() < 1e-11, "{knots}: {mean} {expected}");
        }
    }

    /// Rare events keep their digits: two gaps of tiny probability.
    #[test]
    fn small_probabilities_are_relative() {
        let (p, knots) = (1e-9, 1000);
        // H (H - 1) p^2, to the next order in H p.
        let expected = 999_000.0 * p * p * (1.0 - 998.0 * p);
        let found = lonely_probability(&[p, p], knots);
        assert!((found / expected - 1.0).abs() < 1e-10, "{found:e} {expected:e}");
    }
}
