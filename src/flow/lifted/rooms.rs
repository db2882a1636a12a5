//! Neurons grouped by place in memory, in blocks.
//!
//! A *room* holds the neurons of one region, of one sign of `c` pinned on one boundary, or at rest at
//! the origin. After a grouping the neurons of a room lie side by side, those near its boundaries
//! together. A neuron that moves to another room later stays where it lies in memory and is listed
//! as *loose*; when there are many, all are grouped anew.
//!
//! A block keeps a *deadline*: how far the planes of its room may have moved before one of its
//! neurons can be reached. Until then nobody in it needs a look.

use crate::problem::{Place, PlaceKind};

/// Neurons of a block.
pub const BLOCK: usize = 256;

/// A stretch of memory in which neurons of one room lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Block {
    /// First neuron.
    pub first: usize,
    /// Number of neurons, at most [`BLOCK`].
    pub len: usize,
    /// Their room.
    pub room: usize,
    /// Total travel of the room's planes up to which nobody needs a look.
    pub deadline: f64,
}

/// All rooms.
#[derive(Debug, Clone)]
pub struct Rooms {
    regions: usize,
    /// Number of neurons in each room, wherever they lie.
    count: Vec<u32>,
    /// Total travel of each room's planes so far.
    pub travel: Vec<f64>,
    /// First block of each room, and one past the last.
    first_block: Vec<usize>,
    /// Blocks, room by room.
    pub blocks: Vec<Block>,
    /// Earliest deadline of each room.
    pub earliest: Vec<f64>,
    /// Neurons that lie in another room's memory, ascending.
    pub loose: Vec<u32>,
    /// The room of each loose neuron, and the total travel of its planes up to which the neuron
    /// needs no look.
    pub loose_room: Vec<(u32, f64)>,
    /// Blocks whose deadline has changed since the state was last told.
    changed: Vec<usize>,
}

impl Rooms {
    /// Rooms of neurons at these places, where the memory of room `q` is
    /// `starts[q] .. starts[q + 1]`; `regions = 2 s`.
    pub fn new(regions: usize, starts: &[u32], place: &[Place]) -> Rooms {
        let number = Rooms::number(regions);
        let mut rooms = Rooms {
            regions,
            count: vec![0; number],
            travel: vec![0.0; number],
            first_block: vec![0; number + 1],
            blocks: vec![],
            earliest: vec![f64::NEG_INFINITY; number],
            loose: vec![],
            loose_room: vec![],
            changed: vec![],
        };
        for room in 0..number {
            rooms.first_block[room] = rooms.blocks.len();
            let (from, to) = (starts[room] as usize, starts[room + 1] as usize);
            for first in (from..to).step_by(BLOCK) {
                let len = BLOCK.min(to - first);
                rooms.blocks.push(Block { first, len, room, deadline: f64::NEG_INFINITY });
            }
            for i in from..to {
                let at = rooms.of(place[i]);
                rooms.count[at] += 1;
                if at != room {
                    rooms.loose.push(i as u32);
                    rooms.loose_room.push((at as u32, f64::NEG_INFINITY));
                }
            }
        }
        rooms.first_block[number] = rooms.blocks.len();
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

    /// Blocks of a room.
    pub fn blocks_of(&self, room: usize) -> std::ops::Range<usize> {
        self.first_block[room]..self.first_block[room + 1]
    }

    /// The block in which neuron `i` lies, at or after `from`.
    fn block_of(&self, i: usize, from: usize) -> usize {
        let after = self.blocks[from..].iter().position(|block| i < block.first + block.len);
        from + after.expect("every neuron lies in a block")
    }

    /// Number of neurons in each room after these moves `(from, to)`.
    pub fn counts_after(&self, moves: impl Iterator<Item = (usize, usize)>) -> Vec<u32> {
        let mut count = self.count.clone();
        for (from, to) in moves {
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

    /// Sets the deadline of a block.
    pub fn set_deadline(&mut self, block: usize, deadline: f64) {
        self.blocks[block].deadline = deadline;
        self.changed.push(block);
    }

    /// Travel and deadlines, as [`Rooms::store`] left them.
    pub fn restore(&mut self, travel: &[f64], deadline: &[f64]) {
        self.travel.copy_from_slice(travel);
        for (block, &deadline) in self.blocks.iter_mut().zip(deadline) {
            block.deadline = deadline;
        }
        for room in 0..self.earliest.len() {
            self.find_earliest(room);
        }
    }

    /// Travel and deadlines into a state that holds them as they were when this was last called.
    pub fn store(&mut self, travel: &mut Vec<f64>, deadline: &mut Vec<f64>) {
        travel.clone_from(&self.travel);
        if deadline.is_empty() {
            let most = Rooms::most_blocks(self.regions, self.count.iter().map(|&n| n as usize).sum());
            *deadline = self.blocks.iter().map(|block| block.deadline).collect();
            deadline.resize(most, 0.0);
        }
        for block in self.changed.drain(..) {
            deadline[block] = self.blocks[block].deadline;
        }
    }

    /// The earliest deadline of a room, found anew.
    pub fn find_earliest(&mut self, room: usize) {
        let deadlines = self.blocks[self.blocks_of(room)].iter().map(|block| block.deadline);
        self.earliest[room] = deadlines.fold(f64::INFINITY, f64::min);
    }

    /// Has every block of a room looked at again, as after a change of its frame.
    pub fn disturb(&mut self, room: usize) {
        self.earliest[room] = f64::NEG_INFINITY;
        for block in self.blocks_of(room) {
            self.set_deadline(block, f64::NEG_INFINITY);
        }
    }

    /// After neurons have moved, `moved` ascending: has the blocks in which they lie looked at again,
    /// and brings the list of loose neurons up to date.
    pub fn update(&mut self, moved: impl Iterator<Item = u32>, place: &[Place]) {
        let before = std::mem::take(&mut self.loose).into_iter();
        let mut old = before.zip(std::mem::take(&mut self.loose_room)).peekable();
        let (mut loose, mut rooms) = (vec![], vec![]);
        let mut block = 0;
        let mut keep = |(i, room): (u32, (u32, f64))| {
            loose.push(i);
            rooms.push(room);
        };
        for new in moved {
            while let Some(entry) = old.next_if(|&(i, _)| i < new) {
                keep(entry);
            }
            old.next_if(|&(i, _)| i == new);
            block = self.block_of(new as usize, block);
            let room = self.of(place[new as usize]);
            let home = self.blocks[block].room;
            self.earliest[home] = f64::NEG_INFINITY;
            self.set_deadline(block, f64::NEG_INFINITY);
            if room != home {
                keep((new, (room as u32, f64::NEG_INFINITY)));
            }
        }
        old.for_each(keep);
        (self.loose, self.loose_room) = (loose, rooms);
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
        assert_eq!(rooms.loose, [2]);
        assert_eq!((rooms.count(1), rooms.count(3), rooms.count(4 + 2 * 2 + 1)), (2, 1, 1));
        assert_eq!([1, 2].map(|i| rooms.blocks[rooms.block_of(i, 0)].room), [1, 3]);
        assert_eq!(rooms.frame(4 + 2 * 2 + 1), Some(6));
        // It comes back, another one leaves.
        let place = [Place::in_region(1), Place::in_region(2), Place::in_region(3), Place::in_region(3)];
        rooms.update([1, 2].into_iter(), &place);
        assert_eq!(rooms.loose, [1]);
    }
}
