//! How far the lines of a bin have moved, in three measures, and how far they may move before a neuron must be
//! tested: Lemma 3 of section 10 (conservative advancement; the skin of a Verlet list).
//!
//! A neuron `z` of a region is at distance `s` from a line, and `ds/du = -beta c <n, h g>`,
//! `dc/du = -alpha <h g, w>`. While the first measure advances by `a`, the sum of bounds on
//! `beta |<n, h g>|`, and the second by `b`, the sum of bounds on `alpha |<h g, w>| / |z|`, its distance
//! changes by at most `a (|c| + b |z|)`. Near a line `|c|` often is far below `|z|`: those neurons are slow,
//! and a bound by `|z|` alone would have them tested in every step. A neuron that goes away from a line does so until
//! `c` turns, which takes `|c| / |z|` of the second measure, or until the field does: the third one counts how
//! often it has ([`field_sign`](super::field_sign)).

/// The displacement of a bin's lines, the safe displacement of a block or neuron, or what a step adds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Displacement {
    /// How far lines have moved, for neurons with `|c| = 1`.
    pub across: f64,
    /// How far `c` may have moved, for neurons with `|z| = 1`.
    pub output: f64,
    /// How often the field across the lines has turned.
    pub turns: f64,
}

/// Safe displacements are this share of what Lemma 3 allows. The rest covers the rounding of displacements, which are
/// sums over many steps.
const SLACK: f64 = 0.99;
/// A safe displacement that is ahead by less than this share of the displacement might be lost in the rounding of that:
/// it counts as due.
const LEAST_AHEAD: f64 = 1e-9;
/// The first measure is taken to advance by at least this share of the second: fields may turn.
const LEAST_SHARE: f64 = 1e-6;
/// The share of a distance that the present `c` may use up, `a |c|`; the rest is for its growth, `a b |z|`.
const SHARE: f64 = 0.75;
/// A neuron whose distance lasts for more steps than this does not rely on the sign of the field: when that turns, all
/// that rely on it need a test.
const SOON: f64 = 64.0;

impl Displacement {
    /// Where all displacements start.
    pub const ZERO: Displacement = Displacement { across: 0.0, output: 0.0, turns: 0.0 };
    /// A safe displacement that has been passed.
    pub const DUE: Displacement = Displacement::all(f64::NEG_INFINITY);
    /// One that never will be.
    pub const NEVER: Displacement = Displacement::all(f64::INFINITY);

    const fn all(value: f64) -> Displacement {
        Displacement { across: value, output: value, turns: value }
    }

    /// Whether a safe displacement has been passed.
    #[inline(always)]
    pub fn is_past(self, safe: Displacement) -> bool {
        self.across > safe.across || self.output > safe.output || self.turns > safe.turns
    }

    /// The safe displacement of neurons that have this clearance now, at displacement `self`.
    pub fn safe(self, clearance: Clearance, direction: Displacement) -> Displacement {
        let steps = SLACK * clearance.along(direction);
        // A measure that stands still in this direction may not advance at all, however large the clearance.
        let ahead = |share: f64| if share == 0.0 { 0.0 } else { steps * share };
        let (across, output) = (ahead(direction.across), ahead(direction.output));
        let is_lost = |ahead: f64, share: f64, advance: f64| share > 0.0 && ahead <= LEAST_AHEAD * advance;
        if is_lost(across, direction.across, self.across) || is_lost(output, direction.output, self.output) {
            return Displacement::DUE;
        }
        // Those that rely on the field are due when it next turns; others do not depend on it.
        let turns = if clearance.by_turn < f64::INFINITY { 0.0 } else { f64::INFINITY };
        self.advanced(1.0, Displacement { across, output, turns })
    }

    /// As numbers.
    pub fn to_flat(self) -> [f64; 3] {
        [self.across, self.output, self.turns]
    }

    /// From [`Displacement::to_flat`].
    pub fn from_flat([across, output, turns]: [f64; 3]) -> Displacement {
        Displacement { across, output, turns }
    }

    /// The displacements when they have advanced by `steps` times `step`.
    pub fn advanced(self, steps: f64, step: Displacement) -> Displacement {
        Displacement {
            across: self.across + steps * step.across,
            output: self.output + steps * step.output,
            turns: self.turns + steps * step.turns,
        }
    }

