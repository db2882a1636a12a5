//! A run of gradient descent, step by step.

use rayon::prelude::*;

use crate::flow::columns::Sizes;
use crate::flow::field::{gradients, rate};
use crate::flow::moments::Moments;
use crate::flow::output_bias::{OutputBias, add_rate};
use crate::flow::scale::residual_scale;
use crate::flow::state::Particles;
use crate::flow::{Counters, Descent, FlowError, State, StepRecord, Vec2};
use crate::math::chunks::chunk_size;
use crate::problem::{Neurons, Place, PlaceKind, Regions, Samples, add_bias};

use super::active::region_of;
use super::batches::Batches;
use super::columns::Descended;
use super::landing::landing;
use super::noise::{Heat, with_noisy_labels};
use super::pass::{Chunk, Pass};
use super::residual::{self, OdeStep};
use super::rows::{Row, rows};
use super::settings;
use super::sums::{self, Sums};
use super::update::Update;

/// Largest weighted square of a bound on the sums of a step: beyond it squares of residuals could overflow.
const OVERFLOW: f64 = 1e280;

/// No normal that is drawn is larger: `(-2 ln 2^-53)^(1/2)` is 8.6.
const LARGEST_NORMAL: f64 = 9.0;

/// Advances a [`State`] of neurons by steps of gradient descent.
pub struct Descender {
    samples: Samples,
    regions: Regions,
    mass: Vec<f64>,
    kappa: f64,
    learning_rate: f64,
    update: Update,
    seed: u64,
    label_noise: f64,
    batches: Option<Batches>,
    rows: Vec<Row>,
    moments: Moments,
    rho: Vec<f64>,
    rho_rate: Vec<f64>,
    chunks: Vec<Sums>,
    /// The largest `|c|`, `|w_x|`, `|w_y|`, and the same of the velocities.
    largest: [f64; 2],
    /// The output bias, its rate, and the sum of the residuals of the next step.
    bias: f64,
    bias_rate: f64,
    bias_pull: f64,
}

impl Descender {
    /// The start of a run: finds the neurons' regions and sums their moments.
    ///
    /// # Errors
    /// [`FlowError::Setting`] for settings out of range, [`FlowError::Diverged`] for neurons so
    /// large that their sums could overflow.
    pub fn start(
        samples: Samples,
        neurons: Neurons,
        kappa: f64,
        descent: &Descent,
    ) -> Result<(Descender, State), FlowError> {
        Descender::start_biased(samples, neurons, kappa, descent, OutputBias::default())
    }

    /// The same with an output bias.
    ///
    /// # Errors
    /// As [`Descender::start`].
    pub fn start_biased(
        samples: Samples,
        neurons: Neurons,
        kappa: f64,
        descent: &Descent,
        bias: OutputBias,
    ) -> Result<(Descender, State), FlowError> {
        let (c, w_x, b, mass) = neurons.into_columns();
        let w_y: Vec<f64> = b.into_iter().map(|b| -b).collect();
        let (m, s) = (c.len(), samples.len());
        let update = settings::update(descent, kappa, m, s)?;
        let place: Vec<Place> = (0..m)
            .into_par_iter()
            .map(|i| Place::in_region(region_of(samples.x(), [w_x[i], w_y[i]])))
            .collect();
        let velocity = vec![0.0; if update.is_heavy() { m } else { 0 }];
        let square = vec![0.0; if update.adam.is_some() { m } else { 0 }];
        let moments = Moments::zero(2 * s).to_flat();
        let particles = Particles::Descended(Descended {
            position: (0..m as u32).collect(),
            c,
            w_x,
            w_y,
            v_c: velocity.clone(),
            v_x: velocity.clone(),
            v_y: velocity,
            q_c: square.clone(),
            q_x: square.clone(),
            q_y: square,
            place,
            moments: moments.clone(),
        });
        let mut state = State {
            step_size: update.dt,
            residual_ode: vec![0.0; s],
            residual_ode_uncorrected: vec![0.0; s],
            memory: vec![0.0; 1 + 2 * s],
            initial_moments: moments,
            output_bias: bias.is_some().then_some(bias.start),
            ..State::blank(particles)
        };
        let mut descender = Descender::resume(samples, mass, kappa, descent, &state)?;
        descender.bias_rate = bias.rate;
        descender.refuse_overflow(0.0, descender.largest[0], bias.start)?;
        descender.pass(&mut state, |pass, chunk, sums| pass.sum(chunk, sums));
        descender.sum_residuals();
        state.initial_moments = descender.store(&mut state);
        state.residual_ode = descender.rho.clone();
        state.residual_ode_uncorrected = descender.rho.clone();
        state.scale = residual_scale(&descender.samples, &descender.rho);
        Ok((descender, state))
    }

