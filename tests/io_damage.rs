//! Damaged and hostile files: every command says so and ends by itself.

use std::path::Path;
use std::time::{Duration, Instant};

use hdf5::File;

use crate::cli_support::reluflow;
use crate::study_support::Text;

const LIFTED: &str = "[samples]\nfunction = \"sine\"\ncount = 4\n[measure]\nlaw = \"pytorch\"\nparticles = 20\nseed = 1\n\
    [flow]\nkind = \"FLOW\"\nSETTINGS[time]\nend = 0.5\n[output]\nsnapshots = { count = 3 }\n";

/// A folder with a small run of a flow, `good.h5`.
fn folder_with_run(flow: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = if flow == "gd" { "learning_rate = 0.2\nmomentum = 0.5\n" } else { "" };
    let text = LIFTED.replace("FLOW", flow).replace("SETTINGS", settings);
    std::fs::write(folder.path().join("run.toml"), text).unwrap();
    reluflow(folder.path()).args(["run", "-q", "run.toml", "-o", "good.h5"]).assert().success();
    folder
}

/// All commands that read `bad.h5`: each ends by itself and soon, with one of these codes.
fn every_command_copes(folder: &Path, what: &str, allowed: &[i32]) {
    const COMMANDS: [&[&str]; 9] = [
        &["validate", "bad.h5"],
        &["check", "bad.h5"],
        &["info", "bad.h5"],
        &["resume", "bad.h5"],
        &["convert", "bad.h5", "--to", "neurons", "-o", "out.csv", "--force"],
        &["compare", "bad.h5", "bad.h5"],
        &["plot", "bad.h5", "-o", "out.svg", "--force"],
        &["report", "bad.h5", "-o", "out.html", "--force"],
        &["recover", "bad.h5", "-o", "recovered.h5"],
    ];
    for command in COMMANDS {
        let began = Instant::now();
        let output = reluflow(folder).args(command).timeout(Duration::from_secs(300)).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().unwrap_or_else(|| panic!("{what}: {command:?}: {:?}", output.status));
        assert!(!text.contains("this is a bug") && !text.contains("panicked"), "{what}: {command:?}: {text}");
        let recovers = command[0] == "recover" && code == 0;
        assert!(allowed.contains(&code) || recovers, "{what}: {command:?}: {code}, {text}");
        assert!(code == 0 || text.contains("error:"), "{what}: {command:?}: {code}, {text}");
        // Generous: other tests run beside this one.
        assert!(began.elapsed() < Duration::from_secs(120), "{what}: {command:?}: {:?}", began.elapsed());
        let _ = std::fs::remove_file(folder.join("recovered.h5"));
    }
}

fn with_good(folder: &Path, damage: impl FnOnce(&File)) {
    let bad = folder.join("bad.h5");
    std::fs::copy(folder.join("good.h5"), &bad).unwrap();
    let file = crate::common::open_rw(&bad);
    damage(&file);
    file.close().unwrap();
}

fn text(file: &File, name: &str, value: &str) {
    file.delete_attr(name).unwrap();
    file.new_attr::<Text>().create(name).unwrap().write_scalar(&value.parse::<Text>().unwrap()).unwrap();
}

fn number(file: &File, name: &str, value: f64) {
    file.attr(name).unwrap().write_scalar(&value).unwrap();
}

fn element(file: &File, name: &str, at: usize, value: f64) {
    file.dataset(name).unwrap().write_slice(&[value], at..at + 1).unwrap();
}

type Alteration = Box<dyn Fn(&File)>;

/// Values that are stored once, and what they are changed to.
fn alterations(flow: &str) -> Vec<(&'static str, Alteration)> {
    let mut all: Vec<(&'static str, Alteration)> = vec![
        ("boundary_angle", Box::new(|f| element(f, "boundary_angle", 1, 0.3))),
        ("boundary_sample", Box::new(|f| element(f, "boundary_sample", 1, 0.0))),
        ("schedule", Box::new(|f| element(f, "schedule", 1, 0.1))),
        ("particle", Box::new(|f| element(f, "particle", 3, 2.0))),
        ("sample", Box::new(|f| element(f, "sample", 1, 0.0))),
        ("mass", Box::new(|f| element(f, "mass", 3, 1.04))),
        ("delta", Box::new(|f| element(f, "delta", 2, 9.0))),
        ("sample_weight", Box::new(|f| element(f, "sample_weight", 0, 2.0))),
        ("x_scale NaN", Box::new(|f| number(f, "x_scale", f64::NAN))),
        ("x_scale", Box::new(|f| number(f, "x_scale", 2.0))),
        ("tolerance", Box::new(|f| number(f, "tolerance", 1e-3))),
        ("tv", Box::new(|f| number(f, "tv", 0.5))),
        ("kappa", Box::new(|f| number(f, "kappa", 2.0))),
        ("end", Box::new(|f| number(f, "end", 3.0))),
        ("seed", Box::new(|f| f.attr("seed").unwrap().write_scalar(&5u64).unwrap())),
        ("scenario", Box::new(|f| text(f, "scenario", "title = \"another\""))),
        ("flow", Box::new(|f| text(f, "flow", "adaptive"))),
        (
            "checkpoint/position",
            Box::new(|f| {
                let position = f.dataset("checkpoint/position").unwrap();
                let mut values = position.read_2d::<u32>().unwrap();
                // Of three snapshots the newest is in slot 0.
                values.swap([1, 0], [1, 1]);
                position.write(&values).unwrap();
            }),
        ),
    ];
    if flow == "gd" {
        all.push(("momentum", Box::new(|f| number(f, "momentum", 0.9))));
        all.push(("learning_rate", Box::new(|f| number(f, "learning_rate", 0.3))));
    }
    all
}

