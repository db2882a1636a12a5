//! The errors of a push, and the path of the next one.

use crate::flow::implicit::{Implicit, Rule};
use crate::flow::path::Path;
use crate::flow::response::Response;
use crate::math::norm::largest;
use crate::math::poly;

use super::plan::Plan;
use super::{Controller, Trial};

/// A push that lacks more than this many times the error allowed is far from converged: the error of its path is
/// estimated anew from the next one.
const FAR: f64 = 100.0;
/// The end of a push is known to this times `z` and the largest residual.
const ROUNDING: f64 = 100.0 * f64::EPSILON;

/// Errors of the pushes of an attempt, in units of `y`.
pub(super) struct Errors {
    /// What the residuals at the end of the last push lack because the particles went along its path and not along the
    /// one that leads to where they arrive. Another push takes it away.
    pub lack: f64,
    /// The same of the push before; infinite for the first one.
    pub last_lack: f64,
    /// The effect of the error of a path that is a cubic (stiff rule: a quadratic). No push takes that away.
    pub path: f64,
    /// Whether `path` must be estimated anew from the next push: at first, and far from convergence.
    pub far: bool,
    /// The first push whose error was allowed; 0 for none yet.
    pub good: u32,
}

impl Controller {
    /// Estimates the errors of the push along `path` that is in the trial; returns the path for the next push.
    ///
    /// * `implicit`: of the trial.
    pub(super) fn estimate(
        &self,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        path: &Path,
        errors: &mut Errors,
    ) -> Path {
        let Plan { h, rule, .. } = *plan;
        let trial = &self.trial;
        let (end, end_rate) = self.improved(implicit, plan.response.as_ref(), path);
        let lacking: Vec<f64> = end.iter().zip(&trial.rho).map(|(end, rho)| end - rho).collect();
        let better = rule.path(h, (&plan.start, &self.rho_rate), (&end, &end_rate));
        if errors.far {
            let bend = || Path::hermite(h, &self.rho, &self.rho_rate, &end, &end_rate).third();
            let effect = match (&plan.response, &plan.last, rule) {
                (Some(response), Some(last), _) => {
                    response.effect(&self.samples, &bend_since(&better, last.length / h, last.rho))
                }
                (Some(response), None, _) => response.effect(&self.samples, &bend()),
                (None, _, Rule::Stiff) => cubic_effect(implicit, &bend()),
                (None, last, Rule::Hermite) => {
                    let before = last.as_ref().map(|last| last.length);
                    implicit.solve(&quartic_effect(implicit, path, &better, before))
                }
            };
            errors.path = self.lasting(plan, implicit, &effect);
        }
        (errors.last_lack, errors.lack) = (errors.lack, self.lasting(plan, implicit, &lacking));
        // Far from convergence `better` is one Newton step from a bad guess: its bend says little about the error.
        errors.far = rule == Rule::Stiff && errors.lack > FAR * errors.path.max(self.allowed);
        better
    }

    /// The size of an error of the residuals at the end of a step, as far as a shorter step would make it smaller or
    /// later steps keep it.
    ///
    /// A push is known to `z` roundings of its path (mathematics, section 9). An error that is no larger counts by
    /// what the next step leaves of it, `S^-1` times as much: modes that are much faster than the step forget it at once.
    /// At the end of the time that was asked for there is no next step, and all of it counts.
    pub(super) fn lasting(&self, plan: &Plan<'_>, implicit: &Implicit<'_>, error: &[f64]) -> f64 {
        let size = largest(error);
        let rounding = ROUNDING * plan.h * plan.fastest * largest(&self.rho).max(largest(&self.trial.rho));
        if plan.is_last || plan.response.is_some() || size > rounding || rounding <= self.allowed {
            return size;
        }
        largest(&implicit.solve(error)).min(size)
    }

