//! S Remark 1 and Fig. 14: how likely a lonely start is.

use crate::math::random::{Purpose, Stream};
use crate::plot::color::{BLUE, GREY, VERMILION};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-remark1",
    place: "S Remark 1, Fig. 14",
    claim: "with H evenly spaced knots and N uniform samples a start is lonely with probability 1 - exp(-N^2 / (H + 1)): with H of the \
            size of N^2 almost surely",
    chosen: "N = 10, H = 10 to 10000; samples drawn anew 20000 times for each, counted; knots evenly spaced, and uniform",
    work,
    picture,
};

const SAMPLES: usize = 10;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let draws: u64 = stage.pick(20_000, 2000);
    let widths = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];
    let n = SAMPLES as f64;
    let (mut even, mut uniform, mut exact, mut exact_uniform, mut printed) =
        (vec![], vec![], vec![], vec![], vec![]);
    for (k, &h) in widths.iter().enumerate() {
        let count = |spaced: bool| {
            let lonely = (0..draws).filter(|draw| is_lonely(h, spaced, *draw + ((k as u64) << 32))).count();
            lonely as f64 / draws as f64
        };
        even.push(count(true));
        uniform.push(count(false));
        let h = h as f64;
        exact.push((0..SAMPLES).map(|i| (1.0 - i as f64 / (h + 1.0)).max(0.0)).product::<f64>());
        // binom(H + 1, N) / binom(H + N, N)
        exact_uniform
            .push((0..SAMPLES).map(|i| ((h + 1.0 - i as f64) / (h + n - i as f64)).max(0.0)).product());
        printed.push(1.0 - (-n * n / (h + 1.0)).exp());
    }
    let error = |p: f64| (p * (1.0 - p) / draws as f64).sqrt().max(1.0 / draws as f64);
    let off = |found: &[f64], exact: &[f64]| {
        found.iter().zip(exact).map(|(f, e)| (f - e).abs() / error(*e)).fold(0.0, f64::max)
    };
    let [even_off, uniform_off, printed_off] =
        [off(&even, &exact), off(&uniform, &exact_uniform), off(&even, &printed)];
    let last = widths.len() - 1;
    let mut finding = Finding {
        numbers: format!(
            "N = 10: counted {} of starts lonely with H = 100 and {} with H = 10000; the exact Prod (1 - i / (H + 1)) has {} and {}, the \
             printed number {} and {}",
            digits(even[3], 3),
            digits(even[last], 3),
            digits(exact[3], 3),
            digits(exact[last], 3),
            digits(printed[3], 3),
            digits(printed[last], 3)
        ),
        ..Finding::default()
    };
    finding.needs(
        "evenly spaced knots: counts off the exact product, standard errors",
        even_off,
        Bound::AtMost(4.5),
    );
    finding.needs(
        "uniform knots: counts off binom(H+1,N) / binom(H+N,N), standard errors",
        uniform_off,
        Bound::AtMost(4.5),
    );
    finding.needs("share of lonely starts with H = 100 N^2", even[last], Bound::AtLeast(0.99));
    finding.should("counts off the printed number, standard errors", printed_off, Bound::AtMost(4.5));
    finding.remarks.push(
        "as printed the number falls as H grows: it is the complement, exp(-N^2 / (2 (H + 1))) for evenly spaced and exp(-N^2 / (H + 1)) for \
         uniform knots being meant; with H = N^2 a start is lonely with probability about 0.6, or 0.4: almost surely takes many times N^2"
            .into(),
    );
    finding.tables.push(
        Table::new("lonely")
            .with("width", widths.map(|width| width as f64))
            .with("even", even)
            .with("uniform", uniform)
            .with("exact", exact)
            .with("exact_uniform", exact_uniform)
            .with("printed", printed),
    );
    Ok(finding)
}

/// Whether no two of the samples lie between neighbouring knots of `[0, 1]`.
fn is_lonely(knots: usize, spaced: bool, draw: u64) -> bool {
    let mut stream = Stream::new(1, Purpose::Starts, draw);
    let mut x: Vec<f64> = (0..SAMPLES).map(|_| stream.unit()).collect();
    x.sort_by(f64::total_cmp);
    if spaced {
        // Pieces of length 1 / (H + 1).
        let piece = |x: f64| (x * (knots + 1) as f64) as usize;
        return x.windows(2).all(|pair| piece(pair[0]) != piece(pair[1]));
    }
    let mut hit = [false; SAMPLES - 1];
    for _ in 0..knots {
        let knot = stream.unit();
        let above = x.partition_point(|x| *x < knot);
        if (1..SAMPLES).contains(&above) {
            hit[above - 1] = true;
        }
    }
    hit.iter().all(|hit| *hit)
}

fn picture(finding: &Finding) -> Figure {
    let (width, even, uniform) = (
        column(finding, "lonely", "width"),
        column(finding, "lonely", "even"),
        column(finding, "lonely", "uniform"),
    );
    let panel = Panel::new("lonely", Axis::new("knots H").log(), Axis::new("probability").range(-0.03, 1.05))
        .title("lonely starts of N = 10 samples")
        .height(1.8)
        .with(curve(finding, "lonely", "width", "exact", "evenly spaced, exact", BLUE))
        .with(curve(finding, "lonely", "width", "exact_uniform", "uniform, exact", VERMILION))
        .with(curve(finding, "lonely", "width", "printed", "as printed", GREY).dashed())
        .with(points("evenly spaced, counted", width.clone(), even, BLUE, 3.0))
        .with(points("uniform, counted", width, uniform, VERMILION, 3.0));
    Figure::new("s-remark1").with(panel)
}
