//! `reluflow density RUN`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::flow::{ParticleKind, Source};
use crate::io::{DensityGrid, Particles, RunFile, write_density_file, write_file};
use crate::run::{Density, Description, Pointwise, PointwiseError};
use crate::scenario::Scenario;
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::info::warn_unless_ordinary;
use super::output::{note, print, print_json};
use super::probe::guard;
use super::threads::Threads;

/// The density of a run's measure at points or on a grid, exactly, without cells or bins
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow density output/my.h5                                 # -> output/my_density.h5
  reluflow density output/my.h5 --time 0.5,1,2 --grid 400x720 --range 3
  reluflow density output/my.h5 --time 1 --at 0.5,1.2 --at -1,3.0
  reluflow density output/pytorch.h5 --at 0.3,0.5,-0.2          # c,a,b where the law draws weights

Follows the characteristic of each point back to the start, along the path of the residuals, which
the run stores with output.path = true. Where the characteristic comes from a boundary that led away
from itself, only released mass can pass, which lies on a curve: the density is 0 there, and
`from_line` says so. The page src/guide/density.md of the manual has the formulas.")]
pub struct Args {
    /// A run file with the path of its residuals (output.path = true), drawn from a law
    run: PathBuf,
    /// Times, not only those of snapshots [default: the last step]
    #[arg(long, value_name = "T", value_delimiter = ',', allow_negative_numbers = true, value_parser = number)]
    time: Vec<f64>,
    /// A point r,theta, or c,a,b of a law of weights; can be given more than once; written as CSV
    #[arg(long, value_name = "POINT", allow_hyphen_values = true, value_parser = point, conflicts_with_all = ["grid", "range"])]
    at: Vec<Coordinates>,
    /// Cells of the amplitude and of the circle; densities are those of their middles
    #[arg(long, value_name = "RxTHETA", value_parser = grid, default_value = "200x360")]
    grid: [usize; 2],
    /// Amplitudes of the grid go from -R to R [default: 1.25 times the |r| within which 99.9 % of the
    /// particles are at the end]
    #[arg(long, value_name = "R", value_parser = positive)]
    range: Option<f64>,
    /// Where to write, as CSV if it ends in .csv [default: <name of the run>_density.h5 beside it;
    /// points go to standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    threads: Threads,
    /// Print points, or the mass on the grid, as JSON
    #[arg(long)]
    json: bool,
}

/// Points of a grid that are traced together.
const MOST_POINTS: usize = 100_000_000;

#[derive(Debug, Clone)]
struct Coordinates(Vec<f64>);

fn number(text: &str) -> Result<f64, String> {
    let value: f64 = text.trim().parse().map_err(|_| "not a number".to_string())?;
    if value.is_finite() { Ok(value) } else { Err("not finite".to_string()) }
}

fn positive(text: &str) -> Result<f64, String> {
    let value = number(text)?;
    if value > 0.0 { Ok(value) } else { Err("give a number above 0".to_string()) }
}

fn point(text: &str) -> Result<Coordinates, String> {
    let values = text.split(',').map(number).collect::<Result<Vec<_>, _>>()?;
    match values.len() {
        2 | 3 => Ok(Coordinates(values)),
        found => Err(format!("{found} numbers: give r,theta or c,a,b")),
    }
}

fn grid(text: &str) -> Result<[usize; 2], String> {
    let (rows, columns) = text.split_once('x').ok_or("give two numbers, for example 200x360")?;
    let count = |text: &str| match text.parse::<usize>() {
        Ok(count) if (1..=MOST_POINTS).contains(&count) => Ok(count),
        _ => Err(format!("{text:?} is no number of cells: give 1 or more")),
    };
    let [rows, columns] = [count(rows)?, count(columns)?];
    match rows.checked_mul(columns) {
        Some(cells) if cells <= MOST_POINTS => Ok([rows, columns]),
        _ => Err(format!("at most {MOST_POINTS} cells")),
    }
}

