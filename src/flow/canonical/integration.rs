//! One particle through one step, event by event (mathematics, section 6).
//!
//! The inner loop leaves out every particle that may cross a boundary, turn back near one, change
//! the sign of `r`, or be released. It is integrated from event to event, each located to
//! rounding: plain crossings in lanes ([`queue`](super::queue)), everything else here.

use crate::flow::events::ChunkTally;
use crate::flow::events::substep::MAX_SUBSTEPS;
use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, release, sticks, unsticks};
use crate::math::poly;
use crate::math::trig::sin_cos;
use crate::problem::{Place, PlaceKind};

use super::particle::Particle;
use super::step_tables::StepTables;

/// Angles closer than this to a boundary are on it: a few units of rounding of `3 pi / 2`.
pub const ON_BOUNDARY: f64 = 2e-15;

/// How far a particle has come within a step.
#[derive(Debug, Clone, Copy)]
pub struct Stage {
    /// The particle there.
    pub particle: Particle,
    /// When, in `[0, 1]`; at 1 it has been added to the moments at the end of the step.
    pub u: f64,
    /// How many substeps it took.
    pub substeps: usize,
}

/// Integrates a particle that starts the step pinned, stuck or dead until it moves freely or the step ends.
pub fn set_out<const TV: bool>(tables: &StepTables<'_>, particle: Particle, tally: &mut ChunkTally) -> Stage {
    let mut integration = Integration::<TV>::new(tables, particle, 0.0, tally);
    integration.tally.take_out_start::<TV>(tables, &particle);
    integration.until_free(0)
}

/// Integrates a free particle through one substep, with all events that lanes do not handle; or, if it has just reached
/// a boundary, decides what becomes of it there. Then goes on until it moves freely again (see
/// [`lanes`](super::lanes)) or the step ends.
///
/// * `arrived`: that boundary, and whether it was reached anticlockwise; the place of the particle is
///   still the region that it comes from.
pub fn go_on<const TV: bool>(
    tables: &StepTables<'_>,
    stage: Stage,
    arrived: Option<(usize, bool)>,
    tally: &mut ChunkTally,
) -> Stage {
    let mut integration = Integration::<TV>::new(tables, stage.particle, stage.u, tally);
    match arrived {
        Some((b, upward)) => integration.arrive(b, upward),
        None => {
            let substep = integration.substep();
            integration.tally.events.implicit |= substep.implicit;
            integration.free(&substep);
        }
    }
    integration.until_free(stage.substeps + 1)
}

pub(super) struct Integration<'a, 'b, const TV: bool> {
    pub(super) tables: &'a StepTables<'a>,
    pub(super) particle: Particle,
    pub(super) u: f64,
    /// The longest next implicit substep, by the error of the last one.
    pub(super) longest: f64,
    pub(super) tally: &'b mut ChunkTally,
}

impl<'a, 'b, const TV: bool> Integration<'a, 'b, TV> {
    fn new(tables: &'a StepTables<'a>, particle: Particle, u: f64, tally: &'b mut ChunkTally) -> Self {
        Integration { tables, particle, u, longest: f64::INFINITY, tally }
    }

    /// Goes on, event by event, until the particle moves freely and is not stiff, or the step ends.
    fn until_free(&mut self, mut substeps: usize) -> Stage {
        while self.u < 1.0 {
            match self.particle.place.kind() {
                PlaceKind::Free => {
                    let substep = self.substep();
                    if !substep.implicit {
                        break;
                    }
                    self.tally.events.implicit = true;
                    self.free(&substep);
                }
                PlaceKind::Pinned => self.pinned(),
                PlaceKind::Stuck => self.stuck(),
                PlaceKind::StuckPinned => self.stuck_pinned(),
                PlaceKind::Dead => self.dead(),
            }
            substeps += 1;
            if substeps > MAX_SUBSTEPS {
                break;
            }
        }
        if substeps > MAX_SUBSTEPS || self.u.is_nan() || self.particle.r.is_nan() {
            self.tally.events.given_up = true;
            self.u = 1.0;
        }
        if self.u >= 1.0 {
            self.tally.add_end::<TV>(self.tables, &self.particle);
        }
        Stage { particle: self.particle, u: self.u.min(1.0), substeps }
    }

    pub(super) fn sign(&self) -> f64 {
        1f64.copysign(self.particle.r)
    }

    /// In the dead region nothing pulls; only the total-variation term still shrinks `r` to zero.
    fn dead(&mut self) {
        let left = self.particle.r.abs() - self.tables.tv * (1.0 - self.u);
        if TV && self.particle.r != 0.0 {
            self.tally.events.counters.sticks += u64::from(left <= 0.0);
            self.particle.r = left.max(0.0).copysign(self.particle.r);
        }
        self.u = 1.0;
    }

    /// The particle has just reached boundary `b`.
    pub(super) fn arrive(&mut self, b: usize, upward: bool) {
        let (tables, r) = (self.tables, self.particle.r);
        let interface = self.interface(b, self.sign());
        let fate = interface.on_arrival(upward);
        // Pinning and dying take away the velocity across the line that the particle had: the rate of
        // the residuals jumps in proportion to that one, however fast the other side is.
        let [low, high] = interface.velocity.map(f64::abs);
        let before = if upward { low } else { high };
        let jump = if matches!(fate, Fate::Enters { .. }) { low.max(high) } else { before };
        self.tally.events.jump(self.particle.mass * tables.reach * r * r * jump / tables.h, self.u);
        match fate {
            Fate::Dies => self.tally.events.counters.deaths += 1,
            Fate::Enters { .. } => self.tally.events.counters.crossings += 1,
            Fate::Pinned => self.tally.events.counters.pins += 1,
        }
        self.set_place(b, fate);
    }

