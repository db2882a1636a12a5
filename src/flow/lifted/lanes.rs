//! One substep of free motion for many neurons at once, each from its own instant in its own region to
//! the end of the step, to the next line, or as far as one map should reach.
//!
//! Written without a branch, so that it becomes vector instructions. A lane that meets anything but
//! a plain crossing (it starts on its way out, turns back near a line, reaches both lines) is marked
//! [`ASIDE`] and left to [`integration`](super::integration).

use crate::flow::events::lanes::{ASIDE, DOWN, INSIDE, LANES, Lanes, NEWTON_STEPS, UP, computed};
use crate::flow::field_cubic::FieldCubic;
use crate::math::instructions::vectorized;
use crate::math::poly;

use super::decay::FADING;
use super::frame::Neuron;
use super::integration::{ON_LINE, REACHED};
use super::step_tables::StepTables;

/// Numbers of a track: `Int Sigma du` (3), `Int u Sigma du` (3).
pub const TRACK: usize = 6;

/// What the neurons of a queue start from, and where their substeps end.
#[derive(Debug, Clone)]
pub struct SubstepLanes {
    /// Masses.
    pub mass: Lanes,
    /// `(c, w)` at the start.
    pub z: [Lanes; 3],
    /// Instants in `[0, 1)`.
    pub u: Lanes,
    field: [Lanes; 8],
    /// Inward normals of the clockwise and of the anticlockwise line.
    normal: [[Lanes; 2]; 2],
    /// `1 / Int |h g| du` over the whole step, or more.
    reach: Lanes,
    /// Lengths of the substeps.
    length: Lanes,
    /// How long they may be.
    most: Lanes,
    /// Instants at the end of the substeps.
    pub to: Lanes,
    /// `(c, w)` there.
    pub end: [Lanes; 3],
    /// [`INSIDE`], [`UP`], [`DOWN`] or [`ASIDE`].
    pub verdict: Lanes,
    /// Integrals along the substep, times mass.
    pub track: [Lanes; TRACK],
    /// What covariances are multiplied by at `u`, the same for all lanes.
    fading: [f64; FADING],
}

impl SubstepLanes {
    /// All zero.
    ///
    /// * `fading`: ascending coefficients of what covariances are multiplied by at `u`.
    pub fn empty(fading: [f64; FADING]) -> SubstepLanes {
        let zero = [0.0; LANES];
        SubstepLanes {
            mass: zero,
            z: [zero; 3],
            u: zero,
            field: [zero; 8],
            normal: [[zero; 2]; 2],
            reach: zero,
            length: zero,
            most: zero,
            to: zero,
            end: [zero; 3],
            verdict: zero,
            track: [zero; TRACK],
            fading,
        }
    }

    /// Puts a lane into region `k`.
    #[inline(always)]
    pub fn set_region(&mut self, lane: usize, tables: &StepTables<'_>, k: usize) {
        let field = &tables.field[k];
        for p in 0..4 {
            self.field[p][lane] = field.x[p];
            self.field[4 + p][lane] = field.y[p];
        }
        let (low, high) = (tables.regions.normal(k - 1), tables.regions.normal(k));
        for i in 0..2 {
            self.normal[0][i][lane] = low[i];
            self.normal[1][i][lane] = -high[i];
        }
        self.reach[lane] = tables.longest_substep(k);
    }

    /// Puts a neuron into a lane.
    #[inline(always)]
    pub fn set_neuron(&mut self, lane: usize, mass: f64, z: Neuron, u: f64) {
        self.mass[lane] = mass;
        (0..3).for_each(|i| self.z[i][lane] = z[i]);
        self.u[lane] = u;
    }

    /// Copies what a lane starts from.
    pub fn copy_start(&mut self, from: usize, to: usize) {
        let normals = self.normal.iter_mut().flatten();
        let all = self.z.iter_mut().chain(&mut self.field).chain(normals);
        all.chain([&mut self.mass, &mut self.u, &mut self.reach])
            .for_each(|column| column[to] = column[from]);
    }

    /// The neuron at the start of a lane's substep.
    #[inline(always)]
    pub fn start(&self, lane: usize) -> Neuron {
        std::array::from_fn(|i| self.z[i][lane])
    }

    /// One substep of the first `count` lanes.
    pub fn substep(&mut self, count: usize, lorentz: bool) {
        let count = computed(count);
        if lorentz { both_layers(self, count) } else { adaptive(self, count) }
    }
}

vectorized! {
    fn both_layers(lanes: &mut SubstepLanes, count: usize) {
        all_lanes::<true>(lanes, count);
    }
}

vectorized! {
    fn adaptive(lanes: &mut SubstepLanes, count: usize) {
        all_lanes::<false>(lanes, count);
    }
}

