//! What tests compare with and may find missing: Python with modules, tools of HDF5, a browser.
//! `.ci/setup --test` installs all of them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Set by `.ci/run`: a test whose oracle is missing fails.
const REQUIRED: &str = "RELUFLOW_REQUIRE_ORACLES";

/// Says on the terminal that a test is skipped, even when it passes.
pub fn say_skipped(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_string();
    // Not `println!`, which the harness keeps to itself when a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: {why}");
}

/// A test is skipped because its oracle is missing; with `RELUFLOW_REQUIRE_ORACLES` it fails.
pub fn skip(missing: &str) {
    let required = std::env::var_os(REQUIRED).is_some_and(|value| !value.is_empty());
    assert!(!required, "{missing} is missing and {REQUIRED} is set: run .ci/setup --test");
    say_skipped(&format!("{missing} is missing; .ci/setup --test installs it"));
}

/// A Python that has these modules: `RELUFLOW_PYTHON`, or the one of `.ci/setup --test`.
pub fn python(modules: &str) -> Option<PathBuf> {
    let named = std::env::var_os("RELUFLOW_PYTHON").map(PathBuf::from);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    let python = named.unwrap_or(installed);
    let found = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip(&format!("a Python with {modules}"));
    None
}

/// What a tool prints about a file. It must have no complaints.
pub fn tool(name: &str, arguments: &[&str], path: &Path) -> Option<String> {
    let Ok(output) = Command::new(name).args(arguments).arg(path).output() else {
        skip(name);
        return None;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && errors.is_empty(), "{name}: {text}{errors}");
    Some(text)
}

/// Runs a script of `tests/oracles` on an input, if it takes one, and reads what it wrote.
pub fn oracle(python: PathBuf, script: &str, input: Option<&Value>) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (cases, results) = (folder.path().join("cases.json"), folder.path().join("results.json"));
    let mut command = Command::new(python);
    command.arg(format!("{}/tests/oracles/{script}", env!("CARGO_MANIFEST_DIR"))).env("JAX_PLATFORMS", "cpu");
    if let Some(input) = input {
        std::fs::write(&cases, input.to_string()).unwrap();
        command.arg(&cases);
    }
    let run = command.arg(&results).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_str(&std::fs::read_to_string(&results).unwrap()).unwrap()
}

/// `skip` passes a test here and fails it where oracles are required: seen in children, since the
/// environment belongs to all tests.
#[test]
fn a_missing_oracle_fails_where_oracles_are_required() {
    let child = |required: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "oracles::an_oracle_that_is_never_there", "--ignored"]);
        command.env(REQUIRED, required).output().unwrap()
    };
    let skipped = child("");
    assert!(skipped.status.success());
    let told = String::from_utf8_lossy(&skipped.stderr);
    assert!(told.contains("an_oracle_that_is_never_there: no such tool is missing"), "{told}");
    let failed = child("1");
    assert!(!failed.status.success());
    let told =
        String::from_utf8_lossy(&failed.stdout).into_owned() + &String::from_utf8_lossy(&failed.stderr);
    assert!(told.contains("run .ci/setup --test"), "{told}");
    assert!(
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run"))
            .unwrap()
            .contains(REQUIRED)
    );
}

#[test]
#[ignore = "a child of the test above"]
fn an_oracle_that_is_never_there() {
    assert!(tool("no such tool", &[], Path::new("/")).is_none());
}
