//! Scenarios that are resolved as coarsely as keeps an error: `measure.quadrature_error` asks for nodes of a
//! quadrature, `measure.density_error` for cells of a density.

use std::path::Path;

use crate::math::norm::worst;
use crate::problem::Sampling;
use crate::run::Simulation;
use crate::scenario::{ErrorTarget, Resolution, Scenario, ScenarioError};

/// Fewest cells of a density each way that are found: those beside them are half as many.
const FEWEST_CELLS: usize = 64;
/// Most: 2 GB while running.
const MOST_CELLS: usize = 4096;

/// [`Scenario::read`], after a search for nodes or cells where the scenario asks for one.
///
/// # Errors
/// As [`Scenario::read`]; runs of the search that fail, or an error that is not kept by the finest of them.
pub fn read_scenario(path: &Path) -> Result<Scenario, ScenarioError> {
    if is_toml(path) {
        let (text, _) = Scenario::text(path)?;
        return parse_scenario(&text, path);
    }
    Scenario::read(path)
}

/// As [`read_scenario`], where no run is made of it: see [`Scenario::read_without_run`].
///
/// # Errors
/// As [`read_scenario`].
pub fn read_without_run(path: &Path) -> Result<Scenario, ScenarioError> {
    // A search makes runs.
    let searched = is_toml(path) && Scenario::error_target(&Scenario::text(path)?.0, path)?.is_some();
    if searched { read_scenario(path) } else { Scenario::read_without_run(path) }
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// [`Scenario::parse`], after a search for nodes or cells where the scenario asks for one.
///
/// # Errors
/// As [`read_scenario`].
pub fn parse_scenario(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
    let Some(target) = Scenario::error_target(text, path)? else { return Scenario::parse(text, path) };
    let run = |found: Resolution| -> Result<Whole, ScenarioError> {
        Whole::run(Scenario::with_resolution(text, path, found)?).map_err(|error| {
            let problem = format_args!("cannot be kept: a run with {} failed: {error}", words(found));
            target.refuse(problem, format_args!("give {} instead", key(&target)))
        })
    };
    match target.of_density() {
        true => cells(&target, run),
        false => nodes(&target, run),
    }
}

/// A whole run: what the error will be depends on how much mass meets boundaries.
struct Whole {
    scenario: Scenario,
    /// Residuals at all snapshots.
    path: Vec<Vec<f64>>,
}

impl Whole {
    fn run(scenario: Scenario) -> Result<Whole, crate::flow::FlowError> {
        let description = &scenario.description;
        let mut simulation = Simulation::new(description, scenario.start.clone())?;
        let residual = |&time: &f64| {
            simulation.advance_to(time)?;
            Ok(simulation.stepper().residual().to_vec())
        };
        let path = description.schedule.times().iter().map(residual).collect::<Result<_, _>>()?;
        Ok(Whole { scenario, path })
    }

    /// Largest difference of residuals over times and samples.
    fn distance(&self, other: &Whole) -> f64 {
        worst(self.path.iter().flatten().zip(other.path.iter().flatten()).map(|(a, b)| a - b))
    }

    /// The scenario, with a notice of what was found.
    fn found(mut self, target: &ErrorTarget, what: Resolution, error: f64) -> Scenario {
        let key = if target.of_density() { "density_error" } else { "quadrature_error" };
        let found = format!("{key} = {:e}: {}, estimated error {error:.1e}", target.error(), words(what));
        self.scenario.notices.insert(0, found);
        self.scenario
    }
}

/// What is found, in words.
fn words(found: Resolution) -> String {
    match found {
        Resolution::Nodes(nodes) => format!("{nodes} nodes in each direction and region"),
        Resolution::Cells([per_turn, across]) => format!("{per_turn} x {across} cells"),
    }
}

/// The key that says it outright.
fn key(target: &ErrorTarget) -> &'static str {
    if target.of_density() { "cells" } else { "nodes" }
}

/// Doubles the nodes until the residuals at all snapshots change by less than the target.
fn nodes(
    target: &ErrorTarget,
    run: impl Fn(Resolution) -> Result<Whole, ScenarioError>,
) -> Result<Scenario, ScenarioError> {
    let run = |nodes: usize| run(Resolution::Nodes(nodes));
    let mut nodes = Sampling::FEWEST_NODES;
    let mut coarse = run(nodes)?;
    loop {
        let fine = run(2 * nodes)?;
        let error = coarse.distance(&fine);
        if error <= target.error() {
            return Ok(coarse.found(target, Resolution::Nodes(nodes), error));
        }
        nodes *= 2;
        if 2 * nodes > Sampling::MOST_NODES {
            return Err(not_reached(target, Resolution::Nodes(nodes), error));
        }
        coarse = fine;
    }
}

/// Doubles the cells each way until the residuals at all snapshots are closer than the target to those with half as
/// many: the error is of second order, or of first where much mass is released, and so no larger than that distance.
fn cells(
    target: &ErrorTarget,
    run: impl Fn(Resolution) -> Result<Whole, ScenarioError>,
) -> Result<Scenario, ScenarioError> {
    let square = |cells: usize| Resolution::Cells([cells; 2]);
    let mut cells = FEWEST_CELLS;
    let mut coarse = run(square(cells / 2))?;
    loop {
        let fine = run(square(cells))?;
        let error = fine.distance(&coarse);
        if error <= target.error() {
            return Ok(fine.found(target, square(cells), error));
        }
        if 2 * cells > MOST_CELLS {
            return Err(not_reached(target, square(cells), error));
        }
        (cells, coarse) = (2 * cells, fine);
    }
}

fn not_reached(target: &ErrorTarget, finest: Resolution, error: f64) -> ScenarioError {
    target.refuse(
        format_args!("is not reached with {}, whose estimated error is {error:.1e}", words(finest)),
        format_args!("give a larger error, or {}", key(target)),
    )
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Errors of first order, which never come below the target: cells are doubled up to the most, then it is refused
    /// where it stands.
    #[test]
    fn a_search_of_cells_ends() {
        let text = "[samples]\nx = [0.0]\ny = [1.0]\n[measure]\nrepresentation = \"density\"\n\
                    density_error = 1e-5\n[time]\nend = 1.0\n";
        let path = Path::new("d.toml");
        let target = Scenario::error_target(text, path).unwrap().unwrap();
        let tried = RefCell::new(vec![]);
        let run = |found: Resolution| {
            let Resolution::Cells([cells, _]) = found else { panic!("nodes of a density") };
            tried.borrow_mut().push(cells);
            // No more than a few are made.
            let scenario = Scenario::with_resolution(text, path, Resolution::Cells([16, 16]))?;
            Ok(Whole { scenario, path: vec![vec![1.0 / cells as f64]] })
        };
        let error = cells(&target, run).err().unwrap();
        assert_eq!(*tried.borrow(), [32, 64, 128, 256, 512, 1024, 2048, 4096]);
        assert_eq!(error.line(), Some(6));
        assert_eq!(
            format!("{}; {}", error.problem(), error.remedy()),
            "measure.density_error = 1e-5 is not reached with 4096 x 4096 cells, whose estimated error is 2.4e-4; \
             give a larger error, or cells"
        );
    }
}
