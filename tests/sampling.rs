//! Sobol' points and quadrature of the start measure: exact where they should be, fast elsewhere.

use std::f64::consts::{PI, TAU};
use std::path::Path;

use proptest::prelude::*;
use reluflow::flow::Flow;
use reluflow::math::quadrature::integrate;
use reluflow::problem::{Measure, Neurons, Regions, Samples, Start};
use reluflow::run::{Sampling, Simulation};
use reluflow::scenario::{Law, LawKind, NeuronLaw, OutputLaw, Scenario};

use crate::common::worst;

const X: [f64; 4] = [-1.3, -0.2, 0.45, 2.0];
const LAWS: [LawKind; 9] = [
    LawKind::NormalUniform,
    LawKind::UniformUniform,
    LawKind::Normal,
    LawKind::He,
    LawKind::Glorot,
    LawKind::Pytorch,
    LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal },
    LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Sign },
    LawKind::TwoSided { b_bound: 0.7, c: OutputLaw::Uniform },
];

fn regions() -> Regions {
    Regions::new(&Samples::new(&X, &[0.0; 4]).unwrap())
}

/// `Int g(w) law(dw)` over directions of `w` in `[from, to]`, by adaptive quadrature in polar
/// coordinates.
fn over(kind: LawKind, from: f64, to: f64, g: &dyn Fn(f64, f64) -> f64) -> f64 {
    let inner = |f: &dyn Fn(f64) -> f64, end: f64| integrate(f, 0.0, end, &[1.0, 4.0], 1e-15, 1e-13).value;
    let mut breaks = vec![];
    let density: Box<dyn Fn(f64) -> f64> = match kind {
        LawKind::NormalUniform | LawKind::UniformUniform => Box::new(|t: f64| g(t.cos(), t.sin()) / TAU),
        LawKind::Normal | LawKind::He | LawKind::Glorot => {
            let s = if kind == LawKind::Normal { 1.0 } else { 2f64.sqrt() };
            Box::new(move |t: f64| {
                let (sin, cos) = t.sin_cos();
                inner(&|p| p * (-0.5 * p * p).exp() * g(s * p * cos, s * p * sin), 12.0) / TAU
            })
        }
        LawKind::Pytorch | LawKind::Uniform { .. } => {
            let [a, b] = match kind {
                LawKind::Uniform { a_bound, b_bound, .. } => [a_bound, b_bound],
                _ => [1.0, 1.0],
            };
            let corner = b.atan2(a);
            breaks.extend((-1..3).flat_map(|k| [f64::from(k) * PI - corner, f64::from(k) * PI + corner]));
            Box::new(move |t: f64| {
                let (sin, cos) = t.sin_cos();
                let edge = (a / cos.abs()).min(b / sin.abs());
                inner(&|p| p * g(p * cos, p * sin), edge) / (4.0 * a * b)
            })
        }
        LawKind::TwoSided { b_bound, .. } => {
            let end = b_bound.atan();
            breaks.extend((-1..3).flat_map(|k| [f64::from(k) * PI - end, f64::from(k) * PI + end]));
            Box::new(move |t: f64| {
                let (tan, side) = (t.tan(), t.cos().signum());
                if tan.abs() >= b_bound {
                    return 0.0;
                }
                g(side, side * tan) * (1.0 + tan * tan) / (4.0 * b_bound)
            })
        }
    };
    integrate(density, from, to, &breaks, 1e-15, 1e-13).value
}

/// Angles of region `k`, from its first boundary to its last.
fn ends(regions: &Regions, k: usize) -> [f64; 2] {
    match k {
        0 => [regions.angle(7), regions.angle(0) + TAU],
        k => [regions.angle(k - 1), regions.angle(k)],
    }
}

/// `E c^2`.
fn second(kind: LawKind) -> f64 {
    match kind {
        LawKind::UniformUniform
        | LawKind::Pytorch
        | LawKind::Uniform { c: OutputLaw::Uniform, .. }
        | LawKind::TwoSided { c: OutputLaw::Uniform, .. } => 1.0 / 3.0,
        LawKind::He | LawKind::Glorot => 2.0,
        _ => 1.0,
    }
}

