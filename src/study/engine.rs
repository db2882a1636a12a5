//! Carries the runs of a study out, keeping each as it is finished.

use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Instant;

use super::StudyError;
use super::base::Base;
use super::follow::{Following, Stopped};
use super::parts::Parts;
use super::plan::Run;
use super::pool;
use super::record::Record;

/// What is told how far a study has come; called from many threads.
pub trait Monitor: Sync {
    /// Some more of the work is done, in units of [`Run::cost`].
    fn advanced(&self, cost: f64);
    /// A run has ended and is safe; `failure` is empty unless it failed.
    fn finished(&self, run: &Run, failure: &str);
}

impl Run {
    /// A guess at what the run costs, in particles: what it takes to start one counts, too.
    pub fn cost(&self) -> f64 {
        1000.0 + self.particles as f64
    }
}

/// How the time of a study was spent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Times {
    /// From the first run to the last (s).
    pub seconds: f64,
    /// Share of the processors' time in which no step of a flow was under way: drawing, measuring,
    /// writing, waiting.
    pub outside_flow: f64,
    /// Runs carried out now.
    pub done: usize,
    /// Runs that were finished before.
    pub reused: usize,
}

impl Times {
    /// Of two stages, one after the other.
    pub(crate) fn and(&self, later: &Times) -> Times {
        let seconds = self.seconds + later.seconds;
        let outside = self.seconds * self.outside_flow + later.seconds * later.outside_flow;
        Times {
            seconds,
            outside_flow: if seconds > 0.0 { outside / seconds } else { 0.0 },
            done: self.done + later.done,
            reused: self.reused + later.reused,
        }
    }
}

/// What all runs of a study share.
pub(crate) struct Engine<'a> {
    pub base: &'a Base,
    pub parts: &'a Parts,
    pub monitor: &'a dyn Monitor,
    pub stop: &'a AtomicBool,
    /// Where whole run files go, by the number of the run.
    pub run_file: &'a (dyn Fn(usize) -> Option<PathBuf> + Sync),
}

/// Runs that may wait to be kept: many short ones end while a disk makes sure of one.
const QUEUE: usize = 256;

/// What a run does: its text, its fingerprint, and what it goes by.
pub(crate) type Job<'a> = dyn Fn(&str, &Run, &Following, Instant) -> Result<Record, Stopped> + Sync + 'a;

impl Engine<'_> {
    /// Carries out those of `runs` (with their numbers) that are not finished yet.
    ///
    /// Returns whether all are finished now; if not, it was interrupted.
    ///
    /// # Errors
    /// A finished run cannot be kept; no further ones are begun.
    pub fn carry_out(&self, runs: &[(usize, &Run)], job: &Job) -> Result<(bool, Times), StudyError> {
        let started = Instant::now();
        let finished = |number: usize, run: &Run| match (self.run_file)(number) {
            Some(file) if !file.exists() => {
                self.parts.read(&run.fingerprint).is_some_and(|record| !record.failure.is_empty())
            }
            _ => self.parts.has(&run.fingerprint),
        };
        let mut open: Vec<(usize, &Run)> = vec![];
        for &(number, run) in runs {
            if finished(number, run) {
                self.monitor.advanced(run.cost());
            } else {
                open.push((number, run));
            }
        }
        let halt = AtomicBool::new(false);
        let threads = rayon::current_num_threads();
        let jobs: Vec<(usize, u64)> =
            open.iter().enumerate().map(|(i, (_, run))| (i, run.particles)).collect();
        let in_flow = Mutex::new(0.0);
        let (sender, ended) = mpsc::sync_channel(QUEUE);
        let done = thread::scope(|scope| {
            let keeper = scope.spawn(|| {
                let kept = self.keep(ended);
                halt.store(kept.is_err(), Ordering::Relaxed);
                kept
            });
            pool::side_by_side(&jobs, threads, &|i| {
                if self.stop.load(Ordering::Relaxed) || halt.load(Ordering::Relaxed) {
                    return;
                }
                let (number, run) = open[i];
                let Some(record) = self.one(number, run, job) else { return };
                *in_flow.lock().expect("no holder panics") +=
                    record.flow_seconds * rayon::current_num_threads() as f64;
                // None is there to take it where keeping has failed.
                let _ = sender.send((run, record));
            });
            drop(sender);
            keeper.join().expect("keeping does not panic")
        })?;
        let in_flow = in_flow.into_inner().expect("no holder panics");
        let seconds = started.elapsed().as_secs_f64();
        let outside_flow = (1.0 - in_flow / (seconds * threads as f64)).max(0.0);
        let times = Times { seconds, outside_flow, done, reused: runs.len() - open.len() };
        Ok((done == open.len(), times))
    }

    /// Keeps finished runs as they come, and tells of each when it is safe; returns how many there
    /// were. Those that end while others are brought to the disk go there together.
    ///
    /// # Errors
    /// They cannot be kept.
    fn keep(&self, ended: Receiver<(&Run, Record)>) -> Result<usize, StudyError> {
        let mut done = 0;
        while let Ok(first) = ended.recv() {
            let batch: Vec<(&Run, Record)> = iter::once(first).chain(ended.try_iter().take(QUEUE)).collect();
            self.parts.write(batch.iter().map(|(_, record)| record))?;
            for (run, record) in &batch {
                self.monitor.finished(run, &record.failure);
            }
            done += batch.len();
        }
        Ok(done)
    }

    /// One run to its end, or to its failure; `None` if it was interrupted.
    fn one(&self, number: usize, run: &Run, job: &Job) -> Option<Record> {
        let begun = Instant::now();
        let told = Mutex::new(0.0);
        let progress = |fraction: f64| {
            let mut told = told.lock().expect("no holder panics");
            self.monitor.advanced((fraction - *told) * run.cost());
            *told = fraction;
        };
        let run_file = (self.run_file)(number);
        let following = Following { stop: self.stop, progress: &progress, run_file: run_file.as_deref() };
        let result = catch_unwind(AssertUnwindSafe(|| {
            let text =
                self.base.with_unchecked(&run.set).map_err(|error| Stopped::Failed(error.to_string()))?;
            job(&text, run, &following, begun)
        }));
        let failed = |failure: String| {
            let mut record = Record::new(&run.fingerprint);
            (record.failure, record.seconds) = (failure, begun.elapsed().as_secs_f64());
            record
        };
        let record = match result {
            Ok(Ok(record)) => record,
            Ok(Err(Stopped::Interrupted)) => return None,
            Ok(Err(Stopped::Failed(failure))) => failed(failure),
            // The panic hook has told the rest; one bad run must not take the others with it.
            Err(_) => failed("an internal error; please report it".to_string()),
        };
        progress(1.0);
        Some(record)
    }
}
