//! When a path comes near something, and whether it stays.

/// Whether and when a distance that changes with time is within a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Within {
    /// From this time on, for ever.
    From(f64),
    /// Between the first and the last of these times, and no longer in the limit.
    Between(f64, f64),
    /// At no time: the least distance, and when (infinity: in the limit).
    Never {
        /// The least distance.
        closest: f64,
        /// Its time.
        at: f64,
    },
}

impl Within {
    /// With all times divided by `speed`.
    pub fn at_pace(self, speed: f64) -> Within {
        match self {
            Within::From(t) => Within::From(t / speed),
            Within::Between(from, until) => Within::Between(from / speed, until / speed),
            Within::Never { closest, at } => Within::Never { closest, at: at / speed },
        }
    }
}

/// A path that is less than this share nearer than its limit is nearest in the limit.
const NEARER: f64 = 1e-6;
/// Minima are enclosed to so many widths of crossings: the parabola through the last three points tells the rest.
const FLAT: f64 = 2.0;

/// Distances of a path to several targets, at times that become closer where something is to be found.
///
/// ```
/// use reluflow::kernel::{Approach, Within};
/// let path = |t: &f64| vec![(-t).exp(), (0.3 - (-t).exp()).abs() + 0.1];
/// let times: Vec<f64> = (0..30).map(|i| 1e-3 * 2f64.powi(i)).collect();
/// let distances = times.iter().map(path).collect();
/// let found = Approach::new(times, distances, vec![0.0, 0.4])
///     .within(0.01, 1e-3, |times| times.iter().map(path).collect());
/// let Within::From(t) = found[0] else { panic!() };
/// assert!((t - 100f64.ln()).abs() < 1e-6);
/// let Within::Never { closest, at } = found[1] else { panic!() };
/// assert!((closest - 0.1).abs() < 1e-3 && (at + 0.3f64.ln()).abs() < 1e-3);
/// ```
#[derive(Debug, Clone)]
pub struct Approach {
    /// Ascending.
    times: Vec<f64>,
    /// Of each time, to each target.
    distances: Vec<Vec<f64>>,
    limits: Vec<f64>,
}

impl Approach {
    /// * `times`: ascending and positive, close enough together that a distance has one minimum between neighbours at most;
    ///   after the last the path has arrived.
    /// * `distances`: at those times, to each target; `limits`: after all time.
    pub fn new(times: Vec<f64>, distances: Vec<Vec<f64>>, limits: Vec<f64>) -> Approach {
        Approach { times, distances, limits }
    }

    /// For each target the times at which its distance is at most `bound`.
    ///
    /// * `width`: crossings of the bound are enclosed to this in `ln t`, and found to its cube.
    /// * `at`: distances at any times, which need not be ascending.
    pub fn within(
        mut self,
        bound: f64,
        width: f64,
        mut at: impl FnMut(&[f64]) -> Vec<Vec<f64>>,
    ) -> Vec<Within> {
        // Each round makes intervals of unit width at least three times as short.
        for _ in 0..60 {
            let mut wanted: Vec<f64> =
                (0..self.limits.len()).flat_map(|k| self.wanted(k, bound, width)).collect();
            wanted.sort_by(f64::total_cmp);
            // What is nearly equal is wanted for two targets: once will do for both.
            wanted.dedup_by(|t, before| (*t / *before).ln() < 0.2 * width);
            wanted.retain(|t| self.times.binary_search_by(|other| other.total_cmp(t)).is_err());
            if wanted.is_empty() {
                break;
            }
            let found = at(&wanted);
            for (t, distances) in wanted.into_iter().zip(found) {
                let place = self.times.partition_point(|&other| other < t);
                self.times.insert(place, t);
                self.distances.insert(place, distances);
            }
        }
        (0..self.limits.len()).map(|k| self.found(k, bound)).collect()
    }

    fn inside(&self, k: usize, bound: f64) -> impl Fn(&usize) -> bool {
        move |&i| self.distances[i][k] <= bound
    }

