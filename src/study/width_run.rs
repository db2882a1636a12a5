//! One run of a width study: the limit, or a member of an ensemble beside it.

use std::time::Instant;

use rayon::prelude::*;

use crate::flow::tangent_kernel::tangent_kernel;
use crate::math::even;
use crate::problem::{add_bias, function_values};
use crate::run::{Description, Simulation};
use crate::scenario::Scenario;
use crate::system::text;

use super::StudyError;
use super::columns::{Columns, Draws};
use super::design::Design;
use super::ensemble::{Quantity, mean_and_error};
use super::follow::{self, Following, Observer, Stopped};
use super::observe::measure;
use super::plan::Run;
use super::record::Record;
use super::start_covariance::start_covariance;
use super::views::{DISTANCES, Views};

/// Most numbers of tangent kernels that are kept of the limit: beyond, only the last kernel is.
const KERNEL_NUMBERS: usize = 4_000_000;
/// Points over the range of the samples at which functions are compared.
pub(crate) const GRID: usize = 201;

/// Points at equal distances over the range of the samples.
pub(crate) fn grid(x: &[f64]) -> Vec<f64> {
    let (low, high) = (x[0], x[x.len() - 1]);
    if low == high {
        return vec![low];
    }
    even::points(low, high, GRID)
}

struct Watching<'a> {
    description: &'a Description,
    grid: Vec<f64>,
    /// Kernels of the limit, by snapshot; empty for those that are compared with none.
    limit_kernel: &'a [f64],
    every_kernel: bool,
    keep_kernels: bool,
    residual: Vec<f64>,
    pinned: Vec<f64>,
    function: Vec<f64>,
    kernel: Vec<f64>,
    /// Relative distances to those of the limit.
    kernel_distance: Vec<f64>,
    /// The final measure.
    last: Option<Columns>,
}

impl Observer for Watching<'_> {
    fn observe(&mut self, simulation: &Simulation, last: bool) -> Result<(), String> {
        let (d, stepper) = (self.description, simulation.stepper());
        self.residual.extend(stepper.residual());
        self.pinned.push(simulation.pinned_mass());
        if self.every_kernel || last {
            let sigma = stepper.sigma();
            let kernel = tangent_kernel(&d.samples, &sigma);
            let size = kernel.len();
            if !self.limit_kernel.is_empty() {
                let at = self.kernel_distance.len() * size;
                self.kernel_distance.push(kernel_distance(&kernel, &self.limit_kernel[at..at + size]));
            }
            if self.keep_kernels {
                self.kernel.extend(kernel);
            }
        }
        if last {
            let (particles, mass) = measure(d, simulation);
            self.function = function_values(&self.grid, &particles.r, &particles.theta, &mass);
            add_bias(&mut self.function, simulation.state().output_bias.unwrap_or(0.0));
            self.last = Some(Columns::of(&particles, &mass, stepper.regions(), d.samples.x()));
        }
        Ok(())
    }
}

/// How far a tangent kernel is from that of the limit, as a share of it.
pub(crate) fn kernel_distance<'a>(kernel: impl IntoIterator<Item = &'a f64>, limit: &[f64]) -> f64 {
    let square: f64 = kernel.into_iter().zip(limit).map(|(a, b)| (a - b).powi(2)).sum();
    (square / limit.iter().map(|b| b * b).sum::<f64>()).sqrt()
}

/// What stands for the limit, for those that are compared with it.
pub(crate) struct Limits {
    /// Residuals, function, kernels.
    pub functions: Record,
    /// Pinned mass and the final measure.
    pub measures: Record,
    views: Views,
}

impl Limits {
    /// Of the records of the limit's runs; the second may be the first again.
    ///
    /// `None` if the second has not kept its final measure.
    pub fn new(functions: Record, measures: Record) -> Option<Limits> {
        Some(Limits { views: Views::of_record(&measures)?, functions, measures })
    }

