//! Second moments of neurons, and what follows from them (mathematics, sections 4, 7 and 10).

use crate::flow::field::Vec2;
use crate::flow::moments::{REGION, RegionMoments, SIGMA, SIGMA_RATE};

use super::frame::Mat;
use super::frame::Neuron;
use super::kind::Scaled;

/// `Int z z^T mu` of neurons `z = (c, w)`: `[cc, cx, cy, xx, xy, yy]`.
pub type Second = [f64; 6];

/// `mass z z^T`.
#[inline(always)]
pub fn of_neuron(mass: f64, [c, x, y]: Neuron) -> Second {
    let (mc, mx) = (mass * c, mass * x);
    [mc * c, mc * x, mc * y, mx * x, mx * y, mass * y * y]
}

/// `B S B^T`.
pub fn transform(b: &Mat, s: &Second) -> Second {
    let full = [s[0], s[1], s[2], s[1], s[3], s[4], s[2], s[4], s[5]];
    let half = super::frame::multiply(b, &full);
    let entry =
        |row: usize, column: usize| -> f64 { (0..3).map(|k| half[3 * row + k] * b[3 * column + k]).sum() };
    [entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)]
}

/// Moments of a region as the residuals need them: `kappa F`, `kappa^2 Sigma` and its rate per unit
/// of time in the field `g` (which holds a factor `kappa` already).
pub fn region_moments(Scaled { kind, kappa, decay }: Scaled, s: &Second, g: Vec2) -> RegionMoments {
    let [cc, cx, cy, xx, xy, yy] = *s;
    let mut out = [0.0; REGION];
    (out[0], out[1]) = (kappa * cx, kappa * cy);
    let square = kappa * kappa;
    let sigma = [kind.beta * cc + kind.alpha * xx, kind.alpha * xy, kind.beta * cc + kind.alpha * yy];
    // d(cc) = -2 alpha <g, cw>,   d(w w^T) = -beta (g cw^T + cw g^T)
    let both = kind.alpha * kind.beta;
    let pull = 2.0 * (g[0] * cx + g[1] * cy);
    let rate =
        [-both * (pull + 2.0 * g[0] * cx), -both * (g[0] * cy + g[1] * cx), -both * (pull + 2.0 * g[1] * cy)];
    for i in 0..3 {
        out[SIGMA + i] = square * sigma[i];
        // Of one layer that stands still, the covariance does.
        out[SIGMA_RATE + i] = square * (rate[i] - 2.0 * both * decay * sigma[i]);
    }
    out
}

/// Moments of a cluster with one sign of `c`: `[mass, Int c^2 mu, Int c l mu, Int l^2 mu]`.
pub type Cluster = [f64; 4];

/// `mass (1, c^2, c l, l^2)`.
#[inline(always)]
pub fn of_pinned(mass: f64, c: f64, l: f64) -> Cluster {
    [mass, mass * c * c, mass * c * l, mass * l * l]
}

/// A cluster after the map `[[a, b], [d, e]]` of `(c, l)`.
pub fn transform_cluster([a, b, d, e]: [f64; 4], [mass, cc, cl, ll]: Cluster) -> Cluster {
    [
        mass,
        a * a * cc + 2.0 * a * b * cl + b * b * ll,
        a * d * cc + (a * e + b * d) * cl + b * e * ll,
        d * d * cc + 2.0 * d * e * cl + e * e * ll,
    ]
}

#[cfg(test)]
mod tests {
    use super::super::decay::Factors;
    use super::super::kind::{Exponent, Kind};
    use super::*;

    #[test]
    fn moments_transform_as_their_neurons() {
        let z = [0.7, 1.1, -0.2];
        let e = Exponent { q: [0.3, -0.9], omega: 0.2 };
        let expected = of_neuron(0.3, Kind::LIFTED.apply(&e, z));
        let found = transform(&Kind::LIFTED.matrix(&e), &of_neuron(0.3, z));
        assert!((0..6).all(|i| (found[i] - expected[i]).abs() < 1e-15));
    }

    /// The rate of `Sigma` against a finite difference, for every kind.
    #[test]
    fn rates_are_derivatives() {
        let (z, g) = ([0.7, 1.1, -0.2], [0.3, -0.9]);
        for (kind, decay) in [Kind::LIFTED, Kind::KERNEL, Kind::ADAPTIVE].map(|kind| (kind, 0.3)) {
            let scaled = Scaled { kind, kappa: 2.0, decay };
            let at = |t: f64| {
                let e = Exponent { q: [g[0] * t, g[1] * t], omega: 0.0 };
                let z = Factors::after(kind, decay, t).neuron(kind.apply(&e, z));
                region_moments(scaled, &of_neuron(0.5, z), g)
            };
            let (before, now, after) = (at(-1e-5), at(0.0), at(1e-5));
            for i in 0..3 {
                let difference = (after[SIGMA + i] - before[SIGMA + i]) / 2e-5;
                assert!((difference - now[SIGMA_RATE + i]).abs() < 1e-9, "{kind:?}");
                assert!((now[SIGMA + i] - 2.0 * kind.covariance(z)[i]).abs() < 1e-15);
            }
        }
    }
}
