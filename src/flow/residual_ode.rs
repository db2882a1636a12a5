//! The residual ODE, W Proposition 1, beside the particles (mathematics, section 7).
//!
//! ```text
//! d rho_j/dt = - Sum_{k: j active} <xt_j, Sigma_k g_k(rho)> - lambda <xt_j, Sum_{k: j active} T_k> - d (rho_j + y_j - b)
//! ```
//!
//! with the rate `d` at which weight decay alone makes the network fall (section 21), `2 lambda` where both layers train,
//! and the output bias `b`, the rate of which is part of `Sigma_k` where all samples are active.
//!
//! Its coefficients `Sigma_k(t)` come from the particles, its residual does not: it starts from
//! `rho(0)` and is never reset. Over a step, particles that stay in their region give a `Sigma_k`
//! that is interpolated from values and rates at both ends (cubic Hermite), the others are
//! integrated along their tracks ([`EventParticles`]); the product with the cubic path of the residual is
//! integrated exactly. Fourth order where no particle meets an event.

use std::cell::OnceCell;

use crate::math::norm::largest;
use crate::problem::{Regions, Samples};

use super::events::EventParticles;
use super::field::{Vec2, apply, cubic_gradients, gradients, project, rate};
use super::implicit::{Implicit, Rule};
use super::moments::{Moments, SIGMA, SIGMA_RATE, SIGN, SIGN_RATE, add};
use super::output_bias::add_rate;
use super::path::Path;

/// Which pinned mass is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// Without its angular part: the corrected formula.
    Radial,
    /// Not at all: regions are open sets, and W Proposition 1 has no term for their boundaries.
    Ignored,
}

/// What moves residuals beside the measure alone.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// `lambda` of the total-variation term.
    pub lambda: f64,
    /// The rate at which the network decays.
    pub decay: f64,
    /// The rate of the output bias.
    pub bias_rate: f64,
    /// The output bias at the start and at the end of the step, and its mean.
    pub bias: [f64; 3],
}

/// One step of the residual ODE: the coefficients over the step, ready to be applied.
pub struct OdeStep<'a> {
    samples: &'a Samples,
    h: f64,
    /// How the path of the residuals is made.
    rule: Rule,
    terms: Terms,
    /// `Int_0^1 u^p Sigma_k du` for `p = 0 ..= 3`.
    powers: Vec<[[f64; 3]; 4]>,
    /// All of `Sigma_k` at the start and at the end.
    ends: [&'a [[f64; 3]]; 2],
    /// `lambda T_k`: at the start, at the end, and its integral over the step in `u`.
    sign: [Vec<Vec2>; 3],
}

