//! What is good in a damaged file: rows as their checksums say, and a checkpoint that belongs to
//! one of them.

use std::ops::Range;

use crate::run::{Schedule, State};

use super::checkpoint::{self, Header};
use super::rows;
use super::schema::Group;
use super::sets::Sets;

/// More steps than any run takes.
const MOST_STEPS: u64 = 1 << 53;

/// A snapshot that cannot be saved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LostSnapshot {
    /// Its number in the damaged file, from 0.
    pub number: usize,
    /// Its time, if that can still be told: a time of the schedule between those of its neighbours.
    pub time: Option<f64>,
}

/// What is good in a file, and what is not.
#[derive(Debug)]
pub(crate) struct Salvage {
    /// Rows of good snapshots, ascending.
    pub(crate) snapshots: Vec<usize>,
    /// Rows of good steps, ascending.
    pub(crate) steps: Vec<Range<usize>>,
    pub(crate) lost_snapshots: Vec<LostSnapshot>,
    /// First and last numbers of the steps that are lost, and how many steps that are: fewer than the
    /// numbers if steps between had been lost before.
    pub(crate) lost_steps: Vec<(i64, i64)>,
    pub(crate) lost_step_count: usize,
    /// Snapshots after the last one that a checkpoint vouches for that are not whole.
    pub(crate) unfinished: usize,
    /// The state to resume from, and the header of its slot.
    pub(crate) checkpoint: Option<(Header, State)>,
    /// Whether a newer checkpoint than that, or the only one, is lost or belongs to a lost snapshot.
    pub(crate) checkpoint_lost: bool,
}

impl Salvage {
    /// Looks at every row.
    ///
    /// * `closed`: whether the file was closed; if it was not, rows after those that a checkpoint
    ///   vouches for may be cut short.
    pub(crate) fn survey(sets: &Sets, schedule: &Schedule, closed: bool) -> Salvage {
        let slots = checkpoint::slots(sets).unwrap_or_default();
        let newest = slots.first().map(|slot| slot.header);
        let there = sets.rows(Group::Root);
        // A header that promises more than one extra snapshot is none of ours.
        let most = schedule.times().len() as u64 + 1;
        let vouched = newest.map_or(0, |header| if header.rows <= most { header.rows as usize } else { 0 });
        let vouched = if closed { vouched.max(there) } else { vouched };
        let mut salvage = Salvage {
            snapshots: vec![],
            steps: vec![],
            lost_snapshots: vec![],
            lost_steps: vec![],
            lost_step_count: 0,
            unfinished: 0,
            checkpoint: None,
            checkpoint_lost: false,
        };
        salvage.survey_snapshots(sets, schedule, vouched);
        let steps = newest.map_or(0, |header| header.steps.min(MOST_STEPS) as usize);
        let steps = if closed { steps.max(sets.rows(Group::Steps)) } else { steps };
        salvage.survey_steps(sets, steps);
        salvage.choose_checkpoint(sets, &slots);
        salvage
    }

    fn survey_snapshots(&mut self, sets: &Sets, schedule: &Schedule, vouched: usize) {
        let there = sets.rows(Group::Root);
        let mut last = f64::NEG_INFINITY;
        // Lost ones since the last good one, with the times that stand there.
        let mut open: Vec<(usize, Option<f64>)> = vec![];
        for row in 0..vouched.max(there) {
            let time = rows::time(sets, row);
            let good = row < there && rows::is_good(sets, row);
            match time.filter(|&time| good && time > last && time.is_finite()) {
                Some(time) => {
                    self.close(&mut open, schedule, last..time);
                    self.snapshots.push(row);
                    last = time;
                }
                None if row < vouched => open.push((row, time)),
                None => self.unfinished += 1,
            }
        }
        self.close(&mut open, schedule, last..f64::INFINITY);
    }

    /// Notes snapshots as lost that lie between two good ones at these times.
    fn close(&mut self, open: &mut Vec<(usize, Option<f64>)>, schedule: &Schedule, between: Range<f64>) {
        let (start, end) = (between.start, between.end);
        self.lost_snapshots.extend(open.drain(..).map(|(number, time)| LostSnapshot {
            number,
            time: time.filter(|&t| start < t && t < end && schedule.times().contains(&t)),
        }));
    }

    fn survey_steps(&mut self, sets: &Sets, vouched: usize) {
        let there = sets.rows(Group::Steps).min(vouched);
        let (mut row, mut number, mut time) = (0, 0, 0.0);
        let good = (0..there)
            .step_by(sets.layout.step_batch())
            .flat_map(|first| rows::good_steps(sets, first, sets.layout.step_batch().min(there - first)));
        for (at, step, end) in good {
            if step <= number || end <= time || !end.is_finite() {
                continue;
            }
            if at > row {
                self.lose(number + 1, step - 1, at - row);
            }
            match self.steps.last_mut() {
                Some(range) if range.end == at => range.end = at + 1,
                _ => self.steps.push(at..at + 1),
            }
            (row, number, time) = (at + 1, step, end);
        }
        if vouched > row {
            self.lose(number + 1, number + (vouched - row) as i64, vouched - row);
        }
    }

    fn lose(&mut self, first: i64, last: i64, count: usize) {
        self.lost_steps.push((first, last.max(first)));
        self.lost_step_count += count;
    }

    /// The newest state whose snapshot is good, so that a run that is resumed makes the snapshots
    /// after it again; if there is none, the newest state.
    fn choose_checkpoint(&mut self, sets: &Sets, slots: &[checkpoint::Slot]) {
        let times: Vec<f64> = self.snapshots.iter().filter_map(|&row| rows::time(sets, row)).collect();
        let mut newest = None;
        for (age, slot) in slots.iter().enumerate() {
            let Ok(Some(state)) = checkpoint::read_state(sets, *slot) else { continue };
            let belongs = times.contains(&state.time);
            if belongs || newest.is_none() {
                newest = Some((age, slot.header, state));
            }
            if belongs {
                break;
            }
        }
        self.checkpoint_lost = !matches!(newest, Some((0, ..)));
        self.checkpoint = newest.map(|(_, header, state)| (header, state));
    }

    /// Good steps.
    pub(crate) fn step_count(&self) -> usize {
        self.steps.iter().map(Range::len).sum()
    }

    /// The header of the checkpoint for a file that holds the good rows and no others.
    pub(crate) fn header(&self) -> Header {
        let scheduled = self.checkpoint.as_ref().map_or(0, |(header, _)| header.scheduled_rows);
        let before = self.snapshots.iter().filter(|&&row| (row as u64) < scheduled).count();
        Header {
            sequence: 1,
            rows: self.snapshots.len() as u64,
            scheduled_rows: before as u64,
            steps: self.step_count() as u64,
        }
    }
}
