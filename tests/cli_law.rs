//! `reluflow law`: what it prints, its file and figure, and what it refuses.

use std::fs;
use std::path::Path;
use std::process::Command;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use reluflow::io::{ArrayFile, LAW_FORMAT_VERSION};
use reluflow::plot::{Mark, Source};

use crate::cli_support::{json, reluflow};
use crate::oracles::python;

fn scenario(folder: &Path, measure: &str, flow: &str) {
    let text = format!(
        "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.0, 1.0, 0.0]\n[measure]\n{measure}\n[flow]\n{flow}\n[time]\nend = 1.0\n"
    );
    fs::write(folder.join("hat.toml"), text).unwrap();
}

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    ArrayFile::open(path, LAW_FORMAT_VERSION).unwrap().numbers(name).unwrap()
}

/// He's start of 100 neurons: mean roughness 4, variance 1.28; a quarter of the knots in either gap, so that both hold
/// one with probability `1 - 2 (3/4)^100 + 2^-100`; `E delta = 2/100 - 4`.
#[test]
fn hand_computed_numbers_of_he() {
    let folder = tempfile::tempdir().unwrap();
    scenario(folder.path(), "particles = 100\nlaw = \"he\"\nseed = 3", "kind = \"lifted\"\nscaling = \"1\"");
    let law = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["law", "hat.toml"]).args(more);
        command
    };
    let found = json(&mut law(&["--json", "--draw", "500"]));
    let close = |value: &serde_json::Value, expected: f64| {
        let value = value.as_f64().unwrap();
        assert!((value - expected).abs() < 1e-12 * expected.abs(), "{value} {expected}");
    };
    close(&found["share_in_range"], 0.5);
    close(&found["delta_mean"], 0.02 - 4.0);
    close(&found["start"]["roughness_mean"], 4.0);
    close(&found["start"]["roughness_variance"], 1.28);
    close(&found["start"]["lonely"], 1.0 - 2.0 * 0.75f64.powi(100) + 0.5f64.powi(100));
    let of = |name: &str| -> Vec<f64> {
        found["start"][name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let (bound, tail) = (of("roughness_bound"), of("roughness_tail"));
    assert!((bound[1] - 0.5).abs() < 1e-12 && tail[1] > 0.05 && tail.iter().zip(&bound).all(|(t, b)| t <= b));
    let file = folder.path().join("output/hat_law.h5");
    assert_eq!(numbers(&file, "drawn_knot").len(), 500);
    reluflow(folder.path()).args(["validate", "output/hat_law.h5"]).assert().success();
    law(&[]).assert().code(2).stderr(contains("exists"));
    let words = law(&["--no-file"]).assert().success().stdout(contains("Cauchy with scale 1"));
    words.stdout(contains("50.00 %").and(contains("mean 4.000")).and(contains("Cantelli")));
    // The map and the marginals; the same bits for any number of threads.
    let figure = Source::open(&file).unwrap().figure(None, None).unwrap();
    assert_eq!(figure.panels.len(), 3);
    let layers = &figure.panels[1].layers;
    assert!(layers.iter().any(|layer| matches!(layer.mark, Mark::Raster(_))));
    assert!(layers.iter().any(|layer| layer.name == "drawn neurons"));
    let tail = |threads| {
        json(&mut law(&["--no-file", "--json", "--threads", threads, "--oversubscribe"]))["start"].to_string()
    };
    assert_eq!(tail("1"), tail("3"));
    for page in ["report", "check"] {
        reluflow(folder.path()).args([page, "output/hat_law.h5"]).assert().code(2);
    }
    let Some(python) = python("xarray, h5netcdf, scipy") else { return };
    let script = format!(
        "import xarray, numpy, scipy.special\n\
         law = xarray.open_dataset({file:?}, engine='h5netcdf')\n\
         assert law.density.dims == ('knot', 'delta_slope'), law.density.dims\n\
         scale = 2 / 10\n\
         k0 = scipy.special.k0(abs(law.delta_slope) / scale) / numpy.pi / scale\n\
         assert abs(law.delta_slope_density / k0 - 1).max() < 1e-12\n\
         assert abs(law.knot_below - scipy.stats.cauchy.cdf(law.knot)).max() < 1e-14\n"
    )
    .replace("scipy.special\n", "scipy.special, scipy.stats\n");
    let said = Command::new(python).args(["-c", &script]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

/// A quadrature stands for infinitely many neurons; a law of two values has no density of delta-slopes; a file is no
/// law.
#[test]
fn limits_atoms_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let law = || {
        let mut command = reluflow(folder.path());
        command.args(["law", "hat.toml", "--force"]);
        command
    };
    scenario(folder.path(), "law = \"normal-uniform\"\nsampling = \"quadrature\"\nnodes = 8", "");
    law().assert().success().stdout(contains("infinite width").and(contains("lonely").not()));
    scenario(folder.path(), "particles = 40\nlaw = \"normal-uniform\"\ndelta = 0.5", "kind = \"lifted\"");
    law().assert().success().stdout(contains("delta = c^2 - |w|^2").and(contains("0.5000")));
    scenario(folder.path(), "particles = 40\nlaw = \"two-sided\"\nc_law = \"sign\"", "");
    law().assert().success().stdout(contains("uniform on [-1, 1]").and(contains("Cantelli").not()));
    let file = folder.path().join("output/hat_law.h5");
    assert!(!ArrayFile::open(&file, LAW_FORMAT_VERSION).unwrap().has("density"));
    assert_eq!(Source::open(&file).unwrap().figure(None, None).unwrap().panels.len(), 1);
    fs::write(folder.path().join("particles.csv"), "r,theta\n1.0,0.5\n").unwrap();
    scenario(folder.path(), "file = \"particles.csv\"", "");
    law().assert().code(2).stderr(contains("no law").and(contains("measure.law")));
}
