//! A study as its page shows it, read from its file.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::io::{ArrayFile, IoError};
use crate::study::VARIABLES;

use super::arrays::Arrays;
use super::budget::BYTES;
use super::error::ReportError;

/// Arrays of width and phase studies besides those of sweeps.
const MORE: &[&str] = &[
    "grid",
    "quantity",
    "deviation",
    "deviation_mean",
    "deviation_error",
    "slope",
    "slope_margin",
    "limit_error",
    "limit_function",
    "width_for_one_percent",
    "width_for_one_percent_low",
    "width_for_one_percent_high",
    "width_for_one_percent_nearly_all",
    "normality",
    "function",
    "kernel_change_exponent",
    "kernel_change_exponent_margin",
    "phase",
];
/// Root attributes that a page shows.
const ATTRIBUTES: &[&str] = &[
    "title",
    "study",
    "source",
    "git_commit",
    "history",
    "study_format_version",
    "limit",
    "verdict_residual",
    "verdict_function",
    "verdict_tangent_kernel",
    "verdict_pinned_mass",
    "verdict_knots_w1",
    "verdict_knots_w2",
    "verdict_theta_w1",
    "verdict_theta_w2",
    "verdict_cylinder_sw2",
    "answer",
    "answer_in_short",
    "scenario",
];
/// Numbers beyond this many are told to seven digits.
const EXACT: usize = 50_000;

/// One array of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyArray {
    /// Its name in the file.
    pub name: String,
    /// Names of its dimensions.
    pub dims: Vec<String>,
    /// Their lengths.
    pub shape: Vec<usize>,
    /// Numbers, row-major; empty if it holds texts.
    pub numbers: Vec<f64>,
    /// Texts, row-major; empty if it holds numbers.
    pub texts: Vec<String>,
}

/// A study.
#[derive(Debug)]
pub struct Study {
    path: PathBuf,
    /// `sweep`, `width` or `phase`.
    pub kind: String,
    /// Root attributes that are there.
    pub attributes: Vec<(String, String)>,
    /// Names of the dimensions over which runs go, the swept keys as the file writes them.
    pub axes: Vec<String>,
    /// Arrays that fit into a page.
    pub arrays: Vec<StudyArray>,
    /// Names of those that do not.
    pub left_out: Vec<String>,
}

impl Study {
    /// Reads a study file.
    ///
    /// # Errors
    /// It lacks what every study has, or cannot be read.
    pub fn read(file: &ArrayFile) -> Result<Study, ReportError> {
        let attributes: Vec<(String, String)> =
            ATTRIBUTES.iter().filter_map(|name| Some((name.to_string(), file.attribute(name)?))).collect();
        let kind = file.attribute("study").ok_or_else(|| ReportError::Damaged {
            path: file.path().to_owned(),
            found: "it has no attribute study".to_string(),
        })?;
        let axes = file.dims("wall_time")?;
        let of_runs = VARIABLES.iter().flat_map(|v| [v.name.to_string(), format!("final_{}", v.name)]);
        let mut names: Vec<String> = axes.clone();
        names.extend(of_runs.chain(MORE.iter().map(|name| name.to_string())));
        names.retain(|name| file.has(name));
        let mut arrays = names.iter().map(|name| read(file, name)).collect::<Result<Vec<_>, _>>()?;
        // The small ones first: they are what tables and first pictures show.
        arrays.sort_by_key(|array| array.numbers.len() + array.texts.len());
        let (mut left, mut left_out) = (BYTES, vec![]);
        arrays.retain(|array| {
            let texts: usize = array.texts.iter().map(|text| text.len() + 4).sum();
            let bytes = texts + array.numbers.len() * if array.numbers.len() > EXACT { 4 } else { 8 };
            let fits = bytes <= left;
            left -= if fits { bytes } else { 0 };
            if !fits {
                left_out.push(array.name.clone());
            }
            fits
        });
        Ok(Study { path: file.path().to_owned(), kind, attributes, axes, arrays, left_out })
    }

    /// A root attribute; empty if the file has none of that name.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(found, _)| found == name).map_or("", |(_, text)| text)
    }

    /// An array.
    pub fn array(&self, name: &str) -> Option<&StudyArray> {
        self.arrays.iter().find(|array| array.name == name)
    }

    /// The numbers of an array that the page cannot do without.
    ///
    /// # Errors
    /// The file does not have it.
    pub fn numbers(&self, name: &str) -> Result<&[f64], ReportError> {
        let found = self.array(name).map(|array| array.numbers.as_slice());
        found.ok_or_else(|| ReportError::Damaged {
            path: self.path.clone(),
            found: format!("it has no array {name}"),
        })
    }

    /// Runs, all axes together.
    pub fn runs(&self) -> usize {
        self.array("wall_time").map_or(0, |array| array.numbers.len())
    }

    /// Runs that failed.
    pub fn failures(&self) -> usize {
        self.array("failure").map_or(0, |array| array.texts.iter().filter(|text| !text.is_empty()).count())
    }

    /// What the scripts read.
    pub fn data(&self) -> Value {
        let mut arrays = Arrays::default();
        let (mut dims, mut texts, mut about) =
            (serde_json::Map::new(), serde_json::Map::new(), serde_json::Map::new());
        for array in &self.arrays {
            dims.insert(array.name.clone(), json!(array.dims));
            let plain = array.name.strip_prefix("final_").unwrap_or(&array.name);
            if let Some(variable) = VARIABLES.iter().find(|variable| variable.name == plain) {
                about.insert(array.name.clone(), json!(variable.long_name));
            }
            if !array.texts.is_empty() {
                texts.insert(array.name.clone(), json!(array.texts));
            } else if array.numbers.len() > EXACT {
                arrays.f32(&array.name, &array.shape, array.numbers.iter().copied());
            } else {
                arrays.f64(&array.name, &array.shape, array.numbers.iter().copied());
            }
        }
        json!({
            "kind": "study",
            "study": self.kind,
            "axes": self.axes,
            "dims": dims,
            "texts": texts,
            "about": about,
            "arrays": arrays.into_json(),
        })
    }
}

fn read(file: &ArrayFile, name: &str) -> Result<StudyArray, IoError> {
    let texts = file.texts(name)?;
    let numbers = if texts.is_some() { vec![] } else { file.numbers(name)? };
    Ok(StudyArray {
        name: name.to_string(),
        dims: file.dims(name)?,
        shape: file.shape(name)?,
        numbers,
        texts: texts.unwrap_or_default(),
    })
}
