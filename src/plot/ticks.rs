//! Where axes are marked, and what is written there.

use std::f64::consts::PI;

use crate::system::text;

/// A mark on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    /// The number.
    pub at: f64,
    /// What is written; empty for a small mark.
    pub label: String,
    /// Whether the mark is a short one.
    pub minor: bool,
}

/// Raised digits.
///
/// ```
/// assert_eq!(reluflow::plot::superscript(-12), "⁻¹²");
/// ```
pub fn superscript(exponent: i32) -> String {
    translate(&exponent.to_string(), "-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
}

/// Lowered digits.
///
/// ```
/// assert_eq!(reluflow::plot::subscript(10), "₁₀");
/// ```
pub fn subscript(index: usize) -> String {
    translate(&index.to_string(), "0123456789", "₀₁₂₃₄₅₆₇₈₉")
}

fn translate(text: &str, from: &str, to: &str) -> String {
    let each = |c: char| from.chars().zip(to.chars()).find(|(plain, _)| *plain == c).map_or(c, |(_, t)| t);
    text.chars().map(each).collect()
}

/// A number as a label: `0.05`, `−3`, `2×10⁻⁷`; whole numbers below 100000 in full, others
/// to three digits that count.
///
/// ```
/// use reluflow::plot::number;
/// assert_eq!([number(-3.0), number(1234.0), number(1.0 / 3.0), number(2e-7)], ["−3", "1234", "0.333", "2×10⁻⁷"]);
/// ```
pub fn number(value: f64) -> String {
    number_to(value, 3)
}

/// The same to so many digits that count.
fn number_to(value: f64, count: usize) -> String {
    let (sign, size) = (if value < 0.0 { "−" } else { "" }, value.abs());
    if !size.is_finite() {
        return format!("{sign}∞");
    }
    if size.fract() == 0.0 && size < 1e5 {
        return format!("{sign}{size}");
    }
    let text = text::digits(size, count);
    let (digits, exponent) = text.split_once('e').map_or((&text[..], None), |(d, e)| (d, e.parse().ok()));
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    match exponent {
        None => format!("{sign}{digits}"),
        Some(exponent) if digits == "1" => format!("{sign}10{}", superscript(exponent)),
        Some(exponent) => format!("{sign}{digits}×10{}", superscript(exponent)),
    }
}

/// The round step (1, 2 or 5 times a power of ten) that makes at most `count` steps; with 2.5 too
/// where two ticks at most would be left.
fn round_step(low: f64, high: f64, count: usize) -> f64 {
    let least = (high - low) / count.max(1) as f64;
    let power = 10f64.powf(least.log10().floor());
    let first =
        |of: &[f64]| of.iter().map(|m| m * power).find(|&s| s >= least * (1.0 - 1e-9)).unwrap_or(power);
    let ticks = |step: f64| (high / step + 1e-9).floor() - (low / step - 1e-9).ceil() + 1.0;
    let step = first(&[1.0, 2.0, 5.0, 10.0]);
    if ticks(step) > 2.0 { step } else { first(&[1.0, 2.0, 2.5, 5.0, 10.0]) }
}

/// Ticks at round numbers, and ` (×10ᵏ)` where numbers are written without that factor.
pub(crate) fn linear_ticks(low: f64, high: f64, count: usize) -> (Vec<Tick>, String) {
    let step = round_step(low, high, count);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    let largest = low.abs().max(high.abs());
    let power = if (1e-2..1e4).contains(&largest) { 0 } else { largest.log10().floor() as i32 };
    let unit = 10f64.powi(power);
    // As many decimals as tell one step from the next.
    let scaled = step / unit;
    let decimals = (0..12)
        .find(|&d| (scaled * 10f64.powi(d) - (scaled * 10f64.powi(d)).round()).abs() < 1e-6)
        .unwrap_or(12);
    let tick = |i: i64| {
        let at = i as f64 * step;
        let text = format!("{:.*}", decimals as usize, at.abs() / unit);
        let label = if at < 0.0 { format!("−{text}") } else { text };
        Tick { at, label, minor: false }
    };
    let factor = if power == 0 { String::new() } else { format!(" (×10{})", superscript(power)) };
    // Far from 0 with a tiny range there may be too many; that cannot be read anyway.
    ((first..=last.min(first.saturating_add(100))).map(tick).collect(), factor)
}

/// Ticks at powers of ten from `10^low` to `10^high`; with numbers between where there are few. Two at least have labels.
pub(crate) fn log_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let decades = high - low;
    let every = (decades / count.max(1) as f64).ceil().max(1.0) as i32;
    let labelled = |ticks: &[Tick]| ticks.iter().filter(|tick| !tick.minor).count();
    // With room for more labels, numbers between powers of ten from fewer powers on.
    let parts: [(&[u32], usize, f64); 4] = [
        (&[1], if decades < 1.9 { 3 } else { 2 }, f64::INFINITY),
        (&[1, 2, 5], if decades < 0.8 { 4 } else { 2 }, f64::INFINITY),
        (&[1, 2, 3, 4, 5, 7], 2, 0.8),
        (&[1, 2, 3, 4, 5, 6, 7, 8, 9], 2, 0.8),
    ];
    let thinned = of_decades(low, high, every, &[1]);
    if every > 1 && labelled(&thinned) > 1 {
        return thinned;
    }
    for (between, least, widest) in parts {
        let ticks = of_decades(low, high, 1, between);
        if decades <= widest && labelled(&ticks) >= least {
            return ticks;
        }
    }
    // Within a part of a decade: as on a linear axis.
    let (least, most) = (10f64.powf(low), 10f64.powf(high));
    let ticks = (count.max(2)..count.max(2) + 9).map(|count| linear_ticks(least, most, count).0);
    let mut ticks = ticks.into_iter().find(|ticks| ticks.len() > 1).unwrap_or_default();
    // To as many digits as tell one from the next.
    for digits in 3..=15 {
        ticks.iter_mut().for_each(|tick| tick.label = number_to(tick.at, digits));
        if ticks.windows(2).all(|pair| pair[0].label != pair[1].label) {
            break;
        }
    }
    ticks
}

