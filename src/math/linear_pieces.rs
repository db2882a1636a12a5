//! How many straight pieces a curve has, to a tolerance.

/// The least number of straight pieces, each between two of the points, such that every point is
/// within `tolerance` of its piece; and the first point of each piece.
///
/// * `x`: strictly ascending; `y`: the values there. Neighbouring pieces share a point (where they
///   need not have the same value). Fewer than two points have no piece.
///
/// Each piece is made as long as possible, which is optimal. Points lie within `e` of one line
/// exactly if their convex hull is nowhere higher than `2 e`; how far a piece reaches is found by
/// doubling and halving, in `O(n log n)`.
///
/// ```
/// use reluflow::math::linear_pieces::linear_pieces;
/// let x = [0.0, 1.0, 2.0, 3.0, 4.0];
/// assert_eq!(linear_pieces(&x, &[0.0, 1.0, 2.0, 1.0, 0.0], 1e-9), [0, 2]);
/// assert_eq!(linear_pieces(&x, &[0.0, 1.0, 2.0, 1.0, 0.0], 1.1), [0]);
/// ```
pub fn linear_pieces(x: &[f64], y: &[f64], tolerance: f64) -> Vec<usize> {
    let mut starts = vec![];
    let mut first = 0;
    let fits = |first: usize, last: usize| hull_height(&x[first..=last], &y[first..=last]) <= 2.0 * tolerance;
    while first + 1 < x.len() {
        starts.push(first);
        // `good` fits, `bad` does not.
        let (mut good, mut reach) = (first + 1, 2);
        let mut bad = x.len();
        while first + reach < x.len() {
            if !fits(first, first + reach) {
                bad = first + reach;
                break;
            }
            (good, reach) = (first + reach, 2 * reach);
        }
        while bad - good > 1 {
            let middle = (good + bad) / 2;
            if fits(first, middle) { good = middle } else { bad = middle }
        }
        first = good;
    }
    starts
}

/// The largest vertical extent of the convex hull of points with ascending `x`.
fn hull_height(x: &[f64], y: &[f64]) -> f64 {
    // `side` 1: the upper hull, -1: the lower one; both as indices.
    let chain = |side: f64| -> Vec<usize> {
        let mut hull: Vec<usize> = vec![];
        for i in 0..x.len() {
            while let [.., a, b] = hull[..] {
                let turn = (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a]);
                if side * turn < 0.0 {
                    break;
                }
                hull.pop();
            }
            hull.push(i);
        }
        hull
    };
    // Largest at a vertex of either chain, above or below a segment of the other.
    let gap = |vertices: &[usize], other: &[usize]| {
        let mut k = 0;
        let mut most: f64 = 0.0;
        for &i in vertices {
            while other[k + 1] < i {
                k += 1;
            }
            let (a, b) = (other[k], other[k + 1]);
            let u = (x[i] - x[a]) / (x[b] - x[a]);
            most = most.max((y[i] - (1.0 - u) * y[a] - u * y[b]).abs());
        }
        most
    };
    let (upper, lower) = (chain(1.0), chain(-1.0));
    gap(&upper, &lower).max(gap(&lower, &upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::random::{Purpose, Stream};

    /// The least largest deviation from a line: attained at one through two points, moved half-way
    /// to a third (Chebyshev), so all triples are tried.
    fn chebyshev(x: &[f64], y: &[f64]) -> f64 {
        let mut least = f64::INFINITY;
        for a in 0..x.len() {
            for b in a + 1..x.len() {
                let slope = (y[b] - y[a]) / (x[b] - x[a]);
                let off: Vec<f64> = (0..x.len()).map(|i| y[i] - slope * x[i]).collect();
                let (low, high) =
                    off.iter().fold((f64::MAX, f64::MIN), |(low, high), &v| (low.min(v), high.max(v)));
                least = least.min(0.5 * (high - low));
            }
        }
        least
    }

    /// Least number of pieces by dynamic programming over all last pieces.
    fn brute_force(x: &[f64], y: &[f64], tolerance: f64) -> usize {
        let mut least = vec![usize::MAX; x.len()];
        least[0] = 0;
        for last in 1..x.len() {
            for first in 0..last {
                if chebyshev(&x[first..=last], &y[first..=last]) <= tolerance {
                    least[last] = least[last].min(least[first] + 1);
                }
            }
        }
        least[x.len() - 1]
    }

    #[test]
    fn no_fewer_pieces_would_do() {
        for seed in 0..200 {
            let mut draw = Stream::new(seed, Purpose::Noise, 1);
            let n = 2 + seed as usize % 14;
            let mut x: Vec<f64> = (0..n).map(|_| draw.uniform(-1.0, 1.0)).collect();
            x.sort_by(f64::total_cmp);
            let y: Vec<f64> = (0..n).map(|_| draw.normal()).collect();
            let tolerance = draw.uniform(0.01, 1.0);
            let starts = linear_pieces(&x, &y, tolerance);
            assert_eq!(starts.len(), brute_force(&x, &y, tolerance), "{seed}");
        }
        assert!(linear_pieces(&[1.0], &[1.0], 0.1).is_empty());
    }

    #[test]
    fn a_circle_takes_pieces_in_the_inverse_root_of_the_tolerance() {
        let x: Vec<f64> = (0..20_001).map(|i| f64::from(i) / 20_000.0).collect();
        let y: Vec<f64> = x.iter().map(|x| x * x).collect();
        // On a piece of length h a parabola of curvature 2 deviates by h^2 / 8 from its best line.
        for pieces in [4usize, 10, 50] {
            let tolerance = (1.0 / pieces as f64).powi(2) / 8.0;
            assert_eq!(linear_pieces(&x, &y, tolerance * 1.01).len(), pieces);
            assert_eq!(linear_pieces(&x, &y, tolerance * 0.99).len(), pieces + 1);
        }
    }
}
