//! Recomputing from a run file all that can be recomputed.
//!
//! Everything here starts from what is stored (samples, particles, residuals), not from a running
//! simulation, and where two formulas exist uses the one the run did not.

mod direct;
mod exponential;
mod neurons;
mod table;

use crate::flow::{Flow, Vec2, gradients, least_scale, residual_scale};
use crate::problem::{Place, PlaceKind, Regions};

use super::diagnostics::ParticleSums;
use super::neuron::Training;
use super::{BoundaryClass, Description, Snapshot, StepRecord};

use direct::{Direct, Part};
use exponential::Exponential;
pub use table::Check;
use table::{Law, Table, has_momentum, is_descent};

/// Particles of one snapshot: all of them, in order.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// Amplitudes.
    pub r: &'a [f64],
    /// Directions.
    pub theta: &'a [f64],
    /// Output weights of neurons; empty for canonical particles, as `a` and `b` are.
    pub c: &'a [f64],
    /// Slopes.
    pub a: &'a [f64],
    /// Offsets.
    pub b: &'a [f64],
    /// Places.
    pub place: &'a [Place],
}

impl Columns<'_> {
    /// `(c, w)` of neuron `i`, `w = (a, -b)`.
    fn neuron(&self, i: usize) -> [f64; 3] {
        [self.c[i], self.a[i], -self.b[i]]
    }
}

/// Goes through the snapshots of a run in order of time.
pub struct Checker<'a> {
    description: &'a Description,
    regions: Regions,
    scale: f64,
    previous: Option<Snapshot>,
    /// Neurons `(c, w)` of the first snapshot, if it is the start.
    first: Option<Vec<[f64; 3]>>,
    exponential: Option<Exponential>,
    table: Table,
}

