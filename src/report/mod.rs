//! The report: one HTML file that shows a run or a study, offline, to someone who sees it for the first
//! time; and a film of a run.
//!
//! Made from finished files only. This module decides what is shown and how it is chosen (budget,
//! fair subsample of the particles, function on a grid, clusters, the verdict on the regime); how it is
//! drawn is the business of the scripts in `page/`, which get their numbers as they are in the file.
//! It knows nothing of the terminal.

mod arrays;
mod budget;
mod cells;
mod clusters;
mod displacement;
mod error;
mod film;
mod frozen;
mod gather;
mod grid;
mod html;
mod provenance;
mod run_page;
mod stored;
mod study;
mod study_page;
mod subsample;

use crate::io::RunFile;

pub use budget::BYTES;
pub use cells::{Cells, CellsNow};
pub use displacement::Displacement;
pub use error::ReportError;
pub use film::film;
pub use frozen::Frozen;
pub use gather::{Drawn, Frame, Gathered};
pub use grid::Grid;
pub use html::escape;
pub use stored::Stored;
pub use study::{Study, StudyArray};
pub use study_page::study_page;
pub use subsample::{Pick, subsample};

/// The page of a run.
///
/// * `run`: what [`Gathered::read`] read from `file`.
///
/// # Errors
/// The file cannot be read.
pub fn run_page(file: &RunFile, run: &Gathered) -> Result<String, ReportError> {
    Ok(run_page::page(file, run)?)
}
