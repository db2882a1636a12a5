//! Early alignment: a small start turns to the extremal directions of the field and may stay above interpolation.

use std::fs;

use reluflow::scenario::scenarios;
use serde_json::Value;

use crate::cli_support::{json, reluflow};

/// `info --alignment --json` of the shipped scenario, with this scale.
fn run(scale: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let shipped = scenarios().iter().find(|shipped| shipped.name == "alignment").unwrap();
    assert!(shipped.text.contains("scale = 1e-6"));
    let text = shipped.text.replace("scale = 1e-6", &format!("scale = {scale}"));
    fs::write(folder.path().join("a.toml"), text).unwrap();
    json(reluflow(folder.path()).args(["run", "a.toml", "-o", "a.h5", "--json"]));
    for command in [&["check", "a.h5"][..], &["validate", "a.h5"], &["report", "a.h5"]] {
        let output = reluflow(folder.path()).args(command).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let output = reluflow(folder.path()).args(["info", "a.h5", "--alignment"]).output().unwrap();
    println!("scale {scale}\n{}", String::from_utf8(output.stdout).unwrap());
    let text = reluflow(folder.path()).args(["info", "a.h5"]).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let told = json(reluflow(folder.path()).args(["info", "a.h5", "--alignment", "0.05", "--json"]));
    assert!(text.contains("verdict") && text.contains("at rest"), "{text}");
    told
}

fn last(told: &Value) -> f64 {
    told["last"]["loss"].as_f64().unwrap()
}

/// Three points of the early-alignment literature: the least-squares line has the loss 0.26256410 (x = -3/4, -1/2, 1/8;
/// y = 11/10, 1/10, 4/5: the residuals are `(7, -12, 5) / 5.7...`, by hand).
#[test]
fn a_small_start_stays_at_the_loss_of_the_line() {
    let told = run("1e-6");
    let line = told["alignment"]["line_loss"].as_f64().unwrap();
    // 1/2 (y - line)^2 = 1/2 <e, y>^2 / <e, e> with e orthogonal to (1, 1, 1) and x: e = (5, -7, 2).
    let e = [5.0, -7.0, 2.0];
    let by_hand = 0.5 * (5.0 * 1.1 - 7.0 * 0.1 + 2.0 * 0.8f64).powi(2) / e.iter().map(|e| e * e).sum::<f64>();
    assert!((by_hand - 0.262_564_1).abs() < 1e-8 && (line - by_hand).abs() < 1e-14);
    assert_eq!((told["ended_by"].as_str(), told["verdict"].as_str()), (Some("rest"), Some("line")));
    assert!((last(&told) - by_hand).abs() < 1e-7, "{}", last(&told));
    // Most neurons have turned within 0.05 rad while the loss is still that of a zero network.
    let zero = told["alignment"]["zero_loss"].as_f64().unwrap();
    assert!((zero - 0.5 * (1.21 + 0.01 + 0.64)).abs() < 1e-12);
    let snapshots = told["alignment"]["snapshots"].as_array().unwrap();
    let at = |t: f64| snapshots.iter().find(|snapshot| snapshot["time"].as_f64() == Some(t)).unwrap();
    let of = |t: f64, name: &str| at(t)[name].as_f64().unwrap();
    assert!(
        of(0.0, "share") < 0.05 && of(2.0, "share") > 0.6 && of(3.0, "share") == 1.0,
        "{}",
        of(2.0, "share")
    );
    assert!(
        (of(2.0, "loss") / zero - 1.0).abs() < 2e-3
            && told["alignment"]["aligned_at"].as_f64().unwrap() <= 3.0
    );
    // One direction, of positive r, with all samples active: that of Sum_j y_j xt_j.
    let x = [-0.75, -0.5, 0.125];
    let field = [x[0] * 1.1 + x[1] * 0.1 + x[2] * 0.8, 2.0f64];
    for t in [0.0, 2.0] {
        let [only] = &at(t)["directions"].as_array().unwrap()[..] else { panic!("{}", at(t)) };
        let theta = only["theta"].as_f64().unwrap();
        assert!(
            only["sign"].as_f64() == Some(1.0) && (theta - field[1].atan2(field[0])).abs() < 2e-3,
            "{only}"
        );
    }
    let plateaus = told["alignment"]["plateaus"].as_array().unwrap();
    let losses: Vec<f64> = plateaus.iter().map(|plateau| plateau["loss"].as_f64().unwrap()).collect();
    assert!((losses[0] / zero - 1.0).abs() < 1e-3, "{losses:?}");
    assert!((losses[losses.len() - 1] / by_hand - 1.0).abs() < 1e-3, "{losses:?}");
}

#[test]
fn a_large_start_interpolates() {
    let told = run("1.0");
    assert_eq!((told["ended_by"].as_str(), told["verdict"].as_str()), (Some("rest"), Some("interpolation")));
    assert!(last(&told) < 1e-14, "{}", last(&told));
}
