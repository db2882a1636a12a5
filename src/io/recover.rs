//! What a crash or damage left behind, copied to an ordinary file.
//!
//! Clearing HDF5's mark of an unfinished file and going on in place loses data after some
//! crashes. So all that is good is copied to a new file, which then takes the old one's name. If
//! anything was damaged the old file stays beside it under another name.

use std::fs;
use std::path::{Path, PathBuf};

use super::checkpoint;
use super::commit::{close, writable, write_checkpoint};
use super::cut::Cut;
use super::error::{IoError, LastGood};
use super::lock::{Lock, hidden};
use super::metadata::{self, Provenance};
use super::partial::{Partial, sync};
use super::reader::RunFile;
use super::rows;
use super::salvage::{LostSnapshot, Salvage};
use super::sets::Sets;
use super::structure;
use super::validate::validate;

/// What [`recover`] saved, and what it could not save.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered {
    /// The ordinary file.
    pub path: PathBuf,
    /// Its snapshots.
    pub snapshots: usize,
    /// Time of the last of them; NaN if there is none.
    pub time: f64,
    /// Its steps.
    pub steps: usize,
    /// Snapshots that had been written and cannot be saved.
    pub lost_snapshots: Vec<LostSnapshot>,
    /// First and last numbers of the steps that cannot be saved.
    pub lost_steps: Vec<(i64, i64)>,
    /// How many steps those are.
    pub lost_step_count: usize,
    /// Snapshots left out because writing them had not ended, as a kill leaves them.
    pub unfinished: usize,
    /// Whether the newest checkpoint, from which a run is resumed, cannot be used.
    pub checkpoint_lost: bool,
    /// How short the file was cut, if it was.
    pub cut: Option<Cut>,
    /// Time from which the run can be resumed; `None` if it cannot, or is at its end.
    pub resumes_at: Option<f64>,
    /// Whether the file was an ordinary one in which all is well, and was left as it is.
    pub was_ordinary: bool,
    /// Where the damaged file is, if it was damaged and another has its name now.
    pub original: Option<PathBuf>,
}

impl Recovered {
    /// Whether anything that had been reported as written is not in the file.
    pub fn lost_something(&self) -> bool {
        !self.lost_snapshots.is_empty() || self.lost_step_count > 0 || self.checkpoint_lost
    }
}

/// Turns what a crash or damage left behind into an ordinary file that any tool opens, with every
/// snapshot and every step that is as its checksum says, and nothing else. The copy passes
/// [`validate`] before it gets its name.
///
/// Times of snapshots and numbers of steps stay what they were, so that gaps can be seen. A run that
/// is resumed continues from the newest checkpoint whose snapshot is good and makes again what
/// follows it; gaps before stay.
///
/// * `output`: where to put it; `None` puts it in the place of the file itself, which stays beside
///   it as `NAME.damaged` unless [`validate`] finds nothing wrong with it.
///
/// # Errors
/// The file is still being written, the output exists, nothing can be saved
/// ([`IoError::Unrecoverable`]), or writing fails; the file is then as it was.
pub fn recover(path: &Path, output: Option<&Path>) -> Result<Recovered, IoError> {
    recover_probed(path, output, &|_, _| true)
}

