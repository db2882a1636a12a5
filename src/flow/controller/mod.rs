//! The step controller (mathematics, section 9).
//!
//! The particles feel each other only through the path of the residuals. A step
//!
//! 1. predicts that path (the last step's Hermite cubic continued, or a line),
//! 2. pushes every particle along it, locating its events,
//! 3. compares the Hermite path through the new residuals and rates with the prediction, and
//!    accepts, pushes again along the better path, or shortens the step.
//!
//! Every event makes the rate of the residuals jump in proportion to the particle's mass. Small
//! jumps are stepped over; a jump that would spoil the step is fenced in: the step ends just
//! before it, and a tiny step passes over it.
//!
//! `step`: attempts until one is accepted; `plan`: how an attempt is made; `attempt`: its pushes and what follows from
//! their errors; `estimate`: these errors, and the path of the next push;
//! `ode`: the residual ODE beside both.

mod attempt;
mod estimate;
mod ode;
mod plan;
mod step;

use crate::problem::{DensityStart, Regions, Samples, Start, add_bias};

use crate::flow::Flow;
use crate::flow::columns::Sizes;
use crate::flow::density;
use crate::flow::error::FlowError;
use crate::flow::events::Tally;
use crate::flow::field::rate;
use crate::flow::implicit::Rule;
use crate::flow::interface::Margins;
use crate::flow::moments::Moments;
use crate::flow::output_bias::{OutputBias, add_rate};
use crate::flow::record::PathRule;
use crate::flow::scale::{least_scale, residual_scale};
use crate::flow::state::{Particles, State};
use crate::flow::system::System;
use crate::flow::systems;
use crate::flow::tangent_kernel::trace;

/// Share of the tolerance that the residuals of one step may err by: errors of many steps add up.
const STEP_SHARE: f64 = 0.1;

/// Advances a [`State`] by accepted steps.
pub struct Controller {
    samples: Samples,
    regions: Regions,
    lambda: f64,
    /// `lambda` of weight decay, and the rate at which the function decays by it.
    decay: [f64; 2],
    /// `kappa`, the factor before the mean over neurons.
    kappa: f64,
    /// Rate of the output bias.
    bias_rate: f64,
    /// Error of the residuals that one step may make, in units of `y`.
    allowed: f64,
    /// How far the field may be from the truth (section 15).
    margins: Margins,
    /// Largest angle of one Runge-Kutta step.
    turn: f64,
    /// Fixed step size, for measuring orders of convergence; `None` is the controller.
    fixed: Option<f64>,
    /// Moments of the measure.
    moments: Moments,
    /// The output bias.
    bias: f64,
    /// `Sigma_k` of these moments, with pinned mass and the output bias.
    sigma: Vec<[f64; 3]>,
    rho: Vec<f64>,
    rho_rate: Vec<f64>,
    trial: Trial,
    system: Box<dyn System>,
}

/// Sums at the end of an attempted step.
struct Trial {
    /// How the path of the residuals is made.
    rule: Rule,
    tally: Tally,
    /// The output bias, and its mean over the step.
    bias: f64,
    bias_mean: f64,
    /// `Sigma_k` of its moments, with pinned mass and the output bias.
    sigma: Vec<[f64; 3]>,
    rho: Vec<f64>,
    rho_rate: Vec<f64>,
}

/// What the rates of residuals depend on, beside these.
#[derive(Clone, Copy)]
struct Coefficients<'a> {
    moments: &'a Moments,
    /// `Sigma_k`, with pinned mass and the output bias.
    sigma: &'a [[f64; 3]],
    /// The output bias.
    bias: f64,
}

impl Trial {
    /// At the end.
    fn coefficients(&self) -> Coefficients<'_> {
        Coefficients { moments: &self.tally.moments, sigma: &self.sigma, bias: self.bias }
    }
}

