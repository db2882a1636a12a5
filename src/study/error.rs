//! Why a study could not be made.

use std::path::PathBuf;

use thiserror::Error;

use crate::io::IoError;
use crate::scenario::ScenarioError;
use crate::system::text;

/// Why a study was refused or stopped; every text names the place, the value and the remedy. That
/// a run failed is no such error: the others go on, and the study file says so.
#[derive(Debug, Error)]
pub enum StudyError {
    /// The scenario is refused as it is, without overrides.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// An override that cannot be read.
    #[error("--set {}: {}: {remedy}", text::line(.text), text::line(.problem))]
    Syntax {
        /// What was given.
        text: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The scenario is refused with these overrides.
    #[error("{}: {}\n  {remedy}", text::line(.overrides), text::line(.problem))]
    Override {
        /// The overrides to blame, as on the command line.
        overrides: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The request as a whole makes no sense.
    #[error("{}: {remedy}", text::line(.problem))]
    Request {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Runs are missing from a study that is to be put together.
    #[error("{}: {missing} of {total} runs are not finished (shards with open runs: {shards}): run them, or give more folders with --from", text::path(.study))]
    Missing {
        /// The study file.
        study: PathBuf,
        /// Runs not found.
        missing: usize,
        /// All runs.
        total: usize,
        /// Shards to run, or `-`.
        shards: String,
    },
    /// A file of a finished run, or the plan, cannot be written or read.
    #[error("{}: {found}: {remedy}", text::path(.path))]
    Part {
        /// The file.
        path: PathBuf,
        /// What the system says.
        found: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The study file cannot be written.
    #[error(transparent)]
    Io(#[from] IoError),
}
