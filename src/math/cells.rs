//! Point measures on the line with fewer points.

use super::instructions::vectorized;
use super::transport::Sorted;

/// A weighted point measure on the line, its points gathered in cells of equal length.
///
/// Each cell that has mass keeps that mass at its mean: no mass moves by more than a cell, points
/// that are alone or coincide do not move at all, and the way is known:
///
/// ```text
/// W_1 <= W_2 <= spread,    spread^2 = Sum_i mass_i |p_i - mean of its cell|^2 / Sum_i mass_i
/// ```
///
/// `O(n + cells)`, without sorting. A measure of no more points than cells stays as it is.
///
/// ```
/// use reluflow::math::cells::Cells;
/// // Cells of length 1: 0 and 0.5 come together.
/// let cells = Cells::new(&[4.0, 0.5, 0.0, 2.0, 2.0], &[1.0; 5], 4).unwrap();
/// assert_eq!(cells.sorted().points(), [0.25, 2.0, 4.0]);
/// assert_eq!(cells.sorted().cumulative(), [0.4, 0.8, 1.0]);
/// assert_eq!(cells.spread(), (2.0 * 0.25f64.powi(2) / 5.0).sqrt());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    sorted: Sorted,
    spread: f64,
}

impl Cells {
    /// Gathers points that have these masses in `count` cells from the least to the greatest.
    ///
    /// `None` if nothing has mass.
    ///
    /// # Panics
    /// As [`Sorted::new`], or if there are no cells, or more than a `u32` counts.
    pub fn new(points: &[f64], mass: &[f64], count: usize) -> Option<Cells> {
        Cells::gathered(points, mass, count, &mut vec![])
    }

    /// As [`Cells::new`], with the memory of earlier sums.
    pub(crate) fn gathered(
        points: &[f64],
        mass: &[f64],
        count: usize,
        cells: &mut Vec<[f64; 2]>,
    ) -> Option<Cells> {
        assert!(count > 0 && u32::try_from(count).is_ok(), "{count} cells");
        if !mass.iter().any(|&mass| mass > 0.0) {
            return None;
        }
        if points.len() <= count {
            return Some(Cells { sorted: Sorted::new(points, mass), spread: 0.0 });
        }
        assert_eq!(points.len(), mass.len(), "points and masses");
        let [low, high] = range(points);
        let (length, per_length) = ((high - low) / count as f64, count as f64 / (high - low));
        if !(per_length.is_finite() && length > 0.0) {
            // All in one place, or a point that is not finite, which is refused there.
            return Some(Cells { sorted: Sorted::new(points, mass), spread: 0.0 });
        }
        // Mass and first moment, in units of the length of a cell and from its middle, so that rounding is that of the cell.
        cells.clear();
        cells.resize(count, [0.0; 2]);
        let mut square = 0.0;
        let (mut places, mut insides) = ([0; BLOCK], [0.0; BLOCK]);
        for (points, masses) in points.chunks(BLOCK).zip(mass.chunks(BLOCK)) {
            square += locate(points, masses, low, per_length, count as u32 - 1, &mut places, &mut insides);
            for ((&mass, &cell), &inside) in masses.iter().zip(&places).zip(&insides) {
                let sums = &mut cells[cell as usize];
                *sums = [sums[0] + mass, sums[1] + mass * inside];
            }
        }
        let (mut means, mut masses) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let mut total = 0.0;
        for (cell, &[mass, first]) in cells.iter().enumerate() {
            if mass > 0.0 {
                let mean = first / mass;
                means.push(low + length * (cell as f64 + 0.5 + mean));
                masses.push(mass);
                square -= mass * mean * mean;
                total += mass;
            }
        }
        assert!(!square.is_nan(), "a point that is not a number");
        let spread = length * (square.max(0.0) / total).sqrt();
        Some(Cells { sorted: Sorted::new(&means, &masses), spread })
    }

    /// Cells that were gathered before.
    pub(crate) fn from_parts(sorted: Sorted, spread: f64) -> Cells {
        Cells { sorted, spread }
    }

    /// The gathered measure.
    pub fn sorted(&self) -> &Sorted {
        &self.sorted
    }

    /// How far the mass was moved, root mean square.
    pub fn spread(&self) -> f64 {
        self.spread
    }
}

