//! What one pass sums over the neurons.

use rayon::prelude::*;

use crate::flow::field::Vec2;
use crate::flow::moments::{MERGE_LENGTH, Moments, SIGMA};

/// Numbers summed per region: `Int c w mu` (2) and `Int M mu` (xx, xy, yy), without `kappa`.
pub const ENTRIES: usize = 5;

/// Sums over the neurons of one chunk.
#[derive(Debug, Clone)]
pub struct Sums {
    /// Per region, neurons of even and of odd number apart: the second of two neighbours in one
    /// region need not wait for the sum with the first.
    pub region: [Vec<[f64; ENTRIES]>; 2],
    /// Per sample, what the tangent kernel misses of the neurons that crossed it (`kinks`), without
    /// `kappa`.
    pub missed: Vec<f64>,
    /// Per region, the change of `Int c w mu` by the step to first order, without `kappa`; of Adam alone.
    pub response: Vec<Vec2>,
    /// Neurons that came into another live region.
    pub crossings: u64,
    /// Neurons that lost their last sample.
    pub deaths: u64,
    /// The largest `|c|`, `|w_x|` or `|w_y|`.
    pub largest: f64,
    /// The same of the velocities.
    pub largest_velocity: f64,
}

impl Sums {
    /// Nothing yet, for `count = 2 s` regions.
    pub fn zero(count: usize) -> Sums {
        let region = vec![[0.0; ENTRIES]; count];
        Sums {
            region: [region.clone(), region],
            missed: vec![0.0; count / 2],
            response: vec![[0.0; 2]; count],
            crossings: 0,
            deaths: 0,
            largest: 0.0,
            largest_velocity: 0.0,
        }
    }

    /// Sets everything to zero.
    pub fn clear(&mut self) {
        self.region.iter_mut().for_each(|half| half.fill([0.0; ENTRIES]));
        self.missed.fill(0.0);
        self.response.fill([0.0; 2]);
        (self.crossings, self.deaths) = (0, 0);
        (self.largest, self.largest_velocity) = (0.0, 0.0);
    }
}

/// The moments of all chunks, added in their order: `F` with one factor `kappa`, as it stands in
/// `f`, `Sigma` with two, as in the tangent kernel. The dead count nowhere, and nothing is ever pinned.
pub fn moments(chunks: &[Sums], kappa: f64, out: &mut Moments) {
    let factor = |q: usize| if q < SIGMA { kappa } else { kappa * kappa };
    out.region.par_iter_mut().with_min_len(MERGE_LENGTH).enumerate().for_each(|(k, region)| {
        for q in (0..ENTRIES).filter(|_| k > 0) {
            let [even, odd] = [0, 1].map(|half| chunks.iter().map(|c| c.region[half][k][q]).sum::<f64>());
            region[q] = factor(q) * (even + odd);
        }
    });
}

/// What the tangent kernel misses per sample, of all chunks, with both factors `kappa`.
pub fn missed(chunks: &[Sums], kappa: f64) -> Vec<f64> {
    let samples = chunks.first().map_or(0, |sums| sums.missed.len());
    (0..samples).map(|j| kappa * kappa * chunks.iter().map(|sums| sums.missed[j]).sum::<f64>()).collect()
}

/// The change of `f` per region by a step to first order, of all chunks, with the factor `kappa`; dead ones have none.
pub fn response(chunks: &[Sums], kappa: f64) -> Vec<Vec2> {
    let regions = chunks.first().map_or(0, |sums| sums.response.len());
    let sum = |k: usize, q: usize| match k {
        0 => 0.0,
        _ => kappa * chunks.iter().map(|sums| sums.response[k][q]).sum::<f64>(),
    };
    (0..regions).map(|k| [sum(k, 0), sum(k, 1)]).collect()
}
