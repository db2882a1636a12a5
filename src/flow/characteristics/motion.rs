//! The equations of one neuron, `(r, d)` or `(c, w)`, along the path of the residuals.

use crate::flow::Flow;
use crate::flow::descriptor::ParticleKind;
use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;

use super::extrapolation::State;

/// What moves: amplitude and vector are `(r, d)` of canonical particles, `(c, w)` of neurons.
#[derive(Debug, Clone, Copy)]
pub struct Motion {
    canonical: bool,
    /// Whether the amplitude moves, and whether the vector does.
    moves: (bool, bool),
    /// `lambda`.
    pub tv: f64,
    pub kappa: f64,
    /// `lambda` of weight decay.
    decay: f64,
}

impl Motion {
    pub fn new(flow: &Flow) -> Motion {
        let canonical = flow.particles() == ParticleKind::Canonical;
        Motion { canonical, moves: flow.moves(), tv: flow.tv(), kappa: flow.kappa(), decay: flow.decay() }
    }

    /// Rates per unit of `u`, where `field` is `h g` and `sign` that of the amplitude. The last is `div V`:
    /// integrated backwards from now to the start it is the logarithm of the factor.
    pub fn rates(&self, field: &FieldCubic, h: f64, sign: f64, u: f64, state: &State) -> State {
        let (g, [amplitude, x, y, _]) = (field.at(u), *state);
        let pull = g[0] * x + g[1] * y;
        if self.canonical {
            // <g, t>, t = (-y, x).
            let turn = amplitude * (g[1] * x - g[0] * y);
            return [-pull - h * self.tv * sign, turn * y, -turn * x, amplitude * pull];
        }
        let decay = h * self.decay;
        let vector = match self.moves.1 {
            true => [-amplitude * g[0] - decay * x, -amplitude * g[1] - decay * y],
            false => [0.0; 2],
        };
        let trained = f64::from(u8::from(self.moves.0) + 2 * u8::from(self.moves.1));
        let output = if self.moves.0 { -pull - decay * amplitude } else { 0.0 };
        [output, vector[0], vector[1], -decay * trained]
    }

    /// Whether boundaries are crossed at all.
    pub fn turns(&self) -> bool {
        self.moves.1
    }

    /// `|d| = 1`, which rounding and the tolerance would lose.
    pub fn restored(&self, mut state: State) -> State {
        if self.canonical {
            let norm = libm::hypot(state[1], state[2]);
            (state[1], state[2]) = (state[1] / norm, state[2] / norm);
        }
        state
    }
}

/// `<v, n>` of the vector of a state.
pub fn across(state: &State, n: Vec2) -> f64 {
    state[1] * n[0] + state[2] * n[1]
}
