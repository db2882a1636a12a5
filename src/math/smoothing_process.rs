//! Cubic smoothing splines of many samples.

use ndarray::parallel::prelude::*;

use super::cubic_spline::CubicSpline;
use super::minimum::minimum;
use super::semiseparable::{Chain, ChainFactor, Step};
use super::sum::sum;

/// `lambda` is found to this in its decimal logarithm.
const TOLERANCE: f64 = 1e-3;

/// The smoothing spline as what is expected of a random function: with twice integrated white noise, which starts from 0
/// with slope 0 at the first sample, and a line of which nothing is known,
///
/// ```text
/// f = beta_0 + beta_1 (x - x_0) + IWN,   Cov(IWN(x), IWN(x')) = Int (x - u)_+ (x' - u)_+ du,
/// y_j = f(x_j) + noise of variance lambda / weight_j
/// ```
///
/// the mean of `f` given `y` minimises `Sum_j weight_j (y_j - f(x_j))^2 + lambda Int |f''|^2` (Wahba 1978). The matrix
/// `V = K + lambda W^-1` is factored from sample to sample by square roots, which keeps its digits where those of
/// Reinsch's banded matrix are gone: that has entries `lambda / h^2` beside `h`, and at mean gaps `h` below
/// `(eps lambda)^(1/3)` nothing is left of the smaller.
///
/// ```
/// use reluflow::math::cubic_spline::CubicSpline;
/// use reluflow::math::smoothing_process::SmoothingProcess;
/// let (x, y, w) = ([0.0, 1.0, 3.0, 4.0], [0.0, 2.0, 1.0, 1.0], [1.0, 2.0, 1.0, 1.0]);
/// let process = SmoothingProcess::new(&x, &y, &w).fit(0.1);
/// let banded = CubicSpline::smoothing(&x, &y, &w, 0.1);
/// assert!((process.spline.value(2.0) - banded.value(2.0)).abs() < 1e-13);
/// ```
#[derive(Debug, Clone)]
pub struct SmoothingProcess<'a> {
    x: &'a [f64],
    y: &'a [f64],
    weight: &'a [f64],
    chain: Chain<2>,
}

/// A smoothing spline, and how it was come by.
#[derive(Debug, Clone)]
pub struct SmoothFit {
    /// The spline.
    pub spline: CubicSpline,
    /// `s - tr A`: samples less the parameters that the spline uses.
    pub freedom: f64,
}

