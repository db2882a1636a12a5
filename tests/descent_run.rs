//! Gradient descent as a run: schedules, snapshots, restarts.

use std::sync::atomic::{AtomicBool, Ordering};

use reluflow::flow::{
    Adam, Column, ColumnMut, Descent, Flow, FlowError, Layers, Optimizer, Particles, State, StepRecord,
    Stepper,
};
use reluflow::problem::{Measure, Neurons, Samples};
use reluflow::run::{Observer, ObserverError, Outcome, Schedule, Simulation, Snapshot, drive};

use crate::common::worst;
use crate::descent_naive::{Network, PLAIN, drawn};

fn flow(network: &Network, descent: Descent) -> Flow {
    Flow::Descent { kappa: network.z[0].len() as f64 / network.alpha, descent }
}

fn parts(network: &Network) -> (Samples, Neurons) {
    let [c, a, b] = network.z.clone();
    let samples = Samples::from_merged(network.x.clone(), network.y.clone(), network.n.clone(), 0.0);
    (samples.unwrap(), Neurons::uniform(c, a, b).unwrap())
}

fn simulation(network: &Network, descent: Descent) -> Simulation {
    let (samples, neurons) = parts(network);
    Simulation::with(samples, neurons, flow(network, descent), 1e-8).unwrap()
}

/// Keeps what it is shown; asks to stop after so many steps.
struct Keeper<'a> {
    snapshots: Vec<Snapshot>,
    records: Vec<StepRecord>,
    stop: &'a AtomicBool,
    stop_after: u64,
}

impl Observer for Keeper<'_> {
    fn step(&mut self, simulation: &Simulation, _: &StepRecord) {
        self.stop.store(simulation.state().step == self.stop_after, Ordering::Relaxed);
    }

    fn steps(&mut self, steps: &[StepRecord]) -> Result<(), ObserverError> {
        self.records.extend_from_slice(steps);
        Ok(())
    }

    fn snapshot(
        &mut self,
        snapshot: &Snapshot,
        _: &State,
        steps: &[StepRecord],
        _: bool,
    ) -> Result<(), ObserverError> {
        self.snapshots.push(snapshot.clone());
        self.records.extend_from_slice(steps);
        Ok(())
    }
}

fn driven(
    simulation: &mut Simulation,
    schedule: &Schedule,
    stop_after: u64,
) -> (Vec<Snapshot>, Vec<StepRecord>, Outcome) {
    let stop = AtomicBool::new(false);
    let mut keeper = Keeper { snapshots: vec![], records: vec![], stop: &stop, stop_after };
    let outcome = drive(simulation, schedule, &mut keeper, &stop).unwrap();
    (keeper.snapshots, keeper.records, outcome)
}

#[test]
fn snapshots_fall_on_steps() {
    let network = drawn(6, 11, 40, 40.0);
    // 0.004 a step: 250 steps until 1, every 7th is a snapshot, but for rounding.
    let mut run = simulation(&network, Descent { learning_rate: 0.16, ..PLAIN });
    let (snapshots, records, outcome) = driven(&mut run, &Schedule::every(1.0, 0.028), 0);
    assert_eq!((outcome, run.state().time, run.state().step), (Outcome::Finished(None), 1.0, 250));
    let steps: Vec<u64> = snapshots.iter().map(|snapshot| snapshot.step).collect();
    assert_eq!(steps, (0..36).map(|i| 7 * i).chain([250]).collect::<Vec<u64>>());
    assert_eq!(records.len(), 250);
    let mut time = 0.0;
    for record in &records {
        assert!((record.time - time - record.step_size).abs() < 1e-15);
        assert_eq!(record.step_size, 0.004);
        time = record.time;
    }
    // Snapshots closer than steps: one step each.
    let mut run = simulation(&network, Descent { learning_rate: 0.16, ..PLAIN });
    let (snapshots, ..) = driven(&mut run, &Schedule::count(0.01, 11), 0);
    assert_eq!((snapshots.len(), run.state().step, run.state().time), (11, 10, 0.01));
}

#[test]
fn snapshots_hold_what_the_definitions_say() {
    for layers in [Layers::Both, Layers::Output, Layers::Hidden] {
        let network = drawn(7, 11, 40, 8.0);
        let mut run = simulation(&network, Descent { learning_rate: 0.01, layers, ..PLAIN });
        for until in [0.0, 0.005] {
            run.advance_to(until).unwrap();
            let snapshot = run.snapshot();
            let (rho, rate) = (run.stepper().residual(), run.stepper().residual_rate());
            let energy_rate: f64 = (0..rho.len()).map(|j| network.n[j] * rho[j] * rate[j]).sum();
            // From the neurons, and from the tangent kernel.
            let error = (snapshot.energy_dissipation + energy_rate).abs();
            assert!(error < 1e-12 * energy_rate.abs(), "{layers:?} {error}");
            assert!((snapshot.region_mass.sum() - 1.0).abs() < 1e-14);
            // The dead have mass but no share in anything else.
            assert!(snapshot.region_mass[0] > 0.0, "there are dead neurons");
            assert_eq!(snapshot.region_covariance.row(0).sum(), 0.0);
            assert_eq!((snapshot.stuck_mass, snapshot.pinned_mass.sum()), (0.0, 0.0));
            assert!((snapshot.loss - run.loss()).abs() < 1e-15 && snapshot.loss > 0.0);
        }
        assert!(run.state().step > 15);
    }
}

