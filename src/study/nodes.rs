//! Scenarios whose quadrature has as few nodes as keep an error: `measure.quadrature_error`.

use std::path::Path;

use crate::math::norm::worst;
use crate::problem::Sampling;
use crate::run::Simulation;
use crate::scenario::{NodeTarget, Scenario, ScenarioError};

/// [`Scenario::read`], after a search for nodes where the scenario asks for one.
///
/// # Errors
/// As [`Scenario::read`]; runs of the search that fail, or an error that no number of nodes keeps.
pub fn read_scenario(path: &Path) -> Result<Scenario, ScenarioError> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
        let (text, _) = Scenario::text(path)?;
        return parse_scenario(&text, path);
    }
    Scenario::read(path)
}

/// [`Scenario::parse`], after a search for nodes where the scenario asks for one.
///
/// # Errors
/// As [`read_scenario`].
pub fn parse_scenario(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
    match Scenario::node_target(text, path)? {
        Some(target) => search(&target, |nodes| Scenario::with_nodes(text, path, nodes)),
        None => Scenario::parse(text, path),
    }
}

/// Doubles the nodes until the residuals at all snapshots change by less than the target; says in a
/// notice what was found.
///
/// The runs are whole runs: what the error will be depends on how much mass meets boundaries.
fn search(
    target: &NodeTarget,
    scenario: impl Fn(usize) -> Result<Scenario, ScenarioError>,
) -> Result<Scenario, ScenarioError> {
    let run = |nodes: usize| -> Result<(Scenario, Vec<Vec<f64>>), ScenarioError> {
        let scenario = scenario(nodes)?;
        let failed = |error: &dyn std::fmt::Display| {
            let problem = format_args!("cannot be kept: a run with {nodes} nodes failed: {error}");
            target.refuse(problem, "give nodes instead")
        };
        let description = &scenario.description;
        let mut simulation =
            Simulation::new(description, scenario.start.clone()).map_err(|error| failed(&error))?;
        let residual = |&time: &f64| {
            simulation.advance_to(time).map_err(|error| failed(&error))?;
            Ok(simulation.stepper().residual().to_vec())
        };
        let path = description.schedule.times().iter().map(residual).collect::<Result<_, _>>()?;
        Ok((scenario, path))
    };
    let mut nodes = Sampling::FEWEST_NODES;
    let (mut coarse, mut path) = run(nodes)?;
    loop {
        let (fine, finer_path) = run(2 * nodes)?;
        let error = distance(&path, &finer_path);
        if error <= target.error() {
            let found = format!(
                "quadrature_error = {:e}: {nodes} nodes in each direction and region, estimated error {error:.1e}",
                target.error()
            );
            coarse.notices.insert(0, found);
            return Ok(coarse);
        }
        nodes *= 2;
        if 2 * nodes > Sampling::MOST_NODES {
            return Err(target.refuse(
                format_args!("is not reached with {nodes} nodes, whose estimated error is {error:.1e}"),
                "give a larger error, or nodes",
            ));
        }
        (coarse, path) = (fine, finer_path);
    }
}

/// Largest difference of residuals over times and samples.
fn distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    worst(a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a - b))
}
