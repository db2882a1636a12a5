//! The transport in `theta`: every row turns with a factor of its own, through all regions.
//!
//! With `g` frozen, `psi = theta - arg g` obeys `tan(psi'/2) = tan(psi/2) exp(-A G h)`. So every face of a column is
//! traced back to its *foot*, through the boundaries it came across; the new mass of a cell is that between its feet.
//! At a boundary that holds what arrives there (an attractor, or the dead region beyond) the feet of its two sides
//! differ: what lies between them has fallen onto it.

use multiversion::multiversion;

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, Margins};
use crate::math::trig::atan;
use crate::problem::Regions;

use super::grid::Grid;
use super::parabola::{Cell, LANES, Lanes, end_face, face, lanes, next_face};

/// What arrives at a boundary from either side goes on into the region beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Crosses {
    /// What comes from the clockwise side.
    pub upward: bool,
    /// What comes from the anticlockwise side.
    pub downward: bool,
}

/// The field of one step, frozen, as the turn needs it.
pub struct Turning<'a> {
    grid: &'a Grid,
    /// `|g_k| h`.
    strength: Vec<f64>,
    /// All faces of the columns of every region.
    faces: Vec<Vec<Face>>,
    /// Of each boundary for rows with `A < 0`, and with `A > 0`.
    crosses: Vec<[Crosses; 2]>,
}

/// A face of columns in the field of its region.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Face {
    /// `sin psi`.
    sin: f64,
    /// `1 - cos psi`.
    versine: f64,
    /// Exponents with which its foot stays in the region: `[least, largest]`.
    stays: [f64; 2],
}

impl Face {
    /// * `psi`: of the face.
    /// * `ends`: `psi` of both ends of the region.
    fn new(psi: f64, ends: [f64; 2]) -> Face {
        let (sin, cos) = psi.sin_cos();
        // tan(foot/2) = tan(psi/2) exp(z): a foot with z > 0 moves away from psi = 0, towards pi.
        let logarithm = |psi: f64| (0.5 * psi).tan().abs().ln();
        let limit = |end: f64| {
            // It reaches the end unless a direction that does not turn is in between.
            let reaches = end.sin() * sin > 0.0;
            if reaches { logarithm(end) - logarithm(psi) } else { f64::INFINITY }
        };
        let (away, towards) = if sin > 0.0 { (ends[1], ends[0]) } else { (ends[0], ends[1]) };
        Face { sin, versine: 1.0 - cos, stays: [-limit(towards).abs(), limit(away).abs()] }
    }

    /// The angle from the face to its foot: `grown = exp(z) - 1`.
    #[inline(always)]
    fn turned(&self, grown: f64) -> f64 {
        2.0 * atan(grown * self.sin / (2.0 + grown * self.versine))
    }
}

/// The place where the mass of a cell ends, traced back: a cell, and how much of its mass lies below.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Foot {
    column: u32,
    head: f64,
}

/// What crosses boundary `b`, of rows with `r > 0` and of rows with `r < 0` (`A < 0`, `A > 0`).
///
/// * `field`, `margin`: of each region, in one unit.
pub fn crosses(regions: &Regions, b: usize, field: &[Vec2], margin: impl Fn(usize) -> f64) -> [Crosses; 2] {
    [1.0, -1.0].map(|sign| {
        let boundary = Interface::new(regions, b, sign, |k| field[k], &margin);
        let [low, high] = boundary.velocity;
        let goes_on = |upward| matches!(boundary.on_arrival(upward), Fate::Enters { .. });
        // What is dead does not move: its velocity is 0.
        Crosses { upward: low > 0.0 && goes_on(true), downward: high < 0.0 && goes_on(false) }
    })
}

