//! Linear systems of which only products are known, by minimal residuals (GMRES: Saad and Schultz 1986).

/// The residual of the solution, relative to the right side, at which iteration ends.
const ENOUGH: f64 = 1e-9;

/// The `x` for which `image` leaves `right`, from at most `most` products.
///
/// * `image`: writes the product of the matrix with its first argument into its second.
///
/// Returns `right` itself if it vanishes or is not finite.
///
/// ```
/// // [3 1; 1 3] x = (4, 8): x = (1/2, 5/2).
/// let image = |v: &[f64], out: &mut [f64]| {
///     (out[0], out[1]) = (3.0 * v[0] + v[1], v[0] + 3.0 * v[1]);
/// };
/// let x = reluflow::math::gmres::solve(image, &[4.0, 8.0], 10);
/// assert!((x[0] - 0.5).abs() < 1e-14 && (x[1] - 2.5).abs() < 1e-14);
/// ```
pub fn solve(mut image: impl FnMut(&[f64], &mut [f64]), right: &[f64], most: usize) -> Vec<f64> {
    let (n, size) = (right.len(), norm(right));
    if size == 0.0 || !size.is_finite() {
        return right.to_vec();
    }
    // Orthonormal vectors, one after the other.
    let mut basis = Vec::with_capacity(8 * n);
    basis.extend(right.iter().map(|value| value / size));
    // The columns of the rotated Hessenberg matrix down to the diagonal, one after the other, its rotations, and
    // the rotated right side.
    let (mut triangle, mut rotations, mut rest) = (Vec::new(), Vec::<[f64; 2]>::new(), vec![size]);
    let (mut next, mut along) = (vec![0.0; n], vec![]);
    while rotations.len() < most.min(n) {
        let k = rotations.len();
        image(&basis[k * n..], &mut next);
        let first = triangle.len();
        triangle.resize(first + k + 1, 0.0);
        let column = &mut triangle[first..];
        // Twice is enough to be orthogonal to rounding.
        for _ in 0..2 {
            along.clear();
            along.extend(basis.chunks_exact(n).map(|unit| dot(unit, &next)));
            for ((entry, along), unit) in column.iter_mut().zip(&along).zip(basis.chunks_exact(n)) {
                *entry += along;
                next.iter_mut().zip(unit).for_each(|(next, unit)| *next -= along * unit);
            }
        }
        let length = norm(&next);
        for (i, [cos, sin]) in rotations.iter().enumerate() {
            (column[i], column[i + 1]) =
                (cos * column[i] + sin * column[i + 1], cos * column[i + 1] - sin * column[i]);
        }
        let radius = libm::hypot(column[k], length);
        if !(radius > 0.0 && radius.is_finite()) {
            break;
        }
        let [cos, sin] = [column[k] / radius, length / radius];
        column[k] = radius;
        rest.push(-sin * rest[k]);
        rest[k] *= cos;
        rotations.push([cos, sin]);
        if rest[k + 1].abs() <= ENOUGH * size || length == 0.0 {
            break;
        }
        basis.extend(next.iter().map(|value| value / length));
    }
    let count = rotations.len();
    let mut share = rest[..count].to_vec();
    for k in (0..count).rev() {
        let (above, diagonal) = triangle[k * (k + 1) / 2..].split_at(k);
        share[k] /= diagonal[0];
        let known = share[k];
        share.iter_mut().zip(above).for_each(|(share, entry)| *share -= entry * known);
    }
    let mut solution = vec![0.0; n];
    for (share, unit) in share.iter().zip(basis.chunks_exact(n)) {
        solution.iter_mut().zip(unit).for_each(|(sum, unit)| *sum += share * unit);
    }
    solution
}

/// In as many partial sums as make it vector instructions; most of the time of a solution goes here.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A matrix with eigenvalues from 1 to 1e4, not symmetric: the product of the solution is the right side.
    #[test]
    fn solutions_solve() {
        for n in [1, 7, 40] {
            let image = |v: &[f64], out: &mut [f64]| {
                for i in 0..n {
                    let above = if i + 1 < n { v[i + 1] } else { 0.0 };
                    out[i] = 1e4f64.powf(i as f64 / n as f64) * v[i] + 0.3 * above;
                }
            };
            let right: Vec<f64> = (0..n).map(|i| (1.7 * i as f64).sin() + 0.1).collect();
            let mut back = vec![0.0; n];
            image(&solve(image, &right, 80), &mut back);
            for (back, right) in back.iter().zip(&right) {
                assert!((back - right).abs() < 1e-8, "{n}: {back} {right}");
            }
        }
    }

    #[test]
    fn nothing_and_what_overflows_is_left_as_it_is() {
        let image = |v: &[f64], out: &mut [f64]| out.copy_from_slice(v);
        assert_eq!(solve(image, &[0.0; 2], 5), [0.0; 2]);
        assert!(solve(image, &[f64::INFINITY, 1.0], 5)[0].is_infinite());
    }
}
