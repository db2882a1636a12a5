//! Checks a run file against the schema, and its values against what every run obeys.

use std::path::Path;

use hdf5::{Dataset, File};

use super::attributes::{read_text, read_value};
use super::checkpoint;
use super::error::IoError;
use super::ffi;
use super::layout::Layout;
use super::metadata;
use super::opening::{open_file, read_layout};
use super::piece::{PIECE, Piece};
use super::rows;
use super::schema::{ATTRIBUTES, Dim, FORMAT_VERSION, Field, Group, Kind, Source, Variable};
use super::sets::Sets;

/// Something in a run file that the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The variable, attribute or group.
    pub object: String,
    /// What is wrong with it: what was found and what is allowed.
    pub problem: String,
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, object: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Finding { object: object.into(), problem: problem.into() });
    }
}

/// Checks a whole run file: attributes, dimensions, types and lengths of all variables, the
/// checksum of every chunk, row and checkpoint, ascending times, places and classes in range,
/// finite values. Reads all of it, in pieces.
///
/// Returns what is wrong; nothing for a good file. A file that is being written, or was killed, is
/// checked up to its last complete row.
///
/// # Errors
/// The file cannot be opened, or is not a run file.
pub fn validate(path: &Path) -> Result<Vec<Finding>, IoError> {
    let (file, _) = open_file(path)?;
    let mut findings = Findings(vec![]);
    let Ok(version) = read_value::<u32>(&file, "format_version") else {
        let found = "it has no attribute format_version".to_owned();
        return Err(IoError::NotRunFile { path: path.to_owned(), found });
    };
    if version != FORMAT_VERSION {
        let allowed = FORMAT_VERSION;
        return Err(IoError::Version { path: path.to_owned(), found: version, allowed });
    }
    check_attributes(&file, &mut findings);
    let options = metadata::read_options(&file)
        .map_err(|error| IoError::read(path, "the output_ attributes", &error))?;
    let layout = read_layout(&file, options);
    let before = findings.0.len();
    for variable in layout.variables() {
        match file.dataset(&variable.path()) {
            Ok(dataset) => check_variable(&layout, variable, &dataset, &mut findings),
            Err(_) => findings.add(variable.path(), "is missing"),
        }
    }
    check_strangers(&file, &layout, &mut findings);
    // With variables missing or misshapen there are no rows to speak of.
    if findings.0.len() > before {
        return Ok(findings.0);
    }
    let sets = Sets::open(file, layout)
        .map_err(|(variable, error)| IoError::read(path, &variable.path(), &error))?;
    check_scales(&sets, &mut findings);
    check_fixed(&sets, &mut findings);
    check_snapshots(&sets, &mut findings);
    check_steps(&sets, &mut findings);
    check_checkpoint(&sets, &mut findings);
    Ok(findings.0)
}

fn check_attributes(file: &File, findings: &mut Findings) {
    let names = file.attr_names().unwrap_or_default();
    for attribute in ATTRIBUTES.iter().filter(|attribute| attribute.required) {
        if !names.iter().any(|name| name == attribute.name) {
            findings.add(attribute.name, format!("the attribute is missing: {}", attribute.about));
        }
    }
}

fn check_variable(layout: &Layout, variable: &Variable, dataset: &Dataset, findings: &mut Findings) {
    let path = variable.path();
    let expected = layout.kind(variable).descriptor();
    match dataset.dtype().and_then(|dtype| dtype.to_descriptor()) {
        Ok(found) if found == expected => {}
        Ok(found) => findings.add(&path, format!("has type {found}; the schema says {expected}")),
        Err(error) => findings.add(&path, format!("has no readable type ({error})")),
    }
    let shape = dataset.shape();
    let row = layout.row_shape(variable);
    let fits = match variable.is_series() {
        true => shape.len() == row.len() + 1 && shape[1..] == row,
        false => shape == row,
    };
    if !fits {
        let dims: Vec<&str> = variable.dims.iter().map(|dim| dim.name()).collect();
        findings.add(&path, format!("has shape {shape:?}, which does not fit ({})", dims.join(", ")));
    }
    let mut texts = vec![("long_name", variable.long_name)];
    if variable.kind != Kind::Text {
        texts.push(("units", variable.units));
    }
    for (name, expected) in texts {
        match read_text(dataset, name) {
            Ok(found) if found == expected => {}
            Ok(found) => findings.add(&path, format!("{name} is {found:?}; the schema says {expected:?}")),
            Err(_) => findings.add(&path, format!("has no {name}")),
        }
    }
}