    /// End values and rates of the path along which a push would end where the path does: Newton's step from the push
    /// along `path`, whose end is in the trial.
    fn improved(
        &self,
        implicit: &Implicit<'_>,
        response: Option<&Response>,
        path: &Path,
    ) -> (Vec<f64>, Vec<f64>) {
        let (trial, h, s) = (&self.trial, path.h, self.rho.len());
        let Trial { rho, rho_rate, .. } = trial;
        let (guess, guess_rate) = path.end();
        if let Some(response) = response {
            let list = |rho: &[f64], rate: &[f64]| -> Vec<f64> {
                rho.iter().copied().chain(rate.iter().map(|rate| h * rate)).collect()
            };
            let found = list(rho, &self.rate_of(trial.coefficients(), &guess));
            let guess = list(&guess, &guess_rate);
            let change = response.correction(&self.samples, &found, &guess);
            let end: Vec<f64> = guess.iter().zip(change).map(|(guess, change)| guess + change).collect();
            return (end[..s].to_vec(), end[s..].iter().map(|rate| rate / h).collect());
        }
        if implicit.is_very_stiff() {
            let lacking: Vec<f64> = rho.iter().zip(&guess).map(|(rho, guess)| rho - guess).collect();
            let at_guess = self.rate_of(trial.coefficients(), &guess);
            let rate_lacking: Vec<f64> =
                at_guess.iter().zip(&guess_rate).map(|(rate, guess)| h * (rate - guess)).collect();
            let (y, w) = implicit.newton(&lacking, &rate_lacking);
            let end = guess.iter().zip(y).map(|(guess, y)| guess + y).collect();
            let end_rate = guess_rate.iter().zip(w).map(|(rate, w)| rate + w / h).collect();
            return (end, end_rate);
        }
        let lacking = implicit.correction((rho, rho_rate), (&guess, &guess_rate));
        let rate_lacking = implicit.apply(&lacking);
        let end = rho.iter().zip(&lacking).map(|(rho, lacking)| rho + lacking).collect();
        let end_rate = rho_rate.iter().zip(&rate_lacking).map(|(rate, lacking)| rate - lacking / h).collect();
        (end, end_rate)
    }
}

/// The effect on the residuals, but for `S^-1`, of the error of the cubic Hermite path: that is
/// `c4 u^2 (1 - u)^2` with `c4 = h^4/24` times the fourth derivative, of which the integral is
/// `c4 / 30`.
///
/// * `before`: length of the last step, if `path` was its continuation.
fn quartic_effect(implicit: &Implicit<'_>, path: &Path, better: &Path, before: Option<f64>) -> Vec<f64> {
    if let Some(before) = before {
        // The continued path errs by c4 u^2 (u + 1/q)^2, q = h / before: known at u = 1.
        let q = path.h / before;
        let share = q * q / (30.0 * (1.0 + q) * (1.0 + q));
        let (better, path) = (better.end().0, path.end().0);
        let difference: Vec<f64> = better.iter().zip(&path).map(|(b, p)| share * (b - p)).collect();
        implicit.apply(&difference)
    } else {
        // The cubic term is h^3/6 times the third derivative, of which the kernel gives one more:
        // c4 = -z c3 / 4.
        let third: Vec<f64> = better.third().iter().map(|c| c / 120.0).collect();
        implicit.apply(&implicit.apply(&third))
    }
}

/// The same for the quadratic path of the stiff rule, `S^-1` included: it errs by `c3 u (1 - u)^2`, of which the
/// integral is `c3 / 12`, with the cubic coefficient `c3` of the Hermite path.
fn cubic_effect(implicit: &Implicit<'_>, third: &[f64]) -> Vec<f64> {
    implicit.solve_product(&third.iter().map(|c| c / 12.0).collect::<Vec<f64>>())
}

/// The coefficients of `u (1 - u)^2` by which a quadratic path misses the residuals at the start of the last step,
/// `before`, at `u = -q`. Unlike a comparison with the rate at the start this does not see what is left of fast modes.
fn bend_since(path: &Path, q: f64, before: &[f64]) -> Vec<f64> {
    let scale = 1.0 / (q * (1.0 + q) * (1.0 + q));
    let pairs = path.cubic.iter().zip(before);
    pairs.map(|(c, before)| scale * (poly::value(c, -q) - before)).collect()
}
