//! `check` finds nothing wrong with healthy runs, whatever their size and however hard their terms
//! cancel.

use std::f64::consts::TAU;
use std::fs;

use proptest::prelude::*;
use reluflow::problem::Place;
use reluflow::run::{Check, Checker, Columns, Simulation};
use reluflow::scenario::Scenario;

use crate::cli_support::reluflow;
use crate::common::random::cases;

/// Particles of a simulation as a run file stores them.
struct Stored {
    index: Vec<usize>,
    r: Vec<f64>,
    theta: Vec<f64>,
    c: Vec<f64>,
    a: Vec<f64>,
    b: Vec<f64>,
    place: Vec<Place>,
}

impl Stored {
    fn of(simulation: &Simulation, kappa: f64) -> Stored {
        let state = simulation.state();
        let m = state.position().len();
        let at = |i: usize| state.position_of(i);
        let place = (0..m).map(|i| state.place()[at(i)]).collect();
        let index = (0..m).collect();
        if !state.has_neurons() {
            let r = (0..m).map(|i| state.r()[at(i)]).collect();
            let theta = (0..m).map(|i| state.theta()[at(i)].rem_euclid(TAU)).collect();
            return Stored { index, r, theta, c: vec![], a: vec![], b: vec![], place };
        }
        let z: Vec<[f64; 3]> = (0..m).map(|i| state.neuron(i)).collect();
        Stored {
            index,
            r: z.iter().map(|[c, x, y]| kappa * c * x.hypot(*y)).collect(),
            theta: z
                .iter()
                .map(|[_, x, y]| if (*x, *y) == (0.0, 0.0) { 0.0 } else { y.atan2(*x).rem_euclid(TAU) })
                .collect(),
            c: z.iter().map(|z| z[0]).collect(),
            a: z.iter().map(|z| z[1]).collect(),
            b: z.iter().map(|z| -z[2]).collect(),
            place,
        }
    }

    fn columns(&self) -> Columns<'_> {
        let Stored { index, r, theta, c, a, b, place } = self;
        Columns { index, r, theta, c, a, b, place }
    }
}

/// The laws of a run of some steps, with a snapshot after every other one, whatever is scheduled.
fn checks(text: &str, steps: usize) -> Vec<Check> {
    let scenario = Scenario::parse(text, "test.toml".as_ref()).unwrap();
    let description = scenario.description;
    let (flow, end) = (description.flow, description.end);
    let mut simulation = Simulation::new(&description, scenario.start).unwrap();
    let mut checker = Checker::new(&description);
    let mut records = vec![];
    let mut check_now = |simulation: &Simulation| {
        let stored = Stored::of(simulation, flow.kappa());
        checker.snapshot(simulation.snapshot(), Some(stored.columns()), None);
    };
    check_now(&simulation);
    for step in 0..steps {
        if simulation.state().time >= end {
            break;
        }
        records.push(simulation.step(end).unwrap());
        if step % 2 == 1 {
            check_now(&simulation);
        }
    }
    check_now(&simulation);
    let stored = Stored::of(&simulation, flow.kappa());
    let numbers: Vec<u64> = (1..=records.len() as u64).collect();
    checker.steps(&numbers, &records);
    let mut checks = checker.finish(true, Some(simulation.state()), Some(stored.columns()));
    checks.retain(|check| check.name != "schedule");
    checks
}

pub fn assert_healthy(text: &str, steps: usize) {
    for check in checks(text, steps) {
        assert!(check.holds(), "{text}\n{check:?}");
    }
}

fn many(flow: &str, particles: usize) -> String {
    let time = if flow == "gd" { "steps = 6" } else { "end = 1.0" };
    let rate =
        if flow == "gd" { format!("learning_rate = {}\n", 0.01 * particles as f64) } else { String::new() };
    format!(
        "[samples]\nfunction = \"sine\"\ncount = 5\n[measure]\nlaw = \"normal\"\nparticles = {particles}\nseed = 1\n\
         [flow]\nkind = \"{flow}\"\n{rate}[time]\n{time}\n"
    )
}

/// 1 / m is rounded, and m of it added one by one miss 1 by up to 2e-12 here.
#[test]
fn many_neurons_have_the_mass_of_one() {
    for flow in ["lifted", "kernel", "adaptive", "gd"] {
        for particles in [40_000, 100_000] {
            assert_healthy(&many(flow, particles), 2);
        }
    }
    assert_healthy(&many("lifted", 1_000_000), 1);
    assert_healthy(&many("gd", 1_000_000), 1);
    assert_healthy(&many("canonical", 200_000), 1);
}

