//! What is derived from a state for a snapshot.

use ndarray::{Array1, Array2};
use ndarray_linalg::{EighInto, UPLO};

use crate::flow::moments::Moments;
use crate::flow::tangent_kernel::{frobenius, tangent_kernel};
use crate::flow::{Flow, ParticleKind, Particles, State, Stepper, Vec2, add_rate, gradients};
use crate::math::chunks;
use crate::math::sum::{Sum, sum};
use crate::problem::{Place, PlaceKind, Regions, Samples};

use super::Snapshot;

mod density;
pub(super) mod function;
mod neurons;

/// How boundary `b` acts on one sign of `r`. The numbers are the codes in the run file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub enum BoundaryClass {
    /// The field pushes apart: nothing arrives.
    Repulsor = -1,
    /// Particles cross.
    Passthrough = 0,
    /// Both sides push towards it: particles are pinned.
    Attractor = 1,
    /// Borders the dead region: particles die, or leave it behind.
    DeadEdge = 2,
}

/// Classes of all boundaries for `r > 0` and `r < 0`, from the normal velocities
/// `v = -r <g, n>` on both sides (section 6). Shape `(2 s, 2)`.
pub fn boundary_classes(samples: &Samples, regions: &Regions, rho: &[f64]) -> Array2<i8> {
    let count = regions.boundaries();
    let mut g = vec![[0.0; 2]; count];
    gradients(samples, rho, &mut g);
    Array2::from_shape_fn((count, 2), |(b, side)| {
        let (n, above) = (regions.normal(b), regions.above(b));
        if b == 0 || above == 0 {
            return BoundaryClass::DeadEdge as i8;
        }
        let sign = if side == 0 { 1.0 } else { -1.0 };
        let velocity = |k: usize| -sign * (g[k][0] * n[0] + g[k][1] * n[1]);
        match (velocity(b), velocity(above)) {
            (low, high) if low > 0.0 && high < 0.0 => BoundaryClass::Attractor as i8,
            (low, high) if low < 0.0 && high > 0.0 => BoundaryClass::Repulsor as i8,
            _ => BoundaryClass::Passthrough as i8,
        }
    })
}

/// Sums over particles that only snapshots need. Compensated: laws compare them with 1 and with
/// each other, whatever the number of particles.
#[derive(Debug, Clone, PartialEq)]
pub struct ParticleSums {
    /// Mass of free particles in each region, dead mass in region 0.
    pub region_mass: Vec<f64>,
    /// Mass pinned on each boundary with `r > 0` and with `r < 0`; of `r = 0`, by the sign with
    /// which it sets off.
    pub pinned_mass: Vec<[f64; 2]>,
    /// Mass stuck at `r = 0`.
    pub stuck_mass: f64,
    /// `Int |r| mu`.
    pub absolute: f64,
    /// `lambda / 2 Int (c^2 + |w|^2) mu` of weight decay, of the layers that train; 0 of other particles.
    pub decay_penalty: f64,
    /// `Int |velocity|^2 mu`; pinned particles have no angular velocity.
    pub dissipation: f64,
}

impl ParticleSums {
    /// Sums over particles with the field `g`, in chunks that are added in order.
    pub fn new(
        mass: &[f64],
        r: &[f64],
        theta: &[f64],
        place: &[Place],
        regions: &Regions,
        g: &[Vec2],
        lambda: f64,
    ) -> ParticleSums {
        ParticleSums::in_chunks(mass.len(), g.len(), |sums, i| {
            sums.add_particle(mass[i], r[i], theta[i], place[i], regions, g, lambda);
        })
    }

    /// Sums to which `add` adds particle `i` of `m`, for every `i` in order; `count = 2 s`.
    fn in_chunks(m: usize, count: usize, add: impl Fn(&mut Partial, usize) + Sync) -> ParticleSums {
        let parts = chunks::parts(m, count, |range| {
            let mut sums = Partial::zero(count);
            range.for_each(|i| add(&mut sums, i));
            sums
        });
        let mut total = Partial::zero(count);
        parts.iter().for_each(|part| total.merge(part));
        total.finish()
    }
}

