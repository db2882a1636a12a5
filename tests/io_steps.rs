//! Steps go to the file as they come, and the file must stay where it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use reluflow::io::{IoError, Lost, RunFile, RunWriter, Status, validate};
use reluflow::run::{Observer, ObserverError, STEPS_KEPT, Simulation, Snapshot, State, StepRecord, drive};
use reluflow::scenario::Scenario;

use crate::io_kill::fast_directory;
use crate::io_support::*;

/// Writes a run, and notes how long the file is whenever steps come without a snapshot.
struct Writing {
    writer: RunWriter,
    path: PathBuf,
    lengths: Vec<u64>,
}

impl Observer for Writing {
    fn step(&mut self, _: &Simulation, _: &StepRecord) {}

    fn steps(&mut self, steps: &[StepRecord]) -> Result<(), ObserverError> {
        assert_eq!(steps.len(), STEPS_KEPT);
        self.writer.write_steps(steps)?;
        self.lengths.push(fs::metadata(&self.path)?.len());
        Ok(())
    }

    fn snapshot(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), ObserverError> {
        assert!(steps.len() <= STEPS_KEPT);
        Ok(self.writer.write(snapshot, state, steps, scheduled)?)
    }
}

#[test]
fn steps_between_snapshots_do_not_wait_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let text = "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.0, 1.0, 0.0]\n[measure]\nparticles = 10\nlaw = \"pytorch\"\n\
                [flow]\nkind = \"gd\"\nlearning_rate = 1e-3\n[time]\nsteps = 30000\n\
                [output]\nsnapshots = { count = 2 }\n";
    let scenario = Scenario::parse(text, Path::new("gd.toml")).unwrap();
    let d = scenario.description;
    let mut simulation = Simulation::new(&d, scenario.start).unwrap();
    let writer = RunWriter::create(&path, &d, false).unwrap();
    let mut writing = Writing { writer, path: path.clone(), lengths: vec![] };
    drive(&mut simulation, &d.schedule, &mut writing, &AtomicBool::new(false)).unwrap();
    let Writing { writer, lengths, .. } = writing;
    writer.finish().unwrap();
    assert_eq!(lengths.len(), 30_000 / STEPS_KEPT);
    // 125 bytes a step, each time.
    assert!(lengths.windows(2).all(|pair| pair[1] > pair[0] + 100 * STEPS_KEPT as u64), "{lengths:?}");
    let file = RunFile::open(&path).unwrap();
    assert_eq!((file.status(), file.len(), file.step_len()), (Status::Finished, 2, 30_000));
    assert_eq!(file.steps().unwrap().last().unwrap().time, d.end);
    assert_eq!(validate(&path).unwrap(), []);
    let broken: Vec<_> = file.checks().unwrap().into_iter().filter(|check| !check.holds()).collect();
    assert_eq!(broken, []);
}

/// A run that fails after some steps, and one that is killed there, continue to the same bits.
#[test]
fn steps_without_a_snapshot_are_taken_again() {
    let (folder, d) = (tempfile::tempdir().unwrap(), description(3, 11, EVERYTHING));
    let [whole, failed, killed] = ["whole.h5", "failed.h5", "killed.h5"].map(|name| folder.path().join(name));
    write_all(&whole, &d);
    let mut writer = RunWriter::create(&failed, &d, false).unwrap();
    write(&mut writer, &d, 0..2, |_| ()).unwrap();
    writer.write_steps(&steps(2)[..2]).unwrap();
    fs::copy(&failed, &killed).unwrap();
    assert_eq!(RunFile::open(&killed).unwrap().step_len(), 3);
    writer.finish().unwrap();
    assert_eq!(RunFile::open(&failed).unwrap().step_len(), 5, "they show what happened before the failure");
    for path in [&failed, &killed] {
        assert_eq!(validate(path).unwrap(), []);
        let (mut writer, _, at) = RunWriter::resume(path).unwrap();
        assert_eq!(at, state(&d, 1, 0.0));
        write(&mut writer, &d, 2..SNAPSHOTS, |_| ()).unwrap();
        writer.finish().unwrap();
        assert_same_bits(&whole, path);
    }
}

