//! A limit on the size of files, under which writing fails as it does on a full disk: commands that
//! write a file at once end with exit code 1 and leave what had its name as it was.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::cli_support::{folder_with_sine, reluflow};

/// Runs the program where no file may grow beyond `units` of 512 bytes.
fn limited(folder: &Path, units: usize, arguments: &[&str]) -> Output {
    let program = assert_cmd::cargo::cargo_bin!("reluflow");
    let script = format!("ulimit -f {units}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.current_dir(folder).env_remove("RUST_BACKTRACE").args(["-c", &script]).arg(program);
    command.args(arguments).output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn what_cannot_be_written_whole_is_not_written() {
    let folder = folder_with_sine(200, 3);
    let folder = folder.path();
    let set_up = |arguments: &[&str]| {
        reluflow(folder).args(arguments).assert().success();
    };
    set_up(&["run", "-q", "sine.toml", "-o", "run.h5"]);
    set_up(&["study", "sweep", "-q", "sine.toml", "--set", "measure.seed=1,2", "-o", "study.h5"]);
    for (output, arguments) in [
        ("old.csv", &["convert", "run.h5", "--to", "knots", "--force", "-o", "old.csv"][..]),
        ("old.png", &["plot", "run.h5", "--force", "-o", "old.png"]),
        ("old.svg", &["plot", "run.h5", "--force", "-o", "old.svg"]),
        ("old.pdf", &["plot", "run.h5", "--force", "-o", "old.pdf"]),
        ("old.html", &["report", "run.h5", "--force", "-o", "old.html"]),
        ("old.gif", &["report", "run.h5", "--force", "-o", "new.html", "--gif", "old.gif"]),
        ("old.html", &["report", "study.h5", "--force", "-o", "old.html"]),
        ("old.h5", &["kernel", "sine.toml", "--force", "-o", "old.h5"]),
        ("old.h5", &["run", "sine.toml", "--force", "-o", "old.h5"]),
        ("old.toml", &["scenarios", "copy", "mcycle", "--force", "old.toml"]),
    ] {
        fs::write(folder.join(output), "mine").unwrap();
        let before = names(folder);
        let ended = limited(folder, 1, arguments);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("File too large"), "{arguments:?}: {said}");
        assert_eq!(fs::read(folder.join(output)).unwrap(), b"mine", "{arguments:?}");
        assert_eq!(names(folder), before, "{arguments:?}");
        fs::remove_file(folder.join(output)).unwrap();
    }
    // Of several pictures those that fit are whole; the first that does not ends the command.
    let ended = limited(folder, 20, &["plot", "run.h5", "--all", "--data", "-o", "figures"]);
    assert_eq!(ended.status.code(), Some(1), "{}", String::from_utf8_lossy(&ended.stderr));
    set_up(&["plot", "-q", "run.h5", "--all", "--data", "-o", "whole"]);
    for name in names(&folder.join("figures")) {
        let read = |place: &str| fs::read(folder.join(place).join(&name)).unwrap();
        assert_eq!(read("figures"), read("whole"), "{name}");
    }
    // Work in a folder of its own.
    for arguments in [
        &["study", "sweep", "sine.toml", "--set", "measure.seed=1,2", "-o", "new.h5"][..],
        &["reproduce", "w-fig1", "--small", "-o", "papers"],
    ] {
        let ended = limited(folder, 0, arguments);
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(said.contains("File too large"), "{arguments:?}: {said}");
    }
    assert!(!folder.join("new.h5").exists() && !folder.join("papers/reproduced.md").exists());
}
