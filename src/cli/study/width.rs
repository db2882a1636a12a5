//! `reluflow study width SCENARIO`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::failure::{Exit, Failure};
use crate::cli::interrupt;
use crate::cli::output::{note, print, print_json};
use crate::cli::table::table;
use crate::cli::threads::Threads;
use crate::study::{
    Approach, Base, COMPARED, Ended, LimitKind, LimitReport, Quantity, Width, WidthPlan, WidthReport,
    WidthRequest, WidthRow,
};
use crate::system::text;

use super::progress::Progress;
use super::shard::{self, Shard};
use super::{Output, conclude, tell_notices};

/// How fast networks approach the limit of infinite width, and how wide is wide enough
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow study width scenarios/width.toml
  reluflow study width scenarios/width.toml --widths 100,300,1000,3000 --seeds 32 -o quick.h5
  reluflow study width my.toml --shard $SLURM_ARRAY_TASK_ID/16 -o my.h5

Sets ensembles of networks with independently drawn neurons beside the limit, fits how their distance
to it falls with the width, and says how wide a network must be to be within 1 % of it. Killed, or
stopped by Ctrl-C, the same command goes on where it was.")]
pub struct Args {
    /// A scenario whose start measure is drawn from a law
    scenario: PathBuf,
    /// Widths, in particles
    #[arg(long, value_name = "M,...", value_delimiter = ',', default_value = "100,1000,10000,100000,1000000", value_parser = width)]
    widths: Vec<u64>,
    /// Networks of each width
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    seeds: u32,
    /// How the limit is made: density, quadrature, sobol or iid; a density is compared with quadrature and Sobol' points
    /// [default: the first of the last three that the scenario allows; density, if the scenario is of one]
    #[arg(long, value_name = "KIND", value_parser = kind)]
    limit: Option<LimitKind>,
    /// Particles of the limit, about [default: by its kind, and the largest width]
    #[arg(long, value_name = "M", value_parser = width)]
    limit_particles: Option<u64>,
    /// Cells of a density as limit, per turn of the circle and across the amplitudes [default: measure.cells, or 512x512]
    #[arg(long, value_name = "NxM", value_parser = cells)]
    limit_cells: Option<[usize; 2]>,
    /// Do only the third of sixteen parts; `study merge` puts all together
    #[arg(long, value_name = "3/16|auto", value_parser = shard::shard)]
    shard: Option<Shard>,
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
    found.ok_or_else(|| "give density, quadrature, sobol or iid".to_string())
}

/// `512x256`, or `512` for both; half as many each way tell the error.
fn cells(text: &str) -> Result<[usize; 2], String> {
    let (per_turn, across) = text.split_once('x').unwrap_or((text, text));
    let each = |text: &str| text.trim().parse().ok().filter(|cells| (32..=16_384).contains(cells));
    let both = each(per_turn).zip(each(across)).map(|(per_turn, across)| [per_turn, across]);
    both.ok_or_else(|| "give two whole numbers from 32 to 16384, for example 512x512".to_string())
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let mut widths = self.widths;
        widths.sort_unstable();
        widths.dedup();
        let request = WidthRequest {
            base: Base::read(&self.scenario).map_err(Failure::from)?,
            widths,
            seeds: self.seeds as usize,
            limit: self.limit,
            limit_particles: self.limit_particles,
            limit_cells: self.limit_cells,
        };
        tell_notices(&request.base, quiet);
        let plan = WidthPlan::new(&request)?;
        let place = self.output.place(&self.scenario, "width", self.shard)?;
        let runs = plan.runs(&place);
        if !quiet {
            let title = &request.base.title;
            note(&format!("{title}: {}, into {}", super::runs(runs.len()), text::path(&place.study)));
            plan.words().iter().for_each(|words| note(words));
        }
        let stop = interrupt::watch(true)?;
        let progress = Progress::new(quiet, runs.iter().map(|(_, run)| *run));
        let ended = plan.carry_out(&place, &progress, stop);
        progress.finish();
        let ended = ended?;
        show(&ended, quiet, self.json)?;
        // The report as JSON has what is told there.
        let told = self.json && ended.width.is_some();
        conclude(&ended, &place, quiet || told, self.json && !told)
    }
}

