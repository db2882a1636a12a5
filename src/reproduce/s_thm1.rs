//! S Thm 1 and Cor. 1: densities of knots and delta-slopes of a random start.

use crate::plot::color::{BLUE, VERMILION};
use crate::plot::{Axis, Figure, Panel};
use crate::problem::{FunctionLaw, LawKind, NeuronLaw, OutputLaw, ParticleLaw};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-thm1",
    place: "S Thm 1, Cor. 1",
    claim: "knots and delta-slopes of normal and of uniform weights have the joint densities, marginals and conditional laws \
            given; knots of normal weights are Cauchy, their density falls quickly away from the origin",
    chosen: "a million draws of each start, m = 1; 20 x 20 cells of knots and delta-slopes with equal probabilities of \
             either, expected numbers from the densities",
    work,
    picture,
};

/// Cells each way.
const CELLS: usize = 20;
/// Draws that a cell must expect to count in `chi^2`.
const FEWEST: f64 = 10.0;

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let draws = stage.pick(1_000_000, 100_000);
    let mut finding = Finding::default();
    let uniform = LawKind::Uniform { a_bound: 1.0, b_bound: 1.0, c: OutputLaw::Uniform };
    let mut numbers = vec![];
    for (name, kind) in [("normal", LawKind::Normal), ("uniform", uniform)] {
        let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
        let law = FunctionLaw::new(&ParticleLaw::Neurons(law), 1.0, 1);
        let [knots, slopes] = law.drawn(draws, 1);
        let (worst, square, freedom) = cells(&law, &knots, &slopes);
        let deviation = (square - freedom) / (2.0 * freedom).sqrt();
        numbers.push(format!(
            "{name}: largest of {} cells {} standard errors off, chi^2 {} deviations from its mean",
            freedom,
            digits(worst, 3),
            digits(deviation, 2)
        ));
        finding.needs(format!("{name}: worst cell, standard errors"), worst, Bound::AtMost(5.0));
        finding.needs(
            format!("{name}: chi^2, deviations from its mean"),
            deviation,
            Bound::Within(-4.0, 4.0),
        );
        finding.tables.push(histogram(&format!("{name}_knots"), &knots, 3.0, |x| law.knot_density(x)));
        let slope = |mu: f64| law.delta_slope_density(mu).unwrap_or(f64::NAN);
        finding.tables.push(histogram(&format!("{name}_delta_slopes"), &slopes, 2.0, slope));
        let inside = law.knot_below(1.0) - law.knot_below(-1.0);
        finding.needs(format!("{name}: share of knots in [-1, 1]"), inside, Bound::AtLeast(0.499));
        let far = 2.0 * law.knot_below(-10.0);
        finding.needs(format!("{name}: share of knots beyond 10"), far, Bound::AtMost(0.07));
    }
    finding.numbers = numbers.join("; ");
    finding.remarks.push("all start laws of this program have closed forms; reluflow law SCENARIO".into());
    Ok(finding)
}

/// The worst cell in standard errors, `chi^2`, and how many cells it is of: those that expect [`FEWEST`]. Cells of delta-slopes are those of `|mu|`: the sign is another coin.
fn cells(law: &FunctionLaw, knots: &[f64], slopes: &[f64]) -> (f64, f64, f64) {
    let mut order: Vec<f64> = slopes.iter().map(|mu| mu.abs()).collect();
    order.sort_by(f64::total_cmp);
    let inner = |i: usize| order[order.len() * i / CELLS];
    let mut rows: Vec<f64> = (1..CELLS).map(inner).collect();
    rows.insert(0, 0.0);
    let knot_edge = |i: usize| quantile(law, i as f64 / CELLS as f64);
    let columns: Vec<f64> = (1..CELLS).map(knot_edge).collect();
    let mut found = vec![0.0; CELLS * CELLS];
    for (knot, mu) in knots.iter().zip(slopes) {
        let column = columns.partition_point(|edge| edge <= knot);
        let row = rows.partition_point(|edge| *edge <= mu.abs()) - 1;
        found[row * CELLS + column] += 1.0;
    }
    let count = knots.len() as f64;
    let (mut worst, mut square, mut counted): (f64, f64, f64) = (0.0, 0.0, 0.0);
    for row in 0..CELLS {
        let high = if row + 1 < CELLS { rows[row + 1] } else { f64::INFINITY };
        for column in 0..CELLS {
            let low_knot = if column > 0 { columns[column - 1] } else { f64::NEG_INFINITY };
            let high_knot = if column + 1 < CELLS { columns[column] } else { f64::INFINITY };
            let expected = count * mass(law, [low_knot, high_knot], [rows[row], high]);
            let off = found[row * CELLS + column] - expected;
            worst = worst.max(off.abs() / expected.max(FEWEST).sqrt());
            if expected >= FEWEST {
                counted += 1.0;
                square += off * off / expected;
            }
        }
    }
    (worst, square, counted)
}

