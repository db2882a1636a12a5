//! What a page and a film show of a run, read from its file in one pass.

use std::f64::consts::TAU;

use crate::io::{Particles, RunFile, Status};
use crate::problem::{Place, Regions, add_bias, function_values};
use crate::run::{Description, Regime, Snapshot};

use super::budget::{Budget, PARTICLE, shown_samples};
use super::cells::{Cells, CellsNow};
use super::clusters::{Cluster, clusters, clusters_of_lines};
use super::displacement::Displacement;
use super::error::ReportError;
use super::frozen::Frozen;
use super::grid::Grid;
use super::stored::{Stored, stored};
use super::subsample::{Pick, subsample};

/// The drawn particles of one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Signed amplitudes.
    pub r: Vec<f64>,
    /// Directions (rad).
    pub theta: Vec<f64>,
    /// Their places.
    pub place: Vec<Place>,
}

/// One snapshot as it is shown.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its number in the file.
    pub number: usize,
    /// What the file has of it, without its tangent kernel.
    pub snapshot: Snapshot,
    /// The function on the grid.
    pub function: Vec<f64>,
    /// The function of a kernel that stands still, and its loss.
    pub frozen: Option<(Vec<f64>, f64)>,
    /// The drawn particles; none of a density.
    pub drawn: Drawn,
    /// The cells of a density.
    pub cells: Option<CellsNow>,
    /// Pinned clusters, heaviest first.
    pub clusters: Vec<Cluster>,
    /// Pinned mass that is in none of them.
    pub clusters_left_out: f64,
    /// Root mean square angle turned (rad); NaN of a density, which follows no neuron.
    pub turned: f64,
    /// Median distance moved by knots among the samples, as a share of the samples' range; NaN of a density.
    pub knots_moved: f64,
}

/// A run as it is shown.
#[derive(Debug)]
pub struct Gathered {
    /// What the run is.
    pub description: Description,
    /// What became of it.
    pub status: Status,
    /// Root attributes of the file.
    pub attributes: Vec<(String, String)>,
    /// Snapshots in the file.
    pub snapshots: usize,
    /// Particles that the file stores; 0 of a density, as `picks`, `numbers` and `mass` are empty.
    pub stored: usize,
    /// The cells in which a density is drawn.
    pub cells: Option<Cells>,
    /// Numbers of the samples that are drawn one by one.
    pub shown: Vec<usize>,
    /// Where functions are drawn.
    pub grid: Grid,
    /// Which of the stored particles are drawn.
    pub picks: Vec<Pick>,
    /// Their numbers among all particles.
    pub numbers: Vec<usize>,
    /// Their masses.
    pub mass: Vec<f64>,
    /// The snapshots.
    pub frames: Vec<Frame>,
}

impl Gathered {
    /// Reads a run.
    ///
    /// * `particles`: most particles to draw.
    ///
    /// # Errors
    /// The file stores no particles or no snapshot, or cannot be read.
    pub fn read(file: &RunFile, particles: usize) -> Result<Gathered, ReportError> {
        let path = || file.path().to_owned();
        if file.len() == 0 {
            return Err(ReportError::NoSnapshot { path: path() });
        }
        let description = file.description()?;
        if description.density.is_some() {
            return Gathered::read_cells(file, description);
        }
        let (samples, regions) = (&description.samples, Regions::new(&description.samples));
        let shown = shown_samples(samples.len());
        let x: Vec<f64> = shown.iter().map(|&j| samples.x()[j]).collect();
        let grid = Grid::new(&x);
        let budget = Budget::new(file.len(), shown.len(), grid.x().len(), particles);
        let start =
            stored(file, &description, 0)?.ok_or_else(|| ReportError::NoParticles { path: path() })?;
        let picks = subsample(&start.mass, &start.particles.r, &start.particles.theta, budget.particles);
        let displacement = Displacement::new(&start.particles.theta, &start.mass, samples.x());
        let numbers = picks.iter().map(|pick| start.particles.index[pick.at]).collect();
        let mass = picks.iter().map(|pick| start.mass[pick.at]).collect();
        let (mut frames, mut frozen): (Vec<Frame>, Option<Frozen>) = (vec![], None);
        for number in budget.frames {
            let mut snapshot = file.snapshot(number)?;
            (snapshot.tangent_kernel, snapshot.tangent_kernel_eigenvalues) = (None, None);
            let now = stored(file, &description, number)?
                .ok_or_else(|| ReportError::NoParticles { path: path() })?;
            let mut function = function_values(grid.x(), &now.particles.r, &now.particles.theta, &now.weight);
            add_bias(&mut function, snapshot.output_bias);
            let known: Vec<f64> = shown.iter().map(|&j| samples.y()[j] + snapshot.residual[j]).collect();
            grid.through_samples(&mut function, &known);
            if frames.is_empty() {
                frozen = Frozen::new(&description, &snapshot, Some(&now), &grid, &function, &shown);
            }
            let time = snapshot.time;
            let (clusters, clusters_left_out) = clusters(&snapshot, &now, samples, &regions);
            frames.push(Frame {
                number,
                function,
                frozen: frozen.as_ref().map(|frozen| (frozen.function(&grid, time), frozen.loss(time))),
                drawn: drawn(&now.particles, &picks),
                cells: None,
                clusters,
                clusters_left_out,
                turned: displacement.turned(&now.particles.theta),
                knots_moved: displacement.knots_moved(&now.particles.theta),
                snapshot,
            });
        }
        Ok(Gathered {
            status: file.status(),
            attributes: file.attributes()?,
            snapshots: file.len(),
            stored: start.mass.len(),
            cells: None,
            description,
            shown,
            grid,
            picks,
            numbers,
            mass,
            frames,
        })
    }

