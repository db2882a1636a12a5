//! Snapshots against the list of steps: times, and what was counted.

use std::collections::HashSet;

use crate::flow::Counters;
use crate::math::norm::worse;
use crate::run::{Description, StepRecord};

/// What a snapshot says of the steps before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub time: f64,
    pub step: u64,
    pub loss: f64,
    pub counters: Counters,
}

/// A largest error and its time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Worst {
    pub error: f64,
    pub time: f64,
}

impl Worst {
    fn note(&mut self, error: f64, time: f64) {
        if worse(self.error, error) > self.error {
            *self = Worst { error: worse(self.error, error), time };
        }
    }
}

/// Goes through the steps, which are numbered from 1, beside the snapshots.
///
/// Numbers are missing in files that were recovered, and the last ones in a file that was killed while
/// it wrote a snapshot: over a gap nothing is said of what lies in it.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// Relative errors of the times at the ends of steps.
    pub ends: Worst,
    /// Relative differences of the times of snapshots to those of the steps they were taken after.
    pub times: Worst,
    /// Relative differences of the losses of snapshots to those of the steps they were taken after.
    pub losses: Worst,
    /// Differences of the counts of snapshots to the sums over steps.
    pub counts: Worst,
    /// The step before, the time at its end and the loss there; 0 at the start.
    number: u64,
    time: f64,
    loss: f64,
    /// Number of snapshots gone by.
    passed: usize,
    /// Counts so far; `None` from a gap up to the next snapshot.
    total: Option<Counters>,
    /// Whether a number was missing.
    gaps: bool,
}

impl Steps {
    /// Goes through consecutive rows: their numbers, in ascending order, and what they hold.
    pub fn rows(&mut self, description: &Description, marks: &[Mark], numbers: &[u64], steps: &[StepRecord]) {
        for (&number, record) in numbers.iter().zip(steps) {
            if self.number == 0 {
                self.start(marks);
            }
            let next = self.number.wrapping_add(1);
            if number != next {
                (self.gaps, self.total) = (true, None);
            }
            while marks.get(self.passed).is_some_and(|mark| mark.step < number) {
                self.unknown(marks);
            }
            if number <= self.number {
                self.ends.note(f64::INFINITY, record.time);
            }
            let begin = if number == next { self.time } else { record.time - record.step_size };
            self.ends.note(end_error(description, begin, record), record.time);
            if let Some(total) = &mut self.total {
                *total += record.counters;
            }
            (self.number, self.time, self.loss) = (number, record.time, record.loss);
            while let Some(mark) = marks.get(self.passed).filter(|mark| mark.step == number) {
                self.mark(mark);
            }
        }
    }

    /// Whether no step has come.
    pub fn is_empty(&self) -> bool {
        self.number == 0
    }

    /// No step follows.
    ///
    /// * `all`: whether these are all steps that the file says it has.
    pub fn end(&mut self, marks: &[Mark], all: bool) {
        if self.number == 0 {
            self.start(marks);
        }
        self.gaps |= all;
        while self.passed < marks.len() {
            self.unknown(marks);
        }
    }

    /// Snapshots before the first step, of which only the start on a boundary counts anything.
    fn start(&mut self, marks: &[Mark]) {
        self.total = marks.first().map(|mark| mark.counters).filter(|_| marks[0].step == 0);
        while let Some(mark) = marks.get(self.passed).filter(|mark| mark.step == 0) {
            if self.passed == 0 && mark.counters.counts().iter().any(|(_, count)| *count > 0) {
                self.counts.note(f64::INFINITY, mark.time);
            }
            self.mark(mark);
        }
    }

    /// A snapshot at the end of the present step.
    fn mark(&mut self, mark: &Mark) {
        let apart = (mark.time - self.time).abs() / mark.time.abs().max(self.time.abs());
        self.times.note(if mark.time == self.time { 0.0 } else { apart }, mark.time);
        // At the start there is no step.
        if self.number > 0 && mark.loss != self.loss {
            self.losses.note((mark.loss - self.loss).abs() / mark.loss.max(self.loss), mark.time);
        }
        if let Some(total) = self.total {
            let mass = (total.ambiguous_mass - mark.counters.ambiguous_mass).abs();
            // Sums of masses in another order differ by rounding.
            let mass = if mass <= 1e-12 * (1.0 + total.ambiguous_mass) { 0.0 } else { mass };
            let pairs = total.counts().into_iter().zip(mark.counters.counts());
            let error = pairs.fold(mass, |most, ((_, a), (_, b))| worse(most, a.abs_diff(b) as f64));
            self.counts.note(error, mark.time);
        }
        self.total = Some(self.total.unwrap_or(mark.counters));
        self.passed += 1;
    }

    /// A snapshot after a step that is not there.
    fn unknown(&mut self, marks: &[Mark]) {
        if !self.gaps {
            self.times.note(f64::INFINITY, marks[self.passed].time);
        }
        self.passed += 1;
    }
}

/// Relative error of the time at the end of a step.
///
/// Each step adds one rounding to the time before it. Steps whose size is given have it, except where
/// they land on a snapshot.
fn end_error(description: &Description, begin: f64, record: &StepRecord) -> f64 {
    if !(record.step_size > 0.0 && record.error_estimate >= 0.0) {
        return f64::INFINITY;
    }
    if let Some(dt) = description.flow.given_step(description.mass.len()) {
        // A step that lands on a snapshot may be up to half a step shorter or longer.
        if (record.step_size / dt - 1.0).abs() > 0.500_001
            && !description.schedule.times().contains(&record.time)
        {
            return f64::INFINITY;
        }
    }
    (begin + record.step_size - record.time).abs() / record.time.max(f64::MIN_POSITIVE)
}

/// How many scheduled times of a run that came to its end have no snapshot; `None` of another.
///
/// * `ended`: whether a criterion ended it at its last snapshot.
pub(super) fn missing(description: &Description, marks: &[Mark], ended: bool) -> Option<f64> {
    let end = marks.last()?.time;
    if end != description.end && !ended {
        return None;
    }
    // Not a binary search: it would trust the order that is in question.
    let taken: HashSet<u64> = marks.iter().map(|mark| mark.time.to_bits()).collect();
    let due = description.schedule.times().iter().filter(|&&due| due <= end);
    Some(due.filter(|due| !taken.contains(&due.to_bits())).count() as f64)
}
