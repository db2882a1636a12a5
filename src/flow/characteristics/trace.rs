//! Characteristics traced back to their feet, event by event.

use rayon::prelude::*;

use crate::flow::Flow;
use crate::flow::error::FlowError;
use crate::flow::field::Vec2;
use crate::flow::field_cubic::FieldCubic;
use crate::problem::{Regions, Samples};

use super::extrapolation::{self, State};
use super::motion::{Motion, across};
use super::residual_path::ResidualPath;

/// Where and when a density is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Mean-field time.
    pub time: f64,
    /// `r` of canonical particles, `c` of neurons.
    pub amplitude: f64,
    /// `d = (cos theta, sin theta)` of canonical particles, `w = (a, -b)` of neurons. Exactly on a
    /// boundary: the limit from the anticlockwise side.
    pub vector: Vec2,
}

/// The foot of a characteristic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Foot {
    /// Amplitude at the start, or where the characteristic ends.
    pub amplitude: f64,
    /// Vector there.
    pub vector: Vec2,
    /// Logarithm of the density now over that at the start.
    pub log_factor: f64,
    /// Where the characteristic comes from.
    pub source: Source,
}

/// Where a characteristic comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// From the start of the run.
    Start,
    /// From this boundary, which led away to this side: the density is 0. If anything passes here it was
    /// released from the line.
    Line(usize),
}

/// Steps of one characteristic within one step of the run that are surely enough.
const MOST_STEPS: usize = 100_000;
/// Shortest step, as a part of one of the run.
const SHORTEST: f64 = 1e-13;
/// Rounds of a search for a root.
const ROUNDS: usize = 100;

/// The feet of the characteristics through `points`, in parallel, to the same bits for any number of
/// threads.
///
/// * `tolerance`: of each step of a characteristic, relative; far below that of the run.
///
/// ```
/// use reluflow::flow::{Flow, Point, ResidualPath, Source, feet};
/// use reluflow::problem::Samples;
/// // One sample at x = 0 whose residual stays 2: g = (0, 2), and r = r_0 - 2 t along d = (0, 1).
/// let samples = Samples::new(&[0.0], &[0.0])?;
/// let path = ResidualPath::constant(vec![2.0], 1.0);
/// let point = Point { time: 1.0, amplitude: -1.5, vector: [0.0, 1.0] };
/// let foot = feet(&samples, &Flow::Canonical { tv: 0.0 }, &path, 1e-12, &[point])?[0];
/// assert!((foot.amplitude - 0.5).abs() < 1e-12 && foot.source == Source::Start);
/// // -Int r <g,d> dt = -Int (0.5 - 2 t) 2 dt = 1
/// assert!((foot.log_factor - 1.0).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Gradient descent, which is no flow; a path of other samples; points at times that the path does not
/// reach, or that are not finite; a characteristic that cannot be followed to the tolerance.
pub fn feet(
    samples: &Samples,
    flow: &Flow,
    path: &ResidualPath,
    tolerance: f64,
    points: &[Point],
) -> Result<Vec<Foot>, FlowError> {
    if matches!(flow, Flow::Descent { .. }) {
        return Err(FlowError::Path {
            time: 0.0,
            problem: "gradient descent takes steps and has no characteristics",
        });
    }
    if path.samples() != samples.len() {
        return Err(FlowError::Path { time: 0.0, problem: "it is that of other samples" });
    }
    for point in points {
        let Point { time, amplitude, vector } = *point;
        if !(0.0..=path.end()).contains(&time) {
            return Err(FlowError::Path { time, problem: "a point is at a time that it does not reach" });
        }
        if !(amplitude.is_finite() && vector[0].is_finite() && vector[1].is_finite()) {
            return Err(FlowError::Path { time, problem: "a point is not finite" });
        }
    }
    let regions = Regions::new(samples);
    let motion = Motion::new(flow);
    let mut traces: Vec<Trace> = points.iter().map(|point| Trace::new(&regions, path, point)).collect();
    for i in (0..path.steps()).rev() {
        let over = path.step(i);
        let field = FieldCubic::all(samples, &over, motion.kappa);
        let (begin, h) = (path.begin(i), over.h);
        let step = Step { regions: &regions, motion, field: &field, h, begin, tolerance };
        traces.par_iter_mut().filter(|trace| trace.step >= i && trace.time > begin).for_each(|trace| {
            trace.back(&step);
        });
    }
    traces.into_iter().map(Trace::foot).collect()
}

