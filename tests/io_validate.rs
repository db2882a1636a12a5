//! Validation finds nothing in a good file and every kind of damage in a bad one.

use std::path::{Path, PathBuf};

use reluflow::flow::{Adam, Descent, Flow, Optimizer};
use reluflow::io::schema::{ATTRIBUTES, Dim, VARIABLES, Variable};
use reluflow::io::{IoError, LostSnapshot, RunFile, RunWriter, recover, validate};
use reluflow::run::{Description, OutputOptions, ParticleOutput, Until};

use crate::io_support::*;
use crate::study_support::Text;

fn good_file(directory: &Path) -> PathBuf {
    let path = directory.join("run.h5");
    write_all(&path, &description(3, 11, EVERYTHING));
    assert_eq!(validate(&path).unwrap(), []);
    path
}

/// Damages a good file and asserts that validation finds it in `object`.
fn finds(object: &str, problem: &str, damage: impl FnOnce(&hdf5::File)) {
    let directory = tempfile::tempdir().unwrap();
    let path = good_file(directory.path());
    let file = crate::common::open_rw(&path);
    damage(&file);
    file.close().unwrap();
    let found = validate(&path).unwrap();
    assert!(
        found.iter().any(|finding| finding.object == object && finding.problem.contains(problem)),
        "{object}: {problem} is not in {found:#?}"
    );
}

/// An entry of a `REFERENCE_LIST`, as HDF5 1.14 and as HDF5 2 write it.
#[derive(hdf5::H5Type, Clone, Copy)]
#[repr(C)]
struct Signed {
    dataset: hdf5::ObjectReference1,
    dimension: i32,
}

#[derive(hdf5::H5Type, Clone, Copy)]
#[repr(C)]
struct Unsigned {
    dataset: hdf5::ObjectReference1,
    dimension: u32,
}

/// Scales are attached whatever version of the library wrote the file.
#[test]
fn both_types_of_reference_lists_are_valid() {
    let directory = tempfile::tempdir().unwrap();
    let path = good_file(directory.path());
    let file = crate::common::open_rw(&path);
    let (time, name) = (file.dataset("time").unwrap(), "REFERENCE_LIST");
    let entries = time.attr(name).unwrap().read_1d::<Signed>().unwrap();
    time.delete_attr(name).unwrap();
    let entries =
        entries.mapv(|Signed { dataset, dimension }| Unsigned { dataset, dimension: dimension as u32 });
    time.new_attr_builder().with_data(&entries).create(name).unwrap();
    assert!(time.attr(name).unwrap().dtype().unwrap().is::<Unsigned>());
    drop(time);
    file.close().unwrap();
    assert_eq!(validate(&path).unwrap(), []);
}

fn set<T: hdf5::H5Type>(name: &str, at: [usize; 2], value: T) -> impl FnOnce(&hdf5::File) {
    move |file: &hdf5::File| {
        let dataset = file.dataset(name).unwrap();
        match dataset.ndim() {
            1 => dataset.write_slice(&[value], at[0]..at[0] + 1).unwrap(),
            _ => dataset.write_slice(&[value], (at[0], at[1]..at[1] + 1)).unwrap(),
        }
    }
}

#[test]
fn every_kind_of_damage_is_found() {
    finds("snapshot 2", "checksum", set("residual", [1, 2], 0.25));
    finds("residual", "snapshot 2, value 2 is NaN", set("residual", [1, 2], f64::NAN));
    finds("time", "snapshot 3 is at 0.5, the one before at 0.5", set("time", [2, 0], 0.5));
    finds("place", "snapshot 1 has 7", set("place", [0, 3], 7i8));
    finds("place_index", "snapshot 1 has 6", set("place_index", [0, 3], 6i32));
    finds("theta", "outside [0, 2 pi)", set("theta", [0, 3], 6.5));
    finds("mass", "value 4 is inf", set("mass", [4, 0], f64::INFINITY));
    finds("step 2", "checksum", set("steps/step_size", [1, 0], 0.25));
    finds("steps/time", "step 3 ends at", set("steps/time", [2, 0], 0.0));
    // Snapshot 2 is in slot 0.
    finds("checkpoint", "checksum", set("checkpoint/r", [0, 3], 0.25));
    finds("checkpoint", "no slot is valid", |file| {
        set("checkpoint/header", [0, 1], 99u64)(file);
        set("checkpoint/header", [1, 1], 99u64)(file);
    });
    finds("loss", "is missing", |file| file.unlink("loss").unwrap());
    finds("loss", "has type", |file| {
        file.unlink("loss").unwrap();
        file.new_dataset::<f32>().shape(3).create("loss").unwrap();
    });
    finds("region_mass", "has shape [3, 5]", |file| {
        file.unlink("region_mass").unwrap();
        file.new_dataset::<f64>().shape((3, 5)).create("region_mass").unwrap();
    });
    finds("loss", "axis 0 is not attached", |file| {
        file.relink("loss", "old").unwrap();
        let loss = file.new_dataset::<f64>().shape((0..,)).chunk(1).create("loss").unwrap();
        loss.resize(3).unwrap();
        for name in ["long_name", "units", "equation"] {
            let text: Text = file.dataset("old").unwrap().attr(name).unwrap().read_scalar().unwrap();
            loss.new_attr::<Text>().create(name).unwrap().write_scalar(&text).unwrap();
        }
        file.unlink("old").unwrap();
    });
    finds("loss", "has no units", |file| file.dataset("loss").unwrap().delete_attr("units").unwrap());
    finds("tolerance", "attribute is missing", |file| file.delete_attr("tolerance").unwrap());
    finds("loss", "has 4 rows, others have 3", |file| file.dataset("loss").unwrap().resize(4).unwrap());
    finds("sample", "dimension scale of another name", |file| {
        let sample = file.dataset("sample").unwrap();
        sample.delete_attr("NAME").unwrap();
        let name: Text = "sample".parse().unwrap();
        sample.new_attr::<Text>().shape(1).create("NAME").unwrap().write(&[name]).unwrap();
    });
    finds("/more", "is not in the schema", |file| drop(file.create_group("more").unwrap()));
}

