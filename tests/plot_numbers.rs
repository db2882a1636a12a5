//! The numbers that are drawn are those of the file, or follow from them.

use std::f64::consts::TAU;
use std::path::Path;

use reluflow::io::{ArrayFile, RunFile};
use reluflow::plot::{Source, to_csv};
use reluflow::problem::knot_of;

use crate::cli_support::reluflow;
use crate::plot_support::*;
use crate::study_support::{numbers, texts};

fn drawn(file: &Path, figure: &str, time: Option<f64>) -> Vec<Row> {
    table(&to_csv(&Source::open(file).unwrap().figure(Some(figure), time).unwrap()))
}

/// The network at `x` by its definition.
fn value(file: &RunFile, index: usize, x: f64) -> f64 {
    let (p, mass) = (file.particles(index).unwrap().unwrap(), file.description().unwrap().mass);
    let neuron = |i: usize| mass[i] * p.r[i] * (x * p.theta[i].cos() + p.theta[i].sin()).max(0.0);
    (0..mass.len()).map(neuron).sum()
}

#[test]
fn of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = run(folder.path(), "sine", &scenario("canonical", "normal-uniform", 300, "tv = 0.02"));
    let file = RunFile::open(&path).unwrap();
    let snapshots: Vec<_> = (0..file.len()).map(|i| file.snapshot(i).unwrap()).collect();
    let (first, last) = (&snapshots[0], &snapshots[file.len() - 1]);
    let samples = file.description().unwrap().samples;

    // function: a curve through the network's values, at the samples f = rho + y.
    let rows = drawn(&path, "function", None);
    for (name, index, snapshot) in [("start", 0, first), ("function", file.len() - 1, last)] {
        let curve = layer(&rows, "function", name);
        assert!(curve.len() > 600);
        for row in curve.iter().step_by(29) {
            let [x, y, ..] = row.numbers;
            assert!((y - value(&file, index, x)).abs() < 1e-12, "{name} at {x}");
        }
        for j in 0..samples.len() {
            let at = curve.iter().find(|row| row.numbers[0] == samples.x()[j]).unwrap().numbers[1];
            assert!((at - samples.y()[j] - snapshot.residual[j]).abs() < 1e-12, "{name}, sample {j}");
        }
    }
    let points: Vec<f64> = heights(&rows, "function", "samples");
    assert_eq!(points, samples.y());

    // At another time it is another curve.
    let early = drawn(&path, "function", Some(snapshots[2].time));
    let at_zero = |rows: &[Row]| {
        layer(rows, "function", "function").iter().find(|r| r.numbers[0] == 0.0).unwrap().numbers[1]
    };
    assert!((at_zero(&early) - value(&file, 2, 0.0)).abs() < 1e-12);
    assert!((at_zero(&early) - at_zero(&rows)).abs() > 1e-3);

    // knots in the histogram: all mass whose knot is in the window.
    let bars = layer(&rows, "knots", "knots, function");
    let window = [bars[0].numbers[0], bars[bars.len() - 1].numbers[0]];
    let p = file.particles(file.len() - 1).unwrap().unwrap();
    let inside = p.theta.iter().filter(|theta| (window[0]..window[1]).contains(&-theta.tan())).count();
    let sum: f64 = bars.iter().step_by(2).map(|row| row.numbers[3]).filter(|mass| mass.is_finite()).sum();
    assert!((sum - inside as f64 / 300.0).abs() < 1e-9, "{sum}, {inside}");

    // plane and cylinder: every particle, once, where it is.
    for (figure, place) in [
        (
            "plane",
            (|r: f64, theta: f64| [r.abs() * theta.cos(), r.abs() * theta.sin()]) as fn(f64, f64) -> [f64; 2],
        ),
        ("cylinder", |r, theta| [if theta >= 0.75 * TAU { theta - TAU } else { theta }, r]),
    ] {
        let rows = drawn(&path, figure, None);
        let mut found: Vec<[f64; 2]> = rows
            .iter()
            .filter(|row| {
                row.mark == "points" && (row.layer.starts_with("free") || row.layer.starts_with("pinned"))
            })
            .map(|row| [row.numbers[0], row.numbers[1]])
            .collect();
        let mut expected: Vec<[f64; 2]> = (0..300).map(|i| place(p.r[i], p.theta[i])).collect();
        for points in [&mut found, &mut expected] {
            points.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
        }
        assert_eq!(found.len(), 300, "{figure}");
        for (a, b) in found.iter().zip(&expected) {
            assert!((a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 1e-12, "{figure}: {a:?} {b:?}");
        }
        let negative = rows.iter().filter(|r| r.layer == "free, r < 0" || r.layer == "pinned, r < 0").count();
        assert_eq!(negative, p.r.iter().filter(|r| **r < 0.0).count(), "{figure}");
        assert!(rows.iter().any(|row| row.layer.starts_with("pinned")), "nothing is pinned: a poor test");
    }

    // trajectories: start and end of some particles.
    let rows = drawn(&path, "trajectories", None);
    let start = file.particles(0).unwrap().unwrap();
    for (row, i) in layer(&rows, "cylinder", "start").iter().zip((0..100).map(|k| 3 * k)) {
        assert_eq!(row.numbers[1], start.r[i]);
    }
    assert_eq!(layer(&rows, "plane", "end").len(), 100);

    // residuals, loss, kernel: rows of the file, bit for bit.
    let of = |f: &dyn Fn(&reluflow::run::Snapshot) -> f64| -> Vec<f64> { snapshots.iter().map(f).collect() };
    let rows = drawn(&path, "residuals", None);
    for j in 0..5 {
        assert_eq!(heights(&rows, "residuals", &format!("particles, sample {j}")), of(&|s| s.residual[j]));
        assert_eq!(heights(&rows, "residuals", &format!("ODE, sample {j}")), of(&|s| s.residual_ode[j]));
        let printed = heights(&rows, "residuals", &format!("ODE as printed, sample {j}"));
        assert_eq!(printed, of(&|s| s.residual_ode_uncorrected[j]));
    }
    let off = |s: &reluflow::run::Snapshot| {
        (0..5).map(|j| (s.residual_ode_uncorrected[j] - s.residual[j]).abs()).fold(0.0, f64::max)
    };
    assert_eq!(heights(&rows, "differences", "ODE as printed"), of(&off));
    let rows = drawn(&path, "loss", None);
    let losses: Vec<[f64; 2]> = snapshots.iter().map(|s| [s.time, s.loss]).collect();
    losses_are_of_every_step(&file, &layer(&rows, "loss", "loss"), &losses);
    assert_eq!(heights(&rows, "balance", "dissipation"), of(&|s| s.energy_dissipation));
    let energy = of(&|s| s.loss + s.penalty);
    let rate = heights(&rows, "balance", "rate");
    let step = snapshots[1].time;
    assert!((rate[0] - (energy[0] - energy[1]) / step).abs() < 1e-12);
    let rows = drawn(&path, "kernel", None);
    assert_eq!(heights(&rows, "change", "change"), of(&|s| s.tangent_kernel_change));
    for mode in 0..5 {
        let values = of(&|s| s.tangent_kernel_eigenvalues.as_ref().unwrap()[mode]);
        assert_eq!(heights(&rows, "spectrum", &format!("eigenvalue {mode}")), values);
    }

    // regions: cells over time and the samples between which their knots are; shares that sum to 1.
    let rows = drawn(&path, "regions", None);
    let x = file.description().unwrap().samples.x().to_vec();
    let regions = reluflow::problem::Regions::new(&file.description().unwrap().samples);
    for (panel, of) in [
        (
            "mass",
            (|s: &reluflow::run::Snapshot, k| s.region_mass[k]) as fn(&reluflow::run::Snapshot, usize) -> f64,
        ),
        ("covariance", |s, k| s.region_covariance[[k, 0]] + s.region_covariance[[k, 2]]),
    ] {
        for (facing, side) in [("right-facing", 1.0), ("left-facing", -1.0)] {
            let cells = layer(&rows, &format!("{panel}, {facing}"), panel);
            assert_eq!(cells.len(), 4 * snapshots.len());
            for row in cells {
                let [low, high] = [row.numbers[1], row.numbers[3]];
                assert!(x.windows(2).any(|pair| pair == [low, high]), "{low} {high}");
                // A neuron that faces there, with its knot between these samples.
                let knot = 0.5 * (low + high);
                let k = regions.region_of((-side * knot).atan2(side));
                let at =
                    snapshots.iter().find(|s| (row.numbers[0]..row.numbers[2]).contains(&s.time)).unwrap();
                assert_eq!(row.numbers[4], of(at, k), "{panel}, {facing}, region {k}");
            }
        }
    }
    assert_eq!(
        heights(&rows, "shares", "of these with all samples active"),
        of(&|s| s.region_mass[regions.region_of(std::f64::consts::FRAC_PI_2)])
    );
    let shares: Vec<Vec<f64>> =
        ["free", "pinned", "dead", "stuck"].map(|name| heights(&rows, "shares", name)).into();
    for i in 0..snapshots.len() {
        assert!((shares.iter().map(|share| share[i]).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    // attractors: lines at the samples over the times at which they have the class in the file, and no others.
    let rows = drawn(&path, "attractors", None);
    for (panel, boundary, sign) in [
        ("right-facing, r > 0", 4, 0),
        ("right-facing, r < 0", 4, 1),
        ("left-facing, r > 0", 9, 0),
        ("left-facing, r < 0", 9, 1),
    ] {
        let mut covered = 0;
        for (class, word) in
            [(-1, "repulsor"), (0, "passthrough"), (1, "attractor"), (2, "edge of the dead region")]
        {
            let rows: Vec<&Row> = rows.iter().filter(|row| row.panel == panel && row.layer == word).collect();
            for piece in rows.chunks(3) {
                let [from, to] = [piece[0].numbers, piece[1].numbers];
                let j = x.iter().position(|x| *x == from[1]).expect("a line at a sample");
                for at in snapshots.iter().filter(|s| (from[0]..to[0]).contains(&s.time)) {
                    assert_eq!(at.attractor[[boundary - j, sign]], class, "{panel}, sample {j}, {}", at.time);
                    covered += 1;
                }
            }
        }
        assert_eq!(covered, 5 * snapshots.len(), "{panel}");
    }
}

#[test]
fn of_knots_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = run(folder.path(), "sine", &scenario("canonical", "normal-uniform", 60, ""));
    let file = RunFile::open(&path).unwrap();
    let rows = drawn(&path, "knots", None);
    // Every end of a line is a knot of the file at that time, by sign of r at the later one.
    let mut pieces = 0;
    for (name, sign) in [("r >= 0", 1.0), ("r < 0", -1.0)] {
        let lines = layer(&rows, "knots", name);
        for piece in lines.chunks(3) {
            let [from, to] = [piece[0].numbers, piece[1].numbers];
            let index = (0..file.len()).find(|&i| file.time(i).unwrap() == to[0]).unwrap();
            assert_eq!(file.time(index - 1).unwrap(), from[0]);
            let [a, b] = [index - 1, index].map(|i| file.particles(i).unwrap().unwrap());
            let is = |i: &usize| knot_of(a.theta[*i]) == Some(from[1]) && knot_of(b.theta[*i]) == Some(to[1]);
            let particle = (0..60).find(is).expect("a particle with these knots");
            assert!(b.r[particle] * sign >= 0.0);
            pieces += 1;
        }
    }
    assert!(pieces > 300, "{pieces}");
}

#[test]
fn of_a_run_that_stores_some_particles() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        scenario("canonical", "normal-uniform", 3000, "").replace("tangent_kernel = true", "particles = 40");
    let path = run(folder.path(), "thin", &text);
    let source = Source::open(&path).unwrap();
    // The last snapshot is whole, from the checkpoint; the start is a share, and says so.
    let figure = source.figure(Some("function"), None).unwrap();
    let labels: Vec<&str> = figure.panels[0].layers.iter().map(|layer| layer.label.as_str()).collect();
    assert!(labels.contains(&"t = 0 (40 of 3000 particles)") && labels.contains(&"t = 4"), "{labels:?}");
    let file = RunFile::open(&path).unwrap();
    let (samples, last) = (file.description().unwrap().samples, file.snapshot(file.len() - 1).unwrap());
    let rows = table(&to_csv(&figure));
    for j in 0..samples.len() {
        let curve = layer(&rows, "function", "function");
        let at = curve.iter().find(|row| row.numbers[0] == samples.x()[j]).unwrap().numbers[1];
        assert!((at - samples.y()[j] - last.residual[j]).abs() < 1e-11);
    }
    // The stored share stands for all: its masses are scaled to sum to 1.
    let stored = file.particles(0).unwrap().unwrap();
    let mean = (0..40).map(|i| stored.r[i] * stored.theta[i].sin().max(0.0)).sum::<f64>() / 40.0;
    let start = layer(&rows, "function", "start");
    let at_zero = start.iter().find(|row| row.numbers[0] == 0.0).unwrap().numbers[1];
    assert!((at_zero - mean).abs() < 1e-12, "{at_zero} {mean}");
    assert_eq!(source.figure(Some("plane"), None).unwrap().note, "");
    let early = source.figure(Some("plane"), Some(0.0)).unwrap();
    assert_eq!(early.note, "40 of 3000 particles are drawn.");
    let points = table(&to_csv(&early)).iter().filter(|row| row.layer.starts_with("free")).count();
    assert_eq!(points, 40);
}

#[test]
fn of_studies() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sine.toml"), scenario("canonical", "normal-uniform", 40, "")).unwrap();
    let study = |arguments: &[&str], name: &str| {
        reluflow(folder.path()).arg("study").args(arguments).args(["-q", "-o", name]).assert().success();
        folder.path().join(name)
    };
    // width: the deviations, and a line with the slope of the file through them.
    let arguments =
        ["width", "sine.toml", "--widths", "20,60,200,600", "--seeds", "6", "--limit-particles", "6000"];
    let path = study(&arguments, "width.h5");
    let rows = drawn(&path, "width", None);
    let mean = numbers(&path, "deviation_mean");
    for (q, name) in texts(&path, "quantity").iter().enumerate() {
        assert_eq!(heights(&rows, name, "mean over seeds"), mean[4 * q..4 * q + 4]);
        let slope = numbers(&path, "slope")[q];
        if slope.is_nan() {
            continue;
        }
        // Beside a guide of slope -1/2.
        let guide = layer(&rows, name, "slope of independent draws");
        let [a, b] = [guide[0].numbers, guide[3].numbers];
        assert!(((b[1] / a[1]).ln() / (b[0] / a[0]).ln() + 0.5).abs() < 1e-12);
        let line = layer(&rows, name, "slope");
        let [a, b] = [line[0].numbers, line[3].numbers];
        assert!(((b[1] / a[1]).ln() / (b[0] / a[0]).ln() - slope).abs() < 1e-12);
        // Through the middle of the points: some lie above it, some below.
        let signs: Vec<bool> =
            line.iter().zip(&mean[4 * q..]).map(|(row, mean)| row.numbers[1] > *mean).collect();
        assert!(signs.contains(&true) && signs.contains(&false), "{name}: {signs:?}");
    }
    assert!(numbers(&path, "slope").iter().any(|slope| slope.is_finite()), "no slope: a poor test");

    // sweep: means over seeds of each cell, with their standard errors.
    let arguments =
        ["sweep", "sine.toml", "--set", "measure.scale=0.5,1,2", "--set", "flow.tv=0,0.1", "--seeds", "3"];
    let path = study(&arguments, "sweep.h5");
    assert_eq!(
        ArrayFile::open(&path, reluflow::study::FORMAT_VERSION).unwrap().dims("final_loss").unwrap(),
        ["measure_scale", "flow_tv", "seed"]
    );
    let rows = drawn(&path, "sweep", None);
    let loss = numbers(&path, "final_loss");
    for (t, name) in ["flow_tv = 0", "flow_tv = 0.1"].iter().enumerate() {
        let line = layer(&rows, "final_loss", name);
        let bars = layer(&rows, "final_loss", &format!("standard error, {name}"));
        for (s, scale) in [0.5, 1.0, 2.0].into_iter().enumerate() {
            let seeds = &loss[(2 * s + t) * 3..(2 * s + t) * 3 + 3];
            let mean = seeds.iter().sum::<f64>() / 3.0;
            let variance = seeds.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2.0;
            assert_eq!(line[s].numbers[0], scale);
            assert!((line[s].numbers[1] - mean).abs() < 1e-14);
            assert!((bars[s].numbers[3] - mean - (variance / 3.0).sqrt()).abs() < 1e-14);
        }
    }

    // phase: cells by share and power.
    let lifted = scenario("lifted", "normal-uniform", 40, "").replace("seed = 1", "seed = 1\ndelta = 0");
    std::fs::write(folder.path().join("lifted.toml"), lifted).unwrap();
    let arguments = [
        "phase",
        "lifted.toml",
        "--delta",
        "-5,0,5",
        "--power",
        "0.5,1",
        "--widths",
        "20,60",
        "--seeds",
        "2",
    ];
    let path = study(&arguments, "phase.h5");
    let rows = drawn(&path, "phase", None);
    let change = numbers(&path, "final_tangent_kernel_change");
    let exponent = numbers(&path, "kernel_change_exponent");
    for row in layer(&rows, "change", "change") {
        let [d, p] = [row.numbers[0] + 0.5, row.numbers[1] + 0.5].map(|at| at as usize);
        // delta, width, power, seed
        let first = ((d * 2 + 1) * 2 + p) * 2;
        assert!((row.numbers[4] - 0.5 * (change[first] + change[first + 1])).abs() < 1e-15);
    }
    for row in layer(&rows, "exponent", "exponent") {
        let [d, p] = [row.numbers[0] + 0.5, row.numbers[1] + 0.5].map(|at| at as usize);
        assert_eq!(row.numbers[4].to_bits(), exponent[d * 2 + p].to_bits());
    }
}

