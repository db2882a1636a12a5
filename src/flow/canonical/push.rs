//! One push: every particle moved along a given path of the residuals, moments summed on the way.

use rayon::prelude::*;

use crate::flow::moments::{SIGMA_RATE, SIGN, SIGN_RATE};
use crate::problem::{Place, PlaceKind};

use super::lanes::{Block, LANES, LaneSums, Mixed, push_mixed, push_same};
use super::tables::Tables;
use super::walk::{Particle, Walks, walk};

/// The particles before and after a push, in structure-of-arrays form.
pub struct Particles<'a> {
    /// Masses.
    pub mass: &'a [f64],
    /// Amplitudes before.
    pub r: &'a [f64],
    /// Directions before.
    pub theta: &'a [f64],
    /// Places before.
    pub place: &'a [Place],
    /// Amplitudes after.
    pub r_end: &'a mut [f64],
    /// Directions after.
    pub theta_end: &'a mut [f64],
    /// Places after.
    pub place_end: &'a mut [Place],
}

/// Number of particles that are summed together: depends on the problem alone, so that sums are
/// added in the same order by any number of threads.
pub fn chunk_size(particles: usize, regions: usize) -> usize {
    // Each chunk has sums for every region, so it must be much larger than there are regions.
    (particles / 64).clamp(2048, 65536).max(8 * regions).next_multiple_of(LANES)
}

/// Moves all particles along the path of `tables` and sums their moments into `total`.
///
/// * `significant`: events that change a residual's rate by more than this (per time) are reported
///   with their instant.
/// * `chunks`: scratch, kept between pushes.
pub fn push_all(
    tables: &Tables<'_>,
    particles: Particles<'_>,
    significant: f64,
    chunks: &mut Vec<Walks>,
    total: &mut Walks,
) {
    let count = tables.rows.len();
    let size = chunk_size(particles.mass.len(), count);
    chunks.resize_with(particles.mass.len().div_ceil(size), || Walks::none(count));
    particles
        .r_end
        .par_chunks_mut(size)
        .zip(particles.theta_end.par_chunks_mut(size))
        .zip(particles.place_end.par_chunks_mut(size))
        .zip(chunks.par_iter_mut())
        .enumerate()
        .for_each(|(chunk, (((r_end, theta_end), place_end), walks))| {
            walks.clear(significant);
            let range = chunk * size..chunk * size + r_end.len();
            let part = Particles {
                mass: &particles.mass[range.clone()],
                r: &particles.r[range.clone()],
                theta: &particles.theta[range.clone()],
                place: &particles.place[range],
                r_end,
                theta_end,
                place_end,
            };
            if tables.tv > 0.0 {
                Pusher::<true>::new(tables, walks).push(part);
            } else {
                Pusher::<false>::new(tables, walks).push(part);
            }
        });
    total.clear(significant);
    chunks.iter().for_each(|chunk| total.add(chunk));
    // Rates were summed per unit of u.
    let per_time = |moments: &mut [f64]| {
        for rate in (SIGMA_RATE..SIGN).chain(SIGN_RATE..moments.len()) {
            moments[rate] /= tables.h;
        }
    };
    total.moments.region.iter_mut().for_each(|region| per_time(region));
    for region in &mut total.movers.region {
        per_time(&mut region.start);
        per_time(&mut region.end);
    }
}

/// Pushes one chunk, block by block.
struct Pusher<'a, const TV: bool> {
    tables: &'a Tables<'a>,
    walks: &'a mut Walks,
    block: Block,
    mixed: Mixed,
    /// Moments of the region that the last blocks lay in.
    sums: LaneSums,
    region: usize,
}

