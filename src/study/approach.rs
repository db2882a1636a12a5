//! How a quantity approaches its limit as the width grows: a fitted law, and a verdict in words.

use crate::math::power_law::PowerLaw;

use super::ensemble::{Quantity, WidthRow};

/// Widths at which the limit's own error is above this share of the deviation are not fitted.
const LIMIT_SHARE: f64 = 0.3;

/// A distance that independent draws from the limit's final measure approach more slowly than with
/// this exponent is one across gaps, or out to tails.
const THIN: f64 = -0.45;

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
    /// Width from which on the mean deviation is 1 % of the limit's size, and its 95 % interval; `None` of distances
    /// between measures, where there is no limit or no law, or where its slope is not known.
    pub one_percent: Option<[Width; 3]>,
    /// About the width from which on 95 of 100 networks deviate by 1 % or less.
    pub one_percent_nearly_all: Option<Width>,
    /// Of distances: the law by which independent draws from the limit's final measure approach it.
    pub redrawn: Option<PowerLaw>,
    /// In words.
    pub verdict: String,
}

/// A width that a law gives, as far as the study carries it: no further than its own widths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// Within them.
    At(f64),
    /// Below the narrowest.
    Below(u64),
    /// Beyond the widest.
    Beyond(u64),
}

impl Width {
    fn of(width: f64, rows: &[WidthRow]) -> Width {
        let widths = || rows.iter().map(|row| row.width);
        let (least, most) = (widths().min().unwrap_or(0), widths().max().unwrap_or(0));
        match width {
            width if width < least as f64 => Width::Below(least),
            width if width > most as f64 => Width::Beyond(most),
            width => Width::At(width),
        }
    }

    /// Of one within the study's widths.
    pub fn value(self) -> Option<f64> {
        match self {
            Width::At(width) => Some(width),
            Width::Below(_) | Width::Beyond(_) => None,
        }
    }
}

/// Two digits are as many as such a width has.
impl std::fmt::Display for Width {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Width::At(width) if width < 1e5 => {
                let unit = libm::exp10((libm::log10(width).floor() - 1.0).max(0.0));
                write!(f, "{:.0}", (width / unit).round() * unit)
            }
            Width::At(width) => write!(f, "{width:.1e}"),
            Width::Below(width) => write!(f, "fewer than {width}"),
            Width::Beyond(width) => write!(f, "more than {width}"),
        }
    }
}

/// What is known of the limit, beside the widths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence {
    /// The limit's own error.
    pub limit_error: f64,
    /// Size of the limit, to which 1 % refers; NaN if there is none.
    pub size: f64,
    /// Of distances: the law of independent draws from the limit's final measure.
    pub redrawn: Option<PowerLaw>,
    /// Whether there is a limit.
    pub exists: bool,
}

/// A slope that is known less well than this says nothing, and nor does a width that is read off its line.
const UNCERTAIN: f64 = 0.15;

/// The law through the mean deviations. A limit that is off by `e` makes a mean distance `d` of
/// random direction `sqrt(d^2 + e^2)`: its share of the error bar is `e^2 / (2 d)`.
fn fit(q: usize, rows: &[&WidthRow], limit_error: f64) -> Option<PowerLaw> {
    let column = |value: &dyn Fn(&WidthRow) -> f64| rows.iter().map(|row| value(row)).collect::<Vec<f64>>();
    let off = |d: f64| if limit_error.is_nan() { 0.0 } else { limit_error * limit_error / (2.0 * d) };
    let (widths, means) = (column(&|row| row.width as f64), column(&|row| row.deviation[q].0));
    let errors = column(&|row| libm::hypot(row.deviation[q].1, off(row.deviation[q].0)));
    let law = PowerLaw::fit(&widths, &means, &errors)?;
    if rows.len() == 3 && !fits(&law, 3) {
        // Error bars say nothing about how far these points are from a line: their scatter does.
        return PowerLaw::fit(&widths, &means, &[f64::NAN; 3]);
    }
    Some(law)
}

/// Whether points lie on the line of their law, as far as their error bars tell.
fn fits(law: &PowerLaw, points: usize) -> bool {
    law.chi_square() <= most_scatter(points)
}

