//! Neurons grouped by place in memory, in blocks.
//!
//! A *bin* holds the neurons of one region, of one sign of `c` pinned on one boundary, or at rest at
//! the origin. After a grouping the neurons of a bin lie side by side, those near its boundaries
//! together. A neuron that moves to another bin later stays where it lies in memory and is listed
//! as *out-of-bin*; when there are many, all are grouped anew.
//!
//! A block keeps a *safe displacement* (section 10, Lemma 3): how far the lines of its bin may have moved before they can
//! reach one of its neurons. Until then the block needs no test.
//!
//! Invariants: every neuron lies in the memory of exactly one bin; it is in `out_of_bin` exactly if that is not the bin
//! of its place; a safe displacement holds for those neurons of a block that are in its bin, and is void (`DUE`) after
//! one of them met an event, came back or was rebased.

use rayon::prelude::*;

use crate::flow::moments::MERGE_LENGTH;
use crate::problem::{Place, PlaceKind};

use super::columns::{BLOCK, ENTRIES, Lifted, most_blocks, number_of_bins};
use super::displacement::Displacement;
use super::field_sign::FieldSign;
use super::out_of_bin::{Bin, Entry, OutOfBin};
use super::propagator::Propagator;
use super::safe::SafeDisplacements;

/// All bins.
#[derive(Debug, Clone)]
pub struct Bins {
    regions: usize,
    /// Number of neurons in each bin, wherever they lie.
    count: Vec<u32>,
    /// Where the memory of each bin begins, then the end.
    starts: Vec<u32>,
    /// What the displacements advance in steps like the last ones, for the horizon of `out_of_bin`.
    last_displacement: Vec<Displacement>,
    /// Safe displacements of blocks, bin by bin.
    pub safe: SafeDisplacements,
    /// Neurons that lie in another bin's memory.
    pub out_of_bin: OutOfBin,
}

impl Bins {
    /// Bins of neurons that all lie in their bin's memory: the memory of bin `q` is `starts[q] .. starts[q + 1]`, or
    /// nothing where there are no `starts`; `regions = 2 s`.
    pub fn grouped(regions: usize, starts: &[u32]) -> Bins {
        let number = number_of_bins(regions);
        let mut starts = starts.to_vec();
        starts.resize(number + 1, 0);
        let count: Vec<u32> = (0..number).map(|bin| starts[bin + 1] - starts[bin]).collect();
        let mut first_block = vec![0; number + 1];
        for bin in 0..number {
            first_block[bin + 1] = first_block[bin] + (count[bin] as usize).div_ceil(BLOCK);
        }
        Bins {
            regions,
            count,
            starts,
            last_displacement: vec![Displacement::ZERO; number],
            safe: SafeDisplacements::new(first_block),
            out_of_bin: OutOfBin::new(vec![], number),
        }
    }

    /// Bins of neurons at these places, in their bin's memory or not.
    pub fn new(regions: usize, starts: &[u32], place: &[Place]) -> Bins {
        let mut bins = Bins::grouped(regions, starts);
        let mut out_of_bin = vec![];
        for bin in 0..number_of_bins(regions) {
            for i in bins.memory(bin) {
                let at = bin_of(regions, place[i]);
                if at != bin {
                    bins.moved(bin, at);
                    out_of_bin.push(Entry::due(i as u32, at as Bin));
                }
            }
        }
        bins.out_of_bin = OutOfBin::new(out_of_bin, number_of_bins(regions));
        bins
    }

    /// The bin of a place.
    #[inline(always)]
    pub fn of(&self, place: Place) -> usize {
        bin_of(self.regions, place)
    }

    /// The place of the neurons of a bin.
    pub fn place(&self, bin: usize) -> Place {
        match bin.checked_sub(self.regions) {
            None => Place::in_region(bin),
            Some(cluster) if bin < self.origin() => Place::in_cluster(cluster / 2, cluster % 2 == 1),
            Some(_) => Place::new(PlaceKind::Stuck, 0),
        }
    }

    /// The bin of neurons at rest at the origin.
    pub fn origin(&self) -> usize {
        3 * self.regions
    }

