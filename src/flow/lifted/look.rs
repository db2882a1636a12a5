//! Which neurons may meet an event during a step.
//!
//! The planes of a room move, in frame coordinates, along paths of known length `L`. A neuron `z`
//! starts the step at distance `s_0` from a plane and ends it at `s_1`; on the way its distance `s`
//! obeys `2 s >= s_0 + s_1 - L |z|`. So it met nothing if `s_0 + s_1 > L |z|` for both planes.

use multiversion::multiversion;

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

/// Looks at the neurons of a block: sets `flags[i]` to 1 for those that may meet an event, to 0
/// for the others. Returns the least distance from a plane at the start of the step over `|z|`: how
/// far the planes may travel from there before any of them is reached.
pub fn look(c: &[f64], x: &[f64], y: &[f64], sweep: &Sweep, sides: Sides, flags: &mut [u8; BLOCK]) -> f64 {
    match sides {
        Sides::Positive => look_inside(c, x, y, sweep, flags),
        Sides::Either => look_pinned(c, x, y, sweep, flags),
    }
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn look_inside(c: &[f64], x: &[f64], y: &[f64], sweep: &Sweep, flags: &mut [u8; BLOCK]) -> f64 {
    look_lanes::<false>(c, x, y, sweep, flags)
}

#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
fn look_pinned(c: &[f64], x: &[f64], y: &[f64], sweep: &Sweep, flags: &mut [u8; BLOCK]) -> f64 {
    look_lanes::<true>(c, x, y, sweep, flags)
}

/// Lanes that are handled side by side.
const LANES: usize = 8;

#[inline(always)]
fn look_lanes<const EITHER: bool>(
    c: &[f64],
    x: &[f64],
    y: &[f64],
    sweep: &Sweep,
    flags: &mut [u8; BLOCK],
) -> f64 {
    let [[a0, b0], [a1, b1]] = sweep.planes;
    let planes = |p: [f64; 3]| p[0].abs().max(p[1].abs()).max(p[2].abs());
    let reach = sweep.travel + ROUNDING * planes(a0).max(planes(b0)).max(planes(a1)).max(planes(b1));
    let mut least = [f64::INFINITY; LANES];
    let mut one = |lane: usize, c: f64, x: f64, y: f64| -> u8 {
        let distance = |p: [f64; 3]| {
            let s = p[0] * c + p[1] * x + p[2] * y;
            if EITHER { s.abs() } else { s }
        };
        let (a_start, b_start) = (distance(a0), distance(b0));
        let (a_end, b_end) = (distance(a1), distance(b1));
        let length = (c * c + x * x + y * y).sqrt();
        let both = a_start + a_end;
        let other = b_start + b_end;
        let nearest = if a_start < b_start { a_start } else { b_start };
        let margin = nearest / length;
        // Written so that a NaN counts as near.
        least[lane] = if margin >= least[lane] { least[lane] } else { margin };
        let sum = if both < other { both } else { other };
        let safe = sum > reach * length;
        u8::from(!safe)
    };
    let whole = c.len() / LANES * LANES;
    for start in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            let i = start + lane;
            flags[i] = one(lane, c[i], x[i], y[i]);
        }
    }
    for i in whole..c.len() {
        flags[i] = one(i - whole, c[i], x[i], y[i]);
    }
    least.into_iter().fold(f64::INFINITY, |a, b| if a < b { a } else { b })
}
