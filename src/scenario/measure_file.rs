//! Particles or neurons from a table: `measure.file`.

use std::ops::Range;
use std::path::Path;

use crate::flow::ParticleKind;
use crate::problem::{Knots, Measure, Neurons, ProblemError, Start};
use crate::system::text::number;

use super::ScenarioError;
use super::entry::Kept;
use super::flow::FlowForm;
use super::section::Section;
use super::source::Source;
use super::table::Table;

/// All columns that a start measure can have.
const COLUMNS: [&str; 10] =
    ["r", "theta", "c", "a", "b", "knot", "orientation", "delta_slope", "mass", OUTPUT_BIAS];
/// The column that holds the output bias of the network, the same in every row.
const OUTPUT_BIAS: &str = "output_bias";

/// A table that holds the start measure, not yet read.
///
/// Columns `r`, `theta` are canonical particles, columns `c`, `a`, `b` neurons; `mass` is equal
/// unless there is a column for it. Columns `knot`, `orientation`, `delta_slope` alone are hinges
/// (section 13), made canonical. Each flow takes both: canonical particles are lifted by
/// `delta`, neurons are brought to canonical parameters with `kappa`. A table that has all five
/// gives a flow the columns that need no conversion. A column `output_bias` is one number of the network, repeated in
/// every row. Other columns are refused: a `bias` left out in silence would make another network.
#[derive(Debug, Clone)]
pub(super) struct MeasureFile {
    file: String,
    span: Range<usize>,
    /// Invariant of every neuron that canonical particles are lifted to.
    delta: Option<Kept<f64>>,
    antisymmetric: bool,
}

/// What a table held.
pub(super) struct FromTable {
    pub start: Start,
    /// What it was, in words.
    pub words: String,
    /// The output bias of the network.
    pub output_bias: f64,
    /// Which columns are not used, if any.
    pub left_out: Option<String>,
}

impl MeasureFile {
    /// Understands the keys.
    pub fn read(section: &mut Section, delta: Option<Kept<f64>>) -> Result<MeasureFile, ScenarioError> {
        let file = section.text("file")?.expect("it is present");
        let antisymmetric = section.flag_or("antisymmetric", false)?;
        Ok(MeasureFile { file: file.value, span: file.span, delta, antisymmetric })
    }

    /// Reads the table.
    ///
    /// * `told`: `measure.output_bias`.
    pub fn build(
        &self,
        source: Source,
        folder: &Path,
        flow: &FlowForm,
        told: Option<&Kept<f64>>,
    ) -> Result<FromTable, ScenarioError> {
        let table = Table::read(&folder.join(&self.file), "r,theta or c,a,b")
            .map_err(|error| source.blame(&self.span, error))?;
        let has = |names: &[&str]| names.iter().all(|name| table.columns().iter().any(|c| c == name));
        let (neurons, canonical) = (has(&["c", "a", "b"]), has(&["r", "theta"]));
        // `reluflow convert --to knots` writes r and theta beside them, for those without a knot.
        let hinges = has(&["knot", "orientation", "delta_slope"]) && !canonical;
        if let Some(delta) = self.delta.as_ref().filter(|_| neurons && !canonical && !hinges) {
            return Err(delta.on(source).refuse(
                format_args!("lifts columns r, theta, but {} holds neurons (c, a, b)", self.file),
                "remove it: they have their own c^2 - |w|^2",
            ));
        }
        let from_neurons = match (flow.particles(), &self.delta) {
            (ParticleKind::Neuron, Some(_)) => false,
            (ParticleKind::Neuron, None) => neurons || !(canonical || hinges),
            (ParticleKind::Canonical, _) => neurons && !canonical,
        };
        let refuse = |error: ProblemError| table.refuse(&error);
        let (start, how) = if from_neurons {
            let [c, a, b, mass] = table.numbers([("c", true), ("a", true), ("b", true), ("mass", false)])?;
            let [c, a, b] = [c, a, b].map(|column| column.expect("it is required"));
            let neurons = match mass {
                Some(mass) => Neurons::new(c, a, b, mass),
                None => Neurons::uniform(c, a, b),
            };
            let mut neurons = neurons.map_err(refuse)?;
            if self.antisymmetric {
                neurons = neurons.antisymmetric().map_err(refuse)?;
            }
            let kappa = flow.kappa(source, neurons.len())?;
            match flow.particles() {
                ParticleKind::Neuron => (Start::from(neurons), String::new()),
                ParticleKind::Canonical => {
                    let how = format!(", neurons made canonical with kappa {}", number(kappa));
                    (neurons.canonical(kappa).map_err(refuse)?.into(), how)
                }
            }
        } else {
            let mut measure = if hinges { knots(&table)? } else { particles(&table)? };
            if self.antisymmetric {
                measure = measure.antisymmetric().map_err(refuse)?;
            }
            if flow.particles() == ParticleKind::Canonical {
                flow.refuse_scaling(source)?;
                (Start::from(measure), String::new())
            } else {
                let Some(delta) = self.delta.as_ref().map(|delta| delta.value) else {
                    return Err(source.error(
                        &self.span,
                        format_args!(
                            "{} holds canonical particles (r, theta), but flow.kind = \"{}\" moves neurons (c, a, b)",
                            self.file,
                            flow.name()
                        ),
                        "add delta = 0 (c^2 - |w|^2 of every neuron), or give columns c, a, b",
                    ));
                };
                let kappa = flow.kappa(source, measure.len())?;
                let neurons = Neurons::lifted(&measure, kappa, delta).map_err(refuse)?;
                (neurons.into(), format!(", lifted with delta {}", number(delta)))
            }
        };
        // After those that are missing, which are the likelier slip.
        table.refuse_others(&COLUMNS, "particles or neurons")?;
        let output_bias = self.output_bias(source, &table, told)?;
        // Of one particle a table may tell in several ways.
        let left_out = table.left_out(match (from_neurons, hinges) {
            (true, _) => &["c", "a", "b", "mass", OUTPUT_BIAS],
            (false, true) => &["knot", "orientation", "delta_slope", "mass", OUTPUT_BIAS],
            (false, false) => &["r", "theta", "mass", OUTPUT_BIAS],
        });
        let mut words = format!("file {}, {} particles{how}", self.file, start.len());
        if self.antisymmetric {
            words += ", antisymmetric";
        }
        if flow.balance() != 1.0 {
            words += &format!(", balance {}", number(flow.balance()));
        }
        Ok(FromTable { start, words, output_bias, left_out })
    }

