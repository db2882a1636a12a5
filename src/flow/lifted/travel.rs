//! The clocks of a room, and deadlines on them.
//!
//! A neuron `z` of a region is at distance `s` from a line, and `ds/du = -beta c <n, h g>`,
//! `dc/du = -alpha <h g, w>`. While the first clock advances by `A`, the sum of bounds on
//! `beta |<n, h g>|`, and the second by `B`, the sum of bounds on `alpha |<h g, w>| / |z|`, its distance
//! changes by at most `A (|c| + |z| B)`. Near a line `|c|` often is far below `|z|`: those neurons creep,
//! and a bound by `|z|` alone would have them looked at in every step. Who goes away from a line does so until
//! `c` turns, which takes `|c| / |z|` of the second clock, or until the field does: the third clock counts how
//! often it has ([`super::course`]).

/// All clocks of a room, or a deadline on them, or what they advance in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Travel {
    /// How far lines have moved, for neurons with `|c| = 1`.
    pub across: f64,
    /// How far `c` may have moved, for neurons with `|z| = 1`.
    pub output: f64,
    /// How often the field across the lines has turned.
    pub turns: f64,
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
/// Distances that last for more steps than this are relied on: when the field turns, few need a look.
const SOON: f64 = 64.0;

impl Travel {
    /// Where all clocks start.
    pub const ZERO: Travel = Travel { across: 0.0, output: 0.0, turns: 0.0 };
    /// A deadline that has passed.
    pub const DUE: Travel = Travel::all(f64::NEG_INFINITY);
    /// A deadline that never passes.
    pub const NEVER: Travel = Travel::all(f64::INFINITY);

    const fn all(value: f64) -> Travel {
        Travel { across: value, output: value, turns: value }
    }

    /// Whether a deadline has passed.
    #[inline(always)]
    pub fn is_past(self, deadline: Travel) -> bool {
        self.across > deadline.across || self.output > deadline.output || self.turns > deadline.turns
    }

    /// The deadline of whoever has this margin from now on.
    pub fn deadline(self, margin: Margin, direction: Travel) -> Travel {
        let steps = SLACK * margin.along(direction);
        // No clock that stands still in this direction is relied on, however large the margin.
        let ahead = |share: f64| if share == 0.0 { 0.0 } else { steps * share };
        let (across, output) = (ahead(direction.across), ahead(direction.output));
        let is_lost = |ahead: f64, share: f64, clock: f64| share > 0.0 && ahead <= LEAST_AHEAD * clock;
        if is_lost(across, direction.across, self.across) || is_lost(output, direction.output, self.output) {
            return Travel::DUE;
        }
        // Who relies on the field is due when it next turns; others do not mind.
        let turns = if margin.by_turn < f64::INFINITY { 0.0 } else { f64::INFINITY };
        self.advanced(1.0, Travel { across, output, turns })
    }

    /// As numbers.
    pub fn to_flat(self) -> [f64; 3] {
        [self.across, self.output, self.turns]
    }

    /// From [`Travel::to_flat`].
    pub fn from_flat([across, output, turns]: [f64; 3]) -> Travel {
        Travel { across, output, turns }
    }

    /// The clocks when they have advanced by `steps` times `step`.
    pub fn advanced(self, steps: f64, step: Travel) -> Travel {
        Travel {
            across: self.across + steps * step.across,
            output: self.output + steps * step.output,
            turns: self.turns + steps * step.turns,
        }
    }

    /// The earlier of both on every clock.
    pub fn earliest(self, other: Travel) -> Travel {
        self.each(other, f64::min)
    }

    /// The larger of both on every clock.
    pub fn largest(self, other: Travel) -> Travel {
        self.each(other, f64::max)
    }

    fn each(self, other: Travel, f: impl Fn(f64, f64) -> f64) -> Travel {
        Travel {
            across: f(self.across, other.across),
            output: f(self.output, other.output),
            turns: f(self.turns, other.turns),
        }
    }

