//! Recomputing from a run file all that can be recomputed.
//!
//! Everything here starts from what is stored (samples, particles, residuals), not from a running
//! simulation, and where two formulas exist uses the one the run did not. Errors are relative to
//! the largest terms of the run so far: what cancels later keeps their rounding.

mod attractors;
mod bias;
mod columns;
mod direct;
mod ending;
mod events;
mod field;
mod function;
mod kernels;
mod last;
mod line_masses;
mod lines;
mod masses;
mod neurons;
mod particles;
mod releases;
mod table;

use crate::flow::interface::Margins;
use crate::flow::{self, Invariants, ParticleKind, Vec2, gradients, least_scale, residual_scale};
use crate::kernel::GradientFlow;
use crate::math::norm::{largest_difference, ratio, worse, worst};
use crate::math::sum::sum;
use crate::problem::Regions;

use super::diagnostics::{ParticleSums, bias_dissipation};
use super::neuron::Training;
use super::{Description, Snapshot, State, StepRecord};

pub use columns::Columns;
use direct::{Direct, Part};
use events::{Mark, Steps, Worst};
use field::Field;
use line_masses::Lines;
use particles::Held;
pub use table::Check;
use table::{Law, Table};

/// Goes through the snapshots of a run in order of time.
pub struct Checker<'a> {
    description: &'a Description,
    regions: Regions,
    /// The unit of `tolerance`.
    scale: f64,
    /// The same as the checkpoint has it.
    saved_scale: Option<f64>,
    /// What the slices of a density conserve.
    invariants: Option<Invariants>,
    /// A snapshot of a density, and its lines.
    lines: Option<(Snapshot, Lines)>,
    previous: Option<Snapshot>,
    marks: Vec<Mark>,
    steps: Steps,
    /// The stored particles of the snapshot before.
    held: Held,
    /// Neurons `(c, w)` of the first snapshot, if it is the start and all are known.
    first: Option<Vec<[f64; 3]>>,
    /// Largest terms of `f(x_j)` so far, per sample.
    terms: Vec<f64>,
    /// Largest entry of any `Sigma_k` so far.
    second: f64,
    /// `tr(K_t N)` of the snapshot before, if it can be told.
    trace: Option<f64>,
    /// Second moments of the start, pinned mass included.
    initial: Option<Vec<[f64; 3]>>,
    /// Whether any mass was ever pinned.
    pinned: bool,
    /// Snapshots whose criterion does not hold, or is not told.
    wrong_endings: f64,
    /// The flow of the kernel at the start, and the residuals it starts from.
    exponential: Option<(GradientFlow, Vec<f64>)>,
    table: Table,
}

impl<'a> Checker<'a> {
    /// A checker for this run.
    pub fn new(description: &'a Description) -> Checker<'a> {
        Checker {
            regions: Regions::new(&description.samples),
            scale: 1.0,
            saved_scale: None,
            invariants: None,
            lines: None,
            previous: None,
            marks: vec![],
            steps: Steps::default(),
            held: Held::default(),
            first: None,
            terms: vec![0.0; description.samples.len()],
            second: 0.0,
            trace: None,
            initial: None,
            pinned: false,
            wrong_endings: 0.0,
            exponential: None,
            table: Table::new(description),
            description,
        }
    }

    /// Takes from a state of the run, of any time, what a file without the particles of the start does not tell: the unit
    /// of its tolerance, and what the slices of a density conserve.
    pub fn with_checkpoint(mut self, state: &State) -> Checker<'a> {
        self.saved_scale = Some(state.scale).filter(|scale| scale.is_finite());
        if let flow::Particles::Density(columns) = &state.particles {
            self.invariants = Invariants::of(columns, self.description.flow);
        }
        self
    }

    fn note(&mut self, law: Law, worst: f64, time: f64) {
        self.table.note(law, worst, time);
    }

