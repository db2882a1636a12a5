//! `reluflow check` and `reluflow info`.

use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;

use crate::cli_support::{folder_with_sine, json, reluflow};

fn tamper(path: &std::path::Path, variable: &str, index: [usize; 2], change: f64) {
    let file = crate::common::open_rw(path);
    let dataset = file.dataset(variable).unwrap();
    let mut values = dataset.read_2d::<f64>().unwrap();
    values[index] += change;
    dataset.write(&values).unwrap();
}

#[test]
fn a_good_run_passes_and_a_tampered_one_does_not() {
    let folder = folder_with_sine(60, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    let check = ["check", "output/sine.h5"];
    reluflow(folder.path()).args(check).assert().success().stderr("").stdout(contains("VIOLATED").not());
    reluflow(folder.path()).args(check).arg("--quiet").assert().success().stdout("").stderr("");
    let table = json(reluflow(folder.path()).args(check).arg("--json"));
    assert_eq!(table["holds"], true);
    let laws = table["laws"].as_array().unwrap();
    assert!(laws.len() >= 10 && laws.iter().all(|law| law["checked"] == true), "{table}");

    tamper(&folder.path().join("output/sine.h5"), "residual", [1, 2], 1e-3);
    reluflow(folder.path())
        .args(check)
        .assert()
        .code(1)
        .stdout(
            predicates::str::is_match(r"\nresidual +\S+ +\S+ +1  VIOLATED  stored residual against").unwrap(),
        )
        .stderr(contains("laws are violated"));
    reluflow(folder.path()).args(check).arg("-q").assert().code(1).stdout("");
    let output = reluflow(folder.path()).args(check).arg("--json").output().unwrap();
    let table: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &table["holds"]), (Some(1), &false.into()));
}

#[test]
fn a_thinned_run_is_checked_at_its_end() {
    let folder = folder_with_sine(60, 3);
    let path = folder.path().join("sine.toml");
    let text = std::fs::read_to_string(&path).unwrap() + "particles = \"none\"\n";
    std::fs::write(&path, text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    let table = json(reluflow(folder.path()).args(["check", "output/sine.h5", "--json"]));
    let residual = table["laws"].as_array().unwrap().iter().find(|law| law["law"] == "residual").unwrap();
    assert_eq!((&residual["checked"], &residual["time"]), (&true.into(), &2.0.into()));
}

/// Large measures are kept grouped by place, also in the checkpoint: their masses are not.
#[test]
fn a_large_thinned_run_with_unequal_masses_passes() {
    let folder = folder_with_sine(60, 3);
    let mut particles = "r,theta,mass\n".to_string();
    let total: f64 = (1..=9000).map(f64::from).sum();
    for i in 1..=9000 {
        let (unit, mass) = (f64::from(i) * 0.618_033_988_749_894_9, f64::from(i) / total);
        particles += &format!("{},{},{mass}\n", unit.sin(), 6.0 * unit.fract());
    }
    std::fs::write(folder.path().join("large.csv"), particles).unwrap();
    let text = "[samples]\nx = [-1, 0, 1]\ny = [0, 1, 0]\n[measure]\nfile = \"large.csv\"\n\
                [time]\nend = 0.5\n[output]\nparticles = \"none\"\nsnapshots = { count = 2 }\n";
    std::fs::write(folder.path().join("large.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "large.toml"]).assert().success();
    reluflow(folder.path()).args(["check", "output/large.h5"]).assert().success();
}

#[test]
fn validation_finds_a_changed_value() {
    let folder = folder_with_sine(60, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    let validate = ["validate", "output/sine.h5"];
    reluflow(folder.path()).args(validate).assert().success().stdout("output/sine.h5: valid\n").stderr("");
    assert_eq!(json(reluflow(folder.path()).args(validate).arg("--json"))["valid"], true);
    tamper(&folder.path().join("output/sine.h5"), "residual", [1, 2], 1e-3);
    reluflow(folder.path())
        .args(validate)
        .assert()
        .code(1)
        .stdout(contains("checksum"))
        .stderr(contains("1 thing is not as the format has it"));
    reluflow(folder.path()).args(["validate", "-q", "output/sine.h5"]).assert().code(1).stdout("");
}

#[test]
fn info_says_what_there_is() {
    let folder = folder_with_sine(60, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    reluflow(folder.path())
        .args(["info", "output/sine.h5"])
        .assert()
        .success()
        .stderr("")
        .stdout(contains("status").and(contains("finished")).and(contains("3 of 3")).and(contains("commit")));
    let info = json(reluflow(folder.path()).args(["info", "output/sine.h5", "--json"]));
    assert_eq!(info["status"], "finished");
    assert_eq!(info["particles"], 60);
    assert_eq!(info["times"], serde_json::json!([0.0, 1.0, 2.0]));
    assert_eq!(
        info["attributes"]["scenario"],
        std::fs::read_to_string(folder.path().join("sine.toml")).unwrap()
    );
    // Numbers are numbers, and texts stay texts.
    assert_eq!(
        (info["attributes"]["end"].as_f64(), info["attributes"]["tv"].as_f64()),
        (Some(2.0), Some(0.0))
    );
    assert!(info["attributes"]["git_commit"].is_string());
    let mass: f64 =
        info["last"]["mass"].as_object().unwrap().values().map(|mass| mass.as_f64().unwrap()).sum();
    assert!((mass - 1.0).abs() < 1e-12);
}

/// `reluflow info RUN | head -1`
#[test]
fn info_into_a_closed_pipe_is_not_an_error() {
    let folder = folder_with_sine(60, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"))
        .current_dir(folder.path())
        .args(["info", "output/sine.h5"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), vec![]));
}
