//! The exponential as a rational function, on chains.

use ndarray_linalg::c64;

use crate::math::instructions::vectorized;
use crate::math::semiseparable::{ShiftedLanes, ShiftedMemory};

use super::gather::{Gather, Motion};
use super::model::{Line, STATE};

/// Lanes: poles in the upper half plane, of one time or of two.
const LANES: usize = 8;
/// Those of one time that is wanted roughly.
const HALF: usize = LANES / 2;

/// Poles `theta_k` and residues `a_k` of the best rational approximation of order 16 to `exp(-x)` on `x >= 0`,
///
/// ```text
/// exp(-x) = a_0 - 2 Re Sum_k a_k / (x + theta_k),    a_0 = 2e-16,
/// ```
///
/// good to 2e-16, 3e-14 as it is summed (Carpenter, Ruttan and Varga 1984; these digits: Pusa 2012, Correction to
/// partial fraction decomposition coefficients for Chebyshev rational approximation, table 1).
#[allow(clippy::excessive_precision)] // digits as printed there
const ORDER_16: [([f64; 2], [f64; 2]); LANES] = [
    ([-10.843917078696988, 19.277446167181652], [-5.0901521865224915e-7, -2.4220017652852287e-5]),
    ([-5.264971343442647, 16.220221473167928], [2.1151742182466030e-4, 4.389296964738067e-3]),
    ([5.948152268951178, 3.587457362018322], [113.3977517848393, 101.94721704215857]),
    ([3.509103608414918, 8.436198985884374], [15.059585270023468, -5.751405277642182]),
    ([6.416177699099435, 1.1941223933701387], [-64.50087802553965, -224.59440762652096]),
    ([1.4193758971856660, 10.925363484496723], [-1.4793007113557998, 1.7686588323782938]),
    ([4.993174737717997, 5.996881713603942], [-62.51839246320792, -11.190391094283228]),
    ([-1.4139284624888862, 13.49772569889275], [0.04102313683541002, -0.15743466173455468]),
];

/// Those of order 8 without `a_0`, good to 2.4e-8 (by the method of Caratheodory and Fejer; Trefethen, Weideman and
/// Schmelzer 2006, BIT 46:653, program cf).
const ORDER_8: [([f64; 2], [f64; 2]); HALF] = [
    ([3.2209452451180125, 1.1936196054221206], [-1.8317717107376783, -9.525608130572932]),
    ([2.292249147887982, 3.600771496085447], [2.4362407330690816, 3.716755641126924]),
    ([0.2694909874430078, 6.082032592715811], [-0.6325880537745696, -0.44392310274040586]),
    ([-3.4085395013620245, 8.77303456442925], [0.02812975716425184, 0.011577384570471243]),
];

fn number([re, im]: [f64; 2]) -> c64 {
    c64::new(re, im)
}

/// How gradient flow from the residuals `rho` moves in the time `t > 0`, by `[(1 - exp(-t K N)) / (K N)]` applied to
/// `rho`: with `(1 - exp(-x)) / x = -2 Re Sum_k (a_k / theta_k) / (x + theta_k)`, but for 7e-15, eight complex shifts.
///
/// * `inverse_weight`: `1 / n_j`, infinite where there is no sample.
pub(in crate::kernel) fn moved(line: &Line, inverse_weight: &[f64], rho: &[f64], t: f64) -> Motion {
    let lanes = ShiftedLanes::new(ORDER_16.map(|(theta, _)| number(theta) / t));
    let factors = ORDER_16.map(|(theta, residue)| -2.0 * number(residue) / number(theta));
    let mut motion = Motion::default();
    let mut gather = [Gather::new(line, &mut motion)];
    let mut memory = ShiftedMemory::default();
    combine_one(&lanes, &[factors], line, inverse_weight, rho, &mut memory, &mut gather);
    motion
}

/// Motions at one time or at two, in the memory of earlier ones.
#[derive(Debug, Default)]
pub(in crate::kernel) struct RoughMotions {
    of_one: ShiftedMemory<STATE, HALF>,
    of_two: ShiftedMemory<STATE, LANES>,
    motions: [Motion; 2],
}

