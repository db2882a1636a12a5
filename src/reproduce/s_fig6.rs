//! S Fig. 6 and 8: the loss over delta-slopes alone, and where gradient descent goes in it.

use ndarray::{Array1, Array2};
use ndarray_linalg::{Eigh, UPLO};

use crate::math::random::{Purpose, Stream};
use crate::plot::color::{BLUE, GREEN, GREY, VERMILION};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-fig6",
    place: "S Fig. 6, 8, section 2.4",
    claim: "over delta-slopes alone the loss is quadratic along the range of the features and constant along their null space; gradient \
            descent from the origin ends at the solution of least norm, from elsewhere at the one next to its start; moving knots turns \
            the range",
    chosen: "6 samples, 40 fixed knots of both facings; gradient descent until nothing moves, from 0 and from 20 random starts; the \
             pictures have one sample and two knots",
    work,
    picture,
};

const X: [f64; 6] = [-1.0, -0.6, -0.1, 0.3, 0.7, 1.0];
const KNOTS: usize = 40;

/// Features `(x - beta) 1{s (x - beta) > 0}`, samples by knots.
fn features(shift: f64) -> Array2<f64> {
    Array2::from_shape_fn((X.len(), KNOTS), |(j, i)| {
        let knot = -1.5 + 3.0 * (i as f64 + 0.5) / KNOTS as f64 + shift * (i as f64).sin();
        let t = X[j] - knot;
        if (t > 0.0) == (i % 2 == 0) { t } else { 0.0 }
    })
}

/// Range and null space of the features, as eigenvectors of `Phi^T Phi`, and the eigenvalues.
fn spaces(features: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    features.t().dot(features).eigh(UPLO::Lower).expect("finite")
}

fn loss(features: &Array2<f64>, y: &Array1<f64>, mu: &Array1<f64>) -> f64 {
    0.5 * (features.dot(mu) - y).mapv(|r| r * r).sum()
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let phi = features(0.0);
    let (values, vectors) = spaces(&phi);
    let (s, m) = (X.len(), KNOTS);
    let y: Array1<f64> = X.iter().map(|x| (3.0 * x).sin()).collect();
    let normal = |i: u64| {
        let mut stream = Stream::new(8, Purpose::Starts, i);
        (0..m).map(|_| stream.normal()).collect::<Array1<f64>>()
    };
    // Along the null space nothing changes; along the range it is a parabola of the eigenvalue.
    let (mut null, mut range): (f64, f64) = (0.0, 0.0);
    let at = normal(0);
    let here = loss(&phi, &y, &at);
    for k in 0..m {
        let along = |t: f64| loss(&phi, &y, &(&at + &(&vectors.column(k) * t)));
        let curvature = along(1.0) - 2.0 * along(0.0) + along(-1.0);
        match k < m - s {
            true => null = null.max((along(3.0) - here).abs() / here),
            false => range = range.max((curvature / values[k] - 1.0).abs()),
        }
    }
    // Gradient descent: what it reaches against start + pseudoinverse.
    let rate = 1.0 / values[m - 1];
    let descend = |start: &Array1<f64>| {
        let mut mu = start.clone();
        for _ in 0..20_000_000 {
            let step = phi.t().dot(&(phi.dot(&mu) - &y)) * rate;
            let size = step.dot(&step).sqrt();
            mu = mu - step;
            if size < 1e-15 {
                break;
            }
        }
        mu
    };
    let next_to = |start: &Array1<f64>| {
        let rest = phi.t().dot(&(&y - &phi.dot(start)));
        let mut mu = start.clone();
        for k in m - s..m {
            mu = mu + &vectors.column(k) * (vectors.column(k).dot(&rest) / values[k]);
        }
        mu
    };
    let zero = Array1::zeros(m);
    let distance = |a: &Array1<f64>, b: &Array1<f64>| (a - b).mapv(|d| d * d).sum().sqrt();
    let least = descend(&zero);
    let from_zero = distance(&least, &next_to(&zero));
    let (mut off, mut rougher) = (0.0f64, f64::INFINITY);
    for seed in 1..=stage.pick(20, 3) {
        let start = normal(seed);
        let end = descend(&start);
        off = off.max(distance(&end, &next_to(&start)));
        rougher = rougher.min(end.dot(&end) / least.dot(&least));
    }
    // The range after all knots have moved: largest part of it outside of the old one.
    let (_, moved) = spaces(&features(0.05));
    let outside = (m - s..m)
        .map(|k| {
            let v = moved.column(k);
            let inside: f64 = (m - s..m).map(|l| v.dot(&vectors.column(l)).powi(2)).sum();
            (1.0 - inside).max(0.0).sqrt()
        })
        .fold(0.0, f64::max);
    let rank = values.iter().filter(|value| **value > 1e-12 * values[m - 1]).count();
    let mut finding = Finding {
        numbers: format!(
            "{rank} of {m} eigenvalues are not zero, as many as samples; along the null space the loss changes by {}, along the range its \
             curvature is the eigenvalue to {}; gradient descent ends {} from the solution of least norm and {} from those next to its \
             starts, whose roughness is at least {} times as large; moving knots by 0.05 turns the range by up to {} of its length",
            digits(null, 2),
            digits(range, 2),
            digits(from_zero, 2),
            digits(off, 2),
            digits(rougher, 3),
            digits(outside, 2)
        ),
        ..Finding::default()
    };
    finding.needs("eigenvalues that are not zero", rank as f64, Bound::Within(s as f64, s as f64));
    finding.needs("relative change of the loss along the null space", null, Bound::AtMost(1e-12));
    finding.needs("relative deviation of the curvature along the range", range, Bound::AtMost(1e-6));
    finding.needs("distance to the solution of least norm", from_zero, Bound::AtMost(1e-6));
    finding.needs("distance to the solutions next to the starts", off, Bound::AtMost(1e-6));
    finding.needs("least ratio of roughnesses", rougher, Bound::AtLeast(1.0));
    finding.needs(
        "part of a vector of the moved range outside of the old one",
        outside,
        Bound::AtLeast(1e-3),
    );
    finding.tables.extend(plane());
    Ok(finding)
}

