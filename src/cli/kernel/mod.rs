//! `reluflow kernel SCENARIO`.

mod json;
mod law;
mod norm_fits;
mod run;
mod text;

use std::path::{Path, PathBuf};

use crate::flow::Flow;
use crate::io::write_kernel_file;
use crate::kernel::{Kernel, KernelError, Report, Request};
use crate::math::norm::worst;
use crate::problem::{Measure, Sampling, Start};
use crate::run::Description;
use crate::scenario::Scenario;
use crate::scenario::needs::Need;
use crate::study;

use super::failure::{Exit, Failure};
use super::output::{note, print, print_json, tell};
use super::run::{is_same_file, make_parent};
use super::threads::Threads;

/// With more samples than this the work is done in linear time and memory.
const DENSE: usize = 1000;

/// Fits by straight pieces are computed unasked up to this many samples: they take their square.
const PIECES: usize = 5000;
const MOST_PIECES: u32 = 8;

/// Widened ranges of knots are computed unasked up to this many samples: each takes a
/// decomposition.
const MANY: usize = 300;

/// Compute the kernel regime of a scenario's start law in closed form, beside splines
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow kernel scenarios/square.toml
  reluflow kernel data.csv --tv 0,0.01 -o fits.h5            # with fits of least Int |f''|, and of least Int |r| mu
  reluflow kernel scenarios/step.toml --run output/step.h5   # beside a particle run
  reluflow kernel scenarios/square.toml --monte-carlo 1000000 --no-file

Random features: only output weights learn. Tangent kernel: all weights, linearised. Times are
mean-field times. The page src/guide/kernel_regime.md of the manual explains the tables.")]
pub struct Args {
    /// A scenario (.toml), or a table of samples (.csv, .tsv, .txt, .dat)
    #[arg(value_name = "SCENARIO|CSV")]
    input: PathBuf,
    /// The kernel file [default: output/<name of the input>_kernel.h5]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the kernel file if it exists
    #[arg(long)]
    force: bool,
    /// Write no file
    #[arg(long, conflicts_with = "output")]
    no_file: bool,
    /// A particle run of the same samples, to be set beside the kernel regime
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Start from zero, as infinitely many neurons do, or from the function of the scenario's particles
    #[arg(long, value_enum, default_value = "zero")]
    start: StartFunction,
    /// A function is reached when this share of the way to it is left
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, value_parser = share)]
    within: f64,
    /// lambda of the smoothing spline [default: by generalised cross-validation]
    #[arg(long, value_name = "LAMBDA", value_parser = not_negative)]
    smoothing: Option<f64>,
    /// Add kernel ridge regression with this lambda: least 1/2 sum n rho^2 + lambda/2 |f|^2
    #[arg(long, value_name = "LAMBDA", value_parser = positive)]
    ridge: Option<f64>,
    /// Neurons of the random starts over which mean and deviation are told; 0 for none [default: the scenario's, if it draws
    /// them and has at most 1000 samples]
    #[arg(long, value_name = "N")]
    width: Option<u32>,
    /// All eigenvalues of the kernel matrices, or linear time and memory [default: linear above 1000 samples]
    #[arg(long, value_enum, default_value = "auto", hide_default_value = true)]
    solver: Solver,
    /// Weights lambda of the functions that fit at least cost, in both norms; 0 for interpolants [default: that of the
    /// scenario: flow.tv, or flow.weight_decay / kappa]
    #[arg(long, value_name = "LAMBDAS", value_delimiter = ',', value_parser = not_negative)]
    tv: Option<Vec<f64>>,
    /// Factors by which the range of the knots is widened; 0 for none [default: 1,2,4,10,100 up to 300 samples]
    #[arg(long, value_name = "FACTORS", value_delimiter = ',', value_parser = not_negative)]
    knots: Option<Vec<f64>>,
    /// Times at which the path is stored [default: ten per factor of ten]
    #[arg(long, value_name = "TIMES", value_delimiter = ',', value_parser = not_negative)]
    times: Option<Vec<f64>>,
    /// Positions x0 of the stored slices K(x0, .) [default: first, middle and last sample]
    #[arg(long, value_name = "X0", value_delimiter = ',', allow_negative_numbers = true, value_parser = finite)]
    slices: Option<Vec<f64>>,
    /// Points at which functions are stored
    #[arg(long, value_name = "N", default_value_t = 401, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    points: u32,
    /// Most pieces of the fits by straight pieces; 0 for none [default: 8 up to 5000 samples]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    pieces: Option<u32>,
    /// Check the kernels with this many random neurons
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000_000))]
    monte_carlo: u32,
    /// Seed of the random neurons
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print the tables as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Where gradient flow starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum StartFunction {
    /// The function 0
    Zero,
    /// The function of the particles that the scenario draws or reads
    Particles,
}

/// How kernels are worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Solver {
    /// By the number of samples
    Auto,
    /// All eigenvalues: the square of the samples in memory, their cube in time
    Dense,
    /// Extreme eigenvalues alone: linear time and memory
    Linear,
}

