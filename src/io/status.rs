//! What became of the run that wrote a file.

use std::fmt;

/// What became of the run that wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It reached its end.
    Finished,
    /// It was stopped before its end, and closed the file.
    Interrupted,
    /// It is being written.
    Running,
    /// It was killed, or could not write: the file was never closed.
    Killed,
}

impl Status {
    /// Whether other tools open the file without being told how.
    pub fn is_ordinary(self) -> bool {
        matches!(self, Status::Finished | Status::Interrupted)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Status::Finished => "finished",
            Status::Interrupted => "interrupted before its end: `reluflow resume` continues it",
            Status::Running => "being written: other tools open it as SWMR readers only (h5py: swmr=True)",
            Status::Killed => {
                "killed while it was written: `reluflow resume` continues it, `reluflow recover` makes \
                 it an ordinary file that other tools open"
            }
        })
    }
}
