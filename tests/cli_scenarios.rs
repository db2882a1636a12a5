//! `reluflow scenarios`.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::scenario::scenarios;

use crate::cli_support::{json, reluflow};

#[test]
fn the_list_is_complete_as_text_and_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let text = reluflow(folder.path()).args(["scenarios", "list"]).output().unwrap().stdout;
    assert_eq!(String::from_utf8(text).unwrap().lines().count(), scenarios().len());
    let list = json(reluflow(folder.path()).args(["scenarios", "list", "--json"]));
    let names: Vec<&str> =
        list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect();
    assert_eq!(names, scenarios().iter().map(|shipped| shipped.name).collect::<Vec<_>>());
}

#[test]
fn an_unknown_name_is_told_the_known_ones() {
    let folder = tempfile::tempdir().unwrap();
    reluflow(folder.path())
        .args(["scenarios", "show", "motorcycle"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("no scenario `motorcycle` comes with reluflow: there are").and(contains("mcycle")));
}

#[test]
fn a_copy_brings_its_data_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let copy = ["scenarios", "copy", "mcycle", "deep/crash.toml"];
    reluflow(folder.path()).args(copy).assert().success().stdout("");
    let path = folder.path().join("deep/crash.toml");
    assert!(fs::read_to_string(folder.path().join("deep/data/mcycle.csv")).unwrap().lines().count() == 134);
    // The same again is no obstacle; a changed file is.
    reluflow(folder.path()).args(copy).assert().success();
    fs::write(&path, "mine").unwrap();
    reluflow(folder.path())
        .args(copy)
        .assert()
        .code(2)
        .stderr(contains("deep/crash.toml exists: --force replaces it"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    reluflow(folder.path()).args(copy).args(["--force", "--quiet"]).assert().success().stderr("");
    reluflow(folder.path())
        .args(["scenarios", "show", "mcycle"])
        .assert()
        .success()
        .stdout(fs::read_to_string(&path).unwrap());
}
