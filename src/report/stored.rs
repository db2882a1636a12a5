//! The stored particles of a snapshot.

use crate::flow::{Densities, DensityGrid, Nodes};
use crate::io::{Particles, RunFile};
use crate::problem::{Place, PlaceKind, Regions};
use crate::run::Description;

use super::error::ReportError;

/// Directions in a column: functions on a page have about two points in the narrowest.
const PARTS: usize = 16;

/// The stored particles of one snapshot with their masses.
#[derive(Debug, Clone)]
pub struct Stored {
    /// As the file has them.
    pub particles: Particles,
    /// Their masses.
    pub mass: Vec<f64>,
    /// The masses, scaled so that they sum to 1: each stored particle stands for some that are not.
    pub weight: Vec<f64>,
}

impl Stored {
    /// The middles of the cells of a density with their masses.
    pub fn of_cells(densities: &Densities, grid: &DensityGrid, regions: &Regions) -> Stored {
        let (particles, mass) = Particles::of_nodes(densities.nodes(grid, regions));
        Stored { particles, weight: mass.clone(), mass }
    }

    /// Free mass in sixteen directions for each column, with its root mean square amplitude: what second moments of
    /// canonical particles need, evenly spread over the columns.
    pub fn of_columns(densities: &Densities, grid: &DensityGrid, regions: &Regions) -> Stored {
        let (theta, r) = (grid.theta_faces(regions), grid.amplitude_faces());
        let (columns, height) = (theta.len() - 1, r[1] - r[0]);
        let mut sums = vec![[0.0; 2]; columns];
        for (i, density) in densities.density.iter().enumerate() {
            let (row, sum) = (i / columns, &mut sums[i % columns]);
            let (middle, mass) = (0.5 * (r[row] + r[row + 1]), density * height);
            // The mean of r^2 over a row.
            *sum = [sum[0] + mass, sum[1] + mass * (middle * middle + height * height / 12.0)];
        }
        let mut nodes = Nodes::default();
        for (i, [mass, square]) in sums.into_iter().enumerate().filter(|(_, sum)| sum[0] > 0.0) {
            let width = (theta[i + 1] - theta[i]) / PARTS as f64;
            for part in 0..PARTS {
                let at = theta[i] + (part as f64 + 0.5) * width;
                nodes.r.push((square / mass).sqrt());
                nodes.theta.push(at);
                nodes.mass.push(mass * width);
                nodes.place.push(Place::new(PlaceKind::Free, regions.region_of(at)));
            }
        }
        let (particles, mass) = Particles::of_nodes(nodes);
        Stored { particles, weight: mass.clone(), mass }
    }
}

/// The stored particles of a snapshot; `None` if there are none.
pub fn stored(file: &RunFile, d: &Description, number: usize) -> Result<Option<Stored>, ReportError> {
    let Some(particles) = file.particles(number)? else { return Ok(None) };
    let mass: Vec<f64> = particles.index.iter().map(|&i| d.mass[i]).collect();
    let total: f64 = mass.iter().sum();
    let weight = mass.iter().map(|mass| if total > 0.0 { mass / total } else { 0.0 }).collect();
    Ok(Some(Stored { particles, mass, weight }))
}
