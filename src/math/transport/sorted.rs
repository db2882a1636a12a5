//! A weighted point measure in ascending order.

/// A weighted point measure on the line, sorted, its masses divided by their sum.
///
/// ```
/// use reluflow::math::transport::Sorted;
/// let measure = Sorted::new(&[2.0, -1.0], &[1.0, 3.0]);
/// assert_eq!(measure.points(), [-1.0, 2.0]);
/// assert_eq!(measure.cumulative(), [0.75, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted {
    points: Vec<f64>,
    cumulative: Vec<f64>,
}

impl Sorted {
    /// Sorts points that have these masses; points without mass are left out.
    ///
    /// # Panics
    /// If the lengths differ, nothing has mass, or a point is not a number.
    pub fn new(points: &[f64], mass: &[f64]) -> Sorted {
        assert_eq!(points.len(), mass.len(), "points and masses");
        let mut pairs: Vec<(f64, f64)> =
            points.iter().copied().zip(mass.iter().copied()).filter(|&(_, mass)| mass > 0.0).collect();
        assert!(!pairs.is_empty(), "a measure without mass");
        assert!(pairs.iter().all(|(point, _)| point.is_finite()), "a point that is not finite");
        // Stable, so that equal points keep their order and sums their bits. A sort takes memory even where nothing is to do.
        if !pairs.is_sorted_by(|a, b| a.0.total_cmp(&b.0).is_le()) {
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let mut cumulative = running(pairs.iter().map(|pair| pair.1));
        let last = cumulative.len() - 1;
        let total = cumulative[last];
        cumulative.iter_mut().for_each(|mass| *mass /= total);
        Sorted { points: pairs.into_iter().map(|pair| pair.0).collect(), cumulative }
    }

    /// Points, ascending.
    pub fn points(&self) -> &[f64] {
        &self.points
    }

    /// Mass up to and with each point; the last is 1.
    pub fn cumulative(&self) -> &[f64] {
        &self.cumulative
    }

    /// How many points have mass.
    #[allow(clippy::len_without_is_empty)] // never empty
    pub fn len(&self) -> usize {
        self.points.len()
    }
}

/// Running sums, each within a unit in its last place however many there are (Neumaier 1974): a plain
/// sum of a million masses is `1e-13` off, which across a gap of order one is `3e-7` of a `W_2`.
fn running(masses: impl Iterator<Item = f64>) -> Vec<f64> {
    let (mut sum, mut lost) = (0.0f64, 0.0);
    masses
        .map(|mass| {
            let next = sum + mass;
            lost += if sum >= mass { (sum - next) + mass } else { (mass - next) + sum };
            sum = next;
            sum + lost
        })
        .collect()
}

/// Pieces of mass shorter than this are rounding of the running sums: measures that are equal have
/// distance 0 although their masses were added in another order.
pub(super) const ROUNDING: f64 = 8.0 * f64::EPSILON;
