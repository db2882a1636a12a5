//! Blocks of neurons that are skipped until their deadline: nobody in them was about to meet an event.

use reluflow::flow::{Flow, State, Stepper};
use reluflow::problem::{Neurons, Samples};

use crate::common::Draw;

/// Everything of a state but deadlines, which tell only who was looked at.
fn without_deadlines(state: &State) -> State {
    State { deadline: vec![], ..state.clone() }
}

/// Looking at every neuron in every step, loose ones included, changes not a bit of the trajectory.
#[test]
fn looking_at_everybody_finds_nobody_else() {
    for (flow, m, end) in [
        (Flow::Lifted { kappa: 1.0 }, 20_000, 0.3),
        (Flow::Lifted { kappa: 1.0 }, 700, 3.0),
        (Flow::Adaptive { kappa: 1.0 }, 5_000, 1.0),
        (Flow::Kernel { kappa: 1.0 }, 2_000, 1.0),
    ] {
        let mut draw = Draw(m as u64);
        let samples = Samples::new(&[-1.2, -0.7, -0.1, 0.4, 0.8, 1.3], &draw.list(6, -2.0, 2.0)).unwrap();
        let [mut c, mut a, mut b] = [(); 3].map(|()| draw.list(m, -1.5, 1.5));
        // Some that are nothing, some at the origin, some with c = 0.
        for i in (0..m).step_by(50) {
            (c[i], a[i], b[i]) = (0.0, 0.0, 0.0);
            (a[i + 1], b[i + 1], c[i + 2]) = (0.0, 0.0, 0.0);
        }
        let neurons = Neurons::uniform(c, a, b).unwrap();
        let (mut skipping, mut one) = Stepper::start(samples.clone(), neurons.clone(), flow, 1e-7).unwrap();
        let mut other = one.clone();
        let (mut spared, mut looked) = (0, 0);
        while one.time < end {
            // A stepper made anew has no deadlines but those of the state, and these are taken away.
            other.deadline.fill(f64::NEG_INFINITY);
            let mass = neurons.mass().to_vec();
            let mut looking = Stepper::resume(samples.clone(), mass, flow, 1e-7, &other).unwrap();
            spared += skipping.step(&mut one, end).unwrap().touched;
            looked += looking.step(&mut other, end).unwrap().touched;
            assert!(without_deadlines(&one) == without_deadlines(&other), "{} {m}", flow.name());
        }
        let events = one.counters.events();
        println!("{} m = {m}: {events} events, touched {spared} for {looked}", flow.name());
        assert!(spared < looked, "{spared} {looked}");
        assert!(events > 500 || !flow.moves().1, "{events}");
    }
}

/// Neurons within rounding of a line, most of them with hardly any `c`: stepped on, resumed after every
/// step with the deadlines of the state, and looked at one and all.
#[test]
fn those_next_to_a_line_are_found_whoever_looks() {
    for seed in 0..12 {
        let flow = if seed % 2 == 0 { Flow::Lifted { kappa: 1.0 } } else { Flow::Adaptive { kappa: 1.0 } };
        let (m, mut draw) = (600, Draw(100 + seed));
        // Some lines are nearly the same.
        let x = [-1.2, -0.7, -0.7 + 1e-8, 0.4, 0.4 + 1e-5, 1.3];
        let samples = Samples::new(&x, &draw.list(6, -3.0, 3.0)).unwrap();
        let [mut c, mut a, mut b] = [(); 3].map(|()| draw.list(m, -1.5, 1.5));
        for i in (0..m).filter(|i| i % 4 != 0) {
            let (power, side) = ((i % 7) as i32, if i % 2 == 0 { 1.0 } else { -1.0 });
            b[i] = -a[i] * x[i % 6] + side * 10f64.powi(power - 18);
            c[i] *= 10f64.powi(-((i % 13) as i32));
            (a[i], b[i]) = (a[i] * 3.0, b[i] * 3.0);
        }
        let neurons = Neurons::uniform(c, a, b).unwrap();
        let mass = neurons.mass().to_vec();
        let (mut skipping, mut one) = Stepper::start(samples.clone(), neurons, flow, 1e-6).unwrap();
        let (mut other, mut third) = (one.clone(), one.clone());
        for step in 0..150 {
            let record = skipping.step(&mut one, 1e9).unwrap();
            let mut resumed = Stepper::resume(samples.clone(), mass.clone(), flow, 1e-6, &third).unwrap();
            assert!(record == resumed.step(&mut third, 1e9).unwrap(), "seed {seed}, step {step}");
            assert!(one == third, "seed {seed}, step {step}: resumed");
            other.deadline.fill(f64::NEG_INFINITY);
            let mut looking = Stepper::resume(samples.clone(), mass.clone(), flow, 1e-6, &other).unwrap();
            looking.step(&mut other, 1e9).unwrap();
            assert!(
                without_deadlines(&one) == without_deadlines(&other),
                "seed {seed}, step {step}: looked at"
            );
        }
    }
}

/// A step over which neurons would grow by far more than they can is refused before anybody is looked at.
#[test]
fn steps_far_too_long_cost_nothing() {
    let m = 3000;
    let mut draw = Draw(7);
    let samples = Samples::new(&[-1.2, -0.7, 0.4, 1.3], &[2.0, -1.0, 1.5, -2.0]).unwrap();
    let [c, a, b] = [(); 3].map(|()| draw.list(m, -1.5, 1.5));
    let neurons = Neurons::uniform(c, a, b).unwrap();
    let (stepper, mut state) = Stepper::start(samples, neurons, Flow::Lifted { kappa: 1.0 }, 1e-7).unwrap();
    let record = stepper.with_fixed_step(1e5).step(&mut state, 1e9).unwrap();
    assert!(record.rejections >= 3 && record.step_size < 100.0, "{record:?}");
    // Three pushes of the step that was taken, and all grouped or boosted anew after it.
    assert!(record.touched <= 5 * m as u64, "{record:?}");
}
