//! Gradient descent against back-propagation written out, and the laws it obeys.

use reluflow::flow::descent::Descender;
use reluflow::flow::{Adam, Descent, FlowError, Layers, Optimizer, State, StepRecord};
use reluflow::problem::{Neurons, Regions, Samples};

use crate::common::{Draw, slope, worst};
use crate::descent_naive::{Network, PLAIN, drawn, generic};

const LAYERS: [Layers; 3] = [Layers::Both, Layers::Output, Layers::Hidden];

const ADAM: Optimizer = Optimizer::Adam(Adam { beta: [0.8, 0.9], epsilon: 1e-6 });
const ADAMW: Optimizer = Optimizer::AdamW(Adam::DEFAULT);

/// Each optimizer once, with weight decay and without: learning rate, momentum, weight decay, samples of a batch.
const KINDS: [(Optimizer, f64, f64, f64, Option<usize>); 9] = [
    (Optimizer::Sgd, 0.02, 0.0, 0.0, None),
    (Optimizer::Sgd, 0.02, 0.9, 0.0, None),
    (Optimizer::Sgd, 0.02, 0.0, 0.0, Some(4)),
    (Optimizer::Sgd, 0.02, 0.5, 1.5, Some(5)),
    (Optimizer::Nesterov, 0.02, 0.8, 0.0, None),
    (Optimizer::Nesterov, 0.02, 0.8, 1.5, Some(4)),
    (ADAM, 2e-3, 0.0, 0.0, None),
    (ADAM, 2e-3, 0.0, 1.5, Some(5)),
    (ADAMW, 2e-3, 0.0, 1.5, None),
];

/// Steps as far as `until` never matters.
fn steps(descender: &mut Descender, state: &mut State, count: usize) -> Vec<StepRecord> {
    (0..count).map(|_| descender.step(state, f64::INFINITY).unwrap()).collect()
}

/// Places against the predicate, for every neuron and sample.
fn sees_the_same(network: &Network, state: &State, regions: &Regions) {
    for i in 0..network.z[0].len() {
        // The program's own parameters: rounding may differ in the last bit after many steps.
        let [_, w_x, w_y] = state.neuron(i);
        let place = state.place()[state.position_of(i)];
        let active = regions.active(place.index());
        for (j, &x) in network.x.iter().enumerate() {
            assert_eq!(active.contains(&j), w_x * x - (-w_y) > 0.0, "neuron {i}, sample {j}, {place:?}");
        }
    }
}

/// The sums of past gradients of the first neuron.
fn velocity(state: &State) -> [f64; 3] {
    let columns = state.particles.descended();
    [columns.v_c[0], columns.v_x[0], columns.v_y[0]]
}

#[test]
fn one_step_is_the_gradient() {
    for seed in 0..60 {
        let s = [1, 2, 5, 30, 100][seed as usize % 5];
        let mut network = drawn(seed, s, 300, 17.0);
        if seed % 4 == 3 {
            // Far samples: kinks near zero decide, products of all sizes.
            network.x.iter_mut().for_each(|x| *x *= 1e12);
        }
        let descent = Descent { learning_rate: 300.0, ..PLAIN };
        let (mut descender, mut state) = network.descender(&descent);
        sees_the_same(&network, &state, descender.regions());
        let before = state.clone();
        let (gradient, size) = network.gradient(&network.full());
        // dt = 1: the displacement is m times the gradient.
        let reach = network.z.iter().flatten().fold(0.0, |most: f64, z| most.max(z.abs()));
        steps(&mut descender, &mut state, 1);
        for i in 0..300 {
            let (then, now) = (before.neuron(i), state.neuron(i));
            let moved = [0, 1, 2].map(|q| then[q] - now[q]);
            for (q, moved) in [moved[0], moved[1], -moved[2]].into_iter().enumerate() {
                let expected = 300.0 * gradient[q][i];
                // A sum of s terms of that size, and the rounding of the parameters themselves.
                let allowed = 1e-13 * 300.0 * size[q] + 4e-16 * (reach + expected.abs());
                assert!(
                    (moved - expected).abs() <= allowed,
                    "seed {seed}, neuron {i}, {q}: {moved:e} {expected:e} {allowed:e}"
                );
            }
        }
        sees_the_same(&network, &state, descender.regions());
    }
}

