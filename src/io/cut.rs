//! Files that were cut short.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::system::files;

/// Bytes that a file has, and that it says it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Bytes that are there.
    pub there: u64,
    /// Bytes that the HDF5 superblock claims.
    pub claimed: u64,
}

impl Cut {
    /// Whether the file is shorter than its superblock says (HDF5 File Format Specification, section
    /// II.A, version 2 and 3); `None` if it is not, or cannot be read.
    pub(crate) fn of(path: &Path) -> Option<Cut> {
        let mut start = [0; 36];
        let mut file = files::open(path).ok()?;
        file.read_exact(&mut start).ok()?;
        let there = file.metadata().ok()?.len();
        if !start.starts_with(b"\x89HDF\r\n\x1a\n") || !(2..=3).contains(&start[8]) {
            return None;
        }
        let claimed = u64::from_le_bytes(start[28..36].try_into().ok()?);
        // No run file is longer than a file system allows; a longer claim is damage of another kind.
        (there < claimed && claimed < 1 << 50).then_some(Cut { there, claimed })
    }

    /// Copies the file to `to` and fills what is missing with zeros, which take no room, so that HDF5
    /// opens it: what lay in the missing part then fails its checksums.
    pub(crate) fn fill(self, from: &Path, to: &Path) -> std::io::Result<()> {
        fs::copy(from, to)?;
        File::options().write(true).open(to)?.set_len(self.claimed)
    }
}
