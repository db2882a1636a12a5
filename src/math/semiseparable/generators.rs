//! Symmetric matrices of rank 4 below the diagonal, factored and solved in `O(n)` (mathematics, section 17).
//!
//! ```text
//! A[i, i] = diagonal_i + shift,      A[i, j] = A[j, i] = u_i . v_j   (i > j)
//! ```
//!
//! `A = L D L^T` with `L[i, j] = u_i . w_j`: one recursion over the rows with the 4 x 4 state
//! `S = Sum_{p < i} d_p w_p w_p^T` (celerite: Foreman-Mackey et al. 2017, Astronomical Journal 154:220). The shift
//! is complex, and so is the symmetry (no conjugates): where `A - shift` is positive semi-definite and the real
//! part of the shift is positive, pivots cannot vanish and need no exchanges.

use ndarray_linalg::c64;

/// Rank below the diagonal.
pub const RANK: usize = 4;

/// One row of a rank-4 factor.
pub type Row = [f64; RANK];

/// A factored matrix.
pub struct Factored {
    u: Vec<Row>,
    w: Vec<[c64; RANK]>,
    /// One over each pivot.
    inverse: Vec<c64>,
}

/// The entries of a symmetric 4 x 4 matrix on and above its diagonal.
const UPPER: usize = RANK * (RANK + 1) / 2;

impl Factored {
    /// Factors the matrix with these rows, in `O(n)`.
    ///
    /// ```
    /// use ndarray_linalg::c64;
    /// use reluflow::math::semiseparable::Factored;
    /// // [3 1; 1 3] x = (4, 8): x = (1/2, 5/2).
    /// let unit = [1.0, 0.0, 0.0, 0.0];
    /// let factored = Factored::new(c64::new(1.0, 0.0), [(2.0, unit, unit); 2].into_iter());
    /// let x = factored.solve(&[4.0, 8.0]);
    /// assert!((x[0].re - 0.5).abs() < 1e-15 && (x[1].re - 2.5).abs() < 1e-15);
    /// ```
    ///
    /// * `rows`: `diagonal_i`, `u_i`, `v_i`.
    pub fn new(shift: c64, rows: impl ExactSizeIterator<Item = (f64, Row, Row)>) -> Factored {
        let n = rows.len();
        let mut factored =
            Factored { u: Vec::with_capacity(n), w: Vec::with_capacity(n), inverse: Vec::with_capacity(n) };
        let mut state = [c64::ZERO; UPPER];
        for (diagonal, u, v) in rows {
            let seen = product(&state, &u);
            let pivot = shift + diagonal - dot(&u, &seen);
            let inverse = pivot.inv();
            let lacking: [c64; RANK] = std::array::from_fn(|i| v[i] - seen[i]);
            let w = lacking.map(|lacking| lacking * inverse);
            let mut at = 0;
            for i in 0..RANK {
                for j in i..RANK {
                    state[at] += lacking[i] * w[j];
                    at += 1;
                }
            }
            factored.u.push(u);
            factored.w.push(w);
            factored.inverse.push(inverse);
        }
        factored
    }

    /// `A^-1 b`, in `O(n)`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn solve<T: Copy + Into<c64>>(&self, b: &[T]) -> Vec<c64> {
        assert_eq!(b.len(), self.u.len(), "rows of the matrix and of the right side");
        let mut sum = [c64::ZERO; RANK];
        let mut x: Vec<c64> = Vec::with_capacity(b.len());
        for ((b, u), w) in b.iter().zip(&self.u).zip(&self.w) {
            let y = (*b).into() - dot(u, &sum);
            sum.iter_mut().zip(w).for_each(|(sum, w)| *sum += *w * y);
            x.push(y);
        }
        let mut sum = [c64::ZERO; RANK];
        for (i, x) in x.iter_mut().enumerate().rev() {
            let below: c64 = self.w[i].iter().zip(&sum).map(|(w, sum)| w * sum).sum();
            *x = *x * self.inverse[i] - below;
            sum.iter_mut().zip(&self.u[i]).for_each(|(sum, u)| *sum += *x * *u);
        }
        x
    }
}

fn dot(u: &Row, v: &[c64; RANK]) -> c64 {
    u.iter().zip(v).map(|(u, v)| v * *u).sum()
}

/// A symmetric matrix, given by its upper part row by row, times a vector.
#[inline(always)]
fn product(upper: &[c64; UPPER], u: &Row) -> [c64; RANK] {
    let mut out = [c64::ZERO; RANK];
    let mut at = 0;
    for i in 0..RANK {
        out[i] += upper[at] * u[i];
        at += 1;
        for j in i + 1..RANK {
            out[i] += upper[at] * u[j];
            out[j] += upper[at] * u[i];
            at += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Gram matrix with `scale` between its largest and smallest rows: the solution times the dense matrix is
    /// the right side.
    #[test]
    fn solutions_solve() {
        for (n, scale) in [(1, 1.0), (7, 1.0), (40, 1e6)] {
            let size = |i: usize| f64::powf(scale, i as f64 / n as f64 - 1.0) * scale;
            let u: Vec<Row> = (0..n).map(|i| [size(i), 0.0, 0.3, 1.0]).collect();
            // Products of running sums, so that the matrix is positive semi-definite.
            let v: Vec<Row> = (0..n).map(|j| [size(j) * (1.0 + j as f64), 0.0, 0.3, 1.0]).collect();
            let entry = |i: usize, j: usize| -> f64 {
                let (low, high) = (i.min(j), i.max(j));
                u[high].iter().zip(&v[low]).map(|(u, v)| u * v).sum()
            };
            let diagonal: Vec<f64> = (0..n).map(|i| entry(i, i)).collect();
            let b: Vec<f64> = (0..n).map(|i| (1.7 * i as f64).sin()).collect();
            let shift = c64::new(2.0, 2f64.sqrt());
            let rows = (0..n).map(|i| (diagonal[i], u[i], v[i]));
            let x = Factored::new(shift, rows).solve(&b);
            for i in 0..n {
                let product: c64 = (0..n).map(|j| x[j] * entry(i, j)).sum::<c64>() + shift * x[i];
                let terms: f64 = (0..n).map(|j| (x[j] * entry(i, j)).norm()).sum::<f64>() + 1.0;
                assert!((product - b[i]).norm() < 1e-13 * terms, "{n} {scale}, row {i}: {product} {}", b[i]);
            }
        }
    }
}
