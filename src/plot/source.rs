//! Finished files, as figures read them.

use std::path::{Path, PathBuf};

use crate::io::{
    ArrayFile, FileKind, KERNEL_FORMAT_VERSION, LANDSCAPE_FORMAT_VERSION, LAW_FORMAT_VERSION, Particles,
    RunFile,
};
use crate::problem::Regions;
use crate::run::{Description, Snapshot};
use crate::study;
use crate::system::text;

use super::error::PlotError;
use super::ticks::number;

/// A finished file that has figures.
#[derive(Debug)]
pub enum Source {
    /// A run.
    Run(Box<RunSource>),
    /// A study.
    Study(ArrayFile),
    /// The kernel regime.
    Kernel(ArrayFile),
    /// A start law.
    Law(ArrayFile),
    /// The loss around states of a run.
    Landscape(ArrayFile),
}

/// A run file with what every figure needs of it.
#[derive(Debug)]
pub struct RunSource {
    file: RunFile,
    over: Option<Box<RunSource>>,
    /// What is fixed before the run.
    pub(crate) description: Description,
    /// Its regions.
    pub(crate) regions: Regions,
    /// All snapshots without their particles.
    pub(crate) snapshots: Vec<Snapshot>,
    /// Times and residuals of the start and of all steps, where the run has stored them (`output.path`).
    path: Option<StepRows>,
}

impl Source {
    /// Opens a file of any kind.
    ///
    /// # Errors
    /// It is none of this program's files, or cannot be read.
    pub fn open(path: &Path) -> Result<Source, PlotError> {
        Ok(match FileKind::of(path)? {
            FileKind::Run => Source::Run(Box::new(RunSource::open(path)?)),
            FileKind::Study => Source::Study(ArrayFile::open(path, study::FORMAT_VERSION)?),
            FileKind::Density => return Err(PlotError::Density { path: path.to_owned() }),
            FileKind::Kernel => Source::Kernel(ArrayFile::open(path, KERNEL_FORMAT_VERSION)?),
            FileKind::Law => Source::Law(ArrayFile::open(path, LAW_FORMAT_VERSION)?),
            FileKind::Landscape => Source::Landscape(ArrayFile::open(path, LANDSCAPE_FORMAT_VERSION)?),
        })
    }

    /// The path of the file.
    pub fn path(&self) -> PathBuf {
        match self {
            Source::Run(run) => run.file.path().to_owned(),
            Source::Study(file) | Source::Kernel(file) | Source::Law(file) | Source::Landscape(file) => {
                file.path().to_owned()
            }
        }
    }

    /// What the file is, in words: `run`, `density run`, `width study`, `sweep`, `phase study`, `kernel file`,
    /// `law file`, `landscape file`.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::Run(run) if run.description.density.is_some() => "density run",
            Source::Run(_) => "run",
            Source::Kernel(_) => "kernel file",
            Source::Law(_) => "law file",
            Source::Landscape(_) => "landscape file",
            Source::Study(file) => match file.attribute("study").as_deref() {
                Some("width") => "width study",
                Some("phase") => "phase study",
                _ => "sweep",
            },
        }
    }
}

/// Times, and the residuals at each.
type StepRows = (Vec<f64>, Vec<Vec<f64>>);

/// `None` as well where it ends before the last snapshot, or has no start: then steps were lost, and the file was recovered.
fn path_of(file: &RunFile, last: &Snapshot) -> Option<StepRows> {
    let path = file.residual_path().ok().flatten()?;
    (path.end() >= last.time).then(|| path.ends().map(|(time, rho)| (time, rho.to_vec())).unzip())
}

impl RunSource {
    fn open(path: &Path) -> Result<RunSource, PlotError> {
        let file = RunFile::open(path)?;
        let description = file.description()?;
        // Figures show the spectrum of the tangent kernel, not its entries: s^2 of them each.
        let light = |i| file.snapshot(i).map(|snapshot| Snapshot { tangent_kernel: None, ..snapshot });
        let snapshots = (0..file.len()).map(light).collect::<Result<Vec<_>, _>>()?;
        if snapshots.is_empty() {
            return Err(PlotError::Lacks {
                path: path.to_owned(),
                figure: "function",
                needed: "snapshots".to_string(),
                remedy: "resume the run, or run it again".to_string(),
            });
        }
        Ok(RunSource {
            regions: Regions::new(&description.samples),
            path: path_of(&file, &snapshots[snapshots.len() - 1]),
            file,
            over: None,
            description,
            snapshots,
        })
    }

    /// Times and residuals of the start and of all steps, where they are stored.
    pub(crate) fn path(&self) -> Option<&StepRows> {
        self.path.as_ref()
    }

    /// With another run, the particles of which are drawn over a density.
    ///
    /// # Errors
    /// It is no run, or cannot be read.
    pub fn with_over(self, path: &Path) -> Result<RunSource, PlotError> {
        Ok(RunSource { over: Some(Box::new(RunSource::open(path)?)), ..self })
    }

