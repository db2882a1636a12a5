//! A value of a TOML document together with its place.

use std::fmt::Display;
use std::ops::Range;

use toml::de::DeValue;

use super::ScenarioError;
use super::source::{Source, nearest};

/// A value with its place, so that a check can refuse it.
#[derive(Clone)]
pub(super) struct Entry<'a, T> {
    pub value: T,
    pub span: Range<usize>,
    pub source: Source<'a>,
    /// `samples.count`, or `output.snapshots.times[3]`.
    pub name: String,
}

/// A value that outlives the document it was read from, with its place: for checks that need the
/// samples or the particles.
#[derive(Debug, Clone)]
pub(super) struct Kept<T> {
    pub value: T,
    span: Range<usize>,
    name: String,
}

impl<T> Kept<T> {
    /// Back in its document, so that it can be refused.
    pub fn on<'a>(&self, source: Source<'a>) -> Entry<'a, &T> {
        Entry { value: &self.value, span: self.span.clone(), source, name: self.name.clone() }
    }
}

impl<'a, T> Entry<'a, T> {
    /// Without the document.
    pub fn keep(self) -> Kept<T> {
        Kept { value: self.value, span: self.span, name: self.name }
    }

    /// `name = found PROBLEM` and what to do.
    pub fn refuse(&self, problem: impl Display, remedy: impl Display) -> ScenarioError {
        let found = self.source.excerpt(&self.span);
        self.source.error(&self.span, format_args!("{} = {found} {problem}", self.name), remedy)
    }

    /// The same place with another value.
    pub fn with<U>(&self, value: U) -> Entry<'a, U> {
        Entry { value, span: self.span.clone(), source: self.source, name: self.name.clone() }
    }

    /// Element `index` of this list, with its own place.
    pub fn element<U>(&self, index: usize, value: U, span: Range<usize>) -> Entry<'a, U> {
        Entry { value, span, source: self.source, name: format!("{}[{index}]", self.name) }
    }
}

impl<'a> Entry<'a, &'a DeValue<'a>> {
    /// The value is of another type than the one wanted.
    pub fn wrong_type(&self, wanted: &str) -> ScenarioError {
        let found = match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.refuse(format_args!("is {found}"), format_args!("give {wanted}"))
    }

    /// A text.
    pub fn text(&self) -> Result<Entry<'a, String>, ScenarioError> {
        match self.value.as_str() {
            Some(text) => Ok(self.with(text.to_string())),
            None => Err(self.wrong_type("a text in quotes")),
        }
    }

    pub fn number(&self) -> Result<Entry<'a, f64>, ScenarioError> {
        let value = match self.value {
            DeValue::Integer(integer) => self.integer(integer.as_str(), integer.radix())? as f64,
            DeValue::Float(float) => float.as_str().parse().unwrap_or(f64::NAN),
            _ => return Err(self.wrong_type("a number, for example 1.0")),
        };
        if !value.is_finite() {
            return Err(self.refuse("is not finite", "give a number that a double holds, below 1.8e308"));
        }
        Ok(self.with(value))
    }

    /// A whole number; `1e5` counts as one.
    pub fn whole(&self) -> Result<Entry<'a, i128>, ScenarioError> {
        let value = match self.value {
            DeValue::Integer(integer) => self.integer(integer.as_str(), integer.radix())?,
            DeValue::Float(_) => {
                let value = self.number()?.value;
                if value.fract() != 0.0 {
                    return Err(self.refuse("is not whole", "give a whole number"));
                }
                // Saturates, which the limits of a count then refuse.
                value as i128
            }
            _ => return Err(self.wrong_type("a whole number")),
        };
        Ok(self.with(value))
    }

    fn integer(&self, digits: &str, radix: u32) -> Result<i128, ScenarioError> {
        i128::from_str_radix(digits, radix)
            .map_err(|_| self.refuse("is too large", "give a number below 1e38"))
    }
}

impl Entry<'_, String> {
    /// The value that goes with this name.
    pub fn one_of<T: Copy>(&self, choices: &[(&'static str, T)]) -> Result<T, ScenarioError> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == self.value) {
            return Ok(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let meant = match nearest(&self.value, names.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"? "),
            None => String::new(),
        };
        Err(self.refuse("is unknown", format_args!("{meant}give one of {}", names.join(", "))))
    }
}