#[test]
fn many_steps_of_every_kind_follow_back_propagation() {
    for (seed, layers) in (0..).zip(LAYERS) {
        for (optimizer, learning_rate, momentum, weight_decay, batch) in KINDS {
            // A step of Adam divides gradients by their size: of a neuron on its kink only rounding is left of them.
            let make = if optimizer.adam().is_some() { generic } else { drawn };
            let mut network = make(100 + seed, 17, 150, 150f64.sqrt());
            let descent =
                Descent { learning_rate, optimizer, momentum, weight_decay, batch, seed: 9, layers, ..PLAIN };
            let (mut descender, mut state) = network.descender(&descent);
            let s = network.x.len();
            let mut batches = batch.map(|size| reluflow::flow::descent::Batches::new(s, size, 9));
            for step in 0..100 {
                let mut weight = network.full();
                if let Some(batches) = &mut batches {
                    weight.fill(0.0);
                    let batch = batches.of_step(step);
                    batch.iter().for_each(|&j| weight[j as usize] = s as f64 / batch.len() as f64);
                }
                network.step(&descent, &weight);
                steps(&mut descender, &mut state, 1);
            }
            let distance = network.distance(&state);
            let residual = worst(descender.residual(), &network.residual());
            println!(
                "{layers:?} {optimizer:?} {momentum} {batch:?}: {distance:.1e} {residual:.1e} {:?}",
                state.counters
            );
            let close = if optimizer.adam().is_some() { 1e-12 } else { 1e-13 };
            assert!(distance < close, "{descent:?}: {distance:e}");
            assert!(residual < 1e-12, "{descent:?}: {residual:e}");
            sees_the_same(&network, &state, descender.regions());
            // Kinks were crossed, or it shows nothing.
            assert!(state.counters.crossings > 20 || layers == Layers::Output);
            assert!(layers != Layers::Output || state.counters.events() == 0);
        }
    }
}

#[test]
fn events_are_changes_of_the_active_set() {
    let mut network = drawn(4, 12, 200, 14.0);
    let descent = Descent { learning_rate: 0.5, ..PLAIN };
    let (mut descender, mut state) = network.descender(&descent);
    let (mut crossings, mut deaths) = (0, 0);
    for _ in 0..60 {
        let before: Vec<Vec<bool>> = (0..200).map(|i| network.sees(i)).collect();
        network.step(&descent, &network.full());
        for i in 0..200 {
            let now = network.sees(i);
            let dead = !now.contains(&true);
            crossings += u64::from(now != before[i] && !dead);
            deaths += u64::from(now != before[i] && dead);
        }
        steps(&mut descender, &mut state, 1);
    }
    assert!(crossings > 50 && deaths > 0, "{crossings} {deaths}");
    assert_eq!((state.counters.crossings, state.counters.deaths), (crossings, deaths));
    assert_eq!(state.counters.events(), crossings + deaths);
}

#[test]
fn unequal_masses_move_alike_and_count_by_mass() {
    // A neuron of mass 2/3 is two of mass 1/3.
    let samples = Samples::new(&[-1.0, 0.2, 1.0], &[1.0, -0.5, 0.7]).unwrap();
    let (c, a, b) = ([0.5, -0.8], [1.0, -0.7], [-0.3, 0.1]);
    let pair = Neurons::new(c.to_vec(), a.to_vec(), b.to_vec(), vec![2.0 / 3.0, 1.0 / 3.0]).unwrap();
    let split = |v: [f64; 2]| vec![v[0], v[0], v[1]];
    let three = Neurons::uniform(split(c), split(a), split(b)).unwrap();
    let rate = |m: f64| Descent { learning_rate: 0.1 * m, ..PLAIN };
    let (mut two, mut of_two) = Descender::start(samples.clone(), pair, 1.5, &rate(2.0)).unwrap();
    let (mut all, mut of_three) = Descender::start(samples, three, 1.5, &rate(3.0)).unwrap();
    steps(&mut two, &mut of_two, 40);
    steps(&mut all, &mut of_three, 40);
    for (i, j) in [(0, 0), (0, 1), (1, 2)] {
        assert!(worst(&of_two.neuron(i), &of_three.neuron(j)) < 1e-13);
    }
    assert!((of_two.time - of_three.time).abs() < 1e-14);
}

