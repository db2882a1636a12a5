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
    /// Most snapshots a schedule holds; constructors stop there.
    pub const MOST: usize = 100_000;

    /// `count` equally spaced snapshots from 0 to `end`, at least 2.
    pub fn count(end: f64, count: usize) -> Schedule {
        let last = count.clamp(2, Schedule::MOST) - 1;
        Schedule::times_until(end, (0..last).map(|i| end * i as f64 / last as f64))
    }

    /// A snapshot every `interval`, and at the end.
    pub fn every(end: f64, interval: f64) -> Schedule {
        let count = Schedule::limited((end / interval).ceil());
        Schedule::times_until(end, (0..=count).map(|i| interval * i as f64))
    }

    /// `per_decade` snapshots in every factor of ten from `first` on, and at start and end.
    pub fn log(end: f64, first: f64, per_decade: usize) -> Schedule {
        let decades = (end / first).log10().max(0.0);
        let count = Schedule::limited((decades * per_decade as f64).ceil());
        Schedule::times_until(end, (0..=count).map(|i| first * 10f64.powf(i as f64 / per_decade as f64)))
    }

    /// The given times inside `(0, end)`, and start and end. Times that are not numbers are
    /// outside.
    ///
    /// # Panics
    /// If `end` is not positive and finite: there is no such run.
    pub fn times_until(end: f64, times: impl IntoIterator<Item = f64>) -> Schedule {
        assert!(end > 0.0 && end.is_finite(), "a run ends at a positive time, not at {end}");
        let mut times: Vec<f64> = times.into_iter().filter(|&t| t > 0.0 && t < end).collect();
        // Times within rounding of the end, or of each other, are one.
        times.retain(|&t| end - t > 1e-12 * end);
        times.push(0.0);
        times.push(end);
        times.sort_by(f64::total_cmp);
        times.dedup_by(|later, kept| *later - *kept <= 1e-12 * end);
        Schedule { times }
    }

    /// All times.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// The first time after `time`.
    pub fn after(&self, time: f64) -> Option<f64> {
        self.times.get(self.times.partition_point(|&t| t <= time)).copied()
    }

    /// A number of snapshots as an integer; NaN is none.
    fn limited(count: f64) -> usize {
        (count as usize).min(Schedule::MOST - 2)
    }
}
