//! What advances a state: the controlled steps of a flow, or the fixed ones of gradient descent.

use crate::problem::{DensityStart, Regions, Samples, Start};

use super::Flow;
use super::controller::Controller;
use super::descent::Descender;
use super::error::FlowError;
use super::moments::Moments;
use super::output_bias::OutputBias;
use super::record::{PathRule, StepPath, StepRecord};
use super::state::State;

/// Advances a [`State`] by accepted steps.
pub struct Stepper {
    flow: Flow,
    method: Method,
}

/// The two ways to step, in boxes because of their size.
enum Method {
    Controlled(Box<Controller>),
    Descent(Box<Descender>),
}

/// Calls the same method of whichever there is.
macro_rules! either {
    ($self:ident, $stepper:ident => $call:expr) => {
        match &$self.method {
            Method::Controlled($stepper) => $call,
            Method::Descent($stepper) => $call,
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
        Stepper::start_biased(samples, start, flow, OutputBias::default(), tolerance)
    }

    /// The same with an output bias.
    ///
    /// ```
    /// use reluflow::flow::{Flow, OutputBias, Stepper};
    /// use reluflow::problem::{Measure, Samples};
    /// // The neuron is dead at x = 0 and x = 1, where y = 2: f = b, and db/dt = -2 (b - 2).
    /// let samples = Samples::new(&[0.0, 1.0], &[2.0, 2.0])?;
    /// let measure = Measure::uniform(vec![1.0], vec![-1.6])?;
    /// let bias = OutputBias { start: 0.0, rate: 1.0 };
    /// let (mut stepper, mut state) = Stepper::start_biased(samples, measure, Flow::ALL[0], bias, 1e-9)?;
    /// while state.time < 1.0 {
    ///     stepper.step(&mut state, 1.0)?;
    /// }
    /// assert!((state.output_bias.unwrap() - 2.0 * (1.0 - (-2f64).exp())).abs() < 1e-8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Stepper::start`].
    pub fn start_biased(
        samples: Samples,
        start: impl Into<Start>,
        flow: Flow,
        bias: OutputBias,
        tolerance: f64,
    ) -> Result<(Stepper, State), FlowError> {
        let start = start.into();
        if let Flow::Descent { kappa, descent } = flow {
            let Start::Lifted(neurons) = start else {
                return Err(FlowError::Start {
                    flow: flow.name(),
                    found: "canonical particles (r, theta)",
                    expected: "neurons (c, a, b)",
                });
            };
            let (descender, state) = Descender::start_biased(samples, neurons, kappa, &descent, bias)?;
            return Ok((Stepper { flow, method: Method::Descent(Box::new(descender)) }, state));
        }
        let (stepper, state) = match start {
            Start::Density(density) => Controller::start_density(samples, &density, flow, bias, tolerance)?,
            start => Controller::start(samples, start, flow, bias, tolerance)?,
        };
        Ok((Stepper { flow, method: Method::Controlled(Box::new(stepper)) }, state))
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
        let bias = OutputBias::default();
        let (stepper, state) = Controller::start_density(samples, start, flow, bias, tolerance)?;
        Ok((Stepper { flow, method: Method::Controlled(Box::new(stepper)) }, state))
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
        let method = if let Flow::Descent { kappa, descent } = flow {
            Method::Descent(Box::new(Descender::resume(samples, mass, kappa, &descent, state)?))
        } else {
            Method::Controlled(Box::new(Controller::resume(samples, mass, flow, tolerance, state)?))
        };
        Ok(Stepper { flow, method })
    }

    /// With an output bias, the value of which is in the state, that moves at this rate.
    pub fn with_output_bias_rate(self, rate: f64) -> Stepper {
        let method = match self.method {
            Method::Controlled(stepper) => Method::Controlled(Box::new(stepper.with_bias_rate(rate))),
            Method::Descent(descender) => Method::Descent(Box::new(descender.with_bias_rate(rate))),
        };
        Stepper { method, ..self }
    }

    /// Takes steps of this size whatever their error, for measuring orders of convergence; three
    /// pushes each, no fences around events. The steps of gradient descent are fixed anyway.
    pub fn with_fixed_step(self, step: f64) -> Stepper {
        let method = match self.method {
            Method::Controlled(stepper) => Method::Controlled(Box::new(stepper.with_fixed_step(step))),
            descent => descent,
        };
        Stepper { method, ..self }
    }

    /// Applies the frames of neurons after every step, so that all are touched in each: the plain way,
    /// for comparison. Nothing changes for other flows.
    pub fn without_frames(self) -> Stepper {
        let method = match self.method {
            Method::Controlled(stepper) => Method::Controlled(Box::new(stepper.without_frames())),
            descent => descent,
        };
        Stepper { method, ..self }
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
        match &self.method {
            Method::Controlled(stepper) => stepper.lambda(),
            Method::Descent(_) => 0.0,
        }
    }

    /// Moments of the measure in the current state.
    pub fn moments(&self) -> &Moments {
        either!(self, stepper => stepper.moments())
    }

    /// The rate at which the output bias moves.
    pub fn output_bias_rate(&self) -> f64 {
        either!(self, stepper => stepper.bias_rate())
    }

    /// `Sigma_k` with pinned mass and the output bias, which make the tangent kernel.
    pub fn sigma(&self) -> Vec<[f64; 3]> {
        either!(self, stepper => stepper.sigma().to_vec())
    }

    /// Residuals of the current state.
    pub fn residual(&self) -> &[f64] {
        either!(self, stepper => stepper.residual())
    }

    /// Their rates.
    pub fn residual_rate(&self) -> &[f64] {
        either!(self, stepper => stepper.residual_rate())
    }

    /// What the step just taken adds to the path of the residuals. Steps of gradient descent are jumps:
    /// theirs is said to be cubic, and is only of use at their ends.
    pub fn last_path(&self) -> StepPath {
        let rule = match &self.method {
            Method::Controlled(stepper) => stepper.path_rule(),
            Method::Descent(_) => PathRule::Hermite,
        };
        StepPath { residual: self.residual().to_vec(), residual_rate: self.residual_rate().to_vec(), rule }
    }

    /// Advances `state` by one accepted step that does not pass `until`.
    ///
    /// # Errors
    /// [`FlowError`]; the state is then as it was before.
    ///
    /// # Panics
    /// If `until` is not later than the state.
    pub fn step(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        match &mut self.method {
            Method::Controlled(stepper) => stepper.step(state, until),
            Method::Descent(descender) => descender.step(state, until),
        }
    }
}
