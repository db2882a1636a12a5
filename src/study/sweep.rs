//! Sweeps: a plan carried out, whole or by shards, and put together.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::system::files::{self, FileError};
use crate::system::text;

use super::engine::{Engine, Monitor, Times};
use super::parts::{self, Finished, Parts};
use super::phase::{PHASE, PhaseRow, phase_arrays, phase_table};
use super::place::{self, Place};
use super::plan::{FILE, Plan, Run};
use super::record::Record;
use super::width_report::{WidthReport, report};
use super::width_run::Limits;
use super::{StudyError, assemble, follow, observe, width_file};

/// How a study ended.
#[derive(Debug, Clone, Default)]
pub struct Ended {
    /// The study file, if it is written.
    pub file: Option<PathBuf>,
    /// Runs that failed: which, and why.
    pub failures: Vec<(String, String)>,
    /// Runs of the study, or of the shard.
    pub runs: usize,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// Whether the study file was there already, written by another shard.
    pub found: bool,
    /// Where the time went.
    pub times: Times,
    /// Finished runs of other studies that are still in the folder of parts.
    pub left: usize,
    /// The table of a phase study; empty of other studies and of shards.
    pub table: Vec<PhaseRow>,
    /// What a width study found; `None` of other studies and of shards.
    pub width: Option<WidthReport>,
}

/// Name of an empty file beside the parts, followed by the number of shards.
const SHARDS: &str = "shards-";

/// Carries out a sweep, or a shard of it; goes on where it was stopped.
///
/// A shard leaves its finished runs in the folder `<study>.parts/`, from which [`merge`] makes the
/// study file; otherwise that happens here, and the folder is removed.
///
/// # Errors
/// The study file exists, or something cannot be written. That runs fail is no error.
pub fn sweep(
    plan: &Plan,
    place: &Place,
    monitor: &dyn Monitor,
    stop: &AtomicBool,
) -> Result<Ended, StudyError> {
    let Some(parts) = open(plan, place)? else {
        return Ok(Ended::found(place));
    };
    let runs = place.runs(plan);
    let folder = runs_folder(&place.study);
    if plan.keep_runs {
        std::fs::create_dir_all(&folder).map_err(|error| StudyError::Part {
            path: folder.clone(),
            found: error.to_string(),
            remedy: "choose another output",
        })?;
    }
    let run_file = |number: usize| plan.keep_runs.then(|| folder.join(format!("run_{number:06}.h5")));
    let engine = Engine { base: &plan.base, parts: &parts, monitor, stop, run_file: &run_file };
    let (complete, times) = engine.carry_out(&runs, &|text, run, following, begun| {
        let scenario = follow::read(text, &plan.base.path)?;
        observe::sweep_run(scenario, &run.fingerprint, following, begun)
    })?;
    let ended = Ended { runs: runs.len(), interrupted: !complete, times, ..Ended::default() };
    conclude(plan, place, parts, &runs, ended)
}

impl Ended {
    /// Of a shard that comes when the study is whole.
    pub(crate) fn found(place: &Place) -> Ended {
        Ended { file: Some(place.study.clone()), found: true, ..Ended::default() }
    }
}

/// The folder of a study's finished runs, with its plan in it; `None` for a shard of a study whose file other shards have
/// written already.
///
/// # Errors
/// The study file exists, or something cannot be written.
pub(crate) fn open(plan: &Plan, place: &Place) -> Result<Option<Parts>, StudyError> {
    if place.shard.is_some() && !place.force && assemble::is_of(plan, &place.study) {
        return Ok(None);
    }
    refuse_existing(place)?;
    let parts = Parts::open(&place.study, place.shard)?;
    let bytes = serde_json::to_vec(plan).expect("texts and numbers can be written as JSON");
    parts.write_file(FILE, &bytes)?;
    if let Some((_, of)) = place.shard {
        // Tells `merge` which shards to ask for.
        parts.write_file(&format!("{SHARDS}{of}"), b"")?;
    }
    Ok(Some(parts))
}

/// What `runs` have come to; the study file, if that was all of it.
pub(crate) fn conclude(
    plan: &Plan,
    place: &Place,
    parts: Parts,
    runs: &[(usize, &Run)],
    mut ended: Ended,
) -> Result<Ended, StudyError> {
    ended.failures = failures(runs, |run| parts.read(&run.fingerprint));
    if ended.interrupted {
        return Ok(ended);
    }
    let folder = [parts.folder().to_path_buf()];
    if place.shard.is_none() {
        let records = collect(plan, &place.study, &folder)?;
        finish(plan, place, parts, &records, &mut ended)?;
    } else if place.merges {
        drop(parts);
        merge_last(plan, place, &folder, &mut ended)?;
    }
    Ok(ended)
}

/// Makes the study file if all runs are finished. Of shards that see this at once, one does: it holds the lock of the
/// whole study, and the others find no runs any more.
fn merge_last(
    plan: &Plan,
    place: &Place,
    folder: &[PathBuf; 1],
    ended: &mut Ended,
) -> Result<(), StudyError> {
    if collect(plan, &place.study, folder).is_err() {
        return Ok(());
    }
    let parts = match Parts::open(&place.study, None) {
        // Another one is at it, or has been: the folder may be gone while it is opened.
        Err(StudyError::Request { .. }) => return Ok(()),
        Err(_) if collect(plan, &place.study, folder).is_err() => return Ok(()),
        parts => parts?,
    };
    match collect(plan, &place.study, folder) {
        Ok(records) => finish(plan, place, parts, &records, ended),
        Err(_) => {
            parts.remove([], &[]);
            Ok(())
        }
    }
}

