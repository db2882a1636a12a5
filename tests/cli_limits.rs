//! Memory, threads and disks that are smaller than what is asked for.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::{contains, is_match};

use crate::cli_support::*;

/// The program under `ulimit -v` (kB).
fn limited(folder: &Path, kilobytes: u64, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .current_dir(folder)
        .env_remove("OPENBLAS_NUM_THREADS")
        .env_remove("RELUFLOW_THREADS")
        .args(["-c", &format!("ulimit -v {kilobytes}; exec \"$0\" \"$@\"")])
        .arg(assert_cmd::cargo::cargo_bin!("reluflow"))
        .args(arguments)
        .timeout(Duration::from_secs(120));
    command
}

fn write(folder: &Path, name: &str, samples: usize, more: &str) {
    let text = format!(
        "[samples]\nfunction = \"sine\"\ncount = {samples}\n[measure]\nparticles = 10\nlaw = \"normal\"\n{more}\n[time]\nend = 1e-6\n"
    );
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn a_kernel_that_does_not_fit_is_refused_with_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let table: String = (0..100_000).map(|k| format!("{k},{}\n", k % 7)).collect();
    fs::write(folder.path().join("a.csv"), format!("x,y\n{table}")).unwrap();
    reluflow(folder.path())
        .args(["kernel", "a.csv", "--no-file", "--solver", "dense"])
        .timeout(Duration::from_secs(60))
        .assert()
        .code(2)
        .stderr(
            contains("error: kernel: 100000 samples need 800.6 GB of memory, and ")
                .and(contains("panicked").not()),
        );
}

/// So is one in linear time, which needs less than a run.
#[test]
fn a_linear_kernel_that_does_not_fit_is_refused_with_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let table: String = (0..300_000).map(|k| format!("{k},{}\n", k % 7)).collect();
    fs::write(folder.path().join("a.csv"), format!("x,y\n{table}")).unwrap();
    limited(folder.path(), 600_000, &["kernel", "a.csv", "--no-file", "--threads", "1"])
        .assert()
        .code(2)
        .stderr(contains("error: kernel: 300000 samples need 534.0 MB of memory, and "));
    // A run would need 1.7 GB.
    limited(folder.path(), 1_400_000, &["kernel", "a.csv", "--no-file", "-q"]).assert().success();
    limited(folder.path(), 1_400_000, &["run", "a.csv"])
        .assert()
        .code(2)
        .stderr(contains("300000 samples need 1.7 GB of memory"));
    // Particles count, as those of the start function are drawn.
    write(folder.path(), "many.toml", 10, "[flow]\nkind = \"canonical\"");
    let many = folder.path().join("many.toml");
    let text = fs::read_to_string(&many).unwrap().replace("particles = 10", "particles = 20000000");
    fs::write(&many, text).unwrap();
    limited(folder.path(), 1_400_000, &["kernel", "many.toml", "--no-file"])
        .assert()
        .code(2)
        .stderr(contains("20000000 particles need 2.4 GB of memory, and "));
}

/// Each sample takes kilobytes in regions and tables.
#[test]
fn samples_count_in_what_a_run_needs() {
    let folder = tempfile::tempdir().unwrap();
    for (flow, needed) in [("canonical", "5.6 GB"), ("lifted", "16.5 GB"), ("kernel", "13.0 GB")] {
        write(folder.path(), "a.toml", 1_000_000, &format!("[flow]\nkind = \"{flow}\""));
        limited(folder.path(), 4_000_000, &["run", "a.toml"]).assert().code(2).stderr(
            contains(format!("[samples] 1000000 samples need {needed} of memory, and "))
                .or(contains(format!("error: a.toml:1:2: 1000000 samples need {needed} of memory, and ")))
                .and(contains(
                    "of memory are available under the limit of this process (ulimit -v, ulimit -d)",
                )),
        );
    }
}

/// What was estimated is enough: a run that just fits under a limit ends well.
#[test]
fn a_run_that_is_let_in_ends() {
    let folder = tempfile::tempdir().unwrap();
    for (flow, law) in [("canonical", ""), ("lifted", ""), ("kernel", ""), ("adaptive", "")] {
        write(folder.path(), "a.toml", 4000, &format!("{law}[flow]\nkind = \"{flow}\""));
        limited(folder.path(), 900_000, &["run", "-q", "a.toml", "--force"]).assert().success().stderr("");
    }
}

