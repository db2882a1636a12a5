//! Neurons that slide along the line of a sample: `w = l d_b`, and `(c, l)` undergoes the boost of
//! rapidity `p(u) = Int <h g, d_b> du` (mathematics, section 6).

use crate::flow::interface::{Fate, Interface, release};
use crate::math::poly;
use crate::problem::Place;

use super::integration::Integration;

impl Integration<'_, '_> {
    /// One substep of sliding: until released, until `c = 0` or `l = 0`, or to the end.
    pub(super) fn pinned(&mut self) {
        let (tables, b, from) = (self.tables, self.neuron.place.index(), self.u);
        let [dx, dy] = tables.regions.direction(b);
        let [c, x, y] = self.neuron.z;
        let (l, sign) = (x * dx + y * dy, 1f64.copysign(c));
        let [low, high] = if self.start.is_some() {
            // The same for the whole cluster.
            tables.leaves[b][usize::from(sign < 0.0)]
        } else {
            release(tables.outward(b, sign), from)
        };
        let (c_first, zero) = self.reaches_zero(b, c, l);
        let released = low.min(high);
        let to = released.min(zero).min(1.0);
        if released.min(zero) > 1.0 && self.start.is_some() {
            self.u = 1.0;
            return;
        }
        self.begin();
        let rapidity = tables.rapidity(b);
        let rapidity = |u: f64| poly::value(&rapidity, u) - poly::value(&rapidity, from);
        let at = |u: f64| self.after_sliding(c, l, rapidity(u));
        let (middle, end) = (at(0.5 * (from + to)), at(to));
        self.track_sliding(b, to, [(c, l), middle, end]);
        let (mut c, mut l) = end;
        // Rounding must not carry c or l across zero without the event.
        c = sign * (c * sign).max(0.0);
        l = l.max(0.0);
        self.u = to;
        self.neuron.z = [c, l * dx, l * dy];
        if zero <= released && zero <= 1.0 {
            if c_first {
                self.c_at_zero(b, sign);
            } else {
                self.neuron.z = [c, 0.0, 0.0];
                self.through_origin(b);
            }
        } else if released <= 1.0 {
            self.sums.events.counters.releases += 1;
            let interface = self.interface(b, sign);
            let upward = if low == high { interface.steeper_upward() } else { high < low };
            // The neuron gains the velocity to that side.
            self.note_jump(interface.velocity[usize::from(upward)].abs());
            self.set_place(b, Fate::Enters { upward, ambiguous: false });
        }
    }

    /// Whether it is `c` (else `l`) that comes to zero in the sliding motion on boundary `b`, and when: not before now, and
    /// infinite for never.
    fn reaches_zero(&self, b: usize, c: f64, l: f64) -> (bool, f64) {
        let (kind, rapidity, from, sign) =
            (self.tables.kind, self.tables.rapidity(b), self.u, 1f64.copysign(c));
        // Lorentz: c reaches zero if |c| < l, else l does, at the rapidity artanh of the smaller over the larger one.
        let ratio = c.abs() / l;
        let c_first = kind.alpha > 0.0 && ratio < 1.0;
        let needed = match (kind.is_lorentz(), c_first) {
            (true, true) => libm::atanh(ratio),
            (true, false) => libm::atanh(l / c.abs()),
            // A shear: l' = l - c p.
            (false, _) => l / c.abs(),
        };
        let mut excess = rapidity.map(|p| sign * p);
        excess[0] -= poly::value(&excess, from) + needed;
        let zero = if c_first && c == 0.0 && poly::derivative(&excess, from) > 0.0 {
            // It moves off zero to the other sign than the one it has.
            from
        } else {
            // A neuron that starts at zero moves away from it: roots of rounding at the start do not count.
            let after = if needed == 0.0 { (from + 1e-6).min(1.0) } else { from };
            poly::first_positive(&excess, after).unwrap_or(f64::INFINITY)
        };
        (c_first, zero)
    }

    /// `(c, l)` after a sliding motion of rapidity `p`.
    fn after_sliding(&self, c: f64, l: f64, p: f64) -> (f64, f64) {
        let kind = self.tables.kind;
        if !kind.is_lorentz() {
            return (c - kind.alpha * l * p, l - kind.beta * c * p);
        }
        // In light-cone coordinates c + l and c - l shrink and grow by exp(-p).
        let (sum, difference) = ((c + l) * libm::exp(-p), (c - l) * libm::exp(p));
        (0.5 * (sum + difference), 0.5 * (sum - difference))
    }

    /// Adds a sliding motion up to `to`, through `(c, l)` at its start, middle and end, by Simpson's rule.
    fn track_sliding(&mut self, b: usize, to: f64, points: [(f64, f64); 3]) {
        let (kind, factors, from) = (self.tables.kind, &self.tables.factors, self.u);
        let sums = &mut self.sums.boundary[b];
        let shares = [(1.0, from), (4.0, 0.5 * (from + to)), (1.0, to)];
        for ((share, u), (c, l)) in shares.into_iter().zip(points) {
            let weight =
                self.neuron.mass * share * (to - from) / 6.0 * kind.weight(c, l) * factors.covariance_at(u);
            sums.weight += weight;
            sums.weight_u += weight * u;
        }
    }

    /// The `c` of a neuron on boundary `b` has just reached zero: the attractor turns repulsor, or
    /// holds the other sign as well.
    fn c_at_zero(&mut self, b: usize, sign: f64) {
        self.neuron.z[0] = 0f64.copysign(-sign);
        let fate = self.interface(b, -sign).on_line();
        if let Fate::Enters { ambiguous, .. } = fate {
            self.sums.events.counters.releases += 1;
            if ambiguous {
                self.note_ambiguous();
            }
        }
        self.set_place(b, fate);
    }

    pub(super) fn note_ambiguous(&mut self) {
        self.sums.events.counters.ambiguous_releases += 1;
        self.sums.events.counters.ambiguous_mass += self.neuron.mass;
    }

    /// Boundary `b` at this instant, for a neuron with this sign of `c`; velocities in units of
    /// `kappa h g`.
    pub(super) fn interface(&self, b: usize, sign: f64) -> Interface {
        let tables = self.tables;
        Interface::new(tables.regions, b, sign, |k| tables.field[k].at(self.u), |k| tables.margin[k])
    }

    /// Gives the neuron, which is on boundary `b`, the place that its fate says.
    pub(super) fn set_place(&mut self, b: usize, fate: Fate) {
        self.neuron.place = match fate {
            Fate::Enters { upward, .. } => {
                Place::in_region(if upward { self.tables.regions.above(b) } else { b })
            }
            Fate::Pinned => Place::pinned(b),
            Fate::Dies => Place::DEAD,
        };
    }
}
