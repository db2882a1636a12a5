//! The output bias (mathematics, section 21): closed forms, plain integration, order, laws, restarts, densities.

use reluflow::flow::{Adam, Descent, Flow, Optimizer, OutputBias, State, Stepper};
use reluflow::kernel::{self, Kernel, Regime, Report, Request, StartLaw, WeightLaw};
use reluflow::problem::{DensityLaw, DensityStart, Law, LawKind, Samples};
use reluflow::run::Simulation;
use reluflow::scenario::Scenario;

use crate::check_healthy::assert_healthy;
use crate::common::lifted::LiftedProblem;
use crate::common::{Draw, Problem, slope, worst};

const BIAS: OutputBias = OutputBias { start: -0.4, rate: 0.7 };

/// The flows, each with what is descended besides the loss.
fn flows() -> [Flow; 8] {
    [
        Flow::Canonical { tv: 0.0 },
        Flow::Canonical { tv: 0.05 },
        Flow::Lifted { kappa: 1.3, decay: 0.0 },
        Flow::Lifted { kappa: 1.3, decay: 0.2 },
        Flow::Kernel { kappa: 1.3, decay: 0.0 },
        Flow::Kernel { kappa: 1.3, decay: 0.2 },
        Flow::Adaptive { kappa: 1.3, decay: 0.0 },
        Flow::Adaptive { kappa: 1.3, decay: 0.2 },
    ]
}

fn is_canonical(flow: Flow) -> bool {
    matches!(flow, Flow::Canonical { .. })
}

/// A network of any flow, with its bias.
struct Task {
    problem: LiftedProblem,
    bias: OutputBias,
}

impl Task {
    fn samples(&self) -> Samples {
        Samples::new(&self.problem.x, &self.problem.y).unwrap()
    }

    fn start(&self, tolerance: f64) -> (Stepper, State) {
        let (flow, neurons) = (self.problem.flow, self.problem.neurons());
        match is_canonical(flow) {
            true => {
                let start = neurons.canonical(1.0).unwrap();
                Stepper::start_biased(self.samples(), start, flow, self.bias, tolerance)
            }
            false => Stepper::start_biased(self.samples(), neurons, flow, self.bias, tolerance),
        }
        .unwrap()
    }

    fn run(&self, tolerance: f64, end: f64) -> (Stepper, State) {
        let (mut stepper, mut state) = self.start(tolerance);
        while state.time < end {
            stepper.step(&mut state, end).unwrap();
        }
        (stepper, state)
    }

    /// `rho_j` of neurons, or of `(r, theta, 0)`, and a bias.
    fn residual(&self, z: &[[f64; 3]], bias: f64) -> Vec<f64> {
        let p = &self.problem;
        let value = |z: &[f64; 3], x: f64| match is_canonical(p.flow) {
            true => z[0] * (x * z[1].cos() + z[1].sin()).max(0.0),
            false => p.flow.kappa() * z[0] * (z[1] * x + z[2]).max(0.0),
        };
        let f = |x: f64| bias + z.iter().zip(&p.mass).map(|(z, mass)| mass * value(z, x)).sum::<f64>();
        p.x.iter().zip(&p.y).map(|(&x, y)| f(x) - y).collect()
    }

    /// All rates by their definition.
    fn rates(&self, z: &[[f64; 3]], bias: f64) -> (Vec<[f64; 3]>, f64) {
        let (p, rho) = (&self.problem, self.residual(z, bias));
        let flow = p.flow;
        let pull = |z: &[f64; 3]| {
            let mut v = [0.0; 3];
            for (rho, &x) in rho.iter().zip(&p.x) {
                if is_canonical(flow) {
                    let (sin, cos) = z[1].sin_cos();
                    if x * cos + sin > 0.0 {
                        v[0] -= rho * (x * cos + sin);
                        v[1] -= z[0] * rho * (cos - x * sin);
                    }
                } else if z[1] * x + z[2] > 0.0 {
                    let k = flow.kappa() * rho;
                    v = [v[0] - k * (z[1] * x + z[2]), v[1] - k * z[0] * x, v[2] - k * z[0]];
                }
            }
            if is_canonical(flow) {
                return [v[0] - flow.tv() * z[0].signum(), v[1], 0.0];
            }
            let (output, hidden) = flow.moves();
            let trains = [output, hidden, hidden];
            std::array::from_fn(|i| if trains[i] { v[i] - flow.decay() * z[i] } else { 0.0 })
        };
        (z.iter().map(pull).collect(), -self.bias.rate * rho.iter().sum::<f64>())
    }