    pub(crate) fn over(&self) -> Option<&RunSource> {
        self.over.as_deref()
    }

    /// The run file.
    pub fn file(&self) -> &RunFile {
        &self.file
    }

    /// Times of the snapshots.
    pub(crate) fn times(&self) -> Vec<f64> {
        self.snapshots.iter().map(|snapshot| snapshot.time).collect()
    }

    /// The snapshot at a time: the last if none is asked for.
    pub(crate) fn at(&self, time: Option<f64>) -> Result<usize, PlotError> {
        let times = self.times();
        let last = times[times.len() - 1];
        let asked = time.unwrap_or(last);
        let distance = |i: &usize| (times[*i] - asked).abs();
        let nearest = (0..times.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0);
        // A millionth of the run: times are typed by hand.
        if distance(&nearest) <= 1e-6 * last.abs() {
            return Ok(nearest);
        }
        Err(PlotError::Time { path: self.file.path().to_owned(), asked, nearest: times[nearest], last })
    }

    /// The particles of a snapshot: all of them if they are stored, or are in the checkpoint; else
    /// those that are stored.
    pub(crate) fn scatter(&self, index: usize, figure: &'static str) -> Result<Scatter, PlotError> {
        let m = self.description.mass.len();
        let stored = self.file.particles(index)?;
        let whole = stored.as_ref().is_some_and(|particles| particles.index.len() == m);
        if !whole && index + 1 == self.snapshots.len() {
            let time = self.snapshots[index].time;
            if let Some(state) = self.file.checkpoint().ok().filter(|state| state.time == time) {
                let all = Particles::of_state(&state, self.description.flow.kappa());
                return all.map(|all| self.as_scatter(all, index)).ok_or_else(|| self.lacks(index, figure));
            }
        }
        stored.map(|particles| self.as_scatter(particles, index)).ok_or_else(|| self.lacks(index, figure))
    }

    /// As [`scatter`](RunSource::scatter), or the middles of the cells of a density with their masses.
    pub(crate) fn measure(&self, index: usize, figure: &'static str) -> Result<Scatter, PlotError> {
        let Some((grid, densities)) = self.description.density.zip(self.file.densities(index)?) else {
            return self.scatter(index, figure);
        };
        let (particles, mass) = Particles::of_nodes(densities.nodes(&grid, &self.regions));
        Ok(Scatter { all: mass.len(), bias: self.snapshots[index].output_bias, mass, particles })
    }

    fn lacks(&self, index: usize, figure: &'static str) -> PlotError {
        PlotError::Lacks {
            path: self.file.path().to_owned(),
            figure,
            needed: format!("the particles at t = {}", text::time(self.snapshots[index].time)),
            remedy: self.remedy().to_string(),
        }
    }

    /// How to have particles stored.
    fn remedy(&self) -> &'static str {
        match self.description.density {
            Some(_) => "it solves for the density; run it with measure.representation = \"particles\"",
            None => "run again with output.particles = \"all\" or a number of them",
        }
    }

    /// The stored particles of a snapshot, the same ones at every time.
    pub(crate) fn stored(&self, index: usize, figure: &'static str) -> Result<Scatter, PlotError> {
        let stored = self.file.particles(index)?;
        stored.map(|particles| self.as_scatter(particles, index)).ok_or_else(|| PlotError::Lacks {
            path: self.file.path().to_owned(),
            figure,
            needed: "stored particles".to_string(),
            remedy: self.remedy().to_string(),
        })
    }

    fn as_scatter(&self, particles: Particles, index: usize) -> Scatter {
        let mass: Vec<f64> = particles.index.iter().map(|&i| self.description.mass[i]).collect();
        let total: f64 = mass.iter().sum();
        let scale = if particles.index.len() == self.description.mass.len() { 1.0 } else { 1.0 / total };
        Scatter {
            mass: mass.into_iter().map(|mass| mass * scale).collect(),
            all: self.description.mass.len(),
            bias: self.snapshots[index].output_bias,
            particles,
        }
    }
}

/// Particles of one moment, with their masses.
#[derive(Debug)]
pub(crate) struct Scatter {
    /// Their columns.
    pub particles: Particles,
    /// Their masses; of a part of all particles scaled so that they sum to 1.
    pub mass: Vec<f64>,
    /// How many the run has.
    pub all: usize,
    /// The output bias of their network.
    pub bias: f64,
}

impl Scatter {
    pub fn len(&self) -> usize {
        self.mass.len()
    }

    /// `2000 of 10000 particles`, where not all are there.
    pub fn share(&self) -> String {
        if self.len() == self.all {
            String::new()
        } else {
            format!("{} of {} particles", number(self.len() as f64), number(self.all as f64))
        }
    }
}