impl<'a> Turning<'a> {
    /// The turn over a step of length `h`.
    ///
    /// * `field`: the mean of `h g_k` over the step.
    /// * `margins`: how far `h g_k` may be from the truth.
    pub fn new(grid: &'a Grid, regions: &Regions, field: &[Vec2], h: f64, margins: &Margins) -> Turning<'a> {
        let margin = margins.times(h);
        let crosses = (0..grid.regions()).map(|b| crosses(regions, b, field, |k| margin[k])).collect();
        let faces = (0..grid.regions())
            .map(|k| {
                let (direction, count) = (field[k][1].atan2(field[k][0]), grid.of(k).len());
                let psi = |i: usize| {
                    let theta =
                        if i == count { grid.high(k) } else { grid.low(k) + i as f64 * grid.width(k) };
                    theta - direction
                };
                (0..=count).map(|i| Face::new(psi(i), [psi(0), psi(count)])).collect()
            })
            .collect();
        let strength = field.iter().map(|g| g[0].hypot(g[1])).collect();
        Turning { grid, strength, faces, crosses }
    }

    /// The foot of face `i` of region `k`, seen from inside that region, wherever it lies.
    fn trace(&self, cells: &[Cell], a: f64, mut k: usize, mut i: usize, lane: usize) -> Foot {
        let grid = self.grid;
        let side = usize::from(a > 0.0);
        // What is left of the step.
        let mut left = 1.0;
        loop {
            let (range, face) = (grid.of(k), &self.faces[k][i]);
            let exponent = a * self.strength[k] * left;
            let [least, largest] = face.stays;
            if exponent >= least && exponent <= largest {
                let at = i as f64 + face.turned(exponent.exp_m1()) / grid.width(k);
                return foot(cells, range.start, range.len(), at, lane);
            }
            // It came in through a boundary, if anything comes across it.
            let away = exponent > 0.0;
            let upward = away == (face.sin <= 0.0);
            let (b, edge) = if upward { (k - 1, range.start) } else { (k, range.end) };
            let stop = Foot { column: edge as u32, head: 0.0 };
            let crosses = self.crosses[b][side];
            if !(if upward { crosses.upward } else { crosses.downward }) {
                return stop;
            }
            left *= 1.0 - (if away { largest } else { least }) / exponent;
            if left.is_nan() || left <= 0.0 {
                return stop;
            }
            k = if upward { k - 1 } else { k + 1 };
            i = if upward { grid.of(k).len() } else { 0 };
        }
    }

    /// Feet of face `i` of region `k`.
    ///
    /// * `exponents`, `grown`: `A |g_k| h` of the rows, and `exp` of it, minus 1.
    #[inline(always)]
    fn feet(
        &self,
        cells: &[Cell],
        turn: &Lanes,
        (exponents, grown): (&Lanes, &Lanes),
        k: usize,
        i: usize,
    ) -> [Foot; LANES] {
        let face = &self.faces[k][i];
        let [least, largest] = face.stays;
        let range = self.grid.of(k);
        let scale = 1.0 / self.grid.width(k);
        let at = lanes(|lane| i as f64 + scale * face.turned(grown[lane]));
        let mut feet = [Foot::default(); LANES];
        for lane in 0..LANES {
            feet[lane] = if exponents[lane] >= least && exponents[lane] <= largest {
                foot(cells, range.start, range.len(), at[lane], lane)
            } else {
                self.trace(cells, turn[lane], k, i, lane)
            };
        }
        feet
    }
}

/// Turns one block of rows.
///
/// * `from`, `to`: `[column][row]`, the columns of the grid, then one for what is pinned on each boundary, then two for
///   what lies dead on the boundaries 0 and `2 s - 1`.
/// * `turn`: `A(q)` of the rows; all of them have one sign.
/// * `cells`: scratch.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn turn_block(
    turning: &Turning<'_>,
    from: &[Lanes],
    turn: &Lanes,
    cells: &mut Vec<Cell>,
    to: &mut [Lanes],
) {
    let (grid, columns, count) = (turning.grid, turning.grid.columns(), turning.grid.regions());
    cells.clear();
    for k in 1..count {
        parabolas(&from[grid.of(k)], cells);
    }
    let live = cells.len();
    to.copy_from_slice(from);
    let start = [Foot { column: 0, head: 0.0 }; LANES];
    let end = [Foot { column: live as u32, head: 0.0 }; LANES];
    // The feet of the last face, seen from the region below it.
    let mut before = start;
    for k in 1..count {
        let exponents = lanes(|lane| turn[lane] * turning.strength[k]);
        let grown = lanes(|lane| exponents[lane].exp_m1());
        let feet = |i: usize| turning.feet(cells, turn, (&exponents, &grown), k, i);
        let range = grid.of(k);
        let mut low = feet(0);
        // Boundary `k - 1`: both sides have different feet where it holds something.
        let onto = if k == 1 { columns + count } else { columns + k - 1 };
        add(&mut to[onto], &between(cells, &before, &low));
        for (i, column) in range.enumerate() {
            let high = feet(i + 1);
            to[column] = between(cells, &low, &high);
            low = high;
        }
        before = low;
    }
    add(&mut to[columns + count + 1], &between(cells, &before, &end));
}

