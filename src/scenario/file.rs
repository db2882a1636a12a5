//! Files, up to a size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::ScenarioError;

/// Larger files are not read. Their rows would not fit into the flow's numbering either.
const MAX_BYTES: u64 = 2 << 30;
/// The content of a file, unless it is absurdly large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ScenarioError> {
    let cannot = |error: std::io::Error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => {
                "check the path; paths inside a scenario are relative to its folder"
            }
            std::io::ErrorKind::PermissionDenied => "allow reading it, for example with chmod +r",
            std::io::ErrorKind::IsADirectory => "give a file, not a folder",
            _ => "check the file and the disk",
        };
        ScenarioError::in_file(path, format_args!("cannot be read: {error}"), remedy)
    };
    let mut bytes = vec![];
    // One byte more than allowed tells a file that is too large from one that just fits, and an
    // endless one (a pipe, a device) ends.
    File::open(path).map_err(cannot)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ScenarioError::in_file(
            path,
            format_args!("is larger than {} GiB", MAX_BYTES >> 30),
            "give fewer rows: thin the data, or merge rows with equal x",
        ));
    }
    Ok(bytes)
}

/// The text of a scenario.
pub(super) fn text(path: &Path) -> Result<String, ScenarioError> {
    String::from_utf8(read(path)?).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|&&b| b == b'\n').count() + 1;
        ScenarioError::in_file(path, "the scenario is not UTF-8 text", "save it as UTF-8").at(line, None)
    })
}
