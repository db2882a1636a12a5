//! `reluflow landscape`: what it prints, its file and figures, its types against those of the runs, what it refuses.

use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use reluflow::io::{ArrayFile, LANDSCAPE_FORMAT_VERSION, RunFile};
use reluflow::landscape::probe_types;
use reluflow::plot::Source;
use reluflow::run::Simulation;
use reluflow::scenario::{Scenario, scenarios};

use crate::cli_support::{json, reluflow};

fn run(folder: &Path, name: &str, measure: &str, flow: &str, time: &str) {
    let text = format!(
        "[samples]\nfunction = \"sine\"\ncount = 5\nfrequency = 0.5\n[measure]\n{measure}\n[flow]\n{flow}\n[time]\n{time}\n\
         [output]\nsnapshots = {{ count = 5 }}\n"
    );
    fs::write(folder.join(format!("{name}.toml")), text).unwrap();
    reluflow(folder).args(["run", "-q", &format!("{name}.toml")]).assert().success();
}

fn numbers(path: &Path, name: &str) -> Vec<f64> {
    ArrayFile::open(path, LANDSCAPE_FORMAT_VERSION).unwrap().numbers(name).unwrap()
}

#[test]
fn runs_of_all_kinds_have_a_landscape() {
    let folder = tempfile::tempdir().unwrap();
    let end = "end = 3.0\ntolerance = 1e-7";
    let normal = "particles = 60\nlaw = \"normal\"";
    for (name, measure, flow, time, hessian) in [
        ("lifted", normal, "kind = \"lifted\"", end, true),
        ("kernel", normal, "kind = \"kernel\"", end, true),
        ("adaptive", normal, "kind = \"adaptive\"", end, true),
        ("gd", normal, "kind = \"gd\"\nlearning_rate = 0.5", "steps = 40", true),
        (
            "quadrature",
            "law = \"normal\"\nsampling = \"quadrature\"\nnodes = 6",
            "kind = \"lifted\"",
            end,
            true,
        ),
        ("canonical", "particles = 60", "kind = \"canonical\"", end, false),
        (
            "density",
            "representation = \"density\"\ncells = [64, 64]\ndelta = -0.5",
            "kind = \"lifted\"",
            "end = 1.0\ntolerance = 1e-4",
            true,
        ),
    ] {
        run(folder.path(), name, measure, flow, time);
        let file = format!("output/{name}.h5");
        let found = json(reluflow(folder.path()).args(["landscape", &file, "--all", "--json"]));
        let moments = found["moments"].as_array().unwrap();
        assert_eq!(moments.len(), 5, "{name}");
        let run = RunFile::open(&folder.path().join(&file)).unwrap();
        for (i, moment) in moments.iter().enumerate() {
            let snapshot = run.snapshot(i).unwrap();
            assert_eq!(moment["time"].as_f64().unwrap(), snapshot.time);
            // The norm of the gradient is what the run dissipates.
            let norm = moment["gradient_norm"].as_f64().unwrap();
            // Cells of a density lose a little where they are seen as points.
            let close = if name == "density" { 1e-2 } else { 1e-9 };
            let expected = snapshot.energy_dissipation.sqrt();
            assert!((norm - expected).abs() < close * (1e-6 + expected), "{name} {i}: {norm} {expected}");
            assert_eq!(moment["hessian"].is_null(), !hessian, "{name}");
            if let Some(count) = moment["hessian"]["count"].as_u64() {
                let sum =
                    ["negative", "zero", "positive"].map(|sign| moment["hessian"][sign].as_u64().unwrap());
                assert_eq!(sum.iter().sum::<u64>(), count);
                // Layers of 3 parameters, or 1, or 2; fewer where neurons are pinned.
                let each = match name {
                    "kernel" => 60,
                    "adaptive" => 120,
                    "gd" | "lifted" => 180,
                    _ => continue,
                };
                assert!(count <= each && count + 60 >= each, "{name}: {count}");
            }
        }
        reluflow(folder.path()).args(["validate", &format!("output/{name}_landscape.h5")]).assert().success();
        // In the kernel flow nothing but the tangent kernel is left.
        if name == "kernel" {
            let others = moments[4]["hessian"]["others"].as_array().unwrap();
            assert!(others.iter().all(|value| value.as_f64().unwrap() > -1e-12));
        }
    }
    // Of a density with many values of delta the last snapshot alone, whose checkpoint has its slices: the limit's own spectrum.
    let many = "representation = \"density\"\ncells = [96, 96]\nlaw = \"normal\"\nslices = 8";
    run(folder.path(), "many", many, "kind = \"lifted\"", "end = 1.0\ntolerance = 1e-4");
    let quadrature = "law = \"normal\"\nsampling = \"quadrature\"\nnodes = 8";
    run(folder.path(), "same", quadrature, "kind = \"lifted\"", "end = 1.0\ntolerance = 1e-7");
    let [cells, nodes] = ["many", "same"].map(|name| {
        let found = json(reluflow(folder.path()).args([
            "landscape",
            &format!("output/{name}.h5"),
            "--all",
            "--json",
            "--no-file",
        ]));
        let moments = found["moments"].as_array().unwrap().clone();
        assert_eq!(moments[0]["hessian"].is_null(), name == "many");
        let last = moments.last().unwrap();
        let others = last["hessian"]["others"].as_array().unwrap();
        let others: Vec<f64> = others.iter().map(|value| value.as_f64().unwrap()).collect();
        let norm = last["gradient_norm"].as_f64().unwrap();
        let snapshot = RunFile::open(&folder.path().join(format!("output/{name}.h5"))).unwrap();
        let expected = snapshot.snapshot(snapshot.len() - 1).unwrap().energy_dissipation.sqrt();
        assert!((norm - expected).abs() < 1e-2 * expected, "{name}: {norm} {expected}");
        (others[0], others[others.len() - 1])
    });
    println!("{cells:?} {nodes:?}");
    assert!(
        (cells.0 - nodes.0).abs() < 0.02 * nodes.1 && (cells.1 - nodes.1).abs() < 0.02 * nodes.1,
        "{cells:?} {nodes:?}"
    );
    let landscape = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["landscape", "output/lifted.h5"]).args(more);
        command
    };
    landscape(&[]).assert().code(2).stderr(contains("exists"));
    landscape(&["--force", "--time", "0", "--neuron", "3"])
        .assert()
        .success()
        .stdout(contains("zeros by cause").and(contains("neuron 3: knot at")));
    let file = folder.path().join("output/lifted_landscape.h5");
    let (at, loss) = (numbers(&file, "slice_knot"), numbers(&file, "slice_loss"));
    let own = numbers(&file, "neuron_knot")[0];
    // Where the knot is, the loss is that of the run.
    let i = at.partition_point(|knot| *knot < own).clamp(1, at.len() - 1);
    let between = loss[i - 1] + (loss[i] - loss[i - 1]) * (own - at[i - 1]) / (at[i] - at[i - 1]);
    assert!((between - numbers(&file, "loss")[0]).abs() < 1e-4, "{between}");
    for figure in ["spectrum", "slice"] {
        Source::open(&file).unwrap().figure(Some(figure), None).unwrap();
    }
    landscape(&["--no-file", "--neuron", "60"]).assert().code(2).stderr(contains("there are 60"));
    landscape(&["--no-file", "--time", "0.1"]).assert().code(2).stderr(contains("the nearest is at"));
    landscape(&["--no-file"]).assert().success();
    let canonical = folder.path().join("output/canonical_landscape.h5");
    let refused = Source::open(&canonical).unwrap().figure(Some("spectrum"), None).unwrap_err().to_string();
    assert!(refused.contains("needs a Hessian"), "{refused}");
    reluflow(folder.path())
        .args(["landscape", "output/canonical.h5", "--no-file"])
        .assert()
        .success()
        .stdout(contains("none of canonical particles: run it with flow.kind = \"lifted\""));
    // Without stored particles the last snapshot has them.
    run(folder.path(), "few", "particles = 60\nlaw = \"normal\"", "kind = \"lifted\"", end);
    let text = fs::read_to_string(folder.path().join("few.toml")).unwrap() + "particles = 10\n";
    fs::write(folder.path().join("few.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "few.toml", "--force"]).assert().success();
    let few = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["landscape", "output/few.h5", "--no-file"]).args(more);
        command
    };
    few(&["--time", "0"]).assert().code(2).stderr(contains("output.particles"));
    few(&[]).assert().success();
}

/// Slice types of turning neurons against `attractor` in every shipped scenario, at its start and after some steps.
#[test]
fn types_are_those_of_every_shipped_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut seen = 0;
    for shipped in scenarios() {
        // A target for the error of cells or nodes is searched for by whole runs.
        let Ok(scenario) = Scenario::read(&folder.join(shipped.name).with_extension("toml")) else {
            continue;
        };
        let Scenario { description, start, .. } = scenario;
        if start.len() > 20_000 || description.density.is_some() {
            continue;
        }
        let mut simulation = Simulation::new(&description, start).unwrap();
        for _ in 0..6 {
            let snapshot = simulation.snapshot();
            let rho = snapshot.residual.to_vec();
            let types = probe_types(&description.samples, &rho, true);
            for (b, pair) in types.iter().enumerate() {
                for (side, kind) in pair.iter().enumerate() {
                    assert_eq!(
                        *kind as i8,
                        snapshot.attractor[[b, side]],
                        "{}: boundary {b}, side {side}",
                        shipped.name
                    );
                    seen += 1;
                }
            }
            for _ in 0..5 {
                if simulation.step(description.end).is_err() || simulation.state().time >= description.end {
                    break;
                }
            }
        }
    }
    assert!(seen > 1000, "{seen}");
}
