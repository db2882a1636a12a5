//! From second moments to what the residuals need (mathematics, sections 4, 7 and 10).

use rayon::prelude::*;

use crate::flow::events::EventParticles;
use crate::flow::field::{Vec2, gradients};
use crate::flow::moments::{MERGE_LENGTH, Moments, REGION, residual_of};
use crate::problem::{Regions, Samples};

use super::decay::Factors;
use super::frame::Mat;
use super::kind::Scaled;
use super::second::{Cluster, Second, region_moments, transform, transform_cluster};
use super::step_tables::StepTables;
use super::sums::{BoundarySums, RegionSums, Sums};
use super::totals::Totals;

/// A cluster on a line with direction `d` after the map `m` of `(c, w)`.
pub fn transform_pinned(m: &Mat, d: Vec2, cluster: &Cluster) -> Cluster {
    let along = |v: Vec2| v[0] * d[0] + v[1] * d[1];
    let block =
        [m[0], along([m[1], m[2]]), along([m[3], m[6]]), along([along([m[4], m[5]]), along([m[7], m[8]])])];
    transform_cluster(block, *cluster)
}

/// `kappa^2` times weight and rate of a cluster that `pull = <g, d>` acts on.
fn weight_of(Scaled { kind, kappa, decay }: Scaled, clusters: &[Cluster; 2], pull: f64) -> [f64; 2] {
    let sum = |i: usize| clusters[0][i] + clusters[1][i];
    let square = kappa * kappa;
    let value = kind.beta * sum(1) + kind.alpha * sum(3);
    // d(c^2)/dt = -2 alpha <g, d> c l,  d(l^2)/dt = -2 beta <g, d> c l
    let both = kind.alpha * kind.beta;
    [square * value, -4.0 * both * square * pull * sum(2) - 2.0 * both * decay * square * value]
}

/// Second moments in the laboratory frame, residuals and field, in the memory of earlier ones.
#[derive(Debug, Default)]
pub struct Scratch {
    region: Vec<Second>,
    boundary: Vec<[Cluster; 2]>,
    rho: Vec<f64>,
    field: Vec<Vec2>,
}

/// Moments of neurons whose second moments are `totals` in `frames`, times `factors`; the rates are those in the
/// field of their own residuals. `O(s)`.
pub fn moments_of(
    samples: &Samples,
    regions: &Regions,
    scaled: Scaled,
    factors: Factors,
    frames: &[Mat],
    totals: &Totals,
) -> Moments {
    let mut moments = Moments::zero(regions.boundaries());
    let frame = |frame: usize| &frames[frame];
    set_moments(samples, regions, (scaled, factors), frame, totals, &mut Scratch::default(), &mut moments);
    moments
}

/// As [`moments_of`], over earlier moments.
pub fn set_moments<'a>(
    samples: &Samples,
    regions: &Regions,
    (scaled, factors): (Scaled, Factors),
    frame: impl Fn(usize) -> &'a Mat + Sync,
    totals: &Totals,
    scratch: &mut Scratch,
    moments: &mut Moments,
) {
    let (kappa, count) = (scaled.kappa, regions.boundaries());
    let Scratch { region, boundary, rho, field } = scratch;
    region.resize(count, [0.0; 6]);
    boundary.resize(count, [[0.0; 4]; 2]);
    rho.resize(samples.len(), 0.0);
    field.resize(count, [0.0; 2]);
    let places = region.par_iter_mut().zip(&mut *boundary).zip(&mut *field).zip(&mut moments.boundary);
    places.with_min_len(MERGE_LENGTH).enumerate().for_each(|(k, (((region, boundary), first), moments))| {
        *region = match totals.region[k] {
            nothing if nothing == [0.0; 6] => nothing,
            sums => factors.second(transform(frame(k), &sums)),
        };
        *boundary = match totals.boundary[k] {
            nothing if nothing == [[0.0; 4]; 2] => nothing,
            sums => sums
                .map(|sum| factors.cluster(transform_pinned(frame(count + k), regions.direction(k), &sum))),
        };
        let [positive, negative] = &*boundary;
        *moments = [positive[0], kappa * positive[2], negative[0], kappa * negative[2]];
        *first = if k > 0 { [kappa * region[1], kappa * region[2]] } else { [0.0; 2] };
    });
    // First the first moments, then the field of the residuals that they make.
    residual_of(samples, regions, &moments.boundary, field, rho);
    gradients(samples, rho, field);
    let field = |k: usize| field[k].map(|g| kappa * g);
    let places = moments.region.par_iter_mut().zip(&mut moments.weight).zip(&*region).zip(&*boundary);
    places.with_min_len(MERGE_LENGTH).enumerate().for_each(|(k, (((moments, weight), region), clusters))| {
        *moments = if k > 0 { region_moments(scaled, region, field(k)) } else { [0.0; REGION] };
        *weight = [0.0; 2];
        if *clusters != [[0.0; 4]; 2] {
            let (g, d) = (field(regions.inactive_side(k)), regions.direction(k));
            *weight = weight_of(scaled, clusters, g[0] * d[0] + g[1] * d[1]);
        }
    });
}

/// The neurons of a push that met an event, as the residual ODE needs them.
pub fn add_event_particles(tables: &StepTables<'_>, sums: &Sums, event_particles: &mut EventParticles) {
    let (regions, factors) = (tables.regions, &tables.factors);
    let scaled = Scaled { kind: tables.kind, kappa: tables.kappa, decay: tables.decay };
    let count = regions.boundaries();
    let square = scaled.kappa * scaled.kappa;
    event_particles.any = sums.any;
    if !sums.any {
        return;
    }
    let field = |k: usize, u: f64| tables.field[k].at(u).map(|g| g / tables.h);
    for (k, sums) in sums.region.entries().filter(|(_, sums)| **sums != RegionSums::default()) {
        let (share, propagator) = (&mut event_particles.region[k], &tables.propagators[k]);
        let start = factors.start.second(transform(&tables.frames[k], &sums.start));
        let end = factors.end.second(transform(&propagator.end, &sums.end));
        share.start = region_moments(scaled, &start, field(k, 0.0));
        share.end = region_moments(scaled, &end, field(k, 1.0));
        share.sigma = sums.sigma.map(|v| square * v);
        share.sigma_u = sums.sigma_u.map(|v| square * v);
    }
    for (b, sums) in sums.boundary.entries().filter(|(_, sums)| **sums != BoundarySums::default()) {
        let (share, propagator) = (&mut event_particles.boundary[b], &tables.propagators[count + b]);
        let d = regions.direction(b);
        let at = |frame: &Mat, clusters: &[Cluster; 2], factors: Factors, u: f64| {
            let g = field(regions.inactive_side(b), u);
            let clusters = clusters.map(|cluster| factors.cluster(transform_pinned(frame, d, &cluster)));
            weight_of(scaled, &clusters, g[0] * d[0] + g[1] * d[1])
        };
        share.start = at(&tables.frames[count + b], &sums.start, factors.start, 0.0);
        share.end = at(&propagator.end, &sums.end, factors.end, 1.0);
        share.weight = square * sums.weight;
        share.weight_u = square * sums.weight_u;
    }
}