/// What a slope means.
fn words(law: &PowerLaw, redrawn: Option<&PowerLaw>) -> String {
    let (slope, margin) = (law.exponent(), law.exponent_margin());
    if margin > UNCERTAIN {
        return ": too uncertain to tell; give more seeds or widths".to_string();
    }
    if (slope + 0.5).abs() <= margin.max(0.03) {
        return ", as independent draws have it".to_string();
    }
    // Gaps: a surplus of mass m^(-1/2) has to cross them, and W_2^2 is of that order. Long tails: the
    // farthest neurons make much of W_2^2.
    let thin = redrawn.filter(|redrawn| redrawn.exponent() > THIN && slope < -0.25 + margin.max(0.03));
    if let Some(redrawn) = thin.filter(|_| slope > -0.5) {
        return format!(
            ", between -0.25 and -0.50 as where mass is thin, in gaps or tails (draws from the limit's final measure: {:.2})",
            redrawn.exponent()
        );
    }
    let words = if slope + margin > -0.05 {
        ": no approach; is there a limit? The law must not depend on the width"
    } else if slope < -0.5 {
        ": faster than -0.50; small widths may not be in the law's range yet"
    } else {
        ": slower than -0.50; small widths may not be in the law's range yet"
    };
    words.to_string()
}

/// Fits the law, and says what it means.
pub(super) fn approach(quantity: Quantity, rows: &[WidthRow], evidence: &Evidence) -> Approach {
    let (q, Evidence { limit_error, size, redrawn, exists }) = (quantity as usize, *evidence);
    let known = |row: &&WidthRow| row.deviation[q].0 > 0.0 && row.deviation[q].0.is_finite();
    let clear = |row: &&WidthRow| limit_error.is_nan() || limit_error <= LIMIT_SHARE * row.deviation[q].0;
    let clear: Vec<&WidthRow> = rows.iter().filter(known).filter(clear).collect();
    // The law is that of large widths: small ones are left out while no one line fits all.
    let mut usable = &clear[..];
    let mut law = fit(q, usable, limit_error);
    while usable.len() > 3 && law.is_some_and(|law| !fits(&law, usable.len())) {
        usable = &usable[1..];
        law = fit(q, usable, limit_error);
    }
    let none = rows.iter().all(|row| row.deviation[q].0 == 0.0);
    let left_out = rows.iter().filter(known).count() - clear.len();
    let mut verdict = match &law {
        _ if !exists => "no verdict: there is no limit".to_string(),
        _ if none => "the same as in the limit, always".to_string(),
        _ if rows.iter().all(|row| row.deviation[q].0.is_nan()) => "nothing to compare".to_string(),
        None => format!(
            "no slope: {} of {} widths lie clear of the limit's own error {limit_error:.1e}, two are needed",
            usable.len(),
            rows.len()
        ),
        Some(law) => {
            let (slope, margin) = (law.exponent(), law.exponent_margin());
            format!("slope {slope:.2} +- {margin:.2}{}", words(law, redrawn.as_ref()))
        }
    };
    if exists && usable.len() < clear.len() {
        verdict += &format!(" (from {} on; smaller widths do not lie on one line)", usable[0].width);
    }
    if exists && left_out > 0 && law.is_some() {
        verdict += &format!(
            " ({left_out} of {} widths lie too near to the limit's own error to be fitted)",
            rows.len()
        );
    }
    // Networks do approach the limit, and the slope is known.
    let telling = |law: &PowerLaw| {
        exists && law.exponent_margin() <= UNCERTAIN && law.exponent() + law.exponent_margin() < 0.0
    };
    let telling = law.filter(telling);
    let solved = telling.and_then(|law| law.solve(0.01 * size)).filter(|solved| solved.0.is_finite());
    let beyond: f64 = usable.iter().map(|row| row.most[q] / row.deviation[q].0).sum();
    let beyond = beyond / usable.len() as f64;
    let nearly_all =
        solved.zip(telling).map(|((width, ..), law)| width * libm::pow(beyond, -1.0 / law.exponent()));
    let of_study = |width: f64| Width::of(width, rows);
    Approach {
        quantity,
        law,
        fitted: usable.iter().map(|row| row.width).collect(),
        limit_error,
        one_percent: solved.map(|(width, low, high)| [width, low, high].map(of_study)),
        one_percent_nearly_all: nearly_all.filter(|width| width.is_finite()).map(of_study),
        redrawn,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ensemble::Fluctuations;
    use super::*;

    fn rows(widths: &[u64], deviation: impl Fn(f64) -> f64) -> Vec<WidthRow> {
        let nothing = Fluctuations { mean: vec![], covariance: vec![], p_values: vec![], count: 2 };
        let row = |&width: &u64| {
            let value = deviation(width as f64);
            WidthRow {
                width,
                deviation: [(value, 0.02 * value); Quantity::COUNT],
                most: [2.0 * value; Quantity::COUNT],
                fluctuations: [nothing.clone(), nothing.clone()],
                knot_shares: [0.0; 2],
                failed: 0,
            }
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
        let of = |rows: &[WidthRow], error: f64| {
            let evidence = Evidence { limit_error: error, size: 2.0, redrawn: None, exists: true };
            approach(Quantity::Residual, rows, &evidence)
        };
        let good = of(&rows(&widths, |m| 3.0 / m.sqrt()), 0.0);
        assert!(good.verdict.starts_with("slope -0.50 +- 0.01, as independent"), "{}", good.verdict);
        // 3 / sqrt(m) = 0.02 at m = 22500.
        let [Width::At(width), Width::At(low), Width::At(high)] = good.one_percent.unwrap() else {
            panic!("{good:?}")
        };
        assert!((width - 22500.0).abs() < 1e-6 && low < width && width < high);
        // Twice the mean is 0.02 at four times the width.
        assert!((good.one_percent_nearly_all.unwrap().value().unwrap() - 90000.0).abs() < 1e-3);
        // Two widths of the same law, which do not reach so far: no number beyond them.
        let short = of(&rows(&widths[..2], |m| 3.0 / m.sqrt()), 0.0);
        assert_eq!(short.one_percent.unwrap()[0].to_string(), "more than 1000");
        let wide = of(&rows(&[50_000, 100_000], |m| 3.0 / m.sqrt()), 0.0);
        assert_eq!(wide.one_percent.unwrap()[0], Width::Below(50_000));
        // Distances that do not fall say nothing about other widths, however small their error bars.
        let missed = of(&rows(&widths[..3], |m| if m < 5000.0 { 1.0 - m / 1.6e4 } else { 0.042 }), 0.0);
        assert!(missed.verdict.contains("too uncertain"), "{}", missed.verdict);
        assert!(missed.one_percent.is_none() && missed.one_percent_nearly_all.is_none());
        let evidence = Evidence { limit_error: 0.0, size: 2.0, redrawn: None, exists: false };
        let none = approach(Quantity::Residual, &rows(&widths, |m| 3.0 / m.sqrt()), &evidence);
        assert!(none.verdict.contains("there is no limit") && none.one_percent.is_none(), "{}", none.verdict);
        let near = of(&rows(&widths, |m| 3.0 / m.sqrt()), 0.005);
        assert_eq!(near.fitted, [100, 1000, 10_000]);
        // The limit's error is in the error bars.
        let (margin, free) = (near.law.unwrap().exponent_margin(), good.law.unwrap().exponent_margin());
        assert!(margin > 1.5 * free, "{margin} {free}");
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
        assert_eq!(of(&rows(&widths, |_| f64::NAN), 0.0).verdict, "nothing to compare");
    }

    #[test]
    fn distances_are_judged_by_draws_from_the_limit_too() {
        let widths = [100.0f64, 1000.0, 10_000.0];
        let of = |power: f64| {
            let y = widths.map(|m| 2.0 * m.powf(power));
            let redrawn = PowerLaw::fit(&widths, &y, &y.map(|y| 0.02 * y));
            let rows = rows(&[100, 1000, 10_000], |m| m.powf(-0.25));
            let evidence = Evidence { limit_error: 0.0, size: f64::NAN, redrawn, exists: true };
            approach(Quantity::ThetaW2, &rows, &evidence)
        };
        let gaps = of(-0.33);
        let words = "slope -0.25 +- 0.01, between -0.25 and -0.50 as where mass is thin, in gaps or tails \
                     (draws from the limit's final measure: -0.33)";
        assert_eq!(gaps.verdict, words);
        assert_eq!((gaps.one_percent, gaps.one_percent_nearly_all), (None, None));
        // Without gaps there is no such excuse.
        assert!(of(-0.5).verdict.contains("slower than -0.50"), "{}", of(-0.5).verdict);
    }
}