#[test]
fn of_kernel_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sine.toml"), scenario("canonical", "normal-uniform", 40, "")).unwrap();
    reluflow(folder.path())
        .args(["kernel", "sine.toml", "-q", "-o", "k.h5", "--slices", "0.25,-0.5"])
        .assert()
        .success();
    let path = folder.path().join("k.h5");
    let grid = numbers(&path, "grid");
    let rows = drawn(&path, "slices", None);
    let values = numbers(&path, "kernel_slice");
    for (t, term) in texts(&path, "term").iter().enumerate() {
        for (i, x0) in numbers(&path, "slice").iter().enumerate() {
            let first = (2 * t + i) * grid.len();
            assert_eq!(heights(&rows, &format!("x0 = {x0}"), term), values[first..first + grid.len()]);
        }
    }
    let rows = drawn(&path, "splines", None);
    let (f, names) = (numbers(&path, "f"), texts(&path, "curve"));
    let curve = |name: &str| {
        let i = names.iter().position(|found| found == name).unwrap();
        &f[i * grid.len()..(i + 1) * grid.len()]
    };
    let x = numbers(&path, "x");
    for name in &names {
        let drawn = heights(&rows, "functions", name);
        if name == "linear_interpolant" {
            // Between the samples alone.
            for ((at, drawn), f) in grid.iter().zip(&drawn).zip(curve(name)) {
                let inside = (x[0]..=x[x.len() - 1]).contains(at);
                assert!(if inside { drawn == f } else { drawn.is_nan() }, "{at}: {drawn} {f}");
            }
            continue;
        }
        assert_eq!(drawn, curve(name));
        if name != "natural_spline" && name != "start" {
            let difference: Vec<f64> =
                curve(name).iter().zip(curve("natural_spline")).map(|(a, b)| a - b).collect();
            assert_eq!(heights(&rows, "differences", name), difference);
        }
    }
}