/// `Int f(i) mu` over the particles of each region.
fn sums<const N: usize>(theta: &[f64], mass: &[f64], f: impl Fn(usize) -> [f64; N]) -> Vec<[f64; N]> {
    let regions = regions();
    let mut sums = vec![[0.0; N]; 8];
    for i in 0..mass.len() {
        let sum = &mut sums[regions.region_of(theta[i])];
        let values = f(i);
        (0..N).for_each(|q| sum[q] += mass[i] * values[q]);
    }
    sums
}

fn assert_close<const N: usize>(what: &str, found: &[[f64; N]], expected: impl Fn(usize) -> [f64; N]) -> f64 {
    let mut worst = 0.0f64;
    for (k, found) in found.iter().enumerate() {
        let expected = expected(k);
        for q in 0..N {
            let off = (found[q] - expected[q]).abs();
            assert!(off < 1e-12, "{what}, region {k}, moment {q}: {} {}", found[q], expected[q]);
            worst = worst.max(off);
        }
    }
    worst
}

#[test]
fn canonical_quadrature_has_the_moments_of_the_law() {
    let regions = regions();
    for kind in LAWS {
        let law = Law { kind, scale: 0.7, antisymmetric: false };
        let variance = 0.49 * second(kind);
        for (nodes, kink) in [(8, false), (12, true), (20, false)] {
            let measure = law.quadrature(&X, nodes, kink).unwrap();
            assert_eq!(measure.len(), law.quadrature_size(&X, nodes), "{kind:?}");
            let (r, theta) = (measure.r(), measure.theta());
            // Mass, F, Int d d^T, Int r^2 t t^T.
            let found = sums(theta, measure.mass(), |i| {
                let (sin, cos) = theta[i].sin_cos();
                let rr = r[i] * r[i];
                [1.0, r[i] * cos, r[i] * sin, cos * cos, cos * sin, sin * sin, rr * sin * sin, -rr * sin * cos, rr * cos * cos]
            });
            let worst = assert_close(&format!("{kind:?}, {nodes}"), &found, |k| {
                let [from, to] = ends(&regions, k);
                let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
                let d = |x: f64, y: f64| 1.0 / (x * x + y * y);
                [
                    e(&|_, _| 1.0),
                    0.0,
                    0.0,
                    e(&|x, y| x * x * d(x, y)),
                    e(&|x, y| x * y * d(x, y)),
                    e(&|x, y| y * y * d(x, y)),
                    variance * e(&|_, y| y * y),
                    -variance * e(&|x, y| x * y),
                    variance * e(&|x, _| x * x),
                ]
            });
            println!("{kind:?}, {nodes} nodes: {} particles, {worst:.1e}", measure.len());
            // The residuals at the start are those of f = 0, to the last bit.
            assert!(X.iter().all(|&x| measure.value_at(x).abs() < 1e-15));
        }
    }
}

#[test]
fn quadrature_of_neurons_has_the_moments_of_the_law() {
    let regions = regions();
    for kind in &LAWS[2..] {
        let law = NeuronLaw { kind: *kind, hidden_scale: 1.5, output_scale: 0.5, antisymmetric: false };
        let neurons = law.quadrature(&X, 8, 100).unwrap();
        assert_eq!(neurons.len(), law.quadrature_size(&X, 8), "{kind:?}");
        let (h, o) = match kind {
            LawKind::Pytorch | LawKind::He => (1.5, 0.05),
            LawKind::Glorot => (1.5 / 101f64.sqrt(), 0.5 / 101f64.sqrt()),
            _ => (1.5, 0.5),
        };
        let found = moments_of(&neurons);
        let worst = assert_close(&format!("{kind:?}"), &found, |k| {
            let [from, to] = ends(&regions, k);
            let e = |g: &dyn Fn(f64, f64) -> f64| over(*kind, from, to, g);
            let mass = e(&|_, _| 1.0);
            let ww = [e(&|x, _| x * x), e(&|x, y| x * y), e(&|_, y| y * y)].map(|v| h * h * v);
            [mass, 0.0, 0.0, ww[0], ww[1], ww[2], o * o * second(*kind) * mass]
        });
        println!("{kind:?}: {} neurons, {worst:.1e}", neurons.len());
    }
}

