//! Whether two files hold the same: every variable and every attribute, bit for bit.
//!
//! What the program accepts may still crash the HDF5 library elsewhere, so that files are compared
//! in a process of their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use hdf5::types::{TypeDescriptor, VarLenUnicode};
use hdf5::{Attribute, Container, Dataset, File, Location, OpenMode};
use hdf5_sys::{h5a, h5d, h5p, h5s};

const FILES: &str = "RELUFLOW_DAMAGE_FILES";
const ANSWER: &str = "RELUFLOW_DAMAGE_ANSWER";

/// Which files are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// Two runs.
    Runs,
    /// Two runs that `resume` wrote just now.
    Resumed,
    /// Two studies, or two kernel files.
    Arrays,
}

/// What may differ although nothing is wrong, in which files (`None`: all), and why.
const EXEMPT: [(&str, Option<Pair>, &str); 7] = [
    (
        "@DIMENSION_LIST",
        None,
        "addresses within the file; what they say is compared as the scales of each axis",
    ),
    ("@REFERENCE_LIST", None, "addresses within the file, the same the other way round"),
    ("@history", Some(Pair::Resumed), "the time of day when it was resumed"),
    ("@attributes_checksum", Some(Pair::Resumed), "it covers the history; the other attributes are compared"),
    ("@long_name", Some(Pair::Arrays), "no schema tells it, and no value depends on it"),
    ("@units", Some(Pair::Arrays), "as the long name"),
    ("@equation", Some(Pair::Arrays), "as the long name"),
];

/// How `b` differs from `a`, at most a few lines; empty if in nothing that matters.
pub fn differences(a: &Path, b: &Path, pair: Pair, folder: &Path) -> Result<String, String> {
    let answer = folder.join("answer");
    let _ = std::fs::remove_file(&answer);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "damage_contents::child", "--test-threads=1"]);
    command.env(FILES, format!("{pair:?}\n{}\n{}", a.display(), b.display())).env(ANSWER, &answer);
    let ended = crate::damage_limits::run(command, folder, "compared");
    std::fs::read_to_string(&answer).map_err(|_| ended.text)
}

/// Not a test but the process that compares.
#[test]
fn child() {
    let Some(files) = std::env::var_os(FILES) else { return };
    let files = files.into_string().unwrap();
    let [pair, a, b] = files.lines().collect::<Vec<_>>()[..] else { panic!("{files}") };
    let pair = [Pair::Runs, Pair::Resumed, Pair::Arrays].into_iter().find(|p| format!("{p:?}") == pair);
    let answer = compare(Path::new(a), Path::new(b), pair.unwrap());
    std::fs::write(PathBuf::from(std::env::var_os(ANSWER).unwrap()), answer.join("\n")).unwrap();
}

/// Type, shape and bytes of each variable (by path) and attribute (path@name).
type Contents = BTreeMap<String, (String, Vec<usize>, Vec<u8>)>;

fn compare(a: &Path, b: &Path, pair: Pair) -> Vec<String> {
    let (a, b) = (contents(a), contents(b));
    let newest = newest_slot(&a);
    let exempt =
        |name: &str| EXEMPT.iter().any(|(end, of, _)| name.ends_with(end) && of.is_none_or(|of| of == pair));
    let mut differences = vec![];
    for name in a.keys().chain(b.keys().filter(|name| !a.contains_key(*name))).filter(|name| !exempt(name)) {
        let (Some(a), Some(b)) = (a.get(name), b.get(name)) else {
            differences.push(format!("{name} is in one file only"));
            continue;
        };
        if (&a.0, &a.1) != (&b.0, &b.1) {
            differences.push(format!("{name}: {} {:?} became {} {:?}", a.0, a.1, b.0, b.1));
        } else if !same_bytes(name, a, &b.2, newest) {
            let at = a.2.iter().zip(&b.2).position(|(a, b)| a != b);
            differences.push(format!("{name}: byte {at:?} of {}", a.2.len()));
        }
    }
    differences.truncate(8);
    differences
}

/// The slot of the checkpoint that counts; the other one may be anything: it is the next that is
/// overwritten, and a kill may leave it half so.
fn newest_slot(a: &Contents) -> Option<usize> {
    let (_, shape, bytes) = a.get("/checkpoint/header")?;
    let width = bytes.len() / shape[0];
    (0..shape[0]).max_by_key(|slot| u64::from_le_bytes(bytes[slot * width..][..8].try_into().unwrap()))
}

fn same_bytes(name: &str, a: &(String, Vec<usize>, Vec<u8>), b: &[u8], newest: Option<usize>) -> bool {
    let slots = name.starts_with("/checkpoint/") && !name.contains('@') && a.1.len() > 1;
    match newest {
        Some(slot) if slots => {
            let width = a.2.len() / a.1[0];
            a.2.len() == b.len() && a.2[slot * width..][..width] == b[slot * width..][..width]
        }
        _ => a.2 == b,
    }
}

