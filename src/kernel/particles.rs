//! Kernels of finitely many particles, in `O(log m)` a value.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use crate::problem::{Measure, Neurons};

/// Hidden neurons with masses, sorted by direction, and running sums over them.
///
/// A neuron is active at `x` exactly if its direction lies in `(-atan x, pi - atan x)`, so that
/// those active at two points are neighbours, and a kernel is a difference of two running sums.
#[derive(Debug, Clone, PartialEq)]
pub struct Particles {
    /// In `[-pi/2, 3 pi/2)`, ascending.
    theta: Vec<f64>,
    /// Entry `i`: sums over the first `i` particles of `mass (w w^T)` (xx, xy, yy) and `mass c^2`.
    sums: Vec<[f64; 4]>,
}

impl Particles {
    /// Particles `(a, b, c)` of equal mass.
    ///
    /// # Panics
    /// If there are none.
    pub fn uniform(neurons: impl IntoIterator<Item = (f64, f64, f64)>) -> Particles {
        let rows: Vec<(f64, [f64; 4])> =
            neurons.into_iter().map(|(a, b, c)| ((-b).atan2(a), [a * a, -a * b, b * b, c * c])).collect();
        assert!(!rows.is_empty(), "a kernel needs at least one particle");
        let mass = 1.0 / rows.len() as f64;
        Particles::sorted(rows.into_iter().map(|(theta, row)| (theta, row.map(|v| mass * v))).collect())
    }

    /// Neurons with their masses.
    pub fn neurons(neurons: &Neurons) -> Particles {
        let row = |i: usize| {
            let (c, a, b, mass) = (neurons.c()[i], neurons.a()[i], neurons.b()[i], neurons.mass()[i]);
            ((-b).atan2(a), [mass * a * a, -mass * a * b, mass * b * b, mass * c * c])
        };
        Particles::sorted((0..neurons.len()).map(row).collect())
    }

    /// Canonical particles, lifted with `|w| = 1`, `c = r`.
    pub fn canonical(measure: &Measure) -> Particles {
        let row = |i: usize| {
            let ((sin, cos), mass, r) = (measure.theta()[i].sin_cos(), measure.mass()[i], measure.r()[i]);
            (measure.theta()[i], [mass * cos * cos, mass * cos * sin, mass * sin * sin, mass * r * r])
        };
        Particles::sorted((0..measure.len()).map(row).collect())
    }

    fn sorted(mut rows: Vec<(f64, [f64; 4])>) -> Particles {
        for (theta, _) in &mut rows {
            *theta = (*theta + FRAC_PI_2).rem_euclid(TAU) - FRAC_PI_2;
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sums = vec![[0.0; 4]; rows.len() + 1];
        for (i, (_, row)) in rows.iter().enumerate() {
            sums[i + 1] = std::array::from_fn(|k| sums[i][k] + row[k]);
        }
        Particles { theta: rows.into_iter().map(|(theta, _)| theta).collect(), sums }
    }

    /// Sums over the particles active at both points.
    fn active(&self, x: f64, y: f64) -> [f64; 4] {
        let first = self.theta.partition_point(|&theta| theta <= -x.min(y).atan());
        let end = self.theta.partition_point(|&theta| theta < PI - x.max(y).atan());
        if end <= first {
            return [0.0; 4];
        }
        std::array::from_fn(|k| self.sums[end][k] - self.sums[first][k])
    }

    /// `Int <xt,w>_+ <yt,w>_+ mu`.
    pub fn features(&self, x: f64, y: f64) -> f64 {
        let [xx, xy, yy, _] = self.active(x, y);
        x * y * xx + (x + y) * xy + yy
    }

    /// `Int c^2 1{<xt,w> > 0} 1{<yt,w> > 0} mu`.
    pub fn both_active(&self, x: f64, y: f64) -> f64 {
        self.active(x, y)[3]
    }

    /// Number of particles.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.theta.len()
    }
}
