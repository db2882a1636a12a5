//! Masses that a law has in cells of the cylinder.

use std::f64::consts::{PI, TAU};

use crate::math::normal;
use crate::math::quadrature::gauss_legendre;
use crate::math::special::bessel_k0_beyond;

use super::canonical::Law;
use super::polar::{Curve, Output, Polar, Radius, on};

/// Nodes in the direction where the amplitudes depend on it.
const NODES: usize = 8;

impl Law {
    /// Mass of the law with `theta` in `[from, to]` and `r` between neighbouring `faces`, one value for each pair.
    ///
    /// Whether the law is antisymmetric makes no difference: all laws are, as measures.
    ///
    /// ```
    /// use reluflow::problem::{Law, LawKind};
    /// use std::f64::consts::PI;
    /// let law = Law { kind: LawKind::UniformUniform, scale: 2.0, antisymmetric: false };
    /// // A quarter turn, and r ~ U[-2, 2].
    /// let masses = law.masses([0.0, PI / 2.0], &[-3.0, 0.0, 1.0]);
    /// assert!((masses[0] - 0.125).abs() < 1e-15 && (masses[1] - 0.0625).abs() < 1e-15);
    /// ```
    pub fn masses(&self, [from, to]: [f64; 2], faces: &[f64]) -> Vec<f64> {
        let polar = Polar::of(self.kind);
        let mut masses = vec![0.0; faces.len() - 1];
        for (share, norm) in polar.curve.directions_between(from, to) {
            let factor = self.scale * norm;
            let below: Vec<f64> = faces.iter().map(|r| polar.beyond(r.abs() / factor)).collect();
            for (i, mass) in masses.iter_mut().enumerate() {
                let (low, high) = (faces[i], faces[i + 1]);
                // From the tail, in which nothing cancels.
                let part = if low >= 0.0 {
                    below[i] - below[i + 1]
                } else if high <= 0.0 {
                    below[i + 1] - below[i]
                } else {
                    2.0 - below[i] - below[i + 1]
                };
                *mass += 0.5 * share * part.max(0.0);
            }
        }
        masses
    }

    /// The amplitude beyond which there is at most this mass.
    pub fn amplitude_beyond(&self, mass: f64) -> f64 {
        let polar = Polar::of(self.kind);
        let (mut low, mut high) = (0.0, 1.0);
        while polar.beyond(high) > mass {
            (low, high) = (high, 2.0 * high);
        }
        for _ in 0..100 {
            let middle = 0.5 * (low + high);
            if polar.beyond(middle) > mass { low = middle } else { high = middle }
        }
        self.scale * polar.curve.farthest() * high
    }
}

impl Polar {
    /// Probability that `|c| radius` exceeds `q >= 0`.
    fn beyond(&self, q: f64) -> f64 {
        match (self.radius, self.output) {
            (Radius::One, Output::Uniform) => (1.0 - q).max(0.0),
            (Radius::One, Output::Normal(c)) => 2.0 * normal::below(-q / c),
            (Radius::One, Output::Sign) => f64::from(q < 1.0),
            // A normal variable times a Rayleigh one has Laplace's law.
            (Radius::Rayleigh(s), Output::Normal(c)) => libm::exp(-q / (s * c)),
            // Of two normal variables.
            (Radius::Normal(s), Output::Normal(c)) => 2.0 / PI * bessel_k0_beyond(q / (s * c)),
            // Int_q^1 2 u (1 - q / u) du, and with 1 in place of the bracket.
            (Radius::Linear, Output::Uniform) => (1.0 - q).max(0.0).powi(2),
            (Radius::Linear, Output::Sign) => (1.0 - q * q).max(0.0),
            // Int_0^1 2 u 2 Phi(-q / u) du = 2 ((1 + q^2) Phi(-q) - q phi(q)), by parts.
            (Radius::Linear, Output::Normal(c)) => {
                let q = q / c;
                (2.0 * ((1.0 + q * q) * normal::below(-q) - q * normal::density(q))).max(0.0)
            }
            (Radius::Rayleigh(_) | Radius::Normal(_), _) => unreachable!("these laws have normal outputs"),
        }
    }
}