/// One neuron, one sample at x = 1, y = 0, alpha = 1, w = (1, 1), c = 1: f = c (w_x + w_y), and
/// the gradients are (f (w_x + w_y), f c, f c). With eta = 1/16 and momentum 1/2, all by hand.
#[test]
fn momentum_is_that_of_torch() {
    let samples = Samples::new(&[1.0], &[0.0]).unwrap();
    let neurons = Neurons::uniform(vec![1.0], vec![1.0], vec![-1.0]).unwrap();
    let descent = Descent { learning_rate: 0.0625, momentum: 0.5, ..PLAIN };
    let (mut descender, mut state) = Descender::start(samples, neurons, 1.0, &descent).unwrap();
    // f = 2: v = (4, 2), z = (0.75, 0.875).
    steps(&mut descender, &mut state, 1);
    assert_eq!(state.neuron(0), [0.75, 0.875, 0.875]);
    assert_eq!(velocity(&state), [4.0, 2.0, 2.0]);
    // f = 1.3125, gradients (2.296875, 0.984375): v = (4.296875, 1.984375).
    steps(&mut descender, &mut state, 1);
    assert_eq!(velocity(&state), [4.296875, 1.984375, 1.984375]);
    assert_eq!(state.neuron(0), [0.4814453125, 0.7509765625, 0.7509765625]);
    // w_x + w_y = 1.501953125, f = 0.72310829162597656, gradients f times 1.501953125 and
    // 0.4814453125: added to half of v.
    steps(&mut descender, &mut state, 1);
    let f = 0.4814453125 * 1.501953125;
    let v = [2.1484375 + f * 1.501953125, 0.9921875 + f * 0.4814453125];
    assert_eq!(velocity(&state)[..2], v);
    assert_eq!(state.neuron(0)[0], 0.4814453125 - 0.0625 * v[0]);
    assert_eq!(state.neuron(0)[1], 0.7509765625 - 0.0625 * v[1]);
}

#[test]
fn batches_add_up_to_the_full_gradient() {
    let network = drawn(8, 21, 90, 90.0);
    let s = network.x.len();
    assert_eq!(s, 20);
    let full = PLAIN;
    let (mut whole, mut expected) = network.descender(&full);
    steps(&mut whole, &mut expected, 1);
    // A batch of all samples is the full batch, to the bit.
    let (mut same, mut all) = network.descender(&Descent { batch: Some(s), seed: 3, ..full });
    steps(&mut same, &mut all, 1);
    assert_eq!(all, expected);
    // The mean step of an epoch of equal batches, each taken from the same start.
    let descent = Descent { batch: Some(5), seed: 3, ..full };
    let (mut descender, start) = network.descender(&descent);
    let mut sum = vec![[0.0; 3]; 90];
    for slot in 40..44 {
        let mut state = State { step: slot, ..start.clone() };
        let (mut fresh, _) = network.descender(&descent);
        fresh.step(&mut state, f64::INFINITY).unwrap();
        for i in 0..90 {
            (0..3).for_each(|q| sum[i][q] += 0.25 * state.neuron(i)[q]);
        }
    }
    for i in 0..90 {
        assert!(worst(&sum[i], &expected.neuron(i)) < 1e-15, "neuron {i}");
    }
    // One batch alone is something else.
    let mut one = start;
    steps(&mut descender, &mut one, 1);
    assert!(worst(&one.particles.descended().c, &expected.particles.descended().c) > 1e-5);
}

