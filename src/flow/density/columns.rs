//! The columns of a density in a state.

use crate::flow::columns::columns;
use crate::math::sum::sum;
use crate::problem::Regions;

use super::grid::Grid;
use super::parabola::LANES;
use super::released::NUMBERS;

columns! {
    /// Masses of cells, and where they are. Slices are one after the other; within one, cells are in blocks of eight
    /// rows: `[block][column][row]`. Behind the columns of the grid come those of what is pinned on each boundary and of
    /// what lies dead on the boundaries 0 and `2 s - 1`.
    pub struct Density {
        /// `[columns per turn]`, then for each slice `[parameter, first row, blocks, width of a row]`.
        layout: F64 = |sizes| sizes.layout,
        /// Masses.
        cells: F64 = |sizes| sizes.cells,
        /// Mass stuck at `r = 0` in each column; nothing without a total-variation term.
        stuck: F64 = |sizes| sizes.stuck,
        /// What boundaries have released and none holds again: `[slice, region, q, theta, mass]` of each part.
        released: F64 = |sizes| sizes.released,
        /// Moments of the measure.
        moments: F64 = |sizes| 2 * sizes.s * crate::flow::moments::LENGTH,
    }
}

impl Density {
    /// What the length of `cells` must be, with `columns` columns; `None` if the layout is not one.
    pub fn expected_cells(&self, columns: usize) -> Option<usize> {
        let (_, slices) = self.layout.split_first()?;
        let (slices, rest) = slices.as_chunks::<4>();
        let blocks: Vec<usize> = slices.iter().map(|slice| slice[2] as usize).collect();
        let total = blocks.iter().try_fold(0usize, |sum, &blocks| sum.checked_add(blocks))?;
        (rest.is_empty() && !blocks.is_empty()).then(|| total.checked_mul(8 * columns)).flatten()
    }
}

impl Density {
    /// All mass, by a compensated sum.
    pub fn mass(&self) -> f64 {
        sum(self.cells.iter().chain(&self.stuck).copied().chain(self.released().map(|part| part[4])))
    }

    /// The marginal of `theta`: `[from, to, mass]` with uniform density over each column, and with `from = to` of what
    /// is on a boundary, or was released from one. Angles are unwrapped, as in [`Regions`].
    pub fn by_angle(&self, regions: &Regions) -> Vec<[f64; 3]> {
        let (grid, count) = (self.grid(regions), regions.boundaries());
        let mut masses = vec![0.0; grid.all()];
        for (i, rows) in self.cells.as_chunks::<LANES>().0.iter().enumerate() {
            let column = i % masses.len();
            masses[column] += rows.iter().sum::<f64>();
        }
        masses.iter_mut().zip(&self.stuck).for_each(|(mass, stuck)| *mass += stuck);
        let faces = grid.faces();
        let columns = faces.windows(2).map(|pair| [pair[0], pair[1]]);
        let lines = (0..count).chain([0, count - 1]).map(|b| [regions.angle(b); 2]);
        let released = self.released().map(|[_, _, _, theta, mass]| [theta, theta, mass]);
        columns
            .chain(lines)
            .zip(masses)
            .map(|([from, to], mass)| [from, to, mass])
            .chain(released)
            .filter(|part| part[2] > 0.0)
            .collect()
    }

    /// What boundaries have released: `[slice, region, q, theta, mass]`.
    pub fn released(&self) -> impl Iterator<Item = [f64; NUMBERS]> {
        self.released.as_chunks::<NUMBERS>().0.iter().copied()
    }

    /// Mass in the dead region and on its edges, also where it is stuck at `r = 0`.
    pub fn dead_mass(&self, regions: &Regions) -> f64 {
        let grid = self.grid(regions);
        let all = grid.all();
        let dead = |(i, _): &(usize, _)| grid.is_dead(i % all);
        let cells = self.cells.as_chunks::<LANES>().0.iter().enumerate().filter(dead);
        let stuck = (0..self.stuck.len()).filter(|&column| grid.is_dead(column));
        sum(cells.flat_map(|(_, rows)| rows.iter().copied()).chain(stuck.map(|column| self.stuck[column])))
    }

    fn grid(&self, regions: &Regions) -> Grid {
        Grid::new(regions, self.layout[0] as usize)
    }
}
