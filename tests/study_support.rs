//! Study files as the tests compare them.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5::types::{FixedAscii, FixedUnicode};

/// Any text of a file: the library converts from its length.
pub type Text = FixedUnicode<4096>;

/// All variables by name, as the bits of their numbers or as texts; but for times spent, which no
/// two studies share.
pub fn contents(path: &Path) -> BTreeMap<String, (Vec<usize>, Vec<String>)> {
    let file = hdf5::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut contents = BTreeMap::new();
    for dataset in file.datasets().unwrap() {
        let name = dataset.name().trim_start_matches('/').to_string();
        if name == "wall_time" || name == "flow_time" {
            continue;
        }
        let values = texts_of(&dataset).unwrap_or_else(|| {
            // Every number that a study holds is a double exactly, or a small integer.
            dataset.read_raw::<f64>().unwrap().iter().map(|v| format!("{:016x}", v.to_bits())).collect()
        });
        contents.insert(name, (dataset.shape(), values));
    }
    assert!(contents.len() > 5, "{contents:?}");
    contents
}

/// One variable of numbers.
pub fn numbers(path: &Path, name: &str) -> Vec<f64> {
    hdf5::File::open(path).unwrap().dataset(name).unwrap().read_raw().unwrap()
}

/// One variable of texts.
pub fn texts(path: &Path, name: &str) -> Vec<String> {
    texts_of(&hdf5::File::open(path).unwrap().dataset(name).unwrap()).unwrap()
}

/// The texts of an array, of which there may be ASCII and other ones; `None` of one of numbers.
fn texts_of(dataset: &hdf5::Dataset) -> Option<Vec<String>> {
    let ascii = dataset.read_raw::<FixedAscii<4096>>();
    match ascii {
        Ok(texts) => Some(texts.iter().map(|text| text.as_str().to_string()).collect()),
        Err(_) => {
            Some(dataset.read_raw::<Text>().ok()?.iter().map(|text| text.as_str().to_string()).collect())
        }
    }
}

/// Panics at the first variable that differs.
pub fn assert_same_study(a: &Path, b: &Path) {
    let (a, b) = (contents(a), contents(b));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (name, values) in &a {
        assert_eq!(values, &b[name], "{name}");
    }
}