/// OpenBLAS starts a thread for each core as it is loaded, which would ask for memory for ever.
#[test]
fn a_tight_limit_on_memory_ends_in_a_result_or_an_error() {
    let folder = folder_with_sine(20, 2);
    let ended = |kilobytes: u64, arguments: &[&str]| {
        let output = limited(folder.path(), kilobytes, arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0) => true,
            Some(2) => {
                assert!(stderr.contains("the limit of this process on its memory"), "{kilobytes}: {stderr}");
                false
            }
            code => panic!("{kilobytes} kB, {arguments:?}: {code:?}, {stderr}"),
        }
    };
    for kilobytes in [150_000, 200_000, 300_000, 400_000] {
        ended(kilobytes, &["run", "-q", "sine.toml", "--force"]);
        ended(kilobytes, &["kernel", "-q", "sine.toml", "--force"]);
    }
    assert!(ended(700_000, &["run", "-q", "sine.toml", "--force"]), "there is room for the least run");
    assert!(ended(700_000, &["kernel", "-q", "sine.toml", "--force"]), "there is room for the least kernel");
}

#[test]
fn threads_are_as_many_as_cores_unless_forced() {
    let folder = folder_with_sine(2000, 3);
    let told = |command: &mut Command| {
        let started = Instant::now();
        let output =
            command.args(["run", "sine.toml", "--force"]).timeout(Duration::from_secs(120)).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert!(started.elapsed() < Duration::from_secs(60));
        String::from_utf8(output.stderr).unwrap()
    };
    let capped = |by: &str| {
        is_match(format!(
            r"note: {by} \d+: there (are \d+ cores|is 1 core) here, .*: \d+ compute; --oversubscribe"
        ))
        .unwrap()
    };
    assert!(capped("RELUFLOW_THREADS").eval(&told(reluflow(folder.path()).env("RELUFLOW_THREADS", "1000"))));
    assert!(
        capped("RAYON_NUM_THREADS").eval(&told(reluflow(folder.path()).env("RAYON_NUM_THREADS", "5000")))
    );
    let forced = ["run", "sine.toml", "--force", "--threads", "40", "--oversubscribe"];
    reluflow(folder.path()).args(forced).assert().success().stderr(contains("oversubscribe").not());
    // Commands without --threads are not held up either.
    reluflow(folder.path())
        .env("RAYON_NUM_THREADS", "5000")
        .args(["info", "-q", "output/sine.h5"])
        .timeout(Duration::from_secs(60))
        .assert()
        .success()
        .stderr("");
}

#[test]
fn output_that_cannot_fit_is_refused_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let write = |samples: usize, particles: usize, more: &str| {
        let text = format!(
            "[samples]\nfunction = \"sine\"\ncount = {samples}\n[measure]\nparticles = {particles}\n[time]\nend = 1e-9\n\
             [output]\nsnapshots = {{ count = 100000 }}\n{more}"
        );
        fs::write(folder.path().join("a.toml"), text).unwrap();
    };
    // 72 MB of the kernel in each snapshot, and the rest.
    write(3000, 10, "tangent_kernel = true\n");
    reluflow(folder.path())
        .args(["run", "a.toml"])
        .assert()
        .code(2)
        .stderr(is_match(r"error: output/a.h5: up to \d+\.\d GB will be stored \(100000 snapshots of 10 particles and 3000 samples\), and .* are free\n  help: give fewer output.snapshots, .*--force").unwrap());
    assert!(!folder.path().join("output/a.h5").exists());
    write(3, 1_000_000, "");
    let mut started = start(folder.path(), &["run", "a.toml", "--force"]);
    started.wait_for("note: output/a.h5: up to ");
    started.wait_for("snapshot 1 of 100000 written");
    started.signal(libc::SIGKILL);
}

/// Each step of gradient descent has a row, and how many there are is given.
#[test]
fn rows_of_steps_count_in_what_a_run_stores() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 5\n[measure]\nparticles = 10\nlaw = \"normal\"\n\
                [flow]\nkind = \"gd\"\nlearning_rate = 1e-9\n[time]\nsteps = 1000000000\n";
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let mut started = start(folder.path(), &["run", "a.toml", "--force"]);
    started.wait_for("note: output/a.h5: up to 1");
    started.signal(libc::SIGKILL);
    let (said, _) = started.finish();
    assert!(!said.contains("error"), "{said}");
}

