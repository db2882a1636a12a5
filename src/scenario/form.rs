//! The checked form of a scenario: all keys understood, no data read yet.

use std::path::Path;

use toml::de::DeTable;

use crate::flow::{DensityGrid, Flow, OutputBias};
use crate::problem::Start;
use crate::run::{Description, OutputOptions, Schedule, StartLaw, Until};
use crate::system::text::{self, steers};

use super::flow::{self, FlowForm};
use super::measure::{self, MeasureForm};
use super::needs::Need;
use super::output::{self, Output};
use super::ready::Intent;
use super::samples::{self, SampleForm};
use super::section::Section;
use super::source::{Source, nearest, shorten};
use super::target::{ErrorTarget, Resolution};
use super::time::{self, TimeForm};
use super::{Scenario, ScenarioError};

/// Sections of a scenario.
const SECTIONS: [&str; 5] = ["samples", "measure", "flow", "time", "output"];
/// The value of `measure.representation` that has no particles.
const DENSITY: &str = "density";
/// The tangent kernel is stored and its spectrum computed up to this many samples: 800 MB each.
const MAX_KERNEL: usize = 10_000;
/// More steps than this are worth a word before the run: each is a row.
const MANY_STEPS: u64 = 10_000_000;
/// Of a row of `steps`.
const BYTES_PER_STEP: u64 = 128;

/// A scenario whose every key has been understood and checked, but whose samples and particles
/// are neither read nor drawn.
#[derive(Debug)]
pub(super) struct Form {
    title: String,
    samples: SampleForm,
    measure: MeasureForm,
    flow: FlowForm,
    time: TimeForm,
    output: Output,
}

