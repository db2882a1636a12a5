//! Point measures on the line with fewer points.

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
    /// As [`Sorted::new`], or if there are no cells.
    pub fn new(points: &[f64], mass: &[f64], count: usize) -> Option<Cells> {
        assert!(count > 0, "no cells");
        if !mass.iter().any(|&mass| mass > 0.0) {
            return None;
        }
        if points.len() <= count {
            return Some(Cells { sorted: Sorted::new(points, mass), spread: 0.0 });
        }
        assert_eq!(points.len(), mass.len(), "points and masses");
        let low = points.iter().copied().fold(f64::INFINITY, f64::min);
        let high = points.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (length, per_length) = ((high - low) / count as f64, count as f64 / (high - low));
        if !(per_length.is_finite() && length > 0.0) {
            // All in one place, or a point that is not finite, which is refused there.
            return Some(Cells { sorted: Sorted::new(points, mass), spread: 0.0 });
        }
        // Mass, and mean and second moment within the cell in units of its length: from its middle,
        // so that rounding is that of the cell.
        let mut cells = vec![[0.0; 3]; count];
        for (point, &mass) in points.iter().zip(mass) {
            let at = (point - low) * per_length;
            let cell = (at as usize).min(count - 1);
            let inside = at - cell as f64 - 0.5;
            let sums = &mut cells[cell];
            sums[0] += mass;
            sums[1] += mass * inside;
            sums[2] += mass * inside * inside;
        }
        let (mut means, mut masses) = (vec![], vec![]);
        let (mut square, mut total) = (0.0, 0.0);
        for (cell, [mass, first, second]) in cells.into_iter().enumerate() {
            if mass > 0.0 {
                let mean = first / mass;
                means.push(low + length * (cell as f64 + 0.5 + mean));
                masses.push(mass);
                square += (second - mass * mean * mean).max(0.0);
                total += mass;
            }
        }
        Some(Cells { sorted: Sorted::new(&means, &masses), spread: length * (square / total).sqrt() })
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
