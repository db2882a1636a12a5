//! What the walked particles of a push add up to.

use crate::flow::Counters;
use crate::flow::moments::{Moments, REGION, RegionMoments};
use crate::math::trig::sin_cos;
use crate::problem::PlaceKind;

use super::motion::{contribution, rates, seen};
use super::movers::Movers;
use super::tables::Tables;
use super::walk::Particle;

/// What the walks of a chunk add up to.
#[derive(Debug, Clone, PartialEq)]
pub struct Walks {
    /// Moments at the end of the step.
    pub moments: Moments,
    /// What the residual ODE needs.
    pub movers: Movers,
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
}

impl Walks {
    /// Nothing walked yet, `count = 2 s` regions.
    pub fn none(count: usize) -> Walks {
        Walks {
            moments: Moments::zero(count),
            movers: Movers::none(count),
            counters: Counters::default(),
            largest_jump: 0.0,
            significant: f64::INFINITY,
            notable: 0,
            first_significant: f64::INFINITY,
            given_up: false,
        }
    }

    /// Forgets everything; `significant` as in the field of that name.
    pub fn clear(&mut self, significant: f64) {
        self.moments.clear();
        self.movers.clear();
        self.counters = Counters::default();
        self.largest_jump = 0.0;
        self.significant = significant;
        self.notable = 0;
        self.first_significant = f64::INFINITY;
        self.given_up = false;
    }

    /// Adds the walks of all chunks, in order for every region.
    pub fn merge(&mut self, chunks: &[Walks]) {
        for other in chunks {
            self.counters += other.counters;
            self.largest_jump = self.largest_jump.max(other.largest_jump);
            self.notable += other.notable;
            self.first_significant = self.first_significant.min(other.first_significant);
            self.given_up |= other.given_up;
        }
        let moments: Vec<&Moments> = chunks.iter().map(|chunk| &chunk.moments).collect();
        self.moments.merge(&moments);
        let movers: Vec<&Movers> =
            chunks.iter().map(|chunk| &chunk.movers).filter(|movers| movers.any).collect();
        self.movers.merge(&movers);
    }

    /// Takes a particle out of the moments from which the step started.
    pub fn take_out_start<const TV: bool>(&mut self, tables: &Tables<'_>, particle: &Particle) {
        let Particle { mass, r, place, .. } = *particle;
        match place.kind() {
            PlaceKind::Free => {
                let part = free_moments::<TV>(tables, particle, 0);
                let start = &mut self.movers.region[place.index()].start;
                (0..REGION).for_each(|i| start[i] += part[i]);
                self.movers.any = true;
            }
            PlaceKind::Pinned => {
                let movers = &mut self.movers.boundary[place.index()];
                movers.start[0] += mass;
                movers.signed_start += mass.copysign(r);
                self.movers.any = true;
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }

    /// Adds a walked particle to the moments at the end of the step.
    pub fn add_end<const TV: bool>(&mut self, tables: &Tables<'_>, particle: &Particle) {
        let k = particle.place.index();
        match particle.place.kind() {
            PlaceKind::Free => {
                let part = free_moments::<TV>(tables, particle, 2);
                let (sum, end) = (&mut self.moments.region[k], &mut self.movers.region[k].end);
                for i in 0..REGION {
                    sum[i] += part[i];
                    end[i] += part[i];
                }
            }
            PlaceKind::Pinned => {
                self.movers.boundary[k].end[0] += particle.mass;
                self.add_pinned_end(k, particle.mass, particle.r);
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }

    /// Notes an event that changes the rate of a residual by up to `size` (per time).
    pub fn jump(&mut self, size: f64, u: f64) {
        self.largest_jump = self.largest_jump.max(size);
        self.notable += u64::from(size > 0.25 * self.significant);
        if size > self.significant {
            self.first_significant = self.first_significant.min(u);
        }
    }

    /// Adds a pinned particle to the moments at the end of the step.
    #[inline(always)]
    pub fn add_pinned_end(&mut self, b: usize, mass: f64, r: f64) {
        let side = if r.is_sign_negative() { 2 } else { 0 };
        self.moments.boundary[b][side] += mass;
        self.moments.boundary[b][side + 1] += mass * r;
    }
}

/// Moments of a free particle, with the field at the start (`moment` 0) or end (2) of the step.
pub fn free_moments<const TV: bool>(
    tables: &Tables<'_>,
    particle: &Particle,
    moment: usize,
) -> RegionMoments {
    let Particle { mass, r, theta, place } = *particle;
    let (sin, cos) = sin_cos(theta);
    let tv = if TV { tables.tv.copysign(r) } else { 0.0 };
    let rate = rates(r, 0.0, 1.0, seen(tables.rows[place.index()].g[moment], sin, cos), tv);
    contribution::<TV>(mass, r, sin, cos, rate)
}
