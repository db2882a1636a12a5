//! The transport in `theta`: every row turns with a factor of its own, through all regions.
//!
//! With `g` frozen, `psi = theta - arg g` obeys `tan(psi'/2) = tan(psi/2) exp(-A G h)`. So every face of a column is
//! traced back to its *foot*, through the boundaries it came across; the new mass of a cell is that between its feet.
//! At a boundary that holds what arrives there (an attractor, or the dead region beyond) the feet of its two sides
//! differ: what lies between them has fallen onto it.

use crate::flow::field::Vec2;
use crate::flow::interface::{Fate, Interface, Margins};
use crate::problem::Regions;

use super::grid::Grid;
use super::parabola::{LANES, Lanes, Parabola, end_face, face, next_face};

/// A turn within a step is below this where the series of the arc tangent is used: it errs by `1e-17` there.
const SMALL: f64 = 0.1;

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
    /// `arg g_k`.
    direction: Vec<f64>,
    /// `sin` and `cos` of `theta - arg g_k` at every face of the columns of every region.
    faces: Vec<Vec<[f64; 2]>>,
    /// Of each boundary for rows with `A < 0`, and with `A > 0`.
    crosses: Vec<[Crosses; 2]>,
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
        let direction: Vec<f64> = field.iter().map(|g| g[1].atan2(g[0])).collect();
        let faces = (0..grid.regions())
            .map(|k| {
                let psi = |i: usize| grid.low(k) + i as f64 * grid.width(k) - direction[k];
                let pair = |i: usize| psi(i).sin_cos();
                (0..=grid.of(k).len()).map(pair).map(|(sin, cos)| [sin, cos]).collect()
            })
            .collect();
        let strength = field.iter().map(|g| g[0].hypot(g[1])).collect();
        Turning { grid, strength, direction, faces, crosses }
    }

    /// Turns one block of rows.
    ///
    /// * `from`, `to`: `[column][row]`, the columns of the grid, then one for what is pinned on each boundary, then
    ///   two for what lies dead on the boundaries 0 and `2 s - 1`.
    /// * `turn`: `A(q)` of the rows; all of them have one sign.
    pub fn block(&self, from: &[Lanes], turn: &Lanes, cells: &mut Vec<[Parabola; LANES]>, to: &mut [Lanes]) {
        let (grid, columns, count) = (self.grid, self.grid.columns(), self.grid.regions());
        cells.clear();
        for k in 1..count {
            parabolas(&from[grid.of(k)], cells);
        }
        let live = cells.len();
        to.copy_from_slice(from);
        // The foot of the boundary below, seen from the region above it.
        let mut low = self.edge(cells, turn, 1, 0);
        let start = Foot { column: 0, head: 0.0 };
        let fallen: Lanes = std::array::from_fn(|i| between(cells, i, start, low[i]));
        add(&mut to[columns + count], &fallen);
        for k in 1..count {
            let range = grid.of(k);
            let strength = self.strength[k];
            let grown: Lanes = std::array::from_fn(|lane| (turn[lane] * strength).exp_m1());
            for (i, column) in range.clone().enumerate() {
                let last = i + 1 == range.len();
                let high = if last {
                    self.edge(cells, turn, k, i + 1)
                } else {
                    self.inner(cells, (turn, &grown), k, i + 1)
                };
                for lane in 0..LANES {
                    to[column][lane] = between(cells, lane, low[lane], high[lane]);
                }
                low = high;
            }
            // Boundary `k`: the next region sees another foot where the boundary holds something.
            let next = if k + 1 < count {
                self.edge(cells, turn, k + 1, 0)
            } else {
                [Foot { column: live as u32, head: 0.0 }; LANES]
            };
            let fallen: Lanes = std::array::from_fn(|i| between(cells, i, low[i], next[i]));
            let onto = if k + 1 < count { columns + k } else { columns + count + 1 };
            add(&mut to[onto], &fallen);
            low = next;
        }
    }

    /// Feet of face `i` of region `k`, which lies inside it.
    ///
    /// * `grown`: `exp(A |g_k| h) - 1`.
    #[inline(always)]
    fn inner(
        &self,
        cells: &[[Parabola; LANES]],
        (turn, grown): (&Lanes, &Lanes),
        k: usize,
        i: usize,
    ) -> [Foot; LANES] {
        let [sin, cos] = self.faces[k][i];
        let (count, first) = (self.grid.of(k).len(), self.grid.of(k).start);
        let scale = 2.0 / self.grid.width(k);
        // tan of half the turn back.
        let half: Lanes = std::array::from_fn(|lane| grown[lane] * sin / (2.0 + grown[lane] * (1.0 - cos)));
        let angle =
            if half.iter().all(|half| half.abs() < SMALL) { half.map(series) } else { half.map(f64::atan) };
        std::array::from_fn(|lane| {
            let at = i as f64 + scale * angle[lane];
            if at >= 0.0 && at <= count as f64 {
                let cell = (at as usize).min(count - 1);
                let column = first + cell;
                Foot { column: column as u32, head: cells[column][lane].head(at - cell as f64) }
            } else {
                self.trace(cells, turn[lane], k, i, lane)
            }
        })
    }

    fn edge(&self, cells: &[[Parabola; LANES]], turn: &Lanes, k: usize, i: usize) -> [Foot; LANES] {
        std::array::from_fn(|lane| self.trace(cells, turn[lane], k, i, lane))
    }

    /// The foot of face `i` of region `k`, seen from inside that region, wherever it lies.
    fn trace(&self, cells: &[[Parabola; LANES]], a: f64, mut k: usize, i: usize, lane: usize) -> Foot {
        let grid = self.grid;
        let mut theta = grid.low(k) + i as f64 * grid.width(k);
        let side = usize::from(a > 0.0);
        // What is left of the step.
        let mut left = 1.0;
        loop {
            let (count, first) = (grid.of(k).len(), grid.of(k).start);
            let psi = theta - self.direction[k];
            let (sin, cos) = psi.sin_cos();
            let exponent = a * self.strength[k] * left;
            let grown = exponent.exp_m1();
            let angle = 2.0 * (grown * sin / (2.0 + grown * (1.0 - cos))).atan();
            let at = (theta - grid.low(k) + angle) / grid.width(k);
            if at >= 0.0 && at <= count as f64 {
                let cell = (at as usize).min(count - 1);
                let head = cells[first + cell][lane].head(at - cell as f64);
                return Foot { column: (first + cell) as u32, head };
            }
            // It came in through a boundary, if anything comes across it.
            let upward = at < 0.0;
            let (b, end) = if upward { (k - 1, grid.low(k)) } else { (k, grid.high(k)) };
            let crosses = self.crosses[b][side];
            let edge = if upward { first } else { first + count };
            let stop = Foot { column: edge as u32, head: 0.0 };
            if !(if upward { crosses.upward } else { crosses.downward }) {
                return stop;
            }
            left *= 1.0 - used(psi, end - self.direction[k], exponent);
            if left <= 0.0 {
                return stop;
            }
            theta = end;
            k = if upward { k - 1 } else { k + 1 };
        }
    }
}

