//! Files that are none, and names and texts that would steer a terminal.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use predicates::prelude::*;
use predicates::str::contains;

use crate::cli_support::*;

fn pipe(path: &Path) {
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name is a string that ends in a zero byte.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
}

/// A pipe without a writer waits for ever, `/dev/zero` has no end.
#[test]
fn pipes_devices_and_folders_are_refused_wherever_a_file_is_read() {
    let folder = folder_with_sine(20, 2);
    let at = |name: &str| folder.path().join(name);
    pipe(&at("pipe.toml"));
    pipe(&at("pipe.csv"));
    pipe(&at("pipe.h5"));
    fs::create_dir(at("folder.csv")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("zero.csv")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("zero.toml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", at("zero.h5")).unwrap();
    let samples =
        |file: &str| format!("[samples]\nfile = \"{file}\"\n[measure]\nparticles = 10\n[time]\nend = 1\n");
    let measure =
        |file: &str| format!("[samples]\nx = [0]\ny = [1]\n[measure]\nfile = \"{file}\"\n[time]\nend = 1\n");
    for file in ["pipe.csv", "folder.csv", "zero.csv"] {
        fs::write(at(&format!("samples_{file}.toml")), samples(file)).unwrap();
        fs::write(at(&format!("measure_{file}.toml")), measure(file)).unwrap();
    }
    let cases: &[(&[&str], &str)] = &[
        (&["run", "pipe.toml"], "pipe.toml: is a pipe, not a regular file"),
        (&["run", "zero.toml"], "zero.toml: is a device, not a regular file"),
        (&["kernel", "pipe.csv"], "pipe.csv: is a pipe"),
        (&["run", "zero.csv"], "zero.csv: is a device"),
        (&["run", "samples_pipe.csv.toml"], "samples_pipe.csv.toml:2:8: pipe.csv: is a pipe"),
        (&["run", "samples_zero.csv.toml"], "zero.csv: is a device"),
        (&["run", "samples_folder.csv.toml"], "folder.csv: is a folder"),
        (&["run", "measure_pipe.csv.toml"], "pipe.csv: is a pipe"),
        (&["run", "measure_zero.csv.toml"], "zero.csv: is a device"),
        (&["study", "sweep", "pipe.toml"], "pipe.toml: is a pipe"),
        (&["info", "pipe.h5"], "cannot open pipe.h5: it is a pipe, not a regular file"),
        (&["check", "zero.h5"], "cannot open zero.h5: it is a device"),
        (&["compare", "pipe.h5", "zero.h5"], "it is a pipe"),
        (&["validate", "pipe.h5"], "it is a pipe"),
        (&["convert", "pipe.h5", "--to", "neurons"], "it is a pipe"),
        (&["resume", "pipe.h5"], "it is a pipe"),
        (&["recover", "pipe.h5"], "it is a pipe"),
        (&["plot", "pipe.h5", "--figure", "loss"], "it is a pipe"),
        (&["report", "pipe.h5"], "it is a pipe"),
        (
            &["study", "sweep", "sine.toml", "-o", "pipe.h5", "--force"],
            "error: pipe.h5 cannot be the study file: it is a pipe, not a regular file: choose another output with -o",
        ),
        (&["kernel", "sine.toml", "--run", "pipe.h5", "--no-file"], "it is a pipe"),
    ];
    for (arguments, text) in cases {
        let mut command = reluflow(folder.path());
        let assert = command.args(*arguments).timeout(Duration::from_secs(60)).assert();
        assert.code(2).stderr(contains(*text));
    }
    // A run of a study that fails does not stop the others.
    reluflow(folder.path())
        .args(["study", "sweep", "samples_pipe.csv.toml"])
        .timeout(Duration::from_secs(60))
        .assert()
        .code(1)
        .stderr(contains("run 0: pipe.csv: is a pipe, not a regular file"));
}

/// Neither escapes nor line ends nor text turned around, whatever a file is called.
#[test]
fn names_do_not_steer_the_terminal() {
    let folder = folder_with_sine(20, 2);
    let hostile = "a\x1b[2J\nerror: b\u{202e}\u{9b}c";
    let toml = format!("{hostile}.toml");
    fs::copy(folder.path().join("sine.toml"), folder.path().join(&toml)).unwrap();
    let csv = format!("{hostile}.csv");
    fs::write(folder.path().join(&csv), "x,y\n0,1\n1,2\n").unwrap();
    let columns = format!("x,\"{hostile}\"\n0,1\n1,2\n");
    fs::write(folder.path().join("columns.csv"), columns).unwrap();
    let run = format!("output/{hostile}.h5");
    let missing = format!("{hostile}.missing.toml");
    let commands: &[&[&str]] = &[
        &["run", &toml],
        &["run", &toml],
        &["run", &missing],
        &["info", &run],
        &["info", "--json", &run],
        &["check", &run],
        &["validate", &run],
        &["convert", "--to", "canonical", &run],
        &["resume", &run],
        &["recover", &run],
        &["compare", &run, &run],
        &["plot", &run, hostile],
        &["report", &run],
        &["study", "sweep", &toml, "--set", "flow.tv=0,0.1"],
        &["kernel", &toml],
        &["study", "sweep", "sine.toml", "--set", &format!("{hostile}=3")],
        &["study", "sweep", "sine.toml", "--set", &format!("flow.tv={hostile}")],
        &["study", "sweep", "sine.toml", "--set", &format!("title={hostile}")],
        &["run", &csv],
        &["run", "columns.csv", "--force"],
        &["study", "sweep", "columns.csv"],
        &["kernel", "columns.csv", "--no-file"],
        &["scenarios", "show", hostile],
        &["reproduce", hostile],
        &["run", "sine.toml", "--threads", hostile],
        &[hostile],
        &["run", "sine.toml", "--force"],
    ];
    for (number, arguments) in commands.iter().enumerate() {
        let mut command = reluflow(folder.path());
        if number + 1 == commands.len() {
            command.env("RELUFLOW_THREADS", hostile);
        }
        let output = command.args(*arguments).output().unwrap();
        for stream in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(stream);
            let steers = |c: char| (c.is_control() && !"\n\t".contains(c)) || c == '\u{202e}';
            assert!(!text.contains(steers), "{arguments:?}: {text:?}");
            assert!(!text.contains("\nerror: b"), "{arguments:?}: a line of its own: {text:?}");
        }
    }
    // A program reads the very name.
    let told = json(reluflow(folder.path()).args(["info", "--json", &run]));
    assert_eq!(told["file"], run);
    let table =
        reluflow(folder.path()).args(["convert", "-q", "--to", "canonical", &run]).output().unwrap().stdout;
    let table = String::from_utf8(table).unwrap();
    assert_eq!(table.lines().nth(1), Some("r,theta,mass"), "{table}");
}

