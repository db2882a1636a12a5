//! What a user reads when the program itself is wrong.

use std::backtrace::{Backtrace, BacktraceStatus};

use super::output::note;

/// Replaces Rust's panic message by one that says what to do. A backtrace is added only when the
/// environment asks for it (`RUST_BACKTRACE=1`).
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|info| {
        let what = info.payload_as_str().unwrap_or("no message");
        let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
        note(&format!(
            "error: this is a bug in reluflow: {what}{place}\n  \
             help: snapshots reported as written are safe. Please report the command, the scenario\n        \
             and the output of `reluflow --version`; RUST_BACKTRACE=1 shows where it happened"
        ));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            note(&backtrace.to_string());
        }
    }));
}
