//! The lifted flow: particle-updates per second of full accepted steps, time per step, memory.
//!
//! `cargo bench --bench lifted` prints the table for 10^4, 10^5, 10^6 and 10^7 neurons; numbers
//! after `--` replace these (`-- 1e6`), `s=10` and `busy`, `quiet` or `spread` keep only theirs (`s=10000` and
//! `s=100000` are measured only when named), `late=100` is another
//! time for the late phases than 1000, `steps=100` another number of steps than 400 (or as many as take four
//! seconds). The problem: `s` samples of a sine on [-1, 1], weights nearly normal, mean-field scaling,
//! tolerance 1e-8. Three phases:
//!
//! * `busy`: from time 0 on, when most neurons cross lines;
//! * `quiet`: late in the run. A run of 10^4 neurons is brought there, and each of them is split
//!   into equal parts that differ by up to 0.1 % in length, which leaves the network as it is: the best case for
//!   blocks of neurons, whose members nearly coincide;
//! * `spread`: the same, but the parts of a neuron are spread over its region, by up to 30 % in `c` and in
//!   `w`, in fours `(c +- d, w +- e)` whose mean of `c w` is that of the neuron.
//!
//! An update is one neuron through one accepted step with all its pushes. Region frames leave most
//! neurons where they lie in memory, so that what counts beside `m` is how many are touched: tested,
//! integrated event by event, or moved in memory. A test reads `c` and `w`, 24 bytes: `read` compares them with what a
//! triad `a = b + q c`, measured first, moves in the same time. `live` is the most memory in use at any
//! moment of these steps, `held` what the process holds after them, in bytes per neuron.

mod common;
#[path = "common/counting.rs"]
mod counting;

use std::time::Instant;

use common::{memory, nearly_normal, processor_time, samples, triad, unit};
use reluflow::flow::Flow;
use reluflow::problem::Neurons;
use reluflow::run::Simulation;

#[global_allocator]
static ALLOCATOR: counting::Counting = counting::Counting;

const TOLERANCE: f64 = 1e-8;
const FLOW: Flow = Flow::Lifted { kappa: 1.0, decay: 0.0 };
/// Neurons of the run that leads to the quiet phase.
const COARSE: usize = 10_000;

fn neurons(m: usize) -> Neurons {
    let column = |stream: usize| (0..m).map(|i| nearly_normal(i, stream)).collect();
    Neurons::uniform(column(0), column(1), column(2)).expect("valid neurons")
}

/// At rest steps grow without bound: a row ends here, and one that begins here has no steps.
const END: f64 = 1e9;

/// A run of few neurons, late.
fn coarse(s: usize, late: Option<f64>) -> Simulation {
    let mut coarse = Simulation::with(samples(s), neurons(COARSE), FLOW, 1e-6).expect("a start");
    coarse.advance_to(late.unwrap_or(1000.0)).expect("a run");
    coarse
}

/// `m` neurons as they are there, all different from each other.
fn spread(m: usize, coarse: &Simulation) -> Neurons {
    let (parts, state, regions) = (m / COARSE, coarse.state(), coarse.stepper().regions());
    let angles: Vec<f64> = (0..regions.boundaries()).map(|b| regions.angle(b)).collect();
    let [mut c, mut a, mut b] = [const { vec![] }; 3];
    for i in 0..COARSE {
        let [output, x, y] = state.neuron(i);
        // How far it may turn within its region, as the tangent of an angle.
        let angle = regions.unwrapped(y.atan2(x));
        let next = angles.partition_point(|&boundary| boundary <= angle);
        let low = if next > 0 { angle - angles[next - 1] } else { 1.0 };
        let high = angles.get(next).map_or(1.0, |boundary| boundary - angle);
        let room = low.abs().min(high.abs()).min(0.3).tan();
        for part in 0..parts {
            let four = i * parts + part / 4;
            let random = |stream: usize| 2.0 * unit(four + 1, ((stream + 2) as f64).sqrt()) - 1.0;
            // Of an incomplete four the rest stays where the neuron is.
            let size = if part / 4 < parts / 4 { 0.3 } else { 0.0 };
            let sign = [[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]][part % 4];
            // Turned by less than `room` at the least length.
            let (along, across) = (random(1), 0.7 * room * random(2));
            let e = [along * x - across * y / 0.3, along * y + across * x / 0.3];
            let size = [sign[0] * size, sign[1] * size];
            c.push(output * (1.0 + size[0] * random(0)));
            a.push(x + size[1] * e[0]);
            b.push(-(y + size[1] * e[1]));
        }
    }
    Neurons::uniform(c, a, b).expect("valid neurons")
}