fn finite(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_string())?;
    if value.is_finite() { Ok(value) } else { Err("not finite".to_string()) }
}

fn not_negative(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if value >= 0.0 { Ok(value) } else { Err("negative: give 0 or more".to_string()) }
}

fn positive(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if value > 0.0 { Ok(value) } else { Err("give more than 0".to_string()) }
}

fn share(text: &str) -> Result<f64, String> {
    let value = finite(text)?;
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err("give a share above 0 and below 1".to_string()) }
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let Scenario { description, start, law, notices, .. } = study::read_without_run(&self.input)?;
        if !quiet {
            tell(&notices);
        }
        let output =
            (!self.no_file).then(|| self.output.clone().unwrap_or_else(|| default_output(&self.input)));
        if let Some(output) = &output {
            self.check_output(output)?;
        }
        let (samples, kappa) = (&description.samples, description.flow.kappa());
        let start = start.with_particles(samples.x(), kappa).map_err(Failure::computation)?;
        let start_law = law::start_law(law.as_ref(), &start);
        let law_words = law::describe(&start_law, description.output_bias);
        let start_words = match self.start {
            StartFunction::Zero if description.output_bias.start != 0.0 => "the output bias",
            StartFunction::Zero => "zero",
            StartFunction::Particles => "that of the scenario's particles",
        };
        let linear = match self.solver {
            Solver::Auto => samples.len() > DENSE,
            solver => solver == Solver::Linear,
        };
        if linear && self.monte_carlo > 0 {
            return Err(Failure::usage(format!(
                "--monte-carlo needs the kernel matrices of {} samples: give --solver dense, or at most {DENSE} samples",
                samples.len()
            )));
        }
        let pieces = self.pieces.unwrap_or(if samples.len() <= PIECES { MOST_PIECES } else { 0 });
        let lambdas = self.lambdas(&description.flow);
        let request = Request {
            ridge: self.ridge,
            width: self.width(&description, law.is_some(), linear)?,
            linear,
            kappa,
            output_bias: description.output_bias.start,
            start: if self.start == StartFunction::Particles {
                Some(canonical(&start, kappa)?)
            } else {
                None
            },
            bound: self.within,
            smoothing: self.smoothing,
            tv: lambdas.iter().copied().find(|&lambda| lambda > 0.0).unwrap_or(0.0),
            points: self.points as usize,
            times: self.times.as_ref().map(|times| ascending(times)),
            knot_factors: self.knot_factors(samples.len()),
            slices: self.slices.clone().unwrap_or_else(|| default_slices(samples.x())),
            draws: self.monte_carlo as usize,
            seed: self.seed,
            pieces: pieces as usize,
        };
        let need = match (linear, &request.times) {
            (false, _) => Need::of_kernel(samples.len(), request.points),
            (true, times) => Need::of_linear_kernel(samples.len(), times.as_ref().map_or(0, Vec::len)),
        };
        need.check()
            .map_err(|(problem, remedy)| Failure::usage(format!("kernel: {problem}")).help(remedy))?;
        let kernel = Kernel::new(start_law).with_output_bias(description.output_bias.rate / (kappa * kappa));
        let report = Report::new(samples, kernel, &request)?;
        // What moves at no cost is another problem: none of these have a bias that trains.
        let weights = if description.output_bias.rate == 0.0 { &lambdas[..] } else { &[] };
        let fits = norm_fits::fits(samples, weights, description.output_bias.start, &report)?;
        let view = self.run.as_ref().map(|run| run::view(run, &report, quiet)).transpose()?;
        if let Some(output) = &output {
            let rows = view.as_ref().map_or(&[][..], |view| &view.rows);
            write_kernel_file(
                output,
                &description,
                &report,
                (&fits.fits, rows),
                [&law_words, start_words],
                self.force,
            )?;
        }
        if !quiet {
            warn_of_lost_modes(&report);
            let remark = view.as_ref().and_then(|view| view.remark.as_ref());
            remark.iter().for_each(|remark| note(&format!("note: {remark}")));
        }
        if self.json {
            let mut value = json::report(&report, self.within);
            value["file"] = output.map_or(serde_json::Value::Null, |path| path.to_string_lossy().into());
            value["start_law"] = law_words.into();
            value["norm_fits"] = norm_fits::json(&fits, view.as_ref());
            value["run"] =
                view.map_or(serde_json::Value::Null, |view| json::run(&report, &view, self.within));
            print_json(&value)?;
        } else if !quiet {
            let x = samples.x();
            let mut heading = vec![
                description.title.clone(),
                format!(
                    "{} samples, x from {} to {}",
                    samples.len(),
                    text::figure(x[0]),
                    text::figure(x[x.len() - 1])
                ),
                format!(
                    "start law: {law_words}; start function: {start_words}; kappa = {}",
                    text::figure(kappa)
                ),
                format!("kernels: {}", how_computed(&report)),
            ];
            let remarks = report.curves().filter(|curve| !curve.remark.is_empty());
            heading.extend(remarks.map(|curve| format!("{}: {}", curve.title, curve.remark)));
            print(&text::report(&heading, &report, self.within))?;
            print(&norm_fits::text(&fits, view.as_ref()))?;
            if let Some(view) = &view {
                print(&text::run(&report, view, self.within))?;
            }
            if let Some(output) = output {
                note(&format!(
                    "functions, paths and kernels are in {}",
                    crate::system::text::path(output.as_path())
                ));
            }
        }
        Ok(Exit::Success)
    }

    fn check_output(&self, output: &Path) -> Result<(), Failure> {
        if is_same_file(output, &self.input) {
            let output = super::failure::quoted(output);
            return Err(Failure::usage(format!("{output} is the input: choose another output")));
        }
        if output.exists() && !self.force {
            return Err(crate::io::IoError::Exists { path: output.to_owned() }.into());
        }
        make_parent(output)
    }

    /// Neurons of the random starts that are told of.
    fn width(&self, description: &Description, drawn: bool, linear: bool) -> Result<usize, Failure> {
        if self.width.unwrap_or(u32::from(!linear)) == 0 {
            return Ok(0);
        }
        let refused = |why: &str| match self.width {
            Some(_) => Err(Failure::usage(format!("--width: {why}"))),
            None => Ok(0),
        };
        match Scenario::start_law(description)? {
            Some(start) if start.law.antisymmetric() => {
                refused("measure.antisymmetric makes every start the function 0: there is no deviation")
            }
            Some(_) if drawn => match self.width {
                Some(width) => Ok(width as usize),
                None if matches!(description.sampling, Sampling::Iid | Sampling::Sobol) => {
                    Ok(description.mass.len())
                }
                None => Ok(0),
            },
            _ => refused("the scenario's particles are taken as they are: there is no law of random starts"),
        }
    }

    /// Weights of the fits in both norms.
    fn lambdas(&self, flow: &Flow) -> Vec<f64> {
        let own = if flow.decay() > 0.0 { flow.decay() / flow.kappa() } else { flow.tv() };
        self.tv.clone().unwrap_or_else(|| if own > 0.0 { vec![own] } else { vec![] })
    }

    fn knot_factors(&self, samples: usize) -> Vec<f64> {
        match &self.knots {
            Some(factors) => factors.iter().copied().filter(|&factor| factor > 0.0).collect(),
            None if samples <= MANY => vec![1.0, 2.0, 4.0, 10.0, 100.0],
            None => vec![],
        }
    }
}

