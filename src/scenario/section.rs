//! One section of a TOML document, read key by key.
//!
//! Every key must be asked for: [`Section::open`] refuses keys that no scenario has, and
//! [`Section::finish`] those that the chosen form of this one does not use. So a misspelt or
//! forgotten key is never silently ignored.

use std::fmt::Display;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ScenarioError;
use super::entry::Entry;
use super::source::{Source, nearest};

/// A table of the document together with what has been asked of it.
pub(super) struct Section<'a> {
    source: Source<'a>,
    /// Dotted name, as in `output.snapshots`.
    name: String,
    /// The header, for errors about what is missing.
    span: Range<usize>,
    entries: &'a DeTable<'a>,
    used: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// A table whose keys are all `known`.
    pub fn open(
        source: Source<'a>,
        name: &str,
        span: Range<usize>,
        entries: &'a DeTable<'a>,
        known: &[&'static str],
    ) -> Result<Section<'a>, ScenarioError> {
        for key in entries.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                let found = super::source::shorten(key.get_ref());
                let meant = match nearest(key.get_ref(), known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`? "),
                    None => String::new(),
                };
                return Err(source.error(
                    &key.span(),
                    format_args!("unknown key `{found}` in [{name}]"),
                    format_args!("{meant}[{name}] knows {}", known.join(", ")),
                ));
            }
        }
        Ok(Section { source, name: name.to_string(), span, entries, used: vec![] })
    }

    /// Where its header is.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Whether the key has this text.
    pub fn says(&self, key: &str, text: &str) -> bool {
        self.entries.get(key).is_some_and(|item| item.get_ref().as_str() == Some(text))
    }

    /// An error about something that is not there.
    pub fn missing(&self, problem: impl Display, remedy: impl Display) -> ScenarioError {
        self.source.error(&self.span, format_args!("[{}] {problem}", self.name), remedy)
    }

    /// The value of a key, whatever it is.
    pub fn value(&mut self, key: &'static str) -> Option<Entry<'a, &'a DeValue<'a>>> {
        // Some are asked for twice: whether they are there, and what they are.
        if !self.used.contains(&key) {
            self.used.push(key);
        }
        let item = self.entries.get(key)?;
        let name = format!("{}.{key}", self.name);
        Some(Entry { value: item.get_ref(), span: item.span(), source: self.source, name })
    }

    /// A text.
    pub fn text(&mut self, key: &'static str) -> Result<Option<Entry<'a, String>>, ScenarioError> {
        self.value(key).map(|entry| entry.text()).transpose()
    }

    /// A finite number; whole numbers count.
    pub fn number(&mut self, key: &'static str) -> Result<Option<Entry<'a, f64>>, ScenarioError> {
        self.value(key).map(|entry| entry.number()).transpose()
    }

    /// A finite number, or this default.
    pub fn number_or(&mut self, key: &'static str, default: f64) -> Result<f64, ScenarioError> {
        Ok(self.number(key)?.map_or(default, |entry| entry.value))
    }

    /// A positive number, or this default.
    pub fn positive_or(&mut self, key: &'static str, default: f64) -> Result<f64, ScenarioError> {
        let Some(entry) = self.number(key)? else { return Ok(default) };
        if entry.value <= 0.0 {
            return Err(
                entry.refuse("is not positive", format_args!("give a number above 0, for example {default}"))
            );
        }
        Ok(entry.value)
    }

    /// A whole number from `least` to `most`; `note` ends the message that says so.
    pub fn count(
        &mut self,
        key: &'static str,
        least: u64,
        most: u64,
        note: &str,
    ) -> Result<Option<Entry<'a, usize>>, ScenarioError> {
        let Some(entry) = self.value(key).map(|entry| entry.whole()).transpose()? else {
            return Ok(None);
        };
        let remedy = format_args!("give a whole number from {least} to {most}{note}");
        if entry.value < i128::from(least) {
            return Err(entry.refuse("is too small", remedy));
        }
        if entry.value > i128::from(most) {
            return Err(entry.refuse("is too large", remedy));
        }
        Ok(Some(entry.with(entry.value as usize)))
    }

    /// A seed, 0 if there is none.
    pub fn seed(&mut self) -> Result<u64, ScenarioError> {
        // TOML's own integers end at 2^63 - 1: other readers of the scenario refuse more.
        Ok(self.count("seed", 0, i64::MAX as u64, "")?.map_or(0, |entry| entry.value as u64))
    }

    /// `true` or `false`, or this default.
    pub fn flag_or(&mut self, key: &'static str, default: bool) -> Result<bool, ScenarioError> {
        match self.value(key) {
            None => Ok(default),
            Some(entry) => match entry.value {
                DeValue::Boolean(flag) => Ok(*flag),
                _ => Err(entry.wrong_type("true or false")),
            },
        }
    }

    /// One of several names, or the first of them.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Result<T, ScenarioError> {
        match self.text(key)? {
            None => Ok(choices[0].1),
            Some(entry) => entry.one_of(choices),
        }
    }

    /// A list of finite numbers, each with its place.
    pub fn numbers(
        &mut self,
        key: &'static str,
    ) -> Result<Option<Entry<'a, Vec<Spanned<f64>>>>, ScenarioError> {
        let Some(entry) = self.value(key) else { return Ok(None) };
        let Some(items) = entry.value.as_array() else {
            return Err(entry.wrong_type("a list of numbers, for example [0.0, 1.0]"));
        };
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let number = entry.element(index, item.get_ref(), item.span()).number()?;
            values.push(Spanned::new(number.span, number.value));
        }
        Ok(Some(entry.with(values)))
    }

    /// A pair `[lo, hi]` with `lo < hi`.
    pub fn interval(&mut self, key: &'static str) -> Result<Option<Entry<'a, [f64; 2]>>, ScenarioError> {
        let Some(entry) = self.numbers(key)? else { return Ok(None) };
        let [lo, hi] = &entry.value[..] else {
            return Err(entry
                .refuse(format_args!("has {} numbers", entry.value.len()), "give two: [lowest, highest]"));
        };
        let pair = [*lo.get_ref(), *hi.get_ref()];
        if pair[0] >= pair[1] {
            return Err(entry.refuse("is not an interval", "give [lowest, highest] with lowest < highest"));
        }
        Ok(Some(entry.with(pair)))
    }

    /// A section inside this one, with these keys and no others.
    pub fn section(
        &mut self,
        key: &'static str,
        known: &[&'static str],
        example: &str,
    ) -> Result<Option<Section<'a>>, ScenarioError> {
        let Some(entry) = self.value(key) else { return Ok(None) };
        let Some(entries) = entry.value.as_table() else {
            return Err(entry.wrong_type(example));
        };
        Section::open(self.source, &entry.name, entry.span, entries, known).map(Some)
    }

    /// Exactly one of these keys must be there: which.
    pub fn exactly_one(&self, keys: &[&'static str], example: &str) -> Result<&'static str, ScenarioError> {
        let present: Vec<&'static str> = keys.iter().copied().filter(|key| self.has(key)).collect();
        match present[..] {
            [one] => Ok(one),
            [] => Err(self.missing(
                format_args!("has none of {}", keys.join(", ")),
                format_args!("give exactly one, for example {example}"),
            )),
            [first, second, ..] => {
                let (key, _) = self.entries.get_key_value(second).expect("it is present");
                Err(self.source.error(
                    &key.span(),
                    format_args!("[{}] has both `{first}` and `{second}`", self.name),
                    format_args!("give exactly one of {}", keys.join(", ")),
                ))
            }
        }
    }

    /// Refuses keys that were not asked for; `form` is what the section turned out to be.
    pub fn finish(self, form: impl Display) -> Result<(), ScenarioError> {
        for key in self.entries.keys() {
            if !self.used.contains(&key.get_ref().as_ref()) {
                return Err(self.source.error(
                    &key.span(),
                    format_args!("{}.{} is not used by {form}", self.name, key.get_ref()),
                    format_args!("remove it; {form} takes {}", self.used.join(", ")),
                ));
            }
        }
        Ok(())
    }
}
