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
mod ode;

use rayon::prelude::*;

use crate::problem::{Measure, Regions, Samples};

use crate::flow::canonical::grouping::{due, permute, targets};
use crate::flow::canonical::tables::Tables;
use crate::flow::canonical::{Particles, Walks, initial_residual, place_all, push_all, sum_moments};
use crate::flow::error::FlowError;
use crate::flow::field::gradients;
use crate::flow::moments::Moments;
use crate::flow::path::Path;
use crate::flow::record::StepRecord;
use crate::flow::residual_ode::rate;
use crate::flow::state::State;
use crate::flow::tangent_kernel::trace;
use crate::flow::{Counters, Flow};

use attempt::Attempt;

/// Share of the tolerance that the residuals of one step may err by: errors of many steps add up.
const STEP_SHARE: f64 = 0.1;

/// Advances a [`State`] by accepted steps.
pub struct Stepper {
    samples: Samples,
    regions: Regions,
    mass: Vec<f64>,
    lambda: f64,
    /// Error of the residuals that one step may make, in units of `y`.
    allowed: f64,
    /// Largest angle of one Runge-Kutta step.
    turn: f64,
    /// Fixed step size, for measuring orders of convergence; `None` is the controller.
    fixed: Option<f64>,
    moments: Moments,
    rho: Vec<f64>,
    rho_rate: Vec<f64>,
    trial: Trial,
    chunks: Vec<Walks>,
}

