//! Splines against SciPy, which `.ci/setup --test` installs.

use std::process::Command;

use reluflow::math::cross_validation::smoothing_parameter;
use reluflow::math::cubic_spline::CubicSpline;
use reluflow::math::linear_spline::LinearSpline;

use crate::common::Draw;
use crate::oracles::python;

/// Samples and where to look, from standard input as JSON; SciPy's answers as JSON.
const SCRIPT: &str = r#"
import json, sys
import numpy as np
from scipy.interpolate import CubicSpline, make_smoothing_spline, interp1d
answers = []
for case in json.load(sys.stdin):
    x, y, w, at = (np.array(case[k]) for k in ["x", "y", "w", "at"])
    natural = CubicSpline(x, y, bc_type="natural")
    answer = {"natural": natural(at).tolist(), "second": natural(x, 2).tolist()}
    # Gauss points make the integrals of squares of lines exact.
    nodes, weights = np.polynomial.legendre.leggauss(3)
    middle, half = (x[1:] + x[:-1]) / 2, (x[1:] - x[:-1]) / 2
    points = middle[:, None] + half[:, None] * nodes
    answer["roughness"] = float((half[:, None] * weights * natural(points, 2) ** 2).sum())
    fine = np.unique(np.concatenate([np.linspace(a, b, 4001) for a, b in zip(x[:-1], x[1:])]))
    answer["variation"] = float(np.abs(np.diff(natural(fine, 1))).sum())
    smooth = make_smoothing_spline(x, y, w=w, lam=case["lambda"])
    answer["smoothing"] = smooth(at).tolist()
    def score(lam):
        smooth = lambda v: make_smoothing_spline(x, v, w=w, lam=lam)(x)
        trace = sum(smooth(row)[j] for j, row in enumerate(np.eye(len(x))))
        return len(x) * (w * (y - smooth(y)) ** 2).sum() / (len(x) - trace) ** 2
    if case["chosen"]:
        answer["scores"] = [score(factor * case["chosen"]) for factor in [0.01, 0.8, 1, 1.25, 100]]
    answer["linear"] = interp1d(x, y, fill_value="extrapolate")(at).tolist()
    answers.append(answer)
json.dump(answers, sys.stdout)
"#;

#[test]
fn they_agree_with_scipy() {
    let Some(python) = python("scipy.interpolate") else { return };
    let mut draw = Draw(17);
    let mut cases = vec![];
    for k in 0..12 {
        let s = 5 + draw.below(40);
        // No two nearly equal: those leave neither side ten digits.
        let x: Vec<f64> = draw
            .list(s, 0.0, 0.8)
            .iter()
            .enumerate()
            .map(|(i, u)| 4.0 * (i as f64 + u) / s as f64 - 2.0)
            .collect();
        let (low, high) = (x[0], x[s - 1]);
        let mut at = draw.list(10, low, high);
        // SciPy's natural spline goes on as a cubic beyond its ends, ours as a line.
        at.splice(0..0, [low, high]);
        let lambda = 10f64.powi(k - 8);
        let (noise, w) = (draw.list(s, -0.3, 0.3), draw.list(s, 0.5, 3.0));
        let y: Vec<f64> = x.iter().zip(noise).map(|(x, noise)| (2.0 * x).sin() + noise).collect();
        let chosen = if k < 4 { smoothing_parameter(&x, &y, &w) } else { 0.0 };
        let case =
            serde_json::json!({ "x": x, "y": y, "w": w, "at": at, "lambda": lambda, "chosen": chosen });
        cases.push(case);
    }
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &cases).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        let list = |value: &serde_json::Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
        };
        let [x, y, w, at] = ["x", "y", "w", "at"].map(|key| list(&case[key]));
        let natural = CubicSpline::natural(&x, &y);
        let smoothing = CubicSpline::smoothing(&x, &y, &w, case["lambda"].as_f64().unwrap());
        let linear = LinearSpline::new(x.clone(), y.clone());
        let close = |ours: Vec<f64>, key: &str| {
            let theirs = list(&answer[key]);
            let scale = theirs.iter().fold(1.0, |most: f64, v| most.max(v.abs()));
            let worst = ours.iter().zip(&theirs).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
            assert!(ours.len() == theirs.len() && worst < 1e-10 * scale, "{key}: {worst:e} {case}");
        };
        close(at.iter().map(|&x| natural.value(x)).collect(), "natural");
        close(natural.second_derivative().to_vec(), "second");
        close(at.iter().map(|&x| smoothing.value(x)).collect(), "smoothing");
        close(at.iter().map(|&x| linear.value(x)).collect(), "linear");
        if case["chosen"].as_f64().unwrap() > 0.0 {
            let scores = list(&answer["scores"]);
            assert!(scores.iter().all(|&score| score >= scores[2]), "{scores:?}");
        }
        let number = |key: &str| answer[key].as_f64().unwrap();
        assert!((natural.roughness() / number("roughness") - 1.0).abs() < 1e-10);
        // Theirs is a sum over a grid, which misses a little where the second derivative changes sign.
        assert!((natural.slope_variation() / number("variation") - 1.0).abs() < 1e-6);
    }
}
