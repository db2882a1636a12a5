//! Finished runs of a study that is not finished itself, kept one after the other in one file.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::io::{IoError, Lock, replace_file};
use crate::system::{files, text};

use super::StudyError;
use super::record::Record;

/// The folder of finished runs beside a study file: `<study>.parts/`.
///
/// Each process that works on the study appends its runs to a file of its own there, whose name
/// ends in `.runs`: the length of a record, then the record, which holds a checksum. A run counts as
/// finished once its record is on the disk: it is there after any crash, and half a record never
/// counts, nor anything behind it. A record is known by the fingerprint of its run, so that one of
/// another scenario, other data or another version of the program is never taken for it.
#[derive(Debug)]
pub(crate) struct Parts {
    folder: PathBuf,
    own: PathBuf,
    kept: Mutex<Kept>,
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
        let lock = Lock::acquire(&folder.join(&name)).map_err(|error| match error {
            IoError::Locked { .. } => StudyError::Request {
                problem: format!("{} is being worked on by another process", text::path(&folder)),
                remedy: "wait for it or stop it".to_string(),
            },
            error => error.into(),
        })?;
        let own = folder.join(format!("{name}{PACK}"));
        let kept = Kept::of(&folder, &own).map_err(|error| failed(&own, &error))?;
        Ok(Parts { folder, own, kept: Mutex::new(kept), _lock: lock })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The finished run with this fingerprint.
    pub fn read(&self, fingerprint: &str) -> Option<Record> {
        self.kept.lock().expect("no holder panics").finished.read(fingerprint)
    }

    /// Whether a run with this fingerprint is finished.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.kept.lock().expect("no holder panics").finished.places.contains_key(fingerprint)
    }

    /// Keeps finished runs; returns when all of them are safe.
    ///
    /// A disk takes milliseconds to make sure of what was written, however little it is.
    ///
    /// # Errors
    /// They cannot be written; what was written before is as it was.
    pub fn write<'r>(&self, records: impl IntoIterator<Item = &'r Record>) -> Result<(), StudyError> {
        let mut kept = self.kept.lock().expect("no holder panics");
        kept.append(records).map_err(|error| failed(&self.own, &error))
    }

    /// Writes a file under another name, brings it to the disk and renames it.
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> Result<(), StudyError> {
        let path = self.folder.join(name);
        replace_file(&path, bytes).map_err(|error| failed(&path, &error))
    }

    /// Removes these runs, the files `others`, and the folder if nothing else is in it. Returns how
    /// many other runs are left.
    pub fn remove<'a>(self, fingerprints: impl IntoIterator<Item = &'a str>, others: &[String]) -> usize {
        let Parts { folder, own, kept, _lock } = self;
        let mut finished = kept.into_inner().expect("no holder panics").finished;
        for fingerprint in fingerprints {
            finished.places.remove(fingerprint);
        }
        let left: Vec<Vec<u8>> =
            finished.places.keys().filter_map(|fingerprint| finished.bytes(fingerprint)).collect();
        // What others left goes into one file; theirs are removed only once it is safe.
        let rewritten = left.is_empty() || replace(&own, &left).is_ok();
        for pack in packs(&folder).into_iter().filter(|pack| rewritten && (left.is_empty() || *pack != own)) {
            let _ = fs::remove_file(pack);
        }
        for name in others {
            let _ = fs::remove_file(folder.join(name));
        }
        if left.is_empty() {
            // What a kill left half written, and locks.
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with('.')) {
                let _ = fs::remove_file(entry.path());
            }
        }
        drop(_lock);
        let _ = fs::remove_dir(&folder);
        left.len()
    }
}

/// What files of finished runs end in.
const PACK: &str = ".runs";
/// A record is at most so long (bytes); a length beyond it is not one.
const MOST: u64 = 8 << 30;

/// All finished runs of a folder, and the file to which more are appended.
#[derive(Debug)]
struct Kept {
    finished: Finished,
    file: File,
    /// Where the last whole record of the file ends.
    end: u64,
    /// Its number among the files of `finished`.
    number: usize,
}

impl Kept {
    fn of(folder: &Path, own: &Path) -> io::Result<Kept> {
        // An own file must be there before the folder is looked through.
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(own)?;
        let mut finished = Finished::in_folders(&[folder.to_path_buf()]);
        let number = match finished.files.iter().position(|(path, _)| path == own) {
            Some(number) => number,
            None => return Err(io::Error::other("it is not a regular file")),
        };
        let end = finished.ends[number];
        // Half a record that a kill left would hide all behind it.
        file.set_len(end)?;
        file.seek(SeekFrom::End(0))?;
        finished.files[number].1 = file.try_clone()?;
        Ok(Kept { finished, file, end, number })
    }

    fn append<'r>(&mut self, records: impl IntoIterator<Item = &'r Record>) -> io::Result<()> {
        let (mut packed, mut places) = (vec![], vec![]);
        for record in records {
            let bytes = record.to_bytes();
            packed.extend((bytes.len() as u64).to_le_bytes());
            let start = self.end + packed.len() as u64;
            let place = Place { file: self.number, start, length: bytes.len() };
            places.push((record.fingerprint.clone(), place));
            packed.extend(bytes);
        }
        let written = self.file.write_all(&packed).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        self.finished.places.extend(places);
        self.end += packed.len() as u64;
        Ok(())
    }
}

