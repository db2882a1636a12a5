//! Sums straight from the particles, by the definition of the active sets.

use crate::flow::Vec2;
use crate::problem::{Place, PlaceKind, Regions, Samples};
use crate::run::neuron::{Room, Training};

/// What one particle of unit mass adds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The region whose samples are active for it.
    region: usize,
    /// `r d`, of a neuron `kappa c w`, and its rate.
    first: Vec2,
    rate: Vec2,
    /// Second moments `M` (of a neuron `kappa^2 M`); none when it is pinned.
    sigma: [f64; 3],
    /// Rate of the total-variation penalty.
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
        let (sin, cos) = theta.sin_cos();
        let tv = if r == 0.0 { 0.0 } else { lambda.copysign(r) };
        let radial = -(g[k][0] * cos + g[k][1] * sin) - tv;
        let angular = if pinned { 0.0 } else { -r * (g[k][1] * cos - g[k][0] * sin) };
        let rr = r * r;
        let sigma = [cos * cos + rr * sin * sin, (1.0 - rr) * sin * cos, sin * sin + rr * cos * cos];
        Some(Part {
            region: k,
            first: [r * cos, r * sin],
            rate: [radial * cos - r * angular * sin, radial * sin + r * angular * cos],
            sigma: if pinned || k == 0 { [0.0; 3] } else { sigma },
            penalty: tv * radial,
        })
    }

    /// Of a neuron `(c, w)` in the field `g`.
    pub fn neuron(z: [f64; 3], place: Place, regions: &Regions, g: &[Vec2], training: Training) -> Part {
        let room = Room::of(place, regions);
        let ([c, w_x, w_y], kappa) = (z, training.kappa);
        let [dc, dw_x, dw_y] = training.velocity(z, room, g[room.region]);
        let moving = room.pinned.is_none() && room.region != 0;
        Part {
            region: room.region,
            first: [kappa * c * w_x, kappa * c * w_y],
            rate: [kappa * (dc * w_x + c * dw_x), kappa * (dc * w_y + c * dw_y)],
            sigma: if moving { training.second_moment(z, room) } else { [0.0; 3] },
            penalty: 0.0,
        }
    }
}

/// `f`, its rate and `Sigma_k` summed over particles.
pub(super) struct Direct {
    first: Vec<Vec2>,
    absolute: Vec<f64>,
    rate: Vec<Vec2>,
    pub sigma: Vec<[f64; 3]>,
    penalty: f64,
}

impl Direct {
    pub fn new(count: usize) -> Direct {
        Direct {
            first: vec![[0.0; 2]; count],
            absolute: vec![0.0; count],
            rate: vec![[0.0; 2]; count],
            sigma: vec![[0.0; 3]; count],
            penalty: 0.0,
        }
    }

    pub fn add(&mut self, mass: f64, part: Part) {
        let k = part.region;
        for i in 0..2 {
            self.first[k][i] += mass * part.first[i];
            self.rate[k][i] += mass * part.rate[i];
        }
        self.absolute[k] += mass * part.first[0].hypot(part.first[1]);
        (0..3).for_each(|i| self.sigma[k][i] += mass * part.sigma[i]);
        self.penalty += mass * part.penalty;
    }

    /// `f(x_j)` and the size of the terms that made it.
    pub fn values(&self, x: &[f64], regions: &Regions) -> (Vec<f64>, Vec<f64>) {
        let (mut f, mut size) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for k in 0..self.first.len() {
            if self.absolute[k] > 0.0 {
                for j in regions.active(k) {
                    f[j] += self.first[k][0] * x[j] + self.first[k][1];
                    size[j] += self.absolute[k] * x[j].hypot(1.0);
                }
            }
        }
        (f, size)
    }

    /// `d(loss + penalty)/dt` by the chain rule through the function: each particle's velocity,
    /// what it does to `f` at the samples, and what that does to the loss.
    pub fn energy_rate(&self, samples: &Samples, regions: &Regions, rho: &[f64]) -> f64 {
        let mut loss = 0.0;
        for (k, v) in self.rate.iter().enumerate() {
            if *v != [0.0; 2] {
                for j in regions.active(k) {
                    loss += samples.weight()[j] * rho[j] * (samples.x()[j] * v[0] + v[1]);
                }
            }
        }
        loss + self.penalty
    }
}
