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

mod attempt;
mod cloud;
mod ode;

use crate::problem::{Regions, Samples, Start};

use crate::flow::Flow;
use crate::flow::canonical::grouping::permute;
use crate::flow::canonical::{PushSettings, Walks};
use crate::flow::error::FlowError;
use crate::flow::field::rate;
use crate::flow::interface::Margins;
use crate::flow::moments::Moments;
use crate::flow::path::Path;
use crate::flow::record::StepRecord;
use crate::flow::scale::{least_scale, residual_scale};
use crate::flow::state::State;
use crate::flow::tangent_kernel::trace;

use attempt::Attempt;
use cloud::Cloud;

/// Share of the tolerance that the residuals of one step may err by: errors of many steps add up.
const STEP_SHARE: f64 = 0.1;
/// Problems of fewer particles and samples have no loops that several threads share.
const WORTH_SHARING: usize = 512;
/// Half the rapidity by which neurons may be boosted in one step.
const LIFTED_TURN: f64 = 0.5;

/// Advances a [`State`] by accepted steps.
pub struct Stepper {
    samples: Samples,
    regions: Regions,
    mass: Vec<f64>,
    lambda: f64,
    /// `kappa`, the factor before the mean over neurons.
    kappa: f64,
    /// Error of the residuals that one step may make, in units of `y`.
    allowed: f64,
    /// How far the field may be from the truth (section 15).
    margins: Margins,
    /// Largest angle of one Runge-Kutta step.
    turn: f64,
    /// Fixed step size, for measuring orders of convergence; `None` is the controller.
    fixed: Option<f64>,
    moments: Moments,
    rho: Vec<f64>,
    rho_rate: Vec<f64>,
    trial: Trial,
    cloud: Cloud,
}

/// Sums at the end of an attempted step.
struct Trial {
    walks: Walks,
    rho: Vec<f64>,
    rho_rate: Vec<f64>,
    /// Where the residual ODE leads from the residuals at the start.
    ode_end: Vec<f64>,
}

