//! `RELUFLOW_INSTRUCTIONS`: which vector instructions are used.

use crate::math::instructions::{ALL, Instructions, choose};
use crate::system::text;

use super::failure::Failure;

/// The variable that names them; for tests, and to tell a fault of a processor from one of the program.
const OWN: &str = "RELUFLOW_INSTRUCTIONS";

/// Uses those that the environment names, for the rest of the process; an empty name says nothing.
///
/// # Errors
/// There are none of this name, or this processor lacks them.
pub fn apply() -> Result<(), Failure> {
    let Some(said) = std::env::var_os(OWN).filter(|said| !said.is_empty()) else { return Ok(()) };
    let said = said.to_string_lossy();
    if ALL.into_iter().find(|one| one.name() == said).is_some_and(choose) {
        return Ok(());
    }
    let names: Vec<&str> = ALL.into_iter().filter(|one| one.is_available()).map(Instructions::name).collect();
    Err(Failure::usage(format!("the environment has {OWN} = {}", text::line(&said)))
        .help(format!("this processor has {}: set it to one of them, or unset it", names.join(", "))))
}
