//! Recomputing from a run file all that can be recomputed.
//!
//! Everything here starts from what is stored (samples, particles, residuals), not from a running
//! simulation, and where two formulas exist uses the one the run did not.

use crate::flow::{Vec2, gradients};
use crate::problem::{Place, PlaceKind, Regions};

use super::diagnostics::ParticleSums;
use super::{BoundaryClass, Description, Snapshot, StepRecord};

/// One line of the table: a law, the worst violation found, and what is allowed.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// Largest violation, in the unit of `bound`.
    pub worst: f64,
    /// The violation that is allowed.
    pub bound: f64,
    /// Mean-field time of the worst violation.
    pub time: f64,
    /// What the numbers mean.
    pub meaning: &'static str,
    /// False when the file does not hold what is needed.
    pub done: bool,
}

impl Check {
    /// Whether the law holds (or could not be checked).
    pub fn holds(&self) -> bool {
        // Written so that a NaN fails.
        !self.done || self.worst <= self.bound
    }
}

/// Particles of one snapshot: all of them, in order.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// Amplitudes.
    pub r: &'a [f64],
    /// Directions.
    pub theta: &'a [f64],
    /// Places.
    pub place: &'a [Place],
}

/// Goes through the snapshots of a run in order of time.
pub struct Checker<'a> {
    description: &'a Description,
    regions: Regions,
    scale: f64,
    previous: Option<Snapshot>,
    checks: Vec<Check>,
}

const RESIDUAL: usize = 0;
const ODE: usize = 1;
const LOSS: usize = 2;
const DECREASE: usize = 3;
const DISSIPATION: usize = 4;
const IDENTITY: usize = 5;
const MASS: usize = 6;
const DEAD: usize = 7;
const LEMMA: usize = 8;
const PINNED: usize = 9;
const COVARIANCE: usize = 10;
const PLACES: usize = 11;
const STEPS: usize = 12;

