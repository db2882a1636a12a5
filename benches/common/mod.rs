//! What the benches share: the problem, the clock, memory and its bandwidth.

use std::time::Instant;

use rayon::prelude::*;
use reluflow::problem::Samples;

/// `s` samples of a sine on [-1, 1].
pub fn samples(s: usize) -> Samples {
    let x: Vec<f64> = (0..s).map(|j| -1.0 + 2.0 * j as f64 / (s - 1) as f64).collect();
    let y: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    Samples::new(&x, &y).expect("valid samples")
}

/// Entry `i` of a sequence that fills [0, 1) evenly, one per irrational `step`.
pub fn unit(i: usize, step: f64) -> f64 {
    (i as f64 * step).fract()
}

/// Nearly normal numbers without a generator: sums of twelve even sequences.
pub fn nearly_normal(i: usize, stream: usize) -> f64 {
    let golden = 0.618_033_988_749_894_9;
    (1..=12).map(|k| unit(i + 1, golden * ((k + 12 * stream) as f64).sqrt())).sum::<f64>() - 6.0
}

/// Resident memory of this process in bytes (Linux); 0 elsewhere.
pub fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

/// Processor time of this process in seconds (Unix); NaN elsewhere.
pub fn processor_time() -> f64 {
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

/// Bytes per second of `a = b + q c` on all threads, the best of ten.
pub fn triad() -> f64 {
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
