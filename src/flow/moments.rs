//! Region and boundary moments of the measure: all that the field needs to know of the particles.

use rayon::prelude::*;

use crate::problem::{Regions, Samples};

use super::field::{Vec2, project};

/// Numbers kept per region.
pub const REGION: usize = 12;
/// Numbers kept per boundary: mass and first moment, for `r > 0` and for `r < 0`.
pub const BOUNDARY: usize = 4;
/// Numbers kept of the weight with which a boundary's cluster acts: value and rate.
pub const WEIGHT: usize = 2;

/// Numbers kept per region and its clockwise boundary.
pub const LENGTH: usize = REGION + BOUNDARY + WEIGHT;

/// Moments of the free particles of one region.
///
/// `[F (2), Sigma (xx, xy, yy), dSigma/dt (3), T (2), dT/dt (2)]` with `F = Int r d mu`,
/// `Sigma = Int (d d^T + r^2 t t^T) mu` and `T = Int sign(r) d mu` (zero without the
/// total-variation term); of neurons `F = kappa Int c w mu` and `Sigma = kappa^2 Int M mu` (section 5). The rates are
/// those of the motion inside the region; crossings are accounted for one by one.
pub type RegionMoments = [f64; REGION];

/// Where `Sigma` starts in [`RegionMoments`].
pub const SIGMA: usize = 2;
/// Where `dSigma/dt` starts.
pub const SIGMA_RATE: usize = 5;
/// Where `T` starts.
pub const SIGN: usize = 8;
/// Where `dT/dt` starts.
pub const SIGN_RATE: usize = 10;

/// Moments of a measure: per region, and of the mass pinned on each boundary.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// One entry per region.
    pub region: Vec<RegionMoments>,
    /// Per boundary `[mass, Int r mu]` of `r > 0`, then of `r < 0`.
    pub boundary: Vec<[f64; BOUNDARY]>,
    /// Per boundary the weight `W` with which its cluster enters `Sigma` as `W d d^T`, and
    /// `dW/dt`: the mass in the canonical flow, `kappa^2 Int (c^2 + |w|^2) mu` in the lifted one.
    pub weight: Vec<[f64; WEIGHT]>,
}

/// Regions that one thread merges at a time: fewer are not worth handing over.
pub const MERGE_LENGTH: usize = 256;

/// Adds numbers entry by entry.
pub fn add<const N: usize>(sum: &mut [f64; N], part: &[f64; N]) {
    sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
}

impl Moments {
    /// All zero, for `count = 2 s` regions and boundaries.
    pub fn zero(count: usize) -> Moments {
        Moments {
            region: vec![[0.0; REGION]; count],
            boundary: vec![[0.0; BOUNDARY]; count],
            weight: vec![[0.0; WEIGHT]; count],
        }
    }

    /// Sets every moment to zero.
    pub fn clear(&mut self) {
        self.region.fill([0.0; REGION]);
        self.boundary.fill([0.0; BOUNDARY]);
        self.weight.fill([0.0; WEIGHT]);
    }

    /// Adds the moments of several chunks, in order for every region and boundary.
    pub fn merge(&mut self, chunks: &[&Moments]) {
        self.region.par_iter_mut().with_min_len(MERGE_LENGTH).enumerate().for_each(|(k, sum)| {
            chunks.iter().for_each(|chunk| add(sum, &chunk.region[k]));
        });
        for (b, sum) in self.boundary.iter_mut().enumerate() {
            chunks.iter().for_each(|chunk| add(sum, &chunk.boundary[b]));
        }
    }

    /// Gives every cluster its mass as weight, as the canonical flow does.
    pub fn weigh_by_mass(&mut self) {
        for (weight, cluster) in self.weight.iter_mut().zip(&self.boundary) {
            *weight = [cluster[0] + cluster[2], 0.0];
        }
    }

    /// As one list, for a checkpoint.
    pub fn to_flat(&self) -> Vec<f64> {
        let parts = [self.region.as_flattened(), self.boundary.as_flattened(), self.weight.as_flattened()];
        parts.concat()
    }

