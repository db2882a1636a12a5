//! How fast networks approach the limit of infinite width.

use std::sync::atomic::AtomicBool;

use super::StudyError;
use super::base::Base;
use super::design::{Design, OneLimit};
use super::engine::{Engine, Monitor};
use super::follow;
use super::limit::{self, Asked, KEYS_OF_LIMITS, Limit, LimitKind};
use super::place::Place;
use super::plan::{Axis, Data, Plan, Run, Values};
use super::sweep::{self, Ended};
use super::width_run::{Limits, Role, width_run};

/// The kind of study in its plan.
pub(crate) const WIDTH: &str = "width";

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
    /// Cells of a density each way; chosen if not told.
    pub limit_cells: Option<[usize; 2]>,
}

impl WidthRequest {
    /// The scenario without what it says of a limit, and what is asked of that: a scenario of a density has its own.
    fn limit(&self) -> (Base, Asked) {
        let table: toml::Table = self.base.text.parse().unwrap_or_default();
        let measure = |key: &str| table.get("measure")?.get(key);
        let density = measure("representation").and_then(toml::Value::as_str) == Some("density");
        let cells = || -> Option<[usize; 2]> {
            let cells = measure("cells")?.as_array()?.iter();
            let each =
                |cell: &toml::Value| Some(cell.as_float().or(Some(cell.as_integer()? as f64))? as usize);
            cells.map(each).collect::<Option<Vec<_>>>()?.try_into().ok()
        };
        let asked = Asked {
            kind: self.limit.or(density.then_some(LimitKind::Density)),
            particles: self.limit_particles,
            cells: self.limit_cells.or_else(cells),
        };
        (self.base.without("measure", &KEYS_OF_LIMITS).without("output", &["amplitude"]), asked)
    }
}

/// A width study that can be carried out: the limit, a coarser one that tells its error, and the
/// ensembles.
#[derive(Debug, Clone)]
pub struct WidthPlan {
    pub(crate) plan: Plan,
}

/// What would end runs at times of their own.
const UNTIL_KEYS: [&str; 3] = ["until", "until_loss", "until_speed"];
const TO_THE_END: &str = "time.until, until_loss and until_speed are left out: runs are compared at the same times, up to time.end";

