//! Laws of neurons in polar form: what Sobol' points and quadrature need of them.
//!
//! Regions are sectors of the plane of `w`: which samples a neuron sees depends on the direction of
//! `w` alone. So every law is written as
//!
//! ```text
//! w = radius * p(t),    t uniform on [0, 1),    radius, t and c independent
//! ```
//!
//! with `p` a curve around the origin: the unit circle for isotropic laws, the edge of the rectangle
//! for `a`, `b` uniform on intervals (its four triangles have equal areas, and the radius has
//! density `2 u` on `[0, 1]`), the two lines `a = +-1`. The first coordinate alone then says in which
//! region a neuron is.

use std::f64::consts::{SQRT_2, TAU};

use crate::math::normal;

use super::kind::{LawKind, OutputLaw};

/// A law of `(c, w)` in polar form. Canonical laws are in it too, with `r = scale c |w|`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Polar {
    pub curve: Curve,
    pub radius: Radius,
    pub output: Output,
}

/// The curve `p(t)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Curve {
    /// The unit circle.
    Circle,
    /// The edge of `[-a, a] x [-b, b]`; each side takes a quarter of `t`.
    Rectangle { a: f64, b: f64 },
    /// `a = 1` and `a = -1`, with `b` in `[-b, b]`; each takes half of `t`. With `b = 0` they are two points.
    Lines { b: f64 },
}

/// The law of the radius.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Radius {
    /// 1.
    One,
    /// `|(N, N)|` times this standard deviation.
    Rayleigh(f64),
    /// Density `2 u` on `[0, 1]`.
    Linear,
    /// `|N|` times this standard deviation.
    Normal(f64),
}

/// The law of `c` (or `r`), symmetric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Output {
    /// `U[-1, 1]`.
    Uniform,
    /// `N(0, 1)` times this.
    Normal(f64),
    /// `+-1`.
    Sign,
}

impl Polar {
    /// The polar form of a law.
    pub fn of(kind: LawKind) -> Polar {
        let normal = |deviation| Polar {
            curve: Curve::Circle,
            radius: Radius::Rayleigh(deviation),
            output: Output::Normal(deviation),
        };
        let output = |c| match c {
            OutputLaw::Uniform => Output::Uniform,
            OutputLaw::Normal => Output::Normal(1.0),
            OutputLaw::Sign => Output::Sign,
        };
        let rectangle =
            |a, b, c| Polar { curve: Curve::Rectangle { a, b }, radius: Radius::Linear, output: output(c) };
        let circle = |output| Polar { curve: Curve::Circle, radius: Radius::One, output };
        match kind {
            LawKind::NormalUniform => circle(Output::Normal(1.0)),
            LawKind::UniformUniform => circle(Output::Uniform),
            LawKind::Normal => normal(1.0),
            LawKind::He | LawKind::Glorot => normal(SQRT_2),
            LawKind::HeZeroBias => Polar {
                curve: Curve::Lines { b: 0.0 },
                radius: Radius::Normal(SQRT_2),
                output: Output::Normal(SQRT_2),
            },
            LawKind::Pytorch => rectangle(1.0, 1.0, OutputLaw::Uniform),
            LawKind::Uniform { a_bound, b_bound, c } => rectangle(a_bound, b_bound, c),
            LawKind::TwoSided { b_bound, c } => {
                Polar { curve: Curve::Lines { b: b_bound }, radius: Radius::One, output: output(c) }
            }
        }
    }

    /// `[c, w_x, w_y]` from three numbers in `(0, 1)`: direction, `c`, radius, in this order.
    pub fn neuron(&self, u: [f64; 3]) -> [f64; 3] {
        let [x, y] = self.curve.point(u[0]);
        let radius = self.radius.quantile(u[2]);
        [self.output.quantile(u[1]), radius * x, radius * y]
    }
}

impl Curve {
    /// Whether all knots lie at 0.
    pub fn is_two_points(&self) -> bool {
        *self == Curve::Lines { b: 0.0 }
    }

    /// The straight sides `[from, to]` of the curve, each with the same share of `t`; none for the
    /// circle.
    pub fn sides(&self) -> Vec<[[f64; 2]; 2]> {
        match *self {
            Curve::Circle => vec![],
            Curve::Rectangle { a, b } => {
                let corners = [[a, -b], [a, b], [-a, b], [-a, -b], [a, -b]];
                corners.windows(2).map(|pair| [pair[0], pair[1]]).collect()
            }
            Curve::Lines { b } => vec![[[1.0, -b], [1.0, b]], [[-1.0, b], [-1.0, -b]]],
        }
    }

    /// `p(t)`.
    fn point(&self, t: f64) -> [f64; 2] {
        let sides = self.sides();
        if sides.is_empty() {
            let (sin, cos) = libm::sincos(TAU * t);
            return [cos, sin];
        }
        let along = t * sides.len() as f64;
        let side = (along as usize).min(sides.len() - 1);
        on(&sides[side], along - side as f64)
    }
}

/// The point a part `p` of the way along a side.
pub(super) fn on(side: &[[f64; 2]; 2], p: f64) -> [f64; 2] {
    std::array::from_fn(|q| side[0][q] * (1.0 - p) + side[1][q] * p)
}

impl Radius {
    fn quantile(&self, u: f64) -> f64 {
        match self {
            Radius::One => 1.0,
            Radius::Rayleigh(deviation) => deviation * (-2.0 * libm::log(1.0 - u)).sqrt(),
            Radius::Linear => u.sqrt(),
            Radius::Normal(deviation) => -deviation * normal::quantile(0.5 * (1.0 - u)),
        }
    }
}

impl Output {
    fn quantile(&self, u: f64) -> f64 {
        match self {
            Output::Uniform => 2.0 * u - 1.0,
            Output::Normal(deviation) => deviation * normal::quantile(u),
            Output::Sign => (u - 0.5).signum(),
        }
    }
}