    /// The classical Runge-Kutta method on all of it.
    fn integrated(&self, end: f64, steps: u32) -> (Vec<f64>, f64) {
        let (p, h) = (&self.problem, end / f64::from(steps));
        let mut z: Vec<[f64; 3]> = match is_canonical(p.flow) {
            true => {
                let measure = p.neurons().canonical(1.0).unwrap();
                measure.r().iter().zip(measure.theta()).map(|(&r, &theta)| [r, theta, 0.0]).collect()
            }
            false => (0..p.c.len()).map(|i| [p.c[i], p.a[i], -p.b[i]]).collect(),
        };
        let mut bias = self.bias.start;
        let along = |z: &[[f64; 3]], v: &[[f64; 3]], h: f64| -> Vec<[f64; 3]> {
            z.iter().zip(v).map(|(z, v)| std::array::from_fn(|i| z[i] + h * v[i])).collect()
        };
        for _ in 0..steps {
            let (v1, b1) = self.rates(&z, bias);
            let (v2, b2) = self.rates(&along(&z, &v1, 0.5 * h), bias + 0.5 * h * b1);
            let (v3, b3) = self.rates(&along(&z, &v2, 0.5 * h), bias + 0.5 * h * b2);
            let (v4, b4) = self.rates(&along(&z, &v3, h), bias + h * b3);
            for (i, z) in z.iter_mut().enumerate() {
                for k in 0..3 {
                    z[k] += h / 6.0 * (v1[i][k] + 2.0 * (v2[i][k] + v3[i][k]) + v4[i][k]);
                }
            }
            bias += h / 6.0 * (b1 + 2.0 * (b2 + b3) + b4);
        }
        (self.residual(&z, bias), bias)
    }
}

/// Without a neuron that sees a sample the bias goes to the mean of the data exponentially.
#[test]
fn a_bias_alone_goes_to_the_mean() {
    for flow in flows() {
        let problem = LiftedProblem {
            x: vec![-0.5, 0.5, 0.5, 1.0],
            y: vec![1.0, 2.0, 4.0, -0.5],
            c: vec![1.0],
            a: vec![0.0],
            b: vec![1.0],
            mass: vec![1.0],
            flow,
        };
        for rate in [0.0, 0.01, 0.7, 50.0, 1e4] {
            let task = Task { problem: problem.clone(), bias: OutputBias { start: -3.0, rate } };
            let (stepper, state) = task.run(1e-8, 2.0);
            let (mean, left) = (6.5 / 4.0, (-4.0 * rate * 2.0).exp());
            let expected = mean + (-3.0 - mean) * left;
            let found = state.output_bias.unwrap();
            assert!((found - expected).abs() < 1e-7, "{flow:?}, rate {rate}: {found} {expected}");
            assert_eq!(stepper.output_bias_rate(), rate);
            let ode = worst(stepper.residual(), &state.residual_ode);
            assert!(ode < 1e-7, "{flow:?}, rate {rate}: {ode:e}");
        }
    }
}

