//! One accepted step: attempts until one is good enough.

use crate::flow::error::FlowError;
use crate::flow::moments::MERGE_LENGTH;
use crate::flow::output_bias::integrals;
use crate::flow::path::Path;
use crate::flow::push::Push;
use crate::flow::record::StepRecord;
use crate::flow::state::State;
use crate::flow::tangent_kernel::trace;
use crate::math::awake::awake;
use crate::math::chunks::SMALLEST;

use super::attempt::Attempt;
use super::{Controller, Trial, residual, time_resolution};

impl Controller {
    /// Advances `state` by one accepted step that does not pass `until`.
    ///
    /// # Errors
    /// [`FlowError`]; the state is then as it was before.
    ///
    /// # Panics
    /// If `until` is not later than the state.
    pub fn step(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        assert!(until > state.time, "a step from {} cannot end at {until}", state.time);
        if !self.shares() {
            return self.step_here(state, until);
        }
        // All of it on a thread of the pool: otherwise every parallel loop, of which a step has dozens,
        // waits for the start of one of them.
        awake(|| self.step_here(state, until))
    }

    /// Whether there are loops that several threads share.
    pub(super) fn shares(&self) -> bool {
        self.system.is_on_grid() || self.system.mass().len() >= SMALLEST || self.samples.len() >= MERGE_LENGTH
    }

    fn step_here(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        let fastest = trace(&self.samples, &self.sigma);
        let (mut pushes, mut rejections) = (0, 0);
        let mut h = self.fixed.unwrap_or_else(|| self.first_length(state.memory[0], state.step_size));
        loop {
            let remaining = until - state.time;
            let last = h >= remaining * (1.0 - 1e-9);
            let taken = if last { remaining } else { h };
            let floor = time_resolution(state.time);
            let (attempt, used) = self.attempt(state, (taken, last), fastest);
            pushes += used;
            match attempt {
                Attempt::Accepted { error, growth, residual_ode } => {
                    // A step that `until` cut short is no reason against the longer one that was planned.
                    let planned = if last && rejections == 0 { h } else { 0.0 };
                    let next = planned.max(taken * growth);
                    let time = if last { until } else { state.time + taken };
                    let step_size = taken;
                    let mut record = StepRecord {
                        time,
                        step_size,
                        loss: f64::NAN,
                        error_estimate: error,
                        pushes,
                        rejections,
                        touched: 0,
                        counters: self.trial.tally.events.counters,
                        path: None,
                    };
                    [state.residual_ode, state.residual_ode_uncorrected] = residual_ode;
                    self.accept(state, &record, next);
                    // Of the residuals as they are summed anew, where particles were grouped or rebased.
                    record.loss = self.samples.loss(&self.rho);
                    let counted = self.system.take_counted();
                    state.counters += counted;
                    record.counters += counted;
                    // Including those that were grouped or rebased after the step.
                    record.touched = self.system.take_touched(pushes);
                    return Ok(record);
                }
                Attempt::Rejected { error, next, cause } => {
                    rejections += 1;
                    if next.is_nan() || next <= floor || next < f64::MIN_POSITIVE {
                        return Err(FlowError::StepFloor {
                            time: state.time,
                            step_size: next,
                            floor,
                            error_estimate: error,
                            allowed: self.allowed,
                            cause,
                        });
                    }
                    h = next;
                }
            }
        }
    }

    /// Pushes all particles from `state` along `path` into the trial.
    pub(super) fn push(&mut self, state: &State, path: &Path, significant: f64) {
        let push = Push {
            samples: &self.samples,
            regions: &self.regions,
            path,
            start: &self.moments,
            margins: &self.margins,
            lambda: self.lambda,
            turn: self.turn,
            significant,
        };
        self.system.push(&push, state, &mut self.trial.tally);
        let [whole, mean] = match self.bias_rate > 0.0 {
            true => integrals(&self.samples, path).map(|integral| self.bias_rate * path.h * integral),
            false => [0.0; 2],
        };
        (self.trial.bias, self.trial.bias_mean) = (self.bias - whole, self.bias - mean);
        let Trial { tally, bias, rho, .. } = &mut self.trial;
        residual(&self.samples, &self.regions, &tally.moments, *bias, rho);
        self.trial.sigma = self.sigma_of(&self.trial.tally.moments);
        self.trial.rho_rate = self.rate_of(self.trial.coefficients(), &self.trial.rho);
    }

    /// Makes the trial the state.
    fn accept(&mut self, state: &mut State, record: &StepRecord, next: f64) {
        state.memory[0] = record.step_size;
        let s = self.rho.len();
        state.memory[1..=s].copy_from_slice(&self.rho);
        state.memory[1 + s..].copy_from_slice(&self.rho_rate);
        self.bias = self.trial.bias;
        state.output_bias = state.output_bias.map(|_| self.bias);
        std::mem::swap(&mut self.moments, &mut self.trial.tally.moments);
        std::mem::swap(&mut self.sigma, &mut self.trial.sigma);
        std::mem::swap(&mut self.rho, &mut self.trial.rho);
        std::mem::swap(&mut self.rho_rate, &mut self.trial.rho_rate);
        state.time = record.time;
        state.step += 1;
        state.step_size = next;
        state.counters += record.counters;
        if self.trial.tally.events.implicit {
            self.system.renew_rates(&self.samples, &self.rho, self.lambda, &mut self.moments);
        }
        if self.system.accept(&self.regions, &self.moments, state) {
            self.renew(self.system.moments(&self.samples, &self.regions, state));
        }
    }
}
