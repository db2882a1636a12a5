//! Reads a file for a process that may crash on it.

use std::path::Path;

use super::arrays::{ArrayFile, FileKind};
use super::reader::RunFile;
use super::rows;
use super::schema::Group;
use super::validate::pass;

/// Files up to this size (bytes) are read whole.
const WHOLE: u64 = 16 << 20;

/// Reads what a reader of the file would, and drops it; only whether it returns matters.
///
/// Of large files the numbers are left out: what libhdf5 has to understand is read, also the
/// indexes of all chunks.
///
/// * `lists`: whether the reader reads dimension lists of run files, as only validation does.
///   They lie in HDF5's global heap, which has no checksum; a run whose lists are damaged can be
///   read all the same.
pub(crate) fn probe(path: &Path, lists: bool) {
    let whole = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() <= WHOLE);
    match FileKind::of(path) {
        Ok(FileKind::Run) => {
            if lists {
                let _ = pass(path, whole);
            }
            let Ok(file) = RunFile::open(path) else { return };
            if whole {
                read(&file);
            } else {
                // Where values lie.
                let chunks = file.sets().all().filter_map(|(_, dataset)| dataset.num_chunks());
                let _ = chunks.sum::<usize>();
            }
        }
        Ok(FileKind::Study | FileKind::Kernel | FileKind::Density | FileKind::Law | FileKind::Landscape) => {
            let Ok(file) = ArrayFile::open_any(path) else { return };
            for name in file.names().unwrap_or_default() {
                let _ = file.dims(&name);
                if whole {
                    let _ = (file.texts(&name), file.numbers(&name));
                }
            }
        }
        Err(_) => {}
    }
}

/// Reads every value.
fn read(file: &RunFile) {
    let _ = (file.description(), file.checkpoint());
    for row in 0..file.len() {
        let _ = rows::row_checksums(file.sets(), row);
    }
    let steps = file.sets().rows(Group::Steps);
    for first in (0..steps).step_by(file.sets().layout.step_batch()) {
        let _ = rows::steps_are_good(file.sets(), first, file.sets().layout.step_batch().min(steps - first));
    }
}
