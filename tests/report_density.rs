//! The page of a run that solves for its density: its cells and lines are the file's, coarser, with the same masses.

use std::fs;

use predicates::str::contains;
use reluflow::io::RunFile;
use reluflow::report::Gathered;

use crate::cli_support::reluflow;
use crate::report::{LIMIT, array, data, page};

fn scenario(measure: &str, flow: &str) -> String {
    format!(
        "title = \"Cells\"\n[samples]\nx = [-1.0, -0.5, 0.0, 0.5, 1.0]\ny = [-0.1411, -0.9975, 0.0, 0.9975, 0.1411]\n\
         [measure]\nrepresentation = \"density\"\n{measure}\n[flow]\n{flow}\n[time]\nend = 4.0\ntolerance = 1e-4\n\
         [output]\nsnapshots = {{ count = 5 }}\n"
    )
}

#[test]
fn masses_of_cells_and_lines_are_those_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    // The second has more cells than a page takes.
    for cells in ["cells = [96, 96]", "cells = [400, 300]"] {
        fs::write(folder.path().join("d.toml"), scenario(cells, "")).unwrap();
        reluflow(folder.path()).args(["run", "-q", "--force", "d.toml", "-o", "d.h5"]).assert().success();
        let page = page(folder.path(), &["d.h5"]);
        assert!(page.len() < LIMIT && page.contains("It is drawn in") && !page.contains("stored neurons"));
        let data = data(&page);
        let file = RunFile::open(&folder.path().join("d.h5")).unwrap();
        let [r, theta] = ["map_r", "map_theta"].map(|name| array(&data, name));
        let (rows, columns) = (r.len() - 1, theta.len() - 1);
        assert!(
            rows <= 160
                && columns <= 432
                && (theta[columns] - theta[0] - std::f64::consts::TAU).abs() < 1e-12
        );
        let [codes, knots, lines] = ["map", "per_radian", "line"].map(|name| array(&data, name));
        let boundaries = array(&data, "line_boundary");
        let range: Vec<f64> = serde_json::from_value(data["map_range"].clone()).unwrap();
        let residual = array(&data, "residual");
        let [function, at, y] = ["function", "grid_sample", "y"].map(|name| array(&data, name));
        for t in 0..5 {
            let snapshot = file.snapshot(t).unwrap();
            let found = file.densities(t).unwrap().unwrap();
            let stored_height = 2.0 * file.description().unwrap().density.unwrap().limit / data_rows(&page);
            let dead_lines: f64 = found.dead_line_density.iter().sum::<f64>() * stored_height;
            let bulk = 1.0 - snapshot.pinned_mass.sum() - dead_lines - found.mass_outside;
            let width = |i: usize| theta[i + 1] - theta[i];
            let of_knots: f64 =
                (0..2 * columns).map(|i| knots[t * 2 * columns + i] * width(i % columns)).sum();
            assert!((of_knots - bulk).abs() < 1e-6, "{cells}, {t}: {of_knots} {bulk}");
            // Codes are steps of 4 % at most: half of that either way, and what is fainter than the first is left out.
            let decode = |code: f64| {
                if code > 0.0 { range[0] * (range[1] / range[0]).powf((code - 1.0) / 254.0) } else { 0.0 }
            };
            let cell = |i: usize| {
                decode(codes[t * rows * columns + i])
                    * (r[i / columns + 1] - r[i / columns])
                    * width(i % columns)
            };
            let mass: f64 = (0..rows * columns).map(cell).sum();
            assert!((mass - bulk).abs() < 0.02 * bulk, "{cells}, {t}: {mass} {bulk}");
            for (k, b) in boundaries.iter().enumerate() {
                let from = (t * boundaries.len() + k) * rows;
                let mass: f64 = (0..rows).map(|row| lines[from + row] * (r[row + 1] - r[row])).sum();
                let expected = snapshot.pinned_mass.row(*b as usize).sum();
                assert!(
                    (mass - expected).abs() < 1e-3 * expected + 1e-6,
                    "{cells}, {t}, {b}: {mass} {expected}"
                );
            }
            for j in 0..5 {
                let value = function[t * function.len() / 5 + at[j] as usize];
                assert_eq!(value, f64::from((y[j] + residual[5 * t + j]) as f32), "sample {j}");
            }
        }
        assert!(boundaries.len() >= 4);
        assert!(array(&data, "turned").iter().all(|turned| turned.is_nan()));
        assert!(data["arrays"].get("frozen_function").is_some());
    }
}

