//! Finds the neurons that a push has to integrate event by event, without reading those that no line can reach
//! (section 10).

use rayon::prelude::*;

use crate::flow::moments::MERGE_LENGTH;

use super::bins::{Bins, displacement, field_sign};
use super::columns::{BLOCK, Lifted};
use super::displacement::Displacement;
use super::out_of_bin::{Bin, Entry};
use super::reach_test::{Lanes, ReachTest, Sides, test_block};
use super::step_tables::StepTables;

/// Blocks that one task tests.
const TASK: usize = 128;
/// Out-of-bin neurons that one task tests.
const OUT_OF_BIN_TASK: usize = 1024;

/// What a push does to one bin.
#[derive(Debug, Clone, Copy)]
struct BinStep {
    /// Whether its cluster is released in this step (or some neurons at the origin may leave it): then all its neurons
    /// are integrated.
    leaving: bool,
    /// Whether one of its inactive out-of-bin neurons may have to be tested.
    wakes: bool,
    /// Its displacement at the end of the step, and what it advances in the step.
    end: Displacement,
    advance: Displacement,
    /// Which of the tests is that of the bin, if one is needed; [`NONE`] before it is known.
    test: u32,
}

impl BinStep {
    /// Of a bin in which there is nothing to test.
    const NOTHING: BinStep = BinStep {
        leaving: false,
        wakes: false,
        end: Displacement::ZERO,
        advance: Displacement::ZERO,
        test: STILL,
    };
}

/// No test yet.
const NONE: u32 = u32::MAX;
/// No test, because no neuron moves across anything.
const STILL: u32 = u32::MAX - 1;

/// A search, in the memory of earlier ones.
#[derive(Debug, Default)]
pub struct Search {
    steps: Vec<BinStep>,
    /// Which neurons may meet an event, for bins that need a test.
    tests: Vec<ReachTest>,
    /// Blocks that must be tested, and the bin of each.
    blocks: Vec<usize>,
    bins: Vec<usize>,
    /// Bins with inactive out-of-bin neurons of which one may be due.
    waking: Vec<Bin>,
}

impl Search {
    /// Indices of all neurons that may meet an event, ascending. Also how many neurons were tested;
    /// of the out-of-bin ones those count that are found. Safe displacements are brought up to date.
    ///
    /// Safe displacements only save tests: neurons that they skip meet no event (Lemma 3), and those that are found without
    /// meeting one leave no trace in any sum.
    pub fn candidates(
        &mut self,
        tables: &StepTables<'_>,
        bins: &mut Bins,
        columns: &Lifted,
    ) -> (Vec<u32>, u64) {
        (0..bins.origin() + 1)
            .into_par_iter()
            .with_min_len(MERGE_LENGTH)
            .map(|bin| bin_step(tables, bins, columns, bin))
            .collect_into_vec(&mut self.steps);
        self.tests.clear();
        self.blocks.clear();
        self.bins.clear();
        self.waking.clear();
        for bin in (1..self.steps.len()).filter(|&bin| !bins.is_empty(bin)) {
            if self.steps[bin].wakes {
                self.waking.push(bin as Bin);
            }
            if self.steps[bin].leaving {
                self.blocks.extend(bins.safe.blocks(bin));
            } else {
                bins.safe.due(bin, self.steps[bin].end, &mut self.blocks);
            }
            if self.blocks.len() > self.bins.len() {
                self.bins.resize(self.blocks.len(), bin);
                self.prepare(tables, bins, columns, bin);
            }
        }
        let step = &*self;
        let found: Vec<(Vec<u32>, Vec<Displacement>)> = (self.blocks.par_chunks(TASK))
            .zip(self.bins.par_chunks(TASK))
            .map(|(blocks, of)| {
                let (mut indices, mut safe) = (vec![], vec![]);
                for (&block, &bin) in blocks.iter().zip(of) {
                    safe.push(step.of_block(bins, columns, bin, block, &mut indices));
                }
                (indices, safe)
            })
            .collect();
        let pairs = self.blocks.iter().zip(&self.bins);
        let tested: u64 = pairs.map(|(&block, &bin)| bins.block(bin, block).len() as u64).sum();
        let total = found.iter().map(|(indices, _)| indices.len()).sum();
        let (mut all, mut safe) = (Vec::with_capacity(total), Vec::with_capacity(self.blocks.len()));
        for (indices, some) in found {
            all.extend(indices);
            safe.extend(some);
        }
        let mut first = 0;
        for of_bin in self.bins.chunk_by(|a, b| a == b) {
            let range = first..first + of_bin.len();
            bins.safe.set(of_bin[0], &self.blocks[range.clone()], &safe[range.clone()]);
            first = range.end;
        }
        let out_of_bin = self.out_of_bin(tables, bins, columns);
        // How many of the out-of-bin list were tested depends on when a run was resumed, which must not show.
        let tested = tested + out_of_bin.len() as u64;
        (merged(all, out_of_bin), tested)
    }

    /// Makes the test of a bin, if it has none yet.
    fn prepare(&mut self, tables: &StepTables<'_>, bins: &Bins, columns: &Lifted, bin: usize) {
        let step = &mut self.steps[bin];
        if step.test != NONE || step.leaving {
            return;
        }
        let Some(frame) = moving_frame(tables, bins, bin) else {
            step.test = STILL;
            return;
        };
        let signs = field_sign(&columns.displacements, bin).relied_on(tables.propagators[frame].signs);
        step.test = self.tests.len() as u32;
        self.tests.push(ReachTest::new(tables, frame, signs));
    }

