//! `reluflow analyse WEIGHTS.csv SAMPLES.csv`.

mod network;
mod words;

use std::path::{Path, PathBuf};

use crate::io::{IoError, RunFile, RunWriter, write_file};
use crate::report::{Gathered, run_page};
use crate::system::text;

use super::failure::{Exit, Failure};
use super::output::{note, print, print_json, tell};
use super::run::make_parent;
use super::threads::Threads;
use network::{Analysis, Network};

/// Look at a trained network from elsewhere: function, knots, regime, kernel, norms, landscape
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow analyse weights.csv samples.csv                     # columns c, a, b and x, y
  reluflow analyse weights.csv samples.csv --start before.csv  # with the same neurons before training
  reluflow analyse weights.csv samples.csv -o net.h5 --report net.html

Nothing is trained. The network is f(x) = 1/alpha Sum c [a x - b]_+ + output bias: mind the sign of b, which in most
frameworks is the other one. The file is a run file with one snapshot, at t = 0: plot, report, landscape and
kernel --run take it, and resume trains on from there. The page src/guide/from_pytorch.md of the manual has the lines of Python.")]
pub struct Args {
    /// Neurons: a CSV with columns c, a, b
    weights: PathBuf,
    /// Samples: a CSV with columns x, y
    samples: PathBuf,
    /// The same neurons before training: how far training has moved them, and what their kernel would have done
    #[arg(long, value_name = "WEIGHTS")]
    start: Option<PathBuf>,
    /// What the sum over neurons is divided by: 1, sqrt(m), or m
    #[arg(long, value_name = "ALPHA", default_value = "1", value_parser = ["1", "sqrt(m)", "m"])]
    scaling: String,
    /// Constant that the network adds [default: a column output_bias of the weights, or 0]
    #[arg(long, value_name = "B", value_parser = finite, allow_negative_numbers = true)]
    output_bias: Option<f64>,
    /// Where to write [default: <name of the weights>_analysis.h5 beside them]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also write a page for the browser
    #[arg(long, value_name = "FILE", conflicts_with = "no_file")]
    report: Option<PathBuf>,
    /// Replace existing files
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

fn finite(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_string())?;
    if value.is_finite() { Ok(value) } else { Err("not finite".to_string()) }
}

/// Most neurons that the page draws.
const DRAWN: usize = 4000;

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let output =
            (!self.no_file).then(|| self.output.clone().unwrap_or_else(|| default_output(&self.weights)));
        for path in output.iter().chain(&self.report) {
            self.refuse(path)?;
        }
        let read = |weights: &Path| Network::read(weights, &self.samples, &self.scaling, self.output_bias);
        let network = read(&self.weights)?;
        if !quiet {
            tell(&network.notices);
        }
        let start = self.start.as_deref().map(read).transpose()?;
        let found = Analysis::of(&network, start.as_ref())?;
        if let Some(output) = &output {
            write(output, &network, self.force)?;
        }
        if let (Some(output), Some(page)) = (&output, &self.report) {
            let file = RunFile::open(output)?;
            let run = Gathered::read(&file, DRAWN)?;
            write_file(page, run_page(&file, &run)?.as_bytes())?;
        }
        if self.json {
            print_json(&words::as_json(&network, &found, output.as_deref()))?;
        } else if !quiet {
            print(&words::as_text(&network, &found))?;
        }
        if !quiet {
            for path in output.iter().chain(&self.report) {
                note(&format!("written: {}", text::path(path)));
            }
        }
        Ok(Exit::Success)
    }

    /// Refuses an output that is there already, or is an input.
    fn refuse(&self, output: &Path) -> Result<(), Failure> {
        if output.exists() && !self.force {
            return Err(IoError::Exists { path: output.to_owned() }.into());
        }
        make_parent(output)
    }
}

/// The network as a run that is at its start.
fn write(output: &Path, network: &Network, force: bool) -> Result<(), Failure> {
    let mut writer = RunWriter::create(output, &network.description, force)?;
    let simulation = network.simulation()?;
    writer.write(&simulation.snapshot(), simulation.state(), &[], true)?;
    Ok(writer.finish()?)
}

fn default_output(weights: &Path) -> PathBuf {
    let stem = weights.file_stem().unwrap_or_default().to_string_lossy();
    weights.with_file_name(format!("{stem}_analysis.h5"))
}
