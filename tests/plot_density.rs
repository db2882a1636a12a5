//! The figure of a density: all free mass is in the map, what boundaries hold is in the curves.

use std::f64::consts::{FRAC_PI_2, TAU};
use std::fs;

use predicates::str::contains;
use reluflow::io::RunFile;
use reluflow::plot::{Source, to_csv};

use crate::cli_support::reluflow;
use crate::plot_support::{layer, run, scenario, table};

const DENSITY: &str = "[samples]\nfunction = \"sine\"\ncount = 5\nfrequency = 0.5\n\
     [measure]\nrepresentation = \"density\"\ncells = [64, 64]\n[time]\nend = 2.0\ntolerance = 1e-4\n\
     [output]\nsnapshots = { count = 3 }\n";

#[test]
fn masses_of_the_map_and_of_the_curves_are_those_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = run(folder.path(), "density", DENSITY);
    let file = RunFile::open(&path).unwrap();
    let snapshot = file.snapshot(2).unwrap();
    let densities = file.densities(2).unwrap().unwrap();
    let grid = file.description().unwrap().density.unwrap();
    let rows = table(&to_csv(&Source::open(&path).unwrap().figure(Some("density"), None).unwrap()));
    let cells = layer(&rows, "density", "density");
    let (mut mass, mut left, mut right) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
    for cell in cells {
        let [x, y, x2, y2, value] = cell.numbers;
        (left, right) = (left.min(x), right.max(x2));
        mass += value * (x2 - x) * (y2 - y);
    }
    assert!((left + FRAC_PI_2).abs() < 1e-12 && (right - (TAU - FRAC_PI_2)).abs() < 1e-12);
    let height = grid.amplitude_faces()[1] - grid.amplitude_faces()[0];
    let dead: f64 = height * densities.dead_line_density.iter().sum::<f64>();
    let pinned = snapshot.pinned_mass.sum();
    assert!((mass + dead + pinned - 1.0).abs() < 1e-6, "{mass} {dead} {pinned}");

    // Curves: all lines that hold a hundredth of the pinned mass.
    let curves: f64 = rows
        .iter()
        .filter(|row| row.panel == "pinned" && row.layer.starts_with("x = "))
        .map(|row| height * row.numbers[0])
        .sum();
    assert!(curves <= pinned + 1e-9 && curves > 0.9 * pinned, "{curves} of {pinned}");
}

#[test]
fn particles_of_another_run_lie_over_it_and_other_files_have_none() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "density", DENSITY);
    let particles = scenario("canonical", "normal-uniform", 50, "")
        .replace("[output]\n", "[output]\nparticles = \"all\"\n");
    run(folder.path(), "particles", &particles);
    let plot = |file: &str| {
        let mut command = reluflow(folder.path());
        command.args(["plot", file, "--figure", "density", "--data", "--format", "svg"]);
        command
    };
    plot("density.h5").args(["--over", "particles.h5"]).assert().success();
    let rows = table(&fs::read_to_string(folder.path().join("density_density.csv")).unwrap());
    assert_eq!(layer(&rows, "density", "particles").len(), 50);
    plot("particles.h5")
        .assert()
        .failure()
        .code(2)
        .stderr(contains("a run has no figure density; it has function"));
    plot("particles.h5").args(["--over", "density.h5"]).assert().failure().code(2).stderr(contains("--over"));
    // Another figure would not show them.
    let loss = ["plot", "density.h5", "--figure", "loss", "--over", "particles.h5"];
    reluflow(folder.path())
        .args(loss)
        .assert()
        .code(2)
        .stderr(contains("in the figure density, not in loss"));
}
