//! After the papers: what weight decay selects.

use crate::kernel::{FunctionNorm, NormFit, norm_fits, tv_measure};
use crate::math::random::{Purpose, Stream};
use crate::plot::color::{BLUE, ORANGE, VERMILION};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points, samples};
use super::trace::Trace;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, median};

pub const ITEM: Item = Item {
    name: "a-decay",
    place: "W eq. 16; Savarese et al. 2019; Boursier and Flammarion 2023",
    claim: "with weight decay of all weights and biases training ends at balanced neurons and at the function that fits with the least \
            lambda Int |f''| sqrt(1 + x^2), which is unique and sparse; without biases penalised it would be Int |f''|, another function",
    chosen: "ten random data sets of 3 to 8 samples, lambda 0.02 and 0.1, 2000 neurons, until at rest or t = 400 / lambda; the least \
             energy of all measures from a cone program",
    work,
    picture,
};

/// A random data set.
fn draw(seed: u64) -> [Vec<f64>; 2] {
    let mut stream = Stream::new(seed, Purpose::Starts, 17);
    let s = 3 + stream.below(6) as usize;
    let x = (0..s).map(|_| stream.uniform(-1.5, 1.5)).collect();
    [x, (0..s).map(|_| stream.uniform(-1.0, 1.0)).collect()]
}

/// Of one run: energy above the least, largest imbalance, distances to the minimisers of both norms over the spread of
/// the samples, and knots of the function.
struct Found {
    above: f64,
    imbalance: f64,
    distance: [f64; 2],
    knots: usize,
}

