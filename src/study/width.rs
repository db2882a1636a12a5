//! How fast networks approach the limit of infinite width.

use std::sync::atomic::AtomicBool;

use super::approach::{Approach, approach};
use super::engine::{Engine, Monitor, Times};
use super::ensemble::{Fluctuations, Quantity, mean_and_error};
use super::follow;
use super::limit::LimitKind;
use super::parts::Parts;
use super::plan::{Axis, Base, Plan, Run, Values};
use super::record::Record;
use super::sweep::{Place, refuse_existing, write_plan};
use super::width_run::width_run;
use super::{StudyError, width_file};

/// What a width study is asked.
#[derive(Debug, Clone)]
pub struct WidthRequest {
    /// The scenario.
    pub base: Base,
    /// Widths, ascending.
    pub widths: Vec<u64>,
    /// Runs of each.
    pub seeds: usize,
    /// How the limit is made; the best there is if not told.
    pub limit: Option<LimitKind>,
    /// Particles of the limit; chosen by its kind if not told.
    pub limit_particles: Option<u64>,
}

/// One width beside the limit.
#[derive(Debug, Clone)]
pub struct WidthRow {
    /// Particles.
    pub width: u64,
    /// Of each [`Quantity`]: mean over seeds of the deviation, and its standard error.
    pub deviation: [(f64, f64); 4],
    /// `sqrt(m) (rho - rho_limit)` at the start and at the end.
    pub fluctuations: [Fluctuations; 2],
    /// Runs that failed.
    pub failed: usize,
}

/// A finished width study.
#[derive(Debug, Clone)]
pub struct WidthReport {
    /// The limit in words.
    pub limit: String,
    /// By width.
    pub rows: Vec<WidthRow>,
    /// By quantity.
    pub approaches: Vec<Approach>,
    /// Covariance of the fluctuations at the start as theory predicts it, row-major.
    pub theory: Vec<f64>,
}

/// How a width study ended.
#[derive(Debug, Clone)]
pub struct WidthEnded {
    /// What was found, unless it was interrupted.
    pub report: Option<WidthReport>,
    /// Runs that failed: which, and why.
    pub failures: Vec<(String, String)>,
    /// All runs.
    pub runs: usize,
    /// Where the time went.
    pub times: Times,
}

/// A width study that can be carried out: the limit, a coarser one that tells its error, and the
/// ensembles.
#[derive(Debug, Clone)]
pub struct WidthPlan {
    pub(crate) plan: Plan,
    kind: LimitKind,
    particles: [u64; 2],
    widths: Vec<u64>,
    seeds: usize,
}

/// Runs before those of the ensembles: the limit and a coarser one.
const LIMITS: usize = 2;

impl WidthPlan {
    /// Checks the request.
    ///
    /// # Errors
    /// Too few widths, or a scenario that is refused with them.
    pub fn new(request: &WidthRequest) -> Result<WidthPlan, StudyError> {
        let (base, widths) = (&request.base, &request.widths);
        let refuse =
            |problem: String, remedy: &str| StudyError::Request { problem, remedy: remedy.to_string() };
        if widths.is_empty() || request.seeds < 2 {
            return Err(refuse(
                format!("{} widths and {} seeds", widths.len(), request.seeds),
                "give at least one width and two seeds: error bars come from the seeds",
            ));
        }
        let kind = match request.limit {
            Some(kind) => kind,
            None => LimitKind::best(base)?,
        };
        let largest = widths.iter().copied().max().unwrap_or(1);
        let fine = request.limit_particles.unwrap_or(match kind {
            LimitKind::Quadrature => 1 << 16,
            LimitKind::Sobol => (4 * largest).max(1 << 16).next_power_of_two(),
            LimitKind::Iid => 4 * largest.max(1 << 14),
        });
        let particles = [fine, fine / 4];
        let mut runs = vec![];
        for (i, &particles) in particles.iter().enumerate() {
            let Some(mut set) = kind.set(base, particles) else {
                return Err(refuse(
                    format!("the limit cannot be had by {}", kind.name()),
                    "choose another with --limit",
                ));
            };
            if kind != LimitKind::Quadrature {
                // Seeds of their own, far from those of the ensembles.
                set.push(("measure.seed".into(), (base.seed + 1_000_000_007 + i as u64).to_string()));
            }
            runs.push(Plan::run("width", base, vec![], set, "limit")?);
        }
        let limit = runs[0].fingerprint.clone();
        for (w, &width) in widths.iter().enumerate() {
            for k in 0..request.seeds {
                // No two widths share draws: their deviations are independent.
                let seed = base.seed + (w * request.seeds + k) as u64;
                let mut set = match LimitKind::Iid.set(base, width) {
                    Some(set) => set,
                    None => {
                        // Refused below, with the words that say why.
                        vec![("measure.particles".to_string(), width.to_string())]
                    }
                };
                set.push(("measure.seed".to_string(), seed.to_string()));
                runs.push(Plan::run("width", base, vec![w, k], set, &limit)?);
            }
        }
        let axis = |name: &str, about: &str, values: Vec<i64>| Axis {
            name: name.into(),
            about: about.into(),
            values: Values::Whole(values),
        };
        let axes = vec![
            axis("width", "particles, m", widths.iter().map(|&width| width as i64).collect()),
            axis("member", "number of the run within its ensemble", (0..request.seeds as i64).collect()),
        ];
        let plan = Plan { kind: "width".into(), base: base.clone(), axes, runs, keep_runs: false };
        Ok(WidthPlan { plan, kind, particles, widths: widths.clone(), seeds: request.seeds })
    }

