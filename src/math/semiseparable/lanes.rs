//! Several complex shifts of a matrix in state-space form at once.

use ndarray_linalg::c64;

use super::chain::{Chain, Matrix, square};

/// Samples between the states that are kept: those between are found again on the way back.
const KEPT: usize = 64;

/// A complex number in every lane.
#[derive(Debug, Clone, Copy)]
struct Complex<const L: usize> {
    re: [f64; L],
    im: [f64; L],
}

impl<const L: usize> Complex<L> {
    const ZERO: Complex<L> = Complex { re: [0.0; L], im: [0.0; L] };

    /// `self + a b`, `a` real.
    #[inline(always)]
    fn add_scaled(&mut self, a: f64, b: &Complex<L>) {
        for l in 0..L {
            self.re[l] += a * b.re[l];
            self.im[l] += a * b.im[l];
        }
    }

    #[inline(always)]
    fn mul(&self, b: &Complex<L>) -> Complex<L> {
        let mut out = Complex::ZERO;
        for l in 0..L {
            out.re[l] = self.re[l] * b.re[l] - self.im[l] * b.im[l];
            out.im[l] = self.re[l] * b.im[l] + self.im[l] * b.re[l];
        }
        out
    }

    /// `self + a b`.
    #[inline(always)]
    fn add_product(&mut self, a: &Complex<L>, b: &Complex<L>) {
        for l in 0..L {
            self.re[l] += a.re[l] * b.re[l] - a.im[l] * b.im[l];
            self.im[l] += a.re[l] * b.im[l] + a.im[l] * b.re[l];
        }
    }

    /// `self - a b`.
    #[inline(always)]
    fn sub_product(&mut self, a: &Complex<L>, b: &Complex<L>) {
        for l in 0..L {
            self.re[l] -= a.re[l] * b.re[l] - a.im[l] * b.im[l];
            self.im[l] -= a.re[l] * b.im[l] + a.im[l] * b.re[l];
        }
    }

    /// The real part of the sum over lanes of `factor self`.
    #[inline(always)]
    fn real(&self, factor: &Complex<L>) -> f64 {
        let (mut terms, mut sum) = ([0.0; L], 0.0);
        for l in 0..L {
            terms[l] = factor.re[l] * self.re[l] - factor.im[l] * self.im[l];
        }
        for term in terms {
            sum += term;
        }
        sum
    }

    #[inline(always)]
    fn inverse(&self) -> Complex<L> {
        let mut out = Complex::ZERO;
        for l in 0..L {
            let scale = 1.0 / (self.re[l] * self.re[l] + self.im[l] * self.im[l]);
            out.re[l] = self.re[l] * scale;
            out.im[l] = -self.im[l] * scale;
        }
        out
    }
}

/// What is known of the state at a sample from those before: covariance (upper triangle in use) and mean.
#[derive(Debug, Clone, Copy)]
struct Filter<const R: usize, const L: usize> {
    covariance: [[Complex<L>; R]; R],
    mean: [Complex<L>; R],
}

/// What a sample changes: kept for the way back.
#[derive(Debug, Clone, Copy)]
struct Record<const R: usize, const L: usize> {
    /// After the sample.
    filter: Filter<R, L>,
    /// `P e_0 / d`.
    gain: [Complex<L>; R],
    /// `(b - mean) / d`.
    surprise: Complex<L>,
}

/// Solutions of `(K + shift_l N) x_l = b` for `L` complex shifts at once, `K` a [`Chain`] and `N` diagonal: what a
/// rational function of `N^-1 K` needs. Memory is `O(1)` beside what is written out, time `O(n R^2)`: the way back finds
/// the states between kept ones again.
///
/// The covariance itself is carried, not its root, for complex matrices have none that rotations would keep; its first
/// row is multiplied, not subtracted from. Shifts with a positive real part, or off the real line, keep all pivots from
/// zero.
///
/// ```
/// use ndarray_linalg::c64;
/// use reluflow::math::semiseparable::{Chain, ShiftedLanes, Step};
/// // (K + i) x = (5, 5) with K = [1 1; 1 2].
/// let walk = Chain::new([[1.0]], vec![Step { transition: [[1.0]], noise: [[1.0]] }]);
/// let x = ShiftedLanes::new([c64::new(0.0, 1.0)]).solve(&walk, &[1.0, 1.0], &[5.0, 5.0]);
/// let i = c64::new(0.0, 1.0);
/// assert!(((1.0 + i) * x[0][0] + x[1][0] - 5.0).norm() < 1e-14);
/// assert!((x[0][0] + (2.0 + i) * x[1][0] - 5.0).norm() < 1e-14);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ShiftedLanes<const L: usize> {
    shifts: Complex<L>,
}