    /// Reads a run that solves for its density.
    fn read_cells(file: &RunFile, description: Description) -> Result<Gathered, ReportError> {
        let path = || file.path().to_owned();
        let density = description.density.ok_or_else(|| ReportError::NoParticles { path: path() })?;
        let (samples, regions) = (&description.samples, Regions::new(&description.samples));
        let shown = shown_samples(samples.len());
        let x: Vec<f64> = shown.iter().map(|&j| samples.x()[j]).collect();
        let grid = Grid::new(&x);
        // What particles would take is for cells.
        let budget = Budget::new(file.len(), shown.len(), grid.x().len(), usize::MAX);
        let room = budget.particles.saturating_mul(PARTICLE);
        let cells = Cells::new(file, &budget.frames, &density, &regions, room)?;
        let (mut frames, mut frozen): (Vec<Frame>, Option<Frozen>) = (vec![], None);
        for number in budget.frames {
            let mut snapshot = file.snapshot(number)?;
            (snapshot.tangent_kernel, snapshot.tangent_kernel_eigenvalues) = (None, None);
            let found = file.densities(number)?.ok_or_else(|| ReportError::NoParticles { path: path() })?;
            let now = Stored::of_cells(&found, &density, &regions);
            let mut function = function_values(grid.x(), &now.particles.r, &now.particles.theta, &now.weight);
            add_bias(&mut function, snapshot.output_bias);
            let known: Vec<f64> = shown.iter().map(|&j| samples.y()[j] + snapshot.residual[j]).collect();
            grid.through_samples(&mut function, &known);
            if frames.is_empty() {
                frozen = Frozen::new(&description, &snapshot, None, &grid, &function, &shown);
            }
            let time = snapshot.time;
            let (clusters, clusters_left_out) =
                clusters_of_lines(&snapshot, (&density, &found), samples, &regions);
            frames.push(Frame {
                number,
                function,
                frozen: frozen.as_ref().map(|frozen| (frozen.function(&grid, time), frozen.loss(time))),
                drawn: Drawn { r: vec![], theta: vec![], place: vec![] },
                cells: Some(cells.now(&found, &density, &regions)),
                clusters,
                clusters_left_out,
                turned: f64::NAN,
                knots_moved: f64::NAN,
                snapshot,
            });
        }
        Ok(Gathered {
            status: file.status(),
            attributes: file.attributes()?,
            snapshots: file.len(),
            stored: 0,
            cells: Some(cells),
            description,
            shown,
            grid,
            picks: vec![],
            numbers: vec![],
            mass: vec![],
            frames,
        })
    }

    /// The last snapshot.
    pub fn last(&self) -> &Frame {
        self.frames.last().expect("a run has a snapshot")
    }

    /// Kernel or adaptive learning.
    pub fn regime(&self) -> Regime {
        let (first, last) = (&self.frames[0], self.last());
        let between: Vec<usize> = self.between();
        let distance = |a: &[f64], b: &[f64]| -> f64 {
            between.iter().map(|&i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
        };
        let way = distance(&first.function, &last.function);
        let apart = |frozen: &(Vec<f64>, f64)| distance(&frozen.0, &last.function) / way;
        let of_snapshots =
            Regime::of(&self.description, [&first.snapshot, &last.snapshot], self.status == Status::Finished);
        Regime {
            turned: last.turned,
            knots_moved: last.knots_moved,
            frozen_loss: last.frozen.as_ref().map(|frozen| frozen.1),
            frozen_distance: last.frozen.as_ref().map(apart).filter(|share| share.is_finite()),
            ..of_snapshots
        }
    }

    /// Indices of the equally spaced points of the grid within the range of the samples.
    fn between(&self) -> Vec<usize> {
        let (x, at) = (self.grid.x(), self.grid.samples());
        (at[0]..=at[at.len() - 1]).filter(|i| at.binary_search(i).is_err() || x.len() < 3).collect()
    }
}

fn drawn(particles: &Particles, picks: &[Pick]) -> Drawn {
    let of = |column: &[f64]| picks.iter().map(|pick| column[pick.at]).collect::<Vec<f64>>();
    Drawn {
        r: of(&particles.r),
        theta: of(&particles.theta).into_iter().map(|theta| theta.rem_euclid(TAU)).collect(),
        place: picks.iter().map(|pick| particles.place[pick.at]).collect(),
    }
}
