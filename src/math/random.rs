//! Random streams that can be recomputed on their own: one per (seed, purpose, index).
//!
//! A draw depends on nothing but its key, so it is the same for any number of threads, and the
//! first `m` of `2 m` particles are the `m` particles of a smaller run. The generator is
//! Philox4x32-10 (Salmon et al. 2011); normals are made by Box and Muller's method.

use std::f64::consts::TAU;

use rand_philox::Philox;

/// What a stream is for: streams of different purposes are unrelated although one seed makes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The start measure; the index is the particle.
    Particles,
    /// Noise on samples; the index is the sample.
    Noise,
    /// Order of the samples in minibatches; the index is the epoch.
    Batches,
    /// Directions of projections.
    Directions,
    /// Particles drawn anew from a measure of particles; the index is the repetition.
    Resampling,
    /// Which particles a report draws; the index is the share of mass.
    Drawing,
    /// Noise on the labels of gradient descent; the index is the step.
    Labels,
    /// Langevin noise of gradient descent; the index is the step times the number of neurons, plus the neuron.
    Langevin,
    /// Whole starts, of which a distribution is simulated.
    Starts,
}

impl Purpose {
    /// Mixed into the seed. Changing a number changes every run that was ever drawn with it.
    fn salt(self) -> u64 {
        match self {
            Purpose::Particles => 0,
            Purpose::Noise => 0x6e6f_6973_65e5_17a1,
            Purpose::Batches => 0x6261_7463_6865_73b5,
            Purpose::Directions => 0x6469_7265_6374_696f,
            Purpose::Resampling => 0x7265_7361_6d70_6c65,
            Purpose::Drawing => 0x6472_6177_696e_67c3,
            Purpose::Labels => 0x6c61_6265_6c73_e2b7,
            Purpose::Langevin => 0x6c61_6e67_6576_696e,
            Purpose::Starts => 0x7374_6172_7473_a94d,
        }
    }
}

/// The random stream of one index.
///
/// ```
/// use reluflow::math::random::{Purpose, Stream};
/// let mut a = Stream::new(7, Purpose::Particles, 1000);
/// let mut b = Stream::new(7, Purpose::Particles, 1000);
/// let u = a.uniform(-1.0, 1.0);
/// assert_eq!(u, b.uniform(-1.0, 1.0)); // whatever else was drawn before
/// assert!(-1.0 < u && u < 1.0);
/// ```
#[derive(Debug, Clone)]
pub struct Stream {
    words: Philox,
}

impl Stream {
    /// The stream with this key, at its beginning.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Stream {
        Stream { words: Philox::from_u64_seed_stream(seed ^ purpose.salt(), index) }
    }

    /// Uniform on `(0, 1)`, in the middle of one of `2^52` equal cells: never 0 or 1.
    pub fn unit(&mut self) -> f64 {
        const CELLS: f64 = (1u64 << 52) as f64;
        ((self.words.next_u64() >> 12) as f64 + 0.5) / CELLS
    }

    /// Uniform on `(lo, hi)`.
    pub fn uniform(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }

    /// Standard normal: `sqrt(-2 ln u) cos(2 pi v)`.
    pub fn normal(&mut self) -> f64 {
        let (u, v) = (self.unit(), self.unit());
        (-2.0 * libm::log(u)).sqrt() * libm::cos(TAU * v)
    }

    /// Uniform on the whole numbers `0 .. n`, exactly so: the few draws that would favour some of
    /// them are drawn again (Lemire 2019).
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let surplus = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.words.next_u64()) * u128::from(n);
            if product as u64 >= surplus {
                return (product >> 64) as u64;
            }
        }
    }

    /// `+1` or `-1`, each with probability 1/2.
    pub fn sign(&mut self) -> f64 {
        if self.unit() < 0.5 { -1.0 } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean of `f` over many streams.
    fn mean(f: impl Fn(&mut Stream) -> f64) -> f64 {
        let n = 200_000;
        (0..n).map(|i| f(&mut Stream::new(11, Purpose::Particles, i))).sum::<f64>() / n as f64
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        // Five standard errors: sqrt(variance / 200000) each.
        assert!((mean(|s| s.unit()) - 0.5).abs() < 0.0033);
        assert!((mean(|s| s.uniform(-1.0, 1.0).powi(2)) - 1.0 / 3.0).abs() < 0.0034);
        assert!(mean(|s| s.normal()).abs() < 0.0112);
        assert!((mean(|s| s.normal().powi(2)) - 1.0).abs() < 0.0159);
        assert!((mean(|s| s.normal().powi(4)) - 3.0).abs() < 0.11);
        assert!(mean(|s| s.sign()).abs() < 0.0112);
        // Mean 1 and variance 2/3 on {0, 1, 2}; a range so large that a third of the draws are repeated.
        assert!((mean(|s| s.below(3) as f64) - 1.0).abs() < 0.0092);
        assert!((mean(|s| s.below(3 << 62) as f64 / 2f64.powi(62)) - 1.5).abs() < 0.0097);
        // Successive draws of one stream, and neighbouring streams, are uncorrelated.
        assert!(mean(|s| s.normal() * s.normal()).abs() < 0.0112);
    }

    #[test]
    fn purposes_and_neighbours_differ() {
        let first = |seed, purpose, index| Stream::new(seed, purpose, index).unit();
        let all = [
            first(1, Purpose::Particles, 0),
            first(1, Purpose::Particles, 1),
            first(2, Purpose::Particles, 0),
            first(1, Purpose::Noise, 0),
            first(1, Purpose::Noise, 1),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b), "{all:?}");
        }
    }

    /// Runs already made depend on these bits. Computed by an independent implementation of
    /// splitmix64 and Philox4x32-10 (checked against the Random123 vector for zero key and
    /// counter).
    #[test]
    fn bits_are_pinned() {
        let mut stream = Stream::new(1, Purpose::Particles, 0);
        let words = [stream.unit().to_bits(), stream.unit().to_bits()];
        assert_eq!(words, [4603389544943715149, 4602121484697372810]);
    }
}
