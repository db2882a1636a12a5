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
    factor(&mut matrix);
    let mut x = b.to_vec();
    for i in 0..n {
        let [_, l1, l2] = matrix[i];
        if i + 1 < n {
            x[i + 1] -= l1 * x[i];
        }
        if i + 2 < n {
            x[i + 2] -= l2 * x[i];
        }
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

/// The diagonal and the two upper bands of the inverse (which is full), in `O(n)`
/// (Hutchinson and de Hoog 1985).
///
/// ```
/// let inverse = reluflow::math::banded::inverse_bands(vec![[2.0, 1.0, 0.0], [2.0, 0.0, 0.0]]);
/// assert!((inverse[0][0] - 2.0 / 3.0).abs() < 1e-15 && (inverse[0][1] + 1.0 / 3.0).abs() < 1e-15);
/// ```
pub fn inverse_bands(mut matrix: Vec<[f64; 3]>) -> Vec<[f64; 3]> {
    let n = matrix.len();
    factor(&mut matrix);
    let mut inverse = vec![[0.0; 3]; n + 2];
    for i in (0..n).rev() {
        let [d, l1, l2] = matrix[i];
        let ([next, next_side, _], after) = (inverse[i + 1], inverse[i + 2][0]);
        let first = -l1 * next - l2 * next_side;
        let second = -l1 * next_side - l2 * after;
        inverse[i] = [1.0 / d - l1 * first - l2 * second, first, second];
    }
    inverse.truncate(n);
    inverse
}

/// In place: the diagonal becomes `D`, the bands those of `L^T`.
fn factor(matrix: &mut [[f64; 3]]) {
    let n = matrix.len();
    for i in 0..n {
        let [d, e, f] = matrix[i];
        let (l1, l2) = (e / d, f / d);
        if i + 1 < n {
            matrix[i + 1][0] -= l1 * e;
            matrix[i + 1][1] -= l1 * f;
        }
        if i + 2 < n {
            matrix[i + 2][0] -= l2 * f;
        }
        matrix[i] = [d, l1, l2];
    }
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
    #[test]
    fn the_bands_are_those_of_the_inverse() {
        let matrix: Vec<[f64; 3]> = (0..6).map(|i| [5.0 + f64::from(i), -1.5, 0.3 * f64::from(i)]).collect();
        let inverse = inverse_bands(matrix.clone());
        for j in 0..6 {
            let unit: Vec<f64> = (0..6).map(|i| if i == j { 1.0 } else { 0.0 }).collect();
            let column = solve(matrix.clone(), &unit);
            for band in 0..3.min(6 - j) {
                assert!((inverse[j][band] - column[j + band]).abs() < 1e-15);
            }
        }
    }
}
