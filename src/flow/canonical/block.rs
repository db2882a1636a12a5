//! The inner loop: a block of particles moved as if every one stayed in its region.
//!
//! The arithmetic runs over plain arrays without a branch or a call, so that it becomes vector
//! instructions of whatever width the machine has; the caller integrates the few that were set aside, because they may
//! meet an event, one by one. Particles are kept grouped by place, so that most blocks lie
//! in one region: their field is the same in all lanes, and their moments are summed lane by lane
//! over many blocks before anything is scattered.

use crate::flow::events::lanes::{LANES, Lanes};
use crate::flow::field::Vec2;
use crate::flow::moments::{REGION, RegionMoments, SIGN};
use crate::math::instructions::vectorized;
use crate::math::trig::{sin_cos, sin_cos_small};

use super::motion::{GROWTH, STEEP, contribution, overshoot, rates, runge_kutta, seen};
use super::step_tables::Row;

/// A block of particles: what the loop reads, and what it leaves behind.
pub struct Block<'a> {
    /// Amplitudes.
    pub r: &'a Lanes,
    /// Directions.
    pub theta: &'a Lanes,
    /// Masses.
    pub mass: &'a Lanes,
    /// Amplitudes at the end.
    pub r_end: &'a mut Lanes,
    /// Directions at the end.
    pub theta_end: &'a mut Lanes,
    /// 0 where the lane stayed well inside its region; 1 where it must be integrated event by event. Lanes that are 1
    /// beforehand are left out.
    pub aside: &'a mut Lanes,
}

/// Field and limits of the region of each lane, where they differ; and each lane's moments.
#[derive(Debug, Clone)]
pub struct MixedLanes {
    rows: [Lanes; 8],
    parts: [Lanes; REGION],
}

impl MixedLanes {
    /// All zero.
    pub fn empty() -> MixedLanes {
        MixedLanes { rows: [[0.0; LANES]; 8], parts: [[0.0; LANES]; REGION] }
    }

    /// Puts a region's row into a lane.
    #[inline(always)]
    pub fn set_row(&mut self, lane: usize, row: &Row) {
        for (column, value) in self.rows.iter_mut().zip(row.numbers()) {
            column[lane] = value;
        }
    }

    /// Adds a lane's contribution to its region's moments.
    #[inline(always)]
    pub fn add_to<const TV: bool>(&self, lane: usize, sum: &mut RegionMoments) {
        for p in 0..if TV { REGION } else { SIGN } {
            sum[p] += self.parts[p][lane];
        }
    }
}

/// Moments of the particles of one region, still spread over lanes.
#[derive(Debug, Clone)]
pub struct LaneSums {
    sums: [Lanes; REGION],
}

impl LaneSums {
    /// All zero.
    pub fn zero() -> LaneSums {
        LaneSums { sums: [[0.0; LANES]; REGION] }
    }

    /// Adds all lanes, in order, to a region's moments and starts again from zero.
    pub fn drain_into(&mut self, moments: &mut RegionMoments) {
        for (sum, lanes) in moments.iter_mut().zip(&mut self.sums) {
            *sum += lanes.iter().sum::<f64>();
            lanes.fill(0.0);
        }
    }
}

/// Moves a block of one region over the whole step; `tv = h lambda`.
pub fn push_same<const TV: bool>(block: &mut Block<'_>, row: &Row, sums: &mut LaneSums, tv: f64, turn: f64) {
    let row = row.numbers();
    if TV { same_tv(block, row, sums, tv, turn) } else { same(block, row, sums, turn) }
}

/// Moves a block of several regions over the whole step; `tv = h lambda`.
pub fn push_mixed<const TV: bool>(block: &mut Block<'_>, mixed: &mut MixedLanes, tv: f64, turn: f64) {
    if TV { mixed_tv(block, mixed, tv, turn) } else { mixed_plain(block, mixed, turn) }
}

vectorized! {
    fn same(block: &mut Block<'_>, row: [f64; 8], sums: &mut LaneSums, turn: f64) {
        same_lanes::<false>(block, row, sums, 0.0, turn);
    }
}

vectorized! {
    fn same_tv(block: &mut Block<'_>, row: [f64; 8], sums: &mut LaneSums, tv: f64, turn: f64) {
        same_lanes::<true>(block, row, sums, tv, turn);
    }
}

vectorized! {
    fn mixed_plain(block: &mut Block<'_>, mixed: &mut MixedLanes, turn: f64) {
        mixed_lanes::<false>(block, mixed, 0.0, turn);
    }
}

