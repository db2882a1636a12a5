//! Kernel or adaptive learning: the numbers that tell, and the verdict in words.

use crate::io::Status;

/// A kernel that has changed by less than this share has stood still; the same bound as in phase
/// studies.
pub const STILL: f64 = 0.05;
/// From this change on, features are learned.
pub const MOVED: f64 = 0.25;
/// Where less than this share of the loss is gone, a kernel that stands still may yet change.
const HALF: f64 = 0.5;
/// Where less than this share is gone, nothing can be told.
const LITTLE: f64 = 0.1;
/// Neurons that have turned by less than this (rad) have kept their kinks.
const KEPT: f64 = 0.1;

/// How a network has learned up to the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regime {
    /// `|K_t - K_0| / |K_0|`.
    pub kernel_change: f64,
    /// Root mean square angle turned (rad).
    pub turned: f64,
    /// Median distance that knots among the samples have moved, as a share of the samples' range.
    pub knots_moved: f64,
    /// Share of the mass that is pinned.
    pub pinned: f64,
    /// Share of the mass that is dead.
    pub dead: f64,
    /// Loss at the start and at the end.
    pub loss: [f64; 2],
    /// Loss at the end with a kernel that stands still, where that can be compared.
    pub frozen_loss: Option<f64>,
    /// Root mean square distance, over the range of the samples, of the function to that of a kernel
    /// that stands still, as a share of the root mean square change of the function.
    pub frozen_distance: Option<f64>,
    /// Whether the run reached its end.
    pub status: Status,
}

/// Which of the two ways of learning it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The kernel has stood still.
    Kernel,
    /// Neither.
    Between,
    /// The kernel has changed.
    Adaptive,
}

impl Regime {
    /// Kernel learning below a change of 5 %, adaptive learning from 25 % on.
    ///
    /// ```
    /// # use reluflow::{io::Status, report::{Regime, Verdict}};
    /// # let regime = |kernel_change| Regime { kernel_change, turned: 0.0, knots_moved: 0.0, pinned: 0.0, dead: 0.0,
    /// #     loss: [1.0, 0.1], frozen_loss: None, frozen_distance: None, status: Status::Finished };
    /// assert_eq!(regime(0.01).verdict(), Verdict::Kernel);
    /// assert_eq!(regime(0.1).verdict(), Verdict::Between);
    /// assert_eq!(regime(0.6).verdict(), Verdict::Adaptive);
    /// ```
    pub fn verdict(&self) -> Verdict {
        match self.kernel_change {
            change if change < STILL => Verdict::Kernel,
            change if change < MOVED => Verdict::Between,
            _ => Verdict::Adaptive,
        }
    }

    /// The verdict as a heading.
    pub fn heading(&self) -> &'static str {
        match self.verdict() {
            Verdict::Kernel if self.learned() < HALF => "Kernel learning, so far",
            Verdict::Kernel => "Kernel learning",
            Verdict::Between => "Between kernel and adaptive learning",
            Verdict::Adaptive => "Adaptive learning",
        }
    }

    /// Share of the loss at the start that is gone; all where there was none.
    fn learned(&self) -> f64 {
        if self.loss[0] > 0.0 { 1.0 - self.loss[1] / self.loss[0] } else { 1.0 }
    }

    /// The verdict in one or two sentences, with its numbers.
    pub fn sentence(&self) -> String {
        let turned = degrees(self.turned);
        let change = change_in_words(self.kernel_change);
        let mut text = match self.verdict() {
            Verdict::Kernel if self.turned >= KEPT => format!(
                "The tangent kernel has changed by only {change}, although neurons turned by {turned} in the root \
                 mean square: up to here the network learned as a linear model does."
            ),
            Verdict::Kernel => format!(
                "The tangent kernel has changed by only {change}: neurons kept their kinks nearly where they \
                 were (turned by {turned} in the root mean square), and the network learned as a linear model \
                 with fixed features does."
            ),
            Verdict::Between => format!(
                "The tangent kernel has changed by {change}, neither little nor much: neurons turned by \
                 {turned} in the root mean square, and features moved while their heights were fitted."
            ),
            Verdict::Adaptive => format!(
                "The tangent kernel has changed by {change}: the network changed its own features. Neurons \
                 turned by {turned} in the root mean square."
            ),
        };
        // In kernel learning a little pinned mass changes nothing.
        if self.pinned >= if self.verdict() == Verdict::Kernel { STILL } else { 0.005 } {
            text += &format!(
                " {} of the mass of neurons has gathered on the lines of samples, where it makes the kinks of \
                 the function.",
                percent(self.pinned)
            );
        }
        let gone = percent(self.learned().max(0.0));
        if self.learned() < LITTLE {
            text += &format!(" But only {gone} of the loss is gone: it is early to tell.");
        } else if self.learned() < HALF && self.verdict() != Verdict::Adaptive {
            text += &format!(" Only {gone} of the loss is gone; with more time the kernel may change.");
        }
        if self.status != Status::Finished {
            text += " The run has not reached its end; this is how it stands.";
        }
        text
    }

    /// What a kernel that stands still would have done, in a sentence.
    pub fn comparison(&self) -> Option<String> {
        let (frozen, distance) = (self.frozen_loss?, self.frozen_distance?);
        Some(format!(
            "From the same start, a kernel that stands still would have brought the loss from {} to {}; this run \
             brought it to {}. The two functions are apart by {} of the way that this run's function has gone.",
            three_digits(self.loss[0]),
            three_digits(frozen),
            three_digits(self.loss[1]),
            percent(distance)
        ))
    }
}

