//! `reluflow compare`, and the quadrature's own error in a run file.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::io::RunFile;

use crate::cli_support::*;

/// The same five samples with these keys of the measure.
fn run(folder: &Path, name: &str, change: impl Fn(String) -> String) {
    fs::write(folder.join(format!("{name}.toml")), change(data())).unwrap();
    reluflow(folder).args(["run", "-q", &format!("{name}.toml")]).assert().success();
}

/// Samples that are not all zero: a quadrature starts from f = 0.
fn data() -> String {
    sine(64, 5).replace("count = 5\n", "count = 5\nfrequency = 0.4\n")
}

fn file(name: &str) -> String {
    format!("output/{name}.h5")
}

#[test]
fn equal_runs_are_the_same_to_the_last_bit() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a", |text| text);
    run(folder.path(), "b", |text| format!("# a comment\n{text}"));
    let compare = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["compare", &file("a"), &file("b")]).args(more);
        command
    };
    compare(&["--exact"]).assert().success().stdout("the same, to the last bit\n").stderr("");
    let found = json(&mut compare(&["--exact", "--json"]));
    assert_eq!((found["same"].as_bool(), found["differences"].as_array().unwrap().len()), (Some(true), 0));
    let found = json(&mut compare(&["--bound", "0", "--json"]));
    assert_eq!(found["within"], true);
    for moment in found["moments"].as_array().unwrap() {
        for quantity in [
            "residual",
            "loss",
            "function",
            "pinned_mass",
            "knots_w1",
            "knots_w2",
            "theta_w1",
            "theta_w2",
            "cylinder_sw2",
        ] {
            assert_eq!(moment[quantity].as_f64(), Some(0.0), "{quantity}: {moment}");
        }
        assert!(moment["tangent_kernel"].is_null());
    }
    compare(&["--quiet"]).assert().success().stdout("");
    // One bit of one particle.
    let tampered = crate::common::open_rw(folder.path().join(file("b")));
    let theta = tampered.dataset("theta").unwrap();
    let mut values = theta.read_2d::<f64>().unwrap();
    values[[3, 17]] = f64::from_bits(values[[3, 17]].to_bits() ^ 1);
    theta.write(&values).unwrap();
    drop((theta, tampered));
    compare(&["--exact"])
        .assert()
        .code(1)
        .stdout(predicate::eq("differs  how\ntheta    first in row 3, value 17\n"));
    compare(&[]).assert().success();
}

#[test]
fn distances_are_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a", |text| text + "tangent_kernel = true\n");
    run(folder.path(), "seed", |text| text.replace("seed = 1", "seed = 2") + "tangent_kernel = true\n");
    let compared = json(reluflow(folder.path()).args([
        "compare",
        &file("a"),
        &file("seed"),
        "--json",
        "--bound",
        "100",
    ]));
    // Against the files themselves.
    let [a, b] = ["a", "seed"].map(|name| RunFile::open(&folder.path().join(file(name))).unwrap());
    for (i, moment) in compared["moments"].as_array().unwrap().iter().enumerate() {
        let (s, t) = (a.snapshot(i).unwrap(), b.snapshot(i).unwrap());
        let residual =
            s.residual.iter().zip(&t.residual).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        assert_eq!(moment["residual"].as_f64(), Some(residual));
        assert_eq!(moment["loss"].as_f64(), Some((s.loss - t.loss).abs()));
        assert_eq!(moment["pinned_mass"].as_f64(), Some((s.pinned_mass.sum() - t.pinned_mass.sum()).abs()));
        let (k, l) = (s.tangent_kernel.unwrap(), t.tangent_kernel.unwrap());
        let kernel = ((&k - &l).mapv(|v| v * v).sum() / k.mapv(|v| v * v).sum()).sqrt();
        assert!((moment["tangent_kernel"].as_f64().unwrap() - kernel).abs() < 1e-14);
        // At the start masses are equal: sorted points are matched one by one.
        let (p, q) = (a.particles(i).unwrap().unwrap(), b.particles(i).unwrap().unwrap());
        let sorted = |theta: &[f64]| {
            let mut knots: Vec<f64> = theta.iter().map(|theta| -theta.sin() / theta.cos()).collect();
            knots.sort_by(f64::total_cmp);
            knots
        };
        let (x, y) = (sorted(&p.theta), sorted(&q.theta));
        let w1 = x.iter().zip(&y).map(|(x, y)| (x - y).abs()).sum::<f64>() / 64.0;
        assert!((moment["knots_w1"].as_f64().unwrap() / w1 - 1.0).abs() < 1e-12);
        assert_eq!(moment["mass_without_knot"], serde_json::json!([0.0, 0.0]));
        assert!(moment["theta_w1"].as_f64() <= moment["theta_w2"].as_f64());
        let (distance, error) = (&moment["cylinder_sw2"], &moment["cylinder_sw2_error"]);
        assert!(error.as_f64().unwrap() < 0.2 * distance.as_f64().unwrap(), "{moment}");
    }
    assert_eq!(compared["within"], true);
    // The exit code is that of the bound.
    reluflow(folder.path())
        .args(["compare", &file("a"), &file("seed")])
        .assert()
        .code(1)
        .stdout(contains("residuals are more than 1.0e-5 apart first at t = 0"));
}

