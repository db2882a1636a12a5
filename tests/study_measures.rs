//! Distances between final measures in width studies, and the limits that they are told from.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli_support::*;
use crate::study_support::*;

/// `deviation` of a quantity at every width, by member.
fn deviations(study: &Path, quantity: &str, widths: usize) -> Vec<Vec<f64>> {
    let q = texts(study, "quantity").iter().position(|name| name == quantity).unwrap();
    let all = numbers(study, "deviation");
    let (size, seeds) = (all.len() / 9, all.len() / 9 / widths);
    all[q * size..(q + 1) * size].chunks(seeds).map(<[f64]>::to_vec).collect()
}

fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (mean, (square / (n - 1.0) / n).sqrt())
}

/// Midpoint sum over the window of knots.
fn over_window(f: impl Fn(f64) -> f64) -> f64 {
    let n = 20_000;
    (0..n).map(|i| f(-2.0 + 4.0 * (f64::from(i) + 0.5) / f64::from(n)) * 4.0 / f64::from(n)).sum()
}

/// Before anything has moved, neurons are independent draws of a known law, and empirical-process
/// theory says how far `m` of them are from it. Directions are uniform on the circle (`m W_2^2` is
/// then Watson's statistic, of mean 1/12); knots are Cauchy, put at the ends beyond [-2, 2]:
///
/// ```text
/// theta   m E W_2^2 = (2 pi)^2 / 12
/// knots   m E W_2^2 = Int F (1 - F) / f dx,    sqrt(m) E W_1 = sqrt(2 / pi) Int sqrt(F (1 - F)) dx
/// ```
#[test]
fn distances_at_the_start_are_those_of_empirical_process_theory() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nx = [-1.0, 0.2, 1.0]\ny = [0.0, 1.0, 0.0]\n[measure]\nparticles = 100\n\
                [time]\nend = 1e-9\n[output]\nsnapshots = { count = 2 }\n";
    fs::write(folder.path().join("start.toml"), text).unwrap();
    let study = ["study", "width", "start.toml", "--widths", "1000,4000", "--seeds", "400", "-o", "s.h5"];
    let found = json(reluflow(folder.path()).args(study).args(["--json", "-q"]));
    let file = folder.path().join("s.h5");
    let cdf = |x: f64| 0.5 + x.atan() / PI;
    let density = |x: f64| 1.0 / (PI * (1.0 + x * x));
    let square = over_window(|x| cdf(x) * (1.0 - cdf(x)) / density(x));
    let modulus = (2.0 / PI).sqrt() * over_window(|x| (cdf(x) * (1.0 - cdf(x))).sqrt());
    // Powers p: m^(p/2) W^p has a limit.
    let cases = [("theta W2", 2, TAU * TAU / 12.0), ("knots W2", 2, square), ("knots W1", 1, modulus)];
    for (quantity, power, expected) in cases {
        for (width, values) in [1000.0f64, 4000.0].into_iter().zip(deviations(&file, quantity, 2)) {
            let scaled: Vec<f64> = values.iter().map(|&w| (width.sqrt() * w).powi(power)).collect();
            let (mean, error) = mean_and_error(&scaled);
            // Corrections of higher order in 1 / m, and the limit's own error, are below a per cent.
            let off = (mean - expected).abs();
            assert!(
                off < 3.5 * error + 0.01 * expected,
                "{quantity}, {width}: {mean} +- {error}, {expected}"
            );
            assert!(error < 0.06 * expected, "{quantity}: {error} says little");
        }
    }
    // Draws from the limit's final measure are such draws, too: eight of each width. Watson's
    // statistic has a standard deviation of 0.63 means, its root less than half of that.
    let redrawn = numbers(&file, "redrawn_distance");
    for (width, row) in [1000.0f64, 4000.0].into_iter().zip(redrawn.chunks(5)) {
        let expected = TAU / (12.0 * width).sqrt();
        assert!((row[3] / expected - 0.95).abs() < 4.0 * 0.31 / 8f64.sqrt(), "{row:?} {expected}");
    }
    // Of uniform directions those have knots beyond +-2 that are nearer to the vertical than atan 2 is.
    let outside = 2.0 * (FRAC_PI_2 - 2f64.atan()) / PI;
    assert!((found["knots_outside"].as_f64().unwrap() - outside).abs() < 1e-4, "{found:#}");
    assert!((found["widths"][1]["knots_outside"].as_f64().unwrap() - outside).abs() < 2e-3);
    assert_eq!(found["knots_none"], 0.0);
    assert_eq!(numbers(&file, "knot_window"), [-2.0, 2.0]);
    // Nothing has been learned: the widest networks are not within 1 % of nothing.
    assert!(found["answer"].as_str().unwrap().contains("more than 4000 neurons"), "{found:#}");
    let approaches = found["approaches"].as_array().unwrap();
    let of = |quantity: &str| approaches.iter().find(|approach| approach["quantity"] == quantity).unwrap();
    assert!(of("theta W1")["verdict"].as_str().unwrap().contains("as independent draws have it"));
    assert!(of("cylinder SW2")["verdict"].as_str().unwrap().contains("as independent draws have it"));
}