/// A share as a percentage with two or three digits.
///
/// ```
/// use reluflow::report::percent;
/// assert_eq!((percent(0.5), percent(0.0123), percent(0.000456)), ("50 %".into(), "1.2 %".into(), "0.046 %".into()));
/// assert_eq!((percent(0.0), percent(2e-9), percent(56.5)), ("0 %".into(), "2e-7 %".into(), "5650 %".into()));
/// ```
pub fn percent(share: f64) -> String {
    format!("{} %", short(100.0 * share))
}

/// A relative change, which may be many times of what there was.
pub(super) fn change_in_words(share: f64) -> String {
    if share >= 5.0 { format!("{} times its own size", short(share)) } else { percent(share) }
}

/// An angle in degrees.
fn degrees(angle: f64) -> String {
    format!("{}\u{b0}", short(angle.to_degrees()))
}

/// Three digits, as people write them.
pub(super) fn three_digits(value: f64) -> String {
    match value.abs() {
        size if (1e-3..1e5).contains(&size) => {
            format!("{value:.*}", (2 - size.log10().floor() as i32).max(0) as usize)
        }
        0.0 => "0".to_string(),
        _ => format!("{value:.2e}"),
    }
}

fn short(value: f64) -> String {
    match value.abs() {
        // Of a percentage: what is rounding is nothing.
        size if size < 1e-10 => "0".to_string(),
        size if size >= 10.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        size if size >= 0.001 => {
            format!("{value:.*}", 1 + (-size.log10()).ceil() as usize)
        }
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regime() -> Regime {
        Regime {
            kernel_change: 0.6,
            turned: 0.5,
            knots_moved: 0.2,
            pinned: 0.48,
            dead: 0.3,
            loss: [1.0, 0.5],
            frozen_loss: Some(0.25),
            frozen_distance: Some(0.4),
            status: Status::Finished,
        }
    }

    #[test]
    fn the_verdict_says_what_the_numbers_say() {
        let text = regime().sentence();
        assert!(text.contains("changed by 60 %") && text.contains("turned by 29\u{b0}"), "{text}");
        assert!(text.contains("48 % of the mass") && !text.contains("early"), "{text}");
        let still = Regime { kernel_change: 4e-4, turned: 0.01, pinned: 0.0, loss: [1.0, 0.95], ..regime() }
            .sentence();
        assert!(still.contains("only 0.040 %") && still.contains("only 5.0 % of the loss"), "{still}");
        assert!(!still.contains("gathered"), "{still}");
        let turned = Regime { kernel_change: 0.04, turned: 0.2, loss: [1.0, 0.7], ..regime() };
        assert_eq!(turned.heading(), "Kernel learning, so far");
        let text = turned.sentence();
        assert!(
            text.contains("although neurons turned by 11\u{b0}") && text.contains("Only 30 % of the loss"),
            "{text}"
        );
        let killed = Regime { status: Status::Killed, ..regime() }.sentence();
        assert!(killed.contains("not reached its end"), "{killed}");
        assert!(regime().comparison().unwrap().contains("to 0.250;"));
        assert_eq!(Regime { frozen_loss: None, ..regime() }.comparison(), None);
    }
}