impl<'a> SmoothingProcess<'a> {
    /// Of these samples, ascending.
    ///
    /// # Panics
    /// With fewer than 3 samples, or if the lengths differ.
    pub fn new(x: &'a [f64], y: &'a [f64], weight: &'a [f64]) -> SmoothingProcess<'a> {
        assert!(x.len() > 2 && x.len() == y.len() && x.len() == weight.len(), "columns of samples");
        let step = |gap: &[f64]| {
            let h = gap[1] - gap[0];
            // A root of [h^3/3, h^2/2; h^2/2, h].
            let noise = [[(h / 3.0).sqrt() * h, (0.75 * h).sqrt()], [0.0, (0.25 * h).sqrt()]];
            Step { transition: [[1.0, 0.0], [h, 1.0]], noise }
        };
        SmoothingProcess { x, y, weight, chain: Chain::new([[0.0; 2]; 2], x.windows(2).map(step).collect()) }
    }

    /// The spline for a `lambda > 0`.
    pub fn fit(&self, lambda: f64) -> SmoothFit {
        let solved = self.solve(lambda);
        let smoothed = solved.factor.smooth(&self.chain, &solved.rest);
        let left = self.weight.iter().zip(&smoothed.weights).map(|(n, c)| lambda / n * c);
        let values = self.y.iter().zip(left).map(|(y, left)| y - left).collect();
        // f'' = Sum_(j beyond) c_j (x_j - x): how later samples pull at the slope.
        let mut second: Vec<f64> = smoothed.pulls.iter().map(|pull| pull[1]).collect();
        second[0] = 0.0;
        let spline = CubicSpline::from_second_derivative(self.x.to_vec(), values, second);
        SmoothFit { spline, freedom: self.freedom(lambda, &solved) }
    }

    /// The `lambda` with the least score of generalised cross-validation,
    /// `G = s Sum_j weight_j (y_j - f(x_j))^2 / (s - tr A)^2` (Craven and Wahba 1979).
    ///
    /// One `lambda` in two decades is looked at, from where gaps of the mean length are hardly smoothed to where a line is
    /// left (a factor of 100 makes what is smoothed over three times as long), then closer around the best.
    pub fn parameter(&self) -> f64 {
        let s = self.x.len();
        let (length, mean) = (self.x[s - 1] - self.x[0], self.weight.iter().sum::<f64>() / s as f64);
        let low = libm::log10(1e-4 * mean * (length / s as f64).powi(3));
        let high = libm::log10(10.0 * mean * s as f64 * length.powi(3));
        let last = (0.5 * (high - low)).ceil() as usize;
        let at = |i: usize| low + (high - low) * i as f64 / last as f64;
        let scores: Vec<f64> =
            (0..=last).into_par_iter().map(|i| self.score(libm::pow(10f64, at(i)))).collect();
        let best = (0..=last).min_by(|&i, &j| scores[i].total_cmp(&scores[j])).expect("there are some");
        if best == 0 || best == last {
            return libm::pow(10f64, at(best));
        }
        let around = [best - 1, best, best + 1].map(|i| (at(i), scores[i]));
        libm::pow(10f64, minimum(around, TOLERANCE, |log| self.score(libm::pow(10f64, log))))
    }

    /// Generalised cross-validation.
    fn score(&self, lambda: f64) -> f64 {
        let mut solved = self.solve(lambda);
        let mut weights = std::mem::take(&mut solved.rest);
        solved.factor.solve(&self.chain, &mut weights);
        let square = sum(weights.iter().zip(self.weight).map(|(c, n)| (lambda * c).powi(2) / n));
        self.x.len() as f64 * square / self.freedom(lambda, &solved).powi(2)
    }

    /// The line by generalised least squares, which leaves `y - line` with the weights `V^-1 (y - line)`: taken off
    /// before it is solved for, so that they do not cancel.
    fn solve(&self, lambda: f64) -> Solved {
        let diagonal: Vec<f64> = self.weight.iter().map(|n| lambda / n).collect();
        let factor = ChainFactor::new(&self.chain, &diagonal);
        let length = self.x[self.x.len() - 1] - self.x[0];
        let slope: Vec<f64> = self.x.iter().map(|x| (x - self.x[0]) / length).collect();
        let mut columns = [vec![1.0; self.x.len()], slope.clone()];
        columns.iter_mut().for_each(|column| factor.solve(&self.chain, column));
        let dot = |a: &[f64], b: &[f64]| sum(a.iter().zip(b).map(|(a, b)| a * b));
        let b00 = sum(columns[0].iter().copied());
        let (b01, b11) = (sum(columns[1].iter().copied()), dot(&columns[1], &slope));
        let determinant = b00 * b11 - b01 * b01;
        let inverse = [b11 / determinant, -b01 / determinant, b00 / determinant];
        let mut rest = self.y.to_vec();
        // Once more for what rounding left of the line.
        for _ in 0..2 {
            let along = [dot(&columns[0], &rest), dot(&columns[1], &rest)];
            let line = [
                inverse[0] * along[0] + inverse[1] * along[1],
                inverse[1] * along[0] + inverse[2] * along[1],
            ];
            rest.iter_mut().zip(&slope).for_each(|(rest, x)| *rest -= line[0] + line[1] * x);
        }
        Solved { factor, columns, inverse, rest }
    }

    /// `s - tr A = lambda tr W^-1 (V^-1 - V^-1 T (T^T V^-1 T)^-1 T^T V^-1)`, `T` the columns of the line.
    fn freedom(&self, lambda: f64, Solved { factor, columns, inverse, .. }: &Solved) -> f64 {
        let diagonal = factor.inverse_diagonal(&self.chain);
        let entry = |j: usize| {
            let (u, v) = (columns[0][j], columns[1][j]);
            let line = u * u * inverse[0] + 2.0 * u * v * inverse[1] + v * v * inverse[2];
            lambda / self.weight[j] * (diagonal[j] - line)
        };
        sum((0..self.x.len()).map(entry))
    }
}

/// What belongs to one `lambda`.
struct Solved {
    factor: ChainFactor<2>,
    /// `V^-1 T`.
    columns: [Vec<f64>; 2],
    /// `(T^T V^-1 T)^-1`, its entries 00, 01 and 11.
    inverse: [f64; 3],
    /// `y` without its line.
    rest: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::super::cross_validation::{parameters_used, smoothing_parameter};
    use super::*;

