//! The scenario that a study varies.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::scenario::{Scenario, ScenarioError};
use crate::system::text;

use super::{StudyError, overrides};

/// A scenario as it was found, before any override.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Base {
    /// Where it is: files that it names are relative to its folder.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its title.
    pub title: String,
    /// Its `measure.seed`, 0 if it has none.
    pub seed: u64,
    /// Its `measure.particles`, if it has some.
    pub particles: Option<u64>,
}

impl Base {
    /// Reads a scenario, or a table of samples that is run with defaults, and checks it.
    ///
    /// # Errors
    /// As [`Scenario::read`].
    pub fn read(path: &Path) -> Result<Base, ScenarioError> {
        let (text, title) = Scenario::text(path)?;
        Base::new(text, title, path)
    }

    /// The same from the text of a scenario.
    ///
    /// # Errors
    /// As [`Scenario::parse`].
    pub fn parse(text: String, path: &Path) -> Result<Base, ScenarioError> {
        let title = Scenario::title(&text, path)?;
        Base::new(text, title, path)
    }

    fn new(text: String, title: String, path: &Path) -> Result<Base, ScenarioError> {
        Scenario::check(&text, path)?;
        let table: toml::Table = text.parse().unwrap_or_default();
        let measure = |key: &str| table.get("measure").and_then(|measure| measure.get(key));
        let whole = |value: &toml::Value| {
            value.as_integer().map(|i| i as u64).or(value.as_float().map(|float| float as u64))
        };
        let seed = measure("seed").and_then(whole).unwrap_or(0);
        let particles = measure("particles").and_then(whole);
        Ok(Base { path: path.to_path_buf(), text, title, seed, particles })
    }

    /// The scenario without these keys of a section.
    pub(crate) fn without(&self, section: &str, keys: &[&str]) -> Base {
        // The text has been read before, as TOML.
        let text = overrides::without(&self.text, section, keys).unwrap_or_else(|_| self.text.clone());
        Base { text, ..self.clone() }
    }

    /// Whether `measure.antisymmetric` is set.
    pub(crate) fn antisymmetric(&self) -> bool {
        let table: toml::Table = self.text.parse().unwrap_or_default();
        let flag = table.get("measure").and_then(|measure| measure.get("antisymmetric"));
        flag.and_then(toml::Value::as_bool).unwrap_or(false)
    }

    /// Whether networks of growing width approach no limit.
    pub(crate) fn depends_on_width(&self) -> bool {
        // It has been checked before.
        Scenario::depends_on_width(&self.text, &self.path).unwrap_or(false)
    }

    /// The text with overrides, checked.
    ///
    /// # Errors
    /// [`StudyError::Override`], naming the overrides to blame.
    pub fn with(&self, set: &[(String, String)]) -> Result<String, StudyError> {
        let text = self.with_unchecked(set)?;
        match Scenario::check(&text, &self.path) {
            Ok(()) => Ok(text),
            Err(error) => {
                let blamed = blame(set, error.problem());
                Err(StudyError::Override {
                    overrides: blamed.iter().map(|(k, v)| written(k, v)).collect::<Vec<_>>().join(" "),
                    problem: format!("{}: {}", text::path(&self.path), error.problem()),
                    remedy: error.remedy().to_string(),
                })
            }
        }
    }

    /// The text with overrides that have been checked before; one without a value takes its key out.
    pub(crate) fn with_unchecked(&self, set: &[(String, String)]) -> Result<String, StudyError> {
        let mut text = self.text.clone();
        for (key, value) in set {
            let changed = match (value.as_str(), key.split_once('.')) {
                ("", Some((section, key))) => overrides::without(&text, section, &[key]),
                _ => overrides::set(&text, key, value),
            };
            text = changed.map_err(|problem| StudyError::Override {
                overrides: written(key, value),
                problem,
                remedy: "give section and key of a scenario, for example measure.scale".to_string(),
            })?;
        }
        Ok(text)
    }
}

/// An override as on the command line.
fn written(key: &str, value: &str) -> String {
    format!("--set {key}={value}")
}

/// The overrides that an error speaks of, or all.
fn blame<'s>(set: &'s [(String, String)], problem: &str) -> Vec<&'s (String, String)> {
    let named = |key: &str| {
        let last = key.rsplit('.').next().unwrap_or(key);
        let section = key.split('.').next().unwrap_or(key);
        problem.contains(key)
            || problem.contains(&format!("`{last}`"))
            || problem.contains(&format!("unknown section [{section}]"))
    };
    let found: Vec<_> = set.iter().filter(|(key, _)| named(key)).collect();
    if found.is_empty() { set.iter().collect() } else { found }
}
