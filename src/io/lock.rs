//! One writer per run file.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::IoError;

/// Held while a run file is written: an advisory lock on a hidden file beside it. The lock goes
/// with the process, however it ends; the hidden file stays behind a killed one and does no harm.
///
/// The run file itself cannot carry the lock, because HDF5 locks it too, and because a new file
/// is renamed over it.
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    // Never read: closing it releases the lock.
    _file: File,
}

impl Lock {
    /// Locks `target` for writing.
    ///
    /// # Errors
    /// [`IoError::Locked`], or [`IoError::Unwritable`] when the directory cannot be written.
    pub(crate) fn acquire(target: &Path) -> Result<Lock, IoError> {
        let path = lock_path(target);
        let unwritable = |error: std::io::Error| match IoError::output(target, &error) {
            IoError::Unwritable { path, found } => {
                IoError::Unwritable { path, found: format!("{} ({found})", directory(target).display()) }
            }
            full => full,
        };
        // A reader that asks whether the file is being written holds the lock for an instant.
        for attempt in 0..20 {
            if attempt > 0 {
                std::thread::sleep(Duration::from_millis(10));
            }
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(false)
                .open(&path)
                .map_err(unwritable)?;
            match file.try_lock() {
                Ok(()) if same_file(&file, &path) => return Ok(Lock { path, _file: file }),
                // Its previous owner has just removed it: make a new one.
                Ok(()) => continue,
                Err(TryLockError::WouldBlock) => continue,
                // A file system without locks: better to go on than to refuse to run there.
                Err(TryLockError::Error(_)) => return Ok(Lock { path, _file: file }),
            }
        }
        Err(IoError::Locked { path: target.to_owned() })
    }

    /// Whether a process is writing `target`.
    pub(crate) fn is_held(target: &Path) -> bool {
        match File::open(lock_path(target)) {
            Ok(file) => matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)),
            Err(_) => false,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is still held, so that no other owner's file is removed.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn same_file(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

/// The directory of a file.
pub(crate) fn directory(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn lock_path(target: &Path) -> PathBuf {
    hidden(target, "lock")
}

/// A hidden name beside a file's own.
pub(crate) fn hidden(target: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".");
    name.push(ending);
    target.with_file_name(name)
}
