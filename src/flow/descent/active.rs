//! Which samples are active for a neuron, exactly as back-propagation in floating point decides it.
//!
//! Sample `j` is active if `a x_j - b > 0`, evaluated as written: one rounded product, one rounded
//! sum. At the kink itself the derivative is 0 (PyTorch's convention), so that a sample exactly on
//! it is inactive. Both roundings are monotone. The active samples therefore are a contiguous
//! range at one end of the samples, one of the `2 s` regions (section 3), also where rounding
//! moves the kink. Angles would not do: they round differently.

use crate::flow::field::Vec2;

/// Neighbours that are tried one by one before the samples are searched by bisection.
const NEIGHBOURS: usize = 8;

/// Whether a sample at `x` is active for the neuron `w = (a, -b)`.
#[inline(always)]
pub fn is_active(w: Vec2, x: f64) -> bool {
    w[0] * x + w[1] > 0.0
}

/// The region of the neuron `w = (a, -b)` among ascending samples `x`, found by bisection.
///
/// A neuron for which no sample is active, `w = 0` among them, is in region 0 (dead).
///
/// ```
/// use reluflow::flow::descent::region_of;
/// let x = [-1.0, 0.0, 2.0];
/// assert_eq!(region_of(&x, [1.0, -1.0]), 1);  // [x - 1]_+ is active at x = 2 alone
/// assert_eq!(region_of(&x, [1.0, 0.0]), 1);   // a sample on the kink is inactive
/// assert_eq!(region_of(&x, [0.0, 3.0]), 3);   // a constant is active at all
/// assert_eq!(region_of(&x, [-1.0, 0.0]), 5);  // [-x]_+ is active at x = -1 alone
/// assert_eq!(region_of(&x, [0.0, 0.0]), 0);
/// ```
pub fn region_of(x: &[f64], w: Vec2) -> usize {
    let s = x.len();
    if w[0] > 0.0 {
        s - x.partition_point(|&x| !is_active(w, x))
    } else if w[0] < 0.0 {
        facing_left(s, x.partition_point(|&x| is_active(w, x)))
    } else if w[1] > 0.0 {
        s
    } else {
        0
    }
}

/// The same, found by trying regions one by one from `near` on, where the neuron was a step ago.
pub fn region_near(x: &[f64], w: Vec2, near: usize) -> usize {
    let s = x.len();
    // How many samples are active: counted from the last sample by neurons that face right, from
    // the first by those that face left. Where the neuron turned round, from the nearer end.
    let (right, left) = (w[0] > 0.0, w[0] < 0.0);
    if !right && !left {
        return region_of(x, w);
    }
    let sample = |n: usize| if right { x[s - 1 - n] } else { x[n] };
    let mut n = match near {
        k if right && k <= s => k,
        k if left && k >= s => 2 * s - k,
        k if k.abs_diff(s) < s.div_ceil(2) => s,
        _ => 0,
    };
    for _ in 0..NEIGHBOURS {
        if n < s && is_active(w, sample(n)) {
            n += 1;
        } else if n > 0 && !is_active(w, sample(n - 1)) {
            n -= 1;
        } else {
            return if right { n } else { facing_left(s, n) };
        }
    }
    region_of(x, w)
}

/// The region in which exactly the first `n` of `s` samples are active.
fn facing_left(s: usize, n: usize) -> usize {
    if n == 0 { 0 } else { 2 * s - n }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};
    use crate::problem::{Regions, Samples};

    /// Both searches against the predicate for every sample.
    fn check(samples: &Samples, w: Vec2) {
        let regions = Regions::new(samples);
        let x = samples.x();
        let expected: Vec<usize> = (0..x.len()).filter(|&j| w[0] * x[j] - (-w[1]) > 0.0).collect();
        let k = region_of(x, w);
        assert_eq!(regions.active(k).collect::<Vec<_>>(), expected, "w = {w:?}, x = {x:?}");
        for near in 0..regions.boundaries() {
            assert_eq!(region_near(x, w, near), k, "w = {w:?} from region {near}, x = {x:?}");
        }
    }

    #[test]
    fn the_active_set_is_that_of_the_predicate() {
        for seed in 0..300 {
            let mut draw = Stream::new(seed, Purpose::Particles, 0);
            let s = 1 + (seed as usize * 7) % 40;
            let wide = [1.0, 1e-3, 1e20, 1e49][seed as usize % 4];
            let mut x: Vec<f64> = (0..s).map(|_| wide * draw.normal()).collect();
            // Neighbouring numbers, between which no angle could tell.
            x.extend([x[0].next_up(), x[0].next_up().next_up(), 0.0, -x[0]]);
            let samples = Samples::new(&x, &vec![0.0; x.len()]).unwrap();
            let x = samples.x().to_vec();
            for _ in 0..20 {
                let a = draw.normal();
                let on = x[(draw.unit() * x.len() as f64) as usize];
                check(&samples, [a, draw.normal() * wide]);
                // Exactly on a kink, and one rounding beside it.
                for b in [a * on, (a * on).next_up(), (a * on).next_down()] {
                    check(&samples, [a, -b]);
                    check(&samples, [-a, b]);
                }
                check(&samples, [0.0, a]);
                check(&samples, [-0.0, a]);
                check(&samples, [a, 0.0]);
                check(&samples, [a, -0.0]);
                check(&samples, [a * 1e-310, a * 1e-320]);
            }
            check(&samples, [0.0, 0.0]);
            check(&samples, [-0.0, -0.0]);
        }
    }
}
