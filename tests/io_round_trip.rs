//! What is written is read back, to the last bit.

use reluflow::io::{IoError, RunFile, RunWriter, Status, recover};
use reluflow::run::{OutputOptions, ParticleOutput};

use crate::io_support::*;

fn expected_theta(theta: f64) -> f64 {
    theta.rem_euclid(std::f64::consts::TAU)
}

#[test]
fn everything_comes_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let d = description(4, 37, EVERYTHING);
    write_all(&path, &d);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");

    let file = RunFile::open(&path).unwrap();
    assert_eq!(file.status(), Status::Finished);
    assert_eq!(file.description().unwrap(), d);
    assert_eq!(file.len(), SNAPSHOTS);
    for i in 0..SNAPSHOTS {
        assert_eq!(file.snapshot(i).unwrap(), snapshot(&d, i, 0.0));
        let (particles, state) = (file.particles(i).unwrap().unwrap(), state(&d, i, 0.0));
        assert_eq!(particles.index, (0..37).collect::<Vec<_>>());
        assert_eq!(particles.r, state.r());
        assert!(particles.theta.iter().all(|theta| (0.0..std::f64::consts::TAU).contains(theta)));
        let theta: Vec<f64> = state.theta().iter().map(|&theta| expected_theta(theta)).collect();
        assert_eq!(particles.theta, theta);
        assert_eq!(particles.place, state.place());
    }
    assert_eq!(file.steps().unwrap(), (0..SNAPSHOTS).flat_map(steps).collect::<Vec<_>>());
    assert_eq!(file.checkpoint().unwrap(), state(&d, SNAPSHOTS - 1, 0.0));
    let attributes = file.attributes().unwrap();
    let value = |name: &str| attributes.iter().find(|(n, _)| n == name).unwrap().1.clone();
    assert_eq!(value("seed"), (u64::MAX - 3).to_string());
    assert_eq!(value("title"), "Made up: μ");
    assert_eq!(value("tv"), "0.25");
    assert!(matches!(
        file.snapshot(SNAPSHOTS),
        Err(IoError::NoSnapshot { index: SNAPSHOTS, len: SNAPSHOTS, .. })
    ));
}

#[test]
fn particles_can_be_thinned_or_left_out() {
    let directory = tempfile::tempdir().unwrap();
    for particles in [ParticleOutput::None, ParticleOutput::Count(5), ParticleOutput::Count(37)] {
        let path = directory.path().join(format!("{particles:?}.h5"));
        let output = OutputOptions {
            particles,
            single_precision: true,
            tangent_kernel: false,
            path: false,
            function: 0,
            compression: 0,
        };
        let d = description(1, 37, output);
        write_all(&path, &d);
        let file = RunFile::open(&path).unwrap();
        assert_eq!(file.description().unwrap(), d);
        assert_eq!(file.checkpoint().unwrap(), state(&d, SNAPSHOTS - 1, 0.0), "is never thinned");
        assert_eq!(file.snapshot(2).unwrap(), snapshot(&d, 2, 0.0));
        let Some(stored) = file.particles(2).unwrap() else {
            assert_eq!(particles, ParticleOutput::None);
            continue;
        };
        assert_eq!(stored.index, particles.indices(37));
        let state = state(&d, 2, 0.0);
        for (k, &i) in stored.index.iter().enumerate() {
            assert_eq!(stored.r[k], f64::from(state.r()[i] as f32));
            assert_eq!(stored.theta[k], f64::from(expected_theta(state.theta()[i]) as f32));
            assert_eq!(stored.place[k], state.place()[i]);
        }
    }
}

#[test]
fn a_long_scenario_and_empty_texts_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let mut d = description(2, 3, EVERYTHING);
    d.scenario = "# 0123456789äöü\n".repeat(20_000);
    (d.title, d.measure_source, d.seed) = (String::new(), String::new(), None);
    write_all(&path, &d);
    assert_eq!(RunFile::open(&path).unwrap().description().unwrap(), d);
}

