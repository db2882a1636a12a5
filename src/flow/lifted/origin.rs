//! Neurons whose `w` is zero (mathematics, section 6).
//!
//! Along a direction `e` the loss changes at the rate `c h(e)`, `h(e) = <g_k, e>` with the region
//! `k` of `e`. A pinned neuron that reaches the origin goes straight on if that is downhill: its
//! active set becomes its complement; that is ambiguous where gradient descent with ever smaller
//! steps may end elsewhere ([`passage`](crate::flow::passage)). If it is not downhill, the neuron leaves
//! in the direction of steepest descent, and where nothing is downhill it rests until something is.

use crate::flow::interface::{Fate, Way, downhill, from_origin};
use crate::flow::passage::has_one_limit;
use crate::math::poly;
use crate::problem::{Place, PlaceKind};

use super::integration::Integration;
use super::step_tables::StepTables;

impl StepTables<'_> {
    /// When some direction first is downhill for neurons at the origin with this sign of `c`;
    /// infinite for never, and where `w` does not move.
    pub fn leaves_origin(&self, sign: f64) -> f64 {
        if self.kind.beta == 0.0 {
            return f64::INFINITY;
        }
        self.first_way(sign, 0.0).map_or(f64::INFINITY, |(u, _)| u)
    }

    /// The first direction that is downhill for neurons at the origin with this sign of `c`, and
    /// when, not before `from`.
    ///
    /// Inside a region narrower than `pi` `h` is part of one arch of a sine, so while no direction is
    /// downhill the least `c h` lies on a boundary, and there the first downhill direction appears.
    /// The one region of a single sample is as wide as `pi`: all of it becomes downhill at once.
    fn first_way(&self, sign: f64, from: f64) -> Option<(f64, Way)> {
        let first = |h: [f64; 4], k: usize, way| {
            Some((poly::first_positive(&downhill(h, sign, self.margin[k]), from)?, way))
        };
        if self.regions.samples() == 1 {
            return first(self.field[1].along(self.regions.normal(0)), 1, Way::Into(1));
        }
        (0..self.leaves.len())
            .filter_map(|b| first(self.along(b), self.regions.inactive_side(b), Way::Along(b)))
            .min_by(|one, other| one.0.total_cmp(&other.0))
    }
}

impl Integration<'_, '_> {
    /// A neuron that slides along boundary `b` has just reached the origin.
    pub(super) fn through_origin(&mut self, b: usize) {
        let regions = self.tables.regions;
        let opposite = (b + regions.samples()) % regions.boundaries();
        let c = self.neuron.z[0];
        let [low, high] = self.interface(b, 1.0).velocity;
        self.note_jump(low.abs().max(high.abs()) + poly::value(&self.tables.along(b), self.u).abs());
        self.sums.events.counters.flips += 1;
        let margin = self.tables.margin[regions.inactive_side(opposite)];
        let ahead = downhill(self.tables.along(opposite), 1f64.copysign(c), margin);
        if poly::value(&ahead, self.u) > 0.0 {
            let field = |k: usize| self.tables.field[k].at(self.u);
            let one_limit = has_one_limit(regions, field, b, c);
            let counted = self.sums.events.counters.ambiguous_releases;
            self.depart(opposite);
            if !one_limit && self.sums.events.counters.ambiguous_releases == counted {
                self.note_ambiguous();
            }
        } else {
            self.note_ambiguous();
            self.leave_origin(None);
        }
    }

    /// At rest at the origin until something is downhill.
    pub(super) fn at_origin(&mut self) {
        let (tables, c) = (self.tables, self.neuron.z[0]);
        let begun = self.start.is_none();
        if c == 0.0 || (!begun && tables.origin_leaves[usize::from(c.is_sign_negative())] > 1.0) {
            self.u = 1.0;
            return;
        }
        // If it came to rest within this step, nothing is downhill yet: roots of rounding there do not count.
        let from = if begun { (self.u + 1e-6).min(1.0) } else { 0.0 };
        let Some((u, way)) = tables.first_way(1f64.copysign(c), from) else {
            self.u = 1.0;
            return;
        };
        self.begin();
        self.u = u;
        self.sums.events.counters.unsticks += 1;
        self.leave_origin(Some(way));
        // At rest it contributed nothing: all that it contributes now is the jump.
        let place = self.neuron.place;
        self.note_jump(match place.kind() {
            PlaceKind::Free => {
                let g = tables.field[place.index()].at(u);
                libm::hypot(g[0], g[1])
            }
            PlaceKind::Pinned => poly::value(&tables.along(place.index()), u).abs(),
            PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => 0.0,
        });
    }

    /// Leaves in the direction of steepest descent; if nothing is downhill, in the direction that is
    /// `turning` downhill at this moment, or comes to rest.
    fn leave_origin(&mut self, turning: Option<Way>) {
        let (tables, sign) = (self.tables, 1f64.copysign(self.neuron.z[0]));
        let steepest =
            from_origin(tables.regions, sign, |k| tables.field[k].at(self.u), |k| tables.margin[k]);
        let way = steepest.or(turning);
        match way {
            Some(Way::Along(b)) => self.depart(b),
            Some(Way::Into(k)) => self.neuron.place = Place::in_region(k),
            None => {
                self.neuron.place = Place::new(PlaceKind::Stuck, 0);
                self.sums.events.counters.sticks += 1;
            }
        }
    }

    /// Sets off from the origin along boundary `b`, which may hold the neuron or not.
    fn depart(&mut self, b: usize) {
        let sign = 1f64.copysign(self.neuron.z[0]);
        let fate = self.interface(b, sign).on_line();
        if let Fate::Enters { ambiguous, .. } = fate {
            self.sums.events.counters.releases += 1;
            if ambiguous {
                self.note_ambiguous();
            }
        }
        self.set_place(b, fate);
    }
}