/// The particles `(r, theta)` of a start.
fn canonical(start: &Start, kappa: f64) -> Result<Measure, Failure> {
    match start {
        Start::Canonical(measure) => Ok(measure.clone()),
        Start::Lifted(neurons) => neurons.canonical(kappa).map_err(Failure::computation),
        Start::Density(_) => unreachable!("it has been given particles"),
    }
}

fn default_output(input: &Path) -> PathBuf {
    let stem = input.file_stem().unwrap_or_default().to_string_lossy();
    Path::new("output").join(format!("{stem}_kernel.h5"))
}

fn default_slices(x: &[f64]) -> Vec<f64> {
    let mut slices = vec![x[0], x[x.len() / 2], x[x.len() - 1]];
    slices.dedup();
    slices
}

fn ascending(times: &[f64]) -> Vec<f64> {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// Closed forms, or how far off the quadrature may be.
fn how_computed(report: &Report) -> String {
    if !report.kernel.is_quadrature() {
        return "closed form, exact to rounding".to_string();
    }
    let x = report.samples.x();
    let worst = worst(
        [x[0], x[x.len() / 2], x[x.len() - 1]]
            .map(|x| report.kernel.features_error(x, x) / report.kernel.features(x, x)),
    );
    format!("adaptive quadrature, relative error below {worst:.0e}")
}

/// A limit that misses the samples by more than this share of the range of `y` is spoken of.
const MISSES: f64 = 1e-6;

/// No limit is silently other than it should be.
fn warn_of_lost_modes(report: &Report) {
    let y = report.samples.y();
    let (low, high) = y.iter().fold((f64::MAX, f64::MIN), |(low, high), &y| (low.min(y), high.max(y)));
    for regime in &report.regimes {
        let (lost, condition) = (regime.flow.dropped(), regime.flow.condition_number());
        let off = worst(regime.limit.at_samples.iter().zip(y).map(|(f, y)| f - y));
        let name = regime.regime.name().replace('_', "-");
        if lost > 0 {
            note(&format!(
                "note: {lost} of {} modes of the {name} kernel have no rate that rounding tells from zero (condition \
                 number {condition:.0e}) and stay as they start: its limit is regularised and misses the samples by \
                 up to {off:.1e}",
                y.len(),
            ));
        } else if off > MISSES * (high - low) {
            note(&format!(
                "note: the {name} kernel has condition number {condition:.0e}: by rounding, its limit misses the \
                 samples by up to {off:.1e}"
            ));
        }
    }
}

impl From<KernelError> for Failure {
    fn from(error: KernelError) -> Failure {
        Failure::computation(error)
    }
}
