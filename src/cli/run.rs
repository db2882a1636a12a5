//! `reluflow run SCENARIO|CSV`.

use std::path::{Path, PathBuf};

use crate::io::{IoError, RunFile, RunWriter, largest_size, make_folder, step_size, steps};
use crate::run::learning_rate::{Cause, Limit};
use crate::run::{Description, LogTimes, Simulation, StartRates, learning_rate};
use crate::scenario::Scenario;
use crate::study::Base;
use crate::system::{disk, text};

use super::drive::{Telling, drive_and_write};
use super::failure::{Exit, Failure, quoted};
use super::input::{self, Overrides};
use super::output::{note, tell};
use super::probe::guard;
use super::threads::Threads;

/// Run a scenario, or samples with default settings
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow run scenarios/mcycle.toml           # writes output/mcycle.h5
  reluflow run samples.csv -o first.h5         # columns x and y; says which defaults it takes
  reluflow run sine --set flow.tv=0.01 --seed 7   # a scenario that comes with the program, changed

Ctrl-C finishes the step, writes a snapshot and exits with 130; `reluflow resume` continues.
A run that was killed can be resumed as well.")]
pub struct Args {
    /// A scenario (.toml), a table of samples (.csv, .tsv, .txt, .dat), the name of a scenario that comes with the
    /// program, or - for a scenario from standard input
    #[arg(value_name = "SCENARIO|CSV|NAME|-")]
    input: PathBuf,
    #[command(flatten)]
    overrides: Overrides,
    /// The run file [default: output/<name of the input>.h5]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the run file if it exists, and start although the output may not fit on the disk
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    threads: Threads,
    /// Print a summary as JSON at the end
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let Scenario { mut description, start, beside, scheduled, input, notices, .. } =
            input::read(&self.input, &self.overrides, quiet)?;
        if !quiet {
            tell(&notices);
        }
        let output = self.output.clone().unwrap_or_else(|| default_output(&self.input));
        if is_same_file(&output, &self.input) {
            return Err(Failure::usage(format!("{} is the input: choose another output", quoted(&output))));
        }
        make_parent(&output)?;
        if output.exists() && !self.force {
            // Before the start is computed.
            return Err(refused(IoError::Exists { path: output.clone() }, &output));
        }
        let mut simulation = Simulation::new(&description, start)?;
        let (rates, end) = (StartRates::of(simulation.stepper()), description.end);
        if let (false, Some(rates)) = (scheduled, &rates) {
            choose_snapshots(&mut description, rates, &input, quiet)?;
        }
        self.check_room(&description, &output, quiet)?;
        let writer =
            RunWriter::create(&output, &description, self.force).map_err(|error| refused(error, &output))?;
        if let (false, Some(limit)) = (quiet, learning_rate::limit(simulation.stepper(), simulation.state()))
        {
            note(&too_large(&limit));
        }
        if let Some(beside) = beside {
            simulation = simulation.estimating(Simulation::new(&description, beside)?);
        }
        if !quiet {
            let samples = description.samples.len();
            let measure = match &description.density {
                Some(density) => format!("{} x {} cells", density.cells[0], density.cells[1]),
                None => format!("{} particles", description.mass.len()),
            };
            let (end, output) = (text::time(description.end), text::path(&output));
            let before = match description.until.is_some() {
                true => format!(" at the latest ({})", description.until.words()),
                false => String::new(),
            };
            note(&format!(
                "{}: {samples} samples, {measure}, until t = {end}{before}, into {output}",
                description.title
            ));
        }
        drive_and_write(
            &output,
            &description,
            simulation,
            writer,
            false,
            Telling { quiet, json: self.json, slowest: rates.and_then(|rates| rates.slow(end)) },
        )
    }

    /// Refuses output that may not fit on the disk, unless told otherwise, and tells of much.
    fn check_room(&self, description: &Description, output: &Path, quiet: bool) -> Result<(), Failure> {
        let (largest, steps) = (largest_size(description), steps(description));
        let free = disk::free(output);
        let fits = free.is_none_or(|free| largest <= free);
        if fits && largest < MUCH {
            return Ok(());
        }
        let room = free.map_or(String::new(), |free| format!(", and {} are free", text::bytes(free)));
        let what = format!(
            "up to {} will be stored ({}{} snapshots of {} and {} samples){room}",
            text::bytes(largest),
            steps.map_or(String::new(), |steps| format!("rows of {steps} steps, ")),
            description.schedule.times().len(),
            match &description.density {
                Some(density) => format!("{} rows of a density", density.rows),
                None => format!("{} particles", description.mass.len()),
            },
            description.samples.len(),
        );
        let fewer = match description.density {
            Some(_) => "give fewer output.snapshots, or fewer measure.cells",
            None => "give fewer output.snapshots, or output.particles = n or \"none\"",
        };
        let fewer = match description.output.tangent_kernel {
            true => format!("{fewer}, or leave output.tangent_kernel out"),
            false => fewer.to_string(),
        };
        let fewer = match steps {
            Some(steps) if steps.saturating_mul(step_size(description)) > largest / 2 => {
                format!("take fewer steps, of which each has a row of {} bytes", step_size(description))
            }
            _ => fewer,
        };
        if !fits && !self.force {
            return Err(Failure::usage(format!("{}: {what}", text::path(output)))
                .help(format!("{fewer}; another disk with -o; or start all the same with --force")));
        }
        if !quiet {
            note(&format!("note: {}: {what}: to store less, {fewer}", text::path(output)));
        }
        Ok(())
    }
}

