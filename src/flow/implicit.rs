//! The end of a step, implicitly.
//!
//! The residual at the end of a step depends on the path that the particles saw, and the path on
//! that residual. Where the tangent kernel is stiff, plain iteration between the two diverges
//! unless the step is short against the fastest mode, however little that mode still moves. To
//! first order the dependence is known: along the Hermite path to the end value `y` (with rate
//! `-K N y`) the push ends at
//!
//! ```text
//! Y(y) = const - (z/2 + z^2/12) y,      z = h K N
//! ```
//!
//! so that Newton's method solves with `S = I + z/2 + z^2/12`: the method is the collocation whose
//! stability function is the (2, 2) Pade approximant of `exp(-z)`, of fourth order and A-stable.
//! Modes far faster than the step it keeps alive, though, instead of damping them. Where there may
//! be such modes the path is the quadratic that takes nothing from the rate at the start,
//!
//! ```text
//! Y(y) = const - (2z/3 + z^2/6) y,      S = I + 2z/3 + z^2/6
//! ```
//!
//! the (1, 2) Pade approximant: third order, and L-stable. In both cases `K N` is self-adjoint and
//! non-negative in the inner product `<a, b> = Sum_j n_j a_j b_j`, and `S` has a pair of complex roots:
//! one factorisation of `z` plus such a root, of `O(s)` (section 17), is exact however stiff `z` is.
//! Products of `S` itself would square its condition.

use std::sync::OnceLock;

use ndarray_linalg::c64;

use crate::math::semiseparable::Factored;
use crate::problem::Samples;

use super::field::rate;
use super::path::Path;
use super::tangent_kernel::shifted;

/// How the path of the residuals over a step is made from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Cubic Hermite path, fourth order: `S = I + z/2 + z^2/12`.
    Hermite,
    /// Quadratic path, third order, damps stiff modes: `S = I + 2z/3 + z^2/6`.
    Stiff,
}

/// Above this bound on `|z|` there may be modes that the Hermite path would not damp.
const STIFF: f64 = 8.0;

/// From this bound on `|z|` on, Newton's method computes the slope at the end of a path on its own: `z^2` roundings would
/// be `1e-6` of what is rounded.
const VERY_STIFF: f64 = 1e5;

impl Rule {
    /// The rule for a step with this bound on `|z|`.
    pub fn for_coupling(coupling: f64) -> Rule {
        if coupling > STIFF { Rule::Stiff } else { Rule::Hermite }
    }

    /// Whether Newton's method must compute the slope at the end of the path on its own, at this bound on `|z|`.
    pub fn is_very_stiff(self, coupling: f64) -> bool {
        self == Rule::Stiff && coupling > VERY_STIFF
    }

    /// Weights of the end value and of minus `h` times the end rate in the integral of the path.
    pub fn weights(self) -> (f64, f64) {
        match self {
            Rule::Hermite => (1.0 / 2.0, 1.0 / 12.0),
            Rule::Stiff => (2.0 / 3.0, 1.0 / 6.0),
        }
    }

    /// The path of length `h` between two values and rates (per time).
    pub fn path(self, h: f64, start: (&[f64], &[f64]), end: (&[f64], &[f64])) -> Path {
        match self {
            Rule::Hermite => Path::hermite(h, start.0, start.1, end.0, end.1),
            Rule::Stiff => Path::quadratic(h, start.0, end.0, end.1),
        }
    }
}

/// `S` of a rule, with `z = h K N` from moments `Sigma_k`.
pub struct Implicit<'a> {
    samples: &'a Samples,
    sigma: &'a [[f64; 3]],
    h: f64,
    rule: Rule,
    /// A bound on `|z|`.
    coupling: f64,
    /// `z` plus a root of `S`, once it is needed.
    factored: OnceLock<Factored>,
}

/// Below this `|z|`, the identity serves for `S^-1`: plain iteration converges by a factor of 100 each time.
const WEAK: f64 = 0.02;

/// Below this `|z|`, three terms of its series serve for `S^-1`: the next one is below `z^3 / 13`, `6e-4`.
const MODERATE: f64 = 0.2;

