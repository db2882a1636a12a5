//! S Fig. 7: knots, their clusters, and the factor `psi` of their motion at five times.

use std::f64::consts::PI;

use crate::math::even;
use crate::plot::color::{BLUE, VERMILION};
use crate::plot::{Axis, Figure, Layer, PAGE, Panel};
use crate::system::text::digits;

use super::pictures::{curve, functions, knots, samples};
use super::potential::psi as knot_drift;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "s-fig7",
    place: "S Fig. 7",
    claim: "psi becomes small with zeros at the strongest curvature after some training; knots cluster there, and spread out \
            again once the data are fitted",
    chosen: "40 samples of a cosine with three extrema, 200 neurons, alpha = 0.3, eight seeds; again with two extrema, and with \
             alpha = 1",
    work,
    picture,
};

/// A knot is at an extremum within this distance.
const NEAR: f64 = 0.05;
/// Snapshots: 0, 1000, 4000, 10000, 100000 steps.
const STEPS: [u64; 5] = [0, 1000, 4000, 10_000, 100_000];

/// Name, frequency, phase, alpha.
const SETTINGS: [(&str, f64, f64, f64); 3] =
    [("", 0.75, 0.5 * PI, 0.3), ("two_extrema", 0.75, 0.0, 0.3), ("alpha_1", 0.75, 0.5 * PI, 1.0)];

/// The factor of the motion of right-facing knots in a snapshot.
fn psi(trace: &Trace, snapshot: usize, beta: f64) -> f64 {
    knot_drift(trace.x(), &trace.snapshots[snapshot].residual.to_vec(), beta)
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(8, 2);
    let mut finding = Finding::default();
    // Of each setting: share of slope changes at the extrema at the five times, by seed.
    let mut shares: Vec<Vec<Vec<f64>>> = vec![];
    for (name, frequency, phase, alpha) in SETTINGS {
        let job = |seed: u64| {
            let job = Job::new("s_fig7").called(format!("{name}_seed{seed}")).with("measure.seed", seed);
            let job = job.with("samples.phase", phase).with("flow.balance", alpha);
            if stage.small {
                job.with("measure.particles", 100).with("flow.learning_rate", 2e-4)
            } else {
                job
            }
        };
        let traces = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
        let extrema = extrema(frequency, phase);
        let share =
            |k: usize| traces.iter().map(|trace| share_near(trace, k, &extrema)).collect::<Vec<f64>>();
        shares.push((0..5).map(share).collect());
        if name.is_empty() {
            let size = |k: usize| traces.iter().map(|trace| largest(trace, k)).collect::<Vec<f64>>();
            let sizes: Vec<f64> = (0..5).map(|k| spread(&size(k))[0]).collect();
            finding.numbers = format!(
                "largest |psi| {} at 0, 1000, 4000, 10000, 100000 steps",
                sizes.iter().map(|size| digits(*size, 3)).collect::<Vec<_>>().join(", ")
            );
            finding.needs(
                "largest |psi| at 100000 steps over that at 1000",
                sizes[4] / sizes[1],
                Bound::AtMost(0.2),
            );
            let off: Vec<f64> = traces.iter().map(|trace| worst_zero(trace, 2, &extrema)).collect();
            finding.needs(
                "4000 steps: distance of an extremum from the nearest zero of psi, largest, mean of seeds",
                spread(&off)[0],
                Bound::AtMost(0.12),
            );
            for (k, steps) in STEPS.iter().enumerate() {
                finding.tables.push(moment(&traces[0], k, *steps));
            }
        }
    }
    let mean = |setting: usize, k: usize| spread(&shares[setting][k])[0];
    finding.numbers += &format!(
        "; share of curvature at the extrema {}",
        shares[0].iter().map(|values| with_spread(values)).collect::<Vec<_>>().join(", ")
    );
    for (setting, name) in [(0, "as chosen"), (1, "two extrema")] {
        let peak = mean(setting, 2).max(mean(setting, 3));
        finding.needs(
            format!("share at the extrema at 4000 or 10000 steps over that at the start ({name})"),
            peak / mean(setting, 0),
            Bound::AtLeast(2.0),
        );
        finding.needs(
            format!("share at 100000 steps over the largest before: clusters spread ({name})"),
            mean(setting, 4) / peak,
            Bound::AtMost(0.8),
        );
    }
    let plain = mean(2, 2).max(mean(2, 3)) / mean(2, 0);
    finding.should("share at the extrema over that at the start with alpha = 1", plain, Bound::AtLeast(2.0));
    finding.tables.push(
        Table::new("share_at_extrema")
            .with("step", STEPS.map(|step| step as f64))
            .with("alpha_0.3", (0..5).map(|k| mean(0, k)).collect::<Vec<_>>())
            .with("two_extrema", (0..5).map(|k| mean(1, k)).collect::<Vec<_>>())
            .with("alpha_1", (0..5).map(|k| mean(2, k)).collect::<Vec<_>>()),
    );
    finding.remarks.push(
        "clusters need a start in which knots can move: alpha = 0.3; with alpha = 1 they hardly form".into(),
    );
    Ok(finding)
}

