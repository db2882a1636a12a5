//! The file of `reluflow landscape`.

use std::path::Path;

use crate::landscape::{CAUSES, KnotSlice, Landscape};
use crate::run::Description;

use super::arrays::ArrayFile;
use super::declared::{Allowed, Entry, arrays, disagreements};
use super::error::IoError;
use super::finding::Finding;
use super::metadata::{git_commit, history_line, program};
use super::netcdf::{self, Values};

/// Version of the layout of landscape files, stored as the root attribute `landscape_format_version`.
pub const LANDSCAPE_FORMAT_VERSION: u32 = 1;

/// The loss around the states of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct LandscapeTable {
    /// Positions of the samples.
    pub x: Vec<f64>,
    /// Moments of the run, ascending in time.
    pub moments: Vec<LandscapeMoment>,
    /// The loss along the knot of one neuron, at the last of them.
    pub slice: Option<LossSlice>,
}

/// One moment.
#[derive(Debug, Clone, PartialEq)]
pub struct LandscapeMoment {
    /// Mean-field time.
    pub time: f64,
    /// Loss.
    pub loss: f64,
    /// `rho_j`.
    pub residual: Vec<f64>,
    /// What was found.
    pub landscape: Landscape,
    /// Whether the flow has a Hessian here: that of canonical particles is not reduced.
    pub has_hessian: bool,
}

/// The loss along the knot of one neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct LossSlice {
    /// Which neuron.
    pub neuron: usize,
    /// Where its knot is.
    pub knot: f64,
    /// Its delta-slope.
    pub delta_slope: f64,
    /// The loss as a function of the knot.
    pub slice: KnotSlice,
    /// Knots at which it is stored.
    pub at: Vec<f64>,
}

fn entry(
    name: &'static str,
    dims: &'static [&'static str],
    long_name: &'static str,
    values: fn(&LandscapeTable) -> Values,
) -> Entry<LandscapeTable> {
    Entry::new(name, dims, long_name, values)
}

/// A number of every moment.
fn each(table: &LandscapeTable, of: impl Fn(&LandscapeMoment) -> f64) -> Values {
    Values::F64(table.moments.iter().map(of).collect())
}

/// Numbers of every moment.
fn many(table: &LandscapeTable, of: impl Fn(&LandscapeMoment) -> Vec<f64>) -> Values {
    Values::F64(table.moments.iter().flat_map(of).collect())
}

fn counts(table: &LandscapeTable, of: impl Fn(&LandscapeMoment) -> Vec<usize>) -> Values {
    Values::I64(table.moments.iter().flat_map(of).map(|count| count as i64).collect())
}

fn codes(table: &LandscapeTable, turning: bool) -> Values {
    let of = |moment: &LandscapeMoment| {
        let types = if turning { &moment.landscape.turning } else { &moment.landscape.knots };
        types.iter().flatten().map(|kind| *kind as i32).collect::<Vec<i32>>()
    };
    Values::I32(table.moments.iter().flat_map(of).collect())
}

/// Most other eigenvalues of any moment.
fn most(table: &LandscapeTable) -> usize {
    table.moments.iter().map(|moment| moment.landscape.hessian.spectrum.others.len()).max().unwrap_or(0)
}

/// Directions that are stored, of the last moment: those of the most negative eigenvalues.
fn modes(table: &LandscapeTable) -> usize {
    let last = table.moments.last().map(|moment| &moment.landscape.hessian);
    last.map_or(0, |hessian| {
        let negative = hessian.spectrum.others.iter().filter(|value| **value < -hessian.zero).count();
        negative.min(hessian.spectrum.directions.len()).min(MODES)
    })
}

/// Directions of the most negative eigenvalues that are stored.
const MODES: usize = 8;

fn range(count: usize) -> Values {
    Values::I64((0..count as i64).collect())
}

