//! Sums whose error does not grow with the number of terms.

/// A compensated sum (Neumaier 1974): the rounding errors of the additions are summed beside the
/// sum itself.
///
/// The value of `m` terms `t_i` errs by about `eps |Sum t_i| + m eps^2 Sum |t_i|`, where plain
/// addition errs by up to `m eps Sum |t_i|`. Sums of chunks are [merged](Sum::merge) in the order
/// of the chunks, so that bits do not depend on the number of threads.
///
/// ```
/// use reluflow::math::sum::{Sum, sum};
/// assert_eq!(sum([1e16, 1.0, -1e16]), 1.0);
/// assert_eq!(sum(std::iter::repeat_n(1e-5, 100_000)), 1.0);
/// let mut total = Sum::default();
/// total.add(f64::INFINITY);
/// assert_eq!(total.value(), f64::INFINITY); // what overflows stays as plain addition has it
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    sum: f64,
    /// What rounding has taken away from `sum`.
    lost: f64,
}

impl Sum {
    /// Adds a term.
    #[inline]
    pub fn add(&mut self, term: f64) {
        let (sum, lost) = two_sum(self.sum, term);
        self.sum = sum;
        self.lost += lost;
    }

    /// Adds the sum of another chunk.
    pub fn merge(&mut self, other: &Sum) {
        self.add(other.sum);
        self.lost += other.lost;
    }

    /// The sum.
    pub fn value(&self) -> f64 {
        // Of an infinite sum, what was lost is not a number.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// `a + b` rounded, and exactly what the rounding took away (Knuth), unless the sum overflows.
#[inline]
pub fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

/// The compensated sum of all terms, in their order.
pub fn sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    terms.into_iter().for_each(|term| sum.add(term));
    sum.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_does_not_grow_with_the_number_of_terms() {
        for m in [10, 100_000, 1_000_000] {
            let mass = 1.0 / f64::from(m);
            let exact = f64::from(m).mul_add(mass, -1.0); // m * mass - 1 in one rounding
            assert!((sum(std::iter::repeat_n(mass, m as usize)) - 1.0 - exact).abs() <= 2.3e-16, "{m}");
        }
    }

    #[test]
    fn chunks_add_to_the_same() {
        let terms: Vec<f64> =
            (0..10_000).map(|i| (f64::from(i) * 0.7).sin() * 1e3f64.powi(i % 7 - 3)).collect();
        let mut total = Sum::default();
        for chunk in terms.chunks(77) {
            let mut part = Sum::default();
            chunk.iter().for_each(|&term| part.add(term));
            total.merge(&part);
        }
        let whole = sum(terms.iter().copied());
        assert!((total.value() - whole).abs() <= f64::EPSILON * whole.abs(), "{} {whole}", total.value());
    }

    #[test]
    fn what_is_not_finite_stays() {
        assert!(sum([1.0, f64::NAN]).is_nan());
        assert_eq!(sum([1e308, 1e308, -1e308]), f64::INFINITY);
        assert_eq!(sum([]), 0.0);
    }
}