/// What becomes of the file, and what the writer says.
fn lost(happens: impl Fn(&Path)) -> Vec<Lost> {
    let d = description(3, 11, EVERYTHING);
    let found = |write_on: &dyn Fn(RunWriter) -> Result<(), IoError>| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.h5");
        let mut writer = RunWriter::create(&path, &d, false).unwrap();
        write(&mut writer, &d, 0..2, |_| ()).unwrap();
        happens(&path);
        match write_on(writer).unwrap_err() {
            IoError::Lost { lost, .. } => lost,
            error => panic!("{error}"),
        }
    };
    vec![
        found(&|mut writer| write(&mut writer, &d, 2..3, |_| ())),
        found(&|mut writer| writer.write_steps(&steps(2))),
        found(&|writer| writer.finish()),
    ]
}

#[test]
fn a_file_that_does_not_stay_ends_the_run() {
    for found in lost(|path| fs::rename(path, path.with_file_name("moved.h5")).unwrap()) {
        assert!(matches!(&found, Lost::Moved(Some(to)) if to.ends_with("moved.h5")), "{found:?}");
    }
    assert_eq!(lost(|path| fs::remove_file(path).unwrap()), [const { Lost::Deleted }; 3]);
    let replace = |path: &Path| {
        fs::write(path.with_file_name("other"), "other").unwrap();
        fs::rename(path.with_file_name("other"), path).unwrap();
    };
    assert_eq!(lost(replace), [const { Lost::Deleted }; 3]);
    assert_eq!(lost(|path| fs::write(path, "other").unwrap()), [const { Lost::Overwritten }; 3]);
    let copied_over = |path: &Path| {
        let other = path.with_file_name("other.h5");
        write_all(&other, &description(3, 11, EVERYTHING));
        fs::copy(other, path).unwrap();
    };
    assert_eq!(lost(copied_over), [const { Lost::Overwritten }; 3]);
}

/// Also while a snapshot is written, which is most of the time where the disk is slow.
#[test]
fn a_copy_over_the_file_is_seen_whenever_it_happens() {
    let d = description(3, 11, EVERYTHING);
    let folder = fast_directory();
    let [path, other] = ["run.h5", "other.h5"].map(|name| folder.path().join(name));
    write_all(&other, &description(4, 37, EVERYTHING));
    for delay in 0..40 {
        let mut writer = RunWriter::create(&path, &d, true).unwrap();
        write(&mut writer, &d, 0..2, |_| ()).unwrap();
        let written = std::thread::scope(|scope| {
            let copy = scope.spawn(|| {
                std::thread::sleep(Duration::from_micros(50 * delay));
                fs::copy(&other, &path).unwrap();
            });
            let written = write(&mut writer, &d, 2..SNAPSHOTS, |_| ());
            copy.join().unwrap();
            written
        });
        let ended = written.and_then(|()| writer.finish());
        assert!(matches!(ended, Err(IoError::Lost { lost: Lost::Overwritten, .. })), "{delay}: {ended:?}");
    }
}

#[test]
fn a_moved_file_can_be_resumed() {
    let (folder, d) = (tempfile::tempdir().unwrap(), description(3, 11, EVERYTHING));
    let [whole, path, moved] = ["whole.h5", "run.h5", "moved.h5"].map(|name| folder.path().join(name));
    write_all(&whole, &d);
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    write(&mut writer, &d, 0..2, |_| ()).unwrap();
    fs::rename(&path, &moved).unwrap();
    let error = write(&mut writer, &d, 2..3, |_| ()).unwrap_err().to_string();
    assert!(error.contains("it was moved to") && error.contains("reluflow resume"), "{error}");
    drop(writer);
    let (mut writer, ..) = RunWriter::resume(&moved).unwrap();
    write(&mut writer, &d, 2..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
    assert_same_bits(&whole, &moved);
}
