//! `reluflow study sweep` and `study merge`, as a user runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use predicates::prelude::*;
use predicates::str::contains;
use reluflow::math::random::{Purpose, Stream};
use reluflow::scenario::Scenario;

use crate::cli_support::*;
use crate::study_support::*;

fn parts(folder: &Path, study: &str) -> usize {
    let entries = fs::read_dir(folder.join(format!("{study}.parts"))).into_iter().flatten().flatten();
    let packs = entries.map(|entry| entry.path());
    packs.filter(|path| path.extension().is_some_and(|extension| extension == "runs")).map(records).sum()
}

/// Whole records of a file of finished runs: each after its length.
fn records(pack: PathBuf) -> usize {
    let bytes = fs::read(pack).unwrap();
    let (mut rest, mut count) = (&bytes[..], 0);
    while let Some((length, behind)) = rest.split_at_checked(8) {
        let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
        let Some((_, behind)) = behind.split_at_checked(length) else { break };
        (rest, count) = (behind, count + 1);
    }
    count
}

const SETS: [&str; 6] = ["--set", "flow.tv=0,0.1", "--set", "measure.scale=0.5:2:log3", "--seeds", "4"];

#[test]
fn a_study_killed_at_ten_random_moments_is_the_uninterrupted_one() {
    let folder = folder_with_sine(20_000, 5);
    let sweep = |study: &str| {
        let mut arguments = vec!["study", "sweep", "sine.toml", "-o", study];
        arguments.extend(&SETS[..5]);
        arguments.push("8");
        arguments.into_iter().map(String::from).collect::<Vec<_>>()
    };
    reluflow(folder.path()).args(sweep("whole.h5")).assert().success();
    let mut draw = Stream::new(11, Purpose::Noise, 0);
    let mut kept = 0;
    for kill in 0..10 {
        let arguments = sweep("killed.h5");
        let mut started = start(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        // Now and then some runs on, so that the study comes forward, but not to its end; then at any
        // moment.
        if draw.below(3) == 0 {
            started.wait_for("run 1 of");
        }
        std::thread::sleep(Duration::from_millis(draw.below(40)));
        started.signal(libc::SIGKILL);
        let (_, code) = started.finish();
        assert_eq!(code, None, "the study was over before kill {kill}");
        let found = parts(folder.path(), "killed.h5");
        assert!(found >= kept, "{found} finished runs of {kept} are left");
        assert!(!folder.path().join("killed.h5").exists());
        kept = found;
    }
    assert!(kept > 0, "no run was ever finished before a kill");
    let mut arguments = sweep("killed.h5");
    arguments.push("--json".into());
    let ended = json(reluflow(folder.path()).args(arguments));
    assert_eq!((&ended["done_before"], &ended["done_now"]), (&kept.into(), &(48 - kept).into()));
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("killed.h5"));
    assert!(!folder.path().join("killed.h5.parts").exists(), "parts are left behind");
}

/// A scenario that changed, and a study that grew, take from the parts what is theirs and no more.
#[test]
fn parts_of_another_scenario_are_not_reused_and_a_larger_study_reuses_its_own() {
    let folder = folder_with_sine(200, 3);
    let shard = ["--shard", "1/1", "-o", "s.h5"];
    let sweep = |values: &str| {
        ["study", "sweep", "sine.toml", "--set"].map(String::from).into_iter().chain([values.to_string()])
    };
    reluflow(folder.path()).args(sweep("flow.tv=0,0.1")).args(shard).assert().success();
    let before = |values: &str, more: &[&str]| {
        json(reluflow(folder.path()).args(sweep(values)).args(more).args(["--json", "-o", "s.h5"]))["done_before"].clone()
    };
    assert_eq!(before("flow.tv=0,0.1,0.2", &["--shard", "1/1"]), 2);
    fs::write(folder.path().join("sine.toml"), sine(201, 3)).unwrap();
    assert_eq!(before("flow.tv=0,0.1,0.2", &[]), 0);
    assert_eq!(parts(folder.path(), "s.h5"), 3, "the others' finished runs are not thrown away");
    assert_eq!(numbers(&folder.path().join("s.h5"), "particles"), [201.0; 3]);
}

#[test]
fn shards_merged_are_the_whole() {
    let folder = folder_with_sine(300, 4);
    let sweep = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args(["study", "sweep", "sine.toml"]).args(SETS).args(more);
        command
    };
    sweep(&["-o", "whole.h5"]).assert().success();
    let merge = || {
        let mut command = reluflow(folder.path());
        command.args(["study", "merge", "part.h5", "--from", "other/part.h5.parts"]);
        command
    };
    merge().assert().code(2).stderr(contains("part.h5.parts holds no plan of a study"));
    sweep(&["-o", "part.h5", "--shard", "1/3"]).assert().success().stderr(contains("study merge part.h5"));
    sweep(&["-o", "part.h5", "--shard", "3/3"]).assert().success();
    merge().assert().code(2).stderr(contains("8 of 24 runs are not finished (shards with open runs: 2/3)"));
    sweep(&["-o", "other/part.h5", "--shard", "2/3"]).assert().success();
    merge().assert().success();
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("part.h5"));
    merge().assert().code(2).stderr(contains("part.h5 exists already"));
    // A shard that comes too late, as of an array that is submitted again, has nothing to do; one of another study has.
    sweep(&["-o", "part.h5", "--shard", "2/3"])
        .assert()
        .success()
        .stderr(contains("part.h5 is whole already"));
    sweep(&["-o", "part.h5"]).assert().code(2).stderr(contains("part.h5 exists already"));
    let mut other = reluflow(folder.path());
    other.args(["study", "sweep", "sine.toml", "--seeds", "5", "-o", "part.h5", "--shard", "2/3"]);
    other.assert().code(2).stderr(contains("part.h5 exists already"));
    sweep(&["--shard", "4/3"]).assert().code(2).stderr(contains("3/16"));
}

