//! The rows of a slice at the start of a run, with room for mass that moves outward.

use super::coordinate::Coordinate;
use super::grid::Grid;
use super::parabola::LANES;
use super::slice::Slice;

/// Empty blocks on both sides, for mass that moves outward.
pub const MARGIN: usize = 3;

/// Rows of a slice, and which of them are not empty at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// All rows.
    pub slice: Slice,
    /// The first that is not empty.
    pub inner: usize,
    /// The first empty one after them.
    pub outer: usize,
}

impl Rows {
    /// About `count` rows for `q` between two numbers, with empty blocks beyond.
    pub fn new(coordinate: Coordinate, [low, high]: [f64; 2], count: usize) -> Rows {
        let width = (high - low) / count as f64;
        let block = |q: f64| q / (width * LANES as f64);
        // An end on a face is not beyond it by rounding.
        let (from, to) = ((block(low) + 1e-9).floor() as isize, (block(high) - 1e-9).ceil() as isize);
        // There is nothing below the origin.
        let below = if coordinate.has_origin() { 0 } else { MARGIN };
        let first = (from - below as isize) * LANES as isize;
        let inner = (to - from) as usize;
        let slice = Slice::new(coordinate, first, inner + below + MARGIN, width);
        Rows { slice, inner: below * LANES, outer: (below + inner) * LANES }
    }

    /// The faces of the rows that are not empty.
    pub fn faces(&self) -> Vec<f64> {
        self.slice.faces()[self.inner..=self.outer].to_vec()
    }

    /// Empty cells.
    pub fn cells(&self, grid: &Grid) -> Vec<f64> {
        vec![0.0; self.slice.blocks * grid.all() * LANES]
    }

    /// Where the cell of a column in the `i`-th row that is not empty is among the cells of the slice.
    pub fn place(&self, grid: &Grid, column: usize, i: usize) -> usize {
        let row = self.inner + i;
        (row / LANES * grid.all() + column) * LANES + row % LANES
    }
}
