//! What the walked neurons of a batch add up to.

use rayon::prelude::*;

use crate::flow::Counters;
use crate::flow::moments::{MERGE_LENGTH, add};

use super::second::{Cluster, Second};

/// Walked neurons of one region.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RegionSums {
    /// Second moments of those who started here, in the frame at the start.
    pub start: Second,
    /// Second moments of those who end here, in the frame at the end.
    pub end: Second,
    /// `Int_0^1 M(u) du` along their tracks, without `kappa^2`.
    pub sigma: [f64; 3],
    /// `Int_0^1 u M(u) du`.
    pub sigma_u: [f64; 3],
}

/// Walked neurons of one boundary.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BoundarySums {
    /// Those who were pinned at the start, by sign of `c`, in the frame at the start.
    pub start: [Cluster; 2],
    /// Those who are pinned at the end, by sign of `c`, in the frame at the end.
    pub end: [Cluster; 2],
    /// `Int_0^1 W(u) du` of their weight, without `kappa^2`.
    pub weight: f64,
    /// `Int_0^1 u W(u) du`.
    pub weight_u: f64,
}

/// Sums over walks.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    /// Per region.
    pub region: Vec<RegionSums>,
    /// Per boundary.
    pub boundary: Vec<BoundarySums>,
    /// Events.
    pub counters: Counters,
    /// Size of the largest jump of any residual's rate by one event (per time).
    pub largest_jump: f64,
    /// Jumps at least this large are significant.
    pub significant: f64,
    /// How many events jump by at least a quarter of that.
    pub notable: u64,
    /// When the first significant event happens, in `u`; infinite if none does.
    pub first_significant: f64,
    /// Whether a walk was given up before its end.
    pub given_up: bool,
    /// Whether anything was added.
    pub any: bool,
}

impl Sums {
    /// Nothing walked yet, `count = 2 s` regions and boundaries.
    pub fn none(count: usize) -> Sums {
        Sums {
            region: vec![RegionSums::default(); count],
            boundary: vec![BoundarySums::default(); count],
            counters: Counters::default(),
            largest_jump: 0.0,
            significant: f64::INFINITY,
            notable: 0,
            first_significant: f64::INFINITY,
            given_up: false,
            any: false,
        }
    }

    /// Forgets everything; `significant` as in the field of that name.
    pub fn clear(&mut self, significant: f64) {
        if self.any {
            self.region.fill(RegionSums::default());
            self.boundary.fill(BoundarySums::default());
        }
        self.any = false;
        self.counters = Counters::default();
        (self.largest_jump, self.notable) = (0.0, 0);
        (self.significant, self.first_significant) = (significant, f64::INFINITY);
        self.given_up = false;
    }

    /// Notes an event that changes the rate of a residual by up to `size` (per time).
    pub fn jump(&mut self, size: f64, u: f64) {
        self.largest_jump = self.largest_jump.max(size);
        self.notable += u64::from(size > 0.25 * self.significant);
        if size > self.significant {
            self.first_significant = self.first_significant.min(u);
        }
    }

    /// Adds the sums of several batches, in order for every region and boundary.
    pub fn merge(&mut self, parts: &[Sums]) {
        for part in parts {
            self.counters += part.counters;
            self.largest_jump = self.largest_jump.max(part.largest_jump);
            self.notable += part.notable;
            self.first_significant = self.first_significant.min(part.first_significant);
            self.given_up |= part.given_up;
            self.any |= part.any;
        }
        let parts: Vec<&Sums> = parts.iter().filter(|part| part.any).collect();
        self.region.par_iter_mut().with_min_len(MERGE_LENGTH).enumerate().for_each(|(k, sum)| {
            for part in parts.iter().map(|part| &part.region[k]) {
                add(&mut sum.start, &part.start);
                add(&mut sum.end, &part.end);
                add(&mut sum.sigma, &part.sigma);
                add(&mut sum.sigma_u, &part.sigma_u);
            }
        });
        for (b, sum) in self.boundary.iter_mut().enumerate() {
            for part in parts.iter().map(|part| &part.boundary[b]) {
                for side in 0..2 {
                    add(&mut sum.start[side], &part.start[side]);
                    add(&mut sum.end[side], &part.end[side]);
                }
                sum.weight += part.weight;
                sum.weight_u += part.weight_u;
            }
        }
    }
}