    /// The intervals `(i, i + 1)` in which target `k` comes within the bound for the first time, or is left for the last.
    fn crossings(&self, k: usize, bound: f64) -> [Option<usize>; 2] {
        let last = self.times.len() - 1;
        if self.limits[k] <= bound {
            let since = (0..=last).rev().find(|i| !self.inside(k, bound)(i));
            return [since.filter(|&i| i < last), None];
        }
        let first = (0..=last).find(self.inside(k, bound));
        let end = (0..=last).rev().find(self.inside(k, bound));
        [first.and_then(|first| first.checked_sub(1)), end.filter(|&i| i < last)]
    }

    /// Where `ln distance` crosses that of the bound in the interval after time `i`: by inverse quadratic interpolation in
    /// `ln t` with the nearer neighbour of the interval, or a straight line where that leaves the interval.
    fn crossing(&self, i: usize, k: usize, bound: f64) -> f64 {
        let height = |i: usize| (self.distances[i][k].max(f64::MIN_POSITIVE) / bound).ln();
        let place = |j: usize| (self.times[j] / self.times[i]).ln();
        let (a, b, length) = (height(i), height(i + 1), place(i + 1));
        let share = if a == b { 0.5 } else { (a / (a - b)).clamp(0.0, 1.0) };
        let after = Some(i + 2).filter(|&j| j < self.times.len());
        let third = match (i.checked_sub(1), after) {
            (Some(j), Some(l)) if -place(j) < place(l) - length => Some(j),
            (before, after) => after.or(before),
        };
        let curved = third.map(|j| {
            let c = height(j);
            place(j) * a * b / ((c - a) * (c - b)) + length * a * c / ((b - a) * (b - c))
        });
        let inside = curved.filter(|&at| at > 0.0 && at < length);
        self.times[i] * inside.unwrap_or(share * length).exp()
    }

    /// The least of the distances, if it is inside and lower than the limit.
    fn least(&self, k: usize) -> Option<usize> {
        let least = (0..self.times.len())
            .min_by(|&i, &j| self.distances[i][k].total_cmp(&self.distances[j][k]))
            .expect("there are times");
        (self.distances[least][k] < self.limits[k] * (1.0 - NEARER)).then_some(least)
    }

    /// Time and value of the vertex of the parabola in `ln t` through a time and its neighbours.
    fn vertex(&self, i: usize, k: usize) -> (f64, f64) {
        let value = |i: usize| self.distances[i][k];
        if i == 0 || i + 1 == self.times.len() {
            return (self.times[i], value(i));
        }
        let (a, b) = ((self.times[i - 1] / self.times[i]).ln(), (self.times[i + 1] / self.times[i]).ln());
        let (left, right) = ((value(i - 1) - value(i)) / a, (value(i + 1) - value(i)) / b);
        let curvature = (right - left) / (b - a);
        if curvature <= 0.0 {
            return (self.times[i], value(i));
        }
        let slope = left - curvature * a;
        let at = (-0.5 * slope / curvature).clamp(a, b);
        (self.times[i] * at.exp(), value(i) + at * (slope + curvature * at))
    }

    /// Times at which more must be known of target `k`.
    fn wanted(&self, k: usize, bound: f64, width: f64) -> Vec<f64> {
        let crossings = self.crossings(k, bound);
        let ends = [0, self.times.len() - 1].map(|i| self.inside(k, bound)(&i));
        if crossings.iter().any(Option::is_some) || ends[0] || ends[1] || self.limits[k] <= bound {
            let about = |i: usize| {
                let length = (self.times[i + 1] / self.times[i]).ln();
                if length <= width {
                    return vec![];
                }
                // On either side of where it is thought to be, by how much that may err.
                let (at, off) =
                    (self.crossing(i, k, bound), (0.05 * length * length.min(1.0)).max(0.3 * width));
                let (low, high) = (self.times[i], self.times[i + 1]);
                let near = |t: f64| t.clamp(low * (0.01 * length).exp(), high / (0.01 * length).exp());
                vec![near(at / off.exp()), near(at * off.exp())]
            };
            return crossings.into_iter().flatten().flat_map(about).collect();
        }
        let Some(least) = self.least(k).filter(|&i| i > 0 && i + 1 < self.times.len()) else {
            return vec![];
        };
        let (low, middle, high) = (self.times[least - 1], self.times[least], self.times[least + 1]);
        let length = (high / low).ln();
        if length <= FLAT * width {
            return vec![];
        }
        let (at, off) = (self.vertex(least, k).0, (0.1 * length * length.min(1.0)).max(0.3 * width));
        // The longer side is halved if the vertex would leave it as it is.
        let longer =
            if high / middle > middle / low { (middle * high).sqrt() } else { (low * middle).sqrt() };
        let mut wanted = vec![at / off.exp(), at * off.exp()];
        if wanted.iter().any(|&t| t <= low || t >= high) || length > 1.0 {
            wanted = vec![(low * middle).sqrt(), (middle * high).sqrt()];
        } else if wanted.iter().all(|&t| t < middle) != wanted.iter().all(|&t| t > middle) {
            wanted.push(longer);
        }
        wanted
    }

