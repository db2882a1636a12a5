//! What the same network would have learned with a tangent kernel that stands still.

use std::f64::consts::TAU;

use crate::flow::tangent_kernel::tangent_kernel;
use crate::flow::{Flow, ParticleKind, add_rate};
use crate::kernel::GradientFlow;
use crate::problem::Start;
use crate::run::neuron::Training;
use crate::run::{Description, Snapshot};
use crate::scenario::Scenario;

use super::grid::Grid;
use super::stored::Stored;

/// More samples than this are not decomposed: it would take minutes.
const MOST: usize = 1500;
/// Nodes, in each direction and each of the grid's narrow regions, of a quadrature of a density's start law: moments to
/// about rounding.
const NODES: usize = 4;

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
    /// * `start`, `function`: the stored particles of that snapshot, and its function on the grid. A density has a law
    ///   instead of particles: the middles of its cells would make a polygon of a smooth function.
    pub fn new(
        description: &Description,
        snapshot: &Snapshot,
        start: Option<&Stored>,
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
        let moments = match start {
            Some(start) => of_particles(flow, start),
            None => of_law(description, grid.x())?,
        };
        let mut on_grid = grid.second_moments(moments.into_iter());
        // The grid cuts the circle as samples do: in one of its regions all points are active.
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

/// Direction of a particle and its mass times `kappa^2 M` (section 5).
type Moment = (f64, [f64; 3]);

/// Of the stored particles.
fn of_particles(flow: &Flow, start: &Stored) -> Vec<Moment> {
    let p = &start.particles;
    let training = Training::of(flow);
    let of = |i: usize| match flow.particles() {
        ParticleKind::Canonical => canonical(p.r[i], p.theta[i]),
        ParticleKind::Neuron => training.second_moment([p.c[i], p.a[i], -p.b[i]], None),
    };
    (0..p.r.len()).map(|i| (p.theta[i], of(i).map(|entry| entry * start.weight[i]))).collect()
}

/// Of a quadrature of the law of a run, the regions of which are those of these points.
fn of_law(description: &Description, x: &[f64]) -> Option<Vec<Moment>> {
    let flow = &description.flow;
    let law = Scenario::start_law(description).ok()??;
    let start = law.quadrature(x, NODES, flow.kappa()).ok()?;
    let training = Training::of(flow);
    let of = |i: usize| match &start {
        Start::Canonical(measure) => {
            let (r, theta) = (measure.r()[i], measure.theta()[i]);
            (theta, canonical(r, theta))
        }
        Start::Lifted(neurons) => {
            let [c, a, b] = [neurons.c()[i], neurons.a()[i], neurons.b()[i]];
            (libm::atan2(-b, a), training.second_moment([c, a, -b], None))
        }
        Start::Density(_) => unreachable!("a quadrature has particles"),
    };
    let moment = |(theta, m): Moment, mass: f64| (theta.rem_euclid(TAU), m.map(|entry| entry * mass));
    Some(start.mass().iter().enumerate().map(|(i, &mass)| moment(of(i), mass)).collect())
}

/// `d d^T + r^2 t t^T`.
fn canonical(r: f64, theta: f64) -> [f64; 3] {
    let ((sin, cos), square) = (theta.sin_cos(), r * r);
    [cos * cos + square * sin * sin, sin * cos * (1.0 - square), sin * sin + square * cos * cos]
}