/// Mass, `Int c w`, `Int w w^T`, `Int c^2` of each region.
fn moments_of(neurons: &Neurons) -> Vec<[f64; 7]> {
    let (a, b, c) = (neurons.a(), neurons.b(), neurons.c());
    let theta: Vec<f64> = (0..a.len()).map(|i| (-b[i]).atan2(a[i])).collect();
    sums(&theta, neurons.mass(), |i| {
        [1.0, c[i] * a[i], -c[i] * b[i], a[i] * a[i], -a[i] * b[i], b[i] * b[i], c[i] * c[i]]
    })
}

/// `E c^2 = (delta + E sqrt(delta^2 + 4 r^2 / kappa^2)) / 2`, with the mean over `c` in closed form for
/// uniform and `+-1` outputs, and by quadrature for normal ones.
#[test]
fn lifted_quadrature_has_the_moments_of_both_layers() {
    let regions = regions();
    let (scale, kappa) = (0.8, 3.0);
    let cases = [
        LawKind::NormalUniform,
        LawKind::UniformUniform,
        LawKind::Pytorch,
        LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Sign },
    ];
    for kind in cases {
        for delta in [0.0, 1e-3, -0.2, 1.0, -50.0] {
            let law = Law { kind, scale, antisymmetric: false };
            let neurons = law.quadrature_lifted(&X, 10, kappa, delta).unwrap();
            // E sqrt(delta^2 + (2 c p)^2) over c, for |w| = p.
            let root = |p: f64| {
                let (d, z) = (f64::abs(delta), 2.0 * scale * p / kappa);
                match kind {
                    LawKind::NormalUniform => {
                        let f = |c: f64| (-0.5 * c * c).exp() * d.hypot(z * c);
                        integrate(f, 0.0, 12.0, &[0.01, 0.1, 1.0], 1e-16, 1e-14).value * 2.0 / TAU.sqrt()
                    }
                    LawKind::TwoSided { .. } => d.hypot(z),
                    _ if d == 0.0 => 0.5 * z,
                    _ => 0.5 * d.hypot(z) + 0.5 * d * d / z * (z / d).asinh(),
                }
            };
            let found = moments_of(&neurons);
            let worst = assert_close(&format!("{kind:?}, delta {delta}"), &found, |k| {
                let [from, to] = ends(&regions, k);
                let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
                // |w|^2 = (root - delta) / 2 of the lift, in the direction of w.
                let hidden = |x: f64, y: f64| 0.5 * (root(x.hypot(y)) - delta) / (x * x + y * y);
                [
                    e(&|_, _| 1.0),
                    0.0,
                    0.0,
                    e(&|x, y| hidden(x, y) * x * x),
                    e(&|x, y| hidden(x, y) * x * y),
                    e(&|x, y| hidden(x, y) * y * y),
                    e(&|x, y| 0.5 * (root(x.hypot(y)) + delta)),
                ]
            });
            println!("{kind:?}, delta {delta}: {worst:.1e}");
        }
    }
}

/// Knots far out and samples close together.
#[test]
fn extreme_laws_are_still_exact() {
    let x = [-40.0, -1e-9, 0.0, 1e-9, 90.0];
    let kind = LawKind::TwoSided { b_bound: 1000.0, c: OutputLaw::Sign };
    let measure = Law { kind, scale: 1.0, antisymmetric: false }.quadrature(&x, 8, false).unwrap();
    let mean = |f: &dyn Fn(f64) -> f64| -> f64 {
        (0..measure.len()).map(|i| measure.mass()[i] * f(measure.theta()[i])).sum()
    };
    // E cos^2 = E 1 / (1 + b^2) = atan(B) / B.
    assert!((mean(&|theta| theta.cos().powi(2)) - 1000f64.atan() / 1000.0).abs() < 1e-14);
    assert!((mean(&|_| 1.0) - 1.0).abs() < 1e-12);
    assert!((mean(&|theta| theta.tan().powi(2)) / (1e6 / 3.0) - 1.0).abs() < 1e-12);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sobol_points_of_width_m_are_a_prefix_too(seed: u64, m in 1usize..200, kind in 0usize..9, antisymmetric: bool) {
        let law = Law { kind: LAWS[kind], scale: 1.0, antisymmetric };
        let (narrow, wide) = (law.sobol(m, seed).unwrap(), law.sobol(2 * m, seed).unwrap());
        prop_assert_eq!(narrow.r(), &wide.r()[..m]);
        prop_assert_eq!(narrow.theta(), &wide.theta()[..m]);
        if antisymmetric {
            let even = law.sobol(2 * m, seed).unwrap();
            prop_assert!(even.value_at(0.3).abs() < 1e-14);
        }
    }
}

