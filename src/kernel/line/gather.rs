//! What solutions along a chain say of functions.

use super::model::{IN_CHAIN, Line, STATE};

/// How a function has moved: by `Sum_j coefficient_j K(x, x_j)`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Motion {
    /// One per sample.
    pub coefficients: Vec<f64>,
    /// At the samples.
    pub at_samples: Vec<f64>,
    /// At the points.
    pub at_points: Vec<f64>,
}

/// Takes states and pulls along the chain, from its last place to the first, and keeps what they say.
pub(in crate::kernel) struct Gather<'a> {
    line: &'a Line,
    motion: &'a mut Motion,
    /// Points yet to come.
    points: usize,
    /// Of the place after.
    pull: [f64; STATE],
}

impl<'a> Gather<'a> {
    /// * `motion`: is overwritten, whatever it was.
    pub fn new(line: &'a Line, motion: &'a mut Motion) -> Gather<'a> {
        motion.coefficients.resize(line.samples, 0.0);
        motion.at_samples.resize(line.samples, 0.0);
        motion.at_points.resize(line.points(), 0.0);
        Gather { line, motion, points: line.points(), pull: [0.0; STATE] }
    }

    /// Place `i`, with the state there, how samples from there on pull at it, and the coefficient.
    #[inline(always)]
    pub fn place(&mut self, i: usize, state: &[f64; STATE], pull: &[f64; STATE], coefficient: f64) {
        let line = self.line;
        while let Some(&(at, row)) = self.points.checked_sub(1).map(|last| &line.spots[last])
            && at as usize == i
        {
            self.points -= 1;
            self.motion.at_points[self.points] = if row == IN_CHAIN {
                state[0]
            } else {
                let [of_state, of_pull] = &line.rows[row as usize];
                let mut value = 0.0;
                for k in 0..STATE {
                    value += of_state[k] * state[k] + of_pull[k] * self.pull[k];
                }
                value
            };
        }
        self.pull = *pull;
        if let Some(j) = i.checked_sub(line.before)
            && j < line.samples
        {
            self.motion.at_samples[j] = state[0];
            self.motion.coefficients[j] = coefficient;
        }
    }
}