#[test]
fn nothing_that_is_stored_once_can_be_changed_unseen() {
    for flow in ["lifted", "gd"] {
        let folder = folder_with_run(flow);
        for (what, alter) in alterations(flow) {
            with_good(folder.path(), alter);
            for command in ["validate", "check"] {
                let output = reluflow(folder.path()).args([command, "bad.h5"]).output().unwrap();
                let older_slot = what == "checkpoint/position" && command == "check";
                assert!(
                    output.status.code() == Some(1) || older_slot,
                    "{flow}: {what}: {command}: {output:?}"
                );
            }
        }
    }
}

#[test]
fn objects_that_are_missing_or_of_another_form_are_errors() {
    let folder = folder_with_run("lifted");
    for name in [
        "schedule",
        "mass",
        "x",
        "y",
        "region_mass",
        "sample",
        "steps/time",
        "checkpoint/header",
        "component",
    ] {
        with_good(folder.path(), |file| file.unlink(name).unwrap());
        every_command_copes(folder.path(), &format!("{name} is missing"), &[1, 2]);
    }
    for name in ["schedule", "mass", "residual", "checkpoint/c", "boundary"] {
        with_good(folder.path(), |file| {
            file.unlink(name).unwrap();
            file.new_dataset::<f64>().create(name).unwrap().write_scalar(&1.0).unwrap();
        });
        every_command_copes(folder.path(), &format!("{name} is a scalar"), &[1, 2]);
    }
    for (name, len) in
        [("mass", 0), ("y", 1 << 60), ("mass", 1 << 40), ("particle", 1 << 40), ("time", 1 << 40)]
    {
        with_good(folder.path(), |file| {
            file.unlink(name).unwrap();
            let builder = file.new_dataset::<f64>().chunk(512).shape((len..,));
            builder.create(name).unwrap();
        });
        every_command_copes(folder.path(), &format!("{name} of length {len}"), &[1, 2]);
    }
    with_good(folder.path(), |file| {
        file.unlink("residual").unwrap();
        file.new_dataset::<f64>().shape([2; 8]).create("residual").unwrap();
    });
    every_command_copes(folder.path(), "eight dimensions", &[1, 2]);
    for name in ["mass", "residual", "steps/time"] {
        with_good(folder.path(), |file| {
            let dataset = file.dataset(name).unwrap();
            dataset.delete_attr("DIMENSION_LIST").unwrap_or(());
            dataset
                .new_attr::<f64>()
                .shape([3])
                .create("DIMENSION_LIST")
                .unwrap_or_else(|_| panic!("{name}"));
        });
        let validated = reluflow(folder.path()).args(["validate", "bad.h5"]).output().unwrap();
        assert_eq!(validated.status.code(), Some(1), "{name}: {validated:?}");
        every_command_copes(folder.path(), &format!("DIMENSION_LIST of {name}"), &[0, 1]);
    }
    for name in ["end", "scenario", "flow", "output_particles", "x_scale", "seed"] {
        with_good(folder.path(), |file| {
            file.delete_attr(name).unwrap();
            file.new_attr::<f64>().shape([4]).create(name).unwrap();
        });
        every_command_copes(folder.path(), &format!("attribute {name} is a list"), &[1, 2]);
    }
}

#[test]
fn damaged_bytes_are_errors_and_no_command_crashes_or_hangs() {
    let folder = folder_with_run("lifted");
    let good = std::fs::read(folder.path().join("good.h5")).unwrap();
    let write = |bytes: &[u8]| std::fs::write(folder.path().join("bad.h5"), bytes).unwrap();
    for at in [48, 520, 2048, 4096, 4884, 8192, 12_288, 20_000, good.len() / 2, good.len() - 600] {
        let mut bytes = good.clone();
        bytes[at..at + 512].fill(0);
        write(&bytes);
        every_command_copes(folder.path(), &format!("zeros at {at}"), &[0, 1, 2]);
    }
    for length in [0, 40, 100, 4096, good.len() * 6 / 10, good.len() - 1] {
        write(&good[..length]);
        every_command_copes(folder.path(), &format!("cut at {length}"), &[1, 2]);
    }
    for (a, b) in [(0, 1), (1, 2), (2, 5), (3, 9), (8, 16)] {
        let mut bytes = good.clone();
        let (a, b) = (a * 4096, b * 4096);
        for i in 0..4096 {
            bytes.swap(a + i, b + i);
        }
        write(&bytes);
        every_command_copes(folder.path(), &format!("blocks {a} and {b} swapped"), &[0, 1, 2]);
    }
}

