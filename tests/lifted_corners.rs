//! The laws of section 8 step by step, on random problems full of corner cases: neurons exactly on
//! lines, at the origin, with `c = 0`, without mass; clustered, tied and far samples; `delta` from -100 to
//! 100; `kappa` over four decades.

use proptest::prelude::*;
use reluflow::flow::Flow;
use reluflow::problem::{Place, PlaceKind, Regions, Samples};

use crate::common::lifted::{LiftedProblem, LiftedRun};
use crate::common::{Draw, worst};

/// How the samples lie.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Spread,
    Tied,
    Cluster(f64),
    Far,
}

/// What a random problem is made of.
#[derive(Debug, Clone)]
struct Shape {
    s: usize,
    m: usize,
    layout: Layout,
    /// Decades over which masses spread.
    decades: f64,
    kappa: f64,
    /// About `c^2 - |w|^2`; 0 draws both freely.
    delta: f64,
    kind: usize,
    seed: u64,
}

fn shapes() -> impl Strategy<Value = Shape> {
    let layout = prop_oneof![
        3 => Just(Layout::Spread),
        1 => Just(Layout::Tied),
        1 => Just(Layout::Cluster(1e-6)),
        1 => Just(Layout::Cluster(1e-10)),
        1 => Just(Layout::Far),
    ];
    let neurons = prop_oneof![1usize..12, 1usize..500];
    let delta = prop_oneof![Just(0.0), -1.0..1.0, -100.0..100.0];
    let numbers = (prop_oneof![Just(0.0), Just(6.0)], -2.0..2.0, delta, 0usize..5);
    (1usize..=40, neurons, layout, numbers, any::<u64>()).prop_map(
        |(s, m, layout, (decades, exponent, delta, kind), seed)| Shape {
            s,
            m,
            layout,
            decades,
            kappa: 10f64.powf(exponent),
            delta,
            kind,
            seed,
        },
    )
}

fn samples(shape: &Shape, draw: &mut Draw) -> (Vec<f64>, Vec<f64>) {
    let s = shape.s;
    let mut x = draw.list(s, -1.5, 1.5);
    match shape.layout {
        Layout::Spread => {}
        Layout::Tied => x.iter_mut().for_each(|x| *x = (2.0 * *x).round() / 2.0),
        Layout::Cluster(width) => {
            (0..s).for_each(|j| x[j] = x[j % (s / 3 + 1)] + width * draw.uniform(0.0, 1.0));
        }
        Layout::Far => x.iter_mut().for_each(|x| *x = x.signum() * 10f64.powf(2.0 * x.abs())),
    }
    (x, draw.list(s, -2.0, 2.0))
}

/// One neuron `(c, a, b)`.
fn neuron(shape: &Shape, regions: &Regions, draw: &mut Draw) -> [f64; 3] {
    let (mut c, mut w) = (draw.uniform(-1.5, 1.5), draw.uniform(0.0, 1.5));
    if shape.delta > 0.0 {
        c = c.signum() * (w * w + shape.delta).sqrt();
    } else if shape.delta < 0.0 {
        w = (c * c - shape.delta).sqrt();
    }
    let angle = draw.uniform(0.0, std::f64::consts::TAU);
    let mut d = [angle.cos(), angle.sin()];
    let corner = draw.below(14);
    match corner {
        0 => c = 0.0,
        1 => w = 0.0,
        2 => (c, w) = (0.0, 0.0),
        _ => {}
    }
    if let 3..=7 = corner {
        // On a line: in its own direction, or that of its angle, which rounds.
        let b = draw.below(regions.boundaries());
        let angle = regions.angle(b);
        d = if draw.below(2) == 0 { regions.direction(b) } else { [angle.cos(), angle.sin()] };
        c = if corner == 3 { 0f64.copysign(c) } else { c };
    }
    [c, w * d[0], -w * d[1]]
}

