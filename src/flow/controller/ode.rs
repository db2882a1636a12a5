//! The residual ODE beside a step: as a check of the step, and carried on from the start of the run.

use crate::flow::residual_ode::{OdeStep, Pinned};
use crate::flow::state::State;

use super::Controller;

impl Controller {
    fn ode_step(&self, h: f64, pinned: Pinned) -> OdeStep<'_> {
        let tally = &self.trial.tally;
        let ends = [&self.moments, &tally.moments];
        let step = (h, self.trial.rule);
        OdeStep::new(&self.samples, &self.regions, step, self.lambda, ends, &tally.event_particles, pinned)
    }

    /// By how much what the residual ODE makes of the residual at the start of the step differs from the particles'
    /// residual at its end.
    pub(super) fn ode_defect(&mut self, h: f64, fastest: f64) -> Vec<f64> {
        let end = self.ode_step(h, Pinned::Radial).advance(
            &self.rho,
            &self.trial.rho,
            fastest,
            1e-3 * self.allowed,
        );
        let defect = end.iter().zip(&self.trial.rho).map(|(a, b)| a - b).collect();
        self.trial.ode_end = end;
        defect
    }

    /// Both residual ODEs of `state` over the accepted step.
    pub(super) fn advance_ode(&self, state: &mut State, h: f64, fastest: f64) {
        let known = [&self.rho[..], &self.trial.ode_end];
        let advance = |pinned: Pinned, rho: &[f64]| self.ode_step(h, pinned).beside(rho, known, fastest);
        let corrected = || advance(Pinned::Radial, &state.residual_ode);
        let uncorrected = || advance(Pinned::Ignored, &state.residual_ode_uncorrected);
        (state.residual_ode, state.residual_ode_uncorrected) =
            if self.shares() { rayon::join(corrected, uncorrected) } else { (corrected(), uncorrected()) };
    }
}
