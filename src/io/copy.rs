//! A run file that goes on in a copy of what is good in it.

use std::path::Path;

use crate::run::{Description, State};

use super::checkpoint::{self, Header};
use super::commit::{watch, write_checkpoint};
use super::error::{IoError, LastGood};
use super::layout::Layout;
use super::metadata::Provenance;
use super::partial::Partial;
use super::presence::Presence;
use super::reader::RunFile;
use super::recover::copy_rows;
use super::schema::Group;
use super::sets::Sets;
use super::structure;

/// A copy that has taken the place of a run file and is open for more, with its newest checkpoint in slot 0.
#[derive(Debug)]
pub(crate) struct Copied {
    pub sets: Sets,
    pub presence: Presence,
    pub header: Header,
    /// Checksum of the columns of the checkpoint.
    pub columns: u32,
}

/// Copies the snapshots and steps that `header` counts to a new file with this layout, which then takes the old one's
/// name.
///
/// * `state`: of the checkpoint.
///
/// # Errors
/// A row is damaged ([`IoError::Damaged`]), or writing fails; the file is then as it was.
pub(crate) fn go_on_in_copy(
    file: RunFile,
    (description, layout): (&Description, Layout),
    provenance: &Provenance,
    header: Header,
    state: &State,
) -> Result<Copied, IoError> {
    let path = file.path().to_owned();
    let partial = Partial::of(&path);
    let failed = |error| IoError::write(&path, "the copy", &error, LastGood::Original);
    let unsafe_yet = |error| IoError::system(&path, "the copy", &error, LastGood::Original);
    let sets = structure::create(partial.path(), description, layout, provenance).map_err(failed)?;
    let (snapshots, steps) = (0..header.rows as usize, 0..header.steps as usize);
    copy_rows(&file, &sets, &snapshots.collect::<Vec<_>>(), std::slice::from_ref(&steps))?;
    structure::start_rows(&sets).map_err(failed)?;
    let (columns, (start, bytes)) = write_checkpoint(&sets, header, state).map_err(failed)?;
    let mut presence = watch(&sets, partial.path()).map_err(unsafe_yet)?;
    presence.sync().map_err(unsafe_yet)?;
    presence.expect(start, &bytes);
    drop(file);
    partial.publish(LastGood::Original)?;
    Ok(Copied { sets, presence, header, columns })
}

/// A copy with room for the cells of this state, in the place of a file that was closed.
///
/// # Errors
/// As [`go_on_in_copy`].
pub(crate) fn enlarged(path: &Path, state: &State) -> Result<Copied, IoError> {
    let file = RunFile::open(path)?;
    let reading = |error: hdf5::Error| IoError::read(path, "what is to be continued", &error);
    let description = file.description()?;
    let provenance = Provenance::read(&file.sets().file).map_err(reading)?;
    let saved = checkpoint::newest(file.sets()).map_err(reading)?;
    let Some((header, before)) = saved else {
        return Err(IoError::NoCheckpoint { path: path.to_owned() });
    };
    // What follows the checkpoint was written since.
    let steps = file.sets().rows(Group::Steps) as u64;
    let layout = Layout::new(&description, state);
    go_on_in_copy(file, (&description, layout), &provenance, Header { steps, ..header }, &before)
}
