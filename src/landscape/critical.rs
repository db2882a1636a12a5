//! How critical a state is (S Thm 4), and whether it is lonely (S Lemma 1).

use std::ops::Range;

use crate::flow::{Layers, Vec2};
use crate::problem::{Regions, Samples};

use super::second_moments::{Moments, SecondMoments};

/// Which samples lie in one piece of the function, between knots of free neurons.
#[derive(Debug, Clone, PartialEq)]
pub struct Pieces {
    /// The samples of each piece that has any, ascending.
    pub samples: Vec<Range<usize>>,
    /// Whether a neuron is pinned to the sample: the function has a knot there.
    pub pinned: Vec<bool>,
    /// Whether some neuron is active on all samples, as S Thm 4 supposes.
    pub has_active_on_all: bool,
}

impl Pieces {
    /// Knots of neurons without mass bend nothing and do not count.
    ///
    /// A neuron in a region has its knot between the two samples whose boundaries border it.
    pub fn new(regions: &Regions, moments: &SecondMoments) -> Pieces {
        let s = regions.samples();
        let has = |moments: &Moments| moments.mass > 0.0;
        // Both facings that switch between samples j and j + 1.
        let cut =
            |j: usize| has(&moments.region[s - 1 - j]) && j + 1 < s || has(&moments.region[2 * s - 1 - j]);
        let (mut samples, mut from) = (vec![], 0);
        for j in 0..s {
            if j + 1 == s || cut(j) {
                samples.push(from..j + 1);
                from = j + 1;
            }
        }
        let mut pinned = vec![false; s];
        for (b, line) in moments.line.iter().enumerate() {
            pinned[regions.sample(b)] |= has(line);
        }
        Pieces { samples, pinned, has_active_on_all: has(&moments.region[s]) }
    }

    /// Whether no two samples share a piece.
    pub fn is_lonely(&self) -> bool {
        self.samples.iter().all(|piece| piece.len() == 1)
    }
}

/// How critical a state is.
#[derive(Debug, Clone, PartialEq)]
pub struct Critical {
    /// By how much `f` is off the least-squares fit of its piece at each sample: a straight line, with a knot at
    /// every sample to which a neuron is pinned.
    pub deviation: Vec<f64>,
    /// `(Int |velocity|^2 mu)^(1/2)`, the norm of the gradient of `m L` over the neurons; pinned ones move along their
    /// line.
    pub gradient_norm: f64,
}

impl Critical {
    /// * `rho`: residuals.
    /// * `g`: of each region, with `kappa`.
    ///
    /// Within a piece `f` itself is such a line, so that the deviation is the least-squares fit of the residuals:
    /// nothing cancels. It is zero in all pieces exactly if the gradient is, when some neuron is active on all
    /// samples (S Thm 4).
    pub fn new(
        samples: &Samples,
        regions: &Regions,
        moments: &SecondMoments,
        pieces: &Pieces,
        rho: &[f64],
        g: &[Vec2],
        layers: Layers,
    ) -> Critical {
        let mut deviation = Vec::with_capacity(rho.len());
        for piece in &pieces.samples {
            deviation.extend(fit(samples, piece.clone(), &pieces.pinned, rho));
        }
        let square = |moments: &Moments, g: Vec2| {
            let [xx, xy, yy] = moments.ww;
            let along = g[0] * g[0] * xx + 2.0 * g[0] * g[1] * xy + g[1] * g[1] * yy;
            let across = moments.cc * (g[0] * g[0] + g[1] * g[1]);
            f64::from(layers.output()) * along + f64::from(layers.hidden()) * across
        };
        let free: f64 =
            moments.region.iter().enumerate().skip(1).map(|(k, region)| square(region, g[k])).sum();
        let held = moments.line.iter().enumerate().map(|(b, line)| {
            let (g, d) = (g[regions.inactive_side(b)], regions.direction(b));
            // (c, |w|) in the frame of the line.
            square(line, [g[0] * d[0] + g[1] * d[1], 0.0])
        });
        Critical { deviation, gradient_norm: (free + held.sum::<f64>()).max(0.0).sqrt() }
    }

