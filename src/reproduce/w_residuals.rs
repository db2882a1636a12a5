//! W section 3.1: residuals go to zero.

use crate::plot::color::{BLUE, GREEN, VERMILION};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::system::text::digits;

use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread};

pub const ITEM: Item = Item {
    name: "w-residuals",
    place: "W 3.1",
    claim: "where convergence is global, the loss and with it all residuals go to zero",
    chosen: "1000 canonical particles, five samples of a sine until t = 1000, eight seeds; ten samples until t = 10000; ten \
             particles on ten samples",
    work,
    picture,
};

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(8, 2);
    let job = |what: &str, seed: u64| {
        let job = Job::new("w_residuals").called(format!("{what}_seed{seed}")).with("measure.seed", seed);
        let job = if stage.small { job.with("measure.particles", 200) } else { job };
        let long = stage.pick("1e4", "1e3");
        match what {
            "ten" => {
                let job = job.with("samples.count", 10).with("samples.frequency", 0.75);
                job.with("time.end", long).with("measure.particles", 300).with("time.tolerance", 1e-5)
            }
            "narrow" => {
                let job = job.with("samples.count", 10).with("samples.frequency", 0.75);
                job.with("measure.particles", 10).with("time.tolerance", 1e-5)
            }
            _ => job,
        }
    };
    let runs =
        |what: &str, seeds: u64| stage.run_all(&(1..=seeds).map(|seed| job(what, seed)).collect::<Vec<_>>());
    let wide = runs("five", seeds)?;
    let ten = runs("ten", stage.pick(4, 1))?;
    let narrow = runs("narrow", stage.pick(12, 4))?;
    let left = |trace: &Trace| trace.last().loss / trace.snapshots[0].loss;
    let most = |traces: &[Trace]| traces.iter().map(left).fold(0.0, f64::max);
    let residual =
        |trace: &Trace| trace.last().residual.iter().fold(0.0, |most: f64, rho| most.max(rho.abs()));
    let ode = wide
        .iter()
        .flat_map(|trace| &trace.snapshots)
        .map(|s| s.residual.iter().zip(&s.residual_ode).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max));
    let stuck = narrow.iter().filter(|trace| left(trace) > 0.1).count();
    let mut finding = Finding::default();
    let largest: Vec<f64> = wide.iter().map(residual).collect();
    finding.numbers = format!(
        "loss falls to {} of its start at most, largest residual {} (mean of seeds); ten samples: to {} at t = {}; ten particles: {} \
         of {} seeds keep more than a tenth",
        digits(most(&wide), 3),
        digits(spread(&largest)[0], 3),
        digits(most(&ten), 3),
        digits(ten[0].last().time, 3),
        stuck,
        narrow.len()
    );
    finding.needs("loss at the end over loss at the start, worst seed", most(&wide), Bound::AtMost(1e-4));
    finding.needs(
        "residuals of particles less those of their ODE, largest",
        ode.fold(0.0, f64::max),
        Bound::AtMost(1e-4),
    );
    finding.needs(
        "ten samples: loss at the end over that at the start, worst seed",
        most(&ten),
        Bound::AtMost(0.05),
    );
    finding.should("ten samples: the same, to be called zero", most(&ten), Bound::AtMost(1e-4));
    finding.should(
        "share of ten-particle runs that keep a tenth of the loss",
        stuck as f64 / narrow.len() as f64,
        Bound::AtMost(0.0),
    );
    finding.remarks.push(
        "ten samples are learnt mode by mode, the last ones slowly; with as few particles as samples some runs never get \
         there, as W's assumption says"
            .into(),
    );
    for (name, traces) in [("five", &wide), ("ten", &ten), ("narrow", &narrow)] {
        let mut table = Table::new(format!("loss_{name}"));
        table = table.with("t", traces[0].snapshots.iter().map(|s| s.time).collect::<Vec<_>>());
        for (k, trace) in traces.iter().enumerate() {
            table = table
                .with(format!("seed{}", k + 1), trace.snapshots.iter().map(|s| s.loss).collect::<Vec<_>>());
        }
        finding.tables.push(table);
    }
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let mut panel = Panel::new("loss", Axis::new("time t").log(), Axis::new("loss L").log()).height(2.2);
    for (name, label, color) in [
        ("narrow", "10 particles, 10 samples", VERMILION),
        ("ten", "300 particles, 10 samples", GREEN),
        ("five", "1000 particles, 5 samples", BLUE),
    ] {
        let table = format!("loss_{name}");
        let Some(table) = finding.tables.iter().find(|found| found.name == table) else { continue };
        let t = &table.columns[0].1;
        for (k, (seed, loss)) in table.columns[1..].iter().enumerate() {
            let line = Layer::line(format!("{name} {seed}"), t.clone(), loss.clone()).color(color).width(0.8);
            panel = panel.with(if k == 0 { line.label(label) } else { line });
        }
    }
    Figure::new("w-residuals").with(panel)
}
