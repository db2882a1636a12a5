//! Kernel or adaptive learning: the numbers that tell, and the verdict in words.

use crate::io::Status;
use crate::system::text::{digits, percent};

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
    /// Root mean square angle turned (rad); NaN of a density, which follows no neuron.
    pub turned: f64,
    /// Median distance that knots among the samples have moved, as a share of the samples' range; NaN of a density.
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
            verdict if self.turned.is_nan() => format!(
                "The tangent kernel has changed by {}.",
                match verdict {
                    Verdict::Kernel => format!(
                        "only {change}: up to here the network learned as a linear model with fixed features does"
                    ),
                    Verdict::Between => format!(
                        "{change}, neither little nor much: features moved while their heights were fitted"
                    ),
                    Verdict::Adaptive => format!("{change}: the network changed its own features"),
                }
            ),
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
                percent(self.pinned, 2)
            );
        }
        let gone = percent(self.learned().max(0.0), 2);
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
            digits(self.loss[0], 3),
            digits(frozen, 3),
            digits(self.loss[1], 3),
            percent(distance, 2)
        ))
    }
}

/// A relative change, which may be many times of what there was.
pub(super) fn change_in_words(share: f64) -> String {
    if share >= 5.0 { format!("{} times its own size", digits(share, 2)) } else { percent(share, 2) }
}

/// An angle in degrees.
fn degrees(angle: f64) -> String {
    format!("{}\u{b0}", digits(angle.to_degrees(), 2))
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
        let density = Regime { turned: f64::NAN, knots_moved: f64::NAN, ..regime() };
        for (change, words) in [
            (0.01, "by only 1.0 %: up to here"),
            (0.1, "neither little nor much"),
            (0.6, "by 60 %: the network"),
        ] {
            let text = Regime { kernel_change: change, ..density }.sentence();
            assert!(text.contains(words) && !text.contains("turned") && !text.contains("NaN"), "{text}");
        }
        let killed = Regime { status: Status::Killed, ..regime() }.sentence();
        assert!(killed.contains("not reached its end"), "{killed}");
        assert!(regime().comparison().unwrap().contains("to 0.250;"));
        assert_eq!(Regime { frozen_loss: None, ..regime() }.comparison(), None);
    }
}
