//! What holds for every command: help, exit codes, closed pipes.

use std::process::Stdio;

use predicates::prelude::*;
use predicates::str::contains;

use crate::cli_support::reluflow;

#[test]
fn version_names_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    reluflow(folder.path()).arg("--version").assert().success().stdout(
        predicates::str::is_match(r"^reluflow \d+\.\d+\.\d+ \(commit ([0-9a-f]{12}\+?|unknown)\)\n$")
            .unwrap(),
    );
}

#[test]
fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for command in crate::cli_support::COMMANDS {
        reluflow(folder.path())
            .args(*command)
            .arg("--help")
            .assert()
            .success()
            .stderr("")
            .stdout(contains("Example").and(contains("reluflow")).and(contains("--quiet")));
    }
}

#[test]
fn a_wrong_command_line_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&[][..], &["rnu"], &["completions"], &["completions", "csh"], &["--loud"]] {
        reluflow(folder.path()).args(arguments).assert().code(2).stdout("");
    }
}

#[test]
fn completions_of_all_shells_name_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        reluflow(folder.path())
            .args(["completions", shell])
            .assert()
            .success()
            .stdout(contains("completions"));
    }
}

/// Of densities: the command with its flags, the key of the limit, the figure.
#[test]
fn completions_of_all_shells_know_densities() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = reluflow(folder.path()).args(["completions", shell]).output().unwrap();
        let script = String::from_utf8(output.stdout).unwrap();
        let part = |from: &str, to: &str| {
            let at = script.find(from).unwrap_or_else(|| panic!("{shell}: no {from:?}"));
            &script[at..at + script[at..].find(to).unwrap_or(script.len() - at)]
        };
        let [density, width] = match shell {
            "bash" => [
                part(" reluflow__subcmd__density)\n", "return 0"),
                part(" reluflow__subcmd__study__subcmd__width)\n", "return 0"),
            ],
            "zsh" => [part("(density)\n", "&& ret=0"), part("(width)\n", "&& ret=0")],
            "fish" => [&script[..], &script[..]],
            "elvish" => [part("'reluflow;density'", "}"), part("'reluflow;study;width'", "}")],
            _ => [part("'reluflow;density'", "break"), part("'reluflow;study;width'", "break")],
        };
        for flag in ["time", "at", "grid", "range", "output", "force", "threads", "json"] {
            let found = match shell {
                "fish" => density.lines().any(|line| {
                    line.contains("using_subcommand density") && line.contains(&format!(" -l {flag} "))
                }),
                _ => density.contains(&format!("--{flag}")),
            };
            assert!(found, "{shell}: density --{flag}: {density}");
        }
        for flag in ["limit", "limit-cells"] {
            let found = match shell {
                "fish" => width.contains(&format!(" -l {flag} ")),
                _ => width.contains(&format!("--{flag}")),
            };
            assert!(found, "{shell}: study width --{flag}");
        }
    }
}

/// A reader that takes one line and leaves (`head -1`) meets no error and no panic.
#[test]
fn a_closed_pipe_is_not_an_error() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"))
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_standard_output_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"))
        .args(["completions", "zsh"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: standard output: "));
}
