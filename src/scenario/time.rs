//! The sections `[flow]`, `[time]` and `[output]`.

use std::ops::Range;

use crate::flow::Flow;
use crate::run::{OutputOptions, ParticleOutput, Schedule};

use super::ScenarioError;
use super::section::Section;

/// Later times lose the digits that steps need.
const MAX_END: f64 = 1e12;
/// Tolerances that rounding, below, and the scheme, above, can give a meaning to.
const TOLERANCE: [f64; 2] = [1e-13, 1e-1];
/// Of a scenario that does not say.
const DEFAULT_TOLERANCE: f64 = 1e-6;
/// Of a scenario that does not say.
const DEFAULT_SNAPSHOTS: usize = 11;

/// All keys of `[flow]`.
pub(super) const FLOW_KEYS: [&str; 2] = ["kind", "tv"];
/// All keys of `[time]`.
pub(super) const TIME_KEYS: [&str; 2] = ["end", "tolerance"];
/// All keys of `[output]`.
pub(super) const OUTPUT_KEYS: [&str; 5] =
    ["snapshots", "particles", "precision", "tangent_kernel", "compression"];

const SNAPSHOT_KEYS: [&str; 4] = ["count", "every", "times", "log"];
const LOG_KEYS: [&str; 2] = ["first", "per_decade"];

/// `[flow]`: the canonical flow unless told.
pub(super) fn flow(section: Option<Section>) -> Result<Flow, ScenarioError> {
    let Some(mut section) = section else { return Ok(Flow::Canonical { tv: 0.0 }) };
    section.choice("kind", &[("canonical", ())])?;
    let tv = match section.number("tv")? {
        Some(tv) if tv.value < 0.0 => {
            return Err(tv.refuse("is negative", "give 0 (no total-variation term) or more"));
        }
        Some(tv) => tv.value,
        None => 0.0,
    };
    section.finish("flow.kind = \"canonical\"")?;
    Ok(Flow::Canonical { tv })
}

/// `[time]`: the end and the tolerance.
pub(super) fn time(mut section: Section) -> Result<(f64, f64), ScenarioError> {
    let Some(end) = section.number("end")? else {
        return Err(section.missing("has no `end`", "say when the run ends, for example end = 5.0"));
    };
    if !(end.value > 0.0 && end.value <= MAX_END) {
        return Err(end.refuse("is out of range", format_args!("give a time above 0, at most {MAX_END:e}")));
    }
    let tolerance = match section.number("tolerance")? {
        Some(tolerance) if !(TOLERANCE[0]..=TOLERANCE[1]).contains(&tolerance.value) => {
            let [least, most] = TOLERANCE;
            return Err(tolerance.refuse(
                "is out of range",
                format_args!("give a tolerance from {least:e} (rounding) to {most:e}, for example {DEFAULT_TOLERANCE:e}"),
            ));
        }
        Some(tolerance) => tolerance.value,
        None => DEFAULT_TOLERANCE,
    };
    section.finish("[time]")?;
    Ok((end.value, tolerance))
}

/// What `[output]` says.
#[derive(Debug)]
pub(super) struct Output {
    pub schedule: Schedule,
    pub options: OutputOptions,
    /// Where `tangent_kernel` is: whether it is too much depends on the samples.
    pub kernel_span: Range<usize>,
}

