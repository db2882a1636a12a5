//! Threads that are kept at hand over many short parallel loops.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rayon::Yield;

/// A thread that finds nothing to do for so long goes to sleep.
const PATIENCE: Duration = Duration::from_micros(300);

/// Calls `body` on a thread of the pool, while another one waits without sleeping for what `body` shares out: to wake
/// a thread takes as long as a short loop, and a step has dozens of these.
///
/// What is computed does not depend on it.
pub fn awake<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    let wait = || {
        let mut since = Instant::now();
        while !done.load(Ordering::Acquire) && since.elapsed() < PATIENCE {
            match rayon::yield_now() {
                Some(Yield::Executed) => since = Instant::now(),
                _ => std::hint::spin_loop(),
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

    #[test]
    fn the_body_is_carried_out_once() {
        let sum = awake(|| (0..1000u64).into_par_iter().map(|i| i * i).sum::<u64>());
        assert_eq!(sum, 332_833_500);
        let panicked = std::panic::catch_unwind(|| awake(|| panic!("of the body")));
        assert!(panicked.is_err());
    }
}
