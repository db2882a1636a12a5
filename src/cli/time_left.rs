//! How long a run or a study will take.

use std::time::Duration;

use super::pace::span;

/// Time left, told from the pace of the last half of the time passed: steps are shorter at first, so that the pace since
/// the beginning would tell too much.
#[derive(Debug)]
pub(super) struct TimeLeft {
    /// Shares of the run done and seconds, at two moments before: the last that is at half of the time now or before, and
    /// the one that follows it.
    marks: [(f64, f64); 2],
    /// The share done at the beginning of this process, which does not count.
    begun: f64,
}

/// Nothing is told before so many seconds,
const FIRST: f64 = 3.0;
/// and before this share of what was left is done, or so many seconds.
const SHARE: f64 = 0.05;
const LATE: f64 = 60.0;

impl TimeLeft {
    /// This share was done before.
    pub fn new(begun: f64) -> TimeLeft {
        TimeLeft { marks: [(begun, 0.0); 2], begun }
    }

    /// Seconds left when this share is done after this time; `None` where that cannot be told yet.
    fn after(&mut self, done: f64, passed: Duration) -> Option<f64> {
        let passed = passed.as_secs_f64();
        if self.marks[1].1 <= 0.5 * passed {
            self.marks = [self.marks[1], (done, passed)];
        }
        let known = passed >= FIRST && (done - self.begun >= SHARE * (1.0 - self.begun) || passed >= LATE);
        let (before, then) = self.marks[0];
        let pace = (done - before) / (passed - then);
        (known && pace > 0.0).then(|| (1.0 - done) / pace)
    }

    /// The same in words, for the end of a line; empty where it cannot be told yet.
    pub fn words(&mut self, done: f64, passed: Duration) -> String {
        self.after(done, passed).map_or(String::new(), |left| format!("  {} left", span(left)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps that grow: the share done is `(e^(g t) - 1) / (e^g - 1)` of 74 s.
    #[test]
    fn time_left_is_told_when_it_is_known() {
        for growth in [1e-9, 2.0, 5.0] {
            let mut left = TimeLeft::new(0.0);
            let mut told = 0;
            for k in 1..740 {
                let passed = 0.1 * f64::from(k);
                let done = libm::expm1(growth * passed / 74.0) / libm::expm1(growth);
                let found = left.after(done, Duration::from_secs_f64(passed));
                assert!(found.is_none() || passed >= 3.0, "{passed}");
                if let Some(found) = found {
                    told += 1;
                    let truly = 74.0 - passed;
                    let most = if growth < 1.0 { 1.0001 * truly } else { 12.0 * truly };
                    assert!(
                        found >= 0.99 * truly && found <= most,
                        "{growth}, {passed}: {found} for {truly}"
                    );
                }
            }
            assert!(told > 300, "{told}");
        }
    }

    #[test]
    fn what_another_process_has_done_does_not_count() {
        let mut left = TimeLeft::new(0.9);
        assert_eq!(left.after(0.9, Duration::from_secs(4)), None);
        let found = left.after(0.95, Duration::from_secs(5)).unwrap();
        assert!((found - 5.0).abs() < 1e-9, "{found}");
        // A run that stands still.
        let mut still = TimeLeft::new(0.0);
        assert_eq!(still.after(0.0, Duration::from_secs(100)), None);
    }
}
