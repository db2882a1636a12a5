//! The file of `reluflow law`.

use std::path::Path;

use crate::run::Description;

use super::arrays::ArrayFile;
use super::declared::{Allowed, Entry, arrays, disagreements};
use super::error::IoError;
use super::finding::Finding;
use super::metadata::{git_commit, history_line, program};
use super::netcdf::{self, Values};

/// Version of the layout of law files, stored as the root attribute `law_format_version`.
pub const LAW_FORMAT_VERSION: u32 = 1;

/// A start law in function space, on grids.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LawTable {
    /// The law in words.
    pub law: String,
    /// Mass of a neuron.
    pub mass: f64,
    /// Positions of the samples.
    pub x: Vec<f64>,
    /// Knots of the grid.
    pub knot: Vec<f64>,
    /// Delta-slopes of the grid; empty where they have no density.
    pub delta_slope: Vec<f64>,
    /// Over knots and delta-slopes; empty where there is none.
    pub density: Vec<f64>,
    /// Over knots; empty where all lie at 0.
    pub knot_density: Vec<f64>,
    /// Over knots.
    pub knot_below: Vec<f64>,
    /// Over delta-slopes.
    pub delta_slope_density: Vec<f64>,
    /// `E mu^2`.
    pub delta_slope_square: f64,
    /// Probability that a knot lies between the first and the last sample.
    pub share_in_range: f64,
    /// `E delta`; NaN where the law says nothing of it.
    pub delta_mean: f64,
    /// What depends on how many neurons there are; none of a limit of infinite width.
    pub finite: Option<FiniteStart>,
    /// Knots and delta-slopes of drawn neurons.
    pub drawn: [Vec<f64>; 2],
}

/// A start of finitely many neurons.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FiniteStart {
    /// How many.
    pub neurons: usize,
    /// Probability that no two samples share a piece.
    pub lonely: f64,
    /// Mean of the roughness.
    pub roughness_mean: f64,
    /// Variance of the roughness.
    pub roughness_variance: f64,
    /// Excesses of the roughness over its mean.
    pub excess: Vec<f64>,
    /// Cantelli's bound for each.
    pub bound: Vec<f64>,
    /// Share of drawn starts with that excess or more.
    pub simulated: Vec<f64>,
    /// How many were drawn.
    pub starts: usize,
}

/// An entry of numbers.
fn entry(
    name: &'static str,
    dims: &'static [&'static str],
    long_name: &'static str,
    values: fn(&LawTable) -> Values,
) -> Entry<LawTable> {
    Entry::new(name, dims, long_name, values)
}

fn one(value: f64) -> Values {
    Values::F64(vec![value])
}

/// Of a start of finitely many neurons.
fn start(law: &LawTable) -> FiniteStart {
    law.finite.clone().unwrap_or_default()
}