/// As [`recover`], where libhdf5 may crash on a file.
///
/// * `survives`: whether it reads this file without a crash; if the second argument is true also
///   its dimension lists, which are only read to find out whether the file is in order. It is asked
///   before dimension lists of the file are read, and before a copy of a file that was cut short is.
///
/// # Errors
/// As [`recover`].
pub fn recover_probed(
    path: &Path,
    output: Option<&Path>,
    survives: &dyn Fn(&Path, bool) -> bool,
) -> Result<Recovered, IoError> {
    let path = existing(path)?;
    let _lock = Lock::acquire(&path)?;
    let in_place = output.is_none();
    let output = match output {
        None => path.clone(),
        Some(output) if output.exists() => return Err(IoError::Exists { path: output.to_owned() }),
        Some(output) => writable(output)?,
    };
    let _output_lock = if in_place { None } else { Some(Lock::acquire(&output)?) };
    let (file, cut, _filled) = open(&path, survives)?;
    let healthy = survives(&path, true) && validate(&path).is_ok_and(|findings| findings.is_empty());
    // A kill may leave a file that is shorter than it says, in which nothing is missing.
    let cut = cut.filter(|_| !healthy);
    let unrecoverable = |error: IoError| error.unrecoverable(&path);
    let description = metadata::read_stored(file.sets())
        .map_err(|error| unrecoverable(IoError::read(&path, "the description", &error)))?;
    let salvage = Salvage::survey(file.sets(), &description.schedule, file.status().is_ordinary());
    let state_time = salvage.checkpoint.as_ref().map(|(_, state)| state.time);
    // A run that a criterion has ended has its last checkpoint there.
    let ended = salvage.snapshots.last().is_some_and(|&row| {
        let time = rows::time(file.sets(), row);
        time == state_time && file.ending_of(row).is_ok_and(|ending| ending.is_some())
    });
    let mut recovered = Recovered {
        path: output.clone(),
        snapshots: salvage.snapshots.len(),
        time: salvage.snapshots.last().and_then(|&row| rows::time(file.sets(), row)).unwrap_or(f64::NAN),
        steps: salvage.step_count(),
        lost_snapshots: salvage.lost_snapshots.clone(),
        lost_steps: salvage.lost_steps.clone(),
        lost_step_count: salvage.lost_step_count,
        unfinished: salvage.unfinished,
        checkpoint_lost: salvage.checkpoint_lost,
        cut,
        resumes_at: state_time.filter(|&time| time < description.end && !ended),
        was_ordinary: false,
        original: None,
    };
    if in_place && healthy && file.status().is_ordinary() {
        return Ok(Recovered { was_ordinary: true, ..recovered });
    }
    if salvage.snapshots.is_empty() && salvage.checkpoint.is_none() {
        let found = "no snapshot and no checkpoint is as its checksum says".to_owned();
        return Err(IoError::Unrecoverable { path, found });
    }
    let partial = Partial::of(&output);
    write_copy(&file, &salvage, &description, &partial).map_err(unrecoverable)?;
    drop(file);
    if let Some(finding) = validate(partial.path()).map_err(unrecoverable)?.first() {
        let found = format!("what could be read is not consistent: {} {}", finding.object, finding.problem);
        return Err(IoError::Unrecoverable { path, found });
    }
    if in_place && !healthy {
        recovered.original = Some(keep(&path)?);
    }
    partial.publish(LastGood::Original)?;
    Ok(recovered)
}

/// Opens a damaged file; one that was cut short is filled up in a hidden copy, which lasts as long as
/// the third value.
fn open(
    path: &Path,
    survives: &dyn Fn(&Path, bool) -> bool,
) -> Result<(RunFile, Option<Cut>, Option<Filled>), IoError> {
    let cut = Cut::of(path);
    match RunFile::open(path) {
        Ok(file) => return Ok((file, cut, None)),
        Err(error) if cut.is_none() => return Err(error.unrecoverable(path)),
        Err(_) => {}
    }
    let cut = cut.expect("other errors were returned");
    let filled = Filled(hidden(path, "filled"));
    cut.fill(path, &filled.0)
        .map_err(|error| IoError::system(path, "a copy to work on", &error, LastGood::Original))?;
    // Whatever is missing from the copy was cut off.
    let opened = survives(&filled.0, false).then(|| RunFile::open(&filled.0).ok()).flatten();
    let file = opened.ok_or_else(|| IoError::Unrecoverable {
        path: path.to_owned(),
        found: format!("it was cut short, and too little is left: {} of {} bytes", cut.there, cut.claimed),
    })?;
    Ok((file, Some(cut), Some(filled)))
}