/// `[output]`: eleven snapshots with all particles unless told.
pub(super) fn output(section: Option<Section>, end: f64) -> Result<Output, ScenarioError> {
    let mut options = OutputOptions {
        particles: ParticleOutput::All,
        single_precision: false,
        tangent_kernel: false,
        compression: 4,
    };
    let Some(mut section) = section else {
        let schedule = Schedule::count(end, DEFAULT_SNAPSHOTS);
        return Ok(Output { schedule, options, kernel_span: 0..0 });
    };
    options.particles = particles(&mut section)?;
    options.single_precision = section.choice("precision", &[("f64", false), ("f32", true)])?;
    let kernel_span = section.value("tangent_kernel").map_or(0..0, |entry| entry.span);
    options.tangent_kernel = section.flag_or("tangent_kernel", false)?;
    if let Some(level) = section.count("compression", 0, 9, "")? {
        options.compression = level.value as u8;
    }
    let example = "a table, for example snapshots = { count = 11 }";
    let schedule = match section.section("snapshots", &SNAPSHOT_KEYS, example)? {
        Some(snapshots) => schedule(snapshots, end)?,
        None => Schedule::count(end, DEFAULT_SNAPSHOTS),
    };
    section.finish("[output]")?;
    Ok(Output { schedule, options, kernel_span })
}

/// `particles = "all" | "none" | n`.
fn particles(section: &mut Section) -> Result<ParticleOutput, ScenarioError> {
    let Some(entry) = section.value("particles") else { return Ok(ParticleOutput::All) };
    if entry.value.is_str() {
        let choices = [("all", ParticleOutput::All), ("none", ParticleOutput::None)];
        return section.choice("particles", &choices);
    }
    let count = section.count("particles", 1, u32::MAX.into(), ", \"all\" or \"none\"")?;
    Ok(ParticleOutput::Count(count.expect("it is present").value))
}

/// `snapshots = { count | every | times | log }`.
fn schedule(mut section: Section, end: f64) -> Result<Schedule, ScenarioError> {
    let most = Schedule::MOST;
    let too_many = |count: f64| (format!("makes {count:.0} snapshots"), format!("at most {most} are stored"));
    match section.exactly_one(&SNAPSHOT_KEYS, "snapshots = { count = 11 }")? {
        "count" => {
            let count = section.count("count", 2, most as u64, "")?.expect("it is present");
            Ok(Schedule::count(end, count.value))
        }
        "every" => {
            let every = section.number("every")?.expect("it is present");
            if every.value <= 0.0 {
                return Err(every.refuse("is not positive", "give the time between snapshots, above 0"));
            }
            let count = end / every.value;
            if count > (most - 1) as f64 {
                let (problem, remedy) = too_many(count);
                return Err(every.refuse(
                    problem,
                    format_args!("{remedy}: give {:.1e} or more", 1.1 * end / most as f64),
                ));
            }
            Ok(Schedule::every(end, every.value))
        }
        "times" => {
            let times = section.numbers("times")?.expect("it is present");
            if times.value.len() > most {
                let (problem, remedy) = too_many(times.value.len() as f64);
                return Err(times.refuse(problem, remedy));
            }
            for (index, time) in times.value.iter().enumerate() {
                if !(0.0..=end).contains(time.get_ref()) {
                    return Err(times.element(index, (), time.span()).refuse(
                        "is outside the run",
                        format_args!("give times from 0 to time.end = {end}; both ends are always stored"),
                    ));
                }
            }
            Ok(Schedule::times_until(end, times.value.iter().map(|time| *time.get_ref())))
        }
        _ => {
            let example = "a table, for example log = { first = 1e-3, per_decade = 10 }";
            let mut log = section.section("log", &LOG_KEYS, example)?.expect("it is present");
            let Some(first) = log.number("first")? else {
                return Err(log.missing("has no `first`", "give the first time, for example first = 1e-3"));
            };
            if !(first.value > 0.0 && first.value < end) {
                return Err(first.refuse(
                    "is out of range",
                    format_args!("give a time above 0 and below time.end = {end}"),
                ));
            }
            let Some(per_decade) = log.count("per_decade", 1, most as u64, "")? else {
                return Err(log.missing(
                    "has no `per_decade`",
                    "say how many per factor of ten, for example per_decade = 10",
                ));
            };
            let count = (end / first.value).log10() * per_decade.value as f64;
            if count > (most - 2) as f64 {
                let (problem, remedy) = too_many(count);
                return Err(per_decade.refuse(problem, remedy));
            }
            Ok(Schedule::log(end, first.value, per_decade.value))
        }
    }
}
