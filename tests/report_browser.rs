//! The report in a browser: headless Chromium, driven by Selenium.
//!
//! Skipped, with a message, where Chromium, its driver or Selenium is not installed;
//! `.ci/setup --test` installs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli_support::reluflow;

/// The Python of the tests, if it has Selenium and there is a Chromium with its driver.
fn python() -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    let works = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let found = works(Command::new(&python).args(["-c", "import selenium"]))
        && works(Command::new("chromedriver").arg("--version"))
        && works(Command::new("chromium").arg("--version"));
    if !found {
        println!(
            "skipped: chromium, chromedriver or Selenium in target/python is missing; run .ci/setup --test"
        );
    }
    found.then_some(python)
}

const RUN: &str = "title = \"In a browser\"\n[samples]\nfunction = \"sine\"\ncount = 5\nfrequency = 0.4774648292756860\n\
    [measure]\nparticles = 400\nseed = 1\n[time]\nend = 10.0\n[output]\nsnapshots = { count = 9 }\n";

#[test]
fn a_browser_shows_it_and_keyboard_and_pointer_work() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let make = |arguments: &[&str]| {
        reluflow(folder.path()).args(arguments).assert().success();
    };
    fs::write(folder.path().join("run.toml"), RUN).unwrap();
    make(&["run", "-q", "run.toml", "-o", "run.h5"]);
    make(&[
        "study",
        "sweep",
        "run.toml",
        "-q",
        "-o",
        "sweep.h5",
        "--set",
        "measure.scale=0.5,1,2",
        "--set",
        "flow.tv=0,0.1",
    ]);
    make(&[
        "study",
        "width",
        "run.toml",
        "-q",
        "-o",
        "width.h5",
        "--widths",
        "50,200,800",
        "--seeds",
        "4",
        "--limit-particles",
        "10000",
    ]);
    for name in ["run", "sweep", "width"] {
        make(&["report", "-q", &format!("{name}.h5")]);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("all went well"), "{text}");
}
