//! What a run may end by before its last time.

use std::fmt;

/// Criteria by which a run ends before [`Description::end`](super::Description::end): it does after the first step at
/// whose end one of them holds. They depend on nothing but the state there, so that a run that is interrupted and
/// resumed ends where it would have ended.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Until {
    /// At rest to the tolerance (section 15).
    pub rest: bool,
    /// The loss is at most this, in units of `y^2`.
    pub loss: Option<f64>,
    /// The root mean square velocity `(Int |velocity|^2 mu)^(1/2)` is at most this.
    pub speed: Option<f64>,
}

/// The criterion that a run has ended by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is at rest.
    Rest,
    /// Its loss is low enough.
    Loss,
    /// It is slow enough.
    Speed,
}

impl Ending {
    /// All of them, in the order in which they are asked: of several that hold the first is told.
    pub const ALL: [Ending; 3] = [Ending::Rest, Ending::Loss, Ending::Speed];

    /// The number in run files and studies; 0 there is a run that no criterion has ended.
    pub fn code(self) -> i8 {
        match self {
            Ending::Rest => 1,
            Ending::Loss => 2,
            Ending::Speed => 3,
        }
    }

    /// The criterion of this number.
    pub fn from_code(code: i8) -> Option<Ending> {
        Ending::ALL.into_iter().find(|ending| ending.code() == code)
    }

    /// The name in run files and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Rest => "rest",
            Ending::Loss => "loss",
            Ending::Speed => "speed",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ending::Rest => "at rest to the tolerance",
            Ending::Loss => "loss at most time.until_loss",
            Ending::Speed => "speed at most time.until_speed",
        })
    }
}

impl Until {
    /// Whether there is any criterion.
    pub fn is_some(&self) -> bool {
        *self != Until::default()
    }

    /// What a run may end by, in a few words; empty without a criterion.
    pub fn words(&self) -> String {
        let number = crate::system::text::number;
        let rest = self.rest.then(|| "at rest".to_string());
        let loss = self.loss.map(|loss| format!("at a loss of {}", number(loss)));
        let speed = self.speed.map(|speed| format!("at a speed of {}", number(speed)));
        [rest, loss, speed].into_iter().flatten().collect::<Vec<_>>().join(" or ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_their_endings() {
        for ending in Ending::ALL {
            assert_eq!(Ending::from_code(ending.code()), Some(ending));
        }
        assert_eq!(Ending::from_code(0), None);
    }

    #[test]
    fn criteria_are_said_in_words() {
        let until = Until { rest: true, loss: Some(1e-6), speed: None };
        assert_eq!(until.words(), "at rest or at a loss of 1e-6");
        assert!(until.is_some() && !Until::default().is_some());
    }
}
