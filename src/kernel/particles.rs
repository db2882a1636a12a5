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
    /// `(a, b, mass, mass c^2)`.
    neurons: Vec<[f64; 4]>,
}

impl Particles {
    /// Particles `(a, b, c)` of equal mass.
    ///
    /// # Panics
    /// If there are none.
    pub fn uniform(neurons: impl IntoIterator<Item = (f64, f64, f64)>) -> Particles {
        let rows: Vec<(f64, f64, f64)> = neurons.into_iter().collect();
        assert!(!rows.is_empty(), "a kernel needs at least one particle");
        let mass = 1.0 / rows.len() as f64;
        let row = |&(a, b, c): &(f64, f64, f64)| ((-b).atan2(a), [a, b, mass, mass * c * c]);
        Particles::sorted(rows.iter().map(row).collect())
    }

    /// Neurons with their masses.
    pub fn neurons(neurons: &Neurons) -> Particles {
        let row = |i: usize| {
            let (c, a, b, mass) = (neurons.c()[i], neurons.a()[i], neurons.b()[i], neurons.mass()[i]);
            ((-b).atan2(a), [a, b, mass, mass * c * c])
        };
        Particles::sorted((0..neurons.len()).map(row).collect())
    }

    /// Canonical particles, lifted with `|w| = 1`, `c = r`.
    pub fn canonical(measure: &Measure) -> Particles {
        let row = |i: usize| {
            let ((sin, cos), mass, r) = (measure.theta()[i].sin_cos(), measure.mass()[i], measure.r()[i]);
            (measure.theta()[i], [cos, -sin, mass, mass * r * r])
        };
        Particles::sorted((0..measure.len()).map(row).collect())
    }

    fn sorted(mut rows: Vec<(f64, [f64; 4])>) -> Particles {
        for (theta, _) in &mut rows {
            *theta = (*theta + FRAC_PI_2).rem_euclid(TAU) - FRAC_PI_2;
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sums = vec![[0.0; 4]; rows.len() + 1];
        for (i, &(_, [a, b, mass, c2])) in rows.iter().enumerate() {
            let row = [mass * a * a, -mass * a * b, mass * b * b, c2];
            sums[i + 1] = std::array::from_fn(|k| sums[i][k] + row[k]);
        }
        let (theta, neurons) = rows.into_iter().unzip();
        Particles { theta, sums, neurons }
    }

    /// Sums over the particles active at both points.
    fn active(&self, x: f64, y: f64) -> [f64; 4] {
        let (first, end) = (self.active_from(x.min(y)), self.active_until(x.max(y)));
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

    /// The right-facing particles `(a, b, mass, mass c^2)` that become active between two points, and the left-facing
    /// ones that cease to be.
    pub(super) fn crossed(&self, from: f64, to: f64) -> [&[[f64; 4]]; 2] {
        let right = self.active_from(to)..self.active_from(from);
        let left = self.active_until(to)..self.active_until(from);
        [right, left].map(|range| &self.neurons[range.start..range.end.max(range.start)])
    }

    /// The right-facing particles that are active at a point, with those without a knot, and the left-facing ones.
    pub(super) fn active_at(&self, x: f64) -> [&[[f64; 4]]; 2] {
        let middle = self.theta.partition_point(|&theta| theta <= FRAC_PI_2);
        let (first, end) = (self.active_from(x).min(middle), self.active_until(x).max(middle));
        [&self.neurons[first..middle], &self.neurons[middle..end]]
    }

    /// The first of the right-facing particles, by direction, that is active at `x`.
    fn active_from(&self, x: f64) -> usize {
        self.theta.partition_point(|&theta| theta <= -x.atan())
    }

    /// Past the last of the left-facing ones.
    fn active_until(&self, x: f64) -> usize {
        self.theta.partition_point(|&theta| theta < PI - x.atan())
    }

    /// Number of particles.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.theta.len()
    }
}
