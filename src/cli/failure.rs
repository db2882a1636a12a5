//! How a command ends: exit codes, and errors as a user reads them.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use miette::Report;

use crate::flow::FlowError;
use crate::io::IoError;
use crate::scenario::ScenarioError;
use crate::system::text;

/// The exit code of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Success = 0,
    /// The computation or a check failed.
    Failed = 1,
    /// The command line or an input was wrong.
    Usage = 2,
    /// Stopped by Ctrl-C: 128 + SIGINT, as shells report it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// An error on its way to the terminal, with the exit code it leads to.
#[derive(Debug)]
pub struct Failure {
    /// [`Exit::Failed`] or [`Exit::Usage`].
    pub exit: Exit,
    text: String,
    help: Option<String>,
    /// The error drawn at its place in a file, for terminals.
    drawing: Option<Report>,
}

impl Failure {
    /// Wrong command line or input: exit code 2.
    pub fn usage(text: impl Display) -> Failure {
        Failure { exit: Exit::Usage, text: text.to_string(), help: None, drawing: None }
    }

    /// The computation failed: exit code 1.
    pub fn computation(text: impl Display) -> Failure {
        Failure { exit: Exit::Failed, ..Failure::usage(text) }
    }

    /// With what it is about before the text.
    pub fn about(self, what: impl Display) -> Failure {
        Failure { text: format!("{what}: {}", self.text), ..self }
    }

    /// With a line on what to do.
    pub fn help(self, help: impl Display) -> Failure {
        Failure { help: Some(help.to_string()), ..self }
    }

    /// Writes the error to standard error.
    pub fn print(&self) {
        let mut text = match &self.drawing {
            // Its colours steer the terminal; the texts in it were made safe when it was made.
            Some(report) if std::io::stderr().is_terminal() => format!("error:\n{report:?}"),
            _ => format!("error: {}", text::lines(&self.text)),
        };
        if let Some(help) = &self.help {
            text = format!("{}\n  help: {}", text.trim_end(), text::lines(help));
        }
        // There is nothing to write to when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Failure {
        let text = error.to_string();
        let report = Report::new(error);
        let drawing = report.source_code().is_some().then_some(report);
        Failure { drawing, ..Failure::usage(text) }
    }
}

impl From<IoError> for Failure {
    fn from(error: IoError) -> Failure {
        let failure = match error {
            IoError::Exists { .. }
            | IoError::Unwritable { .. }
            | IoError::Locked { .. }
            | IoError::Missing { .. }
            | IoError::NotRunFile { .. }
            | IoError::Foreign { .. }
            | IoError::Version { .. }
            | IoError::NoSnapshot { .. } => Failure::usage,
            _ => Failure::computation,
        };
        let damaged = matches!(error, IoError::Damaged { .. } | IoError::Read { .. });
        // One line, whatever the names of files and variables in it.
        let failure = failure(text::line(&error.to_string()));
        if damaged {
            failure.help("`reluflow recover` saves what can be saved of a run file")
        } else {
            failure
        }
    }
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Failure {
        Failure::computation(error)
    }
}

/// A path as a shell takes it.
pub fn quoted(path: &Path) -> String {
    let name = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        return name.into_owned();
    }
    if name.contains(text::steers) {
        // As bash and zsh read it: $'a\nb'.
        let escape = |c: char| match c {
            '\'' | '\\' => format!("\\{c}"),
            c if text::steers(c) && c.is_ascii() => format!("\\x{:02x}", u32::from(c)),
            c if text::steers(c) => format!("\\U{:08x}", u32::from(c)),
            c => c.to_string(),
        };
        return format!("$'{}'", name.chars().map(escape).collect::<String>());
    }
    format!("'{}'", name.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_a_shell() {
        assert_eq!(quoted(Path::new("output/a-1.h5")), "output/a-1.h5");
        assert_eq!(quoted(Path::new("my run's.h5")), r"'my run'\''s.h5'");
        assert_eq!(quoted(Path::new("a\x1b[2J'\n\u{202e}")), r"$'a\x1b[2J\'\x0a\U0000202e'");
    }
}
