//! Sums straight from the particles, by the definition of the active sets.

use crate::flow::Vec2;
use crate::math::sum::Sum;
use crate::problem::{Place, PlaceKind, Regions, Samples};
use crate::run::neuron::{Site, Training};

use super::field::{Field, over_active};

/// What one particle of unit mass adds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The region whose samples are active for it.
    region: usize,
    /// `r d`, of a neuron `kappa c w`, and its rate.
    first: Vec2,
    rate: Vec2,
    /// Second moments `M` (of a neuron `kappa^2 M`) of a free particle, and of a pinned one.
    sigma: [f64; 3],
    pinned: [f64; 3],
    /// `|velocity|^2` before anything cancels in it: `|g|^2` times the largest eigenvalue of `M`.
    squared: f64,
    /// Rate of the penalty.
    penalty: f64,
}

impl Part {
    /// Of a canonical particle in the field `g`; `None` when it is stuck.
    pub fn canonical(
        (r, theta, place): (f64, f64, Place),
        regions: &Regions,
        g: &[Vec2],
        lambda: f64,
    ) -> Option<Part> {
        let kind = place.kind();
        if matches!(kind, PlaceKind::Stuck | PlaceKind::StuckPinned) {
            return None;
        }
        let pinned = kind == PlaceKind::Pinned;
        let k = if pinned { regions.inactive_side(place.index()) } else { place.index() };
        let (sin, cos) = libm::sincos(theta);
        let tv = if r == 0.0 { 0.0 } else { lambda.copysign(r) };
        let radial = -(g[k][0] * cos + g[k][1] * sin) - tv;
        let angular = if pinned { 0.0 } else { -r * (g[k][1] * cos - g[k][0] * sin) };
        let rr = r * r;
        let along = [cos * cos, sin * cos, sin * sin];
        let sigma = [cos * cos + rr * sin * sin, (1.0 - rr) * sin * cos, sin * sin + rr * cos * cos];
        let pull = libm::hypot(g[k][0], g[k][1]);
        Some(Part {
            region: k,
            first: [r * cos, r * sin],
            rate: [radial * cos - r * angular * sin, radial * sin + r * angular * cos],
            sigma: if pinned || k == 0 { [0.0; 3] } else { sigma },
            pinned: if pinned { along } else { [0.0; 3] },
            squared: pull * pull * rr.max(1.0) + tv * tv,
            penalty: tv * radial,
        })
    }

    /// Of a neuron `(c, w)` in the field `g`.
    pub fn neuron(z: [f64; 3], place: Place, regions: &Regions, g: &[Vec2], training: Training) -> Part {
        let site = Site::of(place, regions);
        let ([c, w_x, w_y], kappa) = (z, training.kappa);
        let [dc, dw_x, dw_y] = training.velocity(z, site, g[site.region]);
        let second = training.second_moment(z, site.pinned);
        let (pinned, live) = (site.pinned.is_some(), site.region != 0);
        let pull = kappa * libm::hypot(g[site.region][0], g[site.region][1]);
        Part {
            region: site.region,
            first: [kappa * c * w_x, kappa * c * w_y],
            rate: [kappa * (dc * w_x + c * dw_x), kappa * (dc * w_y + c * dw_y)],
            sigma: if live && !pinned { second } else { [0.0; 3] },
            pinned: if pinned { second } else { [0.0; 3] },
            squared: (pull * pull + training.decay * training.decay) * (c * c + w_x * w_x + w_y * w_y),
            penalty: dot3(training.decaying(z), [dc, dw_x, dw_y]),
        }
    }
}

fn dot3(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// `f`, its rate and `Sigma_k` summed over particles.
pub(super) struct Direct {
    first: Vec<[Sum; 2]>,
    absolute: Vec<[Sum; 1]>,
    rate: Vec<[Sum; 2]>,
    /// `|rate|` of each particle.
    speed: Vec<f64>,
    sigma: Vec<[Sum; 3]>,
    pinned: Vec<[Sum; 3]>,
    penalty: Sum,
    /// What the dissipation is the sum of, before anything cancels.
    pub squared: f64,
}

impl Direct {
    pub fn new(count: usize) -> Direct {
        Direct {
            first: vec![[Sum::default(); 2]; count],
            absolute: vec![[Sum::default()]; count],
            rate: vec![[Sum::default(); 2]; count],
            speed: vec![0.0; count],
            sigma: vec![[Sum::default(); 3]; count],
            pinned: vec![[Sum::default(); 3]; count],
            penalty: Sum::default(),
            squared: 0.0,
        }
    }

    pub fn add(&mut self, mass: f64, part: Part) {
        let k = part.region;
        for i in 0..2 {
            self.first[k][i].add(mass * part.first[i]);
            self.rate[k][i].add(mass * part.rate[i]);
        }
        self.absolute[k][0].add(mass * libm::hypot(part.first[0], part.first[1]));
        self.speed[k] += mass * libm::hypot(part.rate[0], part.rate[1]);
        for i in 0..3 {
            self.sigma[k][i].add(mass * part.sigma[i]);
            self.pinned[k][i].add(mass * part.pinned[i]);
        }
        self.penalty.add(mass * part.penalty);
        self.squared += mass * part.squared;
    }

    /// `f(x_j)` and the size of the terms that made it.
    pub fn values(&self, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (first, size) = (over_active(x.len(), &self.first), over_active(x.len(), &self.absolute));
        let f = first.iter().zip(x).map(|([a, b], x)| a * x + b).collect();
        (f, size.iter().zip(x).map(|([size], x)| size * libm::hypot(*x, 1.0)).collect())
    }

    /// `Sigma_k` of free particles.
    pub fn sigma(&self) -> Vec<[f64; 3]> {
        self.sigma.iter().map(|sums| sums.map(|sum| sum.value())).collect()
    }

    /// What pinned particles add to `Sigma_k`, on the side where their own sample is inactive.
    pub fn pinned(&self) -> Vec<[f64; 3]> {
        self.pinned.iter().map(|sums| sums.map(|sum| sum.value())).collect()
    }

    /// `d(loss + penalty)/dt` by the chain rule through the function: each particle's velocity,
    /// what it does to `f` at the samples, and what that does to the loss. Also the size of the
    /// terms that made it.
    pub fn energy_rate(&self, samples: &Samples, rho: &[f64]) -> (f64, f64) {
        let field = Field::new(samples, rho);
        let (mut rate, mut size) = (self.penalty, self.penalty.value().abs());
        for (k, v) in self.rate.iter().enumerate() {
            rate.add(field.g[k][0] * v[0].value());
            rate.add(field.g[k][1] * v[1].value());
            size += field.size[k] * self.speed[k];
        }
        (rate.value(), size)
    }
}
