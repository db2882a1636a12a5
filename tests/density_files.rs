//! Runs that solve for their density, as users have them: scenarios, run files, commands.

use std::fs;
use std::path::Path;

use predicates::str::contains;
use reluflow::flow::{Flow, Particles, State, Stepper};
use reluflow::io::{RunFile, RunWriter, validate};
use reluflow::problem::{Regions, Sampling};
use reluflow::run::{Description, Simulation, Snapshot};
use reluflow::scenario::Scenario;

use crate::cli_support::{assert_same_run, json, reluflow, start_and_wait_for};
use crate::oracles::python;

/// Five samples of `sin 3x`; `measure`, `flow` and `output` are added to their sections.
fn scenario(measure: &str, flow: &str, output: &str) -> String {
    format!(
        "[samples]\nx = [-1.0, -0.5, 0.0, 0.5, 1.0]\ny = [-0.1411, -0.9975, 0.0, 0.9975, 0.1411]\n\
         [measure]\nrepresentation = \"density\"\n{measure}\n[flow]\n{flow}\n[time]\nend = 2.0\ntolerance = 1e-4\n\
         [output]\nsnapshots = {{ count = 5 }}\n{output}\n"
    )
}

const KINDS: [(&str, &str); 5] = [
    ("cells = [48, 48]", ""),
    ("cells = [48, 48]", "tv = 0.1"),
    ("cells = [48, 48]\ndelta = -0.5", "kind = \"lifted\""),
    ("cells = [48, 48]\ndelta = 0", "kind = \"lifted\""),
    ("cells = [48, 48]\ndelta = 0.5", "kind = \"lifted\""),
];

