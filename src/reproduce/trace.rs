//! What a run file says, in the terms of the papers.

use std::path::Path;

use crate::io::{Particles, RunFile};
use crate::kernel::{FunctionNorm, SplineView};
use crate::math::cubic_spline::CubicSpline;
use crate::math::linear_spline::LinearSpline;
use crate::problem::{Regions, function_values, knot_of};
use crate::run::{Description, Snapshot};

use super::ReproduceError;

/// A run read back from its file: every number of a finding comes from here.
pub struct Trace {
    /// What is fixed before the run.
    pub description: Description,
    /// Its snapshots.
    pub snapshots: Vec<Snapshot>,
    /// The stored particles of each; empty if the run stores none.
    pub particles: Vec<Particles>,
}

impl Trace {
    /// Reads all of it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(path: &Path) -> Result<Trace, ReproduceError> {
        let file = RunFile::open(path)?;
        let mut trace = Trace { description: file.description()?, snapshots: vec![], particles: vec![] };
        for index in 0..file.len() {
            trace.snapshots.push(file.snapshot(index)?);
            trace.particles.extend(file.particles(index)?);
        }
        Ok(trace)
    }

    /// Number of the last snapshot.
    pub fn end(&self) -> usize {
        self.snapshots.len() - 1
    }

    /// The last snapshot.
    pub fn last(&self) -> &Snapshot {
        &self.snapshots[self.end()]
    }

    /// Positions of the samples.
    pub fn x(&self) -> &[f64] {
        self.description.samples.x()
    }

    /// Values of the samples.
    pub fn y(&self) -> &[f64] {
        self.description.samples.y()
    }

    /// The boundaries of the samples on the circle.
    pub fn regions(&self) -> Regions {
        Regions::new(&self.description.samples)
    }

    /// Points over the range of the samples at which functions are compared.
    pub fn function_norm(&self) -> FunctionNorm {
        FunctionNorm::new(self.x())
    }

    /// The function at ascending points.
    pub fn values(&self, snapshot: usize, points: &[f64]) -> Vec<f64> {
        let particles = &self.particles[snapshot];
        function_values(points, &particles.r, &particles.theta, &self.description.mass)
    }

    /// Root mean square and largest distances over the range of the samples: to the linear
    /// interpolant, then to the natural cubic spline.
    pub fn distances(&self, snapshot: usize) -> [[f64; 2]; 2] {
        let function_norm = self.function_norm();
        let f = self.values(snapshot, function_norm.points());
        let (x, y) = (self.x(), self.y());
        let linear = LinearSpline::new(x.to_vec(), y.to_vec());
        let cubic = CubicSpline::natural(x, y);
        let at = |g: &dyn Fn(f64) -> f64| function_norm.points().iter().map(|&x| g(x)).collect::<Vec<_>>();
        [
            function_norm.distance(&f, &at(&|x| linear.value(x))),
            function_norm.distance(&f, &at(&|x| cubic.value(x))),
        ]
    }

    /// Root mean square distance of the function to another over the range of the samples.
    pub fn error(&self, snapshot: usize, truth: impl Fn(f64) -> f64) -> f64 {
        let function_norm = self.function_norm();
        let f = self.values(snapshot, function_norm.points());
        let truth: Vec<f64> = function_norm.points().iter().map(|&x| truth(x)).collect();
        function_norm.distance(&f, &truth)[0]
    }

    /// The particles as knots of a spline.
    pub fn spline(&self, snapshot: usize) -> SplineView {
        let particles = &self.particles[snapshot];
        SplineView::new(&particles.r, &particles.theta, &self.description.mass)
    }

    /// The knot of every particle; infinite where it has none.
    pub fn knots(&self, snapshot: usize) -> Vec<f64> {
        self.particles[snapshot].theta.iter().map(|&theta| knot_of(theta).unwrap_or(f64::INFINITY)).collect()
    }

    /// Whether a position lies within the range of the samples.
    pub fn inside(&self, x: f64) -> bool {
        (self.x()[0]..=self.x()[self.x().len() - 1]).contains(&x)
    }

    /// Of the knots within the range of the samples, the share that lies within `share` of the mean
    /// distance of two samples from one of them. Uniform knots: about `2 share`.
    pub fn share_at_samples(&self, snapshot: usize, share: f64) -> f64 {
        let x = self.x();
        let reach = share * (x[x.len() - 1] - x[0]) / (x.len() - 1) as f64;
        let knots: Vec<f64> = self.knots(snapshot).into_iter().filter(|&k| self.inside(k)).collect();
        let near = |knot: f64| {
            let after = x.partition_point(|&x| x < knot);
            let [low, high] = [after.saturating_sub(1), after.min(x.len() - 1)];
            (knot - x[low]).abs().min((knot - x[high]).abs()) <= reach
        };
        knots.iter().filter(|&&knot| near(knot)).count() as f64 / knots.len().max(1) as f64
    }

    /// Median over particles, whose knots start within the range of the samples, of how far they
    /// have moved.
    pub fn knot_travel(&self, snapshot: usize) -> f64 {
        let (start, now) = (self.knots(0), self.knots(snapshot));
        let inside = (0..start.len()).filter(|&i| self.inside(start[i]));
        median(inside.map(|i| (now[i] - start[i]).abs()).collect())
    }
}

/// The middle value; the mean of two of an even number, NaN of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => 0.5 * (values[n / 2 - 1] + values[n / 2]),
    }
}
