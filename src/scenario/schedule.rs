//! When snapshots are due: `output.snapshots`.

use std::ops::Range;

use crate::run::Schedule;
use crate::system::text::number;

use super::ScenarioError;
use super::entry::Kept;
use super::section::Section;
use super::source::Source;
use super::time::Steps;

/// All keys of `output.snapshots`; the last two count steps of gradient descent.
pub(super) const KEYS: [&str; 6] = ["count", "every", "times", "log", "every_steps", "steps"];
/// Those of them that other flows take, whose steps choose their own size.
const IN_TIME: usize = 4;
pub(super) const LOG_KEYS: [&str; 2] = ["first", "per_decade"];
/// Of a scenario that does not say.
const DEFAULT_COUNT: usize = 11;

/// Numbers of a list, each with its place.
type Placed = Vec<(f64, Range<usize>)>;

/// A schedule, understood before the end of the run is known: the end of gradient descent
/// follows from the number of particles.
#[derive(Debug, Clone)]
pub(super) enum ScheduleForm {
    Count(usize),
    Every(Kept<f64>),
    Times(Kept<Placed>),
    Log { first: Kept<f64>, per_decade: Kept<usize> },
    EverySteps(Kept<usize>),
    Steps(Kept<Placed>),
}

impl Default for ScheduleForm {
    fn default() -> ScheduleForm {
        ScheduleForm::Count(DEFAULT_COUNT)
    }
}

fn too_many(count: f64) -> (String, String) {
    (format!("makes {count:.0} snapshots"), format!("at most {} are stored", Schedule::MOST))
}

impl ScheduleForm {
    /// Understands `snapshots = { … }`; `descent` allows what counts steps.
    pub fn read(mut section: Section, descent: bool) -> Result<ScheduleForm, ScenarioError> {
        let most = Schedule::MOST as u64;
        let keys = if descent { &KEYS[..] } else { &KEYS[..IN_TIME] };
        let strange = KEYS.into_iter().find(|key| section.has(key) && !keys.contains(key));
        if let Some(entry) = strange.and_then(|key| section.value(key)) {
            return Err(entry.refuse(
                "counts steps, whose size this flow chooses itself",
                format_args!("give one of {}, or flow.kind = \"gd\"", keys.join(", ")),
            ));
        }
        let form = match section.exactly_one(keys, "snapshots = { count = 11 }")? {
            "count" => {
                ScheduleForm::Count(section.count("count", 2, most, "")?.expect("it is present").value)
            }
            "every" => {
                let every = section.number("every")?.expect("it is present");
                if every.value <= 0.0 {
                    return Err(every.refuse("is not positive", "give the time between snapshots, above 0"));
                }
                ScheduleForm::Every(every.keep())
            }
            "times" => ScheduleForm::Times(list(&mut section, "times")?),
            "log" => log(&mut section)?,
            "every_steps" => {
                let every = section.count("every_steps", 1, i64::MAX as u64, "")?.expect("it is present");
                ScheduleForm::EverySteps(every.keep())
            }
            _ => ScheduleForm::Steps(list(&mut section, "steps")?),
        };
        Ok(form)
    }

    /// The schedule of gradient descent, whose snapshots fall on steps, and a word if some had to
    /// be moved there.
    pub fn on_steps(
        &self,
        source: Source,
        steps: &Steps,
    ) -> Result<(Schedule, Option<String>), ScenarioError> {
        let asked = self.until(source, steps.time(steps.count), Some(steps))?;
        let on_step = |time: f64| steps.time(steps.nearest(time));
        let moved = asked.times().iter().filter(|&&time| (on_step(time) - time).abs() > 1e-6 * steps.time(1));
        let count = moved.count();
        let word = (count > 0).then(|| {
            format!(
                "{count} snapshots are taken at the nearest step of gradient descent, {:e} apart in time",
                steps.time(1)
            )
        });
        let times = asked.times().iter().map(|&time| on_step(time));
        Ok((Schedule::times_until(steps.time(steps.count), times), word))
    }