#[test]
fn titles_hold_no_formatting_characters() {
    let folder = tempfile::tempdir().unwrap();
    let text = |title: &str| format!("title = \"{title}\"\n{}", sine(10, 2));
    for title in ["a\u{202e}b", "a\u{2066}b", "a\u{2028}b", "a\u{9b}b"] {
        fs::write(folder.path().join("a.toml"), text(title)).unwrap();
        reluflow(folder.path())
            .args(["run", "a.toml"])
            .assert()
            .code(2)
            .stderr(contains("holds a control character").and(contains('\u{202e}').not()));
    }
    fs::write(folder.path().join("a.toml"), text("Übung ρ 数")).unwrap();
    reluflow(folder.path()).args(["run", "a.toml"]).assert().success().stderr(contains("Übung ρ 数: "));
}

/// A bias that is left out in silence would make another network.
#[test]
fn columns_that_are_not_used_are_refused_or_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let scenario = |table: &str| {
        write("p.csv", table);
        write(
            "a.toml",
            "[samples]\nx = [0]\ny = [1]\n[measure]\nfile = \"p.csv\"\n[flow]\nkind = \"lifted\"\n[time]\nend = 0.1\n",
        );
        reluflow(folder.path()).args(["run", "-q", "a.toml", "--force"]).assert()
    };
    scenario("c,a,b,bias\n1,1,0,5\n").code(2).stderr(contains(
        "p.csv:1: column `bias` is none of those that hold particles or neurons\n  remove it, or rename it to one \
         of r, theta, c, a, b, knot, orientation, delta_slope, mass",
    ));
    scenario("c,a,b,mas\n1,1,0,1\n").code(2).stderr(contains("did you mean `mass`?"));
    scenario("1,1,0\n2,1,0\n")
        .code(2)
        .stderr(contains("put a header line before it, for example: r,theta or c,a,b"));
    // Table programs number rows in a column without a name.
    scenario(",c,a,b\n0,1,1,0\n").success();
    // Columns of another way to tell of a particle.
    write("p.csv", "c,a,r,b,theta,mass\n1,1,3,0,1,1\n");
    let told = "note: of p.csv, only c, a, b and mass are used; left out: r, theta\n";
    reluflow(folder.path()).args(["run", "a.toml", "--force"]).assert().success().stderr(contains(told));
    scenario("c,a,b,mass\n1,1,0,1e308\n1,1,0,1\n")
        .code(2)
        .stderr(contains("p.csv:2: mass[0] = 1e308 is larger than 2e0\n  masses are >= 0 and sum to 1"));
    write("s.csv", "x,y,weight,note\n0,1,5,a\n1,2,6,b\n");
    write("b.toml", "[samples]\nfile = \"s.csv\"\n[measure]\nparticles = 10\n[time]\nend = 0.1\n");
    reluflow(folder.path())
        .args(["run", "b.toml"])
        .assert()
        .success()
        .stderr(contains("note: of s.csv, only x and y are used; left out: weight, note\n"));
    reluflow(folder.path())
        .args(["study", "sweep", "b.toml"])
        .assert()
        .success()
        .stderr(contains("note: of s.csv, only x and y are used; left out: weight, note\n"));
    write("s.csv", "0,1\n1,2\n");
    reluflow(folder.path()).args(["run", "b.toml"]).assert().code(2).stderr(contains("for example: x,y\n"));
}

/// `1e-320` once had 300 zeros.
#[test]
fn tiny_numbers_are_told_in_few_digits() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nx = [0]\ny = [1]\n[measure]\nparticles = 10\ndelta = -1e-320\n[flow]\nkind = \"lifted\"\n\
                [time]\nend = 0.1\n";
    fs::write(folder.path().join("a.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "a.toml"]).assert().success();
    reluflow(folder.path())
        .args(["info", "output/a.h5"])
        .assert()
        .success()
        .stdout(contains("scale 1, lifted with delta -1e-320, seed 0\n"));
    reluflow(folder.path())
        .args(["convert", "output/a.h5", "--to", "neurons", "--time", "5e-320"])
        .assert()
        .code(0);
    reluflow(folder.path())
        .args(["convert", "output/a.h5", "--to", "neurons", "--time=-1e300"])
        .assert()
        .code(2)
        .stderr(contains("--time -1e300: output/a.h5 has no snapshot at that time\n"));
}
