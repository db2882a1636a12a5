//! Parallel passes over many values in chunks whose sums are added in order, so that the bits do not depend
//! on the number of threads.

use std::ops::Range;

use rayon::prelude::*;

/// Chunks begin at multiples of this: no lanes of values that are stepped side by side lie in two of them.
pub const MULTIPLE: usize = 32;

/// Values of the smallest chunk: fewer are not shared between threads.
pub const SMALLEST: usize = 2048;

/// Number of values that are summed together, of `count` values that are added to `sums` sums:
/// depends on the problem alone, so that sums are added in the same order by any number of threads.
pub fn chunk_size(count: usize, sums: usize) -> usize {
    // Each chunk has all sums, so it must be much larger than there are sums.
    (count / 64).clamp(SMALLEST, 65536).max(32 * sums).next_multiple_of(MULTIPLE)
}

/// What `part` makes of each chunk of `count` values that are added to `sums` sums, in order.
pub fn parts<T: Send>(count: usize, sums: usize, part: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let size = chunk_size(count, sums);
    let chunk = |chunk: usize| part(chunk * size..((chunk + 1) * size).min(count));
    (0..count.div_ceil(size)).into_par_iter().map(chunk).collect()
}
