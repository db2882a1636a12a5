//! Random problems of neurons full of corner cases: neurons exactly on lines, at the origin, with
//! `c = 0`, without mass; clustered, tied and far samples; `delta` from -100 to 100; `kappa` over four decades.

use proptest::prelude::*;
use reluflow::flow::Flow;
use reluflow::problem::{Regions, Samples};

use super::Draw;
use super::lifted::LiftedProblem;

/// How the samples lie.
#[derive(Debug, Clone, Copy)]
pub enum Layout {
    Spread,
    Tied,
    Cluster(f64),
    Far,
}

/// What a random problem is made of.
#[derive(Debug, Clone)]
pub struct Shape {
    pub s: usize,
    pub m: usize,
    pub layout: Layout,
    /// Decades over which masses spread.
    pub decades: f64,
    pub kappa: f64,
    /// About `c^2 - |w|^2`; 0 draws both freely.
    pub delta: f64,
    pub kind: usize,
    pub seed: u64,
}

pub fn shapes() -> impl Strategy<Value = Shape> {
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

/// A problem of this shape, and an end by which it has relaxed a good deal and no neuron has grown by
/// more than `exp(30)`.
pub fn problem(shape: &Shape) -> (LiftedProblem, f64) {
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
            0 => Flow::Kernel { kappa, decay: 0.0 },
            1 => Flow::Adaptive { kappa, decay: 0.0 },
            _ => Flow::Lifted { kappa, decay: 0.0 },
        },
    };
    let end = (20.0 / problem.stiffness()).min(30.0 / (kappa * pull));
    (problem, end)
}
