//! `reluflow scenarios list|show|copy`: the scenarios that come with the program.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::io::{make_folder, write_file};
use crate::scenario::{Shipped, scenarios};
use crate::system::{files::read, text};

use super::failure::{Exit, Failure};
use super::names::Names;
use super::output::{note, print, print_json};
use super::table::table;

/// List, show or copy the scenarios that come with the program
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow scenarios list
  reluflow scenarios copy mcycle && reluflow run mcycle.toml")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Name all of them
    #[command(after_help = "Example:\n  reluflow scenarios list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the text of one
    #[command(after_help = "Example:\n  reluflow scenarios show mcycle")]
    Show {
        /// Its name, as `scenarios list` gives it
        #[arg(value_parser = Names::scenarios(), hide_possible_values = true)]
        name: String,
    },
    /// Copy one, and the data it reads, to a place where it can be changed
    #[command(after_help = "\
Example:
  reluflow scenarios copy mcycle crash.toml    # writes crash.toml and data/mcycle.csv")]
    Copy {
        /// Its name, as `scenarios list` gives it
        #[arg(value_parser = Names::scenarios(), hide_possible_values = true)]
        name: String,
        /// A file ending in .toml, or a folder [default: NAME.toml here]
        destination: Option<PathBuf>,
        /// Replace files that exist
        #[arg(long)]
        force: bool,
    },
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        match self.action {
            Action::List { json } => list(json)?,
            Action::Show { name } => print(find(&name)?.text)?,
            Action::Copy { name, destination, force } => {
                for path in copy(find(&name)?, destination.as_deref(), force)? {
                    if !quiet {
                        note(&format!("wrote {}", text::path(&path)));
                    }
                }
            }
        }
        Ok(Exit::Success)
    }
}

fn list(json: bool) -> Result<(), Failure> {
    if json {
        let list = scenarios().iter().map(|shipped| {
            let files: Vec<&str> = shipped.files.iter().map(|(path, _)| *path).collect();
            json!({ "name": shipped.name, "title": shipped.title(), "files": files })
        });
        return print_json(&list.collect());
    }
    let rows: Vec<Vec<String>> =
        scenarios().iter().map(|shipped| vec![shipped.name.into(), shipped.title().into()]).collect();
    print(&table(&rows, &[]))
}

fn find(name: &str) -> Result<&'static Shipped, Failure> {
    // A name as the shell completes it in a clone is as good.
    let bare = |name: &'_ str| Path::new(name).file_stem().unwrap_or_default().to_os_string();
    scenarios().iter().find(|shipped| bare(name) == bare(shipped.name)).ok_or_else(|| {
        let names: Vec<&str> = scenarios().iter().map(|shipped| shipped.name).collect();
        Failure::usage(format!(
            "no scenario `{}` comes with reluflow: there are {}",
            text::line(name),
            names.join(", ")
        ))
    })
}

/// Writes the scenario and its data; returns what was written.
fn copy(shipped: &Shipped, destination: Option<&Path>, force: bool) -> Result<Vec<PathBuf>, Failure> {
    let bare = shipped.name.rsplit('/').next().unwrap_or(shipped.name);
    let file_name = format!("{bare}.toml");
    let scenario = match destination {
        None => PathBuf::from(file_name),
        Some(path) if path.extension().is_some_and(|extension| extension == "toml") => path.to_path_buf(),
        Some(folder) => folder.join(file_name),
    };
    let folder = scenario.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut files = vec![(scenario, shipped.text)];
    files.extend(shipped.files.iter().map(|(path, text)| (folder.join(path), *text)));
    // Data that is already there as it would be written is no obstacle.
    files.retain(|(path, text)| {
        let same = |found: Vec<u8>| found == text.as_bytes();
        !read(path, text.len() as u64).is_ok_and(same)
    });
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists() && !force) {
        return Err(Failure::usage(format!("{} exists: --force replaces it", text::path(path))));
    }
    for (path, text) in &files {
        let parent = path.parent().unwrap_or(Path::new(""));
        make_folder(parent)?;
        write_file(path, text.as_bytes())?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}
