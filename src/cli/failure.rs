//! How a command ends: exit codes, and errors as a user reads them.

use std::io::Write;
use std::process::ExitCode;

use miette::{Diagnostic, Report};

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
    report: Report,
}

impl Failure {
    /// Wrong command line or input: exit code 2.
    pub fn usage(error: impl Diagnostic + Send + Sync + 'static) -> Failure {
        Failure { exit: Exit::Usage, report: Report::new(error) }
    }

    /// Wrong command line or input, in words.
    pub fn usage_text(text: impl std::fmt::Display) -> Failure {
        Failure { exit: Exit::Usage, report: miette::miette!("{text}") }
    }

    /// The computation failed, in words: exit code 1.
    pub fn computation_text(text: impl std::fmt::Display) -> Failure {
        Failure { exit: Exit::Failed, report: miette::miette!("{text}") }
    }

    /// Writes the error to standard error.
    ///
    /// An error that can show its place in a file is drawn with that place; any other is one
    /// line per cause, the remedy after it.
    pub fn print(&self) {
        let text = if self.report.source_code().is_some() {
            format!("error: {:?}", self.report)
        } else {
            let causes: Vec<String> = self.report.chain().map(ToString::to_string).collect();
            let help = self.report.help().map(|help| format!("\n  help: {help}")).unwrap_or_default();
            format!("error: {}{help}", causes.join(": ").replace('\n', "\n       "))
        };
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
    }
}
