//! The rows of a slice: neurons of one invariant, by their amplitude.

use super::coordinate::{Coordinate, Row};
use super::parabola::{LANES, Lanes};

/// Sums over rows that moments are made of.
pub const WEIGHTS: usize = 9;

/// Which weight is which.
pub mod weight {
    /// `r`.
    pub const R: usize = 0;
    /// `M` along `d`.
    pub const RADIAL: usize = 1;
    /// `M` along `t`.
    pub const ANGULAR: usize = 2;
    /// Sign of `r`.
    pub const SIGN: usize = 3;
    /// `A` times the difference of both.
    pub const SHEAR: usize = 4;
    /// `d RADIAL / d q`.
    pub const RADIAL_SLOPE: usize = 5;
    /// `d ANGULAR / d q`.
    pub const ANGULAR_SLOPE: usize = 6;
    /// `A` times the sign of `r`.
    pub const SIGN_TURN: usize = 7;
    /// `ANGULAR_SLOPE` times the sign of `r`.
    pub const SIGN_SLOPE: usize = 8;
}

/// Rows of equal width in `q`, in blocks; a face of rows is at `q = 0`, and at the end of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// What `q` is.
    pub coordinate: Coordinate,
    /// Index of the first row, a multiple of [`LANES`]: row `i` is at `q = (first + i + 1/2) width`.
    pub first: isize,
    /// Number of blocks.
    pub blocks: usize,
    /// Width of a row.
    pub width: f64,
    /// `A` of every row.
    pub turn: Vec<Lanes>,
    /// Weights of every row, so that sums over smooth densities are of fourth order: `f - f'' width^2 / 24`.
    pub weights: Vec<[Lanes; WEIGHTS]>,
}

impl Slice {
    /// Rows `first .. first + LANES blocks`.
    pub fn new(coordinate: Coordinate, first: isize, blocks: usize, width: f64) -> Slice {
        let at = |row: isize| coordinate.row((row as f64 + 0.5) * width);
        let (mut turn, mut weights) = (vec![], vec![]);
        for block in 0..blocks {
            let rows: [[Row; 3]; LANES] = std::array::from_fn(|i| {
                let row = first + (block * LANES + i) as isize;
                [at(row - 1), at(row), at(row + 1)]
            });
            turn.push(rows.map(|rows| rows[1].turn));
            let numbers = rows.map(|rows| rows.map(|row| numbers(&row)));
            weights.push(std::array::from_fn(|w| {
                numbers.map(|[below, here, above]| {
                    let signs = matches!(w, weight::SIGN | weight::SIGN_TURN | weight::SIGN_SLOPE);
                    let bend = if signs { 0.0 } else { above[w] - 2.0 * here[w] + below[w] };
                    here[w] - bend / 24.0
                })
            }));
        }
        Slice { coordinate, first, blocks, width, turn, weights }
    }

    /// The faces of all rows.
    pub fn faces(&self) -> Vec<f64> {
        let rows = (self.blocks * LANES) as isize;
        (0..=rows).map(|i| (self.first + i) as f64 * self.width).collect()
    }

    /// `q` at the middle of row `i`.
    pub fn middle(&self, i: usize) -> f64 {
        ((self.first + i as isize) as f64 + 0.5) * self.width
    }

    /// How many rows are below `q = 0`, none of them if `q` is positive.
    pub fn zero(&self) -> usize {
        (-self.first).max(0) as usize
    }

    /// The sign of `r` in a block.
    pub fn sign(&self, block: usize) -> f64 {
        self.weights[block][weight::SIGN][0]
    }
}

fn numbers(row: &Row) -> [f64; WEIGHTS] {
    let mut numbers = [0.0; WEIGHTS];
    numbers[weight::R] = row.r;
    numbers[weight::RADIAL] = row.radial;
    numbers[weight::ANGULAR] = row.angular;
    numbers[weight::SIGN] = row.r.signum();
    numbers[weight::SHEAR] = row.turn * (row.radial - row.angular);
    numbers[weight::RADIAL_SLOPE] = row.radial_slope;
    numbers[weight::ANGULAR_SLOPE] = row.angular_slope;
    numbers[weight::SIGN_TURN] = row.turn * row.r.signum();
    numbers[weight::SIGN_SLOPE] = row.angular_slope * row.r.signum();
    numbers
}
