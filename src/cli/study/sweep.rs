//! `reluflow study sweep SCENARIO`.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cli::failure::{Exit, Failure};
use crate::cli::interrupt;
use crate::cli::output::note;
use crate::cli::threads::Threads;
use crate::study::{self, Base, Plan, Swept, runs_folder};
use crate::system::text;

use super::progress::Progress;
use super::shard::{self, Shard};
use super::{Output, conclude, room, runs, tell_notices};

/// More runs than this take a while to check.
const MANY: usize = 20_000;
/// How often it is told how far that has come.
const TELL: Duration = Duration::from_secs(5);

/// Run the product of overrides of any key of a scenario
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow study sweep scenarios/sine.toml --set flow.tv=0,0.01,0.1 --set measure.scale=0.1:10:log7 --seeds 8
  reluflow study sweep scenarios/delta_0.toml --set measure.delta=-100,-1,0,1,100 --keep-runs
  reluflow study sweep my.toml --set time.end=1:5:9 --shard $SLURM_ARRAY_TASK_ID/16 -o my.h5

Killed, or stopped by Ctrl-C, the same command goes on where it was. A run that fails does not stop
the others; it is reported at the end, with exit code 1. The study file opens in xarray, with the
swept keys as coordinates (`flow_tv` for flow.tv) and `seed`.")]
pub struct Args {
    /// A scenario (.toml), or a table of samples (.csv, .tsv, .txt, .dat)
    scenario: PathBuf,
    /// A key and its values: a,b,c or from:to:N (equal distances) or from:to:logN (equal ratios)
    #[arg(long = "set", value_name = "KEY=VALUES")]
    sets: Vec<String>,
    /// How many seeds, from measure.seed of the scenario on [default: that one alone]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    seeds: Option<u32>,
    /// Keep the whole run file of every run, in <study>_runs/
    #[arg(long)]
    keep_runs: bool,
    /// Do only the third of sixteen parts; `study merge` puts all together
    #[arg(long, value_name = "3/16|auto", value_parser = shard::shard)]
    shard: Option<Shard>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    threads: Threads,
    /// Print a summary as JSON at the end
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let sweeps = self.sets.iter().map(|set| Swept::parse(set)).collect::<Result<Vec<_>, _>>()?;
        let base = Base::read(&self.scenario).map_err(Failure::from)?;
        tell_notices(&base, quiet);
        let told = Cell::new(Instant::now());
        let checked = |done: usize, total: usize| {
            if !quiet && ((done == 0 && total > MANY) || told.get().elapsed() > TELL) {
                note(&format!("checking all {total} runs before the first begins: {done} are done"));
                told.set(Instant::now());
            }
        };
        let seeds = self.seeds.map(|n| n as usize);
        let plan = Plan::product(base, &sweeps, seeds, self.keep_runs, &checked)?;
        let place = self.output.place(&self.scenario, "sweep", self.shard)?;
        if !quiet {
            note(&format!(
                "{}: {}, into {}",
                plan.base.title,
                runs(plan.runs.len()),
                text::path(&place.study)
            ));
            if self.keep_runs {
                note(&format!("run files go to {}", text::path(&runs_folder(&place.study))));
            }
        }
        room::check(&plan, &place, quiet)?;
        let stop = interrupt::watch(true)?;
        let progress = Progress::new(quiet, place.runs(&plan).into_iter().map(|(_, run)| run));
        let ended = study::sweep(&plan, &place, &progress, stop);
        progress.finish();
        conclude(&ended?, &place, quiet, self.json)
    }
}
