//! Power laws fitted to means with error bars.

/// Half-widths of intervals are this many standard errors: 95 % of a normal law.
const NORMAL_95: f64 = 1.959963984540054;
/// The same of Student's law with 1, 2, ... degrees of freedom, where the scatter itself is estimated from so few points.
const STUDENT_95: [f64; 10] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/// `y = factor x^exponent`, fitted by weighted least squares in logarithms.
///
/// ```text
/// ln y_i = a + b (ln x_i - u),   weight_i = (y_i / e_i)^2,   u = weighted mean of ln x
/// ```
///
/// where `e_i` is the standard error of `y_i`. The standard errors of `a` and `b`, which are
/// uncorrelated, are those of the weights, raised by `sqrt(chi^2 / (n - 2))` where the points
/// scatter more than their errors allow.
///
/// ```
/// use reluflow::math::power_law::PowerLaw;
/// let law = PowerLaw::fit(&[1.0, 10.0, 100.0], &[2.0, 0.2, 0.02], &[0.2, 0.02, 0.002]).unwrap();
/// assert!((law.exponent() + 1.0).abs() < 1e-14);
/// assert!((law.value(1000.0) - 0.002).abs() < 1e-16);
/// // Weights 100 each, ln x = -ln 10, 0, ln 10: the variance of the exponent is 1 / (200 ln^2 10).
/// assert!((law.exponent_error() - 1.0 / (200f64.sqrt() * 10f64.ln())).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    middle: f64,
    level: f64,
    exponent: f64,
    level_variance: f64,
    exponent_variance: f64,
    chi_square: f64,
    /// Half-widths of intervals, in standard errors.
    quantile: f64,
}

impl PowerLaw {
    /// Fits points `x > 0`, `y > 0` with standard errors of `y`. Where an error is not a positive
    /// number all points weigh the same, their scatter alone makes the errors of the fit, and intervals are those of
    /// Student's law.
    ///
    /// `None` with fewer than two distinct `x`, or values that have no logarithm.
    pub fn fit(x: &[f64], y: &[f64], error: &[f64]) -> Option<PowerLaw> {
        let n = x.len();
        let usable = |v: &f64| *v > 0.0 && v.is_finite();
        if n < 2 || y.len() != n || error.len() != n || !x.iter().chain(y).all(usable) {
            return None;
        }
        let with_errors = error.iter().all(usable);
        let weight: Vec<f64> =
            (0..n).map(|i| if with_errors { (y[i] / error[i]).powi(2) } else { 1.0 }).collect();
        let total: f64 = weight.iter().sum();
        let mean = |value: &dyn Fn(usize) -> f64| (0..n).map(|i| weight[i] * value(i)).sum::<f64>() / total;
        let middle = mean(&|i| libm::log(x[i]));
        let level = mean(&|i| libm::log(y[i]));
        let (mut uu, mut uv) = (0.0, 0.0);
        for i in 0..n {
            let u = libm::log(x[i]) - middle;
            uu += weight[i] * u * u;
            uv += weight[i] * u * (libm::log(y[i]) - level);
        }
        if uu.is_nan() || uu <= 1e-24 * total {
            return None;
        }
        let exponent = uv / uu;
        let chi_square: f64 = (0..n)
            .map(|i| weight[i] * (libm::log(y[i]) - level - exponent * (libm::log(x[i]) - middle)).powi(2))
            .sum();
        let scatter = if n > 2 { chi_square / (n - 2) as f64 } else { 0.0 };
        let factor = if with_errors { scatter.max(1.0) } else { scatter };
        Some(PowerLaw {
            middle,
            level,
            exponent,
            level_variance: factor / total,
            exponent_variance: factor / uu,
            chi_square,
            quantile: match n.checked_sub(3) {
                Some(freedom) if !with_errors => STUDENT_95.get(freedom).copied().unwrap_or(2.2),
                _ => NORMAL_95,
            },
        })
    }

    /// The exponent: the slope in a plot with logarithmic axes.
    pub fn exponent(&self) -> f64 {
        self.exponent
    }

    /// Standard error of the exponent; 0 when two points without errors fix it.
    pub fn exponent_error(&self) -> f64 {
        self.exponent_variance.sqrt()
    }

    /// Half the width of the 95 % confidence interval of the exponent.
    pub fn exponent_margin(&self) -> f64 {
        self.quantile * self.exponent_error()
    }

    /// Weighted sum of squared distances to the line: about the number of points less two if they
    /// scatter as their errors allow.
    pub fn chi_square(&self) -> f64 {
        self.chi_square
    }

    /// The law at `x`.
    pub fn value(&self, x: f64) -> f64 {
        libm::exp(self.level + self.exponent * (libm::log(x) - self.middle))
    }

