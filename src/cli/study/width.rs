//! `reluflow study width SCENARIO`.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::failure::{Exit, Failure};
use crate::cli::interrupt;
use crate::cli::output::{note, print, print_json};
use crate::cli::table::table;
use crate::cli::threads::Threads;
use crate::study::{Base, LimitKind, Quantity, WidthEnded, WidthPlan, WidthReport, WidthRequest};

use super::Output;
use super::progress::Progress;

/// How fast networks approach the limit of infinite width, and how wide is wide enough
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow study width scenarios/width.toml
  reluflow study width scenarios/width.toml --widths 100,300,1000,3000 --seeds 32 -o quick.h5

Sets ensembles of networks with independently drawn neurons beside the limit, and fits how their
distance to it falls with the width. Killed, or stopped by Ctrl-C, the same command goes on where it
was.")]
pub struct Args {
    /// A scenario whose start measure is drawn from a law
    scenario: PathBuf,
    /// Widths, in particles
    #[arg(long, value_name = "M,...", value_delimiter = ',', default_value = "100,1000,10000,100000,1000000", value_parser = width)]
    widths: Vec<u64>,
    /// Networks of each width
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    seeds: u32,
    /// How the limit is made: quadrature, sobol or iid [default: the first that the scenario allows]
    #[arg(long, value_name = "KIND", value_parser = kind)]
    limit: Option<LimitKind>,
    /// Particles of the limit [default: by its kind]
    #[arg(long, value_name = "M", value_parser = width)]
    limit_particles: Option<u64>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    threads: Threads,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

/// A number of particles; `1e5` is one.
pub fn width(text: &str) -> Result<u64, String> {
    match text.trim().parse::<f64>() {
        Ok(width) if (1.0..=1e9).contains(&width) && width.fract() == 0.0 => Ok(width as u64),
        _ => Err("give a whole number from 1 to 1e9".to_string()),
    }
}

fn kind(text: &str) -> Result<LimitKind, String> {
    let found = LimitKind::ALL.into_iter().find(|kind| kind.name() == text);
    found.ok_or_else(|| "give quadrature, sobol or iid".to_string())
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply()?;
        let mut widths = self.widths;
        widths.sort_unstable();
        widths.dedup();
        let request = WidthRequest {
            base: Base::read(&self.scenario).map_err(Failure::from)?,
            widths,
            seeds: self.seeds as usize,
            limit: self.limit,
            limit_particles: self.limit_particles,
        };
        let plan = WidthPlan::new(&request)?;
        let place = self.output.place(&self.scenario, "width", None)?;
        if !quiet {
            note(&format!(
                "{}: {} runs, into {}",
                request.base.title,
                plan.runs().len(),
                place.study.display()
            ));
        }
        let stop = interrupt::watch(true)?;
        let progress = Progress::new(quiet, plan.runs().iter());
        let ended = plan.carry_out(&place, &progress, stop);
        progress.finish();
        let ended = ended?;
        for (run, failure) in &ended.failures {
            note(&format!("error: {run}: {failure}"));
        }
        let Some(report) = &ended.report else {
            if !quiet {
                let done = ended.times.done + ended.times.reused;
                note(&format!(
                    "interrupted: {done} of {} runs are finished; the same command goes on",
                    ended.runs
                ));
            }
            return Ok(Exit::Interrupted);
        };
        if self.json {
            print_json(&as_json(report, &ended))?;
        } else if !quiet {
            print(&as_text(report, &ended))?;
        }
        if !ended.failures.is_empty() {
            note(&format!("error: {} of {} runs failed", ended.failures.len(), ended.runs));
            return Ok(Exit::Failed);
        }
        Ok(Exit::Success)
    }
}

