//! `reluflow convert RUN`.

mod cells;

use std::fmt::Write;
use std::path::PathBuf;

use crate::flow::ParticleKind;
use crate::io::{Particles, RunFile, Status, write_file};
use crate::problem::{Knots, Measure, Neurons, ProblemError, Regions};
use crate::run::Description;
use crate::system::text;

use super::failure::{Exit, Failure};
use super::output::{note, print};
use super::probe::guard;

/// Write a snapshot as CSV: its particles as neurons, canonical particles or knots, or the cells of a density
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow convert output/lifted.h5 --to knots -o knots.csv
  reluflow convert output/density.h5 --to density --time 1 -o cells.csv

Columns: neurons c, a, b; canonical r, theta; knots knot, orientation, delta_slope (empty where a
neuron has no slope) with r, theta; mass always; and output_bias, the same in every row, if the
network has one. measure.file of a scenario reads all of them.
Conversions use the run's kappa; canonical particles become neurons with --delta.

Of runs with measure.representation = \"density\": place (free, pinned, dead, stuck, stuck and pinned,
outside), place_index (region or boundary), r_low, r_high, theta_low, theta_high (edges; two that are
equal are a line, or r = 0), density (per unit of those lengths that are not 0) and mass. Cells that
hold nothing are left out; outside is what lies beyond the stored amplitudes. Masses sum to 1.")]
pub struct Args {
    /// The run file
    run: PathBuf,
    /// What to write
    #[arg(long, value_enum)]
    to: To,
    /// Time of the snapshot [default: the last]
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    time: Option<f64>,
    /// Invariant c^2 - |w|^2 of every neuron that canonical particles become
    #[arg(long, allow_negative_numbers = true)]
    delta: Option<f64>,
    /// Where to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long, requires = "output")]
    force: bool,
}

/// The parameters of a particle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// Output weight c, slope a, offset b
    Neurons,
    /// Amplitude r = kappa c |w|, direction theta = atan2(-b, a)
    Canonical,
    /// Knot b / a, orientation sign(a), delta-slope kappa mass c a
    Knots,
    /// Cells, lines and stuck mass of a run that solves for its density
    Density,
}

/// A measure as the run has it.
enum Found {
    Canonical(Measure),
    Neurons(Neurons),
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        if let Some(output) = self.output.as_ref().filter(|output| output.exists() && !self.force) {
            return Err(Failure::usage(format_args!("{}: exists", text::path(output)))
                .help("choose another name with -o, or replace it with --force"));
        }
        guard(&self.run)?;
        let file = RunFile::open(&self.run)?;
        let description = file.description()?;
        let index = self.snapshot(&file)?;
        let kappa = description.flow.kappa();
        let mut text = format!(
            "# {}, t = {:?}, flow {}, kappa = {kappa:?}\n",
            // A line end in the name would end the comment.
            text::line(&self.run.file_name().unwrap_or_default().to_string_lossy()),
            file.time(index)?,
            description.flow.name()
        );
        let bias = match description.output_bias.is_some() {
            true => Some(file.snapshot(index)?.output_bias),
            false => None,
        };
        if let (To::Density, Some(bias)) = (self.to, bias) {
            let _ = writeln!(text, "# output_bias = {bias:?}");
        }
        let found = || {
            let particles = self.particles(&file, &description, index)?;
            self.found(particles, &description)
        };
        match self.to {
            To::Density => {
                let stored = description.density.zip(file.densities(index)?);
                let (grid, densities) = stored.ok_or_else(|| self.no_density())?;
                cells::rows(&mut text, &grid, &densities, &Regions::new(&description.samples));
            }
            To::Neurons => neurons(&mut text, &self.neurons(found()?, kappa)?, bias),
            To::Canonical => canonical(&mut text, &self.canonical(found()?, kappa)?, bias),
            To::Knots => {
                let found = found()?;
                let knots = match &found {
                    Found::Canonical(measure) => Knots::of_measure(measure),
                    Found::Neurons(neurons) => Knots::of_neurons(neurons, kappa),
                };
                if !quiet {
                    report(&knots);
                }
                knot_rows(&mut text, &knots, &self.canonical(found, kappa)?, bias);
            }
        }
        match &self.output {
            None => print(&text)?,
            Some(output) => write_file(output, text.as_bytes())?,
        }
        Ok(Exit::Success)
    }

    /// The snapshot that was asked for.
    fn snapshot(&self, file: &RunFile) -> Result<usize, Failure> {
        let times: Vec<f64> = (0..file.len()).map(|index| file.time(index)).collect::<Result<_, _>>()?;
        let Some(&last) = times.last() else {
            return Err(Failure::usage(format_args!("{}: holds no snapshot", text::path(&self.run)))
                .help("resume the run, or run it again"));
        };
        let asked = self.time.unwrap_or(last);
        let distance = |index: &usize| (times[*index] - asked).abs();
        let nearest = (0..times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        if distance(&nearest) <= 1e-9 * last.abs() {
            return Ok(nearest);
        }
        Err(Failure::usage(format_args!(
            "--time {}: {} has no snapshot at that time",
            text::number(asked),
            text::path(&self.run)
        ))
        .help(format_args!(
            "the nearest is at {}; the last, {}, is taken without --time",
            text::time(times[nearest]),
            text::time(last)
        )))
    }

    /// All particles of a snapshot: of the last one in full precision, from the checkpoint.
    fn particles(
        &self,
        file: &RunFile,
        description: &Description,
        index: usize,
    ) -> Result<Particles, Failure> {
        let time = file.time(index)?;
        if description.density.is_some() {
            return Err(self.has_none());
        }
        if let Some(state) = file.checkpoint().ok().filter(|state| state.time == time) {
            return Particles::of_state(&state, description.flow.kappa()).ok_or_else(|| self.has_none());
        }
        let m = description.mass.len();
        match file.particles(index)?.filter(|stored| stored.index.len() == m) {
            Some(particles) => Ok(particles),
            None => Err(Failure::usage(format_args!(
                "{}: not all of the {m} particles are stored at t = {}",
                text::path(&self.run),
                text::time(time)
            ))
            .help(self.all_particles(file, index))),
        }
    }

    /// A density has no particles.
    fn has_none(&self) -> Failure {
        Failure::usage(format_args!(
            "{}: solves for the density, and has no particles",
            text::path(&self.run)
        ))
        .help("--to density writes its cells; or run it with measure.representation = \"particles\"")
    }

    /// Particles have no cells.
    fn no_density(&self) -> Failure {
        Failure::usage(format_args!("{}: follows particles, and has no cells", text::path(&self.run))).help(
            "`reluflow density` gives the density of free mass at points; or run it with \
             measure.representation = \"density\"",
        )
    }

    /// What to do for all particles of a snapshot that are not stored.
    fn all_particles(&self, file: &RunFile, index: usize) -> &'static str {
        let last = index + 1 == file.len();
        match (last, file.status()) {
            (false, _) => "leave out --time for the last snapshot, or run with output.particles = \"all\"",
            // The checkpoint is written after its snapshot.
            (true, Status::Running) => {
                "try again: the run is writing them; or run with output.particles = \"all\""
            }
            (true, _) => {
                "the checkpoint, which holds all of them, is damaged or older: run with output.particles = \"all\""
            }
        }
    }

    fn found(&self, p: Particles, description: &Description) -> Result<Found, Failure> {
        let mass = description.mass.clone();
        match description.flow.particles() {
            ParticleKind::Neuron => Neurons::new(p.c, p.a, p.b, mass).map(Found::Neurons),
            ParticleKind::Canonical => Measure::new(p.r, p.theta, mass).map(Found::Canonical),
        }
        .map_err(|error| self.refuse(&error))
    }

    fn neurons(&self, found: Found, kappa: f64) -> Result<Neurons, Failure> {
        match (found, self.delta) {
            (Found::Neurons(neurons), _) => Ok(neurons),
            (Found::Canonical(measure), Some(delta)) => {
                Neurons::lifted(&measure, kappa, delta).map_err(|error| self.refuse(&error))
            }
            (Found::Canonical(_), None) => Err(Failure::usage(format_args!(
                "{}: canonical particles say nothing about how c |w| is shared by the layers",
                text::path(&self.run)
            ))
            .help("give --delta, for example --delta 0: c^2 - |w|^2 of every neuron")),
        }
    }

    fn canonical(&self, found: Found, kappa: f64) -> Result<Measure, Failure> {
        match found {
            Found::Canonical(measure) => Ok(measure),
            Found::Neurons(neurons) => neurons.canonical(kappa).map_err(|error| self.refuse(&error)),
        }
    }

    fn refuse(&self, error: &ProblemError) -> Failure {
        Failure::computation(format_args!("{}: {error}", text::path(&self.run)))
    }
}

