//! One attempt at a step: when to push again, when to accept.

use crate::flow::implicit::Implicit;
use crate::flow::state::State;
use crate::math::norm::largest;

use super::Controller;
use super::estimate::Errors;
use super::plan::Plan;

/// Pushes of one attempt before it is given up.
const MAX_PUSHES: u32 = 6;
/// What an event may add to the error of a step, in units of the error allowed; events are rarer than steps.
const EVENT_SHARE: f64 = 3.0;
/// Where particles relax within the step, and where residuals are smaller than the error allowed, pushes go on until they
/// lack no more than this share of it.
const CONVERGED: f64 = 0.01;
/// A jump of the rate by `J` in the middle of a step puts the mean of the Hermite path over the step off by `J h / 24`:
/// `Int_0^1 p du = 1/6` of the path `p` against `1/8` of the ramp `(u - 1/2)_+`.
const JUMP_ERROR: f64 = 1.0 / 24.0;

/// How an attempt ended.
pub(super) enum Attempt {
    /// With both residual ODEs at the end of the step.
    Accepted {
        error: f64,
        growth: f64,
        residual_ode: [Vec<f64>; 2],
    },
    Rejected {
        error: f64,
        next: f64,
        cause: &'static str,
    },
}

impl Controller {
    /// One attempt at a step of length `h`, which may be the last of the time that was asked for; also returns how many
    /// pushes it took.
    pub(super) fn attempt(
        &mut self,
        state: &State,
        (h, is_last): (f64, bool),
        fastest: f64,
    ) -> (Attempt, u32) {
        let plan = self.plan(state, (h, is_last), fastest);
        self.trial.rule = plan.rule;
        let mut path = self.predicted(&plan);
        // How strongly an error of the path acts on the residuals within the step.
        let coupling = (h * fastest).min(1.0);
        // A jump of the rate by J bends the path by at most J h / 8 away from a cubic.
        let significant = if self.fixed.is_some() {
            f64::INFINITY
        } else {
            EVENT_SHARE * self.allowed * 8.0 / (h * coupling)
        };
        let mut errors =
            Errors { lack: f64::INFINITY, last_lack: f64::INFINITY, path: f64::INFINITY, far: true, good: 0 };
        for push in 1..=MAX_PUSHES {
            self.push(state, &path, significant);
            if self.trial.tally.events.given_up {
                let cause = "particles cannot be followed over so long a step";
                return (Attempt::Rejected { error: f64::INFINITY, next: 0.1 * h, cause }, push);
            }
            let implicit = Implicit::new(&self.samples, &self.trial.sigma, h, fastest, plan.rule);
            let better = self.estimate(&plan, &implicit, &path, &mut errors);
            let verdict = match self.fixed {
                Some(_) => self.accept_third(state, &plan, &implicit, push, &errors),
                None => self.verdict(state, &plan, &implicit, push, &mut errors),
            };
            if let Some(verdict) = verdict {
                return (verdict, push);
            }
            path = better;
        }
        unreachable!("the last push accepts or rejects")
    }

    /// With fixed steps: the third push is accepted, whatever its error.
    fn accept_third(
        &self,
        state: &State,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        push: u32,
        errors: &Errors,
    ) -> Option<Attempt> {
        if push < 3 {
            return None;
        }
        let corrected = || self.corrected_ode(state, &self.ode_step(plan.h), implicit, &self.trial.rho);
        let uncorrected = || self.uncorrected_ode(state, (plan.h, plan.fastest));
        let residual_ode = self.both(corrected, uncorrected).into();
        Some(Attempt::Accepted { error: errors.lack + errors.path, growth: 1.0, residual_ode })
    }