/// Extrema of `sin(2 pi frequency x + phase)` within the range of the samples.
fn extrema(frequency: f64, phase: f64) -> Vec<f64> {
    let at = |k: i32| ((f64::from(k) + 0.5) * PI - phase) / (2.0 * PI * frequency);
    (-20..20).map(at).filter(|x| x.abs() < 0.999).collect()
}

/// Share of `Sum |mu_i|` within the range of the samples that lies near an extremum.
fn share_near(trace: &Trace, snapshot: usize, extrema: &[f64]) -> f64 {
    let spline = trace.spline(snapshot);
    let (mut near, mut all) = (0.0, 0.0);
    for knot in spline.knots().iter().filter(|knot| trace.inside(knot.at)) {
        all += knot.delta_slope.abs();
        if extrema.iter().any(|x| (knot.at - x).abs() <= NEAR) {
            near += knot.delta_slope.abs();
        }
    }
    near / all
}

fn largest(trace: &Trace, snapshot: usize) -> f64 {
    even::points(-1.0, 1.0, 801).iter().map(|&beta| psi(trace, snapshot, beta).abs()).fold(0.0, f64::max)
}

/// How far the extremum that is worst off is from a zero of `psi`.
fn worst_zero(trace: &Trace, snapshot: usize, extrema: &[f64]) -> f64 {
    let points = even::points(-1.0, 1.0, 2001);
    let values: Vec<f64> = points.iter().map(|&beta| psi(trace, snapshot, beta)).collect();
    let zeros: Vec<f64> =
        (1..points.len()).filter(|&i| values[i - 1] * values[i] < 0.0).map(|i| points[i]).collect();
    let off = |x: &f64| zeros.iter().map(|zero| (zero - x).abs()).fold(2.0, f64::min);
    extrema.iter().map(off).fold(0.0, f64::max)
}

/// Function, `psi` and knots of one moment.
fn moment(trace: &Trace, snapshot: usize, steps: u64) -> Table {
    let points = even::points(-1.0, 1.0, 401);
    Table::new(format!("step_{steps}"))
        .with("x", points.clone())
        .with("f", trace.values(snapshot, &points))
        .with("psi", points.iter().map(|&beta| psi(trace, snapshot, beta)).collect::<Vec<_>>())
        .with("sample_x", trace.x())
        .with("sample_y", trace.y())
        .with("knot", trace.knots(snapshot))
}

fn picture(finding: &Finding) -> Figure {
    let mut figure =
        Figure::new("s-fig7").grid(5, PAGE).note("Above: fit, knots (rings), samples. Below: ψ.");
    for steps in STEPS {
        let table = format!("step_{steps}");
        let mut panel = functions(&format!("fit {steps}"), &format!("{steps} steps"));
        panel.y = panel.y.range(-1.8, 1.8);
        figure = figure.with(
            panel
                .with(curve(finding, &table, "x", "f", "", BLUE))
                .with(samples(finding, &table).size(1.8))
                .with(knots(finding, &table, "knot")),
        );
    }
    for steps in STEPS {
        let table = format!("step_{steps}");
        let panel = Panel::new(format!("psi {steps}"), Axis::new("β"), Axis::new("ψ(β)")).height(1.0);
        figure = figure.with(
            panel
                .with(Layer::horizontal("zero", vec![0.0]))
                .with(curve(finding, &table, "x", "psi", "", VERMILION)),
        );
    }
    figure
}
