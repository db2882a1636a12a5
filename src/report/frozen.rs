//! What the same network would have learned with a tangent kernel that stands still.

use crate::flow::tangent_kernel::tangent_kernel;
use crate::flow::{Flow, ParticleKind, add_rate};
use crate::kernel::GradientFlow;
use crate::run::neuron::Training;
use crate::run::{Description, Snapshot};

use super::grid::Grid;
use super::stored::Stored;

/// More samples than this are not decomposed: it would take minutes.
const MOST: usize = 1500;

/// The linearised run: `rho(t) = expm(-K_0 N t) rho(0)`, `f(x, t) = f_0(x) - Sum_j alpha_j(t) K_0(x, x_j)`
/// (section 12), with the tangent kernel `K_0` of the run's own start.
#[derive(Debug, Clone)]
pub struct Frozen {
    flow: GradientFlow,
    residual: Vec<f64>,
    function: Vec<f64>,
    y: Vec<f64>,
    sigma: Vec<[f64; 3]>,
    /// Index of each shown sample.
    shown: Vec<usize>,
}

impl Frozen {
    /// From the first snapshot; `None` where the comparison means nothing (a total-variation term,
    /// momentum, minibatches, mass pinned at the start), for very many samples, or for a kernel that
    /// cannot be decomposed.
    ///
    /// * `start`, `function`: the stored particles of that snapshot, and its function on the grid.
    pub fn new(
        description: &Description,
        snapshot: &Snapshot,
        start: &Stored,
        grid: &Grid,
        function: &[f64],
        shown: &[usize],
    ) -> Option<Frozen> {
        let Description { samples, flow, output_bias, .. } = description;
        let pinned = snapshot.pinned_mass.sum() + snapshot.stuck_mass > 0.0;
        if !flow.descriptor().plain || pinned || snapshot.time > 0.0 || samples.len() > MOST {
            return None;
        }
        let rows = snapshot.region_covariance.outer_iter();
        let mut sigma: Vec<[f64; 3]> = rows.map(|row| [row[0], row[1], row[2]]).collect();
        add_rate(&mut sigma, output_bias.rate);
        // The grid cuts the circle as samples do: in one of its regions all points are active.
        let mut on_grid = grid.second_moments(moments(flow, start));
        add_rate(&mut on_grid, output_bias.rate);
        let kernel = tangent_kernel(samples, &sigma);
        Some(Frozen {
            flow: GradientFlow::new(kernel, samples.weight()).ok()?,
            residual: snapshot.residual.to_vec(),
            function: function.to_vec(),
            y: samples.y().to_vec(),
            sigma: on_grid,
            shown: shown.to_vec(),
        })
    }

    /// The loss at a time.
    pub fn loss(&self, time: f64) -> f64 {
        self.flow.loss(&self.flow.residual(&self.residual, time))
    }

    /// The function on the grid at a time.
    pub fn function(&self, grid: &Grid, time: f64) -> Vec<f64> {
        let alpha = self.flow.coefficients(&self.residual, time);
        let residual = self.flow.residual(&self.residual, time);
        // The grid knows the shown samples only; all others are near one of those, and what that
        // leaves is taken off at the samples.
        let shown: Vec<f64> = match self.shown.len() == alpha.len() {
            true => alpha.to_vec(),
            false => {
                let mut sums = vec![0.0; self.shown.len()];
                for (j, alpha) in alpha.iter().enumerate() {
                    let next = self.shown.partition_point(|&shown| shown < j);
                    sums[next.min(self.shown.len() - 1)] += alpha;
                }
                sums
            }
        };
        let moved = grid.kernel_sum(&self.sigma, &shown);
        let mut values: Vec<f64> = self.function.iter().zip(moved).map(|(f, moved)| f - moved).collect();
        let known: Vec<f64> = self.shown.iter().map(|&j| self.y[j] + residual[j]).collect();
        grid.through_samples(&mut values, &known);
        values
    }
}

/// Direction of each stored particle and its weight times `kappa^2 M` (section 5).
fn moments<'a>(flow: &'a Flow, start: &'a Stored) -> impl Iterator<Item = (f64, [f64; 3])> + 'a {
    let p = &start.particles;
    let (kind, training) = (flow.particles(), Training::of(flow));
    (0..p.r.len()).map(move |i| {
        let m = match kind {
            // d d^T + r^2 t t^T
            ParticleKind::Canonical => {
                let ((sin, cos), square) = (p.theta[i].sin_cos(), p.r[i] * p.r[i]);
                [cos * cos + square * sin * sin, sin * cos * (1.0 - square), sin * sin + square * cos * cos]
            }
            ParticleKind::Neuron => training.second_moment([p.c[i], p.a[i], -p.b[i]], None),
        };
        (p.theta[i], m.map(|entry| entry * start.weight[i]))
    })
}
