//! The transport in `theta`: every row turns with a factor of its own, through all regions.
//!
//! With `g` frozen, `psi = theta - arg g` obeys `tan(psi'/2) = tan(psi/2) exp(-A G h)`. So every face of a column is
//! traced back to its *foot*, through the boundaries it came across; the new mass of a cell is that between its feet.
//! At a boundary that holds what arrives there (an attractor, or the dead region beyond) the feet of its two sides
//! differ: what lies between them has fallen onto it.

use crate::flow::field::Vec2;
use crate::math::exponential::exp_m1;
use crate::math::instructions::vectorized;
use crate::math::trig::{SMALL, atan_ratio, atan_small};

use super::crossing::Crosses;
use super::grid::Grid;
use super::parabola::{Cell, LANES, Lanes, Parabola, end_face, face, lanes, next_face};
use super::slow::Slow;

/// Adding this rounds to the nearest whole number, which then is in the low bits (for numbers up to `2^31`).
const ROUND: f64 = 6_755_399_441_055_744.0;

/// The field of one step, frozen, as the turn needs it.
pub struct Turning<'a> {
    grid: &'a Grid,
    /// The columns of every region.
    strips: Vec<Strip>,
    /// `|g_k| h`.
    strength: Vec<f64>,
    /// All faces of the columns of every region.
    faces: Vec<Vec<Face>>,
    /// Of each boundary for rows with `A < 0`, and with `A > 0`.
    crosses: Vec<[Crosses; 2]>,
}

/// The columns of a region.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Strip {
    first: u32,
    count: f64,
    /// One over the width of a column (1/rad).
    scale: f64,
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
        let (sin, cos) = libm::sincos(psi);
        // tan(foot/2) = tan(psi/2) exp(z): a foot with z > 0 moves away from psi = 0, towards pi.
        let logarithm = |psi: f64| libm::log(libm::tan(0.5 * psi).abs());
        let limit = |end: f64| {
            // It reaches the end unless a direction that does not turn is in between.
            let reaches = libm::sin(end) * sin > 0.0;
            if reaches { logarithm(end) - logarithm(psi) } else { f64::INFINITY }
        };
        let (away, towards) = if sin > 0.0 { (ends[1], ends[0]) } else { (ends[0], ends[1]) };
        Face { sin, versine: 1.0 - cos, stays: [-limit(towards).abs(), limit(away).abs()] }
    }

    /// The angles from the face to its feet: `grown = exp(z) - 1`.
    #[inline(always)]
    fn turned(&self, grown: &Lanes) -> Lanes {
        let (y, x) = (lanes(|i| grown[i] * self.sin), lanes(|i| 2.0 + grown[i] * self.versine));
        let ratio = lanes(|i| y[i] / x[i]);
        let mut small = true;
        for ratio in &ratio {
            small &= ratio.abs() <= SMALL;
        }
        if small { lanes(|i| 2.0 * atan_small(ratio[i])) } else { lanes(|i| 2.0 * atan_ratio(y[i], x[i])) }
    }
}

/// The places, of all rows, where the mass of a column of cells ends, traced back.
#[derive(Debug, Clone, Copy)]
struct Feet {
    /// In which column each is.
    column: [u32; LANES],
    /// Mass of the cell there below it.
    below: Lanes,
    /// And above it.
    above: Lanes,
}

impl Feet {
    /// * `part`: of the width of the column.
    #[inline(always)]
    fn new(cells: &[Cell], column: [u32; LANES], part: &Lanes) -> Feet {
        let [mut mass, mut left, mut right] = [[0.0; LANES]; 3];
        for lane in 0..LANES {
            let cell = cells[column[lane] as usize].of(lane);
            (mass[lane], left[lane], right[lane]) = (cell.mass, cell.left, cell.right);
        }
        let cell = |lane: usize| Parabola { mass: mass[lane], left: left[lane], right: right[lane] };
        let below = lanes(|lane| cell(lane).head(part[lane]));
        Feet { column, below, above: lanes(|lane| mass[lane] - below[lane]) }
    }
}

