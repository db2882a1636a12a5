//! The residual ODE beside a step: as a check of the step, and carried on from the start of the run.

use crate::flow::events::Tally;
use crate::flow::implicit::Implicit;
use crate::flow::output_bias::add_rate;
use crate::flow::residual_ode::{OdeStep, Pinned, Terms};
use crate::flow::state::State;

use super::Controller;

/// A share of the error that a step is allowed: iterations of the ODE that move it by less are not worth while.
const ENOUGH: f64 = 1e-3;

impl Controller {
    fn ode_between<'a>(&'a self, h: f64, [start, end]: [&'a [[f64; 3]]; 2], pinned: Pinned) -> OdeStep<'a> {
        let Tally { moments, event_particles, .. } = &self.trial.tally;
        let (step, ends) = ((h, self.trial.rule), [(&self.moments, start), (moments, end)]);
        let terms = Terms {
            lambda: self.lambda,
            decay: self.decay[1],
            bias_rate: self.bias_rate,
            bias: [self.bias, self.trial.bias, self.trial.bias_mean],
        };
        OdeStep::new(&self.samples, &self.regions, step, terms, ends, event_particles, pinned)
    }

    /// The ODE over the attempted step of length `h`, pinned mass without its angular part.
    pub(super) fn ode_step(&self, h: f64) -> OdeStep<'_> {
        self.ode_between(h, [&self.sigma, &self.trial.sigma], Pinned::Radial)
    }

    /// Where that leads from the residuals at the start of the step, to no more digits than a comparison with those of
    /// the particles at its end needs.
    pub(super) fn ode_end(&self, ode: &OdeStep<'_>, implicit: &Implicit<'_>) -> Vec<f64> {
        ode.advance(implicit, &self.rho, &self.trial.rho, self.enough())
    }

    /// What the last iteration of a solution of the ODE may move, which is more than what is left then; nothing but
    /// rounding with fixed steps, whose errors are to be seen.
    fn enough(&self) -> f64 {
        if self.fixed.is_some() { 0.0 } else { ENOUGH * self.allowed }
    }

    /// The corrected residual ODE of `state` at the end of the step.
    ///
    /// * `end`: of [`Controller::ode_end`].
    pub(super) fn corrected_ode(
        &self,
        state: &State,
        ode: &OdeStep<'_>,
        implicit: &Implicit<'_>,
        end: &[f64],
    ) -> Vec<f64> {
        ode.beside(implicit, &state.residual_ode, self.of_particles(), Some(end), self.enough())
    }

    /// The uncorrected one, with the same bits where no mass is pinned.
    pub(super) fn uncorrected_ode(&self, state: &State, (h, fastest): (f64, f64)) -> Vec<f64> {
        let sigma = [&self.moments, &self.trial.tally.moments].map(|moments| {
            let mut sigma = moments.free_sigma();
            add_rate(&mut sigma, self.bias_rate);
            sigma
        });
        let implicit = Implicit::new(&self.samples, &sigma[1], h, fastest, self.trial.rule);
        let ode = self.ode_between(h, [&sigma[0], &sigma[1]], Pinned::Ignored);
        ode.beside(&implicit, &state.residual_ode_uncorrected, self.of_particles(), None, self.enough())
    }

    /// The residuals of the particles at the start and at the end of the step.
    fn of_particles(&self) -> [&[f64]; 2] {
        [&self.rho, &self.trial.rho]
    }

    /// What both functions return, by two threads where threads share the work of a step.
    pub(super) fn both<A: Send, B: Send>(
        &self,
        a: impl FnOnce() -> A + Send,
        b: impl FnOnce() -> B + Send,
    ) -> (A, B) {
        if self.shares() { rayon::join(a, b) } else { (a(), b()) }
    }
}
