//! Recovery keeps every row that is as its checksum says, and the damaged file.

use std::fs;
use std::path::{Path, PathBuf};

use reluflow::io::{IoError, LostSnapshot, RunFile, RunWriter, Status, recover, validate};
use reluflow::run::{Description, OutputOptions};

use crate::io_support::*;

/// Nothing is compressed, so that values can be found in the bytes of a file.
fn plain() -> Description {
    description(3, 11, OutputOptions { compression: 0, ..EVERYTHING })
}

/// What a kill after `count` snapshots leaves: a copy of the file while it is open.
fn killed(folder: &Path, d: &Description, count: usize) -> PathBuf {
    let [writing, path] = ["writing.h5", "run.h5"].map(|name| folder.join(name));
    let mut writer = RunWriter::create(&writing, d, false).unwrap();
    write(&mut writer, d, 0..count, |_| ()).unwrap();
    fs::copy(&writing, &path).unwrap();
    drop(writer);
    fs::remove_file(&writing).unwrap();
    assert_eq!(RunFile::open(&path).unwrap().status(), Status::Killed);
    path
}

/// Flips a bit wherever these numbers are in a file; returns how often.
fn flip(path: &Path, values: &[f64]) -> usize {
    let mut bytes = fs::read(path).unwrap();
    let needle: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let last = bytes.len() - needle.len();
    let places: Vec<usize> = (0..=last).filter(|&at| bytes[at..].starts_with(&needle)).collect();
    places.iter().for_each(|&place| bytes[place + 3] ^= 4);
    fs::write(path, bytes).unwrap();
    places.len()
}

fn flip_residual(path: &Path, d: &Description, number: usize) {
    assert_eq!(flip(path, snapshot(d, number, 0.0).residual.as_slice().unwrap()), 1);
}