/// In three loops, because one alone is a single long chain of dependent operations: short loops let
/// the machine work on several groups of lanes at a time.
#[inline(always)]
fn all_lanes<const LORENTZ: bool>(lanes: &mut SubstepLanes, count: usize) {
    // No change, but here the compiler sees that no index is out of bounds.
    let count = count.min(LANES);
    for i in 0..count {
        reach::<LORENTZ>(lanes, i);
    }
    for i in 0..count {
        locate::<LORENTZ>(lanes, i);
    }
    for i in 0..count {
        track::<LORENTZ>(lanes, i);
    }
}

#[inline(always)]
fn field(lanes: &SubstepLanes, i: usize) -> FieldCubic {
    FieldCubic {
        x: std::array::from_fn(|p| lanes.field[p][i]),
        y: std::array::from_fn(|p| lanes.field[4 + p][i]),
    }
}

/// `exp(Omega) z` over `length` from `from`, as [`Kind`](super::kind::Kind) has it, for substeps of at most
/// [`StepTables::longest_substep`].
#[inline(always)]
fn advance<const LORENTZ: bool>(field: &FieldCubic, from: f64, length: f64, z: Neuron) -> Neuron {
    let [g0, g1, g2, g3] = field.around(from + 0.5 * length);
    let square = length * length;
    let qx = length * (g0[0] + g2[0] * square * (1.0 / 12.0));
    let qy = length * (g0[1] + g2[1] * square * (1.0 / 12.0));
    if !LORENTZ {
        return [z[0], z[1] - qx * z[0], z[2] - qy * z[0]];
    }
    let px = square * (g1[0] * (1.0 / 12.0) + g3[0] * square * (1.0 / 80.0));
    let py = square * (g1[1] * (1.0 / 12.0) + g3[1] * square * (1.0 / 80.0));
    let omega = qy * px - qx * py;
    let generate = |[c, x, y]: Neuron| [-(qx * x + qy * y), omega * y - qx * c, -(qy * c) - omega * x];
    // sinh k / k and (cosh k - 1) / k^2: the next terms are below 1e-16 for k up to 1/2.
    const FIRST: [f64; 7] = [
        1.0,
        1.0 / 6.0,
        1.0 / 120.0,
        1.0 / 5040.0,
        1.0 / 362_880.0,
        1.0 / 39_916_800.0,
        1.0 / 6_227_020_800.0,
    ];
    const SECOND: [f64; 7] = [
        0.5,
        1.0 / 24.0,
        1.0 / 720.0,
        1.0 / 40_320.0,
        1.0 / 3_628_800.0,
        1.0 / 479_001_600.0,
        1.0 / 87_178_291_200.0,
    ];
    let k = qx * qx + qy * qy - omega * omega;
    let (mut first, mut second) = (FIRST[6], SECOND[6]);
    for p in (0..6).rev() {
        (first, second) = (first * k + FIRST[p], second * k + SECOND[p]);
    }
    let once = generate(z);
    let twice = generate(once);
    std::array::from_fn(|i| z[i] + (first * once[i] + second * twice[i]))
}

#[inline(always)]
fn size([c, x, y]: Neuron) -> f64 {
    c.abs() + x.abs() + y.abs()
}

/// How far the substep goes, whether it is a plain one, and a first guess where it ends.
#[inline(always)]
fn reach<const LORENTZ: bool>(lanes: &mut SubstepLanes, i: usize) {
    let (u, z, field) = (lanes.u[i], lanes.start(i), field(lanes, i));
    let rest = 1.0 - u;
    let du = if rest < lanes.reach[i] { rest } else { lanes.reach[i] };
    let end = advance::<LORENTZ>(&field, u, du, z);
    let (g0, g1) = (field.at(u), field.at(u + du));
    let (tolerance, tolerance_end) = (ON_LINE * size(z), ON_LINE * size(end));
    // Distances from a line and their rates (per substep) at both ends, whether it is crossed, and whether that is not a
    // plain crossing.
    let line = |normal: &[Lanes; 2]| {
        let n = [normal[0][i], normal[1][i]];
        let (s0, s1) = (n[0] * z[1] + n[1] * z[2], n[0] * end[1] + n[1] * end[2]);
        let r0 = -z[0] * du * (n[0] * g0[0] + n[1] * g0[1]);
        let r1 = -end[0] * du * (n[0] * g1[0] + n[1] * g1[1]);
        let out = s1 < -tolerance_end;
        let falls = (r0 < 0.0) & (r1 < 0.0);
        // Already beyond the line, about to leave it outward, or out by a turn.
        let beyond = (s0 < -tolerance) | ((s0 <= tolerance) & (r0 <= 0.0)) | (out & !falls) | s1.is_nan();
        // Turns back on the way: it may have been outside meanwhile.
        let turns = (r0 < 0.0) & !falls & (s0 + 1.5 * r0 < 0.0);
        ([s0, s1, r0, r1], out, beyond | turns)
    };
    let (low, down, care_low) = line(&lanes.normal[0]);
    let (high, up, care_high) = line(&lanes.normal[1]);
    // NaN and infinity go aside.
    let aside = care_low | care_high | (down & up) | tolerance_end.is_nan() | (tolerance_end > f64::MAX);
    let verdict = if up {
        UP
    } else if down {
        DOWN
    } else {
        INSIDE
    };
    // Between both ends the distance is monotone: time is a function of it, near to the cubic Hermite
    // interpolant.
    let [s0, s1, r0, r1] = std::array::from_fn(|p| if up { high[p] } else { low[p] });
    let fall = s0 - s1;
    let (share, first, last) = (s0 / fall, -fall / r0, -fall / r1);
    let guess = share * (first + share * (3.0 - 2.0 * first - last + share * (first + last - 2.0)));
    let root = if up | down { guess } else { 1.0 };
    lanes.verdict[i] = if aside { ASIDE } else { verdict };
    (lanes.most[i], lanes.length[i]) = (du, root * du);
}

