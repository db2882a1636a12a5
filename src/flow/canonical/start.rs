//! Places of particles at the start of a run, and moments summed from scratch.

use rayon::prelude::*;

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, Margins, sticks};
use crate::flow::moments::{Moments, REGION};
use crate::math::chunks::parts;
use crate::math::trig::sin_cos;
use crate::problem::{Measure, Place, PlaceKind, Regions, Samples};

use super::motion::{contribution, rates, seen};

/// Particles unwrapped into their regions. A particle exactly on a boundary obeys the rule there
/// ([`Interface::on_line`]): it is pinned where the boundary holds it, else it starts in the region into
/// which it moves. Where `r = 0` there it gets the sign with which it sets off.
///
/// Returns places, and the mass whose start was ambiguous.
pub fn place_all(
    regions: &Regions,
    r: &mut [f64],
    theta: &mut [f64],
    mass: &[f64],
    g: &[Vec2],
    margins: &Margins,
    lambda: f64,
) -> (Vec<Place>, f64) {
    let mut place = vec![Place::DEAD; theta.len()];
    let ambiguous: Vec<f64> = theta
        .par_chunks_mut(4096)
        .zip(r.par_chunks_mut(4096))
        .zip(mass.par_chunks(4096))
        .zip(place.par_chunks_mut(4096))
        .map(|(((theta, r), mass), place)| {
            let mut sum = 0.0;
            for i in 0..theta.len() {
                let ambiguous;
                (place[i], ambiguous) = start_of(regions, g, margins, lambda, &mut r[i], &mut theta[i]);
                sum += if ambiguous { mass[i] } else { 0.0 };
            }
            sum
        })
        .collect();
    (place, ambiguous.into_iter().sum())
}

/// The place at which a particle starts, its angle unwrapped, and whether that is ambiguous.
fn start_of(
    regions: &Regions,
    g: &[Vec2],
    margins: &Margins,
    lambda: f64,
    r: &mut f64,
    theta: &mut f64,
) -> (Place, bool) {
    let boundary = regions.boundary_at(*theta);
    *theta = boundary.map_or_else(|| regions.unwrapped(*theta), |b| regions.angle(b));
    let (sin, cos) = theta.sin_cos();
    let pull = |k: usize| g[k][0] * cos + g[k][1] * sin;
    let stuck = |k: usize, r: f64| r == 0.0 && sticks(pull(k), lambda, margins.of(k));
    let Some(b) = boundary else {
        let k = regions.region_of_unwrapped(*theta);
        let place = Place::in_region(k);
        let held = place != Place::DEAD && stuck(k, *r);
        return (if held { Place::new(PlaceKind::Stuck, k) } else { place }, false);
    };
    let side = regions.inactive_side(b);
    if *r == 0.0 && pull(side) != 0.0 {
        *r = 0f64.copysign(-pull(side));
    }
    let sign = 1f64.copysign(*r);
    match Interface::new(regions, b, sign, |k| g[k], |k| margins.of(k)).on_line() {
        Fate::Enters { upward, ambiguous } => {
            (Place::in_region(if upward { regions.above(b) } else { b }), ambiguous)
        }
        Fate::Dies => (Place::DEAD, false),
        Fate::Pinned if stuck(side, *r) => (Place::new(PlaceKind::StuckPinned, b), false),
        Fate::Pinned => (Place::pinned(b), false),
    }
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
    let parts = parts(mass.len(), count, |chunk| {
        let mut moments = Moments::zero(count);
        for i in chunk {
            add_one(&mut moments, mass[i], r[i], theta[i], place[i], g, lambda);
        }
        moments
    });
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

/// Residuals of a measure whose places are not known yet, summed particle by particle. Of a particle exactly on
/// a boundary either region would do: it contributes nothing to the sample of that boundary.
pub fn initial_residual(samples: &Samples, regions: &Regions, measure: &Measure) -> Vec<f64> {
    let count = regions.boundaries();
    let parts = parts(measure.len(), count, |chunk| {
        let mut moments = Moments::zero(count);
        for i in chunk {
            let (sin, cos) = measure.theta()[i].sin_cos();
            let sum = &mut moments.region[regions.region_of(measure.theta()[i])];
            let first = measure.mass()[i] * measure.r()[i];
            (sum[0], sum[1]) = (sum[0] + first * cos, sum[1] + first * sin);
        }
        moments
    });
    let mut total = Moments::zero(count);
    total.merge(&parts.iter().collect::<Vec<_>>());
    let mut rho = vec![0.0; samples.len()];
    total.residual(samples, regions, &mut rho);
    rho
}
