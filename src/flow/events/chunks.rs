//! Parallel passes over particles in chunks whose sums are added in order, so that the bits do not depend
//! on the number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::lanes::LANES;

/// Particles of the smallest chunk: fewer are not shared between threads.
pub const SMALLEST: usize = 2048;

/// Number of particles that are summed together: depends on the problem alone, so that sums are
/// added in the same order by any number of threads.
pub fn chunk_size(particles: usize, regions: usize) -> usize {
    // Each chunk has sums for every region, so it must be much larger than there are regions.
    (particles / 64).clamp(SMALLEST, 65536).max(32 * regions).next_multiple_of(LANES)
}

/// What `part` makes of each chunk of `particles` particles, in order.
pub fn parts<T: Send>(particles: usize, regions: usize, part: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let size = chunk_size(particles, regions);
    let chunk = |chunk: usize| part(chunk * size..((chunk + 1) * size).min(particles));
    (0..particles.div_ceil(size)).into_par_iter().map(chunk).collect()
}