/// The law of Sobol' points is the law: moments within the error that is left at 2^14.
#[test]
fn sobol_points_have_the_moments_of_the_law() {
    let regions = regions();
    for kind in LAWS {
        let measure = Law { kind, scale: 1.0, antisymmetric: false }.sobol(1 << 14, 3).unwrap();
        let (r, theta) = (measure.r(), measure.theta());
        let found = sums(theta, measure.mass(), |i| [1.0, r[i], r[i] * r[i]]);
        for (k, found) in found.iter().enumerate() {
            let [from, to] = ends(&regions, k);
            let e = |g: &dyn Fn(f64, f64) -> f64| over(kind, from, to, g);
            let expected = [e(&|_, _| 1.0), 0.0, second(kind) * e(&|x, y| x * x + y * y)];
            let expected = if matches!(kind, LawKind::NormalUniform | LawKind::UniformUniform) {
                [expected[0], 0.0, second(kind) * expected[0]]
            } else {
                expected
            };
            // Independent draws would be off by about 0.004 and 0.01 and more.
            for (q, bound) in [2e-4, 1e-3, 4e-3].into_iter().enumerate() {
                let off = (found[q] - expected[q]).abs();
                assert!(off < bound, "{kind:?}, region {k}, moment {q}: off by {off:.1e}");
            }
        }
    }
}

/// Residuals at the end of the shipped width scenarios.
fn shipped(name: &str, measure: &str) -> (Vec<f64>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("particles = 1000 ", &format!("{measure} ")).replace("tolerance = 1e-6", "tolerance = 1e-7");
    let Scenario { description: d, start, .. } = Scenario::parse(&text, &path).unwrap();
    let mut simulation = Simulation::new(&d, start).unwrap();
    simulation.advance_to(d.end).unwrap();
    (simulation.stepper().residual().to_vec(), d.mass.len())
}

fn rms(a: &[f64], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len() as f64).sqrt()
}

/// Sobol' points approach the limit with slope -0.85 or steeper in their number, quadrature with -1.8
/// or steeper in its nodes, although mass has met boundaries; and they approach the same limit.
#[test]
fn quiet_starts_approach_one_limit_fast() {
    for (name, nodes) in [("width.toml", [8, 16, 32, 64]), ("width_lifted.toml", [4, 8, 12, 24])] {
        let sobol = |log: u32, seed: u64| {
            let measure = format!("sampling = \"sobol\"\nparticles = {} #", 1u64 << log);
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
            let text = std::fs::read_to_string(&path).unwrap().replace("seed = 1", &format!("seed = {seed}"));
            let text = text.replace("particles = 1000 ", &measure).replace("tolerance = 1e-6", "tolerance = 1e-7");
            let Scenario { description: d, start, .. } = Scenario::parse(&text, &path).unwrap();
            let mut simulation = Simulation::new(&d, start).unwrap();
            simulation.advance_to(d.end).unwrap();
            simulation.stepper().residual().to_vec()
        };
        // Two of 2^18 points tell what is left of the reference's own error.
        let (limit, other) = (sobol(18, 99), sobol(18, 98));
        let own = rms(&limit, &other);
        let errors: Vec<f64> = (9..=13)
            .map(|log| ((1..=6).map(|seed| rms(&sobol(log, seed), &limit).powi(2)).sum::<f64>() / 6.0).sqrt())
            .collect();
        // Errors by doublings: the slope of log2(error) in the logarithm of the number.
        let found = fit(&(0..5).map(|k| (k as f64, errors[k].log2())).collect::<Vec<_>>());
        println!("{name}: Sobol' {errors:?}, slope {found:.2}; the limit's own error {own:.1e}");
        assert!(found < -0.85, "{name}: slope {found}");
        assert!(own < 0.2 * errors[4], "{name}: {own:e}");
        let quadrature: Vec<f64> = nodes
            .iter()
            .map(|n| rms(&shipped(name, &format!("sampling = \"quadrature\"\nnodes = {n} #")).0, &limit))
            .collect();
        let logs: Vec<(f64, f64)> =
            nodes.iter().zip(&quadrature).map(|(n, e)| (f64::from(*n).ln(), e.ln())).collect();
        let fitted = fit(&logs);
        println!("{name}: quadrature {quadrature:?}, slope {fitted:.2}");
        assert!(fitted < -1.8, "{name}: slope {fitted}, {quadrature:?}");
        // One limit: the best quadrature is as near to the Sobol' reference as that is to another, but
        // for its own error.
        assert!(quadrature[3] < 6.0 * own, "{name}: {quadrature:?} {own:e}");
        // Independent draws, within five standard errors of what 2^16 of them leave.
        let independent = shipped(name, "particles = 65536 #").0;
        let expected = errors_of_draws(name, &limit);
        assert!(rms(&independent, &limit) < 5.0 * expected / 8.0, "{name}");
    }
}