impl From<PointwiseError> for Failure {
    fn from(error: PointwiseError) -> Failure {
        match error {
            PointwiseError::Characteristics(error) => Failure::computation(error),
            refused => Failure::usage(refused),
        }
    }
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let output = match &self.output {
            None if self.at.is_empty() => Some(default_output(&self.run)),
            output => output.clone(),
        };
        if let Some(output) = output.as_ref().filter(|output| output.exists() && !self.force) {
            return Err(Failure::usage(format_args!("{}: exists", text::path(output)))
                .help("choose another name with -o, or replace it with --force"));
        }
        guard(&self.run)?;
        let file = RunFile::open(&self.run)?;
        warn_unless_ordinary(&file, quiet);
        let description = file.description()?;
        let pointwise = self.pointwise(&file, &description)?;
        let times = self.times(&pointwise)?;
        if !self.at.is_empty() {
            return self.points(&pointwise, &times, output.as_deref());
        }
        if pointwise.space() == ParticleKind::Neuron {
            return Err(Failure::usage(format_args!(
                "{}: its start is a law of (c, a, b), whose density is one of three variables",
                text::path(&self.run)
            ))
            .help(
                "give points, --at c,a,b; a grid of (r, theta) needs a law of (r, theta), lifted with delta",
            ));
        }
        let range = match self.range {
            Some(range) => range,
            None => default_range(&file, &description)?,
        };
        let grid = self.on_grid(&pointwise, times, range)?;
        let output = output.unwrap_or_else(|| default_output(&self.run));
        match is_csv(&output) {
            true => write_file(&output, grid_text(&grid).as_bytes())?,
            false => write_density_file(&output, &description, &grid, self.force)?,
        }
        if self.json {
            print_json(&json!({ "file": output, "time": grid.time, "mass": grid.mass, "range": range }))?;
        } else if !quiet {
            for (time, mass) in grid.time.iter().zip(&grid.mass) {
                note(&format!(
                    "t = {}: {:.2} % of the mass is free and on the grid",
                    text::time(*time),
                    100.0 * mass
                ));
            }
            note(&format!(
                "{}: density(time, amplitude, theta), |r| < {}",
                text::path(&output),
                text::number(range)
            ));
        }
        Ok(Exit::Success)
    }

    fn pointwise(&self, file: &RunFile, description: &Description) -> Result<Pointwise, Failure> {
        let run = || text::path(&self.run);
        if description.flow.descriptor().learning_rate.is_some() {
            return Err(Failure::usage(format_args!(
                "{}: gradient descent takes steps, and has no characteristics",
                run()
            ))
            .help("run it with flow.kind = \"lifted\", to which gradient descent converges"));
        }
        let Some(path) = file.residual_path()? else {
            return Err(Failure::usage(format_args!("{}: the run does not store the path of its residuals", run())).help(
                format_args!(
                    "add path = true to [output] of its scenario (reluflow info {} --scenario prints it), and run it again",
                    quoted(&self.run)
                ),
            ));
        };
        let Some(law) = Scenario::start_law(description)? else {
            return Err(Failure::usage(format_args!(
                "{}: its particles come from a file and have no density",
                run()
            ))
            .help("give measure.law instead of measure.file"));
        };
        let pointwise = Pointwise::of_run(description, &law, path);
        pointwise.map_err(|error| Failure::from(error).about(run()))
    }

    fn times(&self, pointwise: &Pointwise) -> Result<Vec<f64>, Failure> {
        let end = pointwise.end();
        if self.time.is_empty() {
            return Ok(vec![end]);
        }
        // What was printed may be rounded up.
        let within = |time: &f64| (0.0..=end * (1.0 + 1e-9)).contains(time);
        if let Some(time) = self.time.iter().find(|time| !within(time)) {
            return Err(Failure::usage(format_args!("--time {}: outside the run", text::number(*time)))
                .help(format_args!("its path goes from 0 to {}", text::number(end))));
        }
        let mut times: Vec<f64> = self.time.iter().map(|time| time.min(end)).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        Ok(times)
    }

    fn points(&self, pointwise: &Pointwise, times: &[f64], output: Option<&Path>) -> Result<Exit, Failure> {
        let names: &[&str] = match pointwise.space() {
            ParticleKind::Canonical => &["r", "theta"],
            ParticleKind::Neuron => &["c", "a", "b"],
        };
        if let Some(Coordinates(wrong)) = self.at.iter().find(|at| at.0.len() != names.len()) {
            return Err(Failure::usage(format_args!("--at {wrong:?}: {} numbers", wrong.len())).help(
                format_args!("the start of this run is a law of ({0}): give --at {0}", names.join(",")),
            ));
        }
        let at: Vec<(f64, &[f64])> =
            times.iter().flat_map(|&time| self.at.iter().map(move |at| (time, &at.0[..]))).collect();
        let densities = match pointwise.space() {
            ParticleKind::Canonical => {
                let at: Vec<[f64; 3]> = at.iter().map(|(time, at)| [*time, at[0], at[1]]).collect();
                pointwise.on_cylinder(&at)?
            }
            ParticleKind::Neuron => {
                let at: Vec<[f64; 4]> = at.iter().map(|(time, at)| [*time, at[0], at[1], at[2]]).collect();
                pointwise.of_neurons(&at)?
            }
        };
        let rows: Vec<(&(f64, &[f64]), &Density)> = at.iter().zip(&densities).collect();
        if self.json {
            let one = |((time, at), density): &(&(f64, &[f64]), &Density)| -> Value {
                json!({
                    "time": time,
                    "at": at,
                    "density": density.value,
                    "from_line": line(density),
                    "start": &density.foot[..names.len()],
                })
            };
            print_json(&json!({ "coordinates": names, "points": rows.iter().map(one).collect::<Vec<_>>() }))?;
            return Ok(Exit::Success);
        }
        let starts: Vec<String> = names.iter().map(|name| format!("start_{name}")).collect();
        let mut text = format!("time,{},density,from_line,{}\n", names.join(","), starts.join(","));
        for ((time, at), density) in rows {
            let list = |values: &[f64]| values.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(",");
            let line = line(density).map_or(String::new(), |line| line.to_string());
            let start = list(&density.foot[..names.len()]);
            let _ = writeln!(text, "{time:?},{},{:?},{line},{start}", list(at), density.value);
        }
        match output {
            None => print(&text)?,
            Some(output) => write_file(output, text.as_bytes())?,
        }
        Ok(Exit::Success)
    }

    fn on_grid(&self, pointwise: &Pointwise, time: Vec<f64>, range: f64) -> Result<DensityGrid, Failure> {
        let [rows, columns] = self.grid;
        let middle = |i: usize, n: usize| (i as f64 + 0.5) / n as f64;
        let amplitude: Vec<f64> = (0..rows).map(|i| range * (2.0 * middle(i, rows) - 1.0)).collect();
        let theta: Vec<f64> = (0..columns).map(|i| std::f64::consts::TAU * middle(i, columns)).collect();
        let area = 2.0 * range / rows as f64 * std::f64::consts::TAU / columns as f64;
        let (mut density, mut from_line, mut mass) = (vec![], vec![], vec![]);
        for &time in &time {
            let at: Vec<[f64; 3]> =
                amplitude.iter().flat_map(|&r| theta.iter().map(move |&theta| [time, r, theta])).collect();
            let found = pointwise.on_cylinder(&at)?;
            mass.push(area * found.iter().map(|density| density.value).sum::<f64>());
            density.extend(found.iter().map(|density| density.value));
            from_line.extend(found.iter().map(|density| line(density).map_or(-1, |line| line as i32)));
        }
        Ok(DensityGrid { time, amplitude, theta, density, from_line, mass })
    }
}

