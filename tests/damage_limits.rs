//! A program under limits of memory, time and file size, and how it ended.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Address space of one command.
const MEMORY: u64 = 4 << 30;
/// Time on the processor of one command (s).
const SECONDS: u64 = 20;
/// Time by the clock: more, because other tests compute at the same time.
const PATIENCE: Duration = Duration::from_secs(180);
/// Largest file that one command may write.
const LARGEST: u64 = 1 << 30;
/// Texts that only a fault of the program prints.
const PANICS: [&str; 5] = ["this is a bug", "panicked", "RUST_BACKTRACE", "stack overflow", "Assertion"];

/// What a command must never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It says that it panicked.
    Panic,
    /// A signal ended it.
    Signal,
    /// It ran out of the memory that it was given.
    Memory,
    /// It took too long.
    Time,
    /// It ended with another code than 0, 1 and 2.
    Code,
    /// What `check` and `validate` accept is not the original.
    Silent,
    /// What `recover` wrote does not pass `validate`, or the damaged file is gone.
    Recovered,
}

/// How a command ended.
pub struct Ended {
    pub code: Option<i32>,
    /// Both of its streams.
    pub text: String,
    pub fault: Option<Fault>,
}

impl Ended {
    pub fn accepts(&self) -> bool {
        self.code == Some(0) && self.fault.is_none()
    }
}

/// Runs a command in a folder under the limits; `scratch` is the name of a file there for what it
/// prints.
pub fn run(mut command: Command, folder: &Path, scratch: &str) -> Ended {
    let printed = folder.join(scratch);
    let out = fs::File::create(&printed).unwrap();
    command.current_dir(folder).stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
    command.env_remove("RUST_BACKTRACE").env("RELUFLOW_THREADS", "1").env("OPENBLAS_NUM_THREADS", "1");
    // SAFETY: only calls that are allowed between fork and exec.
    unsafe { command.pre_exec(limit) };
    let mut child = command.spawn().unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break Some(status);
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            break None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let text = String::from_utf8_lossy(&fs::read(&printed).unwrap()).into_owned();
    fs::remove_file(&printed).unwrap();
    let code = status.and_then(|status| status.code());
    let signal = status.and_then(|status| status.signal());
    let fault = if signal == Some(libc::SIGXCPU) || status.is_none() {
        Some(Fault::Time)
    } else if text.contains("memory allocation of") || text.contains("out of memory") && signal.is_some() {
        Some(Fault::Memory)
    } else if signal.is_some() {
        Some(Fault::Signal)
    } else if PANICS.iter().any(|panic| text.contains(panic)) {
        Some(Fault::Panic)
    } else if !matches!(code, Some(0..=2)) {
        Some(Fault::Code)
    } else {
        None
    };
    Ended { code, text, fault }
}

fn limit() -> std::io::Result<()> {
    for (resource, value) in [
        (libc::RLIMIT_AS, MEMORY),
        (libc::RLIMIT_CPU, SECONDS),
        (libc::RLIMIT_FSIZE, LARGEST),
        (libc::RLIMIT_CORE, 0),
    ] {
        // One second more to die in, where the first signal does nothing.
        let hard = if resource == libc::RLIMIT_CPU { value + 1 } else { value };
        let limit = libc::rlimit { rlim_cur: value, rlim_max: hard };
        // SAFETY: `limit` outlives the call.
        if unsafe { libc::setrlimit(resource, &limit) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Every fault is seen as what it is.
#[test]
fn faults_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |script: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, folder.path(), "printed").fault
    };
    assert_eq!(fault("exit 2"), None);
    assert_eq!(fault("exit 101"), Some(Fault::Code));
    assert_eq!(fault("kill -SEGV $$"), Some(Fault::Signal));
    assert_eq!(fault("kill -XCPU $$"), Some(Fault::Time));
    assert_eq!(fault("echo 'error: this is a bug in reluflow' >&2; exit 1"), Some(Fault::Panic));
    assert_eq!(fault("echo 'memory allocation of 9 bytes failed' >&2; kill -ABRT $$"), Some(Fault::Memory));
    assert_eq!(fault("test $(ulimit -v) -le 4194304 && test $(ulimit -t) -eq 20"), None);
}
