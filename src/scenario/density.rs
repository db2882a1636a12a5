//! `measure.representation = "density"`: the density of a law is solved for, without particles.

use std::ops::Range;

use crate::flow::{DensityGrid, ParticleKind, density_is_possible};
use crate::problem::{DensityStart, Law, ParticleLaw, Sampling};
use crate::system::text::number;

use super::ScenarioError;
use super::delta::delta;
use super::density_cells;
use super::entry::{Entry, Kept};
use super::flow::FlowForm;
use super::laws;
use super::needs::Need;
use super::sampled::ReadMeasure;
use super::section::Section;
use super::source::Source;

/// Scales of which cells have places and areas that are numbers.
const SCALE: [f64; 2] = [1e-50, 1e50];

/// A law whose density is solved for, checked.
#[derive(Debug, Clone)]
pub(super) struct DensityForm {
    start: DensityStart,
    name: &'static str,
    /// The error for which cells are searched; those of `start` are then without meaning.
    target: Option<Kept<f64>>,
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
        let (cells, target) = density_cells::read(&mut section)?;
        // Whoever asks for an error wants to see it beside the results.
        let estimate_error = section.flag_or("estimate_error", target.is_some())?;
        section.finish(flow.form("measure.representation = \"density\""))?;
        let law = Law { kind, scale, antisymmetric: false };
        let start = DensityStart { law, delta: lift, cells };
        Ok(DensityForm { start, name, target, estimate_error, span })
    }

    /// The error for which cells are searched, where it stands.
    pub fn target(&self) -> Option<&Kept<f64>> {
        self.target.as_ref()
    }

    /// The start with the cells that the scenario tells, or else with those that a search found.
    fn start(&self, found: Option<[usize; 2]>) -> Option<DensityStart> {
        match self.target {
            None => Some(self.start),
            Some(_) => found.map(|cells| DensityStart { cells, ..self.start }),
        }
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
    /// * `found`: cells, where they were searched for.
    pub fn build(
        &self,
        source: Source,
        flow: &FlowForm,
        samples: usize,
        found: Option<[usize; 2]>,
    ) -> Result<ReadMeasure, ScenarioError> {
        let start = match (self.start(found), &self.target) {
            (Some(start), _) => start,
            (None, target) => {
                let target = target.as_ref().expect("without one the cells are told").on(source);
                return Err(target.refuse(
                    "asks for a search of cells, which is made of whole runs",
                    "give measure.cells, or read the scenario by study::read_scenario, which searches",
                ));
            }
        };
        if flow.particles() == ParticleKind::Canonical {
            flow.refuse_scaling(source)?;
        }
        Need::of_density(start.cells, samples, flow.unscaled(), false)
            .check()
            .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))?;
        let half = DensityStart { cells: start.cells.map(|cells| cells / 2), ..start };
        let [per_turn, across] = start.cells;
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
            start: start.into(),
            law,
            source: words,
            seed: None,
            sampling: Sampling::Density { estimate_error: self.estimate_error },
            width: 1,
            beside: self.estimate_error.then(|| half.into()),
            notices: vec![],
        })
    }

    /// The cells and what is stored of them; `None` where they are yet to be searched for.
    ///
    /// * `amplitude`: the largest one, where the scenario says so.
    /// * `found`: cells, where they were searched for.
    pub fn grid(&self, amplitude: Option<f64>, found: Option<[usize; 2]>) -> Option<DensityGrid> {
        self.start(found).map(|start| DensityGrid::of(&start, amplitude))
    }
}
