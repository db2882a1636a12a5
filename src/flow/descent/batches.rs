//! Minibatches: which samples a step uses.
//!
//! Every epoch shuffles the samples anew and cuts them into batches of `size`; the last one is
//! smaller if the number of samples is no multiple of it. What is drawn are merged samples: ties
//! come together, with their weight `n_j`. The loss of a batch `B` is
//!
//! ```text
//! L_B = (s / |B|) 1/2 Sum_(j in B) n_j rho_j^2
//! ```
//!
//! Each batch is a uniformly drawn subset of its size, so that its gradient is the full gradient
//! on average. The shuffle of an epoch depends on the seed and the epoch alone: a run resumed in
//! the middle of an epoch goes on with the same batches.

use crate::math::random::{Purpose, Stream};

/// The batches of one run.
#[derive(Debug, Clone)]
pub struct Batches {
    size: usize,
    seed: u64,
    epoch: Option<u64>,
    order: Vec<u32>,
}

impl Batches {
    /// Batches of `size` out of `samples`, `1 <= size <= samples`.
    pub fn new(samples: usize, size: usize, seed: u64) -> Batches {
        assert!((1..=samples).contains(&size), "a batch of {size} out of {samples}");
        Batches { size, seed, epoch: None, order: vec![0; samples] }
    }

    /// Steps that one epoch takes.
    pub fn per_epoch(&self) -> u64 {
        self.order.len().div_ceil(self.size) as u64
    }

    /// The samples of step `step`, counted from 0.
    pub fn of_step(&mut self, step: u64) -> &[u32] {
        let (epoch, slot) = (step / self.per_epoch(), (step % self.per_epoch()) as usize);
        if self.epoch != Some(epoch) {
            self.shuffle(epoch);
        }
        &self.order[slot * self.size..self.order.len().min((slot + 1) * self.size)]
    }

    /// The residuals as the batch of this step counts them: times `s / |B|`, zero outside it.
    pub fn weigh(&mut self, step: u64, rho: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        let batch = self.of_step(step);
        let scale = rho.len() as f64 / batch.len() as f64;
        for &j in batch {
            out[j as usize] = scale * rho[j as usize];
        }
    }

    /// Fisher and Yates' shuffle of the samples in their own order.
    fn shuffle(&mut self, epoch: u64) {
        let mut draw = Stream::new(self.seed, Purpose::Batches, epoch);
        for (j, slot) in self.order.iter_mut().enumerate() {
            *slot = j as u32;
        }
        for last in (1..self.order.len()).rev() {
            let other = draw.below(last as u64 + 1) as usize;
            self.order.swap(last, other);
        }
        self.epoch = Some(epoch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_shows_every_sample_once() {
        let mut batches = Batches::new(17, 5, 3);
        assert_eq!(batches.per_epoch(), 4);
        let mut epochs = vec![];
        for epoch in 0..50 {
            let mut order = vec![];
            for slot in 0..4 {
                let batch = batches.of_step(4 * epoch + slot).to_vec();
                assert_eq!(batch.len(), if slot < 3 { 5 } else { 2 });
                order.extend(batch);
            }
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..17).collect::<Vec<u32>>());
            epochs.push(order);
        }
        epochs.sort_unstable();
        epochs.dedup();
        assert_eq!(epochs.len(), 50, "epochs repeat");
    }

    #[test]
    fn batches_depend_on_seed_and_step_alone() {
        let mut forward = Batches::new(10, 3, 8);
        let expected: Vec<Vec<u32>> = (0..12).map(|step| forward.of_step(step).to_vec()).collect();
        for step in (0..12).rev() {
            assert_eq!(Batches::new(10, 3, 8).of_step(step), expected[step as usize]);
        }
        assert_ne!(Batches::new(10, 3, 9).of_step(0), expected[0]);
    }

    #[test]
    fn a_batch_is_the_full_residual_on_average() {
        let rho = [1.0, -2.0, 4.0, 0.5, 3.0];
        let (mut sum, mut out) = ([0.0; 5], [0.0; 5]);
        let mut last_of_epoch = [0.0; 5];
        let epochs = 20_000;
        let mut batches = Batches::new(5, 2, 1);
        for step in 0..3 * epochs {
            batches.weigh(step, &rho, &mut out);
            (0..5).for_each(|j| sum[j] += out[j] / (3 * epochs) as f64);
            if step % 3 == 2 {
                (0..5).for_each(|j| last_of_epoch[j] += out[j] / epochs as f64);
            }
        }
        for j in 0..5 {
            // Standard deviation of the small batch: rho sqrt(p (1 - p)) 5 with p = 1/5, that is
            // 2 rho per epoch; four of them.
            let allowed = 4.0 * 2.0 * rho[j].abs() / (epochs as f64).sqrt();
            assert!((sum[j] - rho[j]).abs() < allowed, "{sum:?}");
            assert!((last_of_epoch[j] - rho[j]).abs() < allowed, "{last_of_epoch:?}");
        }
    }
}
