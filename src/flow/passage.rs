//! Whether gradient descent goes through the origin as the flow does (mathematics, section 6).

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use crate::flow::field::Vec2;
use crate::problem::Regions;

/// Parts of the dead region narrower than this (rad) are rounding.
const ANGLE: f64 = 1e-12;

/// Whether descent with ever smaller steps has one limit for a neuron that slides along boundary
/// `b` into the origin.
///
/// Steps of length `eta` keep the neuron within `O(eta)` of the line, not on it, so that it passes
/// the origin at a distance of `O(eta)`, on either side and at any point: as `eta` goes to 0 it
/// reaches every direction of the half plane beyond the origin with a frequency that does not go to 0. From
/// there `w` moves by `-c g_k` a step, which is descent of `c |w| h(e)`, `h(e) = <g_k, e>` in the
/// direction `e` of `w`. There is one limit if all those directions lead down to the same one: if
/// `c h` first falls and then rises from one end of the half circle to the other. In a dead region
/// it is flat: what steps there stays.
///
/// * `g`: the field of each region, up to a positive factor; `sign`: that of `c`.
pub fn has_one_limit(regions: &Regions, g: impl Fn(usize) -> Vec2, b: usize, sign: f64) -> bool {
    let mut from = regions.unwrapped(regions.angle(b) + FRAC_PI_2);
    let stop = from + PI;
    let mut k = regions.region_of_unwrapped(from);
    let mut rising = false;
    loop {
        let end = if k == 0 { regions.angle(0) + TAU } else { regions.angle(k) };
        let to = end.min(stop);
        if k == 0 && to > from + ANGLE {
            return false;
        }
        if k != 0 && to > from {
            let g = g(k);
            // Part of one arch of a sine, so that the slopes at its ends tell all.
            for angle in [from, to] {
                let (sin, cos) = libm::sincos(angle);
                let slope = sign * (g[1] * cos - g[0] * sin);
                if rising && slope < 0.0 {
                    return false;
                }
                rising |= slope > 0.0;
            }
        }
        if end >= stop || k == 0 {
            return true;
        }
        (from, k) = (to.max(from), regions.above(k));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::gradients;
    use crate::problem::Samples;

    fn one_limit(x: &[f64], rho: &[f64], b: usize, c: f64) -> bool {
        let samples = Samples::new(x, &vec![0.0; x.len()]).unwrap();
        let regions = Regions::new(&samples);
        let mut g = vec![[0.0; 2]; regions.boundaries()];
        gradients(&samples, rho, &mut g);
        has_one_limit(&regions, |k| g[k], b, c)
    }

    #[test]
    fn the_dead_region_is_reached_where_the_half_plane_meets_it() {
        // The line of x = -1, switching on: <xt_0, xt_1> = 4 > 0.
        assert!(!one_limit(&[-3.0, -1.0, 2.0], &[-1.0, 3.0, 1.0], 1, 1.5));
    }

    /// The line of x = 2, which is held although the samples to its right pull the neuron to the
    /// origin. <xt_0, xt_1> = -5 < 0: beyond the origin every direction is live.
    #[test]
    fn there_may_be_one_way_down_or_two() {
        let one = |rho_0: f64| one_limit(&[-3.0, 2.0, 3.0, 100.0], &[rho_0, 0.5, -3.103, 0.103], 2, 1.0);
        assert!(one(-10.0));
        // A valley of the three samples on the right as well.
        assert!(!one(-1.0));
    }
}
