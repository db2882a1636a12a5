//! Checks a run file against the schema, and its values against what every run obeys.

use crate::system::text;

use std::path::Path;
use std::time::Duration;

use hdf5::{Dataset, File};

use super::attributes::{read_list, read_text};
use super::checkpoint::{self, Header};
use super::error::IoError;
use super::ffi;
use super::finding::{Finding, Findings};
use super::fixed;
use super::inspect::inspect;
use super::layout::Layout;
use super::lock::Lock;
use super::metadata;
use super::opening::{check_version, complete_rows, open_file};
use super::piece::Piece;
use super::rows;
use super::schema::{Dim, Field, Group, Kind, Source, Variable};
use super::sets::Sets;

/// How often a file that is being written is checked, until it is found in order.
const PASSES: usize = 6;
/// The pause before the second pass; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// Checks a whole run file: attributes, dimensions, types and lengths of all variables, the
/// checksums of everything, ascending times, places and classes in range, finite values. Reads all
/// of it, in pieces.
///
/// Returns what is wrong; nothing for a good file. A file that is being written, or was killed, is
/// checked up to its last complete row; one that is being written is checked again where a row
/// was caught half-written.
///
/// # Errors
/// The file cannot be opened, or is not a run file.
pub fn validate(path: &Path) -> Result<Vec<Finding>, IoError> {
    let mut pause = PAUSE;
    for _ in 1..PASSES {
        let found = pass(path, true);
        let good = found.as_ref().is_ok_and(Vec::is_empty);
        if good || !Lock::is_held(&path.canonicalize().unwrap_or(path.to_owned())) {
            return found;
        }
        std::thread::sleep(pause);
        pause *= 2;
    }
    pass(path, true)
}

/// One pass over the file.
///
/// * `values`: whether values are checked, too, not only what describes them.
pub(crate) fn pass(path: &Path, values: bool) -> Result<Vec<Finding>, IoError> {
    let (file, closed) = open_file(path)?;
    check_version(path, &file)?;
    // What it vouches for is in the file before anything else is read.
    let header = file.dataset("checkpoint/header").ok();
    let vouched = header.and_then(|header| checkpoint::header_on_disk(path, &header)).filter(|_| !closed);
    let mut findings = Findings::default();
    let layout = inspect(&file, &mut findings);
    let Some(layout) = layout else { return Ok(findings.0) };
    let before = findings.0.len();
    for variable in layout.variables() {
        if let Ok(dataset) = file.dataset(&variable.path()) {
            check_description(variable, &dataset, &mut findings);
        }
    }
    check_others(&file, &layout, &mut findings);
    // With variables missing or misshapen there are no rows to speak of.
    if before > 0 {
        return Ok(findings.0);
    }
    let sets = Sets::open(file, layout)
        .map_err(|(variable, error)| IoError::read(path, &variable.path(), &error))?;
    check_scales(&sets, &mut findings);
    if !values {
        return Ok(findings.0);
    }
    let description = metadata::read_unverified(&sets);
    if let Err(error) = &description {
        findings.add("the description", format!("cannot be read ({error})"));
    }
    fixed::check(&sets, description.as_ref().ok(), &mut findings);
    if closed {
        check_lengths(&sets, &mut findings);
    }
    let steps = check_checkpoint(path, &sets, vouched, &mut findings);
    check_snapshots(&sets, complete_rows(path, &sets, closed)?, &mut findings);
    check_steps(&sets, steps, &mut findings);
    Ok(findings.0)
}

/// Whether a variable is described as the schema says.
fn check_description(variable: &Variable, dataset: &Dataset, findings: &mut Findings) {
    let mut texts = vec![("long_name", variable.long_name)];
    if variable.kind != Kind::Text {
        texts.push(("units", variable.units));
    }
    if !variable.equation.is_empty() {
        texts.push(("equation", variable.equation));
    }
    if !variable.bounds.is_empty() {
        texts.push(("bounds", variable.bounds));
    }
    let meanings: Vec<&str> = variable.flags.iter().map(|flag| flag.1).collect();
    let meanings = meanings.join(" ");
    if !variable.flags.is_empty() {
        texts.push(("flag_meanings", &meanings));
        let values: Vec<i8> = variable.flags.iter().map(|flag| flag.0).collect();
        if read_list::<i8>(dataset, "flag_values", values.len()).ok() != Some(values.clone()) {
            findings.add(variable.path(), format!("flag_values are not {values:?}"));
        }
    }
    for (name, expected) in texts {
        match read_text(dataset, name) {
            Ok(found) if found == expected => {}
            Ok(found) => {
                let problem = format!("{name} is {found:?}; the schema says {expected:?}");
                findings.add(variable.path(), problem);
            }
            Err(_) => findings.add(variable.path(), format!("has no {name}")),
        }
    }
}

/// Objects that the schema does not know.
fn check_others(file: &File, layout: &Layout, findings: &mut Findings) {
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
            } else if !read_text(dataset, "NAME").is_ok_and(|name| name == variable.name) {
                findings.add(variable.path(), "is a dimension scale of another name");
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
}

