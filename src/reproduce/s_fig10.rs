//! S Fig. 10, top: spiky and flat starts.

use std::f64::consts::PI;

use crate::math::even;
use crate::plot::color::{BLUE, GREY, ORANGE};
use crate::plot::{Figure, PAGE};
use crate::system::text::digits;

use super::pictures::{curve, functions, samples};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "s-fig10",
    place: "S Fig. 10, top",
    claim: "a spiky and a standard start both fit the samples, but the spiky one generalises much worse: its roughness remains",
    chosen: "15 samples of a sine, 100 knots with delta-slopes of alternating sign; again with He's law, c times 1 and 10, \
             eight seeds",
    work,
    picture,
};

fn truth(x: f64) -> f64 {
    (PI * x).sin()
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(8, 2);
    let spiky = Job::new("s_fig10");
    let flat = Job::new("s_fig10").called("flat").with("measure.file", "\"s_fig10_flat.csv\"");
    let traces = stage.run_all(&[flat, spiky])?;
    let error = |trace: &Trace| trace.error(trace.end(), truth);
    let (of_flat, of_spiky) = (error(&traces[0]), error(&traces[1]));
    let mut finding = Finding::default();
    let mut drawn = vec![];
    for scale in [1.0, 10.0] {
        let job = |seed: u64| {
            let job = Job::new("s_fig10").called(format!("he_{scale}_seed{seed}")).without("measure.file");
            let job =
                job.without("measure.delta").with("measure.particles", 100).with("measure.law", "\"he\"");
            job.with("measure.output_scale", scale).with("measure.seed", seed)
        };
        let runs = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
        drawn.push(runs.iter().map(error).collect::<Vec<f64>>());
    }
    let roughness = |snapshot: usize| traces[1].spline(snapshot).roughness();
    let kept = roughness(traces[1].end()) / roughness(0);
    let loss = traces.iter().map(|trace| trace.last().loss).fold(0.0, f64::max);
    finding.numbers = format!(
        "training loss {} at most; rms error between samples: flat {}, spiky {}; He with c times 1, 10: {}; the spiky start keeps {} % \
         of its roughness",
        digits(loss, 3),
        digits(of_flat, 3),
        digits(of_spiky, 3),
        drawn.iter().map(|values| with_spread(values)).collect::<Vec<_>>().join(", "),
        digits(100.0 * kept, 3)
    );
    finding.needs("training loss of flat and spiky, larger", loss, Bound::AtMost(1e-3));
    finding.needs("error of spiky over flat", of_spiky / of_flat, Bound::AtLeast(5.0));
    let mean = |k: usize| spread(&drawn[k])[0];
    finding.needs("He's law: error with c times 10 over that with c", mean(1) / mean(0), Bound::AtLeast(2.0));
    finding.needs("roughness of the spiky start that remains", kept, Bound::Within(0.9, 1.1));
    let points = even::points(-1.0, 1.0, 1001);
    let mut table = Table::new("functions").with("x", points.clone());
    for (trace, name) in traces.iter().zip(["flat", "spiky"]) {
        table = table.with(format!("{name}_start"), trace.values(0, &points));
        table = table.with(format!("{name}_end"), trace.values(trace.end(), &points));
    }
    let truth: Vec<f64> = points.iter().map(|&x| truth(x)).collect();
    let first = &traces[0];
    finding.tables.push(table.with("truth", truth).with("sample_x", first.x()).with("sample_y", first.y()));
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let panel = |when: &str, title: &str| {
        functions(when, title)
            .height(1.7)
            .with(curve(finding, "functions", "x", &format!("spiky_{when}"), "spiky", ORANGE).width(0.8))
            .with(curve(finding, "functions", "x", &format!("flat_{when}"), "flat", BLUE))
            .with(curve(finding, "functions", "x", "truth", "target", GREY).dashed())
            .with(samples(finding, "functions"))
    };
    Figure::new("s-fig10")
        .grid(2, PAGE)
        .with(panel("start", "before training"))
        .with(panel("end", "after training"))
}
