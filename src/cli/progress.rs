//! The course of a run on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::system::text;

use super::output::note;
use super::pace::span;

/// How often the bar is redrawn: often enough to show that the run goes on, too seldom to cost anything.
const INTERVAL: Duration = Duration::from_millis(100);
/// The bar counts in units of the whole run divided by this.
const UNITS: f64 = 1e9;

/// Tells how far a run has come.
pub enum Progress {
    /// `--quiet`.
    Silent,
    /// Not a terminal: a line for each snapshot.
    Lines,
    /// A terminal.
    Bar(Bar),
}

/// What there is to tell of a moment of a run.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Mean-field time.
    pub time: f64,
    /// Length of the last step.
    pub step_size: f64,
    /// Loss.
    pub loss: f64,
    /// Mass pinned on boundaries.
    pub pinned_mass: f64,
}

/// A progress bar.
pub struct Bar {
    bar: ProgressBar,
    end: f64,
    redraw: Instant,
    left: TimeLeft,
}

impl Progress {
    /// For a run from `time` until `end`, with standard error as it is.
    pub fn new(quiet: bool, end: f64, time: f64) -> Progress {
        if quiet {
            Progress::Silent
        } else if std::io::stderr().is_terminal() {
            Progress::Bar(Bar::new(end, time))
        } else {
            Progress::Lines
        }
    }

    /// After an accepted step. `moment` is asked for only when it is shown.
    pub fn step(&mut self, moment: impl FnOnce() -> Moment) {
        if let Progress::Bar(bar) = self {
            bar.step(moment);
        }
    }

    /// After a snapshot was written, and only then: what is reported here survives a kill.
    pub fn snapshot(&self, line: impl FnOnce() -> String) {
        if let Progress::Lines = self {
            note(&line());
        }
    }

    /// A line that stays, above the bar where there is one.
    pub fn remark(&self, line: &str) {
        match self {
            Progress::Silent => {}
            Progress::Lines => note(line),
            Progress::Bar(bar) => bar.bar.println(line),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Progress::Bar(bar) = self {
            bar.bar.finish_and_clear();
        }
    }
}

impl Bar {
    fn new(end: f64, time: f64) -> Bar {
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {msg}");
        let style = style.expect("the template is a constant");
        let bar = ProgressBar::with_draw_target(Some(UNITS as u64), ProgressDrawTarget::stderr());
        bar.set_style(style.progress_chars("=> "));
        let left = TimeLeft::new(time / end);
        let bar = Bar { bar, end, redraw: Instant::now(), left };
        bar.bar.set_position(bar.position(time));
        bar
    }

    fn position(&self, time: f64) -> u64 {
        (time / self.end * UNITS) as u64
    }

    fn step(&mut self, moment: impl FnOnce() -> Moment) {
        let now = Instant::now();
        if now < self.redraw {
            return;
        }
        self.redraw = now + INTERVAL;
        let Moment { time, step_size, loss, pinned_mass } = moment();
        let (end, pinned) = (text::time(self.end), 100.0 * pinned_mass);
        let left = self.left.after(time / self.end, self.bar.elapsed());
        let left = left.map_or(String::new(), |left| format!("  {} left", span(left)));
        self.bar.set_message(format!(
            "t {time:.4} of {end}  dt {step_size:.1e}  loss {loss:.4e}  pinned {pinned:.1} %{left}"
        ));
        self.bar.set_position(self.position(time));
    }
}

/// Time left, told from the pace of the last half of the time passed: steps are shorter at first, so that the pace since
/// the beginning would tell too much.
struct TimeLeft {
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
    fn new(begun: f64) -> TimeLeft {
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
