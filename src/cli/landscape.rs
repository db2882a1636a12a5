//! `reluflow landscape RUN`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::flow::{ParticleKind, residual_scale};
use crate::io::{LandscapeMoment, LandscapeTable, LossSlice, Particles, RunFile, write_landscape_file};
use crate::landscape::{Around, CAUSES, KnotSlice, Landscape, Neuron, SliceType};
use crate::math::even;
use crate::problem::{Measure, Neurons, ParticleLaw, Regions, knot_of};
use crate::run::{Description, Snapshot};
use crate::scenario::Scenario;
use crate::system::text;

use super::failure::{Exit, Failure};
use super::info::warn_unless_ordinary;
use super::output::{note, print, print_json};
use super::probe::guard;
use super::table::table;
use super::threads::Threads;

/// The loss around the states of a run: how critical they are, slices, the whole Hessian spectrum
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow landscape output/lifted.h5                      # the last snapshot -> output/lifted_landscape.h5
  reluflow landscape output/lifted.h5 --time 0 --neuron 7  # with the loss along the knot of neuron 7
  reluflow landscape output/lifted.h5 --all && reluflow plot output/lifted_landscape.h5

Needs all particles of the snapshots (output.particles = \"all\"); the last one is in every file. Runs of canonical
particles have no Hessian here. The page src/guide/landscape.md of the manual explains the numbers.")]
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
            print_json(&as_json(&found, output.as_deref()))?;
        } else if !quiet {
            print(&words(&description, &found))?;
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
            moments.push(state.moment(&snapshot, &neurons, i == last)?);
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

/// What all moments of a run share.
struct State<'a> {
    file: &'a RunFile,
    description: &'a Description,
    regions: Regions,
    /// Of a density or lifted particles.
    delta: Option<f64>,
    uncertainty: f64,
}

impl State<'_> {
    fn new<'a>(file: &'a RunFile, description: &'a Description) -> Result<State<'a>, Failure> {
        let law = if description.density.is_some() { Scenario::start_law(description)? } else { None };
        let delta = match law.map(|law| law.law) {
            Some(ParticleLaw::Lift { delta, .. }) => Some(delta),
            _ => None,
        };
        // Where steps are given, residuals are what they are.
        let controlled = description.flow.descriptor().learning_rate.is_none();
        let first = file.snapshot(0)?.residual.to_vec();
        let scale = residual_scale(&description.samples, &first);
        let uncertainty = if controlled { description.tolerance * scale } else { 0.0 };
        Ok(State { file, description, regions: Regions::new(&description.samples), delta, uncertainty })
    }

    fn has_hessian(&self) -> bool {
        let neurons = self.description.flow.particles() == ParticleKind::Neuron;
        neurons && (self.description.density.is_none() || self.delta.is_some())
    }

    /// The neurons of a snapshot; canonical particles with `c = r` and `w` of length 1. `None` if not all are stored.
    fn neurons(&self, index: usize) -> Result<Option<Vec<Neuron>>, Failure> {
        let (description, kappa) = (self.description, self.description.flow.kappa());
        if let (Some(densities), Some(grid)) = (self.file.densities(index)?, &description.density) {
            let (nodes, mass) = Particles::of_nodes(densities.nodes(grid, &self.regions));
            return Ok(Some(self.of_density(&nodes, &mass)?));
        }
        let count = description.mass.len();
        let stored = self.file.particles(index)?.filter(|particles| particles.index.len() == count);
        let all = match stored {
            Some(all) => all,
            None if index + 1 == self.file.len() => {
                match Particles::of_state(&self.file.checkpoint()?, kappa) {
                    Some(all) => all,
                    None => return Ok(None),
                }
            }
            None => return Ok(None),
        };
        let neuron = |i: usize| {
            let (mass, place) = (description.mass[i], all.place[i]);
            match all.c.is_empty() {
                true => Neuron { c: all.r[i], w: [all.theta[i].cos(), all.theta[i].sin()], mass, place },
                false => Neuron { c: all.c[i], w: [all.a[i], -all.b[i]], mass, place },
            }
        };
        Ok(Some((0..count).map(neuron).collect()))
    }

    /// Nodes of a density that hold mass, lifted if its law says how.
    fn of_density(&self, nodes: &Particles, mass: &[f64]) -> Result<Vec<Neuron>, Failure> {
        let held: Vec<usize> = (0..mass.len()).filter(|&i| mass[i] > 0.0).collect();
        let pick = |values: &[f64]| held.iter().map(|&i| values[i]).collect::<Vec<f64>>();
        let (r, theta, mass) = (pick(&nodes.r), pick(&nodes.theta), pick(mass));
        let total: f64 = mass.iter().sum();
        let shares = mass.iter().map(|mass| mass / total).collect();
        let measure = Measure::new(r.clone(), theta.clone(), shares).map_err(Failure::computation)?;
        let lifted = match self.delta {
            Some(delta) => Some(
                Neurons::lifted(&measure, self.description.flow.kappa(), delta)
                    .map_err(Failure::computation)?,
            ),
            None => None,
        };
        let neuron = |i: usize| {
            let (mass, place) = (mass[i], nodes.place[held[i]]);
            match &lifted {
                Some(all) => Neuron { c: all.c()[i], w: [all.a()[i], -all.b()[i]], mass, place },
                None => Neuron { c: r[i], w: [theta[i].cos(), theta[i].sin()], mass, place },
            }
        };
        Ok((0..held.len()).map(neuron).collect())
    }

    fn moment(
        &self,
        snapshot: &Snapshot,
        neurons: &[Neuron],
        directions: bool,
    ) -> Result<LandscapeMoment, Failure> {
        let (description, has_hessian) = (self.description, self.has_hessian());
        let rho = snapshot.residual.to_vec();
        let around = Around {
            samples: &description.samples,
            regions: &self.regions,
            rho: &rho,
            kappa: description.flow.kappa(),
            layers: description.flow.descriptor().trains,
            uncertainty: self.uncertainty,
            directions,
        };
        let mut landscape = Landscape::new(&around, neurons.len(), |i| neurons[i]).map_err(|error| {
            Failure::computation(format_args!("t = {}: LAPACK: {error}", text::time(snapshot.time)))
        })?;
        if !has_hessian {
            landscape.critical.gradient_norm = snapshot.energy_dissipation.max(0.0).sqrt();
        }
        Ok(LandscapeMoment {
            time: snapshot.time,
            loss: snapshot.loss,
            residual: rho,
            landscape,
            has_hessian,
        })
    }
}

