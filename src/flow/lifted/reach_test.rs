//! Which neurons may meet an event during a step: Lemma 2 of section 10.
//!
//! The planes of a bin, linear functions of frame coordinates, move along paths of length `L` at most. A neuron `z` is at
//! distance `s_0` from a plane at the start of the step and at `s_1` at its end. With `s_1 > 0` for both planes it met
//! neither if one of these holds:
//!
//! * *out of reach:* `s_0 + s_1 > L |z|` for both planes, because on the way `2 s >= s_0 + s_1 - L |z|`;
//! * *monotone:* neither the field across a plane nor `c` changes its sign, so that `ds/du = -beta c <n, h g>` keeps its
//!   own. On a boundary `dc/du` and `dl/du` keep their signs as long as the field along it does; there the neuron must
//!   start off both planes, because only then is the side known on which it starts;
//! * *slow:* `s_0 > A (|c| + C |z|)`, the criterion of safe displacements for this step alone
//!   ([`displacement`](super::displacement)).
//!
//! A neuron that relies on going away from a line ([`field_sign`](super::field_sign)) passes as monotone in every step
//! until its safe displacement: the fields across both lines keep their signs until then, and so does `c`.

use crate::math::instructions::vectorized;
use crate::problem::Place;

use super::columns::BLOCK;
use super::displacement::{Clearance, Displacement};
use super::field_sign::Signs;
use super::frame::Neuron;
use super::propagator::{LARGEST_PLANE, largest_entry};
use super::step_tables::StepTables;

/// What is allowed for the rounding of distances, relative to `|z|_1` times the largest entry of the planes: twenty times
/// what it is.
const ROUNDING: f64 = 1e-14;

/// A neuron with a smaller `|z|^2` has no clearance: squares of distances that count would lose their digits.
const TINY: f64 = 1e-270;

/// Whether the signs of the two plane functions matter (a region: both are positive inside) or
/// only that they do not change (a boundary).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// A region.
    Positive,
    /// A boundary.
    Either,
}

/// Neurons of a block.
#[derive(Debug, Clone, Copy)]
pub struct Lanes<'a> {
    /// Output weights, in the frame of the bin.
    pub c: &'a [f64],
    /// First components of `w`.
    pub x: &'a [f64],
    /// Second components of `w`.
    pub y: &'a [f64],
    /// Where each of them is.
    pub place: &'a [Place],
}

/// Tests those neurons of a block that are at `own`: sets `flags[i]` to 1 for those that may meet
/// an event, to 0 for all others. Returns the least clearance at the start of the step, from which it follows how far the
/// displacement of the bin may advance before any of them can be reached.
pub fn test_block(
    test: &ReachTest,
    sides: Sides,
    lanes: Lanes<'_>,
    own: Place,
    flags: &mut [u8; BLOCK],
) -> Clearance {
    match sides {
        Sides::Positive => test_inside(test, lanes, own, flags),
        Sides::Either => test_pinned(test, lanes, own, flags),
    }
}

vectorized! {
    fn test_inside(test: &ReachTest, lanes: Lanes<'_>, own: Place, flags: &mut [u8; BLOCK]) -> Clearance {
        test_lanes::<false>(test, lanes, own, flags)
    }
}

vectorized! {
    fn test_pinned(test: &ReachTest, lanes: Lanes<'_>, own: Place, flags: &mut [u8; BLOCK]) -> Clearance {
        test_lanes::<true>(test, lanes, own, flags)
    }
}

/// One plain loop without a branch, and the least of all taken afterwards: so it is compiled to vectors.
#[inline(always)]
fn test_lanes<const EITHER: bool>(
    test: &ReachTest,
    Lanes { c, x, y, place }: Lanes<'_>,
    own: Place,
    flags: &mut [u8; BLOCK],
) -> Clearance {
    let count = c.len();
    let [mut by_output, mut by_length, mut by_turn] = [[f64::INFINITY; BLOCK]; 3];
    let (x, y, place, flags) = (&x[..count], &y[..count], &place[..count], &mut flags[..count]);
    let [outputs, lengths, turns] =
        [&mut by_output, &mut by_length, &mut by_turn].map(|all| &mut all[..count]);
    for i in 0..count {
        let (near, clearance) = test.of::<EITHER>([c[i], x[i], y[i]]);
        let here = place[i] == own;
        flags[i] = u8::from(near & here);
        outputs[i] = if here { clearance.by_output } else { f64::INFINITY };
        lengths[i] = if here { clearance.by_length } else { f64::INFINITY };
        turns[i] = if here { clearance.by_turn } else { f64::INFINITY };
    }
    Clearance { by_output: least(&by_output), by_length: least(&by_length), by_turn: least(&by_turn) }
}

/// The least of numbers that are not negative, whose bits are in the same order.
#[inline(always)]
fn least(values: &[f64; BLOCK]) -> f64 {
    f64::from_bits(values.iter().map(|value| value.to_bits()).fold(u64::MAX, u64::min))
}

