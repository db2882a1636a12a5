//! `reluflow info RUN`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::flow::{DensityGrid, Flow};
use crate::io::schema::{ATTRIBUTES, Kind};
use crate::io::{RunFile, Status};
use crate::problem::{PlaceKind, Risk};
use crate::run::{Learning, ParticleOutput, Regime, Snapshot, Verdict, change_in_words};
use crate::system::text::{self, number, time};

use super::alignment::Course;
use super::drive::ending_name;
use super::failure::{Exit, Failure};
use super::output::{note, print, print_exactly, print_json};
use super::probe::guard;
use super::table::table;

/// Say what a run file holds
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow info output/mcycle.h5
  reluflow info output/mcycle.h5 --scenario > again.toml
  reluflow info output/alignment.h5 --alignment      # where small neurons turned to, and plateaus

Reads files that are being written, and what a kill left behind, as they are.")]
pub struct Args {
    /// The run file
    run: PathBuf,
    /// Print the scenario of the run instead; files it names are relative to the original's folder
    #[arg(long, conflicts_with = "json")]
    scenario: bool,
    /// Print where neurons have turned to at each snapshot: the share of the live mass within so many radians of the
    /// extremal directions of the field, and plateaus of the loss
    #[arg(long, value_name = "ANGLE", num_args = 0..=1, default_missing_value = "0.1", conflicts_with = "scenario")]
    alignment: Option<f64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        guard(&self.run)?;
        let file = RunFile::open(&self.run)?;
        if self.scenario {
            print_exactly(&file.description()?.scenario)?;
            return Ok(Exit::Success);
        }
        warn_unless_ordinary(&file, quiet);
        let course = self.alignment.map(|angle| Course::of(&file, angle)).transpose()?;
        if self.json {
            let mut json = as_json(&file)?;
            if let (Some(course), Value::Object(json)) = (course, &mut json) {
                json.insert("alignment".to_string(), course.json());
            }
            print_json(&json)?;
        } else if let (false, Some(course)) = (quiet, course) {
            print(&course.text())?;
        } else if !quiet {
            print(&as_text(&file)?)?;
        }
        Ok(Exit::Success)
    }
}

/// Tells that a file is not one that other tools open.
pub fn warn_unless_ordinary(file: &RunFile, quiet: bool) {
    if !file.status().is_ordinary() && !quiet {
        note(&format!("note: {}: {}", text::path(file.path()), file.status()));
    }
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Finished => "finished",
        Status::Interrupted => "interrupted",
        Status::Running => "running",
        Status::Killed => "killed",
    }
}

/// Mass of each kind of place: free, pinned, dead, stuck.
fn masses(snapshot: &Snapshot) -> [(&'static str, f64); 4] {
    let (dead, free) = (snapshot.region_mass[0], snapshot.region_mass.iter().skip(1).sum());
    let pinned = snapshot.pinned_mass.sum();
    let kinds = [PlaceKind::Free, PlaceKind::Pinned, PlaceKind::Dead, PlaceKind::Stuck].map(PlaceKind::name);
    [(kinds[0], free), (kinds[1], pinned), (kinds[2], dead), (kinds[3], snapshot.stuck_mass)]
}

/// Largest difference between the residual ODE and the particles, for both forms.
fn ode_differences(snapshot: &Snapshot) -> [f64; 2] {
    [&snapshot.residual_ode, &snapshot.residual_ode_uncorrected]
        .map(|ode| (ode - &snapshot.residual).iter().fold(0.0, |most: f64, d| most.max(d.abs())))
}

/// The largest error that a quadrature or a density estimates of itself, and when.
fn worst_estimate(file: &RunFile) -> Result<Option<(f64, f64)>, Failure> {
    if !file.description()?.sampling.estimates_error() {
        return Ok(None);
    }
    let mut worst: Option<(f64, f64)> = None;
    for index in 0..file.len() {
        let snapshot = file.snapshot(index)?;
        if let Some(error) = snapshot.error_estimate
            && worst.is_none_or(|(most, _)| error > most)
        {
            worst = Some((error, snapshot.time));
        }
    }
    Ok(worst)
}

/// What a run at rest has come to.
fn verdict(file: &RunFile) -> Result<Option<Verdict>, Failure> {
    let Some(last) = file.len().checked_sub(1) else { return Ok(None) };
    Ok(Verdict::of(&file.description()?, &file.snapshot(0)?, &file.snapshot(last)?))
}

/// Kernel or adaptive learning, and how far it has come.
fn regime(file: &RunFile) -> Result<Option<Regime>, Failure> {
    let Some(last) = file.len().checked_sub(1) else { return Ok(None) };
    let snapshots = [&file.snapshot(0)?, &file.snapshot(last)?];
    Ok(Some(Regime::of(&file.description()?, snapshots, file.status() == Status::Finished)))
}

fn learning_word(learning: Learning) -> &'static str {
    match learning {
        Learning::Start => "start",
        Learning::Dead => "dead",
        Learning::Kernel => "kernel",
        Learning::Between => "between",
        Learning::Adaptive => "adaptive",
    }
}

