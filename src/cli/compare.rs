//! `reluflow compare A B`.

use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::io::{Difference, RunFile};
use crate::study::{Comparison, Distance, compare};
use crate::system::text;

use super::failure::{Exit, Failure};
use super::info::warn_unless_ordinary;
use super::output::{note, print, print_json};
use super::probe::guard;
use super::table::table;
use super::threads::Threads;

/// Compare two runs of the same samples: how far apart they are over time, and since when
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow compare output/narrow.h5 output/wide.h5
  reluflow compare output/narrow.h5 output/wide.h5 --bound 1e-3 --json
  reluflow compare output/a.h5 output/b.h5 --exact

Widths, flows, tolerances and versions may differ, samples may not. Times of which only one run
has a snapshot are left out. The distances:
  residual        largest difference of a residual (units of y)
  loss            difference
  function        root mean square of the difference of f over the range of the samples
  tangent kernel  relative, where both runs store it (output.tangent_kernel = true)
  pinned mass     difference
  knots W1, W2    Wasserstein distances between the knots b/a
  theta W1, W2    between the directions on the circle (rad)
  cylinder SW2    sliced W2 between the measures, as points (r, cos theta, sin theta), with its
                  standard error
Those of f and of measures need all particles: output.particles = \"all\", or the last snapshot.
The last line of the table says since when each is beyond the bound. Exit code 1 when residuals
ever are (with --exact: when a bit differs).")]
pub struct Args {
    /// A run file
    a: PathBuf,
    /// Another one
    b: PathBuf,
    /// How far residuals may be apart, in units of y [default: 10 times the larger tolerance]
    #[arg(long, value_name = "D", value_parser = bound, allow_negative_numbers = true)]
    bound: Option<f64>,
    /// About how many directions of the sliced distance, at least 48
    #[arg(long, value_name = "N", default_value_t = 96, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    directions: u64,
    /// Compare bits instead: all variables of the root and of steps, and all attributes that do not
    /// say where a file comes from
    #[arg(long, conflicts_with_all = ["bound", "directions"])]
    exact: bool,
    #[command(flatten)]
    threads: Threads,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn bound(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bound) if bound >= 0.0 && bound.is_finite() => Ok(bound),
        _ => Err("give a number that is not negative, for example 1e-6".to_string()),
    }
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        [&self.a, &self.b].into_iter().try_for_each(|file| guard(file))?;
        let [a, b] = [RunFile::open(&self.a)?, RunFile::open(&self.b)?];
        [&a, &b].into_iter().for_each(|file| warn_unless_ordinary(file, quiet));
        if self.exact {
            return self.exact(&a, &b, quiet);
        }
        let comparison = compare(&a, &b, self.directions as usize)?;
        let tolerances = [a.description()?.tolerance, b.description()?.tolerance];
        let bound = self.bound.unwrap_or(10.0 * tolerances[0].max(tolerances[1]));
        if self.json {
            print_json(&self.as_json(&comparison, bound))?;
        } else if !quiet {
            print(&as_text(&comparison, bound))?;
        }
        if comparison.first_beyond(Distance::Residual, bound).is_some() {
            return Ok(Exit::Failed);
        }
        Ok(Exit::Success)
    }

    fn exact(&self, a: &RunFile, b: &RunFile, quiet: bool) -> Result<Exit, Failure> {
        let differences = a.differences(b)?;
        if self.json {
            let one = |d: &Difference| json!({ "what": d.what, "how": d.how, "row": d.row });
            print_json(&json!({
                "a": self.a,
                "b": self.b,
                "same": differences.is_empty(),
                "differences": differences.iter().map(one).collect::<Vec<_>>(),
            }))?;
        } else if !quiet && differences.is_empty() {
            print("the same, to the last bit\n")?;
        } else if !quiet {
            let mut rows = vec![vec!["differs".to_string(), "how".to_string()]];
            rows.extend(differences.iter().map(|d| vec![d.what.clone(), d.how.clone()]));
            print(&table(&rows, &[]))?;
        }
        if differences.is_empty() {
            return Ok(Exit::Success);
        }
        if !quiet {
            note(&format!("{} variables or attributes differ", differences.len()));
        }
        Ok(Exit::Failed)
    }

    fn as_json(&self, comparison: &Comparison, bound: f64) -> Value {
        let named = |value: &dyn Fn(Distance) -> Value| -> Map<String, Value> {
            Distance::ALL.iter().map(|&q| (q.name().replace(' ', "_").to_lowercase(), value(q))).collect()
        };
        let moments = comparison.moments.iter().map(|moment| {
            let mut row = named(&|quantity| json!(moment.distance(quantity)));
            row.insert("time".into(), moment.time.into());
            row.insert("cylinder_sw2_error".into(), json!(moment.cylinder_error));
            row.insert("mass_without_knot".into(), json!(moment.without_knot));
            Value::from(row)
        });
        json!({
            "a": self.a,
            "b": self.b,
            "bound": bound,
            "within": comparison.first_beyond(Distance::Residual, bound).is_none(),
            "first_beyond": named(&|quantity| json!(comparison.first_beyond(quantity, bound))),
            "unmatched_snapshots": comparison.unmatched,
            "moments": moments.collect::<Vec<_>>(),
        })
    }
}