fn parse(text: &str) -> Scenario {
    Scenario::parse(text, "density.toml".as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

/// All mass that a snapshot stores.
fn mass(file: &RunFile, d: &Description, index: usize) -> f64 {
    let found = file.densities(index).unwrap().unwrap();
    let grid = d.density.as_ref().unwrap();
    let nodes = found.nodes(grid, &Regions::new(&d.samples));
    nodes.mass.iter().sum::<f64>() + found.mass_outside
}

#[test]
fn every_kind_runs_is_stored_whole_and_keeps_the_laws() {
    let folder = tempfile::tempdir().unwrap();
    for (i, (measure, flow)) in KINDS.into_iter().enumerate() {
        let (text, file) = (folder.path().join(format!("{i}.toml")), format!("{i}.h5"));
        fs::write(&text, scenario(measure, flow, "")).unwrap();
        reluflow(folder.path())
            .args(["run", "-o", &file])
            .arg(&text)
            .assert()
            .success()
            .stderr(contains("5 samples, 48 x 48 cells, until t = 2"));
        let path = folder.path().join(&file);
        let run = RunFile::open(&path).unwrap();
        let d = run.description().unwrap();
        assert_eq!(d, Scenario::read(&text).unwrap().description);
        assert_eq!((d.mass.len(), d.sampling), (0, Sampling::Density { estimate_error: false }));
        for index in 0..run.len() {
            let total = mass(&run, &d, index);
            assert!((total - 1.0).abs() < 1e-12, "{measure}, {flow}, snapshot {index}: {total}");
            assert!(run.particles(index).unwrap().is_none());
            let stored = run.densities(index).unwrap().unwrap();
            let all =
                [&stored.density, &stored.line_density, &stored.dead_line_density, &stored.stuck_density];
            assert!(all.into_iter().flatten().all(|density| *density >= 0.0));
            let snapshot = run.snapshot(index).unwrap();
            let parts = snapshot.region_mass.sum() + snapshot.pinned_mass.sum() + snapshot.stuck_mass;
            assert!((parts - 1.0).abs() < 1e-12, "{measure}, {flow}: {parts}");
        }
        assert_eq!(validate(&path).unwrap(), []);
        reluflow(folder.path()).args(["validate", &file]).assert().success();
        reluflow(folder.path()).args(["check", &file]).assert().success();
        let told = json(reluflow(folder.path()).args(["info", &file, "--json"]));
        assert_eq!(told["cells"], serde_json::json!([48, 48]));
        reluflow(folder.path()).args(["info", &file]).assert().success().stdout(contains("48 x 48 cells"));
    }
}

/// The rate at which the energy falls is the dissipation, whatever the flow: by differences over a short step.
#[test]
fn the_dissipation_is_the_rate_of_the_energy() {
    for (measure, flow) in KINDS {
        let Scenario { description: d, start, .. } =
            parse(&scenario(&measure.replace("48", "128"), flow, ""));
        let mut simulation = Simulation::new(&d, start).unwrap();
        simulation.advance_to(0.3).unwrap();
        let before = simulation.snapshot();
        simulation.advance_to(0.3 + 1e-3).unwrap();
        let after = simulation.snapshot();
        let energy = |s: &Snapshot| s.loss + s.penalty;
        let rate = (energy(&before) - energy(&after)) / 1e-3;
        let expected = 0.5 * (before.energy_dissipation + after.energy_dissipation);
        assert!((rate / expected - 1.0).abs() < 2e-2, "{measure}, {flow}: {rate} {expected}");
    }
}

/// In every step: mass to rounding, dead mass never less, and the energy falls, with the penalty of the total variation.
#[test]
fn the_laws_of_section_8_hold_in_every_step() {
    for (measure, flow) in KINDS {
        let Scenario { description: d, start, .. } = parse(&scenario(&measure.replace("48", "96"), flow, ""));
        let regions = Regions::new(&d.samples);
        let mut simulation = Simulation::new(&d, start).unwrap();
        let of = |simulation: &Simulation| {
            let (snapshot, columns) = (simulation.snapshot(), simulation.state().particles.density());
            (snapshot.loss + snapshot.penalty, columns.dead_mass(&regions), columns.mass())
        };
        let first = of(&simulation);
        let mut before = first;
        while simulation.state().time < 2.0 {
            simulation.step(2.0).unwrap();
            let now = of(&simulation);
            assert!((now.2 - 1.0).abs() < 1e-13, "{measure}, {flow}: mass {}", now.2);
            assert!(
                now.1 >= before.1 * (1.0 - 1e-14),
                "{measure}, {flow}: dead {} after {}",
                now.1,
                before.1
            );
            assert!(now.0 <= before.0 + 1e-6, "{measure}, {flow}: energy {} after {}", now.0, before.0);
            before = now;
        }
        assert!(before.0 < 0.9 * first.0, "{measure}, {flow}: energy {} of {}", before.0, first.0);
    }
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let measure = "cells = [200, 200]\nestimate_error = true";
    let text = scenario(measure, "", "").replace("count = 5", "count = 41").replace("1e-4", "1e-6");
    fs::write(folder.path().join("d.toml"), text).unwrap();
    for signal in [libc::SIGINT, libc::SIGKILL] {
        let arguments = ["run", "d.toml", "-o", "d.h5", "--force"];
        let run = start_and_wait_for(folder.path(), &arguments, "snapshot 4 of 41");
        run.signal(signal);
        run.finish();
        reluflow(folder.path()).args(["resume", "-q", "d.h5"]).assert().success().stderr("");
        reluflow(folder.path()).args(["run", "-q", "d.toml", "-o", "whole.h5", "--force"]).assert().success();
        assert_same_run(folder.path().join("d.h5"), folder.path().join("whole.h5"));
        let same = ["compare", "--exact", "d.h5", "whole.h5"];
        reluflow(folder.path()).args(same).assert().success().stdout(contains("the same, to the last bit"));
    }
    let file = RunFile::open(&folder.path().join("d.h5")).unwrap();
    let estimate = file.snapshot(40).unwrap().error_estimate.unwrap();
    assert!((1e-6..1e-3).contains(&estimate), "{estimate:e}");
}

/// Cells and what boundaries have released become more than there is room for at the start: the file is made anew.
#[test]
fn a_file_has_room_for_a_density_that_grows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.h5");
    let Scenario { description: d, start, .. } = parse(&scenario("cells = [16, 16]", "", ""));
    let (_, mut state) = Stepper::start(d.samples.clone(), start, d.flow, d.tolerance).unwrap();
    let snapshot = |state: &State| Simulation::resume(&d, state.clone()).unwrap().snapshot();
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    writer.write(&snapshot(&state), &state, &[], true).unwrap();
    let first = snapshot(&state);
    for i in 1..5 {
        let Particles::Density(columns) = &mut state.particles else { panic!() };
        // Empty blocks above all others.
        let all = columns.cells.len() / columns.layout[3] as usize;
        columns.layout[3] *= 2.0;
        columns.cells.resize(columns.cells.len() + all * columns.layout[3] as usize / 2, 0.0);
        state.time = 0.4 * f64::from(i);
        writer.write(&snapshot(&state), &state, &[], true).unwrap();
        let file = RunFile::open(&path).unwrap();
        assert_eq!((file.len(), file.checkpoint().unwrap()), (i as usize + 1, state.clone()));
    }
    writer.finish().unwrap();
    assert_eq!(validate(&path).unwrap(), []);
    let file = RunFile::open(&path).unwrap();
    assert_eq!(file.snapshot(0).unwrap(), first);
    for index in 0..5 {
        assert!((mass(&file, &d, index) - 1.0).abs() < 1e-12);
    }
}

/// The key and the flows that it goes with, and what is refused.
#[test]
fn what_a_density_cannot_have_is_refused() {
    let refused = |text: &str| Scenario::parse(text, "d.toml".as_ref()).unwrap_err().to_string();
    for (measure, flow, output, words) in [
        ("particles = 10", "", "", "measure.particles is not used by measure.representation = \"density\""),
        ("seed = 1", "", "", "measure.seed is not used"),
        ("nodes = 8", "", "", "measure.nodes is not used"),
        ("antisymmetric = true", "", "", "measure.antisymmetric is not used"),
        ("sampling = \"sobol\"", "", "", "measure.sampling is not used"),
        ("cells = [8, 64]", "", "", "measure.cells = [8, 64] holds 8\n  give two whole numbers"),
        ("cells = [64.5, 64]", "", "", "holds 64.5"),
        ("cells = [64]", "", "", "measure.cells = [64] has 1 numbers"),
        ("cells = 64", "", "", "is a whole number"),
        ("scale = 1e300", "", "", "has scale"),
        ("", "kind = \"kernel\"", "", "says nothing about c and |w|\n  add delta = 0"),
        (
            "delta = 0",
            "kind = \"kernel\"",
            "",
            "is not possible with flow.kind = \"kernel\" and delta = 0\n  there is a density of the canonical flow",
        ),
        ("", "kind = \"lifted\"", "", "says nothing about c and |w|\n  add delta = 0"),
        (
            "delta = 0",
            "kind = \"lifted\"\nscaling = \"1\"",
            "",
            "has no `particles`, but the start depends on the width",
        ),
        (
            "delta = 0",
            "kind = \"lifted\"\nbalance = 2",
            "",
            "measure.delta = 0 is given and flow.balance = 2, too",
        ),
        (
            "slices = 4",
            "",
            "",
            "measure.slices is not used by measure.representation = \"density\" without a law of (a",
        ),
        ("", "", "particles = 10", "output.particles is not used by [output] with"),
        ("", "", "amplitude = -1", "output.amplitude = -1 is not positive"),
    ] {
        let found = refused(&scenario(measure, flow, output));
        assert!(found.contains(words), "{measure}, {flow}, {output}: {found}");
    }
    let particles =
        scenario("particles = 10\ncells = [64, 64]", "", "").replace("\"density\"", "\"particles\"");
    assert!(refused(&particles).contains("without measure.representation = \"density\""));
    let particles = scenario("particles = 10", "", "amplitude = 3").replace("\"density\"", "\"particles\"");
    assert!(refused(&particles).contains("[output] without measure.representation"));
    let neurons = |more: &str| scenario(&format!("law = \"pytorch\"\n{more}"), "kind = \"adaptive\"", "");
    assert!(
        refused(&neurons("slices = 1"))
            .contains("measure.slices = 1 is too small\n  give a whole number from 2")
    );
    assert!(refused(&neurons("hidden_scale = 1e300\nparticles = 1")).contains("has hidden_scale = 1e300"));
    assert!(refused(&neurons("")).contains("give particles = m, the width that is meant"));
    let d = parse(&neurons("slices = 4\nparticles = 100")).description;
    assert_eq!(d.density.unwrap().slices, 4);
    assert_eq!(
        d.measure_source,
        "law pytorch, density in 256 x 256 cells of 4 slices for width 100, hidden_scale 1, output_scale 1"
    );
    let descent =
        scenario("delta = 0", "kind = \"gd\"\nlearning_rate = 0.1", "").replace("tolerance = 1e-4", "");
    assert!(refused(&descent).contains("is not possible with flow.kind = \"gd\""));
    let unknown = scenario("", "", "").replace("\"density\"", "\"densty\"");
    assert!(refused(&unknown).contains("did you mean \"density\"?"));
    // Memory that no machine has.
    let large = scenario("cells = [16384, 16384]", "", "");
    assert!(refused(&large).contains("cells and 5 samples need") || parse(&large).start.density().is_some());
    let Scenario { description: d, start, .. } = parse(&scenario("scale = 2", "", "amplitude = 3"));
    assert_eq!(start.density().unwrap().cells, [256, 256]);
    assert_eq!((d.density.unwrap().limit, d.flow), (3.0, Flow::Canonical { tv: 0.0 }));
    assert_eq!(d.measure_source, "law normal-uniform, density in 256 x 256 cells, scale 2");
}

/// Commands that need particles say so; the others go on.
#[test]
fn commands_say_what_they_lack() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.toml"), scenario("cells = [96, 96]", "", "")).unwrap();
    reluflow(folder.path()).args(["run", "-q", "d.toml", "-o", "d.h5"]).assert().success();
    reluflow(folder.path())
        .args(["convert", "d.h5", "--to", "canonical"])
        .assert()
        .code(2)
        .stderr(contains("d.h5: solves for the density, and has no particles"));
    reluflow(folder.path())
        .args(["report", "d.h5", "--gif", "d.gif"])
        .assert()
        .code(2)
        .stderr(contains("--gif films neurons: leave it out"));
    for figure in ["loss", "residuals", "regions", "attractors", "function"] {
        let plot = ["plot", "d.h5", "--figure", figure, "-o", &format!("{figure}.svg")];
        reluflow(folder.path()).args(plot).assert().success();
    }
    // The same task with particles: the distances are those of the grid and of the draws.
    let quadrature =
        scenario("sampling = \"quadrature\"\nnodes = 24", "", "").replace("\"density\"", "\"particles\"");
    fs::write(folder.path().join("q.toml"), quadrature).unwrap();
    reluflow(folder.path()).args(["run", "-q", "q.toml", "-o", "q.h5"]).assert().success();
    let found = json(reluflow(folder.path()).args(["compare", "d.h5", "q.h5", "--bound", "1", "--json"]));
    let last = found["moments"].as_array().unwrap().last().unwrap();
    assert!(last["residual"].as_f64().unwrap() < 1e-3, "{last}");
    assert!(last["function"].as_f64().unwrap() < 1e-2, "{last}");
    assert!(last["theta_w1"].as_f64().unwrap() < 2e-2, "{last}");
    reluflow(folder.path()).args(["kernel", "d.toml", "--run", "d.h5", "-o", "k.h5"]).assert().success();
}

