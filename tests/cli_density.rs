//! `reluflow density`: points, grids, and what it refuses.

use std::fs;
use std::path::Path;
use std::process::Command;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use reluflow::io::{ArrayFile, DENSITY_FORMAT_VERSION, RunFile};

use crate::cli_support::{json, reluflow, sine};
use crate::oracles::python;

/// A folder with a run `output/sine.h5` that stores its path.
fn folder_with_run(flow: &str, measure: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text =
        sine(300, 3).replace("seed = 1\n", &format!("seed = 1\n{measure}[flow]\n{flow}\n")) + "path = true\n";
    fs::write(folder.path().join("sine.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    folder
}

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    ArrayFile::open(path, DENSITY_FORMAT_VERSION).unwrap().numbers(name).unwrap()
}

#[test]
fn a_grid_opens_in_xarray_and_has_the_free_mass_of_the_run() {
    let folder = folder_with_run("kind = \"canonical\"", "");
    let file = folder.path().join("output/sine_density.h5");
    let run = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["density", "output/sine.h5"]).args(more);
        command
    };
    run(&["--time", "0,1", "--grid", "120x240", "--range", "5"])
        .assert()
        .success()
        .stderr(contains("of the mass is free"));
    // Where it starts all mass is free; then it is what the particles have, within their error.
    let mass = numbers(&file, "mass");
    let snapshot = RunFile::open(&folder.path().join("output/sine.h5")).unwrap().snapshot(1).unwrap();
    let free = 1.0 - snapshot.pinned_mass.sum() - snapshot.counters.deaths as f64 / 300.0;
    assert!((mass[0] - 1.0).abs() < 1e-5 && (mass[1] - free).abs() < 0.03, "{mass:?} {free}");
    let density = numbers(&file, "density");
    assert_eq!(density.len(), 2 * 120 * 240);
    assert!(density.iter().all(|density| *density >= 0.0));
    assert!(numbers(&file, "from_line").iter().any(|line| *line >= 0.0));
    reluflow(folder.path()).args(["validate", "output/sine_density.h5"]).assert().success();
    reluflow(folder.path())
        .args(["plot", "output/sine_density.h5"])
        .assert()
        .code(2)
        .stderr(contains("xarray"));
    reluflow(folder.path())
        .args(["report", "output/sine_density.h5"])
        .assert()
        .code(2)
        .stderr(contains("reports are"));
    run(&[]).assert().code(2).stderr(contains("exists").and(contains("--force")));
    let bits = |threads| {
        run(&["-q", "--force", "--grid", "20x30", "--threads", threads, "--oversubscribe"])
            .assert()
            .success();
        numbers(&file, "density").iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(bits("1"), bits("3"));
    let Some(python) = python("xarray, h5netcdf, netCDF4") else { return };
    let script = format!(
        "import xarray\n\
         for engine in ['h5netcdf', 'netcdf4']:\n\
         \x20   run = xarray.open_dataset({file:?}, engine=engine)\n\
         \x20   assert run.density.dims == ('time', 'amplitude', 'theta'), run.density.dims\n\
         \x20   assert run.density.shape == (1, 20, 30) and run.density.units == 'rad-1'\n\
         \x20   assert abs(run.amplitude).max() < 10 and run.theta.attrs['units'] == 'rad'\n"
    );
    let said = Command::new(python).args(["-c", &script]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn points_are_those_of_the_grid() {
    let folder = folder_with_run("kind = \"lifted\"", "delta = -0.5\n");
    let point = ["--at", "-0.75,0.7853981633974483", "--at", "0.25,3.9269908169872414", "--time", "1.5"];
    let mut command = reluflow(folder.path());
    let found = json(command.args(["density", "output/sine.h5", "--json"]).args(point));
    assert_eq!(found["coordinates"], serde_json::json!(["r", "theta"]));
    let points = found["points"].as_array().unwrap();
    let csv = reluflow(folder.path()).args(["density", "output/sine.h5"]).args(point).output().unwrap();
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert!(csv.starts_with("time,r,theta,density,from_line,start_r,start_theta\n1.5,-0.75,0.785"), "{csv}");
    // Cells of 0.5 around, and a quarter of the circle.
    let mut grid = reluflow(folder.path());
    grid.args([
        "density",
        "output/sine.h5",
        "-o",
        "grid.csv",
        "--grid",
        "4x4",
        "--range",
        "1",
        "--time",
        "1.5",
    ]);
    grid.assert().success();
    let grid = fs::read_to_string(folder.path().join("grid.csv")).unwrap();
    for point in points {
        let density = point["density"].as_f64().unwrap();
        let row = format!(
            "1.5,{:?},{:?},{density:?},",
            point["at"][0].as_f64().unwrap(),
            point["at"][1].as_f64().unwrap()
        );
        assert!(grid.contains(&row) && csv.contains(&format!(",{density:?},")), "{row}\n{grid}\n{csv}");
    }
}

#[test]
fn laws_of_weights_take_points_of_three_numbers() {
    let folder = folder_with_run("kind = \"adaptive\"", "law = \"pytorch\"\n");
    let density = |arguments: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["density", "output/sine.h5"]).args(arguments);
        command
    };
    let found = json(&mut density(&["--time", "0", "--at", "0.03,0.5,-0.5", "--json"]));
    // c ~ U[-1, 1] / sqrt(300).
    let expected = 300f64.sqrt() / 8.0;
    assert!((found["points"][0]["density"].as_f64().unwrap() / expected - 1.0).abs() < 1e-12);
    density(&["--at", "0.1,0.2"]).assert().code(2).stderr(contains("--at c,a,b"));
    density(&[]).assert().code(2).stderr(contains("law of (c, a, b)").and(contains("--at c,a,b")));
}

#[test]
fn what_cannot_be_followed_is_refused_with_the_remedy() {
    let folder = folder_with_run("kind = \"canonical\"", "");
    let refused = |run: &str, arguments: &[&str], words: &str| {
        let mut command = reluflow(folder.path());
        command.args(["density", run]).args(arguments).assert().code(2).stderr(contains(words));
    };
    refused("output/sine.h5", &["--time", "2.5"], "its path goes from 0 to 2");
    refused("output/sine.h5", &["--at", "1,2,3"], "--at r,theta");
    refused("output/sine.h5", &["--grid", "20"], "200x360");
    let text = fs::read_to_string(folder.path().join("sine.toml")).unwrap();
    fs::write(folder.path().join("plain.toml"), text.replace("path = true\n", "")).unwrap();
    reluflow(folder.path()).args(["run", "-q", "plain.toml"]).assert().success();
    refused("output/plain.h5", &[], "add path = true to [output]");
    fs::write(folder.path().join("start.csv"), "r,theta\n1.0,0.5\n").unwrap();
    let file = text.replace("particles = 300\nseed = 1\n", "file = \"start.csv\"\n");
    fs::write(folder.path().join("file.toml"), file).unwrap();
    reluflow(folder.path()).args(["run", "-q", "file.toml"]).assert().success();
    refused("output/file.h5", &[], "come from a file");
}
