//! A thread that is kept at hand over many short parallel loops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::Yield;

/// A thread that finds nothing to do for so long goes to sleep.
const PATIENCE: Duration = Duration::from_millis(1);

/// Calls `body` on a thread of the pool, while another one waits without sleeping for what `body` shares out: to wake
/// a thread takes as long as a short loop, and a step has dozens of these.
///
/// What is computed does not depend on it. That other thread takes any work of the pool, and `body` ends with the work that
/// it has taken: no lock may be held across a call. In a pool of one thread nothing waits.
pub fn awake<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    let wait = || {
        let mut since = Instant::now();
        while !done.load(Ordering::Acquire) && since.elapsed() < PATIENCE {
            match rayon::yield_now() {
                Some(Yield::Executed) => since = Instant::now(),
                // Threads that have something to do go first, where there are more of them than cores.
                _ => std::thread::yield_now(),
            }
        }
    };
    let body = || {
        // Also where `body` panics.
        let _end = Done(&done);
        body()
    };
    rayon::join(body, wait).0
}

/// Tells on its end.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    /// From outside the pool and from inside, by several threads at once, and where it panics.
    #[test]
    fn the_body_is_carried_out_and_the_wait_ends() {
        let sum = || awake(|| (0..1000u64).into_par_iter().map(|i| i * i).sum::<u64>());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        std::thread::scope(|scope| {
            let callers: Vec<_> =
                (0..4).map(|_| scope.spawn(|| pool.install(|| rayon::join(sum, sum)))).collect();
            for caller in callers {
                assert_eq!(caller.join().unwrap(), (332_833_500, 332_833_500));
            }
        });
        assert_eq!(sum(), 332_833_500);
        let panicked =
            std::panic::catch_unwind(|| awake(|| (0..9).into_par_iter().for_each(|i| assert!(i < 5))));
        assert!(panicked.is_err());
        assert_eq!(sum(), 332_833_500);
    }
}
