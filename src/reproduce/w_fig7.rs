//! W Fig. 7: one start function, two very different fits.

use crate::math::even;
use crate::plot::color::{BLUE, GREY, VERMILION};
use crate::plot::{Figure, PAGE};
use crate::system::text::digits;

use super::pictures::{curve, functions, samples};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, with_spread};

pub const ITEM: Item = Item {
    name: "w-fig7",
    place: "W Fig. 7",
    claim: "the same start function with scaled parameters (a, b times k, c divided by k) is fitted to a very different \
            function",
    chosen: "a PyTorch network of 1000 neurons, eight samples of a sine, k = 8 and 1/8, gradient flow; five seeds; again \
             with random samples",
    work,
    picture,
};

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(5, 1);
    let mut finding = Finding::default();
    let (mut start, mut apart, mut loss, mut noisy) = (0f64, vec![], 0f64, vec![]);
    for data in ["", "noise"] {
        for seed in 1..=seeds {
            let job = |balance: f64| {
                let job = Job::new("w_fig7").called(format!("{balance}{data}_seed{seed}"));
                let job = job.with("measure.seed", seed).with("flow.balance", balance);
                // Rates go with the larger layer squared: 64 of order one for k = 8, 64 / m for k = 1/8.
                let job = if balance < 1.0 { job.with("time.end", 1.0) } else { job };
                if data.is_empty() { job } else { job.with("samples.noise", 1.0).with("samples.seed", seed) }
            };
            let traces = stage.run_all(&[job(8.0), job(0.125)])?;
            let function_norm = traces[0].function_norm();
            let at = |which: usize, snapshot: usize| traces[which].values(snapshot, function_norm.points());
            let ends = [at(0, traces[0].end()), at(1, traces[1].end())];
            let size = function_norm.rms(&ends[0]);
            start = start.max(function_norm.distance(&at(0, 0), &at(1, 0))[1]);
            let off = function_norm.distance(&ends[0], &ends[1])[0] / size;
            if data.is_empty() {
                apart.push(off)
            } else {
                noisy.push(off)
            }
            loss = traces.iter().map(|trace| trace.last().loss).fold(loss, f64::max);
            if data.is_empty() && seed == 1 {
                let points = even::points(-1.0, 1.0, 401);
                finding.tables.push(
                    Table::new("functions")
                        .with("x", points.clone())
                        .with("start", traces[0].values(0, &points))
                        .with("k_8", traces[0].values(traces[0].end(), &points))
                        .with("k_0.125", traces[1].values(traces[1].end(), &points))
                        .with("sample_x", traces[0].x())
                        .with("sample_y", traces[0].y()),
                );
            }
        }
    }
    finding.numbers = format!(
        "start functions {} apart at most; fits {} of the rms of the function apart, {} with random samples; both interpolate \
         (loss {} at most)",
        digits(start, 3),
        with_spread(&apart),
        with_spread(&noisy),
        digits(loss, 3)
    );
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    finding.needs("largest distance of the start functions", start, Bound::AtMost(1e-12));
    finding.needs("loss at the end, worst run", loss, Bound::AtMost(1e-2));
    finding.needs("relative rms distance of the fits, least of seeds", least(&apart), Bound::AtLeast(0.1));
    finding.needs("the same with random samples", least(&noisy), Bound::AtLeast(0.05));
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let table = "functions";
    let start = || curve(finding, table, "x", "start", "start", GREY).dashed();
    let one = functions("k = 8", "a, b times 8: kernel regime")
        .height(1.7)
        .with(start())
        .with(curve(finding, table, "x", "k_8", "end", BLUE))
        .with(samples(finding, table));
    let other = functions("k = 1/8", "a, b divided by 8: adaptive regime")
        .height(1.7)
        .with(start())
        .with(curve(finding, table, "x", "k_0.125", "end", VERMILION))
        .with(samples(finding, table));
    Figure::new("w-fig7").grid(2, PAGE).with(one).with(other)
}
