//! After the papers: noise on labels makes gradient descent look for sparse functions.

use crate::plot::color::{BLUE, GREY, VERMILION};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::{curve, samples};
use super::trace::Trace;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, spread, with_spread};

pub const ITEM: Item = Item {
    name: "a-label-noise",
    place: "Blanc et al. 2020; Damian, Ma and Lee 2021",
    claim: "noise on the labels drives gradient descent along the interpolants to where the trace of the tangent kernel is small, and \
            with it to functions that bend less; without it, and as lazy, the network stays where it first interpolates",
    chosen: "six points of |x| cut off below, 100 neurons as PyTorch starts them, 400000 steps at learning rate 0.01, noise 0.3, five \
             seeds; the least Int |f''| of all interpolants is 2",
    work,
    picture,
};

const NOISE: [f64; 2] = [0.0, 0.3];

/// Trace of the kernel over that at the start, `Int |f''|` among the samples, loss.
fn measure(trace: &Trace) -> [f64; 3] {
    let kernel = |i: usize| {
        let eigenvalues = trace.snapshots[i].tangent_kernel_eigenvalues.as_ref();
        eigenvalues.map_or(f64::NAN, |values| values.sum())
    };
    let (low, high) = (trace.x()[0], trace.x()[trace.x().len() - 1]);
    [kernel(trace.end()) / kernel(0), trace.spline(trace.end()).slope_variation(low, high), trace.last().loss]
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(5, 1);
    let steps: u64 = stage.pick(400_000, 150_000);
    let job = |noise: f64, seed: u64| {
        let job = Job::new("a_label_noise").called(format!("{noise}_seed{seed}")).with("measure.seed", seed);
        let job = job.with("flow.label_noise", format!("{noise:?}")).with("flow.seed", seed + 100);
        job.with("time.steps", steps).with("output.snapshots", format!("{{ every_steps = {} }}", steps / 40))
    };
    let jobs: Vec<Job> =
        NOISE.iter().flat_map(|&noise| (1..=seeds).map(move |seed| job(noise, seed))).collect();
    let traces = stage.run_all(&jobs)?;
    let (plain, noisy) = traces.split_at(seeds as usize);
    let column =
        |traces: &[Trace], k: usize| -> Vec<f64> { traces.iter().map(|trace| measure(trace)[k]).collect() };
    let mut finding = Finding {
        numbers: format!(
            "trace of the kernel, of that at the start: {} with noise, {} without; Int |f''| among the samples {} with, {} without, 2 at \
             least; loss without noise {} at most",
            with_spread(&column(noisy, 0)),
            with_spread(&column(plain, 0)),
            with_spread(&column(noisy, 1)),
            with_spread(&column(plain, 1)),
            digits(column(plain, 2).into_iter().fold(0.0, f64::max), 2)
        ),
        ..Finding::default()
    };
    let mean = |traces: &[Trace], k: usize| spread(&column(traces, k))[0];
    finding.needs(
        "trace with noise, of that at the start",
        mean(noisy, 0),
        Bound::AtMost(stage.pick(0.1, 0.3)),
    );
    finding.needs("trace without, of that at the start", mean(plain, 0), Bound::Within(0.9, 1.1));
    // Noise keeps the network off the interpolants, so that it stays above the least.
    let excess = |traces: &[Trace]| mean(traces, 1) - 2.0;
    finding.needs(
        "Int |f''| above the least, with noise over without",
        excess(noisy) / excess(plain),
        Bound::AtMost(stage.pick(0.5, 0.75)),
    );
    finding.needs("Int |f''| without", mean(plain, 1), Bound::AtLeast(2.4));
    finding.needs(
        "largest loss without noise",
        column(plain, 2).into_iter().fold(0.0, f64::max),
        Bound::AtMost(1e-12),
    );
    let grid: Vec<f64> = (0..=400).map(|i| -1.2 + 2.4 * f64::from(i) / 400.0).collect();
    finding.tables.push(
        Table::new("function")
            .with("x", grid.clone())
            .with("plain", plain[0].values(plain[0].end(), &grid))
            .with("noisy", noisy[0].values(noisy[0].end(), &grid))
            .with("start", plain[0].values(0, &grid))
            .with("sample_x", plain[0].x())
            .with("sample_y", plain[0].y()),
    );
    let course = |trace: &Trace| -> Vec<f64> {
        let of =
            |i: usize| trace.snapshots[i].tangent_kernel_eigenvalues.as_ref().map_or(f64::NAN, |v| v.sum());
        (0..trace.snapshots.len()).map(|i| of(i) / of(0)).collect()
    };
    let count = traces[0].snapshots.len();
    finding.tables.push(
        Table::new("trace")
            .with("step", (0..count).map(|i| traces[0].snapshots[i].step as f64).collect::<Vec<_>>())
            .with("plain", course(&plain[0]))
            .with("noisy", course(&noisy[0])),
    );
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let functions = Panel::new("function", Axis::new("x"), Axis::new("f(x)"))
        .height(1.5)
        .with(curve(finding, "function", "x", "start", "start", GREY).dashed())
        .with(curve(finding, "function", "x", "plain", "without noise", BLUE))
        .with(curve(finding, "function", "x", "noisy", "with noise on labels", VERMILION))
        .with(samples(finding, "function"));
    let trace = Panel::new("trace", Axis::new("step"), Axis::new("tr K / tr K₀").log())
        .height(1.1)
        .with(curve(finding, "trace", "step", "plain", "without noise", BLUE))
        .with(curve(finding, "trace", "step", "noisy", "with noise", VERMILION));
    Figure::new("a-label-noise").with(functions).with(trace)
}
