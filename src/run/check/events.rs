//! Snapshots against the list of steps: times, and what was counted.

use std::collections::HashSet;

use crate::flow::{Counters, Flow};
use crate::math::norm::worse;
use crate::run::{Description, StepRecord};

/// What a snapshot says of the steps before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub time: f64,
    pub step: u64,
    pub counters: Counters,
}

/// Worst relative error of the time at the end of each step, and when.
///
/// Each step adds one rounding to the stored time before it. Steps of gradient descent are as long
/// as its learning rate says, except where they land on a snapshot.
pub(super) fn steps(description: &Description, steps: &[StepRecord]) -> (f64, f64) {
    let (mut time, mut most, mut at) = (0.0, 0.0, 0.0);
    for record in steps {
        let error = (time + record.step_size - record.time).abs() / record.time.max(f64::MIN_POSITIVE);
        let sound = record.step_size > 0.0 && record.error_estimate >= 0.0;
        let mut found = if sound { error } else { f64::INFINITY };
        if let Flow::Descent { descent, .. } = &description.flow {
            let dt = descent.learning_rate / description.mass.len() as f64;
            // A step that lands on a snapshot may be up to half a step shorter or longer.
            if (record.step_size / dt - 1.0).abs() > 0.500_001
                && !description.schedule.times().contains(&record.time)
            {
                found = f64::INFINITY;
            }
        }
        if worse(most, found) > most {
            (most, at) = (worse(most, found), record.time);
        }
        time = record.time;
    }
    (most, at)
}

/// Worst relative difference of a snapshot's time to that of the step it was taken after.
pub(super) fn times(marks: &[Mark], steps: &[StepRecord]) -> (f64, f64) {
    let (mut most, mut at) = (0.0, 0.0);
    for mark in marks {
        let expected = match mark.step.checked_sub(1) {
            None => Some(0.0),
            Some(index) => steps.get(index as usize).map(|record| record.time),
        };
        let error = match expected {
            Some(expected) if expected == mark.time => 0.0,
            Some(expected) => (mark.time - expected).abs() / mark.time.abs().max(expected.abs()),
            None => f64::INFINITY,
        };
        if worse(most, error) > most {
            (most, at) = (worse(most, error), mark.time);
        }
    }
    (most, at)
}

/// How many scheduled times of a run that came to its end have no snapshot; `None` of another.
pub(super) fn missing(description: &Description, marks: &[Mark]) -> Option<f64> {
    if marks.last()?.time != description.end {
        return None;
    }
    // Not a binary search: it would trust the order that is in question.
    let taken: HashSet<u64> = marks.iter().map(|mark| mark.time.to_bits()).collect();
    let due = description.schedule.times().iter();
    Some(due.filter(|due| !taken.contains(&due.to_bits())).count() as f64)
}

/// Largest difference of the counts of a snapshot to those of the first one and the steps since.
pub(super) fn counts(marks: &[Mark], steps: &[StepRecord]) -> (f64, f64) {
    let Some(first) = marks.first() else { return (0.0, 0.0) };
    let (mut most, mut at) = (0.0, 0.0);
    let (mut total, mut next) = (first.counters, first.step as usize);
    for mark in marks {
        let end = (mark.step as usize).min(steps.len());
        for record in steps.get(next..end).unwrap_or(&[]) {
            total += record.counters;
        }
        next = end.max(next);
        let pairs = total.counts().into_iter().zip(mark.counters.counts());
        let mass = (total.ambiguous_mass - mark.counters.ambiguous_mass).abs();
        // Sums of masses in another order differ by rounding.
        let mass = if mass <= 1e-12 * (1.0 + total.ambiguous_mass) { 0.0 } else { mass };
        let error = pairs.fold(mass, |most, ((_, a), (_, b))| worse(most, a.abs_diff(b) as f64));
        if worse(most, error) > most {
            (most, at) = (worse(most, error), mark.time);
        }
    }
    // Nothing but a start on a boundary can have happened before the first step.
    let early = first.step == 0 && first.counters.counts().iter().any(|(_, count)| *count > 0);
    if early { (f64::INFINITY, first.time) } else { (most, at) }
}
