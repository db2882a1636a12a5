//! What a run is: everything that is fixed before it starts.

use crate::flow::{DensityGrid, Flow, OutputBias};
use crate::problem::{Affine, Samples, Sampling, Truth};

use super::{Schedule, Until};

/// All that is fixed before a run starts and never changes. Stored in the run file, so that a
/// run can be resumed and checked from its file alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Title for people.
    pub title: String,
    /// The scenario's whole text.
    pub scenario: String,
    /// Where the start measure came from, in words: a file or a law with its parameters.
    pub measure_source: String,
    /// Seed of the start measure, when it was drawn.
    pub seed: Option<u64>,
    /// How a law became particles.
    pub sampling: Sampling,
    /// The samples the flow sees (after standardization).
    pub samples: Samples,
    /// What the samples were taken from, where that is known.
    pub truth: Option<Truth>,
    /// From the raw `x` to the samples' `x`.
    pub x_map: Affine,
    /// From the raw `y` to the samples' `y`.
    pub y_map: Affine,
    /// Mass of each particle; empty of a density.
    pub mass: Vec<f64>,
    /// Invariant `c^2 - |w|^2` of each neuron at the start; empty for canonical particles and of a density.
    pub delta: Vec<f64>,
    /// The cells of a density, which has no particles.
    pub density: Option<DensityGrid>,
    /// Which flow.
    pub flow: Flow,
    /// The output bias.
    pub output_bias: OutputBias,
    /// Mean-field time at which the run ends at the latest.
    pub end: f64,
    /// What it may end by before.
    pub until: Until,
    /// Tolerance on the residual path, in units of the samples' `y`.
    pub tolerance: f64,
    /// When snapshots are taken.
    pub schedule: Schedule,
    /// What is stored.
    pub output: OutputOptions,
}

/// What is stored of each snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputOptions {
    /// Which particles.
    pub particles: ParticleOutput,
    /// Store particles as `f32`; the checkpoint stays exact.
    pub single_precision: bool,
    /// Store the tangent kernel and its eigenvalues.
    pub tangent_kernel: bool,
    /// Store the residuals and their rates at the end of every step: the path that
    /// [`Pointwise`](crate::run::Pointwise) follows.
    pub path: bool,
    /// Store the function of the network at this many points, 0 for none ([`Description::grid_point`]).
    pub function: usize,
    /// Deflate level, 0 to 9.
    pub compression: u8,
}

impl Description {
    /// Point `i` of those at which the function is stored: at equal distances over the range of the samples and half of it
    /// on either side; from 1 left to 1 right of a single sample.
    pub fn grid_point(&self, i: usize) -> f64 {
        let x = self.samples.x();
        let (low, high) = (x[0], x[x.len() - 1]);
        let (middle, reach) = (0.5 * (low + high), if high > low { high - low } else { 1.0 });
        let steps = self.output.function.max(2) - 1;
        middle + reach * (2.0 * i as f64 / steps as f64 - 1.0)
    }

    /// All of them.
    pub fn grid(&self) -> Vec<f64> {
        (0..self.output.function).map(|i| self.grid_point(i)).collect()
    }
}

/// Which particles are stored with each snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParticleOutput {
    /// All of them.
    All,
    /// This many, evenly spread over the particle numbers.
    Count(usize),
    /// None; the checkpoint still holds all.
    None,
}

impl ParticleOutput {
    /// How many particles are stored, out of `m`.
    pub fn count(self, m: usize) -> usize {
        match self {
            ParticleOutput::All => m,
            ParticleOutput::Count(n) => n.min(m),
            ParticleOutput::None => 0,
        }
    }

    /// The number of the `i`-th stored particle, out of `m`: ascending in `i`, the first is 0.
    pub fn index(self, i: usize, m: usize) -> usize {
        match self {
            // In u128 because m * n can pass 64 bits.
            ParticleOutput::Count(n) if (1..m).contains(&n) => (i as u128 * m as u128 / n as u128) as usize,
            _ => i,
        }
    }

    /// The numbers of all stored particles, out of `m`.
    pub fn indices(self, m: usize) -> Vec<usize> {
        (0..self.count(m)).map(|i| self.index(i, m)).collect()
    }
}
