//! Distances on a circle of circumference `2 pi`.

use std::f64::consts::TAU;

use super::sorted::{ROUNDING, Sorted};

/// Points ascend: the ends tell.
fn assert_angles(a: &Sorted, b: &Sorted) {
    for points in [a.points(), b.points()] {
        let ends = [points[0], points[points.len() - 1]];
        assert!(ends.iter().all(|end| (0.0..TAU).contains(end)), "{ends:?} are no angles in [0, 2 pi)");
    }
}

/// `W_1` on the circle of circumference `2 pi`: `Int |F - G - med|` over one turn, where `med` is the
/// median of `F - G` (each value weighted by the length on which it is taken; Cabrelli and Molter
/// 1995).
///
/// * points: angles in `[0, 2 pi)`.
///
/// ```
/// use reluflow::math::transport::{Sorted, circle_w1};
/// let at = |angle: f64| Sorted::new(&[angle], &[1.0]);
/// assert!((circle_w1(&at(0.25), &at(6.25)) - (0.25 + std::f64::consts::TAU - 6.25)).abs() < 1e-15);
/// ```
///
/// # Panics
/// If a point is no such angle.
pub fn circle_w1(a: &Sorted, b: &Sorted) -> f64 {
    assert_angles(a, b);
    // Lengths between neighbouring points of either, with F - G there.
    let (mut i, mut j, mut from) = (0, 0, 0.0);
    let mut steps: Vec<(f64, f64)> = vec![];
    let mass = |measure: &Sorted, i: usize| if i == 0 { 0.0 } else { measure.cumulative()[i - 1] };
    loop {
        let next = |measure: &Sorted, i: usize| measure.points().get(i).copied().unwrap_or(TAU);
        let (x, y) = (next(a, i), next(b, j));
        let to = x.min(y);
        let level = mass(a, i) - mass(b, j);
        steps.push((if level.abs() <= ROUNDING { 0.0 } else { level }, to - from));
        if i == a.len() && j == b.len() {
            break;
        }
        from = to;
        i += usize::from(i < a.len() && x <= to);
        j += usize::from(j < b.len() && y <= to);
    }
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * steps.iter().map(|step| step.1).sum::<f64>();
    let mut length = 0.0;
    let median = steps.iter().find(|step| {
        length += step.1;
        length >= half
    });
    let median = median.map_or(0.0, |step| step.0);
    steps.iter().map(|(level, length)| (level - median).abs() * length).sum()
}

/// `W_2` on the circle of circumference `2 pi`.
///
/// The points are repeated along the line, each turn `2 pi` further; the optimal coupling is
/// monotone there, up to a shift `alpha` of mass:
///
/// ```text
/// W_2^2 = min_alpha C(alpha),    C(alpha) = Int_0^1 (F^-1(u) - G^-1(u + alpha))^2 du
/// ```
///
/// `C` is convex and piecewise linear (Delon, Salomon, Sobolevski 2010). Secants of its slope lead to where it
/// changes sign, until the tangents on either side show that nothing lies lower, to rounding: `O(n log n)` to sort
/// and about ten passes.
///
/// * points: angles in `[0, 2 pi)`.
///
/// ```
/// use reluflow::math::transport::{Sorted, circle_w2};
/// let a = Sorted::new(&[0.0, 1.0], &[0.5, 0.5]);
/// let turned = Sorted::new(&[6.0, 6.0 + 1.0 - std::f64::consts::TAU], &[0.5, 0.5]);
/// assert!((circle_w2(&a, &turned) - (std::f64::consts::TAU - 6.0)).abs() < 1e-15);
/// ```
///
/// # Panics
/// If a point is no such angle.
pub fn circle_w2(a: &Sorted, b: &Sorted) -> f64 {
    assert_angles(a, b);
    // Equal measures are apart by no rounding of the shift.
    let none = cost(a, b, 0.0);
    if none == 0.0 {
        return 0.0;
    }
    let tangent = |alpha: f64| Tangent { alpha, cost: cost(a, b, alpha), slope: slope(a, b, alpha) };
    // A shift by a whole turn moves all mass one way: the minimum lies between.
    let start = Tangent { alpha: 0.0, cost: none, slope: slope(a, b, 0.0) };
    let (mut low, mut high) = if start.slope > 0.0 { (tangent(-1.0), start) } else { (start, tangent(1.0)) };
    let mut best = low.cost.min(high.cost);
    for pass in 0..MOST {
        let (near, far) = if low.slope.abs() < high.slope.abs() { (&low, &high) } else { (&high, &low) };
        let secant = near.slope * (near.alpha - far.alpha) / (far.slope - near.slope);
        // A secant, then twice as far, to the other side of the minimum, then the middle, which always divides.
        let alpha = match pass % 3 {
            2 => 0.5 * (low.alpha + high.alpha),
            share => near.alpha + (1 + share) as f64 * secant,
        };
        let inside = |alpha: f64| alpha > low.alpha && alpha < high.alpha;
        let alpha = if inside(alpha) { alpha } else { 0.5 * (low.alpha + high.alpha) };
        if !inside(alpha) {
            break;
        }
        let between = tangent(alpha);
        best = best.min(between.cost);
        if between.slope > 0.0 {
            high = between
        } else {
            low = between
        }
        if low.lowest(&high) >= best * (1.0 - ENOUGH) {
            break;
        }
    }
    best.sqrt()
}

