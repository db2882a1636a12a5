//! Scenarios: what a user writes, checked and turned into what a run needs.
//!
//! A scenario is a TOML file. It is understood in two steps: [`Scenario::parse`] first checks
//! every key into a form (any key that is unknown, or that the chosen form does not use, is an
//! error), then reads the samples and reads or draws the particles. A CSV file of samples is a
//! scenario too: the defaults it takes are written out as TOML and reported.
//!
//! Nothing is run here. Where a scenario gives an error instead of nodes for its quadrature or of cells for its
//! density, the search for them runs simulations: [`Scenario::error_target`] says what is asked, and
//! [`study::read_scenario`](crate::study::read_scenario) searches.
//!
//! All keys, with their defaults, are in [`crate::guide::scenarios`]; a test compares that table with
//! what each section knows. What a law draws is said at [`Law`](crate::problem::Law) and
//! [`NeuronLaw`](crate::problem::NeuronLaw), how samples are mapped at [`standardize`].

mod agreement;
mod cell;
mod delta;
mod density;
mod density_cells;
mod descent;
mod dialect;
mod entry;
mod error;
mod file;
mod flow;
mod form;
mod function;
#[cfg(test)]
mod fuzz;
mod laws;
mod measure;
mod measure_file;
pub mod needs;
mod output;
mod ready;
mod sampled;
mod samples;
mod sampling;
mod schedule;
mod section;
mod shipped;
mod source;
mod standardize;
mod table;
mod target;
mod time;
mod truth;
mod without_toml;

use std::path::Path;

pub use error::ScenarioError;
use ready::Intent;
pub use ready::Scenario;
pub use shipped::{Shipped, scenarios};
pub use standardize::standardize;
pub use target::{ErrorTarget, Resolution};

use crate::problem::{Sampling, Start};
use crate::run::{Description, Schedule, StartLaw};

use form::Form;
use source::Source;

impl Scenario {
    /// Reads a scenario (`.toml`) or a table of samples (`.csv`, `.tsv`, `.txt`, `.dat`).
    ///
    /// A table is run with defaults; [`Scenario::notices`] says which, and
    /// `description.scenario` is the scenario that would have done the same.
    ///
    /// # Errors
    /// Anything that cannot be read or is refused, with its place and what to do; a scenario whose
    /// nodes are to be searched for.
    pub fn read(path: &Path) -> Result<Scenario, ScenarioError> {
        Scenario::read_as(path, Intent::Run)
    }

