//! Two clocks of a room, and deadlines on both.
//!
//! A neuron `z` of a region is at distance `s` from a line, and `ds/du = -beta c <n, h g>`,
//! `dc/du = -alpha <h g, w>`. While the first clock advances by `A`, the sum of bounds on
//! `beta |<n, h g>|`, and the second by `B`, the sum of bounds on `alpha |<h g, w>| / |z|`, its distance
//! changes by at most `A (|c| + |z| B)`. Near a line `|c|` often is far below `|z|`: those neurons creep,
//! and a bound by `|z|` alone would have them looked at in every step.

/// Both clocks of a room, or a deadline on both, or what they advance in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Travel {
    /// How far lines have moved, for neurons with `|c| = 1`.
    pub across: f64,
    /// How far `c` may have moved, for neurons with `|z| = 1`.
    pub output: f64,
}

/// Deadlines are earlier than they need to be by the rest, so that a look that is not due would find nobody
/// whatever the rounding of clocks over many steps.
const SLACK: f64 = 0.99;
/// Less than this share of a clock ahead may be lost in its rounding.
const LEAST_AHEAD: f64 = 1e-9;
/// The first clock is taken to advance by at least this share of the second: fields may turn.
const LEAST_SHARE: f64 = 1e-6;
/// What of a distance the present `c` may use up; the rest is for its growth.
const SHARE: f64 = 0.75;

impl Travel {
    /// Where all clocks start.
    pub const ZERO: Travel = Travel { across: 0.0, output: 0.0 };
    /// A deadline that has passed.
    pub const DUE: Travel = Travel { across: f64::NEG_INFINITY, output: f64::NEG_INFINITY };
    /// A deadline that never passes.
    pub const NEVER: Travel = Travel { across: f64::INFINITY, output: f64::INFINITY };

    /// Whether a deadline has passed.
    #[inline(always)]
    pub fn is_past(self, deadline: Travel) -> bool {
        self.across > deadline.across || self.output > deadline.output
    }

    /// The deadline of whoever has this margin from now on.
    pub fn deadline(self, margin: Margin, direction: Travel) -> Travel {
        let steps = SLACK * margin.along(direction);
        // No clock that stands still in this direction is relied on, however large the margin.
        let ahead = |share: f64| if share == 0.0 { 0.0 } else { steps * share };
        let ahead = Travel { across: ahead(direction.across), output: ahead(direction.output) };
        let is_lost = |ahead: f64, share: f64, clock: f64| share > 0.0 && ahead <= LEAST_AHEAD * clock;
        if is_lost(ahead.across, direction.across, self.across)
            || is_lost(ahead.output, direction.output, self.output)
        {
            return Travel::DUE;
        }
        self.advanced(1.0, ahead)
    }

    /// The clocks when they have advanced by `steps` times `step`.
    pub fn advanced(self, steps: f64, step: Travel) -> Travel {
        Travel { across: self.across + steps * step.across, output: self.output + steps * step.output }
    }

    /// The earlier of both on either clock.
    pub fn earliest(self, other: Travel) -> Travel {
        Travel { across: self.across.min(other.across), output: self.output.min(other.output) }
    }

    /// The larger of both on either clock.
    pub fn largest(self, other: Travel) -> Travel {
        Travel { across: self.across.max(other.across), output: self.output.max(other.output) }
    }

    /// The proportion in which both clocks advance, from what they do in a step; the larger entry is 1.
    /// It only decides how a margin is shared out: deadlines hold whatever the clocks do.
    pub fn direction(self) -> Travel {
        let size = self.across.max(self.output);
        if size == 0.0 || !size.is_finite() {
            return Travel { across: 1.0, output: 0.0 };
        }
        let (across, output) = (self.across / size, self.output / size);
        Travel { across: across.max(LEAST_SHARE * output), output }
    }
}

/// A deadline in half the memory, no later than it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short([f32; 2]);

impl From<Travel> for Short {
    fn from(deadline: Travel) -> Short {
        Short([deadline.across, deadline.output].map(|value| {
            let nearest = value as f32;
            if f64::from(nearest) > value { nearest.next_down() } else { nearest }
        }))
    }
}

impl From<Short> for Travel {
    fn from(Short([across, output]): Short) -> Travel {
        Travel { across: across.into(), output: output.into() }
    }
}

/// How far one or several neurons are from a line, in a form that takes no roots for each of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    /// The least `s / |c|`.
    pub by_output: f64,
    /// The least `(s / |z|)^2`.
    pub by_length: f64,
}

