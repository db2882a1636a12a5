//! The exponential as a rational function, on chains.

use multiversion::multiversion;
use ndarray_linalg::c64;

use crate::math::semiseparable::{Chain, ShiftedLanes};

use super::model::STATE;

/// Poles in the upper half plane.
const POLES: usize = 8;

/// Poles `theta_k` and residues `a_k` of the best rational approximation of order 16 to `exp(-x)` on `x >= 0`,
///
/// ```text
/// exp(-x) = a_0 - 2 Re Sum_k a_k / (x + theta_k),    a_0 = 2e-16,
/// ```
///
/// good to 2e-16, 3e-14 as it is summed (Carpenter, Ruttan and Varga 1984; these digits: Pusa 2012, Correction to
/// partial fraction decomposition coefficients for Chebyshev rational approximation, table 1).
#[allow(clippy::excessive_precision)] // digits as printed there
const CHEBYSHEV: [([f64; 2], [f64; 2]); POLES] = [
    ([-10.843917078696988, 19.277446167181652], [-5.0901521865224915e-7, -2.4220017652852287e-5]),
    ([-5.264971343442647, 16.220221473167928], [2.1151742182466030e-4, 4.389296964738067e-3]),
    ([5.948152268951178, 3.587457362018322], [113.3977517848393, 101.94721704215857]),
    ([3.509103608414918, 8.436198985884374], [15.059585270023468, -5.751405277642182]),
    ([6.416177699099435, 1.1941223933701387], [-64.50087802553965, -224.59440762652096]),
    ([1.4193758971856660, 10.925363484496723], [-1.4793007113557998, 1.7686588323782938]),
    ([4.993174737717997, 5.996881713603942], [-62.51839246320792, -11.190391094283228]),
    ([-1.4139284624888862, 13.49772569889275], [0.04102313683541002, -0.15743466173455468]),
];

/// What a right side makes of the states of a chain.
#[derive(Debug, Clone, Default)]
pub(in crate::kernel) struct Moved {
    /// Coefficients: the function has moved by `Sum_j coefficient_j K(x, x_j)`.
    pub coefficients: Vec<f64>,
    /// States along the chain.
    pub states: Vec<[f64; STATE]>,
    /// Pulls along the chain.
    pub pulls: Vec<[f64; STATE]>,
}

/// How gradient flow from the residuals `rho` has moved after the time `t > 0`, by `[(1 - exp(-t K N)) / (K N)]` applied
/// to `rho`: with `(1 - exp(-x)) / x = 2 Re Sum_k (a_k / theta_k) / (x + theta_k)`, but for 7e-15, eight complex shifts.
///
/// * `inverse_weight`: `1 / n_j`, infinite where there is no sample.
pub(in crate::kernel) fn moved(chain: &Chain<STATE>, inverse_weight: &[f64], rho: &[f64], t: f64) -> Moved {
    let number = |[re, im]: [f64; 2]| c64::new(re, im);
    let lanes = ShiftedLanes::new(CHEBYSHEV.map(|(theta, _)| number(theta) / t));
    let factors = CHEBYSHEV.map(|(theta, residue)| -2.0 * number(residue) / number(theta));
    let n = rho.len();
    let mut out =
        Moved { coefficients: vec![0.0; n], states: vec![[0.0; STATE]; n], pulls: vec![[0.0; STATE]; n] };
    combine(&lanes, &factors, chain, inverse_weight, rho, &mut out);
    out
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn combine(
    lanes: &ShiftedLanes<POLES>,
    factors: &[c64; POLES],
    chain: &Chain<STATE>,
    diagonal: &[f64],
    rho: &[f64],
    out: &mut Moved,
) {
    lanes.combine(*factors, chain, diagonal, rho, |i, state, pull, weight| {
        out.coefficients[i] = weight;
        out.states[i] = state;
        out.pulls[i] = pull;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_the_exponential() {
        let number = |[re, im]: [f64; 2]| c64::new(re, im);
        for x in (0..2000).map(|i| 10f64.powf(f64::from(i) / 100.0 - 10.0)) {
            let sum: f64 =
                CHEBYSHEV.iter().map(|&(theta, a)| -2.0 * (number(a) / (x + number(theta))).re).sum();
            assert!((sum - (-x).exp()).abs() < 1e-13, "{x}: {sum}");
            let phi: f64 = CHEBYSHEV
                .iter()
                .map(|&(theta, a)| -2.0 * (number(a) / number(theta) / (x + number(theta))).re)
                .sum();
            assert!((x * phi + (-x).exp_m1()).abs() < 1e-13, "{x}: {phi}");
        }
    }
}
