//! Places of particles at the start of a run, and moments summed from scratch.

use rayon::prelude::*;

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, Margins, sticks};
use crate::flow::moments::{BOUNDARY, Moments, RegionMoments, add};
use crate::math::chunks::scatter;
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
    let (sin, cos) = libm::sincos(*theta);
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

/// Moments of particles summed from scratch, with rates for the field `g`; the bits do not depend
/// on threads.
pub fn sum_moments(
    mass: &[f64],
    r: &[f64],
    theta: &[f64],
    place: &[Place],
    g: &[Vec2],
    lambda: f64,
) -> Moments {
    let (count, m) = (g.len(), mass.len());
    let of_kind = |kind: PlaceKind| move |i: usize| (place[i].kind() == kind).then(|| place[i].index());
    let add_free = |sum: &mut RegionMoments, i: usize| {
        let (sin, cos) = sin_cos(theta[i]);
        let tv = if lambda > 0.0 { lambda.copysign(r[i]) } else { 0.0 };
        let rate = rates(r[i], 0.0, 1.0, seen(g[place[i].index()], sin, cos), tv);
        let part = if lambda > 0.0 {
            contribution::<true>(mass[i], r[i], sin, cos, rate)
        } else {
            contribution::<false>(mass[i], r[i], sin, cos, rate)
        };
        add(sum, &part);
    };
    let add_pinned = |sum: &mut [f64; BOUNDARY], i: usize| {
        let side = if r[i].is_sign_negative() { 2 } else { 0 };
        sum[side] += mass[i];
        sum[side + 1] += mass[i] * r[i];
    };
    let mut total = Moments::zero(count);
    total.region = scatter(m, count, of_kind(PlaceKind::Free), add_free, add);
    total.boundary = scatter(m, count, of_kind(PlaceKind::Pinned), add_pinned, add);
    total.weigh_by_mass();
    total
}

/// Residuals of a measure whose places are not known yet, summed particle by particle. Of a particle exactly on
/// a boundary either region would do: it contributes nothing to the sample of that boundary.
pub fn initial_residual(samples: &Samples, regions: &Regions, measure: &Measure) -> Vec<f64> {
    let count = regions.boundaries();
    let region: Vec<u32> = measure.theta().par_iter().map(|&theta| regions.region_of(theta) as u32).collect();
    let add_one = |sum: &mut Vec2, i: usize| {
        let (sin, cos) = libm::sincos(measure.theta()[i]);
        let first = measure.mass()[i] * measure.r()[i];
        add(sum, &[first * cos, first * sin]);
    };
    let first = scatter(measure.len(), count, |i| Some(region[i] as usize), add_one, add);
    let mut total = Moments::zero(count);
    for (moments, first) in total.region.iter_mut().zip(first) {
        (moments[0], moments[1]) = (first[0], first[1]);
    }
    let mut rho = vec![0.0; samples.len()];
    total.residual(samples, regions, &mut rho);
    rho
}
