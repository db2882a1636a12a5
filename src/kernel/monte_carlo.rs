//! The kernels once more, from random draws, with standard errors.

use ndarray::Array2;
use rayon::prelude::*;

use crate::math::random::{Purpose, Stream};

use super::kernels::{Kernel, Regime};
use super::law::{StartLaw, WeightLaw};
use super::particles::Particles;

/// Draws are divided into this many batches, whose spread gives the standard error.
const BATCHES: usize = 32;

/// Kernel matrices estimated from neurons drawn at random.
#[derive(Debug, Clone)]
pub struct MonteCarlo {
    batches: Vec<[Array2<f64>; 2]>,
}

impl MonteCarlo {
    /// Draws `draws` neurons (rounded up to a multiple of 32) from the law of `kernel` and averages
    /// over them at the points `x`; neuron `i` depends on `(seed, i)` alone.
    ///
    /// `None` if the law is one of given particles, which are exact already.
    pub fn new(kernel: &Kernel, x: &[f64], draws: usize, seed: u64) -> Option<MonteCarlo> {
        let law = kernel.law();
        if matches!(law.weights, WeightLaw::Particles(_)) {
            return None;
        }
        let each = draws.div_ceil(BATCHES).max(1);
        let c = law.output_second_moment.sqrt();
        let batch = |k: usize| {
            let neuron = |i: usize| {
                let mut stream = Stream::new(seed, Purpose::Particles, (k * each + i) as u64);
                let (a, b) = law.weights.draw(&mut stream).expect("particles are handled above");
                (a, b, c)
            };
            let particles = Particles::uniform((0..each).map(neuron));
            let sampled =
                Kernel::new(StartLaw { weights: WeightLaw::Particles(particles), output_second_moment: 0.0 });
            let sampled = sampled.with_output_bias(kernel.output_bias());
            Regime::ALL.map(|regime| sampled.gram(regime, x))
        };
        Some(MonteCarlo { batches: (0..BATCHES).into_par_iter().map(batch).collect() })
    }

    /// The estimated matrix of a regime, and its standard errors.
    pub fn gram(&self, regime: Regime) -> (Array2<f64>, Array2<f64>) {
        let which = Regime::ALL.iter().position(|&r| r == regime).expect("all regimes are listed");
        let n = self.batches.len() as f64;
        let mut mean = Array2::zeros(self.batches[0][which].dim());
        for batch in &self.batches {
            mean += &batch[which];
        }
        mean /= n;
        let mut square = Array2::<f64>::zeros(mean.dim());
        for batch in &self.batches {
            square += &(&batch[which] - &mean).mapv(|d| d * d);
        }
        let error = square.mapv(|sum| (sum / (n - 1.0) / n).sqrt());
        (mean, error)
    }
}