    /// The proportion in which the first two clocks advance, from what they do in a step; the larger entry is
    /// 1. It only decides how a margin is shared out: deadlines hold whatever the clocks do.
    pub fn direction(self) -> Travel {
        let size = self.across.max(self.output);
        if size == 0.0 || !size.is_finite() {
            return Travel { across: 1.0, ..Travel::ZERO };
        }
        let (across, output) = (self.across / size, self.output / size);
        Travel { across: across.max(LEAST_SHARE * output), output, turns: 0.0 }
    }
}

/// A deadline in half the memory, no later than it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short([f32; 3]);

impl From<Travel> for Short {
    fn from(deadline: Travel) -> Short {
        Short(deadline.to_flat().map(|value| {
            let nearest = value as f32;
            if f64::from(nearest) > value { nearest.next_down() } else { nearest }
        }))
    }
}

impl From<Short> for Travel {
    fn from(Short(numbers): Short) -> Travel {
        Travel::from_flat(numbers.map(f64::from))
    }
}

/// How far one or several neurons are from a line, in a form that takes no roots for each of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Margin {
    /// The least `s / |c|`.
    pub by_output: f64,
    /// The least `(s / |z|)^2`.
    pub by_length: f64,
    /// Of those that go away from a line until `c` turns: the least `(c / |z|)^2`.
    pub by_turn: f64,
}

impl Margin {
    /// Of a neuron at `distance` from the lines that it may come nearer to (infinite for none), with output
    /// weight `|c|` and the square of `|z|`; `turn` is `|c|` where a line is left out because it goes away
    /// from it, infinite where none is.
    #[inline(always)]
    pub fn new(distance: f64, output: f64, turn: f64, square: f64) -> Margin {
        // Not zero, lest zero be divided by zero: who is on a line has no margin, moving or not.
        let square = square.max(f64::MIN_POSITIVE);
        // Where `|z|^2` overflows nothing is known.
        let ratio = |length: f64| {
            let ratio = length * length / square;
            if ratio >= 0.0 { ratio } else { 0.0 }
        };
        let (by_length, by_turn) = (ratio(distance), ratio(turn));
        Margin { by_output: distance / output.max(f64::MIN_POSITIVE), by_length, by_turn }
    }

    /// How many times this `direction` both clocks may advance before any of them is reached: `t` such
    /// that `A t |c|` is at most a [`SHARE`] of `s`, and `A t |z| B t` at most the rest; and before any `c`
    /// turns on which a sense relies: `B t |z|` is at most `|c|`.
    pub fn along(self, direction: Travel) -> f64 {
        let Travel { across, output, .. } = direction;
        if output == 0.0 {
            return self.by_output / across;
        }
        let steady = SHARE * self.by_output / across;
        let growing = ((1.0 - SHARE) * self.by_length.sqrt() / (across * output)).sqrt();
        let turning = self.by_turn.sqrt() / output;
        steady.min(growing).min(turning)
    }

