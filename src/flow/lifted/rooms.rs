//! Neurons grouped by place in memory, in blocks.
//!
//! A *room* holds the neurons of one region, of one sign of `c` pinned on one boundary, or at rest at
//! the origin. After a grouping the neurons of a room lie side by side, those near its boundaries
//! together. A neuron that moves to another room later stays where it lies in memory and is listed
//! as *loose*; when there are many, all are grouped anew.
//!
//! A block keeps a *deadline*: how far the clocks of its room may have advanced before one of its
//! neurons can be reached. Until then nobody in it needs a look.

use crate::problem::{Place, PlaceKind};

use super::course::{Course, Senses};
use super::deadlines::Deadlines;
use super::loose::{Entry, Loose};
use super::travel::Travel;

/// Neurons of a block.
pub const BLOCK: usize = 64;

/// Numbers that a state holds of each room's clocks and course.
pub const ENTRIES: usize = 5;

/// The number of a room.
pub type Room = u32;

/// All rooms.
#[derive(Debug, Clone)]
pub struct Rooms {
    regions: usize,
    /// Number of neurons in each room, wherever they lie.
    count: Vec<u32>,
    /// Where the memory of each room begins, then the end.
    starts: Vec<u32>,
    /// Each room's clocks.
    pub travel: Vec<Travel>,
    /// Each room's course.
    pub course: Vec<Course>,
    /// What they advance in steps like the last ones.
    last_travel: Vec<Travel>,
    /// Deadlines of blocks, room by room.
    pub deadlines: Deadlines,
    /// Neurons that lie in another room's memory.
    pub loose: Loose,
}

impl Rooms {
    /// Rooms of neurons that are all at home: the memory of room `q` is `starts[q] .. starts[q + 1]`, or
    /// nothing where there are no `starts`; `regions = 2 s`.
    pub fn grouped(regions: usize, starts: &[u32]) -> Rooms {
        let number = Rooms::number(regions);
        let mut starts = starts.to_vec();
        starts.resize(number + 1, 0);
        let count: Vec<u32> = (0..number).map(|room| starts[room + 1] - starts[room]).collect();
        let mut first_block = vec![0; number + 1];
        for room in 0..number {
            first_block[room + 1] = first_block[room] + (count[room] as usize).div_ceil(BLOCK);
        }
        Rooms {
            regions,
            count,
            starts,
            travel: vec![Travel::ZERO; number],
            course: vec![Course::NEW; number],
            last_travel: vec![Travel::ZERO; number],
            deadlines: Deadlines::new(first_block),
            loose: Loose::new(vec![], number),
        }
    }

    /// Rooms of neurons at these places, at home or not.
    pub fn new(regions: usize, starts: &[u32], place: &[Place]) -> Rooms {
        let mut rooms = Rooms::grouped(regions, starts);
        let mut loose = vec![];
        for room in 0..Rooms::number(regions) {
            for i in rooms.memory(room) {
                let at = room_of(regions, place[i]);
                if at != room {
                    rooms.moved(room, at);
                    loose.push(Entry::due(i as u32, at as Room));
                }
            }
        }
        rooms.loose = Loose::new(loose, Rooms::number(regions));
        rooms
    }

    /// Number of rooms: `2 s` regions, two per boundary, the origin.
    pub fn number(regions: usize) -> usize {
        3 * regions + 1
    }

    /// No more blocks than these hold `m` neurons, however they are spread.
    pub fn most_blocks(regions: usize, m: usize) -> usize {
        m / BLOCK + Rooms::number(regions)
    }

    /// The room of a place.
    #[inline(always)]
    pub fn of(&self, place: Place) -> usize {
        room_of(self.regions, place)
    }

    /// The place of the neurons of a room.
    pub fn place(&self, room: usize) -> Place {
        match room.checked_sub(self.regions) {
            None => Place::in_region(room),
            Some(cluster) if room < self.origin() => Place::in_cluster(cluster / 2, cluster % 2 == 1),
            Some(_) => Place::new(PlaceKind::Stuck, 0),
        }
    }

    /// The room of neurons at rest at the origin.
    pub fn origin(&self) -> usize {
        3 * self.regions
    }

    /// The frame of a room: regions have their own, boundaries follow; none at the origin.
    pub fn frame(&self, room: usize) -> Option<usize> {
        match room {
            room if room < self.regions => Some(room),
            room if room < 3 * self.regions => Some(self.regions + (room - self.regions) / 2),
            _ => None,
        }
    }

    /// Whether any neuron is pinned on boundary `b`.
    pub fn pinned(&self, b: usize) -> bool {
        let room = self.regions + 2 * b;
        self.count[room] + self.count[room + 1] > 0
    }

    /// Number of neurons in a room.
    pub fn count(&self, room: usize) -> u32 {
        self.count[room]
    }

    /// The neurons that lie in the memory of a room.
    pub fn memory(&self, room: usize) -> std::ops::Range<usize> {
        self.starts[room] as usize..self.starts[room + 1] as usize
    }

    /// The neurons of a block.
    pub fn block(&self, room: usize, block: usize) -> std::ops::Range<usize> {
        let memory = self.memory(room);
        let first = memory.start + (block - self.deadlines.blocks(room).start) * BLOCK;
        first..(first + BLOCK).min(memory.end)
    }