impl<'a> OdeStep<'a> {
    /// Coefficients of a step of length `h` between two sets of moments.
    ///
    /// * `ends`: at the start and at the end, with `Sigma_k` that holds the pinned mass that is counted and the output
    ///   bias.
    pub fn new(
        samples: &'a Samples,
        regions: &Regions,
        (h, rule): (f64, Rule),
        terms: Terms,
        [(start, sigma_start), (end, sigma_end)]: [(&Moments, &'a [[f64; 3]]); 2],
        event_particles: &EventParticles,
        pinned: Pinned,
    ) -> OdeStep<'a> {
        let count = regions.boundaries();
        let mut step = OdeStep {
            samples,
            h,
            rule,
            terms,
            powers: Vec::with_capacity(count),
            ends: [sigma_start, sigma_end],
            sign: [vec![], vec![], vec![]],
        };
        let weights: [[f64; 4]; 4] = std::array::from_fn(hermite_moments);
        for k in 0..count {
            let (m0, m1, share) = (&start.region[k], &end.region[k], &event_particles.region[k]);
            // Particles that stay: value and rate (per `u`) at the start, then at the end.
            let stay: [[f64; 3]; 4] = [
                std::array::from_fn(|i| m0[SIGMA + i] - share.start[SIGMA + i]),
                std::array::from_fn(|i| h * (m0[SIGMA_RATE + i] - share.start[SIGMA_RATE + i])),
                std::array::from_fn(|i| m1[SIGMA + i] - share.end[SIGMA + i]),
                std::array::from_fn(|i| h * (m1[SIGMA_RATE + i] - share.end[SIGMA_RATE + i])),
            ];
            step.powers.push(std::array::from_fn(|p| {
                let (w, (constant, slope), bend) = (&weights[p], LINE[p], BEND[p]);
                std::array::from_fn(|i| {
                    let stay = w[0] * stay[0][i] + w[1] * stay[1][i] + w[2] * stay[2][i] + w[3] * stay[3][i];
                    stay + constant * share.sigma[i] + slope * share.sigma_u[i] + bend * share.sigma_bend[i]
                })
            }));
        }
        if pinned == Pinned::Radial {
            step.add_pinned(regions, [start, end], event_particles);
        }
        for p in 0..4 {
            // Of the output bias `Sigma` stands still: `Int_0^1 u^p du` times its rate.
            add_rate(step.powers.iter_mut().map(|powers| &mut powers[p]), terms.bias_rate / (p as f64 + 1.0));
        }
        if terms.lambda > 0.0 {
            step.sign = sign_moments(regions, h, terms.lambda, [start, end], event_particles, pinned);
        }
        step
    }

    /// Pinned mass acts as `W d d^T`.
    fn add_pinned(
        &mut self,
        regions: &Regions,
        [start, end]: [&Moments; 2],
        event_particles: &EventParticles,
    ) {
        for (b, share) in event_particles.boundary.iter().enumerate() {
            let (w0, w1) = (start.weight[b], end.weight[b]);
            let stay = [
                w0[0] - share.start[0],
                self.h * (w0[1] - share.start[1]),
                w1[0] - share.end[0],
                self.h * (w1[1] - share.end[1]),
            ];
            if stay == [0.0; 4] && share.weight == 0.0 {
                continue;
            }
            let [dx, dy] = regions.direction(b);
            let powers = &mut self.powers[regions.inactive_side(b)];
            for (p, (constant, slope)) in LINE.into_iter().enumerate() {
                let stay: f64 = hermite_moments(p).into_iter().zip(stay).map(|(w, stay)| w * stay).sum();
                let weight = stay + constant * share.weight + slope * share.weight_u;
                add(&mut powers[p], &[weight * dx * dx, weight * dx * dy, weight * dy * dy]);
            }
        }
    }

    /// `d rho/dt` of the residuals `rho` at the start (`end = 0`) or the end (1) of the step.
    fn rate(&self, rho: &[f64], end: usize) -> Vec<f64> {
        let mut rate = rate(self.samples, self.ends[end], &self.sign[end], rho);
        let Terms { decay, bias, .. } = self.terms;
        if decay > 0.0 {
            let f = rho.iter().zip(self.samples.y()).map(|(rho, y)| rho + y - bias[end]);
            rate.iter_mut().zip(f).for_each(|(rate, f)| *rate -= decay * f);
        }
        rate
    }

    /// The residuals at the end of the step, from `rho` at its start.
    ///
    /// `guess` is where the iteration starts, `implicit` that of the rule and of `Sigma_k` at the end. The path of
    /// `rho` is that of the step's rule, and its end is iterated (by Newton's method, as the equation
    /// may be stiff) until it moves by less than `enough`, or to rounding; each iteration costs
    /// `O(s)`.
    pub fn advance(&self, implicit: &Implicit<'_>, rho: &[f64], guess: &[f64], enough: f64) -> Vec<f64> {
        match self.iterate(implicit, rho, guess, enough) {
            Ok(end) | Err(Diverged(end)) => end,
        }
    }

    /// As [`OdeStep::advance`], beside the residuals of the particles, at the `start` and at the `end`: the equation is linear,
    /// so that a solution beside them differs from them by little more than it does at the start, and the iteration starts
    /// from there.
    ///
    /// Over a step that is very long against the fastest modes the iteration may diverge, because its preconditioner
    /// has the coefficients of the end of the step alone. The kernel then is taken to stand still at those, for as
    /// small a part of the solution as possible: the difference to a solution that is known, where there is one.
    ///
    /// * `solution`: of this equation at the end, good to `enough`, from `start`.
    /// * `enough`: as in [`OdeStep::advance`].
    pub fn beside(
        &self,
        implicit: &Implicit<'_>,
        rho: &[f64],
        [start, end]: [&[f64]; 2],
        solution: Option<&[f64]>,
        enough: f64,
    ) -> Vec<f64> {
        let difference: Vec<f64> = rho.iter().zip(start).map(|(a, b)| a - b).collect();
        let add = |end: &[f64], difference: &[f64]| -> Vec<f64> {
            end.iter().zip(difference).map(|(a, b)| a + b).collect()
        };
        self.iterate(implicit, rho, &add(end, &difference), enough).unwrap_or_else(|_| {
            let implicit = implicit.with_rule(Rule::Stiff);
            let Some(solution) = solution else { return implicit.frozen_end(rho, &self.rate(rho, 1)) };
            let mut rate = rate(self.samples, self.ends[1], &[], &difference);
            rate.iter_mut().zip(&difference).for_each(|(rate, d)| *rate -= self.terms.decay * d);
            add(solution, &implicit.frozen_end(&difference, &rate))
        })
    }

    fn iterate(
        &self,
        implicit: &Implicit<'_>,
        rho: &[f64],
        guess: &[f64],
        enough: f64,
    ) -> Result<Vec<f64>, Diverged> {
        let rule = self.rule;
        // Of what is very stiff the slope is found beside the end value, from a guess in which both are consistent
        // (`Implicit::newton`): computed from the end value, its rounding would be all that is seen.
        let very_stiff = implicit.is_very_stiff();
        let (mut end, end_rate) = if very_stiff {
            implicit.frozen_ends(rho, &self.rate(rho, 1), rho)
        } else {
            (guess.to_vec(), self.rate(guess, 1))
        };
        let path = rule.path(self.h, (rho, &self.rate(rho, 0)), (&end, &end_rate));
        let change = self.integral(&path);
        let mut defect: Vec<f64> = (0..rho.len()).map(|j| rho[j] - change[j] - end[j]).collect();
        // Often the first correction is enough.
        let response = OnceCell::new();
        let (mut first, mut last) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..MOST_ITERATIONS {
            let (step, slope) = if very_stiff {
                let (step, mut slope) = implicit.newton(&defect, &vec![0.0; rho.len()]);
                let decay = self.h * self.terms.decay;
                slope.iter_mut().zip(&step).for_each(|(slope, step)| *slope -= decay * step);
                (step, slope)
            } else {
                let step = implicit.solve(&defect);
                let slope = self.slope(&step);
                (step, slope)
            };
            end.iter_mut().zip(&step).for_each(|(end, step)| *end += step);
            let (moved, size) = (largest(&step), largest(&end).max(largest(rho)));
            if moved == f64::INFINITY {
                return Err(Diverged(end));
            }
            // Converged, or down to where rounding keeps it from converging further.
            if moved <= enough.max(2e-16 * size) || (moved >= 0.5 * last && moved <= 1e-13 * size) {
                return Ok(end);
            }
            if last == f64::INFINITY {
                first = moved;
            }
            if moved > FAR * first {
                return Err(Diverged(end));
            }
            last = moved;
            // The equation is linear: what the correction leaves of the defect needs no new integral.
            let response = response.get_or_init(|| self.response(rule));
            let answer = self.answer(response, rule, &step, &slope);
            (0..rho.len()).for_each(|j| defect[j] -= step[j] + answer[j]);
        }
        if last > first { Err(Diverged(end)) } else { Ok(end) }
    }

    /// `Int_0^h <xt_j, Sum_k Sigma_k g_k + lambda T_k> dt` for every sample.
    fn integral(&self, path: &Path) -> Vec<f64> {
        let count = self.powers.len();
        let mut v = vec![[0.0; 2]; count];
        cubic_gradients(self.samples, &path.cubic, self.h, |k, x, y| {
            for p in 0..4 {
                add(&mut v[k], &apply(self.powers[k][p], [x[p], y[p]]));
            }
        });
        for (v, t) in v.iter_mut().zip(&self.sign[2]) {
            *v = [v[0] + self.h * t[0], v[1] + self.h * t[1]];
        }
        let mut change = vec![0.0; self.samples.len()];
        project(self.samples, &v, &mut change);
        let Terms { decay, bias: [.., bias], .. } = self.terms;
        if decay > 0.0 {
            for ((change, c), y) in change.iter_mut().zip(&path.cubic).zip(self.samples.y()) {
                let mean = c[0] + c[1] / 2.0 + c[2] / 3.0 + c[3] / 4.0;
                *change += self.h * decay * (mean + y - bias);
            }
        }
        change
    }

    /// Per region the two matrices, times `h`, by which the end value and `h` times the end rate of
    /// the residual enter the integral.
    fn response(&self, rule: Rule) -> Vec<[[f64; 3]; 2]> {
        // A value y and a slope d at the end make the paths (3 y - d) u^2 + (d - 2 y) u^3, and
        // (2 y - d) u + (d - y) u^2.
        let mix = |low: &[f64; 3], high: &[f64; 3], value: f64| -> [[f64; 3]; 2] {
            [
                std::array::from_fn(|i| self.h * (value * low[i] - (value - 1.0) * high[i])),
                std::array::from_fn(|i| self.h * (high[i] - low[i])),
            ]
        };
        let of = |p: &[[f64; 3]; 4]| match rule {
            Rule::Hermite => mix(&p[2], &p[3], 3.0),
            Rule::Stiff => mix(&p[1], &p[2], 2.0),
        };
        self.powers.iter().map(of).collect()
    }

    /// By how much a change of the end value changes `h` times the rate there.
    fn slope(&self, change: &[f64]) -> Vec<f64> {
        let mut slope = rate(self.samples, self.ends[1], &[], change);
        slope
            .iter_mut()
            .zip(change)
            .for_each(|(slope, change)| *slope = self.h * (*slope - self.terms.decay * change));
        slope
    }

    /// How the integral answers to a change of the end value and of `h` times the rate there.
    fn answer(&self, response: &[[[f64; 3]; 2]], rule: Rule, change: &[f64], slope: &[f64]) -> Vec<f64> {
        let count = self.powers.len();
        let mut g = vec![[0.0; 2]; count];
        gradients(self.samples, change, &mut g);
        let mut v: Vec<Vec2> = (0..count).map(|k| apply(response[k][0], g[k])).collect();
        gradients(self.samples, slope, &mut g);
        (0..count).for_each(|k| add(&mut v[k], &apply(response[k][1], g[k])));
        let mut answer = vec![0.0; change.len()];
        project(self.samples, &v, &mut answer);
        if self.terms.decay > 0.0 {
            let (value, rate) = rule.weights();
            for ((answer, change), slope) in answer.iter_mut().zip(change).zip(slope) {
                *answer += self.h * self.terms.decay * (value * change - rate * slope);
            }
        }
        answer
    }
}

/// An iteration whose correction is this many times the first one is given up as divergent.
const FAR: f64 = 1e6;

/// Corrections of one iteration.
const MOST_ITERATIONS: usize = 40;

/// Where an iteration was when it was seen to diverge.
struct Diverged(Vec<f64>);

/// Orthogonal projections of `1, u, u^2, u^3` to lines `constant + slope u`, in the mean square over `[0, 1]`: what is
/// known of the tracks of event particles are the products with 1 and `u`.
const LINE: [(f64, f64); 4] = [(1.0, 0.0), (0.0, 1.0), (-1.0 / 6.0, 1.0), (-0.2, 0.9)];

/// Coefficients of `u^2 - u + 1/6` (the quadratic that is orthogonal to lines) in the projections to parabolas.
const BEND: [f64; 4] = [0.0, 0.0, 1.0, 1.5];

/// `Int_0^1 H_q(u) u^p du` for the four cubic Hermite functions (value and slope at 0, at 1).
fn hermite_moments(p: usize) -> [f64; 4] {
    let power = |q: f64| 1.0 / (p as f64 + q + 1.0);
    [
        2.0 * power(3.0) - 3.0 * power(2.0) + power(0.0),
        power(3.0) - 2.0 * power(2.0) + power(1.0),
        3.0 * power(2.0) - 2.0 * power(3.0),
        power(3.0) - power(2.0),
    ]
}

/// `lambda T_k` at both ends and its integral in `u`.
fn sign_moments(
    regions: &Regions,
    h: f64,
    lambda: f64,
    ends: [&Moments; 2],
    event_particles: &EventParticles,
    pinned: Pinned,
) -> [Vec<Vec2>; 3] {
    let count = regions.boundaries();
    let open = |m: &Moments| (0..count).map(|k| [m.region[k][SIGN], m.region[k][SIGN + 1]]).collect();
    let mut at: [Vec<Vec2>; 2] = match pinned {
        Pinned::Radial => ends.map(|m| m.sign_moment(regions)),
        Pinned::Ignored => ends.map(open),
    };
    let mut integral: Vec<Vec2> = (0..count)
        .map(|k| {
            let (m0, m1, share) = (&ends[0].region[k], &ends[1].region[k], &event_particles.region[k]);
            std::array::from_fn(|i| {
                let stay = |m: &[f64], moved: &[f64], at: usize| m[at + i] - moved[at + i];
                let ends = stay(m0, &share.start, SIGN) + stay(m1, &share.end, SIGN);
                let slopes = stay(m0, &share.start, SIGN_RATE) - stay(m1, &share.end, SIGN_RATE);
                0.5 * ends + h / 12.0 * slopes + share.sign[i]
            })
        })
        .collect();
    if pinned == Pinned::Radial {
        for (b, share) in event_particles.boundary.iter().enumerate() {
            let stay = ends[0].boundary[b][0] - ends[0].boundary[b][2] - share.signed_start;
            let d = regions.direction(b);
            let sum = &mut integral[regions.inactive_side(b)];
            let signed = stay + share.signed_mass;
            *sum = [sum[0] + signed * d[0], sum[1] + signed * d[1]];
        }
    }
    for list in at.iter_mut().chain([&mut integral]) {
        list.iter_mut().for_each(|v| *v = [lambda * v[0], lambda * v[1]]);
    }
    let [start, end] = at;
    [start, end, integral]
}