#[test]
fn failed_runs_are_reported_and_stop_no_others() {
    let folder = folder_with_sine(100, 3);
    for (name, rows) in [("a", 3), ("c", 5)] {
        let rows: String = (0..rows).map(|i| format!("{i},{}\n", i % 2)).collect();
        fs::write(folder.path().join(format!("{name}.csv")), format!("x,y\n{rows}")).unwrap();
    }
    let text = sine(100, 3).replace("function = \"sine\"\ncount = 5", "file = \"a.csv\"");
    fs::write(folder.path().join("file.toml"), text).unwrap();
    reluflow(folder.path())
        .args(["study", "sweep", "file.toml", "--set", "samples.file=a.csv,b.csv,c.csv", "-o", "s.h5"])
        .assert()
        .code(1)
        .stderr(
            contains("error: samples.file=\"b.csv\": ")
                .and(contains("b.csv"))
                .and(contains("1 of 3 runs failed")),
        );
    let study = folder.path().join("s.h5");
    let failure = texts(&study, "failure");
    assert!(failure[0].is_empty() && failure[1].contains("cannot be read") && failure[2].is_empty());
    assert_eq!(texts(&study, "samples_file"), ["a.csv", "b.csv", "c.csv"]);
    let loss = numbers(&study, "final_loss");
    assert!(loss[0].is_finite() && loss[1].is_nan() && loss[2].is_finite());
    // Three samples fill a part of the room for five.
    let residual = numbers(&study, "final_residual");
    let known: Vec<bool> = residual.iter().map(|rho| rho.is_finite()).collect();
    let expected = [[true, true, true, false, false], [false; 5], [true; 5]].concat();
    assert_eq!(known, expected);
}

#[test]
fn overrides_are_refused_by_name_before_anything_runs() {
    let folder = folder_with_sine(100, 3);
    for (sets, words) in [
        (&["flow.tv=0,-0.5"][..], "--set flow.tv=-0.5: sine.toml: flow.tv = -0.5 is negative"),
        (&["mesure.scale=1"], "--set mesure.scale=1: sine.toml: unknown section [mesure]"),
        (&["measure.scal=1"], "--set measure.scal=1: sine.toml: unknown key `scal` in [measure]"),
        (&["time.end=1", "measure.law=normall"], "--set measure.law=\"normall\": sine.toml: measure.law"),
        (&["measure.scale"], "--set measure.scale: has no `=`"),
        (&["measure.scale=1:2:logx"], "--set measure.scale=1:2:logx: 1:2:logx does not say how many"),
    ] {
        let sets = sets.iter().flat_map(|set| ["--set", set]);
        let mut command = reluflow(folder.path());
        command.args(["study", "sweep", "sine.toml"]).args(sets);
        command.assert().code(2).stdout("").stderr(contains(words));
    }
    assert!(!folder.path().join("output").exists());
}

/// The study keeps what the runs' own files say.
#[test]
fn numbers_are_those_of_the_runs() {
    let folder = folder_with_sine(50, 4);
    reluflow(folder.path())
        .args([
            "study",
            "sweep",
            "sine.toml",
            "--set",
            "flow.tv=0,0.1",
            "--seeds",
            "2",
            "--keep-runs",
            "-o",
            "s.h5",
        ])
        .assert()
        .success();
    let study = folder.path().join("s.h5");
    let (residual, loss) = (numbers(&study, "residual"), numbers(&study, "loss"));
    let change = numbers(&study, "tangent_kernel_change");
    for number in 0..4 {
        let file = folder.path().join(format!("s_runs/run_{number:06}.h5"));
        let run = reluflow::io::RunFile::open(&file).unwrap();
        let description = run.description().unwrap();
        assert_eq!(description.flow.tv(), [0.0, 0.0, 0.1, 0.1][number]);
        assert_eq!(description.seed, Some([1, 2, 1, 2][number]));
        for t in 0..4 {
            let snapshot = run.snapshot(t).unwrap();
            let at = number * 4 + t;
            assert_eq!(snapshot.residual.to_vec(), residual[at * 5..(at + 1) * 5]);
            assert_eq!((snapshot.loss, snapshot.tangent_kernel_change), (loss[at], change[at]));
        }
    }
    reluflow(folder.path()).args(["check", "-q", "s_runs/run_000003.h5"]).assert().success();
    // The function's distance to the interpolant, by the definition of both, on a fine grid.
    let scenario = Scenario::read(&folder.path().join("sine.toml")).unwrap();
    let (x, y) = (scenario.description.samples.x(), scenario.description.samples.y());
    let measure = scenario.start.canonical().unwrap();
    let mut square = 0.0;
    for i in 0..4000 {
        let at = x[0] + (x[4] - x[0]) * (f64::from(i) + 0.5) / 4000.0;
        let j = x.partition_point(|&x| x <= at).clamp(1, 4);
        let line = y[j - 1] + (y[j] - y[j - 1]) * (at - x[j - 1]) / (x[j] - x[j - 1]);
        square += (measure.value_at(at) - line).powi(2) / 4000.0;
    }
    let stored = numbers(&study, "linear_distance")[0];
    assert!((stored - square.sqrt()).abs() < 1e-3 * stored, "{stored} {}", square.sqrt());
}

