//! Probability densities of start laws.
//!
//! Those on the cylinder come from the polar form (`w = radius p(t)`): the direction has the density of
//! its curve, and `r = scale q |p|` with `q = c radius`, of which [`amplitude`](super::amplitude) has the law.

use std::f64::consts::{PI, TAU};

use crate::math::normal;
use crate::math::special::bessel_k0_scaled;

use super::canonical::Law;
use super::kind::LawKind;
use super::neurons::DrawnLaw;
use super::polar::{Curve, Output, Polar, Radius};

/// A law that has no density, in words: what it draws, and why that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoDensity(pub &'static str);

const SIGNS: NoDensity =
    NoDensity("c = +-1 (c_law = \"sign\") lies on two surfaces: give c_law = \"uniform\" or \"normal\"");
const LINES: NoDensity = NoDensity(
    "a = +-1 (law = \"two-sided\") lies on two planes of (c, a, b): give law = \"uniform\", or delta and a law of (r, theta)",
);
const KNOTS: NoDensity = NoDensity("b = 0 (law = \"he-zero-bias\") puts all knots at 0: give law = \"he\"");
const CANONICAL: NoDensity =
    NoDensity("a law of (r, theta) says nothing about c and |w|: give a law of (a, b, c), or delta");

impl Law {
    /// The probability density of `(r, theta)` with respect to `dr dtheta`; it is even in `r`, so that
    /// antisymmetric pairs have the same.
    ///
    /// ```text
    /// p(r, theta) = p(theta) p_q(r / (scale |p|)) / (scale |p|),    p = p(theta), the point of the curve
    /// ```
    ///
    /// ```
    /// use reluflow::problem::{Law, LawKind};
    /// let law = Law { kind: LawKind::UniformUniform, scale: 2.0, antisymmetric: false };
    /// // 1 / (2 pi) around the circle, 1/4 on [-2, 2].
    /// assert!((law.density(-1.5, 0.3)? - 1.0 / (8.0 * std::f64::consts::PI)).abs() < 1e-16);
    /// assert_eq!(law.density(2.5, 0.3)?, 0.0);
    /// # Ok::<(), reluflow::problem::NoDensity>(())
    /// ```
    ///
    /// # Errors
    /// The law has none: `two-sided` with `c = +-1` draws `r` on two curves, `he-zero-bias` two directions.
    pub fn density(&self, r: f64, theta: f64) -> Result<f64, NoDensity> {
        let polar = Polar::of(self.kind);
        if polar.curve.is_two_points() {
            return Err(KNOTS);
        }
        let (angular, norm) = polar.curve.direction(theta);
        let width = self.scale * norm;
        let amplitude = polar.factor_density(r.abs() / width)?;
        Ok(if angular > 0.0 { angular * amplitude / width } else { 0.0 })
    }
}

impl DrawnLaw {
    /// The probability density of `(c, a, b)` with respect to `dc da db`.
    ///
    /// ```
    /// use reluflow::problem::{DrawnLaw, LawKind};
    /// let law = DrawnLaw { kind: LawKind::Pytorch, hidden_scale: 0.5, output_scale: 2.0 };
    /// assert_eq!(law.density(1.5, 0.25, -0.4)?, 0.25); // 1 / (4 * 1 * 1)
    /// assert_eq!(law.density(1.5, 0.25, -0.6)?, 0.0);
    /// # Ok::<(), reluflow::problem::NoDensity>(())
    /// ```
    ///
    /// # Errors
    /// The law has none: weights of `+-1`, or a law of `(r, theta)`.
    pub fn density(&self, c: f64, a: f64, b: f64) -> Result<f64, NoDensity> {
        let (h, o) = (self.hidden_scale, self.output_scale);
        let (c, a, b) = (c / o, a / h, b / h);
        let uniform = |value: f64, bound: f64| if value.abs() <= bound { 0.5 / bound } else { 0.0 };
        let polar = Polar::of(self.kind);
        let weights = match self.kind {
            LawKind::NormalUniform | LawKind::UniformUniform => return Err(CANONICAL),
            LawKind::TwoSided { .. } => return Err(LINES),
            LawKind::HeZeroBias => return Err(KNOTS),
            LawKind::Normal | LawKind::He | LawKind::Glorot => {
                let Radius::Rayleigh(s) = polar.radius else { unreachable!("normal weights") };
                normal::density(a / s) * normal::density(b / s) / (s * s)
            }
            LawKind::Pytorch => uniform(a, 1.0) * uniform(b, 1.0),
            LawKind::Uniform { a_bound, b_bound, .. } => uniform(a, a_bound) * uniform(b, b_bound),
        };
        let output = match polar.output {
            Output::Uniform => uniform(c, 1.0),
            Output::Normal(s) => normal::density(c / s) / s,
            Output::Sign => return Err(SIGNS),
        };
        Ok(weights * output / (h * h * o))
    }
}

