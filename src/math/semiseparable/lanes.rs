//! Several complex shifts of a matrix in state-space form at once.

use ndarray_linalg::c64;

use super::chain::{Chain, apply, by_covariance, square, transposed};
use super::complex::Complex;
use super::lane_filter::{Filter, Record, run};

/// Samples between the states that are kept: those between are found again on the way back.
const KEPT: usize = 64;

/// What a sum over lanes says of a sample.
#[derive(Debug, Clone, Copy)]
struct Found<const R: usize, const M: usize> {
    states: [[f64; R]; M],
    /// Of the sample and later ones.
    pulls: [[f64; R]; M],
    weights: [f64; M],
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

/// Memory of earlier solutions.
#[derive(Debug)]
pub struct ShiftedMemory<const R: usize, const L: usize> {
    /// The filter before each block.
    kept: Vec<Filter<R, L>>,
    /// What the samples of one block change.
    records: Vec<Record<R, L>>,
}

impl<const R: usize, const L: usize> Default for ShiftedMemory<R, L> {
    fn default() -> ShiftedMemory<R, L> {
        ShiftedMemory { kept: vec![], records: vec![] }
    }
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
        self.smooth(chain, diagonal, b, &mut ShiftedMemory::default(), |i, _, _, weight| {
            out[i] = std::array::from_fn(|l| c64::new(weight.re[l], weight.im[l]));
        });
        out
    }