/// Distances to the truth; null where it is not known.
fn risk_json(risk: &Risk) -> Value {
    json!({ "l1": risk.l1, "l2": risk.l2, "largest": risk.largest })
}

fn as_json(file: &RunFile) -> Result<Value, Failure> {
    let description = file.description()?;
    let is_text = |name: &str| ATTRIBUTES.iter().any(|found| found.name == name && found.kind == Kind::Text);
    let value = |name: &str, text: String| match serde_json::from_str::<Value>(&text) {
        Ok(number) if !is_text(name) && number.is_number() => number,
        _ => text.into(),
    };
    let attributes: serde_json::Map<String, Value> = file
        .attributes()?
        .into_iter()
        .map(|(name, text)| {
            let value = value(&name, text);
            (name, value)
        })
        .collect();
    let mut times = vec![];
    let mut loss = vec![];
    let mut last = Value::Null;
    for index in 0..file.len() {
        let snapshot = file.snapshot(index)?;
        times.push(snapshot.time);
        loss.push(snapshot.loss);
        if index + 1 == file.len() {
            let [corrected, uncorrected] = ode_differences(&snapshot);
            last = json!({
                "time": snapshot.time,
                "step": snapshot.step,
                "loss": snapshot.loss,
                "mass": masses(&snapshot).into_iter().collect::<std::collections::BTreeMap<_, _>>(),
                "events": snapshot.counters.counts().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
                "ambiguous_mass": snapshot.counters.ambiguous_mass,
                "output_bias": Some(snapshot.output_bias).filter(|_| description.output_bias.is_some()),
                "tangent_kernel_change": snapshot.tangent_kernel_change,
                "quadrature_error_estimate": snapshot.error_estimate.filter(|_| description.density.is_none()),
                "density_error_estimate": snapshot.error_estimate.filter(|_| description.density.is_some()),
                "risk": snapshot.risk.map(|[inside, outside]| json!({ "inside": risk_json(&inside), "outside": risk_json(&outside) })),
                "residual_ode_difference": corrected,
                "residual_ode_uncorrected_difference": uncorrected,
            });
        }
    }
    let regime = regime(file)?;
    Ok(json!({
        "file": file.path(),
        "status": status_word(file.status()),
        "ended_by": match file.status() {
            Status::Finished => Some(ending_name(file.ending()?)),
            _ => None,
        },
        "attributes": attributes,
        "samples": description.samples.len(),
        "particles": description.mass.len(),
        "cells": description.density.map(|density| density.cells),
        "snapshots": { "written": times.len(), "due": description.schedule.times().len() },
        "verdict": verdict(file)?.map(|verdict| verdict.name()),
        "regime": regime.map(|regime| learning_word(regime.learning())),
        "convergence": regime.map(|regime| regime.convergence.name()),
        "energy": regime.and_then(|regime| regime.least).map(|least| json!({ "last": least.energy, "least": least.least })),
        "times": times,
        "loss": loss,
        "last": last,
    }))
}

/// The flow and its settings.
fn flow_text(flow: &Flow) -> String {
    let d = flow.descriptor();
    let common = [("tv", d.tv), ("kappa", d.kappa)];
    let common = common.into_iter().filter_map(|(name, value)| Some(format!("{name} = {}", number(value?))));
    let own = d.parameters.iter().zip(flow.values()).map(|(parameter, value)| (parameter.words)(value));
    let parts = [d.name.to_string()].into_iter().chain(common).chain(own.filter(|words| !words.is_empty()));
    parts.collect::<Vec<_>>().join(", ")
}

