//! S Thm 2: the roughness of a random start.

use crate::plot::color::{BLUE, CURVES, GREY};
use crate::plot::{Axis, Figure, Panel};
use crate::problem::{FunctionLaw, LawKind, NeuronLaw, ParticleLaw};
use crate::system::text::digits;

use super::pictures::curve;
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-thm2",
    place: "S Thm 2",
    claim: "the roughness Sum mu_i^2 of a He start has mean 4 and exceeds it by e with probability at most 1 / (1 + e^2 H / 128); of a \
            Glorot start the mean is 4 H / (H + 1)^2: starts get flatter, and tighter, with width",
    chosen: "widths 10 to 1000, 20000 starts of each",
    work,
    picture,
};

fn law(kind: LawKind, width: usize) -> FunctionLaw {
    let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    FunctionLaw::new(&ParticleLaw::Neurons(law), width as f64, width)
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let starts = stage.pick(20_000, 2000);
    let mut finding = Finding::default();
    let (mut mean_off, mut variance_off, mut over): (f64, f64, f64) = (0.0, 0.0, 0.0);
    let widths = [10, 30, 100, 300, 1000];
    let mut means = [vec![], vec![]];
    for width in widths {
        let h = width as f64;
        for (k, kind) in [LawKind::He, LawKind::Glorot].into_iter().enumerate() {
            let law = law(kind, width);
            let printed = if k == 0 { 4.0 } else { 4.0 * h / (h + 1.0).powi(2) };
            let drawn = law.drawn_roughness(starts, 1);
            let mean = drawn.iter().sum::<f64>() / starts as f64;
            let error = (law.roughness_variance() / starts as f64).sqrt();
            mean_off = mean_off.max((mean - printed).abs() / error);
            let variance = if k == 0 { 128.0 / h } else { 128.0 * h / (h + 1.0).powi(4) };
            variance_off = variance_off.max((law.roughness_variance() / variance - 1.0).abs());
            means[k].push(mean);
            for step in 1..=20 {
                let excess = 0.25 * f64::from(step) * law.roughness_variance().sqrt();
                let share = drawn.iter().filter(|r| **r - printed >= excess).count() as f64 / starts as f64;
                over = over.max(share - law.roughness_bound(excess));
            }
            if width == 100 && k == 0 {
                let excess: Vec<f64> = (0..60).map(|i| 0.1 * f64::from(i)).collect();
                let bound: Vec<f64> = excess.iter().map(|e| law.roughness_bound(*e)).collect();
                let share = |e: &f64| drawn.iter().filter(|r| **r - 4.0 >= *e).count() as f64 / starts as f64;
                let tail: Vec<f64> =
                    excess.iter().map(share).map(|p| if p > 0.0 { p } else { f64::NAN }).collect();
                finding.tables.push(
                    Table::new("tail").with("excess", excess).with("bound", bound).with("simulated", tail),
                );
            }
        }
    }
    finding.numbers = format!(
        "means at most {} standard errors from the printed ones, variances equal to 128 / H and 128 H / (H + 1)^4; simulated tails below \
         the bound everywhere, at one standard deviation {} instead of 1/2 (He, H = 100)",
        digits(mean_off, 2),
        digits(at_one(&finding), 2)
    );
    finding.needs("largest deviation of a mean, standard errors", mean_off, Bound::AtMost(4.5));
    finding.needs("largest relative deviation of a variance", variance_off, Bound::AtMost(1e-12));
    finding.needs("largest simulated tail less its bound", over, Bound::AtMost(0.0));
    let [he, glorot] = means;
    let falls = glorot.windows(2).map(|pair| pair[1] / pair[0]).fold(0.0, f64::max);
    finding.needs("Glorot: ratio of means of neighbouring widths, largest", falls, Bound::AtMost(0.5));
    finding.tables.push(
        Table::new("means")
            .with("width", widths.map(|width| width as f64))
            .with("he", he)
            .with("glorot", glorot),
    );
    Ok(finding)
}

/// The simulated tail at one standard deviation, `sqrt(1.28)`.
fn at_one(finding: &Finding) -> f64 {
    let simulated = super::pictures::column(finding, "tail", "simulated");
    simulated.get(11).copied().unwrap_or(f64::NAN)
}

fn picture(finding: &Finding) -> Figure {
    let tail = Panel::new("tail", Axis::new("excess over the mean"), Axis::new("probability").log())
        .title("He, H = 100")
        .height(1.4)
        .with(curve(finding, "tail", "excess", "bound", "Cantelli's bound", GREY))
        .with(curve(finding, "tail", "excess", "simulated", "simulated", BLUE));
    let means = Panel::new("means", Axis::new("width H").log(), Axis::new("mean roughness").log())
        .height(1.2)
        .with(curve(finding, "means", "width", "he", "He", CURVES[1]))
        .with(curve(finding, "means", "width", "glorot", "Glorot", CURVES[2]));
    Figure::new("s-thm2").with(tail).with(means)
}
