//! The covariance of a process from sample to sample.

/// A square matrix, by its columns.
pub type Matrix<const R: usize> = [[f64; R]; R];

/// From a sample to the next: `state' = transition state + noise n`, `n` standard normal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<const R: usize> {
    /// By columns.
    pub transition: Matrix<R>,
    /// A root of the covariance of the increment, by columns: any `G` with `Q = G G^T`.
    pub noise: Matrix<R>,
}

/// A symmetric positive semi-definite matrix of `n` rows in state-space form:
///
/// ```text
/// K[i, j] = Cov(state_i, state_j)[0, 0],    state_0 = start n,    state_(i+1) = F_i state_i + G_i n
/// ```
///
/// so that `K[i, j] = (F_(i-1) ... F_j P_j)[0, 0]` for `i >= j`: semiseparable of rank `R`. The first component of the
/// state is the value at the sample; with the others relative to it (slopes, not values far away) close samples lose
/// nothing.
///
/// ```
/// use reluflow::math::semiseparable::{Chain, Step};
/// // A walk with steps of variance 4: K[i, j] = 4 (1 + min(i, j)).
/// let step = Step { transition: [[1.0]], noise: [[2.0]] };
/// let walk = Chain::new([[2.0]], vec![step; 2]);
/// assert_eq!(walk.product(&[1.0, 0.0, 0.0]), [4.0, 4.0, 4.0]);
/// assert_eq!(walk.product(&[0.0, 0.0, 1.0]), [4.0, 8.0, 12.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Chain<const R: usize> {
    pub(super) start: Matrix<R>,
    pub(super) steps: Vec<Step<R>>,
}

impl<const R: usize> Chain<R> {
    /// * `start`: a root of the covariance at the first sample, by columns.
    /// * `steps`: one fewer than there are samples.
    pub fn new(start: Matrix<R>, steps: Vec<Step<R>>) -> Chain<R> {
        Chain { start, steps }
    }

    /// Rows of the matrix.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.steps.len() + 1
    }

    /// `K v`, in `O(n R^2)`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn product(&self, v: &[f64]) -> Vec<f64> {
        assert_eq!(v.len(), self.len(), "rows of the matrix and of the vector");
        // Backwards: what later samples pull at the state with.
        let mut pull = vec![[0.0; R]; v.len()];
        let mut now = [0.0; R];
        for i in (0..v.len()).rev() {
            now[0] += v[i];
            pull[i] = now;
            if i > 0 {
                now = transposed(&self.steps[i - 1].transition, &now);
            }
        }
        let mut state = by_covariance(&self.start, &pull[0]);
        let mut out = vec![state[0]];
        for (step, pull) in self.steps.iter().zip(&pull[1..]) {
            let moved = apply(&step.transition, &state);
            let increment = by_covariance(&step.noise, pull);
            state = std::array::from_fn(|k| moved[k] + increment[k]);
            out.push(state[0]);
        }
        out
    }

    /// `v^T K v`, a sum of squares: the variance of what `v` weighs.
    ///
    /// ```
    /// use reluflow::math::semiseparable::{Chain, Step};
    /// let walk = Chain::new([[2.0]], vec![Step { transition: [[1.0]], noise: [[2.0]] }; 2]);
    /// assert_eq!(walk.variance(&[0.0, -1.0, 1.0]), 4.0); // one step
    /// ```
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn variance(&self, v: &[f64]) -> f64 {
        assert_eq!(v.len(), self.len(), "rows of the matrix and of the vector");
        let square = |root: &Matrix<R>, pull: &[f64; R]| -> f64 {
            transposed(root, pull).iter().map(|along| along * along).sum()
        };
        let (mut pull, mut sum) = ([0.0; R], 0.0);
        for (i, step) in self.steps.iter().enumerate().rev() {
            pull[0] += v[i + 1];
            sum += square(&step.noise, &pull);
            pull = transposed(&step.transition, &pull);
        }
        pull[0] += v[0];
        sum + square(&self.start, &pull)
    }

    /// The diagonal, `K[i, i]`.
    pub fn diagonal(&self) -> Vec<f64> {
        let mut covariance = square(&self.start);
        let mut out = vec![covariance[0][0]];
        for step in &self.steps {
            covariance = advance(&covariance, step);
            out.push(covariance[0][0]);
        }
        out
    }
}