impl<const L: usize> ShiftedLanes<L> {
    /// With these shifts.
    pub fn new(shifts: [c64; L]) -> ShiftedLanes<L> {
        ShiftedLanes { shifts: Complex { re: shifts.map(|z| z.re), im: shifts.map(|z| z.im) } }
    }

    /// The solutions, one row for each sample; zero where there is no value (a diagonal entry of infinity).
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn solve<const R: usize>(&self, chain: &Chain<R>, diagonal: &[f64], b: &[f64]) -> Vec<[c64; L]> {
        let mut out = vec![[c64::ZERO; L]; b.len()];
        self.smooth(chain, diagonal, b, |i, _, _, weight| {
            out[i] = std::array::from_fn(|l| c64::new(weight.re[l], weight.im[l]));
        });
        out
    }

    /// The real parts of `Sum_l factor_l y_l` for the states `y_l` and pulls of the solutions (as
    /// [`Smoothed`](super::Smoothed) has them), and for the solutions themselves, for `M` rows of factors:
    /// `emit(i, states, pulls, weights)` for every sample, the last first.
    ///
    /// Inlined into the caller, whose instruction set it then uses.
    ///
    /// # Panics
    /// If the lengths differ.
    #[inline(always)]
    pub fn combine<const R: usize, const M: usize>(
        &self,
        factors: &[[c64; L]; M],
        chain: &Chain<R>,
        diagonal: &[f64],
        b: &[f64],
        mut emit: impl FnMut(usize, [[f64; R]; M], [[f64; R]; M], [f64; M]),
    ) {
        let factors =
            factors.map(|row| Complex { re: row.map(|factor| factor.re), im: row.map(|factor| factor.im) });
        self.smooth(chain, diagonal, b, |i, filter, [later, pull], weight| {
            // Loops, for closures of arrays are compiled on their own, for the least instruction set.
            let (mut states, mut pulls, mut weights) = ([[0.0; R]; M], [[0.0; R]; M], [0.0; M]);
            for j in 0..R {
                // With what is known after the sample, which is little: nothing cancels.
                let mut sum = filter.mean[j];
                for k in 0..R {
                    sum.add_product(&filter.covariance[j.min(k)][j.max(k)], &later[k]);
                }
                for m in 0..M {
                    states[m][j] = sum.real(&factors[m]);
                    pulls[m][j] = pull[j].real(&factors[m]);
                }
            }
            for m in 0..M {
                weights[m] = weight.real(&factors[m]);
            }
            emit(i, states, pulls, weights);
        });
    }

