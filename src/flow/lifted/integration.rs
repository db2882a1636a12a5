//! One neuron through one step, event by event (mathematics, section 6).
//!
//! Only neurons that may meet an event come here, and only those that do leave a trace in the sums.

use crate::flow::events::substep::{MAX_SUBSTEPS, advance_u};
use crate::flow::field::Vec2;
use crate::flow::interface::Fate;
use crate::problem::{Place, PlaceKind};

use super::crossing::first_crossing;
use super::frame::{Neuron, apply};
use super::second::{of_neuron, of_pinned};
use super::step_tables::StepTables;
use super::sums::Sums;

/// A neuron nearer to a line than this, relative to `|c| + |w|`, is on it.
pub const ON_LINE: f64 = 1e-15;
/// A line counts as reached at this distance, relative to `|c| + |w|`.
pub const REACHED: f64 = 1e-14;

/// A neuron within a step, in the laboratory frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moving {
    /// Mass.
    pub mass: f64,
    /// `(c, w)`.
    pub z: Neuron,
    /// What it is doing.
    pub place: Place,
}

/// Integrates a neuron from `u` to the end of the step. `None` if it meets no event in the whole step: then
/// nothing was added to `sums`. Otherwise where it ends, in the frame that its place has at the end.
///
/// * `start`: the neuron in the frame at the start, if it has met nothing before `u`.
pub fn integrate(
    tables: &StepTables<'_>,
    start: Option<Neuron>,
    neuron: Moving,
    u: f64,
    sums: &mut Sums,
) -> Option<Moving> {
    let mut integration = Integration { tables, neuron, u, sums, start };
    let mut substeps = 0;
    while integration.u < 1.0 {
        match integration.neuron.place.kind() {
            PlaceKind::Free => integration.free(),
            PlaceKind::Pinned => integration.pinned(),
            PlaceKind::Stuck | PlaceKind::StuckPinned => integration.at_origin(),
            PlaceKind::Dead => integration.u = 1.0,
        }
        substeps += 1;
        if substeps > MAX_SUBSTEPS || integration.u.is_nan() {
            integration.sums.events.given_up = true;
            break;
        }
    }
    // Nothing was added to the sums: it went to the end without an event.
    if integration.start.is_some() {
        return None;
    }
    Some(integration.finish())
}

/// A neuron at its instant, and the sums to which its integration is added.
///
/// Invariant: as long as `start` is there, nothing of this neuron is in `sums`.
pub struct Integration<'a, 'b> {
    pub(super) tables: &'a StepTables<'a>,
    pub(super) neuron: Moving,
    pub(super) u: f64,
    pub(super) sums: &'b mut Sums,
    /// The neuron in the frame at the start, until its first event.
    pub(super) start: Option<Neuron>,
}

/// A crossing found: how far into the substep, where, and whether anticlockwise.
struct Crossing {
    length: f64,
    z: Neuron,
    upward: bool,
}