    /// The smaller of both in every measure.
    pub fn earliest(self, other: Displacement) -> Displacement {
        self.each(other, f64::min)
    }

    /// The larger of both in every measure.
    pub fn largest(self, other: Displacement) -> Displacement {
        self.each(other, f64::max)
    }

    fn each(self, other: Displacement, f: impl Fn(f64, f64) -> f64) -> Displacement {
        Displacement {
            across: f(self.across, other.across),
            output: f(self.output, other.output),
            turns: f(self.turns, other.turns),
        }
    }

    /// The proportion in which the first two measures advance, from what they do in a step; the larger entry is
    /// 1. It only decides how a clearance is shared out: safe displacements hold however the lines move.
    pub fn direction(self) -> Displacement {
        let size = self.across.max(self.output);
        if size == 0.0 || !size.is_finite() {
            return Displacement { across: 1.0, ..Displacement::ZERO };
        }
        let (across, output) = (self.across / size, self.output / size);
        Displacement { across: across.max(LEAST_SHARE * output), output, turns: 0.0 }
    }
}

/// A safe displacement in half the memory, no larger than it was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Short([f32; 3]);

impl From<Displacement> for Short {
    fn from(safe: Displacement) -> Short {
        Short(safe.to_flat().map(|value| {
            let nearest = value as f32;
            if f64::from(nearest) > value { nearest.next_down() } else { nearest }
        }))
    }
}

impl From<Short> for Displacement {
    fn from(Short(numbers): Short) -> Displacement {
        Displacement::from_flat(numbers.map(f64::from))
    }
}

/// How far one or several neurons are from a line, in a form that takes no roots for each of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clearance {
    /// The least `s / |c|`.
    pub by_output: f64,
    /// The least `(s / |z|)^2`.
    pub by_length: f64,
    /// Of those that go away from a line until `c` turns: the least `(c / |z|)^2`.
    pub by_turn: f64,
}

impl Clearance {
    /// Of a neuron at `distance` from the lines that it may come nearer to (infinite for none), with output
    /// weight `|c|` and the square of `|z|`; `turn` is `|c|` where a line is left out because it goes away
    /// from it, infinite where none is.
    #[inline(always)]
    pub fn new(distance: f64, output: f64, turn: f64, square: f64) -> Clearance {
        // Not zero, lest zero be divided by zero: a neuron on a line has no clearance, moving or not.
        let square = square.max(f64::MIN_POSITIVE);
        // Where `|z|^2` overflows nothing is known.
        let ratio = |length: f64| {
            let ratio = length * length / square;
            if ratio >= 0.0 { ratio } else { 0.0 }
        };
        let (by_length, by_turn) = (ratio(distance), ratio(turn));
        Clearance { by_output: distance / output.max(f64::MIN_POSITIVE), by_length, by_turn }
    }

    /// How many times this `direction` `(A, B)` both measures may advance: the largest `t` such that `A t |c|` is at most
    /// a [`SHARE`] of `s`, `A t B t |z|` at most the rest, and, for those that rely on the sign of the field, `B t |z|` at
    /// most `|c|`.
    pub fn along(self, direction: Displacement) -> f64 {
        let Displacement { across, output, .. } = direction;
        if output == 0.0 {
            return self.by_output / across;
        }
        let steady = SHARE * self.by_output / across;
        let growing = ((1.0 - SHARE) * self.by_length.sqrt() / (across * output)).sqrt();
        let turning = self.by_turn.sqrt() / output;
        steady.min(growing).min(turning)
    }

