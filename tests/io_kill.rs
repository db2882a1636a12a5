//! kill -9 before every single call that changes the file: no snapshot that was reported as
//! written is lost, and a resumed run ends with the bits of an uninterrupted one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use reluflow::io::{IoError, RunFile, RunWriter, Status, recover, validate};
use reluflow::run::{Description, OutputOptions};

use crate::io_support::*;

pub const CHILD: &str = "RELUFLOW_IO_KILL_CHILD";
pub const REPORTS: &str = "RELUFLOW_IO_KILL_REPORTS";

pub fn made_up() -> Description {
    // Compressed, so that chunks change their size.
    description(3, 40, OutputOptions { compression: 4, ..EVERYTHING })
}

/// Not a test but the process that is killed: begins or resumes the made-up run at the path in
/// the environment, and appends a byte to a file beside it for every snapshot written.
#[test]
fn child() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let d = made_up();
    let (mut writer, first) = match path.exists() {
        false => (RunWriter::create(&path, &d, false).unwrap(), 0),
        true => match RunWriter::resume(&path) {
            Ok((writer, _, state)) => {
                let last = (0..SNAPSHOTS).find(|&i| time(i) == state.time).unwrap();
                (writer, last + 1)
            }
            Err(IoError::Complete { .. }) => return,
            Err(error) => panic!("{error}"),
        },
    };
    // Elsewhere when the disk of the run file is full.
    let beside = match std::env::var_os(REPORTS) {
        Some(directory) => PathBuf::from(directory).join("run.h5"),
        None => path.clone(),
    };
    let reported = beside.with_extension("reported");
    let report = |i: usize| std::fs::write(&reported, (i + 1).to_string()).unwrap();
    let written = write(&mut writer, &d, first..SNAPSHOTS, report).and_then(|()| writer.finish());
    if let Err(error) = written {
        std::fs::write(beside.with_extension("error"), error.to_string()).unwrap();
    }
}

struct Killer {
    library: PathBuf,
}

impl Killer {
    /// Compiles the library that kills.
    fn new(directory: &Path) -> Killer {
        let library = directory.join("kill_at_write.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/preload/kill_at_write.c");
        let compiled =
            Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).status();
        assert!(compiled.unwrap().success());
        Killer { library }
    }

    /// Runs the child on `path`, killed before call `at`; the number of calls if it came through.
    fn run(&self, path: &Path, at: usize) -> Option<usize> {
        let count = path.with_extension("count");
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "io_kill::child", "--test-threads=1"])
            .env(CHILD, path)
            .env("LD_PRELOAD", &self.library)
            .env("KILL_FILE", path.file_name().unwrap())
            .env("KILL_AT", at.to_string())
            .env("KILL_COUNT", &count)
            .output()
            .unwrap();
        let killed = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
        assert!(
            killed || output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "nothing is printed");
        (!killed).then(|| std::fs::read_to_string(count).unwrap().parse().unwrap())
    }
}

/// A directory in memory where there is one: only the order of writes matters here.
pub fn fast_directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// Snapshots reported as written.
pub fn reported(path: &Path) -> usize {
    std::fs::read_to_string(path.with_extension("reported")).map_or(0, |text| text.parse().unwrap())
}

/// Asserts that the first snapshots of a file are whole and those of the made-up run.
pub fn assert_holds(path: &Path, snapshots: usize, d: &Description) -> (Status, usize) {
    let file = RunFile::open(path).unwrap_or_else(|error| panic!("{error}"));
    assert!(file.len() >= snapshots, "{} of {snapshots} snapshots in {path:?}", file.len());
    for i in 0..file.len() {
        assert_eq!(file.snapshot(i).unwrap(), snapshot(d, i, 0.0));
        assert_eq!(file.particles(i).unwrap().unwrap().r, state(d, i, 0.0).r());
    }
    let checkpoint = file.checkpoint().unwrap();
    let last = (0..file.len()).rev().find(|&i| time(i) == checkpoint.time).unwrap();
    assert!(last + 1 >= snapshots);
    assert_eq!(checkpoint, state(d, last, 0.0));
    let steps: Vec<_> = (0..=last).flat_map(steps).collect();
    assert_eq!(file.steps().unwrap()[..steps.len()], steps[..]);
    (file.status(), file.len())
}

