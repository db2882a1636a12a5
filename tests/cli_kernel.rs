//! `reluflow kernel`.

use std::fs;
use std::path::Path;
use std::process::Command;

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::io::RunFile;
use reluflow::kernel::SplineView;
use reluflow::scenario::scenarios;
use serde_json::Value;

use crate::cli_support::{json, reluflow};
use crate::oracles::{python, tool};

/// A folder with the shipped square-wave scenario.
fn square() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let shipped = scenarios().iter().find(|shipped| shipped.name == "square").unwrap();
    fs::write(folder.path().join("square.toml"), shipped.text).unwrap();
    folder
}

/// One command on the shipped scenario tells limit, splines, their distances and norms, and when
/// gradient flow is near each.
#[test]
fn it_tells_what_the_issue_asks_for() {
    let folder = square();
    let output = reluflow(folder.path()).args(["kernel", "square.toml"]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "limit, random features ",
        "limit, tangent kernel ",
        "natural cubic spline ",
        "linear interpolant ",
        "gradient flow within 1 % ",
        "of its limit ",
        "of the natural spline ",
        "of the linear interpolant ",
        "knots spread by ",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line}\n{text}");
    }
    assert!(!text.contains("NaN"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    assert!(folder.path().join("output/square_kernel.h5").exists());
    // Nothing is replaced unasked, and that is said before anything is computed.
    reluflow(folder.path())
        .args(["kernel", "square.toml"])
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("square_kernel.h5 exists already").and(contains("--force")));
    reluflow(folder.path())
        .args(["kernel", "square.toml", "--force", "-q"])
        .assert()
        .success()
        .stderr("")
        .stdout("");
}

fn function<'a>(report: &'a Value, name: &str) -> &'a Value {
    report["functions"].as_array().unwrap().iter().find(|f| f["name"] == name).unwrap()
}

#[test]
fn its_numbers_fit_together() {
    let folder = square();
    let report =
        json(reluflow(folder.path()).args(["kernel", "square.toml", "--json", "--no-file", "--tv", "0.05"]));
    assert!(!folder.path().join("output").exists());
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value}"));
    let (limit, natural) = (function(&report, "limit_random_features"), function(&report, "natural_spline"));
    let linear = function(&report, "linear_interpolant");
    // Each is the least of its kind among interpolants.
    assert!(number(&natural["roughness"]) < number(&limit["roughness"]));
    assert!(number(&linear["slope_variation"]) < number(&natural["slope_variation"]));
    assert_eq!(linear["roughness"], "inf");
    let curvature = number(&limit["curvature"]);
    let share = 1.0 - curvature / number(&limit["norm_square"]);
    assert!((share - number(&limit["affine_share"])).abs() < 1e-9 && share > 1e-3);
    for f in report["functions"].as_array().unwrap() {
        for other in report["functions"].as_array().unwrap() {
            let there = number(&f["rms_distance"][other["name"].as_str().unwrap()]);
            let back = number(&other["rms_distance"][f["name"].as_str().unwrap()]);
            assert!(there == back && (there == 0.0) == (f["name"] == other["name"]));
        }
    }
    // The energy of the fit with penalised total variation is below that of other functions.
    let tv = function(&report, "tv_minimiser");
    let energy = |f: &Value| number(&f["loss"]) + 0.05 * number(&f["slope_variation"]);
    for other in ["natural_spline", "linear_interpolant", "smoothing_spline", "limit_random_features"] {
        assert!(energy(tv) < energy(function(&report, other)), "{other}");
    }
    // Times are those at which the path is within the bound: ask for the path there.
    let reached = number(&report["regimes"][0]["within"][0]["from"]);
    let times = format!("{},{}", 0.99 * reached, 1.01 * reached);
    reluflow(folder.path())
        .args(["kernel", "square.toml", "-q", "-o", "at.h5", "--times", &times])
        .assert()
        .success();
    let distance = read(&folder.path().join("at.h5"), "distance");
    let targets = report["regimes"][0]["within"].as_array().unwrap().len() - 1; // without the TV fit
    assert!(distance[0] > 0.01 && distance[targets] < 0.01, "{distance:?}");
}