/// What a finished width study found, as text or as JSON.
pub fn show(ended: &Ended, quiet: bool, json: bool) -> Result<(), Failure> {
    match &ended.width {
        Some(report) if json => print_json(&as_json(report, ended)),
        Some(report) if !quiet => print(&as_text(report)),
        _ => Ok(()),
    }
}

/// `1.2e-3 +- 4 %`.
fn deviation(row: &WidthRow, quantity: Quantity) -> String {
    match row.deviation[quantity as usize] {
        (mean, _) if mean.is_nan() => "-".to_string(),
        (0.0, _) => "0".to_string(),
        (mean, error) => format!("{mean:.2e} +- {:.0} %", 100.0 * error / mean),
    }
}

/// Mean distances by width, with more columns from `more`.
fn by_width(
    report: &WidthReport,
    quantities: &[Quantity],
    head: &[&str],
    more: impl Fn(&WidthRow) -> Vec<String>,
) -> String {
    let mut first = vec!["width".to_string()];
    first.extend(quantities.iter().map(|quantity| quantity.name().to_string()));
    first.extend(head.iter().map(|name| name.to_string()));
    let mut rows = vec![first];
    for row in &report.rows {
        let mut cells = vec![row.width.to_string()];
        cells.extend(quantities.iter().map(|&quantity| deviation(row, quantity)));
        cells.extend(more(row));
        rows.push(cells);
    }
    table(&rows, &[0])
}

/// How far limits are apart, and what each of more than two knows of its own error.
fn limits(report: &WidthReport) -> String {
    let names = &Quantity::ALL[..COMPARED];
    match &report.limits[..] {
        [_] | [] => String::new(),
        [one, _] => {
            let apart = names.iter().zip(one.apart[1]).map(|(q, apart)| format!("{} {apart:.1e}", q.name()));
            format!("the two are apart by: {}\n", apart.collect::<Vec<_>>().join(", "))
        }
        limits => {
            let row = |name: String, found: [f64; COMPARED]| {
                let found =
                    found.map(|value| if value.is_nan() { "-".into() } else { format!("{value:.1e}") });
                [name].into_iter().chain(found).collect::<Vec<String>>()
            };
            let head = ["error of".to_string()].into_iter().chain(names.iter().map(|q| q.name().to_string()));
            let mut rows = vec![head.collect()];
            rows.extend(limits.iter().map(|limit| row(limit.about.clone(), limit.error)));
            for (i, limit) in limits.iter().enumerate() {
                for (other, &apart) in limits.iter().zip(&limit.apart).skip(i + 1) {
                    rows.push(row(format!("{} and {} apart", limit.kind.name(), other.kind.name()), apart));
                }
            }
            format!("\n{}", table(&rows, &[]))
        }
    }
}

/// Whether fluctuations are what theory has.
fn fluctuations(report: &WidthReport, row: &WidthRow) -> Vec<String> {
    let p = |moment: usize| match row.fluctuations[moment].p_value() {
        p if p.is_nan() => "-".to_string(),
        p => format!("p = {p:.2}"),
    };
    let start = &row.fluctuations[0];
    vec![
        format!("{}, {}", p(0), p(1)),
        match start.mean_error(&report.theory) {
            error if error.is_finite() => format!("{error:.2} (1 expected)"),
            _ => "-".to_string(),
        },
        match start.covariance_error(&report.theory) {
            (error, expected) if error.is_finite() => format!("off by {error:.2} ({expected:.2} expected)"),
            _ => "-".to_string(),
        },
    ]
}

fn as_text(report: &WidthReport) -> String {
    let (functions, measures) = Quantity::ALL.split_at(Quantity::KnotsW1 as usize);
    let mut text = format!("limit: {}\n", report.limit);
    if !report.measure_limit.is_empty() {
        text += &format!("its final measure: {}\n", report.measure_limit);
    }
    text += &limits(report);
    text += "\nmean distance to it, with standard error\n";
    let head = ["normal at start, end", "mean at start", "covariance at start"];
    text += &by_width(report, functions, &head, |row| fluctuations(report, row));
    text += "\nmean distance of the final measure to the limit's, with standard error\n";
    text += &by_width(report, measures, &["knots outside, none"], |row| vec![knot_shares(row.knot_shares)]);
    text += &format!("knots of the limit outside the window, none: {}\n", knot_shares(report.knot_shares));
    let mut rows =
        vec![["", "limit's own error", "1 % of the limit at width", ""].map(String::from).to_vec()];
    for approach in &report.approaches {
        rows.push(vec![
            approach.quantity.name().to_string(),
            format!("{:.1e}", approach.limit_error),
            approach.one_percent.map_or("-".to_string(), interval),
            approach.verdict.clone(),
        ]);
    }
    text += &format!("\n{}", table(&rows, &[]));
    text + &format!("\n{}\n", report.answer().sentence)
}