#[test]
fn a_run_does_not_go_on_under_settings_that_its_scenario_does_not_have() {
    let folder = folder_with_run("lifted");
    let (good, other) = (folder.path().join("good.h5"), folder.path().join("other.toml"));
    let scenario = std::fs::read_to_string(folder.path().join("run.toml")).unwrap();
    for (setting, changed) in [
        ("tolerance", scenario.replace("end = 0.5", "end = 0.5\ntolerance = 1e-3")),
        ("end", scenario.replace("end = 0.5", "end = 0.25")),
        ("flow", scenario.replace("kind = \"lifted\"", "kind = \"lifted\"\nscaling = \"1\"")),
        ("output", scenario.replace("count = 3 }", "count = 3 }\nparticles = \"none\"")),
    ] {
        std::fs::write(&other, changed).unwrap();
        reluflow(folder.path())
            .args(["run", "-q", "other.toml", "-o", "other.h5", "--force"])
            .assert()
            .success();
        // Its checksums are right: only the two together are not.
        let description = {
            let run = reluflow::io::RunFile::open(&folder.path().join("other.h5")).unwrap();
            let original = reluflow::io::RunFile::open(&good).unwrap();
            reluflow::run::Description {
                scenario: original.description().unwrap().scenario,
                ..run.description().unwrap()
            }
        };
        let found = reluflow::scenario::Scenario::disagreement(&description);
        assert!(found.as_ref().is_some_and(|found| found.contains(setting)), "{setting}: {found:?}");
    }
    let description = reluflow::io::RunFile::open(&good).unwrap().description().unwrap();
    assert_eq!(reluflow::scenario::Scenario::disagreement(&description), None);
}

#[test]
fn study_and_kernel_files_are_refused_when_they_are_not_as_written() {
    let folder = folder_with_run("lifted");
    reluflow(folder.path()).args(["kernel", "-q", "run.toml", "-o", "good.h5", "--force"]).assert().success();
    let plot = |what: &str, code: i32| {
        let arguments = ["plot", "bad.h5", "-o", "out.svg", "--force"];
        let output = reluflow(folder.path()).args(arguments).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{what}: {text}");
        assert!(code == 0 || text.contains("damaged"), "{what}: {text}");
    };
    with_good(folder.path(), |_| ());
    plot("nothing", 0);
    with_good(folder.path(), |file| text(file, "start_law", "another"));
    plot("an attribute", 1);
    with_good(folder.path(), |file| element(file, "y", 1, 7.0));
    plot("a value", 1);
    for name in ["grid", "f", "curve"] {
        with_good(folder.path(), |file| file.unlink(name).unwrap());
        plot(name, 1);
        with_good(folder.path(), |file| {
            file.unlink(name).unwrap();
            file.new_dataset::<f64>().create(name).unwrap();
        });
        plot(name, 1);
    }
}

#[test]
fn a_pipe_is_no_run_file() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("bad.h5")).status();
    assert!(made.is_ok_and(|status| status.success()));
    every_command_copes(folder.path(), "a pipe", &[2]);
}

#[test]
fn a_run_that_is_being_written_is_valid_at_every_moment() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 5\n[measure]\nparticles = 2000\nseed = 1\n\
                [time]\nend = 4.0\n[output]\nsnapshots = { count = 400 }\n";
    std::fs::write(folder.path().join("live.toml"), text).unwrap();
    let mut run = std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"))
        .args(["run", "-q", "live.toml", "-o", "live.h5"])
        .current_dir(folder.path())
        .spawn()
        .unwrap();
    let path = folder.path().join("live.h5");
    let mut looks = 0;
    while run.try_wait().unwrap().is_none() {
        if path.exists() {
            assert_eq!(reluflow::io::validate(&path).unwrap(), [], "look {looks}");
            let checks = reluflow::io::RunFile::open(&path).unwrap().checks().unwrap();
            let violated: Vec<_> = checks.into_iter().filter(|check| !check.holds()).collect();
            assert_eq!(violated, [], "look {looks}");
            looks += 1;
        }
    }
    assert!(run.wait().unwrap().success());
    assert!(looks > 0);
    assert_eq!(reluflow::io::validate(&path).unwrap(), []);
}