#[test]
fn the_loss_falls_by_the_dissipation() {
    for layers in LAYERS {
        let errors: Vec<f64> = (0..5)
            .map(|halving| {
                let network = generic(5, 9, 64, 64.0);
                let dt = 0.002 / f64::from(1 << halving);
                let descent = Descent { learning_rate: 64.0 * dt, layers, ..PLAIN };
                let (mut descender, mut state) = network.descender(&descent);
                let weights = network.n.clone();
                let loss = |rho: &[f64]| -> f64 {
                    0.5 * rho.iter().zip(&weights).map(|(rho, n)| n * rho * rho).sum::<f64>()
                };
                // m times the squared gradient of what trains: Int |velocity|^2 mu.
                let (gradient, _) = network.gradient(&network.full());
                let trained = match layers {
                    Layers::Both => 0..3,
                    Layers::Output => 0..1,
                    Layers::Hidden => 1..3,
                };
                let square: f64 = gradient[trained].iter().flatten().map(|g| g * g).sum();
                let before = loss(descender.residual());
                let rate: f64 = (0..network.x.len())
                    .map(|j| weights[j] * descender.residual()[j] * descender.residual_rate()[j])
                    .sum();
                assert!((rate + 64.0 * square).abs() < 1e-12 * rate.abs(), "{layers:?} {rate} {square}");
                steps(&mut descender, &mut state, 1);
                (before - loss(descender.residual()) - dt * 64.0 * square).abs()
            })
            .collect();
        let slope = slope(&errors);
        println!("{layers:?}: {errors:?} slope {slope}");
        assert!((slope - 2.0).abs() < 0.1, "{layers:?}: {errors:?} {slope}");
    }
}

#[test]
fn same_bits_for_any_number_of_threads_and_after_a_pause() {
    for (optimizer, learning_rate, momentum, batch) in [
        (Optimizer::Sgd, 200.0, 0.0, None),
        (Optimizer::Sgd, 200.0, 0.9, None),
        (Optimizer::Sgd, 200.0, 0.3, Some(7)),
        (Optimizer::Nesterov, 200.0, 0.3, Some(7)),
        (ADAM, 0.01, 0.0, Some(7)),
        (ADAMW, 0.01, 0.0, None),
    ] {
        let network = drawn(21, 30, 20_011, 20_011.0);
        let descent = Descent { learning_rate, optimizer, momentum, weight_decay: 0.1, batch, ..PLAIN };
        let run = |threads: usize, pause: bool| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (mut descender, mut state) = network.descender(&descent);
                let mut records = steps(&mut descender, &mut state, 11);
                if pause {
                    let (samples, mass) = (descender.samples().clone(), descender.mass().to_vec());
                    let again = Descender::resume(samples, mass, 1.0, &descent, &state).unwrap();
                    assert_eq!(again.residual(), descender.residual());
                    descender = again;
                }
                records.extend(steps(&mut descender, &mut state, 12));
                (state, records)
            })
        };
        let expected = run(1, false);
        assert!(expected.0.counters.crossings > 1000, "{:?}", expected.0.counters);
        for (threads, pause) in [(2, false), (8, false), (1, true), (3, true)] {
            assert_eq!(run(threads, pause), expected, "{threads} threads, pause: {pause}");
        }
    }
}

#[test]
fn symmetries() {
    let network = drawn(33, 15, 128, 30.0);
    let descent = Descent { momentum: 0.4, ..PLAIN };
    let (mut descender, mut state) = network.descender(&descent);
    steps(&mut descender, &mut state, 80);
    assert!(state.counters.crossings > 10);
    // y -> -y with c -> -c: the same bits.
    let mut mirrored = network.clone();
    mirrored.y.iter_mut().for_each(|y| *y = -*y);
    mirrored.z[0].iter_mut().for_each(|c| *c = -*c);
    let (mut other, mut of_other) = mirrored.descender(&descent);
    steps(&mut other, &mut of_other, 80);
    let (columns, other) = (state.particles.descended(), of_other.particles.descended());
    let minus: Vec<f64> = other.c.iter().map(|c| -c).collect();
    assert_eq!((&minus, &other.w_x, &other.w_y), (&columns.c, &columns.w_x, &columns.w_y));
    // The order of the neurons: to rounding.
    let mut shuffled = network.clone();
    let order: Vec<usize> = (0..128).map(|i| (i * 37 + 5) % 128).collect();
    for (mine, theirs) in shuffled.z.iter_mut().zip(&network.z) {
        *mine = order.iter().map(|&i| theirs[i]).collect();
    }
    let (mut other, mut of_other) = shuffled.descender(&descent);
    steps(&mut other, &mut of_other, 80);
    for (i, &j) in order.iter().enumerate() {
        assert!(worst(&of_other.neuron(i), &state.neuron(j)) < 1e-13);
    }
    assert_eq!(of_other.counters, state.counters);
}