impl Polar {
    /// The density of `q = c radius` at `q >= 0`, which is even.
    fn factor_density(&self, q: f64) -> Result<f64, NoDensity> {
        Ok(match (self.radius, self.output) {
            (Radius::One, Output::Uniform) => {
                if q <= 1.0 {
                    0.5
                } else {
                    0.0
                }
            }
            (Radius::One, Output::Normal(c)) => normal::density(q / c) / c,
            (Radius::One, Output::Sign) => return Err(SIGNS),
            // A normal variable times a Rayleigh one has Laplace's law.
            (Radius::Rayleigh(s), Output::Normal(c)) => 0.5 * libm::exp(-q / (s * c)) / (s * c),
            (Radius::Normal(s), Output::Normal(c)) => {
                let q = q / (s * c);
                bessel_k0_scaled(q) * libm::exp(-q) / (PI * s * c)
            }
            // Int_q^1 2 u / (2 u) du
            (Radius::Linear, Output::Uniform) => (1.0 - q).max(0.0),
            (Radius::Linear, Output::Sign) => {
                if q <= 1.0 {
                    q
                } else {
                    0.0
                }
            }
            // Int_0^1 2 u phi(q / u) / u du = 2 (phi(q) - q (1 - Phi(q)))
            (Radius::Linear, Output::Normal(c)) => {
                let q = q / c;
                2.0 * (normal::density(q) - q * normal::below(-q)).max(0.0) / c
            }
            (Radius::Rayleigh(_) | Radius::Normal(_), _) => unreachable!("these laws have normal outputs"),
        })
    }
}

