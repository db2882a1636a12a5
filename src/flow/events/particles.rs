//! The particles of a step that met an event, as the residual ODE needs them.
//!
//! Over a step, `Sigma_k(t)` of the particles that stay in their region is a smooth function, known
//! well enough from its values and rates at both ends. Event particles jump between regions, so their share
//! of both ends is taken out and replaced by time integrals along their actual track.

use crate::flow::field::Vec2;
use crate::flow::moments::{RegionMoments, SIGMA, SIGN, add};
use crate::math::paged::{Paged, add_all};

/// Numbers of a track: `Int Sigma du` (3), `Int u Sigma du` (3), `Int T du` (2).
pub const TRACK: usize = 8;

/// A point of the quadrature along a track.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// Its weight; the weights of a substep add up to its length.
    pub weight: f64,
    /// Its instant.
    pub u: f64,
    /// What the particle contributes there to the moments of its region.
    pub moments: RegionMoments,
}

/// Event particles of one region.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RegionShare {
    /// Their contribution to the region's moments at the start of the step.
    pub start: RegionMoments,
    /// Their contribution to the region's moments at the end of the step.
    pub end: RegionMoments,
    /// `Int_0^1 Sigma(u) du` along their tracks.
    pub sigma: [f64; 3],
    /// `Int_0^1 u Sigma(u) du`.
    pub sigma_u: [f64; 3],
    /// `Int_0^1 (u^2 - u + 1/6) Sigma(u) du`, of those that were integrated event by event. Of a
    /// relaxing particle `r^2 <g, t>` is small although `r^2` is large; `Sigma` and `g` are integrated apart, and their
    /// product then is needed to one more order than a line in `u` has.
    pub sigma_bend: [f64; 3],
    /// `Int_0^1 T(u) du`.
    pub sign: Vec2,
}

/// Event particles of one boundary.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BoundaryShare {
    /// Weight `W` of those that were pinned at the start of the step, and its rate.
    pub start: [f64; 2],
    /// Weight of those that are pinned at its end, and its rate.
    pub end: [f64; 2],
    /// Mass pinned at the start, with the sign of `r`.
    pub signed_start: f64,
    /// `Int_0^1 W(u) du` of the event particles while they are pinned here.
    pub weight: f64,
    /// `Int_0^1 u W(u) du`.
    pub weight_u: f64,
    /// `Int_0^1` of the pinned mass with the sign of `r`.
    pub signed_mass: f64,
}

/// Sums over the event particles of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct EventParticles {
    /// Per region.
    pub region: Vec<RegionShare>,
    /// Per boundary.
    pub boundary: Vec<BoundaryShare>,
    /// Whether there are any.
    pub any: bool,
}

impl EventParticles {
    /// No event particles, `count = 2 s` regions and boundaries.
    pub fn none(count: usize) -> EventParticles {
        EventParticles {
            region: vec![RegionShare::default(); count],
            boundary: vec![BoundaryShare::default(); count],
            any: false,
        }
    }

    /// Forgets all event particles.
    pub fn clear(&mut self) {
        if self.any {
            self.region.fill(RegionShare::default());
            self.boundary.fill(BoundaryShare::default());
            self.any = false;
        }
    }

    /// Adds the event particles of several chunks, in order for every region and boundary.
    pub fn merge<'a>(&mut self, chunks: impl Iterator<Item = &'a ChunkShares>) {
        let chunks: Vec<&ChunkShares> = chunks.filter(|chunk| chunk.any).collect();
        self.any |= !chunks.is_empty();
        let region: Vec<&Paged<RegionShare>> = chunks.iter().map(|chunk| &chunk.region).collect();
        add_all(&mut self.region, &region, |sum, part| {
            add(&mut sum.start, &part.start);
            add(&mut sum.end, &part.end);
            add(&mut sum.sigma, &part.sigma);
            add(&mut sum.sigma_u, &part.sigma_u);
            add(&mut sum.sigma_bend, &part.sigma_bend);
            add(&mut sum.sign, &part.sign);
        });
        let boundary: Vec<&Paged<BoundaryShare>> = chunks.iter().map(|chunk| &chunk.boundary).collect();
        add_all(&mut self.boundary, &boundary, |sum, part| {
            add(&mut sum.start, &part.start);
            add(&mut sum.end, &part.end);
            sum.signed_start += part.signed_start;
            sum.weight += part.weight;
            sum.weight_u += part.weight_u;
            sum.signed_mass += part.signed_mass;
        });
    }
}

/// The event particles of one chunk of particles.
#[derive(Debug, Clone)]
pub struct ChunkShares {
    /// Per region.
    pub region: Paged<RegionShare>,
    /// Per boundary.
    pub boundary: Paged<BoundaryShare>,
    /// Whether there are any.
    pub any: bool,
}

impl ChunkShares {
    /// No event particles, `count = 2 s` regions and boundaries.
    pub fn none(count: usize) -> ChunkShares {
        ChunkShares { region: Paged::new(count), boundary: Paged::new(count), any: false }
    }

    /// Forgets all event particles.
    pub fn clear(&mut self) {
        self.region.clear();
        self.boundary.clear();
        self.any = false;
    }

    /// Adds a substep of free motion in region `k` by a rule of quadrature.
    pub fn add_track(&mut self, k: usize, points: &[Point; 3]) {
        self.any = true;
        let region = &mut self.region[k];
        for Point { weight, u, moments } in points {
            for i in 0..3 {
                region.sigma[i] += weight * moments[SIGMA + i];
                region.sigma_u[i] += weight * u * moments[SIGMA + i];
                region.sigma_bend[i] += weight * (u * u - u + 1.0 / 6.0) * moments[SIGMA + i];
            }
            for i in 0..2 {
                region.sign[i] += weight * moments[SIGN + i];
            }
        }
    }

    /// Adds a substep of free motion in region `k` by its integrals.
    #[inline(always)]
    pub fn add_integrals<const TV: bool>(&mut self, k: usize, track: &[f64; TRACK]) {
        let region = &mut self.region[k];
        for i in 0..3 {
            region.sigma[i] += track[i];
            region.sigma_u[i] += track[3 + i];
        }
        if TV {
            (0..2).for_each(|i| region.sign[i] += track[6 + i]);
        }
    }

    /// Adds a substep `[from, to]` of a particle pinned on boundary `b`.
    pub fn add_pinned(&mut self, b: usize, from: f64, to: f64, mass: f64, sign: f64) {
        self.any = true;
        let boundary = &mut self.boundary[b];
        boundary.weight += mass * (to - from);
        boundary.weight_u += mass * 0.5 * (to * to - from * from);
        boundary.signed_mass += sign * mass * (to - from);
    }
}
