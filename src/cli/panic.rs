//! What a user reads when the program itself is wrong.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::Location;

use super::output::note;

/// Replaces Rust's panic message by one that says what to do. A backtrace is added only when the
/// environment asks for it (`RUST_BACKTRACE=1`).
pub fn explain_panics() {
    std::panic::set_hook(Box::new(|info| {
        note(&explanation(info.payload(), info.location()));
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            note(&backtrace.to_string());
        }
    }));
}

fn explanation(payload: &dyn Any, location: Option<&Location>) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let what = text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let place = location.map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
    format!(
        "error: this is a bug in reluflow: {what}{place}\n  \
         help: snapshots reported as written are safe. Please report the command, the scenario\n        \
         and the output of `reluflow --version`; RUST_BACKTRACE=1 shows where it happened"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_message_are_shown_with_their_place() {
        let here = Location::caller();
        for payload in [&"index 7 of 3" as &dyn Any, &String::from("index 7 of 3")] {
            let text = explanation(payload, Some(here));
            let place = format!("{}:{}", here.file(), here.line());
            assert!(text.starts_with(&format!("error: this is a bug in reluflow: index 7 of 3 ({place})\n")));
        }
        assert!(explanation(&1u8, None).contains("no message\n"));
    }
}