impl Form {
    /// Understands a TOML text.
    pub fn parse(source: Source) -> Result<Form, ScenarioError> {
        let document = DeTable::parse(source.text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            let remedy = match message.starts_with("duplicate") {
                true => "remove or rename one of the two",
                false => "write key = value lines under [section] headers; texts in double quotes",
            };
            source.error(&span, format_args!("not valid TOML: {message}"), remedy)
        })?;
        let document = document.get_ref();
        let mut title = None;
        for (key, item) in document {
            match key.get_ref().as_ref() {
                "title" => {
                    let Some(text) = item.get_ref().as_str() else {
                        return Err(source.error(
                            &item.span(),
                            format_args!("title = {} is not a text", source.excerpt(&item.span())),
                            "give a text in quotes",
                        ));
                    };
                    if text.contains(steers) {
                        return Err(source.error(
                            &item.span(),
                            format_args!(
                                "title = {} holds a control character",
                                source.excerpt(&item.span())
                            ),
                            "give a title of one line",
                        ));
                    }
                    title = Some(text.to_string());
                }
                name if SECTIONS.contains(&name) => {}
                name => return Err(unknown_section(source, &key.span(), name, item.get_ref().is_table())),
            }
        }
        let open = |name: &'static str, keys: &[&'static str]| -> Result<Option<Section>, ScenarioError> {
            let Some((key, item)) = document.get_key_value(name) else { return Ok(None) };
            let Some(entries) = item.get_ref().as_table() else {
                return Err(source.error(
                    &key.span(),
                    format_args!("{name} is not a section"),
                    format_args!("write a line [{name}] and its keys below"),
                ));
            };
            Section::open(source, name, key.span(), entries, keys).map(Some)
        };
        // All sections are opened first, so that a misspelt key is found before anything that
        // its absence may cause.
        let samples = open("samples", &samples::keys())?;
        let measure = open("measure", &measure::KEYS)?;
        let flow = open("flow", &flow::KEYS)?;
        let time = open("time", &time::KEYS)?;
        let output = open("output", &output::KEYS)?;
        let missing = |name: &str, example: &str| {
            source.whole(
                format_args!("there is no section [{name}]"),
                format_args!("add it, for example [{name}] with {example}"),
            )
        };
        let samples = samples.ok_or_else(|| missing("samples", "file = \"samples.csv\""))?;
        let measure = measure.ok_or_else(|| missing("measure", "particles = 10000"))?;
        let time = time.ok_or_else(|| missing("time", "end = 5.0"))?;
        let flow = FlowForm::read(flow)?;
        let descent = flow.learning_rate().is_some();
        let time = TimeForm::read(time, flow.unscaled())?;
        let density = measure.says("representation", DENSITY);
        let output = output::output(output, descent, density)?;
        if let Some(end) = time.known_end(descent) {
            output.schedule.until(source, end, None)?;
        }
        let samples = SampleForm::read(samples)?;
        let measure = MeasureForm::read(measure, &flow)?;
        if let Some(target) = measure.target().filter(|target| target.value < 10.0 * time.tolerance) {
            return Err(target.on(source).refuse(
                format_args!("is below ten times the tolerance of the steps, {:e}", time.tolerance),
                format_args!("give {:.1e} or more, or lower time.tolerance", 10.0 * time.tolerance),
            ));
        }
        Ok(Form { title: title.unwrap_or_else(|| stem(source.path)), samples, measure, flow, time, output })
    }

    /// Its title, or the name of its file.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The tolerance of the run.
    pub fn tolerance(&self) -> f64 {
        self.time.tolerance
    }

    /// What the run may end by before its end.
    pub fn until(&self) -> Until {
        self.time.until
    }

    /// The law that a run of this many particles started from; `None` if they came from a file.
    pub fn start_law(&self, particles: usize) -> Option<StartLaw> {
        let (law, width) = self.measure.law()?;
        Some(StartLaw { law, width: width.unwrap_or(particles), balance: self.flow.balance() })
    }

    /// Whether what one neuron contributes depends on how many there are: by the law, or by `alpha(m)`.
    pub fn depends_on_width(&self) -> bool {
        let by_law = self.measure.law().is_some_and(|(law, _)| law.depends_on_width());
        by_law || self.flow.depends_on_width()
    }

    /// How many particles are asked for.
    pub fn particles(&self) -> usize {
        self.measure.particles()
    }

    /// The cells of a density and what is stored of them.
    ///
    /// * `found`: cells, where they were searched for.
    pub fn density(&self, found: Option<[usize; 2]>) -> Option<DensityGrid> {
        self.measure.grid(self.output.amplitude, found)
    }

    /// What is stored.
    pub fn output_options(&self) -> OutputOptions {
        self.output.options
    }

    /// The flow of `m` particles.
    pub fn flow_of(&self, source: Source, m: usize, samples: usize) -> Result<Flow, ScenarioError> {
        self.flow.flow(source, m, samples)
    }

    /// The end of a run of `m` particles.
    pub fn end_of(&self, source: Source, m: usize) -> Result<f64, ScenarioError> {
        self.schedule(source, m, &mut vec![]).map(|(end, _)| end)
    }

    /// How many samples and particles [`Form::build`] will make; those of files are not known.
    #[cfg(test)]
    pub fn size(&self) -> usize {
        self.samples.count().max(self.measure.particles())
    }

    /// The error that a quadrature or a density is to keep.
    pub fn error_target(&self, source: Source) -> Option<ErrorTarget> {
        self.measure.target().map(|target| ErrorTarget::new(target, self.measure.is_density(), source))
    }

    /// Reads the samples and reads or draws the particles.
    ///
    /// * `found`: how finely the start is resolved, where that was searched for.
    /// * `intent`: whether there must be memory for a run.
    pub fn build(
        self,
        source: Source,
        found: Option<Resolution>,
        intent: Intent,
    ) -> Result<Scenario, ScenarioError> {
        let folder = source.path.parent().unwrap_or(Path::new(""));
        let read = self.samples.build(source, folder)?;
        let s = read.samples.len();
        if self.output.options.tangent_kernel && s > MAX_KERNEL {
            return Err(source.error(
                &self.output.kernel_span,
                format_args!(
                    "output.tangent_kernel = true would store {s} x {s} numbers, {} per snapshot",
                    text::bytes(8 * (s as u64).pow(2))
                ),
                format_args!("leave it out, or give at most {MAX_KERNEL} samples"),
            ));
        }
        if intent == Intent::Run {
            // Whatever the particles are: before regions are made of the samples.
            self.samples.check_memory(source, Need::of_run(0, s, self.flow.unscaled(), false))?;
        }
        let mut notices = read.notices;
        let drawn = self.measure.build(source, folder, &self.flow, read.samples.x(), found)?;
        notices.extend(drawn.notices);
        if let (true, Some(what)) = (self.flow.scales_by_default(), self.measure.literal()) {
            notices.push(format!(
                "{what}, and flow.scaling is \"m\" unless told: f is the mean over neurons; a network as frameworks have it \
                 is their sum, flow.scaling = \"1\""
            ));
        }
        let (end, schedule) = self.schedule(source, drawn.width, &mut notices)?;
        let flow = self.flow.flow(source, drawn.width, s)?;
        if flow.decay() > 0.0 {
            notices.push(format!(
                "flow.weight_decay = {} is for mean-field time: of {} neurons a framework's weight_decay is lambda / m = {:.6e}",
                text::number(flow.decay()),
                drawn.width,
                flow.decay() / drawn.width as f64
            ));
        }
        let output_bias = OutputBias { start: drawn.output_bias, rate: self.flow.bias_rate(drawn.width) };
        if self.flow.has_literal_bias() {
            notices.push(format!(
                "flow.output_bias_rate = \"literal\" is the number of neurons, {}, in mean-field time",
                drawn.width
            ));
        }
        let kernel = self.output.options.tangent_kernel;
        let need = match (intent, drawn.start.density()) {
            (Intent::Law, _) => Need::of_run(drawn.start.len(), 0, self.flow.unscaled(), false),
            (Intent::Run, Some(density)) => {
                Need::of_density((density.cells, density.law.slices()), s, self.flow.unscaled(), kernel)
            }
            (Intent::Run, None) => Need::of_run(drawn.start.len(), s, self.flow.unscaled(), kernel),
        };
        need.check().map_err(|(problem, remedy)| source.whole(problem, remedy))?;
        let description = Description {
            title: self.title,
            scenario: source.text.to_string(),
            measure_source: drawn.source,
            seed: drawn.seed,
            sampling: drawn.sampling,
            samples: read.samples,
            truth: read.truth,
            x_map: read.x_map,
            y_map: read.y_map,
            mass: drawn.start.mass().to_vec(),
            delta: drawn.start.lifted().map_or(vec![], |neurons| neurons.delta()),
            density: self.measure.grid(self.output.amplitude, found.and_then(Resolution::cells)),
            flow,
            output_bias,
            end,
            until: self.time.until,
            tolerance: self.time.tolerance,
            schedule,
            output: self.output.options,
        };
        Ok(Scenario {
            description,
            start: drawn.start,
            law: drawn.law,
            beside: drawn.beside,
            scheduled: self.output.scheduled,
            notices,
            input: source.path.to_path_buf(),
        })
    }

    /// The start measure of a quadrature with twice these nodes, or of a density with half these cells.
    pub fn beside(
        &self,
        source: Source,
        x: &[f64],
        found: Resolution,
    ) -> Result<Option<Start>, ScenarioError> {
        let drawn = self.measure.build(source, Path::new(""), &self.flow, x, Some(found))?;
        Ok(drawn.beside)
    }

    /// The end of a run of `m` particles, and its snapshots.
    pub fn schedule(
        &self,
        source: Source,
        m: usize,
        notices: &mut Vec<String>,
    ) -> Result<(f64, Schedule), ScenarioError> {
        let Some(learning_rate) = self.flow.learning_rate() else {
            let end = self.time.end();
            return Ok((end, self.output.schedule.until(source, end, None)?));
        };
        let (steps, moved_end) =
            self.time.steps(source, learning_rate, self.flow.unscaled().steps_per_rate(m))?;
        let (schedule, moved) = self.output.schedule.on_steps(source, &steps)?;
        notices.extend(moved_end.into_iter().chain(moved));
        if steps.count > MANY_STEPS {
            notices.push(format!(
                "{} steps will be stored, {} of them in all: a larger flow.learning_rate takes fewer",
                steps.count,
                text::bytes(steps.count * BYTES_PER_STEP)
            ));
        }
        Ok((steps.time(steps.count), schedule))
    }
}

fn unknown_section(source: Source, span: &std::ops::Range<usize>, name: &str, table: bool) -> ScenarioError {
    let list = SECTIONS.map(|name| format!("[{name}]")).join(", ");
    if table {
        let meant = nearest(name, SECTIONS).map_or(String::new(), |near| format!("did you mean [{near}]? "));
        return source.error(
            span,
            format_args!("unknown section [{}]", shorten(name)),
            format_args!("{meant}sections are {list}"),
        );
    }
    let meant = nearest(name, ["title"]).map_or(String::new(), |near| format!("did you mean `{near}`? "));
    source.error(
        span,
        format_args!("unknown key `{}` before any section", shorten(name)),
        format_args!("{meant}only `title` stands there; other keys belong under {list}"),
    )
}

/// The file's name without its extension.
fn stem(path: &Path) -> String {
    path.file_stem().map_or("untitled".to_string(), |stem| text::line(&stem.to_string_lossy()).into_owned())
}
