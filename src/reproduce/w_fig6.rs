//! W Fig. 6: trajectories at `delta = +-inf`.

use crate::math::even;
use crate::plot::color::{BLUE, GREY};
use crate::plot::{Figure, Mark, PAGE};
use crate::system::text::digits;

use super::pictures::{column, curve, empty_plane, functions, knots, paths, reach, sample_lines, samples};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "w-fig6",
    place: "W Fig. 6",
    claim: "1000 neurons on ten points of a square wave: at delta = -inf they move radially and knots stay; at \
            delta = inf knots stick to samples",
    chosen: "half a period of the wave, start function near zero, 10000 steps at rate 0.3; five seeds; again with a \
             whole period",
    work,
    picture,
};

const NEAR: f64 = 0.02;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(5, 1);
    let job = |layers: &str, delta: f64, seed: u64| {
        let job = Job::new("w_fig6").called(format!("{layers}_seed{seed}")).with("measure.seed", seed);
        job.with("flow.layers", format!("\"{layers}\"")).with("measure.delta", delta)
    };
    let radial = stage.run_all(&(1..=seeds).map(|seed| job("output", -1.0, seed)).collect::<Vec<_>>())?;
    let mut sticking: Vec<Job> = (1..=seeds).map(|seed| job("hidden", 1.0, seed)).collect();
    sticking.push(job("hidden", 1.0, 1).called("period").with("samples.frequency", 1.0));
    let mut sticking = stage.run_all(&sticking)?;
    let other = sticking.pop().expect("it was pushed");
    let mut finding = Finding::default();
    let turned = radial.iter().map(most_turned).fold(0.0, f64::max);
    let share = |traces: &[Trace], end: bool| -> Vec<f64> {
        traces.iter().map(|t| t.share_at_samples(if end { t.end() } else { 0 }, NEAR)).collect()
    };
    let (start, stuck) = (share(&sticking, false), share(&sticking, true));
    finding.numbers = format!(
        "delta = -inf: no neuron turns by more than {} rad; delta = inf: {} of the knots end within 2 % of a sample \
         distance from a sample, where {} start",
        digits(turned, 3),
        with_spread(&stuck),
        digits(spread(&start)[0], 3)
    );
    finding.needs("delta = -inf: largest angle by which a neuron turns (rad)", turned, Bound::AtMost(1e-12));
    finding.needs(
        "delta = inf: share of knots at samples, mean of seeds",
        spread(&stuck)[0],
        Bound::AtLeast(0.4),
    );
    finding.needs(
        "delta = inf: that share over the one at the start",
        spread(&stuck)[0] / spread(&start)[0],
        Bound::AtLeast(8.0),
    );
    finding.should(
        "delta = inf, a whole period: share of knots at samples",
        other.share_at_samples(other.end(), NEAR),
        Bound::AtLeast(0.4),
    );
    for (trace, name) in [(&radial[0], "minf"), (&sticking[0], "inf")] {
        finding.tables.extend(pictured(trace, name));
    }
    Ok(finding)
}

/// The largest angle between the directions of a neuron at start and end.
fn most_turned(trace: &Trace) -> f64 {
    let (start, end) = (&trace.particles[0].theta, &trace.particles[trace.end()].theta);
    // Directions where c has changed sign are the same.
    start.iter().zip(end).map(|(a, b)| (a - b).sin().abs()).fold(0.0, f64::max)
}

/// Function at the end with knots, and paths of fifty neurons.
fn pictured(trace: &Trace, name: &str) -> [Table; 2] {
    let points = even::points(-1.0, 1.0, 401);
    let mut paths = Table::new(format!("paths_{name}"));
    let step = (trace.particles[0].r.len() / 50).max(1);
    for i in (0..trace.particles[0].r.len()).step_by(step) {
        let at = |f: fn(f64) -> f64| -> Vec<f64> {
            trace.particles.iter().map(|p| p.r[i].abs() * f(p.theta[i])).collect()
        };
        paths = paths.with(format!("u{i}"), at(f64::cos)).with(format!("v{i}"), at(f64::sin));
    }
    [
        Table::new(format!("function_{name}"))
            .with("x", points.clone())
            .with("f", trace.values(trace.end(), &points))
            .with("sample_x", trace.x())
            .with("sample_y", trace.y())
            .with("knot_start", trace.knots(0))
            .with("knot", trace.knots(trace.end())),
        paths,
    ]
}

fn picture(finding: &Finding) -> Figure {
    let mut figure =
        Figure::new("w-fig6").grid(2, PAGE).note("Right: paths of fifty neurons, which end in discs.");
    for (name, title) in [("minf", "δ = −∞"), ("inf", "δ = ∞")] {
        let table = format!("function_{name}");
        let fit = functions(&table, &format!("{title}: fit, knots (rings)"))
            .height(1.7)
            .with(curve(finding, &table, "x", "f", "", BLUE))
            .with(samples(finding, &table))
            .with(knots(finding, &table, "knot"));
        let x: Vec<f64> = column(finding, &table, "sample_x");
        let [lines, ends] = paths(finding, &format!("paths_{name}"), BLUE);
        let limit = match &ends.mark {
            Mark::Points { x, y, .. } => reach(x.iter().zip(y).map(|(u, v)| u.hypot(*v)).collect(), 0.95),
            _ => 1.0,
        };
        let plane = empty_plane(&format!("plane_{name}"), &format!("{title}: paths"), limit)
            .height(1.7)
            .with(sample_lines(&x, 2.0 * limit).color(GREY))
            .with(lines.width(0.4))
            .with(ends);
        figure = figure.with(fit).with(plane);
    }
    figure
}
