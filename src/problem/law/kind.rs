//! What a law draws for each particle.

use crate::math::random::Stream;

/// What a [`Law`](super::Law) draws for each particle, before `r` is multiplied by the scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LawKind {
    /// `r ~ N(0, 1)`, `theta ~ U[0, 2 pi)`.
    NormalUniform,
    /// `r ~ U[-1, 1]`, `theta ~ U[0, 2 pi)`.
    UniformUniform,
    /// `a, b, c ~ N(0, 1)`: knots `b / a` are Cauchy.
    Normal,
    /// `a, b, c ~ N(0, 2)`.
    He,
    /// `a, c ~ N(0, 2)`, those of `He`, and `b = 0`: all knots lie at 0.
    HeZeroBias,
    /// `a, b, c ~ N(0, 2)`.
    Glorot,
    /// `a, b, c ~ U[-1, 1]`.
    Pytorch,
    /// `a ~ U[-a_bound, a_bound]`, `b ~ U[-b_bound, b_bound]`, `c` as told.
    Uniform {
        /// Largest `|a|`.
        a_bound: f64,
        /// Largest `|b|`.
        b_bound: f64,
        /// Law of `c`.
        c: OutputLaw,
    },
    /// `a = +-1` with equal probability, `b ~ U[-b_bound, b_bound]`, `c` as told: knots are
    /// uniform on `[-b_bound, b_bound]` and face both ways.
    TwoSided {
        /// Largest `|b|`.
        b_bound: f64,
        /// Law of `c`.
        c: OutputLaw,
    },
}

/// Law of an output weight `c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputLaw {
    /// `U[-1, 1]`.
    Uniform,
    /// `N(0, 1)`.
    Normal,
    /// `+-1` with equal probability.
    Sign,
}

impl LawKind {
    /// Whether it is a law of `(r, theta)`, which says nothing about the layers.
    pub fn is_canonical(self) -> bool {
        matches!(self, LawKind::NormalUniform | LawKind::UniformUniform)
    }

    /// `(c, a, b)`, drawn in this order; `None` for the laws of `(r, theta)`.
    pub(super) fn weights(self, draw: &mut Stream) -> Option<[f64; 3]> {
        Some(match self {
            LawKind::NormalUniform | LawKind::UniformUniform => return None,
            LawKind::Normal => [(); 3].map(|()| draw.normal()),
            LawKind::He | LawKind::Glorot => [(); 3].map(|()| std::f64::consts::SQRT_2 * draw.normal()),
            LawKind::HeZeroBias => {
                let [c, a] = [(); 2].map(|()| std::f64::consts::SQRT_2 * draw.normal());
                [c, a, 0.0]
            }
            LawKind::Pytorch => [(); 3].map(|()| draw.uniform(-1.0, 1.0)),
            LawKind::Uniform { a_bound, b_bound, c } => {
                [c.draw(draw), draw.uniform(-a_bound, a_bound), draw.uniform(-b_bound, b_bound)]
            }
            LawKind::TwoSided { b_bound, c } => [c.draw(draw), draw.sign(), draw.uniform(-b_bound, b_bound)],
        })
    }
}

impl OutputLaw {
    fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            OutputLaw::Uniform => stream.uniform(-1.0, 1.0),
            OutputLaw::Normal => stream.normal(),
            OutputLaw::Sign => stream.sign(),
        }
    }
}

/// The draw that particle `i` belongs to, and its sign: antisymmetric particles share draws.
pub(super) fn partner(antisymmetric: bool, i: usize) -> (u64, f64) {
    match antisymmetric {
        true => (i as u64 / 2, if i.is_multiple_of(2) { 1.0 } else { -1.0 }),
        false => (i as u64, 1.0),
    }
}
