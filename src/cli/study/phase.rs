//! `reluflow study phase SCENARIO`.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::failure::{Exit, Failure};
use crate::cli::interrupt;
use crate::cli::output::{note, print, print_json};
use crate::cli::table::table;
use crate::cli::threads::Threads;
use crate::study::{self, Base, PhaseRequest, PhaseRow, Share};
use crate::system::text;

use super::progress::Progress;
use super::shard::{self, Shard};
use super::width::width;
use super::{Output, conclude, room, runs, tell_notices};

/// Where learning is lazy: invariant or balance of the layers, against width and scaling
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow study phase scenarios/delta_0.toml
  reluflow study phase my_lifted.toml --balance 0.1,1,10 --power 0.5,1 --widths 100,1000,10000

Prints the table from which a phase diagram is drawn: how the change of the tangent kernel goes with
the width for every share and scaling. The study file has every run.")]
pub struct Args {
    /// A scenario of the lifted flow
    scenario: PathBuf,
    /// Values of measure.delta, c^2 - |w|^2 of every neuron
    #[arg(
        long,
        value_name = "D,...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        default_value = "-100,-10,-1,0,1,10,100"
    )]
    delta: Vec<f64>,
    /// Values of flow.balance instead: w is multiplied by it, c divided
    #[arg(long, value_name = "B,...", value_delimiter = ',', conflicts_with = "delta")]
    balance: Option<Vec<f64>>,
    /// Widths, in particles
    #[arg(long, value_name = "M,...", value_delimiter = ',', default_value = "100,1000,10000", value_parser = width)]
    widths: Vec<u64>,
    /// Powers p of the scaling alpha(m) = m^p: 1 is mean field, 0.5 the kernel scaling
    #[arg(long, value_name = "P,...", value_delimiter = ',', default_value = "0.5,0.75,1")]
    power: Vec<f64>,
    /// Networks of each kind
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    seeds: u32,
    /// Do only the third of sixteen parts; `study merge` puts all together
    #[arg(long, value_name = "3/16|auto", value_parser = shard::shard)]
    shard: Option<Shard>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    threads: Threads,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        self.threads.apply(quiet)?;
        let mut widths = self.widths;
        widths.sort_unstable();
        widths.dedup();
        let request = PhaseRequest {
            base: Base::read(&self.scenario).map_err(Failure::from)?,
            share: self.balance.map_or(Share::Delta(self.delta), Share::Balance),
            widths,
            powers: self.power,
            seeds: self.seeds as usize,
        };
        tell_notices(&request.base, quiet);
        let plan = study::phase_plan(&request)?;
        let place = self.output.place(&self.scenario, "phase", self.shard)?;
        if !quiet {
            note(&format!(
                "{}: {}, into {}",
                plan.base.title,
                runs(plan.runs.len()),
                text::path(&place.study)
            ));
        }
        room::check(&plan, &place, quiet)?;
        let stop = interrupt::watch(true)?;
        let progress = Progress::new(quiet, place.runs(&plan).into_iter().map(|(_, run)| run));
        let ended = study::sweep(&plan, &place, &progress, stop);
        progress.finish();
        let ended = ended?;
        if !ended.table.is_empty() {
            if self.json {
                print_json(&as_json(&ended.table, &request))?;
            } else if !quiet {
                print(&as_text(&ended.table, &request))?;
            }
        }
        conclude(&ended, &place, quiet || self.json, false)
    }
}

fn name(request: &PhaseRequest) -> &'static str {
    match request.share {
        Share::Delta(_) => "delta",
        Share::Balance(_) => "balance",
    }
}

fn as_text(rows: &[PhaseRow], request: &PhaseRequest) -> String {
    let mut head = vec![name(request).to_string(), "alpha".to_string()];
    head.extend(request.widths.iter().map(|width| format!("m = {width}")));
    head.extend(["exponent", "turned", "pinned", "loss left", "phase"].map(String::from));
    let mut lines = vec![head];
    for row in rows {
        let mut cells = vec![text::number(row.share), format!("m^{}", row.power)];
        cells.extend(row.kernel_change.iter().map(|(mean, _)| format!("{mean:.1e}")));
        cells.push(
            row.law.map_or("-".to_string(), |law| {
                format!("{:.2} +- {:.2}", law.exponent(), law.exponent_margin())
            }),
        );
        cells.push(format!("{:.1e}", row.turned));
        cells.push(format!("{:.1} %", 100.0 * row.pinned));
        cells.push(format!("{:.1e}", row.loss_left));
        cells.push(row.phase().to_string());
        lines.push(cells);
    }
    let mut text = "|K - K_0| / |K_0| at the end, by width, and the exponent of its change with the width;\n\
                    at the largest width: rms angle turned (rad), pinned mass, loss left\n"
        .to_string();
    text += &table(&lines, &[0, 1]);
    text
}

fn as_json(rows: &[PhaseRow], request: &PhaseRequest) -> serde_json::Value {
    let row = |row: &PhaseRow| {
        let changes = request.widths.iter().zip(&row.kernel_change);
        json!({
            name(request): row.share,
            "power": row.power,
            "kernel_change": changes.map(|(width, (mean, error))| json!({ "width": width, "mean": mean, "standard_error": error })).collect::<Vec<_>>(),
            "exponent": row.law.map(|law| law.exponent()),
            "exponent_margin": row.law.map(|law| law.exponent_margin()),
            "turned": row.turned,
            "pinned_mass": row.pinned,
            "loss_left": row.loss_left,
            "phase": row.phase(),
        })
    };
    rows.iter().map(row).collect()
}