    /// Whether a neuron that goes away from a line should rely on that: if its distance lasts for few steps
    /// like this one, and its `c` for more, or not much less. Decides on cost alone.
    #[inline(always)]
    pub fn should_rely(distance: f64, output: f64, square: f64, step: Displacement) -> bool {
        let Displacement { across, output: growth, .. } = step;
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

    fn displacements(across: f64, output: f64) -> Displacement {
        Displacement { across, output, turns: 0.0 }
    }

    /// Distances last until a safe displacement, however the lines move, and not much longer.
    #[test]
    fn safe_displacements_use_up_distances() {
        let start = displacements(0.25, 0.125);
        for (across, output) in [(1.0, 0.5), (1e-3, 2.0), (0.3, 0.0), (0.0, 0.7), (0.0, 0.0)] {
            let direction = displacements(across, output).direction();
            for (distance, speed, length) in [(0.2, 0.01, 1.0), (1e-6, 1e-9, 3.0), (0.5, 2.0, 2.0)] {
                let clearance = Clearance::new(distance, speed, f64::INFINITY, length * length);
                let safe = start.safe(clearance, direction);
                let (a, b) = (safe.across - start.across, safe.output - start.output);
                let used = a * (speed + length * b) / distance;
                assert!(used < 1.0 && used > SLACK * SLACK * (1.0 - SHARE) - 1e-8, "{direction:?} {used}");
                assert_eq!(safe.turns, f64::INFINITY);
            }
        }
        // On a line, moving or not: due even if the lines stand still, or the measures lose what they advance.
        for (distance, speed, advance) in [(0.0, 0.0, 0.0), (0.0, 1.0, 5.0), (1e-12, 1.0, 1e6)] {
            let clearance = Clearance::new(distance, speed, f64::INFINITY, 1.0);
            assert_eq!(
                displacements(advance, advance).safe(clearance, displacements(1.0, 1.0)),
                Displacement::DUE
            );
        }
        // With c = 0 for good nothing is reached, but that c begins to move is noticed.
        let clearance = Clearance::new(0.1, 0.0, f64::INFINITY, 1.0);
        let safe = Displacement::ZERO.safe(clearance, displacements(1.0, 0.0));
        assert!(!displacements(1e300, 0.0).is_past(safe));
        assert!(displacements(0.0, 1e-300).is_past(safe));
    }

    /// A neuron that goes away from all lines is due when `c` may have turned or the field has, however far the first
    /// measure goes.
    #[test]
    fn going_away_depends_on_output_and_field() {
        let clearance = Clearance::new(f64::INFINITY, 0.3, 0.3, 4.0);
        let start = Displacement { across: 0.25, output: 0.125, turns: 3.0 };
        for (across, output) in [(1.0, 0.5), (1e-3, 2.0), (1.0, 1e-5)] {
            let safe = start.safe(clearance, displacements(across, output).direction());
            let used = 2.0 * (safe.output - start.output) / 0.3;
            assert!(used < 1.0 && used > 0.98, "{used}");
            assert_eq!(safe.turns, 3.0);
            assert!(Displacement { turns: 4.0, ..start }.is_past(safe) && !start.is_past(safe));
        }
        let still = start.safe(clearance, displacements(1.0, 0.0));
        assert_eq!(still, Displacement { across: f64::INFINITY, ..start });
    }

    /// The shorter of both ways to wait is not chosen, but for a constant, and none where there is time.
    #[test]
    fn what_to_rely_on() {
        let mut chosen = [0; 2];
        for distance in [1e-9, 1e-3, 0.1, 1.0, 100.0] {
            for (across, output) in [(1.0, 1.0), (1e-3, 1.0), (1.0, 1e-3), (1e-3, 1e-3)] {
                let step = displacements(across, output);
                let near = Clearance::new(distance, 0.3, f64::INFINITY, 4.0).along(step);
                let away = Clearance::new(f64::INFINITY, 0.3, 0.3, 4.0).along(step);
                let relies = Clearance::should_rely(distance, 0.3, 4.0, step);
                assert!(if relies { near < SOON && away > 0.5 * near } else { near > SOON.min(0.5 * away) });
                chosen[usize::from(relies)] += 1;
            }
        }
        assert!(chosen.iter().all(|&times| times > 3), "{chosen:?}");
    }

    #[test]
    fn short_ones_are_no_larger() {
        for value in [0.1, 1.0, 3e-300, -1.0 / 3.0, 1e300, 0.1f32.into()] {
            let short = Displacement::from(Short::from(Displacement::all(value)));
            assert!(short.across <= value && short == Displacement::all(short.across), "{value}");
            let expected = value.min(f32::MAX.into());
            assert!(expected - short.across <= 2e-7 * value.abs() + 1e-44, "{value} {short:?}");
        }
        for exactly in [Displacement::DUE, Displacement::ZERO, Displacement::NEVER] {
            assert_eq!(Displacement::from(Short::from(exactly)), exactly);
        }
    }
}
