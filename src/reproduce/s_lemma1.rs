//! S Lemma 1: lonely partitions and their global minima.

use ndarray::{Array1, Array2};
use ndarray_linalg::{Eigh, UPLO};

use crate::math::random::{Purpose, Stream};
use crate::plot::color::{BLUE, GREY};
use crate::plot::{Axis, Figure, Panel};
use crate::system::text::digits;

use super::pictures::{column, curve, points};
use super::{Bound, Finding, Item, ReproduceError, Stage, Table};

pub const ITEM: Item = Item {
    name: "s-lemma1",
    place: "S Lemma 1",
    claim: "for every lonely partition there are infinitely many parameters that induce it and have no loss; with H >= c N knots there are \
            O(N^(c N)) lonely partitions, each a set of global minima",
    chosen: "random lonely partitions of 2 to 8 samples by N - 1 to 4 N knots of random facings, random targets, delta-slopes and the bias b_0 \
             by least squares; partitions counted exactly, with knots told apart",
    work,
    picture,
};

/// Values at the samples per unit of each delta-slope, then of `b_0`.
fn features(x: &[f64], knots: &[(f64, bool)]) -> Array2<f64> {
    Array2::from_shape_fn((x.len(), knots.len() + 1), |(j, i)| match knots.get(i) {
        None => 1.0,
        Some(&(knot, right)) if (x[j] > knot) == right => (x[j] - knot).abs(),
        Some(_) => 0.0,
    })
}

/// Samples, and knots of which at least one lies between any two samples.
fn lonely(stream: &mut Stream) -> (Vec<f64>, Vec<(f64, bool)>) {
    let n = 2 + stream.below(7) as usize;
    let x: Vec<f64> = (0..n).map(|j| j as f64 + stream.uniform(-0.3, 0.3)).collect();
    let more = stream.below(3 * n as u64 + 2) as usize;
    let mut knots = vec![];
    for gap in 0..n - 1 {
        knots.push((stream.uniform(x[gap], x[gap + 1]), stream.sign() > 0.0));
    }
    knots.extend((0..more).map(|_| (stream.uniform(-1.5, n as f64 + 0.5), stream.sign() > 0.0)));
    (x, knots)
}

