//! How far from the truth functions are: closed forms, in runs, sweeps and figures.

use std::fs;

use reluflow::io::RunFile;
use reluflow::kernel::slope_fits;
use reluflow::math::random::{Purpose, Stream};
use reluflow::problem::{Risk, Samples};

use crate::cli_support::{json, reluflow};

/// Of a network that is zero everything is known: the truth is `2 x` over [-1, 1], or a constant.
#[test]
fn sweeps_store_the_risk() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = |samples: &str| {
        format!(
            "[samples]\n{samples}\n[measure]\nparticles = 8\nlaw = \"normal\"\nantisymmetric = true\n\
             [flow]\nkind = \"lifted\"\n[time]\nend = 1e-9\n[output]\nsnapshots = {{ count = 2 }}\n"
        )
    };
    let risks = |samples: &str, set: &str| -> Vec<Vec<f64>> {
        fs::write(folder.path().join("a.toml"), scenario(samples)).unwrap();
        reluflow(folder.path())
            .args(["study", "sweep", "a.toml", "-q", "--force", "-o", "a.h5", "--set", set, "--seeds", "2"])
            .assert()
            .success();
        reluflow(folder.path()).args(["validate", "a.h5"]).assert().success();
        let file = hdf5::File::open(folder.path().join("a.h5")).unwrap();
        let names =
            ["risk_l1", "risk_l2", "risk_max", "outside_risk_l1", "outside_risk_l2", "outside_risk_max"];
        names
            .iter()
            .filter_map(|name| file.dataset(&format!("final_{name}")).ok())
            .map(|data| data.read_raw::<f64>().unwrap())
            .collect()
    };
    // Noise moves the samples, not the truth; outside are [-2, -1] and [1, 2].
    let linear = "function = \"linear\"\namplitude = 2.0\ncount = 5\nseed = 3";
    let found = risks(linear, "samples.noise=0,0.5");
    let expected = [1.0, 2.0 / 3f64.sqrt(), 2.0, 3.0, 2.0 * (7f64 / 3.0).sqrt(), 4.0];
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|risk| (risk - expected).abs() < 5e-3), "{found:?} {expected}");
    }
    reluflow(folder.path()).args(["plot", "a.h5", "--figure", "risk", "-o", "risk.svg"]).assert().success();
    // Samples from elsewhere, with a truth: and without.
    let listed = "x = [-1.0, 0.5, 1.0]\ny = [0.1, -0.2, 0.3]";
    let found =
        risks(&format!("{listed}\ntruth = \"constant\"\namplitude = 3.0"), "measure.output_scale=1,2");
    assert!(found.len() == 6 && found.iter().flatten().all(|risk| (risk - 3.0).abs() < 1e-6), "{found:?}");
    assert!(risks(listed, "measure.output_scale=1,2").is_empty());
    reluflow(folder.path()).args(["plot", "a.h5", "--figure", "risk", "-o", "none.svg"]).assert().code(2);
}

/// What a run file has of each snapshot.
fn of_run(path: &std::path::Path) -> Vec<[Risk; 2]> {
    let file = RunFile::open(path).unwrap();
    (0..file.len()).map(|i| file.snapshot(i).unwrap().risk.unwrap()).collect()
}