impl<'a> Implicit<'a> {
    /// * `sigma`: `Sigma_k` with pinned mass.
    /// * `fastest`: a bound on the fastest rate of the residuals (the trace of `K N`).
    pub fn new(
        samples: &'a Samples,
        sigma: &'a [[f64; 3]],
        h: f64,
        fastest: f64,
        rule: Rule,
    ) -> Implicit<'a> {
        Implicit { samples, sigma, h, rule, coupling: h * fastest, factored: OnceLock::new() }
    }

    /// The same with another rule.
    pub fn with_rule(&self, rule: Rule) -> Implicit<'a> {
        Implicit { rule, factored: OnceLock::new(), ..*self }
    }

    /// `z v`.
    pub fn apply(&self, v: &[f64]) -> Vec<f64> {
        let mut out = rate(self.samples, self.sigma, &[], v);
        out.iter_mut().for_each(|value| *value *= -self.h);
        out
    }

    /// `S^-1 b`, in `O(s)`. With `S = w ((z + a)^2 + c^2)` this is `-Im[(z + a + i c)^-1 b] / (w c)`.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        if self.coupling < WEAK {
            return b.to_vec();
        }
        let (value, rate) = self.rule.weights();
        if self.coupling < MODERATE {
            // S^-1 = 1 - v z + (v^2 - w) z^2 - ..., the rest below z^3 / 13.
            let z = self.apply(b);
            let zz = self.apply(&z);
            return (0..b.len()).map(|j| b[j] - value * z[j] + (value * value - rate) * zz[j]).collect();
        }
        let real = value / (2.0 * rate);
        let imaginary = (1.0 / rate - real * real).sqrt();
        let factored = self
            .factored
            .get_or_init(|| shifted(self.samples, self.sigma, self.h, c64::new(real, imaginary)));
        // In the inner product in which `K N` is self-adjoint.
        let root = || self.samples.weight().iter().map(|n| n.sqrt());
        let scaled: Vec<f64> = b.iter().zip(root()).map(|(b, root)| b * root).collect();
        let mut solution = factored.solve(&scaled);
        if self.is_very_stiff() {
            // S = w (z + a + i c) (z + a - i c), one factor after the other: what is left of a stiff mode is `1 / z` of
            // the imaginary part's rounding.
            solution.iter_mut().for_each(|x| *x = x.conj());
            let twice = factored.solve(&solution);
            return twice.iter().zip(root()).map(|(x, root)| x.re / (rate * root)).collect();
        }
        solution.iter().zip(root()).map(|(x, root)| -x.im / (rate * imaginary * root)).collect()
    }

    /// Whether rounding leaves only [`Implicit::newton`] for a Newton step.
    pub fn is_very_stiff(&self) -> bool {
        self.rule.is_very_stiff(self.coupling)
    }

    /// Newton's step for the end value and `h` times the end rate of the path, as increments: `y` and `w` with
    ///
    /// ```text
    /// y + z (v y - r w) = lacking,      w + z y = rate_lacking
    /// ```
    ///
    /// for the weights `v`, `r` of the rule. A stiff mode of the push's end is `z` times one of the path, and its slope `w`
    /// is `z` times its end value `y`: were `w` computed from the new end value, rounding of that would come back times
    /// `z^2`. As an increment of its own it comes back times `z`, as does the rounding of the path itself.
    pub fn newton(&self, lacking: &[f64], rate_lacking: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (value, rate) = self.rule.weights();
        let add = |a: &[f64], factor: f64, b: &[f64]| -> Vec<f64> {
            a.iter().zip(b).map(|(a, b)| a + factor * b).collect()
        };
        let end = self.solve(&add(lacking, rate, &self.apply(rate_lacking)));
        let pull: Vec<f64> = lacking.iter().zip(rate_lacking).map(|(l, r)| value * r - l).collect();
        let slope = self.solve(&add(rate_lacking, 1.0, &self.apply(&pull)));
        (end, slope)
    }

    /// `S^-1 z v`.
    pub fn solve_product(&self, v: &[f64]) -> Vec<f64> {
        if self.is_very_stiff() {
            // The product of a stiff mode would leave nothing of the slow ones.
            return self.apply(&self.solve(v));
        }
        self.solve(&self.apply(v))
    }

    /// What the end value `found` of a push lacks, to first order, because the path it went along
    /// ended in `guess`; each a value and a rate (per time).
    ///
    /// `S e = -z [ (Y - y)/2 - h (Y' - y')/12 ]`, or with the weights of the rule.
    pub fn correction(&self, found: (&[f64], &[f64]), guess: (&[f64], &[f64])) -> Vec<f64> {
        let (value, rate) = self.rule.weights();
        let difference: Vec<f64> = (0..found.0.len())
            .map(|j| rate * self.h * (found.1[j] - guess.1[j]) - value * (found.0[j] - guess.0[j]))
            .collect();
        self.solve(&self.apply(&difference))
    }
}

