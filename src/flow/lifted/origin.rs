//! Neurons whose `w` is zero (mathematics, section 6).
//!
//! Along a direction `e` the loss changes at the rate `c h(e)`, `h(e) = <g_k, e>` with the region
//! `k` of `e`. A pinned neuron that reaches the origin goes straight on if that is downhill: its
//! active set becomes its complement. If it is not, the neuron leaves in the direction of steepest
//! descent, and where nothing is downhill it rests until something is.

use crate::math::poly;
use crate::problem::{Place, PlaceKind};

use super::tables::Tables;
use super::walk::Walker;

/// Where a neuron may leave the origin.
enum Way {
    Along(usize),
    Into(usize),
}

impl Tables<'_> {
    /// When some direction first is downhill for neurons at the origin with this sign of `c`.
    ///
    /// Inside a region `h` is a sine, so while no direction is downhill the least `c h` lies on a
    /// boundary, and there the first downhill direction appears.
    pub fn leaves_origin(&self, sign: f64) -> f64 {
        (0..self.slides.len())
            .filter_map(|b| poly::first_positive(&self.along(b).map(|h| -sign * h), 0.0))
            .fold(f64::INFINITY, f64::min)
    }
}

impl Walker<'_, '_> {
    /// A neuron that slid along boundary `b` has just reached the origin.
    pub(super) fn through_origin(&mut self, b: usize) {
        let regions = self.tables.regions;
        let opposite = (b + regions.samples()) % regions.boundaries();
        let c = self.neuron.z[0];
        let [low, high] = self.turn(b);
        self.note_jump(low.abs().max(high.abs()) + poly::value(&self.tables.along(b), self.u).abs());
        self.sums.counters.flips += 1;
        if c * poly::value(&self.tables.along(opposite), self.u) < 0.0 {
            self.depart(opposite);
        } else {
            self.note_ambiguous();
            self.leave_origin();
        }
    }

    /// At rest at the origin until something is downhill.
    pub(super) fn at_origin(&mut self) {
        let c = self.neuron.z[0];
        let leaves = if self.start.is_some() {
            self.tables.origin_leaves[usize::from(c.is_sign_negative())]
        } else {
            // Came to rest within this step: nothing was downhill a moment ago.
            let sign = 1f64.copysign(c);
            (0..self.tables.slides.len())
                .filter_map(|b| {
                    let downhill = self.tables.along(b).map(|h| -sign * h);
                    poly::first_positive(&downhill, (self.u + 1e-6).min(1.0))
                })
                .fold(f64::INFINITY, f64::min)
        };
        if c == 0.0 || leaves > 1.0 {
            self.u = 1.0;
            return;
        }
        self.begin();
        self.u = leaves;
        self.sums.counters.unsticks += 1;
        self.leave_origin();
    }

    /// Leaves in the direction of steepest descent, or comes to rest.
    fn leave_origin(&mut self) {
        let (tables, sign) = (self.tables, 1f64.copysign(self.neuron.z[0]));
        let regions = tables.regions;
        let (mut best, mut way) = (0.0, None);
        for b in 0..regions.boundaries() {
            let h = sign * poly::value(&tables.along(b), self.u);
            if h < best {
                (best, way) = (h, Some(Way::Along(b)));
            }
        }
        for k in 1..regions.boundaries() {
            let g = tables.field[k].at(self.u);
            let e = [-sign * g[0], -sign * g[1]];
            let (low, high) = (regions.normal(k - 1), regions.normal(k));
            let inside = e[0] * low[0] + e[1] * low[1] > 0.0 && e[0] * high[0] + e[1] * high[1] < 0.0;
            if inside && -g[0].hypot(g[1]) < best {
                (best, way) = (-g[0].hypot(g[1]), Some(Way::Into(k)));
            }
        }
        match way {
            Some(Way::Along(b)) => self.depart(b),
            Some(Way::Into(k)) => self.neuron.place = Place::in_region(k),
            None => {
                self.neuron.place = Place::new(PlaceKind::Stuck, 0);
                self.sums.counters.sticks += 1;
            }
        }
    }

    /// Sets off from the origin along boundary `b`, which may hold the neuron or not.
    fn depart(&mut self, b: usize) {
        let sign = 1f64.copysign(self.neuron.z[0]);
        let [low, high] = self.tables.outward(b, sign).map(|cubic| poly::value(&cubic, self.u) > 0.0);
        if !low && !high {
            self.neuron.place = Place::pinned(b);
            return;
        }
        if low && high {
            self.note_ambiguous();
        }
        let upward = if low && high { self.steeper_upward(b) } else { high };
        self.leave(b, upward);
        self.sums.counters.releases += 1;
    }
}
