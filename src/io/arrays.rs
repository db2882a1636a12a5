//! Reads the files of studies and of `reluflow kernel`, and tells what kind a file is.

use std::path::{Path, PathBuf};

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File};

use super::attributes::{read_text, read_value};
use super::error::IoError;
use super::ffi;
use super::opening::open_file;

/// What a file of this program holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// One run, or part of one: see [`RunFile`](super::RunFile).
    Run,
    /// A study.
    Study,
    /// The kernel regime.
    Kernel,
}

impl FileKind {
    /// The root attribute that tells the kind.
    fn mark(self) -> &'static str {
        match self {
            FileKind::Run => "format_version",
            FileKind::Study => "study_format_version",
            FileKind::Kernel => "kernel_format_version",
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
        let has = |kind: &FileKind| match kind {
            FileKind::Run => read_value::<u32>(file, kind.mark()).is_ok(),
            _ => read_text(file, kind.mark()).is_ok(),
        };
        [FileKind::Run, FileKind::Study, FileKind::Kernel].into_iter().find(has)
    }
}

/// A study file or a kernel file, open for reading: named arrays with named dimensions.
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
    /// There is no such file, it is neither of a study nor of a kernel, or its format is newer
    /// than `version`.
    pub fn open(path: &Path, version: u32) -> Result<ArrayFile, IoError> {
        let (file, _) = open_file(path)?;
        let kind = FileKind::of_file(&file).filter(|kind| *kind != FileKind::Run);
        let kind = kind.ok_or_else(|| IoError::Foreign { path: path.to_owned() })?;
        let found = read_text(&file, kind.mark()).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        if found != version {
            return Err(IoError::Version { path: path.to_owned(), found, allowed: version });
        }
        Ok(ArrayFile { path: path.to_owned(), kind, file })
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
            return Ok(vec![plain(&array)]);
        }
        let dim = |axis: usize| {
            let found = scales.iter().find(|scale| ffi::is_attached(&array, scale, axis));
            found.map(plain).ok_or_else(|| IoError::Damaged {
                path: self.path.clone(),
                found: format!("axis {axis} of {name} has no name"),
            })
        };
        (0..array.ndim()).map(dim).collect()
    }

    /// The numbers of an array, row-major; whole numbers as doubles.
    ///
    /// # Errors
    /// There is no such array, or it holds no numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, IoError> {
        let array = self.dataset(name)?;
        array.read_raw::<f64>().map_err(|error| IoError::read(&self.path, name, &error))
    }

    /// The texts of an array, row-major; `None` if it holds numbers.
    ///
    /// # Errors
    /// There is no such array, or reading fails.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<String>>, IoError> {
        let array = self.dataset(name)?;
        let is_text = array.dtype().is_ok_and(|dtype| dtype.is::<VarLenUnicode>());
        if !is_text {
            return Ok(None);
        }
        let texts = array.read_raw::<VarLenUnicode>();
        let texts = texts.map_err(|error| IoError::read(&self.path, name, &error))?;
        Ok(Some(texts.iter().map(|text| text.as_str().to_string()).collect()))
    }

    fn dataset(&self, name: &str) -> Result<Dataset, IoError> {
        self.file.dataset(name).map_err(|error| IoError::read(&self.path, name, &error))
    }
}
