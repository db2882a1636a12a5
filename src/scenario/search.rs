//! As few nodes of a quadrature as keep an error: `measure.quadrature_error`.

use crate::flow::Flow;
use crate::problem::{Samples, Start};
use crate::run::Simulation;

use super::ScenarioError;
use super::entry::Entry;
use super::quadrature::{FEWEST, MOST};

/// What is run with a number of nodes.
pub(super) struct Candidate {
    pub start: Start,
    pub flow: Flow,
}

/// Doubles the nodes until the residuals at all snapshots change by less than `target`; also says
/// in words what was found.
///
/// The runs are whole runs: what the error will be depends on how much mass meets boundaries.
pub(super) fn nodes(
    target: Entry<'_, &f64>,
    samples: &Samples,
    tolerance: f64,
    times: &[f64],
    candidate: impl Fn(usize) -> Result<Candidate, ScenarioError>,
) -> Result<(usize, String), ScenarioError> {
    if *target.value < 10.0 * tolerance {
        return Err(target.refuse(
            format_args!("is below ten times the tolerance of the steps, {tolerance:e}"),
            format_args!("give {:.1e} or more, or lower time.tolerance", 10.0 * tolerance),
        ));
    }
    let path = |nodes: usize| -> Result<Vec<Vec<f64>>, ScenarioError> {
        let Candidate { start, flow } = candidate(nodes)?;
        let failed = |error: &dyn std::fmt::Display| {
            let problem = format_args!("cannot be kept: a run with {nodes} nodes failed: {error}");
            target.refuse(problem, "give nodes instead")
        };
        let mut simulation =
            Simulation::with(samples.clone(), start, flow, tolerance).map_err(|error| failed(&error))?;
        times
            .iter()
            .map(|&time| {
                simulation.advance_to(time).map_err(|error| failed(&error))?;
                Ok(simulation.stepper().residual().to_vec())
            })
            .collect()
    };
    let mut nodes = FEWEST;
    let mut coarse = path(nodes)?;
    loop {
        let fine = path(2 * nodes)?;
        let error = distance(&coarse, &fine);
        if error <= *target.value {
            let found = format!(
                "quadrature_error = {:e}: {nodes} nodes in each direction and region, estimated error {error:.1e}",
                target.value
            );
            return Ok((nodes, found));
        }
        nodes *= 2;
        if 2 * nodes > MOST {
            return Err(target.refuse(
                format_args!("is not reached with {nodes} nodes, whose estimated error is {error:.1e}"),
                "give a larger error, or nodes",
            ));
        }
        coarse = fine;
    }
}

/// Largest difference of residuals over times and samples.
fn distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    let each = a.iter().flatten().zip(b.iter().flatten());
    each.fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()))
}
