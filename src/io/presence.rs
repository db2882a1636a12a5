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
    /// Of the file at `path`; `at`: where the bytes that are watched begin, which are zero as yet.
    pub(crate) fn of(path: &Path, at: u64, length: usize) -> io::Result<Presence> {
        Ok(Presence { file: File::open(path)?, at, mark: vec![0; length] })
    }

    /// The writer has written `bytes` from the watched byte `start` on. They are not read back: what
    /// else wrote into the file at the same time would be taken for right.
    pub(crate) fn expect(&mut self, start: usize, bytes: &[u8]) {
        self.mark[start..start + bytes.len()].copy_from_slice(bytes);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Another program copies over the file while the writer is about to write its mark.
    #[test]
    fn what_is_overwritten_during_a_write_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.h5");
        fs::write(&path, [0; 24]).unwrap();
        let mut presence = Presence::of(&path, 8, 16).unwrap();
        let write = |at: u64, bytes: &[u8]| {
            File::options().write(true).open(&path).unwrap().write_all_at(bytes, at).unwrap();
        };
        write(8, b"the mark");
        presence.expect(0, b"the mark");
        assert_eq!(presence.lost(&path).unwrap(), None);
        fs::write(&path, [7; 40]).unwrap();
        write(16, b"the next");
        presence.expect(8, b"the next");
        assert_eq!(presence.lost(&path).unwrap(), Some(Lost::Overwritten));
    }
}
