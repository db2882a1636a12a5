//! What the field holds on a boundary is not released (sections 6 and 15).

use crate::flow::interface::{Interface, Margins};
use crate::flow::{Flow, Vec2};
use crate::problem::{PlaceKind, Regions, Samples};
use crate::run::{Description, Snapshot};

use super::Checker;
use super::columns::Columns;
use super::field::Field;
use super::table::Law;

/// By how much `tr(K_t N)` between two snapshots may exceed that at the ends.
const SAFETY: f64 = 2.0;

/// Differences of the energy below this share of it are rounding.
const ENERGY_ROUNDING: f64 = 64.0 * f64::EPSILON;

impl Checker<'_> {
    /// What the field holds on a boundary stays there.
    pub(super) fn releases(&mut self, now: &Snapshot, p: &Columns<'_>, trace: Option<f64>) {
        let Description { samples, mass, flow, tolerance, .. } = self.description;
        let (Some(before), Some(held)) = (&self.previous, self.held.columns(p)) else { return };
        let (Some(then), Some(trace)) = (self.trace, trace) else { return };
        let interval = Interval {
            samples,
            regions: &self.regions,
            flow,
            before,
            now,
            trace: [then, trace],
            eps: tolerance * self.scale,
        };
        let released = interval.released([&held, p], mass);
        self.note(Law::Held, released, now.time);
    }
}

/// Two snapshots and what lies between them.
pub(super) struct Interval<'a> {
    pub samples: &'a Samples,
    pub regions: &'a Regions,
    pub flow: &'a Flow,
    pub before: &'a Snapshot,
    pub now: &'a Snapshot,
    /// `tr(K_t N)` at both.
    pub trace: [f64; 2],
    /// The error that is admitted in a residual.
    pub eps: f64,
}

impl Interval<'_> {
    /// Mass that was pinned before, is not now, and cannot have been released in between.
    ///
    /// A particle is counted if its amplitude cannot have changed its sign (and its weights cannot have
    /// vanished), and if the velocity towards either side stayed below half the margin of section 15:
    /// the run sees the field to within less than the other half.
    fn released(&self, p: [&Columns<'_>; 2], mass: &[f64]) -> f64 {
        let [before, now] = p;
        let left = |i: &usize| {
            let (was, is) = (before.place[*i], now.place[*i]);
            let on_line = matches!(is.kind(), PlaceKind::Pinned | PlaceKind::StuckPinned);
            was.kind() == PlaceKind::Pinned && !(on_line && is.index() == was.index())
        };
        let mut left = (0..now.place.len()).filter(left).peekable();
        if left.peek().is_none() {
            return 0.0;
        }
        let bounds = Bounds::new(self);
        let held = left.filter(|&i| {
            let b = before.place[i].index();
            let amplitude = if before.c.is_empty() { before.r[i] } else { before.c[i] };
            bounds.hold(b, amplitude.signum()) && self.keeps_sign(before, i, bounds.pull(b))
        });
        // What is not a number is another law's.
        held.map(|i| mass[before.index[i]]).sum()
    }

    /// A bound on how far the residuals moved, in the norm `sqrt(Sum_j n_j v_j^2)`:
    /// `|d rho/dt|^2 <= lambda_max |velocity|^2`, and the energy falls by `Int |velocity|^2 dt`.
    fn moved(&self) -> f64 {
        let elapsed = self.now.time - self.before.time;
        let energy = |s: &Snapshot| s.loss + s.penalty;
        let rounding = ENERGY_ROUNDING * energy(self.before);
        let lost = energy(self.before) - energy(self.now);
        let rate = self.before.energy_dissipation.max(self.now.energy_dissipation);
        let lost = if lost > rounding { lost } else { rounding.min(SAFETY * rate * elapsed) };
        (SAFETY * self.trace[0].max(self.trace[1]) * elapsed * lost).sqrt()
    }

    /// Whether the amplitude of particle `i`, and the weights of a neuron, stay away from 0 while it
    /// slides in a field whose integral along the line is at most `pull`.
    fn keeps_sign(&self, p: &Columns<'_>, i: usize, pull: f64) -> bool {
        if p.c.is_empty() {
            return p.r[i].abs() > pull;
        }
        let (c, l) = (p.c[i].abs(), libm::hypot(p.a[i], p.b[i]));
        // Under weight decay the field acts on what one layer would be without it: it grows against that.
        let growth = libm::exp(self.flow.decay() * (self.now.time - self.before.time));
        match self.flow.moves() {
            // A boost of rapidity `pull`.
            (true, true) => c > l * libm::tanh(pull) && l > c * libm::tanh(pull),
            (true, false) => c > l * pull * growth,
            _ => l > c * pull * growth,
        }
    }
}