/// Motorcycle-like data: ties, uneven gaps, noise, with all eigenvalues and in linear time.
#[test]
fn many_samples_have_all_tables() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::from("x,y\n");
    for i in 0..3000 {
        let t = f64::from(i - i % 5) * 0.618_034;
        let x = (t.fract() - 0.5).powi(3);
        rows += &format!("{x},{}\n", (20.0 * x).sin() + 0.1 * (1e4 * t + f64::from(i)).sin());
    }
    fs::write(folder.path().join("a.csv"), rows).unwrap();
    let arguments = ["kernel", "a.csv", "--ridge", "0.1", "--width", "500", "--times", "0.5,20"];
    let output = reluflow(folder.path()).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "600 samples",
        "ridge, tangent kernel ",
        "smoothing spline ",
        "of the smoothing spline ",
        "deviation over starts of 500 neurons",
        "at t = 20.00 ",
        "in the limit ",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line}\n{text}");
    }
    assert!(!text.contains("NaN") && text.lines().all(|line| line.chars().count() <= 110), "{text}");
    // The same in linear time.
    let linear = [&arguments[..], &["--solver", "linear", "-o", "b.h5"]].concat();
    let output = reluflow(folder.path()).args(linear).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("extreme rates alone, by the Lanczos process"), "{text}");
    reluflow(folder.path()).args(["validate", "b.h5"]).assert().success();
    let [dense, linear] = ["output/a_kernel.h5", "b.h5"].map(|path| folder.path().join(path));
    for (name, share) in [("residual_tangent", 1e-9), ("starts_deviation", 1e-3), ("path_loss", 1e-9)] {
        let (a, b) = (read(&dense, name), read(&linear, name));
        let size = a.iter().fold(0.0f64, |most, a| most.max(a.abs()));
        let off = a.iter().zip(&b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(a.len() == b.len() && off < share * size, "{name}: {off:e} of {size:e}");
    }
    reluflow(folder.path()).args(["plot", "b.h5", "-o", "b.svg"]).assert().success();
    assert!(fs::read_to_string(folder.path().join("b.svg")).unwrap().contains("2 deviations over starts"));
}

/// Both norms, interpolants and penalised: which is which, and in the file what JSON says.
#[test]
fn fits_at_least_cost_are_told_in_both_norms() {
    let folder = square();
    let report = json(reluflow(folder.path()).args([
        "kernel",
        "square.toml",
        "--json",
        "-o",
        "fits.h5",
        "--tv",
        "0,0.05",
    ]));
    let fits = report["norm_fits"].as_array().unwrap();
    let of = |i: usize, key: &str| fits[i][key].as_f64().unwrap();
    let norms: Vec<&str> = fits.iter().map(|fit| fit["norm"].as_str().unwrap()).collect();
    assert_eq!(norms, ["slope", "slope", "neurons", "slope", "slope", "neurons"]);
    for (i, fit) in fits.iter().enumerate() {
        let (knots, changes) = (fit["knots"].as_array().unwrap(), fit["slope_changes"].as_array().unwrap());
        assert!(!knots.is_empty() && knots.len() == changes.len());
        assert!(fit["norm_is"].as_str().unwrap().contains(if i % 3 == 2 {
            "biases penalised"
        } else {
            "free"
        }));
        assert!((of(i, "loss") < 1e-12) == (of(i, "lambda") == 0.0), "{fit}");
    }
    for first in [0, 3] {
        // Each is the least in its own norm, and the sparsest has fewer knots.
        assert!((of(first, "cost") - of(first + 1, "cost")).abs() < 1e-9);
        let lambda = of(first, "lambda").max(1e-12);
        let energy = |i: usize| of(i, "loss") / lambda + of(i, "slope_variation");
        assert!(energy(first) < energy(first + 2) + 1e-6);
        let knots = |i: usize| fits[i]["knots"].as_array().unwrap().len();
        assert!(knots(first + 1) <= knots(first));
    }
    assert_eq!(function(&report, "tv_minimiser")["slope_variation"], fits[3]["cost"]);
    let costs = read(&folder.path().join("fits.h5"), "norm_fit_cost");
    assert_eq!(costs, (0..6).map(|i| of(i, "cost")).collect::<Vec<f64>>());
    reluflow(folder.path()).args(["validate", "fits.h5"]).assert().success();
}