impl Stepper {
    /// The start of a run: places the particles and sums their moments.
    ///
    /// * `tolerance`: relative to the larger of the root mean squares of `y` and of the first
    ///   residual, or to what rounding leaves of it.
    pub fn start(
        samples: Samples,
        start: impl Into<Start>,
        flow: Flow,
        tolerance: f64,
    ) -> Result<(Stepper, State), FlowError> {
        let start = start.into();
        let regions = Regions::new(&samples);
        let mass = start.mass().to_vec();
        let least = least_scale(&samples, flow.kappa() * start.total_variation(), tolerance);
        let mut state = State::blank(mass.len());
        let margins = |rho: &[f64]| {
            Margins::new(&samples, flow.kappa(), tolerance * residual_scale(&samples, rho).max(least))
        };
        state.counters.ambiguous_mass = Cloud::start(&samples, &regions, start, flow, margins, &mut state)?;
        let (_, moments) = Cloud::resume(&samples, &regions, flow, &state)?;
        let mut rho = vec![0.0; samples.len()];
        moments.residual(&samples, &regions, &mut rho);
        finite(0.0, "residual", &rho)?;
        state.scale = residual_scale(&samples, &rho).max(least);
        state.memory = vec![0.0; 1 + 2 * samples.len()];
        state.initial_moments = moments.to_flat();
        state.residual_ode = rho.clone();
        state.residual_ode_uncorrected = rho;
        let mut stepper = Stepper::resume(samples, mass, flow, tolerance, &state)?;
        let Stepper { cloud, regions, mass, .. } = &mut stepper;
        cloud.group(regions, mass, &mut state);
        // Work of the start, not of the first step.
        stepper.cloud.take_touched(0, 0);
        // Slow enough for the fastest mode of the residuals; the controller takes over from there.
        let fastest = trace(&stepper.samples, &moments.sigma_with_pinned(&stepper.regions));
        state.step_size = if fastest > 0.0 { 0.01 / fastest } else { 1.0 };
        Ok((stepper, state))
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
        let regions = Regions::new(&samples);
        let (count, s, m) = (regions.boundaries(), samples.len(), mass.len());
        let (particles, neurons) = if flow.is_lifted() { (0, m) } else { (m, 0) };
        for (what, found, expected) in [
            ("r", state.r.len(), particles),
            ("theta", state.theta.len(), particles),
            ("c", state.c.len(), neurons),
            ("w_x", state.w_x.len(), neurons),
            ("w_y", state.w_y.len(), neurons),
            ("place", state.place.len(), m),
            ("residual_ode", state.residual_ode.len(), s),
            ("residual_ode_uncorrected", state.residual_ode_uncorrected.len(), s),
            ("memory", state.memory.len(), 1 + 2 * s),
            ("position", state.position.len(), m),
            ("initial_moments", state.initial_moments.len(), Moments::zero(count).to_flat().len()),
        ] {
            if found != expected {
                return Err(FlowError::State { what, found, expected });
            }
        }
        if let Some(place) = state.place.iter().find(|place| place.index() >= count) {
            return Err(FlowError::State { what: "place", found: place.index(), expected: count });
        }
        if let Some(&position) = state.position.iter().find(|&&position| position as usize >= m) {
            return Err(FlowError::State { what: "position", found: position as usize, expected: m });
        }
        let mut mass = mass;
        permute(&mut mass, &state.position, &mut vec![0.0; m]);
        let (cloud, moments) = Cloud::resume(&samples, &regions, flow, state)?;
        let mut stepper = Stepper {
            allowed: STEP_SHARE * tolerance * state.scale,
            margins: Margins::new(&samples, flow.kappa(), tolerance * state.scale),
            // A Runge-Kutta step that turns by phi errs by about phi^5 / 120.
            // Neurons are moved by maps that are exact but for the change of the field.
            turn: if flow.is_lifted() { LIFTED_TURN } else { (50.0 * tolerance).powf(0.2) },
            kappa: flow.kappa(),
            lambda: flow.tv(),
            fixed: None,
            rho: vec![0.0; s],
            rho_rate: vec![0.0; s],
            trial: Trial {
                walks: Walks::none(count),
                rho: vec![0.0; s],
                rho_rate: vec![0.0; s],
                ode_end: vec![0.0; s],
            },
            cloud,
            samples,
            regions,
            mass,
            moments,
        };
        stepper.renew(stepper.moments.clone());
        Ok(stepper)
    }

    /// Takes these moments for those of the current state.
    fn renew(&mut self, moments: Moments) {
        self.moments = moments;
        self.moments.residual(&self.samples, &self.regions, &mut self.rho);
        self.rho_rate = self.rate_of(&self.moments, &self.rho);
    }

    /// Takes steps of this size whatever their error, for measuring orders of convergence; three
    /// pushes each, no fences around events.
    pub fn with_fixed_step(mut self, step: f64) -> Stepper {
        self.fixed = Some(step);
        // One Runge-Kutta step each, as far as its sines reach.
        self.turn = 1.0;
        self
    }

    /// Applies the frames of neurons after every step, so that all are touched in each: the plain way,
    /// for comparison. Nothing changes for canonical particles.
    pub fn without_frames(mut self) -> Stepper {
        self.cloud.without_frames();
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
        &self.mass
    }

    /// `lambda` of the total-variation term.
    pub fn lambda(&self) -> f64 {
        self.lambda
    }

    /// Moments of the current state.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// Residuals of the current state.
    pub fn residual(&self) -> &[f64] {
        &self.rho
    }

    /// Their rates.
    pub fn residual_rate(&self) -> &[f64] {
        &self.rho_rate
    }

