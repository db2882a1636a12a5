//! `reluflow reproduce NAME...|all`.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use crate::io::write_file;
use crate::reproduce::{Item, ReproduceError, Reproduced, find, items, markdown, reproduce};
use crate::system::text;

use super::failure::{Exit, Failure};
use super::interrupt;
use super::names::Names;
use super::output::{note, print, print_json};
use super::table::table;
use super::threads::Threads;

/// Make figures and tables of the papers again: what they claim, our numbers, a verdict, a picture
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow reproduce w-fig5                # into output/papers/w-fig5/
  reluflow reproduce all                   # everything, at full size
  reluflow reproduce all --small           # everything, in seconds
  reluflow reproduce --list

W is Williams et al. (NeurIPS 2019), S is Sahs et al. (2022), a-... are claims of those who cite them. The folder of each figure holds the
scenarios as they were run, their run files, the numbers of the picture as CSV, the picture, and
finding.json; output/papers/reproduced.md is the table of all. That a claim does not hold is a
result, not an error.")]
pub struct Args {
    /// Figures and tables, or `all`
    #[arg(value_name = "NAME", required_unless_present = "list", value_parser = Names::reproductions(), hide_possible_values = true)]
    names: Vec<String>,
    /// Name all of them, with what they claim
    #[arg(long, conflicts_with = "names")]
    list: bool,
    /// Fewer and narrower networks, shorter runs
    #[arg(long)]
    small: bool,
    /// The folder that gets a folder for each
    #[arg(short, long, value_name = "FOLDER", default_value = "output/papers")]
    output: PathBuf,
    /// Replace what was reproduced before
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    threads: Threads,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        if self.list {
            return list(self.json);
        }
        self.threads.apply(quiet)?;
        let mut wanted: Vec<&'static Item> = vec![];
        for name in &self.names {
            match name.as_str() {
                "all" => wanted.extend(items()),
                name => wanted.push(find(name)?),
            }
        }
        let stop = interrupt::watch(true)?;
        let told = |line: &str| {
            if !quiet {
                note(&format!("  {line}"));
            }
        };
        let begun = Instant::now();
        let mut done: Vec<Reproduced> = vec![];
        for item in wanted {
            if !quiet {
                note(&format!("{} ({})", item.name, item.place));
            }
            let result = reproduce(item, &self.output, self.small, self.force, stop, &told);
            let reproduced = match result {
                Err(ReproduceError::Interrupted) => {
                    note(&ReproduceError::Interrupted.to_string());
                    return Ok(Exit::Interrupted);
                }
                result => result?,
            };
            if !self.json && !quiet {
                print(&as_text(&reproduced))?;
            }
            done.push(reproduced);
        }
        let path = self.output.join("reproduced.md");
        write_file(&path, markdown(&done).as_bytes())?;
        if self.json {
            print_json(&json!(done.iter().map(Reproduced::json).collect::<Vec<_>>()))?;
        } else if !quiet {
            let seconds = begun.elapsed().as_secs_f64();
            print(&format!("{} reproduced in {seconds:.0} s: {}\n", done.len(), text::path(&path)))?;
        }
        Ok(Exit::Success)
    }
}

fn list(as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        let entry = |item: &Item| json!({ "name": item.name, "place": item.place, "claim": item.claim, "chosen": item.chosen });
        print_json(&items().iter().map(entry).collect())?;
    } else {
        let row = |item: &Item| [item.name, item.place, item.claim].map(String::from).to_vec();
        print(&table(&items().iter().map(row).collect::<Vec<_>>(), &[]))?;
    }
    Ok(Exit::Success)
}

/// Claim, numbers, criteria and verdict of one item.
fn as_text(reproduced: &Reproduced) -> String {
    let (item, finding) = (&reproduced.item, &reproduced.finding);
    let mut text = format!("\n{}: {}\n", item.place, item.claim);
    text += &format!("  chosen: {}\n  found:  {}\n", item.chosen, finding.numbers);
    let rows: Vec<Vec<String>> = finding
        .criteria
        .iter()
        .map(|c| {
            let met = match (c.holds(), c.essential) {
                (true, _) => "met",
                (false, true) => "NOT MET",
                (false, false) => "caveat",
            };
            vec![format!("    {}", c.says), text::digits(c.found, 3), c.bound.words(), met.to_string()]
        })
        .collect();
    text += &table(&rows, &[1]);
    for remark in &finding.remarks {
        text += &format!("  {remark}\n");
    }
    text + &format!(
        "  verdict: {} ({:.1} s, in {})\n\n",
        finding.verdict().words(),
        reproduced.seconds,
        text::path(&reproduced.folder)
    )
}

impl From<ReproduceError> for Failure {
    fn from(error: ReproduceError) -> Failure {
        match error {
            ReproduceError::Scenario(error) => error.into(),
            ReproduceError::Io(error) => error.into(),
            ReproduceError::Study(error) => error.into(),
            ReproduceError::Unknown { .. } | ReproduceError::Exists { .. } => Failure::usage(error),
            error => Failure::computation(error),
        }
    }
}
