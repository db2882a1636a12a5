//! Reads run files, finished or not.

use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2};

use crate::flow::{Counters, Densities};
use crate::problem::{Place, PlaceKind, Risk};
use crate::run::{Description, Ending, Snapshot, State};

use super::attributes::{read_any, read_value};
use super::checkpoint;
use super::error::IoError;
use super::lock::Lock;
use super::metadata;
use super::opening::{complete_rows, complete_steps, open_file, open_sets};
use super::particles::Particles;
use super::piece::Piece;
use super::rows;
use super::schema::{ATTRIBUTES, Dim, Group, RISKS};
use super::sets::Sets;
use super::status::Status;

/// A run file, open for reading.
///
/// The structure of the file is checked when it is opened, and what is stored once against its
/// checksums when it is read; rows are checked by [`validate`](super::validate()). libhdf5 may crash
/// on files made to crash it: see the module.
///
/// Opens unfinished files, too. What it shows of a file that is being written is what was there
/// when it was opened: at least every snapshot reported as written by then.
#[derive(Debug)]
pub struct RunFile {
    pub(super) path: PathBuf,
    pub(super) sets: Sets,
    status: Status,
    len: usize,
    pub(super) step_len: usize,
    pub(super) all_steps: bool,
}

impl RunFile {
    /// Opens a run file.
    ///
    /// # Errors
    /// There is no such file, it is not one, or it lacks something every run file has.
    pub fn open(path: &Path) -> Result<RunFile, IoError> {
        let (file, closed) = open_file(path)?;
        // The lock lies beside the file itself, not beside a link to it.
        let running = !closed && Lock::is_held(&path.canonicalize().unwrap_or(path.to_owned()));
        let sets = open_sets(path, file)?;
        let len = complete_rows(path, &sets, closed)?;
        let (step_len, all_steps) = complete_steps(path, &sets, closed)?;
        let mut file =
            RunFile { path: path.to_owned(), sets, status: Status::Killed, len, step_len, all_steps };
        file.status = match (closed, running) {
            (true, _) if file.is_complete()? => Status::Finished,
            (true, _) => Status::Interrupted,
            (false, true) => Status::Running,
            (false, false) => Status::Killed,
        };
        Ok(file)
    }

