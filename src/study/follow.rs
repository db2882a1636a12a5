//! One run of a study, from its text to its end.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::io::RunWriter;
use crate::run::{Description, Simulation, StepRecord};
use crate::scenario::Scenario;

use super::resolution::parse_scenario;

/// Why a run has no result.
pub(crate) enum Stopped {
    /// It failed, and would fail again.
    Failed(String),
    /// It was asked to stop.
    Interrupted,
}

/// What a run goes by while it is followed.
pub(crate) struct Following<'a> {
    /// Set when the run is to stop.
    pub stop: &'a AtomicBool,
    /// Told how far the run has come, from 0 to 1.
    pub progress: &'a dyn Fn(f64),
    /// Where the whole run file goes, if it is wanted.
    pub run_file: Option<&'a Path>,
}

/// What observes a run.
pub(crate) trait Observer {
    /// At a snapshot, the `last` or one before.
    fn observe(&mut self, simulation: &Simulation, last: bool) -> Result<(), String>;
}

/// Reads a scenario.
pub(crate) fn read(text: &str, path: &Path) -> Result<Scenario, Stopped> {
    parse_scenario(text, path)
        .map_err(|error| Stopped::Failed(format!("{}: {}", error.problem(), error.remedy())))
}

/// Takes a simulation along its schedule, or to where a criterion ends it, which is its last snapshot then; returns the
/// time spent in its steps.
pub(crate) fn follow(
    description: &Description,
    simulation: &mut Simulation,
    following: &Following,
    observer: &mut dyn Observer,
) -> Result<Duration, Stopped> {
    let failed = |error: &dyn std::fmt::Display| Stopped::Failed(error.to_string());
    let mut writer = match following.run_file {
        Some(path) => Some(RunWriter::create(path, description, true).map_err(|error| failed(&error))?),
        None => None,
    };
    let mut in_flow = Duration::ZERO;
    let mut steps: Vec<StepRecord> = vec![];
    let mut ending = simulation.ending();
    for &time in description.schedule.times() {
        let started = Instant::now();
        while simulation.state().time < time && ending.is_none() {
            if following.stop.load(Ordering::Relaxed) {
                return Err(Stopped::Interrupted);
            }
            let record = simulation.step(time).map_err(|error| failed(&error))?;
            (following.progress)(record.time / description.end);
            ending = simulation.ending();
            if let Some(writer) = &mut writer {
                steps.push(record);
                if steps.len() >= simulation.steps_kept() {
                    writer.write_steps(&steps).map_err(|error| failed(&error))?;
                    steps.clear();
                }
            }
        }
        in_flow += started.elapsed();
        let last = ending.is_some() || time == description.end;
        observer.observe(simulation, last).map_err(Stopped::Failed)?;
        if let Some(writer) = &mut writer {
            let snapshot = simulation.snapshot_with_error().map_err(|error| failed(&error))?;
            let written = writer.write(&snapshot, simulation.state(), &steps, true);
            written.map_err(|error| failed(&error))?;
            steps.clear();
        }
        if last {
            break;
        }
    }
    if let Some(writer) = writer {
        writer.finish().map_err(|error| failed(&error))?;
    }
    Ok(in_flow)
}

/// Takes a simulation to its end, into a run file.
///
/// # Errors
/// What is wrong; `None` if it was asked to stop.
pub(crate) fn carry_out(
    description: &Description,
    simulation: &mut Simulation,
    run_file: &Path,
    stop: &AtomicBool,
) -> Result<(), Option<String>> {
    struct Nothing;
    impl Observer for Nothing {
        fn observe(&mut self, _: &Simulation, _: bool) -> Result<(), String> {
            Ok(())
        }
    }
    let following = Following { stop, progress: &|_| (), run_file: Some(run_file) };
    match follow(description, simulation, &following, &mut Nothing) {
        Ok(_) => Ok(()),
        Err(Stopped::Failed(problem)) => Err(Some(problem)),
        Err(Stopped::Interrupted) => Err(None),
    }
}
