//! The square-root factor of a matrix in state-space form.

use super::chain::{
    Chain, Matrix, advance, apply, by_covariance, multiply, square, transposed, triangular_root,
};

/// A pivot whose root is below this share of what its terms are made of is lost in rounding.
const LOST: f64 = 64.0 * f64::EPSILON;

/// `L D L^T` of `K + diag(diagonal)`, `K` a [`Chain`].
///
/// The covariance of the state given the samples before is carried by its lower triangular root `C`. The pivot is
/// `d = C[0, 0]^2 + diagonal`, and to take in a sample multiplies the first column of `C` by
/// `sqrt(diagonal / d)`: nothing cancels (square-root Kalman filter; Kailath, Sayed and Hassibi 2000, chapter 12).
///
/// * A diagonal entry of infinity is a sample without a value: it changes nothing, its weight is zero, and the state
///   there is predicted from the others.
/// * A pivot that is lost in rounding, where the diagonal entry is 0 and the value follows from those before, is taken
///   as infinite as well: [`lost`](ChainFactor::lost) counts them.
///
/// ```
/// use reluflow::math::semiseparable::{Chain, ChainFactor, Step};
/// // K = [1 1; 1 2], K + 1 = [2 1; 1 3], determinant 5.
/// let walk = Chain::new([[1.0]], vec![Step { transition: [[1.0]], noise: [[1.0]] }]);
/// let factor = ChainFactor::new(&walk, &[1.0, 1.0]);
/// assert!((factor.log_determinant() - 5f64.ln()).abs() < 1e-15);
/// let mut x = [5.0, 5.0];
/// factor.solve(&walk, &mut x);
/// assert!((x[0] - 2.0).abs() < 1e-15 && (x[1] - 1.0).abs() < 1e-15);
/// let inverse = factor.inverse_diagonal(&walk);
/// assert!((inverse[0] - 0.6).abs() < 1e-15 && (inverse[1] - 0.4).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Default)]
pub struct ChainFactor<const R: usize> {
    /// Roots of the predicted covariances, by columns.
    roots: Vec<Matrix<R>>,
    /// Pivots; infinite where there is no value.
    pivots: Vec<f64>,
    /// `sqrt(diagonal / d)`: what is left of the first column of the root after the sample.
    left: Vec<f64>,
    lost: usize,
}

/// What values at the samples say of the states: `weights = (K + diag)^-1 b`.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothed<const R: usize> {
    /// One per sample; zero where there is no value.
    pub weights: Vec<f64>,
    /// `Sum_j Cov(state_i, value_j) weights_j`.
    pub states: Vec<[f64; R]>,
    /// `Sum_(j >= i) (F_(j-1) ... F_i)^T e_0 weights_j`: how samples from `i` on pull at the state there.
    pub pulls: Vec<[f64; R]>,
}

