//! What `reluflow run` takes: names, standard input, overrides.

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::io::RunFile;

use crate::cli_support::{assert_same_run, folder_with_sine, json, reluflow, sine};

/// The scenario of [`folder_with_sine`] with a title of its own, not that of its file.
fn titled() -> String {
    format!("title = \"one\"\n{}", sine(30, 3))
}

#[test]
fn a_scenario_comes_by_name_and_data_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str| {
        let mut command = reluflow(folder.path());
        command.args(["run", name, "--set", "measure.particles=20", "--set", "time.end=0.01"]);
        command.assert().success().stderr(contains("the scenario that comes with the program"));
        RunFile::open(&folder.path().join(format!("output/{name}.h5"))).unwrap().description().unwrap()
    };
    let found = run("sine");
    assert_eq!((found.mass.len(), found.end), (20, 0.01));
    // Its samples are a file.
    assert_eq!(run("mcycle").samples.len(), 94);
    // A file of this name goes first.
    std::fs::write(folder.path().join("sine"), "x").unwrap();
    reluflow(folder.path())
        .args(["run", "sine"])
        .assert()
        .code(2)
        .stderr(contains("neither a scenario nor a table"));
}

#[test]
fn standard_input_is_a_scenario() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sine.toml"), titled()).unwrap();
    reluflow(folder.path()).args(["run", "-q", "sine.toml"]).assert().success();
    reluflow(folder.path()).args(["run", "-q", "-"]).write_stdin(titled()).assert().success();
    assert_same_run(folder.path().join("output/sine.h5"), folder.path().join("output/stdin.h5"));
    let broken = reluflow(folder.path()).args(["run", "-", "-o", "b.h5"]).write_stdin("[sample]").assert();
    broken.code(2).stderr(contains("stdin.toml:1").and(contains("did you mean [samples]?")));
}

#[test]
fn overrides_are_those_of_a_scenario_with_them_in_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sine.toml"), titled()).unwrap();
    let changed = titled().replace("seed = 1", "seed = 9");
    assert_ne!(changed, titled());
    std::fs::write(folder.path().join("changed.toml"), changed).unwrap();
    reluflow(folder.path()).args(["run", "-q", "changed.toml"]).assert().success();
    reluflow(folder.path()).args(["run", "-q", "sine.toml", "--seed", "9"]).assert().success();
    assert_same_run(folder.path().join("output/changed.h5"), folder.path().join("output/sine.h5"));
    let with =
        |set: &str| reluflow(folder.path()).args(["run", "sine.toml", "-o", "x.h5", "--set", set]).assert();
    with("measure.particels=3")
        .code(2)
        .stderr(contains("--set measure.particels=3").and(contains("particles")));
    with("flow.kind=lifted").code(2).stderr(contains("--set flow.kind="));
    with("nothing").code(2).stderr(contains("give key=value"));
}

/// Of a complete run there is a summary, too.
#[test]
fn a_complete_run_is_told_as_json_when_it_is_resumed() {
    let folder = folder_with_sine(30, 3);
    let first = json(reluflow(folder.path()).args(["run", "sine.toml", "-q", "--json"]));
    let again = json(reluflow(folder.path()).args(["resume", "output/sine.h5", "-q", "--json"]));
    for key in ["outcome", "ended_by", "time", "steps"] {
        assert_eq!(first[key], again[key], "{key}");
    }
    let loss = [&first, &again].map(|told| told["loss"].as_f64().unwrap());
    assert!((loss[0] / loss[1] - 1.0).abs() < 1e-12, "{loss:?}");
}

/// A run that has far to go says how far: to the time of its slowest mode, and above the least energy.
#[test]
fn a_run_that_ends_early_says_so() {
    let folder = tempfile::tempdir().unwrap();
    // One sample at 0 with y = 2 and one neuron that faces it: dr/dt = -(r - 2) - tv, from r = 1.
    std::fs::write(folder.path().join("one.csv"), "r,theta\n1,1.5707963267948966\n").unwrap();
    let text = "[samples]\nx = [0.0]\ny = [2.0]\n[measure]\nfile = \"one.csv\"\n[flow]\nkind = \"canonical\"\n[time]\nend = 0.05\n";
    std::fs::write(folder.path().join("one.toml"), text).unwrap();
    let told = |more: &[&str]| {
        let run = reluflow(folder.path()).args(["run", "one.toml", "--force"]).args(more).assert().success();
        String::from_utf8(run.get_output().stderr.clone()).unwrap()
    };
    let early = told(&[]);
    // e^-0.1 of the loss is left, and the mode takes a time of 1.
    assert!(
        early.contains("note: 90 % of the loss is left, and t = 0.05 is far before 1.0, the time"),
        "{early}"
    );
    assert!(!told(&["--set", "time.end=0.2"]).contains("far before"));
    let penalised = told(&["--set", "flow.tv=0.5"]);
    // E = (r - 2)^2/2 + r/2: 0.988 at r = 1.5 - e^-0.05/2, 0.875 at 3/2.
    let words = "is 0.988, 13 % above the least that any measure has, 0.875";
    assert!(penalised.contains(words), "{penalised}");
    let info = json(reluflow(folder.path()).args(["info", "output/one.h5", "--json"]));
    let [last, least] = ["last", "least"].map(|key| info["energy"][key].as_f64().unwrap());
    let r = 1.5 - 0.5 * (-0.05f64).exp();
    assert!((last - (0.5 * (r - 2.0).powi(2) + 0.5 * r)).abs() < 1e-6 && (least - 0.875).abs() < 1e-8);
    assert!(
        told(&["--set", "flow.tv=0.5", "--set", "time.end=50"])
            .contains("is the least that any measure has, 0.875")
    );
}

