//! What makes what was written count: the columns and the header of a checkpoint, the end of a file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::flow::View;
use crate::problem::Regions;
use crate::run::{Description, State};

use super::checkpoint::{self, Header};
use super::error::{IoError, LastGood};
use super::partial::sync;
use super::presence::Presence;
use super::schema::Group;
use super::sets::Sets;

/// What turns the cells of a density into what is stored.
pub(crate) fn view_of(description: &Description) -> Option<View> {
    let regions = Regions::new(&description.samples);
    description.density.as_ref().map(|density| View::new(density, &regions, description.flow))
}

/// Overwrites the columns of a slot; returns their checksum.
pub(crate) fn write_columns(sets: &Sets, slot: usize, state: &State) -> hdf5::Result<u32> {
    let columns = checkpoint::write_columns(sets, slot, state)?;
    sets.file.flush().map(|()| columns)
}

/// Overwrites the header of a slot, which makes the slot count.
/// Returns what [`checkpoint::write_header`] does.
pub(crate) fn write_header(
    sets: &Sets,
    slot: usize,
    header: Header,
    columns: u32,
) -> hdf5::Result<(usize, Vec<u8>)> {
    let written = checkpoint::write_header(sets, slot, header, columns)?;
    sets.file.flush().map(|()| written)
}

/// Watches a file under its first name, by the headers of its checkpoint: they change with each
/// snapshot, and only then.
pub(crate) fn watch(sets: &Sets, path: &Path) -> std::io::Result<Presence> {
    let header = sets.get(Group::Checkpoint, "header");
    let at =
        header.offset().ok_or_else(|| std::io::Error::other("the checkpoint has no place in the file"))?;
    Presence::of(path, at, 8 * header.size())
}

/// Writes the first checkpoint of a file that has not got its name yet.
/// Returns the checksum of its columns, and what [`checkpoint::write_header`] does.
pub(crate) fn write_checkpoint(
    sets: &Sets,
    header: Header,
    state: &State,
) -> hdf5::Result<(u32, (usize, Vec<u8>))> {
    let columns = write_columns(sets, 0, state)?;
    write_header(sets, 0, header, columns).map(|written| (columns, written))
}

/// Closes an open file and waits for the disk.
pub(crate) fn close(sets: Sets, path: &Path, last_good: LastGood) -> Result<(), IoError> {
    let failed = |error: hdf5::Error| IoError::write(path, "the end of the file", &error, last_good);
    if let Err(error) = sets.file.flush() {
        // Closing would try again, and might leave a file that looks closed but is not whole.
        std::mem::forget(sets);
        return Err(failed(error));
    }
    let file = sets.file.clone();
    drop(sets);
    file.close().map_err(failed)?;
    sync(path).map_err(|error| IoError::system(path, "the end of the file", &error, last_good))
}

/// The path to write to, links followed.
///
/// # Errors
/// [`IoError::Unwritable`] if something other than a file has that name, or the name is not UTF-8.
pub(crate) fn writable(path: &Path) -> Result<PathBuf, IoError> {
    let unwritable = |found: &str| IoError::Unwritable { path: path.to_owned(), found: found.to_owned() };
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if path.to_str().is_none() {
        return Err(unwritable("its name is not UTF-8, which HDF5 needs"));
    }
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(unwritable("it is a directory")),
        Ok(found) if !found.is_file() => Err(unwritable("it is not a regular file")),
        _ if path.file_name().is_none() => Err(unwritable("it names no file")),
        _ => Ok(path),
    }
}
