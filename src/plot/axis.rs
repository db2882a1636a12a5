//! Axes: from numbers to positions.

use super::ticks::{Tick, linear_ticks, log_ticks, pi_ticks, symmetric_ticks};

/// How numbers lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// Equal distances for equal differences.
    Linear,
    /// Equal distances for equal ratios.
    Log {
        /// Where 0 is shown, if it is: as if it were this number. It gets a tick of its own, and
        /// nothing else is shown there.
        zero: Option<f64>,
    },
    /// Logarithmic in both directions from 0: `log10(1 + |v| / least)` with the sign of `v`.
    Symmetric {
        /// About as linear up to here, and logarithmic from here on.
        least: f64,
    },
}

/// Where an axis is marked.
#[derive(Debug, Clone, PartialEq)]
pub enum Ticks {
    /// At round numbers, or powers of ten.
    Auto,
    /// At multiples of pi.
    Pi,
    /// At these numbers, with these words.
    Named(Vec<(f64, String)>),
}

/// An axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// What is along it, with its unit.
    pub label: String,
    /// How numbers lie along it.
    pub scale: Scale,
    /// From where to where; as the data are, with a margin, if not told.
    pub range: Option<[f64; 2]>,
    /// Where it is marked.
    pub ticks: Ticks,
}

impl Axis {
    /// A linear axis with this label.
    pub fn new(label: impl Into<String>) -> Axis {
        Axis { label: label.into(), scale: Scale::Linear, range: None, ticks: Ticks::Auto }
    }

    /// Logarithmic.
    pub fn log(mut self) -> Axis {
        self.scale = Scale::Log { zero: None };
        self
    }

    /// Logarithmic, with 0 shown where `zero` would be.
    pub fn log_with_zero(mut self, zero: f64) -> Axis {
        self.scale = Scale::Log { zero: Some(zero) };
        self
    }

    /// Logarithmic in both directions from 0, from about `least` on.
    pub fn symmetric_log(mut self, least: f64) -> Axis {
        self.scale = Scale::Symmetric { least };
        self
    }

    /// From `low` to `high`.
    pub fn range(mut self, low: f64, high: f64) -> Axis {
        self.range = Some([low, high]);
        self
    }

    /// Without words: those of the axis below hold for it, too.
    pub fn bare(mut self) -> Axis {
        self.label.clear();
        self
    }

    /// With ticks at multiples of pi.
    pub fn in_pi(mut self) -> Axis {
        self.ticks = Ticks::Pi;
        self
    }

    /// With these ticks.
    pub fn named(mut self, ticks: Vec<(f64, String)>) -> Axis {
        self.ticks = Ticks::Named(ticks);
        self
    }
}

/// An axis whose range is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    scale: Scale,
    /// Ends, as the scale sees them.
    pub low: f64,
    pub high: f64,
}

/// Margin at either end, as a share of the range.
const MARGIN: f64 = 0.04;

impl Span {
    /// Of an axis with such data.
    pub fn new(axis: &Axis, data: impl Iterator<Item = f64>) -> Span {
        let mut span = Span { scale: axis.scale, low: f64::INFINITY, high: f64::NEG_INFINITY };
        if let Some([low, high]) = axis.range {
            (span.low, span.high) = (span.along(low), span.along(high));
            if span.low.is_finite() && span.high.is_finite() && span.low < span.high {
                return span;
            }
            (span.low, span.high) = (f64::INFINITY, f64::NEG_INFINITY);
        }
        for value in data {
            let along = span.along(value);
            if along.is_finite() {
                (span.low, span.high) = (span.low.min(along), span.high.max(along));
            }
        }
        if span.low > span.high {
            (span.low, span.high) = (0.0, 1.0);
        }
        // One value only: a range around it that shows its size.
        if span.high - span.low <= 1e-12 * span.low.abs().max(span.high.abs()) {
            let around = if span.is_log() { 0.5 } else { 0.5 * span.low.abs().max(1e-300) };
            let around = if span.low == 0.0 && !span.is_log() { 1.0 } else { around };
            (span.low, span.high) = (span.low - around, span.high + around);
        }
        let margin = MARGIN * (span.high - span.low);
        (span.low, span.high) = (span.low - margin, span.high + margin);
        span
    }

    pub fn is_log(&self) -> bool {
        matches!(self.scale, Scale::Log { .. })
    }

    /// The number as the scale sees it; NaN where there is no such place.
    fn along(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log { zero: Some(zero) } if value == 0.0 => zero.log10(),
            Scale::Log { .. } if value > 0.0 => value.log10(),
            Scale::Log { .. } => f64::NAN,
            Scale::Symmetric { least } => (1.0 + value.abs() / least).log10().copysign(value),
        }
    }

    /// The place of a number: 0 at the low end, 1 at the high end; not finite where it has none.
    pub fn position(&self, value: f64) -> f64 {
        (self.along(value) - self.low) / (self.high - self.low)
    }

    /// The number at a place.
    pub fn value(&self, position: f64) -> f64 {
        let along = self.low + position * (self.high - self.low);
        match self.scale {
            Scale::Linear => along,
            Scale::Log { .. } => 10f64.powf(along),
            Scale::Symmetric { least } => (least * (10f64.powf(along.abs()) - 1.0)).copysign(along),
        }
    }

    /// Grows about its middle by a factor.
    pub fn grow(&mut self, factor: f64) {
        let (middle, half) = (0.5 * (self.low + self.high), 0.5 * factor * (self.high - self.low));
        (self.low, self.high) = (middle - half, middle + half);
    }

    /// Ticks, about `count` of them with labels, and what to add to the label of the axis.
    pub fn ticks(&self, ticks: &Ticks, count: usize) -> (Vec<Tick>, String) {
        let (mut found, factor) = match ticks {
            Ticks::Named(named) => {
                let tick = |(at, label): &(f64, String)| Tick { at: *at, label: label.clone(), minor: false };
                (named.iter().map(tick).collect(), String::new())
            }
            Ticks::Pi => (pi_ticks(self.low, self.high, count), String::new()),
            Ticks::Auto => match self.scale {
                Scale::Linear => linear_ticks(self.low, self.high, count),
                Scale::Log { zero } => {
                    // Nothing but 0 is left of the first number that is not.
                    let low = zero.map_or(self.low, |zero| self.low.max(zero.log10() + ZERO_GAP));
                    let mut ticks = log_ticks(low, self.high, count);
                    if zero.is_some() {
                        ticks.insert(0, Tick { at: 0.0, label: "0".to_string(), minor: false });
                    }
                    (ticks, String::new())
                }
                Scale::Symmetric { least } => {
                    (symmetric_ticks(self.value(0.0), self.value(1.0), least, count), String::new())
                }
            },
        };
        let inside = |tick: &Tick| (-1e-9..=1.0 + 1e-9).contains(&self.position(tick.at));
        found.retain(inside);
        (found, factor)
    }
}

/// Decades between the place of 0 and the first tick of a logarithmic axis.
pub(crate) const ZERO_GAP: f64 = 0.25;