/// Which part of the exponent takes `psi` to `end`: `tan(end/2) = tan(psi/2) exp(part exponent)`.
pub fn used(psi: f64, end: f64, exponent: f64) -> f64 {
    let ratio = (0.5 * end).tan() / (0.5 * psi).tan();
    (ratio.abs().ln() / exponent).clamp(0.0, 1.0)
}

/// `atan x` for `|x| < SMALL`.
#[inline(always)]
fn series(x: f64) -> f64 {
    let z = x * x;
    let mut sum = 1.0 / 17.0;
    for odd in [15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0] {
        sum = 1.0 / odd - z * sum;
    }
    x * sum
}

/// Mass between two feet, of which the second is not below the first but for rounding.
#[inline(always)]
fn between(cells: &[[Parabola; LANES]], lane: usize, low: Foot, high: Foot) -> f64 {
    if low.column == high.column {
        return (high.head - low.head).max(0.0);
    }
    if low.column > high.column {
        return 0.0;
    }
    let (from, to) = (low.column as usize, high.column as usize);
    let mut sum = cells[from][lane].mass - low.head;
    for cell in &cells[from + 1..to] {
        sum += cell[lane].mass;
    }
    sum + high.head
}

fn add(to: &mut Lanes, part: &Lanes) {
    to.iter_mut().zip(part).for_each(|(to, part)| *to += part);
}

/// The parabolas of the cells of one region, which ends on both sides.
fn parabolas(mass: &[Lanes], cells: &mut Vec<[Parabola; LANES]>) {
    let n = mass.len();
    let lanes = |f: &dyn Fn(usize) -> f64| -> Lanes { std::array::from_fn(|i| f(i).max(0.0)) };
    let face_at = |f: usize| -> Lanes {
        if f == 0 {
            lanes(&|i| end_face(mass[0][i], mass[1][i], mass[2][i]))
        } else if f == n {
            lanes(&|i| end_face(mass[n - 1][i], mass[n - 2][i], mass[n - 3][i]))
        } else if f == 1 {
            lanes(&|i| next_face(mass[0][i], mass[1][i], mass[2][i]))
        } else if f == n - 1 {
            lanes(&|i| next_face(mass[n - 1][i], mass[n - 2][i], mass[n - 3][i]))
        } else {
            std::array::from_fn(|i| face(mass[f - 2][i], mass[f - 1][i], mass[f][i], mass[f + 1][i]).max(0.0))
        }
    };
    let mut left = face_at(0);
    for (c, mass) in mass.iter().enumerate() {
        let right = face_at(c + 1);
        cells.push(std::array::from_fn(|i| Parabola::new(mass[i], left[i], right[i])));
        left = right;
    }
}