/// Passes at most: every third one halves.
const MOST: usize = 180;
/// What `C` may lie above its minimum, relative to it.
const ENOUGH: f64 = 1e-15;

/// `C` at a shift, and its slope just above.
struct Tangent {
    alpha: f64,
    cost: f64,
    slope: f64,
}

impl Tangent {
    /// How high two tangents meet: `C` lies nowhere lower between them.
    fn lowest(&self, other: &Tangent) -> f64 {
        let rise = other.cost - self.cost - other.slope * (other.alpha - self.alpha);
        self.cost + self.slope * (rise / (self.slope - other.slope))
    }
}

/// `G^-1(v)` and where it ends, walking upwards from some `v`.
struct Walk<'m> {
    measure: &'m Sorted,
    at: usize,
    turn: f64,
}

impl<'m> Walk<'m> {
    /// At the point whose mass begins at or before `v` and ends after it.
    fn from(measure: &'m Sorted, v: f64) -> Walk<'m> {
        let turn = v.floor();
        let at = measure.cumulative().partition_point(|&end| end <= v - turn);
        if at == measure.len() {
            Walk { measure, at: 0, turn: turn + 1.0 }
        } else {
            Walk { measure, at, turn }
        }
    }

    fn point(&self) -> f64 {
        self.measure.points()[self.at] + TAU * self.turn
    }

    fn end(&self) -> f64 {
        self.measure.cumulative()[self.at] + self.turn
    }

    fn next(&mut self) {
        self.at += 1;
        if self.at == self.measure.len() {
            self.at = 0;
            self.turn += 1.0;
        }
    }
}

/// `C(alpha)`.
fn cost(a: &Sorted, b: &Sorted, alpha: f64) -> f64 {
    let (mut i, mut done, mut sum) = (0, 0.0, 0.0);
    let mut walk = Walk::from(b, alpha);
    while i < a.len() {
        let (u, v) = (a.cumulative()[i], walk.end() - alpha);
        let next = u.min(v);
        if next - done > ROUNDING {
            let distance = a.points()[i] - walk.point();
            sum += (next - done) * distance * distance;
            done = next;
        }
        i += usize::from(u <= next);
        if v <= next {
            walk.next();
        }
    }
    sum
}

/// The slope of `C` just above `alpha`: as the shift grows, each jump of `G^-1(u + alpha)` moves
/// down in `u`, and what lies just below it goes from the jump's lower to its upper point.
fn slope(a: &Sorted, b: &Sorted, alpha: f64) -> f64 {
    let mut walk = Walk::from(b, alpha);
    let mut sum = 0.0;
    let mut i = 0;
    for _ in 0..b.len() {
        let u = walk.end() - alpha;
        let lower = walk.point();
        walk.next();
        let upper = walk.point();
        // F^-1 just below u, in (0, 1].
        while i + 1 < a.len() && a.cumulative()[i] < u {
            i += 1;
        }
        let x = a.points()[i];
        sum += (upper - lower) * (upper + lower - 2.0 * x);
    }
    sum
}