/// With `c` alone in training the function is linear in what trains: the residual ODE beside it
/// is the same recursion, with momentum too. Otherwise its gap falls with the learning rate.
#[test]
fn the_gap_of_the_residual_ode_is_the_discreteness() {
    let adam = Optimizer::Adam(Adam::DEFAULT);
    for (optimizer, learning_rate, momentum, weight_decay) in [
        (Optimizer::Sgd, 4.0, 0.0, 0.0),
        (Optimizer::Sgd, 4.0, 0.9, 0.0),
        (Optimizer::Sgd, 4.0, 0.9, 0.2),
        (Optimizer::Nesterov, 2.0, 0.9, 0.2),
        (adam, 0.01, 0.0, 0.2),
        (ADAMW, 0.01, 0.0, 0.2),
    ] {
        let network = drawn(2, 9, 200, 200.0);
        let layers = Layers::Output;
        let descent = Descent { learning_rate, optimizer, momentum, weight_decay, layers, ..PLAIN };
        let (mut descender, mut state) = network.descender(&descent);
        let start = state.residual_ode.clone();
        steps(&mut descender, &mut state, 300);
        let gap = worst(descender.residual(), &state.residual_ode);
        assert!(worst(&start, descender.residual()) > 0.1 && gap < 1e-12, "{gap:e}");
    }
    let gaps: Vec<[f64; 2]> = (0..5)
        .map(|halving| {
            let network = generic(2, 9, 200, 200.0);
            let descent = Descent { learning_rate: 2.0 / f64::from(1 << halving), ..PLAIN };
            let (mut descender, mut state) = network.descender(&descent);
            steps(&mut descender, &mut state, 200 << halving);
            [&state.residual_ode, &state.residual_ode_uncorrected].map(|ode| worst(descender.residual(), ode))
        })
        .collect();
    println!("{gaps:?}");
    let corrected: Vec<f64> = gaps.iter().map(|gap| gap[0]).collect();
    assert!((slope(&corrected) - 1.0).abs() < 0.25, "{gaps:?}");
    // As printed the ODE has no term for neurons on attractors: no step is short enough.
    assert!(gaps.iter().all(|gap| gap[1] > 0.02), "{gaps:?}");
    // The linear response to steps of Adam, and the ODE with weight decay: over all, and the step's own estimate.
    for (optimizer, learning_rate, momentum) in [(adam, 2e-3, 0.0), (Optimizer::Sgd, 2.0, 0.0)] {
        let gaps: Vec<[f64; 2]> = (0..5)
            .map(|halving| {
                let network = generic(2, 9, 200, 200.0);
                let learning_rate = learning_rate / f64::from(1 << halving);
                let descent = Descent { learning_rate, optimizer, momentum, weight_decay: 0.1, ..PLAIN };
                let (mut descender, mut state) = network.descender(&descent);
                let first = steps(&mut descender, &mut state, 1)[0].error_estimate;
                steps(&mut descender, &mut state, (200 << halving) - 1);
                [worst(descender.residual(), &state.residual_ode), first]
            })
            .collect();
        println!("{optimizer:?}: {gaps:?}");
        let [whole, first] = [0, 1].map(|i| slope(&gaps.iter().map(|gap| gap[i]).collect::<Vec<_>>()));
        assert!((first - 2.0).abs() < 0.25, "{optimizer:?}: {first}, {gaps:?}");
        // Under Adam neurons on attractors cross their kink again and again, by less the shorter the steps are, but more often.
        match optimizer.adam() {
            Some(_) => assert!(gaps.iter().all(|gap| gap[0] < 1e-3), "{gaps:?}"),
            None => assert!((whole - 1.0).abs() < 0.25, "{whole}, {gaps:?}"),
        }
    }
}