/// What is known of the field in an interval.
pub(super) struct Bounds<'a> {
    interval: &'a Interval<'a>,
    margins: Margins,
    /// `kappa g_k` at both ends.
    g: [Vec<Vec2>; 2],
    /// `Sum_{j active in k} n_j xt_j xt_j^T`: xx, xy, yy.
    gram: Vec<[f64; 3]>,
    /// `kappa` times the bound on the motion of the residuals.
    moved: f64,
}

impl<'a> Bounds<'a> {
    pub fn new(interval: &'a Interval<'a>) -> Bounds<'a> {
        let (samples, kappa) = (interval.samples, interval.flow.kappa());
        let g = [interval.before, interval.now].map(|snapshot| {
            let field = Field::new(samples, &snapshot.residual.to_vec());
            field.g.iter().map(|g| g.map(|g| kappa * g)).collect()
        });
        Bounds {
            interval,
            margins: Margins::new(samples, kappa, 0.5 * interval.eps),
            g,
            gram: grams(samples),
            moved: kappa * interval.moved(),
        }
    }

    /// How far the component of `g_k` along a unit vector may have moved.
    fn change(&self, k: usize, [x, y]: Vec2) -> f64 {
        let [xx, xy, yy] = self.gram[k];
        (x * x * xx + 2.0 * x * y * xy + y * y * yy).max(0.0).sqrt() * self.moved
    }

    /// Whether boundary `b` held what has this sign of the amplitude all the time.
    pub fn hold(&self, b: usize, sign: f64) -> bool {
        let regions = self.interval.regions;
        let outward = [0, 1].map(|end| {
            let g: &[Vec2] = &self.g[end];
            Interface::new(regions, b, sign, |k| g[k], |k| self.margins.of(k)).outward()
        });
        [b, regions.above(b)].into_iter().enumerate().all(|(side, k)| {
            let least = outward[0][side].min(outward[1][side]);
            least + self.change(k, regions.normal(b)) < 0.0
        })
    }

    /// A bound on `Int |<g, d>| dt` along boundary `b`, the total-variation term included.
    pub fn pull(&self, b: usize) -> f64 {
        let regions = self.interval.regions;
        let (k, d) = (regions.inactive_side(b), regions.direction(b));
        let along = |end: usize| (self.g[end][k][0] * d[0] + self.g[end][k][1] * d[1]).abs();
        let most = along(0).min(along(1)) + self.change(k, d) + self.interval.flow.tv();
        most * (self.interval.now.time - self.interval.before.time)
    }
}

/// `Sum_{j active in k} n_j xt_j xt_j^T` of every region, in `O(s)`.
fn grams(samples: &Samples) -> Vec<[f64; 3]> {
    let (x, n, s) = (samples.x(), samples.weight(), samples.len());
    let mut gram = vec![[0.0; 3]; 2 * s];
    let add = |sum: &mut [f64; 3], j: usize| {
        *sum = [sum[0] + n[j] * x[j] * x[j], sum[1] + n[j] * x[j], sum[2] + n[j]];
        *sum
    };
    let (mut right, mut left) = ([0.0; 3], [0.0; 3]);
    for i in 0..s {
        gram[i + 1] = add(&mut right, s - 1 - i);
        if i + 1 < s {
            gram[2 * s - 1 - i] = add(&mut left, i);
        }
    }
    gram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grams_are_sums_over_the_active() {
        let samples = Samples::new(&[-2.0, 0.5, 0.5, 3.0], &[0.0; 4]).unwrap();
        let regions = Regions::new(&samples);
        for (k, gram) in grams(&samples).into_iter().enumerate() {
            let mut expected = [0.0; 3];
            for j in regions.active(k) {
                let (x, n) = (samples.x()[j], samples.weight()[j]);
                expected = [expected[0] + n * x * x, expected[1] + n * x, expected[2] + n];
            }
            for i in 0..3 {
                assert!((gram[i] - expected[i]).abs() < 1e-14, "{k}");
            }
        }
    }
}
