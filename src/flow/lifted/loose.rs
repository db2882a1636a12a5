//! Neurons that lie in the memory of a room in which they no longer are.
//!
//! Each has a deadline of its own, in the travel of the planes of the room it is in. Those whose deadline
//! is many steps away are kept apart, and cost nothing until the first of them is due.

use super::rooms::Room;

/// A neuron away from home.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Where it lies in memory.
    pub at: u32,
    /// The room it is in.
    pub room: Room,
    /// Total travel of that room's planes up to which it needs no look.
    pub deadline: f64,
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
    earliest: Vec<f64>,
    /// How many were watched after they were last sorted out, and how many steps ago that was.
    sorted: usize,
    steps: usize,
}

impl Loose {
    /// These neurons, all watched, among `rooms` rooms.
    pub fn new(watched: Vec<Entry>, rooms: usize) -> Loose {
        Loose { watched, asleep: vec![], earliest: vec![f64::INFINITY; rooms], sorted: 0, steps: 0 }
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
            entry.deadline = f64::NEG_INFINITY;
        }
        for (room, earliest) in self.earliest.iter_mut().enumerate() {
            // Infinite where nobody sleeps.
            if rooms(room) && *earliest < f64::INFINITY {
                *earliest = f64::NEG_INFINITY;
            }
        }
    }

    /// Watches everybody, if one of those that are not watched may be due.
    pub fn wake(&mut self, due: impl Fn(usize, f64) -> bool) {
        let sleepers = self.earliest.iter().enumerate().filter(|(_, earliest)| **earliest < f64::INFINITY);
        let mut sleepers = sleepers.map(|(room, &earliest)| due(room, earliest));
        if sleepers.any(|due| due) {
            let (watched, asleep) = (std::mem::take(&mut self.watched), std::mem::take(&mut self.asleep));
            self.watched = merge(watched.into_iter(), asleep.into_iter()).collect();
            self.earliest.fill(f64::INFINITY);
        }
    }

    /// After a step in which the neurons `moved`, ascending, have moved: the new room of each, `None`
    /// when it is at home.
    ///
    /// * `travel`: of the planes of each room: in total, and in the last step.
    pub fn update(
        &mut self,
        moved: impl Iterator<Item = (u32, Option<Room>)>,
        travel: impl Fn(usize) -> [f64; 2],
    ) {
        let mut old = std::mem::take(&mut self.watched).into_iter().peekable();
        for (at, room) in moved {
            while let Some(entry) = old.next_if(|entry| entry.at < at) {
                self.watched.push(entry);
            }
            old.next_if(|entry| entry.at == at);
            if let Some(room) = room {
                self.watched.push(Entry { at, room, deadline: f64::NEG_INFINITY });
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
    fn sort_out(&mut self, travel: impl Fn(usize) -> [f64; 2]) {
        let far = |entry: &Entry| {
            let [total, last] = travel(entry.room as usize);
            // The dead (room 0) sleep for ever.
            entry.deadline > total + HORIZON * last && (entry.deadline < f64::INFINITY || entry.room == 0)
        };
        let (tired, watched): (Vec<Entry>, Vec<Entry>) = self.watched.iter().partition(|entry| far(entry));
        for entry in &tired {
            let earliest = &mut self.earliest[entry.room as usize];
            *earliest = earliest.min(entry.deadline);
        }
        let asleep = std::mem::take(&mut self.asleep);
        self.asleep = merge(asleep.into_iter(), tired.into_iter()).collect();
        (self.sorted, self.steps, self.watched) = (watched.len(), 0, watched);
    }
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
        let entries = (0..2000).map(|i| Entry { at: 2 * i, room: i % 3, deadline: f64::from(i) }).collect();
        let mut loose = Loose::new(entries, 3);
        let everybody = |loose: &Loose| loose.all().map(|entry| entry.at).collect::<Vec<u32>>();
        // One comes home, one leaves, one moves on: those due after 32 steps of length 1 fall asleep.
        loose.update([(4, None), (7, Some(1)), (8, Some(2))].into_iter(), |_| [0.0, 1.0]);
        let mut expected: Vec<u32> = (0..2000).map(|i| 2 * i).filter(|&at| at != 4).chain([7]).collect();
        expected.sort_unstable();
        assert_eq!(everybody(&loose), expected);
        assert_eq!((loose.watched.len(), loose.len()), (33, 2000));
        assert_eq!(loose.watched.iter().find(|entry| entry.at == 7).map(|entry| entry.room), Some(1));
        // The first sleeper of room 0 is due at 33, of room 1 at 34, of room 2 at 35.
        loose.wake(|_, earliest| earliest < 33.0);
        assert_eq!(loose.watched.len(), 33);
        loose.wake(|room, earliest| room == 2 && earliest < 35.5);
        assert_eq!((loose.watched.len(), everybody(&loose) == expected), (2000, true));
        loose.update(std::iter::empty(), |_| [0.0, 1.0]);
        loose.disturb(|room| room == 1);
        loose.wake(|_, earliest| earliest == f64::NEG_INFINITY);
        assert_eq!(loose.watched.len(), 2000);
        let disturbed = |entry: &Entry| entry.deadline == f64::NEG_INFINITY;
        assert!(loose.all().filter(|entry| entry.room == 1).all(|entry| disturbed(&entry)));
        assert_eq!(loose.all().filter(|entry| entry.room != 1 && disturbed(entry)).count(), 1);
    }
}
