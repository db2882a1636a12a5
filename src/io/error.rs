//! What can go wrong with run files.

use std::fmt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::presence::Lost;
use crate::run::Ending;
use crate::system::text;

/// Why a run file could not be written or read; every text names the file and the remedy.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum IoError {
    /// The output is already there.
    #[error("{} exists already: choose another output with -o, or replace it with --force", .path.display())]
    Exists {
        /// The output.
        path: PathBuf,
    },
    /// The place of an output cannot be used.
    #[error("cannot write {}: {found}: choose a directory that exists and can be written", .path.display())]
    Unwritable {
        /// The output.
        path: PathBuf,
        /// What is in the way.
        found: String,
    },
    /// Another process writes the file.
    #[error("{} is being written by another process: wait for it or stop it", .path.display())]
    Locked {
        /// The run file.
        path: PathBuf,
    },
    /// There is no such file, or it cannot be opened at all.
    #[error("cannot open {}: {found}", .path.display())]
    Missing {
        /// The run file.
        path: PathBuf,
        /// What the system says.
        found: String,
    },
    /// The file is something else.
    #[error("{} is not a run file of reluflow: {found}; give a file that `reluflow run` wrote", .path.display())]
    NotRunFile {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// The file is none of this program.
    #[error("{} is none of reluflow's files: give one that `reluflow run`, `study` or `kernel` wrote", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by another version of the program.
    #[error(
        "{} has format version {found}; this program reads version {allowed}: use the reluflow that wrote it (attribute source)",
        .path.display()
    )]
    Version {
        /// The run file.
        path: PathBuf,
        /// The version of the file.
        found: u32,
        /// The version this program reads.
        allowed: u32,
    },
    /// Something in the file is missing or broken.
    #[error("{} is damaged: {found}", .path.display())]
    Damaged {
        /// The run file.
        path: PathBuf,
        /// What is broken.
        found: String,
    },
    /// A study file or a kernel file is not as it was written.
    #[error("{} is damaged: {found}; make it again with the command in its attribute history, or take a copy", .path.display())]
    DamagedArrays {
        /// The file.
        path: PathBuf,
        /// What is broken.
        found: String,
    },
    /// Nothing of a damaged file can be saved.
    #[error("{}: nothing can be saved: {found}; the file is as it was; run it again", .path.display())]
    Unrecoverable {
        /// The run file.
        path: PathBuf,
        /// What is missing or broken.
        found: String,
    },
    /// There is nothing to resume.
    #[error("{} is complete: {snapshots} snapshots up to its end, t = {}{}; there is nothing to resume", .path.display(), text::time(*.end), .ending.map_or(String::new(), |ending| format!(" ({ending})")))]
    Complete {
        /// The run file.
        path: PathBuf,
        /// Its snapshots.
        snapshots: usize,
        /// Its end.
        end: f64,
        /// The criterion that ended it.
        ending: Option<Ending>,
    },
    /// No valid checkpoint is left.
    #[error("{} holds no valid checkpoint: its snapshots can be read, but the run cannot be resumed; run it again", .path.display())]
    NoCheckpoint {
        /// The run file.
        path: PathBuf,
    },
    /// A snapshot that is not there.
    #[error("{} has no snapshot {index}: it has {len}, counted from 0", .path.display())]
    NoSnapshot {
        /// The run file.
        path: PathBuf,
        /// What was asked for.
        index: usize,
        /// How many there are.
        len: usize,
    },
    /// The disk is full.
    #[error("{}: {found} while writing {doing}; {last_good}; make room, then {}", .path.display(), .last_good.remedy(.path))]
    DiskFull {
        /// The run file.
        path: PathBuf,
        /// What was being written.
        doing: String,
        /// What the system says.
        found: String,
        /// What is safe.
        last_good: LastGood,
    },
    /// Writing failed for another reason.
    #[error("{}: writing {doing} failed: {found}; {last_good}", .path.display())]
    Write {
        /// The run file.
        path: PathBuf,
        /// What was being written.
        doing: String,
        /// What the system says.
        found: String,
        /// What is safe.
        last_good: LastGood,
    },
    /// The file did not stay where it was written.
    #[error("{}: while the run went on {lost}", .path.display())]
    Lost {
        /// The run file.
        path: PathBuf,
        /// What became of it.
        lost: Lost,
    },
    /// Reading failed.
    #[error("{}: reading {doing} failed: {found}", .path.display())]
    Read {
        /// The run file.
        path: PathBuf,
        /// What was being read.
        doing: String,
        /// What the system says.
        found: String,
    },
}

