//! Why a scenario was refused.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::problem::ProblemError;
use crate::system::text;

/// Why a scenario or a table was refused: where, what was found, what is allowed, what to do.
///
/// Displayed on two lines, `FILE:LINE:COLUMN: what is wrong` and what to do about it. As a
/// [`miette::Diagnostic`] it also carries the text around the place, so that
/// `miette::Report::new(error)` draws it.
///
/// ```
/// use reluflow::scenario::Scenario;
/// let text = "[samples]\nx = [0.0]\ny = [1.0]\n[mesure]\nparticles = 10\n";
/// let error = Scenario::parse(text, "example.toml".as_ref()).unwrap_err();
/// assert_eq!(error.line(), Some(4));
/// assert_eq!(
///     error.to_string(),
///     "example.toml:4:2: unknown section [mesure]\n  \
///      did you mean [measure]? sections are [samples], [measure], [flow], [time], [output]"
/// );
/// ```
// Boxed because every `Result` of the readers carries it.
#[derive(Debug)]
pub struct ScenarioError(Box<Details>);

#[derive(Debug)]
struct Details {
    file: PathBuf,
    line: Option<usize>,
    column: Option<usize>,
    problem: String,
    remedy: String,
    snippet: Option<(NamedSource<String>, Range<usize>)>,
}

impl ScenarioError {
    /// Something about the file as a whole.
    pub(super) fn in_file(file: &Path, problem: impl fmt::Display, remedy: impl fmt::Display) -> Self {
        ScenarioError(Box::new(Details {
            file: file.to_path_buf(),
            line: None,
            column: None,
            problem: text::line(&problem.to_string()).into_owned(),
            remedy: text::line(&remedy.to_string()).into_owned(),
            snippet: None,
        }))
    }

    /// At a place in the file.
    pub(super) fn at(mut self, line: usize, column: Option<usize>) -> Self {
        self.0.line = Some(line);
        self.0.column = column;
        self
    }

    /// With the text around the place.
    pub(super) fn showing(mut self, shown: String, span: Range<usize>) -> Self {
        let name = text::path(&self.0.file);
        // What steers a terminal becomes as many blanks as it has bytes, so that the range stays
        // right. A lone \r ends a line.
        let mut kept = String::with_capacity(shown.len());
        for c in shown.chars() {
            match c {
                '\n' | '\r' | '\t' => kept.push(c),
                c if text::steers(c) => kept.extend(std::iter::repeat_n(' ', c.len_utf8())),
                c => kept.push(c),
            }
        }
        if kept.contains('\r') {
            kept = kept.replace("\r\n", " \n").replace('\r', "\n");
        }
        self.0.snippet = Some((NamedSource::new(name, kept), span));
        self
    }

    /// The file it is about.
    pub fn file(&self) -> &Path {
        &self.0.file
    }

    /// The line, counted from 1 as editors do.
    pub fn line(&self) -> Option<usize> {
        self.0.line
    }

    /// The column in characters, counted from 1.
    pub fn column(&self) -> Option<usize> {
        self.0.column
    }

    /// What is wrong.
    pub fn problem(&self) -> &str {
        &self.0.problem
    }

    /// What is allowed and what to do.
    pub fn remedy(&self) -> &str {
        &self.0.remedy
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { file, line, column, problem, remedy, .. } = &*self.0;
        f.write_str(&text::path(file))?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {problem}\n  {remedy}")
    }
}

impl std::error::Error for ScenarioError {}

impl Diagnostic for ScenarioError {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.snippet.as_ref().map(|(source, _)| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.0.snippet.as_ref()?;
        let label = LabeledSpan::new_with_span(Some("here".into()), span.clone());
        Some(Box::new(std::iter::once(label)))
    }
}

/// What is wrong and what to do about it: the two halves of such an error's text.
pub(super) fn split(error: &ProblemError) -> (String, String) {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((problem, remedy)) => (problem.to_string(), remedy.to_string()),
        None => (text, "give other values".to_string()),
    }
}
