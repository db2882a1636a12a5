//! Places of particles at the start of a run, and moments summed from scratch.

use rayon::prelude::*;

use crate::flow::boundary::{OnBoundary, on_boundary};
use crate::flow::field::Vec2;
use crate::flow::moments::{Moments, REGION};
use crate::math::trig::sin_cos;
use crate::problem::{Measure, Place, PlaceKind, Regions, Samples};

use super::motion::{contribution, rates, seen};
use super::push::chunk_size;

/// Particles unwrapped into their regions. A particle exactly on a boundary obeys the rule there
/// (section 6): it is pinned if the boundary attracts it, else it starts in the region into which
/// it moves; where both directions lead away, in the one of the larger speed.
///
/// Returns directions, places, and the mass whose start was ambiguous in this way.
pub fn place_all(
    regions: &Regions,
    measure: &Measure,
    g: &[Vec2],
    lambda: f64,
) -> (Vec<f64>, Vec<Place>, f64) {
    let mut theta: Vec<f64> = measure.theta().to_vec();
    let mut place = vec![Place::DEAD; theta.len()];
    let ambiguous = theta
        .par_chunks_mut(4096)
        .zip(place.par_chunks_mut(4096))
        .enumerate()
        .map(|(chunk, (theta, place))| {
            let mut ambiguous = 0.0;
            for (lane, (theta, place)) in theta.iter_mut().zip(place).enumerate() {
                let i = chunk * 4096 + lane;
                let (r, mass) = (measure.r()[i], measure.mass()[i]);
                let start = start_of(regions, g, lambda, r, *theta);
                (*theta, *place) = (start.0, start.1);
                ambiguous += if start.2 { mass } else { 0.0 };
            }
            ambiguous
        })
        .collect::<Vec<f64>>()
        .into_iter()
        .sum();
    (theta, place, ambiguous)
}

fn start_of(regions: &Regions, g: &[Vec2], lambda: f64, r: f64, theta: f64) -> (f64, Place, bool) {
    let boundary = regions.boundary_at(theta);
    let theta = boundary.map_or_else(|| regions.unwrapped(theta), |b| regions.angle(b));
    let region = regions.region_of_unwrapped(theta);
    let Some(b) = boundary else {
        return (
            theta,
            at_rest_or(r, lambda, g[region], theta, Place::in_region(region), PlaceKind::Stuck),
            false,
        );
    };
    match on_boundary(regions, g, b, r) {
        OnBoundary::Leaves(k) => (theta, Place::in_region(k), false),
        OnBoundary::Ambiguous(k) => (theta, Place::in_region(k), true),
        OnBoundary::Dies => (theta, Place::DEAD, false),
        OnBoundary::Stays => {
            let side = regions.inactive_side(b);
            (theta, at_rest_or(r, lambda, g[side], theta, Place::pinned(b), PlaceKind::StuckPinned), false)
        }
    }
}

/// `moving`, or stuck if `r = 0` and the total-variation term holds it there.
fn at_rest_or(r: f64, lambda: f64, g: Vec2, theta: f64, moving: Place, stuck: PlaceKind) -> Place {
    let (sin, cos) = theta.sin_cos();
    let held = lambda > 0.0 && r == 0.0 && (g[0] * cos + g[1] * sin).abs() <= lambda;
    if held && moving != Place::DEAD { Place::new(stuck, moving.index()) } else { moving }
}

/// Moments of particles summed from scratch, with rates for the field `g`; chunks are added in
/// order, so that the bits do not depend on threads.
pub fn sum_moments(
    mass: &[f64],
    r: &[f64],
    theta: &[f64],
    place: &[Place],
    g: &[Vec2],
    lambda: f64,
) -> Moments {
    let count = g.len();
    let size = chunk_size(mass.len(), count);
    let parts: Vec<Moments> = (0..mass.len().div_ceil(size))
        .into_par_iter()
        .map(|chunk| {
            let mut moments = Moments::zero(count);
            for i in chunk * size..((chunk + 1) * size).min(mass.len()) {
                add_one(&mut moments, mass[i], r[i], theta[i], place[i], g, lambda);
            }
            moments
        })
        .collect();
    let mut total = Moments::zero(count);
    total.merge(&parts.iter().collect::<Vec<_>>());
    total.weigh_by_mass();
    total
}

fn add_one(moments: &mut Moments, mass: f64, r: f64, theta: f64, place: Place, g: &[Vec2], lambda: f64) {
    match place.kind() {
        PlaceKind::Free => {
            let (sin, cos) = sin_cos(theta);
            let tv = if lambda > 0.0 { lambda.copysign(r) } else { 0.0 };
            let rate = rates(r, 0.0, 1.0, seen(g[place.index()], sin, cos), tv);
            let part = if lambda > 0.0 {
                contribution::<true>(mass, r, sin, cos, rate)
            } else {
                contribution::<false>(mass, r, sin, cos, rate)
            };
            let sum = &mut moments.region[place.index()];
            (0..REGION).for_each(|i| sum[i] += part[i]);
        }
        PlaceKind::Pinned => {
            let side = if r.is_sign_negative() { 2 } else { 0 };
            let sum = &mut moments.boundary[place.index()];
            sum[side] += mass;
            sum[side + 1] += mass * r;
        }
        PlaceKind::Dead | PlaceKind::Stuck | PlaceKind::StuckPinned => {}
    }
}

/// `g_k` of a measure whose places are not known yet: its residuals summed particle by particle.
pub fn initial_residual(samples: &Samples, regions: &Regions, measure: &Measure) -> Vec<f64> {
    let count = regions.boundaries();
    let size = chunk_size(measure.len(), count);
    let parts: Vec<Moments> = (0..measure.len().div_ceil(size))
        .into_par_iter()
        .map(|chunk| {
            let mut moments = Moments::zero(count);
            for i in chunk * size..((chunk + 1) * size).min(measure.len()) {
                let (sin, cos) = measure.theta()[i].sin_cos();
                let sum = &mut moments.region[regions.region_of(measure.theta()[i])];
                let first = measure.mass()[i] * measure.r()[i];
                (sum[0], sum[1]) = (sum[0] + first * cos, sum[1] + first * sin);
            }
            moments
        })
        .collect();
    let mut total = Moments::zero(count);
    total.merge(&parts.iter().collect::<Vec<_>>());
    let mut rho = vec![0.0; samples.len()];
    total.residual(samples, regions, &mut rho);
    rho
}
