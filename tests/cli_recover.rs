//! Damaged files, as a user meets them.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use crate::cli_support::{folder_with_sine, json, reluflow, sine, start_and_wait_for};
use crate::io_kill::fast_directory;

/// A finished run with 40 snapshots.
fn finished(folder: &Path) -> Vec<u8> {
    reluflow(folder).args(["run", "-q", "sine.toml", "-o", "whole.h5"]).assert().success();
    fs::read(folder.join("whole.h5")).unwrap()
}

#[test]
fn a_cut_file_gives_what_is_left_of_it() {
    let folder = folder_with_sine(300, 40);
    let bytes = finished(folder.path());
    let path = folder.path().join("cut.h5");
    fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    reluflow(folder.path())
        .args(["info", "cut.h5"])
        .assert()
        .code(1)
        .stderr(contains("is damaged").and(contains("`reluflow recover` saves what")));
    reluflow(folder.path()).args(["validate", "cut.h5"]).assert().code(1).stderr(contains("validate").not());
    reluflow(folder.path())
        .args(["recover", "cut.h5"])
        .assert()
        .code(1)
        .stdout(contains("the file was cut short").and(contains("cut.h5.damaged")))
        .stderr(contains("error: cut.h5: damaged: ").and(contains("snapshots")));
    for command in ["validate", "check"] {
        reluflow(folder.path()).args([command, "cut.h5"]).assert().success();
    }
    let found = json(reluflow(folder.path()).args(["info", "cut.h5", "--json"]));
    let kept =
        found["snapshots"].as_array().map_or(found["snapshots"].as_u64(), |all| Some(all.len() as u64));
    assert!(kept.is_none_or(|kept| (8..30).contains(&kept)), "{found}");
    assert_eq!(fs::read(folder.path().join("cut.h5.damaged")).unwrap().len(), bytes.len() * 6 / 10);
    // So little that nothing is left.
    fs::write(&path, &bytes[..4000]).unwrap();
    reluflow(folder.path())
        .args(["recover", "cut.h5"])
        .assert()
        .code(1)
        .stdout("")
        .stderr(contains("nothing can be saved").and(contains("reluflow recover").not()));
    assert_eq!(fs::read(&path).unwrap().len(), 4000);
}

#[test]
fn a_lost_step_is_no_violated_law() {
    let folder = folder_with_sine(300, 5);
    finished(folder.path());
    let file = crate::common::open_rw(folder.path().join("whole.h5"));
    file.dataset("steps/pushes").unwrap().write_slice(&[99u32], 7..8).unwrap();
    file.close().unwrap();
    reluflow(folder.path())
        .args(["recover", "whole.h5"])
        .assert()
        .code(1)
        .stdout(contains("lost: step 8\n"))
        .stderr("error: whole.h5: damaged: 1 step cannot be saved\n");
    for command in ["validate", "check"] {
        reluflow(folder.path()).args([command, "whole.h5"]).assert().success();
    }
}

#[test]
fn a_run_whose_file_is_moved_fails() {
    let folder = folder_with_sine(5000, 21);
    let run = start_and_wait_for(folder.path(), &["run", "sine.toml", "-o", "run.h5"], "snapshot 2 of 21");
    fs::rename(folder.path().join("run.h5"), folder.path().join("moved.h5")).unwrap();
    let (said, code) = run.finish();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("moved.h5; the run so far is there"), "{said}");
    assert!(!folder.path().join("run.h5").exists());
    reluflow(folder.path()).args(["resume", "-q", "moved.h5"]).assert().success();
    finished(folder.path());
    reluflow(folder.path()).args(["compare", "--exact", "moved.h5", "whole.h5"]).assert().success();
}

/// Damages bytes: flipped bits, a block of zeros, two blocks swapped, or an end cut off.
pub fn damage(bytes: &mut Vec<u8>, random: &mut SmallRng) -> String {
    let at = |random: &mut SmallRng, len: usize| random.random_range(48..len - 512);
    let len = bytes.len();
    match random.random_range(0..4) {
        0 => {
            let places: Vec<usize> = (0..3).map(|_| at(random, len)).collect();
            places.iter().for_each(|&place| bytes[place] ^= 1 << (place % 8));
            format!("flipped bits at {places:?}")
        }
        1 => {
            let place = at(random, len);
            bytes[place..place + 512].fill(0);
            format!("zeros from {place} on")
        }
        2 => {
            let (a, b) = (at(random, len) / 512 * 512, at(random, len) / 512 * 512);
            (0..512).for_each(|i| bytes.swap(a + i, b + i));
            format!("swapped {a} and {b}")
        }
        _ => {
            bytes.truncate(at(random, len));
            format!("cut to {}", bytes.len())
        }
    }
}

/// What is written by recovery is valid, whatever was damaged.
#[test]
fn every_recovered_file_is_valid() {
    // Every copy waits for the disk.
    let folder = fast_directory();
    let folder = folder.path();
    fs::write(folder.join("sine.toml"), sine(500, 12)).unwrap();
    let whole = finished(folder);
    let run = start_and_wait_for(folder, &["run", "sine.toml", "-o", "killed.h5"], "snapshot 6 of 12");
    run.signal(libc::SIGKILL);
    run.finish();
    let killed = fs::read(folder.join("killed.h5")).unwrap();
    let mut random = SmallRng::seed_from_u64(7);
    let (mut saved, mut refused) = (0, 0);
    for attempt in 0..60 {
        let mut bytes = if attempt % 2 == 0 { whole.clone() } else { killed.clone() };
        let what = damage(&mut bytes, &mut random);
        fs::write(folder.join("bad.h5"), bytes).unwrap();
        let ended = reluflow(folder).args(["recover", "bad.h5", "-o", "new.h5"]).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.signal(), None, "{attempt}, {what}: {said}");
        assert!(!said.contains("this is a bug"), "{attempt}, {what}: {said}");
        if folder.join("new.h5").exists() {
            let valid = reluflow(folder).args(["validate", "new.h5"]).output().unwrap();
            assert_eq!(valid.status.code(), Some(0), "{attempt}, {what}: {valid:?}");
            fs::remove_file(folder.join("new.h5")).unwrap();
            saved += 1;
        } else {
            assert!(!ended.status.success() && said.starts_with("error: "), "{attempt}, {what}: {said}");
            refused += 1;
        }
    }
    println!("{saved} files saved, {refused} refused");
    assert!(saved > 30, "{saved} files saved, {refused} refused");
}
