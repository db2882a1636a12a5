//! S Thm 3 and Fig. 3: the loss along one knot.

use crate::landscape::{KnotSlice, SliceType, probe_types};
use crate::plot::color::{BLUE, GREEN, ORANGE};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace};

pub const ITEM: Item = Item {
    name: "s-fig3",
    place: "S Thm 3, Cor. 2, Fig. 3",
    claim: "the loss along one knot is continuous and piecewise quadratic with knots at the samples, each of which is a passthrough, a \
            repeller or an attractor by where the two parabolas beside it have their minima",
    chosen: "ten random samples, 400 canonical particles, eight draws of both (those of W Lemma 2); every snapshot, both facings and signs",
    work,
    picture,
};

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let draws: u64 = stage.pick(8, 3);
    let job = |seed: u64| {
        let job = Job::new("w_lemma2").called(format!("seed{seed}"));
        job.with("samples.seed", seed).with("measure.seed", seed)
    };
    let traces = stage.run_all(&(1..=draws).map(job).collect::<Vec<_>>())?;
    let mut count = Count::default();
    traces.iter().for_each(|trace| count.add(trace));
    let mut finding = Finding::default();
    let share = |part: usize| part as f64 / count.cases as f64;
    finding.numbers = format!(
        "{} cases: {} attractors, {} repellers; parabolas meet the loss to {} of it and types follow their minima in all; a small neuron \
         that turns with its amplitude fixed has the type that the run tells in all but {}, one whose knot moves with its delta-slope \
         fixed, as S has it, another type in {} %",
        count.cases,
        count.kinds[0],
        count.kinds[1],
        digits(count.off, 2),
        count.turning,
        digits(100.0 * share(count.knots), 3),
    );
    finding.needs("largest deviation of a parabola from the loss, relative", count.off, Bound::AtMost(1e-10));
    finding.needs("types that do not follow the minima", count.minima as f64, Bound::AtMost(0.0));
    finding.needs(
        "share of types of turning neurons that are not the run's",
        share(count.turning),
        Bound::AtMost(1e-3),
    );
    finding.should("share of types of knots that are not the run's", share(count.knots), Bound::AtMost(1e-3));
    finding.remarks.push(
        "S keeps the delta-slope while the knot moves, gradient flow the amplitude while the neuron turns: the slopes are Sum n_i rho_i and \
         Sum n_i rho_i <x_i, x_j> over the active samples, which agree in sign where <g, d> = 0, at rest"
            .into(),
    );
    finding.tables.extend(examples(&traces[0]));
    Ok(finding)
}

#[derive(Default)]
struct Count {
    cases: usize,
    /// Attractors, repellers.
    kinds: [usize; 2],
    /// Of a parabola.
    off: f64,
    minima: usize,
    turning: usize,
    knots: usize,
}

impl Count {
    fn add(&mut self, trace: &Trace) {
        let (samples, s) = (&trace.description.samples, trace.description.samples.len());
        for snapshot in &trace.snapshots {
            let rho = snapshot.residual.to_vec();
            let [turning, knots] = [true, false].map(|turning| probe_types(samples, &rho, turning));
            for b in 1..2 * s - 1 {
                for sign in 0..2 {
                    let class = snapshot.attractor[[b, sign]];
                    self.cases += 1;
                    self.kinds[0] += usize::from(class == SliceType::Attractor as i8);
                    self.kinds[1] += usize::from(class == SliceType::Repulsor as i8);
                    self.turning += usize::from(turning[b][sign] as i8 != class);
                    self.knots += usize::from(knots[b][sign] as i8 != class);
                }
            }
            for (right, mu) in [(true, 0.3), (true, -0.3), (false, 0.3), (false, -0.3)] {
                self.slice(samples, &rho, right, mu);
            }
        }
    }

    /// A neuron that is added: the loss itself at points of every interval, and the types by the minima.
    fn slice(&mut self, samples: &crate::problem::Samples, rho: &[f64], right: bool, mu: f64) {
        let (x, n, s) = (samples.x(), samples.weight(), samples.len());
        let slice = KnotSlice::new(samples, &with_neuron(x, rho, 0.07, mu, right), 0.07, mu, right);
        for beta in crate::math::even::points(x[0] - 0.3, x[s - 1] + 0.3, 41) {
            let moved = with_neuron(x, rho, beta, mu, right);
            let loss: f64 = moved.iter().zip(n).map(|(rho, n)| 0.5 * n * rho * rho).sum();
            self.off = self.off.max((slice.loss(beta) - loss).abs() / loss);
        }
        let types = slice.types();
        for j in 0..s {
            let (Some(m1), Some(m2)) = (slice.minimum(j), slice.minimum(j + 1)) else { continue };
            let expected = match (m1 < x[j], m2 < x[j]) {
                (true, false) => SliceType::Repulsor,
                (false, true) => SliceType::Attractor,
                _ => SliceType::Passthrough,
            };
            self.minima += usize::from(types[j] != expected);
        }
    }
}

/// Residuals with one neuron more.
fn with_neuron(x: &[f64], rho: &[f64], knot: f64, mu: f64, right: bool) -> Vec<f64> {
    let of = |x: f64| if (x > knot) == right { mu * (x - knot) } else { 0.0 };
    x.iter().zip(rho).map(|(x, rho)| rho + of(*x)).collect()
}

/// The loss along a knot at the start, with its attractors and repellers.
fn examples(trace: &Trace) -> Vec<Table> {
    let (samples, rho) = (&trace.description.samples, trace.snapshots[0].residual.to_vec());
    let x = samples.x();
    let mut tables = vec![];
    for (name, mu) in [("up", 0.3), ("down", -0.3)] {
        let slice = KnotSlice::new(samples, &with_neuron(x, &rho, 0.0, mu, true), 0.0, mu, true);
        let mut at = crate::math::even::points(x[0] - 0.1, x[x.len() - 1] + 0.1, 401);
        at.extend(x);
        at.sort_by(f64::total_cmp);
        let loss: Vec<f64> = at.iter().map(|beta| slice.loss(*beta)).collect();
        let types = slice.types();
        let of = |kind: SliceType| -> [Vec<f64>; 2] {
            let x: Vec<f64> = (0..x.len()).filter(|&j| types[j] == kind).map(|j| x[j]).collect();
            let loss = x.iter().map(|x| slice.loss(*x)).collect();
            [x, loss]
        };
        let ([a, at_a], [r, at_r]) = (of(SliceType::Attractor), of(SliceType::Repulsor));
        tables.push(
            Table::new(name)
                .with("knot", at)
                .with("loss", loss)
                .with("attractor", a)
                .with("loss_attractor", at_a)
                .with("repeller", r)
                .with("loss_repeller", at_r),
        );
    }
    tables
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("s-fig3");
    for (table, title) in [("up", "one more neuron, delta-slope 0.3"), ("down", "delta-slope −0.3")] {
        let of = |x: &str, y: &str| (column(finding, table, x), column(finding, table, y));
        let ((a, at_a), (r, at_r)) = (of("attractor", "loss_attractor"), of("repeller", "loss_repeller"));
        let panel = Panel::new(table, Axis::new("knot"), Axis::new("loss"))
            .title(title)
            .height(1.3)
            .with(curve(finding, table, "knot", "loss", "loss", BLUE))
            .with(points("attractors", a, at_a, GREEN, 4.0).label("attractors"))
            .with(points("repellers", r, at_r, ORANGE, 4.0).label("repellers"));
        figure = figure.with(panel);
    }
    figure
}