    /// `emit(i, filter after the sample, pulls of later samples and of those from i on, weight)`, from the last sample to
    /// the first.
    #[inline(always)]
    fn smooth<const R: usize>(
        &self,
        chain: &Chain<R>,
        diagonal: &[f64],
        b: &[f64],
        mut emit: impl FnMut(usize, &Filter<R, L>, [&[Complex<L>; R]; 2], &Complex<L>),
    ) {
        let n = chain.len();
        assert!(
            n == diagonal.len() && n == b.len(),
            "rows of the matrix, of the diagonal and of the right side"
        );
        let start = square(&chain.start);
        let mut now = Filter { covariance: [[Complex::ZERO; R]; R], mean: [Complex::ZERO; R] };
        for j in 0..R {
            for k in j..R {
                now.covariance[j][k].re = [start[k][j]; L];
            }
        }
        let mut kept = vec![];
        let nothing = Record { filter: now, gain: [Complex::ZERO; R], surprise: Complex::ZERO };
        let mut records: Vec<Record<R, L>> = vec![nothing; KEPT];
        let blocks = n.div_ceil(KEPT);
        for block in 0..blocks {
            kept.push(now);
            if block + 1 < blocks {
                run(self, chain, diagonal, b, block * KEPT..(block + 1) * KEPT, &mut now, None);
            }
        }
        let mut pull = [Complex::ZERO; R];
        for block in (0..blocks).rev() {
            let range = block * KEPT..((block + 1) * KEPT).min(n);
            run(self, chain, diagonal, b, range.clone(), &mut kept[block], Some(&mut records));
            for i in range.rev() {
                let record = &records[i - block * KEPT];
                if let Some(step) = chain.steps.get(i) {
                    let after = pull;
                    for j in 0..R {
                        let mut sum = Complex::ZERO;
                        for k in 0..R {
                            if step.transition[j][k] != 0.0 {
                                sum.add_scaled(step.transition[j][k], &after[k]);
                            }
                        }
                        pull[j] = sum;
                    }
                }
                let later = pull;
                let mut weight = record.surprise;
                for k in 0..R {
                    weight.sub_product(&record.gain[k], &pull[k]);
                }
                pull[0].add_scaled(1.0, &weight);
                emit(i, &record.filter, [&later, &pull], &weight);
            }
        }
    }
}

/// The filter over a range of samples, from before the first to before the one after the last.
#[inline(always)]
fn run<const R: usize, const L: usize>(
    lanes: &ShiftedLanes<L>,
    chain: &Chain<R>,
    diagonal: &[f64],
    b: &[f64],
    range: std::ops::Range<usize>,
    now: &mut Filter<R, L>,
    mut records: Option<&mut Vec<Record<R, L>>>,
) {
    let first = range.start;
    for i in range {
        let mut gain = [Complex::ZERO; R];
        let mut surprise = Complex::ZERO;
        if diagonal[i] < f64::INFINITY {
            (gain, surprise) = take_in(lanes, diagonal[i], b[i], now);
        }
        if let Some(records) = &mut records {
            // In place, and the triangle that is in use alone.
            let record = &mut records[i - first];
            (record.gain, record.surprise) = (gain, surprise);
            for j in 0..R {
                record.filter.mean[j] = now.mean[j];
                for k in j..R {
                    record.filter.covariance[j][k] = now.covariance[j][k];
                }
            }
        }
        if let Some(step) = chain.steps.get(i) {
            advance(&step.transition, &square(&step.noise), now);
        }
    }
}

/// Takes in a value; its gain and its surprise over the pivot.
#[inline(always)]
fn take_in<const R: usize, const L: usize>(
    lanes: &ShiftedLanes<L>,
    diagonal: f64,
    b: f64,
    now: &mut Filter<R, L>,
) -> ([Complex<L>; R], Complex<L>) {
    let mut own = Complex::ZERO;
    own.add_scaled(diagonal, &lanes.shifts);
    let mut pivot = own;
    pivot.add_scaled(1.0, &now.covariance[0][0]);
    let inverse = pivot.inverse();
    let row = now.covariance[0];
    let mut gain = [Complex::ZERO; R];
    for k in 0..R {
        gain[k] = row[k].mul(&inverse);
    }
    let mut difference = Complex::ZERO;
    for l in 0..L {
        difference.re[l] = b - now.mean[0].re[l];
        difference.im[l] = -now.mean[0].im[l];
    }
    for k in 0..R {
        now.mean[k].add_product(&gain[k], &difference);
        // P_0k (1 - P_00 / d) = P_0k own / d: nothing cancels.
        now.covariance[0][k] = gain[k].mul(&own);
    }
    for j in 1..R {
        for k in j..R {
            now.covariance[j][k].sub_product(&gain[j], &row[k]);
        }
    }
    (gain, difference.mul(&inverse))
}

