//! The path of the residuals in run files (`output.path`): written, continued, damaged.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use reluflow::flow::{PathRule, ResidualPath};
use reluflow::io::{RunFile, RunWriter, recover, validate};
use reluflow::run::{Observer, ObserverError, Simulation, Snapshot, State, StepRecord, drive};
use reluflow::scenario::Scenario;

use crate::oracles::python;

const TEXT: &str = "[samples]\nx = [-1.0, -0.4, 0.1, 0.8]\ny = [0.5, -1.0, 0.3, 1.0]\n[measure]\nparticles = 200\n\
                    [time]\nend = 3.0\n[output]\nsnapshots = { count = 4 }\npath = true\n";

/// Writes; after the second snapshot also copies the file, as a kill would leave it.
struct Writing {
    writer: RunWriter,
    path: std::path::PathBuf,
    snapshots: usize,
    records: Vec<StepRecord>,
}

impl Observer for Writing {
    fn step(&mut self, _: &Simulation, record: &StepRecord) {
        self.records.push(record.clone());
    }

    fn steps(&mut self, steps: &[StepRecord]) -> Result<(), ObserverError> {
        Ok(self.writer.write_steps(steps)?)
    }

    fn snapshot(
        &mut self,
        snapshot: &Snapshot,
        state: &State,
        steps: &[StepRecord],
        scheduled: bool,
    ) -> Result<(), ObserverError> {
        self.writer.write(snapshot, state, steps, scheduled)?;
        self.snapshots += 1;
        if self.snapshots == 2 {
            fs::copy(&self.path, self.path.with_file_name("killed.h5"))?;
        }
        Ok(())
    }
}

/// Runs a scenario into `path`; returns the records of its steps.
fn run(text: &str, path: &Path) -> Vec<StepRecord> {
    let scenario = Scenario::parse(text, Path::new("path.toml")).unwrap();
    let d = scenario.description;
    let mut simulation = Simulation::new(&d, scenario.start).unwrap();
    let writer = RunWriter::create(path, &d, false).unwrap();
    let mut writing = Writing { writer, path: path.to_owned(), snapshots: 0, records: vec![] };
    drive(&mut simulation, &d.schedule, &mut writing, &AtomicBool::new(false)).unwrap();
    writing.writer.finish().unwrap();
    writing.records
}

fn stored(path: &Path) -> ResidualPath {
    RunFile::open(path).unwrap().residual_path().unwrap().unwrap()
}

#[test]
fn the_path_is_stored_and_a_killed_run_continues_it_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let [whole, killed, without] =
        ["whole.h5", "killed.h5", "without.h5"].map(|name| folder.path().join(name));
    let records = run(TEXT, &whole);
    let file = RunFile::open(&whole).unwrap();
    assert_eq!(validate(&whole).unwrap(), []);
    assert!(file.description().unwrap().output.path);
    let steps: Vec<_> = records.iter().map(|step| (step.time, step.path.clone().unwrap())).collect();
    assert!(steps.iter().any(|(_, step)| step.rule == PathRule::Hermite));
    let start = file.snapshot(0).unwrap().residual.to_vec();
    let path = stored(&whole);
    assert_eq!(path, ResidualPath::new(start, steps).unwrap());
    for i in 0..file.len() {
        let snapshot = file.snapshot(i).unwrap();
        for (found, expected) in path.at(snapshot.time).iter().zip(&snapshot.residual) {
            assert!((found - expected).abs() < 1e-13, "{}: {found} {expected}", snapshot.time);
        }
    }
    // What was killed after its second snapshot.
    let at = stored(&killed);
    assert!((at.end() - 1.0).abs() < 1e-12, "{}", at.end());
    let (writer, d, state) = RunWriter::resume(&killed).unwrap();
    let mut simulation = Simulation::resume(&d, state).unwrap();
    let mut writing = Writing { writer, path: killed.clone(), snapshots: 2, records: vec![] };
    drive(&mut simulation, &d.schedule, &mut writing, &AtomicBool::new(false)).unwrap();
    writing.writer.finish().unwrap();
    assert_eq!(RunFile::open(&killed).unwrap().differences(&file).unwrap(), []);
    assert_eq!(stored(&killed), path);
    // Nothing else depends on it.
    run(&TEXT.replace("path = true\n", ""), &without);
    let plain = RunFile::open(&without).unwrap();
    assert_eq!(plain.residual_path().unwrap(), None);
    let only: Vec<String> = plain.differences(&file).unwrap().into_iter().map(|d| d.what).collect();
    assert_eq!(only, ["@output_path", "steps/residual", "steps/residual_rate", "steps/path_rule"]);
}

#[test]
fn a_damaged_path_is_found_and_ends_before_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let [path, broken] = ["run.h5", "broken.h5"].map(|name| folder.path().join(name));
    let records = run(TEXT, &path);
    let lost = records.len() / 2;
    let rate = records[lost].path.as_ref().unwrap().residual_rate[1].to_le_bytes();
    let mut bytes = fs::read(&path).unwrap();
    let at: Vec<usize> = (0..bytes.len() - 8).filter(|&i| bytes[i..i + 8] == rate).collect();
    assert_eq!(at.len(), 1, "the rate is in the file once");
    bytes[at[0]] ^= 1;
    fs::write(&broken, bytes).unwrap();
    let findings: Vec<String> = validate(&broken).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(findings, [format!("step {} is not as its checksum says", lost + 1)]);
    let recovered = recover(&broken, None).unwrap();
    assert_eq!((recovered.lost_step_count, recovered.steps), (1, records.len() - 1));
    assert_eq!(validate(&broken).unwrap(), []);
    let (whole, known) = (stored(&path), stored(&broken));
    assert_eq!(known.end(), records[lost - 1].time);
    assert_eq!(known.at(0.5 * known.end()), whole.at(0.5 * known.end()));
}

#[test]
fn gradient_descent_has_no_path() {
    let text = TEXT.replace(
        "[time]\nend = 3.0",
        "law = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n[time]\nsteps = 5",
    );
    let error = Scenario::parse(&text, Path::new("gd.toml")).unwrap_err().to_string();
    assert!(error.contains("output.path = true") && error.contains("lifted"), "{error}");
}

/// Other tools find the path with its dimensions.
#[test]
fn the_path_opens_in_xarray() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.h5");
    let steps = run(TEXT, &path).len();
    let script = format!(
        "import xarray\n\
         for engine in ['h5netcdf', 'netcdf4']:\n\
         \x20   steps = xarray.open_dataset({:?}, group='steps', engine=engine)\n\
         \x20   assert steps.residual.dims == ('step', 'sample'), steps.residual.dims\n\
         \x20   assert steps.residual_rate.shape == ({steps}, 4)\n\
         \x20   assert set(steps.path_rule.values) <= {{0, 1}}\n",
        path
    );
    let Some(python) = python("xarray, h5netcdf, netCDF4") else { return };
    let said = Command::new(python).args(["-c", &script]).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}
