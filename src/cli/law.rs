//! `reluflow law SCENARIO`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::io::{FiniteStart, LawTable, write_law_file};
use crate::math::even;
use crate::problem::{FunctionLaw, ParticleLaw, Sampling, lonely_probability};
use crate::run::{Description, StartLaw};
use crate::scenario::Scenario;
use crate::study;
use crate::system::text;

use super::failure::{Exit, Failure};
use super::output::{note, print, print_json};
use super::run::{is_same_file, make_parent};
use super::table::table;
use super::threads::Threads;

/// The start law of a scenario in function space: knots, delta-slopes, roughness, lonely starts
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow law scenarios/square.toml                        # -> output/square_law.h5
  reluflow law scenarios/lifted.toml --draw 2000 && reluflow plot output/lifted_law.h5
  reluflow law scenarios/wide.toml --no-file --json

A neuron c [a x - b]_+ has its knot at b/a and changes the slope by its delta-slope c a times kappa and its
mass. Densities are closed forms; the page src/guide/landscape.md of the manual has them.")]
pub struct Args {
    /// A scenario (.toml) with a law, or a table of samples (.csv, .tsv, .txt, .dat)
    #[arg(value_name = "SCENARIO|CSV")]
    input: PathBuf,
    /// The law file [default: output/<name of the input>_law.h5]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the law file if it exists
    #[arg(long)]
    force: bool,
    /// Write no file
    #[arg(long, conflicts_with = "output")]
    no_file: bool,
    /// Store this many drawn neurons, with the scenario's seed, for the figure
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=10_000_000))]
    draw: u32,
    /// Starts that are drawn to simulate the tail of the roughness [default: 10000, fewer of wide networks]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    starts: Option<u32>,
    /// Print the numbers as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

/// Points of the grid of knots, and of delta-slopes; the second is even, so that 0 is not among them.
const POINTS: [usize; 2] = [301, 240];
/// The grid of knots reaches this part of the samples' range beyond them.
const BEYOND: f64 = 0.75;
/// And that of delta-slopes this many root mean squares.
const REACH: f64 = 4.0;
/// Excesses of the roughness, in standard deviations.
const EXCESSES: [f64; 5] = [0.5, 1.0, 2.0, 3.0, 5.0];
/// Neurons that are drawn for the tail unless told otherwise, and the most starts.
const DRAWS: usize = 20_000_000;
const STARTS: usize = 10_000;

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let description = study::read_without_run(&self.input)?.description;
        let Some(start) = Scenario::start_law(&description)? else {
            return Err(Failure::usage(format_args!(
                "{}: its particles come from a file, which is no law",
                text::path(&self.input)
            ))
            .help("give measure.law instead of measure.file; reluflow convert RUN --to knots lists knots of particles"));
        };
        let output =
            (!self.no_file).then(|| self.output.clone().unwrap_or_else(|| default_output(&self.input)));
        if let Some(output) = &output {
            self.check_output(output)?;
        }
        let found = self.table(&description, &start);
        if let Some(output) = &output {
            write_law_file(output, &description, &found, self.force)?;
        }
        if self.json {
            print_json(&as_json(&found, output.as_deref()))?;
        } else if !quiet {
            print(&words(&description, &start, &found))?;
        }
        if let (false, Some(output)) = (quiet, &output) {
            note(&format!("densities on grids are in {0}; reluflow plot {0} draws them", text::path(output)));
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

    fn table(&self, description: &Description, start: &StartLaw) -> LawTable {
        let neurons = neurons(description, start);
        let law = FunctionLaw::new(&start.law, description.flow.kappa(), neurons.unwrap_or(1));
        let x = description.samples.x();
        let (low, high) = (x[0], x[x.len() - 1]);
        let beyond = if high > low { BEYOND * (high - low) } else { 1.0 };
        let knot = even::points(low - beyond, high + beyond, POINTS[0]);
        let reach = REACH * law.delta_slope_moments()[0].sqrt();
        let has_density = law.delta_slope_density(0.5 * reach).is_ok();
        let delta_slope = if has_density { even::points(-reach, reach, POINTS[1]) } else { vec![] };
        let joint = |knot: &f64| -> Vec<f64> {
            delta_slope.iter().map(|mu| law.density(*knot, *mu).unwrap_or(f64::NAN)).collect()
        };
        let with_density = if law.has_knot_density() { &knot[..] } else { &[] };
        let seed = description.seed.unwrap_or(0);
        LawTable {
            law: description.measure_source.clone(),
            mass: 1.0 / neurons.unwrap_or(1) as f64,
            x: x.to_vec(),
            density: with_density.iter().flat_map(joint).collect(),
            knot_density: with_density.iter().map(|x| law.knot_density(*x)).collect(),
            knot_below: knot.iter().map(|x| law.knot_below(*x)).collect(),
            delta_slope_density: delta_slope
                .iter()
                .map(|mu| law.delta_slope_density(*mu).unwrap_or(f64::NAN))
                .collect(),
            knot,
            delta_slope,
            delta_slope_square: law.delta_slope_moments()[0],
            share_in_range: law.knots_within(low, high),
            delta_mean: delta_mean(start),
            finite: neurons.map(|neurons| self.finite(&law, neurons, x, seed)),
            drawn: law.drawn(self.draw as usize, seed),
        }
    }

    fn finite(&self, law: &FunctionLaw, neurons: usize, x: &[f64], seed: u64) -> FiniteStart {
        let gaps: Vec<f64> =
            x.windows(2).map(|pair| law.knot_below(pair[1]) - law.knot_below(pair[0])).collect();
        let deviation = law.roughness_variance().sqrt();
        let mut finite = FiniteStart {
            neurons,
            lonely: lonely_probability(&gaps, law.separate_knots()),
            roughness_mean: law.roughness_mean(),
            roughness_variance: law.roughness_variance(),
            ..FiniteStart::default()
        };
        // Of one roughness there is no tail.
        if deviation > 0.0 {
            let starts = self.starts.map_or((DRAWS / neurons).clamp(1, STARTS), |starts| starts as usize);
            let drawn = law.drawn_roughness(starts, seed);
            finite.starts = starts;
            finite.excess = EXCESSES.map(|excess| excess * deviation).to_vec();
            finite.bound = finite.excess.iter().map(|excess| law.roughness_bound(*excess)).collect();
            let share = |excess: &f64| {
                let above = drawn.iter().filter(|r| **r - finite.roughness_mean >= *excess).count();
                above as f64 / starts as f64
            };
            finite.simulated = finite.excess.iter().map(share).collect();
        }
        finite
    }
}

