//! The section `[output]`.

use std::ops::Range;

use crate::run::{OutputOptions, ParticleOutput};

use super::ScenarioError;
use super::schedule::{self, ScheduleForm};
use super::section::Section;

/// All keys of the section.
pub(super) const KEYS: [&str; 8] =
    ["snapshots", "particles", "precision", "tangent_kernel", "path", "function", "compression", "amplitude"];
/// Points at which a function is stored at most.
const MOST_POINTS: u64 = 100_000;

/// What `[output]` says.
#[derive(Debug)]
pub(super) struct Output {
    pub schedule: ScheduleForm,
    /// Whether the scenario says when.
    pub scheduled: bool,
    pub options: OutputOptions,
    /// Largest amplitude at which a density is stored.
    pub amplitude: Option<f64>,
    /// Where `tangent_kernel` is: whether it is too much depends on the samples.
    pub kernel_span: Range<usize>,
}

/// `[output]`: eleven snapshots with all particles unless told; `descent` allows snapshots by
/// steps.
///
/// * `density`: whether that is stored instead of particles.
pub(super) fn output(
    section: Option<Section>,
    descent: bool,
    density: bool,
) -> Result<Output, ScenarioError> {
    let mut output = Output {
        schedule: ScheduleForm::default(),
        scheduled: false,
        options: OutputOptions {
            particles: if density { ParticleOutput::None } else { ParticleOutput::All },
            single_precision: false,
            tangent_kernel: false,
            path: false,
            function: 0,
            compression: 4,
        },
        amplitude: None,
        kernel_span: 0..0,
    };
    let Some(mut section) = section else { return Ok(output) };
    let options = &mut output.options;
    if density {
        output.amplitude = amplitude(&mut section)?;
    } else {
        options.particles = particles(&mut section)?;
    }
    options.single_precision = section.choice("precision", &[("f64", false), ("f32", true)])?;
    output.kernel_span = section.value("tangent_kernel").map_or(0..0, |entry| entry.span);
    options.tangent_kernel = section.flag_or("tangent_kernel", false)?;
    let path = section.value("path");
    options.path = section.flag_or("path", false)?;
    if let Some(entry) = path.filter(|_| options.path && descent) {
        return Err(entry.refuse(
            "asks for the path along which a flow moves, and gradient descent takes steps",
            "leave it out, or give flow.kind = \"lifted\", to which gradient descent converges",
        ));
    }
    if let Some(points) = section.count("function", 2, MOST_POINTS, "")? {
        options.function = points.value;
    }
    if let Some(level) = section.count("compression", 0, 9, "")? {
        options.compression = level.value as u8;
    }
    let example = "a table, for example snapshots = { count = 11 }";
    if let Some(snapshots) = section.section("snapshots", &schedule::KEYS, example)? {
        output.schedule = ScheduleForm::read(snapshots, descent)?;
        output.scheduled = true;
    }
    let alone = section.has("amplitude") && !density;
    section.finish(match (density, alone) {
        (true, _) => "[output] with measure.representation = \"density\"",
        (_, true) => "[output] without measure.representation = \"density\"",
        _ => "[output]",
    })?;
    Ok(output)
}

/// `amplitude`: the largest one at which a density is stored.
fn amplitude(section: &mut Section) -> Result<Option<f64>, ScenarioError> {
    let Some(amplitude) = section.number("amplitude")? else { return Ok(None) };
    if amplitude.value <= 0.0 {
        return Err(amplitude.refuse(
            "is not positive",
            "give the largest |r| to store, or leave it out for twice the start's",
        ));
    }
    Ok(Some(amplitude.value))
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