/// A bias beside neurons of which `c` alone moves is one more neuron `[0 x + 1]_+`.
#[test]
fn in_the_kernel_flow_it_is_one_more_neuron() {
    for seed in 0..20 {
        let (problem, end) = LiftedProblem::drawn(seed, Flow::Kernel { kappa: 1.3, decay: 0.0 });
        let biased = Task { problem: problem.clone(), bias: BIAS };
        let (stepper, state) = biased.run(1e-9, end);
        // With masses that sum to 1: kappa^2 mass, and kappa mass c, are those of the network.
        let (mu, kappa): (f64, f64) = (0.25, 1.3);
        let wide = (kappa * kappa / (1.0 - mu)).sqrt();
        let own = BIAS.rate / (wide * wide * mu);
        let mut with = problem.clone();
        with.flow = Flow::Kernel { kappa: wide, decay: 0.0 };
        with.mass.iter_mut().for_each(|mass| *mass *= 1.0 - mu);
        with.c.iter_mut().for_each(|c| *c *= kappa / (wide * (1.0 - mu)));
        with.a.push(0.0);
        with.b.push(-own.sqrt());
        with.c.push(BIAS.start / (wide * mu * own.sqrt()));
        with.mass.push(mu);
        let plain = with.run(1e-9, end);
        let apart = worst(stepper.residual(), plain.stepper.residual());
        assert!(apart < 1e-7, "seed {seed}: {apart:e}");
        let as_neuron = wide * mu * own.sqrt() * plain.neurons().last().unwrap()[0];
        assert!((as_neuron - state.output_bias.unwrap()).abs() < 1e-7, "seed {seed}");
    }
}

/// All flows, through crossings: what Runge-Kutta steps find that know of none.
#[test]
fn runs_are_those_of_plain_integration() {
    for flow in flows() {
        let (mut compared, mut events, mut apart) = (0, 0, 0f64);
        for seed in 0..200 {
            let (problem, end) = LiftedProblem::drawn(seed, flow);
            let task = Task { problem, bias: BIAS };
            let end = end.min(2.0);
            let (stepper, state) = task.run(1e-10, end);
            let counters = state.counters;
            // Fixed steps chatter about lines that hold neurons, and about r = 0.
            if counters.pins + counters.releases + counters.sign_changes + counters.flips + counters.sticks
                > 0
            {
                continue;
            }
            let (rho, bias) = task.integrated(end, 60_000);
            apart = apart.max(worst(&sorted(&task, &rho), stepper.residual()));
            apart = apart.max((bias - state.output_bias.unwrap()).abs());
            let ode = worst(stepper.residual(), &state.residual_ode);
            // A thousand tolerances, as `check` allows it.
            assert!(ode < 1e-7, "{flow:?} {seed}: {ode:e}");
            (compared, events) = (compared + 1, events + counters.events());
            if compared == 12 {
                break;
            }
        }
        println!("{flow:?}: {compared} runs, {events} events, {apart:.1e}");
        assert!(compared >= 8 && apart < 2e-8, "{flow:?}: {compared} {apart:e}");
        assert!(events > 0 || flow.name() == "kernel", "{flow:?}");
    }
}

/// In the order of the samples.
fn sorted(task: &Task, rho: &[f64]) -> Vec<f64> {
    let mut pairs: Vec<(f64, f64)> = task.problem.x.iter().copied().zip(rho.iter().copied()).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs.into_iter().map(|pair| pair.1).collect()
}

/// Inside regions, steps are of fourth order as without a bias.
#[test]
fn steps_keep_their_order() {
    for flow in [flows()[0], flows()[3], flows()[4], flows()[7]] {
        let problem = LiftedProblem {
            x: vec![-1.0, 0.2, 1.1],
            y: vec![0.4, 0.3, 0.6],
            c: vec![0.7, 0.4, -1.0, 0.4],
            a: vec![0.6, 0.9, -0.2, 0.2],
            b: vec![-1.0, -0.5, 0.3, 0.3],
            mass: vec![0.2, 0.3, 0.1, 0.4],
            flow,
        };
        let task = Task { problem, bias: OutputBias { start: 0.3, rate: 0.7 } };
        let exact = task.integrated(1.0, 4000);
        let errors: Vec<f64> = [4u32, 8, 16, 32]
            .iter()
            .map(|&steps| {
                let (stepper, mut state) = task.start(1e-10);
                let mut stepper = stepper.with_fixed_step(1.0 / f64::from(steps));
                for i in 1..=steps {
                    stepper.step(&mut state, f64::from(i) / f64::from(steps)).unwrap();
                }
                assert_eq!(state.counters.events(), 0);
                worst(stepper.residual(), &exact.0).max((state.output_bias.unwrap() - exact.1).abs())
            })
            .collect();
        println!("{flow:?}: {errors:?}, order {:.2}", slope(&errors));
        assert!(slope(&errors) > 3.7, "{flow:?}: {errors:?}");
    }
}

