//! Finds the neurons that a push has to walk, without looking at those that are out of reach.

use rayon::prelude::*;

use crate::flow::state::State;

use super::look::{Sides, look};
use super::rooms::{BLOCK, Block, Rooms};
use super::tables::Tables;

/// Blocks that one task looks at.
const TASK: usize = 32;
/// Room for the rounding of accumulated travel.
const SLACK: f64 = 1.0 - 1e-9;

/// Indices of all neurons that may meet an event, ascending. Also how many neurons were looked at. Which neurons are found does not depend on
/// deadlines, which only spare looks; deadlines are brought up to date.
pub fn find(tables: &Tables<'_>, rooms: &mut Rooms, state: &State) -> (Vec<u32>, u64) {
    let count = tables.regions.boundaries();
    let mut near: Vec<usize> = vec![];
    for room in 1..Rooms::number(count) {
        if rooms.blocks_of(room).is_empty() {
            continue;
        }
        let leaving = leaves(tables, rooms, room);
        let reach = rooms.travel[room] + rooms.frame(room).map_or(0.0, |frame| tables.sweeps[frame].travel);
        if !leaving && reach <= rooms.earliest[room] {
            continue;
        }
        near.extend(rooms.blocks_of(room).filter(|&block| leaving || reach > rooms.blocks[block].deadline));
    }
    let looked: u64 = near.iter().map(|&block| rooms.blocks[block].len as u64).sum();
    let found: Vec<(Vec<u32>, Vec<f64>)> = near
        .par_chunks(TASK)
        .map(|blocks| {
            let (mut indices, mut deadlines) = (vec![], vec![]);
            for &block in blocks {
                deadlines.push(look_at(tables, rooms, state, rooms.blocks[block], &mut indices));
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
    let loose = rooms.loose.iter().copied().filter(|&i| is_near(tables, rooms, state, i as usize));
    (merged(all, loose), looked + rooms.loose.len() as u64)
}

/// Two ascending lists as one.
fn merged(first: Vec<u32>, second: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut second = second.peekable();
    if second.peek().is_none() {
        return first;
    }
    let mut all = Vec::with_capacity(first.len());
    for i in first {
        while let Some(j) = second.next_if(|&j| j < i) {
            all.push(j);
        }
        all.push(i);
    }
    all.extend(second);
    all
}

/// Whether the neurons of a room are set free during the step, whatever their planes do.
fn leaves(tables: &Tables<'_>, rooms: &Rooms, room: usize) -> bool {
    let count = tables.regions.boundaries();
    if room == rooms.origin() {
        return tables.origin_leaves.iter().any(|&u| u <= 1.0);
    }
    let Some(cluster) = room.checked_sub(count) else { return false };
    tables.slides[cluster / 2].leaves[cluster % 2].iter().any(|&u| u <= 1.0)
}

/// Adds those of a block that must be walked; returns the block's deadline.
fn look_at(tables: &Tables<'_>, rooms: &Rooms, state: &State, block: Block, out: &mut Vec<u32>) -> f64 {
    let Block { first, len, room, .. } = block;
    let range = first..first + len;
    let at_home = |i: usize| rooms.of(state.place[i]) == room;
    if leaves(tables, rooms, room) {
        out.extend(range.filter(|&i| at_home(i)).map(|i| i as u32));
        return f64::NEG_INFINITY;
    }
    let Some(frame) = rooms.frame(room) else { return f64::INFINITY };
    let sides = if room < tables.regions.boundaries() { Sides::Positive } else { Sides::Either };
    let mut flags = [0; BLOCK];
    let (c, x, y) = (&state.c[range.clone()], &state.w_x[range.clone()], &state.w_y[range.clone()]);
    let margin = look(c, x, y, &tables.sweeps[frame], sides, &mut flags);
    let flagged = flags[..len].iter().zip(range).filter(|(flag, _)| **flag != 0).map(|(_, i)| i);
    out.extend(flagged.filter(|&i| at_home(i)).map(|i| i as u32));
    rooms.travel[room] + SLACK * margin
}

/// Whether a loose neuron must be walked.
fn is_near(tables: &Tables<'_>, rooms: &Rooms, state: &State, i: usize) -> bool {
    let room = rooms.of(state.place[i]);
    if room == 0 || leaves(tables, rooms, room) {
        return room != 0;
    }
    let Some(frame) = rooms.frame(room) else { return false };
    let sides = if room < tables.regions.boundaries() { Sides::Positive } else { Sides::Either };
    let mut flags = [0; BLOCK];
    look(&state.c[i..=i], &state.w_x[i..=i], &state.w_y[i..=i], &tables.sweeps[frame], sides, &mut flags);
    flags[0] != 0
}
