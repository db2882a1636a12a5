//! A density as a page shows it: in fewer cells than the file has, as codes of colours, with its lines.

use std::f64::consts::TAU;

use crate::flow::{Densities, DensityGrid};
use crate::io::{IoError, RunFile};
use crate::problem::Regions;

/// Most rows and columns of a map.
const ROWS: usize = 160;
const COLUMNS: usize = 288;
/// Most lines whose density in `r` is shown; the heaviest.
const LINES: usize = 24;
/// A line is shown that once held this share of the mass.
const NOTABLE: f64 = 1e-3;
/// The faintest colour is at this share of the strongest.
const FAINTEST: f64 = 1e-4;
/// Rows that never have this share of the largest density are beyond the picture.
const SEEN: f64 = 1e-3;

/// The cells of a map, and the lines that are shown; the same for all snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// Faces of the rows (amplitudes).
    pub r: Vec<f64>,
    /// Faces of the columns (rad), from the first boundary once around.
    pub theta: Vec<f64>,
    /// Densities of the first and the last colour, per unit `r` and radian.
    pub range: [f64; 2],
    /// Boundaries whose lines are shown, ascending.
    pub lines: Vec<usize>,
    /// Rows and columns of the file.
    pub stored: [usize; 2],
    /// Stored row at which each row begins, then where the last ends; the same of columns.
    rows: Vec<usize>,
    columns: Vec<usize>,
}

/// One snapshot in these cells.
#[derive(Debug, Clone, PartialEq)]
pub struct CellsNow {
    /// 0 below the first colour, else 1 to 255 by the logarithm of the mean density; row by row.
    pub codes: Vec<u8>,
    /// Per unit `r`, line by line.
    pub lines: Vec<f64>,
    /// Per radian and column: of `r > 0`, then of `r < 0`.
    pub per_radian: [Vec<f64>; 2],
}

impl Cells {
    /// Chooses cells for some snapshots of a run.
    ///
    /// * `room`: bytes for each snapshot.
    pub fn new(
        file: &RunFile,
        frames: &[usize],
        grid: &DensityGrid,
        regions: &Regions,
        room: usize,
    ) -> Result<Cells, IoError> {
        let (r, theta) = (grid.amplitude_faces(), grid.theta_faces(regions));
        let (columns, height) = (theta.len() - 1, r[1] - r[0]);
        let mut peaks = vec![0.0f64; grid.rows];
        let mut line_peaks = vec![0.0f64; grid.rows];
        let mut masses = vec![0.0f64; regions.boundaries()];
        for &number in frames {
            let Some(found) = file.densities(number)? else { continue };
            for (peak, row) in peaks.iter_mut().zip(found.density.chunks(columns)) {
                *peak = row.iter().copied().fold(*peak, f64::max);
            }
            for (mass, line) in masses.iter_mut().zip(found.line_density.chunks(grid.rows)) {
                *mass = mass.max(line.iter().sum::<f64>() * height);
                line_peaks.iter_mut().zip(line).for_each(|(peak, density)| *peak = peak.max(*density));
            }
        }
        let top = |peaks: &[f64]| peaks.iter().copied().fold(0.0, f64::max);
        let (most, line_most) = (top(&peaks), top(&line_peaks));
        let seen = |i: &usize| peaks[*i] > SEEN * most || line_peaks[*i] > SEEN * line_most;
        let outermost = |i: usize| if i < grid.rows / 2 { grid.rows / 2 - i } else { i + 1 - grid.rows / 2 };
        let half = (0..grid.rows).filter(seen).map(outermost).max().unwrap_or(1);
        let mut lines: Vec<usize> = (0..masses.len()).filter(|&b| masses[b] > NOTABLE).collect();
        lines.sort_by(|&a, &b| masses[b].total_cmp(&masses[a]).then(a.cmp(&b)));
        // A quarter of the room for lines.
        let shape = shape(room, columns, 2 * half);
        lines.truncate(LINES.min(room / 4 / (4 * shape[0])));
        lines.sort_unstable();
        let rows = groups(grid.rows / 2, half, shape[0] / 2);
        let columns = column_groups(&theta, regions, shape[1]);
        Ok(Cells {
            r: rows.iter().map(|&i| r[i]).collect(),
            theta: columns.iter().map(|&i| theta[i]).collect(),
            range: [FAINTEST * most, most],
            lines,
            stored: [grid.rows, theta.len() - 1],
            rows,
            columns,
        })
    }