/// A bias that does not move is taken from the data.
#[test]
fn a_fixed_bias_shifts_the_data() {
    for flow in flows() {
        for seed in 0..5 {
            let (problem, end) = LiftedProblem::drawn(seed, flow);
            let fixed = Task { problem: problem.clone(), bias: OutputBias { start: 0.75, rate: 0.0 } };
            let mut shifted = Task { problem, bias: OutputBias::default() };
            let (stepper, state) = fixed.run(1e-10, end);
            assert_eq!(state.output_bias, Some(0.75));
            shifted.problem.y.iter_mut().for_each(|y| *y -= 0.75);
            let (other, _) = shifted.run(1e-10, end);
            let apart = worst(stepper.residual(), other.residual());
            assert!(apart < 1e-7, "{flow:?} {seed}: {apart:e}");
        }
    }
}

/// Interrupted after every step.
#[test]
fn resuming_changes_no_bit() {
    for flow in flows() {
        for seed in [3, 4] {
            let (problem, end) = LiftedProblem::drawn(seed, flow);
            let task = Task { problem, bias: BIAS };
            let (_, whole) = task.run(1e-8, end);
            let (mut stepper, mut state) = task.start(1e-8);
            let mass = &task.problem.mass;
            while state.time < end {
                let resumed = Stepper::resume(task.samples(), mass.clone(), flow, 1e-8, &state).unwrap();
                stepper = resumed.with_output_bias_rate(BIAS.rate);
                stepper.step(&mut state, end).unwrap();
            }
            assert!(whole == state, "{flow:?} {seed}");
            assert_eq!(stepper.output_bias_rate(), BIAS.rate);
        }
    }
}

/// Gradient descent: a bias alone by its closed form; with neurons and what optimizers remember, resumed after every step.
#[test]
fn descent_moves_the_bias() {
    let plain = Descent { learning_rate: 0.1, ..Descent::PLAIN };
    let flow = Flow::Descent { kappa: 1.3, descent: plain };
    let problem = LiftedProblem {
        x: vec![-0.5, 0.5, 0.5, 1.0],
        y: vec![1.0, 2.0, 4.0, -0.5],
        c: vec![1.0],
        a: vec![0.0],
        b: vec![1.0],
        mass: vec![1.0],
        flow,
    };
    let task = Task { problem, bias: OutputBias { start: -3.0, rate: 0.7 } };
    let (stepper, state) = task.run(1e-8, 2.0);
    assert_eq!(state.step, 20);
    let mean = 6.5 / 4.0;
    let expected = mean + (-3.0 - mean) * (1.0 - 0.1 * 0.7 * 4.0_f64).powi(20);
    assert!((state.output_bias.unwrap() - expected).abs() < 1e-13);
    assert!(worst(stepper.residual(), &state.residual_ode) < 1e-13);
    let optimizers = [
        plain,
        Descent { momentum: 0.9, weight_decay: 0.1, batch: Some(1), ..plain },
        Descent { momentum: 0.9, optimizer: Optimizer::Nesterov, ..plain },
        Descent { optimizer: Optimizer::Adam(Adam::DEFAULT), learning_rate: 0.01, ..plain },
    ];
    for descent in optimizers {
        let flow = Flow::Descent { kappa: 1.3, descent };
        let (problem, _) = LiftedProblem::drawn(2, flow);
        let rate = problem.mass.len() as f64;
        let task = Task { problem, bias: OutputBias { start: 0.4, rate } };
        let end = 30.0 * flow.given_step(task.problem.mass.len()).unwrap();
        let (_, whole) = task.run(1e-8, end);
        let (_, mut state) = task.start(1e-8);
        while state.time < end {
            let mass = task.problem.mass.clone();
            let resumed = Stepper::resume(task.samples(), mass, flow, 1e-8, &state).unwrap();
            resumed.with_output_bias_rate(rate).step(&mut state, end).unwrap();
        }
        assert!(whole == state, "{descent:?}");
        assert!((state.output_bias.unwrap() - 0.4).abs() > 1e-3, "{descent:?}");
    }
}

