//! Why a figure or table could not be reproduced.

use std::path::{Path, PathBuf};

use crate::io::IoError;
use crate::kernel::KernelError;
use crate::plot::PlotError;
use crate::scenario::ScenarioError;
use crate::study::StudyError;
use crate::system::text;

/// Why the work on a figure or table ended early. A claim that does not hold is no error.
#[derive(Debug, thiserror::Error)]
pub enum ReproduceError {
    /// There is no such figure or table.
    #[error("no figure or table `{}` is reproduced: there are {known}", text::line(.found))]
    Unknown {
        /// The name that was given.
        found: String,
        /// All names.
        known: String,
    },
    /// The folder holds something already.
    #[error("{}: holds an earlier reproduction; --force replaces it, -o FOLDER takes another place", text::path(.path))]
    Exists {
        /// The folder of the figure or table.
        path: PathBuf,
    },
    /// A scenario is refused.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// A run file cannot be written or read.
    #[error(transparent)]
    Io(#[from] IoError),
    /// The kernel regime cannot be computed.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A picture cannot be drawn.
    #[error(transparent)]
    Plot(#[from] PlotError),
    /// A study fails.
    #[error(transparent)]
    Study(#[from] StudyError),
    /// A run fails.
    #[error("{}: the run failed: {problem}", text::path(.path))]
    Run {
        /// Its scenario.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// A file of the folder cannot be written.
    #[error("{}: cannot be written: {problem}", text::path(.path))]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// Stopped by Ctrl-C.
    #[error("interrupted: the same command with --force begins anew")]
    Interrupted,
}

impl ReproduceError {
    pub(crate) fn unwritable(path: &Path, problem: impl std::fmt::Display) -> ReproduceError {
        ReproduceError::Unwritable { path: path.to_path_buf(), problem: problem.to_string() }
    }
}