#[test]
fn a_bad_snapshot_costs_no_other() {
    let (folder, d) = (tempfile::tempdir().unwrap(), plain());
    let path = killed(folder.path(), &d, 2);
    flip_residual(&path, &d, 0);
    let damaged = fs::read(&path).unwrap();
    let found = recover(&path, None).unwrap();
    assert_eq!((found.snapshots, found.steps, found.lost_step_count), (1, 3, 0));
    assert_eq!(found.lost_snapshots, [LostSnapshot { number: 0, time: Some(0.0) }]);
    assert!(found.lost_something() && !found.was_ordinary && !found.checkpoint_lost);
    assert_eq!(found.resumes_at, Some(time(1)));
    // The damaged file is kept, and is never in the way.
    let kept = folder.path().canonicalize().unwrap().join("run.h5.damaged");
    assert_eq!(found.original.as_deref(), Some(kept.as_path()));
    assert!(fs::read(&kept).unwrap() == damaged);
    assert_eq!(validate(&path).unwrap(), []);
    let file = RunFile::open(&path).unwrap();
    assert_eq!((file.status(), file.len()), (Status::Interrupted, 1));
    assert_eq!(file.snapshot(0).unwrap(), snapshot(&d, 1, 0.0));
    drop(file);
    // A second time there is nothing to do.
    assert!(recover(&path, None).unwrap().was_ordinary);
    assert!(!folder.path().join("run.h5.damaged-2").exists());
    // Resuming goes on after the gap.
    let (mut writer, _, at) = RunWriter::resume(&path).unwrap();
    assert_eq!(at, state(&d, 1, 0.0));
    write(&mut writer, &d, 2..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
    assert_eq!(validate(&path).unwrap(), []);
    let file = RunFile::open(&path).unwrap();
    assert_eq!((file.status(), file.len()), (Status::Finished, 2));
    assert_eq!(file.steps().unwrap(), (0..SNAPSHOTS).flat_map(steps).collect::<Vec<_>>());
}

#[test]
fn a_bad_last_snapshot_is_made_again() {
    let (folder, d) = (tempfile::tempdir().unwrap(), plain());
    let whole = folder.path().join("whole.h5");
    write_all(&whole, &d);
    let path = killed(folder.path(), &d, 2);
    flip_residual(&path, &d, 1);
    assert!(matches!(RunWriter::resume(&path), Err(IoError::Damaged { .. })));
    fs::write(folder.path().join("run.h5.damaged"), "mine").unwrap();
    let found = recover(&path, None).unwrap();
    assert_eq!(found.lost_snapshots, [LostSnapshot { number: 1, time: Some(time(1)) }]);
    assert_eq!((found.checkpoint_lost, found.resumes_at), (true, Some(0.0)));
    assert!(found.original.unwrap().ends_with("run.h5.damaged-2"), "no other file is replaced");
    assert_eq!(fs::read(folder.path().join("run.h5.damaged")).unwrap(), b"mine");
    assert_eq!(validate(&path).unwrap(), []);
    let (mut writer, _, at) = RunWriter::resume(&path).unwrap();
    assert_eq!(at, state(&d, 0, 0.0));
    write(&mut writer, &d, 1..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
    assert_same_bits(&whole, &path);
}

#[test]
fn a_bad_step_costs_no_other() {
    let (folder, d) = (tempfile::tempdir().unwrap(), plain());
    let path = killed(folder.path(), &d, SNAPSHOTS);
    assert_eq!(flip(&path, &[steps(1)[1].error_estimate]), 1);
    let found = recover(&path, None).unwrap();
    assert_eq!((found.snapshots, found.steps, found.lost_step_count), (3, 5, 1));
    assert_eq!(found.lost_steps, [(2, 2)]);
    assert_eq!(validate(&path).unwrap(), []);
    let all: Vec<_> = (0..SNAPSHOTS).flat_map(steps).collect();
    assert_eq!(RunFile::open(&path).unwrap().steps().unwrap(), [&all[..1], &all[2..]].concat());
}

#[test]
fn a_finished_file_is_mended_too() {
    let (folder, d) = (tempfile::tempdir().unwrap(), plain());
    let [path, copy] = ["run.h5", "copy.h5"].map(|name| folder.path().join(name));
    write_all(&path, &d);
    assert!(recover(&path, None).unwrap().was_ordinary);
    flip_residual(&path, &d, 1);
    for output in [Some(copy.as_path()), None] {
        let found = recover(&path, output).unwrap();
        assert_eq!((found.snapshots, found.steps, found.was_ordinary), (2, 6, false));
        assert_eq!(found.lost_snapshots, [LostSnapshot { number: 1, time: Some(0.5) }]);
        assert_eq!(found.original.is_some(), output.is_none());
        let made = output.unwrap_or(&path);
        assert_eq!(validate(made).unwrap(), []);
        assert_eq!(RunFile::open(made).unwrap().status(), Status::Finished);
    }
}

#[test]
fn without_a_checkpoint_the_rows_are_saved() {
    let (folder, d) = (tempfile::tempdir().unwrap(), plain());
    let path = killed(folder.path(), &d, 2);
    for i in 0..2 {
        // In the snapshot all particles are stored, in the same order.
        assert_eq!(flip(&path, &state(&d, i, 0.0).particles.canonical().moments), 1);
    }
    let found = recover(&path, None).unwrap();
    assert_eq!((found.snapshots, found.steps, found.resumes_at), (2, 3, None));
    assert!(found.checkpoint_lost && found.lost_snapshots.is_empty());
    assert_eq!(validate(&path).unwrap(), []);
    assert!(matches!(RunWriter::resume(&path), Err(IoError::NoCheckpoint { .. })));
    assert!(recover(&path, None).unwrap().was_ordinary);
}

#[test]
fn where_nothing_is_good_nothing_is_touched() {
    let (folder, d) = (tempfile::tempdir().unwrap(), plain());
    let path = killed(folder.path(), &d, 1);
    flip_residual(&path, &d, 0);
    flip(&path, &state(&d, 0, 0.0).particles.canonical().moments);
    let damaged = fs::read(&path).unwrap();
    for output in [None, Some(folder.path().join("copy.h5"))] {
        let error = recover(&path, output.as_deref()).unwrap_err();
        assert!(matches!(error, IoError::Unrecoverable { .. }), "{error}");
        assert!(!error.to_string().contains("recover"), "{error}");
    }
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["run.h5"]);
    assert!(fs::read(&path).unwrap() == damaged);
}
