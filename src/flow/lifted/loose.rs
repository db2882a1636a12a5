//! Neurons that lie in the memory of a room in which they no longer are.
//!
//! Each has a deadline of its own, by the clocks of the room it is in. Those whose deadline
//! is many steps away are kept apart, and cost nothing until the first of them is due.

use super::rooms::Room;
use super::travel::{Short, Travel};

/// A neuron away from home.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Where it lies in memory.
    pub at: u32,
    /// The room it is in.
    pub room: Room,
    /// What that room's clocks show when it needs a look.
    pub deadline: Short,
}

impl Entry {
    /// Someone who needs a look.
    pub fn due(at: u32, room: Room) -> Entry {
        Entry { at, room, deadline: Travel::DUE.into() }
    }
}

/// Deadlines further away than this many steps like the last ones are not watched in every step.
const HORIZON: f64 = 32.0;
/// Those that are watched are sorted out when they are twice as many as they were, or after this many
/// steps, ...
const STEPS: usize = 8;
/// ... but not when they are fewer than this, or than this share of the others.
const FEW: usize = 256;
const SHARE: usize = 16;

/// All neurons away from home, each list ascending in memory.
#[derive(Debug, Clone)]
pub struct Loose {
    /// Those that are watched.
    pub watched: Vec<Entry>,
    asleep: Vec<Entry>,
    /// Earliest deadline in each room of those that are not watched.
    earliest: Vec<Travel>,
    /// How many were watched after they were last sorted out, and how many steps ago that was.
    sorted: usize,
    steps: usize,
}

impl Loose {
    /// These neurons, all watched, among `rooms` rooms.
    pub fn new(watched: Vec<Entry>, rooms: usize) -> Loose {
        Loose { watched, asleep: vec![], earliest: vec![Travel::NEVER; rooms], sorted: 0, steps: 0 }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.watched.len() + self.asleep.len()
    }

    /// All of them, ascending.
    pub fn all(&self) -> impl Iterator<Item = Entry> {
        merge(self.watched.iter().copied(), self.asleep.iter().copied())
    }

    /// Has all in these rooms looked at again.
    pub fn disturb(&mut self, rooms: impl Fn(usize) -> bool) {
        for entry in self.watched.iter_mut().chain(&mut self.asleep).filter(|e| rooms(e.room as usize)) {
            entry.deadline = Travel::DUE.into();
        }
        for (room, earliest) in self.earliest.iter_mut().enumerate() {
            // Never, where nobody sleeps.
            if rooms(room) && *earliest != Travel::NEVER {
                *earliest = Travel::DUE;
            }
        }
    }

    /// If one of those that are not watched may be due: watches all whose deadline is near.
    ///
    /// * `due`: whether a deadline in a room has passed;
    /// * `travel`: the clocks of each room, and what they advance in a step.
    pub fn wake(&mut self, due: impl Fn(usize, Travel) -> bool, travel: impl Fn(usize) -> [Travel; 2]) {
        let sleepers = self.earliest.iter().enumerate().filter(|(_, earliest)| **earliest != Travel::NEVER);
        let mut sleepers = sleepers.map(|(room, &earliest)| due(room, earliest));
        if !sleepers.any(|due| due) {
            return;
        }
        let asleep = std::mem::take(&mut self.asleep).into_iter();
        let (asleep, awake): (Vec<Entry>, Vec<Entry>) = asleep
            .partition(|entry| !due(entry.room as usize, entry.deadline.into()) && is_far(entry, &travel));
        let watched = std::mem::take(&mut self.watched);
        self.watched = merged(watched, awake);
        self.earliest.fill(Travel::NEVER);
        self.put_to_sleep(asleep);
    }

    /// Has these, besides whoever sleeps already, sleep until the earliest of them is due.
    fn put_to_sleep(&mut self, tired: Vec<Entry>) {
        for entry in &tired {
            let earliest = &mut self.earliest[entry.room as usize];
            *earliest = earliest.earliest(entry.deadline.into());
        }
        self.asleep = merged(std::mem::take(&mut self.asleep), tired);
    }

