//! Finds the neurons that a push has to walk, without looking at those that are out of reach.

use rayon::prelude::*;

use crate::flow::state::State;

use super::look::{LARGEST_PLANE, Lanes, Sides, Test, look};
use super::loose::Entry;
use super::rooms::{BLOCK, Rooms};
use super::tables::Tables;
use super::travel::Travel;

/// Blocks that one task looks at.
const TASK: usize = 128;
/// Loose neurons that one task looks at.
const LOOSE_TASK: usize = 1024;

/// What a push does to one room.
#[derive(Clone, Copy)]
struct Prospect {
    /// Whether some of its neurons are set free, whatever its planes do.
    leaving: bool,
    /// Its clocks at the start of the step, and at its end.
    travel: [Travel; 2],
    /// What they advance in it, and in which proportion.
    clock: Travel,
    direction: Travel,
    /// Who may meet an event; `None` where nothing moves.
    test: Option<Test>,
    sides: Sides,
}

/// Blocks that need a look: their numbers, and the room of each.
#[derive(Default)]
struct Due {
    blocks: Vec<usize>,
    rooms: Vec<usize>,
}

/// Indices of all neurons that may meet an event, ascending. Also how many neurons were looked at;
/// of the loose ones those count that are found.
/// Which neurons are found does not depend on deadlines, which only spare looks; deadlines are
/// brought up to date.
pub fn find(tables: &Tables<'_>, rooms: &mut Rooms, state: &State) -> (Vec<u32>, u64) {
    let prospects: Vec<Prospect> =
        (0..rooms.travel.len()).map(|room| prospect(tables, rooms, room)).collect();
    let mut due = Due::default();
    for (room, prospect) in prospects.iter().enumerate().skip(1) {
        if prospect.leaving {
            due.blocks.extend(rooms.deadlines.blocks(room));
        } else {
            rooms.deadlines.due(room, prospect.travel[1], &mut due.blocks);
        }
        due.rooms.resize(due.blocks.len(), room);
    }
    let found: Vec<(Vec<u32>, Vec<Travel>)> = due
        .blocks
        .par_chunks(TASK)
        .zip(due.rooms.par_chunks(TASK))
        .map(|(blocks, of)| {
            let (mut indices, mut deadlines) = (vec![], vec![]);
            for (&block, &room) in blocks.iter().zip(of) {
                deadlines.push(look_at(&prospects[room], rooms, state, room, block, &mut indices));
            }
            (indices, deadlines)
        })
        .collect();
    let looked: u64 =
        due.blocks.iter().zip(&due.rooms).map(|(&block, &room)| rooms.block(room, block).len() as u64).sum();
    let total = found.iter().map(|(indices, _)| indices.len()).sum();
    let (mut all, mut deadlines) = (Vec::with_capacity(total), Vec::with_capacity(due.blocks.len()));
    for (indices, some) in found {
        all.extend(indices);
        deadlines.extend(some);
    }
    let mut first = 0;
    for of_room in due.rooms.chunk_by(|a, b| a == b) {
        let range = first..first + of_room.len();
        rooms.deadlines.set(of_room[0], &due.blocks[range.clone()], &deadlines[range.clone()]);
        first = range.end;
    }
    let loose = find_loose(&prospects, rooms, state);
    // How many of the loose were looked at depends on when a run was resumed, which must not show.
    let looked = looked + loose.len() as u64;
    (merged(all, loose), looked)
}

fn prospect(tables: &Tables<'_>, rooms: &Rooms, room: usize) -> Prospect {
    let count = tables.regions.boundaries();
    // The dead stay dead, and in the kernel limit all stay where they are.
    let moves = |&frame: &usize| frame > 0 && (frame >= count || tables.kind.beta > 0.0);
    let sweep = rooms.frame(room).filter(moves).map(|frame| &tables.sweeps[frame]);
    let leaving = if room == rooms.origin() {
        tables.origin_leaves.iter().any(|&u| u <= 1.0)
    } else if room >= count {
        let cluster = room - count;
        tables.slides[cluster / 2].leaves[cluster % 2].iter().any(|&u| u <= 1.0)
    } else {
        false
    };
    let travel = rooms.travel[room];
    let (course, senses) = (rooms.course[room], sweep.and_then(|sweep| sweep.senses));
    let mut clock = sweep.map_or(Travel::ZERO, |sweep| sweep.clock);
    clock.turns = f64::from(course.turns(senses));
    let end = match sweep {
        // Whoever has no margin in this frame may have had one in an earlier one.
        Some(sweep) if sweep.largest_plane() > LARGEST_PLANE => Travel::NEVER,
        _ => travel.advanced(1.0, clock),
    };
    Prospect {
        leaving,
        travel: [travel, end],
        clock,
        direction: clock.direction(),
        test: sweep.map(|sweep| Test::new(sweep, course.relied_on(senses))),
        sides: if room < count { Sides::Positive } else { Sides::Either },
    }
}

/// Adds those of a block that must be walked; returns the block's deadline.
fn look_at(
    prospect: &Prospect,
    rooms: &Rooms,
    state: &State,
    room: usize,
    block: usize,
    out: &mut Vec<u32>,
) -> Travel {
    let range = rooms.block(room, block);
    if prospect.leaving {
        out.extend(range.filter(|&i| rooms.of(state.place[i]) == room).map(|i| i as u32));
        return Travel::DUE;
    }
    let Some(test) = &prospect.test else { return Travel::NEVER };
    let mut flags = [0; BLOCK];
    let lanes = Lanes {
        c: &state.c[range.clone()],
        x: &state.w_x[range.clone()],
        y: &state.w_y[range.clone()],
        place: &state.place[range.clone()],
    };
    let margin = look(test, prospect.sides, lanes, rooms.place(room), &mut flags);
    // Eight flags at a time: most are zero.
    for (first, flags) in range.step_by(8).zip(flags.chunks_exact(8)) {
        let eight: [u8; 8] = flags.try_into().expect("a chunk of eight");
        if u64::from_ne_bytes(eight) != 0 {
            out.extend((0..8).filter(|&lane| eight[lane] != 0).map(|lane| (first + lane) as u32));
        }
    }
    prospect.travel[0].deadline(margin, prospect.direction)
}

/// The loose neurons that must be walked, ascending.
fn find_loose(prospects: &[Prospect], rooms: &mut Rooms, state: &State) -> Vec<u32> {
    let one = |entry: &mut Entry| {
        let (prospect, at) = (&prospects[entry.room as usize], entry.at as usize);
        if prospect.leaving {
            return Some(entry.at);
        }
        if !prospect.travel[1].is_past(entry.deadline.into()) {
            return None;
        }
        let Some(test) = &prospect.test else {
            // The dead stay dead.
            if entry.room == 0 {
                entry.deadline = Travel::NEVER.into();
            }
            return None;
        };
        let z = [state.c[at], state.w_x[at], state.w_y[at]];
        let (near, margin) = test.one(z, prospect.sides);
        entry.deadline = prospect.travel[0].deadline(margin, prospect.direction).into();
        near.then_some(entry.at)
    };
    let due = |room: usize, earliest| prospects[room].leaving || prospects[room].travel[1].is_past(earliest);
    let travel = |room: usize| {
        let prospect = &prospects[room];
        [prospect.travel[0], prospect.clock]
    };
    rooms.loose.wake(due, travel);
    let found: Vec<Vec<u32>> = rooms
        .loose
        .watched
        .par_chunks_mut(LOOSE_TASK)
        .map(|entries| entries.iter_mut().filter_map(one).collect())
        .collect();
    found.concat()
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
