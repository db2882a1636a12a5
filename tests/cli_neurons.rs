//! Runs of neurons from the shell: each kind runs, checks, converts and resumes to the same bits.

use std::fs;
use std::path::Path;

use reluflow::io::{Particles, RunFile, RunWriter};
use reluflow::problem::Neurons;
use reluflow::run::Simulation;
use reluflow::scenario::Scenario;

use crate::cli_support::{assert_same_run, json, reluflow};

/// A shipped scenario, shortened, in a folder of its own.
fn folder_with(name: &str, from: &str, to: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(format!("{name}.toml"));
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{name}");
    fs::write(folder.path().join("run.toml"), text.replace(from, to)).unwrap();
    folder
}

/// One short scenario of each kind; that of gradient descent also with batches and momentum.
fn folders() -> Vec<(&'static str, tempfile::TempDir)> {
    let mut folders: Vec<_> = ["lifted", "kernel", "adaptive"]
        .map(|name| (name, folder_with(name, "end = 0.004", "end = 0.0005")))
        .into_iter()
        .collect();
    folders.push(("delta_1", folder_with("delta_1", "end = 2.0", "end = 1.0")));
    folders.push(("gd", folder_with("gd", "steps = 4000", "steps = 800")));
    let batch = folder_with("gd", "momentum = 0.0", "momentum = 0.9\nbatch = 3\nseed = 5");
    folders.push(("gd by batches", batch));
    folders
}

#[test]
fn each_kind_runs_and_checks() {
    for (name, folder) in folders() {
        reluflow(folder.path()).args(["run", "-q", "run.toml"]).assert().success().stderr("");
        reluflow(folder.path()).args(["validate", "output/run.h5"]).assert().success();
        let checks = json(reluflow(folder.path()).args(["check", "--json", "output/run.h5"]));
        let laws = checks["laws"].as_array().unwrap();
        let undone: Vec<&str> = laws
            .iter()
            .filter(|law| !law["checked"].as_bool().unwrap())
            .map(|law| law["law"].as_str().unwrap())
            .collect();
        let expected: &[&str] = match name {
            "gd" => &["residual ODE", "energy decreases", "held", "residual ODE as printed", "delta"],
            "gd by batches" => &[
                "residual ODE",
                "energy decreases",
                "dead mass",
                "held",
                "residual ODE as printed",
                "frozen",
                "delta",
            ],
            _ => &[],
        };
        assert_eq!(undone, expected, "{name}");
        assert!(laws.iter().any(|law| law["law"] == "metric"), "{name}");
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    for (name, folder) in folders() {
        for threads in ["1", "3"] {
            let output = format!("{threads}.h5");
            let run = ["run", "-q", "run.toml", "--threads", threads, "--oversubscribe", "-o", &output];
            reluflow(folder.path()).args(run).assert().success();
        }
        println!("{name}");
        assert_same_run(folder.path().join("1.h5"), folder.path().join("3.h5"));
    }
}

/// Runs until a little after the second snapshot, as Ctrl-C would leave it.
fn interrupted(folder: &Path) {
    let scenario = Scenario::read(&folder.join("run.toml")).unwrap();
    let description = scenario.description;
    let mut writer = RunWriter::create(&folder.join("part.h5"), &description, false).unwrap();
    let mut simulation = Simulation::new(&description, scenario.start).unwrap();
    writer.write(&simulation.snapshot(), simulation.state(), &[], true).unwrap();
    for (index, &time) in description.schedule.times()[1..3].iter().enumerate() {
        let mut steps = vec![];
        while simulation.state().time < time && (index == 0 || steps.len() < 2) {
            steps.push(simulation.step(time).unwrap());
        }
        let scheduled = simulation.state().time == time;
        assert_eq!(scheduled, index == 0);
        writer.write(&simulation.snapshot(), simulation.state(), &steps, scheduled).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn resumed_runs_have_the_same_bits() {
    for (name, folder) in folders() {
        interrupted(folder.path());
        reluflow(folder.path()).args(["resume", "-q", "part.h5"]).assert().success();
        reluflow(folder.path()).args(["run", "-q", "run.toml", "-o", "whole.h5"]).assert().success();
        println!("{name}");
        assert_same_run(folder.path().join("part.h5"), folder.path().join("whole.h5"));
    }
}

#[test]
fn a_run_goes_on_from_its_converted_end() {
    let folder = folder_with("lifted", "end = 0.004", "end = 0.0005");
    reluflow(folder.path()).args(["run", "-q", "run.toml"]).assert().success();
    for to in ["neurons", "canonical", "knots"] {
        let output = format!("{to}.csv");
        let convert = ["convert", "-q", "output/run.h5", "--to", to, "-o", &output];
        reluflow(folder.path()).args(convert).assert().success();
    }
    let state = RunFile::open(&folder.path().join("output/run.h5")).unwrap().checkpoint().unwrap();
    let end = Particles::of_state(&state, 500.0).unwrap();
    let read = |table: &str, flow: &str| {
        let text = format!(
            "[samples]\nx = [0.0]\ny = [0.0]\n[measure]\nfile = \"{table}.csv\"\n[flow]\n{flow}[time]\nend = 1.0\n"
        );
        Scenario::parse(&text, &folder.path().join("next.toml")).unwrap().start
    };
    let neurons = read("neurons", "kind = \"lifted\"\nscaling = \"1\"\n");
    let neurons: &Neurons = neurons.lifted().unwrap();
    assert_eq!((neurons.c(), neurons.a(), neurons.b()), (&end.c[..], &end.a[..], &end.b[..]));
    for table in ["canonical", "knots"] {
        let measure = read(table, "");
        let (r, theta) = (measure.canonical().unwrap().r(), measure.canonical().unwrap().theta());
        assert_eq!((r, theta), (&end.r[..], &end.theta[..]), "{table}");
    }
}