#[test]
fn divergence_is_refused_before_it_overflows() {
    let network = drawn(1, 9, 50, 50.0);
    let descent = Descent { learning_rate: 1e4, ..PLAIN };
    let (mut descender, mut state) = network.descender(&descent);
    for step in 0.. {
        let before = state.clone();
        match descender.step(&mut state, f64::INFINITY) {
            Ok(_) => assert!(descender.residual().iter().all(|rho| rho.is_finite()) && step < 60),
            Err(error) => {
                assert!(matches!(error, FlowError::Diverged { .. }), "{error}");
                assert!(error.to_string().contains("learning_rate (now 10000)"), "{error}");
                assert_eq!(state, before);
                let finite = |values: &[f64]| values.iter().all(|value| value.is_finite());
                let columns = state.particles.descended();
                assert!(finite(&columns.c) && finite(&columns.w_x) && finite(&state.residual_ode));
                break;
            }
        }
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let network = drawn(1, 9, 50, 50.0);
    let samples = Samples::new(&network.x, &network.y).unwrap();
    let start = |kappa: f64, descent: Descent| {
        let [c, a, b] = network.z.clone();
        let neurons = Neurons::uniform(c, a, b).unwrap();
        Descender::start(samples.clone(), neurons, kappa, &descent).err().map(|error| error.to_string())
    };
    assert_eq!(start(1.0, PLAIN), None);
    let refused = |kappa, descent, text: &str| {
        let error = start(kappa, descent).expect(text);
        assert!(error.contains(text), "{error}");
    };
    for learning_rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(1.0, Descent { learning_rate, ..PLAIN }, &format!("learning_rate = {learning_rate}"));
    }
    for momentum in [-0.1, 1.0, f64::NAN] {
        refused(1.0, Descent { momentum, ..PLAIN }, "momentum");
    }
    for size in [0, samples.len() + 1] {
        refused(1.0, Descent { batch: Some(size), ..PLAIN }, &format!("batch = {size}"));
    }
    let nesterov = Descent { optimizer: Optimizer::Nesterov, ..PLAIN };
    refused(1.0, nesterov, "momentum = 0 is not allowed");
    let adam = |beta, epsilon| Descent { optimizer: Optimizer::Adam(Adam { beta, epsilon }), ..PLAIN };
    refused(1.0, Descent { momentum: 0.5, ..adam([0.9, 0.999], 1e-8) }, "momentum = 0.5");
    refused(1.0, Descent { temperature: 0.5, ..adam([0.9, 0.999], 1e-8) }, "temperature = 0.5");
    refused(1.0, adam([0.9, 0.81], 1e-8), "beta1 = 0.9");
    refused(1.0, adam([0.9, 1.0], 1e-8), "beta2 = 1");
    refused(1.0, adam([0.9, 0.999], 0.0), "epsilon = 0");
    // A step of 0.1 / 50.
    refused(1.0, Descent { weight_decay: 500.0, ..PLAIN }, "weight_decay = 500");
    refused(1.0, Descent { weight_decay: -1.0, ..PLAIN }, "weight_decay = -1");
    for kappa in [0.0, f64::NAN] {
        refused(kappa, PLAIN, "kappa");
    }
}

#[test]
fn time_is_the_number_of_steps() {
    let network = drawn(3, 4, 7, 7.0);
    let (mut descender, mut state) = network.descender(&Descent { learning_rate: 0.1, ..PLAIN });
    let dt = 0.1 / 7.0;
    for record in steps(&mut descender, &mut state, 1000) {
        assert_eq!((record.step_size, record.pushes, record.rejections), (dt, 1, 0));
    }
    assert_eq!((state.step, state.time), (1000, 1000.0 * dt));
    let mut draw = Draw(5);
    for _ in 0..100 {
        let until = state.time + draw.uniform(0.0, 5.0 * dt);
        while state.time < until {
            descender.step(&mut state, until).unwrap();
        }
        assert_eq!(state.time, until);
    }
}

/// Two halves of a step err by half as much as the step: they differ by half of its error.
#[test]
fn the_error_estimate_is_that_of_explicit_euler() {
    let network = generic(2, 9, 200, 200.0);
    let after = |learning_rate: f64, count: usize| {
        let descent = Descent { learning_rate, layers: Layers::Output, ..PLAIN };
        let (mut descender, mut state) = network.descender(&descent);
        let estimate = steps(&mut descender, &mut state, count)[0].error_estimate;
        (descender.residual().to_vec(), estimate)
    };
    let (whole, estimate) = after(0.02, 1);
    let (halves, _) = after(0.01, 2);
    let error = 2.0 * worst(&whole, &halves);
    assert!(error > 1e-9 && (estimate / error - 1.0).abs() < 0.01, "{estimate:e} {error:e}");
}
