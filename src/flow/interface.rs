//! What a particle does at a boundary: mathematics, section 6, with the margin of section 15.
//!
//! All of it is decided here, from the normal velocities just clockwise (`v_lo`) and just
//! anticlockwise (`v_hi`) of the boundary. Both are proportional to the amplitude of the particle (`r`,
//! or `c`), so that only its sign counts: velocities here are per unit of `|r|` or `|c|`,
//! `v = -sign <g, n>`, in the units of the field that is given (times the step size in a push).
//!
//! `g` is known as well as the residuals are. What deviates from zero by less than that is noise, and
//! a particle that obeyed it would be pinned and released for ever. So a side is *outward* only where
//! the velocity towards it exceeds the margin of [`Margins`]; below that a particle on the boundary stays.

use crate::math::poly;
use crate::problem::{Regions, Samples};

use super::field::Vec2;
use super::field_cubic::FieldCubic;

/// How far `<g_k, n>` may be from the truth, per region: `kappa eps Sum_(j active in k) n_j |xt_j|`,
/// where `eps` is the error that is admitted in a residual (section 15).
#[derive(Debug, Clone, PartialEq)]
pub struct Margins {
    region: Vec<f64>,
}

impl Margins {
    /// Margins for residuals that are known to `eps` (units of `y`), in `O(s)`.
    pub fn new(samples: &Samples, kappa: f64, eps: f64) -> Margins {
        let s = samples.len();
        let mut region = vec![0.0; 2 * s];
        let size = |j: usize| samples.weight()[j] * libm::hypot(samples.x()[j], 1.0);
        let (mut right, mut left) = (0.0, 0.0);
        for i in 0..s {
            right += size(s - 1 - i);
            region[i + 1] = kappa * eps * right;
            if i + 1 < s {
                left += size(i);
                region[2 * s - 1 - i] = kappa * eps * left;
            }
        }
        Margins { region }
    }

    /// Margins of a field that is exact: every sign counts.
    pub fn none(samples: usize) -> Margins {
        Margins { region: vec![0.0; 2 * samples] }
    }

    /// The margins of all regions, times `factor`.
    pub fn times(&self, factor: f64) -> Vec<f64> {
        self.region.iter().map(|margin| factor * margin).collect()
    }

    /// The margin of region `k`.
    pub fn of(&self, k: usize) -> f64 {
        self.region[k]
    }
}

/// What a particle on a boundary does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on into the region on this side: it came from the other one, or was on the boundary.
    Enters {
        /// Whether the region is the one just anticlockwise.
        upward: bool,
        /// Whether it could have left to the other side as well: the flow is not unique here, and the
        /// side is that of steepest descent.
        ambiguous: bool,
    },
    /// The boundary holds it: it slides along the line (Filippov's sliding motion).
    Pinned,
    /// It enters the dead region, or lies beside it and does not move away.
    Dies,
}

/// A boundary as one particle sees it at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interface {
    /// `v_lo`, `v_hi` per unit of amplitude.
    pub velocity: Vec2,
    /// What each must exceed to count (section 15).
    pub margin: Vec2,
    /// Whether the region on either side is dead.
    pub dead: [bool; 2],
}

impl Interface {
    /// Boundary `b` for a particle whose amplitude has this sign.
    ///
    /// * `field`: `g_k`, in any unit.
    /// * `margin`: of each region, in the same unit.
    pub fn new(
        regions: &Regions,
        b: usize,
        sign: f64,
        field: impl Fn(usize) -> Vec2,
        margin: impl Fn(usize) -> f64,
    ) -> Interface {
        let (n, sides) = (regions.normal(b), [b, regions.above(b)]);
        let velocity = sides.map(|k| {
            let g = field(k);
            -sign * (g[0] * n[0] + g[1] * n[1])
        });
        Interface { velocity, margin: sides.map(margin), dead: sides.map(|k| k == 0) }
    }

    /// By how much either side leads away from the boundary beyond its margin; not positive where it
    /// does not.
    pub fn outward(&self) -> Vec2 {
        [-self.velocity[0] - self.margin[0], self.velocity[1] - self.margin[1]]
    }

