//! `reluflow study …`: many runs of one scenario.

mod merge;
mod phase;
mod progress;
mod room;
mod shard;
mod sweep;
mod width;

use std::path::{Path, PathBuf};

use crate::io::make_folder;
use crate::scenario::Scenario;
use crate::study::{Base, Ended, Place, StudyError};
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::output::{note, print, tell};
use shard::Shard;

/// Many runs of one scenario: sweeps, and how fast networks approach the limit of infinite width
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow study sweep scenarios/sine.toml --set flow.tv=0,0.01,0.1 --seeds 8")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Sweep(sweep::Args),
    Width(width::Args),
    Phase(phase::Args),
    Merge(merge::Args),
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        match self.action {
            Action::Sweep(args) => args.execute(quiet),
            Action::Width(args) => args.execute(quiet),
            Action::Phase(args) => args.execute(quiet),
            Action::Merge(args) => args.execute(quiet),
        }
    }
}

/// Where a study goes.
#[derive(Debug, clap::Args)]
pub struct Output {
    /// The study file [default: output/<name of the scenario>_<kind of study>.h5]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the study file if it exists, and start although kept run files may not fit on the disk
    #[arg(long)]
    force: bool,
}

impl Output {
    /// The place, its folder made.
    fn place(&self, scenario: &Path, kind: &str, shard: Option<Shard>) -> Result<Place, Failure> {
        let stem = scenario.file_stem().unwrap_or_default().to_string_lossy();
        let study =
            self.output.clone().unwrap_or_else(|| Path::new("output").join(format!("{stem}_{kind}.h5")));
        let parent = study.parent().unwrap_or(Path::new(""));
        make_folder(parent)?;
        let merges = matches!(shard, Some(Shard::Auto(..)));
        Ok(Place { study, force: self.force, shard: shard.map(Shard::numbers), merges })
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Failure {
        match error {
            StudyError::Scenario(error) => error.into(),
            StudyError::Io(error) => error.into(),
            StudyError::Part { .. } => Failure::computation(error),
            _ => Failure::usage(error),
        }
    }
}

/// Tells what there is to say about the scenario of a study, as `reluflow run` does.
fn tell_notices(base: &Base, quiet: bool) {
    // What is wrong with it is told where it counts: an override may mend it.
    if let Some(scenario) = (!quiet).then(|| described(&base.text, &base.path)).flatten() {
        tell(&scenario.notices);
    }
}

/// A scenario of a study as it would be run, if it can be; `None`, too, where nodes of a quadrature would
/// be searched for, by whole runs.
fn described(text: &str, path: &Path) -> Option<Scenario> {
    Scenario::parse(text, path).ok()
}

/// `1 run`, `12 runs`.
fn runs(count: usize) -> String {
    format!("{count} {}", if count == 1 { "run" } else { "runs" })
}

/// Failed runs, where the time went, and how to go on.
fn conclude(ended: &Ended, place: &Place, quiet: bool, json: bool) -> Result<Exit, Failure> {
    if ended.found && !json {
        if !quiet {
            note(&format!("{} is whole already: other shards have finished it", text::path(&place.study)));
        }
        return Ok(Exit::Success);
    }
    for (run, failure) in &ended.failures {
        note(&format!("error: {run}: {failure}"));
    }
    let failed = ended.failures.len();
    let times = &ended.times;
    if json {
        super::output::print_json(&serde_json::json!({
            "file": ended.file,
            "runs": ended.runs,
            "done_now": times.done,
            "done_before": times.reused,
            "failed": ended.failures.iter().map(|(run, why)| serde_json::json!({"run": run, "failure": why})).collect::<Vec<_>>(),
            "interrupted": ended.interrupted,
            "seconds": times.seconds,
            "share_outside_flow": times.outside_flow,
        }))?;
    } else if !quiet {
        let before =
            if times.reused > 0 { format!(", {} finished before", times.reused) } else { String::new() };
        let spent = format!(
            "{} in {:.1} s{before}; {:.0} % of the time outside the flow",
            runs(times.done),
            times.seconds,
            100.0 * times.outside_flow
        );
        match &ended.file {
            Some(file) => print(&format!("{}: {spent}\n", text::path(file)))?,
            None => note(&spent),
        }
    }
    if !quiet && ended.left > 0 {
        note(&format!(
            "{} finished runs of other studies stay in {}.parts",
            ended.left,
            text::path(&place.study)
        ));
    }
    if ended.interrupted {
        if !quiet {
            let (done, all) = (times.done + times.reused, ended.runs);
            note(&format!("interrupted: {done} of {all} runs are finished; the same command goes on"));
        }
        return Ok(Exit::Interrupted);
    }
    if ended.file.is_none() && !quiet {
        let then = match place.merges {
            true => "the one that is done last writes the study; if none does:",
            false => "when all are:",
        };
        note(&format!("this shard is done; {then} reluflow study merge {}", quoted(&place.study)));
    }
    if failed > 0 {
        note(&format!("error: {failed} of {} runs failed (variable failure of the study)", ended.runs));
        return Ok(Exit::Failed);
    }
    Ok(Exit::Success)
}
