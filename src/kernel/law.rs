//! Laws of the weights of a hidden neuron, as the kernels need them.

use std::f64::consts::TAU;

use crate::math::random::Stream;

use super::particles::Particles;

/// The law of the hidden weights `w = (a, -b)` of a neuron `c [a x - b]_+`.
#[derive(Debug, Clone, PartialEq)]
pub enum WeightLaw {
    /// Direction uniform on the circle, `E|w|^2 = second_moment`, whatever the law of the length.
    Isotropic {
        /// `E|w|^2`.
        second_moment: f64,
    },
    /// `b = 0`, both signs of `a` alike, whatever its law: all knots lie at 0.
    ZeroBias {
        /// `E a^2`.
        second_moment: f64,
    },
    /// `a ~ N(0, a_deviation^2)` and `b ~ N(0, b_deviation^2)`, independent.
    Normal {
        /// Standard deviation of `a`.
        a_deviation: f64,
        /// Standard deviation of `b`.
        b_deviation: f64,
    },
    /// `a` and `b` independent.
    Independent {
        /// Law of `a`.
        a: SlopeLaw,
        /// Law of `b`.
        b: BiasLaw,
    },
    /// These particles and no others.
    Particles(Particles),
}

/// The law of `a`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SlopeLaw {
    /// Uniform on `[low, high]`.
    Uniform {
        /// Least value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// `+-size` with equal probability.
    Sign {
        /// `|a|`.
        size: f64,
    },
    /// Normal around 0.
    Normal {
        /// Standard deviation.
        deviation: f64,
    },
}

/// The law of `b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BiasLaw {
    /// Uniform on `[low, high]`.
    Uniform {
        /// Least value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Normal around 0.
    Normal {
        /// Standard deviation.
        deviation: f64,
    },
}

/// The law of a whole neuron `(c, a, b)`, with `c` independent of `(a, b)` unless the weights are
/// [particles](WeightLaw::Particles), which bring their own `c`.
#[derive(Debug, Clone, PartialEq)]
pub struct StartLaw {
    /// Law of `(a, b)`.
    pub weights: WeightLaw,
    /// `E c^2`; not used for particles.
    pub output_second_moment: f64,
}

impl WeightLaw {
    /// Draws `(a, b)`; `None` for particles.
    pub fn draw(&self, stream: &mut Stream) -> Option<(f64, f64)> {
        Some(match *self {
            WeightLaw::Isotropic { second_moment } => {
                let (sin, cos) = (TAU * stream.unit()).sin_cos();
                (second_moment.sqrt() * cos, second_moment.sqrt() * sin)
            }
            WeightLaw::ZeroBias { second_moment } => (second_moment.sqrt() * stream.normal(), 0.0),
            WeightLaw::Normal { a_deviation, b_deviation } => {
                (a_deviation * stream.normal(), b_deviation * stream.normal())
            }
            WeightLaw::Independent { a, b } => (a.draw(stream), b.draw(stream)),
            WeightLaw::Particles(_) => return None,
        })
    }

    /// The law of `(a, factor b)`: knots `b / a` spread over `factor` times the range. `None` for
    /// particles, and where all knots lie at 0.
    ///
    /// An isotropic law becomes the normal law with the same kernel, for only second moments of
    /// `w` along directions enter there.
    pub fn with_knots_spread(&self, factor: f64) -> Option<WeightLaw> {
        Some(match *self {
            WeightLaw::Isotropic { second_moment } => {
                let deviation = (0.5 * second_moment).sqrt();
                WeightLaw::Normal { a_deviation: deviation, b_deviation: factor * deviation }
            }
            WeightLaw::Normal { a_deviation, b_deviation } => {
                WeightLaw::Normal { a_deviation, b_deviation: factor * b_deviation }
            }
            WeightLaw::Independent { a, b } => WeightLaw::Independent {
                a,
                b: match b {
                    BiasLaw::Uniform { low, high } => {
                        BiasLaw::Uniform { low: factor * low, high: factor * high }
                    }
                    BiasLaw::Normal { deviation } => BiasLaw::Normal { deviation: factor * deviation },
                },
            },
            WeightLaw::ZeroBias { .. } | WeightLaw::Particles(_) => return None,
        })
    }
}

impl SlopeLaw {
    fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            SlopeLaw::Uniform { low, high } => stream.uniform(low, high),
            SlopeLaw::Sign { size } => size * stream.sign(),
            SlopeLaw::Normal { deviation } => deviation * stream.normal(),
        }
    }
}

impl BiasLaw {
    fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            BiasLaw::Uniform { low, high } => stream.uniform(low, high),
            BiasLaw::Normal { deviation } => deviation * stream.normal(),
        }
    }
}
