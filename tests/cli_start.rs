//! Runs that are their start alone, and snapshots that a scenario leaves to the program.

use std::fs;

use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use reluflow::io::RunFile;

use crate::cli_support::{assert_same_run, json, reluflow};

const COMMANDS: [&[&str]; 8] = [
    &["info"],
    &["check"],
    &["validate"],
    &["resume"],
    &["report", "-o", "page.html"],
    &["plot", "--all", "-o", "figures"],
    &["landscape", "-o", "landscape.h5"],
    &["convert", "--to", "knots"],
];

/// A start has one snapshot, on which every command works; of all kinds of runs.
#[test]
fn a_run_may_be_its_start_alone() {
    for (name, set) in [
        ("sine", "time.end=0"),
        ("lifted", "time.end=0"),
        ("density", "time.end=0"),
        ("gd", "time.steps=0"),
        ("mcycle", "time.end=0"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let small = if name == "density" { "measure.cells=[32, 32]" } else { "measure.particles=60" };
        reluflow(folder.path())
            .args(["run", name, "--set", set, "--set", small, "-o", "start.h5"])
            .assert()
            .success()
            .stdout(contains("start.h5: done, t = 0, 0 steps"))
            .stderr(contains("A network at its start: Nothing has moved yet"));
        let file = RunFile::open(&folder.path().join("start.h5")).unwrap();
        assert_eq!((file.len(), file.time(0).unwrap()), (1, 0.0), "{name}");
        for command in COMMANDS {
            if name == "density" && command[0] == "convert" {
                continue;
            }
            let output =
                reluflow(folder.path()).arg(command[0]).arg("start.h5").args(&command[1..]).output().unwrap();
            assert!(output.status.success(), "{name}, {command:?}: {output:?}");
        }
        let found = json(reluflow(folder.path()).args(["info", "start.h5", "--json"]));
        assert_eq!(found["snapshots"]["due"], 1, "{name}: {found:#}");
        reluflow(folder.path()).args(["scenarios", "copy", name, "here.toml"]).assert().success();
        if name == "sine" {
            reluflow(folder.path())
                .args(["kernel", "here.toml", "--run", "start.h5", "--no-file"])
                .assert()
                .success()
                .stdout(contains("particle run"));
        }
    }
}

/// He, the network as frameworks have it: `m = 1000` neurons learn in a thousandth of mean-field time.
const HE: &str = "[samples]\nfunction = \"sine\"\ncount = 8\n[measure]\nparticles = 300\nlaw = \"he\"\nseed = 2\n\
    [flow]\nkind = \"lifted\"\nscaling = \"1\"\n[time]\nend = 100\n";

/// All residuals of a run.
fn snapshots(path: &std::path::Path) -> Vec<Vec<f64>> {
    let file = RunFile::open(path).unwrap();
    (0..file.len()).map(|i| file.snapshot(i).unwrap().residual.to_vec()).collect()
}

#[test]
fn snapshots_show_the_learning_where_the_scenario_leaves_them_to_the_program() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("he.toml"), HE).unwrap();
    reluflow(folder.path()).args(["run", "he.toml", "-o", "he.h5"]).assert().success().stderr(
        contains("note: output.snapshots = { log = { first = 1e-").and(contains("decay at rates from")),
    );
    let file = RunFile::open(&folder.path().join("he.h5")).unwrap();
    let losses: Vec<f64> =
        (0..file.len()).map(|i| file.snapshot(i).unwrap().loss / file.snapshot(0).unwrap().loss).collect();
    // Something is learnt at the first, little; and several are on the way.
    assert!(losses[1] > 0.7 && losses[1] < 0.9999, "{losses:?}");
    let amidst = losses.iter().filter(|loss| (0.02..0.98).contains(*loss)).count();
    assert!((15..=30).contains(&losses.len()) && amidst >= 4, "{losses:?}");
    // The file says what was chosen, and its scenario makes the same run.
    let text = file.description().unwrap().scenario;
    assert!(text.contains("snapshots = { log = { first = 1e-"), "{text}");
    fs::write(folder.path().join("again.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "again.toml", "-o", "again.h5"]).assert().success();
    assert_eq!(
        file.description().unwrap().schedule,
        RunFile::open(&folder.path().join("again.h5")).unwrap().description().unwrap().schedule
    );
    let [a, b] = ["he.h5", "again.h5"].map(|name| snapshots(&folder.path().join(name)));
    assert_eq!(a, b);
    // Other numbers of threads choose the same.
    reluflow(folder.path())
        .args(["run", "-q", "he.toml", "--threads", "1", "-o", "one.h5"])
        .assert()
        .success();
    assert_same_run(folder.path().join("he.h5"), folder.path().join("one.h5"));
    reluflow(folder.path()).args(["check", "-q", "he.h5"]).assert().success();
}

#[test]
fn snapshots_that_show_it_anyway_or_are_asked_for_stay() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("he.toml"), HE).unwrap();
    for (set, count) in [
        ("output.snapshots={ count = 3 }", 3),
        // The loss falls by little in a tenth of this.
        ("time.end=2e-8", 11),
        ("time.end=0", 1),
    ] {
        reluflow(folder.path())
            .args(["run", "he.toml", "--force", "-o", "he.h5", "--set", set])
            .assert()
            .success()
            .stderr(starts_with("he: 8 samples"));
        assert_eq!(RunFile::open(&folder.path().join("he.h5")).unwrap().len(), count, "{set}");
    }
}
