//! The lifted flow: particle-updates per second of full accepted steps, time per step, memory.
//!
//! `cargo bench --bench lifted` prints the table for 10^4, 10^5, 10^6 and 10^7 neurons; numbers
//! after `--` replace these (`-- 1e6`), `s=10` and `busy` or `quiet` keep only theirs. The problem: `s`
//! samples of a sine on [-1, 1], weights nearly normal, mean-field scaling, tolerance 1e-8. Two phases:
//!
//! * `busy`: from time 0 on, when most neurons cross lines;
//! * `quiet`: late in the run. A run of 10^4 neurons is brought there, and each of them is split
//!   into equal parts that differ by up to 0.1 % in length.
//!
//! An update is one neuron through one accepted step with all its pushes. Region frames leave most
//! neurons where they lie in memory, so that what counts beside `m` is how many are touched: looked at,
//! walked, or moved in memory. A look reads `c` and `w`, 24 bytes: `look` compares them with what a
//! triad `a = b + q c`, measured first, moves in the same time.

mod common;

use std::time::Instant;

use common::{memory, nearly_normal, processor_time, samples, triad};
use reluflow::flow::Flow;
use reluflow::problem::Neurons;
use reluflow::run::Simulation;

const TOLERANCE: f64 = 1e-8;
const FLOW: Flow = Flow::Lifted { kappa: 1.0 };
/// Neurons of the run that leads to the quiet phase.
const COARSE: usize = 10_000;

fn neurons(m: usize) -> Neurons {
    let column = |stream: usize| (0..m).map(|i| nearly_normal(i, stream)).collect();
    Neurons::uniform(column(0), column(1), column(2)).expect("valid neurons")
}

/// `m` neurons as they are late in the run.
fn late(m: usize, s: usize) -> Neurons {
    let mut coarse = Simulation::with(samples(s), neurons(COARSE), FLOW, 1e-6).expect("a start");
    coarse
        .advance_to(match s {
            10 => 10.0,
            100 => 300.0,
            _ => 30.0,
        })
        .expect("a run");
    let parts = m / COARSE;
    let column = |at: usize, sign: f64| {
        (0..m)
            .map(|i| {
                let spread = 1.0 + 1e-3 * ((i % parts) as f64 / parts as f64 - 0.5);
                sign * spread * coarse.state().neuron(i / parts)[at]
            })
            .collect()
    };
    Neurons::uniform(column(0, 1.0), column(1, 1.0), column(2, -1.0)).expect("valid neurons")
}

fn row(m: usize, s: usize, phase: &str, bandwidth: f64) {
    let start = if phase == "busy" { neurons(m) } else { late(m, s) };
    let before = memory() - 32.0 * m as f64; // without the measure that is handed over
    let mut simulation = Simulation::with(samples(s), start, FLOW, TOLERANCE).expect("a start");
    // The first steps grow from nothing: not what is to be measured.
    for _ in 0..if phase == "busy" { 6 } else { 40 } {
        simulation.step(1e9).expect("a step");
    }
    let (start, processor) = (Instant::now(), processor_time());
    let (mut pushes, mut steps, mut events, mut touched) = (0, 0u64, 0, 0);
    let first = simulation.state().time;
    let most = if phase == "busy" { 100 } else { 400 };
    while start.elapsed().as_secs_f64() < 4.0 && steps < most {
        let record = simulation.step(1e9).expect("a step");
        (pushes, steps) = (pushes + record.pushes, steps + 1);
        (events, touched) = (events + record.counters.events(), touched + record.touched);
    }
    let (elapsed, processor) = (start.elapsed().as_secs_f64(), processor_time() - processor);
    let updates = (m as u64 * steps) as f64;
    println!(
        "{m:>9} {s:>5} {phase:>6} {steps:>6} {:>9.1e} {:>7.2} {:>10.1e} {:>10.1e} {:>10.2e} {:>10.2e} {:>9.3} {:>6.2} {:>6.0}",
        (simulation.state().time - first) / steps as f64,
        f64::from(pushes) / steps as f64,
        events as f64 / updates,
        touched as f64 / updates,
        updates / elapsed,
        updates / processor,
        1e3 * elapsed / steps as f64,
        24.0 * touched as f64 / elapsed / bandwidth,
        (memory() - before) / m as f64
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |what: &str| arguments.iter().any(|argument| argument == what);
    let some_phase = named("busy") || named("quiet");
    let some_count = arguments.iter().any(|argument| argument.starts_with("s="));
    let mut sizes: Vec<usize> =
        arguments.iter().filter_map(|a| a.parse::<f64>().ok()).map(|m| m as usize).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000, 10_000_000];
    }
    let bandwidth = triad();
    println!("{} threads, triad {:.1} GB/s", rayon::current_num_threads(), 1e-9 * bandwidth);
    println!(
        "{:>9} {:>5} {:>6} {:>6} {:>9} {:>7} {:>10} {:>10} {:>10} {:>10} {:>9} {:>6} {:>6}",
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
        "look",
        "bytes"
    );
    for s in [10, 100, 1000].into_iter().filter(|s| !some_count || named(&format!("s={s}"))) {
        for phase in ["busy", "quiet"].into_iter().filter(|phase| !some_phase || named(phase)) {
            for &m in &sizes {
                row(m, s, phase, bandwidth);
            }
        }
    }
}
