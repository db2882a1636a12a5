//! Runs at rest: what is pinned stays pinned, and the number of steps does not grow with the time
//! that is left.

use std::f64::consts::TAU;
use std::path::Path;

use reluflow::flow::tangent_kernel::trace;
use reluflow::flow::{Flow, State, Stepper};
use reluflow::problem::PlaceKind;
use reluflow::run::Simulation;
use reluflow::scenario::Scenario;

use crate::common::lifted::LiftedProblem;
use crate::common::{Draw, Problem, short, worst};

/// Steps of a run to `end`.
fn steps(problem: &LiftedProblem, tolerance: f64, end: f64) -> usize {
    let mut run = problem.start(tolerance);
    let mut steps = 0;
    while run.state.time < end {
        run.stepper.step(&mut run.state, end).unwrap();
        steps += 1;
        assert!(steps < 5000, "t = {}", run.state.time);
    }
    steps
}

/// Two samples and one neuron, for which the residual at 1 decays and nothing else happens.
fn one(c: f64, flow: Flow) -> LiftedProblem {
    LiftedProblem {
        x: vec![0.0, 1.0],
        y: vec![1.0, -1.0],
        c: vec![c],
        a: vec![1.0],
        b: vec![-0.5],
        mass: vec![1.0],
        flow,
    }
}

/// Nothing in a shear grows by itself: steps are bounded by what the residuals do, not by `1 / |g|`, which
/// does not tend to 0 where the limit cannot fit.
#[test]
fn shears_settle() {
    for (c, flow) in [
        (0.1, Flow::Kernel { kappa: 1.0, decay: 0.0 }),
        (0.1, Flow::Adaptive { kappa: 1.0, decay: 0.0 }),
        // Output weights so small that the residuals stay where they are.
        (1e-6, Flow::Adaptive { kappa: 1.0, decay: 0.0 }),
    ] {
        let counts = [1e3, 1e4, 1e5, 1e6].map(|end| steps(&one(c, flow), 1e-6, end));
        println!("{} {c}: {counts:?}", flow.name());
        assert!(counts[3] < counts[0] + 40, "{} {c}: {counts:?}", flow.name());
    }
}

fn simulation(text: &str) -> Simulation {
    let scenario = Scenario::parse(text, Path::new("settling.toml")).unwrap();
    Simulation::new(&scenario.description, scenario.start).unwrap()
}

/// More samples than the particles can fit: amplitudes grow like `t`, so that aligned particles follow the field
/// hundreds of times within a step, and the tangent kernel is 3000 times what it was. Steps take both into
/// account and are as long as the residuals' slow motion allows (213 334 of them before).
#[test]
fn aligned_particles_do_not_shorten_steps() {
    let at = |tolerance: &str| {
        let mut simulation = simulation(&format!(
            "title = 'settling'\nsamples = {{ function = 'sine', count = 12, noise = 0.3, seed = 2 }}\n\
             measure = {{ law = 'normal-uniform', particles = 200, seed = 3 }}\nflow.kind = 'canonical'\n\
             time = {{ end = 1e4, tolerance = {tolerance} }}"
        ));
        simulation.advance_to(1e4).unwrap();
        simulation
    };
    let runs = ["1e-5", "1e-6", "1e-7"].map(at);
    let steps: Vec<u64> = runs.iter().map(|run| run.state().step).collect();
    let finest = runs[2].stepper().residual();
    let apart: Vec<f64> = runs[..2].iter().map(|run| worst(run.stepper().residual(), finest)).collect();
    let ode: Vec<f64> =
        runs.iter().map(|run| worst(&run.state().residual_ode, run.stepper().residual())).collect();
    println!("steps {steps:?}, residuals apart {apart:?}, residual ODE {ode:?}");
    assert!(steps.iter().all(|&steps| steps < 6000), "{steps:?}");
    assert!(apart[0] < 1e-4 && apart[1] < 1e-5, "{apart:?}");
    assert!(ode.iter().zip([1e-5, 1e-6, 1e-7]).all(|(ode, tolerance)| *ode < tolerance), "{ode:?}");
    assert_eq!(runs[1].state().counters.crossings, runs[2].state().counters.crossings);
}

