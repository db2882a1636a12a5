//! What a study will take of the disk and of memory, before it begins.

use crate::cli::failure::Failure;
use crate::cli::output::note;
use crate::io::largest_size;
use crate::run::Description;
use crate::scenario::needs::Need;
use crate::study::{Place, Plan, Run, numbers_of_run, runs_folder, together};
use crate::system::{disk, memory, text};

use super::{described, runs};

/// Bytes of the record of a finished run besides its numbers: their names, mostly.
const HEAD: u64 = 3_000;
/// Bytes of memory for each run while the study file is put together, besides its numbers: its place
/// on the axes, its overrides, its fingerprint.
const IN_MEMORY: u64 = 1_500;
/// Output that may grow beyond this is worth a word (bytes).
const MUCH: u64 = 10_000_000_000;

/// Refuses a study that may not fit on the disk, unless forced, whose runs have no room in memory side
/// by side, or whose study file cannot be put together there. All runs count as much as the larger one of the first and the last.
///
/// # Errors
/// Wrong usage, with the figures.
pub fn check(plan: &Plan, place: &Place, quiet: bool) -> Result<(), Failure> {
    let of = |run: Option<&Run>| -> Option<Description> {
        // A run that is refused does not stop the others, and takes no room.
        Some(described(&plan.base.with(&run?.set).ok()?, &plan.base.path)?.description)
    };
    let ends = [plan.runs.first(), plan.runs.last()].map(of);
    let most = |of: &dyn Fn(&Description) -> u64| ends.iter().flatten().map(of).max().unwrap_or(0);
    let numbers = most(&|description| numbers_of_run(description).saturating_mul(8));
    let (all, here) = (plan.runs.len() as u64, place.runs(plan).len() as u64);
    if let Some(available) = memory::available() {
        let need = most(&|d| Need::of(d).bytes);
        let at_once = together(most(&|d| d.mass.len() as u64), here as usize) as u64;
        // A run that has no room alone fails by itself.
        if need <= available.bytes && need.saturating_mul(at_once) > available.bytes {
            return Err(Failure::usage(format!(
                "{} side by side need {} of memory, and {available}",
                runs(at_once as usize),
                text::bytes(need.saturating_mul(at_once))
            ))
            .help(format!("give --threads {} or fewer", available.bytes / need.max(1))));
        }
    }
    let mut stored = here.saturating_mul(numbers.saturating_add(HEAD));
    if place.shard.is_none() {
        // Records stay until the study file is whole, which holds the numbers once more; it is put
        // together from all of them at once.
        stored = stored.saturating_add(all.saturating_mul(numbers));
        let needed = all.saturating_mul(numbers.saturating_mul(2).saturating_add(IN_MEMORY));
        if let Some(available) = memory::available().filter(|available| needed > available.bytes) {
            return Err(Failure::usage(format!(
                "{}: to put {} together needs {} of memory, and {available}",
                text::path(&place.study),
                runs(plan.runs.len()),
                text::bytes(needed)
            ))
            .help("give fewer output.snapshots, or sweep over parts of the values, each into a file of its own (-o)"));
        }
    }
    if plan.keep_runs {
        stored = stored.saturating_add(here.saturating_mul(most(&largest_size)));
    }
    let free = disk::free(&place.study);
    let fits = free.is_none_or(|free| stored <= free);
    if fits && stored < MUCH {
        return Ok(());
    }
    let what = format!(
        "up to {} will be stored by {}{}{}",
        text::bytes(stored),
        runs(here as usize),
        if plan.keep_runs {
            format!(", most of it in {}", text::path(&runs_folder(&place.study)))
        } else {
            String::new()
        },
        free.map_or(String::new(), |free| format!(", and {} are free", text::bytes(free)))
    );
    let fewer = if plan.keep_runs {
        "leave out --keep-runs, give fewer output.snapshots or output.particles = \"none\""
    } else {
        "give fewer output.snapshots, or fewer values"
    };
    if !fits && !place.force {
        return Err(Failure::usage(format!("{}: {what}", text::path(&place.study)))
            .help(format!("{fewer}; another disk with -o; or start all the same with --force")));
    }
    if !quiet {
        note(&format!("note: {}: {what}: to store less, {fewer}", text::path(&place.study)));
    }
    Ok(())
}
