//! `reluflow run`: outputs, refusals, what it says and where.

use std::fs;

use predicates::prelude::*;
use predicates::str::{contains, is_match, starts_with};
use reluflow::io::RunFile;
use reluflow::scenario::scenarios;

use crate::cli_support::{assert_same_run, folder_with_sine, json, reluflow, sine};

#[test]
fn a_run_writes_to_the_output_folder_and_says_each_snapshot() {
    let folder = folder_with_sine(50, 3);
    reluflow(folder.path())
        .args(["run", "sine.toml"])
        .assert()
        .success()
        .stdout(is_match(r"^output/sine.h5: done, t = 2, \d+ steps in .* s, loss \d.*\n$").unwrap())
        .stderr(
            contains("snapshot 1 of 3 written: t = 0, step 0,")
                .and(contains("snapshot 2 of 3 written: t = 1,"))
                .and(contains("snapshot 3 of 3 written: t = 2,")),
        );
    let file = RunFile::open(&folder.path().join("output/sine.h5")).unwrap();
    assert_eq!((file.len(), file.time(2).unwrap()), (3, 2.0));
}

#[test]
fn quiet_is_silent_and_json_is_json() {
    let folder = folder_with_sine(50, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success().stdout("").stderr("");
    let summary = json(reluflow(folder.path()).args(["run", "sine.toml", "-q", "--json", "-o", "new/a.h5"]));
    assert_eq!(summary["file"], "new/a.h5");
    assert_eq!(summary["outcome"], "finished");
    assert_eq!(summary["time"], 2.0);
    assert!(summary["steps"].as_u64().unwrap() > 0);
}

#[test]
fn an_output_that_exists_is_refused_and_left_alone() {
    let folder = folder_with_sine(20, 2);
    let path = folder.path().join("a.h5");
    fs::write(&path, "mine").unwrap();
    let run = ["run", "-q", "sine.toml", "-o", "a.h5"];
    reluflow(folder.path())
        .args(run)
        .assert()
        .code(2)
        .stderr(contains("a.h5 exists already: choose another output with -o, or replace it with --force\n"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    reluflow(folder.path()).args(run).arg("--force").assert().success();
    assert_eq!(RunFile::open(&path).unwrap().len(), 2);
}

#[test]
fn a_table_of_samples_runs_with_defaults_that_are_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hat.csv"), "x,y\n0,0\n1,1\n2,0\n").unwrap();
    reluflow(folder.path())
        .args(["run", "hat.csv"])
        .assert()
        .success()
        .stderr(contains("note: no scenario given: x is column `x`").and(contains("tolerance 1e-6")));
    // The scenario in the file says the same.
    let text = reluflow(folder.path()).args(["info", "output/hat.h5", "--scenario"]).output().unwrap().stdout;
    fs::write(folder.path().join("hat.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "hat.toml", "-o", "again.h5"]).assert().success();
    assert_same_run(folder.path().join("output/hat.h5"), folder.path().join("again.h5"));
}

/// Users who did not read anything: what they are told names the place and the way out.
#[test]
fn careless_users_are_helped() {
    let folder = folder_with_sine(20, 2);
    let at = |name: &str| folder.path().join(name);
    fs::write(at("typo.toml"), sine(20, 2).replace("particles", "partciles")).unwrap();
    fs::write(at("holes.csv"), "x,y\n0,1\n1,\n2,3\n").unwrap();
    fs::write(at("notes.md"), "# notes\n").unwrap();
    fs::create_dir(at("folder")).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["run", "sine.tml"], "error: sine.tml: "),
        (&["run", "sin.toml"], "error: sin.toml: cannot be read: No such file"),
        (&["run", "typo.toml"], "error: typo.toml:5:1: unknown key `partciles`"),
        (&["run", "typo.toml"], "`particles`"),
        (&["run", "holes.csv"], "error: holes.csv:3"),
        (&["run", "notes.md"], "give a scenario ending in .toml or samples ending in .csv"),
        (&["run", "folder"], "error: folder: "),
        (&["run", "sine.toml", "-o", "sine.toml"], "sine.toml is the input: choose another output"),
        (
            &["run", "sine.toml", "-o", "sine.toml", "--force"],
            "sine.toml is the input: choose another output",
        ),
        (&["run", "sine.toml", "-o", "folder"], "error: "),
        (&["run", "sine.toml", "-o", "sine.toml/a.h5"], "the folder of the output cannot be made"),
        (&["run", "sine.toml", "--threads", "0"], "invalid value '0' for '--threads <N>'"),
        (&["check", "output/sine.h5"], "cannot open output/sine.h5"),
        (&["check", "sine.toml"], "sine.toml is not a run file of reluflow: it is not an HDF5 file"),
        (&["info", "folder"], "cannot open folder: it is a folder, not a regular file"),
        (&["resume", "sine.toml"], "sine.toml is not a run file of reluflow"),
        (&["recover", "nowhere.h5"], "cannot open nowhere.h5"),
    ];
    for (arguments, text) in cases {
        let assert = reluflow(folder.path()).args(*arguments).assert().stdout("").code(2);
        assert.stderr(starts_with("error: ").and(contains(*text)).and(contains("panicked").not()));
    }
    assert_eq!(fs::read_to_string(at("sine.toml")).unwrap(), sine(20, 2));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let folder = folder_with_sine(3000, 3);
    for threads in ["1", "2", "8"] {
        let output = format!("{threads}.h5");
        reluflow(folder.path())
            .args(["run", "-q", "sine.toml", "--threads", threads, "--oversubscribe", "-o", &output])
            .assert()
            .success();
        assert_same_run(folder.path().join("1.h5"), folder.path().join(output));
    }
}

/// Each shipped scenario, made small, runs to its end, and its file keeps all laws.
#[test]
fn shipped_scenarios_run_at_tiny_size() {
    let folder = tempfile::tempdir().unwrap();
    for shipped in scenarios() {
        reluflow(folder.path()).args(["scenarios", "copy", "-q", shipped.name]).assert().success();
        let bare = shipped.name.rsplit('/').next().unwrap();
        let path = folder.path().join(format!("{bare}.toml"));
        let mut scenario: toml::Table = fs::read_to_string(&path).unwrap().parse().unwrap();
        let measure = scenario["measure"].as_table_mut().unwrap();
        if let Some(particles) = measure.get_mut("particles") {
            *particles = 40.into();
        }
        let time = scenario["time"].as_table_mut().unwrap();
        if time.contains_key("steps") {
            time.insert("steps".to_string(), 40.into());
        } else {
            time.insert("end".to_string(), 0.05.into());
        }
        let output = toml::Table::from_iter([(
            "snapshots".to_string(),
            toml::Table::from_iter([("count".to_string(), 3.into())]).into(),
        )]);
        scenario.insert("output".to_string(), output.into());
        fs::write(&path, scenario.to_string()).unwrap();
        let file = format!("output/{bare}.h5");
        reluflow(folder.path()).args(["run", "-q"]).arg(&path).assert().success().stderr("");
        reluflow(folder.path()).args(["check", &file]).assert().success().stderr("");
    }
}
