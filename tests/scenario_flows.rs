//! Scenarios of neurons: which flow, which scaling, which start, which steps.

use proptest::prelude::*;
use reluflow::flow::{Adam, Descent, Flow, Layers, Optimizer};
use reluflow::problem::{Law, LawKind, Measure, NeuronLaw, Neurons, OutputLaw};
use reluflow::scenario::Scenario;

use crate::common::random::cases;

const N: usize = 100_000;

fn parse(text: &str) -> Scenario {
    let text = format!("[samples]\nx = [-1.0, 0.0, 1.0]\ny = [0.0, 1.0, 0.0]\n{text}");
    Scenario::parse(&text, "a.toml".as_ref()).unwrap_or_else(|error| panic!("{error}"))
}

fn flow(text: &str) -> Scenario {
    parse(&format!("[flow]\n{text}[time]\nend = 1.0\n"))
}

#[test]
fn kinds_and_scalings_make_their_flows() {
    let measure = "[measure]\nparticles = 16\nlaw = \"normal\"\n";
    let kappa = |scaling: &str| flow(&format!("kind = \"lifted\"\n{scaling}{measure}")).description.flow;
    assert_eq!(kappa(""), Flow::Lifted { kappa: 1.0, decay: 0.0 });
    assert_eq!(kappa("scaling = \"m\"\n"), Flow::Lifted { kappa: 1.0, decay: 0.0 });
    assert_eq!(kappa("scaling = \"sqrt(m)\"\n"), Flow::Lifted { kappa: 4.0, decay: 0.0 });
    assert_eq!(kappa("scaling = \"1\"\n"), Flow::Lifted { kappa: 16.0, decay: 0.0 });
    assert_eq!(kappa("scaling = 8\n"), Flow::Lifted { kappa: 2.0, decay: 0.0 });
    let kind = |name: &str| flow(&format!("kind = \"{name}\"\nscaling = 8.0\n{measure}")).description.flow;
    assert_eq!(kind("kernel"), Flow::Kernel { kappa: 2.0, decay: 0.0 });
    assert_eq!(kind("adaptive"), Flow::Adaptive { kappa: 2.0, decay: 0.0 });
    let settings =
        "kind = \"gd\"\nlearning_rate = 0.5\nmomentum = 0.9\nbatch = 2\nseed = 7\nlayers = \"hidden\"\n";
    let descent = Descent {
        learning_rate: 0.5,
        momentum: 0.9,
        batch: Some(2),
        seed: 7,
        layers: Layers::Hidden,
        ..Descent::PLAIN
    };
    assert_eq!(flow(&format!("{settings}{measure}")).description.flow, Flow::Descent { kappa: 1.0, descent });
    let plain = Descent { learning_rate: 0.5, ..Descent::PLAIN };
    let plain_text = format!("kind = \"gd\"\nlearning_rate = 0.5\n{measure}");
    assert_eq!(flow(&plain_text).description.flow, Flow::Descent { kappa: 1.0, descent: plain });
    let adam = Adam { beta: [0.8, 0.99], epsilon: 1e-6 };
    for (text, descent) in [
        (
            "momentum = 0.9\noptimizer = \"nesterov\"\nweight_decay = 0.5",
            Descent { optimizer: Optimizer::Nesterov, momentum: 0.9, weight_decay: 0.5, ..plain },
        ),
        ("optimizer = \"adam\"", Descent { optimizer: Optimizer::Adam(Adam::DEFAULT), ..plain }),
        (
            "optimizer = \"adamw\"\nweight_decay = 0.01\nbeta1 = 0.8\nbeta2 = 0.99\nepsilon = 1e-6\nmomentum = 0.0",
            Descent { optimizer: Optimizer::AdamW(adam), weight_decay: 0.01, ..plain },
        ),
    ] {
        let read = flow(&format!("kind = \"gd\"\nlearning_rate = 0.5\n{text}\n{measure}")).description;
        assert_eq!(read.flow, Flow::Descent { kappa: 1.0, descent }, "{text}");
    }
}

