//! The tangent kernel and what is derived from it, from the second moments.

use ndarray::Array2;

use crate::flow::tangent_kernel::{frobenius, tangent_kernel, trace};
use crate::flow::{ParticleKind, add_rate};
use crate::kernel::GradientFlow;
use crate::math::norm::{largest_difference, ratio, worse, worst};
use crate::math::sum::sum;
use crate::problem::Samples;
use crate::run::{Description, Snapshot, eigenvalues};

use super::Checker;
use super::direct::Direct;
use super::table::{Law, has_exponential};

/// Most samples of which all eigenvalues are computed again at every snapshot; of more, their sum
/// and the sum of their squares are compared with the trace and the norm of the kernel.
const DECOMPOSED: usize = 256;
/// Most samples whose kernel is decomposed for the kernel flow in closed form: seconds.
const CLOSED_FORM: usize = 1500;

impl Checker<'_> {
    /// Laws of the tangent kernel; returns `tr(K_t N)`, if it can be told.
    pub(super) fn kernels(
        &mut self,
        rho: &[f64],
        snapshot: &Snapshot,
        direct: Option<&Direct>,
    ) -> Option<f64> {
        let (samples, time) = (&self.description.samples, snapshot.time);
        let mut sigma = self.second_moments(snapshot, direct);
        sigma.iter_mut().for_each(|sigma| add_rate(sigma, self.description.output_bias.rate));
        if let (Some(kernel), Some(sigma)) = (&snapshot.tangent_kernel, &sigma) {
            self.note(Law::Kernel, against_moments(samples, sigma, kernel), time);
        }
        if let (Some(kernel), Some(values)) = (&snapshot.tangent_kernel, &snapshot.tangent_kernel_eigenvalues)
        {
            let values = values.as_slice().unwrap_or(&[]);
            self.note(Law::Eigenvalues, spectrum(samples, kernel, values), time);
        }
        let sigma = sigma?;
        if snapshot.step == 0 {
            self.initial = Some(sigma.clone());
        }
        if let Some(initial) = &self.initial {
            self.table.note(Law::Change, change(samples, &sigma, initial, snapshot), time);
        }
        self.against_exponential(rho, snapshot, &sigma);
        Some(trace(samples, &sigma))
    }

    /// `Sigma_k` of the measure with pinned mass, as far as it can be told.
    fn second_moments(&self, snapshot: &Snapshot, direct: Option<&Direct>) -> Option<Vec<[f64; 3]>> {
        let count = self.regions.boundaries();
        let mut sigma: Vec<[f64; 3]> =
            (0..count).map(|k| std::array::from_fn(|i| snapshot.region_covariance[[k, i]])).collect();
        let pinned = match direct {
            _ if snapshot.pinned_mass.sum() == 0.0 => return Some(sigma),
            Some(direct) => direct.pinned(),
            // The weights of pinned neurons are not told by their mass.
            None if self.description.flow.particles() == ParticleKind::Neuron => return None,
            None => self.pinned_by_mass(snapshot),
        };
        for (sum, part) in sigma.iter_mut().zip(pinned) {
            (0..3).for_each(|i| sum[i] += part[i]);
        }
        Some(sigma)
    }

    /// What canonical particles that are pinned add: `d d^T` times their mass.
    fn pinned_by_mass(&self, snapshot: &Snapshot) -> Vec<[f64; 3]> {
        let mut sums = vec![[0.0; 3]; self.regions.boundaries()];
        for b in 0..self.regions.boundaries() {
            let (mass, [x, y]) = (snapshot.pinned_mass.row(b).sum(), self.regions.direction(b));
            let sum = &mut sums[self.regions.inactive_side(b)];
            *sum = [sum[0] + mass * x * x, sum[1] + mass * x * y, sum[2] + mass * y * y];
        }
        sums
    }

    /// The kernel flow in closed form (section 12), from the first snapshot on; not of very many
    /// samples, nor of a kernel that is zero.
    fn against_exponential(&mut self, rho: &[f64], snapshot: &Snapshot, sigma: &[[f64; 3]]) {
        let Description { samples, .. } = self.description;
        if !has_exponential(self.description) {
            return;
        }
        if snapshot.step == 0 && samples.len() <= CLOSED_FORM {
            let flow = GradientFlow::new(tangent_kernel(samples, sigma), samples.weight()).ok();
            self.exponential = flow.map(|flow| (flow, rho.to_vec()));
        }
        if let Some((flow, start)) = &self.exponential {
            let decay = self.description.flow.decay();
            let expected = match decay > 0.0 {
                // All but the output bias decays.
                true => {
                    let y = samples.less(self.description.output_bias.start);
                    flow.decaying_residual(start, y.y(), decay, snapshot.time)
                }
                false => flow.residual(start, snapshot.time),
            };
            let worst = largest_difference(rho, expected.as_slice().unwrap_or(&[])) / self.scale;
            self.note(Law::Exponential, worst, snapshot.time);
        }
    }
}

/// The stored kernel against that of `sigma`, relative to its largest entry.
fn against_moments(samples: &Samples, sigma: &[[f64; 3]], stored: &Array2<f64>) -> f64 {
    let expected = tangent_kernel(samples, sigma);
    ratio(worst(expected.iter().zip(stored).map(|(a, b)| a - b)), worst(expected.iter().copied()))
}

/// The stored eigenvalues against those of the stored kernel, relative to the largest.
fn spectrum(samples: &Samples, kernel: &Array2<f64>, stored: &[f64]) -> f64 {
    let most = worst(stored.iter().copied());
    let disorder = worst(stored.windows(2).map(|pair| (pair[0] - pair[1]).max(0.0)));
    let error = if samples.len() <= DECOMPOSED {
        match eigenvalues(samples, kernel) {
            Some(expected) => worst(expected.iter().zip(stored).map(|(a, b)| a - b)),
            None => f64::INFINITY,
        }
    } else {
        let n = samples.weight();
        let trace = sum(n.iter().enumerate().map(|(j, n)| n * kernel[[j, j]]));
        let square = sum(kernel.indexed_iter().map(|((i, j), entry)| n[i] * n[j] * entry * entry));
        let squares = sum(stored.iter().map(|value| value * value));
        let of_norm = ratio((square - squares).abs(), square.sqrt());
        worse((trace - sum(stored.iter().copied())).abs(), of_norm)
    };
    ratio(worse(error, disorder), most)
}

/// The stored `|K_t - K_0| / |K_0|` against that of the moments `now` and `then`; relative to
/// itself, or to 1 where it is smaller.
fn change(samples: &Samples, now: &[[f64; 3]], then: &[[f64; 3]], snapshot: &Snapshot) -> f64 {
    let difference: Vec<[f64; 3]> =
        now.iter().zip(then).map(|(now, then)| std::array::from_fn(|i| now[i] - then[i])).collect();
    let norm = frobenius(samples, then);
    let expected = if norm > 0.0 { frobenius(samples, &difference) / norm } else { 0.0 };
    (snapshot.tangent_kernel_change - expected).abs() / expected.max(1.0)
}