#[test]
fn widths_flows_and_tolerances_may_differ_and_times_too() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a", |text| text);
    run(folder.path(), "wide", |text| {
        text.replace("particles = 64", "particles = 200").replace("end = 2.0", "end = 2.0\ntolerance = 1e-4")
    });
    run(folder.path(), "thin", |text| {
        text.replace("count = 5 }", "times = [0.5, 0.7] }") + "particles = 10\n"
    });
    let compare = |a: &str, b: &str| {
        let mut command = reluflow(folder.path());
        command.args(["compare", &file(a), &file(b)]);
        command
    };
    compare("a", "wide")
        .assert()
        .code(1)
        .stdout(contains("theta W2").and(contains("more than 1.0e-3 apart")));
    // Common times: 0, 0.5, 2; particles of the thinned run at its end only.
    let found = json(compare("a", "thin").args(["--json"]));
    let times: Vec<f64> =
        found["moments"].as_array().unwrap().iter().map(|moment| moment["time"].as_f64().unwrap()).collect();
    assert_eq!(times, [0.0, 0.5, 2.0]);
    assert_eq!(found["unmatched_snapshots"], serde_json::json!([2, 1]));
    let measured: Vec<bool> =
        found["moments"].as_array().unwrap().iter().map(|moment| moment["theta_w1"].is_number()).collect();
    assert_eq!(measured, [false, false, true]);
    compare("a", "thin").assert().success().stdout(
        contains("2 and 1 snapshots are at times")
            .and(contains("f and measures are compared at 1 of 3 times: output.particles"))
            .and(contains("tangent kernels are compared at 0 of 3 times")),
    );
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a", |text| text);
    run(folder.path(), "six", |text| text.replace("count = 5\n", "count = 6\n"));
    run(folder.path(), "other", |text| {
        text.replace("function = \"sine\"\ncount = 5\nfrequency = 0.4", "function = \"abs\"\ncount = 5")
    });
    let compare = |b: &str| {
        let mut command = reluflow(folder.path());
        command.args(["compare", &file("a"), b]);
        command
    };
    compare(&file("six")).assert().code(2).stderr(contains("different samples (5 and 6 of them)"));
    compare(&file("other")).assert().code(2).stderr(contains("different samples (y[0] ="));
    compare("missing.h5").assert().code(2).stderr(contains("missing.h5"));
    compare("a.toml").assert().code(2);
    compare(&file("a")).args(["--bound", "-1"]).assert().code(2).stderr(contains("not negative"));
    compare(&file("a")).args(["--bound", "1", "--exact"]).assert().code(2);
    compare(&file("six")).arg("--exact").assert().code(1).stdout(contains("residual"));
}

fn quadrature(text: String) -> String {
    text.replace("particles = 64\nseed = 1", "sampling = \"quadrature\"\nnodes = 6\nestimate_error = true")
}

