//! Finished runs of a study that is not finished itself: one small file each.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;

use crate::io::{IoError, Lock};

use super::StudyError;
use super::record::Record;

/// The folder of finished runs beside a study file: `<study>.parts/`.
///
/// A part is written under another name, brought to the disk and renamed, and holds a checksum: a
/// run that was reported as finished is there after any crash, and half a part never counts. Its
/// name is the fingerprint of its run, so that a part of another scenario, other data or another
/// version of the program is never taken for it.
#[derive(Debug)]
pub(crate) struct Parts {
    folder: PathBuf,
    // One process at a time works on the same runs.
    _lock: Lock,
}

/// The folder that belongs to a study file.
pub(crate) fn folder_of(study: &Path) -> PathBuf {
    let mut name = OsString::from(study.file_name().unwrap_or_default());
    name.push(".parts");
    study.with_file_name(name)
}

fn failed(path: &Path, error: &std::io::Error) -> StudyError {
    StudyError::Part {
        path: path.to_path_buf(),
        found: error.to_string(),
        remedy: "make room or allow writing, then start again: finished runs are kept",
    }
}

impl Parts {
    /// Opens the folder of a study, for one shard of it (`None`: all of it).
    ///
    /// # Errors
    /// The folder cannot be made, or another process works on it.
    pub fn open(study: &Path, shard: Option<(usize, usize)>) -> Result<Parts, StudyError> {
        let folder = folder_of(study);
        fs::create_dir_all(&folder).map_err(|error| failed(&folder, &error))?;
        let name = shard.map_or("all".to_string(), |(number, of)| format!("shard-{number}-of-{of}"));
        let lock = Lock::acquire(&folder.join(name)).map_err(|error| match error {
            IoError::Locked { .. } => StudyError::Request {
                problem: format!("{} is being worked on by another process", folder.display()),
                remedy: "wait for it or stop it".to_string(),
            },
            error => error.into(),
        })?;
        Ok(Parts { folder, _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The finished run with this fingerprint.
    pub fn read(&self, fingerprint: &str) -> Option<Record> {
        read_from(&self.folder, fingerprint)
    }

    /// Keeps a finished run; returns when it is safe.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, record: &Record) -> Result<(), StudyError> {
        self.write_file(&part_name(&record.fingerprint), &record.to_bytes())
    }

    /// Writes a file under another name, brings it to the disk and renames it.
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), StudyError> {
        let path = self.folder.join(name);
        let partial = self.folder.join(format!(".{name}.{}", process::id()));
        let written = fs::File::create(&partial)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&partial, &path))
            .and_then(|()| fs::File::open(&self.folder)?.sync_all());
        written.map_err(|error| {
            let _ = fs::remove_file(&partial);
            failed(&path, &error)
        })
    }

    /// Removes the parts of these runs, the files `others`, and the folder if nothing else is in
    /// it. Returns how many parts of other runs are left.
    pub fn remove<'a>(self, fingerprints: impl IntoIterator<Item = &'a str>, others: &[String]) -> usize {
        for fingerprint in fingerprints {
            let _ = fs::remove_file(self.folder.join(part_name(fingerprint)));
        }
        for name in others {
            let _ = fs::remove_file(self.folder.join(name));
        }
        let Parts { folder, _lock } = self;
        let names = || fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let left = names().filter(|name| name.to_string_lossy().ends_with(PART)).count();
        if left == 0 {
            // What a kill left half written, and locks.
            for name in names().filter(|name| name.to_string_lossy().starts_with('.')) {
                let _ = fs::remove_file(folder.join(name));
            }
        }
        drop(_lock);
        let _ = fs::remove_dir(&folder);
        left
    }
}

const PART: &str = ".part";

fn part_name(fingerprint: &str) -> String {
    format!("{fingerprint}{PART}")
}

/// The finished run with this fingerprint in a folder, whoever works on it.
pub(crate) fn read_from(folder: &Path, fingerprint: &str) -> Option<Record> {
    let bytes = fs::read(folder.join(part_name(fingerprint))).ok()?;
    Record::from_bytes(&bytes).filter(|record| record.fingerprint == fingerprint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_parts_of_the_same_run_count() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("s.h5");
        let parts = Parts::open(&study, None).unwrap();
        let mut record = Record::new("a1");
        record.keep_number("loss", 0.5);
        parts.write(&record).unwrap();
        assert_eq!(parts.read("a1"), Some(record.clone()));
        // A part under the name of another run, and half a part.
        fs::copy(parts.folder().join("a1.part"), parts.folder().join("b2.part")).unwrap();
        fs::write(parts.folder().join("c3.part"), &record.to_bytes()[..40]).unwrap();
        assert_eq!((parts.read("b2"), parts.read("c3"), parts.read("d4")), (None, None, None));
        assert!(Parts::open(&study, None).is_err(), "two processes at once");
        assert!(Parts::open(&study, Some((1, 2))).is_ok(), "shards are apart");
        assert_eq!(parts.remove(["a1", "b2"], &[]), 1, "c3 belongs to another run");
        assert!(folder_of(&study).exists());
        assert_eq!(Parts::open(&study, None).unwrap().remove(["c3"], &[]), 0);
        assert!(!folder_of(&study).exists());
    }
}
