//! What is wrong with a file.

use std::fmt;

/// Something in a file that its format does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The variable, attribute or group.
    pub object: String,
    /// What is wrong with it: what was found and what is allowed.
    pub problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.object, self.problem)
    }
}

/// Findings so far.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    pub(crate) fn add(&mut self, object: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Finding { object: object.into(), problem: problem.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first of them in a sentence, and how many more there are; `None` if there is none.
    pub(crate) fn summary(&self) -> Option<String> {
        let first = self.0.first()?;
        Some(match self.0.len() - 1 {
            0 => first.to_string(),
            more => format!("{first} (and {more} more findings)"),
        })
    }
}
