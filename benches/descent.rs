//! Gradient descent: particle-updates per second, and the bandwidth that they use.
//!
//! `cargo bench --bench descent` prints the table; `-- 1e7` adds rows for ten million neurons. An
//! update is one neuron through one whole step. The problem: `s` samples of a sine on [-1, 1],
//! weights uniform on [-1, 1], mean-field scaling. Two phases: `start`, from time 0 on, and
//! `later`, after 300 steps. A step reads `c, w, place, mass` and writes `c, w`: 60 bytes a neuron
//! (108 with momentum), compared with a triad `a = b + q c` over arrays of 24 bytes an element that
//! is measured first.

use std::time::Instant;

use rayon::prelude::*;
use reluflow::flow::descent::Descender;
use reluflow::flow::{Descent, State};
use reluflow::problem::{Neurons, Samples};

/// Neurons without random numbers: weights from golden-ratio sequences.
fn neurons(m: usize) -> Neurons {
    let column = |step: f64| (0..m).map(|i| 2.0 * (i as f64 * step).fract() - 1.0).collect();
    let golden = 0.618_033_988_749_894_9_f64;
    Neurons::uniform(column(golden), column(2f64.sqrt()), column(3f64.sqrt())).expect("valid neurons")
}

fn samples(s: usize) -> Samples {
    let x: Vec<f64> = (0..s).map(|j| -1.0 + 2.0 * j as f64 / (s - 1) as f64).collect();
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    Samples::new(&x, &y).expect("valid samples")
}

/// Bytes per second of `a = b + q c`, the best of ten.
fn triad() -> f64 {
    let n = 20_000_000;
    let (mut a, b, c) = (vec![0.0f64; n], vec![1.0f64; n], vec![2.0f64; n]);
    let pass = |a: &mut [f64], q: f64| {
        let start = Instant::now();
        let lists = a.par_chunks_mut(65_536).zip(b.par_chunks(65_536)).zip(c.par_chunks(65_536));
        lists.for_each(|((a, b), c)| (0..a.len()).for_each(|i| a[i] = b[i] + q * c[i]));
        24.0 * n as f64 / start.elapsed().as_secs_f64()
    };
    (0..10).map(|i| pass(&mut a, f64::from(i))).fold(0.0, f64::max)
}

fn timed(descender: &mut Descender, state: &mut State, seconds: f64) -> (u64, f64) {
    let (first, start) = (state.step, Instant::now());
    while state.step < first + 3 || start.elapsed().as_secs_f64() < seconds {
        descender.step(state, f64::INFINITY).expect("a step");
    }
    (state.step - first, start.elapsed().as_secs_f64())
}

fn row(m: usize, s: usize, momentum: f64, bandwidth: f64) {
    // Stable for the fastest mode: the tangent kernel has a trace below 2 s.
    let learning_rate = 0.2 * m as f64 / s as f64 * (1.0 - momentum);
    let descent = Descent { learning_rate, momentum, ..Descent::PLAIN };
    let (mut descender, mut state) =
        Descender::start(samples(s), neurons(m), 1.0, &descent).expect("a start");
    for phase in ["start", "later"] {
        while phase == "later" && state.step < 300 {
            descender.step(&mut state, f64::INFINITY).expect("a step");
        }
        let before = state.counters.events();
        let (steps, elapsed) = timed(&mut descender, &mut state, 1.0);
        let updates = (m as u64 * steps) as f64;
        let bytes = if momentum > 0.0 { 108.0 } else { 60.0 };
        println!(
            "{m:>9} {s:>5} {momentum:>9} {phase:>6} {steps:>6} {:>14.1e} {:>10.2e} {:>12.2}",
            (state.counters.events() - before) as f64 / updates,
            updates / elapsed,
            bytes * updates / elapsed / bandwidth
        );
    }
}

fn main() {
    let bandwidth = triad();
    println!("{} threads, triad {:.1} GB/s", rayon::current_num_threads(), bandwidth / 1e9);
    println!(
        "{:>9} {:>5} {:>9} {:>6} {:>6} {:>14} {:>10} {:>12}",
        "m", "s", "momentum", "phase", "steps", "events/update", "updates/s", "of the triad"
    );
    let mut sizes = vec![10_000, 1_000_000];
    sizes.extend(std::env::args().skip(1).filter_map(|a| a.parse::<f64>().ok()).map(|m| m as usize));
    for m in sizes {
        for s in [10, 100, 1000] {
            row(m, s, 0.0, bandwidth);
        }
        row(m, 100, 0.9, bandwidth);
    }
}
