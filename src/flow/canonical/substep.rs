//! Free motion inside one region from one point on, and where on it something happens.

use crate::flow::events::particles::Point;
use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;
use crate::math::trig::{sin_cos, sin_cos_small};

use super::motion::{contribution, demand, growth, is_stiff, rates, runge_kutta, seen};
use super::particle::Particle;
use super::radau;
use super::step_tables::StepTables;

/// Free motion from one point, for any length up to the end of the step.
pub struct Substep {
    field: FieldCubic,
    u: f64,
    /// Amplitude at the start.
    pub r: f64,
    sin: f64,
    cos: f64,
    tv: f64,
    start: Vec2,
    /// Rates of `r` and `theta` at the start.
    pub start_rate: Vec2,
    /// See [`demand`]: at the start.
    pub demand: f64,
    /// See [`growth`]: at the start.
    pub growth: f64,
    /// Whether it is followed by an implicit method.
    pub implicit: bool,
}

/// The end of a substep.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// Amplitude.
    pub r: f64,
    /// Angle turned since the start.
    pub phi: f64,
    /// Rates of `r` and `theta`.
    pub rate: Vec2,
    /// Largest angle of any Runge-Kutta stage.
    pub turn: f64,
    /// See [`demand`]: at the end.
    pub demand: f64,
    /// See [`growth`]: at the end.
    pub growth: f64,
    /// Changes of `r` and `theta` at the nodes of an implicit substep.
    change: [Vec2; 3],
    /// Estimate of the error of an implicit substep.
    pub error: f64,
}

impl End {
    /// Where on an implicit substep (as a share of its length) `r` (component 0) or `theta` (1) turns back,
    /// and how much it has changed there.
    pub fn extremes(&self, component: usize) -> Vec<(f64, f64)> {
        let [a, b, c] = radau::cubic(self.change.map(|change| change[component]));
        // Roots of a + 2 b v + 3 c v^2, without cancellation.
        let half = -(b + (b * b - 3.0 * a * c).sqrt().copysign(b));
        [half / (3.0 * c), a / half]
            .into_iter()
            .filter(|&v| v > 0.0 && v < 1.0)
            .map(|v| (v, v * (a + v * (b + v * c))))
            .collect()
    }
}

impl Substep {
    /// From `particle`, free at time `u`.
    pub fn new(tables: &StepTables<'_>, particle: &Particle, u: f64, with_tv: bool) -> Substep {
        let (sin, cos) = sin_cos(particle.theta);
        let tv = if with_tv { tables.tv.copysign(particle.r) } else { 0.0 };
        let field = tables.field[particle.place.index()];
        let start = seen(field.at(u), sin, cos);
        let start_rate = rates(particle.r, 0.0, 1.0, start, tv);
        Substep {
            field,
            u,
            r: particle.r,
            sin,
            cos,
            tv,
            start,
            start_rate,
            demand: demand(particle.r, start),
            growth: growth(particle.r, start),
            implicit: is_stiff(particle.r, start, 1.0 - u, tables.turn),
        }
    }

    fn seen_at(&self, u: f64) -> Vec2 {
        seen(self.field.at(u), self.sin, self.cos)
    }

    /// The end of a substep of length `du`; NaN where the equations of an implicit substep have no solution near by,
    /// because it is too long.
    pub fn advance(&self, du: f64) -> End {
        if self.implicit {
            return self.advance_implicitly(du);
        }
        let g = [self.start, self.seen_at(self.u + 0.5 * du), self.seen_at(self.u + du)];
        let (r, phi, turn) = runge_kutta(self.r, g, self.tv, du);
        let (sin, cos) = sin_cos_small(phi);
        End { turn, ..self.end([r, phi], g[2], (sin, cos)) }
    }

    fn advance_implicitly(&self, du: f64) -> End {
        let at = radau::NODES.map(|node| self.seen_at(self.u + node * du));
        let nothing = radau::Stages { change: [[f64::NAN; 2]; 3], error: f64::NAN };
        let stages = radau::stages(self.r, self.start, at, self.tv, du).unwrap_or(nothing);
        let [dr, phi] = stages.change[2];
        let end = self.end([self.r + dr, phi], at[2], sin_cos(phi));
        End { change: stages.change, error: stages.error, ..end }
    }