/// Ticks at these digits times powers of ten, labelled where the exponent is a multiple of `every`.
fn of_decades(low: f64, high: f64, every: i32, between: &[u32]) -> Vec<Tick> {
    let (first, last) = ((low - 1e-9).ceil() as i32, (high + 1e-9).floor() as i32);
    let mut ticks = vec![];
    for exponent in first - 1..=last {
        for digit in 1..=9u32 {
            let at = f64::from(digit) * 10f64.powi(exponent);
            let named = between.contains(&digit) && exponent.rem_euclid(every) == 0;
            if named {
                let label = if digit == 1 && between.len() == 1 {
                    if exponent == 0 { "1".to_string() } else { format!("10{}", superscript(exponent)) }
                } else {
                    number(at)
                };
                ticks.push(Tick { at, label, minor: false });
            } else if (every == 1 && high - low < 7.0) || digit == 1 {
                ticks.push(Tick { at, label: String::new(), minor: true });
            }
        }
    }
    let (least, most) = (10f64.powf(low - 1e-9), 10f64.powf(high + 1e-9));
    ticks.retain(|tick| (least..=most).contains(&tick.at));
    ticks
}

/// Ticks at 0 and at powers of ten of both signs from `least` on, of an axis that ends at these numbers.
pub(crate) fn symmetric_ticks(low: f64, high: f64, least: f64, count: usize) -> Vec<Tick> {
    let first = (least.log10() - 1e-9).ceil() as i32;
    let last = (low.abs().max(high.abs()).log10() + 1e-9).floor() as i32;
    let sides = f64::from(u8::from(low < 0.0) + u8::from(high > 0.0));
    let every = (sides * f64::from(last - first + 1) / count.max(2) as f64).ceil().max(1.0) as usize;
    let sizes = (first..=last).rev().step_by(every).map(|exponent| 10f64.powi(exponent));
    let mut all: Vec<f64> = sizes.flat_map(|size| [-size, size]).chain([0.0]).collect();
    all.retain(|at| (low..=high).contains(at));
    all.sort_by(f64::total_cmp);
    all.into_iter().map(|at| Tick { at, label: number(at), minor: false }).collect()
}

