//! Cell-updates per second of full steps of the density solver, and memory per cell.
//!
//! `cargo bench --bench density`: five samples of a sine on [-1, 1], amplitudes normal, directions uniform, from time 0
//! on; square grids of several sizes and each kind of transport. An update is one cell through a step of two passes:
//! `cells pushes / 2` over the time.

use std::time::Instant;

use reluflow::flow::{Flow, Stepper};
use reluflow::problem::{DensityLaw, DensityStart, Law, LawKind, Samples};

/// Steps that are not measured: the first grow from nothing.
const WARM_UP: u64 = 4;
/// Least time to measure (s).
const TIME: f64 = 1.5;

fn main() {
    let canonical = Flow::Canonical { tv: 0.0 };
    let lifted = Flow::Lifted { kappa: 1.0, decay: 0.0 };
    let rows = [
        ("canonical", canonical, None),
        ("canonical, tv 0.1", Flow::Canonical { tv: 0.1 }, None),
        ("lifted, delta -0.5", lifted, Some(-0.5)),
        ("lifted, delta 0", lifted, Some(0.0)),
        ("lifted, delta 0.5", lifted, Some(0.5)),
    ];
    println!("{:20} {:>10} {:>14} {:>14} {:>12}", "flow", "cells", "updates/s", "pushes/step", "bytes/cell");
    for (name, flow, delta) in rows {
        for side in [100, 200, 400, 800] {
            row(name, flow, delta, side);
        }
    }
}

fn row(name: &str, flow: Flow, delta: Option<f64>, side: usize) {
    let x: Vec<f64> = (0..5).map(|j| -1.0 + 0.5 * f64::from(j)).collect();
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    let samples = Samples::new(&x, &y).expect("valid samples");
    let law = Law { kind: LawKind::NormalUniform, scale: 1.0, antisymmetric: false };
    let start = DensityStart { law: DensityLaw::of(law, delta), cells: [side, side] };
    let before = memory();
    let begin = || Stepper::start_density(samples.clone(), &start, flow, 1e-6).expect("a start");
    let (mut stepper, mut state) = begin();
    let (mut updates, mut pushes, mut steps, mut seconds) = (0.0, 0, 0, 0.0);
    let mut bytes = 0.0;
    while seconds < TIME {
        if state.time >= 4.0 {
            (stepper, state) = begin();
        }
        let now = Instant::now();
        let record = stepper.step(&mut state, 4.0).expect("a step");
        if state.step > WARM_UP {
            seconds += now.elapsed().as_secs_f64();
            let cells = state.particles.density().cells.len() as f64;
            updates += 0.5 * cells * f64::from(record.pushes);
            pushes += record.pushes;
            steps += 1;
            bytes = (memory() - before) / cells;
        }
    }
    let per_step = f64::from(pushes) / f64::from(steps);
    println!("{name:20} {:10} {:14.3e} {per_step:14.2} {bytes:12.0}", side * side, updates / seconds);
}

/// Resident memory of this process in bytes (Linux); 0 elsewhere.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}
