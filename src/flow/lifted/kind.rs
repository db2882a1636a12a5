//! The three flows that are linear inside a region, and their maps (mathematics, section 5).
//!
//! ```text
//! dc/dt = -alpha <g, w>,    dw/dt = -beta c g
//! ```
//!
//! with `alpha = beta = 1` for the lifted flow, `beta = 0` for the kernel limit and `alpha = 0` for
//! the adaptive limit. In `z = (c, w)` that is `dz/dt = -A(g) z`.

use crate::flow::Flow;
use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;
use crate::math::poly;

use super::frame::{IDENTITY, Mat, Neuron};

/// Which parameters move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// Whether `c` moves: 1 or 0.
    pub alpha: f64,
    /// Whether `w` moves: 1 or 0.
    pub beta: f64,
}

/// A flow of neurons, with the factor before the mean over neurons.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaled {
    /// Which parameters move.
    pub kind: Kind,
    /// `kappa`.
    pub kappa: f64,
    /// `lambda` of weight decay.
    pub decay: f64,
}

/// The logarithm of a map: `Omega = -A(q) + omega J`, `J = [[0, 1], [-1, 0]]` acting on `w`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exponent {
    /// `Int g du`.
    pub q: Vec2,
    /// Rotation by which the boosts of a changing field fail to commute.
    pub omega: f64,
}

impl Kind {
    /// Both layers train.
    pub const LIFTED: Kind = Kind { alpha: 1.0, beta: 1.0 };
    /// Only `c` trains.
    pub const KERNEL: Kind = Kind { alpha: 1.0, beta: 0.0 };
    /// Only `w` trains.
    pub const ADAPTIVE: Kind = Kind { alpha: 0.0, beta: 1.0 };

    /// The kind of a flow of neurons; `None` for any other.
    pub fn of(flow: Flow) -> Option<Kind> {
        match flow {
            Flow::Lifted { .. } => Some(Kind::LIFTED),
            Flow::Kernel { .. } => Some(Kind::KERNEL),
            Flow::Adaptive { .. } => Some(Kind::ADAPTIVE),
            _ => None,
        }
    }

    /// Whether both layers move: the maps are then Lorentz boosts, otherwise shears.
    pub fn is_lorentz(self) -> bool {
        self.alpha * self.beta != 0.0
    }

    /// The logarithm of the map over `[from, from + length]` in the field `h g(u)`, by the fourth
    /// order Magnus expansion: with `s` the time from the middle, `q = Int h g ds`,
    /// `p = Int h g s ds / length` and `omega = -q x p`. For the two limits, whose maps commute, it
    /// is exact.
    #[inline(always)]
    pub fn exponent(self, field: &FieldCubic, from: f64, length: f64) -> Exponent {
        let [g0, g1, g2, g3] = field.around(from + 0.5 * length);
        let square = length * length;
        let q = [0, 1].map(|i| length * (g0[i] + g2[i] * square * (1.0 / 12.0)));
        if !self.is_lorentz() {
            return Exponent { q, omega: 0.0 };
        }
        let p = [0, 1].map(|i| square * (g1[i] * (1.0 / 12.0) + g3[i] * square * (1.0 / 80.0)));
        Exponent { q, omega: q[1] * p[0] - q[0] * p[1] }
    }

    /// `Omega z`.
    #[inline(always)]
    fn generate(self, e: &Exponent, [c, x, y]: Neuron) -> Neuron {
        [
            -self.alpha * (e.q[0] * x + e.q[1] * y),
            -self.beta * e.q[0] * c + e.omega * y,
            -self.beta * e.q[1] * c - e.omega * x,
        ]
    }

    /// `exp(Omega) z`, from `Omega^3 = (|q|^2 - omega^2) Omega`.
    #[inline(always)]
    pub fn apply(self, e: &Exponent, z: Neuron) -> Neuron {
        let once = self.generate(e, z);
        if !self.is_lorentz() {
            return [z[0] + once[0], z[1] + once[1], z[2] + once[2]];
        }
        let twice = self.generate(e, once);
        let (first, second) = series(e.q[0] * e.q[0] + e.q[1] * e.q[1] - e.omega * e.omega);
        std::array::from_fn(|i| z[i] + (first * once[i] + second * twice[i]))
    }

    /// `exp(Omega)` as a matrix.
    pub fn matrix(self, e: &Exponent) -> Mat {
        let mut matrix = IDENTITY;
        for column in 0..3 {
            let image = self.apply(e, std::array::from_fn(|i| IDENTITY[3 * i + column]));
            (0..3).for_each(|row| matrix[3 * row + column] = image[row]);
        }
        matrix
    }

    /// The inverse of a frame: of a Lorentz map `eta m^T eta`, of a shear `2 - m`.
    pub fn inverse(self, m: &Mat) -> Mat {
        let [a, b, c, d, e, f, g, h, i] = *m;
        if self.is_lorentz() {
            [a, -d, -g, -b, e, h, -c, f, i]
        } else {
            std::array::from_fn(|i| 2.0 * IDENTITY[i] - m[i])
        }
    }