impl Implicit<'_> {
    /// The end of a step by the stiff rule, if the kernel stood still, as a value.
    ///
    /// * `rho`, `rate`: at the start (rate per time).
    ///
    /// `S y = (I - z/3) rho - (I + z/6) h q`, where `-q` is the part of the rate that does not
    /// depend on the residuals (the penalty's).
    pub fn frozen_end(&self, rho: &[f64], rate: &[f64]) -> Vec<f64> {
        let z = self.apply(rho);
        let hq: Vec<f64> = (0..rho.len()).map(|j| -self.h * rate[j] - z[j]).collect();
        let zq = self.apply(&hq);
        let right: Vec<f64> = (0..rho.len()).map(|j| rho[j] - z[j] / 3.0 - hq[j] - zq[j] / 6.0).collect();
        self.solve(&right)
    }

    /// The same, and the rate there (per time), for a path that starts at `start` instead of `rho`; without products
    /// `z^2`, whose rounding would be all that is left of slow modes:
    ///
    /// ```text
    /// S y = rho - z start / 3 - (I + z/6) h q
    /// h y' = -z y - h q = 2 start - S^-1 [2 start + 4 z start / 3 + z rho + (I - z/3) h q]
    /// ```
    pub fn frozen_ends(&self, rho: &[f64], rate: &[f64], start: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (z, z_start) = (self.apply(rho), self.apply(start));
        let hq: Vec<f64> = (0..rho.len()).map(|j| -self.h * rate[j] - z[j]).collect();
        let zq = self.apply(&hq);
        let right = (0..rho.len()).map(|j| rho[j] - z_start[j] / 3.0 - hq[j] - zq[j] / 6.0);
        let end = self.solve(&right.collect::<Vec<f64>>());
        let rest =
            (0..rho.len()).map(|j| 2.0 * start[j] + 4.0 / 3.0 * z_start[j] + z[j] + hq[j] - zq[j] / 3.0);
        let rest = self.solve(&rest.collect::<Vec<f64>>());
        let end_rate = start.iter().zip(rest).map(|(start, rest)| (2.0 * start - rest) / self.h).collect();
        (end, end_rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overflows_is_not_solved() {
        let samples = Samples::new(&[0.0, 1.0], &[0.0; 2]).unwrap();
        let implicit = Implicit::new(&samples, &[[1.0, 0.0, 1.0]; 4], 1.0, 1.0, Rule::Hermite);
        for huge in [f64::INFINITY, f64::NAN] {
            assert!(implicit.solve(&[huge, 1.0]).iter().all(|value| !value.is_finite()));
        }
        assert!(implicit.solve(&[1e180, 1.0]).iter().all(|value| value.is_finite()));
    }

    #[test]
    fn solve_inverts_a_stiff_operator() {
        let x: Vec<f64> = (0..30).map(|j| f64::from(j) / 10.0).collect();
        let samples = Samples::new(&x, &[0.0; 30]).unwrap();
        let sigma: Vec<[f64; 3]> = (0..60).map(|k| [1.0 + f64::from(k % 7), 0.1, 1.0]).collect();
        let implicit = Implicit::new(&samples, &sigma, 0.5, 1e9, Rule::Hermite);
        let v: Vec<f64> = (0..30).map(|j| (f64::from(j) * 1.7).sin()).collect();
        let z = implicit.apply(&v);
        let zz = implicit.apply(&z);
        let image: Vec<f64> = (0..30).map(|j| v[j] + 0.5 * z[j] + zz[j] / 12.0).collect();
        assert!(z.iter().any(|z| z.abs() > 100.0), "not stiff");
        let back = implicit.solve(&image);
        for (back, v) in back.iter().zip(&v) {
            assert!((back - v).abs() < 1e-11, "{back} {v}");
        }
    }
}