fn root_mean_square(a: &[f64], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len() as f64).sqrt()
}

fn limit_error(found: &Value) -> f64 {
    found["approaches"][0]["limit_error"].as_f64().unwrap()
}

/// The limit's own error, told from half the nodes, is above the true one (against many more nodes),
/// but not by orders of magnitude more than a factor eight for each halving.
#[test]
fn the_limit_knows_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 6\n[measure]\nparticles = 100\n[time]\nend = 3\n";
    fs::write(folder.path().join("s.toml"), text).unwrap();
    let study = |particles: &str, kind: &str| {
        let output = format!("{kind}{particles}.h5");
        let found =
            json(reluflow(folder.path()).args(["study", "width", "s.toml", "--widths", "50"]).args([
                "--seeds",
                "2",
                "--limit",
                kind,
                "--limit-particles",
                particles,
                "-o",
                &output,
                "--json",
                "-q",
            ]));
        (numbers(&folder.path().join(output), "limit_residual"), limit_error(&found), found)
    };
    let (fine, fine_error, _) = study("250000", "quadrature");
    for (particles, kind) in [("4000", "quadrature"), ("16000", "quadrature"), ("4096", "sobol")] {
        let (limit, told, found) = study(particles, kind);
        let error = root_mean_square(&limit, &fine);
        assert!(error < told + fine_error, "{kind} {particles}: {error:e} is above {told:e}");
        assert!(error > 0.005 * told && told > 2.0 * fine_error, "{kind} {particles}: {error:e} {told:e}");
        if kind == "quadrature" {
            assert!(found["limit"].as_str().unwrap().starts_with("quadrature, "), "{found:#}");
            assert!(found["limit_of_measures"].as_str().unwrap().contains("Sobol' points"));
            // What stands for the measure is another approach to the same limit.
            let apart = found["limits"][0]["apart"]["sobol"]["residual"].as_f64().unwrap();
            assert!(apart < 1e-3 && apart > 0.0, "{apart}");
        }
    }
    let (_, told, found) = study("20000", "iid");
    assert!(found["limits"].as_array().unwrap().len() == 1 && told > 10.0 * fine_error, "{found:#}");
}

/// Where there is no quadrature the next best is taken and the study says so; scenarios that are
/// written for a quadrature themselves are studied all the same.
#[test]
fn refused_limits_have_a_fallback_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let head = "[samples]\nfunction = \"sine\"\ncount = 6\n[time]\nend = 0.5\n";
    let descent =
        "[measure]\nparticles = 100\nlaw = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.5\n";
    fs::write(folder.path().join("gd.toml"), format!("{head}{descent}")).unwrap();
    let nodes = "[measure]\nsampling = \"quadrature\"\nnodes = 10\nestimate_error = true\n";
    fs::write(folder.path().join("nodes.toml"), format!("{head}{nodes}")).unwrap();
    let study = |scenario: &str| {
        let mut command = reluflow(folder.path());
        command.args(["study", "width", scenario, "--widths", "50,100", "--seeds", "4", "--json"]);
        let output = command.args(["--limit-particles", "5000"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        (serde_json::from_slice::<Value>(&output.stdout).unwrap(), said)
    };
    let (found, said) = study("gd.toml");
    for text in [said.as_str(), found["limit_notes"][0].as_str().unwrap()] {
        assert!(text.contains("limit from quadrature: refused: gd.toml: measure.sampling"), "{text}");
        assert!(text.contains("is of no use to gradient descent"), "{text}");
    }
    assert!(found["limit"].as_str().unwrap().starts_with("8192 Sobol' points"), "{found:#}");
    assert_eq!((&found["limit_of_measures"], &found["limits"][1]), (&"".into(), &Value::Null));
    assert!(found["widths"][1]["deviation"]["theta W1"]["mean"].as_f64().unwrap() > 0.0);
    // sin(2 pi x) at five points is 0 throughout: a quadrature would have nothing to learn.
    fs::write(folder.path().join("flat.toml"), sine(100, 3)).unwrap();
    let (found, said) = study("flat.toml");
    assert!(said.contains("and so are the samples") && found["limit"].as_str().unwrap().contains("Sobol'"));
    let (found, _) = study("nodes.toml");
    assert!(found["limit"].as_str().unwrap().starts_with("quadrature, "), "{found:#}");
    assert!(found["widths"][0]["deviation"]["residual"]["mean"].as_f64().unwrap() > 0.0, "{found:#}");
    // Gradient descent that is told its steps ends at times that depend on the width.
    let steps = head.replace("end = 0.5", "steps = 100") + descent;
    fs::write(folder.path().join("steps.toml"), steps).unwrap();
    let mut command = reluflow(folder.path());
    command.args(["study", "width", "steps.toml", "--widths", "50,100", "--seeds", "2"]);
    let words = "give time.end, and output.snapshots by times, instead of steps of gradient descent";
    command.assert().code(1).stderr(predicates::str::contains(words));
}