fn default_output(run: &Path) -> PathBuf {
    let stem = run.file_stem().unwrap_or_default().to_string_lossy();
    run.with_file_name(format!("{stem}_landscape.h5"))
}

fn figure(value: f64) -> String {
    text::digits(value, 4)
}

/// Types of the samples, counted.
fn counted<'a>(types: impl Iterator<Item = &'a SliceType>) -> String {
    let types: Vec<&SliceType> = types.collect();
    let kinds = [SliceType::Attractor, SliceType::Repulsor, SliceType::Passthrough, SliceType::DeadEdge];
    let one = |kind: &SliceType| format!("{} {}", types.iter().filter(|t| **t == kind).count(), kind.name());
    kinds.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn words(description: &Description, found: &LandscapeTable) -> String {
    let moment = &found.moments[found.moments.len() - 1];
    let (landscape, hessian) = (&moment.landscape, &moment.landscape.hessian);
    let pieces = &landscape.pieces;
    let pinned = pieces.pinned.iter().filter(|pinned| **pinned).count();
    let mut rows = vec![
        vec!["t".to_string(), text::time(moment.time)],
        vec!["loss".to_string(), figure(moment.loss)],
        vec!["norm of the gradient of m L".to_string(), figure(landscape.critical.gradient_norm)],
        vec!["largest deviation from least-squares lines".to_string(), figure(landscape.critical.worst())],
        vec![
            "pieces that hold samples".to_string(),
            format!(
                "{} of {} samples{}{}",
                pieces.samples.len(),
                found.x.len(),
                if pieces.is_lonely() { ": lonely" } else { "" },
                if pinned > 0 { format!("; neurons pinned to {pinned}") } else { String::new() }
            ),
        ],
        vec!["samples, for neurons that turn".to_string(), counted(landscape.turning.iter().flatten())],
        vec![
            "samples, for knots that move (S Thm 3)".to_string(),
            format!("{}; {} otherwise", counted(landscape.knots.iter().flatten()), landscape.disagreements()),
        ],
    ];
    if !pieces.has_active_on_all {
        rows.push(vec![
            "no neuron is active on all samples".to_string(),
            "S Thm 4 does not apply".to_string(),
        ]);
    }
    if moment.has_hessian {
        let [negative, zero, positive] = hessian.signs;
        let [least, most] = hessian.spectrum.range();
        rows.push(vec![
            "Hessian of m L".to_string(),
            format!(
                "{} eigenvalues: {negative} negative, {zero} zero (below {}), {positive} positive",
                hessian.spectrum.len(),
                figure(hessian.zero)
            ),
        ]);
        rows.push(vec!["least and largest".to_string(), format!("{}, {}", figure(least), figure(most))]);
        if let Some(smallest) = hessian.spectrum.least_positive(hessian.zero) {
            rows.push(vec!["condition of the positive ones".to_string(), figure(most / smallest)]);
        }
        let causes = CAUSES.iter().zip(hessian.zeros.by_cause).filter(|(_, count)| *count > 0);
        let causes: Vec<String> = causes.map(|(cause, count)| format!("{count} {cause}")).collect();
        rows.push(vec!["zeros by cause".to_string(), causes.join(", ")]);
        let bulk: usize = hessian.spectrum.bulk.iter().map(|line| line.multiplicity).sum();
        rows.push(vec![
            "in the bulk".to_string(),
            format!(
                "{bulk}, of {} values; {} others",
                hessian.spectrum.bulk.len(),
                hessian.spectrum.others.len()
            ),
        ]);
    } else {
        rows.push(vec!["Hessian".to_string(), without_hessian(description).to_string()]);
    }
    let mut text = table(&rows, &[]);
    if let Some(slice) = &found.slice {
        let types = slice.slice.types();
        let _ = write!(
            text,
            "\nneuron {}: knot at {}, delta-slope {}; along its knot {}\n",
            slice.neuron,
            figure(slice.knot),
            figure(slice.delta_slope),
            counted(types.iter())
        );
    }
    text
}

fn without_hessian(description: &Description) -> &'static str {
    match description.flow.particles() {
        ParticleKind::Canonical => "none: neurons of a region share no part of it in (r, theta)",
        ParticleKind::Neuron => "none: a density with many values of delta does not store c and w apart",
    }
}

