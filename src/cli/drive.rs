//! What `run` and `resume` share: a simulation driven to its end, its snapshots written, its
//! course told.

use std::path::Path;
use std::time::Instant;

use serde_json::json;

use crate::flow::{State, StepRecord};
use crate::io::{IoError, RunFile, RunWriter, step_size};
use crate::run::{
    Convergence, Description, Ending, Observer, ObserverError, Outcome, Regime, RunError, Simulation,
    Snapshot, drive,
};
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::interrupt;
use super::output::{note, print, print_json};
use super::pace::Pace;
use super::progress::{Moment, Progress};

/// How the course and the end of a run are told.
#[derive(Debug, Clone, Copy)]
pub struct Telling {
    /// Errors only.
    pub quiet: bool,
    /// A summary as JSON at the end.
    pub json: bool,
    /// The rate of the slowest mode of the residuals at the start, if the run ends long before its time.
    pub slowest: Option<f64>,
}

/// A run that ends early is told of where more than this share of the loss is left.
const LEFT: f64 = 0.1;

/// Drives `simulation` to its end or to Ctrl-C, writing to `writer`, whose file is `path`.
///
/// * `resumed`: the file holds the run up to the simulation's state already.
///
/// # Errors
/// The computation fails or a snapshot cannot be written; what was reported as written is safe.
pub fn drive_and_write(
    path: &Path,
    description: &Description,
    mut simulation: Simulation,
    writer: RunWriter,
    resumed: bool,
    telling: Telling,
) -> Result<Exit, Failure> {
    let stop = interrupt::watch(telling.quiet)?;
    let started = Instant::now();
    let times = description.schedule.times();
    let mut watcher = Watcher {
        writer,
        progress: Progress::new(telling.quiet, description.end, simulation.state().time),
        pace: Pace::new(
            simulation.state().time,
            description.end,
            description.flow.given_step(description.mass.len()).is_none().then_some(description.tolerance),
            step_size(description),
        ),
        started,
        due: times.len(),
        done: if resumed { times.iter().filter(|&&time| time <= simulation.state().time).count() } else { 0 },
        estimated: description.sampling.name(),
        last: resumed.then(|| simulation.state().time),
        ends: resumed.then(|| first_of(path)).flatten().map(|first| [first.clone(), first]),
    };
    let outcome = drive(&mut simulation, &description.schedule, &mut watcher, stop);
    watcher.progress.finish();
    let (last, ends) = (watcher.last, watcher.ends.take());
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(RunError::Observer(error)) => {
            // The writer has left the file as a crash would, and its message says what is safe.
            return Err(error
                .downcast::<IoError>()
                .map_or_else(Failure::computation, |error| (*error).into()));
        }
        Err(RunError::Flow(error)) => {
            watcher.writer.finish()?;
            let good = last.map_or("no snapshot was written".to_string(), |time| {
                format!("the last good snapshot of {} is at t = {}", quoted(path), text::time(time))
            });
            return Err(Failure::from(error).help(good));
        }
    };
    watcher.writer.finish()?;
    let (state, loss) = (simulation.state(), simulation.loss());
    let seconds = started.elapsed().as_secs_f64();
    if telling.json {
        print_json(&json!({
            "file": path,
            "outcome": if let Outcome::Finished(_) = outcome { "finished" } else { "interrupted" },
            "ended_by": match outcome {
                Outcome::Finished(ending) => Some(ending_name(ending)),
                Outcome::Interrupted => None,
            },
            "time": state.time,
            "steps": state.step,
            "loss": loss,
            "seconds": seconds,
        }))?;
    } else if let (false, Outcome::Finished(ending)) = (telling.quiet, outcome) {
        let steps = state.step;
        let why = ending.map_or(String::new(), |ending| format!(" ({ending})"));
        print(&format!(
            "{}: done, t = {}{why}, {steps} steps in {seconds:.1} s, loss {loss:.6e}\n",
            text::path(path),
            text::time(state.time)
        ))?;
        if let Some([first, last]) = ends {
            let regime = Regime::of(description, [&first, &last], true);
            note(&regime.in_short().join(": "));
            let falling = matches!(regime.convergence, Convergence::Falling { .. });
            if let Some(slowest) = telling.slowest.filter(|_| falling && loss > LEFT * first.loss) {
                note(&format!(
                    "note: {} of the loss is left, and t = {} is far before {}, the time in which the slowest mode of the \
                     residuals falls to a share of 1/e (start's tangent kernel): time.end is early",
                    text::percent(loss / first.loss, 2),
                    text::time(state.time),
                    text::digits(1.0 / slowest, 2)
                ));
            }
        }
    }
    if outcome == Outcome::Interrupted {
        if !telling.quiet {
            let [time, end] = [state.time, description.end].map(text::time);
            note(&format!(
                "interrupted at t = {time} of {end}; continue with: reluflow resume {}",
                quoted(path)
            ));
        }
        return Ok(Exit::Interrupted);
    }
    Ok(Exit::Success)
}

/// What ended a run, in JSON.
pub fn ending_name(ending: Option<Ending>) -> &'static str {
    ending.map_or("end", Ending::name)
}

/// Writes snapshots, and tells.
struct Watcher {
    writer: RunWriter,
    progress: Progress,
    pace: Pace,
    /// When this process took the run up.
    started: Instant,
    /// Snapshots of the whole run, and how many of them are written.
    due: usize,
    done: usize,
    /// Of what the error is estimated, if it is.
    estimated: &'static str,
    /// Time of the last snapshot in the file.
    last: Option<f64>,
    /// The first snapshot and the last.
    ends: Option<[Snapshot; 2]>,
}

/// The first snapshot of a run that is continued.
fn first_of(path: &Path) -> Option<Snapshot> {
    RunFile::open(path).ok()?.snapshot(0).ok()
}

impl Observer for Watcher {
    fn step(&mut self, simulation: &Simulation, record: &StepRecord) {
        self.progress.step(|| Moment {
            time: record.time,
            step_size: record.step_size,
            loss: simulation.loss(),
            pinned_mass: simulation.pinned_mass(),
        });
        if let Some(words) = self.pace.step(record, self.started.elapsed()) {
            self.progress.remark(&format!("note: {words}"));
        }
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
        self.last = Some(snapshot.time);
        let kept = Snapshot { tangent_kernel: None, tangent_kernel_eigenvalues: None, ..snapshot.clone() };
        self.ends = match self.ends.take() {
            Some([first, _]) => Some([first, kept]),
            None => Some([kept.clone(), kept]),
        };
        self.done += usize::from(scheduled);
        self.progress.snapshot(|| {
            let number =
                if scheduled { format!("{} of {}", self.done, self.due) } else { "(extra)".to_string() };
            let Snapshot { step, loss, .. } = snapshot;
            let time = text::time(snapshot.time);
            let pinned = 100.0 * snapshot.pinned_mass.sum();
            let estimate = snapshot
                .error_estimate
                .map_or(String::new(), |error| format!(", {} error {error:.1e}", self.estimated));
            format!(
                "snapshot {number} written: t = {time}, step {step}, loss {loss:.6e}, pinned {pinned:.2} %{estimate}"
            )
        });
        Ok(())
    }
}