/// In a file that was closed, all variables of a group have as many rows.
fn check_lengths(sets: &Sets, findings: &mut Findings) {
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

fn check_finite(variable: &Variable, piece: &Piece, start: usize, row: &str, findings: &mut Findings) {
    if variable.gaps {
        return;
    }
    if let Some((i, value)) = piece.first_non_finite() {
        findings.add(variable.path(), format!("{row}value {} is {value}, not finite", start + i));
    }
}

/// Two times in words that tell them apart.
fn apart(a: f64, b: f64) -> [String; 2] {
    let short = [a, b].map(text::time);
    if short[0] == short[1] { [a, b].map(text::number) } else { short }
}

/// Whether `time` is later than `last`; a NaN is not.
fn ascends(last: f64, time: f64) -> bool {
    time > last
}

fn check_snapshots(sets: &Sets, rows: usize, findings: &mut Findings) {
    let mut last = f64::NEG_INFINITY;
    for row in 0..rows {
        match rows::row_checksums(sets, row) {
            Ok((computed, stored)) if computed == stored => {}
            Ok(_) => findings.add(format!("snapshot {}", row + 1), "is not as its checksum says"),
            Err(error) => {
                findings.add(format!("snapshot {}", row + 1), format!("cannot be read ({error})"));
                continue;
            }
        }
        for (variable, dataset) in sets.series(Group::Root) {
            for (start, count) in rows::blocks(variable, &sets.layout) {
                let Ok(piece) = rows::read(sets, variable, dataset, row, &start, &count) else { continue };
                let first = start.first().copied().unwrap_or(0);
                check_finite(variable, &piece, first, &format!("snapshot {}, ", row + 1), findings);
                check_codes(&sets.layout, variable, &piece, row, findings);
                if let (true, Piece::F64(time)) = (variable.is_coordinate(), &piece) {
                    if !ascends(last, time[0]) {
                        let [at, before] = apart(time[0], last);
                        let problem = format!("snapshot {} is at {at}, the one before at {before}", row + 1);
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
        findings.add(variable.path(), format!("snapshot {} has {bad}", row + 1));
    }
}

fn check_steps(sets: &Sets, len: usize, findings: &mut Findings) {
    let mut last = f64::NEG_INFINITY;
    for first in (0..len).step_by(sets.layout.step_batch()) {
        let count = sets.layout.step_batch().min(len - first);
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
            if let (Piece::I8(codes), [_, ..]) = (&piece, variable.flags)
                && let Some(i) =
                    codes.iter().position(|code| variable.flags.iter().all(|flag| flag.0 != *code))
            {
                let problem = format!("step {} has {}, which has no meaning", first + i + 1, codes[i]);
                findings.add(variable.path(), problem);
            }
            if let (Piece::F64(times), "time") = (&piece, variable.name) {
                for (i, &time) in times.iter().enumerate() {
                    if !ascends(last, time) {
                        let step = first + i + 1;
                        let [at, before] = apart(time, last);
                        findings.add(
                            "steps/time",
                            format!("step {step} ends at {at}, the one before at {before}"),
                        );
                    }
                    last = time;
                }
            }
        }
    }
}

/// Checks the slots of the checkpoint; returns how many steps are to be checked.
///
/// In a file that was closed both slots are whole, unless one was never written. In another the
/// older one may be half overwritten, and steps after the newest may be cut short.
///
/// * `vouched`: of a file that was not closed, the newest header before anything else was read.
fn check_checkpoint(path: &Path, sets: &Sets, vouched: Option<Header>, findings: &mut Findings) -> usize {
    let closed = vouched.is_none();
    let there = sets.rows(Group::Steps);
    let slots = match checkpoint::slots(sets) {
        Ok(slots) => slots,
        Err(error) => {
            findings.add("checkpoint", format!("cannot be read ({error})"));
            return there;
        }
    };
    let Some(newest) = slots.first() else {
        findings.add("checkpoint", "no slot is valid: the run cannot be resumed");
        return there;
    };
    if closed && slots.len() + checkpoint::empty_slots(sets).unwrap_or(0) < sets.layout.len(Dim::Slot) {
        findings.add("checkpoint/header", "the header of a slot is not as its checksum says");
    }
    for (i, slot) in slots.iter().take(if closed { slots.len() } else { 1 }).enumerate() {
        let which = if i == 0 { "the newest slot" } else { "the older slot" };
        match checkpoint::read_state(sets, *slot) {
            Ok(None) if slot.has_no_state() => {}
            Ok(Some(_)) => {}
            // A writer has overwritten it meanwhile.
            Ok(None) if !closed && moved_on(path, sets, slot.header) => {}
            Ok(None) => findings.add("checkpoint", format!("{which} is not as its checksum says")),
            Err(error) => findings.add("checkpoint", format!("{which} cannot be read ({error})")),
        }
    }
    let header = vouched.unwrap_or(newest.header);
    for (rows, group, name) in
        [(header.rows, Group::Root, "snapshots"), (header.steps, Group::Steps, "steps")]
    {
        let found = sets.rows(group) as u64;
        if found < rows || (closed && found > rows) {
            let problem = format!("the newest slot belongs to {rows} {name}, of which {found} are there");
            findings.add("checkpoint", problem);
        }
    }
    if closed { there } else { there.min(header.steps as usize) }
}

/// Whether another checkpoint has been written since this one.
fn moved_on(path: &Path, sets: &Sets, header: Header) -> bool {
    let now = checkpoint::header_on_disk(path, sets.get(Group::Checkpoint, "header"));
    now.is_some_and(|now| now.sequence > header.sequence)
}
