//! Safe displacements of blocks (section 10, Lemma 3): how far the displacement of a bin may have advanced before one of
//! its neurons can be reached. Batches of 32 blocks, and bins, keep the componentwise minimum, so that blocks that are not
//! due cost nothing, however many there are.
//!
//! Invariant: what a batch or a bin keeps is at most what each of its blocks keeps, in every component. So it may be due
//! without any of its blocks being due, but never the reverse.

use super::displacement::Displacement;

/// Blocks of a batch.
const BATCH: usize = 32;

/// Safe displacements of blocks that lie bin by bin.
#[derive(Debug, Clone)]
pub struct SafeDisplacements {
    /// First block of each bin, and one past the last.
    first_block: Vec<usize>,
    /// First batch of each bin, and one past the last; no batch belongs to two bins.
    first_batch: Vec<usize>,
    block: Vec<Displacement>,
    batch: Vec<Displacement>,
    bin: Vec<Displacement>,
    /// Blocks whose safe displacement has changed since it was last stored.
    changed: Vec<usize>,
}

impl SafeDisplacements {
    /// Everything is due; bin `q` has the blocks `first_block[q] .. first_block[q + 1]`.
    pub fn new(first_block: Vec<usize>) -> SafeDisplacements {
        let bins = first_block.len() - 1;
        let mut first_batch = vec![0; bins + 1];
        for bin in 0..bins {
            first_batch[bin + 1] =
                first_batch[bin] + (first_block[bin + 1] - first_block[bin]).div_ceil(BATCH);
        }
        let due = |n: usize| vec![Displacement::DUE; n];
        SafeDisplacements {
            block: due(first_block[bins]),
            batch: due(first_batch[bins]),
            bin: due(bins),
            changed: vec![],
            first_block,
            first_batch,
        }
    }

    /// Blocks of a bin.
    pub fn blocks(&self, bin: usize) -> std::ops::Range<usize> {
        self.first_block[bin]..self.first_block[bin + 1]
    }

    /// Of all blocks.
    #[cfg(test)]
    pub fn all(&self) -> &[Displacement] {
        &self.block
    }

    /// Blocks of a batch.
    fn of_batch(&self, bin: usize, batch: usize) -> std::ops::Range<usize> {
        let first = self.first_block[bin] + (batch - self.first_batch[bin]) * BATCH;
        first..(first + BATCH).min(self.first_block[bin + 1])
    }

    fn batch_of(&self, bin: usize, block: usize) -> usize {
        self.first_batch[bin] + (block - self.first_block[bin]) / BATCH
    }

    /// Adds the blocks of a bin that are due when its displacements show `displacement`.
    pub fn due(&self, bin: usize, displacement: Displacement, out: &mut Vec<usize>) {
        if !displacement.is_past(self.bin[bin]) {
            return;
        }
        for batch in self.first_batch[bin]..self.first_batch[bin + 1] {
            if displacement.is_past(self.batch[batch]) {
                out.extend(
                    self.of_batch(bin, batch).filter(|&block| displacement.is_past(self.block[block])),
                );
            }
        }
    }

    /// Sets the safe displacements of some blocks of one bin, ascending.
    pub fn set(&mut self, bin: usize, blocks: &[usize], safe: &[Displacement]) {
        for (&block, &safe) in blocks.iter().zip(safe) {
            self.block[block] = safe;
            self.changed.push(block);
        }
        let mut last = usize::MAX;
        for &block in blocks {
            let batch = self.batch_of(bin, block);
            if batch != last {
                self.batch[batch] = earliest(&self.block[self.of_batch(bin, batch)]);
                last = batch;
            }
        }
        self.bin[bin] = earliest(&self.batch[self.first_batch[bin]..self.first_batch[bin + 1]]);
    }

    /// Has a block tested again.
    pub fn disturb_block(&mut self, bin: usize, block: usize) {
        let batch = self.batch_of(bin, block);
        (self.block[block], self.batch[batch], self.bin[bin]) =
            (Displacement::DUE, Displacement::DUE, Displacement::DUE);
        self.changed.push(block);
    }

    /// Has every block of a bin tested again.
    pub fn disturb(&mut self, bin: usize) {
        let blocks = self.blocks(bin);
        self.block[blocks.clone()].fill(Displacement::DUE);
        self.batch[self.first_batch[bin]..self.first_batch[bin + 1]].fill(Displacement::DUE);
        self.bin[bin] = Displacement::DUE;
        self.changed.extend(blocks);
    }

    /// From a list as [`SafeDisplacements::store`] leaves it.
    pub fn restore(&mut self, safe: &[f64]) {
        for (block, &flat) in self.block.iter_mut().zip(safe.as_chunks().0) {
            *block = Displacement::from_flat(flat);
        }
        for bin in 0..self.bin.len() {
            for batch in self.first_batch[bin]..self.first_batch[bin + 1] {
                self.batch[batch] = earliest(&self.block[self.of_batch(bin, batch)]);
            }
            self.bin[bin] = earliest(&self.batch[self.first_batch[bin]..self.first_batch[bin + 1]]);
        }
    }

    /// Into a list of `most` times three numbers that holds them as they were when this was last called, or
    /// is empty.
    pub fn store(&mut self, most: usize, safe: &mut Vec<f64>) {
        if safe.is_empty() {
            safe.extend(self.block.iter().flat_map(|block| block.to_flat()));
            safe.resize(3 * most, 0.0);
        }
        for block in self.changed.drain(..) {
            safe[3 * block..3 * block + 3].copy_from_slice(&self.block[block].to_flat());
        }
    }
}

fn earliest(safe: &[Displacement]) -> Displacement {
    safe.iter().copied().fold(Displacement::NEVER, Displacement::earliest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_due_blocks_are_named() {
        // Bins of 70, none and 40 blocks.
        let mut safe = SafeDisplacements::new(vec![0, 70, 70, 110]);
        let at = |across: f64| Displacement { across, output: 2.0 * across, turns: 0.0 };
        let due = |safe: &SafeDisplacements, bin: usize, across: f64| {
            let mut out = vec![];
            safe.due(bin, at(across), &mut out);
            out
        };
        assert_eq!(due(&safe, 0, 0.0).len(), 70);
        assert!(due(&safe, 1, 1e9).is_empty());
        let blocks: Vec<usize> = (70..110).collect();
        let times: Vec<Displacement> = (0..40).map(|i| at(f64::from(i))).collect();
        safe.set(2, &blocks, &times);
        assert_eq!(due(&safe, 2, 2.5), [70, 71, 72]);
        safe.set(2, &[70, 71, 72], &[at(9.0); 3]);
        assert_eq!(due(&safe, 2, 3.5), [73]);
        safe.disturb_block(2, 105);
        assert_eq!(due(&safe, 2, 3.5), [73, 105]);
        let mut stored = vec![];
        safe.store(150, &mut stored);
        let mut other = SafeDisplacements::new(vec![0, 70, 70, 110]);
        other.restore(&stored);
        assert_eq!(due(&other, 2, 3.5), [73, 105]);
        safe.disturb(2);
        assert_eq!(due(&safe, 2, -1e9).len(), 40);
        safe.store(150, &mut stored);
        assert!(stored[210..330].iter().all(|&safe| safe == f64::NEG_INFINITY));
    }
}
