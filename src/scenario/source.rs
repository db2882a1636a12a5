//! The text of a scenario and places in it.

use std::fmt::Display;
use std::ops::Range;
use std::path::Path;

use crate::system::text;

use super::ScenarioError;

/// The text of a scenario and where it came from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl Source<'_> {
    /// An error at a byte range of the text.
    pub fn error(&self, span: &Range<usize>, problem: impl Display, remedy: impl Display) -> ScenarioError {
        let span = self.on_characters(span);
        let before = &self.text[..span.start];
        let line = line_of(self.text.as_bytes(), span.start);
        let start = before.rfind(['\n', '\r']).map_or(0, |end| end + 1);
        let column = before[start..].trim_start_matches('\u{feff}').chars().count() + 1;
        ScenarioError::in_file(self.path, problem, remedy)
            .at(line, Some(column))
            .showing(self.text.to_string(), span)
    }

    /// An error about the file as a whole.
    pub fn whole(&self, problem: impl Display, remedy: impl Display) -> ScenarioError {
        ScenarioError::in_file(self.path, problem, remedy)
    }

    /// An error about a file that this range names: at the range, unless it has a line of its own.
    pub fn blame(&self, span: &Range<usize>, error: ScenarioError) -> ScenarioError {
        if error.line().is_some() {
            return error;
        }
        let problem = format!("{}: {}", text::path(error.file()), error.problem());
        self.error(span, problem, error.remedy())
    }

    /// The text at a range, shortened to fit into a message.
    pub fn excerpt(&self, span: &Range<usize>) -> String {
        shorten(&self.text[self.on_characters(span)])
    }

    /// The range moved down to character boundaries inside the text.
    fn on_characters(&self, span: &Range<usize>) -> Range<usize> {
        let floor = |offset: usize| {
            let start = offset.min(self.text.len());
            (0..=start).rev().find(|&i| self.text.is_char_boundary(i)).unwrap_or(0)
        };
        let (start, end) = (floor(span.start), floor(span.end));
        start..end.max(start)
    }
}

/// The line, counted from 1, on which a byte is; `\n`, `\r\n` and a lone `\r` end lines.
pub(super) fn line_of(text: &[u8], at: usize) -> usize {
    let ends = |i: usize| text[i] == b'\n' || (text[i] == b'\r' && text.get(i + 1) != Some(&b'\n'));
    (0..at.min(text.len())).filter(|&i| ends(i)).count() + 1
}

/// At most 40 characters of a text, on one line.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 40;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push_str("...");
    }
    short.replace(['\r', '\n'], " ")
}

/// The known word nearest to a misspelt one, if it is near enough to be meant.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    // A long key of a broken file must not cost quadratic time.
    if word.len() > 60 {
        return None;
    }
    let distance = |key: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &key.to_lowercase());
    let (distance, key) = known.into_iter().map(|key| (distance(key), key)).min_by_key(|&(d, _)| d)?;
    (distance <= (word.chars().count() + 1) / 3).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_editors_do() {
        let source = Source { path: Path::new("a"), text: "é = 1\nxé = 2" };
        let error = source.error(&(10..11), "p", "r");
        assert_eq!((error.line(), error.column()), (Some(2), Some(3)));
        // Beyond the end and inside a character.
        assert_eq!(source.error(&(1..900), "p", "r").column(), Some(1));
        assert_eq!(source.error(&(800..900), "p", "r").line(), Some(2));
    }

    #[test]
    fn the_nearest_key_is_near() {
        let keys = ["tolerance", "end"];
        assert_eq!(nearest("tolerence", keys), Some("tolerance"));
        assert_eq!(nearest("ned", keys), Some("end"));
        assert_eq!(nearest("wavelength", keys), None);
        // One letter is as far from any other as can be.
        assert_eq!(nearest("r", ["x"]), None);
    }

    #[test]
    fn excerpts_are_short_and_clean() {
        assert_eq!(shorten("a\nb"), "a b");
        let error = Source { path: Path::new("\x1b[2J"), text: "\x1b" }.error(&(0..1), "\x1b[2J", "\0");
        assert_eq!(error.to_string(), "\u{fffd}[2J:1:1: \u{fffd}[2J\n  \u{fffd}");
        assert_eq!(shorten(&"é".repeat(41)), format!("{}...", "é".repeat(40)));
    }
}