    /// The frame of a bin: regions have their own, boundaries follow; none at the origin.
    pub fn frame(&self, bin: usize) -> Option<usize> {
        match bin {
            bin if bin < self.regions => Some(bin),
            bin if bin < 3 * self.regions => Some(self.regions + (bin - self.regions) / 2),
            _ => None,
        }
    }

    /// Whether a bin is that of a region.
    pub fn is_region(&self, bin: usize) -> bool {
        bin < self.regions
    }

    /// Whether any neuron is pinned on boundary `b`.
    pub fn pinned(&self, b: usize) -> bool {
        let bin = self.regions + 2 * b;
        self.count[bin] + self.count[bin + 1] > 0
    }

    /// Number of neurons in a bin.
    pub fn count(&self, bin: usize) -> u32 {
        self.count[bin]
    }

    /// The neurons that lie in the memory of a bin.
    pub fn memory(&self, bin: usize) -> std::ops::Range<usize> {
        self.starts[bin] as usize..self.starts[bin + 1] as usize
    }

    /// The neurons of a block.
    pub fn block(&self, bin: usize, block: usize) -> std::ops::Range<usize> {
        let memory = self.memory(bin);
        let first = memory.start + (block - self.safe.blocks(bin).start) * BLOCK;
        first..(first + BLOCK).min(memory.end)
    }

    /// Whether no neuron is in a bin, nor lies in its memory.
    #[inline(always)]
    pub fn is_empty(&self, bin: usize) -> bool {
        self.count[bin] == 0 && self.starts[bin] == self.starts[bin + 1]
    }

    /// Number of neurons in each bin after these moves `(from, to)`.
    pub fn counts_after(&self, moves: impl Iterator<Item = [usize; 2]>) -> Vec<u32> {
        let mut count = self.count.clone();
        for [from, to] in moves {
            count[from] -= 1;
            count[to] += 1;
        }
        count
    }

    /// Notes that a neuron went from one bin to another.
    pub fn moved(&mut self, from: usize, to: usize) {
        self.count[from] -= 1;
        self.count[to] += 1;
    }

    /// Whether a neuron is in the region or on the boundary of a frame.
    pub fn is_inhabited(&self, frame: usize) -> bool {
        match frame.checked_sub(self.regions) {
            None => self.count[frame] > 0,
            Some(b) => self.pinned(b),
        }
    }

    /// Advances the displacements of all bins, in the column `displacements` of the state, by what those of their frames
    /// advance in a step, and their signs of the field by the signs there.
    pub fn advance(&mut self, displacements: &mut [f64], step: &[Propagator]) {
        let mut last_displacement = std::mem::take(&mut self.last_displacement);
        let entries = displacements.par_chunks_exact_mut(ENTRIES).zip(&mut last_displacement).enumerate();
        entries.with_min_len(MERGE_LENGTH).for_each(|(bin, (entries, last))| {
            let propagator = self.frame(bin).map(|frame| &step[frame]);
            let (now, signs) =
                propagator.map_or((Displacement::ZERO, None), |step| (step.advance, step.signs));
            let (mut total, sign) = (displacement(entries, 0), field_sign(entries, 0));
            total.turns += f64::from(sign.turns(signs));
            set(entries, 0, total.advanced(1.0, now), sign.after(signs));
            // Not less than 3/4 of the last one: a step that ends at an event is short, and the next one may be long again.
            *last = now.largest(Displacement::ZERO.advanced(0.75, *last));
        });
        self.last_displacement = last_displacement;
    }

    /// Writes those safe displacements into a column of the state that have changed since this was last called; all
    /// if it is empty.
    pub fn store(&mut self, safe_displacements: &mut Vec<f64>) {
        let m = self.memory(self.origin()).end;
        self.safe.store(most_blocks(self.regions, m), safe_displacements);
    }