    /// Continues from a stored state, to the same bits.
    ///
    /// # Errors
    /// [`FlowError::Setting`], or [`FlowError::State`] when the state does not belong to these
    /// samples, masses and settings.
    pub fn resume(
        samples: Samples,
        mass: Vec<f64>,
        kappa: f64,
        descent: &Descent,
        state: &State,
    ) -> Result<Descender, FlowError> {
        let (m, s) = (mass.len(), samples.len());
        let update = settings::update(descent, kappa, m, s)?;
        let regions = Regions::new(&samples);
        let count = regions.boundaries();
        let columns = fits(state, m, s, update)?;
        let moments = Moments::from_flat(count, &columns.moments).expect("columns of a checked state");
        let mut descender = Descender {
            kappa,
            learning_rate: descent.learning_rate,
            update,
            seed: descent.seed,
            label_noise: descent.label_noise,
            batches: descent.batch.map(|size| Batches::new(s, size, descent.seed)),
            rows: rows(samples.x()),
            rho: vec![0.0; s],
            rho_rate: vec![0.0; s],
            chunks: vec![Sums::zero(count); m.div_ceil(chunk_size(m, count))],
            largest: [
                largest(&[&columns.c, &columns.w_x, &columns.w_y]),
                largest(&[&columns.v_c, &columns.v_x, &columns.v_y]),
            ],
            samples,
            regions,
            mass,
            moments,
            bias: state.output_bias.unwrap_or(0.0),
            bias_rate: 0.0,
            bias_pull: 0.0,
        };
        descender.sum_residuals();
        Ok(descender)
    }

    /// With an output bias that moves at this rate.
    pub fn with_bias_rate(mut self, rate: f64) -> Descender {
        self.bias_rate = rate;
        self.sum_residuals();
        self
    }

    /// The rate at which the output bias moves.
    pub fn bias_rate(&self) -> f64 {
        self.bias_rate
    }

    /// The samples.
    pub fn samples(&self) -> &Samples {
        &self.samples
    }

    /// Their regions.
    pub fn regions(&self) -> &Regions {
        &self.regions
    }

    /// Masses of the neurons, in their own order.
    pub fn mass(&self) -> &[f64] {
        &self.mass
    }

    /// `kappa F_k` and `kappa^2 Sigma_k` of the neurons; nothing is pinned.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// `Sigma_k` with the output bias, which make the tangent kernel.
    pub fn sigma(&self) -> Vec<[f64; 3]> {
        let mut sigma = self.moments.free_sigma();
        add_rate(&mut sigma, self.bias_rate);
        sigma
    }

    /// Residuals of the current state, of all samples.
    pub fn residual(&self) -> &[f64] {
        &self.rho
    }

    /// Their rates in the flow of which this descent is a discretization, `-K N rho`.
    pub fn residual_rate(&self) -> &[f64] {
        &self.rho_rate
    }

