//! Run files of neurons: what is written is read back, and `r`, `theta` belong to `c`, `a`, `b`.

use std::f64::consts::TAU;

use reluflow::flow::{Canonical, Descended, Descent, Flow, Layers, Lifted, Optimizer, Particles};
use reluflow::io::{RunFile, RunWriter, recover, validate};
use reluflow::problem::Place;
use reluflow::run::{Description, OutputOptions, ParticleOutput, State};

use crate::io_support::{self, EVERYTHING, SNAPSHOTS, assert_same_bits, number, snapshot, steps};

const M: usize = 37;

pub fn description(flow: Flow, output: OutputOptions) -> Description {
    let delta = (0..M).map(|i| number(50, 0, i)).collect();
    Description { flow, delta, ..io_support::description(4, M, output) }
}

/// A state of neurons; with frames they are kept in other coordinates.
pub fn state(d: &Description, i: usize, shift: f64, frames: bool) -> State {
    let base = io_support::state(d, i, shift);
    let column = |seed| (0..M).map(|k| number(seed, i, k)).collect::<Vec<f64>>();
    let (c, mut w_x, mut w_y) = (column(51), column(52), column(53));
    (w_x[3], w_y[3]) = (-0.0, 0.0);
    // As a grouped state: positions in another order.
    let position = (0..M as u32).map(|k| (k * 5 + 2) % M as u32).collect();
    let Canonical { place, moments, .. } = base.particles.canonical().clone();
    let particles = if frames {
        let bins = 2 * d.mass.len().min(8) * 2;
        let frame = (0..9 * bins).map(|k| number(54, i, k)).collect();
        let decay = vec![0.0, 1.0, 1.0];
        Particles::Lifted(Lifted { position, c, w_x, w_y, frame, decay, place, moments, ..Lifted::default() })
    } else {
        let place = place.iter().map(|place| Place::in_region(place.index())).collect();
        Particles::Descended(Descended { position, c, w_x, w_y, place, moments, ..Descended::default() })
    };
    State { particles, ..base }
}

pub fn write(writer: &mut RunWriter, d: &Description, frames: bool, range: std::ops::Range<usize>) {
    for i in range {
        writer.write(&snapshot(d, i, 0.0), &state(d, i, 0.0, frames), &steps(i), true).unwrap();
    }
}

fn descent(batch: Option<usize>, seed: u64, layers: Layers) -> Flow {
    let descent = Descent {
        learning_rate: 0.125,
        momentum: 0.9,
        batch,
        seed,
        optimizer: if seed == 0 { Optimizer::Sgd } else { Optimizer::Nesterov },
        layers,
        ..Descent::PLAIN
    };
    Flow::Descent { kappa: 3.0, descent }
}

#[test]
fn every_flow_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    for (number, flow) in [
        Flow::Lifted { kappa: 2.5, decay: 0.0 },
        Flow::Kernel { kappa: 1.0, decay: 0.0 },
        Flow::Adaptive { kappa: 1e-3, decay: 0.0 },
        descent(None, 0, Layers::Both),
        descent(Some(3), u64::MAX, Layers::Output),
        descent(Some(1), 0, Layers::Hidden),
    ]
    .into_iter()
    .enumerate()
    {
        let path = directory.path().join(format!("{number}.h5"));
        let d = description(flow, EVERYTHING);
        let mut writer = RunWriter::create(&path, &d, false).unwrap();
        write(&mut writer, &d, false, 0..SNAPSHOTS);
        writer.finish().unwrap();
        assert_eq!(RunFile::open(&path).unwrap().description().unwrap(), d);
        assert_eq!(validate(&path).unwrap(), []);
    }
}

