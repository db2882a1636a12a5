//! Where a figure or table is worked on: its folder, its size, and how its scenarios are run.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::io::{make_folder, write_file};
use crate::run::Simulation;
use crate::scenario::{Scenario, Shipped, scenarios};
use crate::study;
use crate::system::text::digits;

use super::ReproduceError;
use super::trace::Trace;

/// The folder, the size and the course of the work on one figure or table.
pub struct Stage<'a> {
    /// Everything goes here.
    pub folder: PathBuf,
    /// Whether the work is to be done at small size, in a second or two.
    pub small: bool,
    /// Set when the work is to stop.
    pub stop: &'a AtomicBool,
    /// Told of every run that is finished.
    pub told: &'a (dyn Fn(&str) + Sync),
}

/// A run to be made: a shipped scenario, a name for what it leaves, and what is changed in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Of `scenarios/papers/`, without `.toml`.
    pub scenario: String,
    /// Name of its files in the folder.
    pub name: String,
    /// Keys and values, as TOML writes them.
    pub set: Vec<(String, String)>,
    /// Keys that are taken away first.
    pub unset: Vec<String>,
}

impl Job {
    /// The scenario as it is.
    pub fn new(scenario: &str) -> Job {
        Job { scenario: scenario.to_string(), name: scenario.to_string(), set: vec![], unset: vec![] }
    }

    /// With a key set to a value.
    pub fn with(mut self, key: &str, value: impl std::fmt::Display) -> Job {
        self.set.push((key.to_string(), value.to_string()));
        self
    }

    /// Without a key of the scenario.
    pub fn without(mut self, key: &str) -> Job {
        self.unset.push(key.to_string());
        self
    }

    /// With this behind the name of its files.
    pub fn called(mut self, what: impl std::fmt::Display) -> Job {
        self.name = format!("{}_{what}", self.name);
        self
    }
}

impl Stage<'_> {
    /// The first at full, the second at small size.
    pub fn pick<T>(&self, full: T, small: T) -> T {
        if self.small { small } else { full }
    }

    /// Writes the scenario of a job, and the files that it reads, into the folder; returns its path.
    ///
    /// # Errors
    /// A key has no place in the scenario, or the file cannot be written.
    pub fn prepare(&self, job: &Job) -> Result<PathBuf, ReproduceError> {
        let shipped = shipped(&job.scenario);
        let path = self.folder.join(format!("{}.toml", job.name));
        let mut text = shipped.text.to_string();
        for key in &job.unset {
            text = without(&text, key);
        }
        for (key, value) in &job.set {
            text = study::set(&text, key, value)
                .map_err(|problem| ReproduceError::Run { path: path.clone(), problem })?;
        }
        self.write(&path, &text)?;
        for (file, content) in shipped.files {
            self.write(&self.folder.join(file), content)?;
        }
        Ok(path)
    }

    /// Reads the scenario of a job, draws its start, and does not run it.
    ///
    /// # Errors
    /// The scenario is refused.
    pub fn read(&self, job: &Job) -> Result<Scenario, ReproduceError> {
        Ok(study::read_scenario(&self.prepare(job)?)?)
    }

    /// Runs a job into a run file beside its scenario.
    ///
    /// # Errors
    /// The scenario is refused, the run fails, or its file cannot be written.
    pub fn run(&self, job: &Job) -> Result<Trace, ReproduceError> {
        let started = Instant::now();
        let path = self.prepare(job)?;
        let Scenario { description, start, .. } = study::read_scenario(&path)?;
        let failed = |problem: String| ReproduceError::Run { path: path.clone(), problem };
        let mut simulation =
            Simulation::new(&description, start).map_err(|error| failed(error.to_string()))?;
        let file = path.with_extension("h5");
        study::carry_out(&description, &mut simulation, &file, self.stop)
            .map_err(|problem| problem.map_or(ReproduceError::Interrupted, failed))?;
        let trace = Trace::read(&file)?;
        (self.told)(&format!(
            "{}: {} particles until t = {}, loss {:.3e}, {:.1} s",
            job.name,
            description.mass.len(),
            digits(description.end, 3),
            trace.last().loss,
            started.elapsed().as_secs_f64()
        ));
        Ok(trace)
    }

    /// Runs jobs side by side; the traces are in their order.
    ///
    /// # Errors
    /// As [`Stage::run`]: the first of the jobs that fails.
    pub fn run_all(&self, jobs: &[Job]) -> Result<Vec<Trace>, ReproduceError> {
        let done: Mutex<Vec<Option<Result<Trace, ReproduceError>>>> =
            Mutex::new(jobs.iter().map(|_| None).collect());
        let numbers: Vec<(usize, u64)> = (0..jobs.len()).map(|number| (number, 0)).collect();
        study::side_by_side(&numbers, rayon::current_num_threads(), &|number| {
            let result = match self.stop.load(Ordering::Relaxed) {
                true => Err(ReproduceError::Interrupted),
                false => self.run(&jobs[number]),
            };
            done.lock().expect("no holder panics")[number] = Some(result);
        });
        let done = done.into_inner().expect("no holder panics");
        done.into_iter().map(|result| result.expect("every job is done")).collect()
    }

    /// Writes a text file, and the folders above it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path, text: &str) -> Result<(), ReproduceError> {
        make_folder(path.parent().unwrap_or(Path::new("")))?;
        Ok(write_file(path, text.as_bytes())?)
    }
}

/// A shipped scenario of the papers.
///
/// # Panics
/// If there is none of this name: a mistake in the list of figures.
fn shipped(name: &str) -> &'static Shipped {
    let full = format!("papers/{name}");
    let found = scenarios().iter().find(|shipped| shipped.name == full);
    found.unwrap_or_else(|| panic!("scenarios/{full}.toml is not shipped"))
}

/// The text without the line of a key, `section.key`, in the section as the scenarios of the papers
/// write it.
fn without(text: &str, key: &str) -> String {
    let (section, key) = key.split_once('.').unwrap_or(("", key));
    let mut inside = section.is_empty();
    let mut kept = String::new();
    for line in text.lines() {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.split(']').next() == Some(section);
        }
        if !(inside && line.split('=').next().is_some_and(|name| name.trim() == key)) {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_taken_from_its_own_section() {
        let text = "[samples]\nseed = 1\n[measure]\nseed = 2 # this\nseeds = 3\n";
        assert_eq!(without(text, "measure.seed"), "[samples]\nseed = 1\n[measure]\nseeds = 3\n");
        assert_eq!(without(text, "flow.seed"), text);
    }
}
