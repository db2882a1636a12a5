//! What the writer and the reader refuse, and what they say.

use std::fs;

use reluflow::io::{IoError, RunFile, RunWriter, Status, recover};

use crate::io_support::*;

#[test]
fn an_existing_output_is_refused_and_replaced_only_when_the_new_one_is_safe() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    fs::write(&path, "something else").unwrap();
    let d = description(2, 3, EVERYTHING);
    let error = RunWriter::create(&path, &d, false).unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");

    let mut writer = RunWriter::create(&path, &d, true).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "something else");
    write(&mut writer, &d, 0..1, |_| ()).unwrap();
    assert_eq!(RunFile::open(&path).unwrap().len(), 1);
    drop(writer);

    // A writer that never wrote leaves nothing.
    let other = directory.path().join("other.h5");
    drop(RunWriter::create(&other, &d, false).unwrap());
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn places_that_cannot_be_written_are_refused_before_any_computing() {
    let directory = tempfile::tempdir().unwrap();
    let d = description(2, 3, EVERYTHING);
    for path in [directory.path().join("missing/run.h5"), directory.path().to_owned(), "/dev/null".into()] {
        let error = RunWriter::create(&path, &d, true).unwrap_err();
        assert!(matches!(error, IoError::Unwritable { .. }), "{error}");
    }
}

#[test]
fn one_writer_at_a_time_and_readers_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let d = description(2, 3, EVERYTHING);
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    write(&mut writer, &d, 0..2, |_| ()).unwrap();
    for _ in 0..3 {
        assert_eq!(RunFile::open(&path).unwrap().status(), Status::Running);
    }
    assert!(matches!(RunWriter::create(&path, &d, true), Err(IoError::Locked { .. })));
    assert!(matches!(RunWriter::resume(&path), Err(IoError::Locked { .. })));
    assert!(matches!(recover(&path, None), Err(IoError::Locked { .. })));
    write(&mut writer, &d, 2..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
    assert_eq!(RunFile::open(&path).unwrap().status(), Status::Finished);
    assert!(recover(&path, None).unwrap().was_ordinary);
}

#[test]
fn files_that_are_not_run_files_are_named_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.h5");
    let says = |text: &str| {
        let error = RunFile::open(&path).unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
    };
    says("No such file");
    fs::write(&path, "").unwrap();
    says("it is empty");
    fs::write(&path, "x,y\n1,2\n").unwrap();
    says("it is not an HDF5 file");
    drop(hdf5::File::create(&path).unwrap());
    says("it has no attribute format_version");

    fs::remove_file(&path).unwrap();
    write_all(&path, &description(2, 3, EVERYTHING));
    let bytes = fs::read(&path).unwrap();
    for part in [9, 100, 2000, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..part]).unwrap();
        says("it is cut short");
    }
    let file = hdf5::File::open_rw(&path).err();
    assert!(file.is_some());
    fs::write(&path, &bytes).unwrap();
    let file = crate::common::open_rw(&path);
    file.delete_attr("format_version").unwrap();
    file.new_attr::<u32>().create("format_version").unwrap().write_scalar(&9).unwrap();
    file.close().unwrap();
    says("format version 9; this program reads version 8");
}