fn as_text(report: &WidthReport, ended: &WidthEnded) -> String {
    let mut head = vec!["width".to_string()];
    head.extend(Quantity::ALL.map(|quantity| quantity.name().to_string()));
    head.extend(["normal at start, end".to_string(), "covariance at start".to_string()]);
    let mut rows = vec![head];
    for row in &report.rows {
        let mut cells = vec![row.width.to_string()];
        cells.extend(
            row.deviation.iter().map(|&(mean, error)| format!("{mean:.2e} +- {:.0} %", 100.0 * error / mean)),
        );
        let p = |moment: usize| match row.fluctuations[moment].p_value() {
            p if p.is_nan() => "-".to_string(),
            p => format!("p = {p:.2}"),
        };
        cells.push(format!("{}, {}", p(0), p(1)));
        cells.push(match row.fluctuations[0].covariance_error(&report.theory) {
            (error, expected) if error.is_finite() => format!("off by {error:.2} ({expected:.2} expected)"),
            _ => "-".to_string(),
        });
        rows.push(cells);
    }
    let mut text = format!("limit: {}\n\nmean distance to it, with standard error\n", report.limit);
    text += &table(&rows, &[0]);
    let mut rows =
        vec![["", "limit's own error", "1 % of the limit at width", ""].map(String::from).to_vec()];
    for approach in &report.approaches {
        let wide = approach.one_percent.map_or("-".to_string(), |(width, low, high)| {
            format!("{} ({} to {})", round(width), round(low), round(high))
        });
        rows.push(vec![
            approach.quantity.name().to_string(),
            format!("{:.1e}", approach.limit_error),
            wide,
            approach.verdict.clone(),
        ]);
    }
    text += &format!("\n{}", table(&rows, &[]));
    let function = report.approaches.iter().find(|approach| approach.quantity == Quantity::Function);
    if let Some((width, low, high)) = function.and_then(|approach| approach.one_percent) {
        text += &format!(
            "\nA network of {} neurons ({} to {}) is on average within 1 % of the limit's function.\n",
            round(width),
            round(low),
            round(high)
        );
    }
    let times = &ended.times;
    text + &format!(
        "{} runs in {:.1} s{}; {:.0} % of the time outside the flow\n",
        times.done,
        times.seconds,
        if times.reused > 0 { format!(", {} finished before", times.reused) } else { String::new() },
        100.0 * times.outside_flow
    )
}

/// Two digits are as many as such a width has.
fn round(width: f64) -> String {
    if width < 1e5 {
        let unit = 10f64.powf((width.log10().floor() - 1.0).max(0.0));
        return format!("{:.0}", (width / unit).round() * unit);
    }
    format!("{width:.1e}")
}

fn as_json(report: &WidthReport, ended: &WidthEnded) -> serde_json::Value {
    let rows = report.rows.iter().map(|row| {
        let mut deviation = serde_json::Map::new();
        for (quantity, (mean, error)) in Quantity::ALL.iter().zip(row.deviation) {
            deviation.insert(quantity.name().into(), json!({ "mean": mean, "standard_error": error }));
        }
        let (off, expected) = row.fluctuations[0].covariance_error(&report.theory);
        json!({
            "width": row.width,
            "deviation": deviation,
            "normality": { "start": row.fluctuations[0].p_value(), "end": row.fluctuations[1].p_value() },
            "start_covariance": { "relative_error": off, "expected": expected },
            "failed": row.failed,
        })
    });
    let approaches = report.approaches.iter().map(|approach| {
        json!({
            "quantity": approach.quantity.name(),
            "slope": approach.law.map(|law| law.exponent()),
            "slope_margin": approach.law.map(|law| law.exponent_margin()),
            "fitted_widths": approach.fitted,
            "limit_error": approach.limit_error,
            "width_for_one_percent": approach.one_percent.map(|(width, low, high)| [low, width, high]),
            "verdict": approach.verdict,
        })
    });
    json!({
        "limit": report.limit,
        "widths": rows.collect::<Vec<_>>(),
        "approaches": approaches.collect::<Vec<_>>(),
        "seconds": ended.times.seconds,
        "share_outside_flow": ended.times.outside_flow,
        "done_now": ended.times.done,
        "done_before": ended.times.reused,
    })
}