/// All runs of a study are put together at its end, which must not fail for want of memory after days.
#[test]
fn a_study_that_cannot_fit_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 1000\n[measure]\nparticles = 10\n[time]\nend = 1e-9\n\
                [output]\nsnapshots = { count = 100000 }\n";
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let sweep = |more: &[&str]| {
        let mut command = reluflow(folder.path());
        command.args([
            "study",
            "sweep",
            "a.toml",
            "--set",
            "flow.tv=0:1:10",
            "--seeds",
            "1000",
            "-o",
            "s.h5",
        ]);
        command.args(more).timeout(Duration::from_secs(60)).assert()
    };
    sweep(&[]).code(2).stderr(
        is_match(r"error: s.h5: to put 10000 runs together needs 16\.\d TB of memory, and .* are available\n  help: ")
            .unwrap(),
    );
    sweep(&["--shard", "1/1"]).code(2).stderr(
        is_match(r"error: s.h5: up to 8\d*\.\d (TB|GB) will be stored by 10000 runs, and .* are free\n  help: .*--force")
            .unwrap(),
    );
    assert!(!folder.path().join("s.h5.parts").exists());
}

#[test]
fn runs_side_by_side_must_fit_into_memory() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.toml", 150_000, "[flow]\nkind = \"gd\"\nlearning_rate = 1e-9");
    let text = fs::read_to_string(folder.path().join("a.toml"))
        .unwrap()
        .replace("[time]\nend = 1e-6", "[time]\nsteps = 1");
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let sweep = |threads: &str| {
        let arguments = [
            "study",
            "sweep",
            "a.toml",
            "--seeds",
            "6",
            "-o",
            "s.h5",
            "--oversubscribe",
            "--threads",
            threads,
        ];
        limited(folder.path(), 1_300_000, &arguments).assert()
    };
    sweep("4").code(2).stderr(
        is_match(r"error: \d runs side by side need \d\.\d GB of memory, and .* \(ulimit -v, ulimit -d\)\n  help: give --threads \d or fewer")
            .unwrap(),
    );
}

#[test]
fn a_large_study_has_few_lines_and_all_runs() {
    let folder = folder_with_sine(2, 2);
    let assert = reluflow(folder.path())
        .args(["study", "sweep", "sine.toml", "--set", "flow.tv=0:1:3", "--seeds", "500", "-o", "s.h5"])
        .timeout(Duration::from_secs(300))
        .assert()
        .success();
    let said = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(said.contains("run 1500 of 1500 finished: "), "{said}");
    assert!(said.lines().count() < 400, "{}", said.lines().count());
    assert!(!folder.path().join("s.h5.parts").exists());
    let study = hdf5::File::open(folder.path().join("s.h5")).unwrap();
    let losses: Vec<f64> = study.dataset("final_loss").unwrap().read_raw().unwrap();
    assert_eq!(losses.len(), 1500);
    assert!(losses.iter().all(|loss| loss.is_finite()));
}

#[test]
fn threads_of_the_environment_are_checked() {
    let folder = folder_with_sine(20, 2);
    for (threads, code) in [("", 0), ("1", 0), ("0", 2), ("x", 2), ("99999999999999999999", 2)] {
        let assert = reluflow(folder.path())
            .env("RELUFLOW_THREADS", threads)
            .args(["run", "-q", "sine.toml", "--force"])
            .assert()
            .code(code);
        if code == 2 {
            assert.stderr(contains(format!("error: the environment has RELUFLOW_THREADS = {threads}\n")));
        }
    }
}

#[test]
fn a_long_run_says_what_holds_it_up() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 5\n[measure]\nparticles = 20000\nlaw = \"normal\"\n\
                [flow]\nkind = \"gd\"\nlearning_rate = 1e-9\n[time]\nsteps = 1000000000\n";
    fs::write(folder.path().join("a.toml"), text).unwrap();
    let mut started = start(folder.path(), &["run", "a.toml", "--force"]);
    started.wait_for("note: at this pace ");
    started.signal(libc::SIGKILL);
}