/// The state as the checkpoint takes it apart and puts it together.
fn stored(state: &State) -> State {
    let mut columns = vec![];
    let taken: Result<(), ()> = state.columns(|name, column| {
        columns.push(match column {
            Column::F64(values) => (name, (values.to_vec(), vec![], vec![], vec![])),
            Column::U32(values) => (name, (vec![], values.to_vec(), vec![], vec![])),
            Column::U64(values) => (name, (vec![], vec![], values.to_vec(), vec![])),
            Column::Place(values) => (name, (vec![], vec![], vec![], values.to_vec())),
        });
        Ok(())
    });
    taken.unwrap();
    let mut columns = columns.into_iter();
    let again: Result<State, ()> =
        State::from_columns(Particles::with(|name| name == "c"), |name, column| {
            let (found, (f64s, u32s, u64s, places)) = columns.next().unwrap();
            assert_eq!(name, found);
            match column {
                ColumnMut::F64(values) => *values = f64s,
                ColumnMut::U32(values) => *values = u32s,
                ColumnMut::U64(values) => *values = u64s,
                ColumnMut::Place(values) => *values = places,
            }
            Ok(())
        });
    again.unwrap()
}

#[test]
fn an_interrupted_run_goes_on_to_the_same_bits() {
    let network = drawn(13, 25, 300, 20.0);
    let schedule = Schedule::count(0.02, 9);
    let adam = Optimizer::Adam(Adam::DEFAULT);
    for (optimizer, momentum, batch) in [
        (Optimizer::Sgd, 0.0, None),
        (Optimizer::Sgd, 0.9, None),
        (Optimizer::Sgd, 0.0, Some(6)),
        (Optimizer::Nesterov, 0.7, Some(9)),
        (adam, 0.0, Some(9)),
    ] {
        // A step of Adam is 300 times as long in time.
        let learning_rate = if optimizer == adam { 0.02 / 300.0 } else { 0.02 };
        let descent =
            Descent { learning_rate, optimizer, momentum, weight_decay: 0.1, batch, seed: 5, ..PLAIN };
        let mut whole = simulation(&network, descent);
        let (mut expected, ..) = driven(&mut whole, &schedule, 0);
        let mut first = simulation(&network, descent);
        let (mut found, _, outcome) = driven(&mut first, &schedule, 143);
        assert_eq!((outcome, first.state().step), (Outcome::Interrupted, 143));
        let mut state = stored(first.state());
        assert_eq!(&state, first.state());
        assert_eq!(state.particles.descended().v_c.len(), if descent.is_heavy() { 300 } else { 0 });
        assert_eq!(state.particles.descended().q_c.len(), if optimizer == adam { 300 } else { 0 });
        let (samples, neurons) = parts(&network);
        let mass = neurons.mass().to_vec();
        let mut stepper = Stepper::resume(samples, mass, flow(&network, descent), 1e-8, &state).unwrap();
        while let Some(next) = schedule.after(state.time) {
            stepper.step(&mut state, next).unwrap();
        }
        assert_eq!(&state, whole.state());
        assert_eq!(worst(stepper.residual(), whole.stepper().residual()), 0.0);
        // The extra snapshot of the interruption is the only difference.
        found.pop();
        expected.truncate(found.len());
        assert_eq!(found, expected);
    }
}

#[test]
fn states_of_others_are_refused() {
    let network = drawn(13, 25, 300, 20.0);
    let (samples, neurons) = parts(&network);
    let (_, state) = Stepper::start(samples.clone(), neurons.clone(), flow(&network, PLAIN), 1e-8).unwrap();
    let resume = |state: &State, descent: Descent| {
        Stepper::resume(samples.clone(), neurons.mass().to_vec(), flow(&network, descent), 1e-8, state)
    };
    assert!(resume(&state, PLAIN).is_ok());
    let adam = resume(&state, Descent { optimizer: Optimizer::Adam(Adam::DEFAULT), ..PLAIN });
    assert!(matches!(adam, Err(FlowError::State { what: "v_c", found: 0, expected: 300 })));
    let heavy = resume(&state, Descent { momentum: 0.5, ..PLAIN });
    assert!(matches!(heavy, Err(FlowError::State { what: "v_c", found: 0, expected: 300 })));
    let mut short = state.clone();
    short.particles.descended_mut().w_y.pop();
    assert!(matches!(resume(&short, PLAIN), Err(FlowError::State { what: "w_y", .. })));
    let mut pinned = state;
    pinned.particles.descended_mut().place[3] = reluflow::problem::Place::pinned(2);
    assert!(matches!(resume(&pinned, PLAIN), Err(FlowError::State { what: "place", .. })));
    let measure = Measure::uniform(vec![1.0], vec![0.0]).unwrap();
    let error = Stepper::start(samples.clone(), measure, flow(&network, PLAIN), 1e-8).err().unwrap();
    assert!(error.to_string().contains("gd starts from neurons (c, a, b)"), "{error}");
}
