//! Particles stepped side by side in vector registers: one number for each in every array, and loops over
//! the arrays without a branch or a call.

use crate::math::chunks::MULTIPLE;

/// Particles side by side: their arrays stay in the first-level cache.
pub const LANES: usize = 32;
// Chunks of particles are whole lanes.
const _: () = assert!(MULTIPLE.is_multiple_of(LANES));
/// One number per lane.
pub type Lanes = [f64; LANES];

/// Lanes are computed in groups of this size: the widest vectors hold so many.
pub const GROUP: usize = 8;

/// How many lanes are computed when the first `count` are in use.
#[inline(always)]
pub fn computed(count: usize) -> usize {
    count.next_multiple_of(GROUP).min(LANES)
}

/// Newton steps towards a crossing.
pub const NEWTON_STEPS: usize = 2;

/// Outcome of a lane's substep: it ends inside the region.
pub const INSIDE: f64 = 0.0;
/// It ends on the anticlockwise boundary of the region.
pub const UP: f64 = 1.0;
/// It ends on the clockwise boundary of the region.
pub const DOWN: f64 = -1.0;
/// Its substep is not a plain one (see the flow's `lanes`) and its numbers are not to be used: the particle is integrated
/// event by event instead.
pub const ASIDE: f64 = 2.0;
