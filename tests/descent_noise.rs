//! Noise of gradient descent: its formula, its laws, the same when resumed.

use std::path::Path;

use reluflow::flow::{Descent, Flow, Layers};
use reluflow::math::random::{Purpose, Stream};
use reluflow::problem::{Neurons, Samples};
use reluflow::run::Simulation;
use reluflow::scenario::Scenario;

const PLAIN: Descent = Descent { learning_rate: 0.1, ..Descent::PLAIN };

fn simulation(samples: &Samples, neurons: Neurons, descent: Descent) -> Simulation {
    Simulation::with(samples.clone(), neurons, Flow::Descent { kappa: 1.0, descent }, 1e-6).unwrap()
}

fn neurons(c: &[f64], a: &[f64], b: &[f64]) -> Neurons {
    let mass = vec![1.0 / c.len() as f64; c.len()];
    Neurons::new(c.to_vec(), a.to_vec(), b.to_vec(), mass).unwrap()
}

/// Steps as they are defined, sample by sample, with the noise of the streams.
#[test]
fn steps_are_those_of_the_definition() {
    // The samples at 1 are merged: a label is the mean of two.
    let samples = Samples::new(&[-1.0, 0.25, 1.0, 1.0], &[0.5, -0.25, 1.0, 2.0]).unwrap();
    let (x, y, n) = (samples.x().to_vec(), samples.y().to_vec(), samples.weight().to_vec());
    let draw = |i: usize, step: f64| (i as f64 * step + 0.4).sin();
    let m = 45;
    let list = |step: f64| (0..m).map(|i| draw(i, step)).collect::<Vec<f64>>();
    let (mut c, mut a, mut b) = (list(0.7), list(1.3), list(2.1));
    for (layers, label_noise, temperature) in
        [(Layers::Both, 0.3, 0.02), (Layers::Output, 0.0, 0.02), (Layers::Hidden, 0.3, 0.0)]
    {
        let descent = Descent { learning_rate: 2.0, seed: 11, label_noise, temperature, layers, ..PLAIN };
        let mut run = simulation(&samples, neurons(&c, &a, &b), descent);
        for step in 0..20u64 {
            let f = |x: f64| (0..m).map(|i| c[i] * (a[i] * x - b[i]).max(0.0)).sum::<f64>() / m as f64;
            let mut labels = Stream::new(11, Purpose::Labels, step);
            let noisy = |j: usize, xi: f64| f(x[j]) - (y[j] + label_noise * xi / n[j].sqrt());
            let rho: Vec<f64> =
                (0..3).map(|j| noisy(j, if label_noise > 0.0 { labels.normal() } else { 0.0 })).collect();
            let dt = 2.0 / m as f64;
            for i in 0..m {
                let active: Vec<usize> = (0..3).filter(|&j| a[i] * x[j] - b[i] > 0.0).collect();
                let sum =
                    |of: &dyn Fn(usize) -> f64| active.iter().map(|&j| n[j] * rho[j] * of(j)).sum::<f64>();
                let gradient = [sum(&|j| a[i] * x[j] - b[i]), c[i] * sum(&|j| x[j]), -c[i] * sum(&|_| 1.0)];
                let mut heat = Stream::new(11, Purpose::Langevin, step * m as u64 + i as u64);
                let heat: Vec<f64> =
                    (0..3).map(|_| heat.normal() * (2.0 * temperature * dt).sqrt()).collect();
                if layers.output() {
                    c[i] += heat[0] - dt * gradient[0];
                }
                if layers.hidden() {
                    a[i] += heat[1] - dt * gradient[1];
                    // w = (a, -b)
                    b[i] -= heat[2] + dt * gradient[2];
                }
            }
            run.step(f64::MAX).unwrap();
        }
        for i in 0..m {
            let [found_c, w_x, w_y] = run.state().neuron(i);
            let off = (found_c - c[i]).abs().max((w_x - a[i]).abs()).max((w_y + b[i]).abs());
            assert!(off < 1e-12, "{layers:?}, neuron {i}: {off}");
        }
    }
}

