//! W Lemma 2: which samples attract and repel.

use crate::plot::color::{BLUE, GREY};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::curve;
use super::potential::extremum;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "w-lemma2",
    place: "W Lemma 2",
    claim: "a sample attracts or repels if and only if an inequality between its residual and the others holds; mass gathers at \
            attractors",
    chosen: "ten random samples, 400 canonical particles, eight draws of both; every snapshot, on and off boundary of \
             every sample",
    work,
    picture,
};

/// How often each rule agrees with the potential.
#[derive(Default)]
struct Count {
    cases: usize,
    extrema: usize,
    wrong_printed: usize,
    wrong_corrected: usize,
    wrong_classes: usize,
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let draws: u64 = stage.pick(8, 3);
    let job = |seed: u64| {
        let job = Job::new("w_lemma2").called(format!("seed{seed}"));
        job.with("samples.seed", seed).with("measure.seed", seed)
    };
    let traces = stage.run_all(&(1..=draws).map(job).collect::<Vec<_>>())?;
    let mut count = Count::default();
    traces.iter().for_each(|trace| classify(trace, &mut count));
    let pinned: Vec<[f64; 2]> = traces.iter().map(pinned).collect();
    let of = |k: usize| pinned.iter().map(|p| p[k]).collect::<Vec<f64>>();
    let mut finding = Finding::default();
    let share = |wrong: usize| wrong as f64 / count.cases as f64;
    finding.numbers = format!(
        "{} cases, {} attractors or repulsors by the potential; inequality as printed wrong in {} ({} %), two-sided in {}; {} of \
         the live mass ends pinned, {} of pinned mass on attractors",
        count.cases,
        count.extrema,
        count.wrong_printed,
        digits(100.0 * share(count.wrong_printed), 3),
        count.wrong_corrected,
        with_spread(&of(0)),
        with_spread(&of(1))
    );
    finding.needs(
        "share of cases that the two-sided inequality gets wrong",
        share(count.wrong_corrected),
        Bound::AtMost(1e-3),
    );
    finding.needs(
        "share of cases in which the run file's class is wrong",
        share(count.wrong_classes),
        Bound::AtMost(1e-3),
    );
    finding.should(
        "share of cases that the printed inequality gets wrong",
        share(count.wrong_printed),
        Bound::AtMost(1e-3),
    );
    let least = |k: usize| of(k).into_iter().fold(f64::INFINITY, f64::min);
    finding.needs("share of pinned mass on attractors, least", least(1), Bound::AtLeast(0.999));
    finding.needs(
        "share of the live mass that ends pinned, mean of draws",
        spread(&of(0))[0],
        Bound::AtLeast(0.3),
    );
    finding.needs("the same, least of draws", least(0), Bound::AtLeast(0.1));
    finding.remarks.push(
        "with S = Sum n_i rho_i <x_i, x_k> over the samples on one side: -n^2 rho^2 |x|^2 < n rho S < 0; W prints the left \
         inequality alone. Edges of the dead region are left out: nothing is on their other side"
            .into(),
    );
    let rows = traces[0].snapshots.iter();
    finding.tables.push(
        Table::new("pinned_mass")
            .with("t", rows.clone().map(|s| s.time).collect::<Vec<_>>())
            .with("pinned", rows.clone().map(|s| s.pinned_mass.sum()).collect::<Vec<_>>())
            .with("dead", rows.map(|s| s.region_mass[0]).collect::<Vec<_>>()),
    );
    finding.tables.push(
        Table::new("wrong_cases")
            .with("cases", [count.cases as f64])
            .with("printed", [count.wrong_printed as f64])
            .with("two_sided", [count.wrong_corrected as f64]),
    );
    Ok(finding)
}

fn classify(trace: &Trace, count: &mut Count) {
    let (samples, regions) = (&trace.description.samples, trace.regions());
    for snapshot in &trace.snapshots {
        let rho = snapshot.residual.to_vec();
        for b in (1..regions.boundaries()).filter(|&b| regions.above(b) != 0) {
            let truth = extremum(samples, &rho, regions.angle(b));
            let k = regions.sample(b);
            let n = samples.weight();
            let product = |i: usize| samples.x()[i] * samples.x()[k] + 1.0;
            let side = if regions.switches_on(b) { k + 1..samples.len() } else { 0..k };
            let sum: f64 = side.map(|i| n[i] * rho[i] * product(i)).sum();
            let (left, middle) = (-(n[k] * rho[k]).powi(2) * product(k), n[k] * rho[k] * sum);
            let [printed, corrected] = [left < middle, left < middle && middle < 0.0];
            count.cases += 1;
            count.extrema += usize::from(truth != 0);
            count.wrong_printed += usize::from(printed != (truth != 0));
            count.wrong_corrected += usize::from(corrected != (truth != 0));
            let classes = [snapshot.attractor[[b, 0]], snapshot.attractor[[b, 1]]];
            count.wrong_classes += usize::from(classes != [truth, -truth]);
        }
    }
}

/// Share of the mass that is not dead that ends pinned; and, over all snapshots, the share of pinned
/// mass that lies on a boundary whose class says attractor for its sign.
fn pinned(trace: &Trace) -> [f64; 2] {
    let (mut on, mut all) = (0.0, 0.0);
    for snapshot in &trace.snapshots {
        for ((b, side), mass) in snapshot.pinned_mass.indexed_iter() {
            all += mass;
            on += if snapshot.attractor[[b, side]] == 1 { *mass } else { 0.0 };
        }
    }
    let last = trace.last();
    [last.pinned_mass.sum() / (1.0 - last.region_mass[0]), on / all]
}

fn picture(finding: &Finding) -> Figure {
    let panel = Panel::new("mass", Axis::new("time t").log(), Axis::new("share of the mass").range(0.0, 1.0))
        .title("where mass gathers, first draw")
        .height(1.8)
        .with(curve(finding, "pinned_mass", "t", "pinned", "pinned at attractors", BLUE))
        .with(curve(finding, "pinned_mass", "t", "dead", "dead", GREY).dashed());
    Figure::new("w-lemma2").with(panel)
}
