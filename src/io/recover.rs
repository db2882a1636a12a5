//! What a crash left behind: copied to an ordinary file, or continued.
//!
//! Clearing HDF5's mark of an unfinished file and going on in place loses data after some
//! crashes. So all that is good is copied to a new file, which then takes the old one's name.

use std::path::{Path, PathBuf};

use crate::run::{Description, State};

use super::checkpoint::{self, Header};
use super::error::{IoError, LastGood};
use super::lock::Lock;
use super::metadata::{self, Provenance};
use super::partial::{Partial, sync};
use super::reader::RunFile;
use super::rows;
use super::schema::Group;
use super::sets::Sets;
use super::status::Status;
use super::structure;
use super::writer::{RunWriter, close, writable, write_checkpoint};

/// What [`recover`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The ordinary file.
    pub path: PathBuf,
    /// Its snapshots.
    pub snapshots: usize,
    /// Time of the last of them.
    pub time: f64,
    /// Its steps.
    pub steps: usize,
    /// Snapshots that were not whole and are left out.
    pub dropped: usize,
    /// Whether the run can be resumed from it.
    pub resumable: bool,
    /// Whether the file was an ordinary one already.
    pub was_ordinary: bool,
}

/// Turns what a crash left behind into an ordinary file that any tool opens, with every good
/// snapshot.
///
/// * `output`: where to put it; `None` replaces the file itself, once the copy is safe.
///
/// # Errors
/// The file is still being written, the output exists, or reading or writing fails.
pub fn recover(path: &Path, output: Option<&Path>) -> Result<Recovered, IoError> {
    let path = existing(path)?;
    let _lock = Lock::acquire(&path)?;
    let file = RunFile::open(&path)?;
    let output = match output {
        None => path.clone(),
        Some(output) if output.exists() => return Err(IoError::Exists { path: output.to_owned() }),
        Some(output) => writable(output)?,
    };
    if file.status().is_ordinary() && output == path {
        return Ok(Recovered {
            snapshots: file.len(),
            time: last_time(&file)?,
            steps: file.sets().rows(Group::Steps),
            dropped: 0,
            resumable: file.status() == Status::Interrupted && file.checkpoint().is_ok(),
            was_ordinary: true,
            path,
        });
    }
    let _output_lock = if output == path { None } else { Some(Lock::acquire(&output)?) };
    let reading = |error: hdf5::Error| IoError::read(&path, "what is to be saved", &error);
    let found = file.sets().rows(Group::Root);
    let snapshots = good_rows(file.sets(), file.len());
    let steps = good_steps(file.sets()).map_err(reading)?;
    let saved = checkpoint::newest(file.sets()).map_err(reading)?;
    let provenance = Provenance::read(&file.sets().file).map_err(reading)?.and("recovered");
    let partial = Partial::of(&output);
    let sets = copy(&file, &partial, &provenance, snapshots, steps)?;
    if let Some((header, state)) = &saved {
        write_checkpoint(&sets, *header, state)
            .map_err(|error| IoError::write(&output, "the checkpoint", &error, LastGood::Original))?;
    }
    let end = file.description()?.end;
    let resumable = saved.is_some_and(|(_, state)| state.time < end);
    let time = match snapshots {
        0 => f64::NAN,
        snapshots => file.time(snapshots - 1)?,
    };
    drop(file);
    close(sets, partial.path(), LastGood::Original)?;
    partial.publish(LastGood::Original)?;
    let was_ordinary = false;
    Ok(Recovered {
        path: output,
        snapshots,
        time,
        steps,
        dropped: found - snapshots,
        resumable,
        was_ordinary,
    })
}