#[test]
fn long_rows_and_many_steps_come_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    // More particles than a piece holds, more steps than a batch.
    let d = description(2, 300_000, OutputOptions { compression: 1, ..EVERYTHING });
    let mut many: Vec<_> = (0..3000).flat_map(|_| steps(1)).collect();
    many.iter_mut().enumerate().for_each(|(i, step)| step.time = (i + 1) as f64 / 18_000.0);
    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    writer.write(&snapshot(&d, 0, 0.0), &state(&d, 0, 0.0), &[], true).unwrap();
    writer.write(&snapshot(&d, 1, 0.0), &state(&d, 1, 0.0), &many, true).unwrap();
    drop(writer);
    let file = RunFile::open(&path).unwrap();
    assert_eq!(file.status(), Status::Interrupted);
    assert_eq!(file.particles(1).unwrap().unwrap().r, state(&d, 1, 0.0).r());
    assert_eq!(file.steps().unwrap(), many);
    drop(file);
    let copy = directory.path().join("copy.h5");
    let recovered = recover(&path, Some(&copy)).unwrap();
    assert_eq!((recovered.snapshots, recovered.steps, recovered.lost_something()), (2, 9000, false));
    assert_same_bits(&path, &copy);
}

#[test]
fn an_interrupted_run_continues_as_if_it_had_not_been() {
    let directory = tempfile::tempdir().unwrap();
    let [whole, path] = ["whole.h5", "run.h5"].map(|name| directory.path().join(name));
    let d = description(3, 11, EVERYTHING);
    write_all(&whole, &d);

    let mut writer = RunWriter::create(&path, &d, false).unwrap();
    write(&mut writer, &d, 0..2, |_| ()).unwrap();
    // Ctrl-C in the middle of the way to snapshot 2, after its first step.
    writer.write(&snapshot(&d, 1, 0.01), &state(&d, 1, 0.01), &steps(2)[..1], false).unwrap();
    writer.finish().unwrap();
    let file = RunFile::open(&path).unwrap();
    assert_eq!((file.status(), file.len()), (Status::Interrupted, 3));
    assert_eq!(file.snapshot(2).unwrap(), snapshot(&d, 1, 0.01));
    drop(file);

    let (mut writer, resumed, at) = RunWriter::resume(&path).unwrap();
    assert_eq!((resumed, at), (d.clone(), state(&d, 1, 0.01)));
    assert!(matches!(RunWriter::resume(&path), Err(IoError::Locked { .. })));
    writer.write(&snapshot(&d, 2, 0.0), &state(&d, 2, 0.0), &steps(2)[1..], true).unwrap();
    write(&mut writer, &d, 3..SNAPSHOTS, |_| ()).unwrap();
    writer.finish().unwrap();
    assert_same_bits(&whole, &path);
    let history = RunFile::open(&path).unwrap().attributes().unwrap();
    let history = &history.iter().find(|(name, _)| name == "history").unwrap().1;
    assert_eq!(history.lines().count(), 2, "{history}");
    assert!(history.contains("resumed after step 4"), "{history}");
    assert!(matches!(RunWriter::resume(&path), Err(IoError::Complete { snapshots: SNAPSHOTS, .. })));
}

/// A kill can tear a write where it crosses a page of memory. Once it tore a block of an object
/// header (116 bytes across a page), and the dataset could not be opened again.
#[test]
fn what_hdf5_knows_of_a_dataset_is_aligned_to_pages() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    write_all(&path, &description(4, 37, EVERYTHING));
    let made = hdf5::File::open(&path).unwrap().fcpl().unwrap();
    assert_eq!(made.file_space_page_size(), 4096);
    let strategy = format!("{:?}", made.file_space_strategy());
    assert!(strategy.contains("paged: true"), "{strategy}");
}
