//! S Remark 2 and Fig. 5: changes of the function that leave the loss as it is.

use ndarray::Array2;
use ndarray_linalg::{EigValsh, UPLO};

use crate::math::random::{Purpose, Stream};
use crate::plot::color::{BLACK, BLUE, GREEN, VERMILION};
use crate::plot::{Axis, Figure, Layer, Panel, Shape};
use crate::system::text::digits;

use super::pictures::{column, curve};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-fig5",
    place: "S Remark 2, Fig. 5",
    claim: "changes of the function leave the loss as it is: (A) knots of one facing between two samples that cancel, (B) two such knots on \
            either side of a sample that turn the function around it, (C) neurons without an active sample; and so does, for all \
            parameters, the scaling of a neuron, whose tangent is a zero of the Hessian",
    chosen: "5 samples; each change by up to 30 %, 200 steps; the scaling's tangent at 200 random states of 6 neurons, by the quadratic form \
             of the exact Hessian",
    work,
    picture,
};

const X: [f64; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];

/// `f` of neurons `(knot, delta-slope)` that face right.
fn value(neurons: &[[f64; 2]], x: f64) -> f64 {
    neurons.iter().map(|[knot, mu]| mu * (x - knot).max(0.0)).sum()
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let mut finding = Finding::default();
    let start = [[-1.2, 0.6], [-0.9, -0.9], [-0.35, 0.8], [-0.15, 0.7], [0.2, -1.1], [1.4, 2.0]];
    let steps: u32 = stage.pick(200, 50);
    let mut worst = [0.0f64; 3];
    let mut ends = vec![];
    for (case, largest) in worst.iter_mut().enumerate() {
        let mut last = start;
        for step in 0..=steps {
            let t = f64::from(step) / f64::from(steps);
            last = start;
            match case {
                // One moves and both change their slopes: slope and value behind them stay.
                0 => {
                    last[2][0] -= 0.1 * t;
                    let gap = last[3][0] - last[2][0];
                    let (sum, moment) = (1.5, 0.8 * start[2][0] + 0.7 * start[3][0]);
                    last[3][1] = (moment - sum * last[2][0]) / gap;
                    last[2][1] = sum - last[3][1];
                }
                // Knots 3 and 4 around the sample at 0: f(0) stays, and what lies behind both.
                1 => {
                    last[3][1] += 0.3 * t;
                    last[3][0] = start[3][0] * start[3][1] / last[3][1];
                    last[4][1] -= 0.3 * t;
                    last[4][0] = start[4][0] * start[4][1] / last[4][1];
                }
                _ => {
                    last[5][1] += 5.0 * t;
                    last[5][0] -= 0.3 * t;
                }
            }
            for x in X {
                *largest = largest.max((value(&last, x) - value(&start, x)).abs());
            }
        }
        ends.push(last);
    }
    let [tangents, curves, critical] = scaling(stage.pick(200, 40));
    finding.numbers = format!(
        "largest change of f at a sample {}, {} and {}; along the scaling the loss changes by {}, but v^T H v / |H| of its tangent is up to {} \
         away from critical points and {} at them",
        digits(worst[0], 2),
        digits(worst[1], 2),
        digits(worst[2], 2),
        digits(curves, 2),
        digits(tangents, 2),
        digits(critical, 2)
    );
    for (name, worst) in ["A", "B", "C"].into_iter().zip(worst) {
        finding.needs(format!("({name}): largest change of f at a sample"), worst, Bound::AtMost(1e-13));
    }
    finding.needs("largest relative change of the loss along a scaling", curves, Bound::AtMost(1e-12));
    finding.needs(
        "largest v^T H v / |H| of the scaling's tangent at critical points",
        critical,
        Bound::AtMost(1e-12),
    );
    finding.should("the same at any point", tangents, Bound::AtMost(1e-12));
    finding.remarks.push(
        "S Remark 2 has the tangent in the null space for all parameters: the curve of constant loss is bent, so that v^T H v = -<grad L, its \
         curvature>, which is zero only where the gradient is"
            .into(),
    );
    let at = crate::math::even::points(-1.3, 1.6, 400);
    let f = |neurons: &[[f64; 2]]| -> Vec<f64> { at.iter().map(|x| value(neurons, *x)).collect() };
    let mut table = Table::new("functions").with("x", at.clone()).with("start", f(&start));
    for (name, end) in ["A", "B", "C"].into_iter().zip(&ends) {
        table = table.with(name, f(end));
    }
    let y = X.map(|x| value(&start, x));
    finding.tables.push(table.with("sample_x", X).with("sample_y", y));
    Ok(finding)
}