fn as_json(found: &LandscapeTable, output: Option<&Path>) -> Value {
    let one = |moment: &LandscapeMoment| {
        let (landscape, hessian) = (&moment.landscape, &moment.landscape.hessian);
        let types = |types: &[[SliceType; 2]]| -> Vec<[&str; 2]> {
            types.iter().map(|pair| pair.map(SliceType::name)).collect()
        };
        let pieces: Vec<[usize; 2]> = landscape.pieces.samples.iter().map(|p| [p.start, p.end]).collect();
        let spectrum = moment.has_hessian.then(|| {
            let bulk: Vec<Value> = hessian
                .spectrum
                .bulk
                .iter()
                .map(|line| json!({ "eigenvalue": line.value, "multiplicity": line.multiplicity, "mass": line.mass }))
                .collect();
            json!({
                "count": hessian.spectrum.len(),
                "zero_below": hessian.zero,
                "negative": hessian.signs[0],
                "zero": hessian.signs[1],
                "positive": hessian.signs[2],
                "zero_by_cause": CAUSES.iter().zip(hessian.zeros.by_cause).collect::<std::collections::BTreeMap<_, _>>(),
                "others": hessian.spectrum.others,
                "bulk": bulk,
            })
        });
        json!({
            "time": moment.time,
            "loss": moment.loss,
            "gradient_norm": landscape.critical.gradient_norm,
            "deviation": landscape.critical.worst(),
            "lonely": landscape.pieces.is_lonely(),
            "pieces": pieces,
            "active_on_all": landscape.pieces.has_active_on_all,
            "turning_types": types(&landscape.turning),
            "knot_types": types(&landscape.knots),
            "types_that_differ": landscape.disagreements(),
            "hessian": spectrum,
        })
    };
    let slice = found.slice.as_ref().map(|slice| {
        json!({
            "neuron": slice.neuron,
            "knot": slice.knot,
            "delta_slope": slice.delta_slope,
            "types": slice.slice.types().iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        })
    });
    json!({ "file": output, "moments": found.moments.iter().map(one).collect::<Vec<_>>(), "slice": slice })
}
