//! What holds a long run up, told while it goes on.

use std::time::Duration;

use crate::flow::{Counters, StepRecord};
use crate::system::text;

/// A run with more time left than this says what holds it up.
const LONG: Duration = Duration::from_secs(3600);
/// Wall time over which the pace is measured before it is judged the first time; it is judged again
/// after four times as long, and so on, and told again only when the cause is another.
const FIRST: Duration = Duration::from_secs(5);
/// Rows of steps that may come to more than this are worth a word (bytes).
const MUCH: f64 = 1e9;

/// Measures how fast mean-field time passes, and by which kind of steps.
#[derive(Debug)]
pub struct Pace {
    end: f64,
    tolerance: f64,
    /// Whether the length of steps is given, as in gradient descent.
    fixed_steps: bool,
    window: Window,
    due: Duration,
    told: Option<Cause>,
    /// Of the row of a step.
    bytes: u64,
}

/// Why steps are not longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Their length is given.
    Given,
    /// Pushes along the path of a longer step do not agree.
    Rejections,
    /// Events.
    Events,
    /// The error of the path of the residuals.
    Tolerance,
    /// None of these: something faster than the residuals.
    Stiff,
}

/// Steps since the pace was last told.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    begun: Duration,
    time: f64,
    steps: f64,
    pushes: f64,
    rejections: f64,
    touched: f64,
    error: f64,
    counters: Counters,
}

impl Pace {
    /// Of a run from `time` to `end`.
    ///
    /// * `tolerance`: of the residuals' path; not a number where steps have a fixed length.
    /// * `bytes`: of the row of a step.
    pub fn new(time: f64, end: f64, tolerance: Option<f64>, bytes: u64) -> Pace {
        let window = Window { time, ..Window::default() };
        Pace {
            end,
            tolerance: tolerance.unwrap_or(f64::NAN),
            fixed_steps: tolerance.is_none(),
            window,
            due: FIRST,
            told: None,
            bytes,
        }
    }

    /// After an accepted step, `now` since the run was begun; now and then, what holds it up.
    pub fn step(&mut self, record: &StepRecord, now: Duration) -> Option<String> {
        let window = &mut self.window;
        window.steps += 1.0;
        window.pushes += f64::from(record.pushes);
        window.rejections += f64::from(record.rejections);
        window.touched += record.touched as f64;
        window.error = window.error.max(record.error_estimate);
        window.counters += record.counters;
        if now < self.due {
            return None;
        }
        let said = self.words(record.time, now);
        self.due = 4 * now;
        self.window = Window { begun: now, time: record.time, ..Window::default() };
        said
    }

    fn words(&mut self, time: f64, now: Duration) -> Option<String> {
        let window = self.window;
        let (passed, seconds) = (time - window.time, (now - window.begun).as_secs_f64());
        let left = (self.end - time) / passed * seconds;
        // A pace of 0 has no end.
        if left.is_nan() || left <= LONG.as_secs_f64() {
            return None;
        }
        let per_step = |count: f64| count / window.steps;
        let (step, each) = (per_step(passed), per_step(seconds));
        let events = per_step(window.counters.events() as f64);
        let cause = self.cause(events, per_step(window.rejections));
        if self.told == Some(cause) {
            return None;
        }
        self.told = Some(cause);
        let steps = (self.end - time) / step;
        let rows = steps * self.bytes as f64;
        let rows = match rows > MUCH {
            true => format!(", whose rows take up to {} of the file", text::bytes(rows as u64)),
            false => String::new(),
        };
        Some(format!(
            "at this pace {} are left: {steps:.1e} more steps of {step:.1e}, {} each{rows} ({:.1} pushes, \
             {:.1} rejections and {events:.1} events a step); {}",
            span(left),
            span(each),
            per_step(window.pushes),
            per_step(window.rejections),
            self.advice(cause, per_step(window.touched)),
        ))
    }

    /// What keeps the measured steps short.
    fn cause(&self, events: f64, rejections: f64) -> Cause {
        if self.fixed_steps {
            Cause::Given
        } else if events >= 0.5 {
            Cause::Events
        } else if rejections >= 0.5 {
            Cause::Rejections
        } else if self.window.error / self.tolerance >= 0.01 {
            Cause::Tolerance
        } else {
            Cause::Stiff
        }
    }

