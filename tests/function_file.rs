//! The function of the network in run files (`output.function`).

use std::fs;
use std::path::Path;
use std::process::Command;

use reluflow::io::RunFile;

use crate::cli_support::reluflow;
use crate::oracles::python;

/// Particles, neurons and a density, with an output bias, and a grid of 9 points.
const RUNS: [(&str, &str); 3] = [
    ("canonical", "[measure]\nparticles = 40\noutput_bias = 0.25\n[flow]\noutput_bias_rate = 1.0\n"),
    ("lifted", "[measure]\nparticles = 40\nlaw = \"normal\"\n[flow]\nkind = \"lifted\"\n"),
    ("density", "[measure]\nrepresentation = \"density\"\ncells = [32, 32]\noutput_bias = -0.5\n"),
];

fn write(folder: &Path, name: &str, of: &str) {
    let text = format!(
        "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.5, -0.5, 1.0]\n{of}[time]\nend = 1.0\n[output]\nfunction = 9\n\
         snapshots = {{ count = 4 }}\n"
    );
    fs::write(folder.join(format!("{name}.toml")), text).unwrap();
}

fn array(path: &Path, name: &str) -> Vec<f64> {
    hdf5::File::open(path).unwrap().dataset(name).unwrap().read_raw().unwrap()
}

#[test]
fn it_is_that_of_the_particles_and_has_the_residuals_at_samples() {
    let folder = tempfile::tempdir().unwrap();
    for (name, of) in RUNS {
        write(folder.path(), name, of);
        let path = folder.path().join(format!("{name}.h5"));
        reluflow(folder.path())
            .args(["run", "-q", &format!("{name}.toml"), "-o"])
            .arg(&path)
            .assert()
            .success();
        for command in ["validate", "check", "info"] {
            reluflow(folder.path()).args([command, "-q"]).arg(&path).assert().success();
        }
        let (grid, f) = (array(&path, "grid"), array(&path, "f"));
        let file = RunFile::open(&path).unwrap();
        assert_eq!(grid, [-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]);
        let description = file.description().unwrap();
        assert_eq!((f.len(), description.output.function), (9 * file.len(), 9));
        for i in 0..file.len() {
            let (snapshot, f) = (file.snapshot(i).unwrap(), &f[9 * i..9 * (i + 1)]);
            assert_eq!(snapshot.function.as_ref().unwrap().to_vec(), f);
            for (j, k) in [2, 4, 6].into_iter().enumerate() {
                let there = snapshot.residual[j] + description.samples.y()[j];
                // Of a density the function is that of the nodes of its cells, here 0.2 wide.
                let most = if name == "density" { 2e-3 } else { 1e-13 };
                assert!((f[k] - there).abs() < most, "{name}, snapshot {i}, sample {j}: {} {there}", f[k]);
            }
            let Some(p) = file.particles(i).unwrap() else { continue };
            for (x, f) in grid.iter().zip(f) {
                let neuron = |m: usize| {
                    description.mass[m] * p.r[m] * (x * p.theta[m].cos() + p.theta[m].sin()).max(0.0)
                };
                let sum = (0..p.r.len()).map(neuron).sum::<f64>() + snapshot.output_bias;
                assert!((f - sum).abs() < 1e-13, "{name}, snapshot {i}, x = {x}: {f} {sum}");
            }
        }
    }
}

#[test]
fn it_is_there_when_it_was_asked_for_and_xarray_draws_it() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "run", RUNS[0].1);
    let run = |name: &str, more: &[&str]| {
        reluflow(folder.path()).args(["run", "-q", "run.toml", "-o", name]).args(more).assert().success();
        folder.path().join(name)
    };
    let (with, one) = (run("with.h5", &[]), run("one.h5", &["--threads", "1"]));
    assert_eq!(array(&with, "f"), array(&one, "f"));
    let text = fs::read_to_string(folder.path().join("run.toml")).unwrap();
    fs::write(folder.path().join("run.toml"), text.replace("function = 9\n", "")).unwrap();
    let without = hdf5::File::open(run("without.h5", &[])).unwrap();
    assert!(without.dataset("f").is_err() && without.dataset("grid").is_err());
    // A single sample has a range of its own.
    let single = "[samples]\nx = [3.0]\ny = [1.0]\n[measure]\nparticles = 5\n[time]\nend = 0\n[output]\nfunction = 3\n";
    fs::write(folder.path().join("run.toml"), single).unwrap();
    assert_eq!(array(&run("single.h5", &[]), "grid"), [2.0, 3.0, 4.0]);
    let Some(python) = python("xarray, h5netcdf") else { return };
    let script = "import sys, xarray as xr\nds = xr.open_dataset(sys.argv[1])\n\
        assert ds.f.dims == ('time', 'grid') and abs(float(ds.f.sel(grid=0.0)[-1]) - float(ds.f[-1, 4])) == 0\nprint('good')";
    let output = Command::new(python).args(["-c", script]).arg(&with).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("good"), "{output:?}");
}