/// A run with weight decay ends at the minimiser of its own norm, which is not that of the other; its weight is taken from
/// the scenario.
#[test]
fn a_run_is_set_beside_both_norms() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nx = [-1.2, -0.4, 0.3, 1.1]\ny = [0.8, -0.5, 0.6, -0.2]\n[measure]\nparticles = 500\nlaw = \"normal-uniform\"\n\
                sampling = \"sobol\"\nantisymmetric = true\ndelta = 0.0\n[flow]\nkind = \"lifted\"\nweight_decay = 0.05\n[time]\n\
                end = 8000.0\nuntil = \"rest\"\ntolerance = 1e-7\n[output]\nsnapshots = { count = 3 }\n";
    fs::write(folder.path().join("d.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "d.toml", "-o", "d.h5"]).assert().success();
    let arguments = ["kernel", "-q", "d.toml", "--run", "d.h5", "-o", "fits.h5"];
    let report = json(reluflow(folder.path()).args(arguments).arg("--json"));
    let fits = report["norm_fits"].as_array().unwrap();
    assert_eq!(fits.len(), 3);
    let of = |i: usize, key: &str| fits[i][key].as_f64().unwrap();
    assert!((0..3).all(|i| of(i, "lambda") == 0.05));
    assert!(of(2, "run_rms_distance") < 1e-4 && of(0, "run_rms_distance") > 1e-3, "{fits:?}");
    let last = report["run"]["snapshots"].as_array().unwrap().last().unwrap().clone();
    let norm = last["neuron_norm"].as_f64().unwrap();
    assert!((norm / of(2, "cost") - 1.0).abs() < 1e-4, "{norm} {}", of(2, "cost"));
    let energy = report["run"]["energy"].as_f64().unwrap() / of(2, "energy") - 1.0;
    assert!((-1e-6..1e-5).contains(&energy), "{energy:e}");
    assert_eq!(read(&folder.path().join("fits.h5"), "run_neuron_norm").last(), Some(&norm));
    let told =
        reluflow(folder.path()).args(["kernel", "d.toml", "--run", "d.h5", "--no-file"]).output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    for words in [
        "fit at least cost",
        "rms to run",
        "Int |r| mu (of knots, Int |f''| sqrt(1 + x^2)): biases penalised",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// All values of a variable.
fn read(path: &Path, name: &str) -> Vec<f64> {
    hdf5::File::open(path).unwrap().dataset(name).unwrap().read_raw().unwrap()
}

#[test]
fn particles_and_tables_and_other_laws_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), "x,y\n0,1\n1,3\n1,2\n2,0\n3,1\n4,1\n").unwrap();
    reluflow(folder.path()).args(["kernel", "data.csv"]).assert().success();
    for shipped in scenarios() {
        let target = folder.path().join(format!("{}.toml", shipped.name));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&target, shipped.text).unwrap();
        for (name, text) in shipped.files {
            let path = target.parent().unwrap().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let report = json(
            reluflow(folder.path())
                .args(["kernel", "--json", "--no-file", "--start", "particles"])
                .arg(target),
        );
        let limit = function(&report, "limit_random_features");
        // Eight particles cannot fit twenty samples, nor can rounding tell all modes of a hundred or
        // more; the modes that are lacking are told.
        let few = report["samples"].as_u64().unwrap() < 50;
        let lost = report["regimes"][0]["modes_dropped"].as_u64().unwrap();
        assert!(!few || (lost > 0) == (shipped.name == "particles"), "{}: {lost}", shipped.name);
        assert!(lost > 0 || limit["loss"].as_f64().unwrap() < 1e-9, "{}: {limit}", shipped.name);
    }
}

