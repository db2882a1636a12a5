//! The course of a study on standard error: one bar over all runs on a terminal, a line for each
//! run elsewhere, of a large study for one now and then.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::note;
use crate::cli::time_left::TimeLeft;
use crate::study::{Monitor, Run};

/// The bar counts in units of the whole study divided by this.
const UNITS: f64 = 1e9;
/// Of more runs than this not each has a line, but those that fail, the last, and one in `APART`.
const MANY: usize = 1000;
const APART: Duration = Duration::from_secs(2);

/// Tells how far a study has come.
pub struct Progress {
    bar: Option<ProgressBar>,
    lines: bool,
    total: f64,
    runs: usize,
    cost: Mutex<f64>,
    left: Mutex<TimeLeft>,
    finished: AtomicUsize,
    failed: AtomicUsize,
    /// When the last line was written.
    told: Mutex<Option<Instant>>,
}

impl Progress {
    /// Of these runs.
    pub fn new<'r>(quiet: bool, runs: impl Iterator<Item = &'r Run> + Clone) -> Progress {
        let terminal = std::io::stderr().is_terminal();
        let bar = (!quiet && terminal).then(|| {
            let style = "{wide_bar} {percent:>3} %  {msg}{prefix}";
            let style = ProgressStyle::with_template(style).expect("the template is a constant");
            let bar = ProgressBar::with_draw_target(Some(UNITS as u64), ProgressDrawTarget::stderr());
            bar.set_style(style.progress_chars("=> "));
            bar
        });
        Progress {
            bar,
            lines: !quiet && !terminal,
            total: runs.clone().map(Run::cost).sum(),
            runs: runs.count(),
            cost: Mutex::new(0.0),
            left: Mutex::new(TimeLeft::new(0.0)),
            finished: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
            told: Mutex::new(None),
        }
    }

    /// Whether a run that has finished gets a line.
    fn is_due(&self, number: usize) -> bool {
        let mut told = self.told.lock().expect("no holder panics");
        let due = self.runs <= MANY || number == self.runs || told.is_none_or(|told| told.elapsed() > APART);
        if due {
            *told = Some(Instant::now());
        }
        due
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Monitor for Progress {
    fn advanced(&self, cost: f64) {
        let Some(bar) = &self.bar else { return };
        let mut done = self.cost.lock().expect("no holder panics");
        *done += cost;
        let share = *done / self.total;
        bar.set_position((share * UNITS) as u64);
        let mut left = self.left.lock().expect("no holder panics");
        bar.set_prefix(left.words(share, bar.elapsed()));
    }

    fn finished(&self, run: &Run, failure: &str) {
        let number = self.finished.fetch_add(1, Ordering::Relaxed) + 1;
        if !failure.is_empty() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        let failed = self.failed.load(Ordering::Relaxed);
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{number} of {} runs, {failed} failed", self.runs));
        }
        if self.lines && (!failure.is_empty() || self.is_due(number)) {
            let how = if failure.is_empty() { "finished" } else { "FAILED" };
            let words = run.words();
            let which = if words.is_empty() { String::new() } else { format!(": {words}") };
            note(&format!("run {number} of {} {how}{which}", self.runs));
        }
    }
}
