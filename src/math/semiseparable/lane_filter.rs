//! What is known of the states of a chain from the samples before, for several complex shifts at once.

use super::chain::{Chain, Matrix, Step, square};
use super::complex::Complex;

/// What is known of the state at a sample from those before: covariance (upper triangle in use) and mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter<const R: usize, const L: usize> {
    pub covariance: [[Complex<L>; R]; R],
    pub mean: [Complex<L>; R],
}

/// What a sample changes: kept for the way back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<const R: usize, const L: usize> {
    /// `P e_0 / d`.
    pub gain: [Complex<L>; R],
    /// `(b - mean) / d`.
    pub surprise: Complex<L>,
    /// Whether states are found from here on, with what is known after the sample.
    pub anchor: bool,
    pub filter: Filter<R, L>,
}

/// Which states are found anew: after `RUN` samples, and after a gap that is `RATIO` times as long as a neighbour or any on
/// the way, over which a slope that stands for a short gap would carry its rounding.
struct Anchors {
    run: usize,
    shortest: f64,
}

const RUN: usize = 16;
const RATIO: f64 = 100.0;

impl Anchors {
    const NONE: Anchors = Anchors { run: RUN, shortest: f64::INFINITY };

    /// Whether the next sample is one, with the gaps before and after it.
    #[inline(always)]
    fn next(&mut self, behind: f64, ahead: f64) -> bool {
        let anchor = self.run == RUN || behind > RATIO * self.shortest.min(ahead);
        (self.run, self.shortest) =
            if anchor { (1, behind) } else { (self.run + 1, self.shortest.min(behind)) };
        anchor
    }
}

/// How much of the second component, the slope, comes into the value over a step.
#[inline(always)]
fn reach<const R: usize>(step: Option<&Step<R>>) -> f64 {
    step.map_or(0.0, |step| step.transition.get(1).map_or(0.0, |slope| slope[0].abs()))
}

/// The filter over a range of samples, from before the first to before the one after the last.
#[inline(always)]
pub(super) fn run<const R: usize, const L: usize>(
    shifts: &Complex<L>,
    chain: &Chain<R>,
    diagonal: &[f64],
    b: &[f64],
    range: std::ops::Range<usize>,
    now: &mut Filter<R, L>,
    mut records: Option<&mut Vec<Record<R, L>>>,
) {
    let (first, mut anchors) = (range.start, Anchors::NONE);
    for i in range {
        let mut gain = [Complex::ZERO; R];
        let mut surprise = Complex::ZERO;
        if diagonal[i] < f64::INFINITY {
            (gain, surprise) = take_in(shifts, diagonal[i], b[i], now);
        }
        if let Some(records) = &mut records {
            let record = &mut records[i - first];
            (record.gain, record.surprise) = (gain, surprise);
            let behind = i.checked_sub(1).and_then(|before| chain.steps.get(before));
            record.anchor = anchors.next(reach(behind), reach(chain.steps.get(i)));
            if record.anchor {
                record.filter = *now;
            }
        }
        if let Some(step) = chain.steps.get(i) {
            advance(&step.transition, &square(&step.noise), now);
        }
    }
}

/// For `$k` from 0 below `R`, at most 4, written out: of a loop the compiler puts components, which are far apart, side by
/// side into the vectors of AVX-512, instead of lanes.
macro_rules! for_each_component {
    ($k:ident of $R:ident: $body:block) => {
        const { assert!($R <= 4) };
        for_each_component!(@ $k, $R, $body, 0, 1, 2, 3);
    };
    (@ $k:ident, $R:ident, $body:block, $($at:literal),*) => {
        $(if $at < $R { let $k: usize = $at; $body })*
    };
}

/// Takes in a value; its gain and its surprise over the pivot.
#[inline(always)]
fn take_in<const R: usize, const L: usize>(
    shifts: &Complex<L>,
    diagonal: f64,
    b: f64,
    now: &mut Filter<R, L>,
) -> ([Complex<L>; R], Complex<L>) {
    let mut own = Complex::ZERO;
    own.add_scaled(diagonal, shifts);
    let mut pivot = own;
    pivot.add_scaled(1.0, &now.covariance[0][0]);
    let inverse = pivot.inverse();
    let row = now.covariance[0];
    let mut gain = [Complex::ZERO; R];
    for_each_component!(k of R: {
        gain[k] = row[k].mul(&inverse);
    });
    let mut difference = Complex::ZERO;
    for l in 0..L {
        difference.re[l] = b - now.mean[0].re[l];
        difference.im[l] = -now.mean[0].im[l];
    }
    for_each_component!(k of R: {
        now.mean[k].add_product(&gain[k], &difference);
        // P_0k (1 - P_00 / d) = P_0k own / d: nothing cancels.
        now.covariance[0][k] = gain[k].mul(&own);
    });
    for_each_component!(k of R: {
        for_each_component!(j of R: {
            if 0 < j && j <= k {
                now.covariance[j][k].sub_product(&gain[j], &row[k]);
            }
        });
    });
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
            // Where it comes into the upper triangle.
            if !(i..R).any(|row| f[k][row] != 0.0) {
                continue;
            }
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
