//! When snapshots are taken.

/// Ascending times of the snapshots of a run; the first is the start (0), the last the end. A run that ends at its start
/// has one.
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

    /// `count` equally spaced snapshots from 0 to `end`, at least 2 unless that is 0.
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
        let decades = libm::log10(end / first).max(0.0);
        let count = Schedule::limited((decades * per_decade as f64).ceil());
        Schedule::times_until(
            end,
            (0..=count).map(|i| first * libm::pow(10f64, i as f64 / per_decade as f64)),
        )
    }

    /// The given times inside `(0, end)`, and start and end. Times that are not numbers are
    /// outside.
    ///
    /// # Panics
    /// If `end` is negative or not finite: there is no such run.
    pub fn times_until(end: f64, times: impl IntoIterator<Item = f64>) -> Schedule {
        assert!(end >= 0.0 && end.is_finite(), "a run ends at a time of 0 or more, not at {end}");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_schedules_end() {
        assert_eq!(Schedule::count(1.0, usize::MAX).times().len(), Schedule::MOST);
        assert_eq!(Schedule::count(1.0, 0).times(), [0.0, 1.0]);
        for interval in [0.0, 1e-300, 1e-9, f64::NAN, f64::INFINITY] {
            assert!(Schedule::every(1.0, interval).times().len() <= Schedule::MOST);
        }
        assert_eq!(Schedule::log(1.0, f64::NAN, 10).times(), [0.0, 1.0]);
        assert!(Schedule::log(1.0, 1e-300, usize::MAX).times().len() <= Schedule::MOST);
        assert_eq!(Schedule::times_until(1.0, [f64::NAN, -1.0, 0.5, 2.0]).times(), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn times_within_rounding_are_one() {
        assert_eq!(Schedule::every(1.0, 0.1).times().len(), 11);
        assert_eq!(Schedule::times_until(1.0, [0.3, 0.1 + 0.2, 1.0 - 1e-16]).times(), [0.0, 0.3, 1.0]);
    }

    #[test]
    fn a_run_may_be_its_start_alone() {
        let start = Schedule::count(0.0, 11);
        assert_eq!((start.times(), start.after(0.0)), (&[0.0][..], None));
        assert_eq!(Schedule::every(0.0, 0.5).times(), [0.0]);
        assert_eq!(Schedule::times_until(0.0, [1.0, 2.0]).times(), [0.0]);
    }

    #[test]
    fn the_next_time_is_strictly_later() {
        let schedule = Schedule::count(1.0, 5);
        assert_eq!(schedule.after(-1.0), Some(0.0));
        assert_eq!(schedule.after(0.25), Some(0.5));
        assert_eq!(schedule.after(0.3), Some(0.5));
        assert_eq!(schedule.after(1.0), None);
    }

    #[test]
    #[should_panic(expected = "a run ends at a time of 0 or more, not at NaN")]
    fn a_run_without_end_is_a_mistake_of_ours() {
        Schedule::count(f64::NAN, 3);
    }
}