/// One step of the run, over which characteristics are followed.
struct Step<'a> {
    regions: &'a Regions,
    motion: Motion,
    /// `h g_k(u)`.
    field: &'a [FieldCubic],
    h: f64,
    begin: f64,
    tolerance: f64,
}

/// What a characteristic may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A boundary.
    Boundary(usize),
    /// `r = 0`, where the total-variation term jumps.
    Zero,
}

/// A characteristic on its way back.
#[derive(Debug, Clone)]
struct Trace {
    /// Step of the run in which it is, and its time.
    step: usize,
    time: f64,
    region: usize,
    /// Sign of the amplitude, for the total-variation term.
    sign: f64,
    state: State,
    /// What it has just come through, and has not left yet.
    on: Option<Event>,
    source: Source,
    failed: bool,
}

impl Trace {
    fn new(regions: &Regions, path: &ResidualPath, point: &Point) -> Trace {
        let [x, y] = point.vector;
        Trace {
            step: path.step_at(point.time),
            time: point.time,
            region: regions.region_of(libm::atan2(y, x)),
            sign: 1f64.copysign(point.amplitude + 0.0),
            state: [point.amplitude, x, y, 0.0],
            on: None,
            source: Source::Start,
            failed: false,
        }
    }

    fn foot(self) -> Result<Foot, FlowError> {
        if self.failed {
            let problem = "a characteristic cannot be followed to the tolerance";
            return Err(FlowError::Path { time: self.time, problem });
        }
        let [amplitude, x, y, log_factor] = self.state;
        Ok(Foot { amplitude, vector: [x, y], log_factor, source: self.source })
    }

    /// Back to the beginning of a step of the run.
    fn back(&mut self, step: &Step<'_>) {
        if self.source != Source::Start || self.failed {
            return;
        }
        let mut u = (self.time - step.begin) / step.h;
        let mut length = u;
        for _ in 0..MOST_STEPS {
            if u <= 0.0 || self.source != Source::Start {
                break;
            }
            length = length.min(u);
            let Some(end) = step.advance(self, u, length) else {
                length *= 0.4;
                if length < SHORTEST {
                    self.failed = true;
                    return;
                }
                continue;
            };
            match step.first_event(self, u, length, &end) {
                None => {
                    // The last step ends at 0 itself.
                    u = if length >= u { 0.0 } else { u - length };
                    self.state = step.motion.restored(end);
                    self.on = None;
                    length *= 2.0;
                }
                Some((event, at, state)) => {
                    u -= at;
                    self.state = step.motion.restored(state);
                    self.pass(step, event, u);
                    length = u;
                }
            }
        }
        self.failed |= u > 0.0 && self.source == Source::Start;
        self.time = if u > 0.0 { step.begin + u * step.h } else { step.begin };
    }

    /// At an event: on through it, or the end.
    fn pass(&mut self, step: &Step<'_>, event: Event, u: f64) {
        match event {
            Event::Boundary(b) => {
                let n = step.regions.normal(b);
                let other = if self.region == b { step.regions.above(b) } else { b };
                let across = |k: usize| {
                    let g = step.field[k].at(u);
                    g[0] * n[0] + g[1] * n[1]
                };
                let (before, after) = (across(other), across(self.region));
                // The dead region, whose field is 0, leads nowhere.
                if before * after <= 0.0 {
                    self.source = Source::Line(b);
                    return;
                }
                self.state[3] += libm::log(before / after);
                self.region = other;
            }
            Event::Zero => {
                let g = step.field[self.region].at(u);
                let pull = (g[0] * self.state[1] + g[1] * self.state[2]) / step.h;
                let tv = step.motion.tv * self.sign;
                self.state[3] += libm::log((-pull + tv) / (-pull - tv));
                self.state[0] = 0.0;
                self.sign = -self.sign;
            }
        }
        self.on = Some(event);
    }
}

