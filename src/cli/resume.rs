//! `reluflow resume RUN`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::io::{IoError, RunFile, RunWriter};
use crate::run::{Description, Simulation};
use crate::scenario::Scenario;
use crate::scenario::needs::Need;
use crate::system::text;

use super::drive::{Telling, drive_and_write, ending_name};
use super::failure::{Exit, Failure, quoted};
use super::output::{note, print_json};
use super::probe::guard_lists;
use super::threads::Threads;

/// Continue a run that was stopped or killed, to the same bits as if it never had been
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow resume output/mcycle.h5

All settings come from the file. A run that is complete is left as it is, with exit code 0.")]
pub struct Args {
    /// The run file
    run: PathBuf,
    #[command(flatten)]
    threads: Threads,
    /// Print a summary as JSON at the end
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        // A run that was killed at its end is validated.
        guard_lists(&self.run)?;
        agrees(&self.run)?;
        let (writer, description, state) = match RunWriter::resume(&self.run) {
            Err(error @ IoError::Complete { .. }) => {
                if self.json {
                    complete(&self.run)?;
                } else if !quiet {
                    note(&text::line(&error.to_string()));
                }
                return Ok(Exit::Success);
            }
            resumed => resumed?,
        };
        if !quiet {
            let title = &description.title;
            let [time, end] = [state.time, description.end].map(text::time);
            note(&format!("{title}: continuing from t = {time} of {end} in {}", text::path(&self.run)));
        }
        Need::of(&description).check().map_err(|(problem, _)| {
            Failure::usage(format!("{}: {problem}", text::path(&self.run)))
                .help("raise the limit, or resume it on a larger machine")
        })?;
        let beside = beside(&description, state.time)?;
        let mut simulation = Simulation::resume(&description, state)?;
        if let Some(beside) = beside {
            simulation = simulation.estimating(beside);
        }
        drive_and_write(
            &self.run,
            &description,
            simulation,
            writer,
            true,
            Telling { quiet, json: self.json, slowest: None },
        )
    }
}

/// The summary of a run that was complete already.
fn complete(run: &Path) -> Result<(), Failure> {
    let file = RunFile::open(run)?;
    let last = file.snapshot(file.len() - 1)?;
    print_json(&json!({
        "file": run,
        "outcome": "finished",
        "ended_by": ending_name(last.ending),
        "time": last.time,
        "steps": last.step,
        "loss": last.loss,
        "seconds": 0.0,
    }))
}

/// Refuses a file whose settings are not those of the scenario in it.
fn agrees(run: &Path) -> Result<(), Failure> {
    match Scenario::disagreement(&RunFile::open(run)?.description()?) {
        None => Ok(()),
        Some(found) => Err(Failure::computation(format_args!(
            "{} is damaged, and would go on as another run: {found}",
            quoted(run)
        ))
        .help("run its scenario again: `reluflow info RUN --scenario` prints it")),
    }
}

/// The run that tells the error of a quadrature or of a density is not in the file: it is made again, up to the time
/// from which this one continues, and so has the bits it would have had.
fn beside(description: &Description, time: f64) -> Result<Option<Simulation>, Failure> {
    let Some(start) = Scenario::beside(description)? else { return Ok(None) };
    let mut beside = Simulation::new(description, start)?;
    for &stop in description.schedule.times().iter().filter(|&&stop| stop <= time) {
        beside.advance_to(stop)?;
    }
    Ok(Some(beside))
}
