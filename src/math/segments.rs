//! Least-squares fits by straight pieces that need not meet: the best one, and a greedy one.

/// The sums that a straight-line fit of consecutive points needs, updated without cancellation
/// (Welford).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Line {
    weight: f64,
    x: f64,
    y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Line {
    fn point(x: f64, y: f64, weight: f64) -> Line {
        Line { weight, x, y, ..Line::default() }
    }

    /// The fit of the points of both.
    fn and(self, other: Line) -> Line {
        let weight = self.weight + other.weight;
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        let share = other.weight / weight;
        let joint = self.weight * share;
        Line {
            weight,
            x: self.x + share * dx,
            y: self.y + share * dy,
            xx: self.xx + other.xx + joint * dx * dx,
            xy: self.xy + other.xy + joint * dx * dy,
            yy: self.yy + other.yy + joint * dy * dy,
        }
    }

    /// `Sum weight (y - line)^2` of the best line.
    fn error(self) -> f64 {
        let explained = if self.xx > 0.0 { self.xy * (self.xy / self.xx) } else { 0.0 };
        let left = self.yy - explained;
        // What rounding leaves of points on a line is none.
        if left > 16.0 * f64::EPSILON * self.yy { left } else { 0.0 }
    }
}

/// A fit by straight pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct Segments {
    /// The first point of each piece, ascending; starts with 0.
    pub starts: Vec<usize>,
    /// `Sum weight (y - fit)^2`.
    pub error: f64,
}

/// The best fits with `1, 2, ..., most` pieces, by dynamic programming over the last piece
/// (Bai and Perron 1998), in `O(most s^2)`.
///
/// Pieces need not meet, so the error is a lower bound for continuous fits with as many pieces and
/// breaks at samples. `x` strictly ascending; a piece of one point fits it. At most `s` fits.
///
/// ```
/// use reluflow::math::segments::optimal;
/// let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 5.0, 4.0]);
/// let fits = optimal(&x, &y, &[1.0; 5], 2);
/// assert_eq!(fits[1].starts, [0, 3]);
/// assert!(fits[1].error < 1e-30 && fits[0].error > 1.0);
/// ```
pub fn optimal(x: &[f64], y: &[f64], weight: &[f64], most: usize) -> Vec<Segments> {
    let s = x.len();
    let most = most.min(s);
    // best[k][j]: least error of the first j points with k + 1 pieces; start[k][j]: of the last one.
    let mut best = vec![vec![f64::INFINITY; s + 1]; most];
    let mut start = vec![vec![0u32; s + 1]; most];
    for end in 1..=s {
        let mut line = Line::default();
        for first in (0..end).rev() {
            let point = Line::point(x[first], y[first], weight[first]);
            line = if first + 1 == end { point } else { point.and(line) };
            let error = line.error();
            if first == 0 {
                best[0][end] = error;
                continue;
            }
            for k in 1..most {
                let sum = best[k - 1][first] + error;
                if sum < best[k][end] {
                    (best[k][end], start[k][end]) = (sum, first as u32);
                }
            }
        }
    }
    let fit = |pieces: usize| {
        let mut starts = vec![0; pieces];
        let mut end = s;
        for k in (1..pieces).rev() {
            starts[k] = start[k][end] as usize;
            end = starts[k];
        }
        Segments { starts, error: best[pieces - 1][s] }
    };
    (1..=most).map(fit).collect()
}

