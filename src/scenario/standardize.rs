//! Bringing samples to a common scale.

use std::cmp::Ordering;

use crate::math::sum::{sum, two_sum};
use crate::problem::Affine;

/// Values on a common scale, and the map that brings raw values there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standardized {
    /// Maps raw values, to the rounding of `offset` and `scale`.
    pub map: Affine,
    /// The values, to their own rounding: the centre is subtracted with more digits than `offset`
    /// holds.
    pub values: Vec<f64>,
}

/// The maps that bring raw samples to `x` in `[-1, 1]` and `y` to mean 0 and variance 1.
///
/// ```text
/// x -> (x - (max x + min x) / 2) / ((max x - min x) / 2)
/// y -> (y - mean y) / sqrt(mean (y - mean y)^2)
/// ```
///
/// The moments of `y` are those of the raw rows: samples that share an `x` count each, as they do
/// in the loss. They are moments of differences, so that an offset of any size takes no digits
/// from them. Where all values are equal the scale stays 1. Values must be finite; any magnitude
/// is fine. Half-widths and deviations below 5e-324, which `f64` does not have, become 5e-324.
///
/// ```
/// use reluflow::scenario::standardize;
/// let (x, y) = standardize(&[10.0, 20.0, 30.0], &[1.0, 1.0, 1.0]);
/// assert_eq!(x.apply(30.0), 1.0);
/// assert_eq!((y.offset, y.scale), (1.0, 1.0)); // a constant y is only shifted
/// ```
pub fn standardize(x: &[f64], y: &[f64]) -> (Affine, Affine) {
    (to_unit_interval(x).map, to_unit_variance(y).map)
}

/// `x` by the first of the maps of [`standardize`].
pub(super) fn to_unit_interval(x: &[f64]) -> Standardized {
    let unit = unit(x);
    let lo = x.iter().copied().fold(f64::INFINITY, f64::min) / unit;
    let hi = x.iter().copied().fold(f64::NEG_INFINITY, f64::max) / unit;
    if lo.partial_cmp(&hi) != Some(Ordering::Less) {
        return only_shifted(x);
    }
    // Neither halves nor sums of numbers of size 1 overflow or vanish.
    let mut x = Centred::new(x, unit, two_sum(0.5 * lo, 0.5 * hi)).scaled_by(|_| 0.5 * (hi - lo));
    x.values.iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
    x
}

/// `y` by the second of the maps of [`standardize`].
pub(super) fn to_unit_variance(y: &[f64]) -> Standardized {
    if y.windows(2).all(|pair| pair[0] == pair[1]) {
        return only_shifted(y);
    }
    let (unit, n) = (unit(y), y.len() as f64);
    // A mean of differences: they are as exact as the data, whatever the offset.
    let first = y[0] / unit;
    let mean = sum(y.iter().map(|y| y / unit - first)) / n;
    let centred = Centred::new(y, unit, two_sum(first, mean));
    centred.scaled_by(|values| (sum(values.iter().map(|value| value * value)) / n).sqrt())
}

/// Values that are all the same.
fn only_shifted(values: &[f64]) -> Standardized {
    let map = Affine { offset: values.first().copied().unwrap_or(0.0), scale: 1.0 };
    Standardized { map, values: vec![0.0; values.len()] }
}

/// Differences from a centre, in a unit in which they neither overflow nor vanish.
struct Centred {
    unit: f64,
    offset: f64,
    /// In units of `unit`.
    values: Vec<f64>,
}

impl Centred {
    /// Around the sum of the two parts of `centre`, which is in units of `unit`.
    fn new(raw: &[f64], unit: f64, (centre, rest): (f64, f64)) -> Centred {
        let offset = centre * unit;
        // Differs from `centre` where `offset` is subnormal.
        let near = offset / unit;
        let rest = rest + (centre - near);
        let values = raw.iter().map(|value| (value / unit - near) - rest).collect();
        Centred { unit, offset, values }
    }

    /// Divided by what `scale` says of the values.
    fn scaled_by(mut self, scale: impl Fn(&[f64]) -> f64) -> Standardized {
        let scale = scale(&self.values);
        self.values.iter_mut().for_each(|value| *value /= scale);
        let map = Affine { offset: self.offset, scale: (scale * self.unit).max(LEAST) };
        Standardized { map, values: self.values }
    }
}

/// The least positive number.
const LEAST: f64 = f64::from_bits(1);

/// The power of two just below the largest magnitude, by which division is exact; 1 if all are 0.
fn unit(values: &[f64]) -> f64 {
    let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    match most.to_bits() {
        0 => 1.0,
        bits if most < f64::MIN_POSITIVE => f64::from_bits(1 << bits.ilog2()),
        bits => f64::from_bits(bits & f64::INFINITY.to_bits()),
    }
}
