//! The density of curvature in the random-features regime, over time (S 2.6.2; mathematics, section 20).

use ndarray::Array3;
use rayon::prelude::*;

use crate::math::sum::sum;

use super::kernels::Kernel;

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
    /// The same at the samples, shape `(times, 2, samples)`; in linear time only at times that were asked for.
    pub at_samples: Option<Array3<f64>>,
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

    /// Of all times, in order.
    pub(super) fn of(times: &[Bent]) -> Curvature {
        let table = |of: fn(&Bent) -> &[Vec<f64>; 2]| {
            let rows = of(times.first()?)[0].len();
            let values: Vec<f64> = times.iter().flat_map(|bent| of(bent).concat()).collect();
            Array3::from_shape_vec((times.len(), 2, rows), values).ok()
        };
        Curvature {
            on_grid: table(|bent| &bent.on_grid).unwrap_or_default(),
            at_samples: table(|bent| &bent.at_samples).filter(|table| !table.is_empty()),
            off_cubic: times.iter().map(|bent| bent.off_cubic).collect(),
            rounding: times.iter().map(|bent| bent.rounding).collect(),
        }
    }
}

/// [`Curvature`] at one time.
#[derive(Debug, Clone)]
pub(super) struct Bent {
    on_grid: [Vec<f64>; 2],
    at_samples: [Vec<f64>; 2],
    off_cubic: f64,
    rounding: f64,
}

/// What is needed at all times.
pub(super) struct Bending<'a> {
    x: &'a [f64],
    grid: &'a [f64],
    nu_at_samples: Vec<[f64; 2]>,
    nu_on_grid: Vec<[f64; 2]>,
    /// `K_RF(x_j, x_j)`.
    diagonal: Vec<f64>,
}

impl Bending<'_> {
    /// `None` for laws whose knots have no density.
    pub fn new<'a>(
        kernel: &Kernel,
        x: &'a [f64],
        grid: &'a [f64],
        diagonal: Vec<f64>,
    ) -> Option<Bending<'a>> {
        let nu = |points: &[f64]| points.par_iter().map(|&at| kernel.knot_density(at)).collect::<Option<_>>();
        Some(Bending { x, grid, nu_at_samples: nu(x)?, nu_on_grid: nu(grid)?, diagonal })
    }

    /// * `alpha`: coefficients of the path.
    /// * `gone_at_samples`, `gone_on_grid`: `f_0 - f`.
    /// * `keep`: whether with the density at the samples.
    pub fn at(&self, alpha: &[f64], gone_at_samples: &[f64], gone_on_grid: &[f64], keep: bool) -> Bent {
        let (x, last, total) = (self.x, self.x.len() - 1, sum(alpha.iter().copied()));
        let [right, left] = ramps(x, alpha);
        // No -0 where there are no knots.
        let bend = |nu: &[f64; 2], ramps: [f64; 2]| [0, 1].map(|facing| 0.0 - nu[facing] * ramps[facing]);
        let between = |point: f64| match x.partition_point(|x| *x <= point) {
            0 => [right[0] + total * (x[0] - point), 0.0],
            i if i > last => [0.0, left[last] + total * (point - x[last])],
            i => {
                let u = (point - x[i - 1]) / (x[i] - x[i - 1]);
                [&right, &left].map(|ramp| (1.0 - u) * ramp[i - 1] + u * ramp[i])
            }
        };
        let sample = |j: usize| bend(&self.nu_at_samples[j], [right[j], left[j]]);
        let samples: Vec<[f64; 2]> = if keep { (0..=last).map(sample).collect() } else { vec![] };
        let grid: Vec<[f64; 2]> =
            self.nu_on_grid.iter().zip(self.grid).map(|(nu, at)| bend(nu, between(*at))).collect();
        let (mut off, mut most): (f64, f64) = (0.0, 0.0);
        let inside = self.grid.iter().zip(gone_on_grid).filter(|(at, _)| x[0] <= **at && **at <= x[last]);
        for (&at, gone) in inside {
            most = most.max(gone.abs());
            if last > 0 {
                let i = x.partition_point(|x| *x <= at).clamp(1, last) - 1;
                let ends = [i, i + 1];
                let bent = ends.map(|i| sample(i).iter().sum());
                let cubic = cubic(ends.map(|i| x[i]), ends.map(|i| -gone_at_samples[i]), bent, at);
                off = off.max((gone + cubic).abs());
            }
        }
        let terms: f64 = alpha.iter().zip(&self.diagonal).map(|(alpha, own)| (alpha * own).abs()).sum();
        let share = |value: f64| if most > 0.0 { value / most } else { 0.0 };
        let columns =
            |pairs: &[[f64; 2]]| [0, 1].map(|facing| pairs.iter().map(|pair| pair[facing]).collect());
        Bent {
            on_grid: columns(&grid),
            at_samples: columns(&samples),
            off_cubic: share(off),
            rounding: share(f64::EPSILON * terms),
        }
    }
}

/// `Sum_(j > i) c_j (x_j - x_i)` and `Sum_(j < i) c_j (x_i - x_j)` at all samples: both are linear between them.
pub(super) fn ramps(x: &[f64], c: &[f64]) -> [Vec<f64>; 2] {
    let ramp = |order: &mut dyn Iterator<Item = usize>| {
        let mut out = vec![0.0; x.len()];
        let (mut zeroth, mut first, mut last): (f64, f64, Option<usize>) = (0.0, 0.0, None);
        for i in order {
            if let Some(last) = last {
                first += zeroth * (x[i] - x[last]).abs();
            }
            out[i] = first;
            zeroth += c[i];
            last = Some(i);
        }
        out
    };
    [ramp(&mut (0..x.len()).rev()), ramp(&mut (0..x.len()))]
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

    /// Against the sum over all samples, between, at and beyond them.
    #[test]
    fn ramps_are_the_sums() {
        use crate::kernel::{BiasLaw, SlopeLaw, StartLaw, WeightLaw};
        let b = BiasLaw::Uniform { low: -2.0, high: 2.0 };
        let weights = WeightLaw::Independent { a: SlopeLaw::Uniform { low: -1.0, high: 1.0 }, b };
        let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
        let (x, alpha) = ([-1.0, -0.4, 0.1, 0.9], [0.7, -2.0, 1.5, 0.3]);
        let grid = [-1.5, -1.0, -0.7, 0.1, 0.5, 0.9, 3.0];
        let bending = Bending::new(&kernel, &x, &grid, vec![1.0; 4]).unwrap();
        let bent = bending.at(&alpha, &[0.0; 4], &[0.0; 7], true);
        for (found, points) in [(&bent.on_grid, &grid[..]), (&bent.at_samples, &x)] {
            let expected = curvature(&kernel, &x, &alpha, points).unwrap();
            for facing in 0..2 {
                for (found, expected) in found[facing].iter().zip(&expected[facing]) {
                    assert!((found - expected).abs() < 1e-15, "{found} {expected}");
                }
            }
        }
    }

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