    /// All runs, the limits first.
    pub fn runs(&self) -> &[Run] {
        &self.plan.runs
    }

    /// The limit in words.
    pub fn limit(&self) -> String {
        let [fine, coarse] = self.particles;
        match self.kind {
            LimitKind::Quadrature => format!("quadrature, about {fine} nodes (its error: against {coarse})"),
            LimitKind::Sobol => format!("{fine} Sobol' points (its error: against {coarse})"),
            LimitKind::Iid => format!(
                "{fine} independent draws, for want of a better one (its error: from {coarse} others)"
            ),
        }
    }

    /// Carries the study out; goes on where it was stopped.
    ///
    /// # Errors
    /// The study file exists, the limit fails, or something cannot be written.
    pub fn carry_out(
        &self,
        place: &Place,
        monitor: &dyn Monitor,
        stop: &AtomicBool,
    ) -> Result<WidthEnded, StudyError> {
        refuse_existing(place)?;
        let parts = Parts::open(&place.study, None)?;
        write_plan(&parts, &self.plan)?;
        let engine = Engine { base: &self.plan.base, parts: &parts, monitor, stop, run_file: &|_| None };
        let numbered: Vec<(usize, &Run)> = self.plan.runs.iter().enumerate().collect();
        let interrupted = |times| WidthEnded { report: None, failures: vec![], runs: numbered.len(), times };
        // The finer limit has to be known before anything is compared with it.
        let mut times = Times::default();
        let mut limit: Option<Record> = None;
        for range in [0..1, 1..numbered.len()] {
            let known = limit.as_ref();
            let (complete, spent) = engine.carry_out(&numbered[range], &|text, run, following, begun| {
                let scenario = follow::read(text, &self.plan.base.path)?;
                width_run(scenario, known, &run.fingerprint, following, begun)
            })?;
            times = times.and(&spent);
            if !complete {
                return Ok(interrupted(times));
            }
            if limit.is_none() {
                limit = Some(self.limit_of(&parts)?);
            }
        }
        let limit = self.limit_of(&parts)?;
        let read = |run: &Run| parts.read(&run.fingerprint).unwrap_or_else(|| Record::new(&run.fingerprint));
        let records: Vec<Record> = self.plan.runs.iter().map(read).collect();
        let named = self.plan.runs.iter().zip(&records).filter(|(_, record)| !record.failure.is_empty());
        let failures = named.map(|(run, record)| (run.words(), record.failure.clone())).collect();
        let report = self.report(&limit, &records[1], &records[LIMITS..]);
        width_file::write(place, &self.plan, &report, &limit, &records[LIMITS..])?;
        parts.remove(
            self.plan.runs.iter().map(|run| run.fingerprint.as_str()),
            &[super::plan::FILE.to_string()],
        );
        Ok(WidthEnded { report: Some(report), failures, runs: numbered.len(), times })
    }

    fn limit_of(&self, parts: &Parts) -> Result<Record, StudyError> {
        let limit = parts.read(&self.plan.runs[0].fingerprint);
        match limit {
            Some(limit) if limit.failure.is_empty() => Ok(limit),
            limit => Err(StudyError::Request {
                problem: format!(
                    "the run that stands for the limit failed: {}",
                    limit.map_or("it was not kept".to_string(), |limit| limit.failure)
                ),
                remedy: "give another scenario, or another --limit".to_string(),
            }),
        }
    }

    /// What the records say.
    fn report(&self, limit: &Record, coarse: &Record, members: &[Record]) -> WidthReport {
        let rows: Vec<WidthRow> = self
            .widths
            .iter()
            .zip(members.chunks(self.seeds))
            .map(|(&width, ensemble)| row(width, ensemble, limit))
            .collect();
        let approaches = Quantity::ALL
            .iter()
            .enumerate()
            .map(|(q, &quantity)| {
                let apart = quantity.deviation(coarse, limit);
                let limit_error = match self.kind {
                    // Both err: variances 1/M and 4/M.
                    LimitKind::Iid => apart / 5f64.sqrt(),
                    // The coarser errs more, so that the distance is a bound.
                    _ => apart,
                };
                approach(q, quantity, &rows, limit_error, quantity.size(limit))
            })
            .collect();
        let theory = limit.values("start_covariance").unwrap_or_default().to_vec();
        WidthReport { limit: self.limit(), rows, approaches, theory }
    }
}

fn row(width: u64, ensemble: &[Record], limit: &Record) -> WidthRow {
    let good: Vec<&Record> = ensemble.iter().filter(|record| record.failure.is_empty()).collect();
    let deviation = Quantity::ALL.map(|quantity| {
        let values: Vec<f64> = good.iter().map(|run| quantity.deviation(run, limit)).collect();
        mean_and_error(&values)
    });
    let limit_path = limit.values("residual").unwrap_or_default();
    let s = limit.values("x").map_or(1, <[f64]>::len);
    let at = |first: usize| {
        let scaled = |run: &&Record| -> Option<Vec<f64>> {
            let path = run.values("residual")?;
            Some((first..first + s).map(|i| (width as f64).sqrt() * (path[i] - limit_path[i])).collect())
        };
        Fluctuations::of(&good.iter().filter_map(scaled).collect::<Vec<_>>())
    };
    let fluctuations = [at(0), at(limit_path.len() - s)];
    WidthRow { width, deviation, fluctuations, failed: ensemble.len() - good.len() }
}
