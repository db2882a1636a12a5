//! One substep of free motion for many particles at once, each from its own instant in its own
//! region to the end of the step, to the next boundary, or as far as one substep may turn.
//!
//! Like the inner loop ([`block`](super::block)) without a branch, so that it becomes vector
//! instructions. A lane that meets anything but a plain crossing (it turns back near a boundary, is
//! pinned, changes the sign of `r`) is marked [`ASIDE`] and left to [`integration`](super::integration).

use crate::flow::events::lanes::{ASIDE, INSIDE, LANES, Lanes, NEWTON_STEPS, computed};
use crate::flow::events::particles::TRACK;
use crate::flow::interface::leads_on;
use crate::flow::moments::{REGION, SIGMA, SIGN};
use crate::math::instructions::vectorized;
use crate::math::trig::{sin_cos, sin_cos_small};

use super::integration::ON_BOUNDARY;
use super::motion::{MAX_TURN, contribution, demand, is_stiff, overshoot, rates, seen};
use super::series::{Series, TERMS, at, seen_cubic, shifted, slope};
use super::step_tables::StepTables;

/// What the particles of a queue start from, and where their substeps end.
#[derive(Debug, Clone)]
pub struct SubstepLanes {
    /// Masses.
    pub mass: Lanes,
    /// Amplitudes.
    pub r: Lanes,
    /// Directions.
    pub theta: Lanes,
    /// Instants in `[0, 1)`.
    pub u: Lanes,
    /// Whether the particle has just reached its region upward ([`UP`]) or downward ([`DOWN`]).
    pub entering: Lanes,
    field: [Lanes; 8],
    /// How far `<h g, n>` may be from the truth.
    margin: Lanes,
    low: Lanes,
    high: Lanes,
    sin: Lanes,
    cos: Lanes,
    /// `<g, d>` and `<g, t>` as cubics in the time since the start.
    seen: [Lanes; 8],
    /// Series of the amplitude and of the angle.
    series: [[Lanes; TERMS]; 2],
    /// Lengths of the substeps and the angles turned.
    du: Lanes,
    phi: Lanes,
    /// Instants at the end of the substeps.
    pub to: Lanes,
    /// Amplitudes there.
    pub r_end: Lanes,
    /// Directions there; on a boundary to rounding.
    pub theta_end: Lanes,
    /// `dtheta/du` at the start and at the end.
    pub speed: [Lanes; 2],
    /// [`INSIDE`], [`UP`], [`DOWN`] or [`ASIDE`].
    pub verdict: Lanes,
    /// Integrals along the substep.
    pub track: [Lanes; TRACK],
    /// Contributions to the region's moments at the start and at the end.
    pub ends: [[Lanes; REGION]; 2],
}