impl Curve {
    /// `(mass, |p|)` of directions between two angles.
    pub(super) fn directions_between(&self, from: f64, to: f64) -> Vec<(f64, f64)> {
        let sides = self.sides();
        if sides.is_empty() {
            return vec![((to - from) / TAU, 1.0)];
        }
        let (z, w) = gauss_legendre(NODES);
        let share = 1.0 / sides.len() as f64;
        let mut found = vec![];
        for side in &sides {
            let Some([low, high]) = part_between(side, from, to) else { continue };
            for (z, w) in z.iter().zip(&w) {
                let p = low + (high - low) * (0.5 + 0.5 * z);
                let [x, y] = on(side, p);
                found.push((share * (high - low) * 0.5 * w, libm::hypot(x, y)));
            }
        }
        found
    }

    /// The largest `|p|`.
    pub(super) fn farthest(&self) -> f64 {
        self.sides()
            .iter()
            .flatten()
            .map(|p| libm::hypot(p[0], p[1]))
            .fold(f64::from(self.sides().is_empty()), f64::max)
    }
}

/// Between which parts of the way along a side, which runs anticlockwise, the direction is in `[from, to]`, a range
/// of less than half a turn.
fn part_between(side: &[[f64; 2]; 2], from: f64, to: f64) -> Option<[f64; 2]> {
    // How far a point is anticlockwise of a direction, up to a positive factor.
    let beyond = |angle: f64, p: [f64; 2]| p[1] * libm::cos(angle) - p[0] * libm::sin(angle);
    let ends = |angle: f64| [beyond(angle, side[0]), beyond(angle, side[1])];
    // Linear along the side: at least 0 behind the zero, as far as that is in front of the origin.
    let (low, high) = (ends(from), ends(to));
    let zero = |[a, b]: [f64; 2]| a / (a - b);
    let start = match low {
        [a, _] if a >= 0.0 => 0.0,
        [_, b] if b <= 0.0 => return None,
        ends => zero(ends),
    };
    let end = match high {
        [_, b] if b <= 0.0 => 1.0,
        [a, _] if a >= 0.0 => return None,
        ends => zero(ends),
    };
    // Both half planes meet behind the origin as well.
    let middle = on(side, 0.5 * (start + end));
    let between = 0.5 * (from + to);
    (start < end && middle[0] * libm::cos(between) + middle[1] * libm::sin(between) > 0.0)
        .then_some([start, end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{LawKind, OutputLaw};

    fn all() -> Vec<Law> {
        let kinds = [
            LawKind::NormalUniform,
            LawKind::UniformUniform,
            LawKind::Normal,
            LawKind::He,
            LawKind::Pytorch,
            LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal },
            LawKind::Uniform { a_bound: 1.0, b_bound: 3.0, c: OutputLaw::Sign },
            LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Uniform },
        ];
        kinds.map(|kind| Law { kind, scale: 1.3, antisymmetric: false }).to_vec()
    }

    #[test]
    fn the_masses_of_all_cells_sum_to_one() {
        for law in all() {
            let far = law.amplitude_beyond(1e-14);
            let faces: Vec<f64> = (-20..=20).map(|i| f64::from(i) * far / 20.0).collect();
            let angle = |i: usize| -0.4 + TAU * i as f64 / 37.0;
            let total: f64 = (0..37).flat_map(|i| law.masses([angle(i), angle(i + 1)], &faces)).sum();
            assert!((total - 1.0).abs() < 1e-12, "{law:?}: {total}");
        }
    }

    /// Against Sobol' points of the law.
    #[test]
    fn masses_are_those_of_the_points() {
        let count = 1 << 15;
        for law in all() {
            let points = law.sobol(count, 3).unwrap();
            let (theta, r) = ([0.3, 1.4], [-2.0, -0.2, 0.5, 1.1]);
            let masses = law.masses(theta, &r);
            for i in 0..3 {
                let inside = (0..count).filter(|&p| {
                    let (x, y) = (points.theta()[p], points.r()[p]);
                    (theta[0]..theta[1]).contains(&x) && (r[i]..r[i + 1]).contains(&y)
                });
                let share = inside.count() as f64 / count as f64;
                assert!((share - masses[i]).abs() < 2e-3, "{law:?}, {i}: {share} {}", masses[i]);
            }
        }
    }
}
