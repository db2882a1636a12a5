//! S Lemma 2, Thm 7 and Cor. 4: the kernel regime, and which solution it finds.

use ndarray::Array2;

use crate::flow::Flow;
use crate::kernel::{BiasLaw, GradientFlow, Kernel, KernelFunction, Regime, SlopeLaw, StartLaw, WeightLaw};
use crate::math::cubic_spline::CubicSpline;
use crate::math::even;
use crate::plot::color::{BLUE, GREEN, VERMILION};
use crate::plot::{Axis, Figure, Panel};
use crate::problem::{Neurons, Samples};
use crate::system::text::digits;

use super::in_process::{neurons, run, two_sided, value};
use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-lemma2",
    place: "S Lemma 2, Thm 7, Cor. 4",
    claim: "as the scale alpha of the start grows, knots stop moving and training becomes linear regression on fixed features; gradient flow \
            of delta-slopes ends at the interpolant next to its start; of infinitely many evenly spaced knots and from zero this is the \
            natural cubic spline",
    chosen: "5 samples, 200 neurons with a = +-1, a and b times alpha, c over alpha, alpha = 1 to 256, to rest; again with |a| = 1/2 and 2; \
             knots uniform up to B either way, B = 1 to 100, infinitely many and 4000 of either facing",
    work,
    picture,
};

const X: [f64; 5] = [-1.0, -0.45, 0.1, 0.5, 1.0];
const Y: [f64; 5] = [0.3, -0.5, 0.4, 0.6, -0.2];
const B_BOUND: f64 = 1.2;
/// Mean-field time after which the slowest mode is gone, at `alpha = 1`.
const END: f64 = 3e4;
const ALPHAS: [f64; 5] = [1.0, 4.0, 16.0, 64.0, 256.0];
const BOUNDS: [f64; 5] = [1.0, 2.0, 4.0, 10.0, 100.0];

fn samples() -> Samples {
    Samples::new(&X, &Y).expect("finite")
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let mut finding = Finding::default();
    let words = [scales(stage, &mut finding)?, ends(stage, &mut finding)?, splines(stage, &mut finding)?];
    finding.numbers = words.join("; ");
    Ok(finding)
}

/// Lemma 2: how far knots move, and how far `f` ends from regression on fixed features, by scale.
fn scales(stage: &Stage, finding: &mut Finding) -> Result<String, ReproduceError> {
    let start = || two_sided(stage.pick(200, 60), B_BOUND, 11);
    let grid = even::points(-1.0, 1.0, 201);
    let regression = neurons(&run(stage, &samples(), start(), Flow::Kernel { kappa: 1.0, decay: 0.0 }, END)?);
    let before = weights(&start());
    let (mut ways, mut distances) = (vec![], vec![]);
    for alpha in ALPHAS {
        let balanced = start().balanced(alpha).expect("finite");
        let flow = Flow::Lifted { kappa: 1.0, decay: 0.0 };
        let after = neurons(&run(stage, &samples(), balanced, flow, END / (alpha * alpha))?);
        let way = |(z, then): (&[f64; 3], &[f64; 3])| (z[2] / z[1] - then[2] / then[1]).abs();
        ways.push(after.iter().zip(&before).map(way).fold(0.0, f64::max));
        let off = |x: &f64| (value(&after, *x) - value(&regression, *x)).abs();
        distances.push(grid.iter().map(off).fold(0.0, f64::max));
    }
    let power = |values: &[f64]| (values[4] / values[3]).ln() / (ALPHAS[4] / ALPHAS[3]).ln();
    let [moved, away] = [&ways, &distances].map(|values| power(values));
    finding.needs("power of alpha by which knots move, from 64 to 256", moved, Bound::Within(-4.4, -3.6));
    finding.needs("power of alpha of the distance to fixed features", away, Bound::Within(-4.4, -3.6));
    let list = |values: &[f64]| [0, 2, 4].map(|k: usize| digits(values[k], 2)).join(", ");
    let words = format!(
        "with alpha = 1, 16, 256 the farthest knot moves by {} (power {}), f ends {} from that of fixed features (power {})",
        list(&ways),
        digits(moved, 3),
        list(&distances),
        digits(away, 3),
    );
    let table = Table::new("alpha").with("alpha", ALPHAS);
    finding.tables.push(table.with("way", ways).with("distance", distances));
    Ok(words)
}