impl RoughMotions {
    /// As [`moved`], at one time or at two at once, by four shifts each: good to 2.4e-8 of what there was to move.
    pub fn at(&mut self, line: &Line, inverse_weight: &[f64], rho: &[f64], times: &[f64]) -> &[Motion] {
        let RoughMotions { of_one, of_two, motions } = self;
        let [first, second] = motions;
        match *times {
            [time] => {
                let (lanes, factors) = shifts::<HALF, 1>([time]);
                let mut gather = [Gather::new(line, first)];
                combine_half(&lanes, &factors, line, inverse_weight, rho, of_one, &mut gather);
            }
            [one, other] => {
                let (lanes, factors) = shifts::<LANES, 2>([one, other]);
                let mut gather = [Gather::new(line, first), Gather::new(line, second)];
                combine_two(&lanes, &factors, line, inverse_weight, rho, of_two, &mut gather);
            }
            _ => panic!("{} times at once", times.len()),
        }
        &motions[..times.len()]
    }
}

/// Four shifts for each of these times, and how their solutions are combined.
fn shifts<const L: usize, const M: usize>(times: [f64; M]) -> (ShiftedLanes<L>, [[c64; L]; M]) {
    const { assert!(L == HALF * M) };
    let pole = |lane: usize| ORDER_8[lane % HALF];
    let lanes = ShiftedLanes::new(std::array::from_fn(|lane| number(pole(lane).0) / times[lane / HALF]));
    let factors = std::array::from_fn(|which| {
        std::array::from_fn(|lane| {
            let (theta, residue) = pole(lane);
            if lane / HALF == which { -2.0 * number(residue) / number(theta) } else { c64::ZERO }
        })
    });
    (lanes, factors)
}

vectorized! {
    fn combine_one(lanes: &ShiftedLanes<LANES>, factors: &[[c64; LANES]; 1], line: &Line, diagonal: &[f64], rho: &[f64], memory: &mut ShiftedMemory<STATE, LANES>, out: &mut [Gather; 1]) {
        combine(lanes, factors, line, diagonal, rho, memory, out)
    }
}

vectorized! {
    fn combine_half(lanes: &ShiftedLanes<HALF>, factors: &[[c64; HALF]; 1], line: &Line, diagonal: &[f64], rho: &[f64], memory: &mut ShiftedMemory<STATE, HALF>, out: &mut [Gather; 1]) {
        combine(lanes, factors, line, diagonal, rho, memory, out)
    }
}

vectorized! {
    fn combine_two(lanes: &ShiftedLanes<LANES>, factors: &[[c64; LANES]; 2], line: &Line, diagonal: &[f64], rho: &[f64], memory: &mut ShiftedMemory<STATE, LANES>, out: &mut [Gather; 2]) {
        combine(lanes, factors, line, diagonal, rho, memory, out)
    }
}

#[inline(always)]
fn combine<const L: usize, const M: usize>(
    lanes: &ShiftedLanes<L>,
    factors: &[[c64; L]; M],
    line: &Line,
    diagonal: &[f64],
    rho: &[f64],
    memory: &mut ShiftedMemory<STATE, L>,
    out: &mut [Gather; M],
) {
    lanes.combine(factors, &line.chain, diagonal, rho, memory, |i, states, pulls, weights| {
        for m in 0..M {
            out[m].place(i, &states[m], &pulls[m], weights[m]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_exponential() {
        for (poles, bound, share) in [(&ORDER_16[..], 1e-13, 1e-11), (&ORDER_8[..], 2.5e-8, 1e-6)] {
            for x in (0..2000).map(|i| 10f64.powf(f64::from(i) / 100.0 - 10.0)) {
                let sum: f64 =
                    poles.iter().map(|&(theta, a)| -2.0 * (number(a) / (x + number(theta))).re).sum();
                assert!((sum - (-x).exp()).abs() < bound, "{x}: {sum}");
                let phi: f64 = poles
                    .iter()
                    .map(|&(theta, a)| -2.0 * (number(a) / number(theta) / (x + number(theta))).re)
                    .sum();
                let off = (x * phi + (-x).exp_m1()).abs();
                assert!(off < bound && off < -share * (-x).exp_m1(), "{x}: {phi}");
            }
        }
    }
}
