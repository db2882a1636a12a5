//! Kernel or adaptive learning: the numbers that tell, and the verdict in words.

use crate::flow::residual_scale;
use crate::system::text::{digits, percent};

use super::{Convergence, Description, LeastEnergy, Snapshot};

/// A kernel that has changed by less than this share has stood still; the same bound as in phase
/// studies.
pub const STILL: f64 = 0.05;
/// From this change on, features are learned.
pub const MOVED: f64 = 0.25;
/// Where less than this share of the loss is gone, a kernel that stands still may yet change.
const HALF: f64 = 0.5;
/// Where less than this share is gone, nothing can be told.
const LITTLE: f64 = 0.1;
/// A network with less live mass than this is dead.
const LIVE: f64 = 1e-9;
/// From this share of dead mass on it is told.
const MANY_DEAD: f64 = 0.5;
/// Neurons that have turned by less than this (rad) have kept their kinks.
const KEPT: f64 = 0.1;

/// How a network has learned up to the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regime {
    /// `|K_t - K_0| / |K_0|`.
    pub kernel_change: f64,
    /// Root mean square angle turned (rad); NaN where no neuron is followed: of a density, in a terminal.
    pub turned: f64,
    /// Median distance that knots among the samples have moved, as a share of the samples' range; NaN in the same cases.
    pub knots_moved: f64,
    /// Share of the mass that is pinned.
    pub pinned: f64,
    /// Share of the mass that is dead.
    pub dead: f64,
    /// Whether the network has an output bias.
    pub output_bias: bool,
    /// Loss at the start and at the end.
    pub loss: [f64; 2],
    /// Loss at the end with a kernel that stands still, where that can be compared.
    pub frozen_loss: Option<f64>,
    /// Root mean square distance, over the range of the samples, of the function to that of a kernel
    /// that stands still, as a share of the root mean square change of the function.
    pub frozen_distance: Option<f64>,
    /// How far learning has come.
    pub convergence: Convergence,
    /// With a penalty, the energy beside the least that there is.
    pub least: Option<LeastEnergy>,
    /// Whether the run reached an end after its start.
    pub finished: bool,
}

