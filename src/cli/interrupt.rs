//! Ctrl-C: the first asks the run to stop after its step, the second ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::{Exit, Failure};
use super::output::note;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C sets the flag that is returned.
///
/// # Errors
/// When the system refuses the handler.
pub fn watch() -> Result<&'static AtomicBool, Failure> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            // Not `std::process::exit`: its exit handlers would close the run file under the
            // hands of the thread that is writing it.
            // SAFETY: `_exit` only ends the process.
            unsafe { libc::_exit(Exit::Interrupted as i32) }
        }
        note("\ninterrupted: finishing the step and writing a snapshot; Ctrl-C again ends at once");
    })
    .map_err(|error| Failure::computation(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(&REQUESTED)
}
