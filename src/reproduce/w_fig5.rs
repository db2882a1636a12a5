//! W Fig. 5: from a smooth to an adaptive fit as `delta` grows.

use crate::math::even;
use crate::plot::color::BLUE;
use crate::plot::{Figure, PAGE};
use crate::system::text::digits;

use super::pictures::{column, curve, functions, knots, plane, sample_lines, samples};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, Trace, spread, with_spread};

pub const ITEM: Item = Item {
    name: "w-fig5",
    place: "W Fig. 5",
    claim: "as delta goes from -inf over -1, 0, 1 to inf the fit goes from smooth to adaptive, and knots cluster at \
            the samples",
    chosen: "1000 neurons, six samples of a sine, start function near zero, 10000 steps at rate 0.3; again with ten \
             samples, with ten times the start, and with 300 neurons",
    work,
    picture,
};

/// Name, `delta`, layers that train.
const DELTAS: [(&str, f64, &str); 5] = [
    ("minf", -1.0, "output"),
    ("m1", -1.0, "both"),
    ("0", 0.0, "both"),
    ("1", 1.0, "both"),
    ("inf", 1.0, "hidden"),
];
/// A knot is at a sample within this share of the distance of two samples.
const NEAR: f64 = 0.02;

/// A setting: name, and what is changed.
type Setting = (&'static str, &'static [(&'static str, &'static str)]);

const SETTINGS: [Setting; 4] = [
    ("", &[]),
    ("ten_samples", &[("samples.count", "10"), ("samples.frequency", "0.75")]),
    ("ten_times_the_start", &[("measure.scale", "10.0")]),
    ("300_neurons", &[("measure.particles", "300")]),
];

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(5, 1);
    let mut finding = Finding::default();
    // Of each setting and delta: median way of the knots, share of them at samples, over seeds.
    let (mut travel, mut share) = (vec![], vec![]);
    for (setting, set) in SETTINGS {
        let (mut ways, mut shares) = (vec![], vec![]);
        for (name, delta, layers) in DELTAS {
            let job = |seed: u64| {
                let mut job = Job::new("w_fig5").called(name).called(format!("{setting}_seed{seed}"));
                for (key, value) in set {
                    job = job.with(key, value);
                }
                let layers = format!("\"{layers}\"");
                job.with("measure.delta", delta).with("flow.layers", layers).with("measure.seed", seed)
            };
            let traces = stage.run_all(&(1..=seeds).map(job).collect::<Vec<_>>())?;
            ways.push(traces.iter().map(|t| t.knot_travel(t.end())).collect::<Vec<_>>());
            shares.push(traces.iter().map(|t| t.share_at_samples(t.end(), NEAR)).collect::<Vec<_>>());
            if setting.is_empty() {
                finding.tables.extend(pictured(&traces[0], name));
                if name == "minf" {
                    let start: Vec<f64> = traces.iter().map(|t| t.share_at_samples(0, NEAR)).collect();
                    shares.insert(0, start);
                    finding.needs(
                        "delta = -inf: rms distance to the natural spline over that to the linear interpolant",
                        ratio(&traces),
                        Bound::AtMost(0.5),
                    );
                }
            }
        }
        travel.push(ways);
        share.push(shares);
    }
    judge(&mut finding, &travel, &share);
    Ok(finding)
}

/// Mean over runs of the distance to the cubic over that to the linear interpolant.
fn ratio(traces: &[Trace]) -> f64 {
    let ratios = traces.iter().map(|trace| {
        let [linear, cubic] = trace.distances(trace.end());
        cubic[0] / linear[0]
    });
    spread(&ratios.collect::<Vec<_>>())[0]
}

