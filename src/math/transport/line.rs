//! Distances on the line.

use super::sorted::{ROUNDING, Sorted};

/// Calls `piece(x, y, mass)` for the pieces of the monotone coupling.
fn coupled(a: &Sorted, b: &Sorted, mut piece: impl FnMut(f64, f64, f64)) {
    let (mut i, mut j, mut done) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        let (u, v) = (a.cumulative()[i], b.cumulative()[j]);
        let next = u.min(v);
        if next - done > ROUNDING {
            piece(a.points()[i], b.points()[j], next - done);
            done = next;
        }
        i += usize::from(u <= next);
        j += usize::from(v <= next);
    }
}

/// `W_1 = Int |F - G| dx` of two measures on the line.
///
/// ```
/// use reluflow::math::transport::{Sorted, line_w1};
/// let a = Sorted::new(&[0.0, 1.0], &[0.5, 0.5]);
/// let b = Sorted::new(&[0.0, 3.0], &[0.75, 0.25]);
/// assert_eq!(line_w1(&a, &b), 0.25 * 1.0 + 0.25 * 2.0);
/// ```
pub fn line_w1(a: &Sorted, b: &Sorted) -> f64 {
    let mut sum = 0.0;
    coupled(a, b, |x, y, mass| sum += mass * (x - y).abs());
    sum
}

/// `W_2`, the root of the mean squared distance under the monotone coupling.
///
/// ```
/// use reluflow::math::transport::{Sorted, line_w2};
/// let a = Sorted::new(&[0.0, 1.0], &[0.5, 0.5]);
/// let b = Sorted::new(&[0.0, 3.0], &[0.75, 0.25]);
/// assert_eq!(line_w2(&a, &b), (0.25f64 * 1.0 + 0.25 * 4.0).sqrt());
/// ```
pub fn line_w2(a: &Sorted, b: &Sorted) -> f64 {
    let mut sum = 0.0;
    coupled(a, b, |x, y, mass| sum += mass * (x - y) * (x - y));
    sum.sqrt()
}