impl Controller {
    /// The start of a run: places the particles and sums their moments.
    ///
    /// * `tolerance`: relative to the larger of the root mean squares of `y` and of the first
    ///   residual, or to what rounding leaves of it.
    pub fn start(
        samples: Samples,
        start: impl Into<Start>,
        flow: Flow,
        bias: OutputBias,
        tolerance: f64,
    ) -> Result<(Controller, State), FlowError> {
        let start = start.into();
        let regions = Regions::new(&samples);
        let mass = start.mass().to_vec();
        let least = least_scale(&samples, flow.kappa() * start.total_variation(), tolerance);
        let margins = |rho: &[f64]| {
            Margins::new(&samples, flow.kappa(), tolerance * residual_scale(&samples, rho).max(least))
        };
        let state = systems::start(&samples.less(bias.start), &regions, start, flow, margins)?;
        Controller::begin(samples, mass, (flow, bias), tolerance, (state, least))
    }

    /// The start of a run that solves for the density.
    pub fn start_density(
        samples: Samples,
        start: &DensityStart,
        flow: Flow,
        bias: OutputBias,
        tolerance: f64,
    ) -> Result<(Controller, State), FlowError> {
        let regions = Regions::new(&samples);
        let columns = density::begin(&samples.less(bias.start), &regions, start, flow)?;
        let state = State::blank(Particles::Density(columns));
        // Amplitudes are of the size of the law's scale.
        let least = least_scale(&samples, start.law.canonical(flow.kappa()).scale, tolerance);
        Controller::begin(samples, vec![], (flow, bias), tolerance, (state, least))
    }

    /// From a state of which the particles are placed and their moments known.
    ///
    /// * `least`: the least unit of the tolerance.
    fn begin(
        samples: Samples,
        mass: Vec<f64>,
        (flow, bias): (Flow, OutputBias),
        tolerance: f64,
        (mut state, least): (State, f64),
    ) -> Result<(Controller, State), FlowError> {
        let regions = Regions::new(&samples);
        let system = systems::resume(&samples, &regions, mass.clone(), flow, &state)?;
        let moments = system.moments(&samples, &regions, &state);
        let mut rho = vec![0.0; samples.len()];
        state.output_bias = bias.is_some().then_some(bias.start);
        residual(&samples, &regions, &moments, bias.start, &mut rho);
        finite(0.0, "residual", &rho)?;
        state.scale = residual_scale(&samples, &rho).max(least);
        state.memory = vec![0.0; 1 + 2 * samples.len()];
        state.initial_moments = moments.to_flat();
        state.residual_ode = rho.clone();
        state.residual_ode_uncorrected = rho;
        let controller = Controller::resume(samples, mass, flow, tolerance, &state)?;
        let mut controller = controller.with_bias_rate(bias.rate);
        controller.system.group(&controller.regions, &mut state);
        // Work of the start, not of the first step.
        controller.system.take_touched(0);
        // Slow enough for the fastest mode of the residuals; the controller takes over from there.
        let fastest = trace(&controller.samples, &controller.sigma);
        state.step_size = if fastest > 0.0 { 0.01 / fastest } else { 1.0 };
        Ok((controller, state))
    }

