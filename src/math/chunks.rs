//! Parallel passes over many values in chunks whose sums are added in order, so that the bits do not depend
//! on the number of threads.

use std::ops::Range;

use rayon::prelude::*;

/// Chunks begin at multiples of this: no lanes of values that are stepped side by side lie in two of them.
pub const MULTIPLE: usize = 32;

/// Values of the smallest chunk: fewer are not shared between threads.
pub const SMALLEST: usize = 2048;

/// Many values have at least so many chunks, however many sums there are: otherwise one thread would do all.
const FEWEST: usize = 8;

/// The same of values grouped by sum.
const FEWEST_GROUPED: usize = 16;

/// From so many sums on a pass over all values for each thread costs less than sums of each chunk.
const MANY: usize = 8192;

/// Number of values that are summed together, of `count` values that are added to `sums` sums:
/// depends on the problem alone, so that sums are added in the same order by any number of threads.
pub fn chunk_size(count: usize, sums: usize) -> usize {
    size_of(count, sums, FEWEST)
}

/// The same of values that lie grouped by sum, so that each chunk has few of the sums
/// ([`Paged`](super::paged::Paged)).
pub fn grouped_chunk_size(count: usize, sums: usize) -> usize {
    size_of(count, sums, FEWEST_GROUPED)
}

/// In the worst case each chunk has all sums, so it should be much larger than there are sums; but there are at least
/// `fewest` chunks.
fn size_of(count: usize, sums: usize, fewest: usize) -> usize {
    (count / 64).clamp(SMALLEST, 65536).max((32 * sums).min(count / fewest)).next_multiple_of(MULTIPLE)
}

/// What `part` makes of each chunk of `count` values that are added to `sums` sums, in order.
pub fn parts<T: Send>(count: usize, sums: usize, part: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let size = chunk_size(count, sums);
    let chunk = |chunk: usize| part(chunk * size..((chunk + 1) * size).min(count));
    (0..count.div_ceil(size)).into_par_iter().map(chunk).collect()
}

/// Adds `count` values to `sums` sums: `add_value(sum, i)` to sum number `place(i)` of each value `i`, if there is one.
///
/// * `add`: adds sums of some values to those of values before them.
///
/// ```
/// use reluflow::math::chunks::scatter;
/// // Whole numbers by their remainder; multiples of 10 count nowhere.
/// let place = |i: usize| (i % 10 > 0).then_some(i % 10);
/// let sums = scatter(100, 10, place, |sum, i| *sum += i, |sum: &mut usize, part| *sum += part);
/// assert_eq!((sums[0], sums[1]), (0, 1 + 11 + 21 + 31 + 41 + 51 + 61 + 71 + 81 + 91));
/// ```
pub fn scatter<T: Copy + Default + Send + Sync>(
    count: usize,
    sums: usize,
    place: impl Fn(usize) -> Option<usize> + Sync,
    add_value: impl Fn(&mut T, usize) + Sync,
    add: impl Fn(&mut T, &T),
) -> Vec<T> {
    let mut total = vec![T::default(); sums];
    if sums < MANY {
        let of_chunk = |range: Range<usize>| {
            let mut part = vec![T::default(); sums];
            range.for_each(|i| place(i).into_iter().for_each(|at| add_value(&mut part[at], i)));
            part
        };
        for part in parts(count, sums, of_chunk) {
            total.iter_mut().zip(&part).for_each(|(sum, part)| add(sum, part));
        }
        return total;
    }
    // Each task has a range of the sums, and adds to each of them value after value: any number of tasks does the same.
    let size = sums.div_ceil(2 * rayon::current_num_threads());
    total.par_chunks_mut(size).enumerate().for_each(|(task, own)| {
        for i in 0..count {
            if let Some(sum) = place(i).and_then(|at| own.get_mut(at.wrapping_sub(task * size))) {
                add_value(sum, i);
            }
        }
    });
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few sums and many: against a plain loop, the same bits for any number of threads.
    #[test]
    fn scattered_sums_are_sums() {
        for (count, sums) in [(10, 3), (20_000, 100), (50_000, MANY + 7)] {
            let place = |i: usize| (!i.is_multiple_of(3)).then_some(i * 7919 % sums);
            let value = |i: usize| (i as f64).sqrt();
            let mut expected = vec![0.0; sums];
            (0..count).for_each(|i| place(i).into_iter().for_each(|at| expected[at] += value(i)));
            let found =
                || scatter(count, sums, place, |sum, i| *sum += value(i), |sum: &mut f64, part| *sum += part);
            let first = found();
            assert!(first.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-13 * b), "{sums}");
            for threads in [1, 2, 8] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                assert_eq!(pool.install(found), first, "{sums}, {threads} threads");
            }
        }
    }

    #[test]
    fn many_sums_leave_work_for_several_threads() {
        for sums in [10, 2000, 200_000, 2_000_000] {
            assert!(1_000_000_usize.div_ceil(chunk_size(1_000_000, sums)) >= FEWEST);
            assert!(1_000_000_usize.div_ceil(grouped_chunk_size(1_000_000, sums)) >= FEWEST_GROUPED);
        }
    }
}
