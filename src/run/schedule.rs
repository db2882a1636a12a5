//! When snapshots are taken.

/// Ascending times of the snapshots of a run; the first is the start (0), the last the end.
///
/// ```
/// use reluflow::run::Schedule;
/// let schedule = Schedule::count(1.0, 3);
/// assert_eq!(schedule.times(), &[0.0, 0.5, 1.0]);
/// assert_eq!(schedule.after(0.5), Some(1.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    times: Vec<f64>,
}

impl Schedule {
    /// `count` equally spaced snapshots from 0 to `end`, at least 2.
    pub fn count(end: f64, count: usize) -> Schedule {
        let last = count.max(2) - 1;
        Schedule::times_until(end, (0..last).map(|i| end * i as f64 / last as f64))
    }

    /// A snapshot every `interval`, and at the end.
    pub fn every(end: f64, interval: f64) -> Schedule {
        let count = (end / interval).ceil() as usize;
        Schedule::times_until(end, (0..=count).map(|i| interval * i as f64))
    }

    /// `per_decade` snapshots in every factor of ten from `first` on, and at start and end.
    pub fn log(end: f64, first: f64, per_decade: usize) -> Schedule {
        let decades = (end / first).log10().max(0.0);
        let count = (decades * per_decade as f64).ceil() as usize;
        Schedule::times_until(end, (0..=count).map(|i| first * 10f64.powf(i as f64 / per_decade as f64)))
    }

    /// The given times inside `(0, end)`, and start and end.
    pub fn times_until(end: f64, times: impl IntoIterator<Item = f64>) -> Schedule {
        let mut times: Vec<f64> = times.into_iter().filter(|&t| t > 0.0 && t < end).collect();
        // A time within rounding of the end is the end.
        times.retain(|&t| end - t > 1e-12 * end);
        times.push(0.0);
        times.push(end);
        times.sort_by(f64::total_cmp);
        times.dedup();
        Schedule { times }
    }

    /// All times.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The first time after `time`.
    pub fn after(&self, time: f64) -> Option<f64> {
        self.times.iter().copied().find(|&t| t > time)
    }
}