/// Dead neurons feel the noise alone: each parameter has the variance `2 tau t`.
#[test]
fn dead_neurons_diffuse() {
    let m = 20_000;
    let samples = Samples::new(&[-1.0, 1.0], &[1.0, 1.0]).unwrap();
    let start = neurons(&vec![0.5; m], &vec![0.0; m], &vec![10.0; m]);
    let descent = Descent { learning_rate: 0.01 * m as f64, temperature: 0.2, seed: 4, ..PLAIN };
    let mut run = simulation(&samples, start, descent);
    (0..25).for_each(|_| drop(run.step(f64::MAX).unwrap()));
    let variance = 2.0 * 0.2 * 0.25;
    for (q, start) in [0.5, 0.0, -10.0].into_iter().enumerate() {
        let off: Vec<f64> = (0..m).map(|i| run.state().neuron(i)[q] - start).collect();
        let mean = off.iter().sum::<f64>() / m as f64;
        let found = off.iter().map(|v| v * v).sum::<f64>() / m as f64;
        // Five standard errors.
        assert!(mean.abs() < 5.0 * f64::sqrt(variance / m as f64), "{q}: {mean}");
        assert!((found / variance - 1.0).abs() < 5.0 * f64::sqrt(2.0 / m as f64), "{q}: {found}");
    }
}

/// Variance of `f(0)` over the steps of one neuron of which `c` alone trains, `f(0) = c`: an autoregression,
/// `c <- c - dt (c - y) + noise`.
fn spread(descent: Descent) -> f64 {
    let samples = Samples::new(&[0.0], &[2.0]).unwrap();
    let mut run = simulation(&samples, neurons(&[2.0], &[0.0], &[-1.0]), descent);
    let (steps, mut sum) = (100_000, [0.0; 2]);
    for _ in 0..steps {
        run.step(f64::MAX).unwrap();
        let rho = run.stepper().residual()[0];
        sum = [sum[0] + rho, sum[1] + rho * rho];
    }
    let mean = sum[0] / steps as f64;
    sum[1] / steps as f64 - mean * mean
}

#[test]
fn stationary_variances_are_those_of_the_autoregression() {
    let dt = 0.5;
    let descent = Descent { learning_rate: dt, layers: Layers::Output, seed: 9, ..PLAIN };
    // Noise of variance v in every step: v / (1 - (1 - dt)^2).
    let stationary = |variance: f64| variance / (1.0 - (1.0 - dt) * (1.0 - dt));
    for (descent, variance) in [
        (Descent { temperature: 0.3, ..descent }, 2.0 * 0.3 * dt),
        (Descent { label_noise: 0.4, ..descent }, (dt * 0.4f64).powi(2)),
    ] {
        let (found, expected) = (spread(descent), stationary(variance));
        println!("{found:.5} against {expected:.5}");
        // Five standard errors: (2 (1 + r^2) / (1 - r^2) / steps)^(1/2) with r = 1/2.
        assert!((found / expected - 1.0).abs() < 0.03, "{found} {expected}");
    }
}

const RUN: &str = "[samples]\nx = [-1.0, -0.3, 0.4, 1.0]\ny = [1.0, 0.0, 0.5, -1.0]\n[measure]\nparticles = 300\nlaw = \"pytorch\"\n\
                   seed = 5\n[flow]\nkind = \"gd\"\nlearning_rate = 30.0\nlabel_noise = 0.2\nseed = 8\n";

#[test]
fn a_resumed_run_has_the_same_noise() {
    for more in ["batch = 3\n", "temperature = 0.01\n", "momentum = 0.5\n"] {
        let text = format!("{RUN}{more}[time]\nsteps = 50\n");
        let start = || Scenario::parse(&text, Path::new("noise.toml")).unwrap();
        let Scenario { description: d, start: measure, .. } = start();
        let mut whole = Simulation::new(&d, measure).unwrap();
        whole.advance_to(d.end).unwrap();
        let mut first = Simulation::new(&d, start().start).unwrap();
        (0..17).for_each(|_| drop(first.step(d.end).unwrap()));
        let mut rest = Simulation::resume(&d, first.state().clone()).unwrap();
        rest.advance_to(d.end).unwrap();
        assert_eq!(rest.state(), whole.state(), "{more}");
        // Another seed, other noise; without a temperature the dead stay where they are.
        let other = text.replace("seed = 8", "seed = 9");
        let other = Scenario::parse(&other, Path::new("noise.toml")).unwrap();
        let mut run = Simulation::new(&other.description, other.start).unwrap();
        run.advance_to(d.end).unwrap();
        assert!((0..300).any(|i| run.state().neuron(i) != whole.state().neuron(i)), "{more}");
    }
}

