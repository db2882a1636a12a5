//! Running the program as a user does.

use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;

/// The program in a folder of its own, with an environment that changes nothing.
pub fn reluflow(folder: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("reluflow"));
    command.current_dir(folder).env_remove("RUST_BACKTRACE").env_remove("RELUFLOW_THREADS");
    command
}

/// All commands.
pub const COMMANDS: &[&[&str]] = &[
    &[],
    &["completions"],
    &["scenarios"],
    &["scenarios", "list"],
    &["scenarios", "show"],
    &["scenarios", "copy"],
];

/// Standard output of a command that succeeds, as JSON.
pub fn json(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}