/// A hidden copy that is removed when it is dropped.
struct Filled(PathBuf);

impl Drop for Filled {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn write_copy(
    file: &RunFile,
    salvage: &Salvage,
    description: &crate::run::Description,
    partial: &Partial,
) -> Result<(), IoError> {
    let failed =
        |error: hdf5::Error| IoError::write(partial.target(), "the copy", &error, LastGood::Original);
    let provenance = Provenance::read(&file.sets().file).unwrap_or_else(|_| Provenance::new());
    let provenance = provenance.and(&history(salvage));
    let layout = file.sets().layout.clone();
    let to = structure::create(partial.path(), description, layout, &provenance).map_err(failed)?;
    copy_rows(file, &to, &salvage.snapshots, &salvage.steps)?;
    match &salvage.checkpoint {
        Some((_, state)) => write_checkpoint(&to, salvage.header(), state).map(|_| ()),
        None => checkpoint::write_header_without_state(&to, salvage.header()),
    }
    .map_err(failed)?;
    close(to, partial.path(), LastGood::Original)
}

/// The line of the file's history.
fn history(salvage: &Salvage) -> String {
    match (salvage.lost_snapshots.len(), salvage.lost_step_count) {
        (0, 0) => "recovered".to_owned(),
        (snapshots, steps) => format!("recovered; {snapshots} snapshots and {steps} steps were lost"),
    }
}

/// Copies these snapshots and steps to a new file.
///
/// # Errors
/// [`IoError::Damaged`] if one of them is not as its checksum says, or writing fails.
pub(super) fn copy_rows(
    file: &RunFile,
    to: &Sets,
    snapshots: &[usize],
    steps: &[std::ops::Range<usize>],
) -> Result<(), IoError> {
    let from = file.sets();
    let damaged = |found: String| Err(IoError::Damaged { path: file.path().to_owned(), found });
    let failed = |error: hdf5::Error| IoError::write(file.path(), "a copy", &error, LastGood::Original);
    for (at, &row) in snapshots.iter().enumerate() {
        match rows::copy_row(from, row, to, at) {
            Ok(true) => {}
            Ok(false) => return damaged(format!("snapshot {} is not as its checksum says", row + 1)),
            Err(_) if !rows::is_good(from, row) => {
                return damaged(format!("snapshot {} cannot be read", row + 1));
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let mut at = 0;
    for range in steps {
        match rows::copy_steps(from, range.clone(), to, at) {
            Ok(true) => at += range.len(),
            Ok(false) => return damaged("a step is not as its checksum says".to_owned()),
            Err(_) if rows::good_steps(from, range.start, range.len()).len() < range.len() => {
                return damaged("a step cannot be read".to_owned());
            }
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Gives a damaged file a second name that is free, under which it stays.
fn keep(path: &Path) -> Result<PathBuf, IoError> {
    let failed = |error: std::io::Error| {
        IoError::system(path, "the name under which the original is kept", &error, LastGood::Original)
    };
    for attempt in 1.. {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".damaged");
        if attempt > 1 {
            name.push(format!("-{attempt}"));
        }
        let kept = path.with_file_name(name);
        match fs::hard_link(path, &kept) {
            Ok(()) => return sync(&super::lock::directory(path)).map(|()| kept).map_err(failed),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            // A file system without hard links. The lock keeps others from the name meanwhile.
            Err(_) if !kept.exists() => return fs::rename(path, &kept).map(|()| kept).map_err(failed),
            Err(error) => return Err(failed(error)),
        }
    }
    unreachable!("some name is free")
}

/// The file itself, links followed.
pub(super) fn existing(path: &Path) -> Result<PathBuf, IoError> {
    path.canonicalize().map_err(|error| IoError::Missing { path: path.to_owned(), found: error.to_string() })
}