fn judge(finding: &mut Finding, travel: &[Vec<Vec<f64>>], share: &[Vec<Vec<f64>>]) {
    let mean = |values: &[Vec<f64>]| -> Vec<f64> { values.iter().map(|v| spread(v)[0]).collect() };
    let start = spread(&share[0][0])[0];
    let told: Vec<String> = share[0][1..].iter().map(|values| with_spread(values)).collect();
    let ways = mean(&travel[0]);
    finding.numbers = format!(
        "share of knots at samples {} (start {}); median way of a knot {}; for delta = -inf, -1, 0, 1, inf",
        told.join(", "),
        digits(start, 3),
        ways.iter().map(|way| digits(*way, 3)).collect::<Vec<_>>().join(", ")
    );
    let shares = mean(&share[0][1..]);
    finding.needs("delta = -inf: largest median way of a knot", ways[0], Bound::AtMost(1e-9));
    for (settings, ways) in SETTINGS.iter().zip(travel) {
        let ways = mean(ways);
        // From one delta to the next; what is left after nine tenths counts as no fall.
        let least = ways.windows(2).map(|w| w[1] - 0.9 * w[0]).fold(f64::INFINITY, f64::min);
        let name = if settings.0.is_empty() { "as chosen" } else { settings.0 };
        finding.needs(
            format!("median way of a knot grows with delta ({name}): least of each less 0.9 times the last"),
            least,
            Bound::AtLeast(0.0),
        );
    }
    finding.needs("share of knots at samples at delta = inf", shares[4], Bound::AtLeast(0.5));
    finding.needs("share of knots at samples at delta = 1", shares[3], Bound::AtLeast(0.5));
    let fall = shares.windows(2).map(|w| w[1] - 0.8 * w[0]).fold(f64::INFINITY, f64::min);
    finding.should(
        "share at samples grows with every delta: least less 0.8 times the last",
        fall,
        Bound::AtLeast(0.0),
    );
    for (setting, shares) in SETTINGS.iter().zip(share).skip(1) {
        for (back, delta) in [(1, "inf"), (2, "1")] {
            let found = spread(&shares[shares.len() - back])[0];
            let says = format!("share of knots at samples at delta = {delta}, {}", setting.0);
            finding.should(says, found, Bound::AtLeast(0.5));
        }
    }
    finding.remarks.push(
        "how far knots travel grows with delta in every setting; where they gather is at the samples only if the \
         start is near zero (at delta = 1 with 1000 neurons, not with 300), and at delta = 0 they gather between samples"
            .into(),
    );
}

/// Function and particles at the end.
fn pictured(trace: &Trace, name: &str) -> [Table; 2] {
    let points = even::points(-1.0, 1.0, 401);
    let particles = &trace.particles[trace.end()];
    let coordinate = |f: fn(f64) -> f64| -> Vec<f64> {
        (0..particles.r.len()).map(|i| particles.r[i].abs() * f(particles.theta[i])).collect()
    };
    [
        Table::new(format!("function_{name}"))
            .with("x", points.clone())
            .with("f", trace.values(trace.end(), &points))
            .with("sample_x", trace.x())
            .with("sample_y", trace.y())
            .with("knot", trace.knots(trace.end())),
        Table::new(format!("particles_{name}"))
            .with("u", coordinate(f64::cos))
            .with("v", coordinate(f64::sin))
            .with("r", particles.r.clone()),
    ]
}

fn picture(finding: &Finding) -> Figure {
    let mut figure =
        Figure::new("w-fig5").grid(5, PAGE).note("Above: fit, knots (rings), samples. Below: particles.");
    let titles = ["δ = −∞", "δ = −1", "δ = 0", "δ = 1", "δ = ∞"];
    for ((name, ..), title) in DELTAS.iter().zip(titles) {
        let table = format!("function_{name}");
        let panel = functions(&table, title)
            .with(curve(finding, &table, "x", "f", "", BLUE))
            .with(samples(finding, &table))
            .with(knots(finding, &table, "knot"));
        figure = figure.with(panel);
    }
    for (name, ..) in DELTAS {
        let mut panel = plane(finding, &format!("particles_{name}"), "", 0.98).height(1.0);
        panel
            .layers
            .insert(0, sample_lines(&column(finding, &format!("function_{name}"), "sample_x"), 500.0));
        figure = figure.with(panel);
    }
    figure
}
