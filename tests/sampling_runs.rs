//! Quiet starts in runs: how fast they approach the limit, and what scenarios say of them.

use std::path::Path;

use reluflow::flow::Flow;
use reluflow::problem::{Law, LawKind, Measure, NeuronLaw, Samples, Sampling, Start};
use reluflow::run::Simulation;
use reluflow::scenario::{Resolution, Scenario};
use reluflow::study;

use crate::common::worst;

const X: [f64; 4] = [-1.3, -0.2, 0.45, 2.0];

/// Residuals at all snapshots of a shipped scenario with these keys instead of `particles`.
fn path(name: &str, measure: &str, seed: u64) -> Vec<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("particles = 1000 ", &format!("{measure} #"))
        .replace("seed = 1", &format!("seed = {seed}"))
        .replace("tolerance = 1e-6", "tolerance = 1e-7");
    let Scenario { description: d, start, .. } = Scenario::parse(&text, &path).unwrap();
    let mut simulation = Simulation::new(&d, start).unwrap();
    let mut residuals = vec![];
    for &time in d.schedule.times() {
        simulation.advance_to(time).unwrap();
        residuals.extend(simulation.stepper().residual());
    }
    residuals
}

fn rms(a: &[f64], b: &[f64]) -> f64 {
    (a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / a.len() as f64).sqrt()
}

/// Sobol' points approach the limit with slope -0.85 or steeper in their number, quadrature with -1.8
/// or steeper in its nodes, although mass has met boundaries; and all three approach the same limit.
#[test]
fn quiet_starts_approach_one_limit_fast() {
    for (name, nodes) in [("width.toml", [8, 16, 32, 64]), ("width_lifted.toml", [4, 8, 12, 24])] {
        let sobol =
            |log: u32, seed| path(name, &format!("sampling = \"sobol\"\nparticles = {}", 1u64 << log), seed);
        // Two of 2^18 points tell what is left of the reference's own error.
        let (limit, other) = (sobol(18, 99), sobol(18, 98));
        let own = rms(&limit, &other);
        let mean = |errors: &[f64]| (errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64).sqrt();
        let over_seeds = |run: &dyn Fn(u64) -> Vec<f64>| {
            mean(&(1..=8).map(|seed| rms(&run(seed), &limit)).collect::<Vec<_>>())
        };
        let errors: Vec<(f64, f64)> =
            (8..=14).map(|log| (f64::from(log), over_seeds(&|seed| sobol(log, seed)).log2())).collect();
        let slope = fit(&errors);
        println!(
            "{name}: Sobol' slope {slope:.3}, error at 2^14 {:.1e}, of the limit {own:.1e}",
            errors[6].1.exp2()
        );
        assert!(slope < -0.85 && own < 0.2 * errors[6].1.exp2(), "{name}: {slope} {errors:?} {own:e}");

        let quadrature: Vec<(f64, f64)> = nodes
            .iter()
            .map(|n| {
                let run = path(name, &format!("sampling = \"quadrature\"\nnodes = {n}"), 1);
                (f64::from(*n).log2(), rms(&run, &limit).log2())
            })
            .collect();
        let slope = fit(&quadrature);
        let best = quadrature[3].1.exp2();
        println!("{name}: quadrature slope {slope:.2}, error with {} nodes {best:.1e}", nodes[3]);
        assert!(slope < -1.8, "{name}: {slope} {quadrature:?}");
        // One limit: the quadrature's distance from the Sobol' reference is not more than its own
        // error, by its last doubling, and the reference's.
        assert!(best < quadrature[2].1.exp2() / 3.0 + 3.0 * own, "{name}: {best:e} {own:e}");
        let draws = |log: u32| over_seeds(&|seed| path(name, &format!("particles = {}", 1u64 << log), seed));
        // Independent draws fall like the root of their number, towards the same limit.
        let (few, many) = (draws(8), draws(14));
        let fall = (many / few).log2() / 6.0;
        println!("{name}: independent draws {few:.1e} to {many:.1e}, slope {fall:.2}");
        assert!((fall + 0.5).abs() < 0.15, "{name}: {fall}");
    }
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
            Simulation::with(samples.clone(), start, Flow::Kernel { kappa: 1.0, decay: 0.0 }, 1e-11).unwrap();
        simulation.advance_to(2.0).unwrap();
        simulation.stepper().residual().to_vec()
    };
    let limit = end(16);
    let errors: Vec<f64> = [2, 4, 6, 8].into_iter().map(|nodes| rms(&end(nodes), &limit)).collect();
    println!("{errors:?}");
    // Spectral: each two nodes more gain at least three digits, down to rounding.
    assert!(
        errors[0] < 1e-2 && errors[1] < 1e-3 * errors[0] && errors[2] < 1e-12 && errors[3] < 1e-13,
        "{errors:?}"
    );
}

