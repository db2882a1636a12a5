//! What a search for the nodes of a quadrature is to reach.

use std::fmt::Display;
use std::path::PathBuf;

use super::ScenarioError;
use super::entry::Kept;
use super::source::Source;

/// The error that the nodes of a quadrature are to keep, and where the scenario asks for it.
#[derive(Debug, Clone)]
pub struct NodeTarget {
    target: Kept<f64>,
    text: String,
    path: PathBuf,
}

impl NodeTarget {
    pub(super) fn new(target: &Kept<f64>, source: Source) -> NodeTarget {
        NodeTarget { target: target.clone(), text: source.text.to_string(), path: source.path.to_path_buf() }
    }

    /// Largest error of a residual, in units of `y`: at least ten times the tolerance of the run.
    pub fn error(&self) -> f64 {
        self.target.value
    }

    /// An error at its place in the scenario: what is wrong with it, and what to do.
    pub fn refuse(&self, problem: impl Display, remedy: impl Display) -> ScenarioError {
        self.target.on(Source { path: &self.path, text: &self.text }).refuse(problem, remedy)
    }
}