    /// Checks one snapshot.
    ///
    /// * `stored`: the particles that are stored with it.
    /// * `saved`: all particles at its time, from elsewhere. Laws that need all of them use these
    ///   if `stored` is not all.
    pub fn snapshot(&mut self, snapshot: Snapshot, stored: Option<Columns<'_>>, saved: Option<Columns<'_>>) {
        let Description { samples, mass, flow, .. } = self.description;
        let (rho, time) = (snapshot.residual.to_vec(), snapshot.time);
        let whole = |columns: &Columns<'_>| columns.index.len() == mass.len();
        let all = stored.filter(whole).or(saved.filter(whole));
        if self.previous.is_none() {
            self.scale = residual_scale(samples, &rho).max(self.least_scale(all.as_ref()));
        }
        self.marks.push(Mark { time, step: snapshot.step, loss: snapshot.loss, counters: snapshot.counters });
        let estimated = self.description.sampling.estimates_error();
        self.note(Law::Finite, last::not_finite(&snapshot, stored.as_ref(), estimated), time);
        for (j, most) in self.terms.iter_mut().enumerate() {
            *most = worse(*most, (rho[j] + samples.y()[j]).abs().max(samples.y()[j].abs()));
        }
        self.numbers(&rho, &snapshot);
        self.bias(&snapshot);
        if let Some(previous) = self.previous.take() {
            self.since(&previous, &snapshot);
            self.previous = Some(previous);
        }
        if let Some(columns) = &stored {
            self.each(&snapshot, columns);
        }
        self.wrong_endings += ending::wrong(self.description, &snapshot);
        let direct = all.map(|columns| self.all(&rho, &snapshot, columns));
        self.second = worse(self.second, worst(snapshot.region_covariance.iter().copied()));
        if let Some(direct) = &direct {
            let sigma = direct.sigma();
            let error = (0..sigma.len())
                .flat_map(|k| (0..3).map(move |i| (k, i)))
                .map(|(k, i)| sigma[k][i] - snapshot.region_covariance[[k, i]]);
            self.note(Law::Covariance, ratio(worst(error), self.second), time);
        }
        let trace = self.kernels(&rho, &snapshot, direct.as_ref());
        if let Some(columns) = &stored {
            self.releases(&snapshot, columns, trace);
        }
        self.trace = trace;
        let neurons = flow.particles() == ParticleKind::Neuron;
        if neurons && snapshot.step == 0 && self.first.is_none() {
            self.first = all.map(|p| (0..p.c.len()).map(|i| p.neuron(i)).collect());
        }
        if let Some(columns) = all.filter(|_| neurons) {
            self.neurons(&rho, &snapshot, columns);
        }
        if let Some(columns) = &stored {
            self.held.keep(columns);
        }
        self.previous = Some(snapshot);
    }

    /// The least unit of `tolerance`, as the run had it; without the particles of the start, what the checkpoint says.
    fn least_scale(&self, particles: Option<&Columns<'_>>) -> f64 {
        let Description { flow, mass, .. } = self.description;
        // Where steps are given, `tolerance` has no use.
        if flow.given_step(mass.len()).is_some() {
            return 0.0;
        }
        let Some(particles) = particles else { return self.saved_scale.unwrap_or(0.0) };
        let total_variation = mass.iter().zip(particles.r).map(|(mass, r)| mass * r.abs()).sum();
        least_scale(&self.description.samples, total_variation, self.description.tolerance)
    }

    /// Laws of the numbers of one snapshot.
    fn numbers(&mut self, rho: &[f64], snapshot: &Snapshot) {
        let Description { samples, mass, flow, tolerance, .. } = self.description;
        let (n, time, scale) = (samples.weight(), snapshot.time, self.scale);
        let ode = snapshot.residual_ode.as_slice().unwrap_or(&[]);
        let printed = snapshot.residual_ode_uncorrected.as_slice().unwrap_or(&[]);
        self.note(Law::Ode, largest_difference(rho, ode) / scale, time);
        if snapshot.step == 0 {
            let off = [ode, printed].map(|values| {
                let pairs = values.iter().zip(rho).zip(&self.terms);
                worst(pairs.map(|((value, rho), terms)| ratio((value - rho).abs(), *terms)))
            });
            self.note(Law::Start, worse(off[0], off[1]), time);
        }
        self.pinned |= snapshot.counters.pins > 0 || snapshot.pinned_mass.sum() > 0.0;
        if !self.pinned {
            self.note(Law::Printed, largest_difference(printed, ode) / scale, time);
        }
        let loss = 0.5 * sum(rho.iter().zip(n).map(|(rho, n)| n * rho * rho));
        self.note(Law::Loss, relative(snapshot.loss, loss), time);
        let parts = snapshot.region_mass.iter().chain(&snapshot.pinned_mass).chain([&snapshot.stuck_mass]);
        let total = sum(parts.copied());
        let own = if self.description.density.is_some() { 1.0 } else { sum(mass.iter().copied()) };
        self.note(Law::Mass, worse((total - 1.0).abs(), (own - 1.0).abs()), time);
        if !flow.is_penalized() {
            self.note(Law::Penalty, snapshot.penalty.abs(), time);
        }
        let field = Field::new(samples, rho);
        let wrong = attractors::misclassified(samples, &self.regions, &field, rho, snapshot);
        self.note(Law::Lemma, wrong, time);
        let margins = Margins::new(samples, 1.0, tolerance * scale);
        let lost = attractors::pinned_elsewhere(&self.regions, &field.g, snapshot, 1e3 * tolerance, &margins);
        self.note(Law::Pinned, lost, time);
    }