    fn found(&self, k: usize, bound: f64) -> Within {
        let last = self.times.len() - 1;
        let [first, end] = self.crossings(k, bound).map(|i| i.map(|i| self.crossing(i, k, bound)));
        if self.limits[k] <= bound {
            let ever = (0..=last).all(|i| self.inside(k, bound)(&i));
            return Within::From(first.unwrap_or(self.times[if ever { 0 } else { last }]));
        }
        if (0..=last).any(|i| self.inside(k, bound)(&i)) {
            return Within::Between(first.unwrap_or(self.times[0]), end.unwrap_or(f64::INFINITY));
        }
        match self.least(k) {
            Some(i) => {
                let (at, closest) = self.vertex(i, k);
                Within::Never { closest, at }
            }
            None => Within::Never { closest: self.limits[k], at: f64::INFINITY },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one time per factor of `ratio`, and how many more are asked for.
    fn of(path: impl Fn(f64) -> f64, limit: f64, ratio: f64, width: f64) -> (Within, usize) {
        let times: Vec<f64> = (0..).map(|i| 1e-3 * ratio.powi(i)).take_while(|&t| t < 1e5).collect();
        let distances = times.iter().map(|&t| vec![path(t)]).collect();
        let mut count = 0;
        let found = Approach::new(times, distances, vec![limit]).within(0.1, width, |times| {
            count += times.len();
            times.iter().map(|&t| vec![path(t)]).collect()
        });
        (found[0], count)
    }

    #[test]
    fn paths_stay_pass_by_or_keep_away() {
        for (ratio, width, bound, most) in [(1.1, 1e-3, 1e-7, 20), (10.0, 0.03, 1e-3, 20)] {
            let (found, count) = of(|t| 1.0 / (1.0 + t), 0.0, ratio, width);
            let Within::From(t) = found else { panic!("{found:?}") };
            assert!((t / 9.0 - 1.0).abs() < bound && count <= most, "{t} by {count}");
            // Below 0.1 between these, then off to 1; no time of the few is in between.
            let dip = |t: f64| 1.0 - 0.97 * (-(t / 2.2).ln().powi(2)).exp();
            let half = -(0.9f64 / 0.97).ln();
            let (found, count) = of(dip, 1.0, ratio, width);
            let Within::Between(from, until) = found else { panic!("{found:?}") };
            let expected = [2.2 * (-half.sqrt()).exp(), 2.2 * half.sqrt().exp()];
            assert!((from / expected[0] - 1.0).abs() < bound, "{from} {expected:?}");
            assert!((until / expected[1] - 1.0).abs() < bound && count < 60, "{until} by {count}");
            let (found, count) = of(|t| 1.2 - (-(t / 1.7).ln().powi(2)).exp(), 1.2, ratio, width);
            let Within::Never { closest, at } = found else { panic!("{found:?}") };
            assert!((closest - 0.2).abs() < bound && (at / 1.7 - 1.0).abs() < 10.0 * bound, "{closest} {at}");
            assert!(count < 40, "{count}");
            let (found, _) = of(|t| 0.5 + 1.0 / (1.0 + t), 0.5, ratio, width);
            assert_eq!(found, Within::Never { closest: 0.5, at: f64::INFINITY });
            let (found, _) = of(|t| 0.01 + 1e-9 * t, 0.05, ratio, width);
            assert_eq!(found, Within::From(1e-3));
        }
    }
}