/// Takes snapshots at logarithmic times where equally spaced ones would hide the learning, and writes them into the scenario.
fn choose_snapshots(
    description: &mut Description,
    rates: &StartRates,
    input: &Path,
    quiet: bool,
) -> Result<(), Failure> {
    let (end, particles) = (description.end, description.mass.len());
    let Some(LogTimes { first, per_decade }) = rates.log_times(end, description.flow.given_step(particles))
    else {
        return Ok(());
    };
    let times = format!("{{ log = {{ first = {first:e}, per_decade = {per_decade} }} }}");
    if !quiet {
        let [slowest, fastest] = rates.range().map(|rate| text::digits(rate, 2));
        note(&format!(
            "note: output.snapshots = {times}, as the scenario has none: modes of the residuals decay at rates from {slowest} \
             to {fastest} (start's tangent kernel), and {} of the loss would be gone at the first of eleven equally spaced \
             snapshots",
            text::percent(1.0 - rates.left(0.1 * end), 3)
        ));
    }
    let base = Base::parse(description.scenario.clone(), input)?;
    let changed = base.with(&[("output.snapshots".to_string(), times)])?;
    description.schedule = Scenario::schedule(&changed, input, particles)?;
    description.scenario = changed;
    Ok(())
}

/// That steps of gradient descent are too long.
fn too_large(limit: &Limit) -> String {
    let most = text::digits(limit.learning_rate, 2);
    match limit.cause {
        Cause::Mode => format!(
            "note: flow.learning_rate is above {most}, the limit of stability of the fastest mode of the start's tangent \
             kernel: it grows at first, and neurons may die"
        ),
        Cause::Bound => format!(
            "note: flow.learning_rate is above {most}, below which no mode of the start's tangent kernel can grow: the \
             loss may grow at first"
        ),
        Cause::FirstStep => format!(
            "note: flow.learning_rate is above {most}: the first step of Adam, which moves every weight by the learning \
             rate whatever its gradient, makes the loss grow"
        ),
    }
}

/// Output that may grow beyond this is worth a word (bytes).
const MUCH: u64 = 10_000_000_000;

fn default_output(input: &Path) -> PathBuf {
    let stem = match input == Path::new("-") {
        true => "stdin".into(),
        false => input.file_stem().unwrap_or_default().to_string_lossy(),
    };
    Path::new("output").join(format!("{stem}.h5"))
}

pub(super) fn is_same_file(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

pub(super) fn make_parent(output: &Path) -> Result<(), Failure> {
    let parent = output.parent().unwrap_or(Path::new(""));
    Ok(make_folder(parent)?)
}

/// An output that exists may be a run to be continued.
fn refused(error: IoError, output: &Path) -> Failure {
    let unfinished = matches!(error, IoError::Exists { .. })
        && guard(output).is_ok()
        && RunFile::open(output).is_ok_and(|file| file.status() != crate::io::Status::Finished);
    let failure = Failure::from(error);
    if unfinished {
        return failure.help(format!(
            "it is a run that has not finished: reluflow resume {} continues it",
            quoted(output)
        ));
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_is_named_after_the_input() {
        assert_eq!(default_output(Path::new("a/mcycle.toml")), Path::new("output/mcycle.h5"));
        assert_eq!(default_output(Path::new("run.v2.csv")), Path::new("output/run.v2.h5"));
    }
}
