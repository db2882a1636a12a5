//! W Fig. 2: local trajectories at `delta` = -100, 0, 100.

use crate::plot::color::BLUE;
use crate::plot::{Figure, PAGE};

use super::pictures::{empty_plane, paths as path_layers};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, with_spread};

pub const ITEM: Item = Item {
    name: "w-fig2",
    place: "W Fig. 2",
    claim: "neurons move radially at delta = -100, along the gradient at delta = 100, and both ways at \
            delta = 0",
    chosen: "one sample, so that the gradient keeps its direction; 200 neurons, three seeds; again with the \
             sample at x = 2",
    work,
    picture,
};

/// `delta`, end of the run, name.
const DELTAS: [(f64, f64, &str); 3] = [(-100.0, 0.004, "m100"), (0.0, 0.4, "0"), (100.0, 0.004, "100")];

/// Mean angles (degrees) between the way of the neurons and the two directions.
struct Angles {
    radial: f64,
    gradient: f64,
    /// At `delta = 0`: how far the way is from the one that W eq. 21 gives for short times.
    predicted: f64,
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds = stage.pick(3, 1);
    let mut finding = Finding::default();
    let mut told = vec![];
    for (delta, end, name) in DELTAS {
        let job = |seed: u64| {
            let job = Job::new("w_fig2").called(format!("{name}_seed{seed}"));
            job.with("measure.delta", delta).with("measure.seed", seed).with("time.end", end)
        };
        let mut jobs: Vec<Job> = (1..=seeds).map(job).collect();
        jobs.push(job(1).called("x2").with("samples.x", "[2.0]"));
        let traces = stage.run_all(&jobs)?;
        let angles: Vec<Angles> = traces.iter().map(angles).collect();
        let most = |f: fn(&Angles) -> f64| angles.iter().map(f).fold(0.0, f64::max);
        let least = |f: fn(&Angles) -> f64| angles.iter().map(f).fold(f64::INFINITY, f64::min);
        let of = |f: fn(&Angles) -> f64| with_spread(&angles.iter().map(f).collect::<Vec<_>>());
        told.push(format!(
            "delta = {delta}: {} deg to the radius, {} deg to the gradient",
            of(|a| a.radial),
            of(|a| a.gradient)
        ));
        match name {
            "m100" => finding.needs(
                "mean angle to the radius at delta = -100 (deg), worst run",
                most(|a| a.radial),
                Bound::AtMost(1.0),
            ),
            "100" => finding.needs(
                "mean angle to the gradient at delta = 100 (deg), worst run",
                most(|a| a.gradient),
                Bound::AtMost(1.0),
            ),
            _ => {
                finding.needs(
                    "mean angle to the radius at delta = 0 (deg), least",
                    least(|a| a.radial),
                    Bound::AtLeast(5.0),
                );
                finding.needs(
                    "mean angle to the gradient at delta = 0 (deg), least",
                    least(|a| a.gradient),
                    Bound::AtLeast(5.0),
                );
                finding.needs(
                    "mean angle to the first motion by W eq. 21 at delta = 0 (deg)",
                    most(|a| a.predicted),
                    Bound::AtMost(2.0),
                );
            }
        }
        finding.tables.push(paths(&traces[0], name, 60));
    }
    finding.numbers = told.join("; ");
    finding.remarks.push(
        "at delta = 0 W eq. 21 makes the part along the radius twice as fast as the part across it, which the \
         runs follow"
            .into(),
    );
    Ok(finding)
}

/// `(|r| cos theta, |r| sin theta)`, W eq. 6.
fn place(trace: &Trace, snapshot: usize, i: usize) -> [f64; 2] {
    let (r, theta) = (trace.particles[snapshot].r[i].abs(), trace.particles[snapshot].theta[i]);
    [r * theta.cos(), r * theta.sin()]
}

/// Neurons that are active from first to last and keep their sign.
fn followed(trace: &Trace) -> Vec<usize> {
    let x = trace.x()[0];
    let active = |snapshot: usize, i: usize| {
        let theta: f64 = trace.particles[snapshot].theta[i];
        x * theta.cos() + theta.sin() > 0.0
    };
    let r = |snapshot: usize, i: usize| trace.particles[snapshot].r[i];
    let all = |i: &usize| {
        let kept = |snapshot: usize| active(snapshot, *i) && r(snapshot, *i) * r(0, *i) > 0.0;
        (0..=trace.end()).all(kept)
    };
    (0..trace.particles[0].r.len()).filter(all).collect()
}

fn angles(trace: &Trace) -> Angles {
    let size = |v: [f64; 2]| v[0].hypot(v[1]);
    // Between lines: without regard to the sense of the motion.
    let angle = |v: [f64; 2], w: [f64; 2]| {
        let across = v[0] * w[1] - v[1] * w[0];
        (across / (size(v) * size(w))).abs().min(1.0).asin().to_degrees()
    };
    let gradient = [trace.x()[0], 1.0];
    let (mut sums, mut count) = ([0.0; 3], 0.0);
    for i in followed(trace) {
        let start = place(trace, 0, i);
        let way = |snapshot: usize| {
            let now = place(trace, snapshot, i);
            [now[0] - start[0], now[1] - start[1]]
        };
        // delta = 0: the part along the radius counts twice.
        let along = (gradient[0] * start[0] + gradient[1] * start[1]) / size(start).powi(2);
        let first = [gradient[0] + along * start[0], gradient[1] + along * start[1]];
        let end = way(trace.end());
        sums[0] += angle(end, start);
        sums[1] += angle(end, gradient);
        sums[2] += angle(way(1), first);
        count += 1.0;
    }
    Angles { radial: sums[0] / count, gradient: sums[1] / count, predicted: sums[2] / count }
}

/// Paths of some neurons: columns `u0`, `v0`, `u1`, ...
fn paths(trace: &Trace, name: &str, most: usize) -> Table {
    let mut table = Table::new(format!("paths_{name}"));
    for (k, i) in followed(trace).into_iter().take(most).enumerate() {
        let path: Vec<[f64; 2]> = (0..=trace.end()).map(|snapshot| place(trace, snapshot, i)).collect();
        table = table.with(format!("u{k}"), path.iter().map(|p| p[0]).collect::<Vec<_>>());
        table = table.with(format!("v{k}"), path.iter().map(|p| p[1]).collect::<Vec<_>>());
    }
    table
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("w-fig2").grid(3, PAGE).note("Paths end in discs. The gradient is along v.");
    for (delta, _, name) in DELTAS {
        let table = format!("paths_{name}");
        let mut panel = empty_plane(&table, &format!("δ = {delta}").replace('-', "−"), 1.2)
            .with_all(path_layers(finding, &table, BLUE));
        panel.y = panel.y.range(-0.1, 1.5);
        figure = figure.with(panel);
    }
    figure
}