impl<const R: usize> ChainFactor<R> {
    /// Factors, in `O(n R^3)`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn new(chain: &Chain<R>, diagonal: &[f64]) -> ChainFactor<R> {
        let mut factor = ChainFactor::default();
        factor.refactor(chain, diagonal);
        factor
    }

    /// As [`ChainFactor::new`], in the memory of an earlier factor.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn refactor(&mut self, chain: &Chain<R>, diagonal: &[f64]) {
        let n = chain.len();
        assert_eq!(n, diagonal.len(), "rows of the matrix and of the diagonal");
        self.roots.clear();
        self.pivots.clear();
        self.left.clear();
        self.roots.reserve(n);
        self.pivots.reserve(n);
        self.left.reserve(n);
        self.lost = 0;
        let mut prior = square(&chain.start);
        let mut root = triangular_root(chain.start, [[0.0; R]; R]);
        let mut terms = 0.0;
        for i in 0..n {
            let value = root[0][0];
            let mut pivot = value * value + diagonal[i];
            if diagonal[i] == 0.0 && value <= LOST * terms {
                pivot = f64::INFINITY;
                self.lost += 1;
            }
            self.roots.push(root);
            self.pivots.push(pivot);
            self.left.push(if pivot < f64::INFINITY { (diagonal[i] / pivot).sqrt() } else { 1.0 });
            let Some(step) = chain.steps.get(i) else { break };
            root = self.with_sample(i);
            // What the next value is made of before anything is known of slopes.
            let slopes = (1..R).map(|k| (step.transition[k][0] * prior[k][k].sqrt()).abs());
            terms = (step.transition[0][0] * root[0][0]).abs() + slopes.sum::<f64>();
            prior = advance(&prior, step);
            root = triangular_root(multiply(&step.transition, &root), step.noise);
        }
    }

    /// How many pivots are lost in rounding.
    pub fn lost(&self) -> usize {
        self.lost
    }

    /// The pivots `D`, infinite where there is no value.
    pub fn pivots(&self) -> &[f64] {
        &self.pivots
    }

    /// `ln det`, over the samples with a value.
    pub fn log_determinant(&self) -> f64 {
        self.pivots.iter().filter(|pivot| **pivot < f64::INFINITY).map(|pivot| libm::log(*pivot)).sum()
    }

    /// `P e_0 / d` of a sample.
    #[inline(always)]
    fn gain(&self, i: usize) -> [f64; R] {
        let (column, pivot) = (&self.roots[i][0], self.pivots[i]);
        let share = column[0] / pivot;
        let mut gain = *column;
        gain.iter_mut().for_each(|entry| *entry *= share);
        gain
    }

    /// Replaces `b` by `(K + diag)^-1 b`, in `O(n R^2)` and without allocation; for several right sides call it for
    /// each.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn solve(&self, chain: &Chain<R>, b: &mut [f64]) {
        self.forward(chain, b, |_, _| ());
        self.backward(chain, b, |_, _, _| ());
    }

    /// The solution of [`ChainFactor::solve`] with the states.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn smooth(&self, chain: &Chain<R>, b: &[f64]) -> Smoothed<R> {
        let mut weights = b.to_vec();
        let mut states = vec![[0.0; R]; b.len()];
        let mut pulls = vec![[0.0; R]; b.len()];
        self.forward(chain, &mut weights, |i, state| states[i] = state);
        // With what is known after the sample, which is little: nothing cancels.
        self.backward(chain, &mut weights, |i, later, pull| {
            let by = by_covariance(&self.with_sample(i), &later);
            states[i].iter_mut().zip(by).for_each(|(state, by)| *state += by);
            pulls[i] = pull;
        });
        Smoothed { weights, states, pulls }
    }

    /// The root of the covariance after a sample.
    #[inline(always)]
    fn with_sample(&self, i: usize) -> Matrix<R> {
        let mut root = self.roots[i];
        let left = self.left[i];
        root[0].iter_mut().for_each(|entry| *entry *= left);
        root
    }

    /// Replaces `b` by `D^-1 L^-1 b`; `filtered(i, mean of the state after sample i)`.
    fn forward(&self, chain: &Chain<R>, b: &mut [f64], mut filtered: impl FnMut(usize, [f64; R])) {
        assert_eq!(b.len(), self.pivots.len(), "rows of the matrix and of the right side");
        let mut state = [0.0; R];
        for i in 0..b.len() {
            let pivot = self.pivots[i];
            if pivot < f64::INFINITY {
                let surprise = b[i] - state[0];
                let gain = self.gain(i);
                (0..R).for_each(|k| state[k] += gain[k] * surprise);
                b[i] = surprise / pivot;
            } else {
                b[i] = 0.0;
            }
            filtered(i, state);
            if let Some(step) = chain.steps.get(i) {
                state = apply(&step.transition, &state);
            }
        }
    }

    /// Replaces `b` by `L^-T b`; `pulled(i, pull of the samples after i, of those from i on)`.
    fn backward(&self, chain: &Chain<R>, b: &mut [f64], mut pulled: impl FnMut(usize, [f64; R], [f64; R])) {
        let mut pull = [0.0; R];
        for i in (0..b.len()).rev() {
            if let Some(step) = chain.steps.get(i) {
                pull = transposed(&step.transition, &pull);
            }
            let later = pull;
            if self.pivots[i] < f64::INFINITY {
                let gain = self.gain(i);
                b[i] -= (0..R).map(|k| gain[k] * pull[k]).sum::<f64>();
                pull[0] += b[i];
            }
            pulled(i, later, pull);
        }
    }

    /// The diagonal of the inverse, in `O(n R^3)`; zero where there is no value. Sums of squares alone.
    pub fn inverse_diagonal(&self, chain: &Chain<R>) -> Vec<f64> {
        let n = self.pivots.len();
        let mut out = vec![0.0; n];
        // A root of the covariance of the pulls, with R rows: M^T M.
        let mut root = [[0.0; R]; R];
        for i in (0..n).rev() {
            if let Some(step) = chain.steps.get(i) {
                // Columns of M F, transposed.
                root = std::array::from_fn(|k| transposed(&step.transition, &root[k]));
            }
            let pivot = self.pivots[i];
            if pivot == f64::INFINITY {
                continue;
            }
            let gain = self.gain(i);
            let along: [f64; R] = std::array::from_fn(|k| (0..R).map(|j| root[k][j] * gain[j]).sum());
            out[i] = 1.0 / pivot + along.iter().map(|a| a * a).sum::<f64>();
            for k in 0..R {
                root[k][0] -= along[k];
            }
            let mut own = [[0.0; R]; R];
            own[0][0] = 1.0 / pivot.sqrt();
            root = triangular_root(root, own);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::super::chain::Step;
    use super::super::reference::Dense;
    use super::*;

    /// Twice integrated white noise beside a walk, between samples at these distances, by (value, slope, walk); the
    /// value is that of both together.
    fn chain(gaps: &[f64]) -> Chain<3> {
        let step = |&h: &f64| Step {
            transition: [[1.0, 0.0, 0.0], [h, 1.0, 0.0], [0.0, 0.0, 0.5]],
            // [h^3/3, h^2/2; h^2/2, h], and a component that fades and adds to the value.
            noise: [
                [(h * h * h / 3.0).sqrt(), (0.75 * h).sqrt(), 0.0],
                [0.0, (0.25 * h).sqrt(), 0.0],
                [0.3 * h * h, 0.0, 0.7],
            ],
        };
        Chain::new([[0.9, 0.2, 0.0], [0.0, 0.8, 0.1], [0.4, 0.0, 0.6]], gaps.iter().map(step).collect())
    }

    fn right_side(n: usize) -> Vec<f64> {
        (0..n).map(|i| (1.7 * i as f64).sin() + 0.3).collect()
    }

    fn closest(gaps: &[f64]) -> f64 {
        gaps.iter().copied().fold(f64::MAX, f64::min)
    }

    /// Against a dense factor in twice the digits, over shifts and gaps that make conditions from 1 to 1e30 and more.
    #[test]
    fn it_is_the_dense_factor_in_twice_the_digits() {
        let even = vec![0.1; 30];
        let fine = vec![1e-4; 30];
        let uneven: Vec<f64> = (0..30).map(|i| [0.3, 1e-6, 1e-2, 1e-3, 1e-5][i % 5]).collect();
        let close: Vec<f64> = (0..30).map(|i| [0.3, 1e-6, 1e-2, 1e-12, 1e-3][i % 5]).collect();
        for (gaps, shift, bound) in [
            (&even, 1.0, 1e-14),
            (&even, 0.0, 1e-12),
            (&fine, 1e-10, 1e-11),
            (&fine, 0.0, 1e-11),
            (&close, 1e-13, 1e-11),
            (&uneven, 0.0, 1e-9),
        ] {
            let chain = chain(gaps);
            let n = chain.len();
            let diagonal: Vec<f64> = (0..n).map(|i| shift * (1.0 + i as f64 % 3.0)).collect();
            let factor = ChainFactor::new(&chain, &diagonal);
            assert_eq!(factor.lost(), 0);
            let dense = Dense::of(&chain, &diagonal);
            let name = format!("closest {:e}, shift {shift:e}", closest(gaps));
            for (pivot, expected) in factor.pivots().iter().zip(dense.pivots()) {
                assert!((pivot / expected - 1.0).abs() < bound, "{name}: pivot {pivot:e} {expected:e}");
            }
            let b = right_side(n);
            let mut x = b.clone();
            factor.solve(&chain, &mut x);
            let expected = dense.solve(&b);
            let size = expected.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
            for (x, expected) in x.iter().zip(&expected) {
                assert!((x - expected).abs() < bound * size, "{name}: {x:e} {expected:e} of {size:e}");
            }
            for (found, expected) in factor.inverse_diagonal(&chain).iter().zip(dense.inverse_diagonal()) {
                assert!((found / expected - 1.0).abs() < bound, "{name}: inverse {found:e} {expected:e}");
            }
            let logs: f64 = dense.pivots().iter().map(|pivot| pivot.ln()).sum();
            assert!((factor.log_determinant() - logs).abs() < bound * n as f64, "{name}");
        }
    }

    #[test]
    fn products_and_diagonal_are_those_of_the_matrix() {
        let chain = chain(&[0.1, 1e-9, 2.0, 0.3]);
        let dense = Dense::of(&chain, &[0.0; 5]);
        let v = right_side(5);
        for (i, found) in chain.product(&v).iter().enumerate() {
            let expected: f64 = (0..5).map(|j| dense.entry(i, j) * v[j]).sum();
            assert!((found - expected).abs() < 1e-14 * expected.abs().max(1.0), "{found} {expected}");
        }
        for (i, found) in chain.diagonal().iter().enumerate() {
            assert!((found / dense.entry(i, i) - 1.0).abs() < 1e-14);
        }
    }

    /// A sample without a value gets the value and the state that the others give it.
    #[test]
    fn samples_without_values_are_predicted() {
        let gaps = [0.1, 0.2, 0.05, 0.4];
        let all = chain(&gaps);
        let b = [1.0, f64::NAN, -2.0, 0.5, f64::NAN];
        let diagonal = [0.0, f64::INFINITY, 0.01, 0.0, f64::INFINITY];
        let factor = ChainFactor::new(&all, &diagonal);
        let found = factor.smooth(&all, &b);
        let matrix = Dense::of(&all, &[0.0; 5]);
        let kept = [0, 2, 3];
        let small = Dense::from_fn(3, |i, j| {
            matrix.entry(kept[i], kept[j]) + if i == j { diagonal[kept[i]] } else { 0.0 }
        });
        let weights = small.solve(&[1.0, -2.0, 0.5]);
        for (&k, weight) in kept.iter().zip(&weights) {
            assert!(
                (found.weights[k] - weight).abs() < 1e-11 * weight.abs(),
                "{} {weight}",
                found.weights[k]
            );
        }
        for i in 0..5 {
            let value: f64 = (0..3).map(|j| matrix.entry(i, kept[j]) * weights[j]).sum();
            assert!((found.states[i][0] - value).abs() < 1e-12, "{} {value}", found.states[i][0]);
        }
        assert_eq!((found.weights[1], found.weights[4], found.pulls[4]), (0.0, 0.0, [0.0; 3]));
        assert!((found.pulls[0][0] - weights.iter().sum::<f64>()).abs() > 0.0);
    }

    /// A value that follows from two others is lost, whatever the sizes; a shift brings it back.
    #[test]
    fn what_follows_from_others_is_lost() {
        for size in [1.0, 1e-7, 1e5] {
            let line = Step { transition: [[1.0, 0.0], [size, 1.0]], noise: [[0.0; 2]; 2] };
            let chain = Chain::new([[1.0, 0.3], [0.0, 1.0]], vec![line; 5]);
            let factor = ChainFactor::new(&chain, &[0.0; 6]);
            assert_eq!(factor.lost(), 4, "{size}: {:?}", factor.pivots());
            assert_eq!(ChainFactor::new(&chain, &[1e-9; 6]).lost(), 0);
        }
    }
}
