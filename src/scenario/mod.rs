//! Scenarios: what a user writes, checked and turned into what a run needs.
//!
//! A scenario is a TOML file. It is understood in two steps: [`Scenario::parse`] first checks
//! every key into a form (any key that is unknown, or that the chosen form does not use, is an
//! error), then reads the samples and reads or draws the particles. A CSV file of samples is a
//! scenario too: the defaults it takes are written out as TOML and reported.
//!
//! # Keys
//!
//! | key | default | meaning |
//! |---|---|---|
//! | `title` | name of the file | for people |
//! | **`[samples]`** | | exactly one of `file`, `function`, `x` with `y` |
//! | `file` | | CSV, relative to the scenario; `x`, `y` name its columns (`"x"`, `"y"`) |
//! | `x`, `y` | | inline lists of numbers |
//! | `function` | | `sine`, `square`, `sawtooth`, `step`, `linear`, `abs`, `quadratic`, `gaussian`, `spike`, `constant`, at `count` equally spaced points |
//! | `count`, `interval`, `gap` | `interval = [-1, 1]` | how many points, from where to where; points inside the gap are left out |
//! | `amplitude` | 1 | factor on the function |
//! | `frequency`, `phase` | 1, 0 | sine, square, sawtooth: cycles per unit of `x`, and radians |
//! | `center`, `width` | 0, 0.25 | of the others; `width` of the gaussian |
//! | `noise`, `seed` | 0, 0 | standard deviation of normal noise on `y`, and its seed |
//! | `standardize` | false | see [`standardize`] |
//! | **`[measure]`** | | exactly one of `file`, `particles` |
//! | `file` | | CSV with columns `r`, `theta`, or `c`, `a`, `b`, or `knot`, `orientation`, `delta_slope`; and, unless masses are equal, `mass` |
//! | `particles` | | how many to draw; of a quadrature, which can do without: how many there may be |
//! | `sampling` | `iid` | independent draws; or `sobol` ([`Law::sobol`]), `quadrature` ([`Law::quadrature`]) |
//! | `nodes` | 12 | of a quadrature: on each piece of direction and in each amplitude; `particles` is then the `m` of laws and scalings that depend on it |
//! | `quadrature_error` | | instead: as few nodes as keep the estimated error of every residual below it |
//! | `estimate_error` | false | of a quadrature: run one with twice the nodes beside it and store how far apart they are |
//! | `law` | `normal-uniform` | see [`Law`] and [`NeuronLaw`]; also `uniform-uniform`, `normal`, `he`, `glorot`, `pytorch`, `uniform`, `two-sided` |
//! | `scale`, `seed` | 1, 0 | factor on `r`, where a law draws canonical particles; seed of the draw |
//! | `hidden_scale`, `output_scale` | 1, 1 | factors on `a`, `b` and on `c`, where a law draws neurons |
//! | `delta` | | `c^2 - abs(w)^2` of every neuron: canonical particles, drawn or from a file, are lifted with it |
//! | `a_bound`, `b_bound`, `c_law` | 1, 1, `uniform` | of `uniform` and `two-sided`; `c_law` is `uniform`, `normal` or `sign` |
//! | `antisymmetric` | false | pairs of opposite `r` or `c`, so that the start function is 0; a file is doubled |
//! | **`[flow]`** | | |
//! | `kind` | `canonical` | or `lifted` (all of `c`, `a`, `b` train), `kernel` (`c`), `adaptive` (`a`, `b`), `gd` (gradient descent) |
//! | `tv` | 0 | of `canonical`: the weight of its total-variation term |
//! | `scaling` | `"m"` | `alpha(m)` in `f = 1/alpha Sum c [a x - b]_+`: `"m"`, `"sqrt(m)"`, `"1"` or a number; `kappa = m / alpha` |
//! | `balance` | 1 | `a`, `b` are multiplied by it and `c` divided before the run: same function, other dynamics |
//! | `learning_rate` | | of `gd`: a step advances mean-field time by `learning_rate / m` |
//! | `momentum`, `layers` | 0, `both` | of `gd`: factor on the last displacement; which layers train: `both`, `output`, `hidden` |
//! | `batch`, `seed` | all, 0 | of `gd`: samples per step, and the seed they are drawn with |
//! | **`[time]`** | | |
//! | `end` | | mean-field time at which the run ends |
//! | `steps` | | of `gd`, instead: how many it takes |
//! | `tolerance` | 1e-6 | on the residual path; not of `gd` |
//! | **`[output]`** | | |
//! | `snapshots` | `{ count = 11 }` | or `{ every = 0.5 }`, `{ times = [1, 2] }`, `{ log = { first = 1e-3, per_decade = 10 } }`; of `gd` also `{ every_steps = 100 }`, `{ steps = [1, 10] }`; start and end are always stored |
//! | `particles` | `"all"` | or a number, or `"none"` |
//! | `precision` | `"f64"` | or `"f32"`: of stored particles; restarts stay exact |
//! | `tangent_kernel` | false | store the kernel and its eigenvalues |
//! | `compression` | 4 | 0 (none) to 9 |