fn quantile(law: &FunctionLaw, p: f64) -> f64 {
    let (mut low, mut high) = (-1e6, 1e6);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if law.knot_below(middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Probability of a cell: the joint density, by Gauss rules in `atan beta` and in a variable that ends.
fn mass(law: &FunctionLaw, knot: [f64; 2], slope: [f64; 2]) -> f64 {
    let to = |x: f64| x.atan();
    let inner = |beta: f64| {
        let f = |t: f64| {
            // mu = t / (1 - t)
            let (mu, rate) = (t / (1.0 - t), 1.0 / (1.0 - t).powi(2));
            2.0 * rate * law.density(beta, mu).unwrap_or(f64::NAN)
        };
        let t = |mu: f64| if mu.is_finite() { mu / (1.0 + mu) } else { 1.0 - 1e-12 };
        // Where a uniform law ends.
        let end = 1.0f64.min(1.0 / beta.abs());
        crate::math::quadrature::integrate(f, t(slope[0]), t(slope[1]), &[end / (1.0 + end)], 1e-9, 1e-7)
            .value
    };
    let f = |angle: f64| {
        let beta = angle.tan();
        inner(beta) * (1.0 + beta * beta)
    };
    let quarter = std::f64::consts::FRAC_PI_4;
    crate::math::quadrature::integrate(f, to(knot[0]), to(knot[1]), &[quarter, -quarter], 1e-8, 1e-6).value
}

/// A histogram and the density at the middles of its bins.
fn histogram(name: &str, values: &[f64], reach: f64, density: impl Fn(f64) -> f64) -> Table {
    const BINS: usize = 60;
    let mut found = vec![0.0; BINS];
    let width = 2.0 * reach / BINS as f64;
    for value in values {
        let bin = (value + reach) / width;
        if (0.0..BINS as f64).contains(&bin) {
            found[bin as usize] += 1.0 / (values.len() as f64 * width);
        }
    }
    let middle = |i: usize| -reach + width * (i as f64 + 0.5);
    let at: Vec<f64> = (0..BINS).map(middle).collect();
    let expected: Vec<f64> = at.iter().map(|x| density(*x)).collect();
    Table::new(name).with("at", at).with("drawn", found).with("density", expected)
}

fn picture(finding: &Finding) -> Figure {
    let mut figure = Figure::new("s-thm1").grid(2, crate::plot::PAGE);
    for (table, title, axis) in [
        ("normal_knots", "normal weights", "knot"),
        ("normal_delta_slopes", "normal weights", "delta-slope"),
        ("uniform_knots", "uniform weights", "knot"),
        ("uniform_delta_slopes", "uniform weights", "delta-slope"),
    ] {
        let (at, drawn) = (column(finding, table, "at"), column(finding, table, "drawn"));
        let panel = Panel::new(table, Axis::new(axis), Axis::new("density"))
            .title(title)
            .height(1.2)
            .with(curve(finding, table, "at", "density", "closed form", BLUE))
            .with(points("drawn", at, drawn, VERMILION, 1.8).label("drawn"));
        figure = figure.with(panel);
    }
    figure
}