    /// `dz` per unit of `u` in the field `h g`.
    #[inline]
    pub fn rate(self, g: Vec2, z: Neuron) -> Neuron {
        self.generate(&Exponent { q: g, omega: 0.0 }, z)
    }

    /// What one neuron contributes to `Sigma`, without mass and `kappa^2`: the matrix `M` of
    /// section 5 (xx, xy, yy), `beta c^2 I + alpha w w^T`.
    #[inline]
    pub fn covariance(self, [c, x, y]: Neuron) -> [f64; 3] {
        let cc = self.beta * c * c;
        [cc + self.alpha * x * x, self.alpha * x * y, cc + self.alpha * y * y]
    }

    /// The same for a pinned neuron with `w = l d`: the weight of `d d^T`, `beta c^2 + alpha l^2`.
    #[inline]
    pub fn weight(self, c: f64, l: f64) -> f64 {
        self.beta * c * c + self.alpha * l * l
    }
}

/// `(sinh k / k, (cosh k - 1) / k^2)` as functions of `k^2`, which may be negative.
#[inline]
fn series(square: f64) -> (f64, f64) {
    if square.abs() < 0.09 {
        // 1/3!, 1/5!, ... and 1/2!, 1/4!, ...: the next terms are below 1e-17. Products of
        // constants, because divisions would wait for each other.
        const FIRST: [f64; 6] =
            [1.0, 1.0 / 6.0, 1.0 / 120.0, 1.0 / 5040.0, 1.0 / 362_880.0, 1.0 / 39_916_800.0];
        const SECOND: [f64; 6] =
            [0.5, 1.0 / 24.0, 1.0 / 720.0, 1.0 / 40_320.0, 1.0 / 3_628_800.0, 1.0 / 479_001_600.0];
        let (first, second) = (poly::value(&FIRST, square), poly::value(&SECOND, square));
        return (first, second);
    }
    let k = square.abs().sqrt();
    // (cosh k - 1) = 2 sinh(k/2)^2 without cancellation, and likewise for the cosine.
    if square > 0.0 {
        let half = libm::sinh(0.5 * k);
        (libm::sinh(k) / k, 2.0 * half * half / square)
    } else {
        let half = libm::sin(0.5 * k);
        (libm::sin(k) / k, 2.0 * half * half / -square)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A boost with frozen `g` against the formula of section 5.
    #[test]
    fn frozen_fields_give_the_printed_boost() {
        let (g, z) = ([0.3f64, -0.4f64], [0.7, 1.1, -0.2]);
        let (p, u) = (g[0].hypot(g[1]), [0.6, -0.8]);
        let along = u[0] * z[1] + u[1] * z[2];
        let expected = [
            z[0] * p.cosh() - along * p.sinh(),
            z[1] + u[0] * (along * (p.cosh() - 1.0) - z[0] * p.sinh()),
            z[2] + u[1] * (along * (p.cosh() - 1.0) - z[0] * p.sinh()),
        ];
        let found = Kind::LIFTED.apply(&Exponent { q: g, omega: 0.0 }, z);
        (0..3).for_each(|i| assert!((found[i] - expected[i]).abs() < 1e-15));
        let sheared = Kind::ADAPTIVE.apply(&Exponent { q: g, omega: 0.0 }, z);
        assert_eq!(sheared, [0.7, 1.1 - 0.3 * 0.7, -0.2 + 0.4 * 0.7]);
    }

    #[test]
    fn series_and_functions_meet() {
        for square in [0.0899999, 0.0900001, -0.0899999, -0.0900001, 4.0, -4.0] {
            let k = f64::abs(square).sqrt();
            let expected = if square > 0.0 {
                (k.sinh() / k, (k.cosh() - 1.0) / square)
            } else {
                (k.sin() / k, (k.cos() - 1.0) / square)
            };
            let found = series(square);
            assert!((found.0 - expected.0).abs() < 1e-15 && (found.1 - expected.1).abs() < 4e-15);
        }
    }

    /// Maps over a path whose direction turns: fourth order, and `c^2 - |w|^2` exact.
    #[test]
    fn turning_fields_are_followed_to_fourth_order() {
        let field = FieldCubic { x: [0.8, -0.9, 1.1, 0.7], y: [-0.5, 1.3, 0.4, -1.2] };
        let after = |steps: usize| {
            let length = 1.0 / steps as f64;
            (0..steps).fold([0.7, 1.1, -0.2], |z, i| {
                Kind::LIFTED.apply(&Kind::LIFTED.exponent(&field, i as f64 * length, length), z)
            })
        };
        let exact = after(4096);
        let delta = |z: Neuron| z[0] * z[0] - z[1] * z[1] - z[2] * z[2];
        assert!((delta(exact) - delta([0.7, 1.1, -0.2])).abs() < 1e-13);
        let error = |n: usize| (0..3).map(|i| (after(n)[i] - exact[i]).abs()).fold(0.0, f64::max);
        let errors = [4, 8, 16, 32].map(error);
        for pair in errors.windows(2) {
            let order = (pair[0] / pair[1]).log2();
            assert!((3.7..4.6).contains(&order), "order {order}, {errors:?}");
        }
    }
}