    /// The cause in words, and what can be done.
    fn advice(&self, cause: Cause, touched: f64) -> String {
        let error = self.window.error / self.tolerance;
        let what = match cause {
            Cause::Given => {
                "the length of steps is given: a larger flow.learning_rate takes fewer".to_string()
            }
            Cause::Rejections => {
                "most attempts are too long and made again, shorter: pushes along their path do not settle, or its \
                 error is above the tolerance; a larger time.tolerance may take longer ones"
                    .to_string()
            }
            Cause::Events => format!(
                "steps end where events bend the path, most of them {}: fewer particles or a larger time.tolerance \
                 meet fewer of them",
                most_frequent(&self.window.counters)
            ),
            Cause::Tolerance => format!(
                "steps are as long as the tolerance allows (largest error {:.0} % of it): a larger time.tolerance \
                 takes fewer",
                100.0 * error
            ),
            Cause::Stiff => format!(
                "steps are far more accurate than asked ({error:.0e} of the tolerance) and cannot be longer: something \
                 fast has settled beside something slow, or residuals are at rest ({touched:.0} particles visited a step)"
            ),
        };
        format!("{what}; an earlier time.end may do: Ctrl-C stops here, and what is computed stays")
    }
}

/// The kind of event of which there are most.
fn most_frequent(counters: &Counters) -> String {
    let most = counters.counts().into_iter().max_by_key(|(_, count)| *count);
    most.map_or(String::new(), |(name, _)| name.replace('_', " "))
}

/// A span of time for people.
pub(super) fn span(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.0} us", s * 1e6),
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} hours", s / 3600.0),
        s if s < 3e10 => format!("{:.0} days", s / 86_400.0),
        s => format!("{:.0e} years", s / 31_557_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLERANCE: f64 = 1e-6;

    /// Ten seconds of 1000 steps like this one, towards an end far away.
    fn words(end: f64, tolerance: Option<f64>, record: StepRecord) -> Option<String> {
        let mut pace = Pace::new(0.0, end, tolerance, 125);
        let mut told = None;
        for k in 1..=1000 {
            let record = StepRecord { time: f64::from(k) * record.step_size, ..record.clone() };
            let said = pace.step(&record, Duration::from_millis(10 * k as u64));
            told = told.or(said);
        }
        told
    }

    fn record() -> StepRecord {
        StepRecord {
            time: 0.0,
            step_size: 1e-3,
            loss: 1.0,
            error_estimate: 0.9 * TOLERANCE,
            pushes: 2,
            rejections: 0,
            touched: 5,
            counters: Counters::default(),
            path: None,
        }
    }

    #[test]
    fn a_long_run_says_what_holds_it_up() {
        let end = 1e3;
        let said = |record| words(end, Some(TOLERANCE), record).unwrap();
        let text = said(record());
        // 0.5 of 1000 in 5 s.
        assert!(
            text.starts_with("at this pace 3 hours are left: 1.0e6 more steps of 1.0e-3, 10 ms each"),
            "{text}"
        );
        assert!(text.contains("2.0 pushes, 0.0 rejections and 0.0 events a step"), "{text}");
        assert!(text.contains("(largest error 90 % of it): a larger time.tolerance takes fewer; "), "{text}");
        assert!(text.ends_with("Ctrl-C stops here, and what is computed stays"), "{text}");
        assert!(!text.contains("rows"), "{text}");
        assert!(said(StepRecord { rejections: 1, ..record() }).contains("made again, shorter"));
        let counters = Counters { pins: 3, releases: 1, ..Counters::default() };
        assert!(said(StepRecord { counters, ..record() }).contains("most of them pins: "));
        let still = said(StepRecord { error_estimate: 0.0, ..record() });
        assert!(still.contains("far more accurate than asked"), "{still}");
        let fixed = words(1e5, None, record()).unwrap();
        assert!(fixed.contains("a larger flow.learning_rate takes fewer"), "{fixed}");
        // 1e8 steps.
        assert!(fixed.contains("10 ms each, whose rows take up to 1"), "{fixed}");
    }

    #[test]
    fn each_cause_is_told_once() {
        let mut pace = Pace::new(0.0, 1e6, Some(TOLERANCE), 125);
        let mut said = vec![];
        for k in 1..=100_000u32 {
            // From the second judgement on steps are tried again.
            let rejections = if k > 2000 { 1 } else { 0 };
            let record = StepRecord { time: f64::from(k) * 1e-3, rejections, ..record() };
            said.extend(pace.step(&record, Duration::from_millis(10 * u64::from(k))));
        }
        assert_eq!(said.len(), 2, "{said:#?}");
    }

    #[test]
    fn a_run_that_ends_within_the_hour_is_silent() {
        assert_eq!(words(100.0, Some(TOLERANCE), record()), None);
    }

    #[test]
    fn spans_are_short() {
        assert_eq!(
            [2e-6, 0.5, 90.0, 4000.0, 1e5, 1e7, 1e12].map(span),
            ["2 us", "500 ms", "90 s", "67 minutes", "28 hours", "116 days", "3e4 years"]
        );
    }
}