/// Up to six samples, ten particles and ten neurons: sizes of `x` within `10^wide` of 1 and of `y` from 1e-9 to
/// `10^high`, masses over twelve decades.
fn drawn(seed: u64, wide: f64, high: f64) -> (Problem, LiftedProblem) {
    let mut draw = Draw(7001 + 13 * seed);
    let (s, m) = (1 + draw.below(6), 10);
    let size = |draw: &mut Draw, from: f64, to: f64| 10f64.powf(draw.uniform(from, to));
    let (spread, height) = (size(&mut draw, -wide, wide), size(&mut draw, -9.0, high));
    let x: Vec<f64> = draw.list(s, -1.0, 1.0).iter().map(|x| spread * x).collect();
    let y: Vec<f64> = draw.list(s, -1.0, 1.0).iter().map(|y| height * y).collect();
    let mut mass: Vec<f64> = (0..m).map(|_| size(&mut draw, -12.0, 0.0)).collect();
    let total: f64 = mass.iter().sum();
    mass.iter_mut().for_each(|mass| *mass /= total);
    let (c, a, b) = (draw.list(m, -1.0, 1.0), draw.list(m, -1.0, 1.0), draw.list(m, -1.0, 1.0));
    let canonical = Problem::new(&x, &y, &c, &draw.list(m, 0.0, TAU)).with_mass(&mass);
    (canonical, LiftedProblem { x, y, c, a, b, mass, flow: Flow::Lifted { kappa: 1.0, decay: 0.0 } })
}

/// How many problems of the whole box are run: 40, or as many as `RELUFLOW_BOX` says.
fn problems() -> u64 {
    std::env::var("RELUFLOW_BOX").map_or(40, |count| count.parse().unwrap())
}

/// Of a run to 1e6, given up after 5000 steps: whether it arrived, and pushes per step and the largest rounding of the
/// last hundred steps, in units of what a step may err by: `100 z` roundings of the largest residual, to which the end of a
/// push is known (mathematics, section 9).
fn crawl(stepper: &mut Stepper, state: &mut State, tolerance: f64) -> (bool, f64, f64) {
    let (mut pushes, mut rounding) = (0, 0.0_f64);
    while state.time < 1e6 && state.step < 5000 {
        let fastest = trace(stepper.samples(), &stepper.moments().sigma_with_pinned(stepper.regions()));
        let record = stepper.step(state, 1e6).unwrap();
        pushes += record.pushes;
        if state.step > 4900 {
            let size = stepper.residual().iter().fold(0.0, |most: f64, rho| most.max(rho.abs()));
            let of_step = 100.0 * f64::EPSILON * record.step_size * fastest * size;
            rounding = rounding.max(of_step / (0.1 * tolerance * state.scale));
        }
    }
    (state.time == 1e6, f64::from(pushes) / state.step as f64, rounding)
}

/// Ten neurons, `x` from 1e-6 to 1e6, `y` from 1e-9 to 1e6, masses over twelve decades: to 1e6 every run of the kernel
/// and adaptive limits takes at most 5000 steps. Of the lifted flow a few take more: where the end of a push is not
/// known to what a step may err by.
#[test]
fn no_run_of_ten_neurons_crawls_over_the_whole_box() {
    let (mut most, mut slow, mut unexplained) = ([0; 3], 0, 0);
    for seed in 0..problems() {
        let neurons = drawn(seed, 6.0, 6.0).1;
        let flows = [
            Flow::Lifted { kappa: 1.0, decay: 0.0 },
            Flow::Kernel { kappa: 1.0, decay: 0.0 },
            Flow::Adaptive { kappa: 1.0, decay: 0.0 },
        ];
        for (most, flow) in most.iter_mut().zip(flows) {
            let mut run = LiftedProblem { flow, ..neurons.clone() }.start(1e-6);
            let (arrived, pushes, rounding) = crawl(&mut run.stepper, &mut run.state, 1e-6);
            *most = run.state.step.max(*most);
            if !arrived {
                println!(
                    "{} {seed}: t = {}, pushes {pushes}, rounding {rounding}",
                    flow.name(),
                    run.state.time
                );
                assert_eq!(flow.name(), "lifted", "{seed}");
                slow += 1;
                unexplained += u64::from(rounding < 1.0);
            }
        }
    }
    println!(
        "lifted, kernel, adaptive: at most {most:?} steps; {slow} take more, {unexplained} not for rounding"
    );
    assert!(slow * 10 <= problems() && unexplained == 0, "{slow} {unexplained}");
}

