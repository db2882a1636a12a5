//! The section `[samples]`.

use std::ops::Range;
use std::path::Path;

use crate::problem::{Affine, Samples, Truth};

use super::ScenarioError;
use super::entry::Entry;
use super::error::split;
use super::function::{self, Function};
use super::needs::Need;
use super::section::Section;
use super::source::Source;
use super::standardize::{Standardized, to_unit_interval, to_unit_variance};
use super::table::Table;
use super::truth::TruthForm;

/// Where samples come from, checked but not yet read.
#[derive(Debug, Clone)]
pub(super) struct SampleForm {
    origin: Origin,
    standardize: bool,
    /// What they are taken from, where that is known.
    truth: Option<TruthForm>,
    /// The section's header, for errors about the samples as a whole.
    span: Range<usize>,
}

#[derive(Debug, Clone)]
enum Origin {
    File { file: String, span: Range<usize>, x: String, y: String },
    Function(Function),
    Inline { x: Vec<f64>, y: Vec<f64> },
}

/// Samples ready for a run.
pub(super) struct ReadSamples {
    pub samples: Samples,
    pub truth: Option<Truth>,
    pub x_map: Affine,
    pub y_map: Affine,
    pub notices: Vec<String>,
}

/// All keys of the section.
pub(super) fn keys() -> Vec<&'static str> {
    [&["file", "x", "y"][..], &function::KEYS, &["truth", "standardize"]].concat()
}

impl SampleForm {
    /// Understands the section.
    pub fn read(mut section: Section) -> Result<SampleForm, ScenarioError> {
        let span = section.span();
        let standardize = section.flag_or("standardize", false)?;
        let example = "file = \"samples.csv\" (or function = \"sine\", or x = [...] with y = [...])";
        let (origin, form) = if section.has("file") {
            section.exactly_one(&["file", "function"], example)?;
            let file = section.text("file")?.expect("it is present");
            let (x, y) = (column(&mut section, "x")?, column(&mut section, "y")?);
            if x == y {
                return Err(section.missing(
                    format_args!("takes x and y from the same column `{}`", super::source::shorten(&x)),
                    "name two columns",
                ));
            }
            (Origin::File { file: file.value, span: file.span, x, y }, "samples.file".to_string())
        } else if section.has("y") && !section.has("x") && !section.has("function") {
            return Err(section.missing("has `y` but no `x`", "give x = [...] with as many values as y"));
        } else if section.exactly_one(&["file", "function", "x"], example)? == "function" {
            let (function, name) = Function::read(&mut section)?;
            (Origin::Function(function), format!("samples.function = \"{name}\""))
        } else {
            let x = inline(&mut section, "x")?;
            let y = inline(&mut section, "y")?;
            if x.value.len() != y.value.len() {
                return Err(y.refuse(
                    format_args!("has {} values and samples.x has {}", y.value.len(), x.value.len()),
                    "give as many y as x",
                ));
            }
            (Origin::Inline { x: x.value, y: y.value }, "inline samples".to_string())
        };
        let truth = match &origin {
            Origin::Function(function) => TruthForm::of(function),
            _ => TruthForm::read(&mut section)?,
        };
        section.finish(form)?;
        Ok(SampleForm { origin, standardize, truth, span })
    }

    /// Number of samples of a function; 0 for others.
    #[cfg(test)]
    pub fn count(&self) -> usize {
        match &self.origin {
            Origin::Function(function) => function.count(),
            _ => 0,
        }
    }

    /// Refuses more samples than memory has room for, at the section.
    pub fn check_memory(&self, source: Source, need: Need) -> Result<(), ScenarioError> {
        need.check().map_err(|(problem, remedy)| source.error(&self.span, problem, remedy))
    }

    /// Reads, scales and merges the samples. `folder` is what file names are relative to.
    pub fn build(&self, source: Source, folder: &Path) -> Result<ReadSamples, ScenarioError> {
        let mut table = None;
        let mut notices = vec![];
        let (x, y) = match &self.origin {
            Origin::Inline { x, y } => (x.clone(), y.clone()),
            Origin::Function(function) => function.samples(),
            Origin::File { file, span, x, y } => {
                let read =
                    Table::read(&folder.join(file), "x,y").map_err(|error| source.blame(span, error))?;
                notices.extend(read.left_out(&[x, y]));
                let [x, y] = read.numbers([(x, true), (y, true)])?;
                table = Some(read);
                (x.expect("it is required"), y.expect("it is required"))
            }
        };
        let raw = |values: &[f64]| Standardized { map: Affine::IDENTITY, values: values.to_vec() };
        let [x_seen, y_seen] = match self.standardize {
            true => [to_unit_interval(&x), to_unit_variance(&y)],
            false => [raw(&x), raw(&y)],
        };
        let (x_map, y_map) = (x_seen.map, y_seen.map);
        let samples = Samples::new(&x_seen.values, &y_seen.values).map_err(|error| match table {
            Some(table) => table.refuse(&error),
            None => {
                let (problem, remedy) = split(&error);
                source.error(&self.span, format_args!("[samples] gives samples in which {problem}"), remedy)
            }
        })?;
        if samples.len() < x.len() {
            notices.push(format!(
                "{} samples share an x with others: {} distinct x, with weights",
                x.len() - samples.len(),
                samples.len()
            ));
        }
        if self.standardize && y_map.scale == 1.0 && y.windows(2).all(|pair| pair[0] == pair[1]) {
            notices.push("all y are equal: they are shifted to 0 but not scaled".to_string());
        }
        let truth = self.truth.as_ref().map(|truth| truth.build(source, folder, samples.x(), [x_map, y_map]));
        let truth = truth.transpose()?;
        Ok(ReadSamples { samples, truth, x_map, y_map, notices })
    }
}

/// The name of a column of the file: the key's own name unless told.
fn column(section: &mut Section, key: &'static str) -> Result<String, ScenarioError> {
    match section.value(key) {
        None => Ok(key.to_string()),
        Some(entry) if entry.value.is_array() => Err(entry.refuse(
            "is a list, but samples.file is given too",
            format_args!("give exactly one source: remove file, or let {key} name a column of it"),
        )),
        Some(entry) => Ok(entry.text()?.value),
    }
}

fn inline<'a>(section: &mut Section<'a>, key: &'static str) -> Result<Entry<'a, Vec<f64>>, ScenarioError> {
    if let Some(entry) = section.value(key)
        && entry.value.is_str()
    {
        return Err(entry.refuse(
            "names a column, but there is no samples.file",
            format_args!("add file = \"samples.csv\", or give {key} as a list of numbers"),
        ));
    }
    let Some(entry) = section.numbers(key)? else {
        return Err(section.missing(
            format_args!("has no `{key}`"),
            format_args!("give {key} = [...] with as many values as the other"),
        ));
    };
    if entry.value.is_empty() {
        return Err(entry.refuse("has no values", "give at least one sample"));
    }
    let values = entry.value.iter().map(|value| *value.get_ref()).collect();
    Ok(entry.with(values))
}