    /// The particle has just arrived from one side, anticlockwise if `upward`: it crosses where the
    /// other side leads on, and is pinned where both lead inward.
    ///
    /// Where the velocity beyond is zero to within its margin, a particle that arrives faster than the margin crosses
    /// (section 6: an attractor points strictly inward on both sides). One that is not faster is pinned: it would come
    /// back and cross for ever.
    pub fn on_arrival(&self, upward: bool) -> Fate {
        let (near, far) = (usize::from(!upward), usize::from(upward));
        let onward = if upward { self.velocity } else { self.velocity.map(|v| -v) };
        let arrives = leads_on(onward[near], self.margin[near]);
        if self.dead[far] {
            Fate::Dies
        } else if leads_on(onward[far], self.margin[far]) || (arrives && onward[far] >= -self.margin[far]) {
            Fate::Enters { upward, ambiguous: false }
        } else {
            Fate::Pinned
        }
    }

    /// The particle is on the boundary and did not come from either side: it starts there, or its
    /// amplitude has just changed its sign.
    ///
    /// Next to the dead region nothing can be held, and the sign alone decides.
    pub fn on_line(&self) -> Fate {
        let beside_dead = self.dead[0] || self.dead[1];
        let outward = if beside_dead { [-self.velocity[0], self.velocity[1]] } else { self.outward() };
        let leads = [!self.dead[0] && outward[0] > 0.0, !self.dead[1] && outward[1] > 0.0];
        match leads {
            [true, true] => Fate::Enters { upward: self.steeper_upward(), ambiguous: true },
            [false, false] if beside_dead => Fate::Dies,
            [false, false] => Fate::Pinned,
            [_, upward] => Fate::Enters { upward, ambiguous: false },
        }
    }

    /// Whether the anticlockwise side is the faster one; a tie goes clockwise.
    pub fn steeper_upward(&self) -> bool {
        self.velocity[1].abs() > self.velocity[0].abs()
    }
}

/// Whether a velocity leads away from a boundary beyond its margin. This alone is also the vectorised test of plain
/// crossings, which leaves all other arrivals to [`Interface::on_arrival`].
#[inline(always)]
pub fn leads_on(onward: f64, margin: f64) -> bool {
    onward > margin
}

/// The cubics in `u` that are positive while boundary `b` does not hold a particle whose amplitude
/// has this sign: [`Interface::outward`] along a path of the residuals.
pub fn outward_cubics(
    regions: &Regions,
    b: usize,
    sign: f64,
    field: &[FieldCubic],
    margin: &[f64],
) -> [[f64; 4]; 2] {
    let (n, above) = (regions.normal(b), regions.above(b));
    let mut low = field[b].along([sign * n[0], sign * n[1]]);
    let mut high = field[above].along([-sign * n[0], -sign * n[1]]);
    low[0] -= margin[b];
    high[0] -= margin[above];
    [low, high]
}

/// When a particle held on boundary `b` is first released clockwise and anticlockwise, not before
/// `from`; infinite for never. All that are held there with one sign of the amplitude are released together.
pub fn release(cubics: [[f64; 4]; 2], from: f64) -> [f64; 2] {
    cubics.map(|cubic| poly::first_positive(&cubic, from).unwrap_or(f64::INFINITY))
}

/// Whether a boundary with these cubics, whose releases are at `leaves`, holds what is on it throughout the step.
pub fn holds(cubics: [[f64; 4]; 2], leaves: [f64; 2]) -> bool {
    cubics.iter().all(|cubic| cubic[0] < 0.0) && leaves == [f64::INFINITY; 2]
}

/// Total variation: whether a particle at `r = 0` stays there, where the loss pulls with `<g, d>`.
pub fn sticks(pull: f64, lambda: f64, margin: f64) -> bool {
    lambda > 0.0 && pull.abs() <= lambda + margin
}

