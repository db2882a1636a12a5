//! `reluflow study width` and `study phase`: what they find is so.

use std::fs;
use std::path::Path;
use std::time::Duration;

use reluflow::math::random::{Purpose, Stream};
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
///
/// The final measure is atoms at the samples with gaps between: a surplus of mass `m^(-1/2)` at one
/// has to cross them, so that `W_2` falls with a slope between -1/4 and -1/2. `W_1` falls with -1/2, and
/// the sliced distance where its projections have neither gaps nor long tails: `r = c |w|` of normal
/// weights has exponential ones.
#[test]
fn independent_draws_approach_with_slope_one_half() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["width.toml", "width_lifted.toml"] {
        let mut command = reluflow(folder.path());
        command.args(["study", "width", &shipped(name), "--json", "-q"]);
        let found = json(command.args(["--widths", "1000,3000,10000,30000", "--seeds", "128"]));
        assert!(found["limit"].as_str().unwrap().starts_with("quadrature, "), "{found:#}");
        for quantity in ["residual", "function"] {
            let slope = of(&found, quantity)["slope"].as_f64().unwrap();
            assert!((slope + 0.5).abs() < 0.03, "{name}, {quantity}: {slope}\n{found:#}");
        }
        let (square_root, thin) = match name {
            "width.toml" => (&["cylinder SW2"][..], &["knots W2", "theta W2"][..]),
            _ => (&[][..], &["knots W2", "theta W2", "cylinder SW2"][..]),
        };
        for &quantity in ["tangent kernel", "pinned mass", "knots W1", "theta W1"].iter().chain(square_root) {
            let approach = of(&found, quantity);
            let (slope, margin) =
                (approach["slope"].as_f64().unwrap(), approach["slope_margin"].as_f64().unwrap());
            assert!((slope + 0.5).abs() < 0.03 + 1.5 * margin, "{name}, {quantity}: {slope} {margin}");
        }
        for &quantity in thin {
            let approach = of(&found, quantity);
            let (slope, redrawn) =
                (approach["slope"].as_f64().unwrap(), approach["redrawn_slope"].as_f64().unwrap());
            assert!((-0.53..-0.22).contains(&slope), "{name}, {quantity}: {slope}");
            assert!((slope - redrawn).abs() < 0.12, "{name}, {quantity}: {slope} {redrawn}");
            if name == "width.toml" {
                let verdict = approach["verdict"].as_str().unwrap();
                assert!(verdict.contains("as where mass is thin, in gaps or tails"), "{verdict}");
            }
            assert!(approach["width_for_one_percent"].is_null());
        }
        // The limit is known far better than the networks are, by two ways to it.
        let apart = found["limits"][0]["apart"]["sobol"]["residual"].as_f64().unwrap();
        let widest = found["widths"][3]["deviation"]["residual"]["mean"].as_f64().unwrap();
        assert!(apart < 0.1 * widest, "{name}: {apart} {widest}");
        // At the start the fluctuations are a sum of independent terms: normal, and with the mean and
        // covariance of one term.
        for row in found["widths"].as_array().unwrap() {
            assert!(row["normality"]["start"].as_f64().unwrap() > 1e-3, "{name}: {row}");
            assert!(row["start_mean"]["relative_error"].as_f64().unwrap() < 3.3, "{name}: {row}");
            let covariance = &row["start_covariance"];
            let (off, expected) =
                (covariance["relative_error"].as_f64().unwrap(), covariance["expected"].as_f64().unwrap());
            assert!(off < 3.0 * expected, "{name}: {row}");
        }
        // The width for 1 % is where the fitted law has 1 %: halfway between widths it is met.
        let function = of(&found, "function");
        let ends: Vec<f64> = (0..3).map(|i| function["width_for_one_percent"][i].as_f64().unwrap()).collect();
        assert!((1000.0..30000.0).contains(&ends[1]) && ends[0] < ends[1] && ends[1] < ends[2], "{ends:?}");
        let nearly_all = function["width_for_one_percent_nearly_all"].as_f64().unwrap();
        assert!(nearly_all > 1.5 * ends[1] && nearly_all < 20.0 * ends[1], "{nearly_all}");
        let answer = found["answer"].as_str().unwrap();
        assert!(answer.starts_with("A network of ") && answer.contains("within 1 % of the limit's function"));
    }
}