    /// From the list of [`Moments::to_flat`]; `None` when its length is not right for `count`.
    pub fn from_flat(count: usize, flat: &[f64]) -> Option<Moments> {
        if flat.len() != count * LENGTH {
            return None;
        }
        let mut moments = Moments::zero(count);
        let (regions, rest) = flat.split_at(count * REGION);
        let (boundaries, weights) = rest.split_at(count * BOUNDARY);
        moments.region.as_flattened_mut().copy_from_slice(regions);
        moments.boundary.as_flattened_mut().copy_from_slice(boundaries);
        moments.weight.as_flattened_mut().copy_from_slice(weights);
        Some(moments)
    }

    /// Mass pinned on boundary `b`.
    pub fn pinned_mass(&self, b: usize) -> f64 {
        self.boundary[b][0] + self.boundary[b][2]
    }

    /// `Sigma_k` of free particles (xx, xy, yy).
    pub fn sigma(&self, k: usize) -> [f64; 3] {
        [self.region[k][SIGMA], self.region[k][SIGMA + 1], self.region[k][SIGMA + 2]]
    }

    /// `Sigma_k` of free particles, for every region.
    pub fn free_sigma(&self) -> Vec<[f64; 3]> {
        (0..self.region.len()).map(|k| self.sigma(k)).collect()
    }

    /// `Sigma_k` with the mass pinned next to region `k` added without its angular part.
    ///
    /// Pinned mass is counted on the side where its sample is inactive, so that it contributes to
    /// its own sample exactly nothing, as `<xt_j, d_b> = 0` demands.
    pub fn sigma_with_pinned(&self, regions: &Regions) -> Vec<[f64; 3]> {
        let mut sigma = self.free_sigma();
        for b in 0..self.boundary.len() {
            let [weight, _] = self.weight[b];
            if weight > 0.0 {
                let [dx, dy] = regions.direction(b);
                let sum = &mut sigma[regions.inactive_side(b)];
                *sum = [sum[0] + weight * dx * dx, sum[1] + weight * dx * dy, sum[2] + weight * dy * dy];
            }
        }
        sigma
    }

    /// The residuals `rho_j = Sum_{k: j active} <xt_j, F_k> - y_j` (section 4).
    pub fn residual(&self, samples: &Samples, regions: &Regions, rho: &mut [f64]) {
        let mut first: Vec<Vec2> = self.region.iter().map(|m| [m[0], m[1]]).collect();
        residual_of(samples, regions, &self.boundary, &mut first, rho);
    }

    /// The sign moment `Int sign(r) d mu` per region, pinned mass included.
    pub fn sign_moment(&self, regions: &Regions) -> Vec<Vec2> {
        let mut v: Vec<Vec2> = self.region.iter().map(|m| [m[SIGN], m[SIGN + 1]]).collect();
        for (b, m) in self.boundary.iter().enumerate() {
            let signed = m[0] - m[2];
            let d = regions.direction(b);
            let sum = &mut v[regions.inactive_side(b)];
            *sum = [sum[0] + signed * d[0], sum[1] + signed * d[1]];
        }
        v
    }
}

/// As [`Moments::residual`], from the moments of the boundaries and the first moments `F_k` of the regions, to which those
/// of the boundaries are added.
pub fn residual_of(
    samples: &Samples,
    regions: &Regions,
    boundary: &[[f64; BOUNDARY]],
    first: &mut [Vec2],
    rho: &mut [f64],
) {
    for (b, m) in boundary.iter().enumerate().filter(|(_, m)| m[1] != 0.0 || m[3] != 0.0) {
        let along = m[1] + m[3];
        let d = regions.direction(b);
        let sum = &mut first[regions.inactive_side(b)];
        *sum = [sum[0] + along * d[0], sum[1] + along * d[1]];
    }
    project(samples, first, rho);
    rho.iter_mut().zip(samples.y()).for_each(|(rho, y)| *rho -= y);
}
