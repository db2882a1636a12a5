//! S Fig. 9: pieces that gradient descent needs, beside optimal ones.

use crate::math::segments::{greedy, optimal};

use super::pictures::{column, curve};
use super::{Bound, Finding, Item, Job, ReproduceError, Stage, Table, spread};
use crate::plot::color::{BLACK, BLUE, Color, GREEN, PURPLE, SKY, VERMILION, YELLOW};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::system::text::digits;

pub const ITEM: Item = Item {
    name: "s-fig9",
    place: "S Fig. 9",
    claim: "optimal and greedy piecewise linear fits of a quadratic need orders of magnitude fewer pieces than gradient descent has \
            neurons; Adam is better than batch normalisation, and that better than plain gradient descent",
    chosen: "400 samples, He's start, 10000 full-batch steps, five seeds; momentum and Nesterov's 0.9 at the same rate, Adam at 1e-3; \
             batch normalisation as training on standardized samples from gamma = 1, beta = 0",
    work,
    picture,
};

const SAMPLES: f64 = 400.0;
/// Most pieces of a fit.
const PIECES: usize = 128;

/// What trains the networks: its name, words, colour.
const OPTIMIZERS: [(&str, &str, Color); 5] = [
    ("descent", "gradient descent", BLUE),
    ("momentum", "momentum", VERMILION),
    ("nesterov", "Nesterov", YELLOW),
    ("adam", "Adam", PURPLE),
    ("batch_norm", "batch normalisation", SKY),
];

/// A run of `m` neurons.
fn job(optimizer: &str, m: u64, seed: u64) -> Job {
    let job = Job::new("s_fig9").called(format!("{optimizer}_{m}_seed{seed}"));
    let job =
        job.with("measure.particles", m).with("measure.seed", seed).with("output.particles", "\"none\"");
    let rate = |rate: f64| format!("{rate:e}");
    let descent = rate(0.5 / (m as f64 * SAMPLES));
    match optimizer {
        "momentum" => job.with("flow.learning_rate", descent).with("flow.momentum", 0.9),
        "nesterov" => {
            let job = job.with("flow.learning_rate", descent).with("flow.momentum", 0.9);
            job.with("flow.optimizer", "\"nesterov\"")
        }
        "adam" => job.with("flow.learning_rate", rate(1e-3)).with("flow.optimizer", "\"adam\""),
        "batch_norm" => normalised(job.with("flow.learning_rate", descent), m),
        _ => job.with("flow.learning_rate", descent),
    }
}