    /// From the records of the runs of a study.
    pub fn of_runs(
        design: &Design,
        runs: &[Run],
        read: impl Fn(&Run) -> Option<Record>,
    ) -> Result<Limits, StudyError> {
        let record = |number: usize| {
            let run = &runs[number];
            let failed = |failure: String| StudyError::Request {
                problem: format!("the run that stands for the limit failed ({}): {failure}", run.words()),
                remedy: "give another scenario, or another --limit".to_string(),
            };
            match read(run) {
                Some(record) if record.failure.is_empty() => Ok(record),
                Some(record) => Err(failed(record.failure)),
                None => Err(failed("it was not kept".to_string())),
            }
        };
        let [functions, measures] = design.fine();
        let limits = Limits::new(record(functions)?, record(measures)?);
        limits.ok_or_else(|| StudyError::Request {
            problem: "the run that stands for the limit has not kept its final measure".to_string(),
            remedy: "remove the folder of finished runs and start again".to_string(),
        })
    }

    /// How far a run is from the limit in a quantity.
    pub fn deviation(&self, quantity: Quantity, run: &Record) -> f64 {
        quantity.deviation(run, self.of(quantity))
    }

    /// The size of a quantity in the limit.
    pub fn size(&self, quantity: Quantity) -> f64 {
        quantity.size(self.of(quantity))
    }

    fn of(&self, quantity: Quantity) -> &Record {
        if quantity.of_measure() { &self.measures } else { &self.functions }
    }
}

