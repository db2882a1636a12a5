//! W Fig. 1: a network function and its knots; the particles in the plane, cut into regions.

use std::collections::BTreeSet;
use std::f64::consts::TAU;

use crate::math::even;
use crate::plot::color::{BLACK, BLUE};
use crate::plot::{Figure, PAGE};
use crate::system::text::digits;

use super::pictures::{column, curve, functions, knots, plane, points, sample_lines};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace};

pub const ITEM: Item = Item {
    name: "w-fig1",
    place: "W Fig. 1",
    claim: "f is piecewise linear and bends only at the knots b/a; in the (u, v) plane the lines of the \
            samples bound regions of one activation pattern",
    chosen: "six samples of a sine, 60 particles; again with ten noisy ones",
    work,
    picture,
};

/// Directions that are tried for their activation pattern.
const DIRECTIONS: usize = 200_000;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let noise = Job::new("w_fig1").called("noise").with("samples.noise", 1.0).with("samples.count", 10);
    let traces = stage.run_all(&[Job::new("w_fig1"), noise])?;
    let mut finding = Finding::default();
    let (mut bend, mut wrong, mut patterns) = (0f64, 0, vec![]);
    for trace in &traces {
        for snapshot in [0, trace.end()] {
            bend = bend.max(bend_between_knots(trace, snapshot));
            wrong += wrong_patterns(trace, snapshot);
        }
        patterns.push((pattern_count(trace), trace.x().len()));
    }
    let counts: Vec<String> = patterns.iter().map(|(found, s)| format!("{found} of {s} samples")).collect();
    finding.numbers = format!(
        "off a straight line between knots by {} of f at most; {wrong} particles outside the pattern of their \
         region; patterns: {}, where W counts 2s - 1",
        digits(bend, 3),
        counts.join(", ")
    );
    finding.needs("deviation from straight pieces between knots, of max |f|", bend, Bound::AtMost(1e-12));
    finding.needs("particles with another pattern than their region", wrong as f64, Bound::AtMost(0.0));
    let surplus = patterns.iter().map(|&(found, s)| found as f64 - (2 * s - 1) as f64).sum::<f64>();
    finding.should("patterns more than 2s - 1, both runs", surplus, Bound::Within(0.0, 0.0));
    finding.remarks.push(
        "2s regions: one of them, in which no sample is active, is missing in W's count (section 3.1)".into(),
    );
    let trace = &traces[0];
    let particles = &trace.particles[trace.end()];
    let plane = |coordinate: fn(f64) -> f64| -> Vec<f64> {
        particles.r.iter().zip(&particles.theta).map(|(r, theta)| r.abs() * coordinate(*theta)).collect()
    };
    let knots: Vec<f64> = trace.knots(trace.end());
    let points = even::points(-1.25, 1.25, 501);
    finding.tables = vec![
        Table::new("function")
            .with("x", points.clone())
            .with("f", trace.values(trace.end(), &points))
            .with("knot", knots),
        Table::new("samples").with("x", trace.x()).with("y", trace.y()),
        Table::new("particles")
            .with("u", plane(f64::cos))
            .with("v", plane(f64::sin))
            .with("r", particles.r.clone()),
    ];
    Ok(finding)
}

/// Largest distance of `f`, half-way between two neighbouring knots, from the chord of the two,
/// in units of the largest `|f|`.
fn bend_between_knots(trace: &Trace, snapshot: usize) -> f64 {
    let (low, high) = (trace.x()[0], trace.x()[trace.x().len() - 1]);
    let mut ends: Vec<f64> = trace.knots(snapshot).into_iter().filter(|&k| trace.inside(k)).collect();
    ends.extend([low, high]);
    ends.sort_by(f64::total_cmp);
    // Knots closer than this are one: half-way between them is nowhere.
    ends.dedup_by(|later, kept| *later - *kept < 1e-9);
    let middles: Vec<f64> = ends.windows(2).map(|e| 0.5 * (e[0] + e[1])).collect();
    let (f, between) = (trace.values(snapshot, &ends), trace.values(snapshot, &middles));
    let size = f.iter().fold(1e-300, |most: f64, f| most.max(f.abs()));
    let off = |i: usize| (between[i] - 0.5 * (f[i] + f[i + 1])).abs();
    (0..middles.len()).map(off).fold(0.0, f64::max) / size
}

/// Which samples are active for a direction.
fn pattern(x: &[f64], theta: f64) -> Vec<bool> {
    let (sin, cos) = theta.sin_cos();
    x.iter().map(|x| x * cos + sin > 0.0).collect()
}

/// Free particles whose pattern, from the sign at every sample, is not that of their region.
fn wrong_patterns(trace: &Trace, snapshot: usize) -> usize {
    let (regions, particles) = (trace.regions(), &trace.particles[snapshot]);
    let expected = |k: usize| -> Vec<bool> {
        let active = regions.active(k);
        (0..trace.x().len()).map(|j| active.contains(&j)).collect()
    };
    let wrong = |i: &usize| {
        let place = particles.place[*i];
        place.is_free() && pattern(trace.x(), particles.theta[*i]) != expected(place.index())
    };
    (0..particles.theta.len()).filter(wrong).count()
}

/// Different patterns among many directions all around.
fn pattern_count(trace: &Trace) -> usize {
    let direction = |i: usize| TAU * (i as f64 + 0.5) / DIRECTIONS as f64;
    (0..DIRECTIONS).map(|i| pattern(trace.x(), direction(i))).collect::<BTreeSet<_>>().len()
}

fn picture(finding: &Finding) -> Figure {
    let x = column(finding, "samples", "x");
    let samples = points("samples", x.clone(), column(finding, "samples", "y"), BLACK, 3.6);
    let left = functions("function", "f, its knots (rings), the samples")
        .height(2.2)
        .with(curve(finding, "function", "x", "f", "", BLUE))
        .with(samples)
        .with(knots(finding, "function", "knot"));
    let mut right =
        plane(finding, "particles", "particles (blue: r > 0) and lines of the samples", 1.0).height(2.2);
    right.layers.insert(0, sample_lines(&x, 500.0));
    Figure::new("w-fig1").grid(2, PAGE).with(left).with(right)
}