    /// Number of neurons in each room after these moves `(from, to)`.
    pub fn counts_after(&self, moves: impl Iterator<Item = [usize; 2]>) -> Vec<u32> {
        let mut count = self.count.clone();
        for [from, to] in moves {
            count[from] -= 1;
            count[to] += 1;
        }
        count
    }

    /// Notes that a neuron went from one room to another.
    pub fn moved(&mut self, from: usize, to: usize) {
        self.count[from] -= 1;
        self.count[to] += 1;
    }

    /// Advances the clocks of each room by what those of its frame go in a step, and its course by the senses
    /// there.
    pub fn advance(&mut self, step: &[(Travel, Option<Senses>)]) {
        for room in 0..self.travel.len() {
            let (now, senses) = self.frame(room).map_or((Travel::ZERO, None), |frame| step[frame]);
            let (total, last, course) =
                (&mut self.travel[room], &mut self.last_travel[room], &mut self.course[room]);
            total.turns += f64::from(course.turns(senses));
            *course = course.after(senses);
            // Steps that end at an event are short: the next one may be long again.
            *last = now.largest(Travel::ZERO.advanced(0.75, *last));
            *total = total.advanced(1.0, now);
        }
    }

    /// Clocks, courses and deadlines, as [`Rooms::store`] left them.
    pub fn restore(&mut self, travel: &[f64], deadline: &[f64]) {
        let rooms = self.travel.iter_mut().zip(&mut self.course);
        let entries = travel.as_chunks::<ENTRIES>().0;
        for ((clocks, course), &[across, output, turns, low, high]) in rooms.zip(entries) {
            *clocks = Travel { across, output, turns };
            *course = Course::from_flat([low, high]);
        }
        self.deadlines.restore(deadline);
    }

    /// Clocks, courses and deadlines into a state that holds the last as they were when this was last called.
    pub fn store(&mut self, travel: &mut Vec<f64>, deadline: &mut Vec<f64>) {
        travel.clear();
        for (clocks, course) in self.travel.iter().zip(&self.course) {
            travel.extend(clocks.to_flat().into_iter().chain(course.to_flat()));
        }
        let m = self.memory(self.origin()).end;
        self.deadlines.store(Rooms::most_blocks(self.regions, m), deadline);
    }

    /// After `count` neurons have moved, `moved` ascending: brings the list of loose ones up to date, and has
    /// the blocks looked at again to which one of them has come back.
    pub fn update(&mut self, count: usize, moved: impl Iterator<Item = u32>, place: &[Place]) {
        let Rooms { starts, deadlines, travel, last_travel, .. } = self;
        let regions = self.regions;
        let mut home = 0;
        let moved = moved.map(|at| {
            while at >= starts[home + 1] {
                home += 1;
            }
            let room = room_of(regions, place[at as usize]);
            if room == home {
                let block = deadlines.blocks(home).start + (at - starts[home]) as usize / BLOCK;
                deadlines.disturb_block(home, block);
                return (at, None);
            }
            (at, Some(room as Room))
        });
        self.loose.update(count, moved, |room| [travel[room], last_travel[room]]);
    }
}

/// The rooms of a frame, the reverse of [`Rooms::frame`], among those of `regions = 2 s` regions.
pub fn rooms_of(regions: usize, frame: usize) -> std::ops::Range<usize> {
    let first = if frame < regions { frame } else { 2 * frame - regions };
    first..first + if frame < regions { 1 } else { 2 }
}

/// The room of a place, among rooms of `regions = 2 s` regions.
#[inline(always)]
pub fn room_of(regions: usize, place: Place) -> usize {
    match place.kind() {
        PlaceKind::Free => place.index(),
        PlaceKind::Dead => 0,
        PlaceKind::Pinned => regions + 2 * place.index() + usize::from(place.is_negative()),
        PlaceKind::Stuck | PlaceKind::StuckPinned => 3 * regions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loose_neurons_are_those_away_from_home() {
        let place =
            [Place::in_region(1), Place::in_region(1), Place::in_cluster(2, true), Place::in_region(3)];
        // Two in room 1, two in room 3; the third has moved to a cluster.
        let mut starts = vec![0, 0, 2, 2, 4];
        starts.resize(Rooms::number(4) + 1, 4);
        let mut rooms = Rooms::new(4, &starts, &place);
        let loose = |rooms: &Rooms| rooms.loose.all().map(|entry| entry.at).collect::<Vec<u32>>();
        assert_eq!(loose(&rooms), [2]);
        assert_eq!((rooms.count(1), rooms.count(3), rooms.count(4 + 2 * 2 + 1)), (2, 1, 1));
        assert_eq!((rooms.memory(1), rooms.memory(3), rooms.memory(7)), (0..2, 2..4, 4..4));
        assert_eq!((rooms.block(1, 0), rooms.block(3, 1)), (0..2, 2..4));
        assert_eq!(rooms.frame(4 + 2 * 2 + 1), Some(6));
        // It comes back, another one leaves; only its block is looked at again.
        let later = Travel { across: 5.0, output: 5.0, turns: 0.0 };
        rooms.deadlines.set(1, &[0], &[later]);
        rooms.deadlines.set(3, &[1], &[later]);
        let place = [Place::in_region(1), Place::in_region(2), Place::in_region(3), Place::in_region(3)];
        rooms.update(2, [1, 2].into_iter(), &place);
        assert_eq!(loose(&rooms), [1]);
        assert_eq!(rooms.deadlines.all(), [later, Travel::DUE]);
    }
}