/// What a still kernel would do comes from the law: in the kernel limit it is what the run does, and in all flows it is
/// what the quadrature of the same law says, by its own nodes.
#[test]
fn a_still_kernel_is_that_of_the_law() {
    let folder = tempfile::tempdir().unwrap();
    let gathered = |text: &str| {
        fs::write(folder.path().join("d.toml"), text).unwrap();
        reluflow(folder.path()).args(["run", "-q", "--force", "d.toml", "-o", "d.h5"]).assert().success();
        Gathered::read(&RunFile::open(&folder.path().join("d.h5")).unwrap(), 4000).unwrap()
    };
    let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
    for (law, flow) in [
        ("law = \"normal\"", "kind = \"kernel\""),
        ("law = \"pytorch\"\nparticles = 50", "kind = \"adaptive\""),
        ("", ""),
        ("delta = -0.5", "kind = \"lifted\""),
    ] {
        let density = gathered(&scenario(&format!("cells = [96, 96]\n{law}"), flow));
        // Steps of the tangent kernel between directions: half as large with twice as many.
        let nodes = if law.contains("law") { 32 } else { 64 };
        let particles = format!("sampling = \"quadrature\"\nnodes = {nodes}\n{law}");
        let particles = scenario(&particles, flow).replace("representation = \"density\"\n", "");
        let particles = gathered(&particles);
        let start = &density.frames[0];
        assert!(apart(&start.frozen.as_ref().unwrap().0, &start.function) < 1e-12);
        for (frame, other) in density.frames.iter().zip(&particles.frames) {
            let (found, expected) = (frame.frozen.as_ref().unwrap(), other.frozen.as_ref().unwrap());
            let error = apart(&found.0, &expected.0);
            println!("{law}, {flow}, t = {}: {error:.1e}", frame.snapshot.time);
            assert!(error < 4e-3, "{law}, {flow}: {error:e}");
            assert!((found.1 - expected.1).abs() < 2e-4 * expected.1.max(1e-2), "{found:?}");
            if flow.contains("kernel") {
                let error = apart(&found.0, &frame.function);
                assert!(error < 1e-3 && (found.1 - frame.snapshot.loss).abs() < 1e-4, "{error:e}");
            }
        }
        assert!(density.regime().frozen_distance.is_some());
    }
}

/// Rows that the file stores, as the page tells them.
fn data_rows(page: &str) -> f64 {
    let words = page.split("columns, of ").nth(1).unwrap();
    words.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn every_flow_has_a_page_without_a_word_of_neurons_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let lifted =
        |delta: &str| (format!("cells = [48, 48]\ndelta = {delta}"), "kind = \"lifted\"".to_string());
    let tv = ("cells = [48, 48]".to_string(), "tv = 0.1".to_string());
    for (measure, flow) in [lifted("-0.5"), lifted("0"), lifted("0.5"), tv] {
        fs::write(folder.path().join("d.toml"), scenario(&measure, &flow)).unwrap();
        reluflow(folder.path()).args(["run", "-q", "--force", "d.toml", "-o", "d.h5"]).assert().success();
        let page = page(folder.path(), &["d.h5"]);
        let body = &page[page.find("<body>").unwrap()..page.find("id=\"data\"").unwrap()];
        for wrong in ["NaN", "0 neurons", "stored neurons", "Neurons turned"] {
            assert!(!body.contains(wrong), "{flow}: {wrong}");
        }
        assert!(
            body.contains("a density in 48 x 48 cells") && body.contains("laws that can be checked hold")
        );
        // Of a total variation a still kernel knows nothing.
        assert_eq!(data(&page)["arrays"].get("frozen_function").is_some(), !flow.contains("tv"));
    }
    reluflow(folder.path())
        .args(["report", "d.h5", "--gif", "d.gif"])
        .assert()
        .code(2)
        .stderr(contains("`reluflow plot --figure density --time T` draws single moments"));
    assert!(!folder.path().join("d.gif").exists());
}