/// The planes of a bin over a step, and what distances from them are compared with.
#[derive(Debug, Clone, Copy)]
pub struct ReachTest {
    planes: [[Neuron; 2]; 2],
    output: [Neuron; 2],
    rounding: f64,
    /// `(L + R)^2` with what rounding may add, `R`: out of reach.
    reach: f64,
    /// `C^2`, infinite where the field turns: monotone.
    output_displacement: f64,
    /// `(A, C)`, and `(A C)^2`: slow.
    advance: Displacement,
    growing: f64,
    /// The sign of `c` with which neurons go away from each plane, 0 where that cannot be relied on.
    signs: [f64; 2],
}

impl ReachTest {
    /// Over the step of `tables`, for neurons of this frame, where these signs can be relied on.
    pub fn new(tables: &StepTables<'_>, frame: usize, signs: Signs) -> ReachTest {
        let (propagator, planes) = (&tables.propagators[frame], tables.planes(frame));
        let rounding = ROUNDING * largest_entry(&planes);
        let square = |value: f64| value * value;
        ReachTest {
            planes,
            output: tables.output(frame),
            rounding,
            reach: square(propagator.displacement + rounding),
            // Where the field turns, no neuron counts as monotone.
            output_displacement: if propagator.steady {
                square(propagator.output_displacement)
            } else {
                f64::INFINITY
            },
            advance: propagator.advance,
            signs: signs.map(f64::from),
            growing: square(propagator.advance.across * propagator.advance.output),
        }
    }

    /// Whether a neuron may meet an event, and its clearance.
    pub fn one(&self, z: Neuron, sides: Sides) -> (bool, Clearance) {
        match sides {
            Sides::Positive => self.of::<false>(z),
            Sides::Either => self.of::<true>(z),
        }
    }

    #[inline(always)]
    fn of<const EITHER: bool>(&self, z: Neuron) -> (bool, Clearance) {
        let [[a0, b0], [a1, b1]] = self.planes;
        let dot = |p: Neuron| p[0] * z[0] + p[1] * z[1] + p[2] * z[2];
        let (mut a, mut b) = (dot(a0), dot(b0));
        let (mut a_end, mut b_end) = (dot(a1), dot(b1));
        if EITHER {
            // Positive on the side on which the neuron starts.
            (a_end, b_end) = (a_end * 1f64.copysign(a), b_end * 1f64.copysign(b));
            (a, b) = (a.abs(), b.abs());
        }
        // What is compared with |z| is compared in squares: a root for each neuron would be most of the cost.
        let square = z[0] * z[0] + z[1] * z[1] + z[2] * z[2];
        let exceeds = |value: f64, factor: f64| value * value.abs() > factor * square;
        let sum_of_sizes = z[0].abs() + z[1].abs() + z[2].abs();
        let rounding = self.rounding * sum_of_sizes;
        let nearest = smaller(a, b);
        // Written so that a NaN counts as near. On a boundary a neuron with c = 0 or l = 0 may be about to change to the
        // sign that its cluster does not have.
        let inside = (smaller(a_end, b_end) > rounding) & (!EITHER | (nearest > rounding));
        let out_of_reach = exceeds(smaller(a + a_end.abs(), b + b_end.abs()), self.reach);
        let signed = dot(self.output[0]);
        let c = signed.abs();
        let (monotone, speed) = if EITHER {
            (
                self.output_displacement < f64::INFINITY,
                if square > TINY { square.sqrt() } else { f64::INFINITY },
            )
        } else {
            (exceeds(c + dot(self.output[1]).abs(), self.output_displacement), c)
        };
        let lost = ROUNDING * LARGEST_PLANE * sum_of_sizes;
        let left = |distance: f64| if (distance > lost) & (square > TINY) { distance - lost } else { 0.0 };
        let distance = left(nearest);
        // As strict as safe displacements, so that a neuron that is skipped by one would pass the test, too.
        let slow = exceeds(distance - self.advance.across * speed, self.growing);
        let near = !(inside & (out_of_reach | monotone | slow));
        if EITHER {
            return (near, Clearance::new(distance, speed, f64::INFINITY, square));
        }
        // A neuron that goes away from a line counts as monotone until `c` may turn, if it is off that line now.
        let [away_a, away_b] = [(a, self.signs[0]), (b, self.signs[1])].map(|(distance, sign)| {
            (signed * sign > 0.0)
                & (distance > 2.0 * lost)
                & (square > TINY)
                & Clearance::should_rely(distance, c, square, self.advance)
        });
        let ahead = |away: bool, distance: f64| if away { f64::INFINITY } else { left(distance) };
        let distance = smaller(ahead(away_a, a), ahead(away_b, b));
        let turn = if away_a | away_b { left(c) } else { f64::INFINITY };
        (near, Clearance::new(distance, c, turn, square))
    }
}

#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if a < b { a } else { b }
}