/// Points that are located together.
const BLOCK: usize = 256;
/// Points side by side in the search for the range.
const LANES: usize = 16;

/// The least and the greatest, of those that are numbers.
fn range(points: &[f64]) -> [f64; 2] {
    let (mut low, mut high) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
    widen(points, &mut low, &mut high);
    [low.into_iter().fold(f64::INFINITY, f64::min), high.into_iter().fold(f64::NEG_INFINITY, f64::max)]
}

vectorized! {
    fn widen(points: &[f64], low: &mut [f64; LANES], high: &mut [f64; LANES]) {
        let (rows, rest) = points.as_chunks::<LANES>();
        for row in rows {
            for lane in 0..LANES {
                low[lane] = if row[lane] < low[lane] { row[lane] } else { low[lane] };
                high[lane] = if row[lane] > high[lane] { row[lane] } else { high[lane] };
            }
        }
        for &point in rest {
            (low[0], high[0]) = (low[0].min(point), high[0].max(point));
        }
    }
}

vectorized! {
    /// The cell of each point, and where it is in it, from its middle; returns the sum of the squares of that, each with
    /// its mass.
    fn locate(points: &[f64], masses: &[f64], low: f64, per_length: f64, last: u32, places: &mut [u32; BLOCK], insides: &mut [f64; BLOCK]) -> f64 {
        for ((point, place), inside) in points.iter().zip(&mut *places).zip(&mut *insides) {
            let at = (point - low) * per_length;
            *place = (at as u32).min(last);
            *inside = at - f64::from(*place) - 0.5;
        }
        let mut sums = [0.0; LANES];
        for (masses, insides) in masses.chunks(LANES).zip(insides.chunks(LANES)) {
            for ((sum, mass), inside) in sums.iter_mut().zip(masses).zip(insides) {
                *sum += mass * inside * inside;
            }
        }
        sums.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::{Purpose, Stream};
    use super::super::transport::{line_w1, line_w2};
    use super::*;

    /// Random measures with a heavy point: the distance between what was and what is kept is the
    /// spread itself (each cell's mass goes to its mean), and distances to others change by no more.
    #[test]
    fn the_spread_bounds_what_gathering_changes() {
        for case in 0..20 {
            let mut stream = Stream::new(case, Purpose::Noise, 0);
            let mut points = |n: usize| -> (Vec<f64>, Vec<f64>) {
                let points = (0..n).map(|i| if i % 7 == 0 { 0.25 } else { stream.normal() }).collect();
                (points, (0..n).map(|_| stream.unit()).collect())
            };
            let ((p, mass_p), (q, mass_q)) = (points(5000), points(300));
            let cells = Cells::new(&p, &mass_p, 100).unwrap();
            let whole = Sorted::new(&p, &mass_p);
            let other = Sorted::new(&q, &mass_q);
            assert!(cells.sorted().len() <= 100 && cells.spread() < 0.03, "{}", cells.spread());
            let moved = line_w2(&whole, cells.sorted());
            assert!((moved - cells.spread()).abs() < 1e-9, "{moved} {}", cells.spread());
            for distance in [line_w1, line_w2] {
                let change = (distance(&whole, &other) - distance(cells.sorted(), &other)).abs();
                assert!(change <= cells.spread(), "{change}");
            }
        }
    }

    #[test]
    fn few_points_and_points_in_one_place_stay() {
        let few = Cells::new(&[3.0, 1.0], &[0.5, 1.5], 2).unwrap();
        assert_eq!((few.sorted().points(), few.spread()), (&[1.0, 3.0][..], 0.0));
        let one = Cells::new(&[2.0; 5], &[1.0; 5], 3).unwrap();
        assert_eq!((one.sorted().points(), one.spread()), (&[2.0; 5][..], 0.0));
        assert_eq!(Cells::new(&[1.0, 2.0], &[0.0, 0.0], 1), None);
        // The greatest point lies in the last cell.
        let ends = Cells::new(&[0.0, 1.0, 9.0, 9.0], &[1.0; 4], 3).unwrap();
        assert!((ends.sorted().points()[0] - 0.5).abs() < 1e-14, "{ends:?}");
        assert_eq!(ends.sorted().points()[1..], [9.0]);
    }
}