#[test]
fn a_run_is_set_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = "[samples]\nx = [-1, 0, 0.5, 1]\ny = [0, 1, -1, 0]\n[measure]\nparticles = 200\n[flow]\ntv = 0.1\n\
                    [time]\nend = 20.0\n";
    fs::write(folder.path().join("a.toml"), scenario).unwrap();
    reluflow(folder.path()).args(["run", "-q", "a.toml"]).assert().success();
    let arguments = ["kernel", "a.toml", "--json", "--run", "output/a.h5"];
    let report = json(reluflow(folder.path()).args(arguments));
    let run = &report["run"];
    assert_eq!(run["snapshots"].as_array().unwrap().len(), 11);
    assert!(run["energy"].as_f64().unwrap() > run["least_energy"].as_f64().unwrap() - 1e-9);
    let file = RunFile::open(&folder.path().join("output/a.h5")).unwrap();
    let (stored, description) = (file.particles(10).unwrap().unwrap(), file.description().unwrap());
    let view = SplineView::new(&stored.r, &stored.theta, &description.mass);
    let last = &run["snapshots"][10];
    assert_eq!(last["roughness"].as_f64().unwrap(), view.roughness());
    assert!((last["loss"].as_f64().unwrap() - file.snapshot(10).unwrap().loss).abs() < 1e-9);
    assert_eq!(read(&folder.path().join("output/a_kernel.h5"), "run_loss").len(), 11);
    let text = reluflow(folder.path())
        .args(["kernel", "a.toml", "--no-file", "--run", "output/a.h5"])
        .output()
        .unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("particle run: canonical flow, 200 particles"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
    // Of the kernel flow: near the path of infinitely many neurons, at every time.
    let kernel = "[samples]\nx = [-1, 0, 0.5, 1]\ny = [0, 1, -1, 0]\n[measure]\nparticles = 20000\nlaw = \"pytorch\"\n\
                  antisymmetric = true\n[flow]\nkind = \"kernel\"\nscaling = \"sqrt(m)\"\n[time]\nend = 0.05\n";
    fs::write(folder.path().join("k.toml"), kernel).unwrap();
    reluflow(folder.path()).args(["run", "-q", "k.toml"]).assert().success();
    let report = json(reluflow(folder.path()).args([
        "kernel",
        "k.toml",
        "--json",
        "--no-file",
        "--run",
        "output/k.h5",
    ]));
    assert!((report["regimes"][0]["kappa"].as_f64().unwrap() - 20000f64.sqrt()).abs() < 1e-9);
    for row in report["run"]["snapshots"].as_array().unwrap() {
        let off = row["rms_distance_to_path"]["random_features"].as_f64().unwrap();
        assert!(off < 0.02, "{row}");
    }
    assert!(report["run"]["snapshots"][10]["loss"].as_f64().unwrap() < 0.2, "{report}");
    // Mean-field time runs kappa^2 times as fast as the flow's own.
    fs::write(folder.path().join("k1.toml"), kernel.replace("sqrt(m)", "m")).unwrap();
    let slow = json(reluflow(folder.path()).args(["kernel", "k1.toml", "--json", "--no-file"]));
    let regime = |report: &Value, k: usize| report["regimes"][k].clone();
    for k in 0..2 {
        let arrival = |report: &Value| regime(report, k)["within"][0]["from"].as_f64().unwrap();
        assert!((arrival(&report) * 20000.0 / arrival(&slow) - 1.0).abs() < 1e-6);
        let rate = |report: &Value| regime(report, k)["least_rate"].as_f64().unwrap();
        assert!((rate(&report) / 20000.0 / rate(&slow) - 1.0).abs() < 1e-9);
    }
    // A run of other samples, and one that does not store all particles.
    fs::write(folder.path().join("b.toml"), scenario.replace("0.5", "0.6")).unwrap();
    reluflow(folder.path())
        .args(["kernel", "b.toml", "--no-file", "--run", "output/a.h5"])
        .assert()
        .code(2)
        .stderr(contains("a run on other samples"));
    fs::write(folder.path().join("c.toml"), format!("{scenario}[output]\nparticles = 20\n")).unwrap();
    reluflow(folder.path()).args(["run", "-q", "c.toml"]).assert().success();
    reluflow(folder.path())
        .args(["kernel", "c.toml", "--no-file", "--run", "output/c.h5"])
        .assert()
        .success()
        .stderr(contains("only its last state"));
}