    fn samples(s: usize) -> [Vec<f64>; 3] {
        let x: Vec<f64> = (0..s).map(|i| i as f64 + 0.4 * (7.3 * i as f64).sin()).collect();
        let noise = |i: usize| (1e4 * (1.0 + i as f64).sqrt()).sin();
        let y = (0..s).map(|i| (6.0 * x[i] / s as f64).sin() + 0.2 * noise(i)).collect();
        [x, y, (0..s).map(|i| 1.0 + (i % 4) as f64).collect()]
    }

    /// Reinsch's algorithm, where it has its digits.
    #[test]
    fn it_is_the_smoothing_spline() {
        for s in [3, 4, 60, 400] {
            let [x, y, w] = samples(s);
            let process = SmoothingProcess::new(&x, &y, &w);
            for lambda in [1e-6, 1e-2, 1.0, 1e3, 1e6] {
                let (found, expected) = (process.fit(lambda), CubicSpline::smoothing(&x, &y, &w, lambda));
                for i in 0..s {
                    let off = (found.spline.values()[i] - expected.values()[i]).abs();
                    assert!(off < 1e-10, "{s} {lambda} value {i}: {off:e}");
                    let off = found.spline.second_derivative()[i] - expected.second_derivative()[i];
                    assert!(off.abs() < 1e-10, "{s} {lambda} second derivative {i}: {off:e}");
                }
                let freedom = s as f64 - parameters_used(&x, &w, lambda);
                assert!((found.freedom - freedom).abs() < 1e-9 * s as f64, "{s} {lambda}: {}", found.freedom);
            }
        }
    }

    #[test]
    fn the_parameter_is_that_of_the_banded_code() {
        let [x, y, w] = samples(300);
        let (found, expected) =
            (SmoothingProcess::new(&x, &y, &w).parameter(), smoothing_parameter(&x, &y, &w));
        assert!((found / expected).log10().abs() < 2.0 * TOLERANCE, "{found:e} {expected:e}");
    }

    /// A line is a line, and a parabola with exact values comes out as itself inside, at gaps where the banded matrix has
    /// lost its digits: `lambda / h^3` is 1e24.
    #[test]
    fn many_samples_keep_their_digits() {
        let s = 100_000;
        let x: Vec<f64> = (0..s).map(|i| i as f64 / s as f64).collect();
        let w = vec![1.0; s];
        let y: Vec<f64> = x.iter().map(|x| 3.0 - 2.0 * x).collect();
        let line = SmoothingProcess::new(&x, &y, &w).fit(1e9);
        assert!(line.spline.values().iter().zip(&y).all(|(f, y)| (f - y).abs() < 1e-12));
        assert!((line.freedom - (s as f64 - 2.0)).abs() < 1e-3, "{}", line.freedom);
        // Far from the ends the spline of a cubic is the cubic: Int |f''|^2 does not see f''''.
        let y: Vec<f64> = x.iter().map(|x| x * x * x).collect();
        let fit = SmoothingProcess::new(&x, &y, &w).fit(1e-6);
        for i in (s / 4..3 * s / 4).step_by(1000) {
            assert!((fit.spline.values()[i] - y[i]).abs() < 1e-11, "{i}");
            assert!((fit.spline.second_derivative()[i] - 6.0 * x[i]).abs() < 1e-8, "{i}");
        }
    }
}
