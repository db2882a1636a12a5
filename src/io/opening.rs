//! Opens run files that were closed, and those that were not.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use hdf5::{File, OpenMode};

use crate::run::{OutputOptions, Sampling};
use crate::system::files;

use super::attributes::read_value;
use super::checkpoint;
use super::error::IoError;
use super::ffi;
use super::layout::Layout;
use super::metadata;
use super::rows;
use super::schema::{Dim, FORMAT_VERSION, Group};
use super::sets::Sets;

/// Opens the file, and says whether it was closed ordinarily.
pub(crate) fn open_file(path: &Path) -> Result<(File, bool), IoError> {
    let missing = |found: String| IoError::Missing { path: path.to_owned(), found };
    let mut start = [0; 8];
    // HDF5 opens the name anew: it must not be a pipe, on which it would wait for ever.
    let file = files::open(path).map_err(|error| missing(error.to_string()))?;
    let read = file.take(8).read(&mut start).map_err(|error| missing(error.to_string()))?;
    let not_run_file = |found: &str| IoError::NotRunFile { path: path.to_owned(), found: found.to_owned() };
    if read == 0 {
        return Err(not_run_file("it is empty"));
    }
    if start != *b"\x89HDF\r\n\x1a\n" {
        return Err(not_run_file("it is not an HDF5 file"));
    }
    // HDF5's own locks fail on some cluster file systems, and get in the way of nothing here: one
    // file has one writer by our lock, and what is closed is never written again.
    let mut options = File::with_options();
    // A reader of a file under way tries again where it meets a half-written piece, and waits twice
    // as long each time: HDF5's hundred times would be for ever.
    let options = options.with_fapl(|p| p.file_locking(false).metadata_read_attempts(25));
    if let Ok(file) = options.open_as(path, OpenMode::Read) {
        // A file that this very process is writing opens, too.
        let closed = !ffi::is_writable(&file);
        return Ok((file, closed));
    }
    match options.open_as(path, OpenMode::ReadSWMR) {
        Ok(file) => Ok((file, false)),
        Err(error) => Err(IoError::Damaged {
            path: path.to_owned(),
            found: format!("HDF5 cannot open it, it may be cut short ({error})"),
        }),
    }
}

/// Opens all variables, the layout taken from the file.
pub(crate) fn open_sets(path: &Path, file: File) -> Result<Sets, IoError> {
    let Ok(version) = read_value::<u32>(&file, "format_version") else {
        let found = "it has no attribute format_version".to_owned();
        return Err(IoError::NotRunFile { path: path.to_owned(), found });
    };
    if version != FORMAT_VERSION {
        let allowed = FORMAT_VERSION;
        return Err(IoError::Version { path: path.to_owned(), found: version, allowed });
    }
    let options = metadata::read_options(&file)
        .map_err(|error| IoError::read(path, "the output_ attributes", &error))?;
    let layout = read_layout(&file, options);
    Sets::open(file, layout).map_err(|(variable, error)| IoError::Damaged {
        path: path.to_owned(),
        found: format!("{} cannot be opened ({error})", variable.path()),
    })
}

/// The lengths of all dimensions, from their coordinates.
pub(crate) fn read_layout(file: &File, options: OutputOptions) -> Layout {
    let mut lengths = BTreeMap::new();
    for dim in Dim::ALL.into_iter().filter(|dim| !dim.is_unlimited()) {
        let name = match dim.group() {
            Group::Root => dim.name().to_owned(),
            group => format!("{}/{}", group.name(), dim.name()),
        };
        if let Some(&len) = file.dataset(&name).ok().and_then(|set| set.shape().first().copied()).as_ref() {
            lengths.insert(dim, len);
        }
    }
    // The same dimension where all particles are stored, and no particles where none are.
    if !lengths.contains_key(&Dim::AllParticles) {
        let stored = lengths.get(&Dim::Particle).copied().unwrap_or(0);
        lengths.insert(Dim::AllParticles, stored);
    }
    let samples = lengths.get(&Dim::Sample).copied().unwrap_or(0);
    lengths.entry(Dim::SampleColumn).or_insert(samples);
    lengths.entry(Dim::Eigenvalue).or_insert(samples);
    // An attribute that is missing is found by the reader of the description.
    let kappa = read_value(file, "kappa").unwrap_or(f64::NAN);
    let estimated = metadata::read_sampling(file).is_ok_and(Sampling::estimates_error);
    Layout::from_lengths(lengths, options, kappa, estimated)
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