/// Every snapshot has the estimate, and it is how far the run with twice the nodes is.
#[test]
fn a_quadrature_estimates_its_error() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "q", quadrature);
    run(folder.path(), "twice", |text| {
        quadrature(text).replace("nodes = 6\nestimate_error = true", "nodes = 12")
    });
    let found =
        json(reluflow(folder.path()).args(["compare", &file("q"), &file("twice"), "--json", "--bound", "1"]));
    let q = RunFile::open(&folder.path().join(file("q"))).unwrap();
    for (i, moment) in found["moments"].as_array().unwrap().iter().enumerate() {
        assert_eq!(q.snapshot(i).unwrap().error_estimate, moment["residual"].as_f64());
    }
    assert!(q.snapshot(4).unwrap().error_estimate.unwrap() > 1e-6);
    let twice = RunFile::open(&folder.path().join(file("twice"))).unwrap();
    assert_eq!(twice.snapshot(4).unwrap().error_estimate, None);
    let attribute = |file: &RunFile, name: &str| {
        file.attributes().unwrap().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
    };
    assert_eq!(attribute(&q, "sampling").as_deref(), Some("quadrature"));
    assert_eq!(attribute(&q, "quadrature_nodes").as_deref(), Some("6"));
    assert_eq!(
        (attribute(&twice, "quadrature_estimate").as_deref(), attribute(&q, "seed")),
        (Some("0"), None)
    );
    // The output says so, too.
    reluflow(folder.path())
        .args(["info", &file("q")])
        .assert()
        .success()
        .stdout(contains("quadrature with 6 nodes").and(contains("error of residuals estimated at most")));
    let told = json(reluflow(folder.path()).args(["info", "--json", &file("q")]));
    assert_eq!(told["last"]["quadrature_error_estimate"].as_f64(), q.snapshot(4).unwrap().error_estimate);
    reluflow(folder.path()).args(["info", &file("twice")]).assert().stdout(contains("estimated").not());
    // Whole run files of a sweep have it, too.
    let sweep = ["study", "sweep", "-q", "q.toml", "--set", "measure.nodes=4,6", "--keep-runs", "-o", "s.h5"];
    reluflow(folder.path()).args(sweep).assert().success();
    let kept = RunFile::open(&folder.path().join("s_runs/run_000001.h5")).unwrap();
    for i in 0..5 {
        let estimate = |file: &RunFile| file.snapshot(i).unwrap().error_estimate;
        assert!(estimate(&kept).is_some() && estimate(&kept) == estimate(&q));
    }
    reluflow(folder.path()).args(["validate", &file("q")]).assert().success();
    reluflow(folder.path()).args(["check", &file("q")]).assert().success();
}

/// The run beside is made again when a run is resumed, to the same bits.
#[test]
fn an_estimating_run_resumes_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let longer = |text: String| {
        format!("title = \"Long\"\n{}", quadrature(text))
            .replace("nodes = 6", "nodes = 40")
            .replace("count = 5 }", "count = 41 }")
    };
    run(folder.path(), "whole", longer);
    fs::copy(folder.path().join("whole.toml"), folder.path().join("killed.toml")).unwrap();
    let started = start_and_wait_for(folder.path(), &["run", "killed.toml"], "snapshot 9 of");
    started.signal(libc::SIGKILL);
    started.finish();
    reluflow(folder.path()).args(["resume", "-q", &file("killed")]).assert().success();
    assert_same_run(folder.path().join(file("whole")), folder.path().join(file("killed")));
    reluflow(folder.path()).args(["compare", &file("whole"), &file("killed"), "--exact"]).assert().success();
}

/// Particles that are not a number are damage, not a bug.
#[test]
fn particles_that_are_not_finite_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "a", |text| text);
    fs::copy(folder.path().join(file("a")), folder.path().join(file("b"))).unwrap();
    let damaged = crate::common::open_rw(folder.path().join(file("b")));
    let theta = damaged.dataset("theta").unwrap();
    let mut values = theta.read_dyn::<f64>().unwrap();
    values[[0, 3]] = f64::NAN;
    theta.write(values.view()).unwrap();
    drop((theta, damaged));
    reluflow(folder.path())
        .args(["compare", &file("a"), &file("b")])
        .assert()
        .code(1)
        .stderr(contains("output/b.h5 is damaged: theta of particle 3 in snapshot 1 is NaN"));
}