#[test]
fn a_flipped_bit_in_a_chunk_is_found_and_the_rest_is_saved() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let output = OutputOptions { compression: 0, particles: ParticleOutput::All, ..EVERYTHING };
    let d = description(3, 11, output);
    write_all(&path, &d);
    let mut bytes = std::fs::read(&path).unwrap();
    let needle: Vec<u8> = state(&d, 1, 0.0).r().iter().flat_map(|r| r.to_le_bytes()).collect();
    // In the snapshot, and in the older slot of the checkpoint.
    let places: Vec<usize> =
        (0..bytes.len() - needle.len()).filter(|&i| bytes[i..i + needle.len()] == needle).collect();
    for place in places {
        bytes[place + 40] ^= 1;
    }
    std::fs::write(&path, &bytes).unwrap();
    let found = validate(&path).unwrap();
    assert!(found.iter().any(|finding| finding.object == "snapshot 2"), "{found:?}");
    assert!(RunFile::open(&path).unwrap().particles(1).is_err());
    let copy = directory.path().join("copy.h5");
    let recovered = recover(&path, Some(&copy)).unwrap();
    assert_eq!((recovered.snapshots, recovered.steps), (2, 6));
    assert_eq!(recovered.lost_snapshots, [LostSnapshot { number: 1, time: Some(0.5) }]);
    let file = RunFile::open(&copy).unwrap();
    assert_eq!(file.snapshot(0).unwrap(), snapshot(&d, 0, 0.0));
    assert_eq!(file.snapshot(1).unwrap(), snapshot(&d, 2, 0.0));
    assert_eq!(validate(&copy).unwrap(), []);
    // The run had reached its end, so there is nothing to go on with.
    assert_eq!(recovered.resumes_at, None);
    let error = RunWriter::resume(&path).unwrap_err();
    assert!(matches!(error, IoError::Complete { .. }), "{error}");
}

#[test]
fn the_schema_is_whole() {
    for (i, variable) in VARIABLES.iter().enumerate() {
        assert!(!variable.long_name.is_empty(), "{}", variable.name);
        // `theta` is what particles have, or a dimension of a density: no file has both.
        let apart = |other: &Variable| {
            other.path() != variable.path()
                || (variable.name == "theta" && other.is_coordinate() != variable.is_coordinate())
        };
        assert!(VARIABLES[..i].iter().all(apart), "{}", variable.name);
    }
    for dim in Dim::ALL {
        let coordinates = VARIABLES.iter().filter(|v| v.is_coordinate() && v.name == dim.name());
        assert_eq!(coordinates.count(), 1, "{dim:?}");
    }
    // The attributes of a file are those of the table but for settings of other flows; gradient descent by
    // batches has all of its own.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.h5");
    let batch = Some(2);
    let descent = Descent {
        learning_rate: 0.1,
        optimizer: Optimizer::Adam(Adam::DEFAULT),
        weight_decay: 0.5,
        batch,
        seed: 3,
        label_noise: 0.5,
        temperature: 0.25,
        ..Descent::PLAIN
    };
    let flow = Flow::Descent { kappa: 1.0, descent };
    let until = Until { rest: true, loss: Some(1e-9), speed: Some(1e-9) };
    write_all(&path, &Description { flow, until, ..description(3, 20, EVERYTHING) });
    let mut names = hdf5::File::open(&path).unwrap().attr_names().unwrap();
    // Settings that it shares with another flow are not those of others; momentum is Adam's own.
    let own: Vec<&str> = flow.descriptor().parameters.iter().map(|setting| setting.name).collect();
    let of_others = Flow::ALL.iter().filter(|other| other.name() != flow.name());
    let of_others: Vec<&str> =
        of_others.flat_map(|other| other.descriptor().parameters).map(|setting| setting.name).collect();
    let mut expected: Vec<&str> = ATTRIBUTES.iter().map(|attribute| attribute.name).collect();
    let of_others: Vec<&str> = of_others.into_iter().filter(|name| !own.contains(name)).collect();
    // And but for the path and the function, which were not asked for, and for the cells of a density.
    let absent = |name: &str| {
        ["output_path", "output_function", "momentum"].contains(&name) || name.starts_with("density_")
    };
    expected.retain(|name| !of_others.contains(name) && !absent(name));
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
}