/// A problem of this shape, and an end by which it has relaxed a good deal.
fn problem(shape: &Shape) -> (LiftedProblem, f64) {
    let mut draw = Draw(shape.seed);
    let (x, y) = samples(shape, &mut draw);
    let regions = Regions::new(&Samples::new(&x, &y).unwrap());
    let neurons: Vec<[f64; 3]> = (0..shape.m).map(|_| neuron(shape, &regions, &mut draw)).collect();
    let weight = |draw: &mut Draw, i: usize| {
        let drawn = 10f64.powf(-draw.uniform(0.0, 1.0) * shape.decades);
        if i > 0 && draw.below(14) == 0 { 0.0 } else { drawn }
    };
    let mass: Vec<f64> = (0..shape.m).map(|i| weight(&mut draw, i)).collect();
    let total: f64 = mass.iter().sum();
    let kappa = shape.kappa;
    // How fast neurons may grow, those without mass as well: none by more than exp(30).
    let pull: f64 = x.iter().zip(&y).map(|(x, y)| (1.0 + y.abs()) * x.hypot(1.0)).sum();
    let column = |p: usize| neurons.iter().map(|neuron| neuron[p]).collect();
    let problem = LiftedProblem {
        x,
        y,
        c: column(0),
        a: column(1),
        b: column(2),
        mass: mass.iter().map(|mass| mass / total).collect(),
        flow: match shape.kind {
            0 => Flow::Kernel { kappa },
            1 => Flow::Adaptive { kappa },
            _ => Flow::Lifted { kappa },
        },
    };
    let end = (20.0 / problem.stiffness()).min(30.0 / (kappa * pull));
    (problem, end)
}

fn places(run: &LiftedRun) -> Vec<Place> {
    (0..run.state.place.len()).map(|i| run.state.place[run.state.position_of(i)]).collect()
}

/// Every neuron lies in the region, on the half-line or at the origin that its place names, as far as
/// rounding in its frame allows.
fn all_in_place(run: &LiftedRun) {
    let regions = run.stepper.regions();
    for (i, (place, [c, x, y])) in places(run).into_iter().zip(run.neurons()).enumerate() {
        assert!(c.is_finite() && x.is_finite() && y.is_finite(), "neuron {i}");
        let (k, size) = (place.index(), 1e-11 * (c.abs() + x.abs() + y.abs()));
        let across = |b: usize| regions.normal(b)[0] * x + regions.normal(b)[1] * y;
        match place.kind() {
            PlaceKind::Pinned => {
                assert!(k != 0 && k + 1 != regions.boundaries(), "neuron {i} pinned on the edge of region 0");
                let d = regions.direction(k);
                assert!(across(k).abs() <= size && d[0] * x + d[1] * y >= -size, "neuron {i} off its line");
                assert!(if place.is_negative() { c <= size } else { c >= -size }, "neuron {i}: c = {c}");
            }
            PlaceKind::Free => {
                let (low, high) = (across(k - 1), across(k));
                assert!(low >= -size && high <= size, "neuron {i}: {low:e} {high:e} of {size:e}");
            }
            PlaceKind::Stuck => assert_eq!((x, y), (0.0, 0.0), "neuron {i}"),
            PlaceKind::Dead => {
                for &xt in run.stepper.samples().x() {
                    assert!(xt * x + y <= size * xt.hypot(1.0), "neuron {i} sees {xt}");
                }
            }
            PlaceKind::StuckPinned => panic!("neuron {i}"),
        }
    }
}

