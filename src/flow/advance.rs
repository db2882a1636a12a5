//! What advances a state: the controlled steps of a flow, or the fixed ones of gradient descent.

use crate::problem::{DensityStart, Regions, Samples, Start};

use super::Flow;
use super::controller::Controller;
use super::descent::Descender;
use super::error::FlowError;
use super::moments::Moments;
use super::record::StepRecord;
use super::state::State;

/// Advances a [`State`] by accepted steps.
pub struct Stepper {
    flow: Flow,
    kind: Kind,
}

/// Both ways to step; large, so that one is not paid for in the other.
enum Kind {
    Controlled(Box<Controller>),
    Descent(Box<Descender>),
}

/// Calls the same method of whichever kind there is.
macro_rules! either {
    ($self:ident, $stepper:ident => $call:expr) => {
        match &$self.kind {
            Kind::Controlled($stepper) => $call,
            Kind::Descent($stepper) => $call,
        }
    };
}

impl Stepper {
    /// The start of a run: places the particles and sums their moments.
    ///
    /// * `tolerance`: relative to the larger of the root mean squares of `y` and of the first
    ///   residual; gradient descent has no use for it.
    ///
    /// # Errors
    /// [`FlowError`]: particles of the wrong kind, values that overflow, settings out of range.
    pub fn start(
        samples: Samples,
        start: impl Into<Start>,
        flow: Flow,
        tolerance: f64,
    ) -> Result<(Stepper, State), FlowError> {
        if let Flow::Descent { kappa, descent } = flow {
            let Start::Lifted(neurons) = start.into() else {
                return Err(FlowError::Start {
                    flow: flow.name(),
                    found: "canonical particles (r, theta)",
                    expected: "neurons (c, a, b)",
                });
            };
            let (descender, state) = Descender::start(samples, neurons, kappa, &descent)?;
            return Ok((Stepper { flow, kind: Kind::Descent(Box::new(descender)) }, state));
        }
        let (stepper, state) = Controller::start(samples, start, flow, tolerance)?;
        Ok((Stepper { flow, kind: Kind::Controlled(Box::new(stepper)) }, state))
    }

    /// The start of a run that solves for the density of the measure.
    ///
    /// * `tolerance`: as in [`Stepper::start`]; it is that of the steps, to which the error of the cells adds.
    ///
    /// # Errors
    /// [`FlowError`]: a flow or a `delta` for which there is no density, values that overflow.
    pub fn start_density(
        samples: Samples,
        start: &DensityStart,
        flow: Flow,
        tolerance: f64,
    ) -> Result<(Stepper, State), FlowError> {
        let (stepper, state) = Controller::start_density(samples, start, flow, tolerance)?;
        Ok((Stepper { flow, kind: Kind::Controlled(Box::new(stepper)) }, state))
    }

    /// A stepper for a state that was stored.
    ///
    /// * `mass`: of each particle, in the particles' own order.
    ///
    /// # Errors
    /// [`FlowError::State`] when the state does not belong to these samples and masses.
    pub fn resume(
        samples: Samples,
        mass: Vec<f64>,
        flow: Flow,
        tolerance: f64,
        state: &State,
    ) -> Result<Stepper, FlowError> {
        let kind = if let Flow::Descent { kappa, descent } = flow {
            Kind::Descent(Box::new(Descender::resume(samples, mass, kappa, &descent, state)?))
        } else {
            Kind::Controlled(Box::new(Controller::resume(samples, mass, flow, tolerance, state)?))
        };
        Ok(Stepper { flow, kind })
    }

    /// Takes steps of this size whatever their error, for measuring orders of convergence; three
    /// pushes each, no fences around events. The steps of gradient descent are fixed anyway.
    pub fn with_fixed_step(self, step: f64) -> Stepper {
        let kind = match self.kind {
            Kind::Controlled(stepper) => Kind::Controlled(Box::new(stepper.with_fixed_step(step))),
            descent => descent,
        };
        Stepper { kind, ..self }
    }

    /// Applies the frames of neurons after every step, so that all are touched in each: the plain way,
    /// for comparison. Nothing changes for other flows.
    pub fn without_frames(self) -> Stepper {
        let kind = match self.kind {
            Kind::Controlled(stepper) => Kind::Controlled(Box::new(stepper.without_frames())),
            descent => descent,
        };
        Stepper { kind, ..self }
    }

    /// Which flow this is.
    pub fn flow(&self) -> Flow {
        self.flow
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        either!(self, stepper => stepper.samples())
    }

    /// Their regions.
    pub fn regions(&self) -> &Regions {
        either!(self, stepper => stepper.regions())
    }

    /// Masses of the particles, in the order in which the state keeps them.
    pub fn mass(&self) -> &[f64] {
        either!(self, stepper => stepper.mass())
    }

    /// `lambda` of the total-variation term.
    pub fn lambda(&self) -> f64 {
        match &self.kind {
            Kind::Controlled(stepper) => stepper.lambda(),
            Kind::Descent(_) => 0.0,
        }
    }

    /// Moments of the current state.
    pub fn moments(&self) -> &Moments {
        either!(self, stepper => stepper.moments())
    }

    /// Residuals of the current state.
    pub fn residual(&self) -> &[f64] {
        either!(self, stepper => stepper.residual())
    }

    /// Their rates.
    pub fn residual_rate(&self) -> &[f64] {
        either!(self, stepper => stepper.residual_rate())
    }

    /// Advances `state` by one accepted step that does not pass `until`.
    ///
    /// # Errors
    /// [`FlowError`]; the state is then as it was before.
    ///
    /// # Panics
    /// If `until` is not later than the state.
    pub fn step(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        match &mut self.kind {
            Kind::Controlled(stepper) => stepper.step(state, until),
            Kind::Descent(descender) => descender.step(state, until),
        }
    }
}
