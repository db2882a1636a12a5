//! Running the program as a user does.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use assert_cmd::Command;
use reluflow::io::RunFile;
use serde_json::Value;

/// All commands.
pub const COMMANDS: &[&[&str]] = &[
    &[],
    &["run"],
    &["check"],
    &["compare"],
    &["info"],
    &["validate"],
    &["convert"],
    &["density"],
    &["resume"],
    &["recover"],
    &["kernel"],
    &["analyse"],
    &["landscape"],
    &["law"],
    &["report"],
    &["reproduce"],
    &["plot"],
    &["completions"],
    &["scenarios"],
    &["scenarios", "list"],
    &["scenarios", "show"],
    &["scenarios", "copy"],
    &["study"],
    &["study", "sweep"],
    &["study", "width"],
    &["study", "phase"],
    &["study", "merge"],
];

/// The program in a folder of its own, with an environment that changes nothing.
pub fn reluflow(folder: &Path) -> Command {
    Command::from_std(plain(folder))
}

fn plain(folder: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE").env_remove("RELUFLOW_THREADS");
    command
}

/// Standard output of a command that succeeds, as JSON.
pub fn json(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Five samples of a sine and some particles, with `snapshots` of them until time 2.
pub fn sine(particles: usize, snapshots: usize) -> String {
    format!(
        "[samples]\nfunction = \"sine\"\ncount = 5\n[measure]\nparticles = {particles}\nseed = 1\n\
         [time]\nend = 2.0\n[output]\nsnapshots = {{ count = {snapshots} }}\n"
    )
}

/// A folder with that scenario as `sine.toml`.
pub fn folder_with_sine(particles: usize, snapshots: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sine.toml"), sine(particles, snapshots)).unwrap();
    folder
}

/// Starts the program and waits for the line of standard error that starts with `line`.
pub fn start_and_wait_for(folder: &Path, arguments: &[&str], line: &str) -> Started {
    let mut started = start(folder, arguments);
    started.wait_for(line);
    started
}

/// Starts the program.
pub fn start(folder: &Path, arguments: &[&str]) -> Started {
    let mut command = plain(folder);
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    Started { stderr: BufReader::new(child.stderr.take().unwrap()), child }
}

/// A program under way.
pub struct Started {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Started {
    /// Reads standard error up to the line that starts so.
    pub fn wait_for(&mut self, start: &str) {
        let mut line = String::new();
        while !line.starts_with(start) {
            line.clear();
            assert!(self.stderr.read_line(&mut line).unwrap() > 0, "the program never said {start:?}");
        }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: libc::c_int) {
        let id = self.child.id().try_into().unwrap();
        // SAFETY: sends a signal to our child, which has not been waited for.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    /// What it says from now on, and its exit code (none when a signal ended it).
    pub fn finish(mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stderr, &mut rest).unwrap();
        (rest, self.child.wait().unwrap().code())
    }
}

/// Everything two runs computed is the same, bit for bit.
pub fn assert_same_run(a: PathBuf, b: PathBuf) {
    let (a, b) = (RunFile::open(&a).unwrap(), RunFile::open(&b).unwrap());
    assert_eq!(a.status(), b.status());
    assert_eq!(a.description().unwrap(), b.description().unwrap());
    assert_eq!(a.len(), b.len());
    for index in 0..a.len() {
        assert_eq!(a.snapshot(index).unwrap(), b.snapshot(index).unwrap(), "snapshot {index}");
        assert_eq!(a.particles(index).unwrap(), b.particles(index).unwrap(), "particles of {index}");
    }
    assert_eq!(a.steps().unwrap(), b.steps().unwrap());
    assert_eq!(a.checkpoint().unwrap(), b.checkpoint().unwrap());
}