/// What is safe although writing failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LastGood {
    /// Nothing: the run had just begun.
    Nothing,
    /// All snapshots up to this one.
    Snapshot {
        /// Its number, counted from 0.
        index: usize,
        /// Its time.
        time: f64,
    },
    /// The file that was to be copied.
    Original,
    /// What had the name of a file that is written at once, if anything had.
    Unchanged,
}

impl fmt::Display for LastGood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LastGood::Nothing => write!(f, "no snapshot had been written"),
            LastGood::Snapshot { index, time } => {
                let time = text::time(*time);
                // As they are counted where they are reported.
                write!(f, "the last good one is snapshot {} (t = {time}), still readable", index + 1)
            }
            LastGood::Original => write!(f, "the original is as it was"),
            LastGood::Unchanged => write!(f, "nothing of that name was made or changed"),
        }
    }
}

impl LastGood {
    /// What to do once there is room.
    fn remedy(self, path: &Path) -> String {
        match self {
            LastGood::Nothing => "run again".to_owned(),
            LastGood::Snapshot { .. } => format!("`reluflow resume {}`", path.display()),
            LastGood::Original | LastGood::Unchanged => "try again".to_owned(),
        }
    }
}

/// The system's words for an error of the HDF5 library, and whether the disk is full.
fn explain(error: &hdf5::Error) -> (String, bool) {
    let text = match error.stack() {
        // The innermost frame holds the cause.
        Some(stack) => stack.last().map_or_else(|| error.to_string(), |frame| frame.desc().to_owned()),
        None => error.to_string(),
    };
    // "file write failed: ..., errno = 28, error message = 'No space left on device', ..."
    let errno = text.split("errno = ").nth(1).and_then(|rest| rest.split(',').next());
    let message = text.split("error message = '").nth(1).and_then(|rest| rest.split('\'').next());
    // ENOSPC, EDQUOT, and EFBIG for a limit on the size of files.
    let full = matches!(errno, Some("28" | "122" | "27"));
    (message.map(str::to_owned).unwrap_or(text), full)
}

impl IoError {
    pub(crate) fn write(path: &Path, doing: &str, error: &hdf5::Error, last_good: LastGood) -> IoError {
        let (path, doing) = (path.to_owned(), doing.to_owned());
        match explain(error) {
            (found, true) => IoError::DiskFull { path, doing, found, last_good },
            (found, false) => IoError::Write { path, doing, found, last_good },
        }
    }

    pub(crate) fn system(path: &Path, doing: &str, error: &std::io::Error, last_good: LastGood) -> IoError {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let (path, doing, found) = (path.to_owned(), doing.to_owned(), error.to_string());
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => IoError::DiskFull { path, doing, found, last_good },
            _ => IoError::Write { path, doing, found, last_good },
        }
    }

    /// Damage for which there is no remedy any more; other errors stay what they are.
    pub(crate) fn unrecoverable(self, path: &Path) -> IoError {
        match self {
            IoError::Damaged { found, .. } => IoError::Unrecoverable { path: path.to_owned(), found },
            IoError::Read { doing, found, .. } => IoError::Unrecoverable {
                path: path.to_owned(),
                found: format!("reading {doing} failed: {found}"),
            },
            other => other,
        }
    }

    pub(crate) fn read(path: &Path, doing: &str, error: &hdf5::Error) -> IoError {
        IoError::Read { path: path.to_owned(), doing: doing.to_owned(), found: explain(error).0 }
    }
}