    /// What a snapshot has in these cells; means over those of the file, weighed by their areas.
    pub fn now(&self, found: &Densities, grid: &DensityGrid, regions: &Regions) -> CellsNow {
        let (theta, across) = (grid.theta_faces(regions), self.stored[1]);
        let width = |i: usize| theta[i + 1] - theta[i];
        let span = |columns: &[usize]| theta[columns[1]] - theta[columns[0]];
        let mut codes = vec![];
        for rows in self.rows.windows(2) {
            for columns in self.columns.windows(2) {
                let cells =
                    (rows[0]..rows[1]).flat_map(|row| (columns[0]..columns[1]).map(move |i| (row, i)));
                let mass: f64 = cells.map(|(row, i)| found.density[row * across + i] * width(i)).sum();
                codes.push(self.code(mass / (span(columns) * (rows[1] - rows[0]) as f64)));
            }
        }
        let mean = |line: &[f64], rows: &[usize]| {
            line[rows[0]..rows[1]].iter().sum::<f64>() / (rows[1] - rows[0]) as f64
        };
        let line = |&b: &usize| {
            let line = &found.line_density[b * grid.rows..(b + 1) * grid.rows];
            self.rows.windows(2).map(|rows| mean(line, rows)).collect::<Vec<f64>>()
        };
        let height = 2.0 * grid.limit / grid.rows as f64;
        let of_sign = |rows: std::ops::Range<usize>| {
            let column = |columns: &[usize]| {
                let cells = rows.clone().flat_map(|row| (columns[0]..columns[1]).map(move |i| (row, i)));
                let mass: f64 = cells.map(|(row, i)| found.density[row * across + i] * width(i)).sum();
                mass * height / span(columns)
            };
            self.columns.windows(2).map(column).collect::<Vec<f64>>()
        };
        CellsNow {
            codes,
            lines: self.lines.iter().flat_map(line).collect(),
            per_radian: [of_sign(grid.rows / 2..grid.rows), of_sign(0..grid.rows / 2)],
        }
    }

    fn code(&self, density: f64) -> u8 {
        let [low, high] = self.range;
        if density < low || density <= 0.0 {
            return 0;
        }
        1 + (254.0 * (density / low).ln() / (high / low).ln()).round().clamp(0.0, 254.0) as u8
    }
}

/// Rows, an even number, and columns for so many bytes, of which lines and sums over columns take at most half.
fn shape(room: usize, columns: usize, rows: usize) -> [usize; 2] {
    let (mut rows, mut columns) = (rows.min(ROWS), columns.min(COLUMNS));
    // Regions may each need a column more: half as many again.
    while rows * columns * 3 > room && rows * columns > 64 {
        (rows, columns) = ((9 * rows / 10).max(2), (9 * columns / 10).max(4));
    }
    [(rows & !1).max(2), columns]
}

/// Faces `middle - half ..= middle + half` in groups of equal length, but the outermost, no more than `most` on either side.
fn groups(middle: usize, half: usize, most: usize) -> Vec<usize> {
    let size = half.div_ceil(most.max(1));
    let steps = half.div_ceil(size);
    let out = |k: usize| (k * size).min(middle);
    let low = (1..=steps).rev().map(|k| middle - out(k));
    low.chain((0..=steps).map(|k| middle + out(k))).collect()
}

/// Stored columns in groups of about `TAU / count`; groups end at boundaries where there are not too many of these.
fn column_groups(theta: &[f64], regions: &Regions, count: usize) -> Vec<usize> {
    let (last, width) = (theta.len() - 1, TAU / count as f64);
    let few = regions.boundaries() <= count / 2;
    let mut groups = vec![0];
    for i in 1..last {
        let from = theta[groups[groups.len() - 1]];
        // Nearer to the width than with the next column.
        let full = theta[i] - from + 0.5 * (theta[i + 1] - theta[i]) > width;
        let ends = few && (0..regions.boundaries()).any(|b| regions.angle(b) == theta[i]);
        if full || ends {
            groups.push(i);
        }
    }
    groups.push(last);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Samples;

    #[test]
    fn groups_are_even_and_hold_everything() {
        assert_eq!(groups(10, 10, 5), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]);
        assert_eq!(groups(10, 5, 2), [4, 7, 10, 13, 16]);
        assert_eq!(groups(4, 4, 100), (0..=8).collect::<Vec<_>>());
    }

    #[test]
    fn a_map_fits_its_room_whatever_the_run() {
        for room in [3000, 20_000, 1_000_000] {
            for samples in [1, 5, 94, 1000] {
                let x: Vec<f64> = (0..samples).map(|i| i as f64).collect();
                let regions = Regions::new(&Samples::new(&x, &vec![0.0; samples]).unwrap());
                let grid = DensityGrid { cells: [512, 512], rows: 1024, limit: 4.0, slices: 1 };
                let theta = grid.theta_faces(&regions);
                let [rows, count] = shape(room, theta.len() - 1, 1024);
                let columns = column_groups(&theta, &regions, count);
                let rows = groups(512, 512, rows / 2).len() - 1;
                let bytes = rows * (columns.len() - 1) + 8 * (columns.len() - 1) + room / 4;
                assert!(bytes <= room, "{room}, {samples}: {bytes}, {rows} x {}", columns.len() - 1);
                assert_eq!((columns[0], columns[columns.len() - 1]), (0, theta.len() - 1));
                assert!(columns.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }
}
