//! Symmetric positive definite systems with two bands beside the diagonal.

/// Solves `A x = b`, where row `i` of `matrix` holds `A[i, i]`, `A[i, i + 1]`, `A[i, i + 2]`, by
/// `A = L D L^T` in `O(n)`.
///
/// ```
/// // [2 1; 1 2] x = (3, 3)
/// let x = reluflow::math::banded::solve(vec![[2.0, 1.0, 0.0], [2.0, 0.0, 0.0]], &[3.0, 3.0]);
/// assert!((x[0] - 1.0).abs() < 1e-15 && (x[1] - 1.0).abs() < 1e-15);
/// ```
///
/// # Panics
/// If the lengths differ.
pub fn solve(mut matrix: Vec<[f64; 3]>, b: &[f64]) -> Vec<f64> {
    let n = matrix.len();
    assert_eq!(n, b.len(), "rows of the matrix and of the right side");
    let mut x = b.to_vec();
    // In place: the diagonal becomes D, the bands those of L^T.
    for i in 0..n {
        let [d, e, f] = matrix[i];
        let (l1, l2) = (e / d, f / d);
        if i + 1 < n {
            matrix[i + 1][0] -= l1 * e;
            matrix[i + 1][1] -= l1 * f;
            x[i + 1] -= l1 * x[i];
        }
        if i + 2 < n {
            matrix[i + 2][0] -= l2 * f;
            x[i + 2] -= l2 * x[i];
        }
        matrix[i] = [d, l1, l2];
    }
    for i in (0..n).rev() {
        let [d, l1, l2] = matrix[i];
        x[i] /= d;
        if i + 1 < n {
            x[i] -= l1 * x[i + 1];
        }
        if i + 2 < n {
            x[i] -= l2 * x[i + 2];
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_a_known_vector_is_undone() {
        let matrix: Vec<[f64; 3]> = (0..7).map(|i| [6.0 + f64::from(i), -2.0, 0.5 * f64::from(i)]).collect();
        let x: Vec<f64> = (0..7).map(|i| f64::from(i * i) - 3.0).collect();
        let entry = |i: usize, j: usize| {
            let (i, band) = (i.min(j), i.abs_diff(j));
            if band < 3 { matrix[i][band] } else { 0.0 }
        };
        let b: Vec<f64> = (0..7).map(|i| (0..7).map(|j| entry(i, j) * x[j]).sum()).collect();
        let found = solve(matrix.clone(), &b);
        assert!(found.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-13), "{found:?}");
    }
}