    fn end(&self, [r, phi]: Vec2, g: Vec2, (sin, cos): (f64, f64)) -> End {
        let rate = rates(r, sin, cos, g, self.tv);
        let g = seen(g, sin, cos);
        let (demand, growth) = (demand(r, g), growth(r, g));
        End { r, phi, rate, turn: 0.0, demand, growth, change: [[0.0; 2]; 3], error: 0.0 }
    }

    /// The length in `(0, du]` at which rate `component` (0: of `r`, 1: of `theta`), which has
    /// opposite signs at 0 and `du`, vanishes. The slope is not at hand: bisection with secants.
    pub fn turning(&self, du: f64, component: usize) -> (f64, End) {
        let (mut low, mut high) = (0.0, du);
        let sign = self.start_rate[component].signum();
        let mut at_low = self.start_rate[component].abs();
        let mut end = self.advance(high);
        let mut at_high = sign * end.rate[component];
        for i in 0..60 {
            let secant = low + (high - low) * at_low / (at_low - at_high);
            // Every third time the middle, because with secants alone one end may never move.
            let middle = if i % 3 == 2 { 0.5 * (low + high) } else { secant };
            // Past the turn by 1e-6 of the substep at most, where what turns is stationary: it changes by 1e-12 of its way.
            if !(middle > low && middle < high) || high - low < 1e-6 * du {
                break;
            }
            let there = self.advance(middle);
            let f = sign * there.rate[component];
            if f > 0.0 {
                (low, at_low) = (middle, f);
            } else {
                (high, at_high, end) = (middle, f, there);
            }
        }
        // The high end: past the turn by rounding, so that the next substep does not turn again.
        (high, end)
    }

    /// The length in `[0, du]` at which `f`, not positive at 0 and positive at `end` of `du`,
    /// vanishes, and the end there; its slope is `sign` times rate `component`. Newton inside a
    /// bracket.
    pub fn reach(
        &self,
        du: f64,
        mut end: End,
        f: impl Fn(&End) -> f64,
        component: usize,
        sign: f64,
    ) -> (f64, End) {
        let (mut low, mut high, mut at) = (0.0, du, du);
        for _ in 0..80 {
            let (value, slope) = (f(&end), sign * end.rate[component]);
            if value > 0.0 {
                high = at;
            } else {
                low = at;
            }
            if value == 0.0 {
                break;
            }
            let newton = at - value / slope;
            let bracketed = newton > low && newton < high;
            let next = if bracketed { newton } else { 0.5 * (low + high) };
            // Newton doubles the digits: after a step this small the next one is below rounding.
            let last = (bracketed && (next - at).abs() <= 1e-8 * du) || high - low <= 1e-15 * du;
            at = next;
            end = self.advance(at);
            if last {
                break;
            }
        }
        (at, end)
    }

    /// Quadrature of the contributions to the moments along a substep of length `du`: Simpson's rule with the
    /// middle by cubic Hermite interpolation, or the method's own.
    pub fn contributions<const TV: bool>(&self, mass: f64, du: f64, end: &End) -> [Point; 3] {
        let point = |weight: f64, node: f64, [r, phi]: Vec2| {
            let (s, c) = sin_cos(phi);
            let (sin, cos) = (self.sin * c + self.cos * s, self.cos * c - self.sin * s);
            let r = r.copysign(if TV { self.tv } else { r });
            let moments = contribution::<TV>(mass, r, sin, cos, [0.0; 2]);
            Point { weight: weight * du, u: self.u + node * du, moments }
        };
        if self.implicit {
            return std::array::from_fn(|i| {
                let [dr, phi] = end.change[i];
                point(radau::MATRIX[2][i], radau::NODES[i], [self.r + dr, phi])
            });
        }
        let start_rate = self.start_rate;
        let r = 0.5 * (self.r + end.r) + du / 8.0 * (start_rate[0] - end.rate[0]);
        let phi = 0.5 * end.phi + du / 8.0 * (start_rate[1] - end.rate[1]);
        [
            point(1.0 / 6.0, 0.0, [self.r, 0.0]),
            point(2.0 / 3.0, 0.5, [r, phi]),
            point(1.0 / 6.0, 1.0, [end.r, end.phi]),
        ]
    }
}
