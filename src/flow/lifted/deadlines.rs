//! Deadlines of blocks: how far the clocks of a room may have advanced before one of its neurons can be
//! reached. Bunches of blocks and rooms keep their earliest, so that blocks that are not due cost
//! nothing, however many there are.

use super::travel::Travel;

/// Blocks of a bunch.
const BUNCH: usize = 32;

/// Deadlines of blocks that lie room by room.
#[derive(Debug, Clone)]
pub struct Deadlines {
    /// First block of each room, and one past the last.
    first_block: Vec<usize>,
    /// First bunch of each room, and one past the last; no bunch belongs to two rooms.
    first_bunch: Vec<usize>,
    block: Vec<Travel>,
    bunch: Vec<Travel>,
    room: Vec<Travel>,
    /// Blocks whose deadline has changed since it was last stored.
    changed: Vec<usize>,
}

impl Deadlines {
    /// Everything is due; room `q` has the blocks `first_block[q] .. first_block[q + 1]`.
    pub fn new(first_block: Vec<usize>) -> Deadlines {
        let rooms = first_block.len() - 1;
        let mut first_bunch = vec![0; rooms + 1];
        for room in 0..rooms {
            first_bunch[room + 1] =
                first_bunch[room] + (first_block[room + 1] - first_block[room]).div_ceil(BUNCH);
        }
        let due = |n: usize| vec![Travel::DUE; n];
        Deadlines {
            block: due(first_block[rooms]),
            bunch: due(first_bunch[rooms]),
            room: due(rooms),
            changed: vec![],
            first_block,
            first_bunch,
        }
    }

    /// Blocks of a room.
    pub fn blocks(&self, room: usize) -> std::ops::Range<usize> {
        self.first_block[room]..self.first_block[room + 1]
    }

    /// Of all blocks.
    #[cfg(test)]
    pub fn all(&self) -> &[Travel] {
        &self.block
    }

    /// Blocks of a bunch.
    fn of_bunch(&self, room: usize, bunch: usize) -> std::ops::Range<usize> {
        let first = self.first_block[room] + (bunch - self.first_bunch[room]) * BUNCH;
        first..(first + BUNCH).min(self.first_block[room + 1])
    }

    fn bunch_of(&self, room: usize, block: usize) -> usize {
        self.first_bunch[room] + (block - self.first_block[room]) / BUNCH
    }

    /// Adds the blocks of a room that are due when its clocks show `travel`.
    pub fn due(&self, room: usize, travel: Travel, out: &mut Vec<usize>) {
        if !travel.is_past(self.room[room]) {
            return;
        }
        for bunch in self.first_bunch[room]..self.first_bunch[room + 1] {
            if travel.is_past(self.bunch[bunch]) {
                out.extend(self.of_bunch(room, bunch).filter(|&block| travel.is_past(self.block[block])));
            }
        }
    }

    /// Sets the deadlines of some blocks of one room, ascending.
    pub fn set(&mut self, room: usize, blocks: &[usize], deadlines: &[Travel]) {
        for (&block, &deadline) in blocks.iter().zip(deadlines) {
            self.block[block] = deadline;
            self.changed.push(block);
        }
        let mut last = usize::MAX;
        for &block in blocks {
            let bunch = self.bunch_of(room, block);
            if bunch != last {
                self.bunch[bunch] = earliest(&self.block[self.of_bunch(room, bunch)]);
                last = bunch;
            }
        }
        self.room[room] = earliest(&self.bunch[self.first_bunch[room]..self.first_bunch[room + 1]]);
    }

    /// Has a block looked at again.
    pub fn disturb_block(&mut self, room: usize, block: usize) {
        let bunch = self.bunch_of(room, block);
        (self.block[block], self.bunch[bunch], self.room[room]) = (Travel::DUE, Travel::DUE, Travel::DUE);
        self.changed.push(block);
    }

    /// Has every block of a room looked at again.
    pub fn disturb(&mut self, room: usize) {
        let blocks = self.blocks(room);
        self.block[blocks.clone()].fill(Travel::DUE);
        self.bunch[self.first_bunch[room]..self.first_bunch[room + 1]].fill(Travel::DUE);
        self.room[room] = Travel::DUE;
        self.changed.extend(blocks);
    }

    /// From a list as [`Deadlines::store`] leaves it.
    pub fn restore(&mut self, deadline: &[f64]) {
        for (block, &flat) in self.block.iter_mut().zip(deadline.as_chunks().0) {
            *block = Travel::from_flat(flat);
        }
        for room in 0..self.room.len() {
            for bunch in self.first_bunch[room]..self.first_bunch[room + 1] {
                self.bunch[bunch] = earliest(&self.block[self.of_bunch(room, bunch)]);
            }
            self.room[room] = earliest(&self.bunch[self.first_bunch[room]..self.first_bunch[room + 1]]);
        }
    }

    /// Into a list of `most` times three numbers that holds them as they were when this was last called, or
    /// is empty.
    pub fn store(&mut self, most: usize, deadline: &mut Vec<f64>) {
        if deadline.is_empty() {
            deadline.extend(self.block.iter().flat_map(|block| block.to_flat()));
            deadline.resize(3 * most, 0.0);
        }
        for block in self.changed.drain(..) {
            deadline[3 * block..3 * block + 3].copy_from_slice(&self.block[block].to_flat());
        }
    }
}

fn earliest(deadlines: &[Travel]) -> Travel {
    deadlines.iter().copied().fold(Travel::NEVER, Travel::earliest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_due_blocks_are_named() {
        // Rooms of 70, none and 40 blocks.
        let mut deadlines = Deadlines::new(vec![0, 70, 70, 110]);
        let at = |across: f64| Travel { across, output: 2.0 * across, turns: 0.0 };
        let due = |deadlines: &Deadlines, room: usize, across: f64| {
            let mut out = vec![];
            deadlines.due(room, at(across), &mut out);
            out
        };
        assert_eq!(due(&deadlines, 0, 0.0).len(), 70);
        assert!(due(&deadlines, 1, 1e9).is_empty());
        let blocks: Vec<usize> = (70..110).collect();
        let times: Vec<Travel> = (0..40).map(|i| at(f64::from(i))).collect();
        deadlines.set(2, &blocks, &times);
        assert_eq!(due(&deadlines, 2, 2.5), [70, 71, 72]);
        deadlines.set(2, &[70, 71, 72], &[at(9.0); 3]);
        assert_eq!(due(&deadlines, 2, 3.5), [73]);
        deadlines.disturb_block(2, 105);
        assert_eq!(due(&deadlines, 2, 3.5), [73, 105]);
        let mut stored = vec![];
        deadlines.store(150, &mut stored);
        let mut other = Deadlines::new(vec![0, 70, 70, 110]);
        other.restore(&stored);
        assert_eq!(due(&other, 2, 3.5), [73, 105]);
        deadlines.disturb(2);
        assert_eq!(due(&deadlines, 2, -1e9).len(), 40);
        deadlines.store(150, &mut stored);
        assert!(stored[210..330].iter().all(|&deadline| deadline == f64::NEG_INFINITY));
    }
}