/// Batch normalisation of the full batch before the ReLU: the samples at `x` over their deviation, the target as it was, all
/// knots on their mean (`gamma = 1`, `beta = 0`), `c` as He draws it.
fn normalised(job: Job, m: u64) -> Job {
    let variance = (SAMPLES + 1.0) / (3.0 * (SAMPLES - 1.0));
    let end = 1.0 / variance.sqrt();
    let job = job.with("samples.interval", format!("[{:e}, {end:e}]", -end));
    let job = job.with("samples.amplitude", format!("{variance:e}"));
    let job = job.with("measure.law", "\"two-sided\"").with("measure.b_bound", "1e-9");
    job.with("measure.c_law", "\"normal\"")
        .with("measure.output_scale", format!("{:e}", (2.0 / m as f64).sqrt()))
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let seeds: u64 = stage.pick(5, 1);
    let widths: Vec<u64> = stage.pick(vec![4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048], vec![8, 64, 256]);
    let mut finding = Finding::default();
    let mut table = Table::new("loss").with("neurons", widths.iter().map(|&m| m as f64).collect::<Vec<_>>());
    let mut means = vec![];
    let mut widest_adam = vec![];
    let mut samples = None;
    for (name, ..) in OPTIMIZERS {
        let mut losses = vec![];
        for &m in &widths {
            let traces = stage.run_all(&(1..=seeds).map(|seed| job(name, m, seed)).collect::<Vec<_>>())?;
            losses.push(traces.iter().map(|trace| 2.0 * trace.last().loss / SAMPLES).collect::<Vec<_>>());
            samples.get_or_insert_with(|| traces[0].description.samples.clone());
        }
        if name == "adam" {
            widest_adam = losses.last().cloned().unwrap_or_default();
        }
        let mean: Vec<f64> = losses.iter().map(|l| spread(l)[0]).collect();
        table = table.with(name, mean.clone());
        table =
            table.with(format!("{name}_deviation"), losses.iter().map(|l| spread(l)[1]).collect::<Vec<_>>());
        means.push(mean);
    }
    finding.tables.push(table);
    let samples = samples.expect("there are widths");
    let errors = |fits: Vec<crate::math::segments::Segments>| -> Vec<f64> {
        fits.iter().map(|fit| fit.error / SAMPLES).collect()
    };
    let best = errors(optimal(samples.x(), samples.y(), samples.weight(), PIECES));
    let merged = errors(greedy(samples.x(), samples.y(), samples.weight(), PIECES));
    finding.tables.push(
        Table::new("pieces")
            .with("pieces", (1..=PIECES).map(|k| k as f64).collect::<Vec<_>>())
            .with("optimal", best.clone())
            .with("greedy", merged.clone()),
    );
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    let reach = |errors: &[f64], loss: f64| 1.0 + errors.iter().take_while(|&&e| e > loss).count() as f64;
    let [plain, momentum, nesterov, adam, normalised] =
        std::array::from_fn(|kind: usize| means.get(kind).map_or(f64::NAN, |mean| least(mean)));
    let at = means[0].iter().position(|&l| l == plain).unwrap_or(0);
    let (needed, needed_greedy) = (reach(&best, plain), reach(&merged, plain));
    let last = widths[widths.len() - 1];
    let at_last = reach(&best, means[0][widths.len() - 1]);
    finding.numbers = format!(
        "gradient descent at best {} (mean square, {} neurons), momentum {}, Nesterov {}, Adam {}, batch normalisation {}; {last} neurons with Adam {} to {} by seed; as good as plain descent with {} optimal \
         or {} greedy pieces; {last} neurons are as good as {} optimal pieces; loss 1e-7: {} optimal, {} greedy pieces",
        digits(plain, 3),
        widths[at],
        digits(momentum, 3),
        digits(nesterov, 3),
        digits(adam, 3),
        digits(normalised, 3),
        digits(least(&widest_adam), 2),
        digits(most(&widest_adam), 2),
        digits(needed, 3),
        digits(needed_greedy, 3),
        digits(at_last, 3),
        digits(reach(&best, 1e-7), 3),
        digits(reach(&merged, 1e-7), 3)
    );
    finding.needs(
        "optimal pieces as good as the widest network, per neuron of it",
        at_last / last as f64,
        Bound::AtMost(0.05),
    );
    finding.needs(
        "loss of 100 optimal pieces over the best of gradient descent",
        best[99] / plain,
        Bound::AtMost(1e-3),
    );
    finding.needs(
        "greedy over optimal pieces for a loss of 1e-7",
        reach(&merged, 1e-7) / reach(&best, 1e-7),
        Bound::Within(1.0, 2.5),
    );
    finding.needs("best loss with momentum over the best without", momentum / plain, Bound::AtMost(0.9));
    finding.needs("best loss of Nesterov over that of plain descent", nesterov / plain, Bound::AtMost(0.9));
    finding.needs(
        "best loss of Adam over that with batch normalisation",
        adam / normalised,
        Bound::AtMost(1.0),
    );
    finding.should(
        "best loss with batch normalisation over that of plain descent",
        normalised / plain,
        Bound::AtMost(1.0),
    );
    let monotone = means[0].windows(2).filter(|w| w[1] > w[0]).count();
    finding.should(
        "widths at which the loss of gradient descent rises (\"may not even decrease\")",
        monotone as f64,
        Bound::AtLeast(1.0),
    );
    finding.remarks.push(
        "Adam at a constant rate does not come to rest in wide networks: its loss spikes, and a seed may end in a spike".into(),
    );
    finding.remarks.push(
        "with the full batch, batch normalisation of one input is training on standardized samples from another start; S has minibatches, \
         and does not give its learning rates"
            .into(),
    );
    Ok(finding)
}

fn picture(finding: &Finding) -> Figure {
    let axes =
        (Axis::new("pieces, or neurons").log(), Axis::new("mean square error").log().range(1e-10, 1e-1));
    let mut panel = Panel::new("loss", axes.0, axes.1).height(2.4);
    panel = panel
        .with(curve(finding, "pieces", "pieces", "optimal", "optimal pieces", BLACK))
        .with(curve(finding, "pieces", "pieces", "greedy", "greedy pieces", GREEN).dashed());
    for (name, label, color) in OPTIMIZERS {
        let (m, mean) = (column(finding, "loss", "neurons"), column(finding, "loss", name));
        let deviation = column(finding, "loss", &format!("{name}_deviation"));
        let low = mean.iter().zip(&deviation).map(|(m, d)| (m - d).max(0.2 * m)).collect();
        let high = mean.iter().zip(&deviation).map(|(m, d)| m + d).collect();
        panel = panel.with(Layer::bars(format!("{name} seeds"), m, low, high).color(color).width(0.6)).with(
            match name {
                // Over momentum, which it hides where both are the same.
                "nesterov" => curve(finding, "loss", "neurons", name, label, color).dashed(),
                _ => curve(finding, "loss", "neurons", name, label, color),
            },
        );
    }
    Figure::new("s-fig9").with(panel)
}