mod amplitude;
mod cell;
mod directions;
mod drawn;
mod entry;
mod error;
mod file;
mod flow;
mod form;
mod function;
#[cfg(test)]
mod fuzz;
mod law;
mod measure;
mod measure_file;
mod memory;
mod neuron_law;
mod output;
mod polar;
mod quadrature;
mod sampled;
mod samples;
mod sampling;
mod schedule;
mod search;
mod section;
mod shipped;
mod source;
mod standardize;
mod table;
mod time;
mod without_toml;

use std::path::{Path, PathBuf};

pub use error::ScenarioError;
pub use law::{Law, LawKind, OutputLaw};
pub use neuron_law::{DrawnLaw, NeuronLaw};
pub use shipped::{Shipped, scenarios};
pub use standardize::standardize;

use crate::problem::Start;
use crate::run::{Description, Sampling};

use form::Form;
use source::Source;

/// Longest scenario read (bytes): longer lists belong into CSV files.
const MAX_TEXT: usize = 64 << 20;

/// A run that can start: what it is, and the measure it starts from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Everything that is fixed before the run starts.
    pub description: Description,
    /// The start measure.
    pub start: Start,
    /// The law from which its neurons are drawn; `None` if they come from a file, or are lifted from
    /// canonical particles with a given invariant.
    pub law: Option<DrawnLaw>,
    /// The start measure of a quadrature with twice the nodes, when its error is to be estimated.
    pub finer: Option<Start>,
    /// What the user should know: defaults taken, samples merged, much output.
    pub notices: Vec<String>,
    /// The file this came from.
    pub input: PathBuf,
}

impl Scenario {
    /// Reads a scenario (`.toml`) or a table of samples (`.csv`, `.tsv`, `.txt`, `.dat`).
    ///
    /// A table is run with defaults; [`Scenario::notices`] says which, and
    /// `description.scenario` is the scenario that would have done the same.
    ///
    /// # Errors
    /// Anything that cannot be read or is refused, with its place and what to do.
    pub fn read(path: &Path) -> Result<Scenario, ScenarioError> {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match extension.as_str() {
            "toml" => {
                let text = file::text(path)?;
                Scenario::parse(&text, path)
            }
            "csv" | "tsv" | "txt" | "dat" => without_toml::read(path),
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
        if text.len() > MAX_TEXT {
            return Err(ScenarioError::in_file(
                path,
                format_args!("the scenario is longer than {} MiB", MAX_TEXT >> 20),
                "put samples and particles into CSV files and name them with file = \"...\"",
            ));
        }
        let source = Source { path, text };
        Form::parse(source)?.build(source)
    }

    /// The start measure with twice the nodes, for a run whose file says that the error of its
    /// quadrature is estimated; `None` for others.
    ///
    /// # Errors
    /// The description's scenario is not one that this program wrote.
    pub fn finer(description: &Description) -> Result<Option<Start>, ScenarioError> {
        let Sampling::Quadrature { nodes, estimate_error: true } = description.sampling else {
            return Ok(None);
        };
        let source = Source { path: Path::new("the scenario in the run file"), text: &description.scenario };
        Form::parse(source)?.finer(source, description.samples.x(), nodes)
    }

    /// Understands the text of a scenario without reading or drawing anything: what
    /// [`Scenario::parse`] refuses before it does.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn check(text: &str, path: &Path) -> Result<(), ScenarioError> {
        Form::parse(Source { path, text }).map(|_| ())
    }

    /// The text and the title of a scenario; for a table of samples those of the scenario that
    /// runs it with defaults.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn text(path: &Path) -> Result<(String, String), ScenarioError> {
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml")) {
            let text = file::text(path)?;
            let title = Form::parse(Source { path, text: &text })?.title().to_string();
            return Ok((text, title));
        }
        let description = Scenario::read(path)?.description;
        Ok((description.scenario, description.title))
    }
}