    /// A controller for a state that was stored.
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
    ) -> Result<Controller, FlowError> {
        let regions = Regions::new(&samples);
        let (count, s, m) = (regions.boundaries(), samples.len(), mass.len());
        state.check(Sizes::of(m, s))?;
        let system = systems::resume(&samples, &regions, mass, flow, state)?;
        let moments = system.moments(&samples, &regions, state);
        let mut controller = Controller {
            allowed: STEP_SHARE * tolerance * state.scale,
            margins: Margins::new(&samples, flow.kappa(), tolerance * state.scale),
            turn: system.turn(tolerance),
            kappa: flow.kappa(),
            bias_rate: 0.0,
            lambda: flow.tv(),
            decay: [flow.decay(), flow.function_decay()],
            fixed: None,
            rho: vec![0.0; s],
            rho_rate: vec![0.0; s],
            trial: Trial {
                rule: Rule::Hermite,
                tally: Tally::none(count),
                bias: 0.0,
                bias_mean: 0.0,
                sigma: vec![],
                rho: vec![0.0; s],
                rho_rate: vec![0.0; s],
            },
            system,
            samples,
            regions,
            moments,
            bias: state.output_bias.unwrap_or(0.0),
            sigma: vec![],
        };
        controller.renew(controller.moments.clone());
        Ok(controller)
    }

    /// With an output bias that moves at this rate.
    pub fn with_bias_rate(mut self, rate: f64) -> Controller {
        self.bias_rate = rate;
        self.renew(self.moments.clone());
        self
    }

    /// Takes these moments for those of the current state.
    fn renew(&mut self, moments: Moments) {
        self.moments = moments;
        self.sigma = self.sigma_of(&self.moments);
        residual(&self.samples, &self.regions, &self.moments, self.bias, &mut self.rho);
        self.rho_rate = self.rate_of(self.coefficients(), &self.rho);
    }

    /// `Sigma_k` with pinned mass and the output bias.
    fn sigma_of(&self, moments: &Moments) -> Vec<[f64; 3]> {
        let mut sigma = moments.sigma_with_pinned(&self.regions);
        add_rate(&mut sigma, self.bias_rate);
        sigma
    }

    /// In the current state.
    fn coefficients(&self) -> Coefficients<'_> {
        Coefficients { moments: &self.moments, sigma: &self.sigma, bias: self.bias }
    }

    /// Takes steps of this size whatever their error, for measuring orders of convergence; three
    /// pushes each, no fences around events.
    pub fn with_fixed_step(mut self, step: f64) -> Controller {
        self.fixed = Some(step);
        // One Runge-Kutta step each, as far as its sines reach.
        self.turn = 1.0;
        self
    }

    /// Applies the frames of neurons after every step, so that all are touched in each: the plain way,
    /// for comparison. Nothing changes for canonical particles.
    pub fn without_frames(mut self) -> Controller {
        self.system.without_frames();
        self
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Their regions.
    pub fn regions(&self) -> &Regions {
        &self.regions
    }

    /// Masses of the particles, in the order in which the state keeps them.
    pub fn mass(&self) -> &[f64] {
        self.system.mass()
    }

    /// `lambda` of the total-variation term.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Moments of the measure in the current state.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// The rate at which the output bias moves.
    pub fn bias_rate(&self) -> f64 {
        self.bias_rate
    }

    /// `Sigma_k` with pinned mass and the output bias, which make the tangent kernel.
    pub fn sigma(&self) -> &[[f64; 3]] {
        &self.sigma
    }

    /// Residuals of the current state.
    pub fn residual(&self) -> &[f64] {
        &self.rho
    }

    /// Their rates.
    pub fn residual_rate(&self) -> &[f64] {
        &self.rho_rate
    }

    /// How the path of the residuals went over the last accepted step.
    pub fn path_rule(&self) -> PathRule {
        match self.trial.rule {
            Rule::Hermite => PathRule::Hermite,
            Rule::Stiff => PathRule::Quadratic,
        }
    }

    /// The rates of residuals `rho`.
    fn rate_of(&self, Coefficients { moments, sigma, bias }: Coefficients<'_>, rho: &[f64]) -> Vec<f64> {
        let mut sign = vec![];
        if self.lambda > 0.0 {
            sign = moments.sign_moment(&self.regions);
            sign.iter_mut().for_each(|v| *v = [self.lambda * v[0], self.lambda * v[1]]);
        }
        let mut rate = rate(&self.samples, sigma, &sign, rho);
        let [_, decay] = self.decay;
        if decay > 0.0 {
            let f = rho.iter().zip(self.samples.y()).map(|(rho, y)| rho + y - bias);
            rate.iter_mut().zip(f).for_each(|(rate, f)| *rate -= decay * f);
        }
        rate
    }
}

/// The residuals of a measure and an output bias.
fn residual(samples: &Samples, regions: &Regions, moments: &Moments, bias: f64, rho: &mut [f64]) {
    moments.residual(samples, regions, rho);
    add_bias(rho, bias);
}

/// Adding a shorter step to this time would not change it.
fn time_resolution(time: f64) -> f64 {
    1e-15 * time
}

/// Checks that all values are finite.
pub fn finite(time: f64, what: &'static str, values: &[f64]) -> Result<(), FlowError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(FlowError::NonFinite { time, what, index, value: values[index] }),
        None => Ok(()),
    }
}