impl SubstepLanes {
    /// All zero.
    pub fn empty() -> SubstepLanes {
        let zero = [0.0; LANES];
        SubstepLanes {
            mass: zero,
            r: zero,
            theta: zero,
            u: zero,
            entering: zero,
            field: [zero; 8],
            margin: zero,
            low: zero,
            high: zero,
            sin: zero,
            cos: zero,
            seen: [zero; 8],
            series: [[zero; TERMS]; 2],
            du: zero,
            phi: zero,
            to: zero,
            r_end: zero,
            theta_end: zero,
            speed: [zero; 2],
            verdict: zero,
            track: [zero; TRACK],
            ends: [[zero; REGION]; 2],
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
        self.margin[lane] = tables.margin[k];
        (self.low[lane], self.high[lane]) = (tables.rows[k].low, tables.rows[k].high);
    }

    /// Angles between which the region of a lane lies.
    #[inline(always)]
    pub fn limits(&self, lane: usize) -> (f64, f64) {
        (self.low[lane], self.high[lane])
    }

    #[inline(always)]
    fn series(&self, which: usize, i: usize) -> [f64; TERMS] {
        std::array::from_fn(|p| self.series[which][p][i])
    }

    /// Copies what a lane starts from.
    pub fn copy_start(&mut self, from: usize, to: usize) {
        let columns = [&mut self.mass, &mut self.r, &mut self.theta, &mut self.u, &mut self.entering];
        let limits = [&mut self.low, &mut self.high, &mut self.margin];
        let all = columns.into_iter().chain(limits).chain(&mut self.field);
        all.for_each(|column| column[to] = column[from]);
    }

    /// One substep of the first `count` lanes; `tv = h lambda`, `turn` the largest angle of one.
    pub fn substep<const TV: bool>(&mut self, count: usize, tv: f64, turn: f64) {
        let count = computed(count);
        if TV { with_tv(self, count, tv, turn) } else { plain(self, count, turn) }
    }
}

vectorized! {
    fn plain(lanes: &mut SubstepLanes, count: usize, turn: f64) {
        all_lanes::<false>(lanes, count, 0.0, turn);
    }
}

vectorized! {
    fn with_tv(lanes: &mut SubstepLanes, count: usize, tv: f64, turn: f64) {
        all_lanes::<true>(lanes, count, tv, turn);
    }
}

/// In three loops, because one alone is a single long chain of dependent operations: short loops let
/// the machine work on several groups of lanes at a time.
#[inline(always)]
fn all_lanes<const TV: bool>(lanes: &mut SubstepLanes, count: usize, tv: f64, turn: f64) {
    for i in 0..count {
        expand::<TV>(lanes, i, tv);
    }
    for i in 0..count {
        locate(lanes, i, turn);
    }
    for i in 0..count {
        finish::<TV>(lanes, i, tv, turn);
    }
}

/// The series of the motion.
#[inline(always)]
fn expand<const TV: bool>(lanes: &mut SubstepLanes, i: usize, tv: f64) {
    let (r, theta, u) = (lanes.r[i], lanes.theta[i], lanes.u[i]);
    let [x0, x1, x2, x3, y0, y1, y2, y3] = std::array::from_fn(|p| lanes.field[p][i]);
    let tv = if TV { tv.copysign(r) } else { 0.0 };
    let (sin, cos) = sin_cos(theta);
    let [pull, across] = seen_cubic(shifted([x0, x1, x2, x3], u), shifted([y0, y1, y2, y3], u), sin, cos);
    let series = Series::new(r, pull, across, tv);
    (lanes.sin[i], lanes.cos[i]) = (sin, cos);
    for p in 0..4 {
        lanes.seen[p][i] = pull[p];
        lanes.seen[4 + p][i] = across[p];
    }
    for p in 1..TERMS {
        lanes.series[0][p][i] = series.r[p];
        lanes.series[1][p][i] = series.phi[p];
    }
}

/// The length of the substep, and whether it is a plain one: it turns one way, and ends inside or on the boundary ahead.
#[inline(always)]
fn locate(lanes: &mut SubstepLanes, i: usize, turn: f64) {
    let (theta, u, entering) = (lanes.theta[i], lanes.u[i], lanes.entering[i]);
    let mut phi = lanes.series(1, i);
    phi[0] = 0.0;
    let speed = phi[1];
    let sign = if speed > 0.0 { 1.0 } else { -1.0 };
    let (up, down) = (lanes.high[i] - theta, theta - lanes.low[i]);
    let (ahead, behind) = if speed > 0.0 { (up, down) } else { (down, up) };
    // As far as the step goes, or as one substep may turn.
    let rest = 1.0 - u;
    let (r, seen) = (lanes.r[i], [lanes.seen[0][i], lanes.seen[4][i]]);
    let demand = demand(r, seen);
    let whole = demand * rest <= turn;
    let slowness = 1.0 / speed.abs();
    let du = if whole { rest } else { turn / demand };
    let (far, far_speed) = (sign * at(&phi, du), sign * slope(&phi, du));
    let crosses = far > ahead + ON_BOUNDARY;
    let excursion = 2.0 * du * overshoot(speed.abs(), far_speed);
    // Whatever has arrived where the far side does not lead on is left to `Interface::on_arrival`.
    let held = (entering != 0.0) & !leads_on(entering * speed, lanes.margin[i] * lanes.r[i].abs());
    let mut aside = held
        | (far < -behind - ON_BOUNDARY)
        | (far.abs() > MAX_TURN.min(1.5 * turn))
        | far.is_nan()
        | is_stiff(r, seen, rest, turn)
        | ((far_speed < 0.0) & (crosses | ((ahead < excursion) & (excursion > ON_BOUNDARY))));

    // Between start and far end the track is monotone: its inverse is a function of the angle, near
    // to its cubic Hermite interpolant. From there on Newton.
    let share = ahead / far;
    let (first, last) = (far * slowness, far / far_speed);
    let rise = 3.0 * du - 2.0 * first - last;
    let mut root = share * (first + share * (rise + share * (first + last - 2.0 * du)));
    let mut step = du;
    for _ in 0..NEWTON_STEPS {
        step = (sign * at(&phi, root) - ahead) / (sign * slope(&phi, root));
        root -= step;
    }
    let to = if crosses {
        u + root
    } else if whole {
        1.0
    } else {
        u + du
    };
    // Newton doubles the digits: after a step this small the next one is below rounding.
    let located = (step.abs() <= 1e-8 * du) & (root > 0.0) & (root <= du) & (to < 1.0 - 1e-15);
    aside |= crosses & !located;
    let du = if crosses { root } else { du };
    lanes.du[i] = du;
    lanes.phi[i] = if crosses { sign * ahead } else { at(&phi, du) };
    lanes.to[i] = to;
    let end = if crosses { sign } else { INSIDE };
    lanes.verdict[i] = if aside { ASIDE } else { end };
}

/// Where the substep ends, and what it contributes.
#[inline(always)]
fn finish<const TV: bool>(lanes: &mut SubstepLanes, i: usize, tv: f64, turn: f64) {
    let (mass, r, u, du, phi) = (lanes.mass[i], lanes.r[i], lanes.u[i], lanes.du[i], lanes.phi[i]);
    let (sin, cos) = (lanes.sin[i], lanes.cos[i]);
    let tv = if TV { tv.copysign(r) } else { 0.0 };
    let (mut r_series, mut phi_series) = (lanes.series(0, i), lanes.series(1, i));
    (r_series[0], phi_series[0]) = (r, 0.0);
    let (r_end, r_middle) = (at(&r_series, du), at(&r_series, 0.5 * du));
    let (s, c) = sin_cos_small(phi);
    let cubic = |at: usize| {
        let p: [f64; 4] = std::array::from_fn(|p| lanes.seen[at + p][i]);
        p[0] + du * (p[1] + du * (p[2] + du * p[3]))
    };
    let g = [cubic(0), cubic(4)];
    let rate = rates(r_end, s, c, g, tv);
    // The field may have grown on the way.
    let harder = demand(r_end, seen(g, s, c)) * du > 2.0 * turn;
    lanes.verdict[i] = if harder { ASIDE } else { lanes.verdict[i] };
    let (sin_end, cos_end) = (sin * c + cos * s, cos * c - sin * s);
    let (s, c) = sin_cos_small(at(&phi_series, 0.5 * du));
    let (sin_middle, cos_middle) = (sin * c + cos * s, cos * c - sin * s);
    if TV {
        // Within a substep the penalty keeps its sign.
        let dip = 2.0 * du * overshoot(r_series[1], rate[0]);
        let changes = (r * r_end <= 0.0) | (r.abs() <= dip);
        lanes.verdict[i] = if changes { ASIDE } else { lanes.verdict[i] };
    }

    let first = contribution::<TV>(mass, r, sin, cos, [r_series[1], phi_series[1]]);
    let last = contribution::<TV>(mass, r_end, sin_end, cos_end, rate);
    let middle = contribution::<TV>(mass, r_middle, sin_middle, cos_middle, [0.0; 2]);
    // Simpson's rule.
    let (outer, inner) = (du * (1.0 / 6.0), du * (2.0 / 3.0));
    for p in 0..3 {
        let q = SIGMA + p;
        let (a, b, c) = (outer * first[q], inner * middle[q], outer * last[q]);
        lanes.track[p][i] = a + b + c;
        lanes.track[3 + p][i] = u * lanes.track[p][i] + du * (0.5 * b + c);
    }
    if TV {
        for p in 0..2 {
            let q = SIGN + p;
            lanes.track[6 + p][i] = outer * (first[q] + last[q]) + inner * middle[q];
        }
    }
    for p in 0..if TV { REGION } else { SIGN } {
        lanes.ends[0][p][i] = first[p];
        lanes.ends[1][p][i] = last[p];
    }
    lanes.r_end[i] = r_end;
    lanes.theta_end[i] = lanes.theta[i] + phi;
    lanes.speed[0][i] = phi_series[1];
    lanes.speed[1][i] = rate[1];
}
