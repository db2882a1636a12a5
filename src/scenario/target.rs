//! What a search for the nodes of a quadrature, or for the cells of a density, is to reach.

use std::fmt::Display;
use std::path::PathBuf;

use super::ScenarioError;
use super::entry::Kept;
use super::source::Source;

/// How finely a start measure is resolved: what a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Nodes of a quadrature in each direction and region.
    Nodes(usize),
    /// Cells of a density, per turn of the circle and across the amplitudes.
    Cells([usize; 2]),
}

impl Resolution {
    /// Nodes, if it is one of a quadrature.
    pub(super) fn nodes(self) -> Option<usize> {
        match self {
            Resolution::Nodes(nodes) => Some(nodes),
            Resolution::Cells(_) => None,
        }
    }

    /// Cells, if it is one of a density.
    pub(super) fn cells(self) -> Option<[usize; 2]> {
        match self {
            Resolution::Cells(cells) => Some(cells),
            Resolution::Nodes(_) => None,
        }
    }
}

/// The error that a quadrature or a density is to keep, and where the scenario asks for it.
#[derive(Debug, Clone)]
pub struct ErrorTarget {
    target: Kept<f64>,
    density: bool,
    text: String,
    path: PathBuf,
}

impl ErrorTarget {
    pub(super) fn new(target: &Kept<f64>, density: bool, source: Source) -> ErrorTarget {
        let (text, path) = (source.text.to_string(), source.path.to_path_buf());
        ErrorTarget { target: target.clone(), density, text, path }
    }

    /// Largest error of a residual, in units of `y`: at least ten times the tolerance of the run.
    pub fn error(&self) -> f64 {
        self.target.value
    }

    /// Whether cells of a density are searched for (`measure.density_error`), rather than nodes of a quadrature
    /// (`measure.quadrature_error`).
    pub fn of_density(&self) -> bool {
        self.density
    }

    /// An error at its place in the scenario: what is wrong with it, and what to do.
    pub fn refuse(&self, problem: impl Display, remedy: impl Display) -> ScenarioError {
        self.target.on(Source { path: &self.path, text: &self.text }).refuse(problem, remedy)
    }
}