/// Objects that the schema does not know.
fn check_strangers(file: &File, layout: &Layout, findings: &mut Findings) {
    for group in Group::ALL {
        let location = match group {
            Group::Root => file.group("/"),
            group => file.group(group.name()),
        };
        let Ok(location) = location else {
            findings.add(group.name(), "the group is missing");
            continue;
        };
        for name in location.member_names().unwrap_or_default() {
            let known = layout.variables().any(|v| v.group == group && v.name == name)
                || (group == Group::Root && Group::ALL.iter().any(|group| group.name() == name));
            if !known {
                findings.add(format!("{}/{name}", group.name()), "is not in the schema");
            }
        }
    }
}

fn check_scales(sets: &Sets, findings: &mut Findings) {
    for (variable, dataset) in sets.all() {
        if variable.is_coordinate() {
            if !ffi::is_scale(dataset) {
                findings.add(variable.path(), "is not a dimension scale");
            }
            continue;
        }
        for (axis, &dim) in variable.dims.iter().enumerate() {
            let dim = sets.layout.resolve(dim);
            if !ffi::is_attached(dataset, sets.get(dim.group(), dim.name()), axis) {
                let name = dim.name();
                findings.add(variable.path(), format!("axis {axis} is not attached to the scale {name}"));
            }
        }
    }
    for group in [Group::Root, Group::Steps] {
        let rows = sets.rows(group);
        for (variable, dataset) in sets.series(group) {
            let found = dataset.shape()[0];
            if found != rows {
                findings.add(variable.path(), format!("has {found} rows, others have {rows}"));
            }
        }
    }
}

/// Reads what has no rows, which verifies the checksums of its chunks.
fn check_fixed(sets: &Sets, findings: &mut Findings) {
    let fixed = |variable: &Variable| matches!(variable.source, Source::Fixed(_) | Source::Index);
    for (variable, dataset) in sets.all().filter(|(variable, _)| fixed(variable)) {
        let len = dataset.shape()[0];
        for start in (0..len).step_by(PIECE) {
            match Piece::read(sets.layout.kind(variable), dataset, &[start], &[PIECE.min(len - start)]) {
                Ok(piece) => check_finite(variable, &piece, start, "", findings),
                Err(error) => findings.add(variable.path(), format!("cannot be read ({error})")),
            }
        }
    }
}

fn check_finite(variable: &Variable, piece: &Piece, start: usize, row: &str, findings: &mut Findings) {
    if let Some((i, value)) = piece.first_non_finite() {
        findings.add(variable.path(), format!("{row}value {} is {value}, not finite", start + i));
    }
}

/// Whether `time` is later than `last`; a NaN is not.
fn ascends(last: f64, time: f64) -> bool {
    time > last
}

fn check_snapshots(sets: &Sets, findings: &mut Findings) {
    let mut last = f64::NEG_INFINITY;
    for row in 0..sets.rows(Group::Root) {
        match rows::row_checksums(sets, row) {
            Ok((computed, stored)) if computed == stored => {}
            Ok(_) => findings.add(format!("snapshot {row}"), "is not as its checksum says"),
            Err(error) => {
                findings.add(format!("snapshot {row}"), format!("cannot be read ({error})"));
                continue;
            }
        }
        for (variable, dataset) in sets.series(Group::Root) {
            for (start, count) in rows::blocks(variable, &sets.layout) {
                let Ok(piece) = rows::read(sets, variable, dataset, row, &start, &count) else { continue };
                let first = start.first().copied().unwrap_or(0);
                check_finite(variable, &piece, first, &format!("snapshot {row}, "), findings);
                check_codes(&sets.layout, variable, &piece, row, findings);
                if let (true, Piece::F64(time)) = (variable.is_coordinate(), &piece) {
                    if !ascends(last, time[0]) {
                        let problem = format!("snapshot {row} is at {}, the one before at {last}", time[0]);
                        findings.add("time", problem);
                    }
                    last = time[0];
                }
            }
        }
    }
}

