//! Whether libhdf5 survives a file.
//!
//! The library trusts much of what a file says of itself, and crashes, or loops for ever, on some
//! that are damaged. So before a command opens a file, this program starts itself once more, as
//! `reluflow __probe WHAT FILE`. That process reads what the command will, with limits on its time and
//! memory, and says nothing: only how it ends counts. If a signal ends it, the file is refused,
//! and the command itself never opens it. If it ends by itself, the command goes on, and tells
//! whatever is wrong in its own words.
//!
//! Small files are read whole; of larger ones all that the library has to understand (headers,
//! types, indexes of chunks, dimension lists) but not the numbers, which pass through checksums and
//! filters only. The limit on time is one of the processor's, which neither a busy machine nor a
//! slow disk uses up.

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::io;

use super::failure::{Failure, quoted};

/// The first argument of the process that reads.
const PROBE: &str = "__probe";
/// The second: what it reads.
const VALUES: &str = "values";
const LISTS: &str = "lists";
/// Seconds of the processor for a small file.
const SECONDS: u64 = 3;
/// Bytes of a file for which there is a second more.
const BYTES_PER_SECOND: u64 = 16 << 20;
/// Memory that the process may ask for.
const MEMORY: u64 = 4 << 30;
/// Signals by which users and systems end processes, whatever these do.
const FROM_OUTSIDE: [i32; 5] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGPIPE];

/// Refuses a file on which libhdf5 crashes when its values are read.
///
/// # Errors
/// The process that read it was ended by a signal.
pub fn guard(path: &Path) -> Result<(), Failure> {
    try_out(VALUES, path)
}

/// As [`guard`], before dimension lists are read, too.
///
/// # Errors
/// As [`guard`].
pub fn guard_lists(path: &Path) -> Result<(), Failure> {
    try_out(LISTS, path)
}

fn try_out(what: &str, path: &Path) -> Result<(), Failure> {
    // What the library never sees cannot crash it.
    let Ok(program) = std::env::current_exe() else { return Ok(()) };
    if !path.is_file() {
        return Ok(());
    }
    let ended = Command::new(program)
        .args([PROBE, what])
        .arg(path)
        // Threads that are not needed take time to start, and memory.
        .envs([("OPENBLAS_NUM_THREADS", "1"), ("OMP_NUM_THREADS", "1")])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Where no process can be started the file is read unprobed.
    let signal = ended.ok().and_then(|status| status.signal());
    match signal.filter(|signal| !FROM_OUTSIDE.contains(signal)) {
        None => Ok(()),
        Some(signal) => {
            let what = match signal {
                libc::SIGXCPU => "does not come to an end".to_owned(),
                libc::SIGABRT => "runs out of memory, or gives up,".to_owned(),
                signal => format!("crashes (signal {signal})"),
            };
            let text = format!("{} is damaged: the HDF5 library {what} while reading it", quoted(path));
            Err(Failure::computation(text).help("take a copy from a backup, or run it again"))
        }
    }
}

/// What the process that reads does; `None` in any other process.
pub fn as_child() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(PROBE)) {
        return None;
    }
    let what = arguments.next()?;
    let path = arguments.next()?;
    let bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
    limit(libc::RLIMIT_CPU as _, SECONDS + bytes / BYTES_PER_SECOND);
    limit(libc::RLIMIT_AS as _, MEMORY);
    limit(libc::RLIMIT_CORE as _, 0);
    io::probe(Path::new(&path), what == LISTS);
    Some(ExitCode::SUCCESS)
}

/// Lowers a limit of this process.
fn limit(resource: libc::c_int, most: u64) {
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limits` is a valid structure, and outlives both calls; a failure changes nothing.
    unsafe {
        if libc::getrlimit(resource as _, &mut limits) == 0 {
            limits.rlim_cur = limits.rlim_cur.min(most as libc::rlim_t);
            libc::setrlimit(resource as _, &limits);
        }
    }
}
