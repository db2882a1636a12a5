//! Laws of single particles: what is stored of one, against the rest that is stored of it.

use std::f64::consts::{PI, TAU};

use crate::flow::{Flow, ParticleKind};
use crate::math::norm::{ratio, worse, worst};
use crate::problem::{Place, PlaceKind, Regions};

use super::columns::Columns;

/// The stored particles of the snapshot before, and the largest size of each so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Held {
    index: Vec<usize>,
    r: Vec<f64>,
    theta: Vec<f64>,
    c: Vec<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
    place: Vec<Place>,
    /// Of neurons `c^2 + |w|^2`; what their parameters once were, rounding remembers.
    most: Vec<f64>,
}

impl Held {
    /// Keeps these for the next snapshot.
    pub fn keep(&mut self, p: &Columns<'_>) {
        self.index = p.index.to_vec();
        [self.r, self.theta, self.c, self.a, self.b] = [p.r, p.theta, p.c, p.a, p.b].map(<[f64]>::to_vec);
        self.place = p.place.to_vec();
    }

    /// Takes note of the sizes of these.
    pub fn grow(&mut self, p: &Columns<'_>) {
        self.most.resize(p.c.len(), 0.0);
        for (i, most) in self.most.iter_mut().enumerate() {
            *most = worse(*most, p.neuron(i).iter().map(|value| value * value).sum());
        }
    }

    /// The largest `c^2 + |w|^2` that neuron `i` has had at a snapshot; 0 if not known.
    pub fn most(&self, i: usize) -> f64 {
        self.most.get(i).copied().unwrap_or(0.0)
    }

    /// The share of its digits that the direction of particle `i` still has.
    pub fn digits(&self, p: &Columns<'_>, i: usize) -> f64 {
        if p.c.is_empty() || self.most(i) <= 0.0 {
            return 1.0;
        }
        (libm::hypot(p.a[i], p.b[i]) / self.most(i).sqrt()).min(1.0)
    }

    /// Those of the snapshot before, if they are as many as `now`.
    pub fn columns(&self, now: &Columns<'_>) -> Option<Columns<'_>> {
        self.last().filter(|before| before.index == now.index)
    }

    /// Those that were kept last, if any.
    pub fn last(&self) -> Option<Columns<'_>> {
        (!self.index.is_empty()).then_some(Columns {
            index: &self.index,
            r: &self.r,
            theta: &self.theta,
            c: &self.c,
            a: &self.a,
            b: &self.b,
            place: &self.place,
        })
    }
}

/// How far (rad) a particle is from where it is said to be; infinite where its kind of place
/// cannot be at all.
///
/// * `theta`: its direction; `None` of a neuron without weights.
/// * `still`: whether what stuck particles cannot have, `r` or the weights, is 0.
pub(super) fn distance(regions: &Regions, theta: Option<f64>, place: Place, still: bool) -> f64 {
    let (kind, k) = (place.kind(), place.index());
    let stuck = matches!(kind, PlaceKind::Stuck | PlaceKind::StuckPinned);
    let impossible = match kind {
        PlaceKind::Free => k == 0,
        PlaceKind::Dead => k != 0,
        _ => false,
    };
    if impossible || stuck && !still {
        return f64::INFINITY;
    }
    let Some(theta) = theta else { return 0.0 };
    if !theta.is_finite() {
        return f64::INFINITY;
    }
    let off = |b: usize| angle_between(theta, regions.angle(b));
    match kind {
        PlaceKind::Pinned | PlaceKind::StuckPinned => off(k),
        PlaceKind::Free | PlaceKind::Stuck | PlaceKind::Dead => {
            if regions.region_of(theta) == k {
                return 0.0;
            }
            let low = if k == 0 { regions.boundaries() - 1 } else { k - 1 };
            off(low).min(off(k))
        }
    }
}

fn angle_between(a: f64, b: f64) -> f64 {
    let turned = (a - b).rem_euclid(TAU);
    if turned > PI { TAU - turned } else { turned }
}

/// How far directions are from `[0, 2 pi)`, in which they are stored.
pub(super) fn range(p: &Columns<'_>) -> f64 {
    worst(p.theta.iter().map(|&theta| if theta < 0.0 { -theta } else { (theta - TAU).max(0.0) }))
}

/// `r = kappa c |w|` and `theta = atan2(-b, a)` of neurons against the stored `r` and `theta`.
pub(super) fn polar(p: &Columns<'_>, kappa: f64) -> f64 {
    let mut most = 0.0;
    for i in 0..p.c.len() {
        let [c, w_x, w_y] = p.neuron(i);
        let (w, r) = (libm::hypot(w_x, w_y), p.r[i]);
        let expected = kappa * c * w;
        // Products of tiny numbers have no digits.
        let least = f64::MIN_POSITIVE / f64::EPSILON;
        most = worse(most, ratio((r - expected).abs(), expected.abs().max(least)));
        let turned =
            if w == 0.0 { p.theta[i].abs() } else { angle_between(p.theta[i], libm::atan2(w_y, w_x)) };
        let digits = if w < least { w / least } else { 1.0 };
        most = worse(most, turned * digits);
    }
    most
}

/// What cannot move between two snapshots: particles in the dead region, and, if none was set free
/// in between, those that are stuck. With the total-variation term the dead shrink by `lambda` a
/// time, with weight decay like `exp(-lambda t)`.
///
/// Worst relative change; of particles that are where they are at both times.
pub(super) fn frozen(before: &Columns<'_>, now: &Columns<'_>, flow: &Flow, elapsed: f64, stuck: bool) -> f64 {
    let (mut most, kind, lambda) = (0.0, flow.particles(), flow.tv());
    let (shrunk, (output, hidden)) = (libm::exp(-flow.decay() * elapsed), flow.moves());
    let factors = [output, hidden, hidden].map(|trains| if trains { shrunk } else { 1.0 });
    for i in 0..now.place.len() {
        let stays = match now.place[i].kind() {
            PlaceKind::Dead => true,
            PlaceKind::Stuck | PlaceKind::StuckPinned => stuck,
            PlaceKind::Free | PlaceKind::Pinned => false,
        };
        if !stays || now.place[i] != before.place[i] {
            continue;
        }
        let mut same = |a: f64, b: f64, size: f64| most = worse(most, ratio((a - b).abs(), size));
        match kind {
            ParticleKind::Neuron => {
                let (a, b) = (before.neuron(i), now.neuron(i));
                (0..3).for_each(|k| same(factors[k] * a[k], b[k], a[k].abs()));
            }
            ParticleKind::Canonical => {
                let (a, b) = (before.r[i], now.r[i]);
                let left = (a.abs() - lambda * elapsed).max(0.0).copysign(a);
                same(left, b, a.abs());
                same(before.theta[i], now.theta[i], 1.0);
            }
        }
    }
    most
}