impl WidthPlan {
    /// Checks the request.
    ///
    /// # Errors
    /// Too few widths, or a scenario that is refused with them.
    pub fn new(request: &WidthRequest) -> Result<WidthPlan, StudyError> {
        let widths = &request.widths;
        if widths.is_empty() || request.seeds < 2 {
            return Err(StudyError::Request {
                problem: format!("{} widths and {} seeds", widths.len(), request.seeds),
                remedy: "give at least one width and two seeds: error bars come from the seeds".to_string(),
            });
        }
        // The study says itself how the limit is made.
        let (given, asked) = &request.limit();
        if request.limit_cells.is_some() && asked.kind != Some(LimitKind::Density) {
            return Err(StudyError::Request {
                problem: "the limit's cells belong to a density, and the limit is another".to_string(),
                remedy: "give --limit density, too, or leave --limit-cells out".to_string(),
            });
        }
        let base = &given.without("time", &UNTIL_KEYS);
        let largest = widths.iter().copied().max().unwrap_or(1);
        let mut limit = Limit::new(base, *asked, largest)?;
        if base != given {
            limit.notes.push(TO_THE_END.to_string());
        }
        let mut runs = vec![];
        let data = Data::default();
        let of_limit = |run: &limit::LimitRun| -> Result<Run, StudyError> {
            let planned =
                Plan::run(WIDTH, base, vec![], run.set.clone(), &format!("limit for {widths:?}"), &data)?;
            Ok(Run { particles: run.particles, ..planned })
        };
        for run in limit.pairs.iter().flat_map(|pair| &pair.runs) {
            runs.push(of_limit(run)?);
        }
        let limits = limit.pairs.into_iter().map(|pair| OneLimit { kind: pair.kind, words: pair.words });
        let design = Design {
            widths: widths.clone(),
            seeds: request.seeds,
            limits: limits.collect(),
            measures: limit.measures,
            notes: limit.notes,
            antisymmetric: base.antisymmetric(),
            depends_on_width: base.depends_on_width(),
        };
        let fine = design.fine().map(|number| runs[number].fingerprint.clone()).concat();
        for (w, &width) in widths.iter().enumerate() {
            let set = limit::member(base, width);
            for k in 0..request.seeds {
                // No two widths share draws: their deviations are independent.
                let seed = base.seed + (w * request.seeds + k) as u64;
                let mut set = set.clone();
                set.push(("measure.seed".to_string(), seed.to_string()));
                runs.push(Plan::run(WIDTH, base, vec![w, k], set, &fine, &data)?);
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
        let plan = Plan {
            kind: WIDTH.into(),
            base: base.clone(),
            axes,
            runs,
            keep_runs: false,
            width: Some(design),
        };
        Ok(WidthPlan { plan })
    }

    fn design(&self) -> &Design {
        self.plan.width.as_ref().expect("a width study has one")
    }

    /// The runs that are to be done here, with their numbers, those of the limit first: every shard
    /// needs them, and makes them if no other has.
    pub fn runs(&self, place: &Place) -> Vec<(usize, &Run)> {
        let fine = self.fine();
        let others = place.runs(&self.plan).into_iter().filter(|(number, _)| !fine.contains(number));
        fine.iter().map(|&number| (number, &self.plan.runs[number])).chain(others).collect()
    }

    fn fine(&self) -> Vec<usize> {
        let mut fine = self.design().fine().to_vec();
        fine.dedup();
        fine
    }

    /// The limit in words, and what was refused on the way to it.
    pub fn words(&self) -> Vec<String> {
        let design = self.design();
        let mut words = design.notes.clone();
        words.extend(design.limits.iter().enumerate().map(|(i, limit)| {
            let role = match i {
                0 => "limit",
                i if i == design.measures => "its final measure",
                _ => "beside it",
            };
            format!("{role}: {}", limit.words)
        }));
        words
    }

    /// Carries the study out, or a shard of it; goes on where it was stopped.
    ///
    /// # Errors
    /// The study file exists, the limit fails, or something cannot be written.
    pub fn carry_out(
        &self,
        place: &Place,
        monitor: &dyn Monitor,
        stop: &AtomicBool,
    ) -> Result<Ended, StudyError> {
        let (plan, design) = (&self.plan, self.design());
        let Some(parts) = sweep::open(plan, place)? else {
            return Ok(Ended::found(place));
        };
        let engine = Engine { base: &plan.base, parts: &parts, monitor, stop, run_file: &|_| None };
        let runs = self.runs(place);
        let (fine, others) = runs.split_at(self.fine().len());
        let cells = design.cells();
        // The finer limits have to be known before anything is compared with them.
        let number_of = |run: &Run| {
            plan.runs[..design.runs_of_limits()].iter().position(|limit| limit.fingerprint == run.fingerprint)
        };
        let limit = |number: usize| Role::Limit {
            functions: number == 0,
            measures: (number == 2 * design.measures).then_some(design.widths.as_slice()),
        };
        let (complete, mut times) = engine.carry_out(fine, &|text, run, following, begun| {
            let role = limit(number_of(run).unwrap_or_default());
            let scenario = follow::read(text, &plan.base.path)?;
            width_run(scenario, &role, cells, &run.fingerprint, following, begun)
        })?;
        let mut ended = Ended { runs: runs.len(), interrupted: !complete, times, ..Ended::default() };
        if !complete {
            return Ok(ended);
        }
        let limits = Limits::of_runs(design, &plan.runs, |run| parts.read(&run.fingerprint))?;
        let (complete, spent) = engine.carry_out(others, &|text, run, following, begun| {
            let role = match number_of(run) {
                Some(number) if number % 2 == 0 => limit(number),
                Some(_) => Role::Coarse(&limits),
                None => Role::Member(&limits),
            };
            let scenario = follow::read(text, &plan.base.path)?;
            width_run(scenario, &role, cells, &run.fingerprint, following, begun)
        })?;
        times = times.and(&spent);
        (ended.interrupted, ended.times) = (!complete, times);
        sweep::conclude(plan, place, parts, &runs, ended)
    }
}