impl<'a, const TV: bool> Pusher<'a, TV> {
    fn new(tables: &'a Tables<'a>, walks: &'a mut Walks) -> Pusher<'a, TV> {
        let (block, mixed, sums) = (Block::empty(), Mixed::empty(), LaneSums::zero());
        Pusher { tables, walks, block, mixed, sums, region: 0 }
    }

    fn push(mut self, particles: Particles<'_>) {
        let Particles { mass, r, theta, place, r_end, theta_end, place_end } = particles;
        for start in (0..mass.len()).step_by(LANES) {
            let range = start..mass.len().min(start + LANES);
            let lanes = range.len();
            let places = &place[range.clone()];
            let (r, theta, mass) = (&r[range.clone()], &theta[range.clone()], &mass[range.clone()]);
            place_end[range.clone()].copy_from_slice(places);
            // Bitwise: a comparison that stops early would not become vector instructions.
            let differing = places.iter().fold(0, |bits, place| bits | (place.bits() ^ places[0].bits()));
            let same = differing == 0;
            if same && places[0] == Place::DEAD && !TV {
                r_end[range.clone()].copy_from_slice(r);
                theta_end[range].copy_from_slice(theta);
                continue;
            }
            self.block.r[..lanes].copy_from_slice(r);
            self.block.theta[..lanes].copy_from_slice(theta);
            self.block.mass[..lanes].copy_from_slice(mass);
            if same && places[0].is_free() && lanes == LANES {
                self.push_region(places[0].index());
            } else {
                self.push_places(places);
            }
            r_end[range.clone()].copy_from_slice(&self.block.r_end[..lanes]);
            theta_end[range.clone()].copy_from_slice(&self.block.theta_end[..lanes]);
            if self.block.walk.iter().sum::<f64>() > 0.0 {
                for lane in (0..lanes).filter(|&lane| self.block.walk[lane] > 0.0) {
                    let particle =
                        Particle { mass: mass[lane], r: r[lane], theta: theta[lane], place: places[lane] };
                    let end = push_one::<TV>(self.tables, particle, self.walks);
                    let i = start + lane;
                    (r_end[i], theta_end[i], place_end[i]) = (end.r, end.theta, end.place);
                }
            }
        }
        self.sums.drain_into(&mut self.walks.moments.region[self.region]);
    }

    /// A full block that lies in region `k`.
    fn push_region(&mut self, k: usize) {
        if k != self.region {
            self.sums.drain_into(&mut self.walks.moments.region[self.region]);
            self.region = k;
        }
        let tables = self.tables;
        push_same::<TV>(&mut self.block, &tables.rows[k], &mut self.sums, tables.tv, tables.turn);
    }

    /// A block of any particles: those that are not free are left to [`push_one`].
    fn push_places(&mut self, places: &[Place]) {
        let mut free = false;
        for (lane, place) in places.iter().enumerate().filter(|(_, place)| place.is_free()) {
            self.mixed.set_row(lane, &self.tables.rows[place.index()]);
            free = true;
        }
        if free {
            push_mixed::<TV>(&mut self.block, &mut self.mixed, self.tables.tv, self.tables.turn);
        }
        for (lane, place) in places.iter().enumerate() {
            if !place.is_free() {
                self.block.walk[lane] = 1.0;
            } else if self.block.walk[lane] == 0.0 {
                self.mixed.add_to::<TV>(lane, &mut self.walks.moments.region[place.index()]);
            }
        }
    }
}

/// A particle that is not free, or whose free motion met an event.
fn push_one<const TV: bool>(tables: &Tables<'_>, particle: Particle, walks: &mut Walks) -> Particle {
    match particle.place.kind() {
        PlaceKind::Dead if !TV || particle.r == 0.0 => return particle,
        PlaceKind::Pinned => {
            let slide = &tables.slides[particle.place.index()];
            let sign = 1f64.copysign(particle.r);
            let held = slide.holds[usize::from(particle.r.is_sign_negative())];
            if held && particle.r.abs() > slide.bound + tables.tv {
                let r = particle.r - slide.total - if TV { tables.tv * sign } else { 0.0 };
                walks.add_pinned_end(particle.place.index(), particle.mass, r);
                return Particle { r, ..particle };
            }
        }
        PlaceKind::Free | PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
    }
    walk::<TV>(tables, particle, walks)
}
