//! One push: every particle moved along a given path of the residuals, moments summed on the way.

use rayon::prelude::*;

use crate::flow::events::lanes::LANES;
use crate::flow::events::{ChunkTally, Tally};
use crate::flow::moments::{BOUNDARY, SIGMA_RATE, SIGN, SIGN_RATE, add};
use crate::math::chunks::grouped_chunk_size;
use crate::problem::{Place, PlaceKind};

use super::block::{Block, LaneSums, MixedLanes, push_mixed, push_same};
use super::integration::set_out;
use super::particle::{Particle, Particles};
use super::queue::LaneQueue;
use super::step_tables::StepTables;

/// What each chunk of particles adds up to, and the lanes for those that may meet an event: kept between pushes.
#[derive(Default)]
pub struct Chunks {
    tallies: Vec<ChunkTally>,
    queues: Vec<LaneQueue>,
}

/// Moves all particles along the path of `tables` and sums their moments into `total`.
///
/// * `significant`: events that change a residual's rate by more than this (per time) are reported
///   with their instant.
pub fn push_all(
    tables: &StepTables<'_>,
    particles: Particles<'_>,
    significant: f64,
    chunks: &mut Chunks,
    total: &mut Tally,
) {
    let count = tables.rows.len();
    let size = grouped_chunk_size(particles.mass.len(), count);
    let Chunks { tallies, queues } = chunks;
    let number = particles.mass.len().div_ceil(size);
    tallies.resize_with(number, || ChunkTally::none(count));
    queues.resize_with(number, LaneQueue::new);
    particles
        .r_end
        .par_chunks_mut(size)
        .zip(particles.theta_end.par_chunks_mut(size))
        .zip(particles.place_end.par_chunks_mut(size))
        .zip(tallies.par_iter_mut().zip(queues))
        .enumerate()
        .for_each(|(chunk, (((r_end, theta_end), place_end), (tally, queue)))| {
            tally.clear(significant);
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
                Pusher::<true>::new(tables, tally, queue).push(part);
            } else {
                Pusher::<false>::new(tables, tally, queue).push(part);
            }
        });
    total.clear(significant);
    total.merge(tallies);
    total.moments.weigh_by_mass();
    // Rates were summed per unit of u.
    let per_time = |moments: &mut [f64]| {
        for rate in (SIGMA_RATE..SIGN).chain(SIGN_RATE..moments.len()) {
            moments[rate] /= tables.h;
        }
    };
    total.moments.region.iter_mut().for_each(|region| per_time(region));
    for region in &mut total.event_particles.region {
        per_time(&mut region.start);
        per_time(&mut region.end);
    }
}

/// A block with up to so many particles of other places counts as one of a single place; these are pushed apart.
const MAX_MIXED: u32 = 12;

/// Pushes one chunk, block by block.
struct Pusher<'a, const TV: bool> {
    tables: &'a StepTables<'a>,
    tally: &'a mut ChunkTally,
    mixed: MixedLanes,
    /// Moments of the region that the last blocks lay in.
    sums: LaneSums,
    region: usize,
    /// Particles left out of a block because their place is not that of the block.
    mixed_particles: Vec<usize>,
    /// Particles that may meet an event; empty before and after.
    queue: &'a mut LaneQueue,
}