    /// Laws between one snapshot and the next.
    fn since(&mut self, previous: &Snapshot, snapshot: &Snapshot) {
        let Description { samples, flow, .. } = self.description;
        let n = samples.weight();
        let start = self.scale * self.scale * sum(n.iter().copied());
        let energy = |s: &Snapshot| s.loss + s.penalty;
        self.note(Law::Decrease, (energy(snapshot) - energy(previous)) / start, snapshot.time);
        if !flow.is_penalized() {
            // d/dt Sum n rho^2 = -2 rho^T N K N rho <= 0, whichever mass the kernel counts.
            let norm =
                |s: &Snapshot| sum(s.residual_ode_uncorrected.iter().zip(n).map(|(rho, n)| n * rho * rho));
            self.note(Law::Printed, (norm(snapshot) - norm(previous)) / start, snapshot.time);
        }
        // Particles that the penalty has shrunk to r = 0 in the dead region stay dead.
        self.note(Law::Dead, previous.region_mass[0] - snapshot.region_mass[0], snapshot.time);
    }

    /// Laws of single particles, of those that are stored.
    fn each(&mut self, snapshot: &Snapshot, p: &Columns<'_>) {
        let Description { flow, .. } = self.description;
        let (time, kind) = (snapshot.time, flow.particles());
        let mut outside = particles::range(p);
        self.held.grow(p);
        for i in 0..p.place.len() {
            let (directed, still) = match kind {
                ParticleKind::Neuron => {
                    let [_, w_x, w_y] = p.neuron(i);
                    let none = (w_x, w_y) == (0.0, 0.0);
                    (!none, none)
                }
                ParticleKind::Canonical => (true, p.r[i] == 0.0),
            };
            let theta = directed.then_some(p.theta[i]);
            let off = particles::distance(&self.regions, theta, p.place[i], still);
            outside = worse(outside, off * self.held.digits(p, i));
        }
        self.note(Law::Places, outside, time);
        if kind == ParticleKind::Neuron {
            self.note(Law::Polar, particles::polar(p, flow.kappa()), time);
        }
        if let Some(previous) = &self.previous {
            let elapsed = time - previous.time;
            let bound = previous.counters.unsticks == snapshot.counters.unsticks;
            if let Some(before) = self.held.columns(p) {
                let moved = particles::frozen(&before, p, flow, elapsed, bound);
                self.note(Law::Frozen, moved, time);
            }
        } else {
            self.note(Law::Frozen, 0.0, time);
        }
    }

    /// Laws that need all particles; returns their sums.
    fn all(&mut self, rho: &[f64], snapshot: &Snapshot, p: Columns<'_>) -> Direct {
        let Description { samples, mass, flow, .. } = self.description;
        let (time, count, kind) = (snapshot.time, self.regions.boundaries(), flow.particles());
        let bias = bias_dissipation(samples, rho, self.description.output_bias.rate);
        let mut g = vec![[0.0; 2]; count];
        gradients(samples, rho, &mut g);
        let (training, lambda) = (Training::of(flow), flow.tv());
        let mut direct = Direct::new(count);
        for i in 0..mass.len() {
            let part = match kind {
                ParticleKind::Neuron => {
                    Some(Part::neuron(p.neuron(i), p.place[i], &self.regions, &g, training))
                }
                ParticleKind::Canonical => {
                    Part::canonical((p.r[i], p.theta[i], p.place[i]), &self.regions, &g, lambda)
                }
            };
            part.into_iter().for_each(|part| direct.add(mass[i], part));
        }
        let (found, size) = direct.values(samples.x());
        self.terms.iter_mut().zip(&size).for_each(|(most, size)| *most = worse(*most, *size));
        let off = (0..rho.len()).map(|j| {
            let error = (found[j] + snapshot.output_bias - samples.y()[j] - rho[j]).abs();
            ratio(error, self.terms[j].max(f64::MIN_POSITIVE))
        });
        let off = worst(off);
        self.note(Law::Residual, off, time);
        self.function(snapshot, &p);
        let sums = self.sums(&g, &p);
        self.note(Law::Regions, masses::error(snapshot, &sums, mass, &p), time);
        let unit = (direct.squared + bias).max(f64::MIN_POSITIVE);
        let dissipation = sums.dissipation + bias;
        self.note(Law::Dissipation, ratio((snapshot.energy_dissipation - dissipation).abs(), unit), time);
        if flow.is_penalized() {
            let penalty = match kind {
                ParticleKind::Canonical => flow.tv() * sums.absolute,
                // By its definition, where the run added up neuron by neuron.
                ParticleKind::Neuron => self.decay_penalty(&p),
            };
            self.note(Law::Penalty, relative(snapshot.penalty, penalty), time);
        }
        // dE/dt through the samples: each particle's velocity projected on each sample.
        let (energy_rate, size) = direct.energy_rate(samples, rho);
        let unit = self.scale * self.scale * sum(samples.weight().iter().copied());
        let unit = unit.max(dissipation).max(size);
        self.note(Law::Energy, (energy_rate - bias + dissipation).abs() / unit, time);
        direct
    }

