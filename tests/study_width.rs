//! `reluflow study width` and `study phase`: what they find is so.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli_support::*;
use crate::study_support::*;

fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name).display().to_string()
}

fn of<'v>(found: &'v Value, quantity: &str) -> &'v Value {
    let approaches = found["approaches"].as_array().unwrap();
    approaches.iter().find(|approach| approach["quantity"] == quantity).unwrap()
}

/// Independent draws approach the limit like one over the square root of the width, for particles
/// and for networks all of whose weights train.
#[test]
fn independent_draws_approach_with_slope_one_half() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["width.toml", "width_lifted.toml"] {
        let arguments =
            ["--widths", "1000,3000,10000,30000", "--seeds", "128", "--limit-particles", "1000000"];
        let mut command = reluflow(folder.path());
        command.args(["study", "width", &shipped(name), "--limit", "iid", "--json", "-q"]).args(arguments);
        let found = json(&mut command);
        for quantity in ["residual", "function"] {
            let slope = of(&found, quantity)["slope"].as_f64().unwrap();
            assert!((slope + 0.5).abs() < 0.03, "{name}, {quantity}: {slope}\n{found:#}");
        }
        for quantity in ["tangent kernel", "pinned mass"] {
            let approach = of(&found, quantity);
            let (slope, margin) =
                (approach["slope"].as_f64().unwrap(), approach["slope_margin"].as_f64().unwrap());
            assert!((slope + 0.5).abs() < 0.03 + 1.5 * margin, "{name}, {quantity}: {slope} {margin}");
        }
        // At the start the fluctuations are a sum of independent terms: normal, and with the
        // covariance of one term.
        for row in found["widths"].as_array().unwrap() {
            assert!(row["normality"]["start"].as_f64().unwrap() > 1e-3, "{name}: {row}");
            let covariance = &row["start_covariance"];
            let (off, expected) =
                (covariance["relative_error"].as_f64().unwrap(), covariance["expected"].as_f64().unwrap());
            assert!(off < 3.0 * expected, "{name}: {row}");
        }
        // The width for 1 % is where the fitted law has 1 %: halfway between widths it is met.
        let one = of(&found, "function")["width_for_one_percent"][1].as_f64().unwrap();
        assert!((1000.0..30000.0).contains(&one), "{one}");
    }
}

/// Output weights like `1 / sqrt(m)` in a sum over neurons: the start function is random at every
/// width, and there is no one limit. Nothing is learned by the end of this run.
#[test]
fn a_network_without_a_limit_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(shipped("lifted.toml")).unwrap().replace("end = 0.004", "end = 1e-8");
    fs::write(folder.path().join("literal.toml"), text).unwrap();
    let study = ["study", "width", "literal.toml", "--widths", "50,100,200,400", "--seeds", "32"];
    let more = ["--limit-particles", "3200", "--limit", "iid", "--json", "-q"];
    let found = json(reluflow(folder.path()).args(study).args(more));
    let verdict = of(&found, "residual")["verdict"].as_str().unwrap();
    assert!(verdict.starts_with("no slope: 0 of 4 widths") || verdict.contains("no approach"), "{verdict}");
}

#[test]
fn a_width_study_stopped_and_continued_is_the_uninterrupted_one() {
    let folder = folder_with_sine(100, 4);
    let arguments = |study: &'static str| {
        vec![
            "study",
            "width",
            "sine.toml",
            "--widths",
            "100,1000,20000",
            "--seeds",
            "16",
            "--limit-particles",
            "40000",
            "-o",
            study,
        ]
    };
    reluflow(folder.path()).args(arguments("whole.h5")).args(["--threads", "1"]).assert().success();
    for line in ["run 1 of", "run 3 of", "run 9 of"] {
        let started = start_and_wait_for(folder.path(), &arguments("stopped.h5"), line);
        started.signal(if line == "run 3 of" { libc::SIGINT } else { libc::SIGKILL });
        let (_, code) = started.finish();
        assert_ne!(code, Some(0));
        assert!(!folder.path().join("stopped.h5").exists());
    }
    let found =
        json(reluflow(folder.path()).args(arguments("stopped.h5")).args(["--json", "--threads", "2"]));
    assert!(found["done_before"].as_u64().unwrap() >= 11, "{found}");
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("stopped.h5"));
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let folder = folder_with_sine(100, 3);
    fs::write(
        folder.path().join("file.toml"),
        sine(100, 3).replace("particles = 100\nseed = 1", "file = \"p.csv\""),
    )
    .unwrap();
    fs::write(folder.path().join("p.csv"), "r,theta\n1,0\n").unwrap();
    for (arguments, words) in [
        (&["width", "file.toml"][..], "the start measure is not drawn, so that there is no width to vary"),
        (&["width", "sine.toml", "--widths", "0"], "give a whole number from 1 to 1e9"),
        (&["width", "sine.toml", "--limit", "best"], "give quadrature, sobol or iid"),
        (&["phase", "sine.toml"], "--set measure.delta="),
    ] {
        let mut command = reluflow(folder.path());
        command.arg("study").args(arguments).assert().code(2).stderr(predicates::str::contains(words));
    }
}

/// In mean-field scaling the kernel's change does not fall with the width. With `alpha = sqrt(m)`
/// neurons move by `1 / kappa = m^(-1/2)`, and the kernel changes by that or less: where `c` and
/// `-c` are equally likely the first order cancels but for fluctuations, which leaves `1 / m`. And
/// `delta -> -inf` is lazy by itself.
#[test]
fn phases_are_where_theory_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let found = json(reluflow(folder.path()).args([
        "study",
        "phase",
        &shipped("delta_0.toml"),
        "--delta=-100,0",
        "--power",
        "0.5,1",
        "--widths",
        "300,1000,3000",
        "--seeds",
        "16",
        "--json",
        "-q",
    ]));
    let row = |i: usize| &found[i];
    let exponent = |i: usize| row(i)["exponent"].as_f64().unwrap();
    assert_eq!((row(2)["delta"].as_f64(), row(2)["power"].as_f64()), (Some(0.0), Some(0.5)));
    assert!((exponent(0) + 1.0).abs() < 0.15, "{found:#}");
    assert!((-1.1..-0.45).contains(&exponent(2)), "{found:#}");
    assert!(exponent(1).abs() < 0.1 && exponent(3).abs() < 0.1, "{found:#}");
    let phases: Vec<&str> = (0..4).map(|i| row(i)["phase"].as_str().unwrap()).collect();
    assert_eq!(phases, ["lazy", "lazy at any width", "lazy", "adaptive"]);
    assert_eq!(texts(&folder.path().join("output/delta_0_phase.h5"), "phase"), phases);
}