/// `M v`.
#[inline(always)]
pub(super) fn apply<const R: usize>(m: &Matrix<R>, v: &[f64; R]) -> [f64; R] {
    let mut out = [0.0; R];
    for j in 0..R {
        for i in 0..R {
            out[i] += m[j][i] * v[j];
        }
    }
    out
}

/// `M^T v`.
#[inline(always)]
pub(super) fn transposed<const R: usize>(m: &Matrix<R>, v: &[f64; R]) -> [f64; R] {
    let mut out = [0.0; R];
    for j in 0..R {
        for i in 0..R {
            out[j] += m[j][i] * v[i];
        }
    }
    out
}

/// `C C^T v`.
#[inline(always)]
pub(super) fn by_covariance<const R: usize>(root: &Matrix<R>, v: &[f64; R]) -> [f64; R] {
    apply(root, &transposed(root, v))
}

/// `A B`.
#[inline(always)]
pub(super) fn multiply<const R: usize>(a: &Matrix<R>, b: &Matrix<R>) -> Matrix<R> {
    let mut out = [[0.0; R]; R];
    for j in 0..R {
        out[j] = apply(a, &b[j]);
    }
    out
}

/// `C C^T`.
#[inline(always)]
pub(super) fn square<const R: usize>(root: &Matrix<R>) -> Matrix<R> {
    let mut out = [[0.0; R]; R];
    for column in root {
        for j in 0..R {
            for i in 0..R {
                out[j][i] += column[i] * column[j];
            }
        }
    }
    out
}

/// `F P F^T + G G^T`.
#[inline(always)]
pub(super) fn advance<const R: usize>(covariance: &Matrix<R>, step: &Step<R>) -> Matrix<R> {
    let moved = multiply(&step.transition, covariance);
    let mut out = square(&step.noise);
    for j in 0..R {
        for i in 0..R {
            for k in 0..R {
                out[j][i] += moved[k][i] * step.transition[k][j];
            }
        }
    }
    out
}

/// The lower triangular root `C` with `C C^T = A A^T + B B^T` and a non-negative diagonal, by Givens rotations: nothing
/// is subtracted but what a rotation subtracts, so that rows of very different sizes keep their digits.
///
/// ```
/// use reluflow::math::semiseparable::triangular_root;
/// let c = triangular_root([[3.0, 1.0], [0.0, 0.0]], [[4.0, 0.0], [0.0, 2.0]]);
/// assert!((c[0][0] - 5.0).abs() < 1e-15 && (c[0][1] - 0.6).abs() < 1e-15 && c[1][0] == 0.0);
/// assert!((c[1][1] - (5.0f64 - 0.36).sqrt()).abs() < 1e-15); // 1^2 + 2^2 is kept
/// ```
pub fn triangular_root<const R: usize>(mut a: Matrix<R>, mut b: Matrix<R>) -> Matrix<R> {
    for row in 0..R {
        for k in 0..R {
            let (keep, rest) = a.split_at_mut(row + 1);
            let pivot = &mut keep[row];
            if k > row {
                rotate(pivot, &mut rest[k - row - 1], row);
            }
            rotate(pivot, &mut b[k], row);
        }
        if a[row][row] < 0.0 {
            a[row].iter_mut().for_each(|entry| *entry = -*entry);
        }
    }
    a
}

/// Turns two columns so that entry `row` of the second vanishes; earlier entries are zero.
#[inline(always)]
fn rotate<const R: usize>(p: &mut [f64; R], q: &mut [f64; R], row: usize) {
    if q[row] == 0.0 {
        return;
    }
    let (c, s, r) = rotation(p[row], q[row]);
    (p[row], q[row]) = (r, 0.0);
    for i in row + 1..R {
        (p[i], q[i]) = (c * p[i] + s * q[i], c * q[i] - s * p[i]);
    }
}

/// `(c, s, r)` with `c p + s q = r` and `c q = s p`.
#[inline(always)]
pub(super) fn rotation(p: f64, q: f64) -> (f64, f64, f64) {
    let square = p * p + q * q;
    // Squares of small numbers would underflow.
    let r = if (1e-280..1e280).contains(&square) { square.sqrt() } else { libm::hypot(p, q) };
    (p / r, q / r, r)
}
