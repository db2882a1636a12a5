//! Many runs over all cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Runs with more particles than this have the threads inside, one run after the other: side by
/// side they would only fill memory and caches.
const LARGE: u64 = 2_000_000;

/// How many runs of so many particles go on at once.
pub fn together(particles: u64, runs: usize) -> usize {
    let threads = rayon::current_num_threads();
    if particles > LARGE || runs < threads { 1 } else { threads }
}

/// Calls `job` for each of `jobs` (number of the run, its particles): small runs side by side,
/// each on one thread, then large ones, each on all threads. Results do not depend on which.
///
/// * `threads`: how many.
pub(crate) fn side_by_side(jobs: &[(usize, u64)], threads: usize, job: &(dyn Fn(usize) + Sync)) {
    // Fewer runs than threads leave threads idle side by side.
    let few = jobs.len() < threads;
    let (small, large): (Vec<_>, Vec<_>) = jobs.iter().partition(|&&(_, m)| m <= LARGE && !few);
    // Large before small: threads that finish early find small ones to fill the time.
    let mut small: Vec<(usize, u64)> = small;
    small.sort_by_key(|&(number, m)| (std::cmp::Reverse(m), number));
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(&(number, _)) = small.get(next.fetch_add(1, Ordering::Relaxed)) {
            job(number);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads.min(small.len()) {
            // A pool of one thread keeps what a run splits up on that thread.
            match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
                Ok(pool) => drop(scope.spawn(move || pool.install(work))),
                // No more threads to be had: those that are there do all.
                Err(_) => break,
            }
        }
    });
    // What no thread took.
    work();
    large.iter().for_each(|&(number, _)| job(number));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn every_run_is_done_once_with_the_threads_it_should_have() {
        let done = Mutex::new(vec![]);
        let jobs: Vec<(usize, u64)> = (0..20).map(|i| (i, if i % 5 == 0 { 3_000_000 } else { 10 })).collect();
        side_by_side(&jobs, 3, &|number| {
            done.lock().unwrap().push((number, rayon::current_num_threads()));
        });
        let mut done = done.into_inner().unwrap();
        done.sort_unstable();
        let all = rayon::current_num_threads();
        let expected: Vec<_> = (0..20).map(|i| (i, if i % 5 == 0 { all } else { 1 })).collect();
        assert_eq!(done, expected);
        side_by_side(&[], 3, &|_| panic!("nothing to do"));
    }
}