impl Curve {
    /// The density of the direction at `theta`, and `|p|` there; 0 and 1 where the curve has no point.
    pub(super) fn direction(&self, theta: f64) -> (f64, f64) {
        let (sin, cos) = libm::sincos(theta);
        match *self {
            Curve::Circle => (1.0 / TAU, 1.0),
            // The part of the rectangle's area in d theta, |p|^2 / 2.
            Curve::Rectangle { a, b } => {
                let norm = (a / cos.abs()).min(b / sin.abs());
                (norm * norm / (8.0 * a * b), norm)
            }
            // d b = |p|^2 d theta on either line.
            Curve::Lines { b } if sin.abs() <= b * cos.abs() => {
                let norm = 1.0 / cos.abs();
                (norm * norm / (4.0 * b), norm)
            }
            Curve::Lines { .. } => (0.0, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::law::{NeuronLaw, OutputLaw};

    const BOXED: LawKind = LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal };
    const SIGNED: LawKind = LawKind::Uniform { a_bound: 0.7, b_bound: 1.5, c: OutputLaw::Sign };
    const LINED: LawKind = LawKind::TwoSided { b_bound: 1.5, c: OutputLaw::Uniform };

    /// Mass in cells of `(r, theta)`: the density by the midpoint rule on a fine grid, against Sobol'
    /// points of the law itself.
    #[test]
    fn densities_on_the_cylinder_are_those_of_the_samplers() {
        let kinds = [
            LawKind::NormalUniform,
            LawKind::UniformUniform,
            LawKind::Normal,
            LawKind::He,
            LawKind::Pytorch,
            BOXED,
            SIGNED,
            LINED,
            // Its edges lie on those of cells.
            LawKind::TwoSided { b_bound: (TAU / 12.0).tan(), c: OutputLaw::Normal },
        ];
        for kind in kinds {
            let law = Law { kind, scale: 1.3, antisymmetric: false };
            let measure = law.sobol(1 << 17, 5).unwrap();
            let (radial, around, fine, end) = (8, 12, 60, 4.0);
            let mut found = vec![0.0; radial * around];
            let mut expected = vec![0.0; radial * around];
            for (r, theta) in measure.r().iter().zip(measure.theta()) {
                let (i, j) = ((r + end) / (2.0 * end) * radial as f64, theta / TAU * around as f64);
                if (0.0..radial as f64).contains(&i) {
                    found[i as usize * around + (j as usize).min(around - 1)] += 1.0 / measure.len() as f64;
                }
            }
            let area = 2.0 * end / (radial * fine) as f64 * TAU / (around * fine) as f64;
            for i in 0..radial * fine {
                for j in 0..around * fine {
                    let r = -end + 2.0 * end * (i as f64 + 0.5) / (radial * fine) as f64;
                    let theta = TAU * (j as f64 + 0.5) / (around * fine) as f64;
                    expected[i / fine * around + j / fine] += area * law.density(r, theta).unwrap();
                }
            }
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 6e-4, "{kind:?}: {worst:e}");
        }
    }

    /// The same in boxes of `(c, a, b)`.
    #[test]
    fn densities_of_neurons_are_those_of_the_samplers() {
        for kind in [LawKind::Normal, LawKind::He, LawKind::Glorot, LawKind::Pytorch, BOXED] {
            let law = NeuronLaw { kind, hidden_scale: 0.8, output_scale: 1.4, antisymmetric: false };
            let (m, n, fine, end) = (1 << 17, 4, 12, 3.0);
            let neurons = law.sobol(m, 5).unwrap();
            let [h, o] = law.factors(m as f64);
            // In units of the factors, which take the width out.
            let drawn = DrawnLaw { kind, hidden_scale: h, output_scale: o };
            let mut found = vec![0.0; n * n * n];
            let mut expected = found.clone();
            let place = |v: f64| (v + end) / (2.0 * end) * n as f64;
            for i in 0..m {
                let at = [neurons.c()[i] / o, neurons.a()[i] / h, neurons.b()[i] / h].map(place);
                if at.iter().all(|v| (0.0..n as f64).contains(v)) {
                    found[(at[0] as usize * n + at[1] as usize) * n + at[2] as usize] += 1.0 / m as f64;
                }
            }
            let total = n * fine;
            let middle = |i: usize| -end + 2.0 * end * (i as f64 + 0.5) / total as f64;
            let volume = (2.0 * end / total as f64).powi(3) * o * h * h;
            for i in 0..total.pow(3) {
                let at = [i / total / total, i / total % total, i % total];
                let [c, a, b] = at.map(middle);
                let cell = (at[0] / fine * n + at[1] / fine) * n + at[2] / fine;
                expected[cell] += volume * drawn.density(o * c, h * a, h * b).unwrap();
            }
            let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1.2e-3, "{kind:?}: {worst:e}");
        }
    }

    #[test]
    fn laws_without_a_density_say_why() {
        let two_sided = LawKind::TwoSided { b_bound: 1.0, c: OutputLaw::Sign };
        let law = Law { kind: two_sided, scale: 1.0, antisymmetric: false };
        assert!(law.density(0.5, 0.1).unwrap_err().to_string().contains("c = +-1"));
        let drawn = |kind| DrawnLaw { kind, hidden_scale: 1.0, output_scale: 1.0 }.density(0.1, 0.1, 0.1);
        assert!(drawn(two_sided).unwrap_err().to_string().contains("a = +-1"));
        assert!(drawn(SIGNED).unwrap_err().to_string().contains("c_law"));
        assert!(drawn(LawKind::NormalUniform).unwrap_err().to_string().contains("delta"));
    }
}
