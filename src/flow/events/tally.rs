//! What the integration of particles over a step adds up to.

use crate::flow::Counters;
use crate::flow::moments::{BOUNDARY, Moments, RegionMoments, add};
use crate::math::paged::{Paged, add_all};

use super::particles::{ChunkShares, EventParticles};

/// Events of a step, and how abruptly they change the rates of the residuals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Events {
    /// How many of each kind.
    pub counters: Counters,
    /// Size of the largest jump of any residual's rate by one event (per time).
    pub largest_jump: f64,
    /// Jumps larger than this are significant.
    pub significant: f64,
    /// How many events jump by more than a quarter of that.
    pub notable: u64,
    /// When the first significant event happens, in `u`; infinite if none does.
    pub first_significant: f64,
    /// Whether the integration of a particle was given up before its end.
    pub given_up: bool,
    /// Whether some particle was followed implicitly.
    pub implicit: bool,
}

impl Events {
    /// No event yet; `significant` as in the field of that name.
    pub fn none(significant: f64) -> Events {
        Events {
            counters: Counters::default(),
            largest_jump: 0.0,
            significant,
            notable: 0,
            first_significant: f64::INFINITY,
            given_up: false,
            implicit: false,
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

    /// Adds the events of another chunk.
    pub fn merge(&mut self, other: &Events) {
        self.counters += other.counters;
        self.largest_jump = self.largest_jump.max(other.largest_jump);
        self.notable += other.notable;
        self.first_significant = self.first_significant.min(other.first_significant);
        self.given_up |= other.given_up;
        self.implicit |= other.implicit;
    }
}

/// Sums over particles at the end of a step, and the events within it: of one chunk, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Moments at the end of the step.
    pub moments: Moments,
    /// The particles that met an event, as the residual ODE needs them.
    pub event_particles: EventParticles,
    /// The events.
    pub events: Events,
}

impl Tally {
    /// Nothing yet, `count = 2 s` regions.
    pub fn none(count: usize) -> Tally {
        Tally {
            moments: Moments::zero(count),
            event_particles: EventParticles::none(count),
            events: Events::none(f64::INFINITY),
        }
    }

    /// Forgets everything; `significant` as in [`Events`].
    pub fn clear(&mut self, significant: f64) {
        self.moments.clear();
        self.event_particles.clear();
        self.events = Events::none(significant);
    }

    /// Adds the tallies of all chunks, in order for every region.
    pub fn merge(&mut self, chunks: &[ChunkTally]) {
        chunks.iter().for_each(|chunk| self.events.merge(&chunk.events));
        let region: Vec<_> = chunks.iter().map(|chunk| &chunk.moments.region).collect();
        add_all(&mut self.moments.region, &region, add);
        let boundary: Vec<_> = chunks.iter().map(|chunk| &chunk.moments.boundary).collect();
        add_all(&mut self.moments.boundary, &boundary, add);
        self.event_particles.merge(chunks.iter().map(|chunk| &chunk.event_particles));
    }
}

/// The same of one chunk of particles, which are in few of all regions.
#[derive(Debug, Clone)]
pub struct ChunkTally {
    /// Moments at the end of the step.
    pub moments: ChunkMoments,
    /// The particles that met an event.
    pub event_particles: ChunkShares,
    /// The events.
    pub events: Events,
}

/// Moments of one chunk of particles; what the weights of clusters are follows from all together.
#[derive(Debug, Clone)]
pub struct ChunkMoments {
    /// Per region.
    pub region: Paged<RegionMoments>,
    /// Per boundary.
    pub boundary: Paged<[f64; BOUNDARY]>,
}

impl ChunkTally {
    /// Nothing yet, `count = 2 s` regions.
    pub fn none(count: usize) -> ChunkTally {
        ChunkTally {
            moments: ChunkMoments { region: Paged::new(count), boundary: Paged::new(count) },
            event_particles: ChunkShares::none(count),
            events: Events::none(f64::INFINITY),
        }
    }

    /// Forgets everything; `significant` as in [`Events`].
    pub fn clear(&mut self, significant: f64) {
        self.moments.region.clear();
        self.moments.boundary.clear();
        self.event_particles.clear();
        self.events = Events::none(significant);
    }
}
