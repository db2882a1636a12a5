//! Particle-updates per second of full accepted steps, and memory per particle.
//!
//! `cargo bench` prints the table; `cargo bench -- 1e7` adds rows for ten million particles.
//! An update is one particle through one accepted step, with all pushes and rejected attempts of
//! that step. The problem: `s` samples of a sine on [-1, 1], amplitudes normal, directions
//! uniform, tolerance 1e-8. Two phases:
//!
//! * `start`: from time 0 on, when the residuals are largest and most particles cross boundaries;
//! * `later`: after the first transients, where most of a run is spent. A run of 10^4 particles is
//!   brought there, and each of them is split into equal parts with slightly different amplitudes.

use std::time::Instant;

use reluflow::flow::Flow;
use reluflow::problem::{Measure, Samples};
use reluflow::run::Simulation;

const TOLERANCE: f64 = 1e-8;
const FLOW: Flow = Flow::Canonical { tv: 0.0 };
/// Particles of the run that leads to the later phase.
const COARSE: usize = 10_000;

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
    let r = (0..m).map(|i| state.r[i / parts] * spread(i % parts)).collect();
    let theta = (0..m).map(|i| state.theta[i / parts]).collect();
    Measure::uniform(r, theta).expect("a valid measure")
}

/// Resident memory of this process in bytes (Linux); 0 elsewhere.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

fn row(m: usize, s: usize, phase: &str, measure: Measure) {
    let before = memory() - 24.0 * m as f64; // without the measure that is handed over
    let mut simulation = Simulation::with(samples(s), measure, FLOW, TOLERANCE).expect("a start");
    let budget = if m >= 1_000_000 { 6.0 } else { 1.0 };
    // The first steps grow from nothing: not what is to be measured.
    for _ in 0..4 {
        simulation.step(1e9).expect("a step");
    }
    let (first, start) = (simulation.state().clone(), Instant::now());
    let mut pushes = 0;
    while start.elapsed().as_secs_f64() < budget {
        pushes += simulation.step(1e9).expect("a step").pushes;
    }
    let (elapsed, state) = (start.elapsed().as_secs_f64(), simulation.state());
    let (steps, h) = (state.step - first.step, state.time - first.time);
    let events = state.counters.events() - first.counters.events();
    drop(first);
    let updates = (m as u64 * steps) as f64;
    println!(
        "{m:>9} {s:>5} {phase:>6} {steps:>6} {:>9.1e} {:>12.2} {:>16.1e} {:>10.2e} {:>10.2e} {:>14.0}",
        h / steps as f64,
        f64::from(pushes) / steps as f64,
        events as f64 / updates,
        updates / elapsed,
        m as f64 * f64::from(pushes) / elapsed,
        (memory() - before) / m as f64
    );
}

fn main() {
    let mut sizes = vec![10_000, 1_000_000];
    sizes.extend(std::env::args().skip(1).filter_map(|a| a.parse::<f64>().ok()).map(|m| m as usize));
    println!("{} threads", rayon::current_num_threads());
    println!(
        "{:>9} {:>5} {:>6} {:>6} {:>9} {:>12} {:>16} {:>10} {:>10} {:>14}",
        "m",
        "s",
        "phase",
        "steps",
        "step",
        "pushes/step",
        "events/update",
        "updates/s",
        "pushes/s",
        "bytes/particle"
    );
    for &m in &sizes {
        for s in [5, 40, 1000] {
            row(m, s, "start", measure(m));
            row(m, s, "later", later(m, s));
        }
    }
}
