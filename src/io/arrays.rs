//! Reads the files of studies, of `reluflow kernel` and of `reluflow density`, and tells what kind a file is.

use std::path::{Path, PathBuf};

use hdf5::{Dataset, File};

use super::attributes::{read_text, read_value};
use super::error::IoError;
use super::ffi;
use super::inspect::claims_too_much;
use super::netcdf::{CHECKSUM, array_checksum, file_checksum};
use super::opening::open_file;
use super::text;

/// What a file of this program holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// One run, or part of one: see [`RunFile`](super::RunFile).
    Run,
    /// A study.
    Study,
    /// The kernel regime.
    Kernel,
    /// A pointwise density.
    Density,
    /// A start law in function space (`reluflow law`).
    Law,
    /// The loss around states of a run (`reluflow landscape`).
    Landscape,
}

impl FileKind {
    /// The root attribute that tells the kind.
    fn mark(self) -> &'static str {
        match self {
            FileKind::Run => "format_version",
            FileKind::Study => "study_format_version",
            FileKind::Kernel => "kernel_format_version",
            FileKind::Density => "density_format_version",
            FileKind::Law => "law_format_version",
            FileKind::Landscape => "landscape_format_version",
        }
    }

    /// The kind of the file at `path`.
    ///
    /// # Errors
    /// There is no such file, or this program did not write it.
    pub fn of(path: &Path) -> Result<FileKind, IoError> {
        let (file, _) = open_file(path)?;
        FileKind::of_file(&file).ok_or_else(|| IoError::Foreign { path: path.to_owned() })
    }

    fn of_file(file: &File) -> Option<FileKind> {
        let has = |kind: &FileKind| file.attr(kind.mark()).is_ok();
        [
            FileKind::Run,
            FileKind::Study,
            FileKind::Kernel,
            FileKind::Density,
            FileKind::Law,
            FileKind::Landscape,
        ]
        .into_iter()
        .find(has)
    }
}

/// A study, kernel or density file, open for reading: named arrays with named dimensions.
///
/// Such files are written at once. When one is opened, the names, types, shapes and values of all its
/// arrays and its attributes are compared with checksums; values again when they
/// are read. libhdf5 may crash on files made to crash it: see the [module](super).
#[derive(Debug)]
pub struct ArrayFile {
    path: PathBuf,
    kind: FileKind,
    file: File,
}

impl ArrayFile {
    /// Opens a file.
    ///
    /// # Errors
    /// There is no such file, it is neither of a study nor of a kernel, its format is not
    /// `version`, or it is not as it was written.
    pub fn open(path: &Path, version: u32) -> Result<ArrayFile, IoError> {
        let file = ArrayFile::open_any(path)?;
        let mark = read_text(&file.file, file.kind.mark());
        // Files of version 1 have it as a string of variable length.
        let found = mark.map_or(1, |text| text.parse().unwrap_or(0));
        if found != version {
            return Err(IoError::Version { path: path.to_owned(), found, allowed: version });
        }
        file.check()?;
        Ok(file)
    }

    /// Opens a file of any version, damaged or not.
    pub(crate) fn open_any(path: &Path) -> Result<ArrayFile, IoError> {
        let (file, _) = open_file(path)?;
        let kind = FileKind::of_file(&file).filter(|kind| *kind != FileKind::Run);
        let kind = kind.ok_or_else(|| IoError::Foreign { path: path.to_owned() })?;
        Ok(ArrayFile { path: path.to_owned(), kind, file })
    }

    /// Whether attributes, names, types, shapes and values are those that were written.
    fn check(&self) -> Result<(), IoError> {
        let computed = file_checksum(&self.file);
        let stored = read_value::<u32>(&self.file, CHECKSUM);
        match (stored, computed) {
            (Ok(stored), Ok(computed)) if stored == computed => {}
            (Ok(_), Ok(_)) => {
                return Err(self.damaged("its arrays or attributes are not those that were written"));
            }
            (stored, computed) => {
                let error = stored.err().or(computed.err()).map_or(String::new(), |error| error.to_string());
                return Err(self.damaged(&format!("its checksum cannot be compared ({error})")));
            }
        }
        for name in self.names()? {
            let dataset = self.dataset(&name)?;
            let bytes_each = dataset.dtype().map_or(1, |dtype| dtype.size());
            let shape = dataset.shape();
            // An array without values has no storage, and is none of ours.
            if let Some(problem) = claims_too_much(self.file.size(), &dataset, &shape, bytes_each, false) {
                return Err(self.damaged(&format!("{name} {problem}")));
            }
            // Also those that the reader does not ask for: a file is as it was written, or refused.
            self.verified(&name)?;
        }
        Ok(())
    }