    /// Boundary `b` at this instant, for a particle with this sign of `r`.
    fn interface(&self, b: usize, sign: f64) -> Interface {
        let tables = self.tables;
        Interface::new(tables.regions, b, sign, |k| tables.field[k].at(self.u), |k| tables.margin[k])
    }

    /// Gives the particle, which is on boundary `b`, the place that its fate says.
    fn set_place(&mut self, b: usize, fate: Fate) {
        self.particle.place = match fate {
            Fate::Enters { upward, .. } => {
                self.particle.theta = self.tables.regions.angle(b);
                Place::in_region(if upward { self.tables.regions.above(b) } else { b })
            }
            Fate::Pinned => Place::pinned(b),
            Fate::Dies => Place::DEAD,
        };
    }

    /// One substep of sliding on a boundary: until released, until `r = 0`, or to the end.
    fn pinned(&mut self) {
        let (b, sign, from) = (self.particle.place.index(), self.sign(), self.u);
        let sliding = &self.tables.sliding[b];
        let known = from == 0.0 && self.tally.event_particles.boundary[b].start[0] > 0.0;
        let [low, high] = if known {
            // The same for the whole cluster.
            sliding.leaves[usize::from(sign < 0.0)]
        } else {
            release(self.tables.outward(b, sign), from)
        };
        // -sign r(u): positive from where r has passed through zero.
        let tv = if TV { self.tables.tv * sign } else { 0.0 };
        let mut against = sliding.quartic.map(|c| c * sign);
        against[1] += tv * sign;
        against[0] = -sign * self.particle.r - (poly::value(&against, from) - against[0]);
        // A particle that starts at r = 0 moves away from it: roots of rounding at the start do not count.
        let after = if self.particle.r == 0.0 { (from + 1e-6).min(1.0) } else { from };
        let zero = poly::first_positive(&against, after).unwrap_or(f64::INFINITY);
        let to = low.min(high).min(zero).min(1.0);
        self.tally.event_particles.add_pinned(b, from, to, self.particle.mass, sign);
        self.particle.r -=
            poly::value(&sliding.quartic, to) - poly::value(&sliding.quartic, from) + tv * (to - from);
        self.u = to;
        if to == 1.0 && low.min(high).min(zero) > 1.0 {
            // Rounding must not carry r across zero without the event.
            self.particle.r = sign * (self.particle.r * sign).max(0.0);
        } else if zero <= low.min(high) {
            self.pinned_at_zero(b, sign);
        } else {
            self.particle.r = sign * (self.particle.r * sign).max(0.0);
            self.tally.events.counters.releases += 1;
            let upward = if low == high { self.interface(b, sign).steeper_upward() } else { high < low };
            self.set_place(b, Fate::Enters { upward, ambiguous: false });
        }
    }

    /// A pinned particle's `r` has just reached zero.
    fn pinned_at_zero(&mut self, b: usize, sign: f64) {
        let pull = poly::derivative(&self.tables.sliding[b].quartic, self.u);
        self.jump_at_zero(pull);
        if sticks(pull, self.tables.tv, self.tables.margin[self.tables.regions.inactive_side(b)]) {
            self.particle.r = 0.0;
            self.particle.place = Place::new(PlaceKind::StuckPinned, b);
            self.tally.events.counters.sticks += 1;
            return;
        }
        if TV {
            self.tally.events.counters.sign_changes += 1;
        }
        self.start_from_zero_on(b, -sign);
    }

    /// Sets `r` off from zero with the given sign on boundary `b`, which may hold that sign or not.
    fn start_from_zero_on(&mut self, b: usize, sign: f64) {
        self.particle.r = 0f64.copysign(sign);
        let fate = self.interface(b, sign).on_line();
        if let Fate::Enters { ambiguous, .. } = fate {
            self.tally.events.counters.releases += 1;
            self.tally.events.counters.ambiguous_releases += u64::from(ambiguous);
            self.tally.events.counters.ambiguous_mass += if ambiguous { self.particle.mass } else { 0.0 };
        }
        self.set_place(b, fate);
    }

    /// Stuck at `r = 0` in a region until the pull exceeds `lambda`.
    fn stuck(&mut self) {
        let k = self.particle.place.index();
        let (sin, cos) = sin_cos(self.particle.theta);
        let Some(sign) = self.unstick(k, [cos, sin]) else { return };
        self.particle.r = 0f64.copysign(sign);
        self.particle.place = Place::in_region(k);
    }

    /// Stuck at `r = 0` on a boundary until the pull exceeds `lambda`.
    fn stuck_pinned(&mut self) {
        let b = self.particle.place.index();
        let (side, d) = (self.tables.regions.inactive_side(b), self.tables.regions.direction(b));
        let Some(sign) = self.unstick(side, d) else { return };
        self.start_from_zero_on(b, sign);
    }

    /// Advances to when `|<g_k, d>| > lambda`; the sign with which `r` sets off, or `None` at the end.
    fn unstick(&mut self, k: usize, d: Vec2) -> Option<f64> {
        let pull = self.tables.field[k].along(d);
        let Some((at, sign)) = unsticks(pull, self.tables.tv, self.tables.margin[k], self.u) else {
            self.u = 1.0;
            return None;
        };
        self.u = at;
        self.tally.events.counters.unsticks += 1;
        Some(sign)
    }

    /// The radial rate jumps by at most `|pull| + lambda` where `r` passes zero or sticks.
    pub(super) fn jump_at_zero(&mut self, pull: f64) {
        if TV {
            let size = self.particle.mass * self.tables.reach * (pull.abs() + self.tables.tv) / self.tables.h;
            self.tally.events.jump(size, self.u);
        }
    }
}
