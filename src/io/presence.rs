//! Whether a file that is being written is still the one that bears its name.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A handle of a file under way, and the bytes at one place of it that only its writer changes.
///
/// A file can be renamed, deleted, or replaced by another of its name while it is written, and all
/// writing still succeeds; it can be overwritten in place, by a copy. Both are found by looking.
#[derive(Debug)]
pub(crate) struct Presence {
    file: File,
    at: u64,
    mark: Vec<u8>,
}

impl Presence {
    /// Of the file at `path`; `at`: where the bytes that are watched begin. Call
    /// [`remember`](Presence::remember) once they are written.
    pub(crate) fn of(path: &Path, at: u64, length: usize) -> io::Result<Presence> {
        Ok(Presence { file: File::open(path)?, at, mark: vec![0; length] })
    }

    /// Takes the watched bytes for right as they are now, after the writer has changed them.
    pub(crate) fn remember(&mut self) -> io::Result<()> {
        self.file.read_exact_at(&mut self.mark, self.at)
    }

    /// Waits until the file is on the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }

    /// What has become of the file instead of staying at `path`; `None` if it is there, unchanged.
    pub(crate) fn lost(&self, path: &Path) -> io::Result<Option<Lost>> {
        let own = self.file.metadata()?;
        match fs::metadata(path) {
            Ok(found) if (found.dev(), found.ino()) == (own.dev(), own.ino()) => {
                let mut found = vec![0; self.mark.len()];
                let read = self.file.read_exact_at(&mut found, self.at);
                let same = read.is_ok() && found == self.mark;
                Ok((!same).then_some(Lost::Overwritten))
            }
            _ if own.nlink() == 0 => Ok(Some(Lost::Deleted)),
            _ => Ok(Some(Lost::Moved(self.name()))),
        }
    }

    /// Where the file is now, if the system tells.
    fn name(&self) -> Option<PathBuf> {
        use std::os::fd::AsRawFd;
        fs::read_link(format!("/proc/self/fd/{}", self.file.as_raw_fd())).ok()
    }
}

/// What became of a file while it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lost {
    /// It was renamed; to what, if that is known.
    Moved(Option<PathBuf>),
    /// It was deleted, or another file was put in its place.
    Deleted,
    /// Something else wrote into it.
    Overwritten,
}

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lost::Moved(Some(to)) => write!(
                f,
                "it was moved to {}; the run so far is there, and `reluflow resume` continues it",
                to.display()
            ),
            Lost::Moved(None) => write!(f, "it was moved; the run so far is where it was moved to"),
            Lost::Deleted => write!(
                f,
                "it was deleted, or another file was put in its place; the run so far is lost: run it again"
            ),
            Lost::Overwritten => write!(
                f,
                "something else wrote into it; the run so far is damaged: run it again into another file"
            ),
        }
    }
}