/// The sums of a chunk of particles.
struct Partial {
    region_mass: Vec<Sum>,
    pinned_mass: Vec<[Sum; 2]>,
    stuck_mass: Sum,
    absolute: Sum,
    decay_penalty: Sum,
    dissipation: Sum,
}

impl Partial {
    fn zero(count: usize) -> Partial {
        Partial {
            region_mass: vec![Sum::default(); count],
            pinned_mass: vec![[Sum::default(); 2]; count],
            stuck_mass: Sum::default(),
            absolute: Sum::default(),
            decay_penalty: Sum::default(),
            dissipation: Sum::default(),
        }
    }

    fn merge(&mut self, part: &Partial) {
        self.region_mass.iter_mut().zip(&part.region_mass).for_each(|(sum, part)| sum.merge(part));
        for (sums, parts) in self.pinned_mass.iter_mut().zip(&part.pinned_mass) {
            sums.iter_mut().zip(parts).for_each(|(sum, part)| sum.merge(part));
        }
        self.stuck_mass.merge(&part.stuck_mass);
        self.absolute.merge(&part.absolute);
        self.decay_penalty.merge(&part.decay_penalty);
        self.dissipation.merge(&part.dissipation);
    }

    fn finish(&self) -> ParticleSums {
        ParticleSums {
            region_mass: self.region_mass.iter().map(Sum::value).collect(),
            pinned_mass: self.pinned_mass.iter().map(|sums| sums.map(|sum| sum.value())).collect(),
            stuck_mass: self.stuck_mass.value(),
            absolute: self.absolute.value(),
            decay_penalty: self.decay_penalty.value(),
            dissipation: self.dissipation.value(),
        }
    }

    /// Adds a particle pinned on boundary `b`. `amplitude` is `r`, or `c`; what is 0 sets off with
    /// the sign of `rate`, and keeps its own sign where that is 0 as well.
    fn add_pinned(&mut self, b: usize, mass: f64, amplitude: f64, rate: f64) {
        let deciding = if amplitude == 0.0 && rate != 0.0 { rate } else { amplitude };
        self.pinned_mass[b][usize::from(deciding.is_sign_negative())].add(mass);
    }

    #[allow(clippy::too_many_arguments)] // the columns of one particle
    fn add_particle(
        &mut self,
        mass: f64,
        r: f64,
        theta: f64,
        place: Place,
        regions: &Regions,
        g: &[Vec2],
        lambda: f64,
    ) {
        self.absolute.add(mass * r.abs());
        let tv = if r == 0.0 { 0.0 } else { lambda.copysign(r) };
        let k = place.index();
        match place.kind() {
            PlaceKind::Free => {
                let (sin, cos) = libm::sincos(theta);
                let radial = g[k][0] * cos + g[k][1] * sin + tv;
                let angular = r * (g[k][1] * cos - g[k][0] * sin);
                self.region_mass[k].add(mass);
                self.dissipation.add(mass * (radial * radial + angular * angular));
            }
            PlaceKind::Pinned => {
                let (g, d) = (g[regions.inactive_side(k)], regions.direction(k));
                let radial = g[0] * d[0] + g[1] * d[1] + tv;
                self.add_pinned(k, mass, r, -radial);
                self.dissipation.add(mass * radial * radial);
            }
            PlaceKind::Dead => {
                self.region_mass[0].add(mass);
                self.dissipation.add(mass * tv * tv);
            }
            PlaceKind::Stuck | PlaceKind::StuckPinned => self.stuck_mass.add(mass),
        }
    }
}

/// Eigenvalues of `N^(1/2) K N^(1/2)`, ascending: the rates at which the residuals would fall if
/// the kernel stood still. `None` if LAPACK fails.
pub fn eigenvalues(samples: &Samples, kernel: &Array2<f64>) -> Option<Array1<f64>> {
    let root = Array1::from_iter(samples.weight().iter().map(|n| n.sqrt()));
    let scaled = Array2::from_shape_fn(kernel.dim(), |(i, j)| root[i] * kernel[[i, j]] * root[j]);
    Some(scaled.eigh_into(UPLO::Lower).ok()?.0)
}