impl<'a> Checker<'a> {
    /// A checker for this run.
    pub fn new(description: &'a Description) -> Checker<'a> {
        let single = description.output.single_precision;
        let rounding = if single { 1e-5 } else { 1e-11 };
        let line = |name, bound, meaning| Check { name, worst: 0.0, bound, time: 0.0, meaning, done: false };
        let checks = vec![
            line(
                "residual",
                rounding,
                "stored residual against f(x) - y summed from the particles, relative to the size of the sums",
            ),
            line(
                "residual ODE",
                1e3 * description.tolerance,
                "integrated residual ODE against the particles' residual, relative to the tolerance's unit",
            ),
            line("loss", 1e-12, "stored loss against 1/2 Sum n rho^2, relative"),
            line(
                "energy decreases",
                10.0 * description.tolerance,
                "growth of loss + penalty between snapshots, relative to the start",
            ),
            line(
                "dissipation",
                rounding,
                "stored dissipation against Int |velocity|^2 mu from the particles, relative",
            ),
            line(
                "energy law",
                rounding.max(1e-9),
                "dissipation against -rho^T N d rho/dt and the penalty's rate, relative to the start",
            ),
            line("mass", 1e-12, "free + pinned + stuck + dead mass against 1"),
            line("dead mass", 1e-14, "decrease of dead mass between snapshots"),
            line("Lemma 2", 0.0, "attractor classes that differ from the two-sided inequality, count"),
            line(
                "pinned on attractors",
                1e3 * description.tolerance,
                "mass pinned where the outward speed exceeds rounding",
            ),
            line("covariance", rounding, "stored Sigma_k against the particles, relative"),
            line(
                "places",
                rounding,
                "distance (rad) of particles from the region or boundary they are said to be in",
            ),
            line("steps", 1e-12, "time against the sum of the steps, relative"),
        ];
        Checker {
            regions: Regions::new(&description.samples),
            scale: 1.0,
            previous: None,
            description,
            checks,
        }
    }

    fn note(&mut self, check: usize, worst: f64, time: f64) {
        let check = &mut self.checks[check];
        // A NaN counts as the worst there is.
        let worst = if worst.is_nan() { f64::INFINITY } else { worst };
        if !check.done || worst > check.worst {
            (check.worst, check.time) = (worst, time);
        }
        check.done = true;
    }

    /// Checks one snapshot; `particles` if all of them are stored.
    pub fn snapshot(&mut self, snapshot: Snapshot, particles: Option<Columns<'_>>) {
        let samples = &self.description.samples;
        let (rho, n, time) = (snapshot.residual.to_vec(), samples.weight(), snapshot.time);
        if self.previous.is_none() {
            let mean_square = |values: &[f64]| -> f64 {
                values.iter().zip(n).map(|(v, n)| n * v * v).sum::<f64>() / n.iter().sum::<f64>()
            };
            let scale = mean_square(samples.y()).max(mean_square(&rho)).sqrt();
            self.scale = if scale > 0.0 { scale } else { 1.0 };
        }
        let loss: f64 = 0.5 * rho.iter().zip(n).map(|(rho, n)| n * rho * rho).sum::<f64>();
        let difference = largest_difference(&rho, snapshot.residual_ode.as_slice().unwrap_or(&[]));
        let scale = self.scale;
        self.note(ODE, difference / scale, time);
        self.note(LOSS, relative(snapshot.loss, loss), time);
        let total = snapshot.region_mass.sum() + snapshot.pinned_mass.sum() + snapshot.stuck_mass;
        self.note(MASS, (total - 1.0).abs(), time);
        self.note(LEMMA, self.lemma_two(&rho, &snapshot), time);
        self.note(PINNED, self.pinned_elsewhere(&rho, &snapshot), time);
        if let Some(previous) = self.previous.take() {
            let energy = |s: &Snapshot| s.loss + s.total_variation_penalty;
            let start = scale * scale * n.iter().sum::<f64>();
            self.note(DECREASE, (energy(&snapshot) - energy(&previous)) / start, time);
            // Particles that the penalty has shrunk to r = 0 in the dead region stay dead.
            self.note(DEAD, previous.region_mass[0] - snapshot.region_mass[0], time);
        }
        if let Some(particles) = particles {
            self.particles(&rho, &snapshot, particles);
        }
        self.previous = Some(snapshot);
    }

    /// Checks that need the particles.
    fn particles(&mut self, rho: &[f64], snapshot: &Snapshot, p: Columns<'_>) {
        let (samples, mass, lambda) =
            (&self.description.samples, &self.description.mass, self.description.flow.tv());
        let time = snapshot.time;
        let count = self.regions.boundaries();
        let mut g = vec![[0.0; 2]; count];
        gradients(samples, rho, &mut g);
        let mut direct = Direct::new(count);
        let mut outside: f64 = 0.0;
        for i in 0..mass.len() {
            direct.add(mass[i], p.r[i], p.theta[i], p.place[i], &self.regions);
            outside = outside.max(self.distance(p.theta[i], p.place[i]));
        }
        let (found, size) = direct.values(samples.x(), &self.regions);
        let worst = (0..rho.len())
            .map(|j| {
                (found[j] - samples.y()[j] - rho[j]).abs()
                    / (size[j] + samples.y()[j].abs()).max(f64::MIN_POSITIVE)
            })
            .fold(0.0, f64::max);
        self.note(RESIDUAL, worst, time);
        self.note(PLACES, outside, time);
        let sums = ParticleSums::new(mass, p.r, p.theta, p.place, &self.regions, &g, lambda);
        self.note(DISSIPATION, relative(snapshot.energy_dissipation, sums.dissipation), time);
        let norm = snapshot.region_covariance.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
        let worst = (0..count)
            .flat_map(|k| (0..3).map(move |i| (k, i)))
            .map(|(k, i)| (direct.sigma[k][i] - snapshot.region_covariance[[k, i]]).abs())
            .fold(0.0, f64::max);
        self.note(COVARIANCE, worst / norm.max(f64::MIN_POSITIVE), time);
        // dE/dt through the samples: each particle's velocity projected on each sample.
        let energy_rate = direct.energy_rate(samples, &self.regions, rho, &g, lambda, (mass, &p));
        let unit = self.scale * self.scale * samples.weight().iter().sum::<f64>();
        self.note(IDENTITY, (energy_rate + sums.dissipation).abs() / unit.max(sums.dissipation), time);
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
            self.note(STEPS, if record.step_size > 0.0 { error } else { f64::INFINITY }, record.time);
            time = record.time;
        }
        self.checks
    }
}