/// Mean of `values` within five standard errors of `expected`.
fn assert_mean(what: &str, values: impl Iterator<Item = f64> + Clone, expected: f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    let bound = 5.0 * (variance / n).sqrt() + 1e-12;
    assert!((mean - expected).abs() <= bound, "{what}: {mean}, expected {expected} +- {bound}");
}

#[test]
fn laws_of_all_weights_have_their_variances() {
    let m = N as f64;
    let uniform = LawKind::Uniform { a_bound: 2.0, b_bound: 0.5, c: OutputLaw::Normal };
    // Variances of a, b, c of the literal network, or of order one.
    for (kind, [a, b, c]) in [
        (LawKind::Pytorch, [1.0 / 3.0, 1.0 / 3.0, 1.0 / (3.0 * m)]),
        (LawKind::He, [2.0, 2.0, 2.0 / m]),
        (LawKind::Glorot, [2.0 / (m + 1.0); 3]),
        (LawKind::Normal, [1.0; 3]),
        (uniform, [4.0 / 3.0, 0.25 / 3.0, 1.0]),
        (LawKind::TwoSided { b_bound: 3.0, c: OutputLaw::Sign }, [1.0, 3.0, 1.0]),
    ] {
        let law = NeuronLaw { kind, hidden_scale: 3.0, output_scale: 0.5, antisymmetric: false };
        let neurons = law.draw(N, 3).unwrap();
        for (what, values, expected) in
            [("a", neurons.a(), 9.0 * a), ("b", neurons.b(), 9.0 * b), ("c", neurons.c(), 0.25 * c)]
        {
            let scaled = values.iter().map(move |v| v / expected.sqrt());
            assert_mean(&format!("{kind:?} {what}"), scaled.clone(), 0.0);
            assert_mean(&format!("{kind:?} {what}^2"), scaled.map(|v| v * v), 1.0);
        }
    }
    let pytorch =
        NeuronLaw { kind: LawKind::Pytorch, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
    let largest = pytorch.draw(N, 3).unwrap().c().iter().fold(0.0f64, |most, c| most.max(c.abs()));
    assert!(largest <= 1.0 / m.sqrt() && largest > 0.999 / m.sqrt());
}

#[test]
fn the_canonical_law_is_the_same_draw() {
    for kind in [LawKind::Normal, LawKind::TwoSided { b_bound: 2.0, c: OutputLaw::Uniform }] {
        let neurons = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: true };
        let canonical = Law { kind, scale: 1.0, antisymmetric: true };
        let (found, expected) =
            (neurons.draw(500, 4).unwrap().canonical(1.0).unwrap(), canonical.draw(500, 4).unwrap());
        assert_eq!(found.theta(), expected.theta());
        assert!(found.r().iter().zip(expected.r()).all(|(a, b)| (a - b).abs() < 1e-15 * b.abs().max(1.0)));
    }
}

#[test]
fn a_scenario_draws_the_law_of_neurons_it_names() {
    let scenario = flow(
        "kind = \"lifted\"\n[measure]\nparticles = 100\nlaw = \"he\"\nhidden_scale = 2.0\noutput_scale = 3.0\n\
         antisymmetric = true\nseed = 5\n",
    );
    let law = NeuronLaw { kind: LawKind::He, hidden_scale: 2.0, output_scale: 3.0, antisymmetric: true };
    assert_eq!(scenario.start.lifted(), Some(&law.draw(100, 5).unwrap()));
    assert_eq!(
        scenario.description.measure_source,
        "law he, 100 particles, hidden_scale 2, output_scale 3, antisymmetric, seed 5"
    );
    assert_eq!(scenario.description.seed, Some(5));
}

#[test]
fn balance_changes_the_layers_but_not_the_function() {
    let with = |balance: &str| {
        flow(&format!("kind = \"lifted\"\n{balance}[measure]\nparticles = 50\nlaw = \"normal\"\n"))
    };
    let (plain, balanced) = (with(""), with("balance = 4.0\n"));
    let (plain, balanced) = (plain.start.lifted().unwrap(), balanced.start.lifted().unwrap());
    for i in 0..50 {
        assert_eq!((4.0 * plain.a()[i], 4.0 * plain.b()[i]), (balanced.a()[i], balanced.b()[i]));
        assert_eq!(plain.c()[i] / 4.0, balanced.c()[i]);
    }
    assert_eq!(plain.value_at(1.0, 0.3), balanced.value_at(1.0, 0.3));
}