fn as_text(file: &RunFile) -> Result<String, Failure> {
    let description = file.description()?;
    let mut rows: Vec<Vec<String>> = vec![];
    let mut row = |name: &str, text: String| rows.push(vec![name.to_string(), text]);
    row("title", description.title.clone());
    row("status", file.status().to_string());
    let attributes = file.attributes()?;
    let attribute =
        |name: &str| attributes.iter().find(|(found, _)| found == name).map_or("?", |(_, text)| text);
    row("program", format!("{}, commit {}", attribute("source"), attribute("git_commit")));
    for (i, line) in attribute("history").lines().enumerate() {
        row(if i == 0 { "history" } else { "" }, line.to_string());
    }
    let samples = &description.samples;
    let (x, merged) = (samples.x(), samples.weight().iter().sum::<f64>());
    let ties = if merged > samples.len() as f64 {
        format!(", {merged} before ties were merged")
    } else {
        String::new()
    };
    row("samples", format!("{}{ties}; x from {:.4} to {:.4}", samples.len(), x[0], x[x.len() - 1]));
    let stored = match description.output.particles {
        ParticleOutput::All => "all stored".to_string(),
        ParticleOutput::Count(count) => format!("{} stored", count.min(description.mass.len())),
        ParticleOutput::None => "none stored".to_string(),
    };
    match &description.density {
        None => row("particles", format!("{}, {stored}", description.mass.len())),
        Some(DensityGrid { cells: [per_turn, across], rows, limit, slices }) => {
            let slices = if *slices > 1 { format!(", {slices} slices") } else { String::new() };
            let cells = format!("{per_turn} x {across} cells{slices}");
            row("density", format!("{cells}; {rows} rows stored, of |r| up to {}", number(*limit)));
        }
    }
    row("measure", description.measure_source.clone());
    row("flow", flow_text(&description.flow));
    row("tolerance", format!("{:e}", description.tolerance));
    if description.until.is_some() {
        row("ends", format!("{}, at t = {} at the latest", description.until.words(), time(description.end)));
    }
    let due = description.schedule.times().len();
    row("snapshots", format!("{} of {due}", file.len()));
    if file.len() > 0 {
        let (first, last) = (file.snapshot(0)?, file.snapshot(file.len() - 1)?);
        row("time", format!("{} of {}", time(last.time), time(description.end)));
        if let Some(ending) = last.ending {
            row("ended", ending.to_string());
        }
        match verdict(file)? {
            Some(verdict) => row("verdict", verdict.to_string()),
            None => {
                if let Some(regime) = regime(file)? {
                    let [heading, more] = regime.in_short();
                    row("verdict", heading);
                    row("", more);
                }
            }
        }
        row("steps", last.step.to_string());
        row("loss", format!("{:.6e} at the start, {:.6e} at t = {}", first.loss, last.loss, time(last.time)));
        let bias = description.output_bias;
        if bias.is_some() {
            row(
                "output bias",
                format!(
                    "{} at the start, {:.6e} at t = {}; rate {}",
                    number(bias.start),
                    last.output_bias,
                    time(last.time),
                    number(bias.rate)
                ),
            );
        }
        if let Some(risks) = last.risk {
            for (risk, part) in
                risks.into_iter().zip(["risk", "risk outside"]).filter(|(risk, _)| risk.l2.is_finite())
            {
                let Risk { l1, l2, largest } = risk;
                row(
                    part,
                    format!("to the truth: mean {l1:.4e}, root mean square {l2:.4e}, largest {largest:.4e}"),
                );
            }
        }
        let parts = masses(&last).map(|(name, mass)| format!("{name} {mass:.4}"));
        row("mass", parts.join(", "));
        let events = last.counters.counts().map(|(name, count)| match name {
            "ambiguous_releases" => format!("of these ambiguous {count}"),
            name => format!("{} {count}", name.replace('_', " ")),
        });
        row("events", events[..5].join(", "));
        row("", events[5..].join(", "));
        row(
            "ambiguous mass",
            format!("{:.4e} left a boundary where the flow is not unique", last.counters.ambiguous_mass),
        );
        if let Some((error, at)) = worst_estimate(file)? {
            row(
                description.sampling.name(),
                format!("error of residuals estimated at most {error:.1e}, at t = {}", time(at)),
            );
        }
        row("tangent kernel", format!("changed by {}", change_in_words(last.tangent_kernel_change)));
        let [corrected, uncorrected] = ode_differences(&last);
        row(
            "residual ODE",
            format!("differs by {corrected:.1e}; as printed in the paper by {uncorrected:.1e}"),
        );
    }
    Ok(table(&rows, &[]))
}