    fn rate_of(&self, moments: &Moments, rho: &[f64]) -> Vec<f64> {
        let mut sign = vec![];
        if self.lambda > 0.0 {
            sign = moments.sign_moment(&self.regions);
            sign.iter_mut().for_each(|v| *v = [self.lambda * v[0], self.lambda * v[1]]);
        }
        rate(&self.samples, &moments.sigma_with_pinned(&self.regions), &sign, rho)
    }

    /// Advances `state` by one accepted step that does not pass `until`.
    ///
    /// # Errors
    /// [`FlowError`]; the state is then as it was before.
    ///
    /// # Panics
    /// If `until` is not later than the state.
    pub fn step(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        assert!(until > state.time, "a step from {} cannot end at {until}", state.time);
        if self.mass.len().max(self.samples.len()) < WORTH_SHARING {
            return self.step_here(state, until);
        }
        // All of it on a thread of the pool: otherwise every parallel loop, of which a step has dozens,
        // waits for one of them to wake up.
        rayon::scope(|_| self.step_here(state, until))
    }

    fn step_here(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        let fastest = trace(&self.samples, &self.moments.sigma_with_pinned(&self.regions));
        let (mut pushes, mut rejections) = (0, 0);
        let mut h = self.fixed.unwrap_or_else(|| self.first_length(state.memory[0], state.step_size));
        loop {
            let remaining = until - state.time;
            let last = h >= remaining * (1.0 - 1e-9);
            let taken = if last { remaining } else { h };
            // Below this, adding a step to the time would no longer change it.
            let floor = 1e-15 * state.time;
            let (attempt, used) = self.attempt(state, taken, fastest);
            pushes += used;
            match attempt {
                Attempt::Accepted { error, growth } => {
                    // A step cut short by `until` says nothing against the one that was planned.
                    let planned = if last && rejections == 0 { h } else { 0.0 };
                    let next = planned.max(taken * growth);
                    let time = if last { until } else { state.time + taken };
                    let step_size = taken;
                    let mut record = StepRecord {
                        time,
                        step_size,
                        error_estimate: error,
                        pushes,
                        rejections,
                        touched: 0,
                        counters: self.trial.walks.counters,
                    };
                    self.accept(state, &record, next, fastest);
                    // Including those that were put into a better order after the step.
                    record.touched = self.cloud.take_touched(self.mass.len(), pushes);
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
    fn push(&mut self, state: &State, path: &Path, significant: f64) {
        let Stepper { cloud, samples, regions, mass, moments, trial, margins, .. } = self;
        let settings = PushSettings { margins, lambda: self.lambda, turn: self.turn, significant };
        cloud.push(samples, regions, mass, moments, state, path, &settings, &mut trial.walks);
        self.trial.walks.moments.residual(&self.samples, &self.regions, &mut self.trial.rho);
        self.trial.rho_rate = self.rate_of(&self.trial.walks.moments, &self.trial.rho);
    }

    /// Makes the trial the state.
    fn accept(&mut self, state: &mut State, record: &StepRecord, next: f64, fastest: f64) {
        self.advance_ode(state, record.step_size, fastest);
        state.memory[0] = record.step_size;
        let s = self.rho.len();
        state.memory[1..=s].copy_from_slice(&self.rho);
        state.memory[1 + s..].copy_from_slice(&self.rho_rate);
        std::mem::swap(&mut self.moments, &mut self.trial.walks.moments);
        std::mem::swap(&mut self.rho, &mut self.trial.rho);
        std::mem::swap(&mut self.rho_rate, &mut self.trial.rho_rate);
        state.time = record.time;
        state.step += 1;
        state.step_size = next;
        state.counters += record.counters;
        let Stepper { cloud, samples, regions, mass, moments, .. } = self;
        if let Some(moments) = cloud.accept(samples, regions, moments, mass, state) {
            self.renew(moments);
        }
    }
}

/// Checks that all values are finite.
pub fn finite(time: f64, what: &'static str, values: &[f64]) -> Result<(), FlowError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(FlowError::NonFinite { time, what, index, value: values[index] }),
        None => Ok(()),
    }
}
