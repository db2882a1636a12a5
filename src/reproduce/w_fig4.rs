//! W Fig. 4: with only `c` training, wide networks become cubic splines.

use crate::kernel::{
    BiasLaw, FunctionNorm, GradientFlow, Kernel, KernelFunction, Regime, SlopeLaw, StartLaw, WeightLaw,
};
use crate::math::cubic_spline::CubicSpline;
use crate::math::even;
use crate::problem::Samples;

use super::pictures::{column, curve, functions, points};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};
use crate::plot::color::{BLACK, BLUE, GREEN, GREY, VERMILION};
use crate::plot::{Axis, Figure, Layer, PAGE, Panel};
use crate::system::text::digits;

pub const ITEM: Item = Item {
    name: "w-fig4",
    place: "W Fig. 4, Thm 5",
    claim: "when only c trains, the network fitted to ten points of a square wave becomes the natural cubic spline \
            as m grows",
    chosen: "a, b uniform on [-1, 1], c near zero; gradient flow to its end; eight seeds; then knots over wider ranges",
    work,
    picture,
};

const WIDTHS: [u64; 3] = [100, 1000, 10_000];
/// `Int b = 1e6` in units of the kernel: the slowest mode has long died out.
const END: f64 = 1e6;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds = stage.pick(8, 2);
    let mut finding = Finding::default();
    let (mut to_spline, mut to_limit, mut losses) = (vec![], vec![], vec![]);
    let mut functions = Table::new("functions");
    let mut limit = None;
    for m in WIDTHS {
        let job = |seed: u64| {
            let job = Job::new("w_fig4").called(format!("{m}_seed{seed}"));
            job.with("measure.particles", m).with("measure.seed", seed).with("time.end", END / m as f64)
        };
        let traces = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
        let first = &traces[0];
        let limit = &*limit.get_or_insert(Limit::new(&first.description.samples, 1.0)?);
        let function_norm = first.function_norm();
        let wide: Vec<f64> = function_norm.points().iter().map(|&x| limit.value(x)).collect();
        to_spline.push(traces.iter().map(|trace| trace.distances(trace.end())[1][0]).collect::<Vec<_>>());
        let off = |trace: &Trace| {
            function_norm.distance(&trace.values(trace.end(), function_norm.points()), &wide)[0]
        };
        to_limit.push(traces.iter().map(off).collect::<Vec<_>>());
        losses.extend(traces.iter().map(|trace| trace.last().loss));
        let points = even::points(-1.0, 1.0, 401);
        if functions.columns.is_empty() {
            let spline = CubicSpline::natural(first.x(), first.y());
            functions = functions.with("x", points.clone());
            functions = functions
                .with("natural_spline", points.iter().map(|&x| spline.value(x)).collect::<Vec<_>>())
                .with("infinite_width", points.iter().map(|&x| limit.value(x)).collect::<Vec<_>>());
            finding.tables.push(Table::new("samples").with("x", first.x()).with("y", first.y()));
        }
        functions = functions.with(format!("m_{m}"), first.values(first.end(), &points));
    }
    finding.tables.push(functions);
    let limit = limit.expect("there are widths");
    let mean = |values: &Vec<Vec<f64>>| -> Vec<f64> { values.iter().map(|v| spread(v)[0]).collect() };
    let (spline, network) = (mean(&to_spline), mean(&to_limit));
    let slope = (network[2] / network[0]).log10() / 2.0;
    let ranges = [1.0, 10.0, 100.0];
    let (mut rms, mut apart) = (vec![], vec![]);
    for factor in ranges {
        let [square, largest] = Limit::new(&limit.samples, factor)?.distance_to_spline();
        rms.push(square);
        apart.push(largest);
    }
    finding.tables.push(
        Table::new("distances")
            .with("m", WIDTHS.map(|m| m as f64))
            .with("rms_to_natural_spline", spline.clone())
            .with("rms_to_infinite_width", network.clone()),
    );
    finding.tables.push(
        Table::new("knot_range")
            .with("range_of_b", ranges)
            .with("rms_distance", rms)
            .with("largest_distance", apart.clone()),
    );
    finding.numbers = format!(
        "rms distance to the natural spline {}, {}, {} at m = 100, 1000, 10000; to the limit of infinite width as m^{}; \
         that limit is {} off the spline at most, {} with knots over 100 times the range",
        with_spread(&to_spline[0]),
        with_spread(&to_spline[1]),
        with_spread(&to_spline[2]),
        digits(slope, 3),
        digits(apart[0], 3),
        digits(apart[2], 3)
    );
    let worst = losses.iter().copied().fold(0.0, f64::max);
    finding.needs("loss at the end, worst run", worst, Bound::AtMost(1e-6));
    finding.needs(
        "rms distance to the spline, m = 1000 over m = 100",
        spline[1] / spline[0],
        Bound::AtMost(0.5),
    );
    finding.needs("the same, m = 10000 over m = 1000", spline[2] / spline[1], Bound::AtMost(0.8));
    finding.needs("rms distance to the spline at m = 10000", spline[2], Bound::AtMost(0.02));
    finding.needs("exponent of the distance to infinite width in m", slope, Bound::Within(-0.7, -0.35));
    finding.should("largest distance of infinite width to the natural spline", apart[0], Bound::AtMost(1e-3));
    finding.needs("the same with knots over 100 times the range", apart[2], Bound::AtMost(1e-3));
    finding.remarks.push(
        "the limit is exactly piecewise cubic, and the natural spline only as the range of the knots grows: it \
         pays for the affine part of f, too"
            .into(),
    );
    Ok(finding)
}