vectorized! {
    fn mixed_tv(block: &mut Block<'_>, mixed: &mut MixedLanes, tv: f64, turn: f64) {
        mixed_lanes::<true>(block, mixed, tv, turn);
    }
}

#[inline(always)]
fn same_lanes<const TV: bool>(block: &mut Block<'_>, row: [f64; 8], sums: &mut LaneSums, tv: f64, turn: f64) {
    for i in 0..LANES {
        let lane = advance::<TV>(block.r[i], block.theta[i], block.mass[i], row, tv, turn);
        block.r_end[i] = lane.r;
        block.theta_end[i] = lane.theta;
        let aside = lane.aside | (block.aside[i] > 0.0);
        block.aside[i] = if aside { 1.0 } else { 0.0 };
        for p in 0..if TV { REGION } else { SIGN } {
            sums.sums[p][i] += if aside { 0.0 } else { lane.part[p] };
        }
    }
}

#[inline(always)]
fn mixed_lanes<const TV: bool>(block: &mut Block<'_>, mixed: &mut MixedLanes, tv: f64, turn: f64) {
    for i in 0..LANES {
        let row = std::array::from_fn(|p| mixed.rows[p][i]);
        let lane = advance::<TV>(block.r[i], block.theta[i], block.mass[i], row, tv, turn);
        block.r_end[i] = lane.r;
        block.theta_end[i] = lane.theta;
        block.aside[i] = if lane.aside { 1.0 } else { 0.0 };
        for p in 0..if TV { REGION } else { SIGN } {
            mixed.parts[p][i] = lane.part[p];
        }
    }
}

struct Advanced {
    r: f64,
    theta: f64,
    part: RegionMoments,
    aside: bool,
}

/// The growing mode may grow by so many times more over a whole step, in one Runge-Kutta step, than over a substep: steps
/// that the controller takes without substeps are short enough for all but large amplitudes, which exceed the limit by
/// little.
const GROWTH_SLACK: f64 = 1.5;

/// Whether one Runge-Kutta step is too long for the modes of the motion at one of its ends: the growing one is
/// not resolved relative to itself, or what the other one, of rate `along`, does to the angle turned errs by
/// more than over the longest explicit substep: `largest along^4 > turn (STEEP turn)^4`.
#[inline(always)]
fn too_long(r: f64, [pull, across]: Vec2, largest: f64, turn: f64) -> bool {
    let along = r * pull;
    // The growing mode has a rate above `most` where the characteristic polynomial is negative there.
    let most = GROWTH_SLACK * GROWTH * turn;
    let (square, steepest) = (along * along, STEEP * STEEP * turn * turn);
    (most * (most - along) < across * across)
        | (square > 1.0)
        | (largest * square * square > turn * steepest * steepest)
}

/// One particle over the whole step, as if it stayed in its region, and whether it may not have.
#[inline(always)]
fn advance<const TV: bool>(r: f64, theta: f64, mass: f64, row: [f64; 8], tv: f64, turn: f64) -> Advanced {
    let [g0x, g0y, g1x, g1y, g2x, g2y, low, high] = row;
    let (sin, cos) = sin_cos(theta);
    let g = [seen([g0x, g0y], sin, cos), seen([g1x, g1y], sin, cos), seen([g2x, g2y], sin, cos)];
    let tv = if TV { tv.copysign(r) } else { 0.0 };
    let (r1, phi, largest) = runge_kutta(r, g, tv, 1.0);
    let (s, c) = sin_cos_small(phi);
    let before = rates(r, 0.0, 1.0, g[0], tv);
    let after = rates(r1, s, c, g[2], tv);
    let theta1 = theta + phi;
    let (sin, cos) = (sin * c + cos * s, cos * c - sin * s);
    let part = contribution::<TV>(mass, r1, sin, cos, after);
    // Out of the region at the end, or, turning back on the way, perhaps in between.
    let outside = (theta1 < low) | (theta1 > high);
    let ahead = if before[1] > 0.0 { high - theta } else { theta - low };
    let mut aside = (largest > turn) | outside | (ahead < 2.0 * overshoot(before[1], after[1]));
    aside |= too_long(r, g[0], largest, turn) | too_long(r1, seen(g[2], s, c), largest, turn);
    if TV {
        let crossed = 1f64.copysign(r) * r1 <= 0.0;
        aside |= crossed | (r.abs() < 2.0 * overshoot(before[0], after[0]));
    }
    Advanced { r: r1, theta: theta1, part, aside }
}