/// `check` finds nothing wrong, with pins, releases, penalties and a bias.
#[test]
fn laws_hold() {
    let many = [
        ("canonical", ""),
        ("canonical", "tv = 0.05\n"),
        ("lifted", ""),
        ("lifted", "weight_decay = 0.2\n"),
        ("kernel", ""),
        ("kernel", "weight_decay = 0.2\n"),
        ("adaptive", ""),
    ];
    for (kind, keys) in many {
        for rate in ["0.7", "0", "\"literal\""] {
            let law = if kind == "canonical" { "normal-uniform" } else { "normal" };
            let text = format!(
                "[samples]\nfunction = \"sine\"\ncount = 7\nnoise = 0.2\n[measure]\nlaw = \"{law}\"\nparticles = 200\n\
                 output_bias = 0.3\n[flow]\nkind = \"{kind}\"\noutput_bias_rate = {rate}\n{keys}[time]\nend = 4.0\n"
            );
            assert_healthy(&text, 60);
        }
    }
    for keys in ["", "momentum = 0.9\n", "optimizer = \"adam\"\n", "weight_decay = 0.1\n"] {
        let text = format!(
            "[samples]\nfunction = \"sine\"\ncount = 7\n[measure]\nlaw = \"normal\"\nparticles = 100\noutput_bias = 0.3\n\
             [flow]\nkind = \"gd\"\nlearning_rate = 0.02\noutput_bias_rate = \"literal\"\n{keys}[time]\nsteps = 50\n"
        );
        assert_healthy(&text, 60);
    }
}

/// What `check` says of a bias that is not what it should be.
#[test]
fn a_wrong_bias_is_found() {
    use reluflow::run::{Checker, Snapshot};
    let text = "[samples]\nfunction = \"sine\"\ncount = 7\n[measure]\nparticles = 50\noutput_bias = 0.3\n\
                [flow]\noutput_bias_rate = 0.7\n[time]\nend = 1.0\n";
    let scenario = Scenario::parse(text, "test.toml".as_ref()).unwrap();
    let mut simulation = Simulation::new(&scenario.description, scenario.start).unwrap();
    let first = simulation.snapshot();
    simulation.advance_to(1.0).unwrap();
    let last = simulation.snapshot();
    let holds = |first: Snapshot, last: Snapshot| {
        let mut checker = Checker::new(&scenario.description);
        checker.snapshot(first, None, None);
        checker.snapshot(last, None, None);
        let checks = checker.finish(false, None, None);
        checks.iter().find(|check| check.name == "output bias").unwrap().holds()
    };
    assert!(holds(first.clone(), last.clone()));
    assert!(!holds(Snapshot { output_bias: 0.31, ..first.clone() }, last.clone()));
    let farther = last.output_bias + 3.0 * (last.output_bias - 0.3);
    assert!(!holds(first, Snapshot { output_bias: farther, ..last }));
}