    /// `lambda / 2 Int (c^2 + |w|^2) mu`, of the layers that train.
    fn decay_penalty(&self, p: &Columns<'_>) -> f64 {
        let Description { mass, flow, .. } = self.description;
        let (output, hidden) = flow.moves();
        let squares = |i: usize| {
            let c = if output { p.c[i] * p.c[i] } else { 0.0 };
            if hidden { c + p.a[i] * p.a[i] + p.b[i] * p.b[i] } else { c }
        };
        0.5 * flow.decay() * sum((0..mass.len()).map(|i| mass[i] * squares(i)))
    }

    /// The sums of a snapshot once more.
    fn sums(&self, g: &[Vec2], p: &Columns<'_>) -> ParticleSums {
        let Description { mass, flow, .. } = self.description;
        match flow.particles() {
            ParticleKind::Neuron => {
                let neurons = (0..mass.len()).map(|i| (&mass[i], p.neuron(i), &p.place[i]));
                ParticleSums::of_columns(neurons, &self.regions, g, Training::of(flow))
            }
            ParticleKind::Canonical => {
                ParticleSums::new(mass, p.r, p.theta, p.place, &self.regions, g, flow.tv())
            }
        }
    }

    /// Checks that only neurons have.
    fn neurons(&mut self, rho: &[f64], snapshot: &Snapshot, p: Columns<'_>) {
        let Description { samples, flow, delta, .. } = self.description;
        let time = snapshot.time;
        if snapshot.step == 0 {
            self.note(Law::Start, neurons::delta(&p, delta), time);
        }
        if let Some(conserved) = flow.descriptor().conserves
            && let Some(worst) = neurons::invariant(
                &p,
                conserved,
                delta,
                self.first.as_deref(),
                &self.held,
                (flow.decay(), time),
            )
        {
            self.note(Law::Invariant(conserved), worst, time);
        }
        let field = Field::new(samples, rho);
        let worst = neurons::metric(&p, Training::of(flow), samples, rho, &field);
        self.note(Law::Metric, worst, time);
    }

    /// Checks consecutive rows of the list of steps, once all snapshots have been seen.
    ///
    /// * `numbers`: of the steps, from 1 on, in ascending order; where some are missing, nothing is
    ///   said of what lies between.
    pub fn steps(&mut self, numbers: &[u64], steps: &[StepRecord]) {
        self.steps.rows(self.description, &self.marks, numbers, steps);
    }

    /// Checks the last snapshot against what was saved with it to go on from; returns the table.
    ///
    /// * `all_steps`: whether [`steps`](Checker::steps) got as many rows as there should be. Snapshots
    ///   after the last of them, as a kill and a recovery leave them, are then no violation.
    /// * `saved`: the state at the time of the last snapshot; `particles`: its particles, if it has some.
    pub fn finish(
        mut self,
        all_steps: bool,
        saved: Option<&State>,
        particles: Option<Columns<'_>>,
    ) -> Vec<Check> {
        let mut steps = std::mem::take(&mut self.steps);
        steps.end(&self.marks, all_steps);
        // Of no steps nothing can be said, unless there should be some.
        if !steps.is_empty() || !all_steps {
            let found = [
                (Law::Steps, steps.ends),
                (Law::Times, steps.times),
                (Law::Losses, steps.losses),
                (Law::Events, steps.counts),
            ];
            for (law, Worst { error, time }) in found {
                self.note(law, error, time);
            }
        }
        let ended = self.previous.as_ref().is_some_and(|last| last.ending.is_some());
        if let Some(missing) = events::missing(self.description, &self.marks, ended) {
            let end = self.marks.last().map_or(0.0, |mark| mark.time);
            self.note(Law::Schedule, missing, end);
        }
        if let (Some(snapshot), Some(state)) = (self.previous.take(), saved) {
            let single = self.description.output.single_precision;
            self.wrong_endings += ending::wrong_at_rest(self.description, &snapshot, state);
            let different = last::different(&snapshot, self.held.last(), state, particles.as_ref(), single);
            self.note(Law::Checkpoint, different, snapshot.time);
        }
        let time = self.marks.last().map_or(0.0, |mark| mark.time);
        self.note(Law::Ending, self.wrong_endings, time);
        self.table.finish()
    }
}

fn relative(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) }
}
