//! Noise of gradient descent: on the labels, and on the parameters (Langevin).
//!
//! ```text
//! y_j  ->  y_j + sigma n_j^(-1/2) xi_j        in every step anew: the gradient is that of noisy labels
//! z    ->  z - dt v + (2 tau dt)^(1/2) xi     for every parameter that trains
//! ```
//!
//! with independent standard normals `xi`. What is drawn depends on the seed, the step and the sample or neuron alone: a
//! run that is resumed goes on with the same noise, on any number of threads.
//!
//! With `dt = eta / m` the second is Langevin dynamics of a framework, `theta - eta grad L + (2 eta T)^(1/2) xi`, at the
//! temperature `T = tau / m`; as steps get small it is the noisy mean-field flow `dz = v dt + (2 tau)^(1/2) dB`. Label noise has no
//! such limit: its effect is of the order of the step.

use crate::math::random::{Purpose, Stream};
use crate::problem::Samples;

/// Where the Langevin noise of one step comes from.
#[derive(Debug, Clone, Copy)]
pub struct Heat {
    seed: u64,
    /// The number that the first neuron has in this step.
    first: u64,
}

impl Heat {
    /// Of step `step`, counted from 0, of `m` neurons.
    pub fn new(seed: u64, step: u64, m: usize) -> Heat {
        Heat { seed, first: step.wrapping_mul(m as u64) }
    }

    /// The stream of a neuron: its first three normals are for `c`, `w_x`, `w_y`.
    pub fn of(&self, neuron: u64) -> Stream {
        Stream::new(self.seed, Purpose::Langevin, self.first.wrapping_add(neuron))
    }
}

/// Residuals against the noisy labels of step `step`, counted from 0.
///
/// * `noise`: standard deviation of a single label.
pub fn with_noisy_labels(samples: &Samples, rho: &[f64], noise: f64, seed: u64, step: u64) -> Vec<f64> {
    let mut draw = Stream::new(seed, Purpose::Labels, step);
    let pairs = rho.iter().zip(samples.weight());
    pairs.map(|(rho, n)| rho - noise * draw.normal() / n.sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_their_noise_and_ties_its_mean() {
        let samples = Samples::new(&[0.0, 1.0, 1.0, 1.0, 1.0], &[0.0; 5]).unwrap();
        let steps = 20_000;
        let (mut mean, mut square) = ([0.0; 2], [0.0; 2]);
        for step in 0..steps {
            let found = with_noisy_labels(&samples, &[1.0, 1.0], 0.5, 3, step);
            assert_eq!(found, with_noisy_labels(&samples, &[1.0, 1.0], 0.5, 3, step));
            for j in 0..2 {
                mean[j] += (found[j] - 1.0) / steps as f64;
                square[j] += (found[j] - 1.0).powi(2) / steps as f64;
            }
        }
        // Five standard errors.
        for (j, deviation) in [0.5, 0.25].into_iter().enumerate() {
            assert!(mean[j].abs() < 5.0 * deviation / (steps as f64).sqrt(), "{mean:?}");
            let variance: f64 = deviation * deviation;
            assert!(
                (square[j] - variance).abs() < 5.0 * variance * (2.0 / steps as f64).sqrt(),
                "{square:?}"
            );
        }
    }

    #[test]
    fn neurons_of_all_steps_have_streams_of_their_own() {
        let first = |step, neuron| Heat::new(7, step, 10).of(neuron).normal();
        assert_eq!(first(3, 4), first(3, 4));
        let mut all: Vec<f64> = (0..10).flat_map(|step| (0..10).map(move |i| first(step, i))).collect();
        all.sort_by(f64::total_cmp);
        assert!(all.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