/// The report of the kernel regime, with either solver: residuals at every time, and the limit, are those of the kernel
/// flow of the same neurons; with the tangent kernel, those of a matrix exponential written out.
#[test]
fn the_kernel_regime_has_the_bias() {
    let (kappa, bias) = (1.3, OutputBias { start: 0.4, rate: 0.7 });
    let mut draw = Draw(3);
    let m = 60;
    let problem = LiftedProblem {
        x: vec![-1.0, -0.6, -0.1, 0.3, 0.5, 1.0],
        y: vec![1.4, 0.3, 0.6, 1.2, -0.1, 0.7],
        c: draw.list(m, -1.0, 1.0),
        a: draw.list(m, -1.0, 1.0),
        b: draw.list(m, -1.0, 1.0),
        mass: vec![1.0 / m as f64; m],
        flow: Flow::Kernel { kappa, decay: 0.0 },
    };
    let task = Task { problem, bias };
    let neurons = task.problem.neurons();
    let law = StartLaw {
        weights: WeightLaw::Particles(kernel::Particles::neurons(&neurons)),
        output_second_moment: 0.0,
    };
    let kernel = Kernel::new(law).with_output_bias(bias.rate / (kappa * kappa));
    let times = vec![0.0, 0.5, 3.0, 40.0];
    for linear in [false, true] {
        let request = Request {
            kappa,
            start: Some(neurons.canonical(kappa).unwrap()),
            output_bias: bias.start,
            ridge: Some(0.1),
            linear,
            points: 21,
            times: Some(times.clone()),
            ..Request::default()
        };
        let report = Report::new(&task.samples(), kernel.clone(), &request).unwrap();
        let [features, tangent] = &report.regimes[..] else { panic!("two regimes") };
        for (i, &time) in times.iter().enumerate() {
            let (stepper, _) = task.run(1e-10, time);
            let found = features.residual.as_ref().unwrap().row(i).to_vec();
            let apart = worst(&found, stepper.residual());
            assert!(apart < 1e-8, "linear {linear}, t = {time}: {apart:e}");
        }
        // rho(t) of the tangent kernel by small explicit steps of d rho/dt = -kappa^2 K N rho.
        let gram = kernel.gram(Regime::Tangent, &task.problem.x);
        let mut rho = task.run(1e-10, 0.0).0.residual().to_vec();
        let steps = 200_000;
        for _ in 0..steps {
            let h = 0.5 / f64::from(steps);
            // The midpoint rule.
            let rate = |rho: &[f64]| -> Vec<f64> {
                (0..6).map(|i| -kappa * kappa * (0..6).map(|j| gram[[i, j]] * rho[j]).sum::<f64>()).collect()
            };
            let half: Vec<f64> = rho.iter().zip(rate(&rho)).map(|(rho, rate)| rho + 0.5 * h * rate).collect();
            rho.iter_mut().zip(rate(&half)).for_each(|(rho, rate)| *rho += h * rate);
        }
        let apart = worst(&tangent.residual.as_ref().unwrap().row(1).to_vec(), &rho);
        assert!(apart < 1e-8, "linear {linear}: {apart:e}");
        let missed = worst(&features.limit.at_samples, task.samples().y());
        assert!(missed < 1e-6, "linear {linear}: {missed:e}");
    }
}

/// A density with a bias has the residuals of the quadrature limit.
#[test]
fn densities_have_a_bias() {
    let samples = Samples::new(&[-1.0, -0.5, 0.0, 0.5, 1.0], &[0.3, 1.2, 0.8, 1.5, 0.1]).unwrap();
    let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
    let flow = Flow::Canonical { tv: 0.0 };
    let bias = OutputBias { start: 0.2, rate: 0.5 };
    let end = |(mut stepper, mut state): (Stepper, State)| {
        while state.time < 2.0 {
            stepper.step(&mut state, 2.0).unwrap();
        }
        (stepper.residual().to_vec(), state.output_bias.unwrap())
    };
    let start = DensityStart { law: DensityLaw::Canonical(law), cells: [128; 2] };
    let (rho, b) = end(Stepper::start_biased(samples.clone(), start, flow, bias, 1e-6).unwrap());
    let limit = law.quadrature(samples.x(), 24, false).unwrap();
    let (expected, b_limit) = end(Stepper::start_biased(samples, limit, flow, bias, 1e-8).unwrap());
    println!("{:.1e}, bias {:.1e}", worst(&rho, &expected), (b - b_limit).abs());
    assert!(worst(&rho, &expected) < 1e-3 && (b - b_limit).abs() < 1e-3);
    assert!((b - 0.2).abs() > 0.1);
}

/// `rate = 0` and no start value: not a bit differs from a run that knows of no bias.
#[test]
fn without_a_bias_nothing_changes() {
    for seed in 0..5 {
        let (problem, end) = Problem::drawn(seed);
        let plain = problem.run(1e-8, end);
        let flow = Flow::Canonical { tv: problem.tv };
        let none = OutputBias { start: 0.0, rate: 0.0 };
        let (mut stepper, mut state) =
            Stepper::start_biased(problem.samples(), problem.measure(), flow, none, 1e-8).unwrap();
        while state.time < end {
            stepper.step(&mut state, end).unwrap();
        }
        assert!(state == plain.state && state.output_bias.is_none());
    }
}