/// Codes must have a meaning, places must exist, angles lie on the circle.
fn check_codes(layout: &Layout, variable: &Variable, piece: &Piece, row: usize, findings: &mut Findings) {
    let boundaries = layout.len(Dim::Boundary) as i32;
    let bad = match piece {
        Piece::I8(codes) if !variable.flags.is_empty() => codes
            .iter()
            .find(|&code| variable.flags.iter().all(|(known, _)| known != code))
            .map(|code| format!("{code}, which has no meaning")),
        Piece::I32(indices) if matches!(variable.source, Source::Particles(Field::PlaceIndex)) => indices
            .iter()
            .find(|&&index| !(0..boundaries).contains(&index))
            .map(|index| format!("{index}, but there are {boundaries} regions and boundaries")),
        Piece::I64(counts) => {
            counts.iter().find(|&&count| count < 0).map(|count| format!("{count}, below zero"))
        }
        _ if matches!(variable.source, Source::Particles(Field::Theta)) => piece
            .clone()
            .into_f64()
            .into_iter()
            .find(|theta| !(0.0..std::f64::consts::TAU).contains(theta))
            .map(|theta| format!("{theta}, outside [0, 2 pi)")),
        _ => None,
    };
    if let Some(bad) = bad {
        findings.add(variable.path(), format!("snapshot {row} has {bad}"));
    }
}

fn check_steps(sets: &Sets, findings: &mut Findings) {
    let len = sets.rows(Group::Steps);
    let mut last = f64::NEG_INFINITY;
    for first in (0..len).step_by(rows::BATCH) {
        let count = rows::BATCH.min(len - first);
        match rows::steps_are_good(sets, first, count) {
            Ok(good) => {
                if let Some(bad) = good.iter().position(|good| !good) {
                    findings.add(format!("step {}", first + bad + 1), "is not as its checksum says");
                }
            }
            Err(error) => {
                findings.add("steps", format!("cannot be read ({error})"));
                return;
            }
        }
        for (variable, _) in sets.series(Group::Steps) {
            let Ok(piece) = rows::read_batch(sets, variable.name, first, count) else { continue };
            check_finite(variable, &piece, first, "", findings);
            if let (Piece::F64(times), "time") = (&piece, variable.name) {
                for (i, &time) in times.iter().enumerate() {
                    if !ascends(last, time) {
                        let step = first + i + 1;
                        findings.add(
                            "steps/time",
                            format!("step {step} ends at {time}, the one before at {last}"),
                        );
                    }
                    last = time;
                }
            }
        }
    }
}

fn check_checkpoint(sets: &Sets, findings: &mut Findings) {
    let slots = match checkpoint::slots(sets) {
        Ok(slots) => slots,
        Err(error) => return findings.add("checkpoint", format!("cannot be read ({error})")),
    };
    if slots.is_empty() {
        findings.add("checkpoint", "no slot is valid: the run cannot be resumed");
    }
    // The older slot may be half overwritten; the newest must be right.
    if let Some(slot) = slots.first() {
        match checkpoint::read_state(sets, *slot) {
            Ok(Some(_)) => {}
            Ok(None) => findings.add("checkpoint", "the newest slot is not as its checksum says"),
            Err(error) => findings.add("checkpoint", format!("cannot be read ({error})")),
        }
        for (rows, what) in [(slot.header.rows, Group::Root), (slot.header.steps, Group::Steps)] {
            let found = sets.rows(what);
            if (found as u64) < rows {
                let name = if what == Group::Root { "snapshots" } else { "steps" };
                findings.add("checkpoint", format!("belongs to {rows} {name}, of which {found} are there"));
            }
        }
    }
}
