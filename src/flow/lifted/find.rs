//! Finds the neurons that a push has to walk, without looking at those that are out of reach.

use rayon::prelude::*;

use crate::flow::state::State;

use super::look::{Lanes, Sides, is_near, look};
use super::rooms::{BLOCK, Block, Rooms};
use super::tables::{Sweep, Tables};

/// Blocks that one task looks at.
const TASK: usize = 32;
/// Loose neurons that one task looks at.
const LOOSE_TASK: usize = 4096;
/// Room for the rounding of accumulated travel.
const SLACK: f64 = 1.0 - 1e-9;

/// What a push does to one room.
#[derive(Clone, Copy)]
struct Prospect<'a> {
    /// Whether some of its neurons are set free, whatever its planes do.
    leaving: bool,
    /// Total travel of its planes at the start of the step, and at its end.
    travel: [f64; 2],
    /// Its frame over the step; `None` where nothing moves.
    sweep: Option<&'a Sweep>,
    sides: Sides,
}

/// Indices of all neurons that may meet an event, ascending. Also how many neurons were looked at.
/// Which neurons are found does not depend on deadlines, which only spare looks; deadlines are
/// brought up to date.
pub fn find(tables: &Tables<'_>, rooms: &mut Rooms, state: &State) -> (Vec<u32>, u64) {
    let prospects: Vec<Prospect> =
        (0..rooms.travel.len()).map(|room| prospect(tables, rooms, room)).collect();
    let mut near: Vec<usize> = vec![];
    for (room, prospect) in prospects.iter().enumerate().skip(1) {
        let Prospect { leaving, travel: [_, reach], .. } = *prospect;
        if leaving || reach > rooms.earliest[room] {
            let blocks = rooms.blocks_of(room);
            near.extend(blocks.filter(|&block| leaving || reach > rooms.blocks[block].deadline));
        }
    }
    let looked: u64 = near.iter().map(|&block| rooms.blocks[block].len as u64).sum();
    let found: Vec<(Vec<u32>, Vec<f64>)> = near
        .par_chunks(TASK)
        .map(|blocks| {
            let (mut indices, mut deadlines) = (vec![], vec![]);
            for block in blocks.iter().map(|&block| rooms.blocks[block]) {
                deadlines.push(look_at(&prospects[block.room], rooms, state, block, &mut indices));
            }
            (indices, deadlines)
        })
        .collect();
    let mut all = vec![];
    let mut blocks = near.iter();
    for (indices, deadlines) in found {
        all.extend(indices);
        for (deadline, &block) in deadlines.into_iter().zip(&mut blocks) {
            rooms.set_deadline(block, deadline);
        }
    }
    let mut last = usize::MAX;
    for &block in &near {
        let room = rooms.blocks[block].room;
        if room != last {
            rooms.find_earliest(room);
            last = room;
        }
    }
    let loose = find_loose(&prospects, rooms, state);
    (merged(all, loose), looked + rooms.loose.len() as u64)
}

fn prospect<'a>(tables: &'a Tables<'_>, rooms: &Rooms, room: usize) -> Prospect<'a> {
    let count = tables.regions.boundaries();
    let sweep = rooms.frame(room).filter(|&frame| frame > 0).map(|frame| &tables.sweeps[frame]);
    let leaving = if room == rooms.origin() {
        tables.origin_leaves.iter().any(|&u| u <= 1.0)
    } else if room >= count {
        let cluster = room - count;
        tables.slides[cluster / 2].leaves[cluster % 2].iter().any(|&u| u <= 1.0)
    } else {
        false
    };
    let travel = rooms.travel[room];
    Prospect {
        leaving,
        travel: [travel, travel + sweep.map_or(0.0, |sweep| sweep.travel)],
        sweep,
        sides: if room < count { Sides::Positive } else { Sides::Either },
    }
}

/// Adds those of a block that must be walked; returns the block's deadline.
fn look_at(prospect: &Prospect<'_>, rooms: &Rooms, state: &State, block: Block, out: &mut Vec<u32>) -> f64 {
    let range = block.first..block.first + block.len;
    let at_home = |i: usize| rooms.of(state.place[i]) == block.room;
    if prospect.leaving {
        out.extend(range.filter(|&i| at_home(i)).map(|i| i as u32));
        return f64::NEG_INFINITY;
    }
    let Some(sweep) = prospect.sweep else { return f64::INFINITY };
    let mut flags = [0; BLOCK];
    let lanes = Lanes {
        c: &state.c[range.clone()],
        x: &state.w_x[range.clone()],
        y: &state.w_y[range.clone()],
        place: &state.place[range.clone()],
    };
    let margin = look(lanes, rooms.place(block.room), sweep, prospect.sides, &mut flags);
    let flagged = flags[..block.len].iter().zip(range).filter(|(flag, _)| **flag != 0);
    out.extend(flagged.map(|(_, i)| i as u32));
    prospect.travel[0] + SLACK * margin
}

/// The loose neurons that must be walked, ascending.
fn find_loose(prospects: &[Prospect<'_>], rooms: &mut Rooms, state: &State) -> Vec<u32> {
    let one = |(&i, (room, deadline)): (&u32, &mut (u32, f64))| {
        let prospect = &prospects[*room as usize];
        if prospect.leaving {
            return Some(i);
        }
        if prospect.travel[1] <= *deadline {
            return None;
        }
        let (sweep, at) = (prospect.sweep?, i as usize);
        let z = [state.c[at], state.w_x[at], state.w_y[at]];
        let (near, margin) = is_near(z, sweep, prospect.sides);
        *deadline = prospect.travel[0] + SLACK * margin;
        near.then_some(i)
    };
    rooms
        .loose
        .par_chunks(LOOSE_TASK)
        .zip(rooms.loose_room.par_chunks_mut(LOOSE_TASK))
        .map(|(indices, rooms)| indices.iter().zip(rooms).filter_map(one).collect::<Vec<_>>())
        .collect::<Vec<_>>()
        .concat()
}

/// Two ascending lists as one.
fn merged(first: Vec<u32>, second: Vec<u32>) -> Vec<u32> {
    if second.is_empty() {
        return first;
    }
    let mut second = second.into_iter().peekable();
    let mut all = Vec::with_capacity(first.len() + second.len());
    for i in first {
        while let Some(j) = second.next_if(|&j| j < i) {
            all.push(j);
        }
        all.push(i);
    }
    all.extend(second);
    all
}