/// Thm 7: delta-slopes at the end against those of the interpolant next to the start; output weights where `|a|` differ.
fn ends(stage: &Stage, finding: &mut Finding) -> Result<String, ReproduceError> {
    let even = weights(&two_sided(stage.pick(200, 60), B_BOUND, 11));
    let times = |[c, a, b]: [f64; 3], size: f64| [c, size * a, size * b];
    let uneven: Vec<[f64; 3]> = even.iter().enumerate().map(|(i, z)| times(*z, [0.5, 2.0][i % 2])).collect();
    let [even, uneven] = [off_next_to(stage, &even)?, off_next_to(stage, &uneven)?];
    finding.needs(
        "delta-slopes against those next to the start, of their change",
        even[1],
        Bound::AtMost(1e-9),
    );
    finding.needs("output weights likewise, |a| = 1/2 and 2", uneven[0], Bound::AtMost(1e-9));
    finding.should("delta-slopes likewise, |a| = 1/2 and 2", uneven[1], Bound::AtMost(1e-3));
    finding.remarks.push(
        "gradient flow of the weights moves c, not mu = a c: where |a| differ it ends next to its start in Sum (mu_i / a_i)^2, not in \
         Sum mu_i^2"
            .into(),
    );
    Ok(format!(
        "delta-slopes end {} of their change from those of the interpolant next to the start; where |a| differ, output weights {}, but \
         delta-slopes {}",
        digits(even[1], 2),
        digits(uneven[0], 2),
        digits(uneven[1], 2),
    ))
}

/// After training of `c` alone: how far the `c` are from the interpolant of their least change, and the `mu = c a` from
/// that of theirs, largest, of the largest change.
fn off_next_to(stage: &Stage, start: &[[f64; 3]]) -> Result<[f64; 2], ReproduceError> {
    let [c, a, b] = [0, 1, 2].map(|k| start.iter().map(|z| z[k]).collect());
    let begin = Neurons::uniform(c, a, b).expect("finite");
    let after = neurons(&run(stage, &samples(), begin, Flow::Kernel { kappa: 1.0, decay: 0.0 }, END)?);
    Ok([(|_| 1.0) as fn(f64) -> f64, |a| a].map(|scale| {
        let next = nearest_interpolant(start, scale);
        let largest = |c: &dyn Fn(usize) -> f64| {
            (0..start.len()).map(|i| (scale(start[i][1]) * (after[i][0] - c(i))).abs()).fold(0.0, f64::max)
        };
        largest(&|i| next[i]) / largest(&|i| start[i][0])
    }))
}

/// Cor. 4: the limit of infinitely many knots against the natural spline, by the range of the knots.
fn splines(stage: &Stage, finding: &mut Finding) -> Result<String, ReproduceError> {
    let spline = CubicSpline::natural(&X, &Y);
    let grid = even::points(-1.0, 1.0, 401);
    let mut away = vec![];
    let mut finite: f64 = 0.0;
    for bound in BOUNDS {
        let (kernel, alpha) = limit(bound)?;
        let limit = KernelFunction::new(&kernel, Regime::RandomFeatures, &X, &alpha);
        let largest = |of: &dyn Fn(f64) -> f64| {
            grid.iter().map(|x| (of(*x) - limit.value(*x)).abs()).fold(0.0, f64::max)
        };
        away.push(largest(&|x| spline.value(x)));
        if bound < 3.0 {
            let knots = evenly_spaced(bound, stage.pick(4000, 1000));
            let found: Vec<[f64; 3]> = knots
                .iter()
                .zip(nearest_interpolant(&knots, |_| 1.0))
                .map(|(z, c)| [c, z[1], z[2]])
                .collect();
            finite = finite.max(largest(&|x| value(&found, x)));
        }
    }
    finding.needs("evenly spaced knots against the limit of infinitely many", finite, Bound::AtMost(1e-4));
    let fall = away[4] / away[3];
    finding.needs("distance to the natural spline, B = 100 over B = 10", fall, Bound::Within(0.05, 0.2));
    finding.should(
        "distance to the natural spline with knots over the samples",
        away[0],
        Bound::AtMost(1e-6),
    );
    finding.remarks.push(
        "the limit is a cubic spline, the natural one only as the range of the knots grows (like 1 / B): the affine part of f costs norm, \
         too; W Thm 5 likewise"
            .into(),
    );
    let list = [0, 3, 4].map(|k: usize| digits(away[k], 2)).join(", ");
    finding.tables.push(Table::new("spline").with("bound", BOUNDS).with("distance", away));
    Ok(format!(
        "infinitely many knots up to B = 1, 10, 100 either way end {list} from the natural spline, evenly spaced ones {} from them",
        digits(finite, 2)
    ))
}