/// Ticks at multiples of pi or its parts.
pub(crate) fn pi_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let parts =
        [4, 2, 1].into_iter().find(|&p| (high - low) / PI * f64::from(p) <= count as f64).unwrap_or(1);
    let step = PI / f64::from(parts);
    let label = |i: i64| {
        let (mut top, mut bottom) = (i.abs(), i64::from(parts));
        while top % 2 == 0 && bottom % 2 == 0 {
            (top, bottom) = (top / 2, bottom / 2);
        }
        let sign = if i < 0 { "−" } else { "" };
        match (top, bottom) {
            (0, _) => "0".to_string(),
            (1, 1) => format!("{sign}π"),
            (_, 1) => format!("{sign}{top}π"),
            (1, _) => format!("{sign}π/{bottom}"),
            _ => format!("{sign}{top}π/{bottom}"),
        }
    };
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|i| Tick { at: i as f64 * step, label: label(i), minor: false }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().filter(|tick| !tick.minor).map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn labels_are_round_and_tell_steps_apart() {
        assert_eq!(labels(&linear_ticks(-1.04, 1.04, 5).0), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(&linear_ticks(0.0, 20.0, 5).0), ["0", "5", "10", "15", "20"]);
        let (ticks, factor) = linear_ticks(0.0, 0.004, 5);
        assert_eq!((labels(&ticks), factor.as_str()), (vec!["0", "1", "2", "3", "4"], " (×10⁻³)"));
        assert_eq!(ticks[3].at, 0.003);
        assert_eq!(labels(&pi_ticks(-1.6, 4.8, 5)), ["−π/2", "0", "π/2", "π", "3π/2"]);
    }

    #[test]
    fn decades_are_thinned_and_filled() {
        assert_eq!(labels(&log_ticks(-2.1, 1.2, 6)), ["10⁻²", "10⁻¹", "1", "10¹"]);
        assert_eq!(labels(&log_ticks(-12.0, 0.0, 4)), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]);
        assert_eq!(labels(&log_ticks(-0.2, 1.1, 5)), ["1", "2", "5", "10"]);
    }

    #[test]
    fn every_logarithmic_axis_has_two_labels() {
        for low in (-90..90).map(|i| 0.1 * f64::from(i)) {
            for width in [1e-3, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.2, 1.8, 2.5, 3.1, 6.0, 11.0, 40.0]
            {
                for count in 2..9 {
                    let ticks = log_ticks(low, low + width, count);
                    let found = labels(&ticks);
                    assert!(found.len() > 1 && found.len() <= 14, "{low} {width} {count}: {found:?}");
                    let mut distinct = found.clone();
                    distinct.dedup();
                    assert!(distinct == found, "{low} {width} {count}: {found:?}");
                }
            }
        }
        assert_eq!(labels(&log_ticks(0.31, 0.45, 4)), ["2.2", "2.4", "2.6", "2.8"]);
    }

    #[test]
    fn both_signs_have_powers_of_ten() {
        assert_eq!(
            labels(&symmetric_ticks(-120.0, 120.0, 1.0, 8)),
            ["−100", "−10", "−1", "0", "1", "10", "100"]
        );
        assert_eq!(labels(&symmetric_ticks(-1200.0, 5.0, 1.0, 4)), ["−1000", "−10", "0"]);
    }
}