/// Two samples on a line and neurons without a knot among or beside them: the function is `u x + v` at all times, and so
/// is its distance to the truth, which is known in closed form. Every flow, and after a restart the same bits.
#[test]
fn snapshots_store_the_risk() {
    let folder = tempfile::tempdir().unwrap();
    // f = c (a x - b), knots at -9: straight over [-3, 3].
    fs::write(folder.path().join("w.csv"), "c,a,b\n0.5,1.0,-9.0\n-0.25,0.5,-4.5\n").unwrap();
    let text = |kind: &str, end: &str, samples: &str| {
        format!(
            "[samples]\n{samples}\n[measure]\nfile = \"w.csv\"\n[flow]\nkind = \"{kind}\"\n{end}\n[output]\nsnapshots = {{ count = 4 }}\n"
        )
    };
    let end = "scaling = \"1\"\n[time]\nend = 0.02\ntolerance = 1e-9";
    let listed = "x = [-1.0, 1.0]\ny = [0.3, 0.9]\ntruth = \"linear\"\namplitude = 2.0\ncenter = 0.5";
    for kind in ["canonical", "lifted", "kernel", "adaptive"] {
        fs::write(folder.path().join("a.toml"), text(kind, end, listed)).unwrap();
        reluflow(folder.path()).args(["run", "-q", "a.toml", "-o", "a.h5", "--force"]).assert().success();
        reluflow(folder.path()).args(["validate", "a.h5"]).assert().success();
        let path = folder.path().join("a.h5");
        let file = RunFile::open(&path).unwrap();
        for (i, [inside, outside]) in of_run(&path).into_iter().enumerate() {
            let residual = file.snapshot(i).unwrap().residual;
            // f - truth at both samples, and what is between and beside them.
            let [low, high] = [residual[0] + 0.3 + 3.0, residual[1] + 0.9 - 1.0];
            let (mean, half) = (0.5 * (low + high), 0.5 * (high - low));
            let mean_square = |from: f64, to: f64| {
                mean * mean
                    + mean * half * (from + to)
                    + half * half * (from * from + from * to + to * to) / 3.0
            };
            let off = |x: f64| (mean + half * x).abs();
            let l2 = [mean_square(-1.0, 1.0), 0.5 * (mean_square(-2.0, -1.0) + mean_square(1.0, 2.0))];
            for (found, square) in [inside, outside].iter().zip(l2) {
                assert!(
                    (found.l2 - square.sqrt()).abs() < 1e-4 * found.l2,
                    "{kind} {i}: {found:?} {}",
                    square.sqrt()
                );
            }
            assert!(
                (inside.largest - off(1.0).max(off(-1.0))).abs() < 5e-3
                    && (outside.largest - off(2.0).max(off(-2.0))).abs() < 5e-3
            );
            if low * high > 0.0 {
                assert!((inside.l1 - mean.abs()).abs() < 1e-9, "{kind} {i}: {inside:?} {mean}");
            }
        }
    }
    // What `info` and the figure say.
    let told = json(reluflow(folder.path()).args(["info", "a.h5", "--json"]));
    let last = of_run(&folder.path().join("a.h5")).pop().unwrap();
    assert_eq!(told["last"]["risk"]["inside"]["l2"].as_f64(), Some(last[0].l2));
    assert_eq!(told["last"]["risk"]["outside"]["largest"].as_f64(), Some(last[1].largest));
    reluflow(folder.path())
        .args(["plot", "a.h5", "--figure", "risk", "--data", "-o", "risk.svg"])
        .assert()
        .success();
    let drawn = fs::read_to_string(folder.path().join("risk.csv")).unwrap();
    assert!(drawn.lines().any(|line| line.starts_with("risk,L2,line,")), "{drawn}");
}

/// The same function, told in three ways; a table need not go beyond the samples.
#[test]
fn a_truth_may_be_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let table = |from: f64, to: f64| {
        let rows: String = [to, 0.0, from, 0.25 * from].map(|x| format!("{x},{}\n", 2.0 * x.abs())).concat();
        fs::write(folder.path().join("truth.csv"), format!("x,y\n{rows}")).unwrap();
    };
    let run = |samples: &str, more: &str| {
        let text = format!(
            "[samples]\n{samples}\n{more}\n[measure]\nparticles = 50\nseed = 2\n[time]\nend = 1.0\ntolerance = 1e-4\n"
        );
        fs::write(folder.path().join("t.toml"), text).unwrap();
        reluflow(folder.path()).args(["run", "-q", "t.toml", "-o", "t.h5", "--force"]).output().unwrap()
    };
    let found = |samples: &str, more: &str| {
        let output = run(samples, more);
        assert!(output.status.success(), "{output:?}");
        reluflow(folder.path()).args(["validate", "t.h5"]).assert().success();
        of_run(&folder.path().join("t.h5"))
    };
    let listed = "x = [-1.0, -0.5, 0.0, 0.5, 1.0]\ny = [2.0, 1.0, 0.0, 1.0, 2.0]";
    for scaled in ["", "standardize = true"] {
        let of_function = found("function = \"abs\"\namplitude = 2.0\ncount = 5", scaled);
        table(-2.0, 2.0);
        let of_table = found(listed, &format!("truth = \"truth.csv\"\n{scaled}"));
        let of_name = found(listed, &format!("truth = \"abs\"\namplitude = 2.0\n{scaled}"));
        for (a, (b, c)) in of_function.iter().zip(of_table.iter().zip(&of_name)) {
            for part in 0..2 {
                for ((a, b), c) in a[part].values().iter().zip(b[part].values()).zip(c[part].values()) {
                    assert!((a - b).abs() < 1e-12 && (a - c).abs() < 1e-12, "{a} {b} {c}");
                }
            }
        }
        table(-1.0, 1.0);
        let narrow = found(listed, &format!("truth = \"truth.csv\"\n{scaled}"));
        assert!((narrow[0][0].l2 - of_table[0][0].l2).abs() < 1e-12 && narrow[0][1].l2.is_nan());
    }
    table(-1.0, 0.9);
    for (more, expected) in [
        ("truth = \"truth.csv\"", "and the samples from -1 to 1"),
        ("truth = \"none.csv\"", "none.csv: cannot be read"),
        ("truth = \"spike\"", "samples.truth = \"spike\" is unknown"),
    ] {
        let output = run(listed, more);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(expected), "{more}: {said}");
    }
    fs::write(folder.path().join("truth.csv"), "x,y\n-1,0\n1,0\n1,2\n").unwrap();
    let said = String::from_utf8(run(listed, "truth = \"truth.csv\"").stderr).unwrap();
    assert!(said.contains("has two rows with x = 1"), "{said}");
}