fn table() -> Vec<Entry<LawTable>> {
    const MAP: &[&str] = &["knot", "delta_slope"];
    let has_density = |law: &LawTable| !law.delta_slope.is_empty();
    let is_finite = |law: &LawTable| law.finite.is_some();
    let has_draws = |law: &LawTable| !law.drawn[0].is_empty();
    let always = [
        entry("x", &["x"], "position of a sample", |law| Values::F64(law.x.clone())),
        entry("knot", &["knot"], "knot of a neuron", |law| Values::F64(law.knot.clone()))
            .equation("section 13"),
        entry("knot_density", &["knot"], "probability density of the knot", |law| {
            Values::F64(law.knot_density.clone())
        })
        .equation("section 18, S Cor. 1")
        .when(|law| !law.knot_density.is_empty()),
        entry("knot_below", &["knot"], "probability that a knot is below", |law| {
            Values::F64(law.knot_below.clone())
        }),
        entry("mass", &[], "mass of a neuron", |law| one(law.mass)),
        entry("delta_slope_square", &[], "mean square of delta-slopes", |law| one(law.delta_slope_square)),
        entry("share_in_range", &[], "probability that a knot is within the range of the samples", |law| {
            one(law.share_in_range)
        }),
        entry("delta_mean", &[], "mean of delta = c^2 - |w|^2", |law| one(law.delta_mean))
            .equation("section 2")
            .when(|law| law.delta_mean.is_finite()),
    ];
    let joint = entry("density", MAP, "probability density of knot and delta-slope", |law| {
        Values::F64(law.density.clone())
    })
    .equation("section 18, S Thm 1")
    .when(|law| !law.density.is_empty());
    let densities = [
        entry("delta_slope", &["delta_slope"], "delta-slope of a neuron", |law| {
            Values::F64(law.delta_slope.clone())
        })
        .equation("section 13"),
        entry("delta_slope_density", &["delta_slope"], "probability density of the delta-slope", |law| {
            Values::F64(law.delta_slope_density.clone())
        })
        .equation("section 18, S Cor. 1"),
    ];
    let starts = [
        entry("lonely", &[], "probability that no two samples share a piece", |law| one(start(law).lonely))
            .equation("section 19, S Remark 1"),
        entry("roughness_mean", &[], "mean of the sum of squared delta-slopes", |law| {
            one(start(law).roughness_mean)
        })
        .equation("section 18, S Thm 2"),
        entry("roughness_variance", &[], "variance of the sum of squared delta-slopes", |law| {
            one(start(law).roughness_variance)
        })
        .equation("section 18, S Thm 2"),
        entry("excess", &["excess"], "excess of the roughness over its mean", |law| {
            Values::F64(start(law).excess)
        }),
        entry("roughness_bound", &["excess"], "bound of the probability of the excess (Cantelli)", |law| {
            Values::F64(start(law).bound)
        })
        .equation("section 18, S Thm 2"),
        entry("roughness_tail", &["excess"], "share of drawn starts with the excess", |law| {
            Values::F64(start(law).simulated)
        }),
    ];
    let draws = [
        entry("neuron", &["neuron"], "number of a drawn neuron", |law| {
            Values::I64((0..law.drawn[0].len() as i64).collect())
        }),
        entry("drawn_knot", &["neuron"], "knot of a drawn neuron", |law| Values::F64(law.drawn[0].clone())),
        entry("drawn_delta_slope", &["neuron"], "delta-slope of a drawn neuron", |law| {
            Values::F64(law.drawn[1].clone())
        }),
    ];
    always
        .into_iter()
        .chain(densities.map(|entry| entry.when(has_density)))
        .chain([joint])
        .chain(starts.map(|entry| entry.when(is_finite)))
        .chain(draws.map(|entry| entry.when(has_draws)))
        .collect()
}

/// Writes a start law in function space, in the conventions of run files.
///
/// * `force`: replace an existing file.
///
/// # Errors
/// The output exists or cannot be written.
pub fn write_law_file(
    path: &Path,
    description: &Description,
    law: &LawTable,
    force: bool,
) -> Result<(), IoError> {
    let text = |text: &str| text.to_owned();
    let attributes = [
        ("Conventions", text("CF-1.10")),
        ("title", format!("{}: start law", description.title)),
        ("source", program()),
        ("history", history_line("law")),
        ("law_format_version", LAW_FORMAT_VERSION.to_string()),
        ("git_commit", text(git_commit())),
        ("scenario", description.scenario.clone()),
        ("start_law", law.law.clone()),
        ("kappa", description.flow.kappa().to_string()),
    ];
    netcdf::write(path, force, &attributes, &arrays(&table(), law))
}

/// What is not as the table of variables has it in a law file.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub fn validate_law_file(path: &Path) -> Result<Vec<Finding>, IoError> {
    let allowed: Vec<Allowed> = table().iter().map(|entry| Allowed::from(&entry.declared)).collect();
    disagreements(&ArrayFile::open(path, LAW_FORMAT_VERSION)?, &allowed, &[])
}
