//! How a quantity approaches its limit as the width grows: a fitted law, and a verdict in words.

use crate::math::power_law::PowerLaw;

use super::ensemble::Quantity;
use super::width::WidthRow;

/// Widths at which the limit's own error is above this share of the deviation are not fitted.
const LIMIT_SHARE: f64 = 0.3;

/// `chi^2` that one power law through `n` widths passes in one case of a hundred (Wilson and
/// Hilferty's approximation to the quantile with `n - 2` degrees of freedom).
fn most_scatter(n: usize) -> f64 {
    const NORMAL_99: f64 = 2.326347874040841;
    let k = n as f64 - 2.0;
    let spread = 2.0 / (9.0 * k);
    k * (1.0 - spread + NORMAL_99 * spread.sqrt()).powi(3)
}

/// How one quantity approaches the limit.
#[derive(Debug, Clone)]
pub struct Approach {
    /// Which.
    pub quantity: Quantity,
    /// The fitted law; `None` if there is nothing to fit.
    pub law: Option<PowerLaw>,
    /// Widths fitted.
    pub fitted: Vec<u64>,
    /// The limit's own error.
    pub limit_error: f64,
    /// Width, and its 95 % interval, from which on the mean deviation is 1 % of the limit's size.
    pub one_percent: Option<(f64, f64, f64)>,
    /// In words.
    pub verdict: String,
}

fn fit(q: usize, rows: &[&WidthRow]) -> Option<PowerLaw> {
    let column = |value: &dyn Fn(&WidthRow) -> f64| rows.iter().map(|row| value(row)).collect::<Vec<f64>>();
    PowerLaw::fit(
        &column(&|row| row.width as f64),
        &column(&|row| row.deviation[q].0),
        &column(&|row| row.deviation[q].1),
    )
}

/// Fits the law, and says what it means.
///
/// * `q`: number of the quantity; `size`: that of the limit, to which 1 % refers.
pub(super) fn approach(
    q: usize,
    quantity: Quantity,
    rows: &[WidthRow],
    limit_error: f64,
    size: f64,
) -> Approach {
    let known = |row: &&WidthRow| row.deviation[q].0 > 0.0 && row.deviation[q].0.is_finite();
    let clear = |row: &&WidthRow| limit_error.is_nan() || limit_error <= LIMIT_SHARE * row.deviation[q].0;
    let clear: Vec<&WidthRow> = rows.iter().filter(known).filter(clear).collect();
    // The law is that of large widths: small ones are left out while no one line fits all.
    let mut usable = &clear[..];
    let mut law = fit(q, usable);
    while usable.len() > 3 && law.is_some_and(|law| law.chi_square() > most_scatter(usable.len())) {
        usable = &usable[1..];
        law = fit(q, usable);
    }
    let none = rows.iter().all(|row| row.deviation[q].0 == 0.0);
    let left_out = rows.iter().filter(known).count() - clear.len();
    let mut verdict = match &law {
        _ if none => "the same as in the limit, always".to_string(),
        None => format!(
            "no slope: {} of {} widths lie clear of the limit's own error {limit_error:.1e}, two are needed",
            usable.len(),
            rows.len()
        ),
        Some(law) => {
            let (slope, margin) = (law.exponent(), law.exponent_margin());
            let words = if margin > 0.15 {
                ": too uncertain to tell; give more seeds or widths"
            } else if (slope + 0.5).abs() <= margin.max(0.03) {
                ", as independent draws have it"
            } else if slope + margin > -0.05 {
                ": no approach; is there a limit? The law must not depend on the width"
            } else if slope < -0.5 {
                ": faster than -0.50; small widths may not be in the law's range yet"
            } else {
                ": slower than -0.50; small widths may not be in the law's range yet"
            };
            format!("slope {slope:.2} +- {margin:.2}{words}")
        }
    };
    if usable.len() < clear.len() {
        verdict += &format!(" (from {} on; smaller widths do not lie on one line)", usable[0].width);
    }
    if left_out > 0 && law.is_some() {
        verdict += &format!(
            " ({left_out} of {} widths lie too near to the limit's own error to be fitted)",
            rows.len()
        );
    }
    let one_percent = law.and_then(|law| law.solve(0.01 * size)).filter(|solved| solved.0.is_finite());
    let fitted = usable.iter().map(|row| row.width).collect();
    Approach { quantity, law, fitted, limit_error, one_percent, verdict }
}

#[cfg(test)]
mod tests {
    use super::super::ensemble::Fluctuations;
    use super::*;

    fn rows(widths: &[u64], deviation: impl Fn(f64) -> f64) -> Vec<WidthRow> {
        let nothing = Fluctuations { mean: vec![], covariance: vec![], p_values: vec![], count: 2 };
        let row = |&width: &u64| {
            let value = deviation(width as f64);
            let fluctuations = [nothing.clone(), nothing.clone()];
            WidthRow { width, deviation: [(value, 0.02 * value); 4], fluctuations, failed: 0 }
        };
        widths.iter().map(row).collect()
    }

    #[test]
    fn quantiles_of_chi_square_are_those_of_the_tables() {
        for (n, quantile) in [(4, 9.210), (5, 11.345), (7, 15.086), (12, 23.209)] {
            assert!((most_scatter(n) / quantile - 1.0).abs() < 0.01, "{n}: {}", most_scatter(n));
        }
    }

    #[test]
    fn verdicts_say_what_the_numbers_mean() {
        let widths = [100, 1000, 10_000, 100_000];
        let of = |rows: &[WidthRow], error: f64| approach(0, Quantity::Residual, rows, error, 2.0);
        let good = of(&rows(&widths, |m| 3.0 / m.sqrt()), 0.0);
        assert!(good.verdict.starts_with("slope -0.50 +- 0.01, as independent"), "{}", good.verdict);
        // 3 / sqrt(m) = 0.02 at m = 22500.
        assert!((good.one_percent.unwrap().0 - 22500.0).abs() < 1e-6);
        let near = of(&rows(&widths, |m| 3.0 / m.sqrt()), 0.005);
        assert_eq!(near.fitted, [100, 1000, 10_000]);
        assert!(near.verdict.contains("(1 of 4 widths lie too near"), "{}", near.verdict);
        let far = of(&rows(&widths, |m| 3.0 / m.sqrt()), 0.05);
        assert!(far.verdict.contains("no slope: 1 of 4 widths lie clear"), "{}", far.verdict);
        let flat = of(&rows(&widths, |_| 1.0), 0.0);
        assert!(flat.verdict.contains("no approach"), "{}", flat.verdict);
        assert!(of(&rows(&widths, |m| 1.0 / m), 0.0).verdict.contains("faster than -0.50"));
        let scattered = |m: f64| 3.0 / m.sqrt() * if m == 1000.0 { 2.0 } else { 1.0 };
        let unsure = of(&rows(&widths[..3], scattered), 0.0);
        assert!(unsure.verdict.contains("too uncertain"), "{}", unsure.verdict);
        let bent = of(&rows(&widths, |m| 3.0 / m.sqrt() * (1.0 + 100.0 / m)), 0.0);
        assert_eq!(bent.fitted, [1000, 10_000, 100_000], "{}", bent.verdict);
        assert!(bent.verdict.contains("(from 1000 on"), "{}", bent.verdict);
        assert!(of(&rows(&widths, |_| 0.0), 0.0).verdict.contains("the same as in the limit"));
    }
}