/// The answer is so: networks of the width it names are within 1 % on average, and 95 of 100 of the
/// other width it names; told by other networks than it was fitted to.
#[test]
fn networks_as_wide_as_the_answer_are_within_one_percent() {
    let folder = tempfile::tempdir().unwrap();
    let study = |widths: &str, seeds: &str, output: &str| {
        let text = fs::read_to_string(shipped("width.toml")).unwrap();
        let seed = if output == "a.h5" { "seed = 1" } else { "seed = 5000" };
        fs::write(folder.path().join("w.toml"), text.replace("seed = 1", seed)).unwrap();
        let mut command = reluflow(folder.path());
        command.args(["study", "width", "w.toml", "--widths", widths, "--seeds", seeds]);
        json(command.args(["-o", output, "--limit-particles", "65536", "--json", "-q"]))
    };
    let first = study("1000,3000,30000", "64", "a.h5");
    let function = of(&first, "function");
    let width = function["width_for_one_percent"][1].as_f64().unwrap().round();
    let nearly_all = function["width_for_one_percent_nearly_all"].as_f64().unwrap().round();
    let second = study(&format!("{width},{nearly_all}"), "100", "b.h5");
    let file = folder.path().join("b.h5");
    let limit = numbers(&file, "limit_function");
    let size = (limit.iter().map(|f| f * f).sum::<f64>() / limit.len() as f64).sqrt();
    let of_function = |row: usize| second["widths"][row]["deviation"]["function"]["mean"].as_f64().unwrap();
    // Both fit and check scatter by some 7 %.
    assert!((of_function(0) / (0.01 * size) - 1.0).abs() < 0.25, "{} of {size}", of_function(0));
    // By the definition, from the stored functions.
    let functions = numbers(&file, "function");
    let within = |network: &&[f64]| {
        let square: f64 = network.iter().zip(&limit).map(|(f, g)| (f - g).powi(2)).sum();
        (square / limit.len() as f64).sqrt() <= 0.01 * size
    };
    let second_width = functions[functions.len() / 2..].chunks(limit.len());
    let share = second_width.collect::<Vec<_>>().iter().filter(|network| within(network)).count();
    assert!((86..=100).contains(&share), "{share} of 100");
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
    let approach = of(&found, "residual");
    assert!(approach["verdict"].as_str().unwrap().contains("there is no limit"), "{approach}");
    assert!(approach["width_for_one_percent"].is_null(), "{approach}");
    for key in ["answer", "no_limit"] {
        assert!(found[key].as_str().unwrap().contains("depends on the width"), "{found:#}");
    }
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
    let found = json(reluflow(folder.path()).args(arguments("stopped.h5")).args([
        "--json",
        "--threads",
        "2",
        "--oversubscribe",
    ]));
    assert!(found["done_before"].as_u64().unwrap() >= 11, "{found}");
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("stopped.h5"));
}

/// The scenario of [`folder_with_sine`] with six samples, which are not all 0.
fn folder_with_six(particles: usize, snapshots: usize) -> tempfile::TempDir {
    let folder = folder_with_sine(particles, snapshots);
    let text = sine(particles, snapshots).replace("count = 5", "count = 6");
    fs::write(folder.path().join("sine.toml"), text).unwrap();
    folder
}

/// Killed at ten random moments, while limits or networks are under way or being kept.
#[test]
fn a_width_study_killed_at_ten_random_moments_is_the_uninterrupted_one() {
    let folder = folder_with_six(100, 4);
    let arguments = |study: &'static str| {
        let all = "study width sine.toml --widths 100,1000,20000 --seeds 50 --limit-particles 20000 -o";
        all.split(' ').chain([study]).collect::<Vec<&str>>()
    };
    reluflow(folder.path()).args(arguments("whole.h5")).assert().success();
    let mut draw = Stream::new(12, Purpose::Noise, 0);
    for kill in 0..10 {
        let mut started = start(folder.path(), &arguments("killed.h5"));
        // Some runs on, so that the study comes forward, but not to its end; then at any moment.
        match draw.below(5) {
            0 => {}
            runs => started.wait_for(&format!("run {runs} of")),
        }
        std::thread::sleep(Duration::from_millis(draw.below(30)));
        started.signal(libc::SIGKILL);
        let (_, code) = started.finish();
        assert_eq!(code, None, "the study was over before kill {kill}");
        assert!(!folder.path().join("killed.h5").exists());
    }
    let found = json(reluflow(folder.path()).args(arguments("killed.h5")).arg("--json"));
    let (before, now) = (found["done_before"].as_u64().unwrap(), found["done_now"].as_u64().unwrap());
    assert!(before >= 10 && before + now == 154, "{before} {now}");
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("killed.h5"));
    assert!(!folder.path().join("killed.h5.parts").exists(), "parts are left behind");
}

/// Every shard makes the limit that it needs; together they are the whole, on one machine or several.
#[test]
fn shards_of_a_width_study_merged_are_the_whole() {
    let folder = folder_with_six(100, 4);
    let study = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["study", "width", "sine.toml", "--widths", "100,300", "--seeds", "8"]);
        command.args(["--limit-particles", "10000"]).args(more);
        command
    };
    let whole = json(study(&["-o", "whole.h5", "--json"]).arg("-q"));
    let merge = || {
        let mut command = reluflow(folder.path());
        command.args(["study", "merge", "part.h5", "--from", "other/part.h5.parts"]);
        command
    };
    let done = study(&["-o", "part.h5", "--shard", "1/3"]).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.success() && said.contains("reluflow study merge part.h5"), "{said}");
    assert!(said.contains("2 runs in ") && !folder.path().join("part.h5").exists(), "{said}");
    study(&["-o", "part.h5", "--shard", "3/3"]).assert().success();
    let missing = "5 of 20 runs are not finished (shards with open runs: 2/3)";
    merge().assert().code(2).stderr(predicates::str::contains(missing));
    study(&["-o", "other/part.h5", "--shard", "2/3"]).assert().success();
    let merged = json(merge().args(["--json", "-q"]));
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("part.h5"));
    for key in ["limit", "limits", "widths", "approaches", "answer"] {
        assert_eq!(whole[key], merged[key], "{key}");
    }
    assert!(!folder.path().join("part.h5.parts").exists(), "parts are left behind");
    // A shard that comes too late has nothing to do.
    study(&["-o", "part.h5", "--shard", "1/3"])
        .assert()
        .success()
        .stderr(predicates::str::contains("part.h5 is whole already"));
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
        (&["width", "sine.toml", "--limit", "best"], "give density, quadrature, sobol or iid"),
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