/// Other files of this program are named, with what reads them.
#[test]
fn a_study_is_not_taken_for_a_damaged_run() {
    let folder = folder_with_sine(30, 3);
    let sweep = ["study", "sweep", "sine.toml", "--set", "measure.scale=1,2", "-q", "-o", "s.h5"];
    reluflow(folder.path()).args(sweep).assert().success();
    reluflow(folder.path()).args(["kernel", "sine.toml", "-q", "-o", "k.h5"]).assert().success();
    for command in ["info", "check"] {
        for (file, words) in [("s.h5", "it is a study, which"), ("k.h5", "it is a kernel file, which")] {
            reluflow(folder.path()).args([command, file]).assert().failure().stderr(contains(words));
        }
    }
}

/// Learning rates beyond the start's fastest mode, dead networks and weights scaled twice are told.
#[test]
fn what_goes_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [1.0, 0.0, 2.0]\n[measure]\nparticles = 50\nlaw = \"he\"\nseed = 1\n\
                [flow]\nkind = \"gd\"\nscaling = \"1\"\nlearning_rate = 0.001\n[time]\nsteps = 300\n";
    std::fs::write(folder.path().join("gd.toml"), text).unwrap();
    let run = |more: &[&str]| {
        reluflow(folder.path()).args(["run", "gd.toml", "--force"]).args(more).assert().success()
    };
    let quiet = run(&[]).get_output().stderr.clone();
    let quiet = String::from_utf8(quiet).unwrap();
    assert!(!quiet.contains("learning_rate") && !quiet.contains("scaling"), "{quiet}");
    let large = run(&["--set", "flow.learning_rate=30"]);
    large.stderr(contains("note: flow.learning_rate is above").and(contains("A dead network")));
    let info = json(reluflow(folder.path()).args(["info", "output/gd.h5", "--json"]));
    assert_eq!((info["regime"].as_str(), info["convergence"].as_str()), (Some("dead"), Some("slow")));
    // One sample at 0 and one neuron (c, a, b) = (1, 0, -1): the rate is <xt,w>^2 + c^2 |xt|^2 = 2, and learning rates go
    // to 2 m / 2 = 1, with momentum 1/2 to 1.5.
    std::fs::write(folder.path().join("one.csv"), "c,a,b\n1,0,-1\n").unwrap();
    let one = "[samples]\nx = [0.0]\ny = [0.0]\n[measure]\nfile = \"one.csv\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.99\n\
               [time]\nsteps = 1\n";
    std::fs::write(folder.path().join("one.toml"), one).unwrap();
    let told = |more: &[&str]| {
        let run = reluflow(folder.path()).args(["run", "one.toml", "--force"]).args(more).assert().success();
        let told = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        told.lines().find(|line| line.contains("learning_rate")).map(str::to_string)
    };
    assert_eq!(told(&[]), None);
    assert!(
        told(&["--set", "flow.learning_rate=1.01"]).unwrap().contains("is above 1.0, the limit of stability")
    );
    let momentum = ["--set", "flow.momentum=0.5", "--set"];
    assert_eq!(told(&[&momentum[..], &["flow.learning_rate=1.49"]].concat()), None);
    assert!(
        told(&[&momentum[..], &["flow.learning_rate=1.51"]].concat())
            .unwrap()
            .contains("is above 1.5, the limit of stability")
    );
    let lifted = text.replace("scaling = \"1\"\n", "").replace("\"gd\"", "\"lifted\"");
    let lifted = lifted.replace("learning_rate = 0.001\n", "").replace("steps = 300", "end = 1");
    std::fs::write(folder.path().join("twice.toml"), lifted).unwrap();
    reluflow(folder.path())
        .args(["run", "twice.toml"])
        .assert()
        .success()
        .stderr(contains("flow.scaling = \"1\""));
}
