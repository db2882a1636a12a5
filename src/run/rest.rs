//! Whether a run is at rest to its tolerance (mathematics, section 15).
//!
//! What is left of the dissipation must not be able to move a residual by more than `eps`, the error that the controller
//! admits. How long it has is not known; it is given
//!
//! ```text
//! H = max( t, 1 / rate ),    rate = v^T N K_t N v / (v^T N v),    v = d rho/dt
//! ```
//!
//! as long again as the run has lasted, and at least the time that the tangent kernel takes to bring the residuals to
//! rest. The run is at rest if
//!
//! 1. `sqrt(2 L / n_j) <= eps` for all samples and there is no penalty: the loss never grows, so that no residual ever
//!    moves by more than twice this; or
//! 2. `H |v_j| <= eps` for all samples, and, where both layers train, in the field `g` as it is
//!
//! ```text
//! |xt|_max Sum_places ( tr Sigma / kappa ) ( exp(2 G 100 H) - 1 ) <= eps
//! ```
//!
//! The second line is what makes a plateau no rest: neurons too small to be seen in a residual grow like `exp(G t)`, with
//! `G = kappa |g|` in a region and `kappa |<g, d>|` on a boundary, and a bound on what they can become has to stay
//! below `eps` for a hundred times as long. Places without mass do not count, nor do those where `G` is below the
//! uncertainty of the field, `kappa eps Sum_(j active) n_j |xt_j|`.
//!
//! Weight decay takes `lambda` from `G`. At rest the field is as strong as the decay, and `kappa |g|` may exceed `lambda` where
//! `g` does not point into the region: there `G` is the largest `kappa |<g, d>|` of the region's directions `d`, less
//! `lambda`, and of all places with mass the largest counts for all mass, as neurons may go from one to another.
//!
//! A plateau that takes longer than `100 H` to leave is taken for rest: nothing in the state tells the two apart.

use crate::flow::interface::Margins;
use crate::flow::moments::SIGMA;
use crate::flow::{ParticleKind, Particles, State, Stepper, Vec2, gradients, rate};
use crate::problem::Regions;

use super::diagnostics::ParticleSums;

/// `L = 1/2 Sum_j n_j rho_j^2`.
pub(super) fn loss(stepper: &Stepper) -> f64 {
    stepper.samples().loss(stepper.residual())
}

/// Plateaus that last up to this many times as long as all before them are told from rest.
const PATIENCE: f64 = 100.0;

/// Beyond this `exp` says no more than that it is large; neurons that are exactly zero stay zero.
const LARGEST_EXPONENT: f64 = 700.0;

/// Whether the state is at rest, see the module. `O(s)`; of neurons that pass the first test of 2., `O(m)`.
///
/// * `eps`: the error that is admitted in a residual.
pub(super) fn at_rest(stepper: &Stepper, state: &State, eps: f64) -> bool {
    let (samples, v) = (stepper.samples(), stepper.residual_rate());
    let n = samples.weight();
    let least = n.iter().fold(f64::INFINITY, |least, n| n.min(least));
    if !stepper.flow().is_penalized() && (2.0 * loss(stepper) / least).sqrt() <= eps {
        return true;
    }
    let horizon = state.time.max(relaxation(stepper));
    // Written so that a NaN, of an infinite time without motion, counts as none.
    if v.iter().any(|v| v.abs() * horizon > eps) {
        return false;
    }
    let flow = stepper.flow();
    let grows = flow.particles() == ParticleKind::Neuron && flow.moves() == (true, true);
    !grows || growth(stepper, state, PATIENCE * horizon, eps) <= eps
}

/// `1 / rate`, see the module; 0 where nothing moves.
fn relaxation(stepper: &Stepper) -> f64 {
    let (samples, v) = (stepper.samples(), stepper.residual_rate());
    let sigma = stepper.sigma();
    let mut slowing = rate(samples, &sigma, &[], v);
    let decay = stepper.flow().function_decay();
    slowing.iter_mut().zip(v).for_each(|(slowing, v)| *slowing -= decay * v);
    let dot = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).zip(samples.weight()).map(|((a, b), n)| n * a * b).sum()
    };
    let square = dot(v, v);
    if square > 0.0 { square / -dot(v, &slowing).min(0.0) } else { 0.0 }
}

