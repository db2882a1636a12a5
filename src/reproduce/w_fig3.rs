//! W Fig. 3: slices of the terms of the tangent kernel.

use crate::kernel::{BiasLaw, Kernel, Particles, SlopeLaw, StartLaw, WeightLaw};
use crate::math::even;
use crate::problem::Start;

use super::pictures::curve;
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, spread, with_spread};
use crate::plot::color::{BLUE, GREEN, VERMILION};
use crate::plot::{Axis, Figure, PAGE, Panel};
use crate::system::text::digits;

pub const ITEM: Item = Item {
    name: "w-fig3",
    place: "W Fig. 3, eq. 26",
    claim: "with m = 25000 neurons the two terms of the tangent kernel, and for normal weights eq. 26, are those of \
            infinite width",
    chosen: "c drawn as a and b; slices K(0.5, x) at 33 points of [-2, 2]; sixteen seeds; again with m = 2500",
    work,
    picture,
};

/// Where the slices are taken.
const AT: f64 = 0.5;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds = stage.pick(16, 2);
    let mut finding = Finding::default();
    let mut told = vec![];
    for law in ["uniform", "normal"] {
        let exact = Kernel::new(limit(law));
        let mut deviations = [vec![], vec![]];
        let mut printed = vec![];
        for (size, m) in [25_000u64, 2500].into_iter().enumerate() {
            let job = |seed: u64| {
                let job = Job::new("w_fig3").called(format!("{law}_{m}_seed{seed}"));
                job.with("measure.law", format!("\"{law}\""))
                    .with("measure.particles", m)
                    .with("measure.seed", seed)
            };
            let jobs: Vec<Job> = (1..=seeds).map(job).collect();
            let traces = stage.run_all(&jobs)?;
            for (job, trace) in jobs.iter().zip(&traces) {
                // The kernel of the run, at its samples: kappa^2 = m times that of the paper.
                let kernel = trace.snapshots[0].tangent_kernel.as_ref().expect("the scenario asks for it");
                let row = trace.x().iter().position(|&x| x == AT).expect("0.5 is a sample");
                let slice: Vec<f64> = kernel.row(row).iter().map(|k| k / m as f64).collect();
                let limit: Vec<f64> = trace.x().iter().map(|&x| exact.tangent(AT, x)).collect();
                deviations[size].push(relative(&slice, &limit));
                if law == "normal" {
                    let neurons = neurons(stage, job)?;
                    let drawn: Vec<f64> = trace.x().iter().map(|&x| neurons.features(AT, x)).collect();
                    let eq26: Vec<f64> = trace.x().iter().map(|&x| as_printed(2.0, AT, x)).collect();
                    printed.push(relative(&eq26, &drawn));
                }
                if size == 0 && job == &jobs[0] {
                    finding.tables.push(slices(law, &exact, &neurons(stage, job)?));
                }
            }
        }
        let [wide, narrow] = [spread(&deviations[0])[0], spread(&deviations[1])[0]];
        told.push(format!("{law} weights: off by {} % of the slice", with_spread(&percent(&deviations[0]))));
        finding.needs(
            format!("{law}: relative distance of the slice to infinite width, mean of seeds"),
            wide,
            Bound::AtMost(0.02),
        );
        finding.needs(
            format!("{law}: distance with a tenth of the neurons, times as large (root of 10: 3.16)"),
            narrow / wide,
            stage.pick(Bound::Within(1.8, 5.5), Bound::Within(0.5, 20.0)),
        );
        if law == "normal" {
            let off = spread(&printed)[0];
            told.push(format!("eq. 26 as printed: off by {} %", digits(100.0 * off, 3)));
            finding.should("eq. 26 as printed against the drawn neurons, relative", off, Bound::AtMost(0.02));
        }
    }
    finding.numbers = told.join("; ");
    finding.remarks.push(
        "W eq. 26 and 40 print the middle bracket with the opposite sign; with the sign turned it is the limit above"
            .into(),
    );
    Ok(finding)
}

fn percent(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| 100.0 * v).collect()
}

fn relative(a: &[f64], b: &[f64]) -> f64 {
    let square = |v: &mut dyn Iterator<Item = f64>| v.map(|v| v * v).sum::<f64>();
    (square(&mut a.iter().zip(b).map(|(a, b)| a - b)) / square(&mut b.iter().copied())).sqrt()
}

/// The law that the scenario draws from, at infinite width.
fn limit(law: &str) -> StartLaw {
    match law {
        "uniform" => StartLaw {
            weights: WeightLaw::Independent {
                a: SlopeLaw::Uniform { low: -1.0, high: 1.0 },
                b: BiasLaw::Uniform { low: -1.0, high: 1.0 },
            },
            output_second_moment: 1.0 / 3.0,
        },
        _ => StartLaw { weights: WeightLaw::Isotropic { second_moment: 2.0 }, output_second_moment: 1.0 },
    }
}

/// The kernel of the neurons that a run starts from.
fn neurons(stage: &Stage, job: &Job) -> Result<Kernel, ReproduceError> {
    let start = stage.read(job)?.start;
    let particles = match &start {
        Start::Lifted(neurons) => Particles::neurons(neurons),
        Start::Canonical(measure) => Particles::canonical(measure),
        Start::Density(_) => unreachable!("runs of the papers have particles"),
    };
    Ok(Kernel::new(StartLaw { weights: WeightLaw::Particles(particles), output_second_moment: 0.0 }))
}

/// `K_RF` as W eq. 26 prints it, for `E|w|^2 = c`.
fn as_printed(c: f64, x: f64, y: f64) -> f64 {
    let (x, y) = (x.min(y), x.max(y));
    let bend = |x: f64| x / (1.0 + x * x);
    c / (4.0 * std::f64::consts::PI)
        * ((std::f64::consts::PI - y.atan() + x.atan()) * (x * y + 1.0)
            + (bend(y) - bend(x)) * (x * y - 1.0)
            + (x + y) * (y * bend(y) - x * bend(x)))
}

fn slices(law: &str, exact: &Kernel, drawn: &Kernel) -> Table {
    let points = even::points(-2.0, 2.0, 201);
    let column = |f: &dyn Fn(f64) -> f64| points.iter().map(|&x| f(x)).collect::<Vec<f64>>();
    Table::new(format!("slices_{law}"))
        .with("x", points.clone())
        .with("features", column(&|x| drawn.features(AT, x)))
        .with("features_limit", column(&|x| exact.features(AT, x)))
        .with("activation", column(&|x| drawn.activation_term(AT, x)))
        .with("activation_limit", column(&|x| exact.activation_term(AT, x)))
        .with("tangent", column(&|x| drawn.tangent(AT, x)))
        .with("tangent_limit", column(&|x| exact.tangent(AT, x)))
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("w-fig3")
        .grid(2, PAGE)
        .note("Solid: 25000 neurons; dashed: infinite width (they coincide).");
    for law in ["uniform", "normal"] {
        let table = format!("slices_{law}");
        let mut panel =
            Panel::new(&table, Axis::new("x"), Axis::new("K(0.5, x)")).title(format!("{law} weights"));
        for (name, label, color) in [
            ("tangent", "tangent kernel", BLUE),
            ("features", "random features", VERMILION),
            ("activation", "second term", GREEN),
        ] {
            let limit = format!("{name}_limit");
            panel = panel
                .with(curve(finding, &table, "x", name, label, color).opacity(0.5).width(2.2))
                .with(curve(finding, &table, "x", &limit, "", color).dashed());
        }
        figure = figure.with(panel);
    }
    figure
}
