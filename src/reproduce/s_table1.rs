//! S Table 1: knots where the data are.

use crate::math::even;
use crate::plot::color::{BLUE, GREY};
use crate::plot::{Figure, PAGE};
use crate::system::text::digits;

use super::pictures::{curve, functions, knots};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "s-table1",
    place: "S Table 1",
    claim: "the standard start fits sin(x) badly away from the origin; knots uniform over the data rescue it, with less \
            effect on a quadratic",
    chosen: "three periods, 100 samples, 100 neurons, 20000 steps, eight seeds; again with 400 neurons, and with five times \
             the steps",
    work,
    picture,
};

/// Half the range of the data.
const REACH: f64 = 3.0 * std::f64::consts::PI;

/// A setting: name, neurons, steps.
const SETTINGS: [(&str, u64, u64); 3] = [("", 100, 20_000), ("wide", 400, 20_000), ("long", 100, 100_000)];

fn truth(function: &str, x: f64) -> f64 {
    if function == "sine" { x.sin() } else { 2.0 * (x / REACH).powi(2) }
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(8, 2);
    let settings = stage.pick(SETTINGS.len(), 1);
    let mut finding = Finding::default();
    let mut told = vec![];
    // Ratios standard over uniform of the mean test losses, by setting: sine, quadratic.
    let mut gains: Vec<[f64; 2]> = vec![];
    let mut table =
        Table::new("test_loss").with("setting", (0..settings).map(|i| i as f64).collect::<Vec<_>>());
    let mut columns = [vec![], vec![], vec![], vec![]];
    for (setting, neurons, steps) in SETTINGS.into_iter().take(settings) {
        let mut means = vec![];
        for function in ["sine", "quadratic"] {
            for start in ["standard", "uniform"] {
                let job = |seed: u64| job(function, start, setting, neurons, steps, seed);
                let traces = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
                let losses: Vec<f64> =
                    traces.iter().map(|t| t.error(t.end(), |x| truth(function, x)).powi(2)).collect();
                if setting.is_empty() {
                    told.push(format!("{function}, {start}: {}", with_spread(&losses)));
                    finding.tables.push(fit(&traces[0], function, start));
                }
                columns[means.len()].push(spread(&losses)[0]);
                means.push(spread(&losses)[0]);
            }
        }
        gains.push([means[0] / means[1], means[2] / means[3]]);
    }
    for (name, column) in
        ["sine_standard", "sine_uniform", "quadratic_standard", "quadratic_uniform"].iter().zip(columns)
    {
        table = table.with(*name, column);
    }
    finding.tables.push(table);
    finding.numbers = format!("test loss (mean square) {}", told.join("; "));
    for ((setting, _, _), [sine, quadratic]) in SETTINGS.iter().zip(&gains) {
        let name = if setting.is_empty() { "as chosen" } else { setting };
        finding.needs(format!("sine: standard over uniform ({name})"), *sine, Bound::AtLeast(4.0));
        finding.needs(
            format!("gain on the sine over gain on the quadratic ({name})"),
            sine / quadratic,
            Bound::AtLeast(2.0),
        );
    }
    finding.remarks.push(format!(
        "gains, standard over uniform: sine {}, quadratic {}",
        gains.iter().map(|g| digits(g[0], 3)).collect::<Vec<_>>().join(", "),
        gains.iter().map(|g| digits(g[1], 3)).collect::<Vec<_>>().join(", ")
    ));
    Ok(finding)
}

fn job(function: &str, start: &str, setting: &str, neurons: u64, steps: u64, seed: u64) -> Job {
    let mut job = Job::new("s_table1").called(format!("{function}_{start}{setting}_seed{seed}"));
    if function == "quadratic" {
        job = job.with("samples.function", "\"quadratic\"").with("samples.amplitude", 2.0 / (REACH * REACH));
        job = job.without("samples.frequency");
    }
    if start == "uniform" {
        job = job.with("measure.law", "\"two-sided\"").with("measure.b_bound", REACH);
        job = job.with("measure.c_law", "\"normal\"").with("measure.hidden_scale", 2f64.sqrt());
        job = job.with("measure.output_scale", (2.0 / neurons as f64).sqrt());
    }
    job.with("measure.particles", neurons)
        .with("measure.seed", seed)
        .with("flow.learning_rate", format!("{:e}", 2e-4 / neurons as f64))
        .with("time.steps", steps)
}

fn fit(trace: &Trace, function: &str, start: &str) -> Table {
    let points = even::points(-REACH, REACH, 601);
    Table::new(format!("{function}_{start}"))
        .with("x", points.clone())
        .with("f", trace.values(trace.end(), &points))
        .with("truth", points.iter().map(|&x| truth(function, x)).collect::<Vec<_>>())
        .with("knot", trace.knots(trace.end()))
}

fn picture(finding: &Finding) -> Figure {
    let mut figure =
        Figure::new("s-table1").grid(2, PAGE).note("Dashed: the target. Rings: knots within the range.");
    for function in ["sine", "quadratic"] {
        for (start, title) in [("standard", "He's start"), ("uniform", "uniform knots")] {
            let table = format!("{function}_{start}");
            figure = figure.with(
                functions(&table, &format!("{function}, {title}"))
                    .with(curve(finding, &table, "x", "truth", "", GREY).dashed())
                    .with(curve(finding, &table, "x", "f", "", BLUE))
                    .with(knots(finding, &table, "knot")),
            );
        }
    }
    figure
}