    /// The largest deviation.
    pub fn worst(&self) -> f64 {
        crate::math::norm::worst(self.deviation.iter().copied())
    }
}

/// The least-squares fit of values at the samples of a piece by a continuous line with knots at the pinned samples,
/// at the samples. In hat functions its normal equations are tridiagonal and well conditioned: every node is a
/// sample.
fn fit(samples: &Samples, piece: Range<usize>, pinned: &[bool], values: &[f64]) -> Vec<f64> {
    let (x, n) = (samples.x(), samples.weight());
    let last = piece.end - 1;
    if piece.len() == 1 {
        return vec![values[last]];
    }
    let inner = (piece.start + 1..last).filter(|j| pinned[*j]);
    let nodes: Vec<usize> = [piece.start].into_iter().chain(inner).chain([last]).collect();
    let (mut diagonal, mut beside, mut right) =
        (vec![0.0; nodes.len()], vec![0.0; nodes.len()], vec![0.0; nodes.len()]);
    // Each sample with the interval it is in and its share of the upper node.
    let mut places = vec![(0, 0.0); piece.len()];
    let mut at = 0;
    for j in piece.clone() {
        while j > nodes[at + 1] {
            at += 1;
        }
        let share = (x[j] - x[nodes[at]]) / (x[nodes[at + 1]] - x[nodes[at]]);
        places[j - piece.start] = (at, share);
        diagonal[at] += n[j] * (1.0 - share) * (1.0 - share);
        diagonal[at + 1] += n[j] * share * share;
        beside[at] += n[j] * share * (1.0 - share);
        right[at] += n[j] * (1.0 - share) * values[j];
        right[at + 1] += n[j] * share * values[j];
    }
    for i in 1..nodes.len() {
        let factor = beside[i - 1] / diagonal[i - 1];
        diagonal[i] -= factor * beside[i - 1];
        right[i] -= factor * right[i - 1];
    }
    for i in (0..nodes.len()).rev() {
        let above = if i + 1 < nodes.len() { beside[i] * right[i + 1] } else { 0.0 };
        right[i] = (right[i] - above) / diagonal[i];
    }
    places.into_iter().map(|(at, share)| (1.0 - share) * right[at] + share * right[at + 1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_are_least_squares() {
        let samples = Samples::new(&[0.0, 1.0, 2.0, 3.0, 4.0], &[0.0; 5]).unwrap();
        // The line through (0, 1, 0, 1, 3): mean 1, slope (0 - 1 + 0 + 1 + 6 - ...) = Sum (x - 2) y / 10 = 0.6.
        let values = [0.0, 1.0, 0.0, 1.0, 3.0];
        let line = fit(&samples, 0..5, &[false; 5], &values);
        for (j, found) in line.iter().enumerate() {
            assert!((found - (1.0 + 0.6 * (j as f64 - 2.0))).abs() < 1e-14, "{line:?}");
        }
        // With knots at every sample it interpolates; a knot at the end of a piece bends nothing.
        assert_eq!(fit(&samples, 0..5, &[true; 5], &values), values);
        assert_eq!(fit(&samples, 0..5, &[true, false, false, false, true], &values), line);
        // With one at x = 2 the residuals are orthogonal to 1, x and (x - 2)_+.
        let pinned = [false, false, true, false, false];
        let broken = fit(&samples, 0..5, &pinned, &values);
        for basis in [|_: f64| 1.0, |x: f64| x, |x: f64| (x - 2.0).max(0.0)] {
            let dot: f64 = (0..5).map(|j| basis(j as f64) * (values[j] - broken[j])).sum();
            assert!(dot.abs() < 1e-14, "{broken:?}");
        }
        assert_eq!(fit(&samples, 3..4, &pinned, &values), [1.0]);
    }
}