fn work(stage: &Stage) -> Result<Finding, ReproduceError> {
    let states: u64 = stage.pick(2000, 200);
    let (mut ranks, mut left, mut moved, mut free) = (0, 0.0f64, 0.0f64, 0);
    for state in 0..states {
        let mut stream = Stream::new(15, Purpose::Starts, state);
        let (x, knots) = lonely(&mut stream);
        let (phi, n) = (features(&x, &knots), x.len());
        let y: Array1<f64> = (0..n).map(|_| stream.normal()).collect();
        // Least squares through the eigenvectors of Phi Phi^T, all of which must count.
        let (values, vectors) = phi.dot(&phi.t()).eigh(UPLO::Lower).expect("finite");
        ranks += usize::from(values[0] > 1e-13 * values[n - 1]);
        let solve = |rest: &Array1<f64>| phi.t().dot(&vectors.dot(&(vectors.t().dot(rest) / &values)));
        let mut mu = solve(&y);
        mu = &mu + &solve(&(&y - &phi.dot(&mu)));
        let loss = |mu: &Array1<f64>| 0.5 * (phi.dot(mu) - &y).mapv(|r| r * r).sum();
        left = left.max(loss(&mu));
        // Other ones: a random direction but for what it does at the samples; with as many knots as gaps, other knots.
        let random: Array1<f64> = (0..knots.len() + 1).map(|_| stream.normal()).collect();
        let null = &random - &solve(&phi.dot(&random));
        let size = null.dot(&null).sqrt();
        if size > 1e-6 {
            free += 1;
            moved = moved.max(loss(&(&mu + &(null / size))));
        }
    }
    let mut finding = Finding::default();
    let (mut shares, mut growth) = (vec![], vec![]);
    let counts: Vec<f64> = (2..=40).map(f64::from).collect();
    for &n in &counts {
        let found = ln_lonely(n as usize, 2 * n as usize);
        // Against N^(c N) = exp(c N ln N), and as a share of all ways to put the knots.
        growth.push(found / (2.0 * n * n.ln()));
        shares.push((found - 2.0 * n * (n + 1.0).ln()).exp());
    }
    let brute = brute_force(4, 8);
    let counted = (ln_lonely(4, 8).exp() / brute - 1.0).abs();
    finding.numbers = format!(
        "{states} lonely partitions: all targets are met to a loss of {}; moved by 1 in the {free} that have more knots than gaps the loss is \
         at most {}; N = 40 samples and H = 80 knots have N^({} H) lonely partitions, a share of {} of all",
        digits(left, 2),
        digits(moved, 2),
        digits(growth[growth.len() - 1], 3),
        digits(shares[shares.len() - 1], 2),
    );
    finding.needs("partitions whose features have rank N", ranks as f64, Bound::AtLeast(states as f64));
    finding.needs("largest loss of a solution", left, Bound::AtMost(1e-15));
    finding.needs("largest loss of another solution", moved, Bound::AtMost(1e-15));
    finding.needs("formula against counting, N = 4, H = 8, relative", counted, Bound::AtMost(1e-12));
    finding.needs(
        "exponent of N over H in the number of lonely partitions, N = 40, c = 2",
        growth[growth.len() - 1],
        Bound::Within(0.9, 1.1),
    );
    finding.should(
        "share of lonely partitions, N = 40, c = 2",
        shares[shares.len() - 1],
        Bound::AtLeast(0.5),
    );
    finding.remarks.push(
        "N^(c N) bounds their number from above, knots being told apart; as a share of all partitions lonely ones die out like (1 - e^-c)^N \
         where H = c N: most are lonely only with H of the order of N^2 (S Remark 1)"
            .into(),
    );
    finding.tables.push(
        Table::new("partitions").with("samples", counts).with("exponent", growth).with("share", shares),
    );
    Ok(finding)
}

/// Logarithm of the number of ways to put `h` knots, told apart, into `n + 1` intervals so that none of the `n - 1` gaps
/// between samples is empty: `Sum_k (-1)^k C(n - 1, k) (n + 1 - k)^h`, as a recursion without differences.
///
/// With `w_i` the ways in which `i` gaps have a knot after some knots, a further knot takes one of the two outer intervals or of the `i`
/// gaps, or a new one of the `n - 1 - i`.
fn ln_lonely(n: usize, h: usize) -> f64 {
    let mut share = vec![0.0; n];
    share[0] = 1.0;
    for _ in 0..h {
        let mut next = vec![0.0; n];
        for (i, share) in share.iter().enumerate() {
            next[i] += share * (2 + i) as f64 / (n + 1) as f64;
            if i + 1 < n {
                next[i + 1] += share * (n - 1 - i) as f64 / (n + 1) as f64;
            }
        }
        share = next;
    }
    share[n - 1].ln() + h as f64 * ((n + 1) as f64).ln()
}

/// The same, knot by knot.
fn brute_force(n: usize, h: u32) -> f64 {
    let ways = (n + 1).pow(h);
    let is_lonely = |way: &usize| {
        let mut seen = vec![false; n + 1];
        let mut rest = *way;
        for _ in 0..h {
            seen[rest % (n + 1)] = true;
            rest /= n + 1;
        }
        seen[1..n].iter().all(|seen| *seen)
    };
    (0..ways).filter(is_lonely).count() as f64
}

fn picture(finding: &Finding) -> Figure {
    let of = |name: &str| column(finding, "partitions", name);
    let panel = Panel::new(
        "partitions",
        Axis::new("samples N, with H = 2 N knots"),
        Axis::new("share of lonely partitions").log(),
    )
    .height(1.6)
    .with(curve(finding, "partitions", "samples", "share", "", GREY))
    .with(points("shares", of("samples"), of("share"), BLUE, 2.4));
    Figure::new("s-lemma1").with(panel)
}