#[test]
fn ctrl_c_stops_cleanly_and_the_study_goes_on() {
    let folder = folder_with_sine(20_000, 5);
    let arguments = ["study", "sweep", "sine.toml", "-o", "s.h5", "--seeds", "30"];
    let started = start_and_wait_for(folder.path(), &arguments, "run 2 of 30 finished");
    started.signal(libc::SIGINT);
    let (said, code) = started.finish();
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("of 30 runs are finished; the same command goes on"), "{said}");
    let kept = parts(folder.path(), "s.h5");
    let ended = json(reluflow(folder.path()).args(arguments).arg("--json"));
    assert_eq!((ended["done_before"].clone(), kept >= 2), (kept.into(), true));
}

/// Four processes as Open MPI starts them: the last one writes the study, with the bits of one process; one of them that
/// is killed is made up for by the same command.
#[test]
fn ranks_of_a_launcher_share_a_study_and_the_last_one_merges() {
    let folder = folder_with_sine(2000, 4);
    let sweep = ["study", "sweep", "sine.toml", "--set", "measure.scale=0.5:2:8", "--seeds", "3", "-q"];
    reluflow(folder.path()).args(sweep).args(["-o", "whole.h5"]).assert().success();
    let start = |rank: usize| {
        std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"))
            .current_dir(folder.path())
            .args(sweep)
            .args(["-o", "parts.h5", "--shard", "auto", "--threads", "1"])
            .env("OMPI_COMM_WORLD_RANK", rank.to_string())
            .env("OMPI_COMM_WORLD_SIZE", "4")
            .spawn()
            .unwrap()
    };
    let mut ranks: Vec<_> = (0..4).map(start).collect();
    ranks[2].kill().unwrap();
    ranks[2].wait().unwrap();
    for rank in [0, 1, 3] {
        assert!(ranks[rank].wait().unwrap().success(), "rank {rank}");
    }
    let study = folder.path().join("parts.h5");
    assert!(!study.exists(), "a rank is missing");
    assert!(start(2).wait().unwrap().success());
    assert_same_study(&folder.path().join("whole.h5"), &study);
    assert!(!folder.path().join("parts.h5.parts").exists());
}

/// `mpirun` itself, where there is one.
#[test]
fn mpirun_shares_a_study() {
    let mpirun = std::process::Command::new("mpirun").arg("--version").output();
    if mpirun.is_err() {
        assert!(
            std::env::var_os("RELUFLOW_REQUIRE_ORACLES").is_none(),
            "mpirun is missing: .ci/setup --test"
        );
        println!("skipped: there is no mpirun");
        return;
    }
    let folder = folder_with_sine(200, 3);
    let sweep = ["study", "sweep", "sine.toml", "--seeds", "10", "-q"];
    reluflow(folder.path()).args(sweep).args(["-o", "whole.h5"]).assert().success();
    let status = std::process::Command::new("mpirun")
        .current_dir(folder.path())
        .args(["--allow-run-as-root", "--oversubscribe", "-n", "4"])
        .arg(assert_cmd::cargo::cargo_bin!("reluflow"))
        .args(sweep)
        .args(["-o", "mpi.h5", "--shard", "auto", "--threads", "1"])
        .status();
    assert!(status.unwrap().success());
    assert_same_study(&folder.path().join("whole.h5"), &folder.path().join("mpi.h5"));
}

/// What is missing is waited for.
#[test]
fn merging_waits_for_shards() {
    let folder = folder_with_sine(50, 3);
    let shard = |which: &str| {
        let sweep = ["study", "sweep", "sine.toml", "--seeds", "4", "-q", "-o", "s.h5", "--shard", which];
        reluflow(folder.path()).args(sweep).assert().success();
    };
    shard("1/2");
    let mut merge = std::process::Command::new(assert_cmd::cargo::cargo_bin!("reluflow"))
        .current_dir(folder.path())
        .args(["study", "merge", "s.h5", "--wait", "-q"])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(merge.try_wait().unwrap().is_none(), "it does not wait");
    shard("2/2");
    assert!(merge.wait().unwrap().success());
    assert!(folder.path().join("s.h5").exists());
}