#[test]
fn a_sweep_goes_over_cells() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d.toml"), scenario("cells = [32, 32]", "", "")).unwrap();
    let sweep = ["study", "sweep", "d.toml", "--set", "flow.tv=0,0.05", "-o", "s.h5"];
    reluflow(folder.path()).args(sweep).assert().success();
    reluflow(folder.path()).args(["validate", "s.h5"]).assert().success();
}

const SCRIPT: &str = r#"
import importlib.util, sys, warnings
warnings.simplefilter("error")
plots = importlib.util.find_spec("matplotlib") is not None
if plots:
    import matplotlib
    matplotlib.use("Agg")
import numpy as np, xarray as xr
sets = []
for engine in ["h5netcdf", "netcdf4"]:
    with xr.open_dataset(sys.argv[1], engine=engine) as run:
        run = run.load().assign_coords(component=run.component.astype(str))
    assert run.density.dims == ("time", "amplitude", "theta"), run.density
    assert run.line_density.dims == ("time", "boundary", "amplitude")
    assert run.dead_line_density.dims == ("time", "edge", "amplitude")
    assert run.amplitude.attrs["bounds"] == "amplitude_bounds" and run.theta.units == "rad"
    assert "r" not in run and "mass" not in run and "particle" not in run.dims
    dr = np.diff(run.amplitude_bounds.values).ravel()
    dt = np.diff(run.theta_bounds.values).ravel()
    assert np.allclose(run.amplitude_bounds.mean("bound"), run.amplitude, atol=1e-14)
    bulk = (run.density * dr[:, None] * dt).sum(("amplitude", "theta"))
    lines = (run.line_density * dr).sum(("amplitude", "boundary"))
    dead = (run.dead_line_density * dr).sum(("amplitude", "edge"))
    stuck = (run.stuck_density * dt).sum("theta") + run.stuck_line_mass.sum("boundary")
    assert np.allclose(bulk + lines + dead + stuck + run.mass_outside, 1, atol=1e-12, rtol=0)
    assert np.allclose(lines, run.pinned_mass.sum(("boundary", "sign")), atol=1e-12)
    shown = run.density.sel(time=1, method="nearest")
    assert shown.shape == run.density[0].shape and float(shown.max()) > 0.05
    if plots:
        assert shown.plot().get_array().size == shown.size
    sets.append(run)
xr.testing.assert_equal(*sets)
print("good")
"#;

#[test]
fn xarray_opens_and_plots_it() {
    let Some(python) = python("xarray, h5netcdf, netCDF4") else { return };
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &scenario("cells = [32, 32]", "tv = 0.1", ""));
    let path = folder.path().join("d.h5");
    let output = std::process::Command::new(python).args(["-c", SCRIPT]).arg(path).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("good"), "{text}");
}

fn run(folder: &Path, text: &str) {
    fs::write(folder.join("d.toml"), text).unwrap();
    reluflow(folder).args(["run", "-q", "d.toml", "-o", "d.h5"]).assert().success().stderr("");
}
