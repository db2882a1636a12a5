//! `reluflow validate FILE`.

use std::path::PathBuf;

use serde_json::json;

use crate::io::{
    FileKind, Finding, RunFile, validate, validate_density_file, validate_kernel_file,
    validate_landscape_file, validate_law_file,
};
use crate::scenario::Scenario;
use crate::study::validate_study_file;
use crate::system::text;

use super::failure::{Exit, Failure};
use super::output::{note, print, print_json};
use super::probe::guard_lists;
use super::table::table;

/// Compare a run, study, kernel, law, landscape or density file with its format's definition, down to every checksum
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  reluflow validate output/mcycle.h5

Reads the whole file; exit code 1 when something in it is not as it must be, or the settings of a
run are not those of the scenario in it. `reluflow check` asks whether the numbers keep the laws
of the flow.")]
pub struct Args {
    /// The file
    file: PathBuf,
    /// Print what was found as JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        guard_lists(&self.file)?;
        let findings = match FileKind::of(&self.file) {
            Ok(FileKind::Study) => validate_study_file(&self.file)?,
            Ok(FileKind::Kernel) => validate_kernel_file(&self.file)?,
            Ok(FileKind::Density) => validate_density_file(&self.file)?,
            Ok(FileKind::Law) => validate_law_file(&self.file)?,
            Ok(FileKind::Landscape) => validate_landscape_file(&self.file)?,
            // A damaged run file may not tell what it is.
            _ => self.of_run()?,
        };
        let path = text::path(&self.file);
        if self.json {
            let one = |Finding { object, problem }: &Finding| json!({ "object": object, "problem": problem });
            let findings_json: Vec<_> = findings.iter().map(one).collect();
            print_json(
                &json!({ "file": self.file, "valid": findings.is_empty(), "findings": findings_json }),
            )?;
        } else if !quiet && findings.is_empty() {
            print(&format!("{path}: valid\n"))?;
        } else if !quiet {
            let row = |Finding { object, problem }: &Finding| vec![object.clone(), problem.clone()];
            print(&table(&findings.iter().map(row).collect::<Vec<_>>(), &[]))?;
        }
        if findings.is_empty() {
            return Ok(Exit::Success);
        }
        let count = match findings.len() {
            1 => "1 thing is not as the format has it".to_owned(),
            many => format!("{many} things are not as the format has them"),
        };
        note(&format!("error: {path}: {count}"));
        Ok(Exit::Failed)
    }

    /// What is wrong with a run file, and a setting that is not the scenario's.
    fn of_run(&self) -> Result<Vec<Finding>, Failure> {
        let mut findings = validate(&self.file)?;
        if findings.is_empty() {
            let description = RunFile::open(&self.file)?.description()?;
            let disagrees = |problem| Finding { object: "scenario".to_owned(), problem };
            findings.extend(Scenario::disagreement(&description).map(disagrees));
        }
        Ok(findings)
    }
}
