//! Pinned clusters: what sits on the line of a sample, taken together.

use crate::flow::{Densities, DensityGrid};
use crate::problem::{PlaceKind, Regions, Samples};
use crate::run::Snapshot;

use super::stored::Stored;

/// Most clusters of one moment that a page holds; the heaviest.
pub const MOST: usize = 400;

/// All particles pinned on one boundary with one sign of `r`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cluster {
    /// The boundary.
    pub boundary: usize,
    /// 0 for `r >= 0`, 1 for `r < 0`.
    pub side: usize,
    /// Their mass, of all particles.
    pub mass: f64,
    /// Mean of their `r`, of those that the run stores; NaN if it stores none of them.
    pub r: f64,
    /// By how much they change the slope of `f` at the sample: `mass r / sqrt(1 + x^2)` (section 13).
    pub slope: f64,
}

/// The clusters of a snapshot, heaviest first, and the mass of those left out.
pub fn clusters(
    snapshot: &Snapshot,
    stored: &Stored,
    samples: &Samples,
    regions: &Regions,
) -> (Vec<Cluster>, f64) {
    let mut sums = vec![[[0.0; 2]; 2]; regions.boundaries()];
    for (i, place) in stored.particles.place.iter().enumerate() {
        if place.kind() == PlaceKind::Pinned {
            let (r, mass) = (stored.particles.r[i], stored.mass[i]);
            let sum = &mut sums[place.index()][usize::from(r < 0.0)];
            *sum = [sum[0] + mass, sum[1] + mass * r];
        }
    }
    heaviest(snapshot, &sums, samples, regions)
}

/// The same of a density: means are over what is stored of each line.
pub fn clusters_of_lines(
    snapshot: &Snapshot,
    (grid, densities): (&DensityGrid, &Densities),
    samples: &Samples,
    regions: &Regions,
) -> (Vec<Cluster>, f64) {
    let faces = grid.amplitude_faces();
    let mut sums = vec![[[0.0; 2]; 2]; regions.boundaries()];
    for (i, density) in densities.line_density.iter().enumerate() {
        let (b, row) = (i / grid.rows, i % grid.rows);
        let (r, mass) = (0.5 * (faces[row] + faces[row + 1]), density * (faces[row + 1] - faces[row]));
        let sum = &mut sums[b][usize::from(r < 0.0)];
        *sum = [sum[0] + mass, sum[1] + mass * r];
    }
    heaviest(snapshot, &sums, samples, regions)
}

/// * `sums`: mass and mass times `r` of those that are stored, by boundary and sign.
fn heaviest(
    snapshot: &Snapshot,
    sums: &[[[f64; 2]; 2]],
    samples: &Samples,
    regions: &Regions,
) -> (Vec<Cluster>, f64) {
    let mut all: Vec<Cluster> = snapshot
        .pinned_mass
        .indexed_iter()
        .filter(|(_, mass)| **mass > 0.0)
        .map(|((boundary, side), &mass)| {
            let [weight, moment] = sums[boundary][side];
            let r = if weight > 0.0 { moment / weight } else { f64::NAN };
            let slope = mass * r / samples.x()[regions.sample(boundary)].hypot(1.0);
            Cluster { boundary, side, mass, r, slope }
        })
        .collect();
    all.sort_by(|a, b| b.mass.total_cmp(&a.mass));
    let left_out = all.iter().skip(MOST).fold(0.0, |sum, cluster| sum + cluster.mass);
    all.truncate(MOST);
    (all, left_out)
}
