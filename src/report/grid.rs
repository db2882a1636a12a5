//! The grid on which functions are drawn, and sums of kernels on it.

use crate::flow::{Vec2, gradients, project};
use crate::math::even;
use crate::problem::{Regions, Samples};

/// Points between the ends of the grid, besides the samples.
const POINTS: usize = 420;
/// How far the grid goes beyond the samples, as a share of their range.
const BEYOND: f64 = 0.15;

/// Points at which functions are drawn: equally spaced ones, and the samples that are shown.
///
/// The points are treated as samples themselves: they cut the circle of directions into regions,
/// inside each of which `<xt, d>` is linear in `d` at every point, so that one pass over the
/// particles gives sums at all points, in `O(m log n + n)`.
#[derive(Debug, Clone)]
pub struct Grid {
    points: Samples,
    regions: Regions,
    /// Index of each shown sample among the points.
    at: Vec<usize>,
}

impl Grid {
    /// A grid around these positions of samples, ascending.
    pub fn new(shown: &[f64]) -> Grid {
        let (low, high) = (shown[0], shown[shown.len() - 1]);
        let margin = if high > low { BEYOND * (high - low) } else { 1.0 };
        let (low, high) = (low - margin, high + margin);
        let mut x = even::points(low, high, POINTS + 1);
        x.extend(shown);
        x.sort_by(f64::total_cmp);
        x.dedup();
        let points = Samples::new(&x, &vec![0.0; x.len()]).expect("finite, and at least one");
        let x = points.x();
        let at = shown.iter().map(|shown| x.partition_point(|x| x < shown)).collect();
        Grid { regions: Regions::new(&points), points, at }
    }

    /// The points, ascending.
    pub fn x(&self) -> &[f64] {
        self.points.x()
    }

    /// Which of the points are samples.
    pub fn samples(&self) -> &[usize] {
        &self.at
    }

    /// `<xt, Sum_{k: x active} v_k>` at all points.
    fn project(&self, v: &[Vec2]) -> Vec<f64> {
        let mut values = vec![0.0; self.points.len()];
        project(&self.points, v, &mut values);
        values
    }

    /// Second moments of particles on the grid's regions, for [`kernel_sum`](Grid::kernel_sum).
    ///
    /// * `particles`: direction (rad), and the particle's own moment times its weight.
    pub fn second_moments(&self, particles: impl Iterator<Item = (f64, [f64; 3])>) -> Vec<[f64; 3]> {
        let mut sigma = vec![[0.0; 3]; self.regions.boundaries()];
        for (theta, moment) in particles {
            let sum = &mut sigma[self.regions.region_of(theta)];
            (0..3).for_each(|i| sum[i] += moment[i]);
        }
        sigma[0] = [0.0; 3];
        sigma
    }

    /// `Sum_j alpha_j K(x, x_j)` at all points, with the kernel (section 7) of these moments.
    ///
    /// * `alpha`: one per shown sample.
    pub fn kernel_sum(&self, sigma: &[[f64; 3]], alpha: &[f64]) -> Vec<f64> {
        let mut on_points = vec![0.0; self.points.len()];
        self.at.iter().zip(alpha).for_each(|(&at, &alpha)| on_points[at] = alpha);
        let mut v = vec![[0.0; 2]; sigma.len()];
        gradients(&self.points, &on_points, &mut v);
        for (v, [xx, xy, yy]) in v.iter_mut().zip(sigma) {
            *v = [xx * v[0] + xy * v[1], xy * v[0] + yy * v[1]];
        }
        self.project(&v)
    }

    /// Moves an estimate onto values that are known at the samples: what it misses there is taken
    /// off, between samples in proportion, beyond them as at the outermost.
    ///
    /// Where a run stores only some of its particles, the estimate has their sampling error; the
    /// residuals are of all particles.
    pub fn through_samples(&self, estimate: &mut [f64], known: &[f64]) {
        let missed: Vec<f64> = self.at.iter().zip(known).map(|(&at, known)| known - estimate[at]).collect();
        let x = self.points.x();
        let mut right = 0;
        for (i, value) in estimate.iter_mut().enumerate() {
            while right < self.at.len() && self.at[right] < i {
                right += 1;
            }
            *value += match right {
                0 => missed[0],
                right if right == self.at.len() => missed[right - 1],
                right => {
                    let (low, high) = (x[self.at[right - 1]], x[self.at[right]]);
                    let part = (x[i] - low) / (high - low);
                    missed[right - 1] + part * (missed[right] - missed[right - 1])
                }
            };
        }
        // Not only within rounding.
        self.at.iter().zip(known).for_each(|(&at, &known)| estimate[at] = known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn particles(m: usize) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let r = (0..m).map(|i| (1.7 * i as f64).sin()).collect();
        let theta = (0..m).map(|i| (i as f64 * 0.618).fract() * std::f64::consts::TAU).collect();
        (r, theta, vec![1.0 / m as f64; m])
    }

    #[test]
    fn samples_are_points() {
        let grid = Grid::new(&[-2.0, -0.3, 0.9]);
        for (&at, x) in grid.samples().iter().zip([-2.0, -0.3, 0.9]) {
            assert_eq!(grid.x()[at], x);
        }
    }

    #[test]
    fn the_kernel_is_that_of_the_definition() {
        let (r, theta, mass) = particles(200);
        let shown = [-1.0, 0.25, 0.5];
        let grid = Grid::new(&shown);
        let alpha = [0.3, -1.0, 2.0];
        let moment = |i: usize| {
            let (sin, cos) = theta[i].sin_cos();
            let (d, t) = ([cos, sin], [-sin, cos]);
            [(0, 0), (0, 1), (1, 1)].map(|(p, q)| mass[i] * (d[p] * d[q] + r[i] * r[i] * t[p] * t[q]))
        };
        let sigma = grid.second_moments((0..200).map(|i| (theta[i], moment(i))));
        let sum = grid.kernel_sum(&sigma, &alpha);
        for (x, sum) in grid.x().iter().zip(sum) {
            let mut direct = 0.0;
            for (x_j, alpha) in shown.iter().zip(alpha) {
                for i in 0..200 {
                    let (sin, cos) = theta[i].sin_cos();
                    let [xx, xy, yy] = moment(i);
                    if x * cos + sin > 0.0 && x_j * cos + sin > 0.0 {
                        direct += alpha * (x * x_j * xx + (x + x_j) * xy + yy);
                    }
                }
            }
            assert!((direct - sum).abs() < 1e-13, "{x}: {direct} {sum}");
        }
    }

    #[test]
    fn an_estimate_goes_through_the_samples_and_keeps_its_kinks() {
        let grid = Grid::new(&[0.0, 1.0]);
        let mut f: Vec<f64> = grid.x().iter().map(|x| (x - 0.5f64).abs()).collect();
        grid.through_samples(&mut f, &[1.5, 0.5]);
        for (&x, f) in grid.x().iter().zip(f) {
            let expected = (x - 0.5f64).abs() + (1.0 - x).clamp(0.0, 1.0);
            assert!((f - expected).abs() < 1e-14, "{x}: {f}");
        }
    }
}