/// The foot at `at` columns from the first of a region.
#[inline(always)]
fn foot(cells: &[Cell], first: usize, count: usize, at: f64, lane: usize) -> Foot {
    let at = at.clamp(0.0, count as f64);
    let cell = (at as usize).min(count - 1);
    Foot { column: (first + cell) as u32, head: cells[first + cell].head(lane, at - cell as f64) }
}

/// Which part of the exponent takes `psi` to `end`: `tan(end/2) = tan(psi/2) exp(part exponent)`.
pub fn used(psi: f64, end: f64, exponent: f64) -> f64 {
    let ratio = (0.5 * end).tan() / (0.5 * psi).tan();
    (ratio.abs().ln() / exponent).clamp(0.0, 1.0)
}

/// Mass between two feet, of which the second is not below the first but for rounding.
#[inline(always)]
fn between(cells: &[Cell], low: &[Foot; LANES], high: &[Foot; LANES]) -> Lanes {
    lanes(|lane| {
        let (low, high) = (low[lane], high[lane]);
        if low.column == high.column {
            return (high.head - low.head).max(0.0);
        }
        if low.column > high.column {
            return 0.0;
        }
        let (from, to) = (low.column as usize, high.column as usize);
        let mut sum = cells[from].mass[lane] - low.head;
        for cell in &cells[from + 1..to] {
            sum += cell.mass[lane];
        }
        sum + high.head
    })
}

fn add(to: &mut Lanes, part: &Lanes) {
    to.iter_mut().zip(part).for_each(|(to, part)| *to += part);
}

/// The parabolas of the cells of one region, which ends on both sides.
#[inline(always)]
fn parabolas(mass: &[Lanes], cells: &mut Vec<Cell>) {
    let n = mass.len();
    let face_at = |f: usize| -> Lanes {
        if f == 0 {
            lanes(|i| end_face(mass[0][i], mass[1][i], mass[2][i]).max(0.0))
        } else if f == n {
            lanes(|i| end_face(mass[n - 1][i], mass[n - 2][i], mass[n - 3][i]).max(0.0))
        } else if f == 1 {
            lanes(|i| next_face(mass[0][i], mass[1][i], mass[2][i]).max(0.0))
        } else if f == n - 1 {
            lanes(|i| next_face(mass[n - 1][i], mass[n - 2][i], mass[n - 3][i]).max(0.0))
        } else {
            lanes(|i| face(mass[f - 2][i], mass[f - 1][i], mass[f][i], mass[f + 1][i]).max(0.0))
        }
    };
    let mut left = face_at(0);
    for (c, mass) in mass.iter().enumerate() {
        let right = face_at(c + 1);
        cells.push(Cell::new(mass, &left, &right));
        left = right;
    }
}