    /// What became of the run.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The file's path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn sets(&self) -> &Sets {
        &self.sets
    }

    /// Whether the run reached its end.
    fn is_complete(&self) -> Result<bool, IoError> {
        let end: f64 = self.check("the attribute end", read_value(&self.sets.file, "end"))?;
        Ok(self.len > 0 && (self.time(self.len - 1)? >= end || self.ending()?.is_some()))
    }

    /// The criterion that ended the run at its last snapshot; `None` if none has, as where it reached its end.
    ///
    /// # Errors
    /// Reading fails.
    pub fn ending(&self) -> Result<Option<Ending>, IoError> {
        match self.len {
            0 => Ok(None),
            len => self.ending_of(len - 1),
        }
    }

    /// The criterion that ended the run at a snapshot.
    pub(crate) fn ending_of(&self, row: usize) -> Result<Option<Ending>, IoError> {
        self.check("ending", self.read_ending(row))
    }

    fn read_ending(&self, row: usize) -> hdf5::Result<Option<Ending>> {
        if self.sets.find(Group::Root, "ending").is_none() {
            return Ok(None);
        }
        match self.piece(row, "ending")? {
            Piece::I8(codes) => Ok(Ending::from_code(codes[0])),
            other => panic!("endings are not {other:?}"),
        }
    }

    /// What is fixed before the run.
    ///
    /// # Errors
    /// Reading fails.
    pub fn description(&self) -> Result<Description, IoError> {
        self.check("the description", metadata::read(&self.sets))
    }

    /// Complete snapshots.
    #[allow(clippy::len_without_is_empty)] // a run file holds at least its start
    pub fn len(&self) -> usize {
        self.len
    }

    /// Time of a snapshot.
    ///
    /// # Errors
    /// There is no such snapshot, or reading fails.
    pub fn time(&self, index: usize) -> Result<f64, IoError> {
        self.has(index)?;
        self.check("time", self.numbers(index, "time")).map(|values| values[0])
    }

    /// A snapshot.
    ///
    /// # Errors
    /// There is no such snapshot, or reading fails.
    pub fn snapshot(&self, index: usize) -> Result<Snapshot, IoError> {
        self.has(index)?;
        self.check(&format!("snapshot {}", index + 1), self.read_snapshot(index))
    }

    fn read_snapshot(&self, i: usize) -> hdf5::Result<Snapshot> {
        let s = self.sets.layout.len(Dim::Sample);
        let number = |name: &str| self.numbers(i, name).map(|values| values[0]);
        let vector = |name| self.numbers(i, name).map(Array1::from_vec);
        let matrix = |name, rows, columns| {
            let values = self.numbers(i, name)?;
            Ok::<_, hdf5::Error>(
                Array2::from_shape_vec((rows, columns), values).expect("the shape of the layout"),
            )
        };
        let attractor = match self.piece(i, "attractor")? {
            Piece::I8(classes) => Array2::from_shape_vec((2 * s, 2), classes),
            other => panic!("classes are not {other:?}"),
        };
        let kernel = self.sets.layout.options().tangent_kernel;
        Ok(Snapshot {
            time: number("time")?,
            step: self.count(i, "step_count")?,
            output_bias: match self.sets.find(Group::Root, "output_bias") {
                Some(_) => number("output_bias")?,
                None => 0.0,
            },
            residual: vector("residual")?,
            residual_ode: vector("residual_ode")?,
            residual_ode_uncorrected: vector("residual_ode_uncorrected")?,
            loss: number("loss")?,
            penalty: number("penalty")?,
            energy_dissipation: number("energy_dissipation")?,
            tangent_kernel_change: number("tangent_kernel_change")?,
            region_mass: vector("region_mass")?,
            region_covariance: matrix("region_covariance", 2 * s, 3)?,
            pinned_mass: matrix("pinned_mass", 2 * s, 2)?,
            attractor: attractor.expect("the shape of the layout"),
            stuck_mass: number("stuck_mass")?,
            tangent_kernel: if kernel { Some(matrix("tangent_kernel", s, s)?) } else { None },
            tangent_kernel_eigenvalues: match kernel {
                true => Some(vector("tangent_kernel_eigenvalues")?),
                false => None,
            },
            error_estimate: ["quadrature_error_estimate", "density_error_estimate"]
                .into_iter()
                .find(|name| self.sets.find(Group::Root, name).is_some())
                .map(number)
                .transpose()?,
            risk: match self.sets.find(Group::Root, "risk_l1") {
                Some(_) => {
                    let risk = |[l1, l2, largest]: [&str; 3]| {
                        Ok::<_, hdf5::Error>(Risk {
                            l1: number(l1)?,
                            l2: number(l2)?,
                            largest: number(largest)?,
                        })
                    };
                    let [inside, outside] = RISKS;
                    Some([risk(inside)?, risk(outside)?])
                }
                None => None,
            },
            function: self.sets.find(Group::Root, "f").map(|_| vector("f")).transpose()?,
            ending: self.read_ending(i)?,
            counters: {
                let mut counts = Counters::default().counts().map(|(name, _)| (name, 0));
                for (name, count) in &mut counts {
                    *count = self.count(i, name)?;
                }
                Counters::from_counts(counts.map(|(_, count)| count), number("ambiguous_mass")?)
            },
        })
    }

    /// One row of a variable.
    fn piece(&self, row: usize, name: &str) -> hdf5::Result<Piece> {
        let (variable, dataset) = self.sets.entry(Group::Root, name);
        let shape = self.sets.layout.row_shape(variable);
        rows::read(&self.sets, variable, dataset, row, &vec![0; shape.len()], &shape)
    }

    pub(super) fn numbers(&self, row: usize, name: &str) -> hdf5::Result<Vec<f64>> {
        self.piece(row, name).map(Piece::into_f64)
    }

    fn count(&self, row: usize, name: &str) -> hdf5::Result<u64> {
        match self.piece(row, name)? {
            Piece::I64(values) => Ok(values[0] as u64),
            other => panic!("counts are not {other:?}"),
        }
    }

    /// The stored particles of a snapshot; `None` if the run stores none.
    ///
    /// # Errors
    /// There is no such snapshot, reading fails, or a place has no meaning.
    pub fn particles(&self, index: usize) -> Result<Option<Particles>, IoError> {
        self.has(index)?;
        let stored = self.sets.layout.len(Dim::Particle);
        if stored == 0 {
            return Ok(None);
        }
        let what = format!("the particles of snapshot {}", index + 1);
        let r = self.check(&what, self.numbers(index, "r"))?;
        let theta = self.check(&what, self.numbers(index, "theta"))?;
        let of_neurons = |name| match self.sets.layout.has_neurons() {
            true => self.check(&what, self.numbers(index, name)),
            false => Ok(vec![]),
        };
        let [c, a, b] = [of_neurons("c")?, of_neurons("a")?, of_neurons("b")?];
        let kinds = self.check(&what, self.piece(index, "place"))?;
        let indices = self.check(&what, self.piece(index, "place_index"))?;
        let (Piece::I8(kinds), Piece::I32(indices)) = (kinds, indices) else {
            panic!("places are bytes and 32-bit numbers")
        };
        let boundaries = self.sets.layout.len(Dim::Boundary);
        let place = |(kind, place_index): (i8, i32)| {
            let code = u8::try_from(kind).ok().and_then(PlaceKind::from_code);
            let place_index = usize::try_from(place_index).ok().filter(|&i| i < boundaries);
            code.zip(place_index).map(|(kind, place_index)| Place::new(kind, place_index))
        };
        let places: Option<Vec<Place>> = kinds.into_iter().zip(indices).map(place).collect();
        let damaged = || IoError::Damaged {
            path: self.path.clone(),
            found: format!("{what} hold a place outside the schema"),
        };
        Ok(Some(Particles {
            index: (0..stored).map(|i| self.sets.layout.stored(i)).collect(),
            r,
            theta,
            c,
            a,
            b,
            place: places.ok_or_else(damaged)?,
        }))
    }

    /// The densities of a snapshot; `None` if the run has particles.
    ///
    /// # Errors
    /// There is no such snapshot, or reading fails.
    pub fn densities(&self, index: usize) -> Result<Option<Densities>, IoError> {
        self.has(index)?;
        if !self.sets.layout.has_density() {
            return Ok(None);
        }
        let what = format!("the density of snapshot {}", index + 1);
        let numbers = |name| self.check(&what, self.numbers(index, name));
        Ok(Some(Densities {
            density: numbers("density")?,
            line_density: numbers("line_density")?,
            dead_line_density: numbers("dead_line_density")?,
            stuck_density: numbers("stuck_density")?,
            stuck_line_mass: numbers("stuck_line_mass")?,
            mass_outside: numbers("mass_outside")?[0],
        }))
    }

    /// The newest valid checkpoint.
    ///
    /// # Errors
    /// There is none, or reading fails.
    pub fn checkpoint(&self) -> Result<State, IoError> {
        let found = self.check("the checkpoint", checkpoint::newest(&self.sets))?;
        found.map(|(_, state)| state).ok_or_else(|| IoError::NoCheckpoint { path: self.path.clone() })
    }

    /// Root attributes in words, in the order of the schema.
    ///
    /// # Errors
    /// Reading fails.
    pub fn attributes(&self) -> Result<Vec<(String, String)>, IoError> {
        let names = self.check("the attributes", self.sets.file.attr_names())?;
        ATTRIBUTES
            .iter()
            .filter(|attribute| names.iter().any(|name| name == attribute.name))
            .map(|attribute| {
                let value = self.check(attribute.name, read_any(&self.sets.file, attribute.name))?;
                Ok((attribute.name.to_owned(), value))
            })
            .collect()
    }

    fn has(&self, index: usize) -> Result<(), IoError> {
        match index < self.len {
            true => Ok(()),
            false => Err(IoError::NoSnapshot { path: self.path.clone(), index, len: self.len }),
        }
    }

    pub(super) fn check<T>(&self, doing: &str, result: hdf5::Result<T>) -> Result<T, IoError> {
        result.map_err(|error| IoError::read(&self.path, doing, &error))
    }
}