/// Where the records of finished runs are, by fingerprint.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    places: HashMap<String, Place>,
    files: Vec<(PathBuf, File)>,
    /// Where the last whole record of each file ends.
    ends: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    file: usize,
    start: u64,
    length: usize,
}

impl Finished {
    /// Of these folders, also while other processes work on them.
    pub fn in_folders(folders: &[PathBuf]) -> Finished {
        let mut finished = Finished::default();
        for pack in folders.iter().flat_map(|folder| packs(folder)) {
            if let Ok(file) = files::open(&pack) {
                finished.add(pack, file);
            }
        }
        finished
    }

    fn add(&mut self, path: PathBuf, file: File) {
        let number = self.files.len();
        let mut reader = BufReader::new(&file);
        let (mut end, mut bytes) = (0u64, vec![]);
        let mut length = [0; 8];
        while reader.read_exact(&mut length).is_ok() {
            let length = u64::from_le_bytes(length);
            bytes.clear();
            let taken = length <= MOST && (&mut reader).take(length).read_to_end(&mut bytes).is_ok();
            let record =
                (taken && bytes.len() as u64 == length).then(|| Record::from_bytes(&bytes)).flatten();
            let Some(record) = record else { break };
            let place = Place { file: number, start: end + 8, length: bytes.len() };
            self.places.insert(record.fingerprint, place);
            end += 8 + length;
        }
        self.files.push((path, file));
        self.ends.push(end);
    }

    /// The finished run with this fingerprint.
    pub fn read(&self, fingerprint: &str) -> Option<Record> {
        Record::from_bytes(&self.bytes(fingerprint)?).filter(|record| record.fingerprint == fingerprint)
    }

    fn bytes(&self, fingerprint: &str) -> Option<Vec<u8>> {
        let place = self.places.get(fingerprint)?;
        let mut bytes = vec![0; place.length];
        self.files[place.file].1.read_exact_at(&mut bytes, place.start).ok()?;
        Some(bytes)
    }
}

/// The files of finished runs in a folder, by name.
fn packs(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut packs: Vec<PathBuf> = paths.filter(|path| path.to_string_lossy().ends_with(PACK)).collect();
    packs.sort();
    packs
}

/// Replaces a file of finished runs by one of these records.
fn replace(path: &Path, records: &[Vec<u8>]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    for record in records {
        file.write_all(&(record.len() as u64).to_le_bytes())?;
        file.write_all(record)?;
    }
    file.sync_all()?;
    fs::rename(&new, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_records_of_the_same_run_count() {
        let folder = tempfile::tempdir().unwrap();
        let study = folder.path().join("s.h5");
        let record = |name: &str| {
            let mut record = Record::new(name);
            record.keep_number("loss", 0.5);
            record
        };
        let parts = Parts::open(&study, None).unwrap();
        parts.write([&record("a1"), &record("b2")]).unwrap();
        assert!(parts.has("b2") && !parts.has("c3"));
        assert_eq!(parts.read("a1"), Some(record("a1")));
        assert_eq!(parts.read("c3"), None);
        assert!(Parts::open(&study, None).is_err(), "two processes at once");
        let shard = Parts::open(&study, Some((1, 2))).unwrap();
        assert_eq!(shard.read("b2"), Some(record("b2")), "what others have finished is not done again");
        shard.write([&record("d4")]).unwrap();
        drop((parts, shard));
        // A kill while a record is written, at every byte of it; then the run is done again.
        let pack = folder_of(&study).join("all.runs");
        let whole = fs::read(&pack).unwrap();
        for end in whole.len() / 2 + 1..whole.len() {
            fs::write(&pack, &whole[..end]).unwrap();
            let parts = Parts::open(&study, None).unwrap();
            assert_eq!((parts.read("a1"), parts.read("b2")), (Some(record("a1")), None), "cut at {end}");
            parts.write([&record("b2")]).unwrap();
            assert_eq!(fs::read(&pack).unwrap(), whole);
            assert_eq!(parts.read("b2"), Some(record("b2")));
        }
        // A changed byte hides its record and what is behind it, and nothing else.
        let mut changed = whole.clone();
        changed[whole.len() / 2 + 20] ^= 1;
        fs::write(&pack, &changed).unwrap();
        let found = Finished::in_folders(&[folder_of(&study)]);
        assert_eq!((found.read("b2"), found.read("d4")), (None, Some(record("d4"))));
        fs::write(&pack, &whole).unwrap();
        let parts = Parts::open(&study, None).unwrap();
        assert_eq!(parts.remove(["a1", "b2"], &[]), 1, "d4 belongs to another run");
        assert_eq!(Finished::in_folders(&[folder_of(&study)]).read("d4"), Some(record("d4")));
        assert_eq!(Parts::open(&study, None).unwrap().remove(["d4"], &[]), 0);
        assert!(!folder_of(&study).exists());
    }
}
