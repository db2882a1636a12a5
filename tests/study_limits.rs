//! `reluflow study width --limit density`: three independent limits, and the errors of all of them.

use std::fs;
use std::path::Path;

use predicates::str::contains;
use reluflow::study::validate_study_file;
use serde_json::Value;

use crate::cli_support::*;
use crate::study_support::*;

const COMPARED: [&str; 4] = ["residual", "function", "tangent kernel", "pinned mass"];

fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).display().to_string()
}

/// The density, the quadrature and Sobol' points are nearer to each other than the density's own error, which its
/// coarser run tells, and than its error and theirs: no two have anything in common but the law. Numbers of the JSON are
/// those of the file and of the text.
#[test]
fn three_limits_agree_within_their_own_errors() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = |more: &[&'static str]| {
        let all =
            ["--widths", "100,1000", "--seeds", "16", "--limit", "density", "--limit-cells", "192", "-q"];
        [&["study", "width"][..], &all, more].concat().iter().map(|word| word.to_string()).collect::<Vec<_>>()
    };
    let scenario = shipped("width.toml");
    let found = json(reluflow(folder.path()).args(arguments(&["--json", "-o", "w.h5"])).arg(&scenario));
    let limits = found["limits"].as_array().unwrap();
    let kinds: Vec<&str> = limits.iter().map(|limit| limit["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["density", "quadrature", "sobol"]);
    assert_eq!(found["limit"], "density, 192 x 192 cells (error: against 96 x 96 cells)");
    assert!(found["limit_of_measures"].as_str().unwrap().contains("Sobol' points"), "{found:#}");
    let error = |i: usize, q: &str| limits[i]["error"][q].as_f64().unwrap();
    for q in COMPARED {
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            let apart = limits[i]["apart"][kinds[j]][q].as_f64().unwrap();
            assert!(
                apart > 0.0 && apart < error(i, q) + error(j, q),
                "{} {} {q}: {apart:e}",
                kinds[i],
                kinds[j]
            );
        }
    }
    // Bounds are a third above what was found.
    for (q, bound) in COMPARED.into_iter().zip([2.4e-4, 1.3e-4, 8.5e-3, 4e-3]) {
        assert!(error(0, q) < bound, "{q}: {:e}", error(0, q));
    }
    let file = folder.path().join("w.h5");
    assert_eq!(texts(&file, "limit_kind"), kinds);
    let of_file = numbers(&file, "limit_own_error");
    let apart = numbers(&file, "limits_apart");
    for (i, limit) in limits.iter().enumerate() {
        assert_eq!(texts(&file, "limit_about")[i], limit["about"].as_str().unwrap());
        for (q, name) in COMPARED.into_iter().enumerate() {
            assert_eq!(of_file[4 * i + q], error(i, name));
            assert_eq!(apart[4 * (3 * i + i) + q], 0.0);
            let other = (i + 1) % 3;
            assert_eq!(Some(apart[4 * (3 * i + other) + q]), limit["apart"][kinds[other]][name].as_f64());
        }
    }
    assert_eq!(validate_study_file(&file).unwrap(), []);
    // The limit itself is that of the quadrature, which the study takes unless told.
    let plain = ["study", "width", &scenario, "--widths", "100", "--seeds", "2", "-o", "q.h5", "-q"];
    reluflow(folder.path()).args(plain).assert().success();
    let of = |file: &str, name: &str| numbers(&folder.path().join(file), name);
    for (name, bound) in [("limit_residual", 1.2e-4), ("limit_function", 2e-4)] {
        let most = of("w.h5", name)
            .iter()
            .zip(of("q.h5", name))
            .fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        assert!(most > 0.0 && most < bound, "{name}: {most:e}");
    }
    // What independent draws fluctuate by at the start, from cells instead of nodes: 2.1e-4 of 0.5, of second order in
    // the width 2 pi / 192 of a column.
    for (a, b) in of("w.h5", "start_covariance").iter().zip(of("q.h5", "start_covariance")) {
        assert!((a - b).abs() < 2.8e-4, "{a} {b}");
    }
}

