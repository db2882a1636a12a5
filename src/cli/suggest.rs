//! Which command a misspelt one was meant to be.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// Names the commands that are the fewest slips away from the one that is not known: the similarity that `clap` goes by
/// finds `kernel` nearer to `rn` than `run`.
///
/// * `arguments`: of the process, its name first.
pub fn nearest_command(mut error: Error, command: &Command, arguments: &[String]) -> Error {
    let Some(ContextValue::String(said)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let said = said.clone();
    let mut here = command;
    for argument in arguments.iter().skip(1).take_while(|argument| **argument != said) {
        here = here.find_subcommand(argument).unwrap_or(here);
    }
    let slips = |name: &str| strsim::damerau_levenshtein(&said, name);
    let mut names: Vec<&str> = here.get_subcommands().map(Command::get_name).collect();
    names.sort_by_key(|name| slips(name));
    let least = names.first().map_or(0, |name| slips(name));
    names.retain(|name| slips(name) == least);
    let near = least <= said.chars().count().div_ceil(3).max(1);
    let names = if near { names.iter().map(|name| (*name).to_string()).collect() } else { vec![] };
    error.remove(ContextKind::SuggestedSubcommand);
    if !names.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(names));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use clap::{CommandFactory, Parser};

    #[test]
    fn slips_are_understood() {
        for (said, meant) in [
            (&["reluflow", "rn", "a.toml"][..], Some("'run'")),
            (&["reluflow", "-q", "kernl"], Some("'kernel'")),
            (&["reluflow", "chekc"], Some("'check'")),
            (&["reluflow", "study", "wdth"], Some("'width'")),
            (&["reluflow", "study", "rn"], None),
            (&["reluflow", "simulate"], None),
        ] {
            let error = Cli::try_parse_from(said).unwrap_err();
            let said: Vec<String> = said.iter().map(|text| text.to_string()).collect();
            let text = super::nearest_command(error, &Cli::command(), &said).to_string();
            assert!(text.contains("unrecognized subcommand"), "{text}");
            match meant {
                Some(meant) => assert!(text.contains(&format!("exists: {meant}")), "{text}"),
                None => assert!(!text.contains("similar"), "{text}"),
            }
        }
    }
}
