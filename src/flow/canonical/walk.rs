//! One particle through one step, event by event (mathematics, section 6).
//!
//! The inner loop hands over every particle that may cross a boundary, turn back near one, change
//! the sign of `r`, or be released. Here it is followed exactly: from event to event, each located
//! to rounding.

use crate::flow::Counters;
use crate::flow::field::Vec2;
use crate::flow::moments::{Moments, REGION, RegionMoments};
use crate::math::poly;
use crate::math::trig::{sin_cos, sin_cos_small};
use crate::problem::{Place, PlaceKind};

use super::motion::{contribution, overshoot, rates, runge_kutta, seen};
use super::movers::Movers;
use super::tables::Tables;

/// Angles closer than this to a boundary are on it: a few units of rounding of `3 pi / 2`.
const ON_BOUNDARY: f64 = 2e-15;
/// A particle that needs more stretches than this in one step asks for a shorter step.
const MAX_STRETCHES: usize = 5_000;

/// A particle on its way through a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Particle {
    /// Mass.
    pub mass: f64,
    /// Signed amplitude.
    pub r: f64,
    /// Direction (rad), unwrapped.
    pub theta: f64,
    /// What it is doing.
    pub place: Place,
}

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

    /// Adds a walked particle to the moments at the end of the step.
    fn add_end<const TV: bool>(&mut self, tables: &Tables<'_>, particle: &Particle) {
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
            PlaceKind::Pinned => self.add_pinned_end(k, particle.mass, particle.r),
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }

    fn jump(&mut self, size: f64, u: f64) {
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

/// Follows `particle` through the step and adds it to `walks`; returns where it ends.
pub fn walk<const TV: bool>(tables: &Tables<'_>, particle: Particle, walks: &mut Walks) -> Particle {
    let mut walker = Walker::<TV> { tables, particle, u: 0.0, walks };
    walker.take_out_start();
    let mut stretches = 0;
    while walker.u < 1.0 {
        match walker.particle.place.kind() {
            PlaceKind::Free => walker.free(),
            PlaceKind::Pinned => walker.pinned(),
            PlaceKind::Stuck => walker.stuck(),
            PlaceKind::StuckPinned => walker.stuck_pinned(),
            PlaceKind::Dead => walker.dead(),
        }
        stretches += 1;
        if stretches > MAX_STRETCHES || walker.u.is_nan() {
            walker.walks.given_up = true;
            break;
        }
    }
    let end = walker.particle;
    walks.add_end::<TV>(tables, &end);
    end
}

/// Moments of a free particle, with the field at the start (`moment` 0) or end (2) of the step.
fn free_moments<const TV: bool>(tables: &Tables<'_>, particle: &Particle, moment: usize) -> RegionMoments {
    let Particle { mass, r, theta, place } = *particle;
    let (sin, cos) = sin_cos(theta);
    let tv = if TV { tables.tv.copysign(r) } else { 0.0 };
    let rate = rates(r, 0.0, 1.0, seen(tables.rows[place.index()].g[moment], sin, cos), tv);
    contribution::<TV>(mass, r, sin, cos, rate)
}

struct Walker<'a, 'b, const TV: bool> {
    tables: &'a Tables<'a>,
    particle: Particle,
    u: f64,
    walks: &'b mut Walks,
}

impl<const TV: bool> Walker<'_, '_, TV> {
    fn sign(&self) -> f64 {
        1f64.copysign(self.particle.r)
    }

    /// Takes the particle out of the moments from which the step started.
    fn take_out_start(&mut self) {
        let Particle { mass, place, .. } = self.particle;
        match place.kind() {
            PlaceKind::Free => {
                let part = free_moments::<TV>(self.tables, &self.particle, 0);
                let start = &mut self.walks.movers.region[place.index()].start;
                (0..REGION).for_each(|i| start[i] += part[i]);
                self.walks.movers.any = true;
            }
            PlaceKind::Pinned => {
                let sign = self.sign();
                let movers = &mut self.walks.movers.boundary[place.index()];
                movers.start += mass;
                movers.signed_start += sign * mass;
                self.walks.movers.any = true;
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }

    /// In the dead region nothing pulls; only the total-variation term still shrinks `r` to zero.
    fn dead(&mut self) {
        let left = self.particle.r.abs() - self.tables.tv * (1.0 - self.u);
        if TV && self.particle.r != 0.0 {
            self.walks.counters.sticks += u64::from(left <= 0.0);
            self.particle.r = left.max(0.0).copysign(self.particle.r);
        }
        self.u = 1.0;
    }

    /// One stretch of free motion: to the next event, to the end of the step, or as far as one
    /// Runge-Kutta step may turn.
    fn free(&mut self) {
        let k = self.particle.place.index();
        let stretch = Stretch::new(self.tables, &self.particle, self.u, TV);
        // Angles relative to the start, so that a boundary just left counts as not crossed.
        let theta = self.particle.theta;
        let row = &self.tables.rows[k];
        let (down, up) = (row.low - theta, row.high - theta);
        let speed = stretch.start_rate[1];
        let mut du = 1.0 - self.u;
        if speed.abs() * du > self.tables.turn {
            du = self.tables.turn / speed.abs();
        }
        // Where the next boundary is near, a stretch to a little beyond it: the end is then a good
        // start for finding the crossing. Not shorter than a share of the step, or a particle that
        // slows down before a boundary would take ever smaller stretches.
        let ahead = if speed > 0.0 { up } else { -down };
        if 1.25 * ahead < speed.abs() * du {
            du = du.min((1.25 * ahead / speed.abs()).max(0.02));
        }
        let mut end = stretch.advance(du);
        while end.turn > super::motion::MAX_TURN.min(1.5 * self.tables.turn) {
            du *= 0.5;
            end = stretch.advance(du);
        }
        // Where the motion turns back near a boundary or near r = 0, end the stretch at the turn:
        // between turns the track is monotone and its end tells whether it crossed.
        // The even change of `overshoot` is not exact: doubled. Below rounding it would turn at
        // random, and for ever.
        let excursion = 2.0 * du * overshoot(speed, end.rate[1]);
        if ahead < excursion && excursion > ON_BOUNDARY {
            (du, end) = stretch.turning(du, 1);
        }
        let sign = self.sign();
        // Just set free from r = 0, where the rate is zero but for rounding: not falling back yet.
        let setting_off = TV && stretch.r == 0.0 && stretch.start_rate[0] * sign > -1e-12 * self.tables.tv;
        let watch_zero = TV && !setting_off;
        let dip = 2.0 * du * overshoot(stretch.start_rate[0], end.rate[0]);
        if watch_zero && stretch.start_rate[0] * sign < 0.0 && dip > stretch.r.abs().max(1e-18) {
            (du, end) = stretch.turning(du, 0);
        }
        let crossing = if end.phi > up + ON_BOUNDARY {
            Some((stretch.reach(du, end, |e| e.phi - up, 1, 1.0), true))
        } else if end.phi < down - ON_BOUNDARY {
            Some((stretch.reach(du, end, |e| down - e.phi, 1, -1.0), false))
        } else {
            None
        };
        let zero =
            (watch_zero && end.r * sign < 0.0).then(|| stretch.reach(du, end, |e| -sign * e.r, 0, -sign));
        match (crossing, zero) {
            (crossing, Some((at, end))) if crossing.is_none_or(|((crossed, _), _)| at <= crossed) => {
                self.finish_stretch(&stretch, at, end);
                self.free_at_zero(sign);
            }
            (Some(((at, end), upward)), _) => {
                let b = if upward { k } else { k - 1 };
                self.finish_stretch(&stretch, at, end);
                self.particle.theta = self.tables.regions.angle(b);
                self.arrive(b, upward);
            }
            _ => {
                self.finish_stretch(&stretch, du, end);
                // Within rounding of the boundary is on it, not across.
                self.particle.theta = self.particle.theta.clamp(row.low, row.high);
            }
        }
    }

    fn finish_stretch(&mut self, stretch: &Stretch, du: f64, end: End) {
        let (mass, k, to) = (self.particle.mass, self.particle.place.index(), advance_u(self.u, du));
        let parts = stretch.contributions::<TV>(mass, du, &end);
        self.walks.movers.add_track(k, self.u, to, [&parts[0], &parts[1], &parts[2]]);
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
        if pull.abs() <= self.tables.tv {
            self.particle.r = 0.0;
            self.particle.place = Place::new(PlaceKind::Stuck, k);
            self.walks.counters.sticks += 1;
        } else {
            self.particle.r = 0f64.copysign(-sign);
            self.walks.counters.sign_changes += 1;
        }
    }

    /// The particle has just reached boundary `b`: it passes, is pinned, or dies.
    fn arrive(&mut self, b: usize, upward: bool) {
        let tables = self.tables;
        let (r, n) = (self.particle.r, tables.regions.normal(b));
        let next = if upward { tables.regions.above(b) } else { b };
        let turn = |k: usize| {
            let g = tables.field[k].at(self.u);
            g[0] * n[0] + g[1] * n[1]
        };
        let (here, there) = (turn(self.particle.place.index()), turn(next));
        let jump = self.particle.mass * tables.reach * r * r * here.abs().max(there.abs()) / tables.h;
        self.walks.jump(jump, self.u);
        if next == 0 {
            self.particle.place = Place::DEAD;
            self.walks.counters.deaths += 1;
        } else if if upward { -r * there >= 0.0 } else { -r * there <= 0.0 } {
            // Zero included: an attractor holds only where both sides push strictly inward.
            self.particle.place = Place::in_region(next);
            self.walks.counters.crossings += 1;
        } else {
            self.particle.place = Place::pinned(b);
            self.walks.counters.pins += 1;
        }
    }

    /// One stretch of sliding on a boundary: until released, until `r = 0`, or to the end.
    fn pinned(&mut self) {
        let (b, sign, from) = (self.particle.place.index(), self.sign(), self.u);
        let slide = &self.tables.slides[b];
        let [low, high] = self.tables.outward(b, sign);
        let leave = |cubic: &[f64; 4]| poly::first_positive(cubic, from).unwrap_or(f64::INFINITY);
        let (low, high) = (leave(&low), leave(&high));
        // -sign r(u), which turns positive where r passes through zero.
        let tv = if TV { self.tables.tv * sign } else { 0.0 };
        let mut against = slide.quartic.map(|c| c * sign);
        against[1] += tv * sign;
        against[0] = -sign * self.particle.r - (poly::value(&against, from) - against[0]);
        // A particle that starts at zero is on its way out: look only behind the first rounding.
        let after = if self.particle.r == 0.0 { (from + 1e-6).min(1.0) } else { from };
        let zero = poly::first_positive(&against, after).unwrap_or(f64::INFINITY);
        let to = low.min(high).min(zero).min(1.0);
        self.walks.movers.add_pinned(b, from, to, self.particle.mass, sign);
        self.particle.r -=
            poly::value(&slide.quartic, to) - poly::value(&slide.quartic, from) + tv * (to - from);
        self.u = to;
        if to == 1.0 && low.min(high).min(zero) > 1.0 {
            // Rounding must not carry r across zero without the event.
            self.particle.r = sign * (self.particle.r * sign).max(0.0);
        } else if zero <= low.min(high) {
            self.pinned_at_zero(b, sign);
        } else {
            self.particle.r = sign * (self.particle.r * sign).max(0.0);
            self.walks.counters.releases += 1;
            let upward = if low == high { self.steeper_upward(b) } else { high < low };
            self.leave(b, upward);
        }
    }

    /// A pinned particle's `r` has just reached zero.
    fn pinned_at_zero(&mut self, b: usize, sign: f64) {
        let pull = poly::derivative(&self.tables.slides[b].quartic, self.u);
        self.jump_at_zero(pull);
        if TV && pull.abs() <= self.tables.tv {
            self.particle.r = 0.0;
            self.particle.place = Place::new(PlaceKind::StuckPinned, b);
            self.walks.counters.sticks += 1;
            return;
        }
        if TV {
            self.walks.counters.sign_changes += 1;
        }
        self.start_from_zero_on(b, -sign);
    }

    /// Sets `r` off from zero with the given sign on boundary `b`, which may hold that sign or not.
    fn start_from_zero_on(&mut self, b: usize, sign: f64) {
        self.particle.r = 0f64.copysign(sign);
        let [low, high] = self.tables.outward(b, sign).map(|cubic| poly::value(&cubic, self.u) > 0.0);
        if !low && !high {
            self.particle.place = Place::pinned(b);
            return;
        }
        self.walks.counters.releases += 1;
        if low && high {
            self.walks.counters.ambiguous_releases += 1;
            self.walks.counters.ambiguous_mass += self.particle.mass;
        }
        let upward = if low && high { self.steeper_upward(b) } else { high };
        self.leave(b, upward);
    }

    /// Whether a particle that may leave boundary `b` to both sides is faster anticlockwise
    /// (steepest descent); a tie goes clockwise.
    fn steeper_upward(&self, b: usize) -> bool {
        let n = self.tables.regions.normal(b);
        let speed = |k: usize| poly::value(&self.tables.field[k].along(n), self.u).abs();
        speed(self.tables.regions.above(b)) > speed(b)
    }

    fn leave(&mut self, b: usize, upward: bool) {
        let side = if upward { self.tables.regions.above(b) } else { b };
        self.particle.theta = self.tables.regions.angle(b);
        self.particle.place = Place::in_region(side);
    }

    /// Stuck at `r = 0` in a region until the pull exceeds `lambda`.
    fn stuck(&mut self) {
        let k = self.particle.place.index();
        let (sin, cos) = sin_cos(self.particle.theta);
        let Some(sign) = self.unstick(self.tables.field[k].along([cos, sin])) else { return };
        self.particle.r = 0f64.copysign(sign);
        self.particle.place = Place::in_region(k);
    }

    /// Stuck at `r = 0` on a boundary until the pull exceeds `lambda`.
    fn stuck_pinned(&mut self) {
        let b = self.particle.place.index();
        let pull = &self.tables.field[self.tables.regions.inactive_side(b)];
        let Some(sign) = self.unstick(pull.along(self.tables.regions.direction(b))) else { return };
        self.start_from_zero_on(b, sign);
    }

    /// Advances to when `|pull| > lambda`; the sign with which `r` sets off, or `None` at the end.
    fn unstick(&mut self, pull: [f64; 4]) -> Option<f64> {
        let with = |sign: f64| {
            let mut cubic = pull.map(|c| sign * c);
            cubic[0] -= self.tables.tv;
            poly::first_positive(&cubic, self.u).unwrap_or(f64::INFINITY)
        };
        let (positive, negative) = (with(1.0), with(-1.0));
        let at = positive.min(negative);
        if at > 1.0 {
            self.u = 1.0;
            return None;
        }
        self.u = at;
        self.walks.counters.unsticks += 1;
        Some(if positive < negative { -1.0 } else { 1.0 })
    }

    /// The radial rate jumps by at most `|pull| + lambda` where `r` passes zero or sticks.
    fn jump_at_zero(&mut self, pull: f64) {
        if TV {
            let size = self.particle.mass * self.tables.reach * (pull.abs() + self.tables.tv) / self.tables.h;
            self.walks.jump(size, self.u);
        }
    }
}

/// `u + du`, exactly 1 when that is what was meant.
fn advance_u(u: f64, du: f64) -> f64 {
    let to = u + du;
    if to > 1.0 - 1e-16 { 1.0 } else { to }
}

/// Free motion from one point, for any length up to the end of the step.
struct Stretch {
    field: super::tables::FieldCubic,
    u: f64,
    r: f64,
    sin: f64,
    cos: f64,
    tv: f64,
    start: Vec2,
    start_rate: Vec2,
}

/// The end of a stretch.
#[derive(Debug, Clone, Copy)]
struct End {
    r: f64,
    phi: f64,
    rate: Vec2,
    turn: f64,
}

impl Stretch {
    fn new(tables: &Tables<'_>, particle: &Particle, u: f64, with_tv: bool) -> Stretch {
        let (sin, cos) = sin_cos(particle.theta);
        let tv = if with_tv { tables.tv.copysign(particle.r) } else { 0.0 };
        let field = tables.field[particle.place.index()];
        let start = seen(field.at(u), sin, cos);
        let start_rate = rates(particle.r, 0.0, 1.0, start, tv);
        Stretch { field, u, r: particle.r, sin, cos, tv, start, start_rate }
    }

    fn seen_at(&self, u: f64) -> Vec2 {
        seen(self.field.at(u), self.sin, self.cos)
    }

    fn advance(&self, du: f64) -> End {
        let g = [self.start, self.seen_at(self.u + 0.5 * du), self.seen_at(self.u + du)];
        let (r, phi, turn) = runge_kutta(self.r, g, self.tv, du);
        let (sin, cos) = sin_cos_small(phi);
        End { r, phi, rate: rates(r, sin, cos, g[2], self.tv), turn }
    }

    /// The length in `(0, du]` at which rate `component` (0: of `r`, 1: of `theta`), which has
    /// opposite signs at 0 and `du`, vanishes. The slope is not at hand: bisection with secants.
    fn turning(&self, du: f64, component: usize) -> (f64, End) {
        let (mut low, mut high) = (0.0, du);
        let sign = self.start_rate[component].signum();
        let mut at_low = self.start_rate[component].abs();
        let mut end = self.advance(high);
        let mut at_high = sign * end.rate[component];
        for i in 0..60 {
            let secant = low + (high - low) * at_low / (at_low - at_high);
            // Every third time the middle, or one end might stay for ever.
            let middle = if i % 3 == 2 { 0.5 * (low + high) } else { secant };
            // A stretch that ends a little past its turn misses less than rounding of its extent.
            if !(middle > low && middle < high) || high - low < 1e-6 * du {
                break;
            }
            let there = self.advance(middle);
            let f = sign * there.rate[component];
            if f > 0.0 {
                (low, at_low) = (middle, f);
            } else {
                (high, at_high, end) = (middle, f, there);
            }
        }
        // The high end: past the turn by rounding, so that the next stretch does not turn again.
        (high, end)
    }

    /// The length in `[0, du]` at which `f`, not positive at 0 and positive at `end` of `du`,
    /// vanishes, and the end there; its slope is `sign` times rate `component`. Newton inside a
    /// bracket.
    fn reach(
        &self,
        du: f64,
        mut end: End,
        f: impl Fn(&End) -> f64,
        component: usize,
        sign: f64,
    ) -> (f64, End) {
        let (mut low, mut high, mut at) = (0.0, du, du);
        for _ in 0..80 {
            let (value, slope) = (f(&end), sign * end.rate[component]);
            if value > 0.0 {
                high = at;
            } else {
                low = at;
            }
            if value == 0.0 {
                break;
            }
            let newton = at - value / slope;
            let bracketed = newton > low && newton < high;
            let next = if bracketed { newton } else { 0.5 * (low + high) };
            // Newton doubles the digits: after a step this small the next one is below rounding.
            let last = (bracketed && (next - at).abs() <= 1e-8 * du) || high - low <= 1e-15 * du;
            at = next;
            end = self.advance(at);
            if last {
                break;
            }
        }
        (at, end)
    }

    /// Contributions to the moments at the start, middle and end of a stretch of length `du`; the
    /// middle by cubic Hermite interpolation.
    fn contributions<const TV: bool>(&self, mass: f64, du: f64, end: &End) -> [[f64; REGION]; 3] {
        let start_rate = self.start_rate;
        let r = 0.5 * (self.r + end.r) + du / 8.0 * (start_rate[0] - end.rate[0]);
        let phi = 0.5 * end.phi + du / 8.0 * (start_rate[1] - end.rate[1]);
        [(self.r, 0.0), (r, phi), (end.r, end.phi)].map(|(r, phi)| {
            let (s, c) = sin_cos_small(phi);
            let (sin, cos) = (self.sin * c + self.cos * s, self.cos * c - self.sin * s);
            contribution::<TV>(mass, r.copysign(if TV { self.tv } else { r }), sin, cos, [0.0; 2])
        })
    }
}
