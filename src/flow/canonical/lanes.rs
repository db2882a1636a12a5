//! The inner loop: a block of particles moved as if every one stayed in its region.
//!
//! The arithmetic runs over plain arrays without a branch or a call, so that it becomes vector
//! instructions of whatever width the machine has; the caller looks at each lane afterwards and
//! walks the few that met an event.

use multiversion::multiversion;

use crate::flow::moments::REGION;
use crate::math::trig::{sin_cos, sin_cos_small};

use super::motion::{contribution, rates, runge_kutta, seen};
use super::tables::Row;

/// Particles in a block: its arrays stay in the first-level cache.
pub const LANES: usize = 32;

/// A block of particles: what the loop reads, and what it leaves behind.
#[derive(Debug, Clone)]
pub struct Block {
    /// Field and limits of each lane's region.
    pub rows: [[f64; LANES]; 8],
    /// Amplitudes.
    pub r: [f64; LANES],
    /// Directions.
    pub theta: [f64; LANES],
    /// Masses.
    pub mass: [f64; LANES],
    /// Amplitudes at the end.
    pub r_end: [f64; LANES],
    /// Directions at the end.
    pub theta_end: [f64; LANES],
    /// Contributions to the region's moments at the end.
    pub parts: [[f64; LANES]; REGION],
    /// 0 where the lane stayed well inside its region; 1 where it must be walked.
    pub walk: [f64; LANES],
}

impl Block {
    /// A block with no particles in it.
    pub fn empty() -> Block {
        Block {
            rows: [[0.0; LANES]; 8],
            r: [0.0; LANES],
            theta: [0.0; LANES],
            mass: [0.0; LANES],
            r_end: [0.0; LANES],
            theta_end: [0.0; LANES],
            parts: [[0.0; LANES]; REGION],
            walk: [0.0; LANES],
        }
    }

    /// Puts a region's row into a lane.
    #[inline(always)]
    pub fn set_row(&mut self, lane: usize, row: &Row) {
        self.rows[0][lane] = row.g[0][0];
        self.rows[1][lane] = row.g[0][1];
        self.rows[2][lane] = row.g[1][0];
        self.rows[3][lane] = row.g[1][1];
        self.rows[4][lane] = row.g[2][0];
        self.rows[5][lane] = row.g[2][1];
        self.rows[6][lane] = row.low;
        self.rows[7][lane] = row.high;
    }
}

/// Moves all lanes over the whole step without the total-variation term.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
pub fn push(block: &mut Block, turn: f64) {
    lanes::<false>(block, 0.0, turn);
}

/// Moves all lanes over the whole step with the total-variation term `tv = h lambda`.
#[multiversion(targets("x86_64+avx512f+avx512dq+avx512vl", "x86_64+avx2", "aarch64+neon"))]
pub fn push_tv(block: &mut Block, tv: f64, turn: f64) {
    lanes::<true>(block, tv, turn);
}

#[inline(always)]
fn lanes<const TV: bool>(block: &mut Block, tv: f64, turn: f64) {
    for i in 0..LANES {
        let (r, theta, mass) = (block.r[i], block.theta[i], block.mass[i]);
        let row: [f64; 8] = std::array::from_fn(|p| block.rows[p][i]);
        let (sin, cos) = sin_cos(theta);
        let g = [[row[0], row[1]], [row[2], row[3]], [row[4], row[5]]].map(|g| seen(g, sin, cos));
        let tv = if TV { tv.copysign(r) } else { 0.0 };
        let (r1, phi, largest) = runge_kutta(r, g, tv, 1.0);
        let (s, c) = sin_cos_small(phi);
        let before = rates(r, 0.0, 1.0, g[0], tv);
        let after = rates(r1, s, c, g[2], tv);
        let theta1 = theta + phi;
        let (sin, cos) = (sin * c + cos * s, cos * c - sin * s);
        let part = contribution::<TV>(mass, r1, sin, cos, after);
        // Room to the nearest boundary at both ends; a track that turns back needs more of it.
        let room = (theta - row[6]).min(row[7] - theta).min(theta1 - row[6]).min(row[7] - theta1);
        let turns = before[1] * after[1] <= 0.0;
        let needed = if turns { 2.0 * before[1].abs().max(after[1].abs()) } else { 0.0 };
        let mut walk = (largest > turn) | (room < needed) | (theta1 < row[6]) | (theta1 > row[7]);
        if TV {
            let needed =
                if before[0] * after[0] <= 0.0 { 2.0 * before[0].abs().max(after[0].abs()) } else { 0.0 };
            let sign = 1f64.copysign(r);
            walk |= (sign * r1 <= 0.0) | (r.abs().min(r1.abs()) < needed);
        }
        block.r_end[i] = r1;
        block.theta_end[i] = theta1;
        let parts = if TV { REGION } else { crate::flow::moments::SIGN };
        for p in 0..parts {
            block.parts[p][i] = part[p];
        }
        block.walk[i] = if walk { 1.0 } else { 0.0 };
    }
}
