//! One run of a width study: the limit, or a member of an ensemble beside it.

use std::time::Instant;

use crate::flow::Flow;
use crate::flow::tangent_kernel::tangent_kernel;
use crate::io::Particles;
use crate::problem::Start;
use crate::run::{Description, Simulation};
use crate::scenario::Scenario;

use super::follow::{self, Following, Observer, Stopped};
use super::function;
use super::record::Record;

/// Most numbers of tangent kernels that are kept of the limit: beyond, only the last kernel is.
const KERNEL_NUMBERS: usize = 4_000_000;
/// Points over the range of the samples at which functions are compared.
pub(crate) const GRID: usize = 201;

/// Points at equal distances over the range of the samples.
pub(crate) fn grid(x: &[f64]) -> Vec<f64> {
    let (low, high) = (x[0], x[x.len() - 1]);
    if low == high {
        return vec![low];
    }
    (0..GRID).map(|i| low + (high - low) * i as f64 / (GRID - 1) as f64).collect()
}

struct Watching<'a> {
    description: &'a Description,
    grid: Vec<f64>,
    /// Kernels of the limit, by snapshot; empty for the limit itself.
    limit_kernel: &'a [f64],
    every_kernel: bool,
    residual: Vec<f64>,
    pinned: Vec<f64>,
    function: Vec<f64>,
    /// Of the limit: the kernels; of a member: relative distances to those.
    kernel: Vec<f64>,
}

impl Observer for Watching<'_> {
    fn look(&mut self, index: usize, simulation: &Simulation) -> Result<(), String> {
        let (d, stepper) = (self.description, simulation.stepper());
        let last = index + 1 == d.schedule.times().len();
        self.residual.extend(stepper.residual());
        self.pinned.push(simulation.pinned_mass());
        if self.every_kernel || last {
            let sigma = stepper.moments().sigma_with_pinned(stepper.regions());
            let kernel = tangent_kernel(&d.samples, &sigma);
            let size = kernel.len();
            if self.limit_kernel.is_empty() {
                self.kernel.extend(kernel);
            } else {
                let at = self.kernel.len() * size;
                let limit = &self.limit_kernel[at..at + size];
                let square: f64 = kernel.iter().zip(limit).map(|(a, b)| (a - b).powi(2)).sum();
                let norm: f64 = limit.iter().map(|b| b * b).sum();
                self.kernel.push((square / norm).sqrt());
            }
        }
        if last {
            let particles = Particles::of_state(simulation.state(), d.flow.kappa());
            self.function = function::values(&self.grid, &particles, &d.mass);
        }
        Ok(())
    }
}

/// Carries a run out.
///
/// * `limit`: that of the limit, with which kernels are compared; `None` for the limit itself.
pub(crate) fn width_run(
    scenario: Scenario,
    limit: Option<&Record>,
    fingerprint: &str,
    following: &Following,
    begun: Instant,
) -> Result<Record, Stopped> {
    let Scenario { description: d, start, .. } = scenario;
    let mut record = Record::new(fingerprint);
    let (times, s) = (d.schedule.times().len(), d.samples.len());
    if limit.is_none() {
        let covariance = start_covariance(&d, &start);
        record.keep("start_covariance", &[("sample", s), ("sample_column", s)], covariance);
    }
    let mut simulation = Simulation::new(&d, start).map_err(|error| Stopped::Failed(error.to_string()))?;
    let mut watching = Watching {
        grid: grid(d.samples.x()),
        limit_kernel: limit.and_then(|limit| limit.values("kernel")).unwrap_or_default(),
        every_kernel: times * s * s <= KERNEL_NUMBERS,
        description: &d,
        residual: vec![],
        pinned: vec![],
        function: vec![],
        kernel: vec![],
    };
    let in_flow = follow::follow(&d, &mut simulation, following, &mut watching)?;
    let points = watching.grid.len();
    record.keep("residual", &[("time", times), ("sample", s)], watching.residual);
    record.keep("pinned_mass", &[("time", times)], watching.pinned);
    record.keep("function", &[("grid", points)], watching.function);
    if limit.is_none() {
        let kernels = watching.kernel.len() / (s * s);
        record.keep("kernel", &[("time", kernels), ("sample", s), ("sample_column", s)], watching.kernel);
        record.keep("time", &[("time", times)], d.schedule.times().to_vec());
        record.keep("grid", &[("grid", points)], watching.grid);
        record.keep("x", &[("sample", s)], d.samples.x().to_vec());
        record.keep("y", &[("sample", s)], d.samples.y().to_vec());
    } else {
        let kernels = watching.kernel.len();
        record.keep("kernel_distance", &[("time", kernels)], watching.kernel);
    }
    record.keep_number("particles", d.mass.len() as f64);
    record.flow_seconds = in_flow.as_secs_f64();
    record.seconds = begun.elapsed().as_secs_f64();
    Ok(record)
}