impl RunWriter {
    /// Continues a run that was interrupted or killed: copies what is good to a new file, which
    /// takes the old one's name, and returns the state to go on from.
    ///
    /// Snapshots after the checkpoint, which were not reported as written, and one that was taken
    /// only because the run was interrupted are dropped: the run makes them again.
    ///
    /// # Errors
    /// The run is complete ([`IoError::Complete`]; if it had been killed after its last snapshot
    /// the file is made an ordinary one), no checkpoint is valid, another process writes the
    /// file, or reading or writing fails.
    pub fn resume(path: &Path) -> Result<(RunWriter, Description, State), IoError> {
        let path = existing(path)?;
        let lock = Lock::acquire(&path)?;
        let file = RunFile::open(&path)?;
        let reading = |error: hdf5::Error| IoError::read(&path, "what is to be continued", &error);
        let description = file.description()?;
        let saved = checkpoint::newest(file.sets()).map_err(reading)?;
        let Some((header, state)) = saved else {
            return Err(IoError::NoCheckpoint { path });
        };
        if state.time >= description.end {
            let (snapshots, end) = (file.len(), description.end);
            let ordinary = file.status().is_ordinary();
            drop((file, lock));
            if !ordinary {
                recover(&path, None)?;
            }
            return Err(IoError::Complete { path, snapshots, end });
        }
        let provenance = Provenance::read(&file.sets().file).map_err(reading)?;
        let provenance = provenance.and(&format!("resumed after step {}", state.step));
        let rows = header.scheduled_rows;
        let partial = Partial::of(&path);
        let sets = copy(&file, &partial, &provenance, rows as usize, header.steps as usize)?;
        let header = Header { rows, ..header };
        let failed = |error| IoError::write(&path, "the checkpoint", &error, LastGood::Original);
        structure::start_rows(&sets).map_err(failed)?;
        write_checkpoint(&sets, header, &state).map_err(failed)?;
        sync(partial.path())
            .map_err(|error| IoError::system(&path, "the copy", &error, LastGood::Original))?;
        let time = if rows > 0 { file.time(rows as usize - 1)? } else { f64::NAN };
        drop(file);
        partial.publish(LastGood::Original)?;
        let writer = RunWriter::continuing(path, lock, sets, header, time);
        Ok((writer, description, state))
    }
}

/// A new file, under its hidden name, with the first rows and steps of `file`.
fn copy(
    file: &RunFile,
    partial: &Partial,
    provenance: &Provenance,
    snapshots: usize,
    steps: usize,
) -> Result<Sets, IoError> {
    let from = file.sets();
    let damaged = |found: String| Err(IoError::Damaged { path: file.path().to_owned(), found });
    if from.rows(Group::Root) < snapshots || from.rows(Group::Steps) < steps {
        return damaged("it has fewer snapshots or steps than its checkpoint says".to_owned());
    }
    let description =
        metadata::read(from).map_err(|error| IoError::read(file.path(), "the description", &error))?;
    let failed = |error: hdf5::Error| IoError::write(partial.path(), "the copy", &error, LastGood::Original);
    let to =
        structure::create(partial.path(), &description, from.layout.clone(), provenance).map_err(failed)?;
    for row in 0..snapshots {
        match rows::copy_row(from, &to, row) {
            Ok(true) => {}
            Ok(false) => return damaged(format!("snapshot {row} is not as its checksum says")),
            Err(_) if !is_good(from, row) => return damaged(format!("snapshot {row} cannot be read")),
            Err(error) => return Err(failed(error)),
        }
    }
    if !rows::copy_steps(from, &to, steps).map_err(failed)? {
        return damaged("a step is not as its checksum says".to_owned());
    }
    Ok(to)
}

/// Whether a snapshot is as its checksum says.
fn is_good(sets: &Sets, row: usize) -> bool {
    matches!(rows::row_checksums(sets, row), Ok((computed, stored)) if computed == stored)
}

/// Snapshots up to the first that is not as its checksum says.
fn good_rows(sets: &Sets, len: usize) -> usize {
    (0..len).find(|&row| !is_good(sets, row)).unwrap_or(len)
}

/// Steps up to the first that is not as its checksum says.
fn good_steps(sets: &Sets) -> hdf5::Result<usize> {
    let len = sets.rows(Group::Steps);
    for first in (0..len).step_by(rows::BATCH) {
        let good = rows::steps_are_good(sets, first, rows::BATCH.min(len - first))?;
        if let Some(bad) = good.iter().position(|good| !good) {
            return Ok(first + bad);
        }
    }
    Ok(len)
}

fn last_time(file: &RunFile) -> Result<f64, IoError> {
    if file.len() == 0 { Ok(f64::NAN) } else { file.time(file.len() - 1) }
}

fn existing(path: &Path) -> Result<PathBuf, IoError> {
    path.canonicalize().map_err(|error| IoError::Missing { path: path.to_owned(), found: error.to_string() })
}