/// The same for ten canonical particles. A third take more than 5000 steps: for the same reason, or because Newton's method
/// needs several pushes a step and does not contract over longer ones.
#[test]
fn canonical_runs_that_crawl_need_many_pushes_or_are_known_to_no_more() {
    let mut slow = 0;
    for seed in 0..problems() {
        let mut run = drawn(seed, 6.0, 6.0).0.start(1e-6);
        let (arrived, pushes, rounding) = crawl(&mut run.stepper, &mut run.state, 1e-6);
        if !arrived {
            println!("{seed}: t = {}, pushes {pushes}, rounding {rounding}", run.state.time);
            slow += 1;
            assert!(pushes > 2.0 || rounding > 1.0, "{seed}: {pushes} {rounding}");
        }
    }
    println!("{slow} of {} take more than 5000 steps", problems());
    assert!(slow * 40 <= 15 * problems(), "{slow}");
}

/// Samples at 1e5, whose fastest modes are 1e10 times as fast as the slowest: what the runs arrive at does not depend on
/// the tolerance by more than that, and the residual ODE agrees.
#[test]
fn very_stiff_runs_keep_their_tolerance() {
    for (seed, kind) in [(13, "kernel"), (24, "kernel"), (1, "kernel"), (13, "adaptive"), (1, "lifted")] {
        let ends = [1e-5, 1e-6, 1e-7].map(|tolerance| {
            let flow = Flow::named(kind).unwrap();
            let mut run = LiftedProblem { flow, ..drawn(seed, 6.0, 6.0).1 }.start(tolerance);
            run.advance(1e4);
            let unit = tolerance * run.state.scale;
            let ode = run.ode_difference() / unit;
            println!(
                "{kind} {seed} {tolerance:e}: {} steps, residual ODE {ode:.1e} tolerances",
                run.state.step
            );
            assert!(ode < 1.0, "{kind} {seed}: {ode}");
            (run.stepper.residual().to_vec(), unit)
        });
        let apart: Vec<f64> = ends[..2].iter().map(|(rho, unit)| worst(rho, &ends[2].0) / unit).collect();
        println!("{kind} {seed}: apart {} tolerances", short(&apart));
        assert!(apart.iter().all(|&apart| apart < 1.0), "{kind} {seed}: {apart:?}");
    }
}

/// Ten particles or neurons, samples and values of several sizes, masses over twelve decades: no run to 1e6 takes more than
/// 5000 steps.
#[test]
fn no_run_of_ten_crawls() {
    let (mut most, mut slow) = ([0; 3], 0);
    for seed in 0..40 {
        let (canonical, neurons) = drawn(seed, 1.0, 1.0);
        let mut run = canonical.start(1e-6);
        while run.state.time < 1e6 && run.state.step < 5000 {
            run.step(1e6).unwrap();
        }
        slow += usize::from(run.state.time < 1e6);
        let flows = [
            Flow::Lifted { kappa: 1.0, decay: 0.0 },
            Flow::Kernel { kappa: 1.0, decay: 0.0 },
            Flow::Adaptive { kappa: 1.0, decay: 0.0 },
        ];
        for (most, flow) in most.iter_mut().zip(flows) {
            *most = steps(&LiftedProblem { flow, ..neurons.clone() }, 1e-6, 1e6).max(*most);
        }
    }
    println!(
        "lifted, kernel, adaptive: at most {most:?} steps; {slow} canonical runs of 40 take more than 5000"
    );
    assert_eq!(slow, 0);
}