fn weights(neurons: &Neurons) -> Vec<[f64; 3]> {
    (0..neurons.len()).map(|i| [neurons.c()[i], neurons.a()[i], neurons.b()[i]]).collect()
}

/// The `c` that meet all samples with the least `Sum (scale(a) (c - c_0))^2`: `c_0 - Phi^T (Phi Phi^T)^-1 rho / scale` with
/// features `[a x - b]_+ / scale`.
fn nearest_interpolant(start: &[[f64; 3]], scale: impl Fn(f64) -> f64) -> Vec<f64> {
    let m = start.len() as f64;
    let feature = |[_, a, b]: [f64; 3], j: usize| (a * X[j] - b).max(0.0) / scale(a);
    let gram = Array2::from_shape_fn((X.len(), X.len()), |(i, j)| {
        start.iter().map(|z| feature(*z, i) * feature(*z, j)).sum::<f64>() / m
    });
    let rho: Vec<f64> = (0..X.len()).map(|j| value(start, X[j]) - Y[j]).collect();
    let flow = GradientFlow::new(gram, &[1.0; X.len()]).expect("finite");
    let alpha = flow.coefficients(&rho, f64::INFINITY);
    let change = |z: &[f64; 3]| (0..X.len()).map(|j| alpha[j] * feature(*z, j)).sum::<f64>() / scale(z[1]);
    start.iter().map(|z| z[0] - change(z)).collect()
}

/// Neurons with `c = 0`, `a = +-1` and knots in the middle of equal parts of `[-bound, bound]`.
fn evenly_spaced(bound: f64, of_either: usize) -> Vec<[f64; 3]> {
    let knot = |i: usize| bound * (2.0 * (i as f64 + 0.5) / of_either as f64 - 1.0);
    (0..of_either).flat_map(|i| [1.0, -1.0].map(|a| [0.0, a, a * knot(i)])).collect()
}

/// The kernel of infinitely many knots up to `bound` either way, and the coefficients of its interpolant.
fn limit(bound: f64) -> Result<(Kernel, Vec<f64>), ReproduceError> {
    let b = BiasLaw::Uniform { low: -bound, high: bound };
    let weights = WeightLaw::Independent { a: SlopeLaw::Sign { size: 1.0 }, b };
    let kernel = Kernel::new(StartLaw { weights, output_second_moment: 1.0 });
    let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, &X), &[1.0; X.len()])?;
    let alpha = flow.coefficients(&Y.map(|y| -y), f64::INFINITY).to_vec();
    Ok((kernel, alpha))
}

fn picture(finding: &Finding) -> Figure {
    let alpha = column(finding, "alpha", "alpha");
    let panel = Panel::new("alpha", Axis::new("α").log(), Axis::new("way, distance").log())
        .height(1.6)
        .with(curve(finding, "alpha", "alpha", "way", "farthest way of a knot", BLUE))
        .with(points("ways", alpha.clone(), column(finding, "alpha", "way"), BLUE, 3.2))
        .with(curve(finding, "alpha", "alpha", "distance", "distance to fixed features", VERMILION))
        .with(points("distances", alpha, column(finding, "alpha", "distance"), VERMILION, 3.2));
    let (bound, distance) = (column(finding, "spline", "bound"), column(finding, "spline", "distance"));
    let spline = Panel::new(
        "spline",
        Axis::new("range B of the knots").log(),
        Axis::new("distance to the natural spline").log(),
    )
    .height(1.4)
    .with(curve(finding, "spline", "bound", "distance", "", GREEN))
    .with(points("distances to the spline", bound, distance, GREEN, 3.2));
    Figure::new("s-lemma2").with(panel).with(spline)
}
