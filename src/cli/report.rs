//! `reluflow report RUN|STUDY`.

use std::path::{Path, PathBuf};

use crate::io::{ArrayFile, FileKind, IoError, RunFile, write_file};
use crate::report::{Gathered, ReportError, Study, film, run_page, study_page};
use crate::system::text;

use super::failure::{Exit, Failure, quoted};
use super::info::warn_unless_ordinary;
use super::output::note;
use super::probe::guard;
use super::run::{is_same_file, make_parent};

/// Show a run or a study as one HTML file that works offline
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  reluflow report output/mcycle.h5                         # writes output/mcycle.html
  reluflow report output/sine.h5 --gif talk.gif            # and a film of function and neurons
  reluflow report output/sine_sweep.h5 -o sweep.html

Open the file in a browser. It holds everything it shows and asks for nothing from anywhere.
Files of runs that are going on, or were killed, are shown as far as they go.")]
pub struct Args {
    /// The run file or study file
    #[arg(value_name = "RUN|STUDY")]
    file: PathBuf,
    /// The report [default: beside the file, with .html for .h5]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the report (and the film) if it exists
    #[arg(long)]
    force: bool,
    /// Most neurons to draw; how they are chosen is told in the report
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    particles: u32,
    /// Also make a film of function and neurons, for talks
    #[arg(long, value_name = "FILE")]
    gif: Option<PathBuf>,
}

impl Args {
    pub fn execute(self, quiet: bool) -> Result<Exit, Failure> {
        let output = self.output.clone().unwrap_or_else(|| self.file.with_extension("html"));
        for output in std::iter::once(&output).chain(&self.gif) {
            self.refuse(output)?;
        }
        guard(&self.file)?;
        let path = || self.file.clone();
        let page = match FileKind::of(&self.file)? {
            FileKind::Kernel => return Err(ReportError::Kernel { path: path() }.into()),
            FileKind::Density => return Err(ReportError::Density { path: path() }.into()),
            FileKind::Law | FileKind::Landscape => return Err(ReportError::Arrays { path: path() }.into()),
            FileKind::Study if self.gif.is_some() => {
                return Err(ReportError::NoFilm { path: path() }.into());
            }
            FileKind::Study => {
                let file = ArrayFile::open(&self.file, crate::study::FORMAT_VERSION)?;
                study_page(&Study::read(&file)?)?
            }
            FileKind::Run => {
                let file = RunFile::open(&self.file)?;
                warn_unless_ordinary(&file, quiet);
                let run = Gathered::read(&file, self.particles as usize)?;
                if let Some(gif) = &self.gif {
                    if run.cells.is_some() {
                        return Err(ReportError::NoNeurons { path: path() }.into());
                    }
                    write_file(gif, &film(&run)?)?;
                }
                run_page(&file, &run)?
            }
        };
        write_file(&output, page.as_bytes())?;
        if !quiet {
            note(&format!("{}: open it in a browser", text::path(&output)));
        }
        Ok(Exit::Success)
    }

    /// Refuses an output that is there already or is the input.
    fn refuse(&self, output: &Path) -> Result<(), Failure> {
        if is_same_file(output, &self.file) {
            return Err(Failure::usage(format!("{} is the input: choose another output", quoted(output))));
        }
        if output.is_dir() {
            let found = "it is a directory".to_string();
            return Err(IoError::Unwritable { path: output.to_owned(), found }.into());
        }
        if output.exists() && !self.force {
            return Err(IoError::Exists { path: output.to_owned() }.into());
        }
        make_parent(output)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Failure {
        match error {
            ReportError::Io(error) => error.into(),
            ReportError::Damaged { .. } | ReportError::Film { .. } => Failure::computation(error),
            _ => Failure::usage(error),
        }
    }
}