impl Integration<'_, '_> {
    /// Takes the neuron out of the moments from which the step started, before the first thing
    /// about it is noted.
    pub(super) fn begin(&mut self) {
        let Some(stored) = self.start.take() else { return };
        let Moving { mass, place, .. } = self.neuron;
        self.sums.any = true;
        match place.kind() {
            PlaceKind::Free => {
                let part = of_neuron(mass, stored);
                let start = &mut self.sums.region[place.index()].start;
                (0..6).for_each(|i| start[i] += part[i]);
            }
            PlaceKind::Pinned => {
                let [dx, dy] = self.tables.regions.direction(place.index());
                let part = of_pinned(mass, stored[0], stored[1] * dx + stored[2] * dy);
                let side = usize::from(place.is_negative());
                let start = &mut self.sums.boundary[place.index()].start[side];
                (0..4).for_each(|i| start[i] += part[i]);
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
        }
    }

    /// Adds the neuron to the moments at the end of the step, in the frame of its place.
    fn finish(self) -> Moving {
        let Moving { mass, z, place } = self.neuron;
        let (tables, count) = (self.tables, self.tables.regions.boundaries());
        let framed = |frame: usize| apply(&tables.kind.inverse(&tables.propagators[frame].end), z);
        let z = match place.kind() {
            PlaceKind::Free => {
                let z = framed(place.index());
                let part = of_neuron(mass, z);
                let end = &mut self.sums.region[place.index()].end;
                (0..6).for_each(|i| end[i] += part[i]);
                z
            }
            PlaceKind::Pinned => {
                let b = place.index();
                let [dx, dy] = tables.regions.direction(b);
                let stored = framed(count + b);
                let l = stored[1] * dx + stored[2] * dy;
                let negative = z[0].is_sign_negative();
                let part = of_pinned(mass, stored[0], l);
                let end = &mut self.sums.boundary[b].end[usize::from(negative)];
                (0..4).for_each(|i| end[i] += part[i]);
                let place = Place::in_cluster(b, negative);
                return Moving { mass, z: [stored[0], l * dx, l * dy], place };
            }
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => z,
        };
        Moving { mass, z, place }
    }

    /// One substep of free motion: to the next line, to the end of the step, or as far as one map
    /// should reach.
    fn free(&mut self) {
        let k = self.neuron.place.index();
        let rest = 1.0 - self.u;
        let du = rest.min(self.tables.longest_substep(k));
        match self.crossing(k, du) {
            Some(Crossing { length, z, upward }) => {
                let b = if upward { k } else { k - 1 };
                self.begin();
                self.track(k, length, z);
                let (b, upward) = self.ray(b, upward);
                self.put_on_line(b);
                self.arrive(b, upward);
            }
            None => {
                let end = self.advance(k, du);
                let to = if du < rest { advance_u(self.u, du) } else { 1.0 };
                if du < rest || self.start.is_none() {
                    self.begin();
                    self.track(k, du, end);
                }
                (self.u, self.neuron.z) = (to, end);
            }
        }
    }

    /// The neuron after a substep of this length in region `k`.
    fn advance(&self, k: usize, length: f64) -> Neuron {
        let kind = self.tables.kind;
        kind.apply(&kind.exponent(&self.tables.field[k], self.u, length), self.neuron.z)
    }

    /// The first line of region `k` that the neuron reaches within `du`.
    fn crossing(&self, k: usize, du: f64) -> Option<Crossing> {
        let (tables, z) = (self.tables, self.neuron.z);
        let kind = tables.kind;
        if kind.beta == 0.0 {
            return None;
        }
        let g = tables.field[k].at(self.u);
        let [low, high] = [tables.regions.normal(k - 1), tables.regions.normal(k)];
        // Inward normals.
        let normals = [low, [-high[0], -high[1]]];
        let size = z[0].abs() + z[1].abs() + z[2].abs();
        let pull = g[0] * z[1] + g[1] * z[2];
        let square = kind.alpha * (g[0] * g[0] + g[1] * g[1]);
        let mut guesses = [f64::INFINITY; 2];
        for (guess, n) in guesses.iter_mut().zip(normals) {
            let along = n[0] * g[0] + n[1] * g[1];
            let (phi, rate) = (n[0] * z[1] + n[1] * z[2], -z[0] * along);
            let on_line = phi.abs() <= ON_LINE * size;
            if phi < 0.0 && !on_line && rate < 0.0 {
                // Beyond the line by more than rounding, and going on outward: near the origin, where lines meet.
                *guess = 0.0;
                continue;
            }
            let phi = if on_line { 0.0 } else { phi.max(0.0) };
            let curvature = kind.alpha * along * pull;
            *guess = first_crossing(phi, rate, curvature, square, 1.5 * du).unwrap_or(f64::INFINITY);
        }
        let order = if guesses[0] <= guesses[1] { [0, 1] } else { [1, 0] };
        let met = |&side: &usize| Some((side, self.reach(k, normals[side], guesses[side], du)?));
        let outside = |n: Vec2, z: Neuron| n[0] * z[1] + n[1] * z[2] < -ON_LINE * size;
        let found = order.iter().filter(|&&side| guesses[side].is_finite()).find_map(met);
        let (side, (length, z)) = found.or_else(|| {
            // The closed form freezes the field: what it missed shows at the end of the substep.
            let end = self.advance(k, du);
            let side = order.into_iter().find(|&side| outside(normals[side], end))?;
            Some((side, self.bracket(k, normals[side], du, end)))
        })?;
        // Near the origin both lines may be behind the neuron by then: the other one was first.
        let other = 1 - side;
        let rounding = REACHED * (z[0].abs() + z[1].abs() + z[2].abs());
        if normals[other][0] * z[1] + normals[other][1] * z[2] < -rounding {
            let (length, z) = self.bracket(k, normals[other], length, z);
            return Some(Crossing { length, z, upward: other == 1 });
        }
        Some(Crossing { length, z, upward: side == 1 })
    }

    /// Distance from a line with inward normal `n`, and its rate, for the neuron `z` at `length`
    /// into the substep.
    fn distance(&self, k: usize, n: Vec2, length: f64, z: Neuron) -> (f64, f64) {
        let g = self.tables.field[k].at(self.u + length);
        (n[0] * z[1] + n[1] * z[2], -z[0] * (n[0] * g[0] + n[1] * g[1]))
    }

    /// Newton's method for the line with inward normal `n` from `guess`; `None` if it leads out of
    /// `[0, du]` or to where the neuron comes in.
    fn reach(&self, k: usize, n: Vec2, guess: f64, du: f64) -> Option<(f64, Neuron)> {
        let mut length = guess.min(du);
        for _ in 0..12 {
            let z = self.advance(k, length);
            let (distance, rate) = self.distance(k, n, length, z);
            if rate >= 0.0 {
                return None;
            }
            let size = z[0].abs() + z[1].abs() + z[2].abs();
            if distance.abs() <= REACHED * size {
                return Some((length, z));
            }
            let next = length - distance / rate;
            if !(next >= 0.0 && next <= du) {
                return None;
            }
            if next == length {
                return Some((length, z));
            }
            length = next;
        }
        None
    }

    /// A crossing of the line from inside to outside in `(0, du]`, at whose end the neuron is outside: Newton's
    /// method inside a bracket.
    fn bracket(&self, k: usize, n: Vec2, du: f64, end: Neuron) -> (f64, Neuron) {
        let (mut low, mut high, mut at, mut z) = (0.0, du, du, end);
        for _ in 0..80 {
            let (distance, rate) = self.distance(k, n, at, z);
            if distance < 0.0 {
                high = at;
            } else {
                low = at;
            }
            let size = z[0].abs() + z[1].abs() + z[2].abs();
            if distance.abs() <= REACHED * size || high - low <= 1e-15 * du {
                break;
            }
            let newton = at - distance / rate;
            at = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            z = self.advance(k, at);
        }
        (at, z)
    }

    /// Notes a substep of free motion that ends in `end`, and makes it the present.
    fn track(&mut self, k: usize, length: f64, end: Neuron) {
        let (tables, z) = (self.tables, self.neuron.z);
        let (from, to) = (self.u, advance_u(self.u, length));
        let (before, after) =
            (tables.kind.rate(tables.field[k].at(from), z), tables.kind.rate(tables.field[k].at(to), end));
        // Hermite's value in the middle, then Simpson's rule.
        let middle = std::array::from_fn(|i| 0.5 * (z[i] + end[i]) + length / 8.0 * (before[i] - after[i]));
        let sums = &mut self.sums.region[k];
        for ((share, u), z) in
            [(1.0, from), (4.0, 0.5 * (from + to)), (1.0, to)].into_iter().zip([z, middle, end])
        {
            let weight = self.neuron.mass * share * (to - from) / 6.0 * tables.factors.covariance_at(u);
            let m = tables.kind.covariance(z);
            for i in 0..3 {
                sums.sigma[i] += weight * m[i];
                sums.sigma_u[i] += weight * u * m[i];
            }
        }
        self.u = to;
        self.neuron.z = end;
    }

    /// The boundary of the two on this line on which the neuron has arrived: with one sample the
    /// only live region is a half-plane, whose two boundaries lie on one line.
    pub(super) fn ray(&self, b: usize, upward: bool) -> (usize, bool) {
        let regions = self.tables.regions;
        let ([_, x, y], [dx, dy]) = (self.neuron.z, regions.direction(b));
        match regions.samples() == 1 && x * dx + y * dy < 0.0 {
            true => (1 - b, !upward),
            false => (b, upward),
        }
    }

    /// Puts a neuron that has reached boundary `b` exactly on the line.
    pub(super) fn put_on_line(&mut self, b: usize) {
        let [dx, dy] = self.tables.regions.direction(b);
        let [c, x, y] = self.neuron.z;
        let l = (x * dx + y * dy).max(0.0);
        self.neuron.z = [c, l * dx, l * dy];
    }

    /// The neuron has just reached boundary `b`.
    pub(super) fn arrive(&mut self, b: usize, upward: bool) {
        let interface = self.interface(b, 1f64.copysign(self.neuron.z[0]));
        let fate = interface.on_arrival(upward);
        // Pinning and dying take away the velocity across the line that the neuron had, as in the
        // canonical flow.
        let [low, high] = interface.velocity.map(f64::abs);
        let before = if upward { low } else { high };
        self.note_jump(if matches!(fate, Fate::Enters { .. }) { low.max(high) } else { before });
        match fate {
            Fate::Dies => self.sums.events.counters.deaths += 1,
            Fate::Enters { .. } => self.sums.events.counters.crossings += 1,
            Fate::Pinned => self.sums.events.counters.pins += 1,
        }
        self.set_place(b, fate);
    }

    /// Notes an event at which the field that acts on the neuron's `w` jumps by `field` (in units
    /// of `kappa h g`): the rate of a residual jumps by up to `kappa c^2 mass |xt| field / h`, times the factor of the
    /// function under weight decay.
    pub(super) fn note_jump(&mut self, field: f64) {
        let (tables, c) = (self.tables, self.neuron.z[0]);
        let size =
            tables.kind.beta * tables.kappa * self.neuron.mass * c * c * tables.reach * field / tables.h;
        let size = size * tables.factors.start.of_function();
        self.sums.events.jump(size, self.u);
    }
}
