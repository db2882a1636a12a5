//! Finds the neurons that a push has to integrate event by event, without reading those that no line can reach
//! (section 10).

use rayon::prelude::*;

use super::bins::{Bins, displacement, field_sign};
use super::columns::{BLOCK, Lifted};
use super::displacement::Displacement;
use super::out_of_bin::Entry;
use super::reach_test::{LARGEST_PLANE, Lanes, ReachTest, Sides, test_block};
use super::step_tables::StepTables;

/// Blocks that one task tests.
const TASK: usize = 128;
/// Out-of-bin neurons that one task tests.
const OUT_OF_BIN_TASK: usize = 1024;

/// What a push does to one bin.
#[derive(Clone, Copy)]
struct BinSearch {
    /// Whether its cluster is released in this step (or some neurons at the origin may leave it): then all its neurons
    /// are integrated.
    leaving: bool,
    /// Its displacements at the start of the step, and at its end.
    displacement: [Displacement; 2],
    /// What it advances in the step, and in which proportion.
    advance: Displacement,
    direction: Displacement,
    /// Which neurons may meet an event; `None` where no neuron moves across anything.
    test: Option<ReachTest>,
    sides: Sides,
}

/// Blocks that must be tested: their numbers, and the bin of each.
#[derive(Default)]
struct Due {
    blocks: Vec<usize>,
    bins: Vec<usize>,
}

/// Indices of all neurons that may meet an event, ascending. Also how many neurons were tested;
/// of the out-of-bin ones those count that are found. Safe displacements are brought up to date.
///
/// Safe displacements only save tests: neurons that they skip meet no event (Lemma 3), and those that are found without
/// meeting one leave no trace in any sum.
pub fn search(tables: &StepTables<'_>, bins: &mut Bins, columns: &Lifted) -> (Vec<u32>, u64) {
    let searches: Vec<BinSearch> =
        (0..=bins.origin()).map(|bin| bin_search(tables, bins, columns, bin)).collect();
    let mut due = Due::default();
    for (bin, search) in searches.iter().enumerate().skip(1) {
        if search.leaving {
            due.blocks.extend(bins.safe.blocks(bin));
        } else {
            bins.safe.due(bin, search.displacement[1], &mut due.blocks);
        }
        due.bins.resize(due.blocks.len(), bin);
    }
    let found: Vec<(Vec<u32>, Vec<Displacement>)> = due
        .blocks
        .par_chunks(TASK)
        .zip(due.bins.par_chunks(TASK))
        .map(|(blocks, of)| {
            let (mut indices, mut safe) = (vec![], vec![]);
            for (&block, &bin) in blocks.iter().zip(of) {
                safe.push(search_block(&searches[bin], bins, columns, bin, block, &mut indices));
            }
            (indices, safe)
        })
        .collect();
    let tested: u64 =
        due.blocks.iter().zip(&due.bins).map(|(&block, &bin)| bins.block(bin, block).len() as u64).sum();
    let total = found.iter().map(|(indices, _)| indices.len()).sum();
    let (mut all, mut safe) = (Vec::with_capacity(total), Vec::with_capacity(due.blocks.len()));
    for (indices, some) in found {
        all.extend(indices);
        safe.extend(some);
    }
    let mut first = 0;
    for of_bin in due.bins.chunk_by(|a, b| a == b) {
        let range = first..first + of_bin.len();
        bins.safe.set(of_bin[0], &due.blocks[range.clone()], &safe[range.clone()]);
        first = range.end;
    }
    let out_of_bin = search_out_of_bin(&searches, bins, columns);
    // How many of the out-of-bin list were tested depends on when a run was resumed, which must not show.
    let tested = tested + out_of_bin.len() as u64;
    (merged(all, out_of_bin), tested)
}

