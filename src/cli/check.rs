//! `reluflow check RUN`.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::io::RunFile;
use crate::run::Check;
use crate::system::text;

use super::failure::{Exit, Failure};
use super::info::warn_unless_ordinary;
use super::output::{note, print, print_json};
use super::probe::guard;
use super::table::table;
use super::threads::Threads;

/// Recompute what can be recomputed from a run file, and compare
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow check output/mcycle.h5

Prints the worst violation of each law, what is allowed, and when it was; exit code 1 when a law
is violated. Laws that a flow does not have, as those of a flow in time for gradient descent, are
not checked; --explain says why. Laws that need all particles are checked at every snapshot if the run stores all of
them (output.particles = \"all\"), else at the last one, from the checkpoint.")]
pub struct Args {
    /// The run file
    run: PathBuf,
    /// Say what each law compares
    #[arg(long)]
    explain: bool,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        guard(&self.run)?;
        let file = RunFile::open(&self.run)?;
        warn_unless_ordinary(&file, quiet);
        let checks = file.checks()?;
        let failed = checks.iter().filter(|check| !check.holds()).count();
        if self.json {
            print_json(&as_json(&self.run, &checks))?;
        } else if !quiet {
            print(&as_text(&checks, self.explain))?;
        }
        if failed > 0 {
            note(&format!(
                "error: {}: {failed} of {} laws are violated",
                text::path(&self.run),
                checks.len()
            ));
            return Ok(Exit::Failed);
        }
        Ok(Exit::Success)
    }
}

fn verdict(check: &Check) -> &'static str {
    match (check.done, check.holds()) {
        (false, _) => "not checked",
        (true, true) => "ok",
        (true, false) => "VIOLATED",
    }
}

fn as_text(checks: &[Check], explain: bool) -> String {
    let mut rows = vec![["law", "worst", "bound", "at t", ""].map(String::from).to_vec()];
    for check in checks {
        let number = |value: f64, show: bool| if show { format!("{value:.1e}") } else { "-".to_string() };
        let mut row = vec![
            check.name.to_string(),
            number(check.worst, check.done),
            number(check.bound, true),
            if check.done { text::time(check.time) } else { "-".to_string() },
            verdict(check).to_string(),
        ];
        if explain || !check.holds() {
            row.push(check.meaning.to_string());
        }
        rows.push(row);
    }
    table(&rows, &[1, 2, 3])
}

fn as_json(run: &Path, checks: &[Check]) -> serde_json::Value {
    let one = |check: &Check| {
        json!({
            "law": check.name,
            "worst": check.worst,
            "bound": check.bound,
            "time": check.time,
            "checked": check.done,
            "holds": check.holds(),
            "meaning": check.meaning,
        })
    };
    json!({
        "file": run,
        "holds": checks.iter().all(Check::holds),
        "laws": checks.iter().map(one).collect::<Vec<_>>(),
    })
}