    /// Where the law has the value `y`: `(x, lower, upper)` with a 95 % interval, by propagating
    /// the errors of level and exponent to `ln x`. `None` for a law that does not change.
    pub fn solve(&self, y: f64) -> Option<(f64, f64, f64)> {
        if self.exponent == 0.0 || y.is_nan() || y <= 0.0 {
            return None;
        }
        let u = (libm::log(y) - self.level) / self.exponent;
        let spread = (self.level_variance + u * u * self.exponent_variance).sqrt() / self.exponent.abs();
        let at = |offset: f64| libm::exp(self.middle + u + offset * self.quantile * spread);
        Some((at(0.0), at(-1.0), at(1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};

    /// The normal equations, solved by hand for weights 1, 4, 1 and `ln x` = 0, 1, 3.
    #[test]
    fn weighted_least_squares_by_hand() {
        let x = [0.0f64, 1.0, 3.0].map(f64::exp);
        let v = [1.0, 0.0, -1.0];
        let y = v.map(f64::exp);
        let error = [y[0], 0.5 * y[1], y[2]];
        let law = PowerLaw::fit(&x, &y, &error).unwrap();
        // mean u = 7/6, mean v = 0, Suu = 13 - 49/6 = 29/6, Suv = -3 - 0 = -3.
        assert!((law.exponent() + 18.0 / 29.0).abs() < 1e-14);
        assert!((law.value(1.0).ln() - 7.0 / 6.0 * 18.0 / 29.0).abs() < 1e-14);
        // chi^2 = Svv - Suv^2 / Suu = 2 - 54/29 = 4/29 < 1: errors are those of the weights.
        assert!((law.exponent_error() - (6.0f64 / 29.0).sqrt()).abs() < 1e-14);
        // Without errors, weights 1: mean u = 4/3, Suu = 14/3, Suv = -3, Svv = 2.
        let plain = PowerLaw::fit(&x, &y, &[0.0; 3]).unwrap();
        assert!((plain.exponent() + 9.0 / 14.0).abs() < 1e-14);
        let chi_square = 2.0 - 9.0 * 3.0 / 14.0;
        assert!((plain.exponent_error() - (chi_square * 3.0 / 14.0f64).sqrt()).abs() < 1e-14);
    }

    /// Normal noise of unknown size: 95 % of the intervals hold the exponent.
    #[test]
    fn intervals_from_the_scatter_alone_hold_the_truth() {
        let x = [100.0f64, 1000.0, 10000.0];
        let (mut held, trials) = (0, 4000);
        for trial in 0..trials {
            let mut draw = Stream::new(6, Purpose::Noise, trial);
            let y = x.map(|x: f64| 3.0 * x.powf(-0.5) * (0.03 * draw.normal()).exp());
            let law = PowerLaw::fit(&x, &y, &[f64::NAN; 3]).unwrap();
            held += usize::from((law.exponent() + 0.5).abs() < law.exponent_margin());
        }
        // The binomial error is 0.35 %.
        let share = held as f64 / trials as f64;
        assert!((0.935..0.965).contains(&share), "{share}");
    }

    /// Normal noise of known size: 95 % of the intervals hold the exponent.
    #[test]
    fn intervals_hold_the_truth_as_often_as_they_say() {
        let x = [100.0, 300.0, 1000.0, 3000.0, 10000.0];
        let (mut held, mut solved, trials) = (0, 0, 4000);
        for trial in 0..trials {
            let mut draw = Stream::new(5, Purpose::Noise, trial);
            let exact = x.map(|x: f64| 3.0 * x.powf(-0.5));
            let y = exact.map(|y| y * (0.03 * draw.normal()).exp());
            let error = y.map(|y| 0.03 * y);
            let law = PowerLaw::fit(&x, &y, &error).unwrap();
            held += usize::from((law.exponent() + 0.5).abs() < law.exponent_margin());
            let (_, low, high) = law.solve(0.01).unwrap();
            solved += usize::from(low < 90000.0 && 90000.0 < high);
        }
        // Raising errors where points scatter widens some intervals; the binomial error is 0.35 %.
        for held in [held, solved] {
            let share = held as f64 / trials as f64;
            assert!((0.945..0.985).contains(&share), "{share}");
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_not() {
        assert_eq!(PowerLaw::fit(&[1.0], &[1.0], &[0.1]), None);
        assert_eq!(PowerLaw::fit(&[2.0, 2.0], &[1.0, 2.0], &[0.1, 0.1]), None);
        assert_eq!(PowerLaw::fit(&[1.0, 2.0], &[1.0, 0.0], &[0.1, 0.1]), None);
        assert_eq!(PowerLaw::fit(&[1.0, 2.0], &[1.0, f64::NAN], &[0.1, 0.1]), None);
        assert_eq!(PowerLaw::fit(&[1.0, 2.0], &[1.0, 1.0], &[0.1, 0.1]).unwrap().solve(0.5), None);
    }
}
