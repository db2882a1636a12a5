//! Fifty runs killed at random moments, some of them again while they are resumed.

use std::time::{Duration, Instant};

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use reluflow::io::RunFile;

use crate::cli_support::{Started, assert_same_run, folder_with_sine, reluflow, start};

/// Lets the program run that long, kills it, and returns how many snapshots it said were written.
fn kill_after(delay: Duration, run: Started) -> usize {
    std::thread::sleep(delay);
    run.signal(libc::SIGKILL);
    let (said, _) = run.finish();
    let reported = |line: &str| line.strip_prefix("snapshot ")?.split(' ').next()?.parse().ok();
    said.lines().filter(|line| line.contains(" written")).filter_map(reported).max().unwrap_or(0)
}

#[test]
fn killed_at_fifty_random_moments() {
    let folder = folder_with_sine(5000, 21);
    let began = Instant::now();
    reluflow(folder.path()).args(["run", "-q", "sine.toml", "-o", "whole.h5"]).assert().success();
    // Some kills come before the first snapshot, some after the last.
    let longest = began.elapsed().mul_f64(1.1);
    let mut random = SmallRng::seed_from_u64(1);
    let (mut resumed, mut resumed_twice) = (0, 0);
    for attempt in 0..50 {
        let name = format!("{attempt}.h5");
        let path = folder.path().join(&name);
        let run = start(folder.path(), &["run", "sine.toml", "-o", &name]);
        let reported = kill_after(longest.mul_f64(random.random()), run);
        if reported == 0 && !path.exists() {
            continue;
        }
        let there = RunFile::open(&path).unwrap().len();
        assert!(there >= reported, "{name}: {there} snapshots of {reported} reported");
        if there < 21 && attempt % 2 == 0 {
            let again =
                kill_after(longest.mul_f64(random.random()), start(folder.path(), &["resume", &name]));
            let there = RunFile::open(&path).unwrap().len();
            assert!(there >= again.max(reported), "{name}: {there} snapshots of {again} reported");
            resumed_twice += 1;
        }
        reluflow(folder.path()).args(["resume", "-q", &name]).assert().success();
        assert_same_run(path, folder.path().join("whole.h5"));
        resumed += 1;
    }
    assert!(
        resumed >= 20 && resumed_twice >= 5,
        "the kills came too early or too late: {resumed}, {resumed_twice}"
    );
}