/// What knots cannot say, or say of places far away.
fn report(knots: &Knots) {
    if !knots.flat().is_empty() {
        let value: f64 = knots.flat().iter().map(|flat| flat.value).sum();
        note(&format!(
            "note: {} particles have no slope (a = 0 within rounding) and so no knot: they are the constant {value:e}",
            knots.flat().len()
        ));
    }
    if knots.far() > 0 {
        note(&format!("note: {} knots lie beyond 1e6: their slopes a are tiny", knots.far()));
    }
}

// Numbers as short as they can be without losing a bit.

/// The header, and `write` for each row.
fn rows(
    text: &mut String,
    header: &str,
    count: usize,
    bias: Option<f64>,
    mut write: impl FnMut(&mut String, usize),
) {
    let (name, value) = match bias {
        Some(bias) => (",output_bias", format!(",{bias:?}")),
        None => ("", String::new()),
    };
    let _ = writeln!(text, "{header}{name}");
    for i in 0..count {
        write(text, i);
        let _ = writeln!(text, "{value}");
    }
}

fn neurons(text: &mut String, n: &Neurons, bias: Option<f64>) {
    rows(text, "c,a,b,mass", n.len(), bias, |text, i| {
        let _ = write!(text, "{:?},{:?},{:?},{:?}", n.c()[i], n.a()[i], n.b()[i], n.mass()[i]);
    });
}

fn canonical(text: &mut String, p: &Measure, bias: Option<f64>) {
    rows(text, "r,theta,mass", p.len(), bias, |text, i| {
        let _ = write!(text, "{:?},{:?},{:?}", p.r()[i], p.theta()[i], p.mass()[i]);
    });
}

/// One row per particle, in their order.
fn knot_rows(text: &mut String, knots: &Knots, p: &Measure, bias: Option<f64>) {
    let mut next = 0;
    rows(text, "knot,orientation,delta_slope,r,theta,mass", p.len(), bias, |text, i| {
        if knots.particle().get(next) == Some(&i) {
            let (knot, s, mu) = (knots.knot()[next], knots.orientation()[next], knots.delta_slope()[next]);
            let _ = write!(text, "{knot:?},{s},{mu:?}");
            next += 1;
        } else {
            text.push_str(",,");
        }
        let _ = write!(text, ",{:?},{:?},{:?}", p.r()[i], p.theta()[i], p.mass()[i]);
    });
}
