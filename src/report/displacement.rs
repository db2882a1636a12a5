//! How far neurons have moved since the start.

use std::f64::consts::{PI, TAU};

use crate::problem::knot_of;

/// The displacement of later snapshots from the start.
#[derive(Debug, Clone)]
pub struct Displacement {
    theta: Vec<f64>,
    mass: Vec<f64>,
    /// Ends of the range of the samples.
    range: (f64, f64),
}

impl Displacement {
    /// * `theta` (rad), `mass`: of the stored particles at the start.
    /// * `x`: of the samples, ascending.
    pub fn new(theta: &[f64], mass: &[f64], x: &[f64]) -> Displacement {
        Displacement { theta: theta.to_vec(), mass: mass.to_vec(), range: (x[0], x[x.len() - 1]) }
    }

    /// Root mean square angle (rad) by which the particles have turned, weighed by mass.
    pub fn turned(&self, theta: &[f64]) -> f64 {
        let mut sums = [0.0; 2];
        for ((mass, then), now) in self.mass.iter().zip(&self.theta).zip(theta) {
            let angle = (now - then + PI).rem_euclid(TAU) - PI;
            sums = [sums[0] + mass, sums[1] + mass * angle * angle];
        }
        if sums[0] > 0.0 { (sums[1] / sums[0]).sqrt() } else { f64::NAN }
    }

    /// The median, weighed by mass, of how far knots have moved that were between the first and the
    /// last sample at the start, as a share of that distance. NaN if there are none, or one sample.
    pub fn knots_moved(&self, theta: &[f64]) -> f64 {
        let (low, high) = self.range;
        let knot = |theta: f64| knot_of(theta).unwrap_or(f64::INFINITY);
        let mut moved: Vec<(f64, f64)> = (0..theta.len())
            .filter(|&i| (low..=high).contains(&knot(self.theta[i])))
            .map(|i| ((knot(theta[i]) - knot(self.theta[i])).abs() / (high - low), self.mass[i]))
            .collect();
        if high <= low {
            return f64::NAN;
        }
        moved.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half: f64 = 0.5 * moved.iter().map(|knot| knot.1).sum::<f64>();
        let mut below = 0.0;
        for (distance, mass) in moved {
            below += mass;
            if below >= half {
                return distance;
            }
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_taken_the_short_way_and_weighed() {
        let displacement = Displacement::new(&[0.1, 3.0], &[0.25, 0.75], &[-1.0, 1.0]);
        // The first turns by -0.2 over the seam, the second not at all.
        assert!((displacement.turned(&[TAU - 0.1, 3.0]) - 0.1).abs() < 1e-14);
    }

    #[test]
    fn the_median_knot_is_of_those_that_start_among_the_samples() {
        // Knots at -tan theta: 0, 0.5, -0.5 and 5, the last outside.
        let theta = [0.0, -(0.5f64).atan(), (0.5f64).atan(), -(5f64).atan()];
        let displacement = Displacement::new(&theta, &[0.2, 0.3, 0.4, 0.1], &[-1.0, 1.0]);
        assert_eq!(displacement.knots_moved(&theta), 0.0);
        let later = [theta[0], -(0.6f64).atan(), -(0.1f64).atan(), -(9f64).atan()];
        // Moved by 0, 0.05 and 0.3 of the range; half of the mass 0.9 lies at the second.
        assert!((displacement.knots_moved(&later) - 0.05).abs() < 1e-14);
        assert!(Displacement::new(&theta, &[0.25; 4], &[1.0]).knots_moved(&theta).is_nan());
    }
}