#[test]
fn neurons_come_back_with_their_canonical_parameters() {
    let directory = tempfile::tempdir().unwrap();
    for (frames, single, particles) in [
        (false, false, ParticleOutput::All),
        (true, false, ParticleOutput::All),
        (true, true, ParticleOutput::Count(5)),
        (true, false, ParticleOutput::None),
    ] {
        let path = directory.path().join(format!("{frames}{particles:?}.h5"));
        let output = OutputOptions { particles, single_precision: single, ..EVERYTHING };
        let d = description(Flow::Lifted { kappa: 2.5, decay: 0.0 }, output);
        let mut writer = RunWriter::create(&path, &d, false).unwrap();
        write(&mut writer, &d, frames, 0..SNAPSHOTS);
        writer.finish().unwrap();
        assert_eq!(validate(&path).unwrap(), []);
        let file = RunFile::open(&path).unwrap();
        assert_eq!(file.description().unwrap(), d);
        assert_eq!(file.checkpoint().unwrap(), state(&d, SNAPSHOTS - 1, 0.0, frames));
        let Some(stored) = file.particles(1).unwrap() else {
            assert_eq!(particles, ParticleOutput::None);
            continue;
        };
        let state = state(&d, 1, 0.0, frames);
        let rounded = |value: f64| if single { f64::from(value as f32) } else { value };
        assert_eq!(stored.index, particles.indices(M));
        for (k, &i) in stored.index.iter().enumerate() {
            let [c, w_x, w_y] = state.neuron(i);
            assert_eq!([stored.c[k], stored.a[k], stored.b[k]], [c, w_x, -w_y].map(rounded));
            assert!(stored.b[k] != 0.0 || stored.b[k].is_sign_positive());
            let r = 2.5 * c * (w_x * w_x + w_y * w_y).sqrt();
            let bound = if single { 1e-6 } else { 1e-15 };
            assert!((stored.r[k] - r).abs() <= bound * r.abs().max(1.0));
            assert!((0.0..TAU).contains(&stored.theta[k]));
            // The direction points along w.
            let (sin, cos) = stored.theta[k].sin_cos();
            let w = w_x.hypot(w_y);
            assert!((w * cos - w_x).abs() <= bound * 4.0 && (w * sin - w_y).abs() <= bound * 4.0);
            if w == 0.0 {
                assert_eq!((stored.r[k], stored.theta[k]), (0.0, 0.0));
            }
        }
    }
}

#[test]
fn runs_of_neurons_are_recovered_and_resumed() {
    let directory = tempfile::tempdir().unwrap();
    let [whole, path, copy] = ["whole.h5", "run.h5", "copy.h5"].map(|name| directory.path().join(name));
    let d = description(descent(Some(2), 9, Layers::Both), EVERYTHING);
    let mut writer = RunWriter::create(&whole, &d, false).unwrap();
    write(&mut writer, &d, true, 0..SNAPSHOTS);
    writer.finish().unwrap();
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    write(&mut writer, &d, true, 0..2);
    drop(writer);
    let recovered = recover(&path, Some(&copy)).unwrap();
    let at_one = state(&d, 1, 0.0, true);
    assert_eq!((recovered.snapshots, recovered.resumes_at), (2, Some(at_one.time)));
    let (mut writer, resumed, at) = RunWriter::resume(&copy).unwrap();
    assert_eq!((resumed, at), (d.clone(), state(&d, 1, 0.0, true)));
    write(&mut writer, &d, true, 2..SNAPSHOTS);
    writer.finish().unwrap();
    assert_same_bits(&whole, &copy);
}

#[test]
fn canonical_runs_have_no_neurons() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    io_support::write_all(&path, &io_support::description(4, M, EVERYTHING));
    let file = hdf5::File::open(&path).unwrap();
    assert!(["c", "a", "b", "delta"].iter().all(|name| file.dataset(name).is_err()));
    assert_eq!(file.attr("kappa").unwrap().read_scalar::<f64>().unwrap(), 1.0);
    drop(file);
    let particles = RunFile::open(&path).unwrap().particles(0).unwrap().unwrap();
    assert!(particles.c.is_empty() && particles.a.is_empty() && particles.b.is_empty());
}