#[test]
fn delta_lifts_the_canonical_measure() {
    let measure = "[measure]\nparticles = 200\nscale = 2.0\nseed = 3\n";
    let canonical = parse(&format!("{measure}[time]\nend = 1.0\n"));
    let canonical = canonical.start.canonical().unwrap();
    for delta in [-100.0, 0.0, 2.5] {
        let scenario =
            flow(&format!("kind = \"lifted\"\nscaling = \"sqrt(m)\"\n{measure}delta = {delta:?}\n"));
        let (neurons, kappa) = (scenario.start.lifted().unwrap(), scenario.description.flow.kappa());
        assert_eq!(kappa, 200f64.sqrt());
        for i in 0..200 {
            let ww = neurons.a()[i].powi(2) + neurons.b()[i].powi(2);
            let cc = neurons.c()[i].powi(2);
            assert!((cc - ww - delta).abs() <= 1e-14 * (cc + ww));
        }
        for x in [-1.0, 0.2, 3.0] {
            assert!((neurons.value_at(kappa, x) - canonical.value_at(x)).abs() < 1e-13);
        }
        assert!(scenario.description.measure_source.contains(&format!("lifted with delta {delta}")));
    }
}

/// A scenario in a folder with these tables.
fn with_file(table: &str, flow: &str, measure: &str) -> Scenario {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.csv"), table).unwrap();
    let text = format!(
        "[samples]\nx = [0.0]\ny = [0.0]\n[measure]\nfile = \"m.csv\"\n{measure}[flow]\n{flow}[time]\nend = 1.0\n"
    );
    Scenario::parse(&text, &folder.path().join("a.toml")).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn files_serve_both_kinds_of_flow() {
    let neurons = "c,a,b,mass\n2.0,3.0,4.0,0.25\n-1.0,0.0,2.0,0.75\n";
    let expected = Neurons::new(vec![2.0, -1.0], vec![3.0, 0.0], vec![4.0, 2.0], vec![0.25, 0.75]).unwrap();
    let lifted = with_file(neurons, "kind = \"adaptive\"\n", "");
    assert_eq!(lifted.start.lifted(), Some(&expected));
    assert_eq!(lifted.description.measure_source, "file m.csv, 2 particles");
    // alpha = 1 makes kappa = 2.
    let canonical = with_file(neurons, "scaling = \"1\"\n", "");
    let found = canonical.start.canonical().unwrap();
    assert_eq!(found.r(), [20.0, -4.0]);
    assert!((found.theta()[1] - 1.5 * std::f64::consts::PI).abs() < 1e-15);
    let circle = "r,theta\n1.0,0.5\n-2.0,3.0\n";
    let measure = Measure::uniform(vec![1.0, -2.0], vec![0.5, 3.0]).unwrap();
    let lifted = with_file(circle, "kind = \"lifted\"\n", "delta = -1.0\n");
    assert_eq!(lifted.start.lifted(), Some(&Neurons::lifted(&measure, 1.0, -1.0).unwrap()));
    // Each flow takes the columns that need no conversion.
    let both = "c,a,b,r,theta\n1.0,1.0,0.0,5.0,0.0\n";
    assert_eq!(with_file(both, "", "").start.canonical().unwrap().r(), [5.0]);
    assert_eq!(with_file(both, "kind = \"kernel\"\n", "").start.lifted().unwrap().a(), [1.0]);
    let lift = with_file(both, "kind = \"kernel\"\n", "delta = 0.0\n");
    assert!((lift.start.lifted().unwrap().a()[0] - 5f64.sqrt()).abs() < 1e-15);
}

#[test]
fn antisymmetric_files_are_doubled() {
    let neurons = "c,a,b,mass\n2.0,3.0,4.0,0.25\n-1.0,0.0,2.0,0.75\n";
    let scenario = with_file(neurons, "kind = \"lifted\"\nscaling = \"1\"\n", "antisymmetric = true\n");
    let found = scenario.start.lifted().unwrap();
    assert_eq!(found.c(), [2.0, -2.0, -1.0, 1.0]);
    assert_eq!(found.mass(), [0.125, 0.125, 0.375, 0.375]);
    assert_eq!((found.value_at(4.0, 7.0), scenario.description.flow.kappa()), (0.0, 4.0));
    let circle = with_file("r,theta\n1.0,0.5\n", "", "antisymmetric = true\n");
    assert_eq!(circle.start.canonical().unwrap().r(), [1.0, -1.0]);
}

#[test]
fn gradient_descent_ends_and_stores_on_steps() {
    let gd = |time: &str, snapshots: &str| {
        parse(&format!(
            "[measure]\nparticles = 7\nlaw = \"normal\"\n[flow]\nkind = \"gd\"\nlearning_rate = 0.1\n\
             [time]\n{time}[output]\nsnapshots = {snapshots}\n"
        ))
    };
    let time = |k: u64| k as f64 * 0.1 / 7.0;
    let run = gd("steps = 100\n", "{ steps = [3, 50] }");
    assert_eq!(run.description.end, time(100));
    assert_eq!(run.description.schedule.times(), [0.0, time(3), time(50), time(100)]);
    assert_eq!(run.notices, [""; 0]);
    let run = gd("steps = 100\n", "{ every_steps = 30 }");
    assert_eq!(run.description.schedule.times(), [0, 30, 60, 90, 100].map(time));
    let run = gd("steps = 100\n", "{ count = 11 }");
    assert_eq!(run.description.schedule.times(), std::array::from_fn::<f64, 11, _>(|i| time(10 * i as u64)));
    assert_eq!(run.notices, [""; 0]);
    // 1.0 and 0.3 lie between steps 0.0142857 apart.
    let run = gd("end = 1.0\n", "{ times = [0.3] }");
    assert_eq!(run.description.schedule.times(), [0.0, time(21), time(70)]);
    assert_eq!(run.description.end, time(70));
    assert_eq!(run.notices, [""; 0], "70 steps are 1.0");
    let run = gd("end = 0.995\n", "{ times = [0.305] }");
    assert_eq!(run.description.schedule.times(), [0.0, time(21), time(70)]);
    assert_eq!(run.notices.len(), 2, "{:?}", run.notices);
    assert!(run.notices[0].starts_with("gradient descent ends after step 70, at t = "), "{:?}", run.notices);
    assert!(run.notices[1].starts_with("1 snapshots are taken at the nearest step"), "{:?}", run.notices);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn width_m_is_a_prefix_of_width_2m_up_to_the_factor(seed: u64, m in 1usize..100, kind in 0usize..4) {
        let kinds = [LawKind::Normal, LawKind::Pytorch, LawKind::He, LawKind::Glorot];
        let law = NeuronLaw { kind: kinds[kind], hidden_scale: 1.0, output_scale: 1.0, antisymmetric: false };
        let (narrow, wide) = (law.draw(m, seed).unwrap(), law.draw(2 * m, seed).unwrap());
        let (m, w) = (m as f64, 2.0 * m as f64);
        let [hidden, output] = [[1.0, 1.0], [1.0, (w / m).sqrt()], [1.0, (w / m).sqrt()], [((w + 1.0) / (m + 1.0)).sqrt(); 2]][kind];
        for i in 0..narrow.len() {
            prop_assert!((narrow.a()[i] - hidden * wide.a()[i]).abs() <= 1e-15 * narrow.a()[i].abs());
            prop_assert!((narrow.b()[i] - hidden * wide.b()[i]).abs() <= 1e-15 * narrow.b()[i].abs());
            prop_assert!((narrow.c()[i] - output * wide.c()[i]).abs() <= 1e-15 * narrow.c()[i].abs());
        }
    }
}

/// What adding a flow is not to forget.
#[test]
fn every_flow_is_in_the_guide() {
    let page = include_str!("../src/guide/flows.md");
    for flow in Flow::ALL {
        let rows = page.lines().filter(|line| line.starts_with(&format!("| `{}` |", flow.name())));
        assert_eq!(rows.count(), 1, "src/guide/flows.md says in its table what {} is", flow.name());
    }
}