/// Total variation: to which side mass at `r = 0` moves, 1 or -1, given the velocities just below and just above 0,
/// `-<g, d> + lambda` and `-<g, d> - lambda`; 0 where both lead to 0 to within the margin, so that it sticks.
///
/// The same rule as [`sticks`], in any unit.
pub fn leaves_zero(below: f64, above: f64, margin: f64) -> f64 {
    f64::from(i8::from(above > margin)) - f64::from(i8::from(below < -margin))
}

/// When a particle stuck at `r = 0` first starts to move, not before `from`, and the sign with which
/// it does; `None` if it never does. `pull` is the cubic `<g, d>`.
pub fn unsticks(pull: [f64; 4], lambda: f64, margin: f64, from: f64) -> Option<(f64, f64)> {
    let with = |sign: f64| {
        let mut cubic = pull.map(|c| sign * c);
        cubic[0] -= lambda + margin;
        poly::first_positive(&cubic, from).unwrap_or(f64::INFINITY)
    };
    let (positive, negative) = (with(1.0), with(-1.0));
    let at = positive.min(negative);
    (at <= 1.0).then_some((at, if positive < negative { -1.0 } else { 1.0 }))
}

/// A direction in which a neuron may leave `w = 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Along a boundary, which may hold the neuron or not.
    Along(usize),
    /// Into a region.
    Into(usize),
}

/// The cubic in `u` that is positive while a direction `e` is downhill, by more than the margin, for a neuron at
/// `w = 0` whose `c` has this sign; `along` is `<g, e>`.
pub fn downhill(along: [f64; 4], sign: f64, margin: f64) -> [f64; 4] {
    let mut cubic = along.map(|h| -sign * h);
    cubic[0] -= margin;
    cubic
}

