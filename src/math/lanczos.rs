//! The Lanczos process: the largest eigenvalue of a symmetric operator, and the measure that a vector has on its spectrum.

use super::random::{Purpose, Stream};
use super::tridiagonal::eigen;

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
        if !alpha.is_finite() {
            return f64::NAN;
        }
        let value = eigen(diagonal.clone(), off.clone()).last().map_or(f64::NAN, |last| last.0);
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

/// The Gauss rule of the measure that `start` has on the spectrum of an operator that is symmetric in the inner product
/// with these weights: nodes, ascending, and their shares, which sum to 1. `Sum_i share_i g(node_i)` is
/// `<start, g(A) start> / <start, start>` for polynomials `g` of a degree below twice the number of steps, and for others
/// nearly (Golub and Meurant, Matrices, Moments and Quadrature, 2010, section 6). Empty if `start` is 0 or not finite.
///
/// With full reorthogonalisation: memory for `steps` vectors.
///
/// ```
/// use reluflow::math::lanczos::spectral_measure;
/// // A diagonal matrix shows the start itself: squares 1, 4, 9 at the entries.
/// let diagonal = |v: &[f64]| vec![v[0], 10.0 * v[1], 100.0 * v[2]];
/// let rule = spectral_measure(&[1.0, 2.0, 3.0], &[1.0; 3], 9, diagonal);
/// for ((node, share), (eigenvalue, square)) in rule.into_iter().zip([(1.0, 1.0), (10.0, 4.0), (100.0, 9.0)]) {
///     assert!((node - eigenvalue).abs() < 1e-9 && (share - square / 14.0).abs() < 1e-12);
/// }
/// ```
pub fn spectral_measure(
    start: &[f64],
    weights: &[f64],
    steps: usize,
    mut operator: impl FnMut(&[f64]) -> Vec<f64>,
) -> Vec<(f64, f64)> {
    let inner = |a: &[f64], b: &[f64]| -> f64 { (0..a.len()).map(|i| weights[i] * a[i] * b[i]).sum() };
    let length = inner(start, start).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return vec![];
    }
    let mut basis = vec![start.iter().map(|v| v / length).collect::<Vec<f64>>()];
    let (mut diagonal, mut off): (Vec<f64>, Vec<f64>) = (vec![], vec![]);
    for k in 0..steps.min(start.len()) {
        let mut next = operator(&basis[k]);
        diagonal.push(inner(&next, &basis[k]));
        // Twice is enough (Kahan).
        for _ in 0..2 {
            for v in &basis {
                let along = inner(&next, v);
                next.iter_mut().zip(v).for_each(|(next, v)| *next -= along * v);
            }
        }
        let beta = inner(&next, &next).sqrt();
        let scale = diagonal.iter().fold(0.0f64, |most, d| most.max(d.abs()));
        if !(scale.is_finite() && beta.is_finite()) {
            return vec![];
        }
        if k + 1 == steps.min(start.len()) || beta <= 1e-14 * scale {
            break;
        }
        next.iter_mut().for_each(|v| *v /= beta);
        off.push(beta);
        basis.push(next);
    }
    eigen(diagonal, off).into_iter().map(|(node, first)| (node, first * first)).collect()
}
