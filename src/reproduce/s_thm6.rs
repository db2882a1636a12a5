//! S Thm 6: what moves a knot and a delta-slope under gradient flow.

use crate::flow::Flow;
use crate::plot::color::{BLUE, GREY};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::problem::{PlaceKind, Samples};
use crate::run::Simulation;
use crate::system::text::digits;

use super::in_process::{neurons, run, two_sided};
use super::pictures::{column, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-thm6",
    place: "S Thm 6",
    claim: "under gradient flow of the weights a knot moves by d beta/dt = (c / a) (g_0 + beta g_1) and a delta-slope by d mu/dt = \
            -(c^2 + a^2) g_1 + a b g_0, with the sums g_1 = Sum rho_j x_j, g_0 = Sum rho_j over the samples on the neuron's active side",
    chosen: "a lifted run of 400 neurons, 8 samples, kappa = 1; from its start and from t = 1, difference quotients over 1e-3 / 2^k, \
             extrapolated",
    work,
    picture,
};

const X: [f64; 8] = [-1.0, -0.75, -0.4, -0.1, 0.2, 0.45, 0.8, 1.0];
const TIMES: [f64; 2] = [0.0, 1.0];
const STEPS: [f64; 4] = [1e-3, 0.5e-3, 0.25e-3, 0.125e-3];
const LAST: usize = STEPS.len() - 1;
const NAMES: [&str; 2] = ["knots", "delta-slopes"];

/// Of knots and of delta-slopes: how far difference quotients are from the laws.
#[derive(Default)]
struct Deviations {
    used: usize,
    held: usize,
    /// Largest, by step.
    by_step: [[f64; STEPS.len()]; 2],
    /// Largest, extrapolated to steps of no length.
    extrapolated: [f64; 2],
    law: [Vec<f64>; 2],
    measured: [Vec<f64>; 2],
}

/// Knot and delta-slope.
fn spline([c, a, b]: [f64; 3]) -> [f64; 2] {
    [b / a, c * a]
}

/// The right sides of the laws.
fn laws(samples: &Samples, rho: &[f64], [c, a, b]: [f64; 3]) -> [f64; 2] {
    let (mut g_1, mut g_0) = (0.0, 0.0);
    for (x, rho) in samples.x().iter().zip(rho).filter(|(x, _)| a * **x - b > 0.0) {
        g_1 += rho * x;
        g_0 += rho;
    }
    [c / a * (g_0 + b / a * g_1), -(c * c + a * a) * g_1 + a * b * g_0]
}

/// Which samples are active.
fn pattern([_, a, b]: [f64; 3]) -> [bool; 8] {
    X.map(|x| a * x - b > 0.0)
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let samples = Samples::new(&X, &X.map(|x: f64| (3.0 * x).sin())).expect("finite");
    let m = stage.pick(400, 100);
    let to =
        |time: f64| run(stage, &samples, two_sided(m, 1.2, 6), Flow::Lifted { kappa: 1.0, decay: 0.0 }, time);
    let mut found = Deviations::default();
    for time in TIMES {
        let before = to(time)?;
        let mut after = vec![];
        for step in STEPS {
            after.push(neurons(&to(time + step)?));
        }
        found.add(&samples, &before, &after);
    }
    Ok(found.finding())
}

impl Deviations {
    /// `after`: neurons a step later, by step.
    fn add(&mut self, samples: &Samples, before: &Simulation, after: &[Vec<[f64; 3]>]) {
        let (rho, state) = (before.stepper().residual(), before.state());
        for (i, z) in neurons(before).into_iter().enumerate() {
            // One that meets a sample within the longest step has two laws in it.
            if state.place()[state.position_of(i)].kind() != PlaceKind::Free
                || pattern(z) != pattern(after[0][i])
            {
                self.held += 1;
                continue;
            }
            self.used += 1;
            let (now, law) = (spline(z), laws(samples, rho, z));
            for q in 0..2 {
                let quotient = |k: usize| (spline(after[k][i])[q] - now[q]) / STEPS[k];
                let off = |k: usize| quotient(k) - law[q];
                for k in 0..STEPS.len() {
                    self.by_step[q][k] = self.by_step[q][k].max(off(k).abs());
                }
                self.extrapolated[q] = self.extrapolated[q].max((2.0 * off(LAST) - off(LAST - 1)).abs());
                self.law[q].push(law[q]);
                self.measured[q].push(quotient(LAST));
            }
        }
    }

    /// Order in the step of the deviation of one of the two.
    fn order(&self, q: usize) -> f64 {
        (self.by_step[q][0] / self.by_step[q][LAST]).log2() / LAST as f64
    }

    fn finding(self) -> Finding {
        let mut finding = Finding {
            numbers: format!(
                "{} states of neurons ({} more are pinned or meet a sample): difference quotients approach the laws with order {} (knots) \
                 and {} (delta-slopes), extrapolated they are {} and {} away, of up to {} and {}",
                self.used,
                self.held,
                digits(self.order(0), 3),
                digits(self.order(1), 3),
                digits(self.extrapolated[0], 2),
                digits(self.extrapolated[1], 2),
                digits(largest(&self.law[0]), 3),
                digits(largest(&self.law[1]), 3),
            ),
            ..Finding::default()
        };
        for (q, name) in NAMES.into_iter().enumerate() {
            finding.needs(format!("order of the deviation, {name}"), self.order(q), Bound::Within(0.9, 1.1));
            let share = self.extrapolated[q] / largest(&self.law[q]);
            finding.needs(format!("deviation extrapolated, {name}, relative"), share, Bound::AtMost(1e-5));
            let table = Table::new(name).with("law", self.law[q].clone());
            finding.tables.push(table.with("measured", self.measured[q].clone()));
        }
        finding.remarks.push(
            "a neuron pinned to a sample is held there while both sides point at it: its knot obeys neither side's law".into(),
        );
        finding
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

fn picture(finding: &Finding) -> Figure {
    let panel = |name: &str, axes: [&str; 2]| {
        let (law, measured) = (column(finding, name, "law"), column(finding, name, "measured"));
        let ends = law.iter().fold([0.0f64; 2], |[low, high], v| [low.min(*v), high.max(*v)]);
        Panel::new(name, Axis::new(axes[0]), Axis::new(axes[1]))
            .height(1.4)
            .with(Layer::line("equal", ends.to_vec(), ends.to_vec()).color(GREY).width(0.8))
            .with(points(name, law, measured, BLUE, 1.6))
    };
    Figure::new("s-thm6")
        .with(panel(NAMES[0], ["law of dβ/dt", "dβ/dt, measured"]))
        .with(panel(NAMES[1], ["law of dμ/dt", "dμ/dt, measured"]))
}
