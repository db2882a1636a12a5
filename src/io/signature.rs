//! What can be said of a file without the HDF5 library: that it is a regular file, begins as HDF5
//! files do, and is as long as it says.

use std::io::Read;
use std::path::Path;

use crate::system::files;

use super::error::IoError;

const SIGNATURE: &[u8; 8] = b"\x89HDF\r\n\x1a\n";
/// Bytes of a superblock of version 2 or 3 with addresses of 8 bytes.
const SUPERBLOCK: usize = 48;

/// Checks the beginning of a file (HDF5 File Format Specification, section II.A). This program
/// writes superblocks of versions 2 and 3; other tools rewrite files with older ones, of which only
/// the signature is looked at.
///
/// # Errors
/// It cannot be read, is no regular file, is not HDF5, or is shorter than it says.
pub(crate) fn check(path: &Path) -> Result<(), IoError> {
    let missing = |found: String| IoError::Missing { path: path.to_owned(), found };
    let not_run_file = |found: &str| IoError::NotRunFile { path: path.to_owned(), found: found.to_owned() };
    let mut start = vec![];
    // HDF5 opens the name anew: it must not be a pipe, on which it would wait for ever.
    let file = files::open(path).map_err(|error| missing(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| missing(error.to_string()))?;
    file.take(SUPERBLOCK as u64).read_to_end(&mut start).map_err(|error| missing(error.to_string()))?;
    if start.is_empty() {
        return Err(not_run_file("it is empty"));
    }
    if !start.starts_with(SIGNATURE) {
        return Err(not_run_file("it is not an HDF5 file"));
    }
    let damaged = |found: String| Err(IoError::Damaged { path: path.to_owned(), found });
    if start.len() < SUPERBLOCK {
        return damaged(format!("it is cut short after {} bytes", start.len()));
    }
    let (version, flags) = (start[8], start[11]);
    if version < 2 {
        return Ok(());
    }
    if version > 3 || start[9..11] != [8, 8] {
        return damaged("its HDF5 superblock is of no version that there is".to_owned());
    }
    let address = |at: usize| u64::from_le_bytes(start[at..at + 8].try_into().expect("8 bytes"));
    let (base, end, root) = (address(12), address(28), address(36));
    // While it is written, and after a kill, the end that it gives may lie beyond what is there.
    if base != 0 || root >= end || (flags == 0 && end > metadata.len()) {
        return damaged(format!("it is cut short: of its {end} bytes {} are there", metadata.len()));
    }
    Ok(())
}