/// `m` neurons as they are there.
fn late(m: usize, coarse: &Simulation) -> Neurons {
    let parts = m / COARSE;
    let column = |at: usize, sign: f64| {
        (0..m)
            .map(|i| {
                // Squares have mean 1, so that the network is the same.
                let square = 1.0 + 2e-3 * (((i % parts) as f64 + 0.5) / parts as f64 - 0.5);
                sign * square.sqrt() * coarse.state().neuron(i / parts)[at]
            })
            .collect()
    };
    Neurons::uniform(column(0, 1.0), column(1, 1.0), column(2, -1.0)).expect("valid neurons")
}

fn row(m: usize, s: usize, phase: &str, coarse: Option<&Simulation>, most: Option<u64>, bandwidth: f64) {
    let (before, live) = (memory(), counting::live());
    let start = match (phase, coarse) {
        ("spread", Some(coarse)) => spread(m, coarse),
        (_, Some(coarse)) => late(m, coarse),
        (_, None) => neurons(m),
    };
    let mut simulation = Simulation::with(samples(s), start, FLOW, TOLERANCE).expect("a start");
    // The first steps grow from nothing: not what is to be measured.
    for _ in 0..if phase == "busy" { 6 } else { 40 } {
        if simulation.state().time < END {
            simulation.step(END).expect("a step");
        }
    }
    let (start, processor) = (Instant::now(), processor_time());
    let (mut pushes, mut steps, mut events, mut touched) = (0, 0u64, 0, 0);
    let first = simulation.state().time;
    counting::take_peak();
    let most = most.unwrap_or(400);
    while start.elapsed().as_secs_f64() < 4.0 && steps < most && simulation.state().time < END {
        let record = simulation.step(END).expect("a step");
        (pushes, steps) = (pushes + record.pushes, steps + 1);
        (events, touched) = (events + record.counters.events(), touched + record.touched);
    }
    let (elapsed, processor) = (start.elapsed().as_secs_f64(), processor_time() - processor);
    let updates = (m as u64 * steps) as f64;
    println!(
        "{m:>9} {s:>6} {phase:>6} {steps:>6} {:>9.1e} {:>7.2} {:>10.1e} {:>10.1e} {:>10.2e} {:>10.2e} {:>9.3} {:>9.3} {:>9.3} {:>6.2} {:>6.1} {:>6.1}",
        (simulation.state().time - first) / steps as f64,
        f64::from(pushes) / steps as f64,
        events as f64 / updates,
        touched as f64 / updates,
        updates / elapsed,
        updates / processor,
        1e3 * elapsed / steps as f64,
        1e6 * elapsed / (steps as f64 * s as f64),
        1e3 * processor / steps as f64,
        24.0 * touched as f64 / elapsed / bandwidth,
        (counting::take_peak() - live) as f64 / m as f64,
        (memory() - before) / m as f64
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |what: &str| arguments.iter().any(|argument| argument == what);
    let some_phase = ["busy", "quiet", "spread"].into_iter().any(named);
    let some_count = arguments.iter().any(|argument| argument.starts_with("s="));
    let mut sizes: Vec<usize> =
        arguments.iter().filter_map(|a| a.parse::<f64>().ok()).map(|m| m as usize).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000, 10_000_000];
    }
    let bandwidth = triad();
    println!("{} threads, triad {:.1} GB/s", rayon::current_num_threads(), 1e-9 * bandwidth);
    println!(
        "{:>9} {:>6} {:>6} {:>6} {:>9} {:>7} {:>10} {:>10} {:>10} {:>10} {:>9} {:>9} {:>9} {:>6} {:>6} {:>6}",
        "m",
        "s",
        "phase",
        "steps",
        "step",
        "pushes",
        "events/up.",
        "touched/up.",
        "updates/s",
        "per cpu",
        "ms/step",
        "us/sample",
        "cpu ms",
        "read",
        "live",
        "held"
    );
    let value =
        |name: &str| arguments.iter().find_map(|argument| argument.strip_prefix(name)?.parse::<f64>().ok());
    let (time, steps) = (value("late="), value("steps=").map(|steps| steps as u64));
    let chosen = |s: &usize| if some_count { named(&format!("s={s}")) } else { *s <= 1000 };
    for s in [10, 100, 1000, 10_000, 100_000].into_iter().filter(chosen) {
        let wanted = |phase: &str| !some_phase || named(phase);
        if wanted("busy") {
            sizes.iter().for_each(|&m| row(m, s, "busy", None, steps, bandwidth));
        }
        let phases: Vec<&str> = ["quiet", "spread"].into_iter().filter(|phase| wanted(phase)).collect();
        if !phases.is_empty() {
            let coarse = coarse(s, time);
            for phase in phases {
                sizes.iter().for_each(|&m| row(m, s, phase, Some(&coarse), steps, bandwidth));
            }
        }
    }
}