/// A scenario of a density names its own limit, and networks are drawn from its law.
#[test]
fn a_scenario_of_a_density_has_its_own_limit() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nx = [-1.0, 0.0, 0.7]\ny = [0.5, -1.0, 0.3]\n[measure]\nrepresentation = \"density\"\n\
                law = \"normal-uniform\"\ncells = [64, 48]\n[time]\nend = 1\n[output]\namplitude = 5.0\n";
    fs::write(folder.path().join("d.toml"), text).unwrap();
    let study =
        ["study", "width", "d.toml", "--widths", "100,1000", "--seeds", "8", "--limit-particles", "20000"];
    let output = reluflow(folder.path()).args(study).args(["--json", "-o", "d.h5"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["limit"], "density, 64 x 48 cells (error: against 32 x 24 cells)");
    let said = String::from_utf8(output.stderr).unwrap();
    for words in [
        "beside it: quadrature, ",
        "its final measure: 32768 Sobol' points",
        "finished: measure.representation=\"density\" measure.cells=[64, 48]\n",
    ] {
        assert!(said.contains(words), "{words} is not in\n{said}");
    }
    let slope = found["approaches"][0]["slope"].as_f64().unwrap();
    assert!((slope + 0.5).abs() < 0.2, "{slope}");
    let table = reluflow(folder.path()).args(study).args(["-o", "e.h5"]).output().unwrap();
    let table = String::from_utf8(table.stdout).unwrap();
    for (name, values) in [
        ("density, 64 x 48 cells (error: against 32 x 24 cells)", &found["limits"][0]["error"]),
        ("density and sobol apart", &found["limits"][0]["apart"]["sobol"]),
        ("quadrature and sobol apart", &found["limits"][1]["apart"]["sobol"]),
    ] {
        let row = table.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let expected = COMPARED.map(|q| format!("{:.1e}", values[q].as_f64().unwrap()));
        assert_eq!(row.split_whitespace().collect::<Vec<_>>(), expected);
    }
}

/// Where no density is possible the study says why, and what to do.
#[test]
fn densities_that_are_not_possible_are_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let head = "[samples]\nfunction = \"sine\"\ncount = 6\n[time]\nend = 0.5\n[measure]\nparticles = 100\n";
    for (name, rest) in [
        ("gd.toml", "law = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.5\n"),
        ("kernel.toml", "law = \"normal\"\ndelta = 0\n[flow]\nkind = \"kernel\"\n"),
        ("file.toml", ""),
    ] {
        fs::write(folder.path().join(name), format!("{head}{rest}")).unwrap();
    }
    fs::write(folder.path().join("p.csv"), "r,theta\n1,0\n").unwrap();
    let file = head.replace("particles = 100", "file = \"p.csv\"");
    fs::write(folder.path().join("file.toml"), file).unwrap();
    let possible = "there is a density of the canonical flow";
    let another = "or choose another with --limit";
    for (arguments, words) in [
        (&["gd.toml", "--limit", "density"][..], [possible, another]),
        (&["kernel.toml", "--limit", "density"], [possible, another]),
        (&["file.toml", "--limit", "density"], ["limit from density: refused: ", "file"]),
        (&["gd.toml", "--limit-cells", "16"], ["two whole numbers from 32 to 16384", "512x512"]),
        (
            &["gd.toml", "--limit", "sobol", "--limit-cells", "64"],
            ["belong to a density, and the limit is another", "give --limit density"],
        ),
    ] {
        let mut command = reluflow(folder.path());
        let assert = command.args(["study", "width"]).args(arguments).assert().code(2);
        let [first, second] = words;
        assert.stderr(contains(first)).stderr(contains(second));
    }
}
