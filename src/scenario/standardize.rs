//! Bringing samples to a common scale.

use crate::problem::Affine;

/// The maps that bring raw samples to `x` in `[-1, 1]` and `y` to mean 0 and variance 1.
///
/// ```text
/// x -> (x - (max x + min x) / 2) / ((max x - min x) / 2)
/// y -> (y - mean y) / sqrt(mean (y - mean y)^2)
/// ```
///
/// The moments of `y` are those of the raw rows: samples that share an `x` count each, as they do
/// in the loss. Where all values are equal the scale stays 1. Values must be finite; any magnitude
/// is fine.
///
/// ```
/// use reluflow::scenario::standardize;
/// let (x, y) = standardize(&[10.0, 20.0, 30.0], &[1.0, 1.0, 1.0]);
/// assert_eq!(x.apply(30.0), 1.0);
/// assert_eq!((y.offset, y.scale), (1.0, 1.0)); // a constant y is only shifted
/// ```
pub fn standardize(x: &[f64], y: &[f64]) -> (Affine, Affine) {
    (to_unit_interval(x), to_unit_variance(y))
}

fn to_unit_interval(x: &[f64]) -> Affine {
    let lo = x.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Halved first: the difference of two large numbers may overflow.
    affine(0.5 * hi + 0.5 * lo, 0.5 * hi - 0.5 * lo)
}

fn to_unit_variance(y: &[f64]) -> Affine {
    let n = y.len() as f64;
    if y.windows(2).all(|pair| pair[0] == pair[1]) {
        // Exactly the constant; a mean would carry rounding that looks like a spread.
        return affine(y.first().copied().unwrap_or(0.0), 0.0);
    }
    // In units of the largest magnitude, so that squares neither overflow nor vanish.
    let unit = y.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
    let mean = y.iter().map(|y| y / unit / n).sum::<f64>();
    let variance = y.iter().map(|y| (y / unit - mean).powi(2) / n).sum::<f64>();
    affine(mean * unit, variance.sqrt() * unit)
}

/// The map with this offset and, if it can be divided by, this scale.
fn affine(offset: f64, scale: f64) -> Affine {
    Affine { offset, scale: if scale.is_normal() && scale > 0.0 { scale } else { 1.0 } }
}