fn as_text(comparison: &Comparison, bound: f64) -> String {
    // Columns that no time has are left out.
    let has = |q: &Distance| comparison.moments.iter().any(|moment| moment.distance(*q).is_some());
    let columns: Vec<Distance> = Distance::ALL.into_iter().filter(has).collect();
    let mut head = vec!["time".to_string()];
    head.extend(columns.iter().map(|quantity| quantity.name().to_string()));
    let mut rows = vec![head];
    for moment in &comparison.moments {
        let mut row = vec![format!("{}", moment.time)];
        row.extend(columns.iter().map(|&quantity| match (moment.distance(quantity), quantity) {
            (None, _) => "-".to_string(),
            (Some(distance), Distance::Cylinder) => {
                format!("{distance:.1e} +- {:.0e}", moment.cylinder_error.unwrap_or(f64::NAN))
            }
            (Some(distance), _) => format!("{distance:.1e}"),
        }));
        rows.push(row);
    }
    let mut last = vec![format!("beyond {bound:.1e} at")];
    last.extend(
        columns.iter().map(|&quantity| {
            comparison.first_beyond(quantity, bound).map_or("never".to_string(), text::time)
        }),
    );
    rows.push(last);
    let right: Vec<usize> = (0..=columns.len()).collect();
    let mut text = table(&rows, &right);
    let far = |of: usize| {
        comparison.moments.iter().filter_map(|m| m.without_knot).map(|mass| mass[of]).fold(0.0, f64::max)
    };
    if far(0) + far(1) > 0.0 {
        let (a, b) = (far(0), far(1));
        text += &format!("knots leave out neurons without one: mass {a:.1e} and {b:.1e} at most\n");
    }
    let [a, b] = comparison.unmatched;
    if a + b > 0 {
        text += &format!("{a} and {b} snapshots are at times of which the other run has none\n");
    }
    let total = comparison.moments.len();
    let times = |quantity| comparison.moments.iter().filter(|m| m.distance(quantity).is_some()).count();
    let missing = [
        (Distance::Function, "f and measures", "output.particles = \"all\""),
        (Distance::TangentKernel, "tangent kernels", "output.tangent_kernel = true"),
    ];
    for (quantity, what, key) in missing {
        if times(quantity) < total {
            let found = times(quantity);
            text +=
                &format!("{what} are compared at {found} of {total} times: {key} of both runs stores them\n");
        }
    }
    text + &match comparison.first_beyond(Distance::Residual, bound) {
        None => format!("residuals are within {bound:.1e} throughout\n"),
        Some(time) => {
            format!("residuals are more than {bound:.1e} apart first at t = {}\n", text::time(time))
        }
    }
}
