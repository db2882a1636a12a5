//! What neurons that cross a sample do to the residual ODE.
//!
//! Over one step, a neuron moves on a straight line of the `(c, w)` space. A sample that is active on
//! a part of the line only responds only to this part, not to all or nothing of the step as the
//! tangent kernel of the start would have it. With `t_0`, `t_1` the values of `<xt_j, w>` at both
//! ends, of different signs, it is active beyond `u = t_0 / (t_0 - t_1)`, or up to there. Hence
//!
//! ```text
//! d rho_j = -dt kappa^2 Sum mass (active share) <xt_j, M g_k>,   k the region at the start
//! ```
//!
//! On an attractor, where neurons jump to and fro, this makes up for the term of pinned mass that
//! a flow has (section 7): of the motion across the line of the sample, the half on the inactive side does not count.
//! Without it the error does not fall with the learning rate.

use std::ops::Range;

use crate::flow::field::Vec2;

/// A neuron that changed its active samples.
#[derive(Debug, Clone, Copy)]
pub struct Crosser {
    pub mass: f64,
    /// `M g_k` of the start, with `g_k` of the residual ODE.
    pub pull: Vec2,
    /// `w` at both ends of the step.
    pub w: [Vec2; 2],
}

impl Crosser {
    /// Adds to `missed[j]`, for the samples `j` that are active at one end of the step only, what the
    /// tangent kernel of the start lacks (or has too much): `+-mass (share beyond u) <xt_j, M g_k>`.
    ///
    /// * `regions`: at the start and at the end, of `2 s`.
    pub fn add_to(&self, x: &[f64], [from, to]: [usize; 2], missed: &mut [f64]) {
        let (before, after) = (active(x.len(), from), active(x.len(), to));
        for (seen, other, sign) in [(&after, &before, 1.0), (&before, &after, -1.0)] {
            let left = seen.start..seen.end.min(other.start);
            let right = seen.start.max(other.end)..seen.end;
            for j in left.chain(right) {
                let [then, now] = self.w.map(|w| w[0] * x[j] + w[1]);
                let beyond = now / (now - then);
                missed[j] += sign * self.mass * beyond * (self.pull[0] * x[j] + self.pull[1]);
            }
        }
    }
}

/// The samples active in region `k`.
fn active(s: usize, k: usize) -> Range<usize> {
    match k {
        0 => 0..0,
        k if k <= s => s - k..s,
        k => 0..2 * s - k,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::descent::region_of;
    use crate::math::random::{Purpose, Stream};

    #[test]
    fn the_share_of_each_sample_is_that_of_the_line() {
        let x = [-1.0, -0.4, 0.1, 0.9, 2.0];
        let mut draw = Stream::new(1, Purpose::Particles, 0);
        for _ in 0..500 {
            let w: [Vec2; 2] = [0, 1].map(|_| [draw.normal(), draw.normal()]);
            let crosser = Crosser { mass: 0.3, pull: [draw.normal(), draw.normal()], w };
            let mut missed = [0.0; 5];
            crosser.add_to(&x, w.map(|w| region_of(&x, w)), &mut missed);
            for j in 0..5 {
                // The share of the line on which the sample is seen, less all or nothing of it.
                let points = 20_000;
                let seen = (0..points).filter(|i| {
                    let u = (f64::from(*i) + 0.5) / f64::from(points);
                    let at = |q: usize| w[0][q] + u * (w[1][q] - w[0][q]);
                    at(0) * x[j] + at(1) > 0.0
                });
                let share = seen.count() as f64 / f64::from(points);
                let start = if w[0][0] * x[j] + w[0][1] > 0.0 { 1.0 } else { 0.0 };
                let pull = crosser.pull[0] * x[j] + crosser.pull[1];
                let expected = 0.3 * (share - start) * pull;
                assert!((missed[j] - expected).abs() < 1e-4 * (1.0 + pull.abs()), "{missed:?} {expected}");
            }
        }
    }
}
