//! After the papers: what interpolants of least norm make of noise.

use rayon::prelude::*;

use crate::kernel::{NormFit, norm_fits, slope_fits};
use crate::math::random::{Purpose, Stream};
use crate::plot::color::{BLUE, GREY, ORANGE, VERMILION};
use crate::plot::{Axis, Figure, Layer, Panel};
use crate::problem::{Risk, Samples};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table, median};

pub const ITEM: Item = Item {
    name: "a-minimum-norm",
    place: "Joshi, Vardi and Srebro 2023",
    claim: "interpolants of least norm of noisy samples in one dimension are tempered in L1 and catastrophic in L2: as samples become \
            more, the first risk stays bounded and the second does not",
    chosen: "normal noise of variance 1 and nothing else, at uniform places; the sparsest and the linear interpolant, both of the least \
             Int |f''|; those of the least Int |r| mu (biases penalised) with few samples; exact integrals, medians over 40 draws",
    work,
    picture,
};

/// What is drawn of each interpolant.
const RISKS: [&str; 3] = ["l1", "l2", "largest"];

/// Samples of nothing but noise.
fn noise(n: usize, seed: u64) -> Samples {
    let mut draw = Stream::new(seed, Purpose::Noise, n as u64);
    let x: Vec<f64> = (0..n).map(|_| draw.unit()).collect();
    let y: Vec<f64> = (0..n).map(|_| draw.normal()).collect();
    Samples::new(&x, &y).expect("the samples are finite")
}