/// The boundary that a characteristic comes from.
fn line(density: &Density) -> Option<usize> {
    match density.source {
        Source::Start => None,
        Source::Line(boundary) => Some(boundary),
    }
}

fn is_csv(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

fn default_output(run: &Path) -> PathBuf {
    let stem = run.file_stem().unwrap_or_default().to_string_lossy();
    run.with_file_name(format!("{stem}_density.h5"))
}

/// Mass within the range of amplitudes of a grid that is told nothing.
const WITHIN: f64 = 0.999;
/// And this many times as far.
const MARGIN: f64 = 1.25;

/// Within which nearly all particles are at the end.
fn default_range(file: &RunFile, description: &Description) -> Result<f64, Failure> {
    if let Some(density) = &description.density {
        return Ok(density.limit);
    }
    let state = file.checkpoint()?;
    let Some(particles) = Particles::of_state(&state, description.flow.kappa()) else { return Ok(1.0) };
    let mut amplitudes: Vec<(f64, f64)> =
        particles.r.iter().map(|r| r.abs()).zip(description.mass.iter().copied()).collect();
    amplitudes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut within = 0.0;
    let found = amplitudes.iter().find(|(_, mass)| {
        within += mass;
        within >= WITHIN
    });
    let found = found.or(amplitudes.last()).map_or(1.0, |(r, _)| *r);
    Ok(if found > 0.0 { MARGIN * found } else { 1.0 })
}

fn grid_text(grid: &DensityGrid) -> String {
    let mut text = "time,r,theta,density,from_line\n".to_string();
    let (columns, cells) = (grid.theta.len(), grid.theta.len() * grid.amplitude.len());
    for (i, (density, line)) in grid.density.iter().zip(&grid.from_line).enumerate() {
        let (time, r) = (grid.time[i / cells], grid.amplitude[i % cells / columns]);
        let line = if *line < 0 { String::new() } else { line.to_string() };
        let _ = writeln!(text, "{time:?},{r:?},{:?},{density:?},{line}", grid.theta[i % columns]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_grids_are_understood() {
        assert_eq!(point("-0.5, 1e-3").unwrap().0, [-0.5, 1e-3]);
        assert!(point("1").unwrap_err().contains("r,theta or c,a,b"));
        assert!(point("1,nan").is_err() && point("1,2,3,4").is_err());
        assert_eq!(grid("20x36"), Ok([20, 36]));
        assert!(grid("20").is_err() && grid("0x3").is_err() && grid("100000x100000").is_err());
    }
}