/// Particles and sums at the end of an attempted step.
struct Trial {
    r: Vec<f64>,
    theta: Vec<f64>,
    place: Vec<crate::problem::Place>,
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
    ///   residual.
    pub fn start(
        samples: Samples,
        measure: Measure,
        flow: Flow,
        tolerance: f64,
    ) -> Result<(Stepper, State), FlowError> {
        let regions = Regions::new(&samples);
        let lambda = flow.tv();
        let rho = initial_residual(&samples, &regions, &measure);
        let mut g = vec![[0.0; 2]; regions.boundaries()];
        gradients(&samples, &rho, &mut g);
        let (theta, place, ambiguous) = place_all(&regions, &measure, &g, lambda);
        let (r, _, mass) = measure.into_columns();
        let moments = sum_moments(&mass, &r, &theta, &place, &g, lambda);
        let mut rho = vec![0.0; samples.len()];
        moments.residual(&samples, &regions, &mut rho);
        // Once more, so that the rates of the moments belong to these very residuals.
        gradients(&samples, &rho, &mut g);
        let moments = sum_moments(&mass, &r, &theta, &place, &g, lambda);
        finite(0.0, "residual", &rho)?;
        let scale = residual_scale(&samples, &rho);
        let state = State {
            time: 0.0,
            step: 0,
            step_size: 0.0,
            position: (0..r.len() as u32).collect(),
            grouped_at: 0,
            r,
            theta,
            place,
            moments: moments.to_flat(),
            residual_ode: rho.clone(),
            residual_ode_uncorrected: rho.clone(),
            memory: vec![0.0; 1 + 2 * samples.len()],
            initial_moments: moments.to_flat(),
            scale,
            counters: Counters { ambiguous_mass: ambiguous, ..Counters::default() },
        };
        let mut state = state;
        let mut stepper = Stepper::resume(samples, mass, flow, tolerance, &state)?;
        stepper.group(&mut state);
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
        for (what, found, expected) in [
            ("r", state.r.len(), m),
            ("theta", state.theta.len(), m),
            ("place", state.place.len(), m),
            ("residual_ode", state.residual_ode.len(), s),
            ("residual_ode_uncorrected", state.residual_ode_uncorrected.len(), s),
            ("memory", state.memory.len(), 1 + 2 * s),
            ("position", state.position.len(), m),
            ("initial_moments", state.initial_moments.len(), state.moments.len()),
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
        let moments = Moments::from_flat(count, &state.moments).ok_or(FlowError::State {
            what: "moments",
            found: state.moments.len(),
            expected: Moments::zero(count).to_flat().len(),
        })?;
        let mut stepper = Stepper {
            allowed: STEP_SHARE * tolerance * state.scale,
            // A Runge-Kutta step that turns by phi errs by about phi^5 / 120.
            turn: (50.0 * tolerance).powf(0.2),
            lambda: flow.tv(),
            fixed: None,
            rho: vec![0.0; s],
            rho_rate: vec![0.0; s],
            trial: Trial {
                r: vec![0.0; m],
                theta: vec![0.0; m],
                place: state.place.clone(),
                walks: Walks::none(count),
                rho: vec![0.0; s],
                rho_rate: vec![0.0; s],
                ode_end: vec![0.0; s],
            },
            chunks: vec![],
            samples,
            regions,
            mass,
            moments,
        };
        stepper.moments.residual(&stepper.samples, &stepper.regions, &mut stepper.rho);
        stepper.rho_rate = stepper.rate_of(&stepper.moments, &stepper.rho);
        Ok(stepper)
    }

    /// Takes steps of this size whatever their error, for measuring orders of convergence; three
    /// pushes each, no fences around events.
    pub fn with_fixed_step(mut self, step: f64) -> Stepper {
        self.fixed = Some(step);
        // One Runge-Kutta step each, as far as its sines reach.
        self.turn = 1.0;
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

    /// Sorts the particles in memory by place, if that pays.
    fn group(&mut self, state: &mut State) {
        let Some(target) = targets(&state.place, self.regions.boundaries()) else { return };
        let (trial, mass) = (&mut self.trial, &mut self.mass);
        rayon::join(
            || {
                permute(&mut state.r, &target, &mut trial.r);
                permute(mass, &target, &mut trial.r);
            },
            || {
                permute(&mut state.theta, &target, &mut trial.theta);
                permute(&mut state.place, &target, &mut trial.place);
            },
        );
        state.position.par_iter_mut().for_each(|position| *position = target[*position as usize]);
        state.grouped_at = state.counters.events();
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
        let fastest = trace(&self.samples, &self.moments.sigma_with_pinned(&self.regions));
        let (mut pushes, mut rejections) = (0, 0);
        let mut h = self.fixed.unwrap_or(state.step_size.min(self.longest_step()));
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
                    let record = StepRecord {
                        time,
                        step_size,
                        error_estimate: error,
                        pushes,
                        rejections,
                        counters: self.trial.walks.counters,
                    };
                    self.accept(state, &record, next, fastest);
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
        let tables = Tables::new(&self.samples, &self.regions, path, &self.moments, self.lambda, self.turn);
        let particles = Particles {
            mass: &self.mass,
            r: &state.r,
            theta: &state.theta,
            place: &state.place,
            r_end: &mut self.trial.r,
            theta_end: &mut self.trial.theta,
            place_end: &mut self.trial.place,
        };
        push_all(&tables, particles, significant, &mut self.chunks, &mut self.trial.walks);
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
        std::mem::swap(&mut state.r, &mut self.trial.r);
        std::mem::swap(&mut state.theta, &mut self.trial.theta);
        std::mem::swap(&mut state.place, &mut self.trial.place);
        std::mem::swap(&mut self.moments, &mut self.trial.walks.moments);
        std::mem::swap(&mut self.rho, &mut self.trial.rho);
        std::mem::swap(&mut self.rho_rate, &mut self.trial.rho_rate);
        state.moments = self.moments.to_flat();
        state.time = record.time;
        state.step += 1;
        state.step_size = next;
        state.counters += record.counters;
        if due(state.r.len(), state.counters.events() - state.grouped_at) {
            self.group(state);
        }
    }
}

/// The unit of `tolerance`: the larger of the root mean squares of `y` and of the residual.
fn residual_scale(samples: &Samples, rho: &[f64]) -> f64 {
    let n: f64 = samples.weight().iter().sum();
    let mean_square = |values: &[f64]| {
        values.iter().zip(samples.weight()).map(|(value, weight)| weight * value * value).sum::<f64>() / n
    };
    let scale = mean_square(samples.y()).max(mean_square(rho)).sqrt();
    if scale > 0.0 { scale } else { 1.0 }
}

/// Checks that all values are finite.
pub fn finite(time: f64, what: &'static str, values: &[f64]) -> Result<(), FlowError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(FlowError::NonFinite { time, what, index, value: values[index] }),
        None => Ok(()),
    }
}