/// Fits with `1, 2, ..., most` pieces made by merging, from single points on, always the two
/// neighbours whose union adds least to the error (Acharya et al. 2016 merge many at a time), in
/// `O(s^2)` at worst, `O(s)` memory.
///
/// ```
/// use reluflow::math::segments::greedy;
/// let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, 2.0, 5.0, 4.0]);
/// assert_eq!(greedy(&x, &y, &[1.0; 5], 2)[1].starts, [0, 3]);
/// ```
pub fn greedy(x: &[f64], y: &[f64], weight: &[f64], most: usize) -> Vec<Segments> {
    let s = x.len();
    let mut pieces: Vec<(usize, Line)> = (0..s).map(|j| (j, Line::point(x[j], y[j], weight[j]))).collect();
    let added = |pieces: &[(usize, Line)], i: usize| {
        let (a, b) = (pieces[i].1, pieces[i + 1].1);
        a.and(b).error() - a.error() - b.error()
    };
    let mut costs: Vec<f64> = (0..s.saturating_sub(1)).map(|i| added(&pieces, i)).collect();
    let mut fits = vec![];
    loop {
        if pieces.len() <= most {
            let error = pieces.iter().map(|piece| piece.1.error()).sum();
            fits.push(Segments { starts: pieces.iter().map(|piece| piece.0).collect(), error });
        }
        // Of two points each pair costs nothing: the first of equals is taken.
        let Some(i) = (0..costs.len()).min_by(|&i, &j| costs[i].total_cmp(&costs[j])) else { break };
        pieces[i].1 = pieces[i].1.and(pieces[i + 1].1);
        pieces.remove(i + 1);
        costs.remove(i);
        for k in [i.wrapping_sub(1), i] {
            if k < costs.len() {
                costs[k] = added(&pieces, k);
            }
        }
    }
    fits.reverse();
    fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::cubic_spline::line_fit;
    use crate::math::random::{Purpose, Stream};

    fn line_error(x: &[f64], y: &[f64], w: &[f64], from: usize, to: usize) -> f64 {
        let (x, y, w) = (&x[from..to], &y[from..to], &w[from..to]);
        let (middle, value, slope) = line_fit(x, y, w);
        let off = |j: usize| y[j] - value - slope * (x[j] - middle);
        (0..x.len()).map(|j| w[j] * off(j) * off(j)).sum()
    }

    /// The least error over every way to cut `s` points into pieces.
    fn brute_force(x: &[f64], y: &[f64], w: &[f64], pieces: usize) -> f64 {
        let s = x.len();
        let mut least = f64::INFINITY;
        for cuts in 0u32..1 << (s - 1) {
            if cuts.count_ones() as usize + 1 != pieces {
                continue;
            }
            let mut ends: Vec<usize> = (1..s).filter(|i| cuts >> (i - 1) & 1 == 1).collect();
            ends.insert(0, 0);
            ends.push(s);
            least = least.min(ends.windows(2).map(|e| line_error(x, y, w, e[0], e[1])).sum());
        }
        least
    }

    #[test]
    fn the_best_fit_is_that_of_brute_force_and_greedy_is_no_better() {
        for seed in 0..20 {
            let mut draw = Stream::new(seed, Purpose::Noise, 0);
            let s = 4 + seed as usize % 7;
            let mut x: Vec<f64> = (0..s).map(|_| draw.uniform(-1.0, 1.0)).collect();
            x.sort_by(f64::total_cmp);
            let y: Vec<f64> = (0..s).map(|_| draw.normal()).collect();
            let w: Vec<f64> = (0..s).map(|_| draw.uniform(0.5, 2.0)).collect();
            let (best, merged) = (optimal(&x, &y, &w, s), greedy(&x, &y, &w, s));
            assert_eq!((best.len(), merged.len()), (s, s));
            for pieces in 1..=s {
                let least = brute_force(&x, &y, &w, pieces);
                let found = &best[pieces - 1];
                assert_eq!(found.starts.len(), pieces);
                assert!((found.error - least).abs() < 1e-12, "{seed} {pieces}: {found:?} {least}");
                assert!(merged[pieces - 1].error >= least - 1e-12, "{seed} {pieces}");
                assert_eq!(merged[pieces - 1].starts.len(), pieces);
            }
            // Each greedy fit is made of the next finer one by the cheapest of all unions.
            for pieces in 1..s {
                let (finer, coarser) = (&merged[pieces], &merged[pieces - 1]);
                let cheapest = (1..finer.starts.len())
                    .map(|gone| {
                        let mut ends = finer.starts.clone();
                        ends.remove(gone);
                        ends.push(s);
                        ends.windows(2).map(|e| line_error(&x, &y, &w, e[0], e[1])).sum()
                    })
                    .fold(f64::INFINITY, f64::min);
                assert!((coarser.error - cheapest).abs() < 1e-12, "{seed} {pieces}");
            }
            // One piece leaves no choice, one per point none either.
            assert!((merged[0].error - best[0].error).abs() < 1e-12);
        }
    }

    #[test]
    fn far_from_the_origin_no_digits_are_lost() {
        let x: Vec<f64> = (0..6).map(|i| 1e6 + f64::from(i)).collect();
        let y: Vec<f64> =
            x.iter().enumerate().map(|(i, x)| 1e6 + 3.0 * x + if i == 2 { 1.0 } else { 0.0 }).collect();
        // The error of one point off a line: 1 - 1/6 - (2 - 2.5)^2 / 17.5.
        let expected = 1.0 - 1.0 / 6.0 - 0.25 / 17.5;
        let found = optimal(&x, &y, &[1.0; 6], 1)[0].error;
        assert!((found - expected).abs() < 1e-7, "{found} {expected}");
    }
}
