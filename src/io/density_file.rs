//! The file of `reluflow density`.

use std::path::Path;

use crate::run::Description;

use super::arrays::ArrayFile;
use super::declared::{Allowed, Entry, arrays, disagreements};
use super::error::IoError;
use super::finding::Finding;
use super::metadata::{git_commit, history_line, program};
use super::netcdf::{self, Values};

/// Version of the layout of density files, stored as the root attribute `density_format_version`.
pub const DENSITY_FORMAT_VERSION: u32 = 1;

/// A density on a grid of the cylinder.
#[derive(Debug, Clone, PartialEq)]
pub struct DensityGrid {
    /// Times.
    pub time: Vec<f64>,
    /// Amplitudes `r`, the middles of equal cells.
    pub amplitude: Vec<f64>,
    /// Directions (rad), the middles of equal cells of the circle.
    pub theta: Vec<f64>,
    /// Mass per `dr dtheta`, over time, amplitude, theta.
    pub density: Vec<f64>,
    /// The boundary from which the characteristic of each point comes; -1 of those that come from the start.
    pub from_line: Vec<i32>,
    /// Mass on the grid at each time: sums of the density times the area of a cell.
    pub mass: Vec<f64>,
}

fn table() -> Vec<Entry<DensityGrid>> {
    const ALL: &[&str] = &["time", "amplitude", "theta"];
    vec![
        Entry::new("time", &["time"], "mean-field time", |grid: &DensityGrid| Values::F64(grid.time.clone())),
        Entry::new("amplitude", &["amplitude"], "r, middle of its cell", |grid: &DensityGrid| {
            Values::F64(grid.amplitude.clone())
        })
        .equation("section 2"),
        Entry::new("theta", &["theta"], "direction, middle of its cell", |grid: &DensityGrid| {
            Values::F64(grid.theta.clone())
        })
        .units("rad")
        .equation("section 2"),
        Entry::new(
            "density",
            ALL,
            "density of the free part of the measure per dr dtheta",
            |grid: &DensityGrid| Values::F64(grid.density.clone()),
        )
        .units("rad-1")
        .equation("section 16, pointwise density"),
        Entry::new(
            "from_line",
            ALL,
            "boundary whose released mass alone can pass here, where the density is 0; -1 elsewhere",
            |grid: &DensityGrid| Values::I32(grid.from_line.clone()),
        )
        .equation("section 6"),
        Entry::new(
            "mass",
            &["time"],
            "free mass on the grid: sum of density times area",
            |grid: &DensityGrid| Values::F64(grid.mass.clone()),
        ),
    ]
}

/// Writes a density, in the conventions of run files.
///
/// * `force`: replace an existing file.
///
/// # Errors
/// The output exists or cannot be written.
pub fn write_density_file(
    path: &Path,
    description: &Description,
    grid: &DensityGrid,
    force: bool,
) -> Result<(), IoError> {
    let text = |text: &str| text.to_owned();
    let attributes = [
        ("Conventions", text("CF-1.10")),
        ("title", format!("{}: pointwise density", description.title)),
        ("source", program()),
        ("history", history_line("density")),
        ("density_format_version", DENSITY_FORMAT_VERSION.to_string()),
        ("git_commit", text(git_commit())),
        ("scenario", description.scenario.clone()),
        ("measure_source", description.measure_source.clone()),
        ("flow", text(description.flow.name())),
    ];
    netcdf::write(path, force, &attributes, &arrays(&table(), grid))
}

/// What is not as the table of variables has it in a density file.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub fn validate_density_file(path: &Path) -> Result<Vec<Finding>, IoError> {
    let allowed: Vec<Allowed> = table().iter().map(|entry| Allowed::from(&entry.declared)).collect();
    disagreements(&ArrayFile::open(path, DENSITY_FORMAT_VERSION)?, &allowed, &[])
}