/// `f` and `Sigma_k` summed straight from the particles.
struct Direct {
    first: Vec<Vec2>,
    absolute: Vec<f64>,
    sigma: Vec<[f64; 3]>,
}

impl Direct {
    fn new(count: usize) -> Direct {
        Direct { first: vec![[0.0; 2]; count], absolute: vec![0.0; count], sigma: vec![[0.0; 3]; count] }
    }

    fn add(&mut self, mass: f64, r: f64, theta: f64, place: Place, regions: &Regions) {
        let kind = place.kind();
        if matches!(kind, PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned) {
            return;
        }
        let pinned = kind == PlaceKind::Pinned;
        let k = if pinned { regions.inactive_side(place.index()) } else { place.index() };
        let (sin, cos) = theta.sin_cos();
        let first = mass * r;
        self.first[k] = [self.first[k][0] + first * cos, self.first[k][1] + first * sin];
        self.absolute[k] += first.abs();
        if !pinned {
            let rr = r * r;
            let parts = [cos * cos + rr * sin * sin, (1.0 - rr) * sin * cos, sin * sin + rr * cos * cos];
            (0..3).for_each(|i| self.sigma[k][i] += mass * parts[i]);
        }
    }

    /// `f(x_j)` and the size of the terms that made it, by the definition of the active sets.
    fn values(&self, x: &[f64], regions: &Regions) -> (Vec<f64>, Vec<f64>) {
        let (mut f, mut size) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for k in 0..self.first.len() {
            if self.absolute[k] > 0.0 {
                for j in regions.active(k) {
                    f[j] += self.first[k][0] * x[j] + self.first[k][1];
                    size[j] += self.absolute[k] * x[j].hypot(1.0);
                }
            }
        }
        (f, size)
    }

    /// `d(loss + penalty)/dt` by the chain rule through the function: each particle's velocity,
    /// what it does to `f` at the samples, and what that does to the loss.
    fn energy_rate(
        &self,
        samples: &crate::problem::Samples,
        regions: &Regions,
        rho: &[f64],
        g: &[Vec2],
        lambda: f64,
        (mass, p): (&[f64], &Columns<'_>),
    ) -> f64 {
        let mut velocity = vec![[0.0; 2]; g.len()];
        let mut penalty = 0.0;
        for i in 0..mass.len() {
            let (r, place) = (p.r[i], p.place[i]);
            let kind = place.kind();
            if matches!(kind, PlaceKind::Stuck | PlaceKind::StuckPinned) {
                continue;
            }
            let pinned = kind == PlaceKind::Pinned;
            let k = if pinned { regions.inactive_side(place.index()) } else { place.index() };
            let (sin, cos) = p.theta[i].sin_cos();
            let tv = if r == 0.0 { 0.0 } else { lambda.copysign(r) };
            let radial = -(g[k][0] * cos + g[k][1] * sin) - tv;
            let angular = if pinned { 0.0 } else { -r * (g[k][1] * cos - g[k][0] * sin) };
            penalty += mass[i] * tv * radial;
            // d(r d)/dt
            velocity[k][0] += mass[i] * (radial * cos - r * angular * sin);
            velocity[k][1] += mass[i] * (radial * sin + r * angular * cos);
        }
        let mut loss = 0.0;
        for (k, v) in velocity.iter().enumerate() {
            if *v != [0.0; 2] {
                for j in regions.active(k) {
                    loss += samples.weight()[j] * rho[j] * (samples.x()[j] * v[0] + v[1]);
                }
            }
        }
        loss + penalty
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