fn parse(measure: &str) -> Scenario {
    let text = format!(
        "[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.5, -1.0, 1.0]\n[measure]\n{measure}\n[time]\nend = 1.0\n"
    );
    study::parse_scenario(&text, "q.toml".as_ref()).unwrap_or_else(|error| panic!("{error}"))
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
        [
            "sampling = \"sobol\" is most even where the number of particles is a power of two: measure.particles = 64 or 128 rather than 100"
        ]
    );
    assert_eq!(parse("particles = 128\nsampling = \"sobol\"").notices, [""; 0]);
    assert_eq!(parse("particles = 128\nsampling = \"sobol\"\nantisymmetric = true").notices, [""; 0]);
    assert_eq!(parse("particles = 96\nsampling = \"sobol\"\nantisymmetric = true").notices.len(), 1);

    let iid = parse("particles = 100\nsampling = \"iid\"\nseed = 4");
    assert_eq!(iid.start.canonical(), Some(&law.draw(100, 4).unwrap()));
    assert_eq!(iid.description.sampling, Sampling::Iid);

    let told = parse("sampling = \"quadrature\"\nnodes = 8\nestimate_error = true");
    assert_eq!(told.start.canonical(), Some(&law.quadrature(&x, 8, false).unwrap()));
    assert_eq!(
        told.beside.as_ref().and_then(Start::canonical),
        Some(&law.quadrature(&x, 16, false).unwrap())
    );
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
    assert_eq!(budget.notices, [""; 0]);
    let both = parse("particles = 10000\nsampling = \"quadrature\"\nnodes = 4");
    assert_eq!(both.start.len(), law.quadrature_size(&x, 4));
    assert_eq!(
        both.notices,
        [format!(
            "measure.particles = 10000 is of no use: nodes decide, and make {} particles",
            both.start.len()
        )]
    );
    // 12 unless told; with a total-variation term the rule tells signs apart.
    let kinked = parse("sampling = \"quadrature\"\n[flow]\ntv = 0.1");
    assert_eq!(kinked.start.canonical(), Some(&law.quadrature(&x, 12, true).unwrap()));
    // The width of laws and scalings that need one.
    let literal = parse(
        "particles = 400\nnodes = 4\nlaw = \"pytorch\"\nsampling = \"quadrature\"\n[flow]\nkind = \"lifted\"\nscaling = \"1\"",
    );
    assert_eq!(literal.description.flow, Flow::Lifted { kappa: 400.0, decay: 0.0 });
    assert_eq!(literal.notices, [""; 0]);
    let law =
        NeuronLaw { kind: LawKind::Pytorch, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    assert_eq!(literal.start.lifted(), Some(&law.quadrature(&x, 4, 400).unwrap()));
    assert!(
        literal.description.measure_source.contains("4 nodes in each direction and region for width 400")
    );
    // Pairs are there anyhow; what is shared by the layers is that of the law.
    let neurons = |more: &str| {
        let text = "nodes = 6\nsampling = \"quadrature\"\nlaw = \"normal\"\noutput_scale = 3.0\n";
        parse(&format!("{text}{more}")).start.lifted().unwrap().clone()
    };
    let lifted = "[flow]\nkind = \"lifted\"";
    let plain = neurons(lifted);
    assert_eq!(neurons(&format!("antisymmetric = true\n{lifted}")), plain);
    let balanced = neurons(&format!("{lifted}\nbalance = 4.0"));
    let times = |values: &[f64], factor: f64| values.iter().map(|value| factor * value).collect::<Vec<_>>();
    assert_eq!(balanced.a(), times(plain.a(), 4.0));
    assert_eq!(balanced.b(), times(plain.b(), 4.0));
    assert_eq!(balanced.c(), times(plain.c(), 0.25));
    assert_eq!(balanced.mass(), plain.mass());
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
        assert!(
            scenario.notices[0].starts_with(&format!("quadrature_error = {target}: {nodes} nodes")),
            "{:?}",
            scenario.notices
        );
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

/// The seed does nothing to a quadrature, and that is said.
#[test]
fn a_quadrature_draws_nothing() {
    let measure = |seed: u64| parse(&format!("sampling = \"quadrature\"\nseed = {seed}")).start;
    assert_eq!(measure(1), measure(2));
    let told = parse("sampling = \"quadrature\"\nseed = 1").notices;
    assert_eq!(told, ["a quadrature draws nothing: measure.seed is of no use"]);
    assert_eq!(parse("sampling = \"quadrature\"").notices, [""; 0]);
    let measure: Measure = measure(1).canonical().unwrap().clone();
    assert!(measure.mass().iter().all(|&mass| mass > 0.0));
}

/// Reading a scenario runs nothing: what must be searched for is refused there.
#[test]
fn a_search_is_no_part_of_parsing() {
    let text = "[samples]\nx = [-1.0, 0.0]\ny = [0.5, -1.0]\n[measure]\nsampling = \"quadrature\"\n\
                quadrature_error = 1e-3\n[time]\nend = 1.0\n";
    let error = Scenario::parse(text, "q.toml".as_ref()).unwrap_err();
    assert_eq!(error.line(), Some(6));
    assert!(error.problem().contains("asks for a search of nodes"), "{error}");
    assert_eq!(Scenario::error_target(text, "q.toml".as_ref()).unwrap().unwrap().error(), 1e-3);
    let told = Scenario::with_resolution(text, "q.toml".as_ref(), Resolution::Nodes(6))
        .unwrap()
        .description
        .sampling;
    assert_eq!(told, Sampling::Quadrature { nodes: 6, estimate_error: false });
}