/// Newton's method from the guess; where the substep ends.
#[inline(always)]
fn locate<const LORENTZ: bool>(lanes: &mut SubstepLanes, i: usize) {
    let (u, z, field, verdict) = (lanes.u[i], lanes.start(i), field(lanes, i), lanes.verdict[i]);
    let normal = |side: usize| [lanes.normal[side][0][i], lanes.normal[side][1][i]];
    let (low, high) = (normal(0), normal(1));
    let up = verdict == UP;
    let crosses = up | (verdict == DOWN);
    let n = [if up { high[0] } else { low[0] }, if up { high[1] } else { low[1] }];
    let other = [if up { low[0] } else { high[0] }, if up { low[1] } else { high[1] }];
    let mut length = lanes.length[i];
    let mut end = advance::<LORENTZ>(&field, u, length, z);
    for _ in 0..NEWTON_STEPS {
        let g = field.at(u + length);
        let distance = n[0] * end[1] + n[1] * end[2];
        let rate = -end[0] * (n[0] * g[0] + n[1] * g[1]);
        length = if crosses { length - distance / rate } else { length };
        end = advance::<LORENTZ>(&field, u, length, z);
    }
    let tolerance = REACHED * size(end);
    let reached = (n[0] * end[1] + n[1] * end[2]).abs() <= tolerance;
    let alone = other[0] * end[1] + other[1] * end[2] >= -tolerance;
    let located = reached & alone & (length > 0.0) & (length <= lanes.most[i]);
    let to = u + length;
    lanes.length[i] = length;
    lanes.to[i] = if to > 1.0 - 1e-16 { 1.0 } else { to };
    (0..3).for_each(|p| lanes.end[p][i] = end[p]);
    lanes.verdict[i] = if crosses & !located { ASIDE } else { verdict };
}

/// What the substep contributes: Hermite's value in the middle, then Simpson's rule.
#[inline(always)]
fn track<const LORENTZ: bool>(lanes: &mut SubstepLanes, i: usize) {
    let (from, to, z, field) = (lanes.u[i], lanes.to[i], lanes.start(i), field(lanes, i));
    let end: Neuron = std::array::from_fn(|p| lanes.end[p][i]);
    let alpha = if LORENTZ { 1.0 } else { 0.0 };
    let rate = |u: f64, [c, x, y]: Neuron| {
        let g = [poly::value(&field.x, u), poly::value(&field.y, u)];
        [-alpha * (g[0] * x + g[1] * y), -g[0] * c, -g[1] * c]
    };
    let (before, after) = (rate(from, z), rate(to, end));
    let eighth = 0.125 * (to - from);
    let middle: Neuron = std::array::from_fn(|p| 0.5 * (z[p] + end[p]) + eighth * (before[p] - after[p]));
    let covariance = |[c, x, y]: Neuron| {
        if LORENTZ { [c * c + x * x, x * y, c * c + y * y] } else { [c * c, 0.0, c * c] }
    };
    let weight = lanes.mass[i] * (to - from) * (1.0 / 6.0);
    let parts = [covariance(z), covariance(middle), covariance(end)];
    let half = 0.5 * (from + to);
    let fading = [from, half, to].map(|u| poly::value(&lanes.fading, u));
    for p in 0..3 {
        let [a, b, c] = [fading[0] * parts[0][p], 4.0 * fading[1] * parts[1][p], fading[2] * parts[2][p]];
        lanes.track[p][i] = weight * (a + b + c);
        lanes.track[3 + p][i] = weight * (from * a + half * b + to * c);
    }
}
