//! `measure.representation = "density"`: the density of a law is solved for, without particles.

use std::ops::Range;

use crate::flow::{DensityGrid, ParticleKind, density_is_possible};
use crate::problem::{DensityStart, Law, ParticleLaw, Sampling};
use crate::system::text::number;

use super::ScenarioError;
use super::delta::delta;
use super::entry::Entry;
use super::flow::FlowForm;
use super::laws;
use super::needs::Need;
use super::sampled::ReadMeasure;
use super::section::Section;
use super::source::Source;

/// Cells per turn of the circle, and across the amplitudes, unless told.
const DEFAULT_CELLS: [usize; 2] = [256, 256];
/// Fewest and most cells each way.
const CELLS: [usize; 2] = [16, 16_384];

/// Scales of which cells have places and areas that are numbers.
const SCALE: [f64; 2] = [1e-50, 1e50];

/// A law whose density is solved for, checked.
#[derive(Debug, Clone)]
pub(super) struct DensityForm {
    start: DensityStart,
    name: &'static str,
    estimate_error: bool,
    /// Of the section.
    span: Range<usize>,
}

impl DensityForm {
    /// Reads the keys that a density has.
    ///
    /// * `asked`: `measure.representation`.
    pub fn read(
        asked: &Entry<String>,
        mut section: Section,
        flow: &FlowForm,
    ) -> Result<DensityForm, ScenarioError> {
        let span = section.span();
        let (name, kind) = laws::read(&mut section)?;
        let lift = delta(&mut section, flow)?.map(|delta| delta.value);
        let with = |delta: Option<f64>| density_is_possible(*flow.unscaled(), delta);
        if flow.particles() == ParticleKind::Neuron && lift.is_none() && with(Some(0.0)).is_ok() {
            return Err(section.missing(
                format_args!(
                    "has no delta, without which law = \"{name}\" does not say how c and |w| share r"
                ),
                "add delta = 0, or another: c^2 - |w|^2 of every neuron",
            ));
        }
        if let Err(expected) = with(lift) {
            let found = match (lift, flow.tv() > 0.0) {
                (Some(delta), _) => format!(" and delta = {}", number(delta)),
                (None, true) => format!(" and flow.tv = {}", number(flow.tv())),
                (None, false) => String::new(),
            };
            return Err(asked.refuse(
                format_args!("is not possible with flow.kind = \"{}\"{found}", flow.name()),
                format_args!("of these flows there is a density: {expected}; or leave it out, for particles"),
            ));
        }
        if flow.depends_on_width() {
            return Err(asked.refuse(
                "is the limit of infinite width, but flow.scaling depends on the width",
                "leave flow.scaling out",
            ));
        }
        let scale = section.positive_or("scale", 1.0)?;
        if !(SCALE[0]..=SCALE[1]).contains(&scale) {
            return Err(section.missing(
                format_args!("has scale = {}, with which cells are not numbers", number(scale)),
                format_args!("give one from {:e} to {:e}", SCALE[0], SCALE[1]),
            ));
        }
        let cells = cells(&mut section)?;
        let estimate_error = section.flag_or("estimate_error", false)?;
        section.finish(flow.form("measure.representation = \"density\""))?;
        let law = Law { kind, scale, antisymmetric: false };
        Ok(DensityForm { start: DensityStart { law, delta: lift, cells }, name, estimate_error, span })
    }

    /// How many cells each way.
    pub fn cells(&self) -> [usize; 2] {
        self.start.cells
    }

    /// The law of the particles that the density stands for.
    pub fn law(&self) -> ParticleLaw {
        let law = self.start.law;
        match self.start.delta {
            None => ParticleLaw::Canonical(law),
            Some(delta) => ParticleLaw::Lift { law, delta },
        }
    }

    /// The start, once it is known that there is memory for it.
    ///
    /// * `samples`: how many.
    pub fn build(
        &self,
        source: Source,
        flow: &FlowForm,
        samples: usize,
    ) -> Result<ReadMeasure, ScenarioError> {
        if flow.particles() == ParticleKind::Canonical {
            flow.refuse_scaling(source)?;
        }
        Need::of_density(self.cells(), samples, flow.unscaled(), false)
            .check()
            .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))?;
        let half = DensityStart { cells: self.cells().map(|cells| cells / 2), ..self.start };
        let [per_turn, across] = self.cells();
        let mut words = format!(
            "law {}, density in {per_turn} x {across} cells, scale {}",
            self.name,
            number(self.start.law.scale)
        );
        words += &laws::parameters(self.start.law.kind);
        if let Some(delta) = self.start.delta {
            words += &format!(", lifted with delta {}", number(delta));
        }
        let law = self.law().drawn(1, 1.0);
        Ok(ReadMeasure {
            start: self.start.into(),
            law,
            source: words,
            seed: None,
            sampling: Sampling::Density { estimate_error: self.estimate_error },
            width: 1,
            beside: self.estimate_error.then(|| half.into()),
            notices: vec![],
        })
    }

    /// The cells and what is stored of them.
    ///
    /// * `amplitude`: the largest one, where the scenario says so.
    pub fn grid(&self, amplitude: Option<f64>) -> DensityGrid {
        DensityGrid::of(&self.start, amplitude)
    }
}

/// `cells = [per turn, across the amplitudes]`.
fn cells(section: &mut Section) -> Result<[usize; 2], ScenarioError> {
    let Some(entry) = section.numbers("cells")? else { return Ok(DEFAULT_CELLS) };
    let example =
        "give two whole numbers, for example [256, 256]: per turn of the circle, and across the amplitudes";
    let [per_turn, across] = &entry.value[..] else {
        return Err(entry.refuse(format_args!("has {} numbers", entry.value.len()), example));
    };
    let mut found = [0; 2];
    for (found, value) in found.iter_mut().zip([per_turn, across].map(|number| *number.get_ref())) {
        let [least, most] = CELLS;
        if value.fract() != 0.0 || !(least as f64..=most as f64).contains(&value) {
            return Err(entry.refuse(
                format_args!("holds {}", number(value)),
                format_args!("{example}, each from {least} to {most}"),
            ));
        }
        *found = value as usize;
    }
    Ok(found)
}