fn parsed(measure: &str, flow: &str) -> Result<OutputBias, String> {
    let text = format!(
        "[samples]\nx = [0.0, 1.0]\ny = [1.0, 2.0]\n[measure]\n{measure}\n[flow]\n{flow}\n[time]\nend = 1.0\n"
    );
    let scenario = Scenario::parse(&text, "a.toml".as_ref()).map_err(|error| error.to_string())?;
    Ok(scenario.description.output_bias)
}

#[test]
fn scenarios_tell_the_bias() {
    let found = |measure, flow| parsed(measure, flow).unwrap();
    assert_eq!(found("particles = 40", ""), OutputBias::default());
    let bias = |start, rate| OutputBias { start, rate };
    assert_eq!(found("particles = 40\noutput_bias = -1.5", ""), bias(-1.5, 0.0));
    assert_eq!(found("particles = 40", "output_bias_rate = 2"), bias(0.0, 2.0));
    assert_eq!(found("particles = 40", "output_bias_rate = \"literal\""), bias(0.0, 40.0));
    let lifted = "kind = \"lifted\"\noutput_bias_rate = \"literal\"";
    let quadrature = "law = \"normal\"\nsampling = \"quadrature\"\nnodes = 4\nparticles = 100";
    assert_eq!(found(quadrature, lifted), bias(0.0, 100.0));
    let density = "representation = \"density\"\nparticles = 100\ncells = [32, 32]\noutput_bias = 1";
    assert_eq!(found(density, "output_bias_rate = \"literal\""), bias(1.0, 100.0));
    let gd = "kind = \"gd\"\nlearning_rate = 0.1\noutput_bias_rate = \"literal\"";
    assert_eq!(found("particles = 40\nlaw = \"normal\"\noutput_bias = 1", gd), bias(1.0, 40.0));
    let refused = |measure, flow, words: &str| {
        let error = parsed(measure, flow).unwrap_err();
        assert!(error.contains(words), "{error}");
    };
    refused("particles = 4", "output_bias_rate = -1", "give 0 (fixed) to 1e12, or \"literal\"");
    let adam = "kind = \"gd\"\noptimizer = \"adam\"\nlearning_rate = 0.1\noutput_bias_rate = 2";
    refused("particles = 4\nlaw = \"normal\"", adam, "steps of Adam know nothing");
    refused("particles = 4", "output_bias_rate = \"litteral\"", "did you mean \"literal\"?");
    refused("particles = 4\noutput_bias = 1e51", "", "is out of range");
    refused("representation = \"density\"", "output_bias_rate = \"literal\"", "has no `particles`");
}

/// Tables hold it in every row, as `convert` writes them.
#[test]
fn tables_hold_the_bias() {
    let folder = tempfile::tempdir().unwrap();
    let read = |table: &str, keys: &str| {
        std::fs::write(folder.path().join("n.csv"), table).unwrap();
        let text = format!(
            "[samples]\nx = [0.0, 1.0]\ny = [1.0, 2.0]\n[measure]\nfile = \"n.csv\"\n{keys}[flow]\nkind = \"lifted\"\n\
             output_bias_rate = \"literal\"\n[time]\nend = 1.0\n"
        );
        let scenario = Scenario::parse(&text, &folder.path().join("a.toml"));
        scenario.map(|s| s.description.output_bias).map_err(|error| error.to_string())
    };
    let table = "c,a,b,output_bias\n1,2,3,-0.5\n4,5,6,-0.5\n";
    assert_eq!(read(table, "").unwrap(), OutputBias { start: -0.5, rate: 2.0 });
    let error = read(table, "output_bias = 1.0\n").unwrap_err();
    assert!(error.contains("is given beside the column `output_bias` of n.csv"), "{error}");
    let error = read("c,a,b,output_bias\n1,2,3,-0.5\n4,5,6,0.5\n", "").unwrap_err();
    assert!(error.contains("n.csv:3") && error.contains("has 0.5 here and -0.5 in the first row"), "{error}");
    let error = read("c,a,b,bias\n1,2,3,-0.5\n", "").unwrap_err();
    assert!(error.contains("output_bias"), "{error}");
}

