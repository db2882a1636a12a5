//! Columns of cells around the circle: each region has its own, and no cell crosses a boundary.

use std::f64::consts::TAU;
use std::ops::Range;

use crate::problem::Regions;

/// Fewest columns of a region: what a parabola at its end is made of.
pub const FEWEST: usize = 3;

/// Columns of equal width in every region, from region 1 anticlockwise; those of the dead region 0 come last.
///
/// Angles are unwrapped as in [`Regions`], from `angle(0)` to `angle(0) + 2 pi`.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// First column of region `k` at `k - 1`, of region 0 at `2 s - 1`; then the number of columns.
    first: Vec<usize>,
    /// Angle at which each region begins, in the same order, then `angle(0) + 2 pi`.
    edge: Vec<f64>,
}

impl Grid {
    /// About `per_turn` columns on the circle: each region has its share, but at least [`FEWEST`].
    ///
    /// ```text
    /// columns of region k = max(3, round(per_turn (angle(k) - angle(k - 1)) / 2 pi))
    /// ```
    pub fn new(regions: &Regions, per_turn: usize) -> Grid {
        let count = regions.boundaries();
        let mut edge: Vec<f64> = (0..count).map(|b| regions.angle(b)).collect();
        edge.push(edge[0] + TAU);
        let mut first = vec![0];
        for pair in edge.windows(2) {
            let share = (per_turn as f64 * (pair[1] - pair[0]) / TAU).round() as usize;
            first.push(first[first.len() - 1] + share.max(FEWEST));
        }
        Grid { first, edge }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.first[self.first.len() - 1]
    }

    /// Columns of a block: those of the grid, then one for what each boundary holds, then two for what lies dead on the
    /// boundaries 0 and `2 s - 1`.
    pub fn all(&self) -> usize {
        self.columns() + self.regions() + 2
    }

    /// Whether what is in a column of a block is dead.
    pub fn is_dead(&self, column: usize) -> bool {
        self.of(0).contains(&column) || column >= self.columns() + self.regions()
    }

    /// The column of region `k` that holds an angle.
    pub fn column_at(&self, k: usize, theta: f64) -> usize {
        let (range, at) = (self.of(k), (theta - self.low(k)) / self.width(k));
        range.start + (at.max(0.0) as usize).min(range.len() - 1)
    }

    /// Number of regions, `2 s`.
    pub fn regions(&self) -> usize {
        self.edge.len() - 1
    }

    /// The columns of region `k`.
    pub fn of(&self, k: usize) -> Range<usize> {
        let at = self.order(k);
        self.first[at]..self.first[at + 1]
    }

    /// Where region `k` begins (rad).
    pub fn low(&self, k: usize) -> f64 {
        self.edge[self.order(k)]
    }

    /// Where it ends (rad).
    pub fn high(&self, k: usize) -> f64 {
        self.edge[self.order(k) + 1]
    }

    /// Width of its columns (rad).
    pub fn width(&self, k: usize) -> f64 {
        (self.high(k) - self.low(k)) / self.of(k).len() as f64
    }

    /// The angle at the middle of the `i`-th column of region `k`.
    pub fn middle(&self, k: usize, i: usize) -> f64 {
        self.low(k) + (i as f64 + 0.5) * self.width(k)
    }

    /// All faces of columns, in order; one more than columns.
    pub fn faces(&self) -> Vec<f64> {
        let count = self.regions();
        let mut faces = Vec::with_capacity(self.columns() + 1);
        for k in (1..count).chain([0]) {
            faces.extend((0..self.of(k).len()).map(|i| self.low(k) + i as f64 * self.width(k)));
        }
        faces.push(self.edge[count]);
        faces
    }

    fn order(&self, k: usize) -> usize {
        if k == 0 { self.regions() - 1 } else { k - 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Samples;

    #[test]
    fn columns_fill_the_circle_and_end_at_boundaries() {
        let regions = Regions::new(&Samples::new(&[-1.0, 0.0, 0.001, 2.0], &[0.0; 4]).unwrap());
        let grid = Grid::new(&regions, 100);
        let faces = grid.faces();
        assert_eq!(faces.len(), grid.columns() + 1);
        assert!((faces[faces.len() - 1] - faces[0] - TAU).abs() < 1e-15);
        assert!(faces.windows(2).all(|pair| pair[1] > pair[0]));
        for b in 0..8 {
            assert_eq!(faces[grid.of(regions.above(b)).start], regions.angle(b));
        }
        // 0 and 0.001 are 0.001 rad apart: 0.016 columns of a hundred, but three.
        assert_eq!((grid.of(2).len(), grid.of(6).len()), (FEWEST, FEWEST));
        assert!((grid.width(2) - 0.001f64.atan() / 3.0).abs() < 1e-15);
        assert_eq!(grid.of(0).end, grid.columns());
    }
}