    fn damaged(&self, found: &str) -> IoError {
        IoError::DamagedArrays { path: self.path.clone(), found: found.to_owned() }
    }

    /// Its path, as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// A root attribute; `None` if it has none of that name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        read_text(&self.file, name).ok()
    }

    /// An attribute of an array; empty if it has none of that name.
    pub(crate) fn attribute_of(&self, array: &str, name: &str) -> String {
        self.dataset(array).ok().and_then(|array| read_text(&array, name).ok()).unwrap_or_default()
    }

    /// The names of all arrays.
    pub(crate) fn names(&self) -> Result<Vec<String>, IoError> {
        self.file.member_names().map_err(|error| IoError::read(&self.path, "the names of the arrays", &error))
    }

    /// Whether there is an array of that name.
    pub fn has(&self, name: &str) -> bool {
        self.file.dataset(name).is_ok()
    }

    /// Extent of an array along each of its dimensions.
    ///
    /// # Errors
    /// There is no such array.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, IoError> {
        Ok(self.dataset(name)?.shape())
    }

    /// The names of the dimensions of an array.
    ///
    /// # Errors
    /// There is no such array, or the file cannot be read.
    pub fn dims(&self, name: &str) -> Result<Vec<String>, IoError> {
        let array = self.dataset(name)?;
        let all =
            self.file.datasets().map_err(|error| IoError::read(&self.path, "the dimensions", &error))?;
        let scales: Vec<Dataset> = all.into_iter().filter(ffi::is_scale).collect();
        let plain = |set: &Dataset| set.name().trim_start_matches('/').to_string();
        if ffi::is_scale(&array) {
            let own = plain(&array);
            return match read_text(&array, "NAME") {
                Ok(given) if given == own => Ok(vec![own]),
                _ => Err(self.damaged(&format!("{name} is a dimension scale of another name"))),
            };
        }
        let shape = array.shape();
        let dim = |axis: usize| {
            let found = scales.iter().find(|scale| ffi::is_attached(&array, scale, axis));
            match found {
                Some(scale) if scale.shape() == [shape[axis]] => Ok(plain(scale)),
                Some(_) => {
                    Err(self.damaged(&format!("axis {axis} of {name} is not as long as its dimension")))
                }
                None => Err(self.damaged(&format!("axis {axis} of {name} has no name"))),
            }
        };
        (0..array.ndim()).map(dim).collect()
    }

    /// The numbers of an array, row-major; whole numbers as doubles.
    ///
    /// # Errors
    /// There is no such array, it holds no numbers, or is not as its checksum says.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, IoError> {
        let array = self.verified(name)?;
        array.read_raw::<f64>().map_err(|error| IoError::read(&self.path, name, &error))
    }

    /// The texts of an array, row-major; `None` if it holds numbers.
    ///
    /// # Errors
    /// There is no such array, reading fails, or it is not as its checksum says.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, IoError> {
        let array = self.verified(name)?;
        if text::length(&array).is_none() {
            return Ok(None);
        }
        text::read_array(&array).map(Some).map_err(|error| IoError::read(&self.path, name, &error))
    }

    /// An array whose values are those that were written.
    fn verified(&self, name: &str) -> Result<Dataset, IoError> {
        let array = self.dataset(name)?;
        let reading = |error: hdf5::Error| IoError::read(&self.path, name, &error);
        let stored: u32 = read_value(&array, CHECKSUM).map_err(reading)?;
        match array_checksum(&array).map_err(reading)? == stored {
            true => Ok(array),
            false => Err(self.damaged(&format!("{name} is not as its checksum says"))),
        }
    }

    fn dataset(&self, name: &str) -> Result<Dataset, IoError> {
        self.file.dataset(name).map_err(|error| IoError::read(&self.path, name, &error))
    }
}
