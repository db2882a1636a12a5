//! `measure.representation = "density"`: the density of a law is solved for, without particles.

use std::ops::Range;

use crate::flow::{DensityGrid, ParticleKind, density_is_possible};
use crate::problem::{DensityLaw, DensityStart, LawKind, ParticleLaw, Sampling};
use crate::system::text::number;

use super::ScenarioError;
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

/// Slices of a law of `(c, a, b)` unless told.
const SLICES: usize = 8;
/// Fewest and most slices.
const SLICE_BOUNDS: [u64; 2] = [2, 64];
/// Largest width that a law may be meant for.
const MAX_WIDTH: u64 = 1_000_000_000;

/// A law whose density is solved for, checked.
#[derive(Debug, Clone)]
pub(super) struct DensityForm {
    law: ParticleLaw,
    name: &'static str,
    /// The `m` of laws and scalings that depend on it.
    width: Option<usize>,
    kappa: f64,
    balance: f64,
    /// Of a law of `(c, a, b)`.
    slices: usize,
    cells: [usize; 2],
    /// The error for which cells are searched; `cells` are then without meaning.
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
        let law = laws::of_particles(&mut section, flow, (name, kind))?;
        let slices = match law {
            ParticleLaw::Neurons(_) => {
                let [least, most] = SLICE_BOUNDS;
                section.count("slices", least, most, "")?.map_or(SLICES, |entry| entry.value)
            }
            _ => 1,
        };
        let width = match law.depends_on_width() || flow.depends_on_width() {
            true => Some(width(&mut section, name)?),
            false => None,
        };
        let (cells, target) = density_cells::read(&mut section)?;
        // An error that is asked for is told beside the results.
        let estimate_error = section.flag_or("estimate_error", target.is_some())?;
        let without = match (&law, section.has("slices"), width) {
            (ParticleLaw::Neurons(_), ..) | (_, false, _) => "",
            _ => " without a law of (a, b, c)",
        };
        let kappa = flow.kappa_of(width.unwrap_or(1));
        let form = DensityForm {
            law,
            name,
            width,
            kappa,
            balance: flow.balance(),
            slices,
            cells,
            target,
            estimate_error,
            span,
        };
        form.possible(asked, &section, flow)?;
        section.finish(flow.form(&format!("measure.representation = \"density\"{without}")))?;
        Ok(form)
    }

    /// Whether there is a density of this law in this flow, of which cells are numbers.
    fn possible(
        &self,
        asked: &Entry<String>,
        section: &Section,
        flow: &FlowForm,
    ) -> Result<(), ScenarioError> {
        let start = self.of_cells(self.cells);
        if let Err(expected) = density_is_possible(*flow.unscaled(), &start.law) {
            let found = match (&self.law, flow.tv() > 0.0) {
                _ if self.law.kind() == LawKind::HeZeroBias => format!(" and law = \"{}\"", self.name),
                _ if flow.unscaled().decay() > 0.0 => {
                    format!(" and flow.weight_decay = {}", number(flow.unscaled().decay()))
                }
                (ParticleLaw::Lift { delta, .. }, _) => format!(" and delta = {}", number(*delta)),
                (_, true) => format!(" and flow.tv = {}", number(flow.tv())),
                (_, false) => String::new(),
            };
            return Err(asked.refuse(
                format_args!("is not possible with flow.kind = \"{}\"{found}", flow.name()),
                format_args!("there is a density of {expected}; or leave it out, for particles"),
            ));
        }
        let scales = match self.law {
            ParticleLaw::Canonical(law) | ParticleLaw::Lift { law, .. } => vec![("scale", law.scale)],
            ParticleLaw::Neurons(law) => {
                vec![("hidden_scale", law.hidden_scale), ("output_scale", law.output_scale)]
            }
        };
        let [least, most] = SCALE;
        match scales.into_iter().find(|(_, scale)| !(least..=most).contains(scale)) {
            None => Ok(()),
            Some((key, scale)) => Err(section.missing(
                format_args!("has {key} = {}, with which cells are not numbers", number(scale)),
                format_args!("give one from {least:e} to {most:e}"),
            )),
        }
    }

    /// The error for which cells are searched, where it stands.
    pub fn target(&self) -> Option<&Kept<f64>> {
        self.target.as_ref()
    }

    /// The start with the cells that the scenario tells, or else with those that a search found.
    fn start(&self, found: Option<[usize; 2]>) -> Option<DensityStart> {
        match self.target {
            None => Some(self.of_cells(self.cells)),
            Some(_) => found.map(|cells| self.of_cells(cells)),
        }
    }

    fn of_cells(&self, cells: [usize; 2]) -> DensityStart {
        let law = match self.law {
            ParticleLaw::Canonical(law) => DensityLaw::Canonical(law),
            ParticleLaw::Lift { law, delta } => DensityLaw::Lift { law, delta },
            ParticleLaw::Neurons(_) => DensityLaw::Neurons {
                law: self.law.drawn(self.width(), self.balance).expect("a law of (c, a, b)"),
                slices: self.slices,
            },
        };
        DensityStart { law, cells }
    }

    /// The law of the particles that the density stands for.
    pub fn law(&self) -> ParticleLaw {
        self.law
    }

    /// Their number, where that matters.
    pub fn width(&self) -> usize {
        self.width.unwrap_or(1)
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
        flow.kappa(source, self.width())?;
        Need::of_density((start.cells, self.slices), samples, flow.unscaled(), false)
            .check()
            .map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))?;
        let [per_turn, across] = start.cells;
        let mut made = format!("density in {per_turn} x {across} cells");
        if let ParticleLaw::Neurons(_) = self.law {
            made += &format!(" of {} slices", self.slices);
        }
        if let Some(width) = self.width {
            made += &format!(" for width {width}");
        }
        let mut words = laws::describe(&self.law, self.name, &made);
        if self.balance != 1.0 {
            words += &format!(", balance {}", number(self.balance));
        }
        Ok(ReadMeasure {
            start: start.into(),
            law: self.law.drawn(self.width(), self.balance),
            source: words,
            seed: None,
            sampling: Sampling::Density { estimate_error: self.estimate_error },
            width: self.width(),
            output_bias: 0.0,
            beside: self.estimate_error.then(|| self.half(start).into()),
            notices: vec![],
        })
    }

    /// Half as many cells each way, and half as many slices.
    fn half(&self, start: DensityStart) -> DensityStart {
        let slices = (self.slices / 2).max(SLICE_BOUNDS[0] as usize);
        DensityForm { slices, ..self.clone() }.of_cells(start.cells.map(|cells| cells / 2))
    }

    /// The cells of a density and what is stored of them; `None` where they are yet to be searched for.
    ///
    /// * `amplitude`: the largest one, where the scenario says so.
    /// * `found`: cells, where they were searched for.
    pub fn grid(&self, amplitude: Option<f64>, found: Option<[usize; 2]>) -> Option<DensityGrid> {
        self.start(found).map(|start| DensityGrid::of(&start, self.kappa, amplitude))
    }
}

/// `particles`: the width that a law or a scaling that depends on it is meant for.
fn width(section: &mut Section, name: &str) -> Result<usize, ScenarioError> {
    match section.count("particles", 1, MAX_WIDTH, "")? {
        Some(width) => Ok(width.value),
        None => Err(section.missing(
            format_args!(
                "has no `particles`, but the start depends on the width (by law = \"{name}\", flow.scaling or flow.output_bias_rate)"
            ),
            "give particles = m, the width that is meant; cells say how finely the density is solved",
        )),
    }
}