impl Margin {
    /// Of nobody.
    pub const NONE: Margin = Margin { by_output: f64::INFINITY, by_length: f64::INFINITY };

    /// Of a neuron at `distance` from a line, with output weight `|c|` and the square of `|z|`.
    #[inline(always)]
    pub fn new(distance: f64, output: f64, square: f64) -> Margin {
        // Not zero, lest zero be divided by zero: who is on a line has no margin, moving or not.
        Margin {
            by_output: distance / output.max(f64::MIN_POSITIVE),
            by_length: distance * distance / square.max(f64::MIN_POSITIVE),
        }
    }

    /// Of several.
    #[inline(always)]
    pub fn least(self, other: Margin) -> Margin {
        Margin {
            by_output: smaller(self.by_output, other.by_output),
            by_length: smaller(self.by_length, other.by_length),
        }
    }

    /// How many times this `direction` both clocks may advance before any of them is reached: `t` such
    /// that `A t |c|` is at most a [`SHARE`] of `s`, and `A t |z| B t` at most the rest.
    pub fn along(self, direction: Travel) -> f64 {
        let Travel { across, output } = direction;
        if output == 0.0 {
            return self.by_output / across;
        }
        let steady = SHARE * self.by_output / across;
        let growing = ((1.0 - SHARE) * self.by_length.sqrt() / (across * output)).sqrt();
        smaller(steady, growing)
    }
}

/// The smaller of two; the second if one is not a number, which no margin is unless `|z|^2` overflows.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if b >= a { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distances last until a deadline, whatever the clocks do, and not much longer.
    #[test]
    fn deadlines_use_up_distances() {
        let start = Travel { across: 0.25, output: 0.125 };
        for (across, output) in [(1.0, 0.5), (1e-3, 2.0), (0.3, 0.0), (0.0, 0.7), (0.0, 0.0)] {
            let direction = Travel { across, output }.direction();
            for (distance, speed, length) in [(0.2, 0.01, 1.0), (1e-6, 1e-9, 3.0), (0.5, 2.0, 2.0)] {
                let deadline = start.deadline(Margin::new(distance, speed, length * length), direction);
                let (a, b) = (deadline.across - start.across, deadline.output - start.output);
                let used = a * (speed + length * b) / distance;
                assert!(used < 1.0 && used > SLACK * SLACK * (1.0 - SHARE) - 1e-8, "{direction:?} {used}");
            }
        }
        // On a line, moving or not: due even if clocks stand still, or lose what they advance.
        let both = Travel { across: 1.0, output: 1.0 };
        for (distance, speed, clock) in [(0.0, 0.0, 0.0), (0.0, 1.0, 5.0), (1e-12, 1.0, 1e6)] {
            let clock = Travel { across: clock, output: clock };
            assert_eq!(clock.deadline(Margin::new(distance, speed, 1.0), both), Travel::DUE);
        }
        // With c = 0 for good nothing is reached, but that c begins to move is noticed.
        let still = Travel { across: 1.0, output: 0.0 };
        let deadline = Travel::ZERO.deadline(Margin::new(0.1, 0.0, 1.0), still);
        assert!(!Travel { across: 1e300, output: 0.0 }.is_past(deadline));
        assert!(Travel { across: 0.0, output: 1e-300 }.is_past(deadline));
    }

    #[test]
    fn short_deadlines_are_no_later() {
        for value in [0.1, 1.0, 3e-300, -1.0 / 3.0, 1e300, 0.1f32.into()] {
            let short = Travel::from(Short::from(Travel { across: value, output: value }));
            assert!(short.across <= value && short.output == short.across, "{value}");
            let expected = value.min(f32::MAX.into());
            assert!(expected - short.across <= 2e-7 * value.abs() + 1e-44, "{value} {short:?}");
        }
        for exactly in [Travel::DUE, Travel::ZERO, Travel::NEVER] {
            assert_eq!(Travel::from(Short::from(exactly)), exactly);
        }
    }

    /// Several have the least margin of any of them, in every direction.
    #[test]
    fn together_they_have_the_least_margin() {
        let (one, other) = (Margin::new(0.1, 0.01, 9.0), Margin::new(0.2, 0.5, 1.0));
        for output in [0.0, 1e-3, 0.1, 1.0] {
            let direction = Travel { across: 1.0, output };
            let least = one.along(direction).min(other.along(direction));
            assert_eq!(one.least(other).along(direction), least);
        }
        assert_eq!(one.least(Margin::NONE), one);
    }
}