fn knot_shares([outside, none]: [f64; 2]) -> String {
    format!("{:.1} %, {:.1} %", 100.0 * outside, 100.0 * none)
}

fn interval([width, low, high]: [Width; 3]) -> String {
    match width {
        Width::At(_) => format!("{width} ({low} to {high})"),
        outside => outside.to_string(),
    }
}

fn row_as_json(report: &WidthReport, row: &WidthRow) -> Value {
    let mut deviation = serde_json::Map::new();
    for quantity in Quantity::ALL {
        let (mean, error) = row.deviation[quantity as usize];
        let most = row.most[quantity as usize];
        deviation.insert(
            quantity.name().into(),
            json!({ "mean": mean, "standard_error": error, "not_exceeded_by_95_of_100": most }),
        );
    }
    let (off, expected) = row.fluctuations[0].covariance_error(&report.theory);
    json!({
        "width": row.width,
        "deviation": deviation,
        "normality": { "start": row.fluctuations[0].p_value(), "end": row.fluctuations[1].p_value() },
        "start_mean": { "relative_error": row.fluctuations[0].mean_error(&report.theory), "expected": 1.0 },
        "start_covariance": { "relative_error": off, "expected": expected },
        "knots_outside": row.knot_shares[0],
        "knots_none": row.knot_shares[1],
        "failed": row.failed,
    })
}

fn approach_as_json(approach: &Approach) -> Value {
    json!({
        "quantity": approach.quantity.name(),
        "slope": approach.law.map(|law| law.exponent()),
        "slope_margin": approach.law.map(|law| law.exponent_margin()),
        "redrawn_slope": approach.redrawn.map(|law| law.exponent()),
        "redrawn_slope_margin": approach.redrawn.map(|law| law.exponent_margin()),
        "fitted_widths": approach.fitted,
        "limit_error": approach.limit_error,
        "width_for_one_percent": approach.one_percent.map(|[width, low, high]| [low, width, high].map(Width::value)),
        "width_for_one_percent_nearly_all": approach.one_percent_nearly_all.and_then(Width::value),
        "verdict": approach.verdict,
    })
}

fn limit_as_json(report: &WidthReport, limit: &LimitReport) -> Value {
    let named = |found: &[f64; COMPARED]| -> Value {
        let named = Quantity::ALL.iter().zip(found).map(|(q, value)| (q.name().to_string(), json!(value)));
        Value::Object(named.collect())
    };
    let others = report.limits.iter().zip(&limit.apart).filter(|(other, _)| other.kind != limit.kind);
    let apart = others.map(|(other, apart)| (other.kind.name().to_string(), named(apart)));
    json!({
        "kind": limit.kind.name(),
        "about": limit.about,
        "error": named(&limit.error),
        "apart": Value::Object(apart.collect()),
    })
}

fn as_json(report: &WidthReport, ended: &Ended) -> Value {
    json!({
        "limit": report.limit,
        "limit_of_measures": report.measure_limit,
        "limit_notes": report.notes,
        "limits": report.limits.iter().map(|limit| limit_as_json(report, limit)).collect::<Vec<_>>(),
        "knots_outside": report.knot_shares[0],
        "knots_none": report.knot_shares[1],
        "widths": report.rows.iter().map(|row| row_as_json(report, row)).collect::<Vec<_>>(),
        "approaches": report.approaches.iter().map(approach_as_json).collect::<Vec<_>>(),
        "no_limit": report.no_limit,
        "answer": report.answer().sentence,
        "file": ended.file,
        "failed": ended.failures.len(),
        "seconds": ended.times.seconds,
        "share_outside_flow": ended.times.outside_flow,
        "done_now": ended.times.done,
        "done_before": ended.times.reused,
    })
}