fn bin_search(tables: &StepTables<'_>, bins: &Bins, columns: &Lifted, bin: usize) -> BinSearch {
    let count = tables.regions.boundaries();
    // Dead neurons do not move, nor does `w` of any in the kernel limit.
    let moves = |&frame: &usize| frame > 0 && (frame >= count || tables.kind.beta > 0.0);
    let propagator = bins.frame(bin).filter(moves).map(|frame| &tables.propagators[frame]);
    let leaving = if bin == bins.origin() {
        tables.origin_leaves.iter().any(|&u| u <= 1.0)
    } else if bin >= count {
        let cluster = bin - count;
        tables.sliding[cluster / 2].leaves[cluster % 2].iter().any(|&u| u <= 1.0)
    } else {
        false
    };
    let displacement = displacement(&columns.displacements, bin);
    let (field_sign, signs) =
        (field_sign(&columns.displacements, bin), propagator.and_then(|propagator| propagator.signs));
    let mut advance = propagator.map_or(Displacement::ZERO, |propagator| propagator.advance);
    advance.turns = f64::from(field_sign.turns(signs));
    let end = match propagator {
        // Safe displacements do not cover the rounding of planes as large as these: everything is due.
        Some(propagator) if propagator.largest_plane() > LARGEST_PLANE => Displacement::NEVER,
        _ => displacement.advanced(1.0, advance),
    };
    BinSearch {
        leaving,
        displacement: [displacement, end],
        advance,
        direction: advance.direction(),
        test: propagator.map(|propagator| ReachTest::new(propagator, field_sign.relied_on(signs))),
        sides: if bin < count { Sides::Positive } else { Sides::Either },
    }
}

/// Adds those of a block that must be integrated event by event; returns the safe displacement of the block.
fn search_block(
    search: &BinSearch,
    bins: &Bins,
    columns: &Lifted,
    bin: usize,
    block: usize,
    out: &mut Vec<u32>,
) -> Displacement {
    let range = bins.block(bin, block);
    if search.leaving {
        out.extend(range.filter(|&i| bins.of(columns.place[i]) == bin).map(|i| i as u32));
        return Displacement::DUE;
    }
    let Some(test) = &search.test else { return Displacement::NEVER };
    let mut flags = [0; BLOCK];
    let lanes = Lanes {
        c: &columns.c[range.clone()],
        x: &columns.w_x[range.clone()],
        y: &columns.w_y[range.clone()],
        place: &columns.place[range.clone()],
    };
    let clearance = test_block(test, search.sides, lanes, bins.place(bin), &mut flags);
    // Eight flags at a time: most are zero.
    for (first, flags) in range.step_by(8).zip(flags.chunks_exact(8)) {
        let eight: [u8; 8] = flags.try_into().expect("a chunk of eight");
        if u64::from_ne_bytes(eight) != 0 {
            out.extend((0..8).filter(|&lane| eight[lane] != 0).map(|lane| (first + lane) as u32));
        }
    }
    search.displacement[0].safe(clearance, search.direction)
}

/// The out-of-bin neurons that must be integrated event by event, ascending.
fn search_out_of_bin(searches: &[BinSearch], bins: &mut Bins, columns: &Lifted) -> Vec<u32> {
    let one = |entry: &mut Entry| {
        let (search, at) = (&searches[entry.bin as usize], entry.at as usize);
        if search.leaving {
            return Some(entry.at);
        }
        if !search.displacement[1].is_past(entry.safe.into()) {
            return None;
        }
        let Some(test) = &search.test else {
            // The dead stay dead.
            if entry.bin == 0 {
                entry.safe = Displacement::NEVER.into();
            }
            return None;
        };
        let z = [columns.c[at], columns.w_x[at], columns.w_y[at]];
        let (near, clearance) = test.one(z, search.sides);
        entry.safe = search.displacement[0].safe(clearance, search.direction).into();
        near.then_some(entry.at)
    };
    let due = |bin: usize, earliest| searches[bin].leaving || searches[bin].displacement[1].is_past(earliest);
    let displacement = |bin: usize| {
        let search = &searches[bin];
        [search.displacement[0], search.advance]
    };
    bins.out_of_bin.activate(due, displacement);
    let found: Vec<Vec<u32>> = bins
        .out_of_bin
        .active
        .par_chunks_mut(OUT_OF_BIN_TASK)
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