impl<'a, const TV: bool> Pusher<'a, TV> {
    fn new(
        tables: &'a StepTables<'a>,
        tally: &'a mut ChunkTally,
        queue: &'a mut LaneQueue,
    ) -> Pusher<'a, TV> {
        let (mixed, sums) = (MixedLanes::empty(), LaneSums::zero());
        Pusher { tables, tally, mixed, sums, region: 0, mixed_particles: vec![], queue }
    }

    fn push(mut self, mut particles: Particles<'_>) {
        particles.place_end.copy_from_slice(particles.place);
        let whole = particles.mass.len() / LANES * LANES;
        for start in (0..whole).step_by(LANES) {
            self.push_block(&mut particles, start);
        }
        self.sums.drain_into(&mut self.tally.moments.region[self.region]);
        // The last few, which do not fill a block, and those that did not fit into theirs.
        let mut odd = std::mem::take(&mut self.mixed_particles);
        odd.extend(whole..particles.mass.len());
        for indices in odd.chunks(LANES) {
            self.push_odd(&mut particles, indices);
        }
        self.queue.integrate::<TV>(self.tables, &mut particles, self.tally, true);
    }

    /// The block of particles from `start` on.
    fn push_block(&mut self, particles: &mut Particles<'_>, start: usize) {
        let range = start..start + LANES;
        let places: &[Place; LANES] = lanes(&particles.place[range.clone()]);
        let common = places[LANES / 2];
        // Counted without a branch, so that it becomes vector instructions.
        let mixed_particles = places.iter().map(|&place| u32::from(place != common)).sum::<u32>();
        let kind = common.kind();
        let together =
            matches!(kind, PlaceKind::Free | PlaceKind::Pinned) || (kind == PlaceKind::Dead && !TV);
        let alone = together && mixed_particles <= MAX_MIXED;
        let mut aside = [0.0; LANES];
        let mut block = Block {
            r: lanes(&particles.r[range.clone()]),
            theta: lanes(&particles.theta[range.clone()]),
            mass: lanes(&particles.mass[range.clone()]),
            r_end: lanes_mut(&mut particles.r_end[range.clone()]),
            theta_end: lanes_mut(&mut particles.theta_end[range]),
            aside: &mut aside,
        };
        if alone {
            for (aside, &place) in block.aside.iter_mut().zip(places) {
                *aside = if place == common { 0.0 } else { 1.0 };
            }
            match kind {
                PlaceKind::Free => self.push_region(&mut block, common.index()),
                PlaceKind::Pinned => self.push_cluster(&mut block, common.index()),
                _ => (*block.r_end, *block.theta_end) = (*block.r, *block.theta),
            }
        } else {
            self.push_places(&mut block, places);
        }
        if aside.iter().sum::<f64>() == 0.0 {
            return;
        }
        for lane in (0..LANES).filter(|&lane| aside[lane] > 0.0) {
            if alone && places[lane] != common {
                self.mixed_particles.push(start + lane);
            } else {
                self.push_one(particles, start + lane);
            }
        }
        self.queue.integrate::<TV>(self.tables, particles, self.tally, false);
    }

    /// Up to a block of particles from anywhere.
    fn push_odd(&mut self, particles: &mut Particles<'_>, indices: &[usize]) {
        let mut places = [Place::DEAD; LANES];
        let [mut r, mut theta, mut mass, mut r_end, mut theta_end, mut aside] = [[0.0; LANES]; 6];
        for (lane, &i) in indices.iter().enumerate() {
            places[lane] = particles.place[i];
            (r[lane], theta[lane], mass[lane]) = (particles.r[i], particles.theta[i], particles.mass[i]);
        }
        let (r_ends, theta_ends) = (&mut r_end, &mut theta_end);
        let mut block = Block {
            r: &r,
            theta: &theta,
            mass: &mass,
            r_end: r_ends,
            theta_end: theta_ends,
            aside: &mut aside,
        };
        self.push_places(&mut block, &places);
        for (lane, &i) in indices.iter().enumerate() {
            if aside[lane] > 0.0 {
                self.push_one(particles, i);
            } else {
                (particles.r_end[i], particles.theta_end[i]) = (r_end[lane], theta_end[lane]);
            }
        }
    }

    /// A block that lies in region `k`.
    fn push_region(&mut self, block: &mut Block<'_>, k: usize) {
        if k != self.region {
            self.sums.drain_into(&mut self.tally.moments.region[self.region]);
            self.region = k;
        }
        let tables = self.tables;
        push_same::<TV>(block, &tables.rows[k], &mut self.sums, tables.tv, tables.turn);
    }

    /// A block of the cluster on boundary `b`: while it is held, all slide by the same amount.
    fn push_cluster(&mut self, block: &mut Block<'_>, b: usize) {
        let sliding = &self.tables.sliding[b];
        let [held_positive, held_negative] = sliding.holds;
        let (enough, tv) = (sliding.bound + self.tables.tv, self.tables.tv);
        let mut sums = [0.0; BOUNDARY];
        for lane in 0..LANES {
            let (r, mass) = (block.r[lane], block.mass[lane]);
            let negative = r.is_sign_negative();
            let held = if negative { held_negative } else { held_positive };
            let stays = held & (r.abs() > enough) & (block.aside[lane] == 0.0);
            let end = r - sliding.total - if TV { tv.copysign(r) } else { 0.0 };
            block.r_end[lane] = end;
            block.theta_end[lane] = block.theta[lane];
            block.aside[lane] = if stays { 0.0 } else { 1.0 };
            let mass = if stays { mass } else { 0.0 };
            let (positive, negative) = if negative { (0.0, mass) } else { (mass, 0.0) };
            let part = [positive, positive * end, negative, negative * end];
            (0..BOUNDARY).for_each(|i| sums[i] += part[i]);
        }
        add(&mut self.tally.moments.boundary[b], &sums);
    }

    /// A block of particles at any places: those that are not free are set aside.
    fn push_places(&mut self, block: &mut Block<'_>, places: &[Place; LANES]) {
        let mut free = false;
        for (lane, place) in places.iter().enumerate().filter(|(_, place)| place.is_free()) {
            self.mixed.set_row(lane, &self.tables.rows[place.index()]);
            free = true;
        }
        if free {
            push_mixed::<TV>(block, &mut self.mixed, self.tables.tv, self.tables.turn);
        }
        for (lane, place) in places.iter().enumerate() {
            if !place.is_free() {
                block.aside[lane] = 1.0;
            } else if block.aside[lane] == 0.0 {
                self.mixed.add_to::<TV>(lane, &mut self.tally.moments.region[place.index()]);
            }
        }
    }

    /// A particle that a block has set aside: integrated to the end of the step, here or in the queue.
    fn push_one(&mut self, particles: &mut Particles<'_>, i: usize) {
        let (mass, r, theta, place) =
            (particles.mass[i], particles.r[i], particles.theta[i], particles.place[i]);
        let particle = Particle { mass, r, theta, place };
        if place.is_free() {
            return self.queue.join(i, particle);
        }
        let end = match at_rest::<TV>(self.tables, particle, self.tally) {
            Some(end) => end,
            None => {
                let stage = set_out::<TV>(self.tables, particle, self.tally);
                if stage.u < 1.0 {
                    return self.queue.join_late(i, stage);
                }
                stage.particle
            }
        };
        (particles.r_end[i], particles.theta_end[i], particles.place_end[i]) = (end.r, end.theta, end.place);
    }
}

fn lanes<T>(values: &[T]) -> &[T; LANES] {
    values.try_into().expect("a block")
}

fn lanes_mut<T>(values: &mut [T]) -> &mut [T; LANES] {
    values.try_into().expect("a block")
}

/// Where a particle that is dead, or held on its boundary all the time, ends; `None` for others.
fn at_rest<const TV: bool>(
    tables: &StepTables<'_>,
    particle: Particle,
    tally: &mut ChunkTally,
) -> Option<Particle> {
    match particle.place.kind() {
        PlaceKind::Dead => (!TV || particle.r == 0.0).then_some(particle),
        PlaceKind::Pinned => {
            let sliding = &tables.sliding[particle.place.index()];
            let held = sliding.holds[usize::from(particle.r.is_sign_negative())];
            if !held || particle.r.abs() <= sliding.bound + tables.tv {
                return None;
            }
            let r = particle.r - sliding.total - if TV { tables.tv.copysign(particle.r) } else { 0.0 };
            tally.add_pinned_end(particle.place.index(), particle.mass, r);
            Some(Particle { r, ..particle })
        }
        PlaceKind::Free | PlaceKind::Stuck | PlaceKind::StuckPinned => None,
    }
}