/// Six points of a kinked function and a wide network: without noise the kernel stays where it was (lazy). With noise on the
/// labels descent goes on along the interpolants to where the trace of the kernel is small, and the total variation of `f'`
/// falls to the least that interpolants have, 2 (that of the linear one).
#[test]
fn label_noise_leads_to_the_least_variation() {
    let run = |noise: &str| {
        let text = format!(
            "[samples]\nx = [-1.0, -0.6, -0.2, 0.2, 0.6, 1.0]\ny = [1.0, 0.6, 0.2, 0.2, 0.6, 1.0]\n[measure]\nparticles = 100\n\
             law = \"pytorch\"\nseed = 1\n[flow]\nkind = \"gd\"\nscaling = \"1\"\nlearning_rate = 0.01\nlabel_noise = {noise}\nseed = 2\n\
             [time]\nsteps = 400000\n"
        );
        let scenario = Scenario::parse(&text, Path::new("noise.toml")).unwrap();
        let d = scenario.description;
        let mut run = Simulation::new(&d, scenario.start).unwrap();
        run.advance_to(d.end).unwrap();
        let z: Vec<[f64; 3]> = (0..100).map(|i| run.state().neuron(i)).collect();
        let f = |x: f64| z.iter().map(|[c, a, b]| c * (a * x + b).max(0.0)).sum::<f64>();
        let mut trace = 0.0;
        for &x in d.samples.x() {
            for [c, a, b] in z.iter().filter(|[_, a, b]| a * x + b > 0.0) {
                trace += (a * x + b).powi(2) + c * c * (1.0 + x * x);
            }
        }
        let grid: Vec<f64> = (0..401).map(|i| f(-1.0 + 0.005 * f64::from(i))).collect();
        let bends = grid.windows(3).map(|f| (f[0] - 2.0 * f[1] + f[2]).abs() / 0.005);
        let (variation, loss) = (bends.sum::<f64>(), run.loss());
        println!("noise {noise}: trace {trace:.2}, variation {variation:.3}, loss {loss:.1e}");
        (trace, variation, loss)
    };
    let (plain, noisy) = (run("0"), run("0.3"));
    assert!((plain.0 - 158.0).abs() < 1.0 && plain.1 > 2.7 && plain.2 < 1e-20, "{plain:?}");
    assert!(noisy.0 < 12.0 && (1.8..2.2).contains(&noisy.1) && noisy.2 < 0.02, "{noisy:?}");
}

#[test]
fn noise_that_cannot_be_is_refused() {
    for (more, expected) in [
        ("temperature = -1.0", "flow.temperature = -1.0 is out of range"),
        ("optimizer = \"nesterov\"", "has optimizer = \"nesterov\" but no `momentum` above 0"),
        (
            "optimizer = \"adam\"\nmomentum = 0.5",
            "flow.momentum = 0.5 is not used by flow.optimizer = \"adam\"",
        ),
        ("optimizer = \"adam\"\nbeta2 = 0.5", "has beta2 = 0.5, not above the square of beta1 = 0.9"),
        ("optimizer = \"adam\"\nbeta1 = 1.0", "flow.beta1 = 1.0 is out of range"),
        ("optimizer = \"adamw\"\ntemperature = 1.0", "has a temperature and optimizer = \"adamw\""),
        ("epsilon = 1e-8", "flow.epsilon is not used by flow.kind = \"gd\""),
        ("temperature = 1.0\nmomentum = 0.5", "flow.momentum = 0.5 cannot be had with flow.temperature"),
    ] {
        let text = format!("{RUN}{more}\n[time]\nsteps = 50\n");
        let error = Scenario::parse(&text, Path::new("noise.toml")).unwrap_err();
        assert!(error.problem().contains(expected), "{}", error.problem());
    }
    let text = format!("{}[time]\nend = 1.0\n", RUN.replace("kind = \"gd\"", "kind = \"lifted\""));
    let error = Scenario::parse(&text, Path::new("noise.toml")).unwrap_err();
    assert!(error.problem().contains("is not used by flow.kind = \"lifted\""), "{}", error.problem());
}