    /// The real parts of `Sum_l factor_l y_l` for the states `y_l` and pulls of the solutions (as
    /// [`Smoothed`](super::Smoothed) has them), and for the solutions themselves, for `M` rows of factors:
    /// `emit(i, states, pulls, weights)` for every sample, the last first.
    ///
    /// A state is found from what is known after its sample, which is little: nothing cancels. That takes a product with a
    /// covariance in every lane, so it is done at anchors alone; from one to the next the state goes on as the pulls,
    /// which are real by then, make it.
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
        memory: &mut ShiftedMemory<R, L>,
        mut emit: impl FnMut(usize, &[[f64; R]; M], &[[f64; R]; M], &[f64; M]),
    ) {
        let factors =
            factors.map(|row| Complex { re: row.map(|factor| factor.re), im: row.map(|factor| factor.im) });
        let nothing = Found { states: [[0.0; R]; M], pulls: [[0.0; R]; M], weights: [0.0; M] };
        let (mut now, mut found) = (nothing, vec![]);
        self.smooth(chain, diagonal, b, memory, |i, anchor, later, weight| {
            // Loops, for closures of arrays are compiled on their own, for the least instruction set.
            for m in 0..M {
                if let Some(step) = chain.steps.get(i) {
                    now.pulls[m] = transposed(&step.transition, &now.pulls[m]);
                }
                now.weights[m] = weight.real(&factors[m]);
                now.pulls[m][0] += now.weights[m];
            }
            found.push(now);
            let Some(filter) = anchor else { return };
            let ahead = found.len();
            for j in 0..R {
                let mut sum = filter.mean[j];
                for k in 0..R {
                    sum.add_product(&filter.covariance[j.min(k)][j.max(k)], &later[k]);
                }
                for m in 0..M {
                    found[ahead - 1].states[m][j] = sum.real(&factors[m]);
                }
            }
            for k in 1..ahead {
                let step = &chain.steps[i + k - 1];
                for m in 0..M {
                    let moved = apply(&step.transition, &found[ahead - k].states[m]);
                    let next = &mut found[ahead - 1 - k];
                    let increment = by_covariance(&step.noise, &next.pulls[m]);
                    for j in 0..R {
                        next.states[m][j] = moved[j] + increment[j];
                    }
                }
            }
            for (k, found) in found.iter().enumerate() {
                emit(i + ahead - 1 - k, &found.states, &found.pulls, &found.weights);
            }
            found.clear();
        });
    }

    /// `emit(i, filter after the sample if it is an anchor, pulls of later samples, weight)`, from the last sample to the
    /// first.
    #[inline(always)]
    fn smooth<const R: usize>(
        &self,
        chain: &Chain<R>,
        diagonal: &[f64],
        b: &[f64],
        memory: &mut ShiftedMemory<R, L>,
        mut emit: impl FnMut(usize, Option<&Filter<R, L>>, &[Complex<L>; R], &Complex<L>),
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
        let zero = Complex::ZERO;
        let nothing = Record { gain: [zero; R], surprise: zero, anchor: false, filter: now };
        let blocks = n.div_ceil(KEPT);
        let ShiftedMemory { kept, records } = memory;
        kept.clear();
        kept.reserve_exact(blocks);
        records.resize(KEPT, nothing);
        for block in 0..blocks {
            kept.push(now);
            if block + 1 < blocks {
                run(&self.shifts, chain, diagonal, b, block * KEPT..(block + 1) * KEPT, &mut now, None);
            }
        }
        let mut pull = [Complex::ZERO; R];
        for block in (0..blocks).rev() {
            let range = block * KEPT..((block + 1) * KEPT).min(n);
            run(&self.shifts, chain, diagonal, b, range.clone(), &mut kept[block], Some(records));
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
                let mut weight = record.surprise;
                for k in 0..R {
                    weight.sub_product(&record.gain[k], &pull[k]);
                }
                emit(i, record.anchor.then_some(&record.filter), &pull, &weight);
                pull[0].add_scaled(1.0, &weight);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chain::Step;
    use super::super::factor::ChainFactor;
    use super::*;

    fn step(h: f64) -> Step<2> {
        Step {
            transition: [[1.0, 0.0], [h, 1.0]],
            noise: [[(h * h * h / 3.0).sqrt(), (0.75 * h).sqrt()], [0.0, (0.25 * h).sqrt()]],
        }
    }

    fn chain(gaps: impl Iterator<Item = f64>) -> Chain<2> {
        Chain::new([[0.9, 0.2], [0.0, 0.8]], gaps.map(step).collect())
    }

    /// The residual of the solutions by the product with the matrix, over several blocks.
    #[test]
    fn solutions_solve() {
        let n = 2 * KEPT + 37;
        let chain = chain(std::iter::repeat_n(1e-2, n - 1));
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
            let chain = chain(std::iter::repeat_n(h, n - 1));
            let b: Vec<f64> = (0..n).map(|i| (0.37 * i as f64).sin()).collect();
            let expected = ChainFactor::new(&chain, &vec![shift; n]).smooth(&chain, &b);
            let size = expected.weights.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
            let lanes = ShiftedLanes::new([c64::new(shift, 0.0)]);
            let one = [[c64::new(1.0, 0.0)]];
            lanes.combine(
                &one,
                &chain,
                &vec![1.0; n],
                &b,
                &mut ShiftedMemory::default(),
                |i, &[state], &[pull], &[weight]| {
                    assert!((weight - expected.weights[i]).abs() < bound * size, "{n} {h} {shift}: {weight}");
                    assert!(
                        (state[0] - expected.states[i][0]).abs() < bound,
                        "{}",
                        state[0] - expected.states[i][0]
                    );
                    assert!((pull[1] - expected.pulls[i][1]).abs() < bound * size);
                },
            );
        }
    }

    /// Values that differ over short gaps leave steep slopes, and the next gaps are long.
    #[test]
    fn steep_slopes_leave_no_rounding_over_long_gaps() {
        let gaps = [1e-6, 5e-3, 5e-3];
        let n = 300;
        let chain = chain(gaps.into_iter().cycle().take(n - 1));
        let mut diagonal = vec![1.0; n];
        (2..n).step_by(3).for_each(|i| diagonal[i] = f64::INFINITY);
        let b: Vec<f64> = (0..n).map(|i| (0.37 * i as f64).sin()).collect();
        let shift = 1e-16;
        let scaled: Vec<f64> = diagonal.iter().map(|d| shift * d).collect();
        let expected = ChainFactor::new(&chain, &scaled).smooth(&chain, &b);
        let one = [[c64::new(1.0, 0.0)]];
        ShiftedLanes::new([c64::new(shift, 0.0)]).combine(
            &one,
            &chain,
            &diagonal,
            &b,
            &mut ShiftedMemory::default(),
            |i, &[state], _, _| {
                let off = state[0] - expected.states[i][0];
                assert!(off.abs() < 1e-8, "{i}: {off:e}, slope {:e}", state[1]);
            },
        );
    }
}
