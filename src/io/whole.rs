//! Files that are written at once, such as pictures, tables and reports.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::commit::writable;
use super::error::{IoError, LastGood};
use super::lock::{directory, hidden};
use super::partial::sync;

/// Writes a file so that its name never stands for half of it: the bytes go to a hidden file
/// beside it, which is brought to the disk and then takes the name, over an older file if there is
/// one. If anything fails the hidden file is removed, and what had the name before is as it was.
///
/// Links are followed. A device or a pipe, such as `/dev/stdout`, is written to as it is.
///
/// # Errors
/// [`IoError::Unwritable`] if there can be no file of this name; [`IoError::DiskFull`] and
/// [`IoError::Write`] if writing failed.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), IoError> {
    let is_special = |found: fs::Metadata| !found.is_file() && !found.is_dir();
    if fs::metadata(path).is_ok_and(is_special) {
        let written = File::options().write(true).open(path).and_then(|mut file| file.write_all(bytes));
        return written.map_err(|error| IoError::output(path, &error));
    }
    let path = writable(path)?;
    replace_file(&path, bytes).map_err(|error| IoError::output(&path, &error))
}

/// As [`write_file`], for the path of a regular file or of none.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // Two processes, or threads, that write the same file at once must not share the hidden one.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    Hidden(hidden(path, &format!("{}.{number}.partial", std::process::id()))).replace(path, bytes)
}

/// Makes the folder of an output, and those above it.
///
/// # Errors
/// As [`write_file`].
pub fn make_folder(path: &Path) -> Result<(), IoError> {
    fs::create_dir_all(path).map_err(|error| match IoError::output(path, &error) {
        IoError::Unwritable { path, found } => {
            IoError::Unwritable { path, found: format!("the folder of the output cannot be made: {found}") }
        }
        other => other,
    })
}

/// A file that is removed again unless it is renamed.
struct Hidden(PathBuf);

impl Hidden {
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(&self.0)?;
        if let Ok(old) = fs::metadata(path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(bytes)?;
        // Some file systems tell only now that they are full.
        file.sync_all()?;
        fs::rename(&self.0, path)?;
        sync(&directory(path))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // There is nothing of that name once it is renamed.
        let _ = fs::remove_file(&self.0);
    }
}

impl IoError {
    /// Why a file that is written at once could not be: a bad place for it, or a failure on the way.
    pub(crate) fn output(path: &Path, error: &io::Error) -> IoError {
        use io::ErrorKind::{
            AlreadyExists, InvalidFilename, IsADirectory, NotADirectory, NotFound, PermissionDenied,
            ReadOnlyFilesystem,
        };
        match error.kind() {
            AlreadyExists | InvalidFilename | IsADirectory | NotADirectory | NotFound | PermissionDenied
            | ReadOnlyFilesystem => IoError::Unwritable { path: path.to_owned(), found: error.to_string() },
            _ => IoError::system(path, "the file", error, LastGood::Unchanged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_replaced_where_a_link_points() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.csv"), folder.path().join("link.csv"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("a.csv", &link).unwrap();
        write_file(&link, b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["a.csv", "link.csv"]);
    }

    #[test]
    fn threads_may_write_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..50).for_each(|_| write_file(&path, b"the same").unwrap()));
            }
        });
        assert_eq!(fs::read(&path).unwrap(), b"the same");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn a_place_that_cannot_be_is_refused_and_a_full_device_is_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        for place in [folder.path().to_owned(), folder.path().join("no/a.csv")] {
            let error = write_file(&place, b"new").unwrap_err();
            assert!(matches!(error, IoError::Unwritable { .. }), "{error}");
        }
        let error = write_file(Path::new("/dev/full"), b"new").unwrap_err();
        assert!(matches!(error, IoError::DiskFull { .. }), "{error}");
        write_file(Path::new("/dev/null"), b"new").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
