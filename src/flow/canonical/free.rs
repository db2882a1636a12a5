//! Free motion of one particle that is followed event by event (mathematics, section 5).

use crate::flow::events::substep::advance_u;
use crate::flow::interface::sticks;
use crate::math::trig::sin_cos;
use crate::problem::{Place, PlaceKind};

use super::integration::{Integration, ON_BOUNDARY};
use super::motion::{GROWTH, MAX_TURN, overshoot, seen};
use super::substep::{End, Substep};

/// An implicit substep is at most this many times as long as the one before.
const MAX_GAIN: f64 = 8.0;
/// Order of the error estimate of an implicit substep, plus 1.
const ESTIMATE_ORDER: f64 = 4.0;

impl<const TV: bool> Integration<'_, '_, TV> {
    /// The free motion from here on.
    pub(super) fn substep(&self) -> Substep {
        Substep::new(self.tables, &self.particle, self.u, TV)
    }

    /// One substep of free motion: to the next event, to the end of the step, or as far as one step of the
    /// method may reach.
    pub(super) fn free(&mut self, substep: &Substep) {
        let k = self.particle.place.index();
        // Angles relative to the start, so that a boundary just left counts as not crossed.
        let theta = self.particle.theta;
        let row = &self.tables.rows[k];
        let (down, up) = (row.low - theta, row.high - theta);
        let sign = self.sign();
        // Just set free from r = 0, where the rate is zero but for rounding: not falling back yet.
        let setting_off = TV && substep.r == 0.0 && substep.start_rate[0] * sign > -1e-12 * self.tables.tv;
        let watch_zero = TV && !setting_off;
        let monotone = if substep.implicit {
            self.implicit(substep, [down, up], watch_zero)
        } else {
            Some(self.explicit(substep, [down, up], watch_zero))
        };
        let Some((du, end)) = monotone else {
            self.u = f64::NAN;
            return;
        };
        let crossing = if end.phi > up + ON_BOUNDARY {
            Some((substep.reach(du, end, |e| e.phi - up, 1, 1.0), true))
        } else if end.phi < down - ON_BOUNDARY {
            Some((substep.reach(du, end, |e| down - e.phi, 1, -1.0), false))
        } else {
            None
        };
        let zero =
            (watch_zero && end.r * sign < 0.0).then(|| substep.reach(du, end, |e| -sign * e.r, 0, -sign));
        match (crossing, zero) {
            (crossing, Some((at, end))) if crossing.is_none_or(|((crossed, _), _)| at <= crossed) => {
                self.finish_substep(substep, at, end);
                self.free_at_zero(sign);
            }
            (Some(((at, end), upward)), _) => {
                let b = if upward { k } else { k - 1 };
                self.finish_substep(substep, at, end);
                self.particle.theta = self.tables.regions.angle(b);
                self.arrive(b, upward);
            }
            _ => {
                self.finish_substep(substep, du, end);
                // Within rounding of the boundary is on it, not across.
                self.particle.theta = self.particle.theta.clamp(row.low, row.high);
            }
        }
    }

    /// The length of an explicit substep, and its end; between the two the motion is monotone.
    fn explicit(&self, substep: &Substep, [down, up]: [f64; 2], watch_zero: bool) -> (f64, End) {
        let (speed, turn) = (substep.start_rate[1], self.tables.turn);
        let mut du = (1.0 - self.u).min(turn / substep.demand);
        // Where the next boundary is near, a substep to a little beyond it: the end is then a good
        // start for finding the crossing. Not shorter than a share of the step, or a particle that
        // slows down before a boundary would take ever smaller substeps.
        let ahead = if speed > 0.0 { up } else { -down };
        if 1.25 * ahead < speed.abs() * du {
            du = du.min((1.25 * ahead / speed.abs()).max(0.02));
        }
        let mut end = substep.advance(du);
        while end.turn > MAX_TURN.min(1.5 * turn) || end.demand * du > 2.0 * turn {
            du *= 0.5;
            end = substep.advance(du);
        }
        // Where the motion turns back near a boundary or near r = 0, end the substep at the turn:
        // between turns the track is monotone and its end tells whether it crossed.
        // The even change of `overshoot` is not exact: doubled. Below rounding it would turn at
        // random, and for ever.
        let excursion = 2.0 * du * overshoot(speed, end.rate[1]);
        if ahead < excursion && excursion > ON_BOUNDARY {
            (du, end) = substep.turning(du, 1);
        }
        let (sign, fall) = (self.sign(), substep.start_rate[0]);
        let dip = 2.0 * du * overshoot(fall, end.rate[0]);
        if watch_zero && fall * sign < 0.0 && dip > substep.r.abs().max(1e-18) {
            (du, end) = substep.turning(du, 0);
        }
        (du, end)
    }

    /// The same for an implicit substep, whose error estimate decides on its length; `None` where no length
    /// will do.
    fn implicit(&mut self, substep: &Substep, [down, up]: [f64; 2], watch_zero: bool) -> Option<(f64, End)> {
        let turn = self.tables.turn;
        // What an explicit substep that turns by `turn` errs by.
        let tolerance = turn.powi(5) / 120.0;
        let sign = self.sign();
        let mut du = (1.0 - self.u).min(self.longest).min(GROWTH * turn / substep.growth);
        loop {
            let end = substep.advance(du);
            let share = 0.9 * libm::pow(tolerance / end.error, 1.0 / ESTIMATE_ORDER);
            if !(end.error <= tolerance && end.growth * du <= 2.0 * GROWTH * turn) {
                du *= if share.is_nan() { 0.1 } else { share.clamp(0.02, 0.5) };
                if self.u + du == self.u {
                    return None;
                }
                continue;
            }
            self.longest = du * share.clamp(0.5, MAX_GAIN);
            // Where the motion turns back beyond a boundary or r = 0 on the way, the substep ends there.
            let turns_back = end.extremes(1).into_iter().find(|&(_, phi)| {
                (phi > up + ON_BOUNDARY && end.phi <= up) || (phi < down - ON_BOUNDARY && end.phi >= down)
            });
            let dips = end
                .extremes(0)
                .into_iter()
                .find(|&(_, change)| watch_zero && sign * (substep.r + change) < 0.0 && sign * end.r >= 0.0);
            match turns_back.or(dips) {
                Some((at, _)) => du *= at.min(0.9),
                None => return Some((du, end)),
            }
        }
    }

    fn finish_substep(&mut self, substep: &Substep, du: f64, end: End) {
        let (mass, k, to) = (self.particle.mass, self.particle.place.index(), advance_u(self.u, du));
        let parts = substep.contributions::<TV>(mass, du, &end);
        self.tally.event_particles.add_track(k, &parts);
        self.particle.r = end.r;
        self.particle.theta += end.phi;
        self.u = to;
    }

    /// `r` has just reached zero from the side `sign`, under the total-variation term.
    fn free_at_zero(&mut self, sign: f64) {
        let (sin, cos) = sin_cos(self.particle.theta);
        let k = self.particle.place.index();
        let [pull, _] = seen(self.tables.field[k].at(self.u), sin, cos);
        self.jump_at_zero(pull);
        if sticks(pull, self.tables.tv, self.tables.margin[k]) {
            self.particle.r = 0.0;
            self.particle.place = Place::new(PlaceKind::Stuck, k);
            self.tally.events.counters.sticks += 1;
        } else {
            self.particle.r = 0f64.copysign(-sign);
            self.tally.events.counters.sign_changes += 1;
        }
    }
}
