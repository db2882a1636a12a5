//! Laws of all weights of a network.

use rayon::prelude::*;

use crate::math::random::{Purpose, Stream};
use crate::math::sobol::Sobol;
use crate::problem::{Neurons, ProblemError};

use super::kind::{LawKind, partner};
use super::polar::Polar;

/// A law of `(c, a, b)` from which neurons are drawn independently, with equal masses: for the
/// flows of all parameters, where not only `c |w|` counts but how it is shared by the layers.
///
/// ```text
/// a, b = hidden_scale (a, b as drawn) h(m),    c = output_scale (c as drawn) o(m)
/// ```
///
/// The four initialisations are those of a literal network with one hidden layer of width `m`,
/// `Sum_i c_i [a_i x - b_i]_+`, which is what `flow.scaling = "1"` (`kappa = m`) makes of them; the
/// other laws are of order one, as the mean-field limit (`flow.scaling = "m"`, `kappa = 1`) needs.
///
/// | law | `a`, `b` | `c` | `h(m)` | `o(m)` |
/// |---|---|---|---|---|
/// | `pytorch` | `U[-1, 1]` | `U[-1, 1] / sqrt(m)` | 1 | `1 / sqrt(m)` |
/// | `he` | `N(0, 2)` | `N(0, 2 / m)` | 1 | `1 / sqrt(m)` |
/// | `he-zero-bias` | `N(0, 2)`, `b = 0` | `N(0, 2 / m)` | 1 | `1 / sqrt(m)` |
/// | `glorot` | `N(0, 2 / (m + 1))` | `N(0, 2 / (m + 1))` | `1 / sqrt(m + 1)` | `1 / sqrt(m + 1)` |
/// | `normal` | `N(0, 1)` | `N(0, 1)` | 1 | 1 |
/// | `uniform` | `U[-a_bound, a_bound]`, `U[-b_bound, b_bound]` | as told | 1 | 1 |
/// | `two-sided` | `+-1`, `U[-b_bound, b_bound]` | as told | 1 | 1 |
///
/// The draws are those of [`Law`](super::Law): neuron `i` depends on the seed and on `i` alone, so
/// that, but for `h` and `o`, the neurons of a network of width `m` are the first of one of width
/// `2 m`.
///
/// ```
/// use reluflow::problem::{LawKind, NeuronLaw};
/// let law = NeuronLaw { kind: LawKind::Pytorch, hidden_scale: 1.0, output_scale: 2.0, antisymmetric: false };
/// let (narrow, wide) = (law.draw(100, 1)?, law.draw(400, 1)?);
/// assert_eq!(narrow.a(), &wide.a()[..100]);
/// assert_eq!(narrow.c()[7], 2.0 * wide.c()[7]); // 1/sqrt(100) against 1/sqrt(400)
/// assert!(narrow.c().iter().all(|c| c.abs() <= 0.2));
/// # Ok::<(), reluflow::problem::ProblemError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NeuronLaw {
    /// What is drawn.
    pub kind: LawKind,
    /// Factor on `a` and `b`.
    pub hidden_scale: f64,
    /// Factor on `c`.
    pub output_scale: f64,
    /// Neurons come in pairs `(c, a, b)`, `(-c, a, b)`, so that the start function is 0.
    pub antisymmetric: bool,
}

/// The law that the neurons of a scenario are drawn from, all factors applied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnLaw {
    /// What is drawn. For laws of `(r, theta)`, `|w| = hidden_scale` and `c = output_scale r`.
    pub kind: LawKind,
    /// Factor on `a` and `b`.
    pub hidden_scale: f64,
    /// Factor on `c`.
    pub output_scale: f64,
}

impl NeuronLaw {
    /// Draws `count` neurons; all of them count as `m`.
    ///
    /// # Errors
    /// No neurons, or values that [`Neurons`] cannot hold, which only an extreme scale draws.
    ///
    /// # Panics
    /// If the kind is a law of `(r, theta)`, which says nothing about the layers.
    pub fn draw(&self, count: usize, seed: u64) -> Result<Neurons, ProblemError> {
        let [h, o] = self.factors(count as f64);
        let [mut c, mut a, mut b] = [(); 3].map(|()| vec![0.0; count]);
        c.par_iter_mut().zip(&mut a).zip(&mut b).enumerate().for_each(|(i, ((c, a), b))| {
            // Partners are neighbours: their contributions cancel as they are summed.
            let (drawn, sign) = match self.antisymmetric {
                true => (i / 2, if i.is_multiple_of(2) { 1.0 } else { -1.0 }),
                false => (i, 1.0),
            };
            let mut stream = Stream::new(seed, Purpose::Particles, drawn as u64);
            let weights = self.kind.weights(&mut stream).expect("a law of (c, a, b)");
            (*c, *a, *b) = (sign * o * weights[0], h * weights[1], h * weights[2]);
        });
        Neurons::uniform(c, a, b)
    }

    /// `count` neurons at scrambled Sobol' points; see [`Law::sobol`](super::Law::sobol).
    ///
    /// # Errors
    /// As [`NeuronLaw::draw`].
    ///
    /// # Panics
    /// If the kind is a law of `(r, theta)`, which says nothing about the layers.
    pub fn sobol(&self, count: usize, seed: u64) -> Result<Neurons, ProblemError> {
        assert!(!self.kind.is_canonical(), "{:?} is no law of (c, a, b)", self.kind);
        let [h, o] = self.factors(count as f64);
        let (sobol, polar) = (Sobol::new(seed, 3), Polar::of(self.kind));
        let [mut c, mut a, mut b] = [(); 3].map(|()| vec![0.0; count]);
        c.par_iter_mut().zip(&mut a).zip(&mut b).enumerate().for_each(|(i, ((c, a), b))| {
            let (point, sign) = partner(self.antisymmetric, i);
            let [u, v, w, _] = sobol.point(point);
            let [drawn, x, y] = polar.neuron([u, v, w]);
            (*c, *a, *b) = (sign * o * drawn, h * x, 0.0 - h * y);
        });
        Neurons::uniform(c, a, b)
    }

    /// `[hidden_scale h(m), output_scale o(m)]`.
    pub(super) fn factors(&self, m: f64) -> [f64; 2] {
        let [h, o] = match self.kind {
            LawKind::Pytorch | LawKind::He | LawKind::HeZeroBias => [1.0, 1.0 / m.sqrt()],
            LawKind::Glorot => [1.0 / (m + 1.0).sqrt(); 2],
            _ => [1.0, 1.0],
        };
        [self.hidden_scale * h, self.output_scale * o]
    }
}
