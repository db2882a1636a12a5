//! The command line: one file per subcommand, the progress bar, and how errors are told.
//!
//! Parses, calls the library, prints; decides nothing about the mathematics or the file. Results
//! go to standard output, the course of a run and errors to standard error.

mod alignment;
mod analyse;
mod check;
mod compare;
mod completions;
mod convert;
mod density;
mod drive;
mod failure;
mod info;
mod input;
mod instructions;
mod interrupt;
mod kernel;
mod landscape;
mod law;
mod names;
mod output;
mod pace;
mod panic;
mod plot;
mod probe;
mod progress;
mod recover;
mod report;
mod reproduce;
mod resume;
mod run;
mod scenarios;
mod study;
mod suggest;
mod table;
mod threads;
mod time_left;
mod validate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

pub use failure::Exit;
use failure::Failure;
use threads::Threads;

use crate::system::text;

/// Infinitely wide, shallow, univariate ReLU networks: the gradient flow of the measure of
/// neurons and, beside it, the ODE of the residuals
#[derive(Debug, Parser)]
#[command(name = "reluflow", version = VERSION, arg_required_else_help = true)]
#[command(after_help = "\
Example:
  reluflow run scenarios/mcycle.toml && reluflow check output/mcycle.h5

Exit codes: 0 success, 1 the computation or a check failed, 2 wrong usage or input,
130 stopped by Ctrl-C (resumable).")]
struct Cli {
    /// Print errors only (and what was asked for with --json)
    #[arg(short, long, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("RELUFLOW_GIT_COMMIT"), ")");

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Check(check::Args),
    Compare(compare::Args),
    Info(info::Args),
    Validate(validate::Args),
    Convert(convert::Args),
    Density(density::Args),
    Resume(resume::Args),
    Recover(recover::Args),
    Kernel(kernel::Args),
    Analyse(analyse::Args),
    Landscape(landscape::Args),
    Law(law::Args),
    Report(report::Args),
    Study(study::Args),
    Reproduce(reproduce::Args),
    Plot(plot::Args),
    Scenarios(scenarios::Args),
    Completions(completions::Args),
}

/// Runs the command that the arguments of this process name.
pub fn main() -> ExitCode {
    if let Some(code) = probe::as_child() {
        return code;
    }
    threads::spare_blas_threads();
    panic::explain_panics();
    interrupt::ignore_file_size_signal();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version arrive here too, with exit code 0; a closed pipe is not our error.
            // An argument is told again as it was given, which must not steer a terminal.
            let safe: Vec<String> = std::env::args_os()
                .map(|argument| text::line(&argument.to_string_lossy()).into_owned())
                .collect();
            let error = Cli::try_parse_from(&safe).err().unwrap_or(error);
            let error = suggest::nearest_command(error, &Cli::command(), &safe);
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    // The panic hook has said what there is to say.
    let result = catch_unwind(AssertUnwindSafe(|| cli.command.execute(cli.quiet)));
    match result.unwrap_or(Ok(Exit::Failed)) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit.into()
        }
    }
}

impl Command {
    /// Whether the command has `--threads`, and sees to its threads itself.
    fn has_threads(&self) -> bool {
        matches!(
            self,
            Command::Run(_)
                | Command::Check(_)
                | Command::Compare(_)
                | Command::Density(_)
                | Command::Resume(_)
                | Command::Kernel(_)
                | Command::Analyse(_)
                | Command::Landscape(_)
                | Command::Law(_)
                | Command::Study(_)
                | Command::Reproduce(_)
        )
    }

    fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        instructions::apply()?;
        if !self.has_threads() {
            Threads::default().apply(quiet)?;
        }
        match self {
            Command::Run(args) => args.execute(quiet),
            Command::Check(args) => args.execute(quiet),
            Command::Compare(args) => args.execute(quiet),
            Command::Info(args) => args.execute(quiet),
            Command::Validate(args) => args.execute(quiet),
            Command::Convert(args) => args.execute(quiet),
            Command::Density(args) => args.execute(quiet),
            Command::Resume(args) => args.execute(quiet),
            Command::Recover(args) => args.execute(quiet),
            Command::Kernel(args) => args.execute(quiet),
            Command::Analyse(args) => args.execute(quiet),
            Command::Landscape(args) => args.execute(quiet),
            Command::Law(args) => args.execute(quiet),
            Command::Report(args) => args.execute(quiet),
            Command::Study(args) => args.execute(quiet),
            Command::Reproduce(args) => args.execute(quiet),
            Command::Plot(args) => args.execute(quiet),
            Command::Scenarios(args) => args.execute(quiet),
            Command::Completions(args) => args.execute(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}
