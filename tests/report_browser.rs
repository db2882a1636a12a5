//! The report in a browser: headless Chromium, driven by Selenium.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli_support::reluflow;
use crate::oracles::{python, skip};

/// The Python of the tests with Selenium, if there is a Chromium with its driver.
fn browser() -> Option<PathBuf> {
    let python = python("selenium")?;
    for name in ["chromedriver", "chromium"] {
        if !Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()) {
            skip(name);
            return None;
        }
    }
    Some(python)
}

const RUN: &str = "title = \"In a browser\"\n[samples]\nfunction = \"sine\"\ncount = 5\nfrequency = 0.4774648292756860\n\
    [measure]\nparticles = 400\nseed = 1\n[time]\nend = 10.0\n[output]\nsnapshots = { count = 9 }\n";

#[test]
fn a_browser_shows_it_and_keyboard_and_pointer_work() {
    let Some(python) = browser() else { return };
    let folder = tempfile::tempdir().unwrap();
    let make = |arguments: &[&str]| {
        reluflow(folder.path()).args(arguments).assert().success();
    };
    fs::write(folder.path().join("run.toml"), RUN).unwrap();
    let density = RUN.replace("particles = 400\nseed = 1", "representation = \"density\"\ncells = [64, 64]");
    fs::write(folder.path().join("density.toml"), density).unwrap();
    make(&["run", "-q", "density.toml", "-o", "density.h5"]);
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
    for name in ["run", "density", "sweep", "width"] {
        make(&["report", "-q", &format!("{name}.h5")]);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.py");
    let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("all went well"), "{text}");
}