    /// The output bias that the table or the scenario tells.
    fn output_bias(
        &self,
        source: Source,
        table: &Table,
        told: Option<&Kept<f64>>,
    ) -> Result<f64, ScenarioError> {
        let [Some(column)] = table.numbers([(OUTPUT_BIAS, false)])? else {
            return Ok(told.map_or(0.0, |bias| bias.value));
        };
        if let Some(told) = told {
            return Err(told.on(source).refuse(
                format_args!("is given beside the column `{OUTPUT_BIAS}` of {}", self.file),
                "remove the key or the column",
            ));
        }
        if let Some(row) = column.iter().position(|bias| *bias != column[0]) {
            return Err(table.refuse_row(
                row,
                format_args!(
                    "column `{OUTPUT_BIAS}` has {:?} here and {:?} in the first row",
                    column[row], column[0]
                ),
                "repeat one number in all rows: it is the bias of the whole network",
            ));
        }
        Ok(column[0])
    }
}

/// Columns `r`, `theta` and, unless masses are equal, `mass`.
fn particles(table: &Table) -> Result<Measure, ScenarioError> {
    let [r, theta, mass] = table.numbers([("r", true), ("theta", true), ("mass", false)])?;
    let (r, theta) = (r.expect("it is required"), theta.expect("it is required"));
    let measure = match mass {
        Some(mass) => Measure::new(r, theta, mass),
        None => Measure::uniform(r, theta),
    };
    measure.map_err(|error| table.refuse(&error))
}

/// Columns `knot`, `orientation`, `delta_slope` and, unless masses are equal, `mass`.
fn knots(table: &Table) -> Result<Measure, ScenarioError> {
    let [knot, orientation, delta_slope, mass] =
        table.numbers([("knot", true), ("orientation", true), ("delta_slope", true), ("mass", false)])?;
    let [knot, orientation, delta_slope] =
        [knot, orientation, delta_slope].map(|column| column.expect("it is required"));
    let mass = mass.unwrap_or_else(|| vec![1.0 / knot.len() as f64; knot.len()]);
    let sides = orientation.iter().enumerate().map(|(index, &s)| match s {
        1.0 => Ok(1),
        -1.0 => Ok(-1),
        value => Err(ProblemError::Orientation { index, value }),
    });
    let measure = sides
        .collect::<Result<Vec<i8>, _>>()
        .and_then(|sides| Knots::measure(&knot, &sides, &delta_slope, mass));
    measure.map_err(|error| table.refuse(&error))
}
