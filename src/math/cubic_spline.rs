//! Natural cubic splines and cubic smoothing splines.

use super::banded;

/// A cubic spline with zero second derivative at, and straight lines beyond, its end knots: a
/// *natural* cubic spline. It is known by its values and second derivatives at the knots.
///
/// ```
/// use reluflow::math::cubic_spline::CubicSpline;
/// // Through (0, 0), (1, 1), (2, 0): s'' at the middle knot is -3.
/// let hat = CubicSpline::natural(&[0.0, 1.0, 2.0], &[0.0, 1.0, 0.0]);
/// assert!((hat.second_derivative()[1] + 3.0).abs() < 1e-15);
/// assert!((hat.value(0.5) - 0.6875).abs() < 1e-15);
/// assert!((hat.roughness() - 6.0).abs() < 1e-14); // Int (3 x)^2 over both halves
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CubicSpline {
    x: Vec<f64>,
    y: Vec<f64>,
    second: Vec<f64>,
}

impl CubicSpline {
    /// The natural cubic spline through `(x_j, y_j)`: of all interpolants the one with the least
    /// `Int |f''|^2`.
    ///
    /// * `x`: strictly ascending, at least one; one point gives a constant, two a line.
    ///
    /// Solves `R gamma = Q^T y` (Green and Silverman 1994, eq. 2.4), which is positive definite.
    ///
    /// # Panics
    /// If there are no points or the lengths differ.
    pub fn natural(x: &[f64], y: &[f64]) -> CubicSpline {
        assert!(!x.is_empty() && x.len() == y.len(), "{} x and {} y", x.len(), y.len());
        let mut spline = CubicSpline { x: x.to_vec(), y: y.to_vec(), second: vec![0.0; x.len()] };
        if x.len() > 2 {
            let inner = banded::solve(r_matrix(x), &slope_changes(x, y));
            spline.second[1..x.len() - 1].copy_from_slice(&inner);
        }
        spline
    }

    /// The minimiser of `Sum_j weight_j (y_j - f(x_j))^2 + lambda Int |f''|^2`, a natural cubic
    /// spline (Reinsch's algorithm: `(R + lambda Q^T W^-1 Q) gamma = Q^T y`, then
    /// `f = y - lambda W^-1 Q gamma`; Green and Silverman 1994, section 3.5.2).
    ///
    /// * `lambda >= 0`: 0 interpolates, infinity is the weighted straight-line fit.
    /// * `weight`: positive.
    ///
    /// # Panics
    /// As [`CubicSpline::natural`].
    pub fn smoothing(x: &[f64], y: &[f64], weight: &[f64], lambda: f64) -> CubicSpline {
        assert!(!x.is_empty() && x.len() == y.len() && x.len() == weight.len(), "columns differ in length");
        let s = x.len();
        if s <= 2 || lambda == 0.0 {
            return CubicSpline::natural(x, y);
        }
        if lambda == f64::INFINITY {
            let (middle, value, slope) = line_fit(x, y, weight);
            let line = x.iter().map(|x| value + slope * (x - middle)).collect();
            return CubicSpline { x: x.to_vec(), y: line, second: vec![0.0; s] };
        }
        // Scaled so that neither R nor the penalty overflows when lambda is huge.
        let (of_r, of_q) = if lambda > 1.0 { (1.0 / lambda, 1.0) } else { (1.0, lambda) };
        let matrix = smoothing_matrix(x, weight, of_r, of_q);
        let mut right = slope_changes(x, y);
        right.iter_mut().for_each(|entry| *entry *= of_r);
        let gamma = banded::solve(matrix, &right);
        let mut fitted = y.to_vec();
        for (i, gamma) in gamma.iter().enumerate() {
            for k in 0..3 {
                fitted[i + k] -= lambda / weight[i + k] * q_column(x, i + 1)[k] * gamma;
            }
        }
        let mut second = vec![0.0; s];
        second[1..s - 1].copy_from_slice(&gamma);
        CubicSpline { x: x.to_vec(), y: fitted, second }
    }

    /// From values and second derivatives at the knots, which must belong together.
    pub(super) fn from_second_derivative(x: Vec<f64>, y: Vec<f64>, second: Vec<f64>) -> CubicSpline {
        CubicSpline { x, y, second }
    }

    /// The knots.
    pub fn knots(&self) -> &[f64] {
        &self.x
    }

    /// Values at the knots.
    pub fn values(&self) -> &[f64] {
        &self.y
    }

    /// Second derivatives at the knots; it is linear between them and zero beyond.
    pub fn second_derivative(&self) -> &[f64] {
        &self.second
    }

    /// The value at any `x`.
    pub fn value(&self, x: f64) -> f64 {
        let last = self.x.len() - 1;
        if last == 0 {
            return self.y[0];
        }
        if x <= self.x[0] {
            return self.y[0] + self.slope(0, 0.0) * (x - self.x[0]);
        }
        if x >= self.x[last] {
            return self.y[last] + self.slope(last - 1, 1.0) * (x - self.x[last]);
        }
        let i = (self.x.partition_point(|&knot| knot <= x) - 1).min(last - 1);
        let h = self.x[i + 1] - self.x[i];
        let (u, v) = ((x - self.x[i]) / h, (self.x[i + 1] - x) / h);
        let bend = (u * u - 1.0) * u * self.second[i + 1] + (v * v - 1.0) * v * self.second[i];
        v * self.y[i] + u * self.y[i + 1] + h * h / 6.0 * bend
    }