/// Covariance of `sqrt(m) rho(0)` over independent draws: that of `r <xt_j, d>_+` under the law,
/// from the start measure of the limit.
///
/// ```text
/// C_jk = E z_j z_k - E z_j E z_k,    z_j = r <xt_j, d>_+    (kappa c <xt_j, w>_+ for neurons)
/// ```
fn start_covariance(d: &Description, start: &Start) -> Vec<f64> {
    let (x, s) = (d.samples.x(), d.samples.len());
    let kappa = match d.flow {
        Flow::Canonical { .. } => 1.0,
        flow => flow.kappa(),
    };
    let hinge = |i: usize| -> (f64, f64, f64) {
        match start {
            Start::Canonical(measure) => {
                let (sin, cos) = measure.theta()[i].sin_cos();
                (measure.r()[i], cos, sin)
            }
            Start::Lifted(neurons) => (kappa * neurons.c()[i], neurons.a()[i], -neurons.b()[i]),
        }
    };
    let mut z = vec![0.0; s];
    let (mut mean, mut second) = (vec![0.0; s], vec![0.0; s * s]);
    for (i, &mass) in start.mass().iter().enumerate() {
        let (factor, a, b) = hinge(i);
        for j in 0..s {
            z[j] = factor * (x[j] * a + b).max(0.0);
            mean[j] += mass * z[j];
        }
        for j in (0..s).filter(|&j| z[j] != 0.0) {
            for k in 0..s {
                second[j * s + k] += mass * z[j] * z[k];
            }
        }
    }
    for j in 0..s {
        for k in 0..s {
            second[j * s + k] -= mean[j] * mean[k];
        }
    }
    second
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Measure;
    use std::f64::consts::FRAC_PI_2;

    /// `r ~ N(0, 1)`, `theta` uniform: `E z_j z_k = E <xt_j, d>_+ <xt_k, d>_+`, half the order-1
    /// arc-cosine kernel of section 12 with `C = 1`; at `(-1, 0.5)` it is 0.194668.
    #[test]
    fn the_covariance_at_the_start_is_the_arc_cosine_kernel() {
        let text = "[samples]\nx = [-1.0, 0.5]\ny = [0.0, 0.0]\n[measure]\nparticles = 400000\n\
                    law = \"normal-uniform\"\n[time]\nend = 1\n";
        let scenario = Scenario::parse(text, "s.toml".as_ref()).unwrap();
        let covariance = start_covariance(&scenario.description, &scenario.start);
        // Var z^2 is of order 1: four standard errors are 0.008.
        assert!((covariance[1] - 0.194668).abs() < 0.008, "{covariance:?}");
        assert_eq!(covariance[1], covariance[2]);
        // Two vertical neurons, r = 1 and r = 3: z = r at every sample, mean 2, variance 1.
        let pair = Measure::new(vec![1.0, 3.0], vec![FRAC_PI_2; 2], vec![0.5; 2]).unwrap();
        let by_hand = start_covariance(&scenario.description, &pair.into());
        assert!(by_hand.iter().all(|c| (c - 1.0).abs() < 1e-15), "{by_hand:?}");
        // E <xt, d>_+^2 = |xt|^2 / 4.
        assert!((covariance[0] - 0.5).abs() < 0.016 && (covariance[3] - 1.25 / 4.0).abs() < 0.012);
    }
}