/// `F P F^T + Q` and `F m`.
#[inline(always)]
fn advance<const R: usize, const L: usize>(f: &Matrix<R>, q: &Matrix<R>, now: &mut Filter<R, L>) {
    // Sums are local, so that they stay in registers.
    let mut moved = [[Complex::ZERO; R]; R];
    for i in 0..R {
        for k in 0..R {
            let mut sum = Complex::ZERO;
            for j in 0..R {
                if f[j][i] != 0.0 {
                    sum.add_scaled(f[j][i], &now.covariance[j.min(k)][j.max(k)]);
                }
            }
            moved[i][k] = sum;
        }
    }
    let mut mean = [Complex::ZERO; R];
    for i in 0..R {
        for k in i..R {
            let mut sum = Complex { re: [q[k][i]; L], im: [0.0; L] };
            for j in 0..R {
                let factor = f[j][k];
                if factor != 0.0 {
                    sum.add_scaled(factor, &moved[i][j]);
                }
            }
            now.covariance[i][k] = sum;
        }
        let mut sum = Complex::ZERO;
        for j in 0..R {
            if f[j][i] != 0.0 {
                sum.add_scaled(f[j][i], &now.mean[j]);
            }
        }
        mean[i] = sum;
    }
    now.mean = mean;
}

#[cfg(test)]
mod tests {
    use super::super::chain::Step;
    use super::super::factor::ChainFactor;
    use super::*;

    fn chain(n: usize, h: f64) -> Chain<2> {
        let step = Step {
            transition: [[1.0, 0.0], [h, 1.0]],
            noise: [[(h * h * h / 3.0).sqrt(), (0.75 * h).sqrt()], [0.0, (0.25 * h).sqrt()]],
        };
        Chain::new([[0.9, 0.2], [0.0, 0.8]], vec![step; n - 1])
    }

    /// The residual of the solutions by the product with the matrix, over several blocks.
    #[test]
    fn solutions_solve() {
        let n = 2 * KEPT + 37;
        let chain = chain(n, 1e-2);
        let shifts = [c64::new(3.0, 8.0), c64::new(-10.8, 19.3), c64::new(0.5, 0.0)];
        let mut diagonal: Vec<f64> = (0..n).map(|i| 1.0 + (i % 3) as f64).collect();
        diagonal[5] = f64::INFINITY;
        let b: Vec<f64> = (0..n).map(|i| (0.37 * i as f64).sin()).collect();
        let x = ShiftedLanes::new(shifts).solve(&chain, &diagonal, &b);
        for (l, shift) in shifts.into_iter().enumerate() {
            let part = |of: fn(&c64) -> f64| chain.product(&x.iter().map(|x| of(&x[l])).collect::<Vec<_>>());
            let (re, im) = (part(|z| z.re), part(|z| z.im));
            for i in (0..n).filter(|&i| i != 5) {
                let left = c64::new(re[i] - b[i], im[i]) + shift * diagonal[i] * x[i][l];
                assert!(left.norm() < 1e-9, "{l} {i}: {left}");
            }
            assert_eq!(x[5][l], c64::ZERO);
        }
    }

    /// On the real line they are those of the square-root factor, states and pulls as well.
    #[test]
    fn real_shifts_agree_with_the_factor() {
        for (n, h, shift, bound) in
            [(40, 0.1, 1e-3, 1e-11), (700, 1e-3, 1e-9, 1e-9), (700, 1e-3, 1e-15, 1e-8)]
        {
            let chain = chain(n, h);
            let b: Vec<f64> = (0..n).map(|i| (0.37 * i as f64).sin()).collect();
            let expected = ChainFactor::new(&chain, &vec![shift; n]).smooth(&chain, &b);
            let size = expected.weights.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
            let lanes = ShiftedLanes::new([c64::new(shift, 0.0)]);
            let one = [[c64::new(1.0, 0.0)]];
            lanes.combine(&one, &chain, &vec![1.0; n], &b, |i, [state], [pull], [weight]| {
                assert!((weight - expected.weights[i]).abs() < bound * size, "{n} {h} {shift}: {weight}");
                assert!(
                    (state[0] - expected.states[i][0]).abs() < bound,
                    "{}",
                    state[0] - expected.states[i][0]
                );
                assert!((pull[1] - expected.pulls[i][1]).abs() < bound * size);
            });
        }
    }
}
