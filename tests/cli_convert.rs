//! `reluflow convert`: what it writes is read back as the same measure.

use std::fs;
use std::path::Path;

use predicates::str::contains;
use reluflow::flow::Flow;
use reluflow::io::{RunFile, RunWriter};
use reluflow::problem::{Knots, Measure, Neurons, Start};
use reluflow::scenario::Scenario;

use crate::cli_support::{folder_with_sine, reluflow};
use crate::io_neurons;
use crate::io_support::{EVERYTHING, SNAPSHOTS};

/// The measure that a scenario reads from a table.
fn read_back(table: &Path, keys: &str) -> Start {
    let name = table.file_name().unwrap().to_str().unwrap();
    let text =
        format!("[samples]\nx = [0.0]\ny = [0.0]\n[measure]\nfile = \"{name}\"\n{keys}[time]\nend = 1.0\n");
    Scenario::parse(&text, &table.with_file_name("s.toml")).unwrap_or_else(|error| panic!("{error}")).start
}

/// The start of a canonical run, and its end in the order of the masses.
fn canonical_end(folder: &Path) -> Measure {
    let file = RunFile::open(&folder.join("output/sine.h5")).unwrap();
    let state = file.checkpoint().unwrap();
    let column = |values: &[f64]| (0..values.len()).map(|i| values[state.position_of(i)]).collect();
    Measure::new(column(state.r()), column(state.theta()), file.description().unwrap().mass).unwrap()
}

#[test]
fn canonical_runs_convert_and_come_back() {
    let folder = folder_with_sine(60, 3);
    let at = |name: &str| folder.path().join(name);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    let convert = |arguments: &[&str]| {
        reluflow(folder.path()).args(["convert", "output/sine.h5", "-q"]).args(arguments).assert().success();
    };
    let end = canonical_end(folder.path());
    convert(&["--to", "canonical", "-o", "canonical.csv"]);
    assert_eq!(read_back(&at("canonical.csv"), "").canonical(), Some(&end));
    convert(&["--to", "neurons", "--delta", "-0.5", "-o", "neurons.csv"]);
    let neurons = read_back(&at("neurons.csv"), "[flow]\nkind = \"lifted\"\n");
    assert_eq!(neurons.lifted(), Some(&Neurons::lifted(&end, 1.0, -0.5).unwrap()));
    convert(&["--to", "knots", "-o", "knots.csv"]);
    assert_eq!(read_back(&at("knots.csv"), "").canonical(), Some(&end), "by r and theta");
    // Without r and theta the hinges themselves are read.
    let table = fs::read_to_string(at("knots.csv")).unwrap();
    assert!(table.lines().nth(1) == Some("knot,orientation,delta_slope,r,theta,mass"), "{table}");
    fs::write(at("hinges.csv"), table.replace(",r,theta,", ",,,")).unwrap();
    let hinges = read_back(&at("hinges.csv"), "");
    let (hinges, knots) = (hinges.canonical().unwrap(), Knots::of_measure(&end));
    for x in [-1.0, -0.2, 0.9] {
        assert!((hinges.value_at(x) - end.value_at(x)).abs() < 1e-13);
        assert!((knots.value_at(x) - end.value_at(x)).abs() < 1e-13);
    }
    // An earlier snapshot.
    convert(&["--to", "canonical", "--time", "0", "-o", "start.csv"]);
    let start = Scenario::read(&at("sine.toml")).unwrap().start;
    assert_eq!(read_back(&at("start.csv"), ""), start);
}

#[test]
fn runs_of_neurons_convert_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let mut d = io_neurons::description(Flow::Lifted { kappa: 2.5, decay: 0.0 }, EVERYTHING);
    let total: f64 = d.mass.iter().sum();
    d.mass.iter_mut().for_each(|mass| *mass = mass.abs() / total);
    let sum: f64 = d.mass.iter().sum();
    d.mass.iter_mut().for_each(|mass| *mass /= sum);
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    io_neurons::write(&mut writer, &d, false, 0..SNAPSHOTS);
    writer.finish().unwrap();
    let state = io_neurons::state(&d, SNAPSHOTS - 1, 0.0, false);
    let z: Vec<[f64; 3]> = (0..d.mass.len()).map(|i| state.neuron(i)).collect();
    let column = |f: fn(&[f64; 3]) -> f64| z.iter().map(f).collect::<Vec<f64>>();
    let expected =
        Neurons::new(column(|z| z[0]), column(|z| z[1]), column(|z| -z[2]), d.mass.clone()).unwrap();
    for to in ["neurons", "canonical", "knots"] {
        let name = format!("{to}.csv");
        let output =
            reluflow(folder.path()).args(["convert", "run.h5", "--to", to, "-o", &name]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        // One neuron of the made-up state has w = 0.
        assert_eq!(said.contains("1 particles have no slope"), to == "knots", "{said}");
        let table = folder.path().join(&name);
        if to == "neurons" {
            let back = read_back(&table, "[flow]\nkind = \"kernel\"\n");
            let back = back.lifted().unwrap();
            assert_eq!((back.c(), back.a()), (expected.c(), expected.a()));
            assert!(back.b().iter().zip(expected.b()).all(|(a, b)| a == b));
        } else {
            let back = read_back(&table, "");
            for x in [-1.0, 0.4, 2.0] {
                let (found, wanted) = (back.canonical().unwrap().value_at(x), expected.value_at(2.5, x));
                assert!((found - wanted).abs() < 1e-13, "{to}: {found} {wanted}");
            }
        }
        assert!(
            fs::read_to_string(table).unwrap().starts_with("# run.h5, t = 1.0, flow lifted, kappa = 2.5\n")
        );
    }
}

#[test]
fn what_cannot_be_converted_is_told() {
    let folder = folder_with_sine(60, 3);
    let scenario = fs::read_to_string(folder.path().join("sine.toml")).unwrap();
    fs::write(folder.path().join("sine.toml"), format!("{scenario}particles = 10\n")).unwrap();
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    let refused = |arguments: &[&str], problem: &str, remedy: &str| {
        reluflow(folder.path())
            .args(["convert", "output/sine.h5"])
            .args(arguments)
            .assert()
            .code(2)
            .stdout("")
            .stderr(contains(problem))
            .stderr(contains(remedy));
    };
    refused(&["--to", "neurons"], "say nothing about how c |w| is shared", "give --delta");
    refused(&["--to", "canonical", "--time", "0.3"], "no snapshot at that time", "the nearest is at 0");
    refused(
        &["--to", "canonical", "--time", "1"],
        "not all of the 60 particles are stored at t = 1",
        "leave out --time",
    );
    fs::write(folder.path().join("there.csv"), "").unwrap();
    refused(&["--to", "canonical", "-o", "there.csv"], "there.csv: exists", "--force");
    // The last snapshot is in the checkpoint, whatever is stored.
    let force = ["convert", "output/sine.h5", "--to", "canonical", "-o", "there.csv", "--force"];
    reluflow(folder.path()).args(force).assert().success();
    let back = read_back(&folder.path().join("there.csv"), "");
    assert_eq!(back.canonical(), Some(&canonical_end(folder.path())));
}
