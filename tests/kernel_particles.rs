//! Particle runs of the kernel flow, and of lifted flows near it, against the closed form.

use ndarray::Array1;
use reluflow::flow::{Flow, Stepper};
use reluflow::kernel::*;
use reluflow::problem::{LawKind, Measure, NeuronLaw, Neurons, OutputLaw, Samples, Start};

use crate::common::{Draw, slope, worst};
use crate::kernel_limit::two_sided;

const BOUND: f64 = 1.3;
const TIME: f64 = 4.0;

fn samples() -> Samples {
    Samples::new(&[-1.0, -0.4, 0.1, 0.5, 0.9], &[0.5, -0.6, 0.4, 0.9, -0.3]).unwrap()
}

/// Residuals of a run of this flow at `time`.
fn run(neurons: Neurons, flow: Flow, time: f64, tolerance: f64) -> Vec<f64> {
    let (mut stepper, mut state) = Stepper::start(samples(), Start::from(neurons), flow, tolerance).unwrap();
    while state.time < time {
        stepper.step(&mut state, time).unwrap();
    }
    stepper.residual().to_vec()
}

/// Those of infinitely many neurons that start from `f = 0`.
fn infinite(kernel: &Kernel, time: f64) -> Array1<f64> {
    let samples = samples();
    let flow = GradientFlow::new(kernel.gram(Regime::RandomFeatures, samples.x()), samples.weight()).unwrap();
    let start: Vec<f64> = samples.y().iter().map(|y| -y).collect();
    flow.residual(&start, time)
}

/// Random neurons in pairs of opposite `c`: the error falls like `m^(-1/2)`.
#[test]
fn random_networks_approach_the_limit_with_slope_one_half() {
    let exact = infinite(&two_sided(BOUND), TIME).to_vec();
    let kind = LawKind::TwoSided { b_bound: BOUND, c: OutputLaw::Uniform };
    let law = NeuronLaw { kind, hidden_scale: 1.0, output_scale: 1.0, antisymmetric: true };
    let mut errors = vec![];
    for (m, seeds) in [(100, 64), (1000, 64), (10_000, 32), (100_000, 16)] {
        let mut square = 0.0;
        for seed in 0..seeds {
            let found =
                run(law.draw(m, 77 + seed).unwrap(), Flow::Kernel { kappa: 1.0, decay: 0.0 }, TIME, 1e-8);
            square += found.iter().zip(&exact).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        }
        errors.push((square / (5 * seeds) as f64).sqrt());
    }
    // `slope` fits over halvings; these are tenfold.
    let fitted = -slope(&errors) / 10f64.log2();
    println!("slope {fitted:.3}: {errors:?}");
    assert!((fitted + 0.5).abs() < 0.05, "{fitted}: {errors:?}");
}

/// Neurons in the middle of equal cells of `b`: faster than `1/m`.
#[test]
fn quiet_starts_approach_it_faster() {
    let exact = infinite(&two_sided(BOUND), TIME).to_vec();
    let mut errors = vec![];
    for m in [50, 100, 200, 400, 800] {
        let (mut a, mut b) = (vec![], vec![]);
        for i in 0..m {
            let at = BOUND * (2.0 * (i as f64 + 0.5) / m as f64 - 1.0);
            a.extend([1.0, -1.0]);
            b.extend([at, at]);
        }
        let neurons = Neurons::uniform(vec![0.0; 2 * m], a, b).unwrap();
        let found = run(neurons, Flow::Kernel { kappa: 1.0, decay: 0.0 }, TIME, 1e-10);
        errors.push(worst(&found, &exact));
    }
    let fitted = -slope(&errors);
    println!("slope {fitted:.3}: {errors:?}");
    assert!(fitted < -1.5, "{fitted}: {errors:?}");
}

/// With `kappa` time runs `kappa^2` times as fast.
#[test]
fn kappa_is_a_matter_of_time() {
    let mut draw = Draw(6);
    let (a, b) = (draw.list(40, -1.0, 1.0), draw.list(40, -1.0, 1.0));
    let neurons = Neurons::uniform(vec![0.0; 40], a, b).unwrap();
    let weights = WeightLaw::Particles(Particles::neurons(&neurons));
    let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
    let found = run(neurons, Flow::Kernel { kappa: 3.0, decay: 0.0 }, 0.5, 1e-11);
    assert!(worst(&found, &infinite(&kernel, 9.0 * 0.5).to_vec()) < 1e-9);
}

/// Lifts of one measure with `delta` to minus infinity, each at the pace of its own kernel. With
/// `|w|^2 ~ -delta` and `c = r / |w|` what the hidden weights add to the kernel is `c^2 / |w|^2`, of
/// second order in `1 / delta`.
#[test]
fn lifted_runs_approach_it_as_delta_falls() {
    let mut draw = Draw(9);
    let m = 60;
    // Pairs, so that f = 0 at the start.
    let half: Vec<f64> = draw.list(m / 2, -1.0, 1.0);
    let r = half.iter().flat_map(|&r| [r, -r]).collect();
    let theta = draw.list(m / 2, 0.0, std::f64::consts::TAU).into_iter().flat_map(|t| [t, t]).collect();
    let measure = Measure::uniform(r, theta).unwrap();
    let mut errors = vec![];
    for delta in [-8.0, -16.0, -32.0, -64.0, -128.0] {
        let neurons = Neurons::lifted(&measure, 1.0, delta).unwrap();
        let weights = WeightLaw::Particles(Particles::neurons(&neurons));
        let kernel = Kernel::new(StartLaw { weights, output_second_moment: 0.0 });
        let time = 8.0 / -delta;
        let found = run(neurons, Flow::Lifted { kappa: 1.0, decay: 0.0 }, time, 1e-10);
        errors.push(worst(&found, &infinite(&kernel, time).to_vec()));
    }
    // `slope` fits powers of the step, here of 1 / -delta.
    let fitted = -slope(&errors);
    println!("slope in -delta {fitted:.3}: {errors:?}");
    assert!(fitted < -1.7 && errors[4] < 1e-4, "{fitted}: {errors:?}");
}