fn table() -> Vec<Entry<LandscapeTable>> {
    const TYPES: &[&str] = &["time", "boundary", "sign"];
    const REGION: &[&str] = &["time", "region"];
    const LINE: &[&str] = &["time", "boundary"];
    let with_hessian = |table: &LandscapeTable| table.moments.iter().all(|moment| moment.has_hessian);
    let with_slice = |table: &LandscapeTable| table.slice.is_some();
    let always = [
        entry("time", &["time"], "mean-field time", |t| each(t, |moment| moment.time)),
        entry("sample", &["sample"], "number of the sample", |t| range(t.x.len())),
        entry("x", &["sample"], "position of the sample", |t| Values::F64(t.x.clone())),
        entry("boundary", &["boundary"], "number of the boundary", |t| range(2 * t.x.len()))
            .equation("section 3"),
        entry("region", &["region"], "number of the region", |t| range(2 * t.x.len())).equation("section 3"),
        entry("sign", &["sign"], "sign of r", |_| Values::F64(vec![1.0, -1.0])),
        entry("loss", &["time"], "loss 1/2 Sum n_j rho_j^2", |t| each(t, |moment| moment.loss))
            .equation("section 2"),
        entry("residual", &["time", "sample"], "f(x_j) - y_j", |t| many(t, |moment| moment.residual.clone()))
            .equation("section 2"),
        entry("deviation", &["time", "sample"], "f less the least-squares fit of its piece", |t| {
            many(t, |moment| moment.landscape.critical.deviation.clone())
        })
        .equation("section 19, S Thm 4"),
        entry("gradient_norm", &["time"], "norm of the gradient of m L", |t| {
            each(t, |moment| moment.landscape.critical.gradient_norm)
        })
        .equation("section 8"),
        entry("piece", &["time", "sample"], "number of the piece that holds the sample", |t| {
            counts(t, |moment| {
                let pieces = &moment.landscape.pieces.samples;
                pieces.iter().enumerate().flat_map(|(i, piece)| piece.clone().map(move |_| i)).collect()
            })
        })
        .equation("S section 2.1"),
        entry("lonely", &["time"], "1 if no two samples share a piece", |t| {
            counts(t, |moment| vec![usize::from(moment.landscape.pieces.is_lonely())])
        })
        .equation("S Lemma 1"),
        entry(
            "turning_type",
            TYPES,
            "type for neurons that turn: -1 repulsor, 0 passthrough, 1 attractor, 2 dead edge",
            |t| codes(t, true),
        )
        .equation("section 6"),
        entry(
            "knot_type",
            TYPES,
            "type for knots that move: -1 repulsor, 0 passthrough, 1 attractor, 2 dead edge",
            |t| codes(t, false),
        )
        .equation("S Thm 3"),
    ];
    let hessian = [
        entry("rank", &["rank"], "number of an eigenvalue that the bulk has not", |t| range(most(t))),
        entry(
            "eigenvalue",
            &["time", "rank"],
            "eigenvalue of the Hessian of m L besides the bulk; NaN where there is none",
            |t| {
                let most = most(t);
                many(t, |moment| {
                    let mut values = moment.landscape.hessian.spectrum.others.clone();
                    values.resize(most, f64::NAN);
                    values
                })
            },
        )
        .equation("section 19"),
        entry(
            "bulk_eigenvalue",
            REGION,
            "|g_k|: with either sign, and 0, an eigenvalue of nearly every neuron of the region",
            |t| many(t, |moment| moment.landscape.g.iter().map(|g| libm::hypot(g[0], g[1])).collect()),
        )
        .equation("section 19"),
        entry("region_neurons", REGION, "free neurons of the region; dead ones of region 0", |t| {
            counts(t, |moment| moment.landscape.moments.region.iter().map(|sums| sums.count).collect())
        }),
        entry("region_mass", REGION, "their mass", |t| {
            many(t, |moment| moment.landscape.moments.region.iter().map(|sums| sums.mass).collect())
        }),
        entry("line_neurons", LINE, "neurons pinned on the boundary", |t| {
            counts(t, |moment| moment.landscape.moments.line.iter().map(|sums| sums.count).collect())
        }),
        entry("negative", &["time"], "negative eigenvalues", |t| {
            counts(t, |moment| vec![moment.landscape.hessian.signs[0]])
        }),
        entry("zero", &["time"], "zero eigenvalues", |t| {
            counts(t, |moment| vec![moment.landscape.hessian.signs[1]])
        }),
        entry("positive", &["time"], "positive eigenvalues", |t| {
            counts(t, |moment| vec![moment.landscape.hessian.signs[2]])
        }),
        entry("zero_below", &["time"], "below this an eigenvalue counts as zero", |t| {
            each(t, |moment| moment.landscape.hessian.zero)
        })
        .equation("section 15"),
        entry("cause", &["cause"], "cause of a zero eigenvalue", |_| Values::texts(CAUSES))
            .equation("S Remark 2"),
        entry("zero_by_cause", &["time", "cause"], "zero eigenvalues by cause", |t| {
            counts(t, |moment| moment.landscape.hessian.zeros.by_cause.to_vec())
        })
        .equation("S Remark 2"),
    ];
    let directions = [
        entry("mode", &["mode"], "number of a negative eigenvalue, least first", |t| range(modes(t))),
        entry(
            "direction",
            &["mode", "sample"],
            "by how much a unit step along its eigenvector moves f, at the last time",
            |t| {
                let last = t.moments.last().map(|moment| &moment.landscape.hessian.spectrum.directions);
                Values::F64(last.map_or(vec![], |directions| directions[..modes(t)].concat()))
            },
        )
        .equation("section 19"),
    ];
    let slice = [
        entry("slice_knot", &["slice_knot"], "knot of the chosen neuron", |t| {
            Values::F64(t.slice.as_ref().map_or(vec![], |slice| slice.at.clone()))
        })
        .equation("section 13"),
        entry("slice_loss", &["slice_knot"], "loss with the knot there, at the last time", |t| {
            let of = |slice: &LossSlice| slice.at.iter().map(|knot| slice.slice.loss(*knot)).collect();
            Values::F64(t.slice.as_ref().map_or(vec![], of))
        })
        .equation("S Thm 3"),
        entry(
            "slice_type",
            &["sample"],
            "type for this knot: -1 repulsor, 0 passthrough, 1 attractor, 2 dead edge",
            |t| {
                let of = |slice: &LossSlice| slice.slice.types().iter().map(|kind| *kind as i32).collect();
                Values::I32(t.slice.as_ref().map_or(vec![], of))
            },
        )
        .equation("S Thm 3"),
        entry("neuron_knot", &[], "where the knot of the neuron is", |t| {
            Values::F64(t.slice.iter().map(|slice| slice.knot).collect())
        }),
        entry("neuron_delta_slope", &[], "delta-slope of the neuron", |t| {
            Values::F64(t.slice.iter().map(|slice| slice.delta_slope).collect())
        })
        .equation("section 13"),
    ];
    let mut all = Vec::from(always);
    all.extend(hessian.map(|entry| entry.when(with_hessian)));
    all.extend(directions.map(|entry| entry.when(|table| modes(table) > 0)));
    all.extend(slice.map(|entry| entry.when(with_slice)));
    all
}

