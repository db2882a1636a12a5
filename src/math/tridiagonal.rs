//! Eigenvalues of symmetric tridiagonal matrices, by code whose bits do not depend on the processor.

/// Rotations of one eigenvalue: it takes two or three, whatever the matrix.
const MOST: usize = 60;

/// The eigenvalues, ascending, and the first component of each normed eigenvector, by implicit QL steps with Wilkinson's
/// shift (EISPACK `imtql2`, of which only the first row is kept: Golub and Welsch 1969). `O(n^2)`.
///
/// * `diagonal`: `n` finite numbers.
/// * `off`: the `n - 1` beside it.
///
/// ```
/// use reluflow::math::tridiagonal::eigen;
/// // [2 1; 1 2]: 1 with (1, -1) / sqrt 2, and 3 with (1, 1) / sqrt 2.
/// let found = eigen(vec![2.0, 2.0], vec![1.0]);
/// assert!((found[0].0 - 1.0).abs() < 1e-15 && (found[1].0 - 3.0).abs() < 1e-15);
/// assert!(found.iter().all(|(_, z)| (z * z - 0.5).abs() < 1e-15));
/// ```
///
/// # Panics
/// If the lengths do not fit, or a number is not finite.
pub fn eigen(mut diagonal: Vec<f64>, mut off: Vec<f64>) -> Vec<(f64, f64)> {
    let n = diagonal.len();
    assert!(off.len() + 1 == n || n == 0, "{n} on the diagonal, {} beside it", off.len());
    assert!(diagonal.iter().chain(&off).all(|value| value.is_finite()), "not finite");
    off.push(0.0);
    let mut first = vec![0.0; n];
    if let Some(one) = first.first_mut() {
        *one = 1.0;
    }
    for l in 0..n {
        for _ in 0..MOST {
            // The block that begins at `l` ends where an entry beside the diagonal is lost in rounding.
            let negligible = |m: &usize| {
                let sum = diagonal[*m].abs() + diagonal[m + 1].abs();
                off[*m].abs() <= f64::EPSILON * sum
            };
            let m = (l..n - 1).find(negligible).unwrap_or(n - 1);
            if m == l {
                break;
            }
            step(&mut diagonal, &mut off, &mut first, l, m);
        }
    }
    let mut found: Vec<(f64, f64)> = diagonal.into_iter().zip(first).collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found
}

/// One QL step on the block `l ..= m`.
fn step(d: &mut [f64], e: &mut [f64], first: &mut [f64], l: usize, m: usize) {
    let half = (d[l + 1] - d[l]) / (2.0 * e[l]);
    let root = libm::hypot(half, 1.0);
    let mut g = d[m] - d[l] + e[l] / (half + root.copysign(half));
    let (mut sine, mut cosine, mut moved) = (1.0, 1.0, 0.0);
    for i in (l..m).rev() {
        let (f, b) = (sine * e[i], cosine * e[i]);
        let r = libm::hypot(f, g);
        e[i + 1] = r;
        if r == 0.0 {
            // It has split further: on with what is left.
            d[i + 1] -= moved;
            e[m] = 0.0;
            return;
        }
        (sine, cosine) = (f / r, g / r);
        let shifted = d[i + 1] - moved;
        let turned = (d[i] - shifted) * sine + 2.0 * cosine * b;
        moved = sine * turned;
        d[i + 1] = shifted + moved;
        g = cosine * turned - b;
        (first[i], first[i + 1]) =
            (cosine * first[i] - sine * first[i + 1], sine * first[i] + cosine * first[i + 1]);
    }
    d[l] -= moved;
    e[l] = g;
    e[m] = 0.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// The second difference: `2 - 2 cos(k pi / (n + 1))`, and `sqrt(2 / (n + 1)) sin(k pi / (n + 1))`.
    #[test]
    fn the_second_difference() {
        for n in [1, 2, 3, 20, 200] {
            let found = eigen(vec![2.0; n], vec![-1.0; n - 1]);
            for (k, (value, z)) in found.into_iter().enumerate() {
                let angle = (k + 1) as f64 * PI / (n + 1) as f64;
                assert!((value - 2.0 + 2.0 * angle.cos()).abs() < 1e-14, "{n} {k}: {value}");
                let expected = (2.0 / (n + 1) as f64).sqrt() * angle.sin();
                assert!((z.abs() - expected).abs() < 1e-14, "{n} {k}: {z} {expected}");
            }
        }
        assert_eq!(eigen(vec![], vec![]), vec![]);
        assert_eq!(eigen(vec![3.0, 1.0], vec![0.0]), vec![(1.0, 0.0), (3.0, 1.0)]);
    }
}