    /// After a step in which `count` neurons, `moved`, ascending, have moved: the new room of each, `None`
    /// when it is at home.
    ///
    /// * `travel`: the clocks of each room, and what they advance in a step.
    pub fn update(
        &mut self,
        count: usize,
        moved: impl Iterator<Item = (u32, Option<Room>)>,
        travel: impl Fn(usize) -> [Travel; 2],
    ) {
        let room = Vec::with_capacity(self.watched.len() + count);
        let mut old = std::mem::replace(&mut self.watched, room).into_iter().peekable();
        for (at, room) in moved {
            while let Some(entry) = old.next_if(|entry| entry.at < at) {
                self.watched.push(entry);
            }
            old.next_if(|entry| entry.at == at);
            if let Some(room) = room {
                self.watched.push(Entry::due(at, room));
            }
        }
        self.watched.extend(old);
        self.steps += 1;
        let many = self.watched.len() > FEW.max(self.asleep.len() / SHARE);
        if many && (self.watched.len() > 2 * self.sorted || self.steps > STEPS) {
            self.sort_out(travel);
        }
    }

    /// Stops watching those whose deadline is far away.
    fn sort_out(&mut self, travel: impl Fn(usize) -> [Travel; 2]) {
        let watched = std::mem::take(&mut self.watched).into_iter();
        let (tired, watched): (Vec<Entry>, Vec<Entry>) = watched.partition(|entry| is_far(entry, &travel));
        (self.sorted, self.steps, self.watched) = (watched.len(), 0, watched);
        self.put_to_sleep(tired);
    }
}

/// Whether a deadline is further away than the horizon.
fn is_far(entry: &Entry, travel: impl Fn(usize) -> [Travel; 2]) -> bool {
    let ([total, step], deadline) = (travel(entry.room as usize), Travel::from(entry.deadline));
    // The dead (room 0) sleep for ever.
    !total.advanced(HORIZON, step).is_past(deadline) && (deadline != Travel::NEVER || entry.room == 0)
}

/// Two ascending lists as one, in no more memory than it needs.
fn merged(one: Vec<Entry>, other: Vec<Entry>) -> Vec<Entry> {
    if one.is_empty() || other.is_empty() {
        return if one.is_empty() { other } else { one };
    }
    let mut all = Vec::with_capacity(one.len() + other.len());
    all.extend(merge(one.into_iter(), other.into_iter()));
    all
}

/// Two ascending lists as one.
fn merge(
    one: impl Iterator<Item = Entry>,
    other: impl Iterator<Item = Entry>,
) -> impl Iterator<Item = Entry> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(a), Some(b)) if b.at < a.at => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All are there in order, whoever is watched, and sleepers wake when one of them is due.
    #[test]
    fn nobody_is_lost() {
        let at = |across: f64| Travel { across, ..Travel::NEVER }.into();
        let entries =
            (0..2000).map(|i| Entry { at: 2 * i, room: i % 3, deadline: at(f64::from(i)) }).collect();
        let step = [Travel::ZERO, Travel { across: 1.0, output: 1.0, turns: 0.0 }];
        let mut loose = Loose::new(entries, 3);
        let everybody = |loose: &Loose| loose.all().map(|entry| entry.at).collect::<Vec<u32>>();
        // One comes home, one leaves, one moves on: those due after 32 steps of length 1 or later fall asleep.
        loose.update(3, [(4, None), (7, Some(1)), (8, Some(2))].into_iter(), |_| step);
        let mut expected: Vec<u32> = (0..2000).map(|i| 2 * i).filter(|&at| at != 4).chain([7]).collect();
        expected.sort_unstable();
        assert_eq!(everybody(&loose), expected);
        assert_eq!((loose.watched.len(), loose.len()), (32, 2000));
        assert_eq!(loose.watched.iter().find(|entry| entry.at == 7).map(|entry| entry.room), Some(1));
        // The first sleeper of room 2 is due at 32, of room 0 at 33, of room 1 at 34.
        loose.wake(|_, earliest| earliest.across < 32.0, |_| step);
        assert_eq!(loose.watched.len(), 32);
        // After 3 steps room 2 is due: whoever is due within 32 more steps is watched then.
        let later = [Travel { across: 3.0, output: 3.0, turns: 0.0 }, step[1]];
        loose.wake(|room, earliest| room == 2 && earliest.across < 32.5, |_| later);
        assert_eq!((loose.watched.len(), everybody(&loose) == expected), (35, true));
        assert!(loose.watched.iter().all(|entry| Travel::from(entry.deadline).across < 35.0));
        loose.disturb(|room| room == 1);
        loose.wake(|_, earliest| earliest == Travel::DUE, |_| later);
        assert_eq!(loose.watched.len(), 35 + (35..2000).filter(|i| i % 3 == 1).count());
        let disturbed = |entry: &Entry| entry.deadline == Travel::DUE.into();
        assert!(loose.all().filter(|entry| entry.room == 1).all(|entry| disturbed(&entry)));
        assert_eq!(loose.all().filter(|entry| entry.room != 1 && disturbed(entry)).count(), 1);
    }
}
