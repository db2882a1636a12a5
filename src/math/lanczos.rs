//! The largest eigenvalue of a symmetric operator.

use ndarray::Array2;
use ndarray_linalg::{Eigh, UPLO};

use super::random::{Purpose, Stream};

/// The largest eigenvalue of a symmetric positive semi-definite operator of `n` rows, from below, by the Lanczos process
/// from a random vector: until the last steps change it by less than `relative`, or after `most` steps.
///
/// Without reorthogonalisation: lost orthogonality repeats extreme values, it does not move them (Paige 1980). Memory: three
/// vectors.
///
/// ```
/// use reluflow::math::lanczos::largest_eigenvalue;
/// let found = largest_eigenvalue(50, 1e-12, 60, |v| (0..50).map(|i| i as f64 * v[i]).collect());
/// assert!((found - 49.0).abs() < 1e-9);
/// ```
pub fn largest_eigenvalue(
    n: usize,
    relative: f64,
    most: usize,
    mut operator: impl FnMut(&[f64]) -> Vec<f64>,
) -> f64 {
    let mut stream = Stream::new(0, Purpose::Particles, 0);
    let mut now: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
    let length = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>().sqrt();
    let first = length(&now);
    now.iter_mut().for_each(|v| *v /= first);
    let mut before = vec![0.0; n];
    let (mut diagonal, mut off): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
    let mut found = 0.0;
    for k in 0..most.min(n) {
        let mut next = operator(&now);
        let alpha: f64 = next.iter().zip(&now).map(|(a, b)| a * b).sum();
        diagonal.push(alpha);
        let beta = off.last().copied().unwrap_or(0.0);
        for i in 0..n {
            next[i] -= alpha * now[i] + beta * before[i];
        }
        let beta = length(&next);
        let value = largest_of(&diagonal, &off);
        let done = k > 2 && value - found <= relative * value;
        found = value;
        if done || beta <= 1e-300 || !beta.is_finite() {
            break;
        }
        next.iter_mut().for_each(|v| *v /= beta);
        off.push(beta);
        before = now;
        now = next;
    }
    found
}

/// Of a tridiagonal matrix.
fn largest_of(diagonal: &[f64], off: &[f64]) -> f64 {
    let n = diagonal.len();
    let matrix = Array2::from_shape_fn((n, n), |(i, j)| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => off[i.min(j)],
        _ => 0.0,
    });
    matrix.eigh(UPLO::Lower).map_or(f64::NAN, |(values, _)| values[n - 1])
}
