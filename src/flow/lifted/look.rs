//! Which neurons may meet an event during a step.
//!
//! The planes of a room move, in frame coordinates, along paths of known length `L`. A neuron `z`
//! starts the step at distance `s_0` from a plane and ends it at `s_1`; on the way its distance `s`
//! obeys `2 s >= s_0 + s_1 - L |z|`. So it met nothing if `s_0 + s_1 > L |z|` for both planes.
//! Nor did it if it is too slow ([`super::travel`]).
//! Nor did it if both `s_1` are positive and distances changed in one direction only:
//! `ds/du = -c <n, h g>`, so they do where neither the field across the planes nor `c` turns. On a
//! boundary `dc/du` and `dl/du` keep their signs as long as the field along it does; there it must have
//! started off both planes, because only then is the side known on which it starts.

use multiversion::multiversion;

use crate::problem::Place;

use super::kind::Neuron;
use super::rooms::BLOCK;
use super::tables::Sweep;
use super::travel::{Margin, Travel};

/// Room for the rounding of distances, relative to `|z|` times the size of a plane.
const ROUNDING: f64 = 1e-14;

/// With planes whose entries are up to this, rounding takes nobody's margin away who had one in an earlier
/// frame.
pub const LARGEST_PLANE: f64 = 16.0;

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
    /// Output weights, in the frame of the room.
    pub c: &'a [f64],
    /// First components of `w`.
    pub x: &'a [f64],
    /// Second components of `w`.
    pub y: &'a [f64],
    /// Where each of them is.
    pub place: &'a [Place],
}

/// Looks at those neurons of a block that are at `home`: sets `flags[i]` to 1 for those that may meet
/// an event, to 0 for all others. Returns the least margin at the start of the step: how far the clocks
/// of the room may advance from there before any of them can be reached.
pub fn look(lanes: Lanes<'_>, home: Place, sweep: &Sweep, sides: Sides, flags: &mut [u8; BLOCK]) -> Margin {
    match sides {
        Sides::Positive => look_inside(lanes, home, sweep, flags),
        Sides::Either => look_pinned(lanes, home, sweep, flags),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn look_inside(lanes: Lanes<'_>, home: Place, sweep: &Sweep, flags: &mut [u8; BLOCK]) -> Margin {
    look_lanes::<false>(lanes, home, sweep, flags)
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn look_pinned(lanes: Lanes<'_>, home: Place, sweep: &Sweep, flags: &mut [u8; BLOCK]) -> Margin {
    look_lanes::<true>(lanes, home, sweep, flags)
}

/// Neurons that are handled side by side.
const WIDTH: usize = 8;

#[inline(always)]
fn look_lanes<const EITHER: bool>(
    Lanes { c, x, y, place }: Lanes<'_>,
    home: Place,
    sweep: &Sweep,
    flags: &mut [u8; BLOCK],
) -> Margin {
    let test = Test::<EITHER>::new(sweep);
    let mut least = [Margin::NONE; WIDTH];
    let whole = c.len() / WIDTH * WIDTH;
    for start in (0..whole).step_by(WIDTH) {
        for lane in 0..WIDTH {
            let i = start + lane;
            let (flag, margin) = test.at_home([c[i], x[i], y[i]], place[i] == home);
            flags[i] = flag;
            least[lane] = least[lane].least(margin);
        }
    }
    for i in whole..c.len() {
        let (flag, margin) = test.at_home([c[i], x[i], y[i]], place[i] == home);
        flags[i] = flag;
        least[0] = least[0].least(margin);
    }
    least.into_iter().fold(Margin::NONE, Margin::least)
}

/// The same of one neuron: whether it may meet an event, and its margin.
pub fn is_near(z: Neuron, sweep: &Sweep, sides: Sides) -> (bool, Margin) {
    match sides {
        Sides::Positive => Test::<false>::new(sweep).of(z),
        Sides::Either => Test::<true>::new(sweep).of(z),
    }
}

/// The planes of a room over a step.
struct Test<const EITHER: bool> {
    planes: [[Neuron; 2]; 2],
    reach: f64,
    rounding: f64,
    output: [Neuron; 2],
    output_travel: f64,
    clock: Travel,
}

impl<const EITHER: bool> Test<EITHER> {
    #[inline(always)]
    fn new(sweep: &Sweep) -> Test<EITHER> {
        let rounding = ROUNDING * sweep.largest_plane();
        Test {
            planes: sweep.planes,
            reach: sweep.travel + rounding,
            rounding,
            output: sweep.output,
            // Where the field turns, no neuron counts as monotone.
            output_travel: if sweep.steady { sweep.output_travel } else { f64::INFINITY },
            clock: sweep.clock,
        }
    }

    /// [`Test::of`] where the neuron is at home, nothing where it is a stranger.
    #[inline(always)]
    fn at_home(&self, z: Neuron, here: bool) -> (u8, Margin) {
        let (near, margin) = self.of(z);
        (u8::from(near & here), if here { margin } else { Margin::NONE })
    }

    #[inline(always)]
    fn of(&self, z: Neuron) -> (bool, Margin) {
        let [[a0, b0], [a1, b1]] = self.planes;
        let dot = |p: Neuron| p[0] * z[0] + p[1] * z[1] + p[2] * z[2];
        let (mut a, mut b) = (dot(a0), dot(b0));
        let (mut a_end, mut b_end) = (dot(a1), dot(b1));
        if EITHER {
            // Measured to the side on which they start.
            (a_end, b_end) = (a_end * 1f64.copysign(a), b_end * 1f64.copysign(b));
            (a, b) = (a.abs(), b.abs());
        }
        // Everything is compared in squares where |z| comes in: a root for each would cost the most.
        let square = z[0] * z[0] + z[1] * z[1] + z[2] * z[2];
        let exceeds = |value: f64, factor: f64| (value > 0.0) & (value * value > factor * factor * square);
        let sum_of_sizes = z[0].abs() + z[1].abs() + z[2].abs();
        let rounding = self.rounding * sum_of_sizes;
        let nearest = if a < b { a } else { b };
        let at_end = if a_end < b_end { a_end } else { b_end };
        let (sum_a, sum_b) = (a + a_end.abs(), b + b_end.abs());
        let sum = if sum_a < sum_b { sum_a } else { sum_b };
        // Written so that a NaN counts as near. Whoever starts on a plane of a boundary may be about to
        // leave it to the side that its cluster does not hold.
        let inside = (at_end > rounding) & (!EITHER | (nearest > rounding));
        let out_of_reach = exceeds(sum, self.reach);
        let c = dot(self.output[0]).abs();
        let (monotone, speed) = if EITHER {
            // Whose length is lost in its square has no margin.
            (self.output_travel < f64::INFINITY, if square > 1e-290 { square.sqrt() } else { f64::INFINITY })
        } else {
            (exceeds(c + dot(self.output[1]).abs(), self.output_travel), c)
        };
        let distance = (nearest - ROUNDING * LARGEST_PLANE * sum_of_sizes).max(0.0);
        // No less strict than deadlines, so that it does not matter who has one.
        let slow = exceeds(distance - self.clock.across * speed, self.clock.across * self.clock.output);
        let near = !(inside & (out_of_reach | monotone | slow));
        (near, Margin::new(distance, speed, square))
    }
}