/// Seeds of the noise are averaged over as those of the start are; early stopping is in the figure.
#[test]
fn means_are_taken_over_seeds_of_the_noise() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("n.toml"),
        "[samples]\nfunction = \"sine\"\nfrequency = 0.5\ncount = 9\nnoise = 0.3\n[measure]\nparticles = 60\n[time]\nend = 5.0\n\
         tolerance = 1e-4\n[output]\nsnapshots = { count = 6 }\n",
    )
    .unwrap();
    let sweep = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        reluflow(folder.path())
            .args(["study", "sweep", "n.toml", "-q", "--force", "-o", "n.h5"])
            .args(sets)
            .assert()
            .success();
        reluflow(folder.path())
            .args(["plot", "n.h5", "--figure", "risk", "--data", "--force", "-o", "n.svg"])
            .assert()
            .success();
        fs::read_to_string(folder.path().join("n.csv")).unwrap()
    };
    let risks = || {
        hdf5::File::open(folder.path().join("n.h5"))
            .unwrap()
            .dataset("risk_l2")
            .unwrap()
            .read_raw::<f64>()
            .unwrap()
    };
    let value = |row: &str, cell: usize| row.split(',').nth(cell).unwrap().parse::<f64>().unwrap();
    let rows = |drawn: &str, start: &str| {
        drawn.lines().filter(|line| line.starts_with(start)).map(String::from).collect::<Vec<_>>()
    };
    let drawn = sweep(&["samples.seed=1:4:4", "samples.noise=0,0.4"]);
    let found = risks();
    // Axes: samples.seed, samples.noise, seed, time.
    let at_end = |noise: usize| (0..4).map(|seed| found[(2 * seed + noise) * 6 + 5]).collect::<Vec<f64>>();
    let ends = rows(&drawn, "final_risk_l2,mean,line");
    assert_eq!(ends.len(), 2, "{drawn}");
    for (noise, row) in ends.iter().enumerate() {
        let mean = at_end(noise).iter().sum::<f64>() / 4.0;
        assert!((value(row, 4) - mean).abs() < 1e-6 * mean, "{row} {mean}");
    }
    assert_eq!(rows(&drawn, "over time,samples_noise = 0.4,line").len(), 6, "{drawn}");
    let drawn = sweep(&["samples.seed=1:4:4"]);
    let found = risks();
    for (i, row) in rows(&drawn, "over time,mean,line").iter().enumerate() {
        let of_seeds: Vec<f64> = (0..4).map(|seed| found[seed * 6 + i]).collect();
        let mean = of_seeds.iter().sum::<f64>() / 4.0;
        assert!((value(row, 4) - mean).abs() < 1e-6 * mean, "{row} {mean}");
    }
    assert_eq!(rows(&drawn, "over time,\"standard error, mean\"").len(), 6, "{drawn}");
}

/// The size of interpolants against sums over many points.
#[test]
fn sizes_of_piecewise_linear_functions_are_exact() {
    for seed in 0..10 {
        let mut draw = Stream::new(seed, Purpose::Noise, 5);
        let x: Vec<f64> = (0..12).map(|_| draw.unit()).collect();
        let y: Vec<f64> = (0..12).map(|_| draw.normal()).collect();
        let samples = Samples::new(&x, &y).unwrap();
        let (low, high) = (samples.x()[0], samples.x()[11]);
        for fit in slope_fits(&samples, 0.0).unwrap() {
            let (n, size) = (200_000, fit.size(low, high));
            let f: Vec<f64> = (0..n)
                .map(|i| fit.value(low + (high - low) * (f64::from(i) + 0.5) / f64::from(n)).abs())
                .collect();
            let mean = |power: i32| f.iter().map(|f| f.powi(power)).sum::<f64>() / f64::from(n);
            let most = f.iter().copied().fold(0.0, f64::max);
            assert!((size.l1 / mean(1) - 1.0).abs() < 1e-6, "{seed}: {size:?} {}", mean(1));
            assert!((size.l2 / mean(2).sqrt() - 1.0).abs() < 1e-6, "{seed}: {size:?}");
            assert!((0.0..1e-3 * most).contains(&(size.largest - most)), "{seed}: {size:?} {most}");
        }
    }
}

/// Steps that are too long throw neurons far out, where no sample activates them: beyond the samples they make the
/// function, and its terms.
#[test]
fn neurons_that_are_dead_at_all_samples_count_beyond_them() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 8\n[measure]\nlaw = \"he\"\nparticles = 200\n[flow]\nkind = \"gd\"\n\
        scaling = \"1\"\nlearning_rate = 2\n[time]\nsteps = 500\n";
    std::fs::write(folder.path().join("gd.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "gd.toml", "-o", "gd.h5"]).assert().success();
    let file = reluflow::io::RunFile::open(&folder.path().join("gd.h5")).unwrap();
    let last = file.snapshot(file.len() - 1).unwrap();
    assert!(last.region_mass[0] > 1.0 - 1e-9 && last.risk.unwrap()[1].largest > 1.0, "{last:?}");
    reluflow(folder.path()).args(["check", "-q", "gd.h5"]).assert().success();
}