    /// The derivative at the fraction `u` of the gap between knots `i` and `i + 1`.
    fn slope(&self, i: usize, u: f64) -> f64 {
        let h = self.x[i + 1] - self.x[i];
        let v = 1.0 - u;
        let bend = (3.0 * u * u - 1.0) * self.second[i + 1] - (3.0 * v * v - 1.0) * self.second[i];
        (self.y[i + 1] - self.y[i]) / h + h / 6.0 * bend
    }

    /// `Int |f''|^2`, exactly.
    pub fn roughness(&self) -> f64 {
        let piece = |i: usize| {
            let (h, a, b) = (self.x[i + 1] - self.x[i], self.second[i], self.second[i + 1]);
            h * (a * a + a * b + b * b) / 3.0
        };
        (0..self.x.len() - 1).map(piece).sum()
    }

    /// Total variation of the derivative, `Int |f''|`, exactly.
    pub fn slope_variation(&self) -> f64 {
        let piece =
            |i: usize| linear_variation(self.x[i + 1] - self.x[i], self.second[i], self.second[i + 1]);
        (0..self.x.len() - 1).map(piece).sum()
    }
}

/// `Int |l|` over a length `h` on which the linear `l` goes from `a` to `b`.
///
/// ```
/// use reluflow::math::cubic_spline::linear_variation;
/// assert_eq!(linear_variation(2.0, 1.0, 3.0), 4.0);
/// assert_eq!(linear_variation(2.0, -1.0, 1.0), 1.0);
/// ```
pub fn linear_variation(h: f64, a: f64, b: f64) -> f64 {
    if a * b >= 0.0 {
        return 0.5 * h * (a + b).abs();
    }
    0.5 * h * (a * a + b * b) / (a.abs() + b.abs())
}

/// `Q^T y`: the changes of slope of the linear interpolant at the inner points.
fn slope_changes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let slope = |i: usize| (y[i + 1] - y[i]) / (x[i + 1] - x[i]);
    (1..x.len() - 1).map(|j| slope(j) - slope(j - 1)).collect()
}

/// The three entries of the column of `Q` that belongs to the inner point `j`.
fn q_column(x: &[f64], j: usize) -> [f64; 3] {
    let (before, after) = (1.0 / (x[j] - x[j - 1]), 1.0 / (x[j + 1] - x[j]));
    [before, -before - after, after]
}

/// `R`: the second moments of hat functions, by its diagonal and two upper bands (the second zero).
pub(super) fn r_matrix(x: &[f64]) -> Vec<[f64; 3]> {
    (1..x.len() - 1).map(|j| [(x[j + 1] - x[j - 1]) / 3.0, (x[j + 1] - x[j]) / 6.0, 0.0]).collect()
}

/// `of_r R + of_q Q^T W^-1 Q`.
pub(super) fn smoothing_matrix(x: &[f64], weight: &[f64], of_r: f64, of_q: f64) -> Vec<[f64; 3]> {
    let n = x.len() - 2;
    let mut matrix = r_matrix(x);
    matrix.iter_mut().flatten().for_each(|entry| *entry *= of_r);
    let q: Vec<[f64; 3]> = (1..=n).map(|j| q_column(x, j)).collect();
    for i in 0..n {
        for band in 0..3.min(n - i) {
            // Columns i and i + band of Q share the rows i + band ..= i + 2.
            let shared = (band..3).map(|k| q[i][k] * q[i + band][k - band] / weight[i + k]);
            matrix[i][band] += of_q * shared.sum::<f64>();
        }
    }
    matrix
}

/// Weighted straight-line fit: `(mean x, value there, slope)`.
pub fn line_fit(x: &[f64], y: &[f64], weight: &[f64]) -> (f64, f64, f64) {
    let total: f64 = weight.iter().sum();
    let mean = |values: &[f64]| values.iter().zip(weight).map(|(v, w)| w * v).sum::<f64>() / total;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut xy) = (0.0, 0.0);
    for j in 0..x.len() {
        let dx = x[j] - mean_x;
        xx += weight[j] * dx * dx;
        xy += weight[j] * dx * (y[j] - mean_y);
    }
    (mean_x, mean_y, if xx > 0.0 { xy / xx } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_points_are_a_constant_and_a_line() {
        assert_eq!(CubicSpline::natural(&[2.0], &[5.0]).value(-7.0), 5.0);
        let line = CubicSpline::natural(&[0.0, 2.0], &[1.0, 5.0]);
        assert_eq!((line.value(-1.0), line.value(1.0), line.value(3.0)), (-1.0, 3.0, 7.0));
        assert_eq!(line.roughness(), 0.0);
    }

    #[test]
    fn smoothing_goes_from_the_interpolant_to_the_line() {
        let x = [-1.0, -0.4, 0.1, 0.2, 1.5];
        let (y, w) = ([1.0, -2.0, 0.5, 3.0, 0.0], [1.0, 2.0, 0.5, 1.0, 3.0]);
        let interpolant = CubicSpline::natural(&x, &y);
        let near = CubicSpline::smoothing(&x, &y, &w, 1e-12);
        assert!(x.iter().all(|&x| (near.value(x) - interpolant.value(x)).abs() < 1e-7));
        let (far, line) =
            (CubicSpline::smoothing(&x, &y, &w, 1e12), CubicSpline::smoothing(&x, &y, &w, f64::INFINITY));
        assert!([-2.0, 0.0, 0.15, 3.0].iter().all(|&x| (far.value(x) - line.value(x)).abs() < 1e-9));
    }
}