/// `|K_t - K_0| / |K_0|` from `Sigma_k` now and the moments of the start, in `O(s)`; 0 when `K_0` is 0.
fn kernel_change(stepper: &Stepper, now: &[[f64; 3]], initial: &[f64]) -> f64 {
    let (samples, regions) = (stepper.samples(), stepper.regions());
    let Some(initial) = Moments::from_flat(regions.boundaries(), initial) else { return f64::NAN };
    let mut initial = initial.sigma_with_pinned(regions);
    add_rate(&mut initial, stepper.output_bias_rate());
    let difference: Vec<[f64; 3]> =
        now.iter().zip(&initial).map(|(now, then)| std::array::from_fn(|i| now[i] - then[i])).collect();
    let norm = frobenius(samples, &initial);
    if norm > 0.0 { frobenius(samples, &difference) / norm } else { 0.0 }
}

/// `rate (Sum_j n_j rho_j)^2`, what the motion of the output bias takes from the loss.
pub(super) fn bias_dissipation(samples: &Samples, rho: &[f64], rate: f64) -> f64 {
    let total = sum(rho.iter().zip(samples.weight()).map(|(rho, n)| n * rho));
    rate * total * total
}

/// All diagnostics of a state.
pub(super) fn snapshot(stepper: &Stepper, state: &State, flow: &Flow, with_kernel: bool) -> Snapshot {
    let (samples, regions, moments) = (stepper.samples(), stepper.regions(), stepper.moments());
    let rho = stepper.residual();
    let count = regions.boundaries();
    let mut g = vec![[0.0; 2]; count];
    gradients(samples, rho, &mut g);
    let (lambda, mass) = (flow.tv(), stepper.mass());
    let sums = match (&state.particles, flow.particles()) {
        (Particles::Density(columns), _) => ParticleSums::of_density(columns, moments, regions, &g, flow),
        (_, ParticleKind::Neuron) => ParticleSums::of_neurons(mass, state, regions, &g, flow),
        (_, ParticleKind::Canonical) => {
            ParticleSums::new(mass, state.r(), state.theta(), state.place(), regions, &g, lambda)
        }
    };
    let sigma = stepper.sigma();
    let kernel = with_kernel.then(|| tangent_kernel(samples, &sigma));
    Snapshot {
        time: state.time,
        step: state.step,
        output_bias: state.output_bias.unwrap_or(0.0),
        residual: Array1::from(rho.to_vec()),
        residual_ode: Array1::from(state.residual_ode.clone()),
        residual_ode_uncorrected: Array1::from(state.residual_ode_uncorrected.clone()),
        loss: 0.5 * sum(rho.iter().zip(samples.weight()).map(|(rho, n)| n * rho * rho)),
        penalty: lambda * sums.absolute + sums.decay_penalty,
        energy_dissipation: sums.dissipation + bias_dissipation(samples, rho, stepper.output_bias_rate()),
        tangent_kernel_change: kernel_change(stepper, &sigma, &state.initial_moments),
        region_mass: Array1::from(sums.region_mass),
        // In region 0 no particle is free; some flows sum the dead there.
        region_covariance: Array2::from_shape_fn(
            (count, 3),
            |(k, i)| if k == 0 { 0.0 } else { moments.sigma(k)[i] },
        ),
        pinned_mass: Array2::from_shape_fn((count, 2), |(b, side)| sums.pinned_mass[b][side]),
        attractor: boundary_classes(samples, regions, rho),
        stuck_mass: sums.stuck_mass,
        tangent_kernel_eigenvalues: kernel.as_ref().map(|kernel| {
            eigenvalues(samples, kernel).unwrap_or_else(|| Array1::from_elem(samples.len(), f64::NAN))
        }),
        tangent_kernel: kernel,
        error_estimate: None,
        risk: None,
        function: None,
        ending: None,
        counters: state.counters,
    }
}
