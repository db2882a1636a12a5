//! The course of a run on standard error: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::system::text;

use super::output::note;
use super::time_left::TimeLeft;

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
        let left = self.left.words(time / self.end, self.bar.elapsed());
        self.bar.set_message(format!(
            "t {time:.4} of {end}  dt {step_size:.1e}  loss {loss:.4e}  pinned {pinned:.1} %{left}"
        ));
        self.bar.set_position(self.position(time));
    }
}