/// Where a neuron at `w = 0` goes whose `c` has this sign: along a direction `e` the loss changes at
/// the rate `c h(e)`, `h(e) = <g_k, e>` with the region `k` of `e`. The way of steepest descent, and
/// `None` if nothing is downhill by more than the margin.
pub fn from_origin(
    regions: &Regions,
    sign: f64,
    field: impl Fn(usize) -> Vec2,
    margin: impl Fn(usize) -> f64,
) -> Option<Way> {
    let (mut least, mut way) = (0.0, None);
    let mut consider = |slope: f64, margin: f64, candidate: Way| {
        if slope < least && slope < -margin {
            (least, way) = (slope, Some(candidate));
        }
    };
    for b in 0..regions.boundaries() {
        let (k, d) = (regions.inactive_side(b), regions.direction(b));
        let g = field(k);
        consider(sign * (g[0] * d[0] + g[1] * d[1]), margin(k), Way::Along(b));
    }
    for k in 1..regions.boundaries() {
        let g = field(k);
        let along = |n: Vec2| sign * (g[0] * n[0] + g[1] * n[1]);
        // The direction of steepest descent, -sign g, lies inside the region.
        if along(regions.normal(k - 1)) < 0.0 && along(regions.normal(k)) > 0.0 {
            consider(-libm::hypot(g[0], g[1]), margin(k), Way::Into(k));
        }
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(velocity: Vec2, margin: f64, dead: [bool; 2]) -> Interface {
        Interface { velocity, margin: [margin; 2], dead }
    }

    const LIVE: [bool; 2] = [false; 2];
    const UP: Fate = Fate::Enters { upward: true, ambiguous: false };
    const DOWN: Fate = Fate::Enters { upward: false, ambiguous: false };
    const UP_OR_DOWN: Fate = Fate::Enters { upward: true, ambiguous: true };
    const DOWN_OR_UP: Fate = Fate::Enters { upward: false, ambiguous: true };

    /// Every line of the table of section 6, without and with a margin: velocities, margin, dead sides;
    /// what happens on arrival from below, from above, and on the line.
    #[test]
    fn the_table_of_section_6() {
        use Fate::{Dies, Pinned};
        // An arrival from below needs v_lo > 0, one from above v_hi < 0; else the entry is not used.
        #[rustfmt::skip]
        let table = [
            // passthrough
            ([1.0, 2.0], 0.0, LIVE, Some(UP), None, UP),
            ([-1.0, -2.0], 0.0, LIVE, None, Some(DOWN), DOWN),
            // attractor
            ([1.0, -2.0], 0.0, LIVE, Some(Pinned), Some(Pinned), Pinned),
            // where the far side stands still, what arrives crosses, and what is there stays
            ([1.0, 0.0], 0.0, LIVE, Some(UP), None, Pinned),
            ([0.0, -1.0], 0.0, LIVE, None, Some(DOWN), Pinned),
            ([0.0, 0.0], 0.0, LIVE, None, None, Pinned),
            // repulsor: nothing arrives; what is there leaves to the faster side, a tie clockwise
            ([-1.0, 2.0], 0.0, LIVE, None, None, UP_OR_DOWN),
            ([-2.0, 1.0], 0.0, LIVE, None, None, DOWN_OR_UP),
            ([-1.0, 1.0], 0.0, LIVE, None, None, DOWN_OR_UP),
            // one side at rest
            ([0.0, 1.0], 0.0, LIVE, None, None, UP),
            ([-1.0, 0.0], 0.0, LIVE, None, None, DOWN),
            // the dead region: entering it is the end, whatever the live side does
            ([1.0, 0.0], 0.0, [false, true], Some(Dies), None, Dies),
            ([-1.0, 0.0], 0.0, [false, true], None, None, DOWN),
            ([0.0, -1.0], 0.0, [true, false], None, Some(Dies), Dies),
            ([0.0, 1.0], 0.0, [true, false], None, None, UP),
            ([0.0, 0.0], 0.0, [true, false], None, None, Dies),
            // only one sample: both sides of either boundary are dead or the half-plane
            ([0.0, 0.0], 0.0, [false, true], None, None, Dies),
            // within the margin nothing leads away; beyond it all is as before
            ([1.0, 1e-9], 1e-8, LIVE, Some(UP), None, Pinned),
            ([1.0, -1e-9], 1e-8, LIVE, Some(UP), Some(Pinned), Pinned),
            ([1.0, -2e-8], 1e-8, LIVE, Some(Pinned), Some(Pinned), Pinned),
            ([1e-9, 1e-9], 1e-8, LIVE, Some(Pinned), None, Pinned),
            ([1e-9, 2e-8], 1e-8, LIVE, Some(UP), None, UP),
            ([1e-9, -1e-9], 1e-8, LIVE, Some(Pinned), Some(Pinned), Pinned),
            ([1.0, 2e-8], 1e-8, LIVE, Some(UP), None, UP),
            ([-1e-9, -1.0], 1e-8, LIVE, None, Some(DOWN), Pinned),
            ([-1e-9, 1e-9], 1e-8, LIVE, None, None, Pinned),
            ([-1e-9, 1.0], 1e-8, LIVE, None, None, UP),
            ([-2e-8, 3e-8], 1e-8, LIVE, None, None, UP_OR_DOWN),
            // beside the dead region nothing is held, and the sign decides
            ([0.0, 1e-9], 1e-8, [true, false], None, None, UP),
            ([-1e-9, 0.0], 1e-8, [false, true], None, None, DOWN),
        ];
        for (velocity, margin, dead, from_below, from_above, on_line) in table {
            let interface = seen(velocity, margin, dead);
            if let Some(fate) = from_below {
                assert_eq!(interface.on_arrival(true), fate, "{interface:?} from below");
            }
            if let Some(fate) = from_above {
                assert_eq!(interface.on_arrival(false), fate, "{interface:?} from above");
            }
            assert_eq!(interface.on_line(), on_line, "{interface:?}");
        }
    }

    #[test]
    fn velocities_are_those_of_the_sign() {
        let samples = Samples::new(&[0.0, 1.0], &[0.0; 2]).unwrap();
        let regions = Regions::new(&samples);
        // Boundary 1: sample 0, x = 0, switches on; its normal is (0, 1).
        let field = |k: usize| [[0.0; 2], [3.0, 4.0], [5.0, -6.0], [7.0, 8.0]][k];
        let margins = Margins::new(&samples, 2.0, 0.1);
        let found = Interface::new(&regions, 1, -2.0_f64.signum(), field, |k| margins.of(k));
        assert_eq!(found.velocity, [4.0, -6.0]);
        // kappa eps (|xt_1|), and with |xt_0| = 1.
        let root = 2f64.sqrt();
        assert!((found.margin[0] - 0.2 * root).abs() < 1e-15);
        assert!((found.margin[1] - 0.2 * (1.0 + root)).abs() < 1e-15);
        assert_eq!(found.dead, [false; 2]);
        assert_eq!(found.on_line(), Fate::Pinned);
        assert!((margins.of(3) - 0.2).abs() < 1e-15 && margins.of(0) == 0.0);
        assert_eq!(Margins::none(2).times(3.0), vec![0.0; 4]);
    }

    #[test]
    fn release_is_when_outward_passes_the_margin() {
        let samples = Samples::new(&[0.0, 1.0], &[0.0; 2]).unwrap();
        let regions = Regions::new(&samples);
        let constant = |y: f64, slope: f64| FieldCubic { x: [0.0; 4], y: [y, slope, 0.0, 0.0] };
        // v_lo = 1 - 2 u, v_hi = -1 for sign -1: inward, then outward below from u = 1/2 on.
        let field = [constant(0.0, 0.0), constant(1.0, -2.0), constant(-1.0, 0.0), constant(0.0, 0.0)];
        for (margin, expected) in [(0.0, 0.5), (0.5, 0.75)] {
            let cubics = outward_cubics(&regions, 1, -1.0, &field, &[margin; 4]);
            let [low, high] = release(cubics, 0.0);
            assert!((low - expected).abs() < 1e-15 && high == f64::INFINITY);
        }
        let cubics = outward_cubics(&regions, 1, -1.0, &field, &[0.5; 4]);
        assert!(!holds(cubics, release(cubics, 0.0)));
        let cubics = outward_cubics(&regions, 1, -1.0, &field, &[2.0; 4]);
        assert_eq!(release(cubics, 0.0), [f64::INFINITY; 2]);
        assert!(holds(cubics, release(cubics, 0.0)));
    }

    #[test]
    fn stuck_until_the_pull_exceeds_the_penalty() {
        assert!(sticks(0.3, 0.3, 0.0) && !sticks(0.31, 0.3, 0.0) && sticks(0.31, 0.3, 0.02));
        assert!(!sticks(0.0, 0.0, 1.0));
        // <g, d> = u: exceeds 0.3 at 0.3 and drives r below zero.
        let (at, sign) = unsticks([0.0, 1.0, 0.0, 0.0], 0.3, 0.0, 0.0).unwrap();
        assert!((at - 0.3).abs() < 1e-15 && sign == -1.0);
        let (at, sign) = unsticks([0.0, -1.0, 0.0, 0.0], 0.3, 0.1, 0.0).unwrap();
        assert!((at - 0.4).abs() < 1e-15 && sign == 1.0);
        assert_eq!(unsticks([0.0, 0.2, 0.0, 0.0], 0.3, 0.0, 0.0), None);
    }

    #[test]
    fn the_origin_is_left_by_steepest_descent() {
        let samples = Samples::new(&[0.0, 1.0], &[0.0; 2]).unwrap();
        let regions = Regions::new(&samples);
        // Sample 0 alone pulls: rho_0 = -1, so that g = (0, -1) where it is active (regions 2 and 3).
        let field = |k: usize| if k >= 2 { [0.0, -1.0] } else { [0.0, 0.0] };
        assert_eq!(from_origin(&regions, 1.0, field, |_| 0.0), Some(Way::Into(2)));
        assert_eq!(from_origin(&regions, -1.0, field, |_| 0.0), None);
        assert_eq!(from_origin(&regions, 1.0, field, |_| 2.0), None);
        // c h = -u: downhill by more than 0.25 from u = 1/4 on.
        let cubic = downhill([0.0, -1.0, 0.0, 0.0], 1.0, 0.25);
        assert!(poly::first_positive(&cubic, 0.0).is_some_and(|u| (u - 0.25).abs() < 1e-12));
        assert_eq!(poly::first_positive(&downhill([0.0, -1.0, 0.0, 0.0], -1.0, 0.25), 0.0), None);
    }
}