/// Root mean square error of 2^10 independent draws.
fn errors_of_draws(name: &str, limit: &[f64]) -> f64 {
    rms(&shipped(name, "particles = 1024 #").0, limit).max(1e-3)
}

/// Slope of the least-squares line.
fn fit(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (mx, my) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum::<f64>()
        / points.iter().map(|p| (p.0 - mx).powi(2)).sum::<f64>()
}

/// The kernel flow needs moments only, and those are exact: eight nodes are as good as sixteen.
#[test]
fn the_kernel_flow_needs_few_nodes() {
    let samples = Samples::new(&X, &[1.0, -0.5, 0.3, 0.8]).unwrap();
    let law = NeuronLaw { kind: LawKind::Normal, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    let end = |nodes: usize| {
        let start = law.quadrature(&X, nodes, 1).unwrap();
        let mut simulation =
            Simulation::with(samples.clone(), start, Flow::Kernel { kappa: 1.0 }, 1e-11).unwrap();
        simulation.advance_to(2.0).unwrap();
        simulation.stepper().residual().to_vec()
    };
    let limit = end(16);
    let errors: Vec<f64> = [2, 4, 6, 8].into_iter().map(|nodes| rms(&end(nodes), &limit)).collect();
    println!("{errors:?}");
    // Spectral: each two nodes more gain at least three digits, down to rounding.
    assert!(errors[0] < 1e-2 && errors[1] < 1e-3 * errors[0] && errors[2] < 1e-12 && errors[3] < 1e-13, "{errors:?}");
}

fn parse(measure: &str) -> Scenario {
    let text = format!(
        "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.5, -1.0, 1.0]\n[measure]\n{measure}\n[time]\nend = 1.0\n"
    );
    Scenario::parse(&text, "q.toml".as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_scenario_says_how_it_is_sampled() {
    let x = [-1.0, 0.0, 1.0];
    let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
    let sobol = parse("particles = 100\nsampling = \"sobol\"\nseed = 4");
    assert_eq!(sobol.start.canonical(), Some(&law.sobol(100, 4).unwrap()));
    assert_eq!((sobol.description.sampling, sobol.description.seed), (Sampling::Sobol, Some(4)));
    assert_eq!(
        sobol.notices,
        ["sampling = \"sobol\" is most even where the number of particles is a power of two: measure.particles = 64 or 128 rather than 100"]
    );
    assert_eq!(parse("particles = 128\nsampling = \"sobol\"").notices, [""; 0]);
    assert_eq!(parse("particles = 128\nsampling = \"sobol\"\nantisymmetric = true").notices, [""; 0]);
    assert_eq!(parse("particles = 96\nsampling = \"sobol\"\nantisymmetric = true").notices.len(), 1);

    let iid = parse("particles = 100\nsampling = \"iid\"\nseed = 4");
    assert_eq!(iid.start.canonical(), Some(&law.draw(100, 4).unwrap()));
    assert_eq!(iid.description.sampling, Sampling::Iid);

    let told = parse("sampling = \"quadrature\"\nnodes = 8\nestimate_error = true");
    assert_eq!(told.start.canonical(), Some(&law.quadrature(&x, 8, false).unwrap()));
    assert_eq!(told.finer.as_ref().and_then(Start::canonical), Some(&law.quadrature(&x, 16, false).unwrap()));
    assert_eq!(told.description.sampling, Sampling::Quadrature { nodes: 8, estimate_error: true });
    assert_eq!(told.description.seed, None);
    assert_eq!(
        told.description.measure_source,
        "law normal-uniform, quadrature with 8 nodes in each direction and region, scale 1"
    );
    // As many nodes as the particles allow, and no more.
    let budget = parse("particles = 10000\nsampling = \"quadrature\"");
    let Sampling::Quadrature { nodes, .. } = budget.description.sampling else { panic!() };
    assert!(budget.start.len() <= 10_000 && law.quadrature_size(&x, nodes + 2) > 10_000, "{nodes}");
    // 12 unless told; with a total-variation term the rule tells signs apart.
    let kinked = parse("sampling = \"quadrature\"\n[flow]\ntv = 0.1");
    assert_eq!(kinked.start.canonical(), Some(&law.quadrature(&x, 12, true).unwrap()));
    // The width of laws and scalings that need one.
    let literal = parse(
        "particles = 400\nnodes = 4\nlaw = \"pytorch\"\nsampling = \"quadrature\"\n[flow]\nkind = \"lifted\"\nscaling = \"1\"",
    );
    assert_eq!(literal.description.flow, Flow::Lifted { kappa: 400.0 });
    let law = NeuronLaw { kind: LawKind::Pytorch, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    assert_eq!(literal.start.lifted(), Some(&law.quadrature(&x, 4, 400).unwrap()));
    assert!(literal.description.measure_source.contains("4 nodes in each direction and region for width 400"));
    let lift = parse("nodes = 6\nsampling = \"quadrature\"\ndelta = 0.5\n[flow]\nkind = \"lifted\"");
    let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
    assert_eq!(lift.start.lifted(), Some(&law.quadrature_lifted(&x, 6, 1.0, 0.5).unwrap()));
}

/// The nodes that a target takes are the fewest, doubling, and the estimate is below it.
#[test]
fn an_error_is_kept_with_few_nodes() {
    let found = |target: &str| {
        let scenario = parse(&format!("sampling = \"quadrature\"\nquadrature_error = {target}"));
        let Sampling::Quadrature { nodes, .. } = scenario.description.sampling else { panic!() };
        assert!(scenario.notices[0].starts_with(&format!("quadrature_error = {target}: {nodes} nodes")), "{:?}", scenario.notices);
        let residual = |start: Start| {
            let d = &scenario.description;
            let mut simulation = Simulation::with(d.samples.clone(), start, d.flow, d.tolerance).unwrap();
            let mut path = vec![];
            for &time in d.schedule.times() {
                simulation.advance_to(time).unwrap();
                path.extend(simulation.stepper().residual().to_vec());
            }
            path
        };
        let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
        let with = |nodes| residual(law.quadrature(&[-1.0, 0.0, 1.0], nodes, false).unwrap().into());
        let apart = |a: usize, b: usize| worst(&with(a), &with(b));
        let target: f64 = target.parse().unwrap();
        assert!(apart(nodes, 2 * nodes) <= target);
        assert!(nodes == 4 || apart(nodes / 2, nodes) > target);
        // And it is an estimate of what is really left.
        assert!(apart(nodes, 96) <= 2.0 * target);
        nodes
    };
    assert!(found("1e-2") < found("1e-4"));
}

/// Random rotations of the seed do nothing to a quadrature.
#[test]
fn a_quadrature_draws_nothing() {
    let measure = |seed: u64| parse(&format!("sampling = \"quadrature\"\nseed = {seed}")).start;
    assert_eq!(measure(1), measure(2));
    let measure: Measure = measure(1).canonical().unwrap().clone();
    assert!(measure.mass().iter().all(|&mass| mass > 0.0));
}
