//! The file of `reluflow kernel`.

use std::path::Path;

use crate::kernel::{NormFit, Report, RunRow};
use crate::run::Description;

use super::arrays::ArrayFile;
use super::declared::{Allowed, arrays, disagreements};
use super::error::IoError;
use super::finding::Finding;
use super::kernel_source::Source;
use super::kernel_variables::table;
use super::metadata::{git_commit, history_line, program};
use super::netcdf;

/// Version of the layout of kernel files, stored as the root attribute `kernel_format_version`.
pub const KERNEL_FORMAT_VERSION: u32 = 2;

/// Writes what was computed, in the conventions of run files: netCDF-4 compatible HDF5, every
/// dimension with a coordinate, every variable with `long_name` and `units`.
///
/// * `fits`: functions that fit at least cost; `run`: snapshots of a particle run; none if there is no run.
/// * `words`: the start law, and the start function.
/// * `force`: replace an existing file.
///
/// # Errors
/// The output exists or cannot be written.
pub fn write_kernel_file(
    path: &Path,
    description: &Description,
    report: &Report,
    (fits, run): (&[NormFit], &[RunRow]),
    words: [&str; 2],
    force: bool,
) -> Result<(), IoError> {
    let text = |text: &str| text.to_owned();
    let attributes = [
        ("Conventions", text("CF-1.10")),
        ("title", format!("{}: kernel regime", description.title)),
        ("source", program()),
        ("history", history_line("kernel")),
        ("kernel_format_version", KERNEL_FORMAT_VERSION.to_string()),
        ("git_commit", text(git_commit())),
        ("scenario", description.scenario.clone()),
        ("start_law", text(words[0])),
        ("start_function", text(words[1])),
        ("kappa", description.flow.kappa().to_string()),
        ("starts_width", report.width.to_string()),
    ];
    netcdf::write(path, force, &attributes, &arrays(&table(), &Source::new(report, fits, run)))
}

/// What is not as the table of variables has it in a kernel file.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub fn validate_kernel_file(path: &Path) -> Result<Vec<Finding>, IoError> {
    let allowed: Vec<Allowed> = table().iter().map(|entry| Allowed::from(&entry.declared)).collect();
    disagreements(&ArrayFile::open(path, KERNEL_FORMAT_VERSION)?, &allowed, &[])
}
