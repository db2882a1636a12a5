//! Random choices of the damage harness, keyed by seed and case.

use reluflow::math::random::{Purpose, Stream};

/// The choices of one case. They depend on the seed and the case only, so that one case can be
/// repeated alone.
pub struct Draw(Stream);

impl Draw {
    pub fn new(seed: u64, case: u64) -> Draw {
        Draw(Stream::new(seed, Purpose::Noise, case))
    }

    /// Uniform on `0 .. n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0.below(n as u64) as usize
    }

    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