/// Which of the two ways of learning it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learning {
    /// Nothing has moved: it is the start.
    Start,
    /// There is no live neuron.
    Dead,
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
    /// # use reluflow::run::{Convergence, Learning, Regime};
    /// # let regime = |kernel_change, dead| Regime { kernel_change, turned: 0.0, knots_moved: 0.0, pinned: 0.0, dead,
    /// #     output_bias: false, loss: [1.0, 0.1], frozen_loss: None, frozen_distance: None, convergence: Convergence::Interpolation,
    /// #     least: None, finished: true };
    /// assert_eq!(regime(0.01, 0.1).learning(), Learning::Kernel);
    /// assert_eq!(regime(0.1, 0.1).learning(), Learning::Between);
    /// assert_eq!(regime(0.6, 0.1).learning(), Learning::Adaptive);
    /// assert_eq!(regime(1.0, 1.0).learning(), Learning::Dead);
    /// ```
    pub fn learning(&self) -> Learning {
        match self.kernel_change {
            _ if 1.0 - self.dead < LIVE => Learning::Dead,
            0.0 if self.loss[0] == self.loss[1] && !self.finished => Learning::Start,
            change if change < STILL => Learning::Kernel,
            change if change < MOVED => Learning::Between,
            _ => Learning::Adaptive,
        }
    }

    /// Of a run, as far as its first and last snapshots tell.
    pub fn of(description: &Description, [first, last]: [&Snapshot; 2], finished: bool) -> Regime {
        let Description { samples, flow, tolerance, output_bias, .. } = description;
        let eps = tolerance * residual_scale(samples, &first.residual.to_vec());
        Regime {
            kernel_change: last.tangent_kernel_change,
            turned: f64::NAN,
            knots_moved: f64::NAN,
            pinned: last.pinned_mass.sum(),
            dead: last.region_mass[0],
            output_bias: output_bias.is_some(),
            loss: [first.loss, last.loss],
            frozen_loss: None,
            frozen_distance: None,
            convergence: Convergence::of(samples, last, eps),
            least: LeastEnergy::of(samples, flow, *output_bias, last),
            finished: finished && last.time > 0.0,
        }
    }

    /// The verdict as a heading.
    pub fn heading(&self) -> String {
        let learning = match self.learning() {
            Learning::Dead => return "A dead network".to_string(),
            Learning::Start => return "A network at its start".to_string(),
            Learning::Kernel => "Kernel learning",
            Learning::Between => "Between kernel and adaptive learning",
            Learning::Adaptive => "Adaptive learning",
        };
        format!("{learning}, {}", self.convergence.in_short())
    }

    /// Heading and convergence in two short sentences, for a terminal.
    pub fn in_short(&self) -> [String; 2] {
        let more = match self.learning() {
            Learning::Dead | Learning::Start => self.sentence(),
            _ => self.progress(),
        };
        [self.heading(), more]
    }

    /// How far it has come.
    fn progress(&self) -> String {
        let Some(least) = self.least else { return self.convergence.to_string() };
        let how = match self.convergence {
            // The energy cannot fall below the least.
            Convergence::Falling { half_life } => format!(
                "At its present rate half of what its energy has above the least goes within a time of {}.",
                digits(half_life * least.excess(), 3)
            ),
            other => other.to_string(),
        };
        format!("{how} {least}")
    }

    /// Share of the loss at the start that is gone; all where there was none.
    fn learned(&self) -> f64 {
        if self.loss[0] > 0.0 { 1.0 - self.loss[1] / self.loss[0] } else { 1.0 }
    }

    /// The verdict in one or two sentences, with its numbers.
    pub fn sentence(&self) -> String {
        let turned = degrees(self.turned);
        let change = change_in_words(self.kernel_change);
        let mut text = match self.learning() {
            Learning::Dead if self.output_bias => {
                return format!(
                    "No sample activates any neuron: only the output bias is left, and the loss is {}.",
                    digits(self.loss[1], 3)
                );
            }
            Learning::Dead => {
                return format!(
                    "No sample activates any neuron: the function is 0 at all samples, nothing moves, and the loss stays at {}. \
                     A smaller learning rate or another start keeps neurons alive.",
                    digits(self.loss[1], 3)
                );
            }
            Learning::Start => {
                return format!(
                    "Nothing has moved yet: this is the network as it was given. {}",
                    self.convergence
                );
            }
            verdict if self.turned.is_nan() => format!(
                "The tangent kernel has changed by {}.",
                match verdict {
                    Learning::Kernel => format!(
                        "only {change}: up to here the network learned as a linear model with fixed features does"
                    ),
                    Learning::Between => format!(
                        "{change}, neither little nor much: features moved while their heights were fitted"
                    ),
                    Learning::Adaptive | Learning::Dead | Learning::Start =>
                        format!("{change}: the network changed its own features"),
                }
            ),
            Learning::Kernel if self.turned >= KEPT => format!(
                "The tangent kernel has changed by only {change}, although neurons turned by {turned} in the root \
                 mean square: up to here the network learned as a linear model does."
            ),
            Learning::Kernel => format!(
                "The tangent kernel has changed by only {change}: neurons kept their kinks nearly where they \
                 were (turned by {turned} in the root mean square), and the network learned as a linear model \
                 with fixed features does."
            ),
            Learning::Between => format!(
                "The tangent kernel has changed by {change}, neither little nor much: neurons turned by \
                 {turned} in the root mean square, and features moved while their heights were fitted."
            ),
            Learning::Adaptive => format!(
                "The tangent kernel has changed by {change}: the network changed its own features. Neurons \
                 turned by {turned} in the root mean square."
            ),
        };
        // In kernel learning a little pinned mass changes nothing.
        if self.pinned >= if self.learning() == Learning::Kernel { STILL } else { 0.005 } {
            text += &format!(
                " {} of the mass of neurons has gathered on the lines of samples, where it makes the kinks of \
                 the function.",
                percent(self.pinned, 2)
            );
        }
        let gone = percent(self.learned().max(0.0), 2);
        if self.learned() < LITTLE {
            text += &format!(" But only {gone} of the loss is gone: it is early to tell.");
        } else if self.learned() < HALF && self.learning() != Learning::Adaptive {
            text += &format!(" Only {gone} of the loss is gone; with more time the kernel may change.");
        }
        if self.dead >= MANY_DEAD {
            text += &format!(" {} of the mass is dead: no sample activates it.", percent(self.dead, 3));
        }
        text += &format!(" {}", self.progress());
        if !self.finished {
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
pub(crate) fn change_in_words(share: f64) -> String {
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
            output_bias: false,
            loss: [1.0, 0.5],
            frozen_loss: Some(0.25),
            frozen_distance: Some(0.4),
            convergence: Convergence::Interpolation,
            least: None,
            finished: true,
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
        assert_eq!(turned.heading(), "Kernel learning, interpolating");
        let dead = Regime { dead: 1.0, ..regime() };
        assert_eq!(dead.heading(), "A dead network");
        assert!(dead.sentence().contains("stays at 0.500"), "{}", dead.sentence());
        let biased = Regime { output_bias: true, ..dead }.sentence();
        assert!(biased.contains("only the output bias is left, and the loss is 0.500"), "{biased}");
        let many = Regime { dead: 0.995, ..regime() }.sentence();
        assert!(many.contains("99.5 % of the mass is dead"), "{many}");
        let text = turned.sentence();
        assert!(
            text.contains("although neurons turned by 11\u{b0}") && text.contains("Only 30 % of the loss"),
            "{text}"
        );
        let start = Regime { kernel_change: 0.0, loss: [0.5, 0.5], finished: false, ..regime() };
        assert_eq!((start.learning(), start.heading().as_str()), (Learning::Start, "A network at its start"));
        assert!(start.sentence().starts_with("Nothing has moved yet"), "{}", start.sentence());
        let density = Regime { turned: f64::NAN, knots_moved: f64::NAN, ..regime() };
        for (change, words) in [
            (0.01, "by only 1.0 %: up to here"),
            (0.1, "neither little nor much"),
            (0.6, "by 60 %: the network"),
        ] {
            let text = Regime { kernel_change: change, ..density }.sentence();
            assert!(text.contains(words) && !text.contains("turned") && !text.contains("NaN"), "{text}");
        }
        let killed = Regime { finished: false, ..regime() }.sentence();
        assert!(killed.contains("not reached its end"), "{killed}");
        assert!(regime().comparison().unwrap().contains("to 0.250;"));
        assert_eq!(Regime { frozen_loss: None, ..regime() }.comparison(), None);
    }
}
