//! What disks have to give.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Bytes that may still be written where `path` is or will be, where that can be found out.
pub fn free(path: &Path) -> Option<u64> {
    let place = path.ancestors().find(|place| !place.as_os_str().is_empty() && place.exists());
    let name = CString::new(place.unwrap_or(Path::new(".")).as_os_str().as_bytes()).ok()?;
    // SAFETY: all-zero is a value of this plain struct.
    let mut found: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the name ends in a zero byte, and `found` is ours.
    let failed = unsafe { libc::statvfs(name.as_ptr(), &mut found) } != 0;
    // Some virtual file systems have no size at all.
    (!failed && found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_of_a_file_to_come_is_found() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(&folder.path().join("new/a.h5")).is_some_and(|bytes| bytes > 0));
        assert!(free(Path::new("new_folder/a.h5")).is_some());
    }
}
