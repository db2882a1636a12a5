//! The stored particles of a snapshot.

use crate::flow::{Densities, DensityGrid};
use crate::io::{Particles, RunFile};
use crate::problem::Regions;
use crate::run::Description;

use super::error::ReportError;

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
}

/// The stored particles of a snapshot; `None` if there are none.
pub fn stored(file: &RunFile, d: &Description, number: usize) -> Result<Option<Stored>, ReportError> {
    let Some(particles) = file.particles(number)? else { return Ok(None) };
    let mass: Vec<f64> = particles.index.iter().map(|&i| d.mass[i]).collect();
    let total: f64 = mass.iter().sum();
    let weight = mass.iter().map(|mass| if total > 0.0 { mass / total } else { 0.0 }).collect();
    Ok(Some(Stored { particles, mass, weight }))
}