/// Writes the loss around the states of a run, in the conventions of run files.
///
/// * `force`: replace an existing file.
///
/// # Errors
/// The output exists or cannot be written.
pub fn write_landscape_file(
    path: &Path,
    description: &Description,
    found: &LandscapeTable,
    force: bool,
) -> Result<(), IoError> {
    let text = |text: &str| text.to_owned();
    let attributes = [
        ("Conventions", text("CF-1.10")),
        ("title", format!("{}: loss landscape", description.title)),
        ("source", program()),
        ("history", history_line("landscape")),
        ("landscape_format_version", LANDSCAPE_FORMAT_VERSION.to_string()),
        ("git_commit", text(git_commit())),
        ("scenario", description.scenario.clone()),
        ("measure_source", description.measure_source.clone()),
        ("flow", text(description.flow.name())),
    ];
    netcdf::write(path, force, &attributes, &arrays(&table(), found))
}

/// What is not as the table of variables has it in a landscape file.
///
/// # Errors
/// The file cannot be read, or is not as it was written.
pub fn validate_landscape_file(path: &Path) -> Result<Vec<Finding>, IoError> {
    let allowed: Vec<Allowed> = table().iter().map(|entry| Allowed::from(&entry.declared)).collect();
    disagreements(&ArrayFile::open(path, LANDSCAPE_FORMAT_VERSION)?, &allowed, &[])
}
