//! A file under construction.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::{IoError, LastGood};
use super::lock::{directory, hidden};

/// A file that is built under a hidden name beside its own, so that half of it is never found under its name
/// under its own name. Removed again if it is given up.
#[derive(Debug)]
pub(crate) struct Partial {
    path: PathBuf,
    target: PathBuf,
}

impl Partial {
    /// Nothing is created yet. The caller holds the lock of `target`.
    pub(crate) fn of(target: &Path) -> Partial {
        Partial { path: hidden(target, "partial"), target: target.to_owned() }
    }

    /// The hidden name.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name that the file will have.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives the file, which must be safely on the disk, its name.
    pub(crate) fn publish(self, last_good: LastGood) -> Result<(), IoError> {
        fs::rename(&self.path, &self.target)
            .and_then(|()| sync(&directory(&self.target)))
            .map_err(|error| IoError::system(&self.target, "the name of the new file", &error, last_good))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // There is nothing of that name once it is published.
        let _ = fs::remove_file(&self.path);
    }
}

/// Waits until a file or directory is on the disk.
pub(crate) fn sync(path: &Path) -> std::io::Result<()> {
    fs::File::open(path)?.sync_all()
}