/// `Sigma_k`, weights and masses of clusters and residuals against sums over neurons by definition.
fn moments_agree(run: &LiftedRun) {
    let (flow, regions) = (run.stepper.flow(), run.stepper.regions());
    let (alpha, beta) = (f64::from(u8::from(flow.moves().0)), f64::from(u8::from(flow.moves().1)));
    let square = flow.kappa() * flow.kappa();
    let mut sigma = vec![[0.0; 3]; regions.boundaries()];
    let mut weight = vec![0.0; regions.boundaries()];
    let mut pinned = vec![[0.0; 2]; regions.boundaries()];
    let mut size = 0.0;
    for ((place, [c, x, y]), mass) in places(run).into_iter().zip(run.neurons()).zip(run.mass()) {
        let (k, share) = (place.index(), square * mass);
        size += share * (c * c + x * x + y * y);
        if place.kind() == PlaceKind::Free {
            let parts = [beta * c * c + alpha * x * x, alpha * x * y, beta * c * c + alpha * y * y];
            (0..3).for_each(|i| sigma[k][i] += share * parts[i]);
        } else if place.kind() == PlaceKind::Pinned {
            weight[k] += share * (beta * c * c + alpha * (x * x + y * y));
            pinned[k][usize::from(place.is_negative())] += mass;
        }
    }
    let moments = run.stepper.moments();
    for k in 0..sigma.len() {
        let off = worst(&moments.sigma(k), &sigma[k]).max((moments.weight[k][0] - weight[k]).abs());
        assert!(off <= 1e-11 * size, "region or boundary {k} off by {off:e} of {size:e}");
        let found = [moments.boundary[k][0], moments.boundary[k][2]];
        assert!(worst(&found, &pinned[k]) <= 1e-13, "mass on boundary {k}: {found:?} {:?}", pinned[k]);
    }
    let (rho, size) = run.naive_residual();
    let off = worst(&rho, run.stepper.residual());
    assert!(off <= 1e-11 * size, "residual off by {off:e} of {size:e}");
}

/// What stays of each neuron, relative to its size: `w`, `c` or `c^2 - |w|^2`.
fn drift(flow: Flow, before: &[[f64; 3]], now: &[[f64; 3]]) -> f64 {
    let delta = |z: &[f64; 3]| z[0] * z[0] - z[1] * z[1] - z[2] * z[2];
    let one = |(old, z): (&[f64; 3], &[f64; 3])| {
        let size = z.iter().map(|v| v * v).sum::<f64>().max(old.iter().map(|v| v * v).sum());
        match flow {
            _ if size == 0.0 => 0.0,
            Flow::Kernel { .. } => worst(&z[1..], &old[1..]),
            // Without c nothing moves.
            Flow::Adaptive { .. } if old[0] == 0.0 => worst(z, old) / size.sqrt(),
            Flow::Adaptive { .. } => (z[0] - old[0]).abs(),
            _ => (delta(z) - delta(old)).abs() / size,
        }
    };
    before.iter().zip(now).map(one).fold(0.0, f64::max)
}

/// Cases; more by `RELUFLOW_CASES`.
fn config() -> ProptestConfig {
    let cases = std::env::var("RELUFLOW_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_step_obeys_the_laws(shape in shapes(), digits in 3i32..10) {
        let tolerance = 10f64.powi(-digits);
        let (problem, end) = problem(&shape);
        let mut run = problem.start(tolerance);
        let (first, mass, scale) = (run.neurons(), run.mass(), run.state.scale);
        prop_assert_eq!(&mass, &problem.neurons().mass().to_vec());
        let unit = scale * scale * problem.x.len() as f64;
        let (start, mut loss, mut dead) = (run.loss(), run.loss(), run.dead_mass());
        while run.state.time < end {
            run.stepper.step(&mut run.state, end).unwrap_or_else(|error| panic!("{error}"));
            let (loss_now, dead_now) = (run.loss(), run.dead_mass());
            prop_assert!(
                loss_now <= loss + 3.0 * tolerance * unit + 1e-13 * start,
                "loss rose by {:e} of {:e}", loss_now - loss, unit
            );
            prop_assert!(dead_now >= dead * (1.0 - 1e-14), "dead mass fell");
            (loss, dead) = (loss_now, dead_now);
            all_in_place(&run);
            prop_assert!(run.state.step < 20_000, "{} steps", run.state.step);
        }
        prop_assert_eq!(run.mass(), mass);
        let drift = drift(problem.flow, &first, &run.neurons());
        // Neurons here grow by up to exp(30); the worst of thousands of runs was 1.1e-12.
        prop_assert!(drift < 4e-12, "invariant off by {:e}", drift);
        if !problem.flow.moves().1 {
            prop_assert_eq!(run.counters().events(), 0);
        }
        let ode = run.ode_difference();
        prop_assert!(ode < 1e3 * tolerance * scale, "residual ODE off by {:e}", ode);
        moments_agree(&run);
    }
}
