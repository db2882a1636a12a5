//! `reluflow recover RUN`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::io::{LostSnapshot, Recovered, recover_probed};
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::output::{note, print, print_json};
use super::probe::{guard, guard_lists};

/// Lost rows that are told one by one.
const TOLD: usize = 10;

/// Turn what a killed run or a damaged disk left behind into an ordinary file that any tool opens
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow recover output/mcycle.h5

Every snapshot and every step that is as its checksum says is kept; what is lost is told, and the
exit code is then 1. A damaged file stays beside the new one as NAME.damaged until you delete it.
After a mere kill nothing is lost, and the new file takes the place of the old one. `reluflow resume`
does that by itself.")]
pub struct Args {
    /// The run file
    run: PathBuf,
    /// Write to another file [default: take the place of the run file, which is kept if it is damaged]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        guard(&self.run)?;
        let survives = |path: &Path, lists: bool| if lists { guard_lists(path) } else { guard(path) }.is_ok();
        let found = recover_probed(&self.run, self.output.as_deref(), &survives)?;
        if self.json {
            print_json(&as_json(&found))?;
        } else if !quiet {
            print(&describe(&found))?;
        }
        if found.lost_something() {
            note(&format!("error: {}: {}", text::path(&self.run), loss(&found)));
            return Ok(Exit::Failed);
        }
        Ok(Exit::Success)
    }
}

fn as_json(found: &Recovered) -> serde_json::Value {
    let lost = |lost: &LostSnapshot| json!({ "number": lost.number, "time": lost.time });
    json!({
        "file": found.path,
        "original": found.original,
        "snapshots": found.snapshots,
        "time": found.time,
        "steps": found.steps,
        "lost_snapshots": found.lost_snapshots.iter().map(lost).collect::<Vec<_>>(),
        "lost_steps": found.lost_steps,
        "lost_step_count": found.lost_step_count,
        "unfinished": found.unfinished,
        "checkpoint_lost": found.checkpoint_lost,
        "cut": found.cut.map(|cut| json!({ "bytes": cut.there, "claimed": cut.claimed })),
        "resumes_at": found.resumes_at,
        "was_ordinary": found.was_ordinary,
    })
}

fn describe(found: &Recovered) -> String {
    let path = text::path(&found.path);
    let what = match found.was_ordinary {
        true => "is an ordinary file already, and nothing in it is damaged",
        false => "is an ordinary file now",
    };
    let until =
        if found.snapshots > 0 { format!(" until t = {}", text::time(found.time)) } else { String::new() };
    let (snapshots, steps) = (count(found.snapshots, "snapshot"), count(found.steps, "step"));
    let mut told = format!("{path} {what}: {snapshots}{until}, {steps}\n");
    if let Some(cut) = found.cut {
        told += &format!("the file was cut short: {} of {} bytes are there\n", cut.there, cut.claimed);
    }
    for LostSnapshot { number, time } in found.lost_snapshots.iter().take(TOLD) {
        let time = time.map_or("its time, too".to_string(), |time| format!("t = {}", text::time(time)));
        told += &format!("lost: snapshot {} ({time})\n", number + 1);
    }
    told += &more(found.lost_snapshots.len(), "snapshots");
    for (first, last) in found.lost_steps.iter().take(TOLD) {
        told += &match first == last {
            true => format!("lost: step {first}\n"),
            false => format!("lost: steps {first} to {last}\n"),
        };
    }
    told += &more(found.lost_steps.len(), "ranges of steps");
    if found.checkpoint_lost {
        told += match found.resumes_at {
            Some(_) => {
                "lost: the newest checkpoint, or the snapshot that it belongs to; an older one is used\n"
            }
            None => "lost: the checkpoint from which the run could be resumed\n",
        };
    }
    if found.unfinished > 0 {
        let unfinished = count(found.unfinished, "snapshot");
        told += &format!("left out: {unfinished} still being written\n");
    }
    if let Some(original) = &found.original {
        told += &format!("the damaged file is kept as {}; delete it when you like\n", text::path(original));
    }
    if let Some(time) = found.resumes_at {
        let time = text::time(time);
        told += &format!("continue the run from t = {time} with: reluflow resume {}\n", quoted(&found.path));
    }
    told
}

fn more(count: usize, what: &str) -> String {
    if count > TOLD { format!("lost: {} more {what}\n", count - TOLD) } else { String::new() }
}

/// What is lost, in a few words.
fn loss(found: &Recovered) -> String {
    let lost = [
        (found.lost_snapshots.len(), "snapshot"),
        (found.lost_step_count, "step"),
        (usize::from(found.checkpoint_lost), "checkpoint"),
    ];
    let parts: Vec<String> =
        lost.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(n, what)).collect();
    format!("damaged: {} cannot be saved", parts.join(", "))
}

/// `1 step`, `2 steps`.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