    /// The schedule of a run to `end`; `steps` are those of gradient descent.
    pub fn until(&self, source: Source, end: f64, steps: Option<&Steps>) -> Result<Schedule, ScenarioError> {
        let most = Schedule::MOST;
        if end == 0.0 {
            return Ok(Schedule::count(end, 1));
        }
        match self {
            ScheduleForm::Count(count) => Ok(Schedule::count(end, *count)),
            ScheduleForm::Every(every) => {
                let count = end / every.value;
                if count > (most - 1) as f64 {
                    let (problem, remedy) = too_many(count);
                    let least = 1.1 * end / most as f64;
                    return Err(every
                        .on(source)
                        .refuse(problem, format_args!("{remedy}: give {least:.1e} or more")));
                }
                Ok(Schedule::every(end, every.value))
            }
            ScheduleForm::Times(times) => {
                let remedy =
                    format!("give times from 0 to time.end = {}; both ends are always stored", number(end));
                inside(times, source, end, &remedy)?;
                Ok(Schedule::times_until(end, times.value.iter().map(|time| time.0)))
            }
            ScheduleForm::Log { first, per_decade } => {
                if !(first.value > 0.0 && first.value < end) {
                    return Err(first.on(source).refuse(
                        "is out of range",
                        format_args!("give a time above 0 and below time.end = {}", number(end)),
                    ));
                }
                let count = libm::log10(end / first.value) * per_decade.value as f64;
                if count > (most - 2) as f64 {
                    let (problem, remedy) = too_many(count);
                    return Err(per_decade.on(source).refuse(problem, remedy));
                }
                Ok(Schedule::log(end, first.value, per_decade.value))
            }
            ScheduleForm::EverySteps(every) => {
                let steps = steps.expect("only gradient descent counts steps");
                let count = steps.count / every.value as u64;
                if count > most as u64 - 1 {
                    let (problem, remedy) = too_many(count as f64);
                    let least = steps.count / (most as u64 - 1) + 1;
                    return Err(every
                        .on(source)
                        .refuse(problem, format_args!("{remedy}: give {least} or more")));
                }
                Ok(Schedule::times_until(end, (0..=count).map(|i| steps.time(i * every.value as u64))))
            }
            ScheduleForm::Steps(list) => {
                let steps = steps.expect("only gradient descent counts steps");
                let last = steps.count;
                let remedy = format!("give steps from 0 to {last}; both ends are always stored");
                inside(list, source, last as f64, &remedy)?;
                Ok(Schedule::times_until(end, list.value.iter().map(|step| steps.time(step.0 as u64))))
            }
        }
    }
}

/// Refuses a list that is too long or leaves the run.
fn inside(list: &Kept<Placed>, source: Source, end: f64, remedy: &str) -> Result<(), ScenarioError> {
    if list.value.len() > Schedule::MOST {
        let (problem, remedy) = too_many(list.value.len() as f64);
        return Err(list.on(source).refuse(problem, remedy));
    }
    for (index, (value, span)) in list.value.iter().enumerate() {
        if !(0.0..=end).contains(value) {
            let element = list.on(source).element(index, (), span.clone());
            return Err(element.refuse("is outside the run", remedy));
        }
    }
    Ok(())
}

/// A list of numbers with the place of each; steps are whole.
fn list(section: &mut Section, key: &'static str) -> Result<Kept<Placed>, ScenarioError> {
    let numbers = section.numbers(key)?.expect("it is present");
    for (index, number) in numbers.value.iter().enumerate() {
        if key == "steps" && number.get_ref().fract() != 0.0 {
            let element = numbers.element(index, (), number.span());
            return Err(element.refuse("is not whole", "give a whole number"));
        }
    }
    let values = numbers.value.iter().map(|number| (*number.get_ref(), number.span())).collect();
    Ok(numbers.with(values).keep())
}

fn log(section: &mut Section) -> Result<ScheduleForm, ScenarioError> {
    let example = "a table, for example log = { first = 1e-3, per_decade = 10 }";
    let mut log = section.section("log", &LOG_KEYS, example)?.expect("it is present");
    let Some(first) = log.number("first")? else {
        return Err(log.missing("has no `first`", "give the first time, for example first = 1e-3"));
    };
    let Some(per_decade) = log.count("per_decade", 1, Schedule::MOST as u64, "")? else {
        return Err(
            log.missing("has no `per_decade`", "say how many per factor of ten, for example per_decade = 10")
        );
    };
    Ok(ScheduleForm::Log { first: first.keep(), per_decade: per_decade.keep() })
}
