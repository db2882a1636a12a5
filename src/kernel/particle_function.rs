//! The function of many particles, in `O(log m)` a value.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use crate::problem::Measure;

/// `f(x) = Int r <xt, d>_+ mu`, with running sums over the particles sorted by direction.
///
/// ```
/// use reluflow::{kernel::ParticleFunction, problem::Measure};
/// let measure = Measure::uniform(vec![1.0, -2.0], vec![0.0, std::f64::consts::PI])?;
/// let f = ParticleFunction::new(measure.r(), measure.theta(), measure.mass());
/// assert!((f.value(3.0) - 1.5).abs() < 1e-15 && (f.value(-3.0) + 3.0).abs() < 1e-15);
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ParticleFunction {
    /// In `[-pi/2, 3 pi/2)`, ascending.
    theta: Vec<f64>,
    /// Entry `i`: sum of `mass r d` over the first `i` particles.
    sums: Vec<[f64; 2]>,
}

impl ParticleFunction {
    /// Columns of equal length: amplitudes, directions (rad), masses.
    pub fn new(r: &[f64], theta: &[f64], mass: &[f64]) -> ParticleFunction {
        let mut order: Vec<(f64, usize)> = theta
            .iter()
            .enumerate()
            .map(|(i, theta)| ((theta + FRAC_PI_2).rem_euclid(TAU) - FRAC_PI_2, i))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut sums = vec![[0.0; 2]; order.len() + 1];
        for (k, &(theta, i)) in order.iter().enumerate() {
            let ((sin, cos), moment) = (theta.sin_cos(), mass[i] * r[i]);
            sums[k + 1] = [sums[k][0] + moment * cos, sums[k][1] + moment * sin];
        }
        ParticleFunction { theta: order.into_iter().map(|(theta, _)| theta).collect(), sums }
    }

    /// Of a measure.
    pub fn of(measure: &Measure) -> ParticleFunction {
        ParticleFunction::new(measure.r(), measure.theta(), measure.mass())
    }

    /// The value at `x`.
    pub fn value(&self, x: f64) -> f64 {
        let on = -x.atan();
        let first = self.theta.partition_point(|&theta| theta <= on);
        let end = self.theta.partition_point(|&theta| theta < on + PI);
        let [a, b] = std::array::from_fn(|k| self.sums[end][k] - self.sums[first][k]);
        x * a + b
    }
}
