//! `reluflow convert --to density`: every number of the file is in the table, with its place and its edges.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use reluflow::io::RunFile;
use reluflow::problem::Regions;

use crate::cli_support::{folder_with_sine, reluflow};

const RUN: &str = "[samples]\nx = [-1.0, -0.5, 0.0, 0.5, 1.0]\ny = [-0.1411, -0.9975, 0.0, 0.9975, 0.1411]\n\
    [measure]\nrepresentation = \"density\"\ncells = [48, 48]\n[flow]\ntv = 0.1\n[time]\nend = 2.0\ntolerance = 1e-4\n\
    [output]\nsnapshots = { count = 5 }\namplitude = 2.5\n";

/// Rows by `place`; the other seven columns, NaN where empty.
fn read(path: &Path) -> BTreeMap<String, Vec<[f64; 7]>> {
    let text = fs::read_to_string(path).unwrap();
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let heads: Vec<String> = reader.headers().unwrap().iter().map(str::to_string).collect();
    let expected = ["place", "place_index", "r_low", "r_high", "theta_low", "theta_high", "density", "mass"];
    assert_eq!(heads, expected);
    let mut rows: BTreeMap<String, Vec<[f64; 7]>> = BTreeMap::new();
    for record in reader.records() {
        let record = record.unwrap();
        let numbers = std::array::from_fn(|k| record[k + 1].parse().unwrap_or(f64::NAN));
        rows.entry(record[0].to_string()).or_default().push(numbers);
    }
    rows
}

#[test]
fn all_densities_come_back_to_the_bit_with_their_edges() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.toml"), RUN).unwrap();
    reluflow(folder.path()).args(["run", "-q", "d.toml", "-o", "d.h5"]).assert().success();
    let convert = ["convert", "d.h5", "--to", "density", "--time", "1", "-o", "d.csv"];
    reluflow(folder.path()).args(convert).assert().success().stderr("");
    let rows = read(&folder.path().join("d.csv"));
    let file = RunFile::open(&folder.path().join("d.h5")).unwrap();
    let stored = file.densities(2).unwrap().unwrap();
    let description = file.description().unwrap();
    let (grid, regions) = (description.density.unwrap(), Regions::new(&description.samples));
    let (r, theta) = (grid.amplitude_faces(), grid.theta_faces(&regions));
    let columns = theta.len() - 1;

    // Which entry of the file a row is, by its edges.
    let face = |faces: &[f64], value: f64| faces.iter().position(|face| *face == value).unwrap();
    let mut back = vec![0.0; stored.density.len()];
    let mut lines = [vec![0.0; stored.line_density.len()], vec![0.0; stored.dead_line_density.len()]];
    let (mut stuck, mut held) = (vec![0.0; columns], vec![0.0; regions.boundaries()]);
    let mut total = 0.0;
    for (place, rows) in &rows {
        for &[index, r0, r1, theta0, theta1, density, mass] in rows {
            total += mass;
            let length = |low: f64, high: f64| if high > low { high - low } else { 1.0 };
            if place == "outside" {
                assert!(index.is_nan() && r0.is_nan() && density.is_nan() && mass == stored.mass_outside);
                continue;
            }
            let expected = density * length(r0, r1) * length(theta0, theta1);
            assert!((mass - expected).abs() <= 1e-15 * expected, "{place}: {mass} {expected}");
            let index = index as usize;
            let middle = regions.region_of(0.5 * (theta0 + theta1));
            match (place.as_str(), r0 < r1, theta0 < theta1) {
                ("free" | "dead", true, true) => {
                    assert_eq!((index, place == "dead"), (middle, middle == 0));
                    back[face(&r, r0) * columns + face(&theta, theta0)] = density;
                    assert_eq!(face(&theta, theta1), face(&theta, theta0) + 1);
                    assert_eq!(face(&r, r1), face(&r, r0) + 1);
                }
                ("pinned", true, false) => {
                    assert_eq!(theta0, regions.angle(index));
                    lines[0][index * grid.rows + face(&r, r0)] = density;
                }
                ("dead", true, false) => {
                    let edge = usize::from(theta0 != regions.angle(0));
                    assert_eq!((index, theta0), (0, regions.angle([0, 9][edge])));
                    lines[1][edge * grid.rows + face(&r, r0)] = density;
                }
                ("stuck" | "dead", false, true) => {
                    assert_eq!((index, place == "dead"), (middle, middle == 0));
                    stuck[face(&theta, theta0)] = density;
                }
                ("stuck and pinned", false, false) => held[index] = mass,
                _ => panic!("{place}: {r0} {r1} {theta0} {theta1}"),
            }
        }
    }
    assert_eq!(back, stored.density);
    assert_eq!(lines, [stored.line_density, stored.dead_line_density]);
    assert_eq!((stuck, held), (stored.stuck_density, stored.stuck_line_mass));
    assert!((total - 1.0).abs() < 1e-12 && stored.mass_outside > 0.0, "{total}");
    for place in ["free", "pinned", "dead", "stuck", "stuck and pinned", "outside"] {
        assert!(rows.contains_key(place), "no {place}");
    }
}

#[test]
fn what_a_run_has_not_is_refused_with_a_remedy() {
    let folder = folder_with_sine(60, 3);
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    reluflow(folder.path())
        .args(["convert", "output/sine.h5", "--to", "density"])
        .assert()
        .code(2)
        .stderr(contains("follows particles, and has no cells").and(contains("`reluflow density`")));
    fs::write(folder.path().join("d.toml"), RUN).unwrap();
    reluflow(folder.path()).args(["run", "-q", "d.toml", "-o", "d.h5"]).assert().success();
    for kind in ["neurons", "canonical", "knots"] {
        reluflow(folder.path()).args(["convert", "d.h5", "--to", kind]).assert().code(2).stderr(
            contains("d.h5: solves for the density, and has no particles").and(contains("--to density")),
        );
    }
}
