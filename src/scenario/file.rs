//! Files that a scenario is made of: regular ones, up to a size.

use std::path::Path;

use crate::system::files::{self, FileError};
use crate::system::text;

use super::ScenarioError;

/// Longest scenario read (bytes): longer lists belong into CSV files.
pub(super) const MAX_TEXT: usize = 64 << 20;

/// Larger tables are not read. Their rows would not fit into the flow's numbering either.
const MAX_TABLE: u64 = 2 << 30;

/// The content of a table, unless it is absurdly large.
pub(super) fn table(path: &Path) -> Result<Vec<u8>, ScenarioError> {
    let rows = "give fewer rows: thin the data, or merge rows with equal x";
    files::read(path, MAX_TABLE).map_err(|error| refused(path, error, rows))
}

/// The text of a scenario.
pub(super) fn text(path: &Path) -> Result<String, ScenarioError> {
    let bytes = files::read(path, MAX_TEXT as u64).map_err(|error| refused(path, error, LONG))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|&&b| b == b'\n').count() + 1;
        ScenarioError::in_file(path, "the scenario is not UTF-8 text", "save it as UTF-8").at(line, None)
    })
}

/// What to do about a scenario that is too long.
pub(super) const LONG: &str = "put samples and particles into CSV files and name them with file = \"...\"";

/// * `shorter`: what to do about a file that is too large.
fn refused(path: &Path, error: FileError, shorter: &str) -> ScenarioError {
    use std::io::ErrorKind::{NotFound, PermissionDenied};
    let (problem, remedy) = match &error {
        FileError::Kind(kind) => (format!("is {kind}, not a regular file"), "give the name of a file"),
        FileError::Size { most, .. } => (format!("is larger than {}", text::bytes(*most)), shorter),
        FileError::Memory { available, .. } => (
            format!("is larger than memory: {available}"),
            "give fewer rows, raise the limit, or use a larger machine",
        ),
        FileError::System(error) => (
            format!("cannot be read: {error}"),
            match error.kind() {
                NotFound => "check the path; paths inside a scenario are relative to its folder",
                PermissionDenied => "allow reading it, for example with chmod +r",
                _ => "check the file and the disk",
            },
        ),
    };
    ScenarioError::in_file(path, problem, remedy)
}