    /// How the attempt ends with this push; `None` if another push is worth while.
    fn verdict(
        &self,
        state: &State,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        push: u32,
        errors: &mut Errors,
    ) -> Option<Attempt> {
        let Plan { h, .. } = *plan;
        let error = errors.lack + errors.path;
        if !error.is_finite() {
            return Some(Attempt::Rejected { error, next: 0.2 * h, cause: "the attempt overflowed" });
        }
        let first = self.trial.tally.events.first_significant;
        if first.is_finite() && errors.path < 1e3 * self.allowed {
            // The first push already knows the event well enough to fence it in.
            let next = self.fence(plan, first);
            if next < 0.999 * h {
                let cause = "a particle's event changes the rate of the residuals abruptly";
                return Some(Attempt::Rejected { error, next, cause });
            }
        }
        if error <= self.allowed && errors.good == 0 {
            errors.good = push;
        }
        // What fast modes lack dies away within the next step, which would take it for a bend of its path. Residuals
        // that are smaller than the error allowed would be nothing but what pushes lack, which turns particles of
        // large amplitude to and fro.
        let matters = plan.response.is_some() || largest(&self.trial.rho) < self.allowed;
        let converged = !matters || errors.lack <= CONVERGED * self.allowed || push == MAX_PUSHES;
        if error <= self.allowed && converged {
            return Some(self.checked_by_ode(state, plan, implicit, errors));
        }
        let stalled = push > 1 && errors.lack > 0.3 * errors.last_lack && error > self.allowed;
        if (errors.path > self.allowed && !errors.far) || stalled || push == MAX_PUSHES {
            // More pushes take away what is lacking, but not the error of the path.
            let error = if errors.path > self.allowed { errors.path } else { error };
            return Some(self.shrink(h, error, "the path of the residuals"));
        }
        None
    }

    /// Accepts a push whose errors are allowed if the residual ODE over the step agrees: that checks the integration of
    /// the particles.
    fn checked_by_ode(
        &self,
        state: &State,
        plan: &Plan<'_>,
        implicit: &Implicit<'_>,
        errors: &Errors,
    ) -> Attempt {
        let Plan { h, fastest, .. } = *plan;
        let corrected = || {
            let ode = self.ode_step(h);
            let end = self.ode_end(&ode, implicit);
            let defect = if self.system.is_on_grid() {
                0.0
            } else {
                let defect: Vec<f64> = end.iter().zip(&self.trial.rho).map(|(a, b)| a - b).collect();
                self.lasting(plan, implicit, &defect)
            };
            let good = (errors.lack + errors.path).max(defect) <= self.allowed;
            (defect, good.then(|| self.corrected_ode(state, &ode, implicit, &end)))
        };
        // Beside it, although the step may not be accepted: that it is not is rare.
        let uncorrected = || self.uncorrected_ode(state, (h, fastest));
        let ((defect, corrected), uncorrected) = self.both(corrected, uncorrected);
        let error = (errors.lack + errors.path).max(defect);
        let Some(corrected) = corrected else {
            return self.shrink(h, error, "the motion of the particles");
        };
        // Without `lack`, which another push would reduce: it does not limit the next step.
        let base = errors.path.max(defect - errors.lack).max(1e-3 * self.allowed);
        let growth = 0.9 * libm::pow(self.allowed / base, 0.2);
        // Many pushes for one step cost more than a shorter step does.
        let most = match errors.good {
            1..=3 => 3.0,
            4 => 1.5,
            _ => 1.0,
        };
        let growth = growth.clamp(0.3, most).min(self.event_limit(h, fastest) / h);
        Attempt::Accepted { error, growth, residual_ode: [corrected, uncorrected] }
    }

    fn shrink(&self, h: f64, error: f64, cause: &'static str) -> Attempt {
        let factor = 0.85 * libm::pow(self.allowed / error, 0.2);
        Attempt::Rejected { error, next: h * factor.clamp(0.1, 0.7), cause }
    }

    /// The longest step that may pass over events like those of the trial, if there are at least two notable ones (so
    /// that the next step is likely to meet others); infinite if not, because fencing in a single one is cheaper.
    fn event_limit(&self, h: f64, fastest: f64) -> f64 {
        let tally = &self.trial.tally;
        if tally.events.notable < 2 {
            f64::INFINITY
        } else {
            self.passable(0.9 * EVENT_SHARE, fastest).max(0.5 * h)
        }
    }

    /// The step over which the largest jump of the trial costs this share of the tolerance:
    /// `JUMP_ERROR J h min(1, h fastest) = share * allowed`.
    fn passable(&self, share: f64, fastest: f64) -> f64 {
        let uncoupled = share * self.allowed / (JUMP_ERROR * self.trial.tally.events.largest_jump);
        if fastest * uncoupled < 1.0 { (uncoupled / fastest).sqrt() } else { uncoupled }
    }

    /// The step to try instead when the first significant event is at `first` (in `u`): to just
    /// before it, or, if that is near, one so short that it may pass over the event.
    fn fence(&self, plan: &Plan<'_>, first: f64) -> f64 {
        let Plan { h, fastest, least, .. } = *plan;
        let narrow = self.passable(0.5 * EVENT_SHARE, fastest).max(least);
        (first * h - 0.5 * narrow).max(narrow)
    }
}
