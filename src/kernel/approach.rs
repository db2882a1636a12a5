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
    /// Looks for the times at which `distance(t) <= bound`.
    ///
    /// * `times`: ascending and positive, close enough together that nothing of interest happens
    ///   between; after the last the path has arrived.
    /// * `distances`: at those times; `limit`: after all time.
    /// * `distance`: at any time, to refine what the times enclose.
    ///
    /// ```
    /// use reluflow::kernel::Within;
    /// let times: Vec<f64> = (0..100).map(|i| 1e-3 * 1.2f64.powi(i)).collect();
    /// let path = |t: f64| (-t).exp();
    /// let distances: Vec<f64> = times.iter().map(|&t| path(t)).collect();
    /// let Within::From(t) = Within::of(&times, &distances, 0.0, 0.01, path) else { panic!() };
    /// assert!((t - 100f64.ln()).abs() < 1e-6);
    /// ```
    pub fn of(
        times: &[f64],
        distances: &[f64],
        limit: f64,
        bound: f64,
        distance: impl Fn(f64) -> f64,
    ) -> Within {
        let inside = |i: usize| distances[i] <= bound;
        // The crossing between two neighbouring times, by bisection of ln t.
        let crossing = |i: usize| {
            let (mut low, mut high) = (times[i].ln(), times[i + 1].ln());
            for _ in 0..30 {
                let middle = 0.5 * (low + high);
                if (distance(middle.exp()) <= bound) == inside(i) { low = middle } else { high = middle }
            }
            (0.5 * (low + high)).exp()
        };
        let last = times.len() - 1;
        if limit <= bound {
            let since = (0..=last).rev().find(|&i| !inside(i));
            return match since {
                None => Within::From(times[0]),
                Some(i) if i == last => Within::From(times[last]),
                Some(i) => Within::From(crossing(i)),
            };
        }
        let first = (0..=last).find(|&i| inside(i));
        let end = (0..=last).rev().find(|&i| inside(i));
        if let (Some(first), Some(end)) = (first, end) {
            let from = if first == 0 { times[0] } else { crossing(first - 1) };
            let until = if end == last { f64::INFINITY } else { crossing(end) };
            return Within::Between(from, until);
        }
        let least =
            (0..=last).min_by(|&i, &j| distances[i].total_cmp(&distances[j])).expect("there are times");
        if distances[least] < limit * (1.0 - 1e-6) {
            Within::Never { closest: distances[least], at: times[least] }
        } else {
            Within::Never { closest: limit, at: f64::INFINITY }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: impl Fn(f64) -> f64, limit: f64) -> Within {
        let times: Vec<f64> = (0..200).map(|i| 1e-3 * 1.1f64.powi(i)).collect();
        let distances: Vec<f64> = times.iter().map(|&t| path(t)).collect();
        Within::of(&times, &distances, limit, 0.1, path)
    }

    #[test]
    fn paths_stay_pass_by_or_keep_away() {
        let Within::From(t) = of(|t| 1.0 / (1.0 + t), 0.0) else { panic!() };
        assert!((t - 9.0).abs() < 1e-6);
        // Below 0.1 between 1 -+ 0.1, then off to 1.
        let Within::Between(from, until) = of(|t| (t - 1.0).abs().min(1.0), 1.0) else { panic!() };
        assert!((from - 0.9).abs() < 1e-6 && (until - 1.1).abs() < 1e-6);
        let Within::Never { closest, at } = of(|t| 0.2 + (t - 1.0).abs().min(1.0), 1.2) else { panic!() };
        assert!((closest - 0.2).abs() < 0.05 && (at - 1.0).abs() < 0.1);
        assert_eq!(of(|t| 0.5 + 1.0 / (1.0 + t), 0.5), Within::Never { closest: 0.5, at: f64::INFINITY });
    }
}
