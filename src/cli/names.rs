//! Names that a shell completes; what they name is looked up later, and refused there with more to say.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command};

use crate::plot::FIGURES;
use crate::reproduce::items;
use crate::scenario::scenarios;

/// Takes any text, and offers some.
#[derive(Debug, Clone)]
pub struct Names(Vec<&'static str>);

impl Names {
    /// Of figures.
    pub fn figures() -> Names {
        let mut names: Vec<&str> = FIGURES.iter().map(|figure| figure.name).collect();
        names.sort_unstable();
        names.dedup();
        Names(names)
    }

    /// Of scenarios that come with the program.
    pub fn scenarios() -> Names {
        Names(scenarios().iter().map(|shipped| shipped.name).collect())
    }

    /// All of them, with spaces between.
    pub fn joined(&self) -> String {
        self.0.join(" ")
    }

    /// Of figures and tables of the papers.
    pub fn reproductions() -> Names {
        Names(["all"].into_iter().chain(items().iter().map(|item| item.name)).collect())
    }
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}