/// One sample at 1 and two knots at 0 and 1/2: features `(1, 1/2)`, target 1; paths from 0 and from `(-0.8, 0.9)`.
fn plane() -> [Table; 2] {
    let phi = [1.0, 0.5];
    let path = |start: [f64; 2]| -> [Vec<f64>; 2] {
        let (mut mu, mut u, mut v) = (start, vec![], vec![]);
        for _ in 0..60 {
            u.push(mu[0]);
            v.push(mu[1]);
            let rho = phi[0] * mu[0] + phi[1] * mu[1] - 1.0;
            mu = [mu[0] - 0.15 * rho * phi[0], mu[1] - 0.15 * rho * phi[1]];
        }
        [u, v]
    };
    let ([u0, v0], [u1, v1]) = (path([0.0, 0.0]), path([-0.8, 0.9]));
    let line = crate::math::even::points(-1.0, 1.6, 50);
    let solution: Vec<f64> = line.iter().map(|u| (1.0 - phi[0] * u) / phi[1]).collect();
    let turned: Vec<f64> = line.iter().map(|u| (1.0 - 0.6 * u) / 0.9).collect();
    [
        Table::new("paths").with("u0", u0).with("v0", v0).with("u1", u1).with("v1", v1),
        Table::new("solutions").with("u", line).with("solution", solution).with("moved", turned),
    ]
}

fn picture(finding: &Finding) -> Figure {
    let ends = |u: &str, v: &str| -> [Vec<f64>; 2] {
        [u, v].map(|name| column(finding, "paths", name).last().copied().into_iter().collect())
    };
    let ([a, b], [c, d]) = (ends("u0", "v0"), ends("u1", "v1"));
    let axis = |label: &str| Axis::new(label).range(-1.1, 1.6);
    let panel = Panel::new("plane", axis("delta-slope of knot 0"), axis("delta-slope of knot 1/2"))
        .title("one sample, two knots")
        .height(2.4)
        .equal()
        .with(curve(finding, "solutions", "u", "solution", "zero loss", GREY))
        .with(curve(finding, "solutions", "u", "moved", "after knots have moved", GREY).dashed())
        .with(curve(finding, "paths", "u0", "v0", "from the origin", GREEN))
        .with(curve(finding, "paths", "u1", "v1", "from elsewhere", VERMILION))
        .with(points("least norm", a, b, GREEN, 4.0))
        .with(points("next to its start", c, d, BLUE, 4.0));
    Figure::new("s-fig6").with(panel)
}