/// What a run of a width study is.
pub(crate) enum Role<'a> {
    /// The limit of functions, or of measures, or of both; or another one beside it.
    Limit {
        /// Whether of functions.
        functions: bool,
        /// If of measures, the widths of the study.
        measures: Option<&'a [u64]>,
    },
    /// A coarser limit, which tells the error of a finer one.
    Coarse(&'a Limits),
    /// A member of an ensemble.
    Member(&'a Limits),
}

/// Repetitions of draws from the limit's final measure.
const REPETITIONS: u64 = 8;

/// Carries a run out.
///
/// * `cells`: in which final measures are gathered.
pub(crate) fn width_run(
    scenario: Scenario,
    role: &Role,
    cells: usize,
    fingerprint: &str,
    following: &Following,
    begun: Instant,
) -> Result<Record, Stopped> {
    let Scenario { description: d, start, .. } = scenario;
    let mut record = Record::new(fingerprint);
    let (times, s) = (d.schedule.times().len(), d.samples.len());
    let limit = match role {
        Role::Limit { .. } => None,
        Role::Member(limits) | Role::Coarse(limits) => {
            same_times(&d, limits.functions.values("time").unwrap_or_default())?;
            Some(limits)
        }
    };
    let mut simulation = Simulation::new(&d, start).map_err(|error| Stopped::Failed(error.to_string()))?;
    if matches!(role, Role::Limit { functions: true, .. }) {
        let (points, mass) = measure(&d, &simulation);
        let covariance = start_covariance(d.samples.x(), (&points.r, &points.theta, &mass));
        record.keep("start_covariance", &[("sample", s), ("sample_column", s)], covariance);
    }
    let mut watching = Watching {
        grid: grid(d.samples.x()),
        limit_kernel: limit.and_then(|limit| limit.functions.values("kernel")).unwrap_or_default(),
        every_kernel: times * s * s <= KERNEL_NUMBERS,
        keep_kernels: !matches!(role, Role::Member(_)),
        description: &d,
        residual: vec![],
        pinned: vec![],
        function: vec![],
        kernel: vec![],
        kernel_distance: vec![],
        last: None,
    };
    let in_flow = follow::follow(&d, &mut simulation, following, &mut watching)?;
    let points = watching.grid.len();
    record.keep("residual", &[("time", times), ("sample", s)], watching.residual);
    record.keep("pinned_mass", &[("time", times)], watching.pinned);
    record.keep("function", &[("grid", points)], watching.function);
    let columns = watching.last.ok_or_else(|| Stopped::Failed("the run has no last snapshot".into()))?;
    record.keep("knot_shares", &[("share", 2)], columns.shares().to_vec());
    if watching.keep_kernels {
        let kernels = watching.kernel.len() / (s * s);
        record.keep("kernel", &[("time", kernels), ("sample", s), ("sample_column", s)], watching.kernel);
    }
    match role {
        Role::Limit { measures, .. } => {
            record.keep("time", &[("time", times)], d.schedule.times().to_vec());
            record.keep("grid", &[("grid", points)], watching.grid);
            record.keep("x", &[("sample", s)], d.samples.x().to_vec());
            record.keep("y", &[("sample", s)], d.samples.y().to_vec());
            if let Some(widths) = measures {
                keep_measure(&mut record, &columns, widths, cells);
            }
        }
        Role::Member(limits) | Role::Coarse(limits) => {
            let kernels = watching.kernel_distance.len();
            record.keep("kernel_distance", &[("time", kernels)], watching.kernel_distance);
            let (distances, error) = Views::of(&columns, cells).distances(&limits.views);
            record.keep("measure_distance", &[("distance", DISTANCES.len())], distances.to_vec());
            record.keep_number("sliced_error", error);
        }
    }
    record.keep_number("particles", d.mass.len() as f64);
    record.flow_seconds = in_flow.as_secs_f64();
    record.seconds = begun.elapsed().as_secs_f64();
    Ok(record)
}

/// Refuses runs whose snapshots are at other times than the limit's: their differences would be
/// those of the times. Where the size of steps is given they are at steps, and may be off by one.
fn same_times(d: &Description, limit: &[f64]) -> Result<(), Stopped> {
    const SHARE: f64 = 1e-9;
    let times = d.schedule.times();
    let allowed = SHARE * d.end + d.flow.given_step(d.mass.len()).unwrap_or(0.0);
    let apart = times.iter().zip(limit).find(|(a, b)| (*a - *b).abs() > allowed);
    match apart {
        _ if times.len() != limit.len() => Err(Stopped::Failed(format!(
            "it has {} snapshots, the limit {}: give output.snapshots that do not depend on the width",
            times.len(),
            limit.len()
        ))),
        Some((a, b)) => Err(Stopped::Failed(format!(
            "a snapshot is at time {}, the limit's at {}: give time.end, and output.snapshots by times, \
             instead of steps of gradient descent, whose times depend on the width",
            text::time(*a),
            text::time(*b)
        ))),
        None => Ok(()),
    }
}

/// Keeps the final measure, and what the distances to it would be if neurons were drawn from it
/// independently: mean and standard error over some repetitions, for every width.
fn keep_measure(record: &mut Record, columns: &Columns, widths: &[u64], cells: usize) {
    let views = Views::of(columns, cells);
    views.keep(record);
    let (mut means, mut errors) = (vec![], vec![]);
    let draws = Draws::new(columns);
    for &width in widths {
        // Side by side where all that are alive then are no more particles than the limit has.
        let alive = width.saturating_mul(REPETITIONS.min(rayon::current_num_threads() as u64));
        let in_a_row = if alive <= columns.mass.len() as u64 { 1 } else { REPETITIONS as usize };
        let found: Vec<[f64; DISTANCES.len()]> = (0..REPETITIONS as usize)
            .into_par_iter()
            .with_min_len(in_a_row)
            .map(|k| Views::of(&draws.drawn(width, k as u64), cells).distances(&views).0)
            .collect();
        for q in 0..DISTANCES.len() {
            let (mean, error) = mean_and_error(&found.iter().map(|one| one[q]).collect::<Vec<_>>());
            means.push(mean);
            errors.push(error);
        }
    }
    let dims = [("width", widths.len()), ("distance", DISTANCES.len())];
    record.keep("redrawn_mean", &dims, means);
    record.keep("redrawn_error", &dims, errors);
}