    /// Advances `state` by one step of gradient descent. The step that comes nearest to `until`
    /// ends there exactly.
    ///
    /// The error estimate of the record is that of explicit Euler as a method for the residual
    /// ODE: half of the step times how much the rates of the residuals changed; of Adam, how far the residuals are from
    /// the step's linear response.
    ///
    /// # Errors
    /// [`FlowError::Diverged`]; the state is then as it was before.
    ///
    /// # Panics
    /// If `until` is not later than the state.
    pub fn step(&mut self, state: &mut State, until: f64) -> Result<StepRecord, FlowError> {
        assert!(until > state.time, "a step from {} cannot end at {until}", state.time);
        self.set_field(state);
        let corrections = self.update.corrections(state.step);
        let moved = self.update.bias_step(self.bias_rate * self.bias_pull, state.bias_memory, corrections);
        self.refuse_overflow(state.time, self.reach(), self.bias + moved.step)?;
        let dt = self.update.dt;
        let ode = self.update.adam.is_none();
        let ode = ode.then(|| OdeStep::new(&self.samples, &self.sigma(), self.update, state));
        self.bias += moved.step;
        (state.output_bias, state.bias_memory) = (state.output_bias.map(|_| self.bias), moved.memory);
        self.pass(state, |pass, chunk, sums| pass.advance(chunk, sums));
        let apart =
            |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0, |most: f64, (a, b)| most.max((a - b).abs()));
        let error_estimate = match ode {
            Some(ode) => {
                ode.take(&sums::missed(&self.chunks, self.kappa), state);
                let before = std::mem::take(&mut self.rho_rate);
                self.sum_residuals();
                0.5 * dt * apart(&before, &self.rho_rate)
            }
            None => {
                let before = self.rho.clone();
                let mut response = sums::response(&self.chunks, self.kappa);
                // The region where all samples are active.
                response[self.samples.len()][1] += moved.step;
                let change = residual::follow(&self.samples, &response, state);
                self.sum_residuals();
                let linear: Vec<f64> = before.iter().zip(&change).map(|(rho, change)| rho + change).collect();
                apart(&linear, &self.rho)
            }
        };
        let (time, step_size) = landing(state.step + 1, dt, state.time, until);
        let counters = Counters {
            crossings: self.chunks.iter().map(|sums| sums.crossings).sum(),
            deaths: self.chunks.iter().map(|sums| sums.deaths).sum(),
            ..Counters::default()
        };
        self.store(state);
        state.time = time;
        state.step += 1;
        state.counters += counters;
        let touched = self.mass.len() as u64;
        Ok(StepRecord {
            time,
            step_size,
            loss: self.samples.loss(&self.rho),
            error_estimate,
            pushes: 1,
            rejections: 0,
            touched,
            counters,
            path: None,
        })
    }

    /// Sets `g_k` to that of the samples of the next step: the full batch, or a minibatch, and their noisy labels.
    fn set_field(&mut self, state: &State) {
        let mut g = vec![[0.0; 2]; self.rows.len()];
        let noisy = (self.label_noise > 0.0)
            .then(|| with_noisy_labels(&self.samples, &self.rho, self.label_noise, self.seed, state.step));
        let rho = noisy.as_ref().unwrap_or(&self.rho);
        match &mut self.batches {
            None => gradients(&self.samples, rho, &mut g),
            Some(batches) => {
                let mut weighed = vec![0.0; rho.len()];
                batches.weigh(state.step, rho, &mut weighed);
                gradients(&self.samples, &weighed, &mut g);
            }
        }
        // In the region where all samples are active.
        self.bias_pull = g[self.samples.len()][1];
        for (row, g) in self.rows.iter_mut().zip(g) {
            row.g = [self.kappa * g[0], self.kappa * g[1]];
        }
    }

    /// A bound on the parameters after a step along the field that is set.
    fn reach(&self) -> f64 {
        let strongest =
            self.rows.iter().fold(0.0, |most: f64, row| most.max(row.g[0].abs() + row.g[1].abs()));
        self.largest[0] + self.update.reach(self.largest, strongest) + LARGEST_NORMAL * self.update.heat
    }

    /// Refuses parameters as large as `reach`, and an output bias, if sums over them could overflow: `f`, and with it
    /// the rates of the residuals, which are squares of such sums.
    fn refuse_overflow(&self, time: f64, reach: f64, bias: f64) -> Result<(), FlowError> {
        let x = self.samples.x();
        let width = 2.0 + x[0].abs() + x[x.len() - 1].abs();
        let sum = self.kappa * (reach * width) * (reach * width) + bias.abs();
        let weights: f64 = self.samples.weight().iter().sum();
        // Written so that a NaN is refused.
        if sum * sum * weights <= OVERFLOW {
            return Ok(());
        }
        Err(FlowError::Diverged { time, reach, learning_rate: self.learning_rate })
    }

    /// Goes over all neurons in fixed chunks and adds up what they left, in order.
    fn pass(&mut self, state: &mut State, visit: fn(&Pass<'_>, &mut Chunk<'_>, &mut Sums)) {
        let g_ode = residual::field(&self.samples, state);
        let heat = Heat::new(self.seed, state.step, self.mass.len());
        let corrections = self.update.corrections(state.step);
        let pass = Pass {
            x: self.samples.x(),
            rows: &self.rows,
            g_ode: &g_ode,
            update: self.update,
            corrections,
            heat,
        };
        let size = chunk_size(self.mass.len(), self.rows.len());
        let Descended { c, w_x, w_y, v_c, v_x, v_y, q_c, q_x, q_y, place, .. } =
            state.particles.descended_mut();
        let mut velocity = [v_c, v_x, v_y].map(|v| v.chunks_mut(size));
        let mut square = [q_c, q_x, q_y].map(|q| q.chunks_mut(size));
        let mut parts: Vec<Chunk<'_>> = self
            .mass
            .chunks(size)
            .zip(c.chunks_mut(size))
            .zip(w_x.chunks_mut(size).zip(w_y.chunks_mut(size)))
            .zip(place.chunks_mut(size))
            .enumerate()
            .map(|(number, (((mass, c), (w_x, w_y)), place))| Chunk {
                first: (number * size) as u64,
                mass,
                c,
                w: [w_x, w_y],
                place,
                velocity: velocity.each_mut().map(|v| v.next().unwrap_or_default()),
                square: square.each_mut().map(|q| q.next().unwrap_or_default()),
            })
            .collect();
        parts.par_iter_mut().zip(&mut self.chunks).for_each(|(chunk, sums)| {
            sums.clear();
            visit(&pass, chunk, sums);
        });
        sums::moments(&self.chunks, self.kappa, &mut self.moments);
        let most = |value: fn(&Sums) -> f64| self.chunks.iter().map(value).fold(0.0, f64::max);
        self.largest = [most(|sums| sums.largest), most(|sums| sums.largest_velocity)];
    }

    /// Moments into the state; also returns them.
    fn store(&self, state: &mut State) -> Vec<f64> {
        let moments = self.moments.to_flat();
        state.particles.descended_mut().moments.clone_from(&moments);
        moments
    }

    /// Residuals and rates that belong to the moments.
    fn sum_residuals(&mut self) {
        self.moments.residual(&self.samples, &self.regions, &mut self.rho);
        add_bias(&mut self.rho, self.bias);
        let nothing: &[Vec2] = &[];
        self.rho_rate = rate(&self.samples, &self.sigma(), nothing, &self.rho);
    }
}

fn largest(columns: &[&[f64]]) -> f64 {
    let most = |values: &[f64]| values.par_iter().map(|value| value.abs()).reduce(|| 0.0, f64::max);
    columns.iter().map(|values| most(values)).fold(0.0, f64::max)
}

/// The columns of a state of gradient descent, with the lengths and places that it gives them (checked).
fn fits(state: &State, m: usize, s: usize, update: Update) -> Result<&Descended, FlowError> {
    let Particles::Descended(columns) = &state.particles else {
        let what = if state.has_neurons() { "v_c" } else { "c" };
        return Err(FlowError::State { what, found: 0, expected: m });
    };
    let count = |kept: bool| if kept { m } else { 0 };
    let (velocities, squares) = (count(update.is_heavy()), count(update.adam.is_some()));
    state.check(Sizes { velocities, squares, ..Sizes::of(m, s) })?;
    let wrong = |place: &&Place| !matches!(place.kind(), PlaceKind::Free | PlaceKind::Dead);
    if let Some(place) = columns.place.iter().find(wrong) {
        return Err(FlowError::State { what: "place", found: place.index(), expected: 2 * s });
    }
    Ok(columns)
}