    /// The same where no run is made of it: memory that one would need need not be there.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn read_without_run(path: &Path) -> Result<Scenario, ScenarioError> {
        Scenario::read_as(path, Intent::Law)
    }

    fn read_as(path: &Path, intent: Intent) -> Result<Scenario, ScenarioError> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match extension.as_str() {
            "toml" => {
                let text = file::text(path)?;
                Scenario::parse_as(&text, path, intent)
            }
            "csv" | "tsv" | "txt" | "dat" => without_toml::read(path, intent),
            _ => Err(ScenarioError::in_file(
                path,
                "is neither a scenario nor a table",
                "give a scenario ending in .toml or samples ending in .csv; `reluflow scenarios list` names shipped ones",
            )),
        }
    }

    /// Understands the text of a scenario; `path` is where it came from: files it names are
    /// relative to that file's folder.
    ///
    /// ```
    /// use reluflow::scenario::Scenario;
    /// let text = r#"
    ///     [samples]
    ///     x = [-1.0, 0.0, 1.0]
    ///     y = [0.0, 1.0, 0.0]
    ///     [measure]
    ///     particles = 100
    ///     [time]
    ///     end = 2.0
    /// "#;
    /// let scenario = Scenario::parse(text, "hat.toml".as_ref())?;
    /// assert_eq!(scenario.description.title, "hat");
    /// assert_eq!(scenario.description.samples.len(), 3);
    /// assert_eq!(scenario.start.len(), 100);
    /// # Ok::<(), reluflow::scenario::ScenarioError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Scenario, ScenarioError> {
        Scenario::parse_as(text, path, Intent::Run)
    }

    fn parse_as(text: &str, path: &Path, intent: Intent) -> Result<Scenario, ScenarioError> {
        if text.len() > file::MAX_TEXT {
            return Err(ScenarioError::in_file(
                path,
                format_args!("the scenario is longer than {} MiB", file::MAX_TEXT >> 20),
                file::LONG,
            ));
        }
        let source = Source { path, text };
        Form::parse(source)?.build(source, None, intent)
    }

    /// The same with these nodes or cells, where [`Scenario::error_target`] asks for a search of them.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn with_resolution(text: &str, path: &Path, found: Resolution) -> Result<Scenario, ScenarioError> {
        let source = Source { path, text };
        Form::parse(source)?.build(source, Some(found), Intent::Run)
    }

    /// The error that its quadrature or its density is to keep (`measure.quadrature_error`,
    /// `measure.density_error`); `None` without either key.
    ///
    /// # Errors
    /// As [`Scenario::check`].
    pub fn error_target(text: &str, path: &Path) -> Result<Option<ErrorTarget>, ScenarioError> {
        let source = Source { path, text };
        Ok(Form::parse(source)?.error_target(source))
    }

    /// The snapshots of the text of a scenario, of a run with so many particles.
    ///
    /// # Errors
    /// As [`Scenario::check`].
    pub fn schedule(text: &str, path: &Path, particles: usize) -> Result<Schedule, ScenarioError> {
        let source = Source { path, text };
        let form = Form::parse(source)?;
        let width = if form.particles() > 0 { form.particles() } else { particles };
        Ok(form.schedule(source, width, &mut vec![])?.1)
    }

    /// The start measure with twice the nodes, or half as many cells, for a run whose file says that the error of
    /// its quadrature or density is estimated; `None` for others.
    ///
    /// # Errors
    /// The description's scenario is not one that this program wrote.
    pub fn beside(description: &Description) -> Result<Option<Start>, ScenarioError> {
        let found = match (description.sampling, &description.density) {
            (Sampling::Quadrature { nodes, estimate_error: true }, _) => Resolution::Nodes(nodes),
            (Sampling::Density { estimate_error: true }, Some(density)) => Resolution::Cells(density.cells),
            _ => return Ok(None),
        };
        let source = Source { path: Path::new("the scenario in the run file"), text: &description.scenario };
        Form::parse(source)?.beside(source, description.samples.x(), found)
    }

    /// A setting of a run that is not the one of its own scenario, in words; `None` if all are, or
    /// if the text is not one that this program understands.
    ///
    /// Flow, end, tolerance and output are compared; what is drawn or read (samples, masses) is not.
    pub fn disagreement(description: &Description) -> Option<String> {
        let source = Source { path: Path::new("the scenario in the run file"), text: &description.scenario };
        Form::parse(source).ok()?.disagreement(source, description)
    }

    /// The law that a run's particles were drawn from; `None` if they came from a file.
    ///
    /// # Errors
    /// The description's scenario is not one that this program wrote.
    pub fn start_law(description: &Description) -> Result<Option<StartLaw>, ScenarioError> {
        let source = Source { path: Path::new("the scenario in the run file"), text: &description.scenario };
        Ok(Form::parse(source)?.start_law(description.mass.len()))
    }

    /// Whether the law (`"he"`, `"pytorch"`, ...) or `flow.scaling` depends on the width: then networks of growing
    /// width approach no limit in mean-field time.
    ///
    /// # Errors
    /// As [`Scenario::check`].
    pub fn depends_on_width(text: &str, path: &Path) -> Result<bool, ScenarioError> {
        Ok(Form::parse(Source { path, text })?.depends_on_width())
    }

    /// Understands the text of a scenario without reading or drawing anything: what
    /// [`Scenario::parse`] refuses before it does.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn check(text: &str, path: &Path) -> Result<(), ScenarioError> {
        Form::parse(Source { path, text }).map(|_| ())
    }

    /// The title of the text of a scenario.
    ///
    /// # Errors
    /// As [`Scenario::check`].
    pub fn title(text: &str, path: &Path) -> Result<String, ScenarioError> {
        Ok(Form::parse(Source { path, text })?.title().to_string())
    }

    /// The text and the title of a scenario; for a table of samples those of the scenario that
    /// runs it with defaults.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn text(path: &Path) -> Result<(String, String), ScenarioError> {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            let text = file::text(path)?;
            let title = Scenario::title(&text, path)?;
            return Ok((text, title));
        }
        let description = Scenario::read(path)?.description;
        Ok((description.scenario, description.title))
    }
}