fn contents(path: &Path) -> Contents {
    let options = |mode| File::with_options().with_fapl(|p| p.file_locking(false)).open_as(path, mode);
    let file = options(OpenMode::Read).or_else(|_| options(OpenMode::ReadSWMR)).unwrap();
    let mut contents = Contents::new();
    attributes(&mut contents, &file, "");
    let mut groups = vec![(String::new(), file.group("/").unwrap())];
    for group in file.groups().unwrap() {
        attributes(&mut contents, &group, &group.name());
        groups.push((group.name(), group));
    }
    for (_, group) in groups {
        for set in group.datasets().unwrap() {
            attributes(&mut contents, &set, &set.name());
            let bytes = bytes(&set, |dtype, buffer| {
                // SAFETY: the buffer holds all elements in the type of the file.
                unsafe { h5d::H5Dread(set.id(), dtype, h5s::H5S_ALL, h5s::H5S_ALL, h5p::H5P_DEFAULT, buffer) }
            });
            let dtype = set.dtype().unwrap().to_descriptor().unwrap().to_string();
            contents.insert(set.name(), (dtype + &scales(&set), set.shape(), bytes));
        }
    }
    contents
}

fn attributes(contents: &mut Contents, owner: &Location, place: &str) {
    for name in owner.attr_names().unwrap() {
        let attribute: Attribute = owner.attr(&name).unwrap();
        let dtype = attribute.dtype().unwrap().to_descriptor();
        let Ok(dtype) = dtype else {
            contents.insert(format!("{place}@{name}"), ("references".into(), attribute.shape(), vec![]));
            continue;
        };
        let lists = matches!(dtype, TypeDescriptor::VarLenArray(_) | TypeDescriptor::Compound(_));
        let bytes = match lists {
            true => vec![],
            false => bytes(&attribute, |dtype, buffer| {
                // SAFETY: the buffer holds all elements in the type of the file.
                unsafe { h5a::H5Aread(attribute.id(), dtype, buffer) }
            }),
        };
        contents.insert(format!("{place}@{name}"), (dtype.to_string(), attribute.shape(), bytes));
    }
}

/// All elements in the type of the file; texts of variable length as bytes that end with 0.
fn bytes(of: &Container, read: impl Fn(i64, *mut std::ffi::c_void) -> i32) -> Vec<u8> {
    let dtype = of.dtype().unwrap();
    if dtype.to_descriptor().unwrap() == TypeDescriptor::VarLenUnicode {
        let texts = of.read_raw::<VarLenUnicode>().unwrap();
        return texts.iter().flat_map(|text| [text.as_bytes(), &[0]].concat()).collect();
    }
    let mut bytes = vec![0; of.size() * dtype.size()];
    if !bytes.is_empty() {
        assert!(read(dtype.id(), bytes.as_mut_ptr().cast()) >= 0, "cannot be read");
    }
    bytes
}

/// Whether each axis is the dimension scale that it should be is in the list of its references,
/// which is long to follow: how many there are is enough here, `validate` follows them.
fn scales(set: &Dataset) -> String {
    let count = set.attr("DIMENSION_LIST").map_or(0, |list| list.size());
    format!(" of {count} scales")
}

/// A change of one value or attribute is seen, and so is none.
#[test]
fn differences_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.h5"), folder.path().join("b.h5"));
    let d = crate::io_support::description(3, 10, crate::io_support::EVERYTHING);
    crate::io_support::write_all(&a, &d);
    std::fs::copy(&a, &b).unwrap();
    assert_eq!(differences(&a, &b, Pair::Runs, folder.path()), Ok(String::new()));
    let change = |change: &dyn Fn(&File)| {
        std::fs::copy(&a, &b).unwrap();
        change(&crate::common::open_rw(&b));
        differences(&a, &b, Pair::Runs, folder.path()).unwrap()
    };
    let said = change(&|file| {
        let set = file.dataset("boundary_angle").unwrap();
        let mut values = set.read_raw::<f64>().unwrap();
        values[2] += 1e-9;
        set.write_raw(&values).unwrap();
    });
    assert!(said.starts_with("/boundary_angle: byte"), "{said}");
    let said = change(&|file| file.attr("tv").unwrap().write_scalar(&0.5).unwrap());
    assert!(said.starts_with("@tv: byte"), "{said}");
    let said = change(&|file| file.dataset("loss").unwrap().delete_attr("units").unwrap());
    assert_eq!(said, "/loss@units is in one file only");
    std::fs::write(&b, "no HDF5 file").unwrap();
    assert!(differences(&a, &b, Pair::Runs, folder.path()).is_err());
}
