//! `reluflow study merge STUDY`.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::cli::failure::{Exit, Failure};
use crate::cli::interrupt;
use crate::cli::output::note;
use crate::cli::threads::Threads;
use crate::study::{self, Place, StudyError};
use crate::system::text;

use super::{conclude, width};

/// Between looks at what shards have finished.
const PAUSE: Duration = Duration::from_secs(1);

/// Put the shards of a study together
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow study merge my.h5                          # all shards ran with -o my.h5 here
  reluflow study merge my.h5 --wait                   # until all shards are done
  reluflow study merge my.h5 --from node1/my.h5.parts --from node2/my.h5.parts

Says which shards are still to be run if some are missing. The study file, and what is printed of a
width study, are those of the whole study run at once.")]
pub struct Args {
    /// The study file to write, as given to the shards with -o
    study: PathBuf,
    /// More folders with finished runs, such as other machines left them
    #[arg(long, value_name = "FOLDER")]
    from: Vec<PathBuf>,
    /// Wait for runs that are missing, for shards that are still at work
    #[arg(long)]
    wait: bool,
    /// Replace the study file if it exists
    #[arg(long)]
    force: bool,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        Threads::default().apply(quiet)?;
        let place = Place { study: self.study, force: self.force, shard: None, merges: false };
        let stop = interrupt::watch(quiet)?;
        let mut told = false;
        let ended = loop {
            match study::merge(&place, &self.from) {
                Err(error @ StudyError::Missing { .. }) if self.wait => {
                    if stop.load(Ordering::Relaxed) {
                        return Ok(Exit::Interrupted);
                    }
                    if !quiet && !told {
                        note(&format!("waiting: {}", text::line(&error.to_string())));
                    }
                    told = true;
                    std::thread::sleep(PAUSE);
                }
                ended => break ended?,
            }
        };
        width::show(&ended, quiet, self.json)?;
        let told = self.json && ended.width.is_some();
        conclude(&ended, &place, quiet || told, self.json && !told)
    }
}