/// Runs `job` for 1, 2, ... `count` on two threads.
fn for_each(count: usize, step: usize, job: impl Fn(usize) + Sync) -> usize {
    let (next, done) = (AtomicUsize::new(1), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(step, Ordering::Relaxed);
                    if n > count {
                        return;
                    }
                    job(n);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner()
}

#[test]
fn killed_before_every_write() {
    let directory = fast_directory();
    let (directory, d) = (directory.path(), made_up());
    let killer = Killer::new(directory);
    let whole = directory.join("whole.h5");
    let calls = killer.run(&whole, 0).unwrap();
    assert_eq!(reported(&whole), SNAPSHOTS);
    let expected = bits(&whole);
    let never_there = AtomicUsize::new(0);

    let tried = for_each(calls, 1, |n| {
        let here = directory.join(n.to_string());
        std::fs::create_dir(&here).unwrap();
        let path = here.join("run.h5");
        assert_eq!(killer.run(&path, n), None, "{n}: is killed");
        if !path.exists() {
            assert_eq!(reported(&path), 0);
            // Nothing is there to be continued: a new run, of which one in ten is tried.
            if !never_there.fetch_add(1, Ordering::Relaxed).is_multiple_of(10) {
                return std::fs::remove_dir_all(&here).unwrap();
            }
        } else {
            let (status, snapshots) = assert_holds(&path, reported(&path), &d);
            assert_ne!(status, Status::Running, "{n}");
            let copy = here.join("copy.h5");
            let recovered = recover(&path, Some(&copy)).unwrap();
            assert_eq!(recovered.snapshots, snapshots, "{n}");
            assert!(!recovered.lost_something(), "{n}: {recovered:?}");
            assert_eq!(validate(&copy).unwrap(), [], "{n}");
            let (status, kept) = assert_holds(&copy, reported(&path), &d);
            assert!(status.is_ordinary() && kept == snapshots, "{n}");
            hdf5::File::open(&copy).unwrap();
        }
        assert!(killer.run(&path, 0).is_some(), "{n}: goes on to the end");
        assert!(!path.with_extension("error").exists());
        assert_bits(&expected, &path);
        std::fs::remove_dir_all(&here).unwrap();
    });
    println!("{tried} of {calls} moments tried, {} before the file was there", never_there.into_inner());
}

#[test]
fn killed_while_resuming() {
    let directory = fast_directory();
    let (directory, d) = (directory.path(), made_up());
    let killer = Killer::new(directory);
    let whole = directory.join("whole.h5");
    write_all(&whole, &d);
    let expected = bits(&whole);
    let broken = directory.join("broken.h5");
    let mut writer = RunWriter::create(&broken, &d, false).unwrap();
    write(&mut writer, &d, 0..2, |_| ()).unwrap();
    drop(writer);
    let prepare = |here: &Path| {
        std::fs::create_dir(here).unwrap();
        std::fs::copy(&broken, here.join("run.h5")).unwrap();
        here.join("run.h5")
    };
    let calls = killer.run(&prepare(&directory.join("0")), 0).unwrap();
    let tried = for_each(calls, 7, |n| {
        let here = directory.join(n.to_string());
        let path = prepare(&here);
        assert_eq!(killer.run(&path, n), None, "{n}: is killed");
        assert_holds(&path, reported(&path).max(2), &d);
        assert!(killer.run(&path, 0).is_some(), "{n}: goes on to the end");
        assert!(!path.with_extension("error").exists());
        assert_bits(&expected, &path);
        std::fs::remove_dir_all(&here).unwrap();
    });
    println!("{tried} of {calls} moments tried");
}
