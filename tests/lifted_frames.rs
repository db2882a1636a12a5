//! Region frames: the same trajectory as plain pushes, the same bits however it is computed.

use reluflow::flow::{Flow, State, StepRecord, Stepper};
use reluflow::problem::{Neurons, Samples};

use crate::common::{Draw, worst};

const LIFTED: Flow = Flow::Lifted { kappa: 1.0, decay: 0.0 };
const ADAPTIVE: Flow = Flow::Adaptive { kappa: 1.0, decay: 0.0 };

fn samples(s: usize) -> Samples {
    let x: Vec<f64> = (0..s).map(|j| -1.0 + 2.0 * j as f64 / (s - 1) as f64).collect();
    let y: Vec<f64> = x.iter().map(|x| (4.0 * x).sin()).collect();
    Samples::new(&x, &y).unwrap()
}

fn start(s: usize, m: usize, flow: Flow) -> (Stepper, State) {
    let mut draw = Draw(m as u64);
    let (c, a, b) = (draw.list(m, -1.5, 1.5), draw.list(m, -1.5, 1.5), draw.list(m, -1.5, 1.5));
    Stepper::start(samples(s), Neurons::uniform(c, a, b).unwrap(), flow, 1e-7).unwrap()
}

fn run(stepper: &mut Stepper, state: &mut State, end: f64) -> Vec<StepRecord> {
    let mut records = vec![];
    while state.time < end {
        records.push(stepper.step(state, end).unwrap());
    }
    records
}

fn neurons(state: &State) -> Vec<f64> {
    (0..state.place().len()).flat_map(|i| state.neuron(i)).collect()
}

/// Frames against applying every map to every neuron after each step: the controllers take the same
/// steps until rounding decides, so the comparison is over a time in which it does not.
#[test]
fn frames_and_plain_pushes_agree() {
    for flow in [LIFTED, ADAPTIVE] {
        for (s, m, end) in [(3, 1, 4.0), (6, 50, 3.0), (12, 3000, 1.5), (40, 12_000, 0.3)] {
            let (mut stepper, mut state) = start(s, m, flow);
            let framed = run(&mut stepper, &mut state, end);
            let (plain, mut expected) = start(s, m, flow);
            let mut plain = plain.without_frames();
            let touched: u64 = run(&mut plain, &mut expected, end).iter().map(|step| step.touched).sum();
            assert_eq!(state.counters.counts(), expected.counters.counts(), "{flow:?} {s} {m}");
            let difference = worst(&neurons(&state), &neurons(&expected));
            let residual = worst(stepper.residual(), plain.residual());
            let events = state.counters.events();
            println!("{} s {s}, m {m}: {events} events, {difference:.1e}, {residual:.1e}", flow.name());
            assert!(difference < 5e-13 && residual < 1e-14, "{flow:?}: {difference:e} {residual:e}");
            let fewer: u64 = framed.iter().map(|step| step.touched).sum();
            assert!(m < 3000 || (fewer < touched && events > 1000), "{fewer} {touched} {events}");
        }
    }
}

/// All columns of the state, bit by bit, and all records.
fn same(a: &(State, Vec<StepRecord>), b: &(State, Vec<StepRecord>), what: &str) {
    for (i, (a, b)) in a.1.iter().zip(&b.1).enumerate() {
        assert_eq!(a, b, "{what}: step {i}");
    }
    assert_eq!(a.1.len(), b.1.len(), "{what}: steps");
    assert_eq!(a.0, b.0, "{what}: state");
}

#[test]
fn threads_do_not_change_bits() {
    let (s, m, end) = (30, 9000, 0.4);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (mut stepper, mut state) = start(s, m, LIFTED);
            let records = run(&mut stepper, &mut state, end);
            (state, records)
        })
    };
    let one = with(1);
    // Neurons were grouped anew on the way: some have moved in memory since the start.
    assert!(one.0.counters.events() > 5 * m as u64 / 4, "{:?}", one.0.counters);
    same(&one, &with(2), "2 threads");
    same(&one, &with(8), "8 threads");
}

/// Interrupted after every so many steps, stored, and resumed: the same bits as without.
#[test]
fn resuming_does_not_change_bits() {
    for (s, m, end, flow) in [(30, 9000, 0.4, LIFTED), (8, 400, 3.0, LIFTED), (8, 400, 3.0, ADAPTIVE)] {
        let (mut stepper, mut state) = start(s, m, flow);
        let mass: Vec<f64> = vec![1.0 / m as f64; m];
        let records = run(&mut stepper, &mut state, end);
        let (mut other, mut resumed) = start(s, m, flow);
        let mut again = vec![];
        while resumed.time < end {
            again.push(other.step(&mut resumed, end).unwrap());
            if again.len() % 7 == 0 {
                other = Stepper::resume(samples(s), mass.clone(), flow, 1e-7, &resumed.clone()).unwrap();
            }
        }
        assert!(again.len() > 20);
        same(&(state, records), &(resumed, again), "resumed");
    }
}
