//! Laws of canonical particles.

use std::f64::consts::TAU;

use rayon::prelude::*;

use crate::math::random::{Purpose, Stream};
use crate::math::sobol::Sobol;
use crate::problem::{Measure, ProblemError};

use super::kind::{LawKind, partner};
use super::polar::Polar;

/// A law on the cylinder from which particles are drawn independently, with equal masses.
///
/// The first two laws are laws of the canonical parameters themselves. The others draw the
/// weights of a hidden neuron, `c [a x - b]_+`, and map them as in section 2:
///
/// ```text
/// r = scale c sqrt(a^2 + b^2),    theta = atan2(-b, a)
/// ```
///
/// A measure has a limit of infinite width only if its law does not depend on the width `m`. So
/// no law here does: `c` is drawn of order one, and `scale` takes the place of `kappa` times
/// whatever factor the initialisation puts before `c`. A particle has mass `1 / m`, so that
/// `scale = 1` is the mean-field network `1/m Sum_i c_i [a_i x - b_i]_+`. In canonical parameters,
/// a literal network `Sum_i c_i [a_i x - b_i]_+`, with `m` of these particles, is
///
/// | initialisation | law | scale |
/// |---|---|---|
/// | PyTorch's `Linear`: `a, b ~ U[-1, 1]`, `c ~ U[-1, 1] / sqrt(m)` | `pytorch` | `sqrt(m)` |
/// | as W appendix prints it: `c ~ U[-1, 1] / m` | `pytorch` | `1` |
/// | He: `a, b ~ N(0, 2)`, `c ~ N(0, 2 / m)` | `he` | `sqrt(m)` |
/// | the same with `b = 0` | `he-zero-bias` | `sqrt(m)` |
/// | Glorot: `a, b, c ~ N(0, 2 / (m + 1))` | `glorot` | `m / (m + 1)` |
///
/// (`b` is drawn like `a`, as in S section 2, but by `he-zero-bias`: a zero `b` puts every knot at `x = 0`.) With
/// `scale = sqrt(m)` the start function stays of order one as `m` grows while particles move
/// less and less: the kernel regime. Only `c |w|` enters, so `he` and `glorot` are one law, and
/// `normal` with twice the scale is that law too; the names are there for readers. Where all
/// weights count, in the lifted flows, the same draws are made into a [`NeuronLaw`](super::NeuronLaw).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Law {
    /// What is drawn.
    pub kind: LawKind,
    /// Factor on `r`.
    pub scale: f64,
    /// Particles come in pairs `(r, theta)`, `(-r, theta)`, so that the start function is 0.
    pub antisymmetric: bool,
}

impl Law {
    /// `count` particles of equal mass. Particle `i` depends only on `(seed, i)`: the particles of
    /// width `m` are the first `m` of those of width `2 m`.
    ///
    /// ```
    /// use reluflow::problem::{Law, LawKind};
    /// let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
    /// let (narrow, wide) = (law.draw(100, 1)?, law.draw(200, 1)?);
    /// assert_eq!(narrow.r(), &wide.r()[..100]);
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    ///
    /// # Errors
    /// No particles, or values that [`Measure`] cannot hold, which only an extreme scale draws.
    pub fn draw(&self, count: usize, seed: u64) -> Result<Measure, ProblemError> {
        let (mut r, mut theta) = (vec![0.0; count], vec![0.0; count]);
        r.par_iter_mut().zip(&mut theta).enumerate().for_each(|(i, (r, theta))| {
            (*r, *theta) = self.particle(seed, i as u64);
        });
        Measure::uniform(r, theta)
    }

    /// `count` particles of equal mass at scrambled Sobol' points: averages over them converge
    /// almost like `1 / m`, or faster, against `1 / sqrt(m)` of [`Law::draw`]. Particle `i` depends
    /// only on `(seed, i)`; counts that are powers of two (pairs, if antisymmetric) fill the points'
    /// boxes evenly.
    ///
    /// The first coordinate is the direction, so that regions are intervals of it.
    ///
    /// ```
    /// use reluflow::problem::{Law, LawKind};
    /// let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
    /// let measure = law.sobol(1 << 12, 1)?;
    /// let mean: f64 = measure.r().iter().map(|r| r * r).sum::<f64>() / 4096.0;
    /// assert!((mean - 1.0).abs() < 0.003); // independent draws: +- 0.022
    /// # Ok::<(), reluflow::problem::ProblemError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Law::draw`].
    pub fn sobol(&self, count: usize, seed: u64) -> Result<Measure, ProblemError> {
        let (sobol, polar) = (Sobol::new(seed, 3), Polar::of(self.kind));
        let (mut r, mut theta) = (vec![0.0; count], vec![0.0; count]);
        r.par_iter_mut().zip(&mut theta).enumerate().for_each(|(i, (r, theta))| {
            let (point, sign) = partner(self.antisymmetric, i);
            let [u, v, w, _] = sobol.point(point);
            let [c, x, y] = polar.neuron([u, v, w]);
            (*r, *theta) = (sign * self.scale * c * libm::hypot(x, y), libm::atan2(y, x));
        });
        Measure::uniform(r, theta)
    }

    pub(super) fn particle(&self, seed: u64, i: u64) -> (f64, f64) {
        let stream = |i| Stream::new(seed, Purpose::Particles, i);
        if !self.antisymmetric {
            return self.independent(&mut stream(i));
        }
        // Partners are neighbours: their contributions cancel as they are summed.
        let (r, theta) = self.independent(&mut stream(i / 2));
        (if i.is_multiple_of(2) { r } else { -r }, theta)
    }

    /// `(r, theta)` of one neuron without its partner.
    pub(super) fn independent(&self, draw: &mut Stream) -> (f64, f64) {
        match self.kind {
            LawKind::NormalUniform => (self.scale * draw.normal(), TAU * draw.unit()),
            LawKind::UniformUniform => (self.scale * draw.uniform(-1.0, 1.0), TAU * draw.unit()),
            _ => {
                let [c, a, b] = self.kind.weights(draw).expect("all other laws draw weights");
                (self.scale * c * libm::hypot(a, b), libm::atan2(0.0 - b, a))
            }
        }
    }
}
