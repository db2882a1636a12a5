//! Files that others made: regular ones only, up to a size.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use super::memory;

/// Why a file was not opened or read.
#[derive(Debug)]
pub enum FileError {
    /// It is a folder, a pipe, a device or a socket.
    Kind(&'static str),
    /// It is larger than allowed.
    Size {
        /// Its length in bytes; of one that grows, what was read of it.
        found: u64,
        /// The most that is allowed.
        most: u64,
    },
    /// It is larger than the memory that is left.
    Memory {
        /// Its length in bytes.
        found: u64,
        /// What is left.
        available: memory::Available,
    },
    /// The system's own words.
    System(std::io::Error),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileError::Kind(kind) => write!(f, "it is {kind}, not a regular file"),
            FileError::Size { found, most } => {
                write!(f, "it has {} or more, and at most {} are read", size(*found), size(*most))
            }
            FileError::Memory { found, available } => {
                write!(f, "it has {}, and {available}", size(*found))
            }
            FileError::System(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for FileError {}

/// Files up to this size (bytes) are read without asking whether they fit.
const SMALL: u64 = 1 << 20;

/// Opens a regular file for reading.
///
/// Neither waits for the other end of a named pipe nor touches a device: the kind is looked at
/// before the file is opened, and once more on the open file, which may be another by then.
///
/// # Errors
/// [`FileError::Kind`] or [`FileError::System`].
pub fn open(path: &Path) -> Result<File, FileError> {
    regular(fs::metadata(path).map_err(FileError::System)?.file_type())?;
    // Of a regular file neither flag changes anything.
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(FileError::System)?;
    regular(file.metadata().map_err(FileError::System)?.file_type())?;
    Ok(file)
}

/// The content of a regular file of at most `most` bytes that fits into memory.
///
/// # Errors
/// Any [`FileError`].
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let file = open(path)?;
    let found = file.metadata().map_err(FileError::System)?.len();
    if found > most {
        return Err(FileError::Size { found, most });
    }
    if found > SMALL
        && let Some(available) = memory::available()
        && found > available.bytes
    {
        return Err(FileError::Memory { found, available });
    }
    let mut bytes = Vec::with_capacity(found as usize);
    // One byte more than allowed tells a file that has grown, or one of `/proc`, whose length is 0.
    file.take(most + 1).read_to_end(&mut bytes).map_err(FileError::System)?;
    if bytes.len() as u64 > most {
        return Err(FileError::Size { found: bytes.len() as u64, most });
    }
    Ok(bytes)
}

fn regular(kind: fs::FileType) -> Result<(), FileError> {
    if kind.is_file() {
        return Ok(());
    }
    Err(FileError::Kind(if kind.is_dir() {
        "a folder"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }))
}

fn size(bytes: u64) -> String {
    super::text::bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let name = CString::new(pipe.as_os_str().as_bytes()).unwrap();
        // SAFETY: the name is a string that ends in a zero byte.
        assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
        for (path, words) in [
            (pipe.as_path(), "it is a pipe, not a regular file"),
            (folder.path(), "it is a folder, not a regular file"),
            (Path::new("/dev/zero"), "it is a device, not a regular file"),
        ] {
            assert_eq!(open(path).unwrap_err().to_string(), words);
            assert_eq!(read(path, 10).unwrap_err().to_string(), words);
        }
        assert!(matches!(open(&folder.path().join("none")), Err(FileError::System(_))));
    }

    #[test]
    fn a_file_is_read_up_to_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let error = read(&path, 4).unwrap_err().to_string();
        assert_eq!(error, "it has 5 bytes or more, and at most 4 bytes are read");
        // Its length is said to be 0.
        assert!(matches!(read(Path::new("/proc/self/status"), 4), Err(FileError::Size { .. })));
    }
}
