//! What a state holds of neurons in the frames of their places.

use crate::flow::columns::columns;

use super::decay::Factors;
use super::frame::Neuron;

/// Neurons of a block.
pub const BLOCK: usize = 64;

/// Numbers that a state holds of each bin's displacements and sign of the field.
pub const ENTRIES: usize = 5;

/// Number of bins of `regions = 2 s` regions: one each, two per boundary, the origin.
pub fn number_of_bins(regions: usize) -> usize {
    3 * regions + 1
}

/// No more blocks than these hold `m` neurons, however they are spread.
pub fn most_blocks(regions: usize, m: usize) -> usize {
    m / BLOCK + number_of_bins(regions)
}

columns! {
    /// Neurons `(c, w)`, `w = (a, -b)`, each in the frame of its place, in the order in which they lie in memory:
    /// grouped by bin (section 10).
    pub struct Lifted {
        /// Where in `c`, `w_x`, `w_y` and `place` each neuron is.
        position: U32 = |sizes| sizes.m,
        /// Output weights, in the frame of the place.
        c: F64 = |sizes| sizes.m,
        /// First components of `w`.
        w_x: F64 = |sizes| sizes.m,
        /// Second components of `w`.
        w_y: F64 = |sizes| sizes.m,
        /// Where in memory each bin begins, then the end.
        bins: U32 = |sizes| number_of_bins(2 * sizes.s) + 1,
        /// Of each bin: the displacement of its lines since the neurons were last grouped, in three measures, and the
        /// two signs of its field.
        displacements: F64 = |sizes| ENTRIES * number_of_bins(2 * sizes.s),
        /// The safe displacement of each block of neurons, in all three measures.
        safe_displacements: F64 = |sizes| 3 * most_blocks(2 * sizes.s, sizes.m),
        /// Frames of the `2 s` regions, then of the `2 s` boundaries: row-major `3 x 3` matrices that
        /// act on `(c, w)`.
        frame: F64 = |sizes| 36 * sizes.s,
        /// Weight decay: since when it has been a factor beside the neurons, and the factors of `c` and of `w`.
        decay: F64 = |_| 3,
        /// What each neuron is doing, and where.
        place: Place = |sizes| sizes.m,
        /// Second moments by place, in the frames. Kept because summing again in another order would change bits.
        moments: F64 = |sizes| 28 * sizes.s,
    }
}

impl Lifted {
    /// The factors of weight decay; the columns must have the right lengths.
    pub fn factors(&self) -> Factors {
        Factors { c: self.decay[1], w: self.decay[2] }
    }

    /// A neuron of these columns, in the laboratory frame, as it is.
    pub fn faded(&self, z: Neuron) -> Neuron {
        self.factors().neuron(z)
    }
}
