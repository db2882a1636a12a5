//! Signals. Ctrl-C: the first asks the run to stop after its step, the second ends the program at
//! once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::{Exit, Failure};
use super::output::note;

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C sets the flag that is returned, and says so unless `quiet`.
///
/// # Errors
/// When the system refuses the handler.
pub fn watch(quiet: bool) -> Result<&'static AtomicBool, Failure> {
    ctrlc::set_handler(move || {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            // Not `std::process::exit`: its exit handlers would close the run file under the
            // hands of the thread that is writing it.
            // SAFETY: `_exit` only ends the process.
            unsafe { libc::_exit(Exit::Interrupted as i32) }
        }
        if !quiet {
            note("\ninterrupted: finishing the step and writing a snapshot; Ctrl-C again ends at once");
        }
    })
    .map_err(|error| Failure::computation(format!("cannot watch for Ctrl-C: {error}")))?;
    Ok(&REQUESTED)
}

/// Makes a write beyond a limit on the size of files (`ulimit -f`) an error, which the run reports
/// as it does a full disk, instead of a signal that ends the program without a word.
pub fn ignore_file_size_signal() {
    // SAFETY: no handler is installed, the signal is only ignored.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}
