//! One neuron in the field: its velocity in the flow's metric, and what it adds to the moments.

use crate::flow::{Flow, Layers, Vec2};
use crate::problem::{Place, PlaceKind, Regions};

/// How a flow of neurons moves them: the factor before the mean, and which layers train.
///
/// ```text
/// dc/dt = -kappa <g, w> - lambda c  (output layer),   dw/dt = -kappa c g - lambda w  (hidden layer)
/// ```
///
/// with `g = Sum_j n_j rho_j xt_j` over the active samples; on a boundary `w = l d` and only the
/// part of `g` along `d` acts on it (sections 5 and 6).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Training {
    pub kappa: f64,
    /// `lambda` of weight decay.
    pub decay: f64,
    pub layers: Layers,
}

/// A neuron's place in the sums: its region, and whether it slides along a boundary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Site {
    /// Region whose samples are active for it; pinned neurons count on the side where their own
    /// sample is inactive.
    pub region: usize,
    /// Direction of the boundary it is pinned to.
    pub pinned: Option<Vec2>,
}

impl Site {
    /// What a place is in the sums.
    pub fn of(place: Place, regions: &Regions) -> Site {
        let k = place.index();
        match place.kind() {
            PlaceKind::Pinned | PlaceKind::StuckPinned => {
                Site { region: regions.inactive_side(k), pinned: Some(regions.direction(k)) }
            }
            _ => Site { region: k, pinned: None },
        }
    }

    /// The part of `g` that acts on `w`.
    fn acting(&self, g: Vec2) -> Vec2 {
        match self.pinned {
            Some(d) => {
                let along = dot(g, d);
                [along * d[0], along * d[1]]
            }
            None => g,
        }
    }
}

impl Training {
    /// Of a flow of neurons; the canonical flow is not one.
    pub fn of(flow: &Flow) -> Training {
        Training { kappa: flow.kappa(), decay: flow.decay(), layers: flow.descriptor().trains }
    }

    /// `(dc/dt, dw/dt)` of a neuron `(c, w_x, w_y)` where the field is `g`.
    pub fn velocity(&self, [c, w_x, w_y]: [f64; 3], site: Site, g: Vec2) -> [f64; 3] {
        let along = -self.kappa * dot(g, [w_x, w_y]);
        let acting = site.acting(g);
        let decay = self.decaying([c, w_x, w_y]);
        [
            if self.layers.output() { along - decay[0] } else { 0.0 },
            if self.layers.hidden() { -self.kappa * c * acting[0] - decay[1] } else { 0.0 },
            if self.layers.hidden() { -self.kappa * c * acting[1] - decay[2] } else { 0.0 },
        ]
    }

    /// `lambda z` of the layers that train: minus the velocity of a neuron that no sample acts on.
    pub fn decaying(&self, [c, w_x, w_y]: [f64; 3]) -> [f64; 3] {
        let of = |trains: bool, value: f64| if trains { self.decay * value } else { 0.0 };
        let (output, hidden) = (self.layers.output(), self.layers.hidden());
        [of(output, c), of(hidden, w_x), of(hidden, w_y)]
    }

    /// What the neuron adds to the penalty, per unit of mass: `lambda / 2` times the squares of what trains.
    pub fn penalty(&self, z: [f64; 3]) -> f64 {
        0.5 * self.decaying(z).iter().zip(z).map(|(decaying, value)| decaying * value).sum::<f64>()
    }

    /// `kappa^2 M` of section 7: xx, xy, yy. Neurons pinned to a
    /// boundary of direction `d` count `d d^T` for the identity.
    pub fn second_moment(&self, [c, w_x, w_y]: [f64; 3], pinned: Option<Vec2>) -> [f64; 3] {
        let mut m = [0.0; 3];
        if self.layers.output() {
            m = [w_x * w_x, w_x * w_y, w_y * w_y];
        }
        if self.layers.hidden() {
            let [xx, xy, yy] = match pinned {
                Some([x, y]) => [x * x, x * y, y * y],
                None => [1.0, 0.0, 1.0],
            };
            m = [m[0] + c * c * xx, m[1] + c * c * xy, m[2] + c * c * yy];
        }
        m.map(|entry| self.kappa * self.kappa * entry)
    }
}

pub(crate) fn dot(a: Vec2, b: Vec2) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|velocity|^2 = <g, kappa^2 M g>`: both sides of the energy law, for every metric.
    #[test]
    fn the_second_moment_is_that_of_the_velocity() {
        let (z, g) = ([0.7, -0.4, 1.3], [0.9, -2.1]);
        let d = [0.6, 0.8];
        for layers in [Layers::Both, Layers::Output, Layers::Hidden] {
            let training = Training { kappa: 1.7, decay: 0.0, layers };
            for (z, pinned) in [(z, None), ([z[0], -1.5 * d[0], -1.5 * d[1]], Some(d))] {
                let site = Site { region: 1, pinned };
                let v = training.velocity(z, site, g);
                let [xx, xy, yy] = training.second_moment(z, pinned);
                let quadratic = g[0] * (xx * g[0] + xy * g[1]) + g[1] * (xy * g[0] + yy * g[1]);
                let speed: f64 = v.iter().map(|v| v * v).sum();
                assert!((speed - quadratic).abs() < 1e-14 * speed, "{layers:?} {pinned:?}");
            }
        }
    }

    #[test]
    fn only_the_layers_that_train_move() {
        let (z, g, site) = ([2.0, 3.0, -1.0], [1.0, 1.0], Site { region: 1, pinned: None });
        let velocity = |layers| Training { kappa: 2.0, decay: 0.0, layers }.velocity(z, site, g);
        assert_eq!(velocity(Layers::Both), [-4.0, -4.0, -4.0]);
        assert_eq!(velocity(Layers::Output), [-4.0, 0.0, 0.0]);
        assert_eq!(velocity(Layers::Hidden), [0.0, -4.0, -4.0]);
        let pinned = Site { region: 1, pinned: Some([1.0, 0.0]) };
        let sliding =
            Training { kappa: 2.0, decay: 0.0, layers: Layers::Both }.velocity([2.0, 3.0, 0.0], pinned, g);
        assert_eq!(sliding, [-6.0, -4.0, 0.0]);
        let decaying = |layers| Training { kappa: 2.0, decay: 0.5, layers };
        assert_eq!(decaying(Layers::Both).velocity(z, site, g), [-5.0, -5.5, -3.5]);
        assert_eq!(decaying(Layers::Hidden).velocity(z, site, g), [0.0, -5.5, -3.5]);
        assert_eq!(decaying(Layers::Output).penalty(z), 1.0);
        assert_eq!(decaying(Layers::Hidden).penalty(z), 2.5);
    }
}