/// The network of infinite width whose `c` alone has trained, from zero to the end.
struct Limit {
    kernel: Kernel,
    alpha: Vec<f64>,
    samples: Samples,
}

impl Limit {
    /// With `a` uniform on `[-1, 1]` and `b` on `factor` times that.
    fn new(samples: &Samples, factor: f64) -> Result<Limit, ReproduceError> {
        let weights = WeightLaw::Independent {
            a: SlopeLaw::Uniform { low: -1.0, high: 1.0 },
            b: BiasLaw::Uniform { low: -factor, high: factor },
        };
        let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
        let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, samples.x()), samples.weight())?;
        let rho: Vec<f64> = samples.y().iter().map(|y| -y).collect();
        let alpha = flow.coefficients(&rho, f64::INFINITY).to_vec();
        Ok(Limit { kernel, alpha, samples: samples.clone() })
    }

    fn value(&self, x: f64) -> f64 {
        KernelFunction::new(&self.kernel, Regime::RandomFeatures, self.samples.x(), &self.alpha).value(x)
    }

    /// Root mean square and largest distance to the natural cubic spline.
    fn distance_to_spline(&self) -> [f64; 2] {
        let spline = CubicSpline::natural(self.samples.x(), self.samples.y());
        let function_norm = FunctionNorm::new(self.samples.x());
        let at = |f: &dyn Fn(f64) -> f64| function_norm.points().iter().map(|&x| f(x)).collect::<Vec<f64>>();
        function_norm.distance(&at(&|x| self.value(x)), &at(&|x| spline.value(x)))
    }
}

fn picture(finding: &Finding) -> Figure {
    let mut figure =
        Figure::new("w-fig4").grid(2, PAGE).note("Last: root mean square over the range, mean of seeds.");
    for m in WIDTHS {
        let table = "functions";
        let (x, y) = (column(finding, "samples", "x"), column(finding, "samples", "y"));
        figure = figure.with(
            functions(&format!("m = {m}"), &format!("m = {m}"))
                .with(
                    curve(finding, table, "x", "natural_spline", "natural spline", BLUE)
                        .width(2.2)
                        .opacity(0.5),
                )
                .with(curve(finding, table, "x", &format!("m_{m}"), "network", VERMILION))
                .with(points("samples", x, y, BLACK, 3.2)),
        );
    }
    let distance = |name: &str, label: &str, color| {
        let (m, d) = (column(finding, "distances", "m"), column(finding, "distances", name));
        [
            curve(finding, "distances", "m", name, label, color),
            points(&format!("{name} points"), m, d, color, 4.0),
        ]
    };
    let limit = column(finding, "knot_range", "rms_distance");
    let panel = Panel::new("distances", Axis::new("m").log(), Axis::new("distance").log())
        .height(1.3)
        .with_all(distance("rms_to_natural_spline", "to natural spline", BLUE))
        .with_all(distance("rms_to_infinite_width", "to infinite width", GREEN))
        // A line alone does not make room for itself.
        .with(points("room", vec![100.0], limit[..1].to_vec(), GREY, 1.0).opacity(0.0))
        .with(
            Layer::horizontal("limit", limit[..1].to_vec())
                .color(GREY)
                .dashed()
                .label("infinite width to spline"),
        );
    figure.with(panel)
}