impl<'a> Checker<'a> {
    /// A checker for this run.
    pub fn new(description: &'a Description) -> Checker<'a> {
        Checker {
            regions: Regions::new(&description.samples),
            scale: 1.0,
            previous: None,
            first: None,
            exponential: None,
            table: Table::new(description),
            description,
        }
    }

    fn note(&mut self, law: Law, worst: f64, time: f64) {
        self.table.note(law, worst, time);
    }

    /// Checks one snapshot; `particles` if all of them are stored.
    pub fn snapshot(&mut self, snapshot: Snapshot, particles: Option<Columns<'_>>) {
        let samples = &self.description.samples;
        let (rho, n, time) = (snapshot.residual.to_vec(), samples.weight(), snapshot.time);
        if self.previous.is_none() {
            self.scale = residual_scale(samples, &rho).max(self.least_scale(particles.as_ref()));
        }
        let loss: f64 = 0.5 * rho.iter().zip(n).map(|(rho, n)| n * rho * rho).sum::<f64>();
        let difference = largest_difference(&rho, snapshot.residual_ode.as_slice().unwrap_or(&[]));
        let scale = self.scale;
        let flow = &self.description.flow;
        let (descends, jumps) = (!is_descent(flow), has_momentum(flow));
        if descends {
            self.note(Law::Ode, difference / scale, time);
        }
        self.note(Law::Loss, relative(snapshot.loss, loss), time);
        let total = snapshot.region_mass.sum() + snapshot.pinned_mass.sum() + snapshot.stuck_mass;
        self.note(Law::Mass, (total - 1.0).abs(), time);
        self.note(Law::Lemma, self.lemma_two(&rho, &snapshot), time);
        self.note(Law::Pinned, self.pinned_elsewhere(&rho, &snapshot), time);
        if let Some(previous) = self.previous.take() {
            let energy = |s: &Snapshot| s.loss + s.total_variation_penalty;
            let start = scale * scale * n.iter().sum::<f64>();
            if descends {
                self.note(Law::Decrease, (energy(&snapshot) - energy(&previous)) / start, time);
            }
            // Particles that the penalty has shrunk to r = 0 in the dead region stay dead.
            if !jumps {
                self.note(Law::Dead, previous.region_mass[0] - snapshot.region_mass[0], time);
            }
        }
        self.against_exponential(&rho, &snapshot);
        if let Some(particles) = particles {
            self.particles(&rho, &snapshot, particles);
        }
        self.previous = Some(snapshot);
    }

    /// The least unit of `tolerance`, as the run had it; not known without particles.
    fn least_scale(&self, particles: Option<&Columns<'_>>) -> f64 {
        let Some(particles) = particles.filter(|_| !is_descent(&self.description.flow)) else { return 0.0 };
        let mass = &self.description.mass;
        let total_variation = mass.iter().zip(particles.r).map(|(mass, r)| mass * r.abs()).sum();
        least_scale(&self.description.samples, total_variation, self.description.tolerance)
    }

    /// Checks that need the particles.
    fn particles(&mut self, rho: &[f64], snapshot: &Snapshot, p: Columns<'_>) {
        let (samples, mass, flow) =
            (&self.description.samples, &self.description.mass, &self.description.flow);
        let time = snapshot.time;
        let count = self.regions.boundaries();
        let mut g = vec![[0.0; 2]; count];
        gradients(samples, rho, &mut g);
        let mut direct = Direct::new(count);
        let mut outside: f64 = 0.0;
        for i in 0..mass.len() {
            let part = match flow.is_lifted() {
                true => Some(Part::neuron(p.neuron(i), p.place[i], &self.regions, &g, Training::of(flow))),
                false => Part::canonical((p.r[i], p.theta[i], p.place[i]), &self.regions, &g, flow.tv()),
            };
            part.into_iter().for_each(|part| direct.add(mass[i], part));
            // Without a weight there is no direction that could be elsewhere.
            if !flow.is_lifted() || p.neuron(i)[1..] != [0.0, 0.0] {
                outside = outside.max(self.distance(p.theta[i], p.place[i]));
            }
        }
        let (found, size) = direct.values(samples.x(), &self.regions);
        let worst = (0..rho.len())
            .map(|j| {
                (found[j] - samples.y()[j] - rho[j]).abs()
                    / (size[j] + samples.y()[j].abs()).max(f64::MIN_POSITIVE)
            })
            .fold(0.0, f64::max);
        self.note(Law::Residual, worst, time);
        self.note(Law::Places, outside, time);
        let sums = match flow.is_lifted() {
            true => {
                let neurons = (0..mass.len()).map(|i| (&mass[i], p.neuron(i), &p.place[i]));
                ParticleSums::of_columns(neurons, &self.regions, &g, Training::of(flow))
            }
            false => ParticleSums::new(mass, p.r, p.theta, p.place, &self.regions, &g, flow.tv()),
        };
        self.note(Law::Dissipation, relative(snapshot.energy_dissipation, sums.dissipation), time);
        let norm = snapshot.region_covariance.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let worst = (0..count)
            .flat_map(|k| (0..3).map(move |i| (k, i)))
            .map(|(k, i)| (direct.sigma[k][i] - snapshot.region_covariance[[k, i]]).abs())
            .fold(0.0, f64::max);
        self.note(Law::Covariance, worst / norm.max(f64::MIN_POSITIVE), time);
        // dE/dt through the samples: each particle's velocity projected on each sample.
        let energy_rate = direct.energy_rate(samples, &self.regions, rho);
        let unit = self.scale * self.scale * samples.weight().iter().sum::<f64>();
        if flow.is_lifted() {
            self.neurons(rho, &g, time, p);
        }
        self.note(Law::Energy, (energy_rate + sums.dissipation).abs() / unit.max(sums.dissipation), time);
    }

    /// Checks that only neurons have.
    fn neurons(&mut self, rho: &[f64], g: &[Vec2], time: f64, p: Columns<'_>) {
        let Description { samples, flow, delta, .. } = self.description;
        if self.first.is_none() && time == 0.0 {
            self.first = Some((0..p.c.len()).map(|i| p.neuron(i)).collect());
        }
        if let Some(worst) = neurons::invariant(&p, flow, delta, self.first.as_deref()) {
            self.note(Law::Invariant, worst, time);
        }
        let worst = neurons::metric(&p, Training::of(flow), samples, &self.regions, rho, g);
        self.note(Law::Metric, worst, time);
    }

    /// The kernel flow in closed form, from the first snapshot on.
    fn against_exponential(&mut self, rho: &[f64], snapshot: &Snapshot) {
        let Description { samples, flow, .. } = self.description;
        // What sits on a boundary has weights that the snapshot does not tell.
        if !matches!(flow, Flow::Kernel { .. }) || snapshot.pinned_mass.sum() > 0.0 {
            return;
        }
        if snapshot.time == 0.0 {
            let sigma: Vec<[f64; 3]> = (0..self.regions.boundaries())
                .map(|k| std::array::from_fn(|i| snapshot.region_covariance[[k, i]]))
                .collect();
            self.exponential = Exponential::new(samples, &sigma, rho, 0.0);
        }
        if let Some(exponential) = &self.exponential {
            let expected = exponential.at(snapshot.time);
            let worst = largest_difference(rho, expected.as_slice().unwrap_or(&[])) / self.scale;
            self.note(Law::Exponential, worst, snapshot.time);
        }
    }

    /// How far (rad) a particle is from where it is said to be.
    fn distance(&self, theta: f64, place: Place) -> f64 {
        let k = place.index();
        let off = |angle: f64| (theta - angle).sin().abs();
        match place.kind() {
            PlaceKind::Pinned | PlaceKind::StuckPinned => off(self.regions.angle(k)),
            PlaceKind::Free | PlaceKind::Stuck | PlaceKind::Dead => {
                if self.regions.region_of(theta) == k {
                    return 0.0;
                }
                let low = if k == 0 { self.regions.boundaries() - 1 } else { k - 1 };
                off(self.regions.angle(low)).min(off(self.regions.angle(k)))
            }
        }
    }

    /// Number of classes that differ from the inequality of section 6:
    /// `-n_k^2 rho_k^2 |xt_k|^2 < n_k rho_k S < 0` with `S` over one side.
    fn lemma_two(&self, rho: &[f64], snapshot: &Snapshot) -> f64 {
        let samples = &self.description.samples;
        let (x, n, s) = (samples.x(), samples.weight(), samples.len());
        // Sums over i > k and i < k of n rho xt, by running sums.
        let mut after = vec![[0.0; 2]; s + 1];
        let mut before = vec![[0.0; 2]; s + 1];
        for k in (0..s).rev() {
            after[k] = [after[k + 1][0] + n[k] * rho[k] * x[k], after[k + 1][1] + n[k] * rho[k]];
        }
        for k in 0..s {
            before[k + 1] = [before[k][0] + n[k] * rho[k] * x[k], before[k][1] + n[k] * rho[k]];
        }
        let mut wrong = 0;
        for b in 0..2 * s {
            let k = self.regions.sample(b);
            let side: Vec2 = if self.regions.switches_on(b) { after[k + 1] } else { before[k] };
            let dot = side[0] * x[k] + side[1];
            let own = n[k] * rho[k] * (x[k] * x[k] + 1.0);
            let size = own.abs() + side[0].abs() * x[k].abs() + side[1].abs();
            // Too close to call in f64.
            if dot.abs() <= 1e-13 * size || (dot + own).abs() <= 1e-13 * size {
                continue;
            }
            let product = n[k] * rho[k] * dot;
            let changes = -n[k] * rho[k] * own < product && product < 0.0;
            for side in 0..2 {
                let class = snapshot.attractor[[b, side]];
                let said = class == BoundaryClass::Attractor as i8 || class == BoundaryClass::Repulsor as i8;
                let edge = b == 0 || b == 2 * s - 1;
                wrong +=
                    usize::from(if edge { class != BoundaryClass::DeadEdge as i8 } else { said != changes });
            }
        }
        wrong as f64
    }

    /// Mass pinned where the field drives it away with more than rounding.
    fn pinned_elsewhere(&self, rho: &[f64], snapshot: &Snapshot) -> f64 {
        let samples = &self.description.samples;
        let mut g = vec![[0.0; 2]; self.regions.boundaries()];
        gradients(samples, rho, &mut g);
        let mut mass = 0.0;
        for ((b, side), &pinned) in snapshot.pinned_mass.indexed_iter() {
            let n = self.regions.normal(b);
            let sign = if side == 0 { 1.0 } else { -1.0 };
            let velocity = |k: usize| -sign * (g[k][0] * n[0] + g[k][1] * n[1]);
            let outward = (-velocity(b)).max(velocity(self.regions.above(b)));
            let speed =
                g[b][0].hypot(g[b][1]) + g[self.regions.above(b)][0].hypot(g[self.regions.above(b)][1]);
            if pinned > 0.0 && outward > 1e3 * self.description.tolerance * speed.max(self.scale) {
                mass += pinned;
            }
        }
        mass
    }

    /// Checks the list of steps and returns the table.
    pub fn finish(mut self, steps: &[StepRecord]) -> Vec<Check> {
        let mut time = 0.0;
        for record in steps {
            // Each step adds one rounding; time itself is what was stored.
            let error = (time + record.step_size - record.time).abs() / record.time.max(f64::MIN_POSITIVE);
            self.note(Law::Steps, if record.step_size > 0.0 { error } else { f64::INFINITY }, record.time);
            time = record.time;
        }
        self.table.finish()
    }
}

fn relative(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / a.abs().max(b.abs()) }
}

fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
    if a.len() != b.len() {
        return f64::INFINITY;
    }
    a.iter().zip(b).fold(0.0, |most: f64, (a, b)| {
        let d = (a - b).abs();
        if d.is_nan() { f64::INFINITY } else { most.max(d) }
    })
}
