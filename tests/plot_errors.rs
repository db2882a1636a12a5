//! What cannot be drawn is said, with what can.

use std::fs;

use predicates::prelude::*;
use predicates::str::contains;

use crate::cli_support::{folder_with_sine, reluflow, start_and_wait_for};
use crate::plot_support::*;

#[test]
fn wrong_requests_name_what_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "run", &scenario("canonical", "normal-uniform", 30, ""));
    let none = scenario("canonical", "normal-uniform", 30, "")
        .replace("tangent_kernel = true", "particles = \"none\"");
    run(folder.path(), "none", &none);
    reluflow(folder.path()).args(["kernel", "run.toml", "-q", "-o", "kernel.h5"]).assert().success();
    let sweep = ["study", "sweep", "run.toml", "--seeds", "2", "-q", "-o", "sweep.h5"];
    reluflow(folder.path()).args(sweep).assert().success();
    fs::write(folder.path().join("text.h5"), "not HDF5").unwrap();
    hdf5::File::create(folder.path().join("foreign.h5")).unwrap();
    fs::write(folder.path().join("taken.png"), "mine").unwrap();
    fs::write(folder.path().join("taken.csv"), "mine").unwrap();
    for (arguments, words) in [
        (
            &["run.h5", "--figure", "plain"][..],
            "a run has no figure plain; it has function, plane, cylinder, marginals, field",
        ),
        (&["sweep.h5", "--figure", "plane"], "a sweep has no figure plane; it has sweep"),
        (&["kernel.h5", "--figure", "loss"], "a kernel file has no figure loss; it has splines, slices"),
        (
            &["none.h5", "--figure", "knots"],
            "figure knots needs stored particles, which the file does not have: run again with output.particles",
        ),
        (&["none.h5", "--figure", "plane", "--time", "0"], "needs the particles at t = 0"),
        (
            &["run.h5", "--time", "1.3"],
            "--time 1.3: run.h5 has no snapshot at that time; the nearest is at 1.5",
        ),
        (
            &["run.h5", "--figure", "loss", "--time", "1"],
            "shows the whole run; leave --time out, or choose one of function, plane",
        ),
        (&["run.h5", "-o", "taken.png"], "taken.png exists already"),
        (&["run.h5", "-o", "taken.svg", "--data"], "taken.csv exists already"),
        (&["run.h5", "-o", "picture.jpg"], "end it in .png, .svg or .pdf"),
        (&["run.h5", "-o", "picture.pdf", "--format", "svg"], "do not agree"),
        (&["run.h5", "-o", "nowhere/picture.png"], "cannot write nowhere/picture.png"),
        (&["run.h5", "--all", "-o", "text.h5"], "the folder of the output cannot be made"),
        (&["run.h5", "--all", "--figure", "loss"], "cannot be used with"),
        (&["run.h5", "--dpi", "7"], "30..=2400"),
        (&["absent.h5"], "cannot open absent.h5"),
        (&["text.h5"], "it is not an HDF5 file"),
        (&["foreign.h5"], "foreign.h5 is none of reluflow's files"),
    ] {
        let mut command = reluflow(folder.path());
        command.arg("plot").args(arguments).assert().code(2).stdout("").stderr(contains(words));
    }
    assert_eq!(fs::read_to_string(folder.path().join("taken.png")).unwrap(), "mine");
    assert_eq!(fs::read_to_string(folder.path().join("taken.csv")).unwrap(), "mine");
    // With --force it is replaced.
    reluflow(folder.path()).args(["plot", "run.h5", "-o", "taken.png", "--force", "-q"]).assert().success();
    assert!(fs::read(folder.path().join("taken.png")).unwrap().starts_with(b"\x89PNG"));
}

/// What the file lacks is left out of `--all`, and named.
#[test]
fn all_draws_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let none = scenario("canonical", "normal-uniform", 30, "")
        .replace("tangent_kernel = true", "particles = \"none\"");
    run(folder.path(), "none", &none);
    let said = contains("no figure function: the file has not the particles at t = 0")
        .and(contains("no figure knots"))
        .and(contains("no figure trajectories"));
    reluflow(folder.path()).args(["plot", "none.h5", "--all"]).assert().success().stderr(said);
    for (name, there) in
        [("plane", true), ("loss", true), ("field", true), ("kernel", true), ("knots", false)]
    {
        assert_eq!(folder.path().join(format!("none_figures/{name}.png")).exists(), there, "{name}");
    }
}

/// What a kill left behind is drawn as far as it went, and told.
#[test]
fn a_killed_run_is_drawn() {
    let folder = folder_with_sine(100_000, 21);
    let run = start_and_wait_for(folder.path(), &["run", "sine.toml", "-o", "killed.h5"], "snapshot 2");
    run.signal(libc::SIGKILL);
    run.finish();
    let mut command = reluflow(folder.path());
    command.args(["plot", "killed.h5", "--figure", "loss", "--data", "-o", "loss.svg"]);
    command.assert().success().stderr(contains("note: killed.h5: ")).stdout("loss.svg\nloss.csv\n");
    let rows = table(&fs::read_to_string(folder.path().join("loss.csv")).unwrap());
    assert!(heights(&rows, "loss", "loss").len() >= 2);
}