/// Files, `check`, `resume`, `info`, `convert`, `compare` and pictures of a run with a bias.
#[test]
fn commands_know_of_the_bias() {
    use crate::cli_support::reluflow;
    use predicates::str::contains;
    let folder = tempfile::tempdir().unwrap();
    let text = "[samples]\nfunction = \"sine\"\ncount = 9\n[measure]\nlaw = \"normal\"\nparticles = 60\noutput_bias = 0.25\n\
                [flow]\nkind = \"lifted\"\noutput_bias_rate = 0.5\n[time]\nend = 2.0\n[output]\ntangent_kernel = true\n";
    std::fs::write(folder.path().join("s.toml"), text).unwrap();
    let ok = |arguments: &[&str]| reluflow(folder.path()).args(arguments).assert().success();
    ok(&["run", "-q", "s.toml"]);
    ok(&["check", "output/s.h5"]).stdout(contains("output bias"));
    ok(&["validate", "output/s.h5"]);
    ok(&["info", "output/s.h5"]).stdout(contains("0.25 at the start"));
    ok(&["convert", "-q", "output/s.h5", "--to", "neurons", "-o", "n.csv"]);
    ok(&["plot", "-q", "output/s.h5", "--figure", "function", "-o", "f.svg"]);
    ok(&["landscape", "-q", "output/s.h5", "--no-file"]);
    ok(&["kernel", "s.toml", "--no-file", "--knots", "0", "--pieces", "0"])
        .stdout(contains("output bias 0.2500, rate 0.5000"));
    ok(&["report", "-q", "output/s.h5", "-o", "r.html"]);
    // Another run goes on from its end: the same function, and so no jump of the loss.
    let file = reluflow::io::RunFile::open(&folder.path().join("output/s.h5")).unwrap();
    let last = file.snapshot(file.len() - 1).unwrap();
    assert!(last.output_bias != 0.25);
    let on = text
        .replace("law = \"normal\"\nparticles = 60\noutput_bias = 0.25", "file = \"n.csv\"")
        .replace("end = 2.0", "end = 0.1");
    std::fs::write(folder.path().join("on.toml"), on).unwrap();
    ok(&["run", "-q", "on.toml"]);
    let next = reluflow::io::RunFile::open(&folder.path().join("output/on.h5")).unwrap().snapshot(0).unwrap();
    assert_eq!(next.output_bias.to_bits(), last.output_bias.to_bits());
    assert!((next.loss - last.loss).abs() < 1e-12 * last.loss);
}

/// The rates above against differences of the loss.
#[test]
fn the_naive_rates_are_those_of_the_loss() {
    let mut draw = Draw(5);
    for flow in [flows()[0], flows()[2]] {
        let (problem, _) = LiftedProblem::drawn(11, flow);
        let task = Task { problem, bias: OutputBias { start: 0.3, rate: 1.0 } };
        let m = task.problem.mass.len();
        let z: Vec<[f64; 3]> = (0..m).map(|_| std::array::from_fn(|_| draw.uniform(-1.0, 1.0))).collect();
        let loss =
            |z: &[[f64; 3]], bias: f64| 0.5 * task.residual(z, bias).iter().map(|r| r * r).sum::<f64>();
        let (rates, of_bias) = task.rates(&z, 0.3);
        let h = 1e-6;
        let numeric = (loss(&z, 0.3 + h) - loss(&z, 0.3 - h)) / (2.0 * h);
        assert!((of_bias + numeric).abs() < 1e-7);
        let mut moved = [z.clone(), z.clone()];
        (moved[0][0][0], moved[1][0][0]) = (z[0][0] + h, z[0][0] - h);
        let numeric = (loss(&moved[0], 0.3) - loss(&moved[1], 0.3)) / (2.0 * h);
        assert!((rates[0][0] * task.problem.mass[0] + numeric).abs() < 1e-7);
    }
}
