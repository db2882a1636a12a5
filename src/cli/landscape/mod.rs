//! `reluflow landscape RUN`.

mod state;
mod words;

use std::path::{Path, PathBuf};

use crate::io::{LandscapeTable, LossSlice, RunFile, write_landscape_file};
use crate::landscape::{KnotSlice, Neuron};
use crate::math::even;
use crate::problem::knot_of;
use crate::run::{Description, Snapshot};
use crate::system::text;

use super::failure::{Exit, Failure};
use super::info::warn_unless_ordinary;
use super::output::{note, print, print_json};
use super::probe::guard;
use super::threads::Threads;
use state::State;
pub(super) use words::{as_json as landscape_json, as_text as landscape_text};

/// The loss around the states of a run: how critical they are, slices, the whole Hessian spectrum
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow landscape output/lifted.h5                      # the last snapshot -> output/lifted_landscape.h5
  reluflow landscape output/lifted.h5 --time 0 --neuron 7  # with the loss along the knot of neuron 7
  reluflow landscape output/lifted.h5 --all && reluflow plot output/lifted_landscape.h5

Needs all particles of the snapshots (output.particles = \"all\"); the last one is in every file. Runs of canonical
particles have no Hessian here: run the scenario with flow.kind = \"lifted\" for one. The page src/guide/landscape.md of the manual explains the numbers.")]
pub struct Args {
    /// A run file
    run: PathBuf,
    /// Time of the snapshot [default: the last]
    #[arg(long, value_name = "T", allow_negative_numbers = true, conflicts_with = "all")]
    time: Option<f64>,
    /// All snapshots
    #[arg(long)]
    all: bool,
    /// Also the loss along the knot of this neuron, counted from 0
    #[arg(long, value_name = "I")]
    neuron: Option<usize>,
    /// Where to write [default: <name of the run>_landscape.h5 beside it]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Write no file
    #[arg(long, conflicts_with = "output")]
    no_file: bool,
    /// Print the numbers as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

/// The reduced matrix of more samples would take gigabytes and minutes.
const MOST_SAMPLES: usize = 1000;
/// Points of a slice between the ends of the window.
const POINTS: usize = 801;
/// The slice reaches this part of the samples' range beyond them.
const BEYOND: f64 = 0.25;

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let output =
            (!self.no_file).then(|| self.output.clone().unwrap_or_else(|| default_output(&self.run)));
        if let Some(output) = output.as_ref().filter(|output| output.exists() && !self.force) {
            return Err(Failure::usage(format_args!("{}: exists", text::path(output)))
                .help("choose another name with -o, or replace it with --force"));
        }
        guard(&self.run)?;
        let file = RunFile::open(&self.run)?;
        warn_unless_ordinary(&file, quiet);
        let description = file.description()?;
        if description.samples.len() > MOST_SAMPLES {
            return Err(Failure::usage(format_args!(
                "{}: {} samples; the reduced Hessian of more than {MOST_SAMPLES} does not fit",
                text::path(&self.run),
                description.samples.len()
            ))
            .help("thin the samples out"));
        }
        let found = self.found(&file, &description)?;
        if let Some(output) = &output {
            write_landscape_file(output, &description, &found, self.force)?;
        }
        if self.json {
            print_json(&words::as_json(&found, output.as_deref()))?;
        } else if !quiet {
            print(&words::as_text(&description, &found))?;
        }
        if let (false, Some(output)) = (quiet, &output) {
            note(&format!("all of it is in {}", text::path(output)));
        }
        Ok(Exit::Success)
    }

    fn found(&self, file: &RunFile, description: &Description) -> Result<LandscapeTable, Failure> {
        let state = State::new(file, description)?;
        let indices = match self.all {
            true => (0..file.len()).collect(),
            false => vec![self.index(file)?],
        };
        let mut moments = vec![];
        let mut slice = None;
        let last = indices.len() - 1;
        for (i, index) in indices.into_iter().enumerate() {
            let snapshot = file.snapshot(index)?;
            let Some(neurons) = state.neurons(index)? else {
                if self.all && i < last {
                    continue;
                }
                return Err(Failure::usage(format_args!(
                    "{}: not all particles at t = {} are stored",
                    text::path(&self.run),
                    text::time(snapshot.time)
                ))
                .help("run it again with output.particles = \"all\", or leave --time out: the last snapshot has them"));
            };
            if i == last
                && let Some(chosen) = self.neuron
            {
                slice = Some(self.slice(description, &snapshot, &neurons, chosen)?);
            }
            moments.push(state.moment(index, &snapshot, &neurons, i == last)?);
        }
        Ok(LandscapeTable { x: description.samples.x().to_vec(), moments, slice })
    }

    /// The snapshot that is asked for.
    fn index(&self, file: &RunFile) -> Result<usize, Failure> {
        let times = (0..file.len()).map(|i| file.time(i)).collect::<Result<Vec<f64>, _>>()?;
        let Some(last) = times.last() else {
            return Err(Failure::usage(format_args!("{} holds no snapshot", text::path(&self.run))));
        };
        let asked = self.time.unwrap_or(*last);
        let nearest =
            (0..times.len()).min_by(|a, b| (times[*a] - asked).abs().total_cmp(&(times[*b] - asked).abs()));
        let nearest = nearest.unwrap_or(0);
        if (times[nearest] - asked).abs() <= 1e-6 * last.abs() {
            return Ok(nearest);
        }
        Err(Failure::usage(format_args!("--time {}: no snapshot at that time", text::number(asked)))
            .help(format_args!("the nearest is at {}", text::time(times[nearest]))))
    }

    fn slice(
        &self,
        description: &Description,
        snapshot: &Snapshot,
        neurons: &[Neuron],
        chosen: usize,
    ) -> Result<LossSlice, Failure> {
        let Some(neuron) = neurons.get(chosen) else {
            return Err(Failure::usage(format_args!("--neuron {chosen}: there are {}", neurons.len()))
                .help("they are counted from 0"));
        };
        let [a, y] = neuron.w;
        let Some(knot) = knot_of(y.atan2(a)).filter(|_| a != 0.0) else {
            return Err(Failure::usage(format_args!("--neuron {chosen}: it has no knot, its slope is 0"))
                .help("choose another"));
        };
        let delta_slope = description.flow.kappa() * neuron.mass * neuron.c * a;
        let x = description.samples.x();
        let beyond = BEYOND * (x[x.len() - 1] - x[0]).max(f64::MIN_POSITIVE);
        let (low, high) = ((x[0] - beyond).min(knot), (x[x.len() - 1] + beyond).max(knot));
        let mut at = even::points(low, high, POINTS);
        // Where it bends.
        at.extend(x);
        at.sort_by(f64::total_cmp);
        at.dedup();
        let rho = snapshot.residual.to_vec();
        let slice = KnotSlice::new(&description.samples, &rho, knot, delta_slope, a > 0.0);
        Ok(LossSlice { neuron: chosen, knot, delta_slope, slice, at })
    }
}

fn default_output(run: &Path) -> PathBuf {
    let stem = run.file_stem().unwrap_or_default().to_string_lossy();
    run.with_file_name(format!("{stem}_landscape.h5"))
}
