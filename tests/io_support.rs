//! A made-up run: values that depend on nothing but their position, so that two writers of it
//! write the same bits.

use std::path::Path;

use ndarray::{Array1, Array2};
use reluflow::flow::{Canonical, Counters, Flow, OutputBias, Particles};
use reluflow::io::{IoError, RunWriter};
use reluflow::problem::{Affine, Place, PlaceKind, Risk, Samples, Sampling, Truth};
use reluflow::run::{
    Description, OutputOptions, ParticleOutput, Schedule, Snapshot, State, StepRecord, Until,
};

/// Snapshots of the made-up run.
pub const SNAPSHOTS: usize = 3;
pub const EVERYTHING: OutputOptions = OutputOptions {
    particles: ParticleOutput::All,
    single_precision: false,
    tangent_kernel: true,
    path: false,
    function: 0,
    compression: 4,
};

/// A number in (-1, 1) from a position.
pub fn number(seed: u64, i: usize, j: usize) -> f64 {
    let mut z = seed
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add((i as u64) << 32)
        .wrapping_add(j as u64)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

pub fn description(samples: usize, particles: usize, output: OutputOptions) -> Description {
    let x: Vec<f64> = (0..samples).map(|j| j as f64 - 1.5).collect();
    let y: Vec<f64> = (0..samples).map(|j| number(1, 0, j)).collect();
    let weight: Vec<f64> = (0..samples).map(|j| 1.0 + (j % 2) as f64).collect();
    // Where everything is stored.
    let truth = output.tangent_kernel.then(|| Truth::new(&x, |x| Some(2.0 * x)));
    Description {
        title: "Made up: μ".to_owned(),
        scenario: "title = \"Made up\"\n# λ\n".to_owned(),
        measure_source: "normal-uniform, scale 1".to_owned(),
        seed: Some(u64::MAX - 3),
        sampling: Sampling::Quadrature { nodes: 14, estimate_error: output.tangent_kernel },
        samples: Samples::from_merged(x, y, weight, 0.125).unwrap(),
        truth,
        x_map: Affine { offset: 0.1, scale: 3.0 },
        y_map: Affine { offset: -1.0, scale: 0.7 },
        mass: (0..particles).map(|i| (1.0 + number(2, 0, i)) / particles as f64).collect(),
        delta: vec![],
        density: None,
        flow: Flow::Canonical { tv: 0.25 },
        output_bias: OutputBias { start: -0.5, rate: 2.5 },
        end: 1.0,
        tolerance: 1e-8,
        until: Until::default(),
        schedule: Schedule::count(1.0, SNAPSHOTS),
        output,
    }
}

fn counters(seed: u64, i: usize) -> Counters {
    let count = |k| (number(seed, i, k).abs() * 1e6) as u64;
    Counters::from_counts(std::array::from_fn(count), number(seed, i, 99).abs())
}

pub fn time(i: usize) -> f64 {
    i as f64 / (SNAPSHOTS - 1) as f64
}

/// Snapshot `i`; `shift` moves its time, for one that is off schedule.
pub fn snapshot(d: &Description, i: usize, shift: f64) -> Snapshot {
    let s = d.samples.len();
    let vector = |seed, len| Array1::from_shape_fn(len, |k| number(seed, i, k));
    let matrix = |seed, rows, columns| {
        Array2::from_shape_fn((rows, columns), |(j, k)| number(seed, i, j * columns + k))
    };
    let kernel = d.output.tangent_kernel;
    Snapshot {
        time: time(i) + shift,
        step: 3 * i as u64 + u64::from(shift != 0.0),
        output_bias: number(43, i, 0),
        residual: vector(10, s),
        residual_ode: vector(11, s),
        residual_ode_uncorrected: vector(12, s),
        loss: number(13, i, 0),
        penalty: number(14, i, 0),
        energy_dissipation: number(15, i, 0),
        tangent_kernel_change: number(16, i, 0),
        region_mass: vector(17, 2 * s),
        region_covariance: matrix(18, 2 * s, 3),
        pinned_mass: matrix(19, 2 * s, 2),
        attractor: Array2::from_shape_fn((2 * s, 2), |(b, sign)| ((i + b + sign) % 4) as i8 - 1),
        stuck_mass: number(20, i, 0),
        tangent_kernel: kernel.then(|| matrix(21, s, s)),
        tangent_kernel_eigenvalues: kernel.then(|| vector(22, s)),
        error_estimate: kernel.then(|| number(24, i, 0).abs()),
        function: None,
        risk: d.truth.as_ref().map(|_| {
            [50, 51].map(|seed| Risk {
                l1: number(seed, i, 0),
                l2: number(seed, i, 1),
                largest: number(seed, i, 2),
            })
        }),
        ending: None,
        counters: counters(23, i),
    }
}

pub fn state(d: &Description, i: usize, shift: f64) -> State {
    let (s, m) = (d.samples.len(), d.mass.len());
    let numbers = |seed, len| (0..len).map(|k| number(seed, i, k)).collect::<Vec<f64>>();
    State {
        time: time(i) + shift,
        step: 3 * i as u64 + u64::from(shift != 0.0),
        step_size: number(30, i, 0),
        grouped_at: i as u64,
        particles: Particles::Canonical(Canonical {
            position: (0..m as u32).collect(),
            r: numbers(31, m),
            theta: (0..m).map(|k| 3.0 * number(32, i, k) + 1.5).collect(),
            place: (0..m).map(|k| Place::new(PlaceKind::ALL[(i + k) % 5], k % (2 * s))).collect(),
            moments: numbers(33, 14 * s),
        }),
        residual_ode: numbers(34, s),
        residual_ode_uncorrected: numbers(35, s),
        memory: numbers(36, 1 + 2 * s),
        initial_moments: numbers(37, 12 * s),
        scale: number(42, i, 0),
        output_bias: Some(number(43, i, 0)),
        bias_memory: [number(44, i, 0), number(44, i, 1)],
        counters: counters(38, i),
    }
}

/// The three steps before snapshot `i`, none before the first.
pub fn steps(i: usize) -> Vec<StepRecord> {
    let count = if i == 0 { 0 } else { 3 };
    (0..count)
        .map(|k| StepRecord {
            time: time(i - 1) + (k + 1) as f64 / 12.0,
            step_size: 1.0 / 12.0,
            loss: number(45, i, k),
            error_estimate: number(40, i, k),
            pushes: 1 + k as u32,
            rejections: k as u32,
            touched: 7 * k as u64,
            counters: counters(41, 3 * i + k),
            path: None,
        })
        .collect()
}

/// Writes snapshots `range`, calling `reported` after each.
pub fn write(
    writer: &mut RunWriter,
    d: &Description,
    range: std::ops::Range<usize>,
    mut reported: impl FnMut(usize),
) -> Result<(), IoError> {
    for i in range {
        // Some steps come before the snapshot that follows them.
        let all = steps(i);
        let (before, with) = all.split_at(all.len().min(2));
        if !before.is_empty() {
            writer.write_steps(before)?;
        }
        writer.write(&snapshot(d, i, 0.0), &state(d, i, 0.0), with, true)?;
        reported(i);
    }
    Ok(())
}

/// Writes the whole run.
pub fn write_all(path: &Path, d: &Description) {
    let mut writer = RunWriter::create(path, d, false).unwrap();
    write(&mut writer, d, 0..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
}

/// Name, type, shape and bits of a variable.
pub type Bits = (String, String, Vec<usize>, Vec<u8>);

/// The bits of every variable of the root and of `steps`.
pub fn bits(path: &Path) -> Vec<Bits> {
    let file = hdf5::File::open(path).unwrap();
    let mut all = vec![];
    for group in [file.group("/").unwrap(), file.group("steps").unwrap()] {
        for set in group.datasets().unwrap() {
            let dtype = set.dtype().unwrap().to_descriptor().unwrap().to_string();
            macro_rules! bytes {
                ($($t:ty),*) => {
                    $(if set.dtype().unwrap().is::<$t>() {
                        let values = set.read_raw::<$t>().unwrap();
                        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                        all.push((set.name(), dtype.clone(), set.shape(), bytes));
                        continue;
                    })*
                };
            }
            bytes!(f64, f32, i8, i32, i64, u32, u64);
            let texts = set.read_raw::<hdf5::types::FixedAscii<64>>().unwrap();
            let bytes = texts.iter().flat_map(|text| text.as_bytes().to_vec()).collect();
            all.push((set.name(), dtype, set.shape(), bytes));
        }
    }
    assert!(all.len() > 50, "{}", all.len());
    all
}

/// Asserts that two files hold the same bits.
pub fn assert_same_bits(a: &Path, b: &Path) {
    assert_bits(&bits(a), b);
}

/// Asserts that a file holds these bits.
pub fn assert_bits(a: &[Bits], b: &Path) {
    let b = bits(b);
    let names = |all: &[Bits]| {
        all.iter().map(|set| (set.0.clone(), set.1.clone(), set.2.clone())).collect::<Vec<_>>()
    };
    assert_eq!(names(a), names(&b));
    for (a, b) in a.iter().zip(&b) {
        assert!(a.3 == b.3, "{} differs", a.0);
    }
}
