//! Does a sample come from a normal law? The test of Anderson and Darling.

use super::normal::below;

/// The statistic and its p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AndersonDarling {
    /// `A^2`, with mean and variance estimated from the sample.
    pub statistic: f64,
    /// Probability of so large a value if the law is normal.
    pub p_value: f64,
}

/// Tests whether `values` come from a normal law of unknown mean and variance.
///
/// ```text
/// A^2 = -n - 1/n Sum_i (2 i - 1) (ln F(z_i) + ln (1 - F(z_(n + 1 - i)))),   z sorted, standardized
/// ```
///
/// The p-value is that of `A^2 (1 + 0.75/n + 2.25/n^2)` (D'Agostino and Stephens 1986, table 4.9).
/// `None` with fewer than eight values, for which that table does not hold, or without spread.
///
/// ```
/// use reluflow::math::anderson_darling::anderson_darling;
/// let even: Vec<f64> = (0..100).map(|i| f64::from(i)).collect();
/// let test = anderson_darling(&even).unwrap();
/// assert!((test.statistic - 1.0838).abs() < 1e-3 && test.p_value < 0.01); // flat, not a bell
/// ```
pub fn anderson_darling(values: &[f64]) -> Option<AndersonDarling> {
    let n = values.len();
    if n < 8 {
        return None;
    }
    let count = n as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
    let largest = values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    if deviation.is_nan() || deviation <= 1e-14 * largest {
        return None;
    }
    let mut z: Vec<f64> = values.iter().map(|v| (v - mean) / deviation).collect();
    z.sort_by(f64::total_cmp);
    let sum: f64 =
        (0..n).map(|i| (2 * i + 1) as f64 * (libm::log(below(z[i])) + libm::log(below(-z[n - 1 - i])))).sum();
    let statistic = -count - sum / count;
    let adjusted = statistic * (1.0 + 0.75 / count + 2.25 / (count * count));
    Some(AndersonDarling { statistic, p_value: p_value(adjusted) })
}

/// D'Agostino and Stephens (1986), table 4.9.
fn p_value(a: f64) -> f64 {
    let p = match a {
        a if a >= 0.6 => libm::exp(1.2937 - 5.709 * a + 0.0186 * a * a),
        a if a >= 0.34 => libm::exp(0.9177 - 4.279 * a - 1.38 * a * a),
        a if a >= 0.2 => 1.0 - libm::exp(-8.318 + 42.796 * a - 59.938 * a * a),
        a => 1.0 - libm::exp(-13.436 + 101.14 * a - 223.73 * a * a),
    };
    // The parabola of the first line turns up far beyond all tables.
    if a > 13.0 { 0.0 } else { p }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};

    /// Critical values of Stephens (1974), case 3.
    #[test]
    fn critical_values_are_those_of_the_tables() {
        for (p, a) in [(0.10, 0.631), (0.05, 0.752), (0.025, 0.873), (0.01, 1.035)] {
            assert!((p_value(a) / p - 1.0).abs() < 0.03, "{p}: {}", p_value(a));
        }
        for i in 1..1300 {
            let a = 0.01 * f64::from(i);
            assert!(p_value(a + 0.01) < p_value(a) + 2e-3, "not falling at {a}");
        }
        assert_eq!(p_value(200.0), 0.0);
    }

    /// Normal samples: p-values are uniform. Exponential and uniform ones are found out.
    #[test]
    fn p_values_are_uniform_under_the_normal_law() {
        let trials = 4000u64;
        for n in [16usize, 64] {
            let p: Vec<f64> = (0..trials)
                .map(|trial| {
                    let mut draw = Stream::new(n as u64, Purpose::Noise, trial);
                    let values: Vec<f64> = (0..n).map(|_| 3.0 + 0.1 * draw.normal()).collect();
                    anderson_darling(&values).unwrap().p_value
                })
                .collect();
            for level in [0.01, 0.05, 0.1, 0.25, 0.5, 0.75] {
                let share = p.iter().filter(|&&p| p < level).count() as f64 / trials as f64;
                let error = (level * (1.0 - level) / trials as f64).sqrt();
                assert!((share - level).abs() < 4.0 * error + 0.01, "n = {n}, level {level}: {share}");
            }
        }
        let mut draw = Stream::new(1, Purpose::Noise, 0);
        let skewed: Vec<f64> = (0..64).map(|_| -draw.unit().ln()).collect();
        assert!(anderson_darling(&skewed).unwrap().p_value < 1e-3);
    }

    #[test]
    fn too_little_is_not_tested() {
        assert_eq!(anderson_darling(&[1.0; 7]), None);
        assert_eq!(anderson_darling(&[1.0; 64]), None);
        assert_eq!(anderson_darling(&[f64::NAN; 64]), None);
    }
}