impl Step<'_> {
    /// The trace `length` before `u`.
    fn advance(&self, trace: &Trace, u: f64, length: f64) -> Option<State> {
        let (field, sign) = (&self.field[trace.region], trace.sign);
        let rates = |u: f64, state: &State| self.motion.rates(field, self.h, sign, u, state);
        extrapolation::step(rates, u, &trace.state, -length, self.tolerance)
    }

    /// How far inside its region a state is as far as an event is concerned, and how fast it leaves it
    /// backwards in time.
    fn inside(&self, trace: &Trace, event: Event, u: f64, state: &State) -> (f64, f64) {
        let rate = self.motion.rates(&self.field[trace.region], self.h, trace.sign, u, state);
        match event {
            Event::Boundary(b) => {
                let n = self.regions.normal(b);
                // Of region k the boundary k - 1 is the lower one.
                let side = if b == trace.region { -1.0 } else { 1.0 };
                (side * across(state, n), side * across(&rate, n))
            }
            Event::Zero => (trace.sign * state[0], trace.sign * rate[0]),
        }
    }

    /// The first event on the way of length `length` back from `u` to `end`: how far back, and the state there.
    fn first_event(&self, trace: &Trace, u: f64, length: f64, end: &State) -> Option<(Event, f64, State)> {
        let boundaries = if self.motion.turns() && trace.region > 0 {
            [Some(Event::Boundary(trace.region - 1)), Some(Event::Boundary(trace.region))]
        } else {
            [None; 2]
        };
        let zero = (self.motion.tv > 0.0).then_some(Event::Zero);
        let mut first: Option<(Event, f64, State)> = None;
        for event in boundaries.into_iter().chain([zero]).flatten() {
            let Some((at, state)) = self.root(trace, event, u, length, end) else { continue };
            // In a half-plane both lines are reached at once; the direction tells which.
            if let Event::Boundary(b) = event {
                let d = self.regions.direction(b);
                if state[1] * d[0] + state[2] * d[1] < 0.0 {
                    continue;
                }
            }
            if first.as_ref().is_none_or(|(_, before, _)| at < *before) {
                first = Some((event, at, state));
            }
        }
        first
    }

    /// Where a trace first leaves its region through an event within a step that is so short that it turns
    /// back at most once.
    fn root(&self, trace: &Trace, event: Event, u: f64, length: f64, end: &State) -> Option<(f64, State)> {
        let (start, leaving) = self.inside(trace, event, u, &trace.state);
        let (last, leaving_last) = self.inside(trace, event, u - length, end);
        let from_it = trace.on == Some(event) || start <= 0.0;
        if from_it && trace.on != Some(event) && leaving > 0.0 {
            // The point lies on it.
            return Some((0.0, trace.state));
        }
        let turn =
            || self.search(trace, u, [0.0, length], |at, state| self.inside(trace, event, at, state).1);
        let bracket = match (from_it, last < 0.0) {
            (false, true) => [0.0, length],
            // Away from it and back; while it only moves away, what is negative is rounding.
            (true, true) if leaving_last > 0.0 => [turn()?.0, length],
            // Over it and back, perhaps.
            (false, false) if leaving > 0.0 && leaving_last < 0.0 => {
                let (at, state) = turn()?;
                if self.inside(trace, event, u - at, &state).0 >= 0.0 {
                    return None;
                }
                [0.0, at]
            }
            _ => return None,
        };
        self.search(trace, u, bracket, |at, state| self.inside(trace, event, at, state).0)
    }

    /// Where a function of `u` and the state changes its sign, between two distances back from `u`, by the
    /// Illinois method; a function that does not change it gives an end.
    fn search(
        &self,
        trace: &Trace,
        u: f64,
        between: [f64; 2],
        value: impl Fn(f64, &State) -> f64,
    ) -> Option<(f64, State)> {
        let at = |distance: f64| {
            let state = if distance > 0.0 { self.advance(trace, u, distance)? } else { trace.state };
            Some((value(u - distance, &state), state))
        };
        let [mut a, mut b] = between;
        let (mut fa, mut fb) = (at(a)?.0, at(b)?.0);
        for _ in 0..ROUNDS {
            if fb == 0.0 || fa == fb {
                break;
            }
            let c = (b - fb * (b - a) / (fb - fa)).clamp(between[0], between[1]);
            let (moved, fc) = ((c - b).abs(), at(c)?.0);
            if (fc > 0.0) == (fb > 0.0) {
                // The other end stays: half its value lets it move next time.
                fa *= 0.5;
            } else {
                (a, fa) = (b, fb);
            }
            (b, fb) = (c, fc);
            if moved <= 1e-15 * between[1] {
                break;
            }
        }
        Some((b, at(b)?.1))
    }
}