/// Every optimizer, with weight decay.
#[test]
fn descent_by_every_optimizer_is_healthy() {
    for (settings, rate) in [
        ("weight_decay = 0.5", 5.0),
        ("weight_decay = 0.5\nmomentum = 0.9", 0.5),
        ("optimizer = \"nesterov\"\nmomentum = 0.9\nweight_decay = 0.5", 0.5),
        ("optimizer = \"adam\"\nweight_decay = 0.5", 0.01),
        ("optimizer = \"adamw\"\nweight_decay = 0.5\nlayers = \"hidden\"", 0.01),
        ("optimizer = \"adam\"\nlayers = \"output\"\nbatch = 2", 0.01),
        ("weight_decay = 0.5\nlayers = \"output\"", 5.0),
    ] {
        let text = format!(
            "[samples]\nfunction = \"sine\"\ncount = 7\n[measure]\nlaw = \"normal\"\nparticles = 300\nseed = 1\n\
             [flow]\nkind = \"gd\"\nlearning_rate = {rate}\n{settings}\n[time]\nsteps = 100\n"
        );
        assert_healthy(&text, 100);
        let frozen = checks(&text, 20).into_iter().find(|check| check.name == "frozen").unwrap();
        assert!(!frozen.done && frozen.meaning.starts_with("not a law of"), "{settings}: {frozen:?}");
    }
}

/// One neuron at `f(0) = -3200` of which nothing is left: what is stored later is the rounding of
/// -3200, of the weights that there were.
#[test]
fn what_cancels_is_relative_to_what_there_was() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.csv"), "c,a,b\n-8,500,-400\n").unwrap();
    for (x, y) in [("0.0", "0.0"), ("1e6", "1.0"), ("-1e5", "3.0")] {
        let text = format!(
            "[samples]\nx = [{x}]\ny = [{y}]\n[measure]\nfile = \"one.csv\"\n[flow]\nkind = \"lifted\"\n\
             [time]\nend = 0.01\n[output]\nsnapshots = {{ count = 6 }}\n"
        );
        fs::write(folder.path().join("one.toml"), text).unwrap();
        reluflow(folder.path()).args(["run", "-q", "--force", "one.toml"]).assert().success();
        reluflow(folder.path()).args(["check", "output/one.h5"]).assert().success();
    }
}

/// A particle with `r = +0` on a line that holds what has `r < 0`, which is where it goes.
#[test]
fn a_particle_that_starts_at_zero_on_a_line_is_booked_where_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    for (y, r) in [("2.0, -1.0", "0.0"), ("-2.0, 1.0", "0.0"), ("2.0, -1.0", "-0.0"), ("-2.0, 1.0", "-0.0")] {
        fs::write(folder.path().join("zero.csv"), format!("r,theta,mass\n{r},0,1\n")).unwrap();
        let text = format!(
            "[samples]\nx = [0.0, 1.0]\ny = [{y}]\n[measure]\nfile = \"zero.csv\"\n\
             [time]\nend = 0.5\n[output]\nsnapshots = {{ count = 3 }}\n"
        );
        fs::write(folder.path().join("zero.toml"), text).unwrap();
        reluflow(folder.path()).args(["run", "-q", "--force", "zero.toml"]).assert().success();
        reluflow(folder.path()).args(["check", "output/zero.h5"]).assert().success();
    }
}

proptest! {
    #![proptest_config(cases(48))]

    /// Random problems and sizes; few of the large ones.
    #[test]
    fn random_runs_are_healthy(
        flow in 0..5usize,
        law in 0..4usize,
        digits in prop_oneof![8 => 0.5..3.5f64, 3 => 3.5..5.0f64, 1 => 5.0..6.0f64],
        samples in 1..30usize,
        noise in 0.0..1.0f64,
        seed in 0..1_000_000u64,
    ) {
        let flow = ["canonical", "lifted", "kernel", "adaptive", "gd"][flow];
        let law = ["normal", "uniform", "he", "pytorch"][law];
        let particles = 10f64.powf(digits) as usize;
        let time = if flow == "gd" { "steps = 12" } else { "end = 3.0" };
        let rate = if flow == "gd" { format!("learning_rate = {}\n", 0.01 * particles as f64) } else { String::new() };
        let law = if law == "uniform" { "law = \"uniform\"\na_bound = 1.0\nb_bound = 1.0" } else { &format!("law = \"{law}\"") };
        let text = format!(
            "[samples]\nfunction = \"sine\"\ncount = {samples}\nnoise = {noise}\nseed = {seed}\n\
             [measure]\n{law}\nparticles = {particles}\nseed = {seed}\n[flow]\nkind = \"{flow}\"\n{rate}[time]\n{time}\n"
        );
        let steps = if particles > 10_000 { 4 } else { 60 };
        for check in checks(&text, steps) {
            prop_assert!(check.holds(), "{text}\n{check:?}");
        }
    }
}
