//! `reluflow study merge STUDY`.

use std::path::PathBuf;

use crate::cli::failure::{Exit, Failure};
use crate::cli::threads::Threads;
use crate::study::{self, Place};

use super::{conclude, width};

/// Put the shards of a study together
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow study merge my.h5                          # all shards ran with -o my.h5 here
  reluflow study merge my.h5 --from node1/my.h5.parts --from node2/my.h5.parts

Says which shards are still to be run if some are missing. The study file, and what is printed of a
width study, are those of the whole study run at once.")]
pub struct Args {
    /// The study file to write, as given to the shards with -o
    study: PathBuf,
    /// More folders with finished runs, such as other machines left them
    #[arg(long, value_name = "FOLDER")]
    from: Vec<PathBuf>,
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
        let place = Place { study: self.study, force: self.force, shard: None };
        let ended = study::merge(&place, &self.from)?;
        width::show(&ended, quiet, self.json)?;
        let told = self.json && ended.width.is_some();
        conclude(&ended, &place, quiet || told, self.json && !told)
    }
}