impl<'a> Turning<'a> {
    /// The turn over a step of length `h`.
    ///
    /// * `field`: the mean of `h g_k` over the step.
    /// * `crosses`: what crosses each boundary; but what does so slowly is left on its line.
    pub fn new(grid: &'a Grid, field: &[Vec2], mut crosses: Vec<[Crosses; 2]>, slow: &[Slow]) -> Turning<'a> {
        for one in slow {
            let crosses = &mut crosses[one.boundary][one.side];
            *if one.upward { &mut crosses.upward } else { &mut crosses.downward } = false;
        }
        let faces = (0..grid.regions())
            .map(|k| {
                let (direction, count) = (libm::atan2(field[k][1], field[k][0]), grid.of(k).len());
                let psi = |i: usize| {
                    let theta =
                        if i == count { grid.high(k) } else { grid.low(k) + i as f64 * grid.width(k) };
                    theta - direction
                };
                (0..=count).map(|i| Face::new(psi(i), [psi(0), psi(count)])).collect()
            })
            .collect();
        let strip = |k: usize| {
            let range = grid.of(k);
            Strip { first: range.start as u32, count: range.len() as f64, scale: 1.0 / grid.width(k) }
        };
        let strips = (0..grid.regions()).map(strip).collect();
        let strength = field.iter().map(|g| libm::hypot(g[0], g[1])).collect();
        Turning { grid, strips, strength, faces, crosses }
    }

    /// Feet of face `i` of region `k`, seen from inside that region, wherever they lie.
    ///
    /// * `exponents`, `grown`: `A |g_k| h` of the rows, and `exp` of it, minus 1.
    #[inline(always)]
    fn feet(
        &self,
        cells: &[Cell],
        turn: &Lanes,
        (exponents, grown): (&Lanes, &Lanes),
        (k, i): (usize, usize),
    ) -> Feet {
        let [least, largest] = self.faces[k][i].stays;
        let mut all_stay = true;
        for exponent in exponents {
            all_stay &= (*exponent >= least) & (*exponent <= largest);
        }
        let (column, part) =
            if all_stay { self.within(grown, (k, i)) } else { self.traced(turn, (exponents, grown), (k, i)) };
        Feet::new(cells, column, &part)
    }

    /// Columns of feet that stay in region `k`, and where in their columns they are.
    #[inline(always)]
    fn within(&self, grown: &Lanes, (k, i): (usize, usize)) -> ([u32; LANES], Lanes) {
        let Strip { first, count, scale } = self.strips[k];
        let (turned, face) = (self.faces[k][i].turned(grown), i as f64);
        let at = lanes(|lane| (face + scale * turned[lane]).max(0.0).min(count));
        // The whole number below it, which a conversion would find one by one.
        let column = lanes(|lane| {
            let nearest = (at[lane] + ROUND) - ROUND;
            (if nearest > at[lane] { nearest - 1.0 } else { nearest }).min(count - 1.0)
        });
        let part = lanes(|lane| at[lane] - column[lane]);
        let mut columns = [0; LANES];
        for lane in 0..LANES {
            columns[lane] = first + (column[lane] + ROUND).to_bits() as u32;
        }
        (columns, part)
    }

    /// The same where some come from other regions. Rows of a block turn the same way, so that all those that leave a
    /// region backwards do so through the same boundary.
    #[inline(always)]
    fn traced(
        &self,
        turn: &Lanes,
        (exponents, grown): (&Lanes, &Lanes),
        (mut k, mut i): (usize, usize),
    ) -> ([u32; LANES], Lanes) {
        let side = usize::from(turn[0] > 0.0);
        let (mut exponents, mut grown) = (*exponents, *grown);
        let (mut columns, mut parts) = ([0; LANES], [0.0; LANES]);
        // What is left of the step, and of whom something is.
        let (mut left, mut open) = ([1.0; LANES], [true; LANES]);
        loop {
            let (face, range) = (&self.faces[k][i], self.grid.of(k));
            let [least, largest] = face.stays;
            let (column, part) = self.within(&grown, (k, i));
            for lane in 0..LANES {
                let stays = (exponents[lane] >= least) & (exponents[lane] <= largest);
                if open[lane] & stays {
                    (columns[lane], parts[lane]) = (column[lane], part[lane]);
                }
                open[lane] &= !stays;
            }
            if open == [false; LANES] {
                return (columns, parts);
            }
            // They came in through a boundary, if anything comes across it.
            let away = turn[0] > 0.0;
            let upward = away == (face.sin <= 0.0);
            let (b, edge) = if upward { (k - 1, range.start) } else { (k, range.end) };
            let crosses = self.crosses[b][side];
            let comes = if upward { crosses.upward } else { crosses.downward };
            let reached = if away { largest } else { least };
            for lane in 0..LANES {
                left[lane] *= 1.0 - reached / exponents[lane];
                let goes_on = comes & (left[lane] > 0.0);
                if open[lane] & !goes_on {
                    (columns[lane], parts[lane]) = (edge as u32, 0.0);
                }
                open[lane] &= goes_on;
            }
            if open == [false; LANES] {
                return (columns, parts);
            }
            k = if upward { k - 1 } else { k + 1 };
            i = if upward { self.grid.of(k).len() } else { 0 };
            exponents = lanes(|lane| turn[lane] * self.strength[k] * left[lane]);
            grown = lanes(|lane| exp_m1(exponents[lane]));
        }
    }
}

vectorized! {
    /// Turns one block of rows.
    ///
    /// * `from`, `to`: `[column][row]`, the columns of the grid, then one for what is pinned on each boundary, then two for
    ///   what lies dead on the boundaries 0 and `2 s - 1`.
    /// * `turn`: `A(q)` of the rows; all of them have one sign.
    /// * `cells`: scratch.
    pub fn turn_block(
        turning: &Turning<'_>,
        from: &[Lanes],
        turn: &Lanes,
        cells: &mut Vec<Cell>,
        to: &mut [Lanes],
    ) {
        turn_block_lanes(turning, from, turn, cells, to)
    }
}

#[inline(always)]
fn turn_block_lanes(
    turning: &Turning<'_>,
    from: &[Lanes],
    turn: &Lanes,
    cells: &mut Vec<Cell>,
    to: &mut [Lanes],
) {
    let (grid, columns, count) = (turning.grid, turning.grid.columns(), turning.grid.regions());
    if from.iter().all(|rows| *rows == [0.0; LANES]) {
        to.fill([0.0; LANES]);
        return;
    }
    // What is dead or held.
    let rest = grid.of(0).start;
    to[rest..].copy_from_slice(&from[rest..]);
    cells.clear();
    for k in 1..count {
        parabolas(&from[grid.of(k)], cells);
    }
    let live = cells.len() as u32;
    // Where what lies beyond the last boundary would be.
    cells.push(Cell::new(&[0.0; LANES], &[0.0; LANES], &[0.0; LANES]));
    let edge = |column: u32| Feet::new(cells, [column; LANES], &[0.0; LANES]);
    let (start, end) = (edge(0), edge(live));
    // The feet of the last face, seen from the region below it.
    let mut before = start;
    for k in 1..count {
        let exponents = lanes(|lane| turn[lane] * turning.strength[k]);
        let grown = lanes(|lane| exp_m1(exponents[lane]));
        let first = grid.of(k).start;
        // One call for all faces: it is inlined, with the vector instructions of this function.
        for i in 0..=grid.of(k).len() {
            let feet = turning.feet(cells, turn, (&exponents, &grown), (k, i));
            let mass = between(cells, &before, &feet);
            if i > 0 {
                to[first + i - 1] = mass;
            } else {
                // Boundary `k - 1`: both sides have different feet where it holds something.
                add(&mut to[if k == 1 { columns + count } else { columns + k - 1 }], &mass);
            }
            before = feet;
        }
    }
    add(&mut to[columns + count + 1], &between(cells, &before, &end));
}

/// Which part of the exponent takes `psi` to `end`: `tan(end/2) = tan(psi/2) exp(part exponent)`.
pub fn used(psi: f64, end: f64, exponent: f64) -> f64 {
    let ratio = libm::tan(0.5 * end) / libm::tan(0.5 * psi);
    (libm::log(ratio.abs()) / exponent).clamp(0.0, 1.0)
}

/// Mass between two feet, of which the second is not below the first but for rounding.
#[inline(always)]
fn between(cells: &[Cell], low: &Feet, high: &Feet) -> Lanes {
    let last = cells.len() - 1;
    let mut next = [0.0; LANES];
    let mut furthest = 0;
    for lane in 0..LANES {
        next[lane] = cells[(low.column[lane] as usize + 1).min(last)].mass[lane];
        furthest = furthest.max(high.column[lane] as i32 - low.column[lane] as i32);
    }
    // Whole columns that lie between: most often none or one.
    let mut inner = lanes(|lane| {
        let sum = low.above[lane];
        if high.column[lane] > low.column[lane] + 1 { sum + next[lane] } else { sum }
    });
    if furthest > 2 {
        for lane in 0..LANES {
            for column in low.column[lane] + 2..high.column[lane] {
                inner[lane] += cells[column as usize].mass[lane];
            }
        }
    }
    lanes(|lane| {
        if high.column[lane] == low.column[lane] {
            (high.below[lane] - low.below[lane]).max(0.0)
        } else if high.column[lane] > low.column[lane] {
            inner[lane] + high.below[lane]
        } else {
            0.0
        }
    })
}

fn add(to: &mut Lanes, part: &Lanes) {
    to.iter_mut().zip(part).for_each(|(to, part)| *to += part);
}

/// The parabolas of the cells of one region, which ends on both sides.
#[inline(always)]
fn parabolas(mass: &[Lanes], cells: &mut Vec<Cell>) {
    let n = mass.len();
    let [a, b, c] = [&mass[0], &mass[1], &mass[2]];
    let [x, y, z] = [&mass[n - 1], &mass[n - 2], &mass[n - 3]];
    let mut left = lanes(|i| end_face(a[i], b[i], c[i]).max(0.0));
    let second = lanes(|i| next_face(a[i], b[i], c[i]).max(0.0));
    let last_but_one = lanes(|i| next_face(x[i], y[i], z[i]).max(0.0));
    let last = lanes(|i| end_face(x[i], y[i], z[i]).max(0.0));
    for (cell, own) in mass.iter().enumerate() {
        let right = if cell + 1 == n {
            last
        } else if cell + 2 == n {
            last_but_one
        } else if cell == 0 {
            second
        } else {
            let [a, c, d] = [&mass[cell - 1], &mass[cell + 1], &mass[cell + 2]];
            lanes(|i| face(a[i], own[i], c[i], d[i]).max(0.0))
        };
        cells.push(Cell::new(own, &left, &right));
        left = right;
    }
}
