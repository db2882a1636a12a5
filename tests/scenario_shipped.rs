//! The scenarios that come with the program.

use std::path::{Path, PathBuf};

use reluflow::run::ParticleOutput;
use reluflow::scenario::{Scenario, scenarios};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn shipped(name: &str) -> Scenario {
    Scenario::read(&folder().join(name).with_extension("toml")).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_file_is_embedded_and_every_scenario_reads() {
    let names = |below: &'static str| {
        let files = std::fs::read_dir(folder().join(below)).unwrap();
        files.filter_map(move |entry| {
            Some(format!("{below}{}", entry.unwrap().file_name().to_str()?.strip_suffix(".toml")?))
        })
    };
    let mut files: Vec<String> = names("").chain(names("papers/")).collect();
    let mut embedded: Vec<String> = scenarios().iter().map(|s| s.name.to_string()).collect();
    files.sort();
    embedded.sort();
    assert_eq!(files, embedded);
    for scenario in scenarios() {
        let read = shipped(scenario.name);
        assert_eq!(read.description.title, scenario.title(), "{}", scenario.name);
        assert_eq!(read.description.scenario, scenario.text);
        let beside = folder().join(scenario.name).with_extension("toml");
        for (path, content) in scenario.files {
            assert_eq!(std::fs::read_to_string(beside.parent().unwrap().join(path)).unwrap(), *content);
        }
    }
}

/// What `reluflow scenarios copy` does.
#[test]
fn a_copy_is_complete() {
    for scenario in scenarios() {
        let copy = tempfile::tempdir().unwrap();
        for (path, content) in scenario.files.iter().chain(&[("copy.toml", scenario.text)]) {
            let path = copy.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let copied = Scenario::read(&copy.path().join("copy.toml")).unwrap();
        assert_eq!(copied.description, shipped(scenario.name).description);
    }
}

#[test]
fn mcycle_has_its_ties_and_its_scale() {
    let scenario = shipped("mcycle");
    let samples = &scenario.description.samples;
    assert_eq!(samples.len(), 94);
    assert_eq!(samples.weight().iter().sum::<f64>(), 133.0);
    assert_eq!((samples.x()[0], samples.x()[93]), (-1.0, 1.0));
    // Mean 0 and variance 1 over the 133 rows; the part within ties is merged_loss.
    let mean: f64 = (0..94).map(|j| samples.weight()[j] * samples.y()[j]).sum();
    let between: f64 = (0..94).map(|j| samples.weight()[j] * samples.y()[j].powi(2)).sum();
    assert!(mean.abs() < 1e-12, "{mean}");
    assert!((between + 2.0 * samples.merged_loss() - 133.0).abs() < 1e-10);
    // The first row is 2.4 ms, 0 g; the last of its file 57.6 ms, 10.7 g.
    let description = &scenario.description;
    assert!((description.x_map.invert(samples.x()[0]) - 2.4).abs() < 1e-13);
    assert!((description.y_map.invert(samples.y()[93]) - 10.7).abs() < 1e-13);
    assert_eq!(scenario.notices, ["39 samples share an x with others: 94 distinct x, with weights"]);
}

#[test]
fn others_are_what_their_comments_say() {
    let sine = shipped("sine").description;
    assert!((0..5).all(|j| (sine.samples.y()[j] - (3.0 * sine.samples.x()[j]).sin()).abs() < 1e-15));
    assert_eq!(shipped("tv").description.flow.tv(), 0.05);
    assert_eq!(shipped("nile").description.samples.len(), 100);
    let wide = shipped("wide");
    assert_eq!(wide.start.len(), 100_000);
    assert_eq!(wide.description.output.particles, ParticleOutput::Count(10_000));
    assert!(wide.description.output.single_precision);
    // The jumps of the square wave fall between its samples.
    assert_eq!(
        shipped("square").description.samples.y(),
        [1.0, 1.0, -1.0, -1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 1.0]
    );
    let inline = shipped("inline");
    assert_eq!(inline.description.samples.weight(), [1.0, 1.0, 2.0, 1.0, 1.0]);
    assert!(inline.start.canonical().unwrap().value_at(0.7).abs() < 1e-15);
    assert_eq!(inline.description.schedule.times(), [0.0, 0.1, 0.3, 1.0, 3.0, 10.0]);
    let particles = shipped("particles");
    assert_eq!(particles.start.mass().iter().sum::<f64>(), 1.0);
    assert_eq!(particles.description.seed, None);
}