/// `x = 0, 1`, `y = -2, 1`, one particle on the line of the first sample: it is pinned for ever,
/// `r = 1 - exp(-t) / 2`, and the residuals are `2` and `-exp(-t) / 2`.
#[test]
fn what_is_pinned_at_rest_stays() {
    let problem = Problem::new(&[0.0, 1.0], &[-2.0, 1.0], &[0.5], &[0.0]);
    for tolerance in [1e-6, 1e-8, 1e-11] {
        let mut run = problem.start(tolerance);
        for end in [1.0, 24.0, 100.0, 1e6] {
            run.advance(end).unwrap();
            let exact = 1.0 - 0.5 * f64::exp(-end);
            assert!((run.r()[0] - exact).abs() < 10.0 * tolerance, "t = {end}: r = {}", run.r()[0]);
            assert!((run.residual()[0] - 2.0).abs() < 1e-12, "t = {end}: {:?}", run.residual());
            assert_eq!((run.theta()[0], run.count(PlaceKind::Pinned)), (0.0, 1), "t = {end}");
        }
        assert_eq!(run.counters().releases, 0);
        assert!(run.state.step < 1000, "{} steps at {tolerance:e}", run.state.step);
    }
}

/// The same samples and two neurons on that line.
#[test]
fn neurons_that_are_pinned_at_rest_stay() {
    let problem = LiftedProblem {
        x: vec![0.0, 1.0],
        y: vec![-2.0, 1.0],
        c: vec![1.0, 0.7],
        a: vec![1.0; 2],
        b: vec![0.0; 2],
        mass: vec![0.5; 2],
        flow: Flow::Lifted { kappa: 1.0, decay: 0.0 },
    };
    for tolerance in [1e-6, 1e-8, 1e-10] {
        let run = problem.run(tolerance, 1e4);
        assert!(run.state.place().iter().all(|place| place.kind() == PlaceKind::Pinned));
        assert_eq!(run.counters().releases, 0);
    }
}

/// Values of 72 at samples within 0.02 of each other: amplitudes grow to 1e6, and particles that point along `-g`
/// would turn back up to 1e8 times within a step. What they take out of the sums of rates is what they had put in,
/// and the residuals follow the slow motion alone (steps of 0.01 at t = 100 before).
#[test]
fn strongly_aligned_particles_do_not_shorten_steps() {
    let problem = drawn(35, 6.0, 6.0).0;
    let runs = [1e-6, 1e-7].map(|tolerance| {
        let mut run = problem.start(tolerance);
        while run.state.time < 1e6 && run.state.step < 5000 {
            run.step(1e6).unwrap();
        }
        run
    });
    let largest = runs[0].r().iter().fold(0.0, |most: f64, r| most.max(r.abs()));
    let steps = [runs[0].state.step, runs[1].state.step];
    let apart = worst(runs[0].residual(), runs[1].residual());
    let ode = worst(&runs[0].state.residual_ode, runs[0].residual());
    println!("{steps:?} steps, amplitudes to {largest:e}, apart {apart:e}, residual ODE {ode:e}");
    assert!(runs.iter().all(|run| run.state.time == 1e6), "{steps:?}");
    assert!(largest > 1e5);
    assert!(apart < 72e-6, "{apart}");
    // Of what the slow modes hardly damp each step may add a tenth of the tolerance.
    assert!(ode < 72e-7 * steps[0] as f64, "{ode}");
}

/// Three samples that are interpolated: what is pinned when the residuals have become tiny is the same at every
/// tolerance, and remains.
#[test]
fn pinned_mass_does_not_depend_on_the_tolerance_at_rest() {
    let pinned = ["1e-6", "1e-8", "1e-10"].map(|tolerance| {
        let mut simulation = simulation(&format!(
            "title = 'alignment'\nsamples = {{ x = [-0.75, -0.5, 0.125], y = [1.1, 0.1, 0.8] }}\n\
             measure = {{ law = 'normal-uniform', particles = 400, delta = 0.0, seed = 1 }}\nflow.kind = 'lifted'\n\
             time = {{ end = 1e4, tolerance = {tolerance} }}"
        ));
        let at = |simulation: &Simulation| {
            let place = simulation.state().place();
            place.iter().filter(|place| place.kind() == PlaceKind::Pinned).count()
        };
        simulation.advance_to(1e3).unwrap();
        let then = at(&simulation);
        simulation.advance_to(1e4).unwrap();
        assert_eq!(at(&simulation), then, "tolerance {tolerance}");
        assert!(simulation.state().step < 5000, "{} steps", simulation.state().step);
        then
    });
    println!("{pinned:?} of 400");
    assert!(pinned[0] > 10 && pinned.iter().all(|&count| count == pinned[0]), "{pinned:?}");
}
