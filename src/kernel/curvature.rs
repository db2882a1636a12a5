//! The density of curvature in the random-features regime, over time (S 2.6.2; mathematics, section 20).

use ndarray::{Array3, ArrayView1, s};

use super::kernels::{Kernel, Regime};
use super::regime::RegimeReport;

/// Where only output weights learn, right- and left-facing neurons bend the function by `h_+` and `h_-` per unit of `x`:
///
/// ```text
/// f'' = f_0'' + h_+ + h_-,      h_e(x, t) = -nu_e(x) Sum_j alpha_j(t) (e (x_j - x))_+
/// ```
///
/// with the density `nu_e(x) = E[|a|^3 delta(a x - b) 1{sign a = e}]` of the knots and the coefficients `alpha(t)` of the path
/// `f = f_0 - Sum_j alpha_j K_RF(., x_j)`, which is `d h_e/dt = -kappa^2 e nu_e(x) (g_{k,0} - g_{k,1} x)` integrated. Where
/// `nu` is constant between samples, `h` is linear there and continuous everywhere, and `f - f_0` is a cubic spline at every
/// time.
#[derive(Debug, Clone, PartialEq)]
pub struct Curvature {
    /// `h_+`, `h_-` on the grid, shape `(times, 2, grid)`.
    pub on_grid: Array3<f64>,
    /// The same at the samples, shape `(times, 2, samples)`.
    pub at_samples: Array3<f64>,
    /// Of each time: how far `f - f_0` is at most from the cubic that has its values and its `h_+ + h_-` at the two samples
    /// beside, as a share of the largest `|f - f_0|` on the grid between the samples.
    pub off_cubic: Vec<f64>,
    /// What of this rounding explains: that of the sum over the samples.
    pub rounding: Vec<f64>,
}

/// `h_+` and `h_-` at some points: see [`Curvature`]. `None` where the knots of the law have no density.
///
/// * `x`, `alpha`: samples and their coefficients.
///
/// ```
/// use reluflow::kernel::{BiasLaw, Kernel, SlopeLaw, StartLaw, WeightLaw, curvature};
/// let weights = WeightLaw::Independent {
///     a: SlopeLaw::Sign { size: 1.0 },
///     b: BiasLaw::Uniform { low: -2.0, high: 2.0 },
/// };
/// let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
/// // nu = 1/8 of either facing; one sample at 1 with alpha = 4.
/// let [right, left] = curvature(&kernel, &[1.0], &[4.0], &[0.0, 1.5]).unwrap();
/// assert_eq!((right, left), (vec![-0.5, 0.0], vec![0.0, -0.25]));
/// ```
pub fn curvature(kernel: &Kernel, x: &[f64], alpha: &[f64], points: &[f64]) -> Option<[Vec<f64>; 2]> {
    let mut found = [vec![], vec![]];
    for &point in points {
        let nu = kernel.knot_density(point)?;
        let mut ramps = [0.0; 2];
        for (x, alpha) in x.iter().zip(alpha) {
            let ahead = x - point;
            ramps[usize::from(ahead < 0.0)] += alpha * ahead.abs();
        }
        for facing in 0..2 {
            // No -0 where there are no knots.
            found[facing].push(0.0 - nu[facing] * ramps[facing]);
        }
    }
    Some(found)
}

impl Curvature {
    /// The largest of `off_cubic`, and of `rounding`.
    pub fn worst(&self) -> [f64; 2] {
        [&self.off_cubic, &self.rounding].map(|values| values.iter().copied().fold(0.0, f64::max))
    }

    /// Over the times of a path of random features; `None` for other paths, for laws whose knots have no density, and where
    /// the path is followed in linear time.
    ///
    /// * `rho`: residuals at the start; `start`: the function at the start on the grid.
    pub(super) fn of(
        kernel: &Kernel,
        regime: &RegimeReport,
        x: &[f64],
        rho: &[f64],
        grid: &[f64],
        start: &[f64],
    ) -> Option<Curvature> {
        let flow = regime.flow.dense().filter(|_| regime.regime == Regime::RandomFeatures)?;
        let own: Vec<f64> = regime.times.iter().map(|t| t * regime.kappa * regime.kappa).collect();
        let alpha = flow.coefficients_at(rho, &own);
        let (times, samples) = (own.len(), x.len());
        let mut found = Curvature {
            on_grid: Array3::zeros((times, 2, grid.len())),
            at_samples: Array3::zeros((times, 2, samples)),
            off_cubic: vec![],
            rounding: vec![],
        };
        for time in 0..times {
            let alpha = alpha.column(time).to_vec();
            let (of_grid, of_samples) =
                (curvature(kernel, x, &alpha, grid)?, curvature(kernel, x, &alpha, x)?);
            for facing in 0..2 {
                found.on_grid.slice_mut(s![time, facing, ..]).assign(&ArrayView1::from(&of_grid[facing]));
                found
                    .at_samples
                    .slice_mut(s![time, facing, ..])
                    .assign(&ArrayView1::from(&of_samples[facing]));
            }
            let moved: Vec<f64> =
                regime.on_grid.row(time).iter().zip(start).map(|(f, start)| f - start).collect();
            let at_samples = flow.kernel().dot(&ArrayView1::from(&alpha)).mapv(|by| -by);
            let bent: Vec<f64> = (0..samples).map(|j| of_samples[0][j] + of_samples[1][j]).collect();
            let (mut off, mut most): (f64, f64) = (0.0, 0.0);
            for (point, moved) in
                grid.iter().zip(&moved).filter(|(point, _)| x[0] <= **point && **point <= x[samples - 1])
            {
                let left = x.partition_point(|x| x <= point).clamp(1, samples.max(2) - 1) - 1;
                most = most.max(moved.abs());
                if samples > 1 {
                    let pair = |values: &[f64]| [values[left], values[left + 1]];
                    let cubic =
                        cubic(pair(x), pair(at_samples.as_slice().unwrap_or(&[])), pair(&bent), *point);
                    off = off.max((moved - cubic).abs());
                }
            }
            let terms: f64 = (0..samples).map(|j| (alpha[j] * flow.kernel()[[j, j]]).abs()).sum();
            let share = |value: f64| if most > 0.0 { value / most } else { 0.0 };
            found.off_cubic.push(share(off));
            found.rounding.push(share(f64::EPSILON * terms));
        }
        Some(found)
    }
}

/// The cubic with these values and second derivatives at both ends.
fn cubic([l, r]: [f64; 2], [low, high]: [f64; 2], [bent, bent_high]: [f64; 2], x: f64) -> f64 {
    let (h, u, v) = (r - l, x - l, r - x);
    let bend = |second: f64, u: f64| second * u * (u * u - h * h) / (6.0 * h);
    (low * v + high * u) / h + bend(bent, v) + bend(bent_high, u)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cubic_has_its_values_and_bends() {
        // 1 + 2 x - 3 x^2 + 0.5 x^3 between -1 and 2.
        let f = |x: f64| 1.0 + 2.0 * x - 3.0 * x * x + 0.5 * x * x * x;
        let second = |x: f64| -6.0 + 3.0 * x;
        for x in [-1.0, -0.3, 0.7, 2.0] {
            let found = cubic([-1.0, 2.0], [f(-1.0), f(2.0)], [second(-1.0), second(2.0)], x);
            assert!((found - f(x)).abs() < 1e-14, "{x}");
        }
    }
}