/// How many neurons the start has; `None` of a quadrature or a density, which stands for infinitely many unless the
/// law or the scaling knows the width.
fn neurons(description: &Description, start: &StartLaw) -> Option<usize> {
    let limit = matches!(description.sampling, Sampling::Quadrature { .. } | Sampling::Density { .. });
    let knows_width = start.law.depends_on_width() || description.flow.kappa() != 1.0;
    (!limit || knows_width).then_some(start.width)
}

/// `E (c^2 - |w|^2)`; NaN of canonical particles.
fn delta_mean(start: &StartLaw) -> f64 {
    match start.law {
        ParticleLaw::Canonical(_) => f64::NAN,
        ParticleLaw::Lift { delta, .. } => delta,
        ParticleLaw::Neurons(_) => {
            start.law.drawn(start.width, start.balance).map_or(f64::NAN, |law| law.mean_delta())
        }
    }
}

fn default_output(input: &Path) -> PathBuf {
    let stem = input.file_stem().unwrap_or_default().to_string_lossy();
    Path::new("output").join(format!("{stem}_law.h5"))
}

fn figure(value: f64) -> String {
    text::digits(value, 4)
}

fn words(description: &Description, start: &StartLaw, found: &LawTable) -> String {
    let law = FunctionLaw::new(&start.law, description.flow.kappa(), (1.0 / found.mass).round() as usize);
    let (first, last) = (found.x[0], found.x[found.x.len() - 1]);
    let mut rows = vec![
        vec!["start law".to_string(), description.measure_source.clone()],
        vec!["knots b/a".to_string(), law.knots_in_words()],
        vec![
            format!("knots in [{}, {}], the range of the samples", text::number(first), text::number(last)),
            text::percent(found.share_in_range, 4),
        ],
        vec![
            match found.finite {
                Some(_) => "delta-slopes, root mean square".to_string(),
                None => "delta-slopes of neurons of mass 1, root mean square".to_string(),
            },
            figure(found.delta_slope_square.sqrt()),
        ],
    ];
    if found.delta_mean.is_finite() {
        rows.push(vec!["mean of delta = c^2 - |w|^2".to_string(), figure(found.delta_mean)]);
    }
    let Some(start) = &found.finite else {
        rows.push(vec![
            "infinite width".to_string(),
            "knots in every gap of the samples that the law reaches, roughness Sum mu_i^2 = 0".to_string(),
        ]);
        return table(&rows, &[]);
    };
    rows.push(vec![
        format!("no two of {} samples in one piece (lonely), {} knots", found.x.len(), law.separate_knots()),
        format!("probability {}", figure(start.lonely)),
    ]);
    rows.push(vec![
        "roughness Sum mu_i^2".to_string(),
        format!(
            "mean {}, standard deviation {}",
            figure(start.roughness_mean),
            figure(start.roughness_variance.sqrt())
        ),
    ]);
    let mut text = table(&rows, &[]);
    if !start.excess.is_empty() {
        let heading = [
            "excess of the roughness".to_string(),
            "Cantelli: at most".to_string(),
            format!("of {} starts", start.starts),
        ];
        let mut rows = vec![heading.to_vec()];
        for i in 0..start.excess.len() {
            rows.push([start.excess[i], start.bound[i], start.simulated[i]].map(figure).to_vec());
        }
        text += &format!("\n{}", table(&rows, &[0, 1, 2]));
    }
    text
}

fn as_json(found: &LawTable, output: Option<&Path>) -> Value {
    let start = found.finite.as_ref().map(|start| {
        json!({
            "neurons": start.neurons,
            "lonely": start.lonely,
            "roughness_mean": start.roughness_mean,
            "roughness_variance": start.roughness_variance,
            "excess": start.excess,
            "roughness_bound": start.bound,
            "roughness_tail": start.simulated,
            "starts": start.starts,
        })
    });
    json!({
        "file": output,
        "start_law": found.law,
        "share_in_range": found.share_in_range,
        "delta_slope_square": found.delta_slope_square,
        "delta_mean": found.delta_mean.is_finite().then_some(found.delta_mean),
        "start": start,
    })
}