/// By how much neurons could move a residual within the time `horizon` in the field as it is.
fn growth(stepper: &Stepper, state: &State, horizon: f64, eps: f64) -> f64 {
    let (samples, regions, moments) = (stepper.samples(), stepper.regions(), stepper.moments());
    let (flow, count) = (stepper.flow(), regions.boundaries());
    let mut g = vec![[0.0; 2]; count];
    gradients(samples, stepper.residual(), &mut g);
    // Which places have mass: moments of emptied ones keep a rounding.
    let sums = match &state.particles {
        Particles::Density(density) => ParticleSums::of_density(density, moments, regions, &g, &flow),
        _ => ParticleSums::of_neurons(stepper.mass(), state, regions, &g, &flow),
    };
    let (kappa, decay) = (flow.kappa(), flow.decay());
    let margins = Margins::new(samples, kappa, eps);
    let farthest = samples.x().iter().fold(0.0_f64, |far, x| far.max(libm::hypot(*x, 1.0)));
    if decay > 0.0 {
        let mass = |k: usize| sums.region_mass[k] > 0.0;
        let inside = (1..count).filter(|&k| mass(k)).map(|k| (strongest(regions, k, g[k]), k));
        let held = (0..count).filter(|&b| sums.pinned_mass[b] != [0.0; 2]).map(|b| {
            let (k, d) = (regions.inactive_side(b), regions.direction(b));
            ((g[k][0] * d[0] + g[k][1] * d[1]).abs(), k)
        });
        let rates = inside.chain(held).map(|(pull, k)| (kappa * pull - decay, margins.of(k)));
        let rate = rates.filter(|(rate, margin)| rate > margin).map(|(rate, _)| rate).fold(0.0, f64::max);
        let free: f64 = (1..count).map(|k| moments.region[k][SIGMA] + moments.region[k][SIGMA + 2]).sum();
        let pinned: f64 = moments.weight.iter().map(|weight| weight[0]).sum();
        let growth = libm::expm1((2.0 * rate * horizon).min(LARGEST_EXPONENT));
        return farthest * (free + pinned) / kappa * growth;
    }
    let part = |mass: f64, trace: f64, pull: f64, margin: f64| match mass > 0.0 && kappa * pull > margin {
        true => trace / kappa * libm::expm1((2.0 * kappa * pull * horizon).min(LARGEST_EXPONENT)),
        false => 0.0,
    };
    let free = (1..count).map(|k| {
        let trace = moments.region[k][SIGMA] + moments.region[k][SIGMA + 2];
        part(sums.region_mass[k], trace, libm::hypot(g[k][0], g[k][1]), margins.of(k))
    });
    let pinned = (0..count).map(|b| {
        let k = regions.inactive_side(b);
        let (g, d) = (g[k], regions.direction(b));
        let [positive, negative] = sums.pinned_mass[b];
        part(positive + negative, moments.weight[b][0], (g[0] * d[0] + g[1] * d[1]).abs(), margins.of(k))
    });
    farthest * free.chain(pinned).sum::<f64>()
}

/// The largest `|<g, d>|` of the directions `d` of region `k`, ends included.
fn strongest(regions: &Regions, k: usize, g: Vec2) -> f64 {
    let dot = |a: Vec2, b: Vec2| a[0] * b[0] + a[1] * b[1];
    let (low, high) = (regions.normal(k - 1), regions.normal(k));
    let points_inside = |sign: f64| sign * dot(g, low) > 0.0 && sign * dot(g, high) < 0.0;
    if points_inside(1.0) || points_inside(-1.0) {
        return libm::hypot(g[0], g[1]);
    }
    dot(g, regions.direction(k - 1)).abs().max(dot(g, regions.direction(k)).abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Samples;

    #[test]
    fn the_strongest_direction_is_that_of_a_scan() {
        let samples = Samples::new(&[-1.0, 0.2, 1.5], &[0.0; 3]).unwrap();
        let regions = Regions::new(&samples);
        for (k, angle) in (1..6).flat_map(|k| (0..12).map(move |i| (k, 0.5 * f64::from(i)))) {
            let g = [1.7 * angle.cos(), 1.7 * angle.sin()];
            let (from, to) = (regions.angle(k - 1), regions.angle(k));
            let scan = (0..=20_000).map(|i| {
                let theta = from + (to - from).rem_euclid(std::f64::consts::TAU) * f64::from(i) / 2e4;
                (g[0] * theta.cos() + g[1] * theta.sin()).abs()
            });
            let most = scan.fold(0.0, f64::max);
            assert!((strongest(&regions, k, g) - most).abs() < 1e-6, "{k} {angle}");
        }
    }
}