/// Of neurons `(c, a, b)` with random residuals: largest `|v^T H v| / |H|` of the tangent `(-c, a, b)`, largest change of the loss
/// along the curve, and the first again for residuals that vanish.
fn scaling(states: u64) -> [f64; 3] {
    let mut found = [0.0f64; 3];
    for state in 0..states {
        let mut stream = Stream::new(5, Purpose::Starts, state);
        let neurons: Vec<[f64; 3]> = (0..6).map(|_| [(); 3].map(|()| stream.normal())).collect();
        let targets: Vec<f64> = X.iter().map(|_| stream.normal()).collect();
        let f = |neurons: &[[f64; 3]], x: f64| -> f64 {
            neurons.iter().map(|[c, a, b]| c * (a * x - b).max(0.0)).sum()
        };
        let residuals =
            |y: &[f64]| -> Vec<f64> { X.iter().zip(y).map(|(x, y)| f(&neurons, *x) - y).collect() };
        let exact: Vec<f64> = X.iter().map(|x| f(&neurons, *x)).collect();
        for (slot, y) in [(0, &targets), (2, &exact)] {
            let hessian = hessian(&neurons, &residuals(y));
            let norm = hessian
                .eigvalsh(UPLO::Lower)
                .map_or(f64::NAN, |values| values.iter().fold(0.0, |most: f64, value| most.max(value.abs())));
            for i in 0..neurons.len() {
                let mut v = ndarray::Array1::zeros(3 * neurons.len());
                let [c, a, b] = neurons[i];
                let size = (c * c + a * a + b * b).sqrt();
                [-c, a, b].iter().enumerate().for_each(|(k, value)| v[3 * i + k] = value / size);
                found[slot] = found[slot].max(v.dot(&hessian.dot(&v)).abs() / norm);
            }
        }
        let loss = |neurons: &[[f64; 3]]| -> f64 {
            X.iter().zip(&targets).map(|(x, y)| 0.5 * (f(neurons, *x) - y).powi(2)).sum()
        };
        let mut scaled = neurons.clone();
        scaled[0] = [neurons[0][0] / 1.7, 1.7 * neurons[0][1], 1.7 * neurons[0][2]];
        found[1] = found[1].max((loss(&scaled) / loss(&neurons) - 1.0).abs());
    }
    found
}

/// The Hessian of `L = 1/2 Sum rho^2` over all `(c, a, b)`.
fn hessian(neurons: &[[f64; 3]], rho: &[f64]) -> Array2<f64> {
    let n = 3 * neurons.len();
    let mut hessian = Array2::zeros((n, n));
    for (x, rho) in X.iter().zip(rho) {
        let mut gradient = vec![0.0; n];
        for (i, [c, a, b]) in neurons.iter().enumerate().filter(|(_, [_, a, b])| a * x - b > 0.0) {
            gradient[3 * i..3 * i + 3].copy_from_slice(&[a * x - b, c * x, -c]);
            for (k, value) in [(1, rho * x), (2, -rho)] {
                hessian[[3 * i, 3 * i + k]] += value;
                hessian[[3 * i + k, 3 * i]] += value;
            }
        }
        for i in 0..n {
            for j in 0..n {
                hessian[[i, j]] += gradient[i] * gradient[j];
            }
        }
    }
    hessian
}

fn picture(finding: &Finding) -> Figure {
    let mut panel = Panel::new("functions", Axis::new("x"), Axis::new("f(x)")).height(1.9);
    for (name, color) in ["A", "B", "C"].into_iter().zip([BLUE, VERMILION, GREEN]) {
        panel = panel.with(curve(finding, "functions", "x", name, name, color));
    }
    let samples = [column(finding, "functions", "sample_x"), column(finding, "functions", "sample_y")];
    let [x, y] = samples;
    panel = panel
        .with(curve(finding, "functions", "x", "start", "start", BLACK).width(0.8))
        .with(Layer::points("samples", x, y, Shape::Disc).color(BLACK).size(3.6).label("samples"));
    Figure::new("s-fig5").with(panel)
}