    /// Whether a neuron that goes away from a line should rely on that: where its distance lasts for few steps
    /// like this one, and its `c` for more, or not much less.
    #[inline(always)]
    pub fn should_rely(distance: f64, output: f64, square: f64, step: Travel) -> bool {
        let Travel { across, output: growth, .. } = step;
        // |c| / (|z| B) >= SHARE s / (|c| A), and without a root all of it.
        let (turn, reach) = (output * output * across, SHARE * distance * growth);
        let (grown, rest) = (SOON * SOON * across * growth, (1.0 - SHARE) * distance);
        (turn * turn >= reach * reach * square)
            & ((SHARE * distance < SOON * output * across) | (rest * rest < grown * grown * square))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clocks(across: f64, output: f64) -> Travel {
        Travel { across, output, turns: 0.0 }
    }

    /// Distances last until a deadline, whatever the clocks do, and not much longer.
    #[test]
    fn deadlines_use_up_distances() {
        let start = clocks(0.25, 0.125);
        for (across, output) in [(1.0, 0.5), (1e-3, 2.0), (0.3, 0.0), (0.0, 0.7), (0.0, 0.0)] {
            let direction = clocks(across, output).direction();
            for (distance, speed, length) in [(0.2, 0.01, 1.0), (1e-6, 1e-9, 3.0), (0.5, 2.0, 2.0)] {
                let margin = Margin::new(distance, speed, f64::INFINITY, length * length);
                let deadline = start.deadline(margin, direction);
                let (a, b) = (deadline.across - start.across, deadline.output - start.output);
                let used = a * (speed + length * b) / distance;
                assert!(used < 1.0 && used > SLACK * SLACK * (1.0 - SHARE) - 1e-8, "{direction:?} {used}");
                assert_eq!(deadline.turns, f64::INFINITY);
            }
        }
        // On a line, moving or not: due even if clocks stand still, or lose what they advance.
        for (distance, speed, clock) in [(0.0, 0.0, 0.0), (0.0, 1.0, 5.0), (1e-12, 1.0, 1e6)] {
            let margin = Margin::new(distance, speed, f64::INFINITY, 1.0);
            assert_eq!(clocks(clock, clock).deadline(margin, clocks(1.0, 1.0)), Travel::DUE);
        }
        // With c = 0 for good nothing is reached, but that c begins to move is noticed.
        let margin = Margin::new(0.1, 0.0, f64::INFINITY, 1.0);
        let deadline = Travel::ZERO.deadline(margin, clocks(1.0, 0.0));
        assert!(!clocks(1e300, 0.0).is_past(deadline));
        assert!(clocks(0.0, 1e-300).is_past(deadline));
    }

    /// Who goes away from all lines is due when `c` may have turned or the field has, however far the first
    /// clock goes.
    #[test]
    fn who_goes_away_relies_on_output_and_field() {
        let margin = Margin::new(f64::INFINITY, 0.3, 0.3, 4.0);
        let start = Travel { across: 0.25, output: 0.125, turns: 3.0 };
        for (across, output) in [(1.0, 0.5), (1e-3, 2.0), (1.0, 1e-5)] {
            let deadline = start.deadline(margin, clocks(across, output).direction());
            let used = 2.0 * (deadline.output - start.output) / 0.3;
            assert!(used < 1.0 && used > 0.98, "{used}");
            assert_eq!(deadline.turns, 3.0);
            assert!(Travel { turns: 4.0, ..start }.is_past(deadline) && !start.is_past(deadline));
        }
        let still = start.deadline(margin, clocks(1.0, 0.0));
        assert_eq!(still, Travel { across: f64::INFINITY, ..start });
    }

    /// The shorter of both ways to wait is not chosen, but for a constant, and none where there is time.
    #[test]
    fn what_to_rely_on() {
        let mut chosen = [0; 2];
        for distance in [1e-9, 1e-3, 0.1, 1.0, 100.0] {
            for (across, output) in [(1.0, 1.0), (1e-3, 1.0), (1.0, 1e-3), (1e-3, 1e-3)] {
                let step = clocks(across, output);
                let near = Margin::new(distance, 0.3, f64::INFINITY, 4.0).along(step);
                let away = Margin::new(f64::INFINITY, 0.3, 0.3, 4.0).along(step);
                let relies = Margin::should_rely(distance, 0.3, 4.0, step);
                assert!(if relies { near < SOON && away > 0.5 * near } else { near > SOON.min(0.5 * away) });
                chosen[usize::from(relies)] += 1;
            }
        }
        assert!(chosen.iter().all(|&times| times > 3), "{chosen:?}");
    }

    #[test]
    fn short_deadlines_are_no_later() {
        for value in [0.1, 1.0, 3e-300, -1.0 / 3.0, 1e300, 0.1f32.into()] {
            let short = Travel::from(Short::from(Travel::all(value)));
            assert!(short.across <= value && short == Travel::all(short.across), "{value}");
            let expected = value.min(f32::MAX.into());
            assert!(expected - short.across <= 2e-7 * value.abs() + 1e-44, "{value} {short:?}");
        }
        for exactly in [Travel::DUE, Travel::ZERO, Travel::NEVER] {
            assert_eq!(Travel::from(Short::from(exactly)), exactly);
        }
    }
}