#[test]
fn wrong_options_are_refused() {
    let folder = square();
    for (option, value, told) in [
        ("--within", "0", "above 0 and below 1"),
        ("--smoothing", "-1", "0 or more"),
        ("--tv", "nan", "not finite"),
        ("--times", "1,x", "not a number"),
        ("--ridge", "0", "more than 0"),
        ("--points", "1", "not in 2.."),
        ("-o", "square.toml", "is the input"),
        ("--run", "none.h5", "cannot open none.h5"),
    ] {
        reluflow(folder.path())
            .args(["kernel", "square.toml", &format!("{option}={value}").replace("-o=", "-o")])
            .assert()
            .code(2)
            .stderr(contains(told));
    }
    // Samples of which no neuron sees any.
    fs::write(
        folder.path().join("blind.toml"),
        "[samples]\nx = [0.1]\ny = [1]\n[measure]\nfile = \"p.csv\"\n[time]\nend = 1\n",
    )
    .unwrap();
    fs::write(folder.path().join("p.csv"), "r,theta\n1,4.7\n").unwrap();
    reluflow(folder.path())
        .args(["kernel", "blind.toml"])
        .assert()
        .code(1)
        .stderr(contains("the kernel is zero"));
    assert!(!folder.path().join("output/blind_kernel.h5").exists());
}

#[test]
fn nearly_equal_samples_give_a_regularised_answer_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.csv"), "x,y\n-1,0\n0,1\n1e-9,-1\n1,0\n2,1\n").unwrap();
    reluflow(folder.path()).args(["kernel", "a.csv", "--no-file"]).assert().success().stderr(
        contains("1 of 5 modes of the random-features kernel have no rate that rounding tells from zero")
            .and(contains("regularised")),
    );
}

const SCRIPT: &str = r#"
import sys, warnings
warnings.simplefilter("error")
import numpy as np, xarray as xr
sets = []
for engine in ["h5netcdf", "netcdf4"]:
    with xr.open_dataset(sys.argv[1], engine=engine) as ds:
        # Texts of fixed length are bytes to h5netcdf.
        ds = ds.load().assign_coords({n: ds[n].astype(str) for n in ds.coords if ds[n].dtype.kind == "S"})
        assert ds.f.dims == ("curve", "grid"), ds.f.dims
        natural = ds.f.sel(curve="natural_spline").interp(grid=ds.x.values)
        assert abs(natural.values - ds.y.values).max() < 0.05
        assert set(ds.dims) == set(ds.coords), set(ds.dims) ^ set(ds.coords)
        assert all("long_name" in ds[name].attrs for name in ds.variables)
        limit = ds.path.isel(time=-1) - ds.f.sel(curve="limit_random_features")
        assert abs(limit.values).max() < 1e-8
        k = ds.kernel.sel(regime="tangent").values
        assert np.allclose(k, k.T) and np.linalg.eigvalsh(k)[0] > 0
        assert "reluflow" in ds.attrs["source"] and "[samples]" in ds.attrs["scenario"]
        total = ds.kernel_slice.sel(term="random_features") + ds.kernel_slice.sel(term="activation")
        assert np.allclose(total.values, ds.kernel_slice.sel(term="tangent").values)
        error = (ds.kernel_monte_carlo - ds.kernel) / ds.kernel_monte_carlo_error
        assert float(abs(error).max()) < 6, error
        sets.append(ds)
xr.testing.assert_equal(*sets)
print("good")
"#;

#[test]
fn xarray_reads_the_file_without_being_told_how() {
    let folder = square();
    reluflow(folder.path())
        .args(["kernel", "-q", "square.toml", "--monte-carlo", "20000", "--tv", "0.1"])
        .assert()
        .success();
    let path = folder.path().join("output/square_kernel.h5");
    if let Some(header) = tool("ncdump", &["-h"], &path) {
        assert!(header.contains("double f(curve, grid) ;") && !header.contains("phony"), "{header}");
    }
    let Some(python) = python("xarray, h5netcdf, netCDF4") else { return };
    let output = Command::new(python).args(["-c", SCRIPT]).arg(&path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("good"), "{text}");
}