/// Snapshots and steps, each with its own loss; what is left out differs from the one drawn before by at most 1 %.
fn losses_are_of_every_step(file: &RunFile, drawn: &[&Row], snapshots: &[[f64; 2]]) {
    let steps = file.steps().unwrap();
    let mut all: Vec<[f64; 2]> = steps.iter().map(|step| [step.time, step.loss]).collect();
    all.extend(snapshots);
    all.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (mut next, mut last) = (0, all[0]);
    for row in drawn {
        let now = [row.numbers[0], row.numbers[1]];
        let at = next + all[next..].iter().position(|step| *step == now).expect("no step");
        for step in &all[next..at] {
            assert!((0..2).all(|i| (step[i] - last[i]).abs() <= 0.01 * step[i]), "{step:?} is left out");
        }
        (next, last) = (at + 1, now);
    }
    let drawn: Vec<[f64; 2]> = drawn.iter().map(|row| [row.numbers[0], row.numbers[1]]).collect();
    assert!(snapshots.iter().all(|snapshot| drawn.contains(snapshot)));
    assert!(drawn.len() > 5 * snapshots.len(), "{} of {} steps", drawn.len(), steps.len());
}

/// Residuals that relax at rates up to 1e6 within the first of eight intervals: no line leads over it. With the path, the
/// line is that of the steps; with a schedule that follows the relaxation it is whole.
#[test]
fn residuals_have_no_line_where_they_did_not_go_along_it() {
    let folder = tempfile::tempdir().unwrap();
    let coarse = scenario("kernel", "he", 300, "scaling = \"1\"");
    let line = |name: &str, text: &str| -> Vec<[f64; 2]> {
        let path = run(folder.path(), name, text);
        let rows = drawn(&path, "residuals", None);
        layer(&rows, "residuals", "particles, sample 1")
            .iter()
            .map(|row| [row.numbers[0], row.numbers[1]])
            .collect()
    };
    let found = line("coarse", &coarse);
    assert_eq!(found.len(), 9 + 1);
    assert!(found[0][0] == 0.0 && found[1].iter().all(|number| number.is_nan()), "{found:?}");
    assert!(found[2..].iter().flatten().all(|number| number.is_finite()), "{found:?}");
    let with_path = line("path", &coarse.replace("tangent_kernel", "path = true\ntangent_kernel"));
    assert!(with_path.len() > 20 && with_path.iter().flatten().all(|number| number.is_finite()));
    let log = coarse.replace("{ count = 9 }", "{ log = { first = 1e-8, per_decade = 10 } }");
    assert!(line("log", &log).iter().flatten().all(|number| number.is_finite()));
}
