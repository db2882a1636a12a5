//! Particle-updates per second of full accepted steps, and memory per particle.
//!
//! `cargo bench` prints the table; numbers after `--` add rows for that many particles
//! (`cargo bench -- 1e7`), `s=40` and names of phases keep only theirs (`cargo bench -- s=40 start`).
//! An update is one particle through one accepted step, with all pushes and rejected attempts of
//! that step. The problem: `s` samples of a sine on [-1, 1], amplitudes normal, directions
//! uniform, tolerance 1e-8. Three phases:
//!
//! * `start`: from time 0 on, when the residuals are largest and most particles cross boundaries.
//!   The controller does not shorten steps for crossings that the tolerance does not see, and a step
//!   sweeps over the more boundaries the more samples there are: up to several an update;
//! * `matched`: the same, but with steps so short that every `s` meets about the same small number of
//!   events an update ([`MATCHED`]): what the number of samples costs by itself;
//! * `later`: after the first transients, where most of a run is spent. A run of 10^4 particles is
//!   brought there, and each of them is split into equal parts with slightly different amplitudes.
//!
//! The column `per cpu` is updates per second of processor time of all threads together: what one
//! core does, whoever else uses the machine.

use std::time::Instant;

use reluflow::flow::Flow;
use reluflow::problem::{Measure, Samples};
use reluflow::run::Simulation;

const TOLERANCE: f64 = 1e-8;
const FLOW: Flow = Flow::Canonical { tv: 0.0 };
/// Particles of the run that leads to the later phase.
const COARSE: usize = 10_000;
/// Events per update in the phase `matched`: as many as five samples meet by themselves.
const MATCHED: f64 = 2e-3;
/// Steps that are not measured: the first grow from nothing.
const WARM_UP: u64 = 4;

/// A start measure without random numbers: golden-ratio directions, amplitudes nearly normal.
fn measure(m: usize) -> Measure {
    let golden = 0.618_033_988_749_894_9;
    let unit = |i: usize, step: f64| (i as f64 * step).fract();
    let r = (0..m).map(|i| {
        let sum: f64 = (1..=12).map(|k| unit(i + 1, golden * (k as f64).sqrt())).sum();
        sum - 6.0
    });
    let theta = (0..m).map(|i| std::f64::consts::TAU * unit(i, golden));
    Measure::uniform(r.collect(), theta.collect()).expect("a valid measure")
}

fn samples(s: usize) -> Samples {
    let x: Vec<f64> = (0..s).map(|j| -1.0 + 2.0 * j as f64 / (s - 1) as f64).collect();
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    Samples::new(&x, &y).expect("valid samples")
}

/// `m` particles as they are after the first transients of `s` samples.
fn later(m: usize, s: usize) -> Measure {
    let mut coarse = Simulation::with(samples(s), measure(COARSE), FLOW, 1e-6).expect("a start");
    coarse.advance_to(if s > 100 { 0.2 } else { 1.0 }).expect("a run");
    let state = coarse.state();
    let parts = m / COARSE;
    let spread = |part: usize| 1.0 + 1e-3 * (part as f64 / parts as f64 - 0.5);
    let r = (0..m).map(|i| state.r()[i / parts] * spread(i % parts)).collect();
    let theta = (0..m).map(|i| state.theta()[i / parts]).collect();
    Measure::uniform(r, theta).expect("a valid measure")
}

/// Resident memory of this process in bytes (Linux); 0 elsewhere.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

/// Processor time of this process in seconds (Unix); NaN elsewhere.
fn processor_time() -> f64 {
    #[cfg(unix)]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call only writes to `time`.
        if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) } == 0 {
            return time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64;
        }
    }
    f64::NAN
}

/// The longest step to take next so that an update meets about [`MATCHED`] events.
fn matched_step(before: f64, events: u64, m: usize) -> f64 {
    before * (MATCHED * m as f64 / events.max(1) as f64).clamp(0.25, 1.5)
}

fn row(m: usize, s: usize, phase: &str, measure: Measure) {
    let before = memory() - 24.0 * m as f64; // without the measure that is handed over
    let mut simulation = Simulation::with(samples(s), measure, FLOW, TOLERANCE).expect("a start");
    let budget = if m >= 1_000_000 { 6.0 } else { 1.0 };
    let mut longest = if phase == "matched" { simulation.state().step_size } else { 1e9 };
    let mut step = || {
        let record = simulation.step(simulation.state().time + longest).expect("a step");
        if phase == "matched" {
            longest = matched_step(longest, record.counters.events(), m);
        }
        record
    };
    let warm_up = if phase == "matched" { 10 * WARM_UP } else { WARM_UP };
    for _ in 0..warm_up {
        step();
    }
    let (start, processor) = (Instant::now(), processor_time());
    let (mut pushes, mut steps, mut events, mut length) = (0, 0, 0, 0.0);
    while start.elapsed().as_secs_f64() < budget {
        let record = step();
        (pushes, steps) = (pushes + record.pushes, steps + 1);
        (events, length) = (events + record.counters.events(), length + record.step_size);
    }
    let (elapsed, processor) = (start.elapsed().as_secs_f64(), processor_time() - processor);
    let updates = (m * steps) as f64;
    println!(
        "{m:>9} {s:>5} {phase:>7} {steps:>6} {:>9.1e} {:>12.2} {:>14.1e} {:>10.2e} {:>10.2e} {:>10.2e} {:>15.0}",
        length / steps as f64,
        f64::from(pushes) / steps as f64,
        events as f64 / updates,
        updates / elapsed,
        updates / processor,
        events as f64 / elapsed,
        (memory() - before) / m as f64
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |what: &str| arguments.iter().any(|argument| argument == what);
    let phases = ["start", "matched", "later"];
    let sample_counts = [5, 40, 1000];
    let some_phase = phases.iter().any(|phase| named(phase));
    let some_count = arguments.iter().any(|argument| argument.starts_with("s="));
    let mut sizes = vec![10_000, 1_000_000];
    sizes.extend(arguments.iter().filter_map(|a| a.parse::<f64>().ok()).map(|m| m as usize));
    println!("{} threads", rayon::current_num_threads());
    println!(
        "{:>9} {:>5} {:>7} {:>6} {:>9} {:>12} {:>14} {:>10} {:>10} {:>10} {:>15}",
        "m",
        "s",
        "phase",
        "steps",
        "step",
        "pushes/step",
        "events/update",
        "updates/s",
        "per cpu",
        "events/s",
        "bytes/particle"
    );
    for &m in &sizes {
        for s in sample_counts.into_iter().filter(|s| !some_count || named(&format!("s={s}"))) {
            for phase in phases.into_iter().filter(|phase| !some_phase || named(phase)) {
                row(m, s, phase, if phase == "later" { later(m, s) } else { measure(m) });
            }
        }
    }
}
