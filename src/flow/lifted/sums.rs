//! What the neurons of a batch that met an event add up to.

use crate::flow::events::Events;
use crate::flow::moments::add;
use crate::math::paged::Paged;

use super::second::{Cluster, Second};

/// Moving neurons of one region.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RegionSums {
    /// Second moments of those that started here, in the frame at the start.
    pub start: Second,
    /// Second moments of those that end here, in the frame at the end.
    pub end: Second,
    /// `Int_0^1 M(u) du` along their tracks, without `kappa^2`.
    pub sigma: [f64; 3],
    /// `Int_0^1 u M(u) du`.
    pub sigma_u: [f64; 3],
}

/// Moving neurons of one boundary.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BoundarySums {
    /// Those that were pinned at the start, by sign of `c`, in the frame at the start.
    pub start: [Cluster; 2],
    /// Those that are pinned at the end, by sign of `c`, in the frame at the end.
    pub end: [Cluster; 2],
    /// `Int_0^1 W(u) du` of their weight, without `kappa^2`.
    pub weight: f64,
    /// `Int_0^1 u W(u) du`.
    pub weight_u: f64,
}

/// Sums over the neurons that may meet an event, which are in few of all regions.
#[derive(Debug, Clone)]
pub struct Sums {
    /// Per region.
    pub region: Paged<RegionSums>,
    /// Per boundary.
    pub boundary: Paged<BoundarySums>,
    /// Events.
    pub events: Events,
    /// Whether anything was added.
    pub any: bool,
}

impl Sums {
    /// Nothing yet, `count = 2 s` regions and boundaries.
    pub fn none(count: usize) -> Sums {
        Sums {
            region: Paged::new(count),
            boundary: Paged::new(count),
            events: Events::none(f64::INFINITY),
            any: false,
        }
    }

    /// Forgets everything; `significant` as in [`Events`].
    pub fn clear(&mut self, significant: f64) {
        self.region.clear();
        self.boundary.clear();
        self.any = false;
        self.events = Events::none(significant);
    }

    /// Adds the sums of several batches, in order for every region and boundary.
    pub fn merge(&mut self, parts: &[Sums]) {
        for part in parts {
            self.events.merge(&part.events);
            self.any |= part.any;
        }
        let region: Vec<_> = parts.iter().map(|part| &part.region).collect();
        self.region.add_all(&region, |sum, part| {
            add(&mut sum.start, &part.start);
            add(&mut sum.end, &part.end);
            add(&mut sum.sigma, &part.sigma);
            add(&mut sum.sigma_u, &part.sigma_u);
        });
        let boundary: Vec<_> = parts.iter().map(|part| &part.boundary).collect();
        self.boundary.add_all(&boundary, |sum, part| {
            for side in 0..2 {
                add(&mut sum.start[side], &part.start[side]);
                add(&mut sum.end[side], &part.end[side]);
            }
            sum.weight += part.weight;
            sum.weight_u += part.weight_u;
        });
    }
}
