//! Runs that are stopped, killed, resumed and recovered.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::io::{RunFile, RunWriter, Status};
use reluflow::run::Simulation;
use reluflow::scenario::Scenario;

use crate::cli_support::{assert_same_run, folder_with_sine, json, reluflow, start_and_wait_for};

/// Particles enough for a run of a second or so.
const PARTICLES: usize = 20_000;

fn finish_and_compare(folder: &Path, run: &str) {
    reluflow(folder).args(["resume", "-q", run]).assert().success().stdout("").stderr("");
    reluflow(folder).args(["run", "-q", "sine.toml", "-o", "whole.h5"]).assert().success();
    assert_same_run(folder.join(run), folder.join("whole.h5"));
    reluflow(folder).args(["check", "-q", run]).assert().success();
}

#[test]
fn ctrl_c_stops_after_a_snapshot_and_resume_gives_the_same_bits() {
    let folder = folder_with_sine(PARTICLES, 21);
    let run = start_and_wait_for(folder.path(), &["run", "sine.toml"], "snapshot 3 of 21");
    run.signal(libc::SIGINT);
    let (said, code) = run.finish();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("interrupted: finishing the step"), "{said}");
    assert!(said.contains("of 2; continue with: reluflow resume output/sine.h5\n"), "{said}");
    let path = folder.path().join("output/sine.h5");
    assert_eq!(RunFile::open(&path).unwrap().status(), Status::Interrupted);
    reluflow(folder.path())
        .args(["run", "sine.toml"])
        .assert()
        .code(2)
        .stderr(contains("it is a run that has not finished: reluflow resume output/sine.h5 continues it"));
    finish_and_compare(folder.path(), "output/sine.h5");
    // Once more there is nothing to do, and that is no error.
    reluflow(folder.path())
        .args(["resume", "output/sine.h5"])
        .assert()
        .success()
        .stderr(contains("is complete: 21 snapshots"));
}

#[test]
fn a_second_ctrl_c_ends_at_once_and_loses_nothing_reported() {
    // Writing the extra snapshot of so many particles takes longer than the second Ctrl-C.
    let folder = folder_with_sine(400_000, 201);
    let mut run = start_and_wait_for(folder.path(), &["run", "sine.toml"], "snapshot 2 of 201");
    run.signal(libc::SIGINT);
    run.wait_for("interrupted: finishing");
    run.signal(libc::SIGINT);
    let (said, code) = run.finish();
    assert_eq!(code, Some(130));
    assert!(!said.contains("continue with"), "{said}");
    let file = RunFile::open(&folder.path().join("output/sine.h5")).unwrap();
    assert_eq!(file.status(), Status::Killed);
    assert!(file.len() >= 2);
}

#[test]
fn a_killed_run_is_told_recovered_and_resumed() {
    let folder = folder_with_sine(PARTICLES, 21);
    let run = start_and_wait_for(folder.path(), &["run", "sine.toml"], "snapshot 4 of 21");
    run.signal(libc::SIGKILL);
    assert_eq!(run.finish().1, None);
    let path = folder.path().join("output/sine.h5");
    fs::copy(&path, folder.path().join("copy.h5")).unwrap();
    reluflow(folder.path())
        .args(["info", "copy.h5"])
        .assert()
        .success()
        .stderr(contains("note: copy.h5: killed while it was written: `reluflow resume` continues it"));
    let found = json(reluflow(folder.path()).args(["recover", "copy.h5", "--json"]));
    assert!(found["snapshots"].as_u64().unwrap() >= 4, "{found}");
    assert!(found["resumes_at"].is_number() && found["original"].is_null(), "{found}");
    assert_eq!((&found["lost_step_count"], &found["was_ordinary"]), (&0.into(), &false.into()));
    reluflow(folder.path())
        .args(["recover", "copy.h5"])
        .assert()
        .success()
        .stdout(contains("is an ordinary file already"));
    reluflow(folder.path()).args(["resume", "-q", "copy.h5"]).assert().success();
    finish_and_compare(folder.path(), "output/sine.h5");
    assert_same_run(folder.path().join("copy.h5"), folder.path().join("whole.h5"));
}

/// A kill right after the first snapshot: the start must not be stored twice.
#[test]
fn a_run_killed_at_its_start_resumes() {
    let folder = folder_with_sine(100, 5);
    let scenario = Scenario::read(&folder.path().join("sine.toml")).unwrap();
    let simulation = Simulation::new(&scenario.description, scenario.start).unwrap();
    let path = folder.path().join("start.h5");
    let mut writer = RunWriter::create(&path, &scenario.description, false).unwrap();
    writer.write(&simulation.snapshot(), simulation.state(), &[], true).unwrap();
    writer.finish().unwrap();
    finish_and_compare(folder.path(), "start.h5");
}

/// A limit on the size of files stands in for a full disk.
#[test]
fn a_full_disk_stops_the_run_and_what_was_reported_is_there() {
    let folder = folder_with_sine(PARTICLES, 21);
    let program = assert_cmd::cargo::cargo_bin!("reluflow");
    let output = std::process::Command::new("sh")
        .args(["-c", "ulimit -f 6000; exec \"$0\" run sine.toml"])
        .arg(program)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let reported = said.matches(" of 21 written").count();
    assert!(0 < reported && reported < 21, "{said}");
    let last = format!("the last good one is snapshot {reported} (t = ");
    assert!(said.contains(&last) && said.contains("make room, then `reluflow resume"), "{said}");
    assert!(RunFile::open(&folder.path().join("output/sine.h5")).unwrap().len() >= reported);
    finish_and_compare(folder.path(), "output/sine.h5");
}

#[test]
fn a_file_that_is_being_written_is_left_alone() {
    let folder = folder_with_sine(PARTICLES, 21);
    let run = start_and_wait_for(folder.path(), &["run", "sine.toml"], "snapshot 2 of 21");
    run.signal(libc::SIGSTOP);
    let locked = contains("is being written by another process: wait for it or stop it");
    for command in ["resume", "recover"] {
        reluflow(folder.path()).args([command, "output/sine.h5"]).assert().code(2).stderr(locked.clone());
    }
    let force = ["run", "sine.toml", "-q", "--force"];
    reluflow(folder.path()).args(force).assert().code(2).stderr(locked);
    reluflow(folder.path())
        .args(["info", "output/sine.h5"])
        .assert()
        .success()
        .stderr(contains("being written").and(contains("swmr=True")));
    run.signal(libc::SIGCONT);
    assert_eq!(run.finish().1, Some(0));
}