/// Makes the study file of which all shards are done.
///
/// * `from`: folders of parts beside the study's own, such as other machines left them.
///
/// # Errors
/// Runs are missing, or the file cannot be written.
pub fn merge(place: &Place, from: &[PathBuf]) -> Result<Ended, StudyError> {
    refuse_existing(place)?;
    let own = parts::folder_of(&place.study);
    let mut folders = vec![own];
    folders.extend(from.iter().cloned());
    let plan = read_plan(&folders)?;
    let records = collect(&plan, &place.study, &folders)?;
    let parts = Parts::open(&place.study, None)?;
    let runs: Vec<(usize, &Run)> = plan.runs.iter().enumerate().collect();
    let mut by_number = records.iter();
    let failures = failures(&runs, |_| by_number.next().cloned());
    let times = Times { reused: plan.runs.len(), ..Times::default() };
    let mut ended = Ended { failures, runs: plan.runs.len(), times, ..Ended::default() };
    finish(&plan, place, parts, &records, &mut ended)?;
    Ok(ended)
}

/// Refuses to replace a finished study, or what is no file, before anything is computed.
fn refuse_existing(place: &Place) -> Result<(), StudyError> {
    if let Err(error @ FileError::Kind(_)) = files::open(&place.study) {
        return Err(StudyError::Request {
            problem: format!("{} cannot be the study file: {error}", text::path(&place.study)),
            remedy: "choose another output with -o".to_string(),
        });
    }
    if place.study.exists() && !place.force {
        return Err(crate::io::IoError::Exists { path: place.study.clone() }.into());
    }
    Ok(())
}

/// Where whole run files are kept: `<study without .h5>_runs/`.
pub fn runs_folder(study: &Path) -> PathBuf {
    let stem = study.file_stem().unwrap_or_default().to_string_lossy();
    study.with_file_name(format!("{stem}_runs"))
}

/// A longer plan is none that this program wrote (bytes).
const MOST_PLAN: u64 = 4 << 30;

fn read_plan(folders: &[PathBuf]) -> Result<Plan, StudyError> {
    let path = folders.iter().map(|folder| folder.join(FILE)).find(|path| path.exists());
    let Some(path) = path else {
        return Err(StudyError::Request {
            problem: format!("{} holds no plan of a study", text::path(&folders[0])),
            remedy: "give the study file whose shards were run with --shard, or their folders with --from"
                .to_string(),
        });
    };
    let damaged = |found: String| StudyError::Part {
        path: path.clone(),
        found,
        remedy: "run one of the shards again with this version of the program, which writes the plan anew",
    };
    let bytes = files::read(&path, MOST_PLAN).map_err(|error| damaged(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))
}

/// The records of all runs, in their order.
fn collect(plan: &Plan, study: &Path, folders: &[PathBuf]) -> Result<Vec<Record>, StudyError> {
    let finished = Finished::in_folders(folders);
    let (mut found, mut missing): (Vec<Record>, Vec<usize>) = (vec![], vec![]);
    for (number, run) in plan.runs.iter().enumerate() {
        match finished.read(&run.fingerprint) {
            Some(mut record) => {
                if let Some(before) = found.last() {
                    record.share(before);
                }
                found.push(record);
            }
            None => missing.push(number),
        }
    }
    if !missing.is_empty() {
        return Err(StudyError::Missing {
            study: study.to_path_buf(),
            missing: missing.len(),
            total: plan.runs.len(),
            shards: open_shards(plan, folders, &missing),
        });
    }
    Ok(found)
}

/// Shards to run again, if the folders tell into how many the study was cut.
fn open_shards(plan: &Plan, folders: &[PathBuf], missing: &[usize]) -> String {
    let names = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let of = names
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix(SHARDS)?.parse::<usize>().ok())
        .next();
    let Some(of) = of.filter(|&of| of > 0) else { return "-".to_string() };
    let shards = place::shards(plan, of);
    let mut shards: Vec<usize> = missing.iter().map(|&number| shards[number] + 1).collect();
    shards.sort_unstable();
    shards.dedup();
    shards.iter().map(|shard| format!("{shard}/{of}")).collect::<Vec<_>>().join(" ")
}

fn failures(runs: &[(usize, &Run)], mut record: impl FnMut(&Run) -> Option<Record>) -> Vec<(String, String)> {
    let failed = |(number, run): &(usize, &Run)| {
        let failure = record(run)?.failure;
        let words = run.words();
        let name = if words.is_empty() { format!("run {number}") } else { words };
        (!failure.is_empty()).then_some((name, failure))
    };
    runs.iter().filter_map(failed).collect()
}

/// Writes the study file, then removes the parts.
fn finish(
    plan: &Plan,
    place: &Place,
    parts: Parts,
    records: &[Record],
    ended: &mut Ended,
) -> Result<(), StudyError> {
    match &plan.width {
        Some(design) => {
            let by_print = |run: &Run| records.iter().find(|r| r.fingerprint == run.fingerprint).cloned();
            let limits = Limits::of_runs(design, &plan.runs, by_print)?;
            let report = report(design, &limits, records);
            width_file::write(place, plan, &report, &limits, &records[design.runs_of_limits()..])?;
            ended.width = Some(report);
        }
        None => {
            let phase = plan.kind == PHASE;
            let extra = if phase { phase_arrays(plan, records) } else { vec![] };
            assemble::write(&place.study, plan, records, place.force, extra)?;
            ended.table = if phase { phase_table(plan, records) } else { vec![] };
        }
    }
    let prints = plan.runs.iter().map(|run| run.fingerprint.as_str());
    let names = std::fs::read_dir(parts.folder()).into_iter().flatten().flatten();
    let mut others: Vec<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    others.retain(|name| name == FILE || name.starts_with(SHARDS));
    ended.left = parts.remove(prints, &others);
    ended.file = Some(place.study.clone());
    Ok(())
}
