//! Early alignment: a small start turns to the extremal directions of the field and may stay above interpolation.

use std::fs;
use std::path::Path;
use std::time::Instant;

use reluflow::io::Particles;
use reluflow::problem::Start;
use reluflow::run::{Alignment, Columns, Simulation, extremal_directions};
use reluflow::scenario::{Scenario, scenarios};
use serde_json::{Value, json};

use crate::cli_support::{json, reluflow};
use crate::oracles::{oracle, python};

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

/// Where `values` first reach `level`, upwards or downwards: straight between records.
fn reached(every: f64, values: &[f64], level: f64) -> f64 {
    let side = |value: f64| (value - level) * (values[0] - level) <= 0.0;
    let i = values.iter().position(|&value| side(value)).unwrap();
    every * (i as f64 - 1.0 + (level - values[i - 1]) / (values[i] - values[i - 1]))
}

/// Plain gradient descent of 20000 neurons by automatic differentiation: the same times of alignment and growth, and the same
/// plateaus, to the first order of its steps. `-- --nocapture` prints what both cost.
#[test]
fn times_and_plateaus_are_those_of_gradient_descent() {
    let Some(python) = python("jax") else { return };
    let shipped = scenarios().iter().find(|shipped| shipped.name == "alignment").unwrap();
    let text = shipped.text.replace("particles = 400", "particles = 20000");
    let Scenario { description: d, start, .. } = Scenario::parse(&text, Path::new("a.toml")).unwrap();
    let Start::Lifted(neurons) = &start else { panic!("neurons") };
    assert_eq!(neurons.len(), 20_000);
    let (samples, angle, every, end) = (d.samples.clone(), 0.1, 0.05f64, 10.0);
    let zero: Vec<f64> = samples.y().iter().map(|y| -y).collect();
    let [direction] = &extremal_directions(&samples, &zero)[..] else { panic!("one direction") };
    let rates = [0.025, 0.0125];
    let case = json!({
        "x": samples.x(), "y": samples.y(), "c": neurons.c(), "a": neurons.a(), "b": neurons.b(), "rates": rates,
        "every": every, "end": end, "theta": direction.theta, "angle": angle,
    });
    let descent = oracle(python, "jax_alignment.py", Some(&case));
    let begun = Instant::now();
    let mut run = Simulation::new(&d, start).unwrap();
    let (mut loss, mut share, mut seconds) = (vec![], vec![], 0.0);
    for i in 0..=(end / every).round() as usize {
        let stepping = Instant::now();
        run.advance_to(every * i as f64).unwrap();
        seconds += stepping.elapsed().as_secs_f64();
        loss.push(run.loss());
        let p = Particles::of_state(run.state(), 1.0).unwrap();
        let columns =
            Columns { index: &p.index, r: &p.r, theta: &p.theta, c: &p.c, a: &p.a, b: &p.b, place: &p.place };
        share.push(Alignment::new(&samples, run.stepper().residual(), &d.mass, &columns, angle).share);
    }
    println!(
        "flow: {} steps until t = {end}, {seconds:.2} s ({:.2} s with what is measured)",
        run.state().step,
        begun.elapsed().as_secs_f64()
    );
    let series = |k: usize, name: &str| -> Vec<f64> {
        descent[k][name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let line = 0.262_564_102_564;
    let half = 0.5 * (loss[0] + line);
    let times = |loss: &[f64], share: &[f64]| [reached(every, share, 0.9), reached(every, loss, half)];
    let exact = times(&loss, &share);
    let found = [0, 1].map(|k| times(&series(k, "loss"), &series(k, "share")));
    for k in 0..2 {
        println!(
            "descent at rate {}: {} steps, {:.2} s; aligned at t = {:.4} ({:.4}), half-way at {:.4} ({:.4})",
            rates[k],
            descent[k]["steps"],
            descent[k]["seconds"].as_f64().unwrap(),
            found[k][0],
            exact[0],
            found[k][1],
            exact[1]
        );
    }
    // Shares are of live neurons, of which descent counts some that the flow has pinned to an edge of the dead region.
    for (i, (what, bound)) in [("aligned", 5e-3), ("half-way", 1e-3)].into_iter().enumerate() {
        let [far, near] = [0, 1].map(|k| found[k][i] - exact[i]);
        // First order: halved with the step, and gone in the extrapolation to steps of 0.
        assert!((far / near - 2.0).abs() < 0.3 && near.abs() < 0.03 * exact[i], "{what}: {far} {near}");
        assert!((2.0 * near - far).abs() < bound * exact[i], "{what}: {}", 2.0 * near - far);
    }
    // Plateaus: of the zero network while neurons turn, of the line in the end.
    for (k, name) in ["0.025", "0.0125"].into_iter().enumerate() {
        let descended = series(k, "loss");
        let (turned, last) = ((exact[0] / every) as usize, descended.len() - 1);
        assert!(
            (descended[turned] - loss[turned]).abs() < 1e-3 * loss[0]
                && (loss[turned] / loss[0] - 1.0).abs() < 0.02,
            "{name}"
        );
        assert!(
            (descended[last] - loss[last]).abs() < 1e-4 * loss[0]
                && (loss[last] - line).abs() < 1e-3 * loss[0],
            "{name}: {} {}",
            descended[last],
            loss[last]
        );
    }
}
