//! W Fig. 8: fewer neurons adapt more.

use crate::math::even;
use crate::plot::color::{BLUE, VERMILION};
use crate::plot::{Axis, Figure, PAGE, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, functions, knots, points, samples};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "w-fig8",
    place: "W Fig. 8",
    claim: "from PyTorch's start, 20 neurons adapt to 20 samples of a sine more than 200, and those more than 2000, \
            because delta grows as m falls",
    chosen: "alpha = 1, 10000 steps at rate 0.1 / m, eight seeds; c ~ U(-1/sqrt(m), 1/sqrt(m)) as in PyTorch, and U(-1/m, 1/m) \
             as printed",
    work,
    picture,
};

const WIDTHS: [u64; 3] = [20, 200, 2000];

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(8, 2);
    let mut finding = Finding::default();
    let mut way = Table::new("adaptation").with("m", WIDTHS.map(|m| m as f64));
    let mut told = vec![];
    let mut pytorch = vec![];
    for law in ["pytorch", "printed"] {
        let (mut ways, mut deltas) = (vec![], vec![]);
        for m in WIDTHS {
            let factor = if law == "pytorch" { 1.0 } else { 1.0 / (m as f64).sqrt() };
            let traces = runs(stage, law, m, factor, seeds)?;
            ways.push(traces.iter().map(|t| t.knot_travel(t.end())).collect::<Vec<_>>());
            deltas.push(spread(&traces.iter().map(mean_delta).collect::<Vec<_>>())[0]);
            if law == "pytorch" {
                finding.tables.push(function(&traces[0], m));
            }
        }
        let mean: Vec<f64> = ways.iter().map(|ways| spread(ways)[0]).collect();
        for k in 1..3 {
            finding.needs(
                format!(
                    "{law}: median way of a knot at m = {} over that at m = {}",
                    WIDTHS[k],
                    WIDTHS[k - 1]
                ),
                mean[k] / mean[k - 1],
                Bound::AtMost(0.95),
            );
        }
        finding.should(
            format!("{law}: mean delta at m = 20 less that at m = 2000, of its size"),
            (deltas[0] - deltas[2]) / deltas[2].abs(),
            Bound::AtLeast(0.5),
        );
        let listed: Vec<String> = ways.iter().map(|ways| with_spread(ways)).collect();
        told.push(format!(
            "{law}: median way of a knot {} at m = 20, 200, 2000, mean delta {}, {}, {}",
            listed.join(", "),
            digits(deltas[0], 3),
            digits(deltas[1], 3),
            digits(deltas[2], 3)
        ));
        way = way.with(format!("{law}_way"), mean.clone()).with(format!("{law}_delta"), deltas);
        if law == "pytorch" {
            pytorch = mean;
        }
    }
    // The c of 20 neurons for 2000 of them: the same delta.
    let control = runs(stage, "control", 2000, 10.0, seeds)?;
    let ways: Vec<f64> = control.iter().map(|t| t.knot_travel(t.end())).collect();
    told.push(format!("2000 neurons with the delta of 20: {}", with_spread(&ways)));
    finding.should(
        "way of a knot of 2000 neurons with the delta of 20, over that of the 20",
        spread(&ways)[0] / pytorch[0],
        Bound::AtLeast(0.5),
    );
    finding.numbers = told.join("; ");
    finding.tables.push(way);
    finding.remarks.push(
        "fewer neurons do adapt more, but not because of delta, which hardly changes: f = Sum c [a x - b]_+ \
         (alpha = 1) makes kappa = m, and each neuron of many has to move less"
            .into(),
    );
    Ok(finding)
}

fn runs(stage: &Stage, law: &str, m: u64, factor: f64, seeds: u64) -> Result<Vec<Trace>, ReproduceError> {
    let job = |seed: u64| {
        let job = Job::new("w_fig8").called(format!("{law}_{m}_seed{seed}")).with("measure.particles", m);
        let job = job.with("measure.output_scale", factor).with("measure.seed", seed);
        job.with("flow.learning_rate", 0.1 / m as f64)
    };
    stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())
}

fn mean_delta(trace: &Trace) -> f64 {
    let delta = &trace.description.delta;
    delta.iter().sum::<f64>() / delta.len() as f64
}

fn function(trace: &Trace, m: u64) -> Table {
    let points = even::points(-1.0, 1.0, 401);
    Table::new(format!("function_{m}"))
        .with("x", points.clone())
        .with("f", trace.values(trace.end(), &points))
        .with("sample_x", trace.x())
        .with("sample_y", trace.y())
        .with("knot_start", trace.knots(0))
        .with("knot_end", trace.knots(trace.end()))
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("w-fig8").grid(2, PAGE).note("Last: median way of a knot, mean of seeds.");
    for m in WIDTHS {
        let table = format!("function_{m}");
        figure = figure.with(
            functions(&table, &format!("{m} neurons"))
                .with(curve(finding, &table, "x", "f", "", BLUE))
                .with(samples(finding, &table))
                .with(knots(finding, &table, "knot_end")),
        );
    }
    let mut panel =
        Panel::new("adaptation", Axis::new("m").log(), Axis::new("way of a knot").log()).height(1.3);
    for (name, label, color) in
        [("pytorch_way", "c ~ U / √m (PyTorch)", BLUE), ("printed_way", "c ~ U / m (as printed)", VERMILION)]
    {
        let (m, way) = (column(finding, "adaptation", "m"), column(finding, "adaptation", name));
        panel = panel.with(curve(finding, "adaptation", "m", name, label, color)).with(points(
            &format!("{name} points"),
            m,
            way,
            color,
            4.0,
        ));
    }
    figure.with(panel)
}
