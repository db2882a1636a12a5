//! Particle-updates per second of full accepted steps, and memory per particle.
//!
//! `cargo bench` prints the table; `cargo bench -- 1e7` adds a row for ten million particles.
//! An update is one particle through one accepted step, all pushes and rejected attempts of that
//! step included. The problem: `s` samples of a sine on [-1, 1], amplitudes normal, directions
//! uniform, tolerance 1e-8, from the start of the run (the busiest phase).

use std::time::Instant;

use reluflow::flow::Flow;
use reluflow::problem::{Measure, Samples};
use reluflow::run::Simulation;

/// A start measure without any library: golden-ratio directions, amplitudes by a crude normal law.
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

/// Peak resident memory of this process in bytes (Linux); 0 elsewhere.
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

fn main() {
    let mut sizes = vec![10_000, 1_000_000];
    sizes.extend(std::env::args().skip(1).filter_map(|a| a.parse::<f64>().ok()).map(|m| m as usize));
    println!("{} threads", rayon::current_num_threads());
    println!(
        "{:>9} {:>5} {:>6} {:>7} {:>9} {:>11} {:>12} {:>14}",
        "m", "s", "steps", "pushes", "t", "events/step", "updates/s", "bytes/particle"
    );
    for &m in &sizes {
        for s in [5, 40, 1000] {
            let before = peak_memory();
            let mut simulation =
                Simulation::with(samples(s), measure(m), Flow::Canonical { tv: 0.0 }, 1e-8).expect("a start");
            let budget = if m >= 1_000_000 { 10.0 } else { 1.0 };
            let (start, mut pushes) = (Instant::now(), 0);
            let mut elapsed = 0.0;
            while elapsed < budget && simulation.state().time < 2.0 {
                pushes += simulation.step(2.0).expect("a step").pushes;
                elapsed = start.elapsed().as_secs_f64();
            }
            let state = simulation.state();
            let memory = (peak_memory() - before).max(0.0) / m as f64;
            println!(
                "{m:>9} {s:>5} {:>6} {pushes:>7} {:>9.2e} {:>11.1} {:>12.3e} {memory:>14.1}",
                state.step,
                state.time,
                state.counters.events() as f64 / state.step as f64,
                (m as u64 * state.step) as f64 / elapsed
            );
        }
    }
}
