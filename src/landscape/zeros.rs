//! Why eigenvalues of the Hessian are zero (S Remark 2).

use crate::flow::{Layers, Vec2};
use crate::problem::Regions;

use super::second_moments::SecondMoments;

/// Causes, in the order of [`Zeros::by_cause`].
pub const CAUSES: [&str; 5] = ["dead", "scaling", "zero weight", "across the field", "functional"];

/// Zero eigenvalues by cause; each counts once, for the first that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zeros {
    /// * *dead*: all parameters of neurons without an active sample, those with `w = 0` included.
    /// * *scaling*: `(c, w) -> (c / q, q w)` leaves `f` as it is; one for every neuron where `g = 0`. Elsewhere the
    ///   loss stands still along that curve, but the curve is bent: its tangent `(-c, w)` is no eigenvector, as S Remark 2
    ///   has it, unless `g` is zero.
    /// * *zero weight*: with `c = 0`, two directions of `w`, one of which is the scaling.
    /// * *across the field*: where `g` is not zero, turning `w` across `g`, by all but one of the combinations of a region's neurons.
    /// * *functional*: what is left: neurons that move together so that no value at a sample changes.
    pub by_cause: [usize; 5],
}

impl Zeros {
    /// * `total`: all zero eigenvalues.
    /// * `zero`: below this, `|g|` is zero.
    pub fn new(
        regions: &Regions,
        moments: &SecondMoments,
        g: &[Vec2],
        layers: Layers,
        total: usize,
        zero: f64,
    ) -> Zeros {
        let trained = usize::from(layers.output()) + 2 * usize::from(layers.hidden());
        let mut by_cause = [trained * moments.region[0].count, 0, 0, 0, 0];
        for (k, region) in moments.region.iter().enumerate().skip(1) {
            match layers {
                Layers::Both if g[k][0].hypot(g[k][1]) <= zero => {
                    by_cause[1] += region.count;
                    by_cause[2] += region.silent;
                }
                Layers::Both => by_cause[3] += region.count.saturating_sub(1),
                Layers::Hidden => by_cause[2] += 2 * region.silent,
                Layers::Output => {}
            }
        }
        for (b, line) in moments.line.iter().enumerate().filter(|(_, line)| line.count > 0) {
            let (g, d) = (g[regions.inactive_side(b)], regions.direction(b));
            match layers {
                Layers::Both if (g[0] * d[0] + g[1] * d[1]).abs() <= zero => by_cause[1] += line.count,
                Layers::Hidden => by_cause[2] += line.silent,
                _ => {}
            }
        }
        by_cause[4] = total.saturating_sub(by_cause.iter().sum());
        Zeros { by_cause }
    }
}
