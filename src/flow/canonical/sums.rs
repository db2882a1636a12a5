//! What canonical particles add to the tally of a step.

use crate::flow::events::ChunkTally;
use crate::flow::field::Vec2;
use crate::flow::moments::{REGION, RegionMoments, SIGMA_RATE, SIGN, SIGN_RATE};
use crate::math::trig::sin_cos;
use crate::problem::PlaceKind;

use super::motion::{contribution, rates, seen};
use super::particle::Particle;
use super::step_tables::StepTables;

impl ChunkTally {
    /// Takes a particle out of the moments from which the step started.
    pub fn take_out_start<const TV: bool>(&mut self, tables: &StepTables<'_>, particle: &Particle) {
        let Particle { mass, r, place, .. } = *particle;
        match place.kind() {
            PlaceKind::Free => {
                let part = start_moments::<TV>(tables, particle);
                let start = &mut self.event_particles.region[place.index()].start;
                (0..REGION).for_each(|i| start[i] += part[i]);
                self.event_particles.any = true;
            }
            PlaceKind::Pinned => {
                let share = &mut self.event_particles.boundary[place.index()];
                share.start[0] += mass;
                share.signed_start += mass.copysign(r);
                self.event_particles.any = true;
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }

    /// Adds a particle that met an event to the moments at the end of the step.
    pub fn add_end<const TV: bool>(&mut self, tables: &StepTables<'_>, particle: &Particle) {
        let k = particle.place.index();
        match particle.place.kind() {
            PlaceKind::Free => {
                let part = end_moments::<TV>(tables, particle);
                let (sum, end) = (&mut self.moments.region[k], &mut self.event_particles.region[k].end);
                for i in 0..REGION {
                    sum[i] += part[i];
                    end[i] += part[i];
                }
            }
            PlaceKind::Pinned => {
                self.event_particles.boundary[k].end[0] += particle.mass;
                self.add_pinned_end(k, particle.mass, particle.r);
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
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

/// Moments of a free particle at the end of the step.
fn end_moments<const TV: bool>(tables: &StepTables<'_>, particle: &Particle) -> RegionMoments {
    free_moments::<TV>(particle, tables.rows[particle.place.index()].g[2], tables.tv)
}

/// Moments of a free particle at the start of the step, with the very rates that the moments of the state have:
/// `omega` of an aligned particle is a difference of terms that are `r |g| / omega` times as large.
fn start_moments<const TV: bool>(tables: &StepTables<'_>, particle: &Particle) -> RegionMoments {
    let mut moments = free_moments::<TV>(particle, tables.start[particle.place.index()], tables.lambda);
    (SIGMA_RATE..SIGN).chain(SIGN_RATE..REGION).for_each(|i| moments[i] *= tables.h);
    moments
}

/// Moments of a free particle, with rates in this field under this `lambda`.
fn free_moments<const TV: bool>(particle: &Particle, g: Vec2, lambda: f64) -> RegionMoments {
    let Particle { mass, r, theta, .. } = *particle;
    let (sin, cos) = sin_cos(theta);
    let tv = if TV { lambda.copysign(r) } else { 0.0 };
    contribution::<TV>(mass, r, sin, cos, rates(r, 0.0, 1.0, seen(g, sin, cos), tv))
}