fn measure(trace: &Trace, lambda: f64, fits: &[NormFit]) -> Result<Found, ReproduceError> {
    let (last, d) = (trace.last(), &trace.description);
    let least = tv_measure(&d.samples, lambda)?;
    let particles = &trace.particles[trace.end()];
    let imbalance = |i: usize| (particles.c[i].abs() - particles.a[i].hypot(particles.b[i])).abs();
    let norm: FunctionNorm = trace.function_norm();
    let f = trace.values(trace.end(), norm.points());
    let y = trace.y();
    let spread = y.iter().copied().fold(f64::MIN, f64::max) - y.iter().copied().fold(f64::MAX, f64::min);
    let distance = |fit: &NormFit| {
        let at: Vec<f64> = norm.points().iter().map(|&x| fit.value(x)).collect();
        norm.distance(&f, &at)[0] / spread
    };
    let (low, high) = (trace.x()[0], trace.x()[trace.x().len() - 1]);
    let spline = trace.spline(trace.end());
    let variation = spline.slope_variation(low, high);
    Ok(Found {
        above: last.loss + last.penalty - least.energy,
        imbalance: (0..d.mass.len()).map(imbalance).fold(0.0, f64::max),
        distance: [distance(&fits[2]), distance(&fits[0])],
        knots: spline.clusters(low, high, 1e-3 * (high - low), 1e-3 * variation).len(),
    })
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let sets: u64 = stage.pick(10, 3);
    let lambda = |seed: u64| if seed.is_multiple_of(2) { 0.02 } else { 0.1 };
    let job = |seed: u64| {
        let [x, y] = draw(seed);
        let job = Job::new("a_decay").called(seed).with("samples.x", format!("{x:?}"));
        let job = job.with("samples.y", format!("{y:?}")).with("flow.weight_decay", lambda(seed));
        job.with("time.end", 400.0 / lambda(seed))
    };
    let traces = stage.run_all(&(0..sets).map(job).collect::<Vec<_>>())?;
    let mut found = vec![];
    let mut shown: Option<(f64, &Trace, Vec<NormFit>)> = None;
    for (seed, trace) in (0..sets).zip(&traces) {
        let fits = norm_fits(&trace.description.samples, &[lambda(seed)])?;
        let one = measure(trace, lambda(seed), &fits)?;
        // The set on which both norms differ most is drawn.
        if shown.as_ref().is_none_or(|(most, ..)| one.distance[1] > *most) {
            shown = Some((one.distance[1], trace, fits));
        }
        found.push(one);
    }
    let most = |of: &dyn Fn(&Found) -> f64| found.iter().map(of).fold(f64::MIN, f64::max);
    let least = found.iter().map(|one| one.above).fold(f64::MAX, f64::min);
    let (above, imbalance) = (most(&|one| one.above), most(&|one| one.imbalance));
    let (own, other) =
        (most(&|one| one.distance[0]), median(found.iter().map(|one| one.distance[1]).collect()));
    let mut finding = Finding {
        numbers: format!(
            "energies {} to {} above the least that any measure has, largest ||c| - |w|| {}; rms distance to the minimiser of \
             Int |f''| sqrt(1 + x^2) at most {} of the range of y, to that of Int |f''| {} in the median; {} knots at most among the samples",
            digits(least, 2),
            digits(above, 2),
            digits(imbalance, 2),
            digits(own, 2),
            digits(other, 2),
            found.iter().map(|one| one.knots).max().unwrap_or(0)
        ),
        ..Finding::default()
    };
    finding.needs("largest energy above the least", above, Bound::AtMost(1e-6));
    finding.needs("least of them", least, Bound::AtLeast(-1e-7));
    finding.needs("largest imbalance ||c| - |w||", imbalance, Bound::AtMost(1e-5));
    finding.needs(
        "largest distance to the minimiser with biases penalised, of the range of y",
        own,
        Bound::AtMost(5e-3),
    );
    finding.needs(
        "median distance to the minimiser of Int |f''|, of the range of y",
        other,
        Bound::AtLeast(5e-3),
    );
    if let Some((_, trace, fits)) = shown {
        let (low, high) = (trace.x()[0], trace.x()[trace.x().len() - 1]);
        let margin = 0.25 * (high - low);
        let grid: Vec<f64> =
            (0..=400).map(|i| low - margin + (high - low + 2.0 * margin) * f64::from(i) / 400.0).collect();
        let of = |fit: &NormFit| grid.iter().map(|&x| fit.value(x)).collect::<Vec<f64>>();
        finding.tables.push(
            Table::new("function")
                .with("x", grid.clone())
                .with("f", trace.values(trace.end(), &grid))
                .with("biases_penalised", of(&fits[2]))
                .with("biases_free", of(&fits[0]))
                .with("sample_x", trace.x())
                .with("sample_y", trace.y()),
        );
    }
    finding.tables.push(
        Table::new("sets")
            .with("lambda", (0..sets).map(lambda).collect::<Vec<_>>())
            .with("above_least", found.iter().map(|one| one.above).collect::<Vec<_>>())
            .with("imbalance", found.iter().map(|one| one.imbalance).collect::<Vec<_>>())
            .with("distance_penalised", found.iter().map(|one| one.distance[0]).collect::<Vec<_>>())
            .with("distance_free", found.iter().map(|one| one.distance[1]).collect::<Vec<_>>())
            .with("knots", found.iter().map(|one| one.knots as f64).collect::<Vec<_>>()),
    );
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let functions = Panel::new("function", Axis::new("x"), Axis::new("f(x)"))
        .title("where both norms differ most")
        .height(1.6)
        .with(curve(finding, "function", "x", "f", "at rest", BLUE).width(2.4).opacity(0.5))
        .with(
            curve(finding, "function", "x", "biases_penalised", "least ∫ |f″| √(1 + x²)", VERMILION).dashed(),
        )
        .with(curve(finding, "function", "x", "biases_free", "least ∫ |f″|", ORANGE))
        .with(samples(finding, "function"));
    let sets = column(finding, "sets", "lambda");
    let number: Vec<f64> = (1..=sets.len()).map(|i| i as f64).collect();
    let of = |name: &str| column(finding, "sets", name);
    let distances = Panel::new("distances", Axis::new("data set"), Axis::new("distance / range of y").log())
        .title("distance to both minimisers")
        .height(1.2)
        .with(points("least ∫ |f″| √(1 + x²)", number.clone(), of("distance_penalised"), VERMILION, 4.0))
        .with(points("least ∫ |f″|", number, of("distance_free"), ORANGE, 4.0));
    Figure::new("a-decay").with(functions).with(distances)
}
