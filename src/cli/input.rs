//! What `run` is given: a file, a scenario that comes with the program, or text from standard input; with overrides.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::io::{make_folder, write_file};
use crate::scenario::{Scenario, Shipped, scenarios};
use crate::study::{self, Base};
use crate::system::text;

use super::failure::Failure;
use super::output::note;

/// Longest text that is read from standard input (bytes).
const MOST: u64 = 16 << 20;
/// What standard input is called in messages; its stem is the title and names the output.
const STANDARD_INPUT: &str = "stdin.toml";

/// Settings that replace those of the scenario.
#[derive(Debug, clap::Args)]
pub struct Overrides {
    /// Another value for a key of the scenario, for example --set flow.tv=0.1; may be given many times
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// Another measure.seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// `measure.scale=2`.
fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("give key=value, for example measure.scale=2")?;
    let (key, value) = (key.trim(), value.trim());
    match key.is_empty() || value.is_empty() {
        true => Err("give key=value, for example measure.scale=2".to_string()),
        false => Ok((key.to_string(), quoted_if_word(value))),
    }
}

/// A word that is no value of TOML is meant as text.
fn quoted_if_word(value: &str) -> String {
    match format!("v = {value}").parse::<toml::Table>() {
        Ok(_) => value.to_string(),
        Err(_) => toml::Value::from(value).to_string(),
    }
}

impl Overrides {
    fn all(&self) -> Vec<(String, String)> {
        let seed = self.seed.map(|seed| ("measure.seed".to_string(), seed.to_string()));
        self.set.iter().cloned().chain(seed).collect()
    }
}

/// The scenario of an input.
///
/// # Errors
/// It cannot be read or is refused, or an override is.
pub fn read(input: &Path, overrides: &Overrides, quiet: bool) -> Result<Scenario, Failure> {
    let set = overrides.all();
    if input == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().take(MOST).read_to_string(&mut text).map_err(|error| {
            Failure::usage(format!("standard input cannot be read: {error}")).help("give a scenario in UTF-8")
        })?;
        return of_text(text, Path::new(STANDARD_INPUT), &set);
    }
    let name = input.to_str().filter(|_| !input.exists());
    if let Some(found) = name.and_then(by_name) {
        if !quiet {
            note(&format!("{}: the scenario that comes with the program", found.name));
        }
        return of_shipped(found, &set);
    }
    if set.is_empty() {
        return Ok(study::read_scenario(input)?);
    }
    of_base(&Base::read(input)?, &set)
}

/// The scenario of exactly this name, with or without its folder: any other word may be a file that is missing.
fn by_name(name: &str) -> Option<&'static Shipped> {
    scenarios().iter().find(|shipped| shipped.name == name || shipped.name.ends_with(&format!("/{name}")))
}

fn of_base(base: &Base, set: &[(String, String)]) -> Result<Scenario, Failure> {
    Ok(study::parse_scenario(&base.with(set)?, &base.path)?)
}

fn of_text(text: String, path: &Path, set: &[(String, String)]) -> Result<Scenario, Failure> {
    of_base(&Base::parse(text, path)?, set)
}

/// A shipped scenario, and the files it reads from a folder of their own, which is removed.
fn of_shipped(found: &Shipped, set: &[(String, String)]) -> Result<Scenario, Failure> {
    let file_name = format!("{}.toml", found.name.rsplit('/').next().unwrap_or(found.name));
    if found.files.is_empty() {
        return of_text(found.text.to_string(), Path::new(&file_name), set);
    }
    let folder = Folder::new()?;
    for (path, text) in found.files {
        let path = folder.0.join(path);
        make_folder(path.parent().unwrap_or(&folder.0))?;
        write_file(&path, text.as_bytes())?;
    }
    of_text(found.text.to_string(), &folder.0.join(file_name), set)
}

/// A folder that is removed when it is no longer needed.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Folder, Failure> {
        let path = std::env::temp_dir().join(format!("reluflow-{}", std::process::id()));
        // One that is there already is somebody else's.
        std::fs::create_dir(&path).map_err(|error| {
            Failure::computation(format!("{} cannot be made: {error}", text::path(&path)))
                .help("copy the scenario with `reluflow scenarios copy` and run the copy")
        })?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_texts() {
        for (given, found) in [("2", "2"), ("lifted", "\"lifted\""), ("\"m\"", "\"m\""), ("[1, 2]", "[1, 2]")]
        {
            assert_eq!(quoted_if_word(given), found);
        }
        assert_eq!(key_and_value(" flow.kind = lifted"), Ok(("flow.kind".into(), "\"lifted\"".into())));
        assert!(key_and_value("flow.kind").is_err() && key_and_value("=3").is_err());
    }
}
