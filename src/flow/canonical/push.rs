//! One push: every particle moved along a given path of the residuals, moments summed on the way.

use rayon::prelude::*;

use crate::flow::moments::{REGION, SIGN};
use crate::problem::{Place, PlaceKind};

use super::lanes::{Block, LANES, push, push_tv};
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
                push_chunk::<true>(tables, part, walks)
            } else {
                push_chunk::<false>(tables, part, walks)
            }
        });
    total.clear(significant);
    chunks.iter().for_each(|chunk| total.add(chunk));
    // Rates were summed per unit of u.
    for region in &mut total.moments.region {
        for rate in [5, 6, 7, 10, 11] {
            region[rate] /= tables.h;
        }
    }
    for region in &mut total.movers.region {
        for rate in [5, 6, 7, 10, 11] {
            region.start[rate] /= tables.h;
            region.end[rate] /= tables.h;
        }
    }
}

fn push_chunk<const TV: bool>(tables: &Tables<'_>, particles: Particles<'_>, walks: &mut Walks) {
    let Particles { mass, r, theta, place, r_end, theta_end, place_end } = particles;
    let mut block = Block::empty();
    for start in (0..mass.len()).step_by(LANES) {
        let lanes = LANES.min(mass.len() - start);
        let range = start..start + lanes;
        block.r[..lanes].copy_from_slice(&r[range.clone()]);
        block.theta[..lanes].copy_from_slice(&theta[range.clone()]);
        block.mass[..lanes].copy_from_slice(&mass[range.clone()]);
        let mut free = false;
        for (lane, place) in place[range.clone()].iter().enumerate() {
            // Particles that are not free ride along in the dead region and are dealt with below.
            let k = if place.is_free() { place.index() } else { 0 };
            free |= k > 0;
            block.set_row(lane, &tables.rows[k]);
        }
        if free && TV {
            push_tv(&mut block, tables.tv, tables.turn);
        } else if free {
            push(&mut block, tables.turn);
        }
        for lane in 0..lanes {
            let i = start + lane;
            let particle = Particle { mass: mass[i], r: r[i], theta: theta[i], place: place[i] };
            let end = if particle.place.is_free() && block.walk[lane] == 0.0 {
                let sum = &mut walks.moments.region[particle.place.index()];
                for p in 0..if TV { REGION } else { SIGN } {
                    sum[p] += block.parts[p][lane];
                }
                Particle { r: block.r_end[lane], theta: block.theta_end[lane], ..particle }
            } else {
                push_one::<TV>(tables, particle, walks)
            };
            (r_end[i], theta_end[i], place_end[i]) = (end.r, end.theta, end.place);
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
