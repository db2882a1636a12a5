//! What canonical particles add to the tally of a step.

use crate::flow::events::Tally;
use crate::flow::moments::{REGION, RegionMoments};
use crate::math::trig::sin_cos;
use crate::problem::PlaceKind;

use super::motion::{contribution, rates, seen};
use super::particle::Particle;
use super::step_tables::StepTables;

impl Tally {
    /// Takes a particle out of the moments from which the step started.
    pub fn take_out_start<const TV: bool>(&mut self, tables: &StepTables<'_>, particle: &Particle) {
        let Particle { mass, r, place, .. } = *particle;
        match place.kind() {
            PlaceKind::Free => {
                let part = free_moments::<TV>(tables, particle, 0);
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
                let part = free_moments::<TV>(tables, particle, 2);
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

/// Moments of a free particle, with the field at the start (`moment` 0) or end (2) of the step.
pub fn free_moments<const TV: bool>(
    tables: &StepTables<'_>,
    particle: &Particle,
    moment: usize,
) -> RegionMoments {
    let Particle { mass, r, theta, place } = *particle;
    let (sin, cos) = sin_cos(theta);
    let tv = if TV { tables.tv.copysign(r) } else { 0.0 };
    let rate = rates(r, 0.0, 1.0, seen(tables.rows[place.index()].g[moment], sin, cos), tv);
    contribution::<TV>(mass, r, sin, cos, rate)
}
