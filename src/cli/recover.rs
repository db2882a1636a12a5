//! `reluflow recover RUN`.

use std::path::PathBuf;

use serde_json::json;

use crate::io::{Recovered, recover};
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::output::{print, print_json};
use super::probe::guard;

/// Turn what a killed run left behind into an ordinary file that any tool opens
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow recover output/mcycle.h5

Every snapshot that was reported as written is kept. `reluflow resume` does this by itself.")]
pub struct Args {
    /// The run file
    run: PathBuf,
    /// Write to another file [default: replace the run file once the copy is safe]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        guard(&self.run)?;
        let found = recover(&self.run, self.output.as_deref())?;
        if self.json {
            print_json(&json!({
                "file": found.path,
                "snapshots": found.snapshots,
                "time": found.time,
                "steps": found.steps,
                "dropped": found.dropped,
                "resumable": found.resumable,
                "was_ordinary": found.was_ordinary,
            }))?;
        } else if !quiet {
            print(&describe(&found))?;
        }
        Ok(Exit::Success)
    }
}

fn describe(found: &Recovered) -> String {
    let Recovered { snapshots, time, steps, dropped, .. } = found;
    let path = text::path(&found.path);
    let what = if found.was_ordinary { "is an ordinary file already" } else { "is an ordinary file now" };
    let mut text = format!("{path} {what}: {snapshots} snapshots until t = {time}, {steps} steps\n");
    if *dropped > 0 {
        text += &format!(
            "{dropped} snapshots were not whole and are left out; none of them was reported as written\n"
        );
    }
    if found.resumable {
        text += &format!("continue the run with: reluflow resume {}\n", quoted(&found.path));
    }
    text
}