    /// After `count` neurons have moved, `moved` ascending: brings the list of out-of-bin ones up to date, and has
    /// the blocks tested again to which one of them has come back.
    pub fn update(&mut self, count: usize, moved: impl Iterator<Item = u32>, columns: &Lifted) {
        let Bins { starts, safe, last_displacement, .. } = self;
        let regions = self.regions;
        let mut own = 0;
        let moved = moved.map(|at| {
            while at >= starts[own + 1] {
                own += 1;
            }
            let bin = bin_of(regions, columns.place[at as usize]);
            if bin == own {
                let block = safe.blocks(own).start + (at - starts[own]) as usize / BLOCK;
                safe.disturb_block(own, block);
                return (at, None);
            }
            (at, Some(bin as Bin))
        });
        self.out_of_bin
            .update(count, moved, |bin| [displacement(&columns.displacements, bin), last_displacement[bin]]);
    }
}

/// The displacement of a bin's lines since the neurons were last grouped, in the column `displacements` of a state.
pub fn displacement(displacements: &[f64], bin: usize) -> Displacement {
    let [across, output, turns, ..] = displacements.as_chunks::<ENTRIES>().0[bin];
    Displacement { across, output, turns }
}

/// The sign of a bin's field, in the column `displacements` of a state.
pub fn field_sign(displacements: &[f64], bin: usize) -> FieldSign {
    let [.., low, high] = displacements.as_chunks::<ENTRIES>().0[bin];
    FieldSign::from_flat([low, high])
}

fn set(displacements: &mut [f64], bin: usize, displacement: Displacement, sign: FieldSign) {
    let ([across, output, turns], [low, high]) = (displacement.to_flat(), sign.to_flat());
    displacements.as_chunks_mut::<ENTRIES>().0[bin] = [across, output, turns, low, high];
}

/// Counts the displacement of a bin from now on.
pub fn start_anew_in(displacements: &mut [f64], bin: usize) {
    set(displacements, bin, Displacement::ZERO, field_sign(displacements, bin));
}

/// Counts the displacements of all bins from now on.
pub fn start_anew(displacements: &mut [f64]) {
    (0..displacements.len() / ENTRIES).for_each(|bin| start_anew_in(displacements, bin));
}

/// The bins of a frame, the reverse of [`Bins::frame`], among those of `regions = 2 s` regions.
pub fn bins_of(regions: usize, frame: usize) -> std::ops::Range<usize> {
    let first = if frame < regions { frame } else { 2 * frame - regions };
    first..first + if frame < regions { 1 } else { 2 }
}

/// The bin of a place, among bins of `regions = 2 s` regions.
#[inline(always)]
pub fn bin_of(regions: usize, place: Place) -> usize {
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
    fn out_of_bin_neurons_lie_in_the_memory_of_another() {
        let place =
            [Place::in_region(1), Place::in_region(1), Place::in_cluster(2, true), Place::in_region(3)];
        // Two in bin 1, two in bin 3; the third has moved to a cluster.
        let mut starts = vec![0, 0, 2, 2, 4];
        starts.resize(number_of_bins(4) + 1, 4);
        let mut bins = Bins::new(4, &starts, &place);
        let out_of_bin =
            |bins: &Bins| bins.out_of_bin.all().iter().map(|entry| entry.at).collect::<Vec<u32>>();
        assert_eq!(out_of_bin(&bins), [2]);
        assert_eq!((bins.count(1), bins.count(3), bins.count(4 + 2 * 2 + 1)), (2, 1, 1));
        assert_eq!((bins.memory(1), bins.memory(3), bins.memory(7)), (0..2, 2..4, 4..4));
        assert_eq!((bins.block(1, 0), bins.block(3, 1)), (0..2, 2..4));
        assert_eq!(bins.frame(4 + 2 * 2 + 1), Some(6));
        // It comes back, another one leaves; only its block is tested again.
        let later = Displacement { across: 5.0, output: 5.0, turns: 0.0 };
        bins.safe.set(1, &[0], &[later]);
        bins.safe.set(3, &[1], &[later]);
        let place = vec![Place::in_region(1), Place::in_region(2), Place::in_region(3), Place::in_region(3)];
        let displacements = vec![0.0; ENTRIES * number_of_bins(4)];
        bins.update(2, [1, 2].into_iter(), &Lifted { place, displacements, ..Lifted::default() });
        assert_eq!(out_of_bin(&bins), [1]);
        assert_eq!(bins.safe.all(), [later, Displacement::DUE]);
    }
}
