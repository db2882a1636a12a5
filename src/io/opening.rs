//! Opens run files that were closed, and those that were not.

use std::path::Path;

use hdf5::{File, OpenMode};

use super::attributes::read_value;
use super::checkpoint;
use super::error::IoError;
use super::ffi;
use super::finding::Findings;
use super::inspect::inspect;
use super::rows;
use super::schema::{FORMAT_VERSION, Group};
use super::sets::Sets;
use super::signature;

/// Opens the file, and says whether it was closed ordinarily.
///
/// What needs no library is [checked](signature::check) first.
pub(crate) fn open_file(path: &Path) -> Result<(File, bool), IoError> {
    signature::check(path)?;
    // HDF5's own locks fail on some cluster file systems, and get in the way of nothing here: one
    // file has one writer by our lock, and what is closed is never written again.
    let mut options = File::with_options();
    let options = options.with_fapl(|p| p.file_locking(false));
    if let Ok(file) = options.open_as(path, OpenMode::Read) {
        // A file that this very process is writing opens, too.
        let closed = !ffi::is_writable(&file);
        return Ok((file, closed));
    }
    // A reader of a file under way tries again where it meets a half-written piece, and waits twice
    // as long each time: HDF5's hundred times would be for ever.
    let options = options.with_fapl(|p| p.file_locking(false).metadata_read_attempts(25));
    match options.open_as(path, OpenMode::ReadSWMR) {
        Ok(file) => Ok((file, false)),
        Err(error) => Err(IoError::Damaged {
            path: path.to_owned(),
            found: format!("HDF5 cannot open it, it may be cut short ({error})"),
        }),
    }
}

/// Opens all variables of a file whose [structure](inspect) is right.
pub(crate) fn open_sets(path: &Path, file: File) -> Result<Sets, IoError> {
    check_version(path, &file)?;
    let mut findings = Findings::default();
    let layout = inspect(&file, &mut findings);
    let damaged = |found: String| IoError::Damaged { path: path.to_owned(), found };
    match (layout, findings.summary()) {
        (_, Some(found)) => Err(damaged(found)),
        (None, None) => Err(damaged("it has no layout".to_owned())),
        (Some(layout), None) => Sets::open(file, layout)
            .map_err(|(variable, error)| damaged(format!("{} cannot be opened ({error})", variable.path()))),
    }
}

/// Marks of other files of this program, and what reads them.
const OTHERS: [(&str, &str); 3] = [
    ("study_format_version", "it is a study, which `reluflow report`, `plot` and `validate` read"),
    ("kernel_format_version", "it is a kernel file, which `reluflow plot` and `validate` read"),
    ("density_format_version", "it is a pointwise density, which `reluflow validate` reads"),
];

/// Refuses what is no run file, and run files of other versions.
pub(crate) fn check_version(path: &Path, file: &File) -> Result<(), IoError> {
    let Ok(found) = read_value::<u32>(file, "format_version") else {
        let other = OTHERS.iter().find(|(mark, _)| file.attr(mark).is_ok());
        let found = other.map_or("it has no attribute format_version", |(_, what)| what).to_owned();
        return Err(IoError::NotRunFile { path: path.to_owned(), found });
    };
    match found {
        FORMAT_VERSION => Ok(()),
        _ => Err(IoError::Version { path: path.to_owned(), found, allowed: FORMAT_VERSION }),
    }
}

/// Rows of the root that are whole.
pub(crate) fn complete_rows(path: &Path, sets: &Sets, closed: bool) -> Result<usize, IoError> {
    let failed = |error: hdf5::Error| IoError::read(path, "the length", &error);
    let mut rows = sets.rows(Group::Root);
    if closed {
        return Ok(rows);
    }
    // Rows that a checkpoint vouches for had been flushed before it was written. A row after
    // those may be cut short.
    let slots = checkpoint::slots(sets).map_err(failed)?;
    let vouched = slots.first().map_or(0, |slot| slot.header.rows as usize);
    while rows > vouched {
        match rows::row_checksums(sets, rows - 1) {
            Ok((computed, stored)) if computed == stored => break,
            _ => rows -= 1,
        }
    }
    Ok(rows)
}

/// Rows of `steps` that are whole: in a file that was not closed those that a checkpoint vouches
/// for. Also whether these are as many as the newest checkpoint says.
pub(crate) fn complete_steps(path: &Path, sets: &Sets, closed: bool) -> Result<(usize, bool), IoError> {
    let rows = sets.rows(Group::Steps);
    let slots = match checkpoint::slots(sets) {
        Err(error) if !closed => return Err(IoError::read(path, "the length", &error)),
        found => found.unwrap_or_default(),
    };
    let said = slots.first().map_or(0, |slot| slot.header.steps);
    let rows = if closed { rows } else { rows.min(said as usize) };
    Ok((rows, rows as u64 == said))
}