/// Medians of the risks of an interpolant over draws, and the spread of the one in L2.
fn risks(
    sizes: &[usize],
    seeds: u64,
    fit: &(dyn Fn(&Samples) -> Result<NormFit, ReproduceError> + Sync),
) -> Result<Vec<[f64; 3]>, ReproduceError> {
    let of = |n: usize, seed: u64| -> Result<Risk, ReproduceError> {
        let samples = noise(n, seed);
        let x = samples.x();
        // The truth is 0.
        Ok(fit(&samples)?.size(x[0], x[x.len() - 1]))
    };
    sizes
        .iter()
        .map(|&n| {
            let found: Result<Vec<Risk>, ReproduceError> =
                (0..seeds).into_par_iter().map(|seed| of(n, seed)).collect();
            let found = found?;
            Ok(std::array::from_fn(|k| median(found.iter().map(|risk| risk.values()[k]).collect())))
        })
        .collect()
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let sizes: Vec<usize> = stage.pick(vec![100, 316, 1000, 3162, 10_000, 31_623], vec![100, 1000, 10_000]);
    let few: Vec<usize> = stage.pick(vec![10, 20, 40, 80, 160], vec![10, 40, 160]);
    let (seeds, few_seeds) = stage.pick((40, 20), (20, 8));
    let sparsest =
        risks(&sizes, seeds, &|samples| Ok(slope_fits(samples, 0.0)?.into_iter().nth(1).expect("two fits")))?;
    let linear =
        risks(&sizes, seeds, &|samples| Ok(slope_fits(samples, 0.0)?.into_iter().next().expect("two fits")))?;
    let neurons = risks(&few, few_seeds, &|samples| {
        Ok(norm_fits(samples, &[0.0])?.into_iter().nth(2).expect("three fits"))
    })?;
    let last = sizes.len() - 1;
    let decades = (sizes[last] as f64 / sizes[0] as f64).log10();
    let squares = (sparsest[last][1].powi(2) - sparsest[0][1].powi(2)) / decades;
    let mut finding = Finding {
        numbers: format!(
            "sparsest with {} and {} samples: L1 {} and {}, L2 {} and {}, largest {} and {}; linear: L1 {}, L2 {}; least Int |r| mu with \
             {} and {} samples: L1 {} and {}, largest {} and {}",
            sizes[0],
            sizes[last],
            digits(sparsest[0][0], 3),
            digits(sparsest[last][0], 3),
            digits(sparsest[0][1], 3),
            digits(sparsest[last][1], 3),
            digits(sparsest[0][2], 2),
            digits(sparsest[last][2], 2),
            digits(linear[last][0], 3),
            digits(linear[last][1], 3),
            few[0],
            few[few.len() - 1],
            digits(neurons[0][0], 3),
            digits(neurons[few.len() - 1][0], 3),
            digits(neurons[0][2], 2),
            digits(neurons[few.len() - 1][2], 2)
        ),
        ..Finding::default()
    };
    finding.needs(
        "sparsest, L1: last decade over the one before",
        ratio_of_decades(&sizes, &sparsest, 0),
        Bound::AtMost(1.1),
    );
    finding.needs("sparsest: square of L2, more for each decade of samples", squares, Bound::AtLeast(1.0));
    finding.needs(
        "sparsest, largest: last decade over the one before",
        ratio_of_decades(&sizes, &sparsest, 2),
        Bound::AtLeast(2.0),
    );
    // Of a segment between values z and z' it is (1 - u) z + u z', normal with variance (1 - u)^2 + u^2.
    let closed = [
        (2.0 / std::f64::consts::PI).sqrt() * (2f64.sqrt() + 1f64.asinh()) / 8f64.sqrt(),
        (2f64 / 3.0).sqrt(),
    ];
    for (k, name) in ["L1", "L2"].into_iter().enumerate() {
        let off = (linear[last][k] / closed[k] - 1.0).abs();
        finding.needs(
            format!("linear, {name}: off the closed form {}", digits(closed[k], 3)),
            off,
            Bound::AtMost(0.02),
        );
    }
    let grown = neurons[few.len() - 1][2] / neurons[0][2];
    finding.should(
        "least Int |r| mu, largest: with most samples over with fewest",
        grown,
        Bound::AtLeast(2.0),
    );
    finding.remarks.push(
        "where the linear interpolant bends to one side at two neighbours, the sparsest passes both by one knot between them and \
         overshoots, the more, the closer they lie: the probability of a height falls like its inverse square, so that squares have no \
         mean; the linear interpolant has the same norm and is tempered in both"
            .into(),
    );
    let table = |name: &str, sizes: &[usize], rows: &[[f64; 3]]| {
        let table = Table::new(name).with("samples", sizes.iter().map(|&n| n as f64).collect::<Vec<_>>());
        RISKS.iter().enumerate().fold(table, |table, (k, risk)| {
            table.with(*risk, rows.iter().map(|row| row[k]).collect::<Vec<_>>())
        })
    };
    finding.tables.push(table("sparsest", &sizes, &sparsest));
    finding.tables.push(table("linear", &sizes, &linear));
    finding.tables.push(table("neurons", &few, &neurons));
    Ok(finding)
}

/// The last value over the one with a tenth of the samples.
fn ratio_of_decades(sizes: &[usize], rows: &[[f64; 3]], k: usize) -> f64 {
    let last = sizes.len() - 1;
    let before = (0..last).rev().find(|&i| sizes[i] as f64 * 9.9 <= sizes[last] as f64).unwrap_or(0);
    rows[last][k] / rows[before][k]
}

fn picture(finding: &Finding) -> Figure {
    let panel = |risk: &str, title: &str| {
        let layer = |table: &str, label: &str, color| -> [Layer; 2] {
            let (x, y) = (column(finding, table, "samples"), column(finding, table, risk));
            [
                curve(finding, table, "samples", risk, label, color),
                points(&format!("{table} points"), x, y, color, 3.0),
            ]
        };
        Panel::new(risk, Axis::new("samples").log(), Axis::new("").log())
            .title(title)
            .height(1.3)
            .with_all(layer("sparsest", "sparsest", VERMILION))
            .with_all(layer("linear", "linear", BLUE))
            .with_all(layer("neurons", "least ∫ |r| dμ", ORANGE))
            .with(Layer::horizontal("noise", vec![1.0]).color(GREY))
    };
    Figure::new("a-minimum-norm")
        .with(panel("l1", "risk in L1"))
        .with(panel("l2", "risk in L2"))
        .with(panel("largest", "largest risk"))
}
