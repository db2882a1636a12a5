//! Which neurons may meet an event during a step.
//!
//! The planes of a room move, in frame coordinates, along paths of known length `L`. A neuron `z`
//! starts the step at distance `s_0` from a plane and ends it at `s_1`; on the way its distance `s`
//! obeys `2 s >= s_0 + s_1 - L |z|`. So it met nothing if `s_0 + s_1 > L |z|` for both planes.

use multiversion::multiversion;

use crate::problem::Place;

use super::kind::Neuron;
use super::rooms::BLOCK;
use super::tables::Sweep;

/// Room for the rounding of distances, relative to `|z|` times the size of a plane.
const ROUNDING: f64 = 1e-14;

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
/// an event, to 0 for all others. Returns the least distance from a plane at the start of the step
/// over `|z|`: how far the planes may travel from there before any of them is reached.
pub fn look(lanes: Lanes<'_>, home: Place, sweep: &Sweep, sides: Sides, flags: &mut [u8; BLOCK]) -> f64 {
    match sides {
        Sides::Positive => look_inside(lanes, home, sweep, flags),
        Sides::Either => look_pinned(lanes, home, sweep, flags),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn look_inside(lanes: Lanes<'_>, home: Place, sweep: &Sweep, flags: &mut [u8; BLOCK]) -> f64 {
    look_lanes::<false>(lanes, home, sweep, flags)
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn look_pinned(lanes: Lanes<'_>, home: Place, sweep: &Sweep, flags: &mut [u8; BLOCK]) -> f64 {
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
) -> f64 {
    let test = Test::<EITHER>::new(sweep);
    let mut least = [f64::INFINITY; WIDTH];
    let whole = c.len() / WIDTH * WIDTH;
    for start in (0..whole).step_by(WIDTH) {
        for lane in 0..WIDTH {
            let i = start + lane;
            let (flag, margin) = test.at_home([c[i], x[i], y[i]], place[i] == home);
            flags[i] = flag;
            least[lane] = smaller(least[lane], margin);
        }
    }
    for i in whole..c.len() {
        let (flag, margin) = test.at_home([c[i], x[i], y[i]], place[i] == home);
        flags[i] = flag;
        least[0] = smaller(least[0], margin);
    }
    least.into_iter().fold(f64::INFINITY, smaller)
}

/// The smaller of two margins; a NaN counts as small.
#[inline(always)]
fn smaller(a: f64, b: f64) -> f64 {
    if b >= a { a } else { b }
}

/// The same of one neuron: whether it may meet an event, and its distance from a plane over `|z|`.
pub fn is_near(z: Neuron, sweep: &Sweep, sides: Sides) -> (bool, f64) {
    match sides {
        Sides::Positive => Test::<false>::new(sweep).of(z),
        Sides::Either => Test::<true>::new(sweep).of(z),
    }
}

/// The planes of a room over a step.
struct Test<const EITHER: bool> {
    planes: [[Neuron; 2]; 2],
    reach: f64,
}

impl<const EITHER: bool> Test<EITHER> {
    #[inline(always)]
    fn new(sweep: &Sweep) -> Test<EITHER> {
        let size = sweep.planes.as_flattened().as_flattened().iter();
        let size = size.fold(0.0, |most: f64, entry| most.max(entry.abs()));
        Test { planes: sweep.planes, reach: sweep.travel + ROUNDING * size }
    }

    /// [`Test::of`] where the neuron is at home, nothing where it is a stranger.
    #[inline(always)]
    fn at_home(&self, z: Neuron, here: bool) -> (u8, f64) {
        let (near, margin) = self.of(z);
        (u8::from(near & here), if here { margin } else { f64::INFINITY })
    }

    #[inline(always)]
    fn of(&self, [c, x, y]: Neuron) -> (bool, f64) {
        let [[a0, b0], [a1, b1]] = self.planes;
        let distance = |p: Neuron| {
            let s = p[0] * c + p[1] * x + p[2] * y;
            if EITHER { s.abs() } else { s }
        };
        let (a, b) = (distance(a0), distance(b0));
        let (sum_a, sum_b) = (a + distance(a1), b + distance(b1));
        let length = (c * c + x * x + y * y).sqrt();
        let nearest = if a < b { a } else { b };
        let sum = if sum_a < sum_b { sum_a } else { sum_b };
        // A NaN counts as near.
        let safe = sum > self.reach * length;
        (!safe, nearest / length)
    }
}
