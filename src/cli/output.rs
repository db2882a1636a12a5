//! Standard output and standard error: results go to the one, everything else to the other.
//!
//! Nothing that is printed steers a terminal, whatever names, titles and files of others hold:
//! everything goes through [`crate::system::text`] here.

use std::io::{ErrorKind, IsTerminal, Write};

use crate::system::text;

use super::failure::Failure;

/// Writes the result of a command to standard output.
///
/// A reader that has seen enough (`reluflow info run.h5 | head -1`) is no error: what it does
/// not want is dropped, and the exit code stays that of the command.
///
/// # Errors
/// Any other reason why standard output cannot be written, such as a full disk.
pub fn print(text: &str) -> Result<(), Failure> {
    write(&text::lines(text))
}

/// Writes a text that was asked for as it is: byte for byte into a file or a pipe, made safe on a
/// terminal.
///
/// # Errors
/// As [`print`].
pub fn print_exactly(text: &str) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() { print(text) } else { write(text) }
}

/// Writes JSON to standard output, ending in a newline.
///
/// # Errors
/// As [`print`].
pub fn print_json(value: &serde_json::Value) -> Result<(), Failure> {
    write(&text::json(&format!("{value:#}\n")))
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::computation(format!("standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Tells the notices of a scenario, each on one line.
pub fn tell(notices: &[String]) {
    notices.iter().for_each(|notice| note(&format!("note: {}", text::line(notice))));
}

/// Writes a line to standard error. That a run's course cannot be told does not stop the run.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text::lines(line));
}