    /// The test of a bin that has been prepared; `None` where no neuron moves across anything.
    fn test(&self, bin: usize) -> Option<&ReachTest> {
        self.tests.get(self.steps[bin].test as usize)
    }

    /// Adds those of a block that must be integrated event by event; returns the safe displacement of the block.
    fn of_block(
        &self,
        bins: &Bins,
        columns: &Lifted,
        bin: usize,
        block: usize,
        out: &mut Vec<u32>,
    ) -> Displacement {
        let (range, step) = (bins.block(bin, block), &self.steps[bin]);
        if step.leaving {
            out.extend(range.filter(|&i| bins.of(columns.place[i]) == bin).map(|i| i as u32));
            return Displacement::DUE;
        }
        let Some(test) = self.test(bin) else { return Displacement::NEVER };
        let mut flags = [0; BLOCK];
        let lanes = Lanes {
            c: &columns.c[range.clone()],
            x: &columns.w_x[range.clone()],
            y: &columns.w_y[range.clone()],
            place: &columns.place[range.clone()],
        };
        let clearance = test_block(test, sides(bins, bin), lanes, bins.place(bin), &mut flags);
        // Eight flags at a time: most are zero.
        for (first, flags) in range.step_by(8).zip(flags.chunks_exact(8)) {
            let eight: [u8; 8] = flags.try_into().expect("a chunk of eight");
            if u64::from_ne_bytes(eight) != 0 {
                out.extend((0..8).filter(|&lane| eight[lane] != 0).map(|lane| (first + lane) as u32));
            }
        }
        displacement(&columns.displacements, bin).safe(clearance, step.advance.direction())
    }

    /// The out-of-bin neurons that must be integrated event by event, ascending.
    fn out_of_bin(&mut self, tables: &StepTables<'_>, bins: &mut Bins, columns: &Lifted) -> Vec<u32> {
        let steps = &self.steps;
        let due = |bin: usize, earliest| steps[bin].leaving || steps[bin].end.is_past(earliest);
        let now = |bin: usize| [displacement(&columns.displacements, bin), steps[bin].advance];
        bins.out_of_bin.activate(&self.waking, due, now);
        let mut active = std::mem::take(&mut bins.out_of_bin.active);
        for entry in &active {
            let bin = entry.bin as usize;
            if self.steps[bin].test == NONE && self.steps[bin].end.is_past(entry.safe.into()) {
                self.prepare(tables, bins, columns, bin);
            }
        }
        let (search, shared) = (&*self, &*bins);
        let one = |entry: &mut Entry| {
            let (bin, at) = (entry.bin as usize, entry.at as usize);
            let step = &search.steps[bin];
            if step.leaving {
                return Some(entry.at);
            }
            if !step.end.is_past(entry.safe.into()) {
                return None;
            }
            let Some(test) = search.test(bin) else {
                // The dead stay dead.
                if entry.bin == 0 {
                    entry.safe = Displacement::NEVER.into();
                }
                return None;
            };
            let z = [columns.c[at], columns.w_x[at], columns.w_y[at]];
            let (near, clearance) = test.one(z, sides(shared, bin));
            let safe = displacement(&columns.displacements, bin).safe(clearance, step.advance.direction());
            entry.safe = safe.into();
            near.then_some(entry.at)
        };
        let found: Vec<Vec<u32>> = active
            .par_chunks_mut(OUT_OF_BIN_TASK)
            .map(|entries| entries.iter_mut().filter_map(one).collect())
            .collect();
        bins.out_of_bin.active = active;
        found.concat()
    }
}

/// Whether both lines of a bin are crossed from one side alone.
fn sides(bins: &Bins, bin: usize) -> Sides {
    if bins.is_region(bin) { Sides::Positive } else { Sides::Either }
}

/// The frame of a bin; `None` where no neuron moves across anything.
fn moving_frame(tables: &StepTables<'_>, bins: &Bins, bin: usize) -> Option<usize> {
    // Dead neurons do not move, nor does `w` of any in the kernel limit.
    let moves = |&frame: &usize| frame > 0 && (!bins.is_region(bin) || tables.kind.beta > 0.0);
    bins.frame(bin).filter(moves)
}

fn bin_step(tables: &StepTables<'_>, bins: &Bins, columns: &Lifted, bin: usize) -> BinStep {
    if bins.is_empty(bin) {
        return BinStep::NOTHING;
    }
    let leaving = if bin == bins.origin() {
        tables.origin_leaves.iter().any(|&u| u <= 1.0)
    } else if let Some(cluster) = bin.checked_sub(tables.regions.boundaries()) {
        tables.leaves[cluster / 2][cluster % 2].iter().any(|&u| u <= 1.0)
    } else {
        false
    };
    let now = displacement(&columns.displacements, bin);
    let frame = moving_frame(tables, bins, bin);
    let propagator = frame.map(|frame| &tables.propagators[frame]);
    let signs = propagator.and_then(|propagator| propagator.signs);
    let mut advance = propagator.map_or(Displacement::ZERO, |propagator| propagator.advance);
    advance.turns = f64::from(field_sign(&columns.displacements, bin).turns(signs));
    // Safe displacements do not cover the rounding of large planes: everything is due.
    let uncovered = propagator.is_some_and(|propagator| propagator.uncovered);
    let end = if uncovered { Displacement::NEVER } else { now.advanced(1.0, advance) };
    let wakes = leaving || end.is_past(bins.out_of_bin.earliest(bin));
    BinStep { leaving, wakes, end, advance, test: NONE }
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
